"""Trials of drafts in a real sandbox: what is sent, what comes back, and what does not."""

import pytest
from pydantic import ValidationError

from grader.kata import Kata, bundled_katas, load_catalogue
from grader.printed import WORK
from grader.report import Blame
from grader.sandbox.base import Driver, Pair, SandboxError
from grader.trial import BODY, CALLS, SHOWN_BODY, SHOWN_LOG, Call, Calls, TrialReport, parse_trial
from grader.trying import try_out

pytestmark = pytest.mark.sandbox
KATAS = load_catalogue([bundled_katas()]).katas
DESK = KATAS["library-desk"]
NEVER = ("/opt/", WORK, "/ipc/", "supervisor", "grader/inside", "kintsugi_outside.py")
BARE = "from fastapi import FastAPI, Request, Response\n\napp = FastAPI()\n\n\n"


def book(title: str) -> Call:
    return Call(method="POST", path="/books", body=f'{{"title": "{title}", "author": "R. Hale"}}')


def tried(sandbox: Driver, code: str, *calls: Call) -> TrialReport:
    """A service of one file, asked these things."""
    return try_out(DESK, {"app/main.py": BARE + code}, calls or (Call(path="/"),), sandbox)


class TestAnswers:
    def test_what_an_earlier_call_stored_a_later_one_finds(self, sandbox: Driver) -> None:
        trial = try_out(DESK, DESK.starter, [book("Atlas"), Call(path="/books/1")], sandbox)
        assert (trial.end, trial.failure) == ("answered", None)
        made, found = trial.exchanges
        assert (made.status, found.status) == (200, 200)
        assert "Atlas" in found.body
        assert ("content-type", "application/json") in found.headers
        assert found.statements == 1
        assert found.ms > 0

    def test_every_trial_begins_with_an_empty_service(self, sandbox: Driver) -> None:
        try_out(DESK, DESK.starter, [book("Atlas")], sandbox)
        (found,) = try_out(DESK, DESK.starter, [Call(path="/books/1")], sandbox).exchanges
        assert "no such book" in found.body

    def test_it_is_the_draft_that_answers(self, sandbox: Driver) -> None:
        mended = DESK.starter["app/main.py"].replace(
            '@app.post("/books")', '@app.post("/books", status_code=201)'
        )
        draft = {**DESK.starter, "app/main.py": mended}
        (made,) = try_out(DESK, draft, [book("Atlas")], sandbox).exchanges
        assert made.status == 201

    def test_a_field_of_an_earlier_answer_can_be_named(self, sandbox: Driver) -> None:
        code = """
import secrets
KEY = secrets.token_hex(8)
@app.post("/keys")
def make():
    return {"key": KEY, "quoted": 'a "b"', "number": 7}
@app.post("/doors/{number}")
async def use(number: int, request: Request):
    return {"same": request.headers["x-key"] == KEY, "body": await request.json()}
"""
        use = Call(
            method="POST",
            path="/doors/{{number}}",
            headers={"X-Key": "{{1.key}}"},
            body='{"said": "{{quoted}}"}',
        )
        trial = tried(sandbox, code, Call(method="POST", path="/keys"), use)
        assert trial.exchanges[1].body == '{"same":true,"body":{"said":"a \\"b\\""}}'

    def test_a_field_that_no_answer_has_is_said_and_the_rest_is_sent(self, sandbox: Driver) -> None:
        calls = [Call(path="/books/{{id}}"), Call(path="/{{3.id}}"), book("Atlas")]
        first, second, third = try_out(DESK, DESK.starter, calls, sandbox).exchanges
        assert "no answer so far has a plain field id" in first.failure
        assert "answer 3 does not have a plain field id" in second.failure
        assert third.status == 200

    def test_the_drafts_own_description_gives_routes_and_bodies(self, sandbox: Driver) -> None:
        trial = try_out(DESK, DESK.starter, [], sandbox)
        assert trial.exchanges == ()
        routes = {(route.method, route.path): route for route in trial.routes}
        assert '"author": "text"' in routes["POST", "/books"].body
        assert routes["GET", "/loans/{loan_id}"].summary == "Read Loan"

    def test_a_token_of_one_trial_is_good_in_the_next_of_the_same_attempt(
        self, sandbox: Driver
    ) -> None:
        code = 'import os\n@app.get("/")\ndef it():\n    return os.environ["JWT_SECRET"]\n'
        files = {"app/main.py": BARE + code}
        said = [
            try_out(DESK, files, [Call(path="/")], sandbox, whose=whose).exchanges[0].body
            for whose in ("a1", "a1", "a2")
        ]
        assert said[0] == said[1] != said[2]

    def test_partners_answer(self, sandbox: Driver) -> None:
        kata = KATAS["cathedral"]
        calls = [example.call for example in kata.trial.examples]
        trial = try_out(kata, kata.starter, calls, sandbox)
        assert [e.status for e in trial.exchanges if not 200 <= e.status < 300] == []


