"""What an attack is: code laid over the starter of a small kata, and what must come of it."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template

from grader.report import Verdict

UNRUNNABLE, LIMIT = Verdict.UNRUNNABLE, Verdict.LIMIT_EXCEEDED
REGRESSED, OPEN = Verdict.REGRESSED, Verdict.CHANGES_REQUESTED
MAIN = "app/main.py"

# `stopped` is how an attempt is judged inside: what gets through ends the service, which is then
# unrunnable (or regressed), and that is never what an attack that must be stopped expects.
PRELUDE = '''
def stopped(attempt, *also):
    """Try something that the sandbox must refuse."""
    try:
        found = attempt()
    except (OSError, MemoryError, *also) as error:
        print("stopped:", type(error).__name__, error)
        return
    print("got through:", repr(found)[:200], flush=True)
    import os
    os._exit(99)


def every_fd():
    """Open descriptors beyond the standard streams."""
    import os
    for fd in range(3, 256):
        try:
            os.fstat(fd)
        except OSError:
            continue
        yield fd


def is_pipe(fd):
    import os, stat
    return stat.S_ISFIFO(os.fstat(fd).st_mode)


def listens(fd):
    import os, socket, stat
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        return False
    with socket.socket(fileno=os.dup(fd)) as sock:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def claim(line):
    """Write to the status pipe, where only the process's own server should."""
    import os
    os.write(next(fd for fd in every_fd() if is_pipe(fd)), line)


def raw(answer):
    """Serve by hand on the listening socket, for ever: `answer(connection)` for each request."""
    import os, socket, threading
    listener = socket.socket(fileno=os.dup(next(fd for fd in every_fd() if listens(fd))))
    listener.setblocking(True)
    claim(b'{"serving": true}\\n')

    def each(connection):
        try:
            connection.recv(65536)
            answer(connection)
        except OSError:
            pass
        finally:
            connection.close()

    while True:
        threading.Thread(target=each, args=(listener.accept()[0],), daemon=True).start()
'''
STRIKES = """

class Strikes:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            strike(scope)
        await self.app(scope, receive, send)


app = Strikes(app)
"""


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: what it tries, in words.
        code: Python, run at the end of the starter's main.py (or in `strike`, at every request).
            `$canary`, `$port` and `$abstract` are a file and two sockets of the host.
        expected: the verdicts that may come of it.
        at_request: `code` is the body of `strike(scope)`.
        instead: `code` is the whole file, as it is.
        honest: the outcome of every check must be that of the untouched starter.
        files: more files that are handed in.
        noted: what must stand among the tampering, if anything must.
    """

    name: str
    code: str = ""
    expected: frozenset[Verdict] = frozenset({OPEN})
    at_request: bool = False
    instead: bool = False
    honest: bool = True
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    noted: str = ""

    def submission(self, starter: Mapping[str, str], host: Mapping[str, str]) -> dict[str, str]:
        """The files to hand in."""
        code = Template(textwrap.dedent(self.code)).safe_substitute(host)
        if not self.instead:
            if self.at_request:
                code = "def strike(scope):\n" + textwrap.indent(code, "    ") + STRIKES
            code = f"{starter[MAIN]}\n{PRELUDE}\n{code}\n"
        return {**starter, MAIN: code, **self.files}


def stopped(name: str, code: str, *, at_request: bool = False, noted: str = "") -> Attack:
    """An attack that comes to nothing: the run is the one that the starter would have had."""
    return Attack(name, code, at_request=at_request, noted=noted)


def harms(
    name: str, code: str, *expected: Verdict, at_request: bool = False, noted: str = ""
) -> Attack:
    """An attack that works, and costs only the one who made it."""
    verdicts = frozenset(expected)
    return Attack(name, code, verdicts, at_request=at_request, honest=False, noted=noted)
