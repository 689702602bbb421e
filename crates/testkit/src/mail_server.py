"""A mail server for tests: says on its standard output, in JSON, a line each, where it
listens and what it was handed. What it is to do comes as JSON in its first argument."""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

wishes = json.loads(sys.argv[1])
answers, senders, recipients, greetings = (
    list(wishes[what]) for what in ("answers", "senders", "recipients", "greetings")
)


def say(what):
    print(json.dumps(what), flush=True)


class Server(SMTP):
    async def smtp_AUTH(self, arg):
        # Before anything is made of it.
        say({"auth": (arg or "").split(" ")[0]})
        return await super().smtp_AUTH(arg)


class Refusal(asyncio.Protocol):
    def __init__(self, words):
        self.words = words

    def connection_made(self, transport):
        transport.write(f"{self.words}\r\n".encode())
        transport.close()


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = senders.pop(0) if senders else "250 known"
        if answer.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = recipients.pop(0) if recipients else "250 known"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

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
    greeting = greetings.pop(0) if greetings else "220 welcome"
    if not greeting.startswith("220"):
        return Refusal(greeting)
    return Server(
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