class TestLog:
    def test_what_a_call_prints_stands_with_it(self, sandbox: Driver) -> None:
        code = """
import logging
print("starting")
@app.get("/one")
def one():
    print("in one")
@app.get("/two")
def two():
    logging.getLogger("mine").warning("in two")
"""
        trial = tried(sandbox, code, Call(path="/one"), Call(path="/two"))
        assert trial.starting == "starting"
        assert [e.log for e in trial.exchanges] == ["in one", "in two"]

    def test_a_crash_shows_the_learners_own_frames(self, sandbox: Driver) -> None:
        code = '@app.get("/")\ndef crash():\n    return {}["nothing"]\n'
        trial = tried(sandbox, code, Call(path="/"), Call(path="/"))
        for exchange in trial.exchanges:
            assert exchange.status == 500
            assert 'File "app/main.py", line 8, in crash' in exchange.log
            assert "KeyError: 'nothing'" in exchange.log
            assert "frames of libraries" in exchange.log
        assert [word for word in NEVER if word in trial.model_dump_json()] == []

    def test_what_is_printed_without_end_is_cut_and_then_stopped(self, sandbox: Driver) -> None:
        code = """
@app.get("/much")
def much():
    print("x" * 200_000)
@app.get("/flood")
def flood():
    while True:
        print("x" * 60_000)
"""
        trial = tried(sandbox, code, Call(path="/much"), Call(path="/flood"))
        assert len(trial.exchanges[0].log) <= SHOWN_LOG
        assert trial.end == "stopped"
        assert trial.failure is not None
        assert "16 MiB" in trial.failure.text


class TestNotStarted:
    def test_a_syntax_error_has_its_place(self, sandbox: Driver) -> None:
        trial = try_out(DESK, {"app/main.py": "x = 1\ndef (:\n"}, [Call(path="/")], sandbox)
        assert (trial.end, trial.exchanges) == ("unstarted", ())
        assert trial.failure is not None
        assert trial.failure.place is not None
        assert (trial.failure.place.file, trial.failure.place.line) == ("app/main.py", 2)

    def test_the_traceback_is_there_without_our_frames(self, sandbox: Driver) -> None:
        code = "def inner():\n    raise RuntimeError('at the start')\n\n\ninner()\n"
        trial = tried(sandbox, code)
        assert 'File "app/main.py", line 7, in inner' in trial.starting
        assert [word for word in NEVER if word in trial.model_dump_json()] == []

    def test_a_start_without_end_is_said(self, sandbox: Driver) -> None:
        trial = tried(sandbox, "import time\ntime.sleep(60)\n")
        assert trial.end == "unstarted"
        assert trial.failure is not None
        assert "within 3 seconds" in trial.failure.text


HOSTILE = {
    "binary": ('return Response(bytes(range(256)), media_type="image/png")', "binary"),
    "nul": ('return Response("a\\0b")', "binary"),
    "long": ('return Response("x" * 900_000)', "cut"),
    "deep": ('return Response("[" * 200_000)', "cut"),
}


DESCRIPTIONS = (
    "[]",
    "{}",
    '{"paths": 7}',
    '{"paths": {"/x": {"get": []}, "y": {"get": {}}, "/z": 1}}',
    '{"paths": {"/x": {"post": {"requestBody": {"$ref": "#/paths"}}}}}',
    "[" * 100_000,
)


