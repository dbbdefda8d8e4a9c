"""Abuse of the one socket that leads out: the outside world, which the suite plays."""

from hostile.attacks.base import LIMIT, OPEN, REGRESSED, UNRUNNABLE, Attack, harms, stopped

SPEAK = """
import json, socket, threading, time
from kintsugi_outside import PATH
def speak(line, wait=True):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(1)
        sock.connect(PATH)
        sock.sendall(line)
        return sock.recv(65536) if wait else b""
def ask(name, rid=None, **args):
    return json.dumps({"name": name, "args": args, "rid": rid, "slot": 0}).encode() + b"\\n"
def often(line, threads=4, wait=True):
    def loop():
        while True:
            try:
                speak(line, wait)
            except OSError:
                pass
    for _ in range(threads):
        threading.Thread(target=loop, daemon=True).start()
"""

ATTACKS = [
    harms(
        "calls of unknown partners without end",
        SPEAK + "often(ask('nobody'))",
        OPEN,
        REGRESSED,
        LIMIT,
    ),
    harms(
        "calls of the courier without end",
        SPEAK + "often(ask('courier', coat=1))",
        OPEN,
        REGRESSED,
        LIMIT,
    ),
    harms(
        "large calls without end",
        SPEAK + "often(ask('courier', coat=json.loads('[' + '[],' * 20_000 + '[]]')))",
        OPEN,
        REGRESSED,
        LIMIT,
    ),
    harms(
        "deep calls without end",
        SPEAK + "often(b'{\"name\": \"courier\", \"args\": ' + b'[' * 60_000 + b'\\n')",
        OPEN,
        REGRESSED,
        LIMIT,
    ),
    harms("lines without end", SPEAK + "often(b'x' * (1 << 20))", OPEN, REGRESSED, LIMIT),
    harms(
        "numbers without end",
        SPEAK + 'often(b\'{"name": "courier", "args": {"coat": \' + b\'9\' * 60_000 + b\'}}\\n\')',
        OPEN,
        REGRESSED,
        LIMIT,
    ),
    harms(
        "calls that nobody waits for",
        SPEAK + "often(ask('courier', coat=1), wait=False)",
        OPEN,
        REGRESSED,
        LIMIT,
    ),
    harms(
        "connections that are held open",
        SPEAK
        + """
held = []
try:
    for _ in range(240):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(PATH)
        held.append(sock)
except OSError:
    pass
for sock in held[:60]:
    sock.close()
""",
        OPEN,
        REGRESSED,
    ),
    harms(
        "a commit that must not fail",
        SPEAK
        + "often(ask('@commit', rid='000000000000'), threads=1)\noften(ask('now'), threads=1)",
        OPEN,
        REGRESSED,
        LIMIT,
    ),
    stopped(
        "a call that is forged for every request",
        SPEAK
        + """
import kintsugi_outside
def strike(scope):
    speak(ask("courier", kintsugi_outside.request_id.get(), coat=1))
class Forges:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            strike(scope)
        await self.app(scope, receive, send)
app = Forges(app)
""",
    ),
    stopped(
        "a call that is never made",
        """
        from .  import outside
        courier = lambda coat: 1
        """,
    ),
    stopped(
        "ids of requests that are forged",
        """
        import kintsugi_outside
        class Forged:
            def get(self):
                return "000000000000"
            def set(self, value):
                return None
            def reset(self, token):
                return None
        kintsugi_outside.request_id = Forged()
        """,
    ),
    harms(
        "the outside world's socket removed",
        """
        import os
        from kintsugi_outside import PATH
        for path in (PATH, "/ipc/outside.sock"):
            stopped(lambda: os.unlink(path), ValueError)
            stopped(lambda: os.rename(path, "/ipc/x"), ValueError)
        """,
        OPEN,
    ),
    harms(
        "a partner that answers itself",
        """
        import socket
        from kintsugi_outside import PATH
        for path in (PATH, "/ipc/outside.sock"):
            sock = socket.socket(socket.AF_UNIX)
            stopped(lambda: sock.bind(path))
        """,
        OPEN,
        UNRUNNABLE,
    ),
    Attack(
        "a partner that answers itself, by every name that it might have",
        r"""
        import socket, threading
        def answer(listener):
            while True:
                connection = listener.accept()[0]
                connection.recv(65536)
                connection.sendall(b'{"value": 1}\n')
                connection.close()
        for name in ("outside", "app0", "app1", "outside.sock", "app0.sock"):
            for path in ("\0" + name, "\0/ipc/" + name, f"/tmp/{name}", f"/ipc/{name}"):
                sock = socket.socket(socket.AF_UNIX)
                try:
                    sock.bind(path)
                except OSError:
                    continue
                sock.listen()
                threading.Thread(target=answer, args=(sock,), daemon=True).start()
        """,
    ),
    harms(
        "its own sockets blocked by their names",
        r"""
        import socket
        held = []
        for name in ("\0app0", "\0app1", "/ipc/app0.sock", "/ipc/app1.sock"):
            for _ in range(110):
                sock = socket.socket(socket.AF_UNIX)
                sock.setblocking(False)
                try:
                    sock.connect(name)
                except OSError:
                    break
                held.append(sock)
        """,
        OPEN,
        REGRESSED,
        UNRUNNABLE,
        LIMIT,
    ),
]
