"""Calls the published client sclblpy as a person's own program would, at the moments that a test names.

Arguments: the URL of the Authorisation API, and an empty directory. The package writes beside its own code and
into the home directory, so a copy of it is called; nothing of it is changed but the URL.

The first line of the output tells what is called. From then on each line of the input is a call, and is answered by
a line of the output.
"""

import contextlib
import hashlib
import importlib.util
import io
import json
import pathlib
import shutil
import sys
import time

calls, answers = sys.stdin, sys.stdout
url, directory = sys.argv[1], pathlib.Path(sys.argv[2])


def say(what):
    answers.write(json.dumps(what) + "\n")
    answers.flush()


installed = pathlib.Path(importlib.util.find_spec("sclblpy").origin).parent
package = directory / "sclblpy"
shutil.copytree(installed, package, ignore=shutil.ignore_patterns("__pycache__"))
digest = hashlib.sha256()
for file in sorted(package.iterdir()):
    digest.update(file.name.encode() + b"\0" + file.read_bytes())

sys.path.insert(0, str(directory))
import sclblpy  # noqa: E402
import sclblpy.auth  # noqa: E402

assert pathlib.Path(sclblpy.__file__).parent == package
sclblpy.auth.AUTH_MANAGER_URL = url
say({"version": sclblpy.__version__, "digest": digest.hexdigest()})

for line in calls:
    call = json.loads(line)
    time.time = lambda now=call["now"]: now
    sys.stdin = io.StringIO("".join(answer + "\n" for answer in call["typed"]))
    printed = io.StringIO()
    outcome = {"gave": None, "raised": None}
    with contextlib.redirect_stdout(printed):
        try:
            outcome["gave"] = getattr(sclblpy, call["name"])(*call["arguments"])
        except Exception as error:
            outcome["raised"] = repr(error)
    say({**outcome, "printed": printed.getvalue(), "left": sys.stdin.read()})