class TestHostile:
    @pytest.mark.parametrize("case", HOSTILE)
    def test_bodies_that_are_no_text_or_too_long_are_marked(
        self, sandbox: Driver, case: str
    ) -> None:
        line, mark = HOSTILE[case]
        (exchange,) = tried(sandbox, f'@app.get("/")\ndef it():\n    {line}\n').exchanges
        assert exchange.status == 200
        assert getattr(exchange, mark) is True
        assert len(exchange.body) <= SHOWN_BODY

    def test_an_answer_without_end_is_no_answer(self, sandbox: Driver) -> None:
        code = '@app.get("/")\ndef it():\n    return Response("x" * 3_000_000)\n'
        (exchange,) = tried(sandbox, code).exchanges
        assert (exchange.status, exchange.failure) == (0, "an answer over 1024 KiB")

    def test_headers_come_as_they_are_and_repeated(self, sandbox: Driver) -> None:
        code = """
@app.get("/")
def it(response: Response):
    response.headers["X-Mark"] = "<script>alert(1)</script>"
    response.headers.append("Set-Cookie", "a=1")
    response.headers.append("Set-Cookie", "b=2")
"""
        (exchange,) = tried(sandbox, code).exchanges
        assert ("x-mark", "<script>alert(1)</script>") in exchange.headers
        assert [v for n, v in exchange.headers if n == "set-cookie"] == ["a=1", "b=2"]

    def test_what_a_database_cannot_hold_is_replaced(self, sandbox: Driver) -> None:
        code = '@app.get("/")\ndef it():\n    print("a\\0b\\x1b[31m")\n'
        trial = tried(sandbox, code)
        assert "\0" not in trial.model_dump_json()
        assert parse_trial(trial.model_dump_json()) == trial

    def test_a_call_that_hangs_ends_and_the_list_with_the_second(self, sandbox: Driver) -> None:
        code = '@app.get("/")\nasync def it():\n    import asyncio\n    await asyncio.sleep(60)\n'
        trial = tried(sandbox, code, *[Call(path="/")] * 5)
        assert [e.failure for e in trial.exchanges] == ["nothing within 4 s"] * 2
        assert trial.end == "stopped"
        assert trial.failure is not None
        assert "the rest was not sent" in trial.failure.text

    def test_a_process_that_ends_is_said(self, sandbox: Driver) -> None:
        code = '@app.get("/")\ndef it():\n    import os\n    os._exit(3)\n'
        trial = tried(sandbox, code, Call(path="/"), Call(path="/"))
        assert trial.end == "stopped"
        assert trial.failure is not None
        assert "exit status 3" in trial.failure.text
        assert [e.status for e in trial.exchanges] in ([0], [0, 0])

    def test_the_sandboxes_own_pages_are_not_asked_for(self, sandbox: Driver) -> None:
        for path in ("/.kintsugi/probes", "/%2ekintsugi/probes?x=1"):
            (exchange,) = try_out(DESK, DESK.starter, [Call(path=path)], sandbox).exchanges
            assert (exchange.status, exchange.body) == (0, "")

    @pytest.mark.parametrize("description", DESCRIPTIONS)
    def test_a_description_that_is_none_gives_what_it_has(
        self, sandbox: Driver, description: str
    ) -> None:
        code = f"""
app = FastAPI(openapi_url=None)
@app.get("/openapi.json")
def it():
    return Response({description!r})
"""
        trial = tried(sandbox, code)
        assert trial.end == "answered"
        assert {route.path for route in trial.routes} <= {"/x"}

    def test_what_is_tried_is_noted_and_is_no_verdict(self, sandbox: Driver) -> None:
        code = '@app.get("/")\ndef it():\n    return open("/etc/passwd").read()\n'
        trial = tried(sandbox, code)
        assert trial.exchanges[0].status == 500
        assert [noted.kind for noted in trial.tampering] == ["file"]

    def test_nothing_of_the_suite_is_in_either_sandbox(self, sandbox: Driver) -> None:
        code = """
from pathlib import Path
import os
@app.get("/")
def it():
    found = [str(p) for root in ("/tmp", "/work") for p in Path(root).rglob("*.py")]
    return {"files": found, "variables": dict(os.environ)}
"""
        kata: Kata = KATAS["openapi-handover"]
        files = {**kata.starter, "app/main.py": BARE + code}
        (exchange,) = try_out(kata, files, [Call(path="/")], sandbox).exchanges
        assert exchange.status == 200
        assert "test_" not in exchange.body
        for hidden in kata.manifest.environment.values():
            assert hidden not in exchange.body


class NoPairs:
    """A driver at the far edge that never gives a sandbox."""

    name = "none"

    def pair(self) -> Pair:
        raise SandboxError("no memory left")

    def close(self) -> None: ...


def test_a_platform_that_fails_says_so_and_blames_nobody() -> None:
    trial = try_out(DESK, DESK.starter, [Call(path="/")], NoPairs())
    assert trial.end == "broken"
    assert trial.failure is not None
    assert trial.failure.code
    assert "no memory" not in trial.model_dump_json()
    assert Blame.YOU.value not in trial.failure.text.split()


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "books"},
        {"path": "/a\r\nX: y"},
        {"path": "/" + "x" * 3_000},
        {"path": "/\ud800"},
        {"path": "/a\u202eb"},
        {"path": "/", "method": "TRACE"},
        {"path": "/", "headers": {"Host": "elsewhere"}},
        {"path": "/", "headers": {"x-kit-rid": "1"}},
        {"path": "/", "headers": {"Content-Length": "5"}},
        {"path": "/", "headers": {"X Y": "1"}},
        {"path": "/", "headers": {"X": "a\nb"}},
        {"path": "/", "headers": {f"X-{n}": "" for n in range(40)}},
        {"path": "/", "body": "x" * (BODY + 1)},
        {"path": "/", "body": "a\0b"},
    ],
)
def test_requests_that_cannot_be_sent_are_refused_at_the_door(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Call.model_validate(wrong)


def test_a_trial_has_twenty_requests_at_most_and_bodies_have_a_sum() -> None:
    Calls(calls=(Call(path="/"),) * CALLS)
    with pytest.raises(ValidationError):
        Calls(calls=(Call(path="/"),) * (CALLS + 1))
    with pytest.raises(ValidationError):
        Calls(calls=(Call(path="/", body="x" * BODY),) * 5)
