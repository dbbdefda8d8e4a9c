"""The cheapest cheats over every real kata's starter: none of them is approved."""

from typing import cast

import pytest

from grader.grade import grade
from grader.kata import Kata, bundled_katas, load_catalogue
from grader.report import Blame, Verdict
from grader.sandbox.base import Driver

pytestmark = pytest.mark.sandbox
CHEATS = {
    "os._exit(0) at import": "import os\nos._exit(0)\n",
    "os._exit(0) at exit": "import atexit, os\natexit.register(os._exit, 0)\n",
    "everything is fine": """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})
""",
    "pytest patched": """
from _pytest.python import Function
from _pytest.reports import TestReport
Function.runtest = lambda self: None
TestReport.from_item_and_call = classmethod(lambda cls, item, call: None)
""",
    "a forged result": """
import json, os, struct
text = json.dumps({"event": "done"}).encode()
for fd in range(3, 64):
    try:
        os.write(fd, struct.pack("!II", len(text), 0) + text)
    except OSError:
        pass
""",
}
WHOLE = {"os._exit(0) at exit", "pytest patched"}
KATAS = list(load_catalogue([bundled_katas()]).katas.values())


def _main(kata: Kata) -> str:
    """The file whose end is run last: app/main.py, else the first that may be changed."""
    editable = kata.manifest.editable
    return "app/main.py" if "app/main.py" in editable else editable[0]


@pytest.mark.skipif(not KATAS, reason="there are no katas yet")
@pytest.mark.parametrize(
    "cheat",
    # These two come to nothing, so that the whole suite runs.
    [pytest.param(name, marks=pytest.mark.slow if name in WHOLE else ()) for name in CHEATS],
)
@pytest.mark.parametrize("kata", KATAS, ids=lambda kata: cast(Kata, kata).slug)
def test_no_kata_is_approved_by_a_cheat(kata: Kata, cheat: str, sandbox: Driver) -> None:
    file = _main(kata)
    code = f"{kata.starter[file]}\n{CHEATS[cheat]}"
    report = grade(kata, {**kata.starter, file: code}, sandbox)
    assert report.verdict in set(Verdict) - {Verdict.APPROVED}
    assert report.blame in (None, Blame.YOU)
    assert report.score.closed < report.score.find_total
