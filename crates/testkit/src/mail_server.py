"""A mail server for tests: says on its standard output, in JSON, a line each, where it
listens and what it was handed. What it is to do comes as JSON in its first argument."""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

wishes = json.loads(sys.argv[1])
answers = list(wishes["answers"])


def say(what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        answer = answers.pop(0) if answers else "250 taken"
        if answer == "hang":
            await asyncio.sleep(600)
        say({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": envelope.content.decode(),
            "encrypted": session.ssl is not None,
            "user": session.auth_data,
            "answer": answer,
        })
        return answer


def authenticate(server, session, envelope, mechanism, data):
    known = [data.login.decode(), data.password.decode()] == wishes["user"]
    return AuthResult(success=known, handled=False, auth_data=wishes["user"][0] if known else None)


context = None
if wishes["certificate"]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*wishes["certificate"])


def connection():
    return SMTP(
        Handler(),
        tls_context=context,
        require_starttls=context is not None,
        auth_required=wishes["user"] is not None,
        authenticator=authenticate,
    )


async def serve():
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", wishes["port"])
    say({"port": server.sockets[0].getsockname()[1]})
    # Whoever started this has ended when nobody holds the other end of the input any more.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


try:
    asyncio.run(serve())
finally:
    sys.exit(0)
