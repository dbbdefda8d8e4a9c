"""Answers that are meant for the suite's client rather than for its questions."""

from hostile.attacks.base import LIMIT, OPEN, REGRESSED, Attack, harms, stopped


def page(name: str, body: str) -> Attack:
    """The probes' page says this."""
    code = f"from grader.inside.app.probes import Probes\nProbes.as_json = lambda self: {body}"
    return harms(name, code, OPEN)


def sends(name: str, code: str, noted: str = "") -> Attack:
    """Every request is answered by `answer(connection)`; `OK` is a good beginning."""
    head = 'OK = b"HTTP/1.1 201 OK\\r\\n\\r\\n"\nimport time\n\n'
    return harms(name, f"{head}{code}\n\nraw(answer)", REGRESSED, LIMIT, noted=noted)


def says(name: str, data: str, noted: str = "") -> Attack:
    """Every request is answered by these bytes."""
    return sends(name, f"data = {data}\ndef answer(c): c.sendall(data)", noted)


ATTACKS = [
    page("the probes say that nothing was asked", """b'{"sql": {}, "pool": {"out": 0}}'"""),
    page("the probes say something else", """b'{"sql": 7, "pool": [1]}'"""),
    page("the probes say nothing", "b''"),
    page("the probes say it very deeply", "b'[' * 500_000"),
    page("the probes say it at great length", """b'{"sql": {"' + b'x' * (3 << 20) + b'": []}}'"""),
    page("the probes end the process", "__import__('os')._exit(0)"),
    stopped(
        "the probes' own methods replaced",
        "from grader.inside.app.probes import Probes\nProbes._checkout = lambda *a: None",
    ),
    sends(
        "an answer without end",
        """
def answer(c):
    c.sendall(OK)
    while True:
        c.sendall(b" " * 65536)
""",
    ),
    sends(
        "an answer, one byte at a time",
        """
def answer(c):
    c.sendall(OK)
    while True:
        c.sendall(b" ")
        time.sleep(0.2)
""",
    ),
    sends(
        "chunks without end",
        """
def answer(c):
    c.sendall(b"HTTP/1.1 201 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n")
    while True:
        c.sendall(b"1\\r\\nx\\r\\n" * 9999)
""",
    ),
    sends(
        "interim answers without end",
        """
def answer(c):
    while True:
        c.sendall(b"HTTP/1.1 100 Continue\\r\\n\\r\\n" * 999)
""",
    ),
    sends(
        "headers without end",
        """
def answer(c):
    c.sendall(b"HTTP/1.1 201 OK\\r\\n")
    while True:
        c.sendall(b"x-a: " + b"a" * 9000 + b"\\r\\n")
""",
    ),
    sends(
        "descriptors sent along",
        """
import array, socket
def answer(c):
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 200))
    for _ in range(99):
        c.sendmsg([b"x"], [rights])
""",
    ),
    sends(
        "a bomb of gzip",
        """
import gzip
bomb = gzip.compress(bytes(64 << 20), 9)
def answer(c):
    c.sendall(b"HTTP/1.1 201 OK\\r\\ncontent-encoding: gzip\\r\\n\\r\\n" + bomb)
""",
    ),
    says(
        "another protocol",
        "b'HTTP/1.1 101 No\\r\\nupgrade: x\\r\\nconnection: upgrade\\r\\n\\r\\n' + bytes(99999)",
    ),
    says("no HTTP at all", "bytes(range(256)) * 999", "not HTTP"),
    says("silence", "b''"),
    says(
        "lengths that contradict",
        "OK[:-2] + b'content-length: 5\\r\\ncontent-length: 6\\r\\n\\r\\nhello'",
    ),
    says("a length that is a lie", "OK[:-2] + b'content-length: ' + b'9' * 20 + b'\\r\\n\\r\\n{}'"),
    says("a status that there is not", "b'HTTP/1.1 999 Yes\\r\\n\\r\\n{}'"),
    says("an answer of 3 MiB", "OK + b'[0' + b',0' * (3 << 19) + b']'", "over 1024 KiB"),
    says("JSON, very deep", "OK + b'[' * 900_000"),
    says("JSON, deep but complete", "OK + b'[' * 900 + b']' * 900"),
    says("JSON with a number too long to read", "OK + b'{\"id\": ' + b'9' * 900_000 + b'}'"),
    says("JSON of many small lists", "OK + b'[[]' + b',[]' * 340_000 + b']'"),
    says("no JSON", "OK + b'\\xff\\xfe{}'"),
    says("JSON without the fields", "OK + b'{}'"),
    says("JSON with fields of other kinds", """OK + b'{"id": {"a": [null]}, "words": 1e999}'"""),
    says(
        "JSON that cannot be stored",
        """OK + b'{"id": 1, "words": "\\\\u0000", "owner": "\\\\ud800<b>", "parcel": 1e999}'""",
    ),
    stopped(
        "headers that try to add more",
        """
        class Adds:
            def __init__(self, app):
                self.app = app
            async def __call__(self, scope, receive, send):
                async def more(message):
                    if message["type"] == "http.response.start":
                        message["headers"] += [(b"x-kit-rid", b"0"), (b"server", b"\\xff" * 99)]
                    await send(message)
                await self.app(scope, receive, more if scope["type"] == "http" else send)
        app = Adds(app)
        """,
    ),
]
