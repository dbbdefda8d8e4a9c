"""What can be looked at: names of the submission's own source, and no value of the suite's."""

import json

import pytest

from grader.inside.suite.exhibits import Answered, Exhibitor
from grader.inside.suite.shapes import Names
from grader.inside.suite.volley import Reply, Request
from grader.inside.suite.world import Record
from grader.report import Evidence, Exchange, Timeline

SOURCE = """
router = APIRouter(prefix="/shows")
class HoldCreate(SQLModel):
    seat: str
    price_cents: int
@router.post("/{show_id}/holds")
def hold_seat(show_id: int, body: HoldCreate, row: str = ""): ...
@router.get("/{show_id}/seats")
@app.get("/health")
"""
SECRET = "umbrella-4711"


@pytest.fixture
def names() -> Names:
    return Names([SOURCE])


def replied(method: str, target: str, status: int, **more: object) -> Reply:
    headers = ((b"Authorization", b"Bearer " + SECRET.encode()), (b"Content-Type", b"text/x"))
    sent = json.dumps(more.get("sent", {"seat": SECRET, SECRET: 1})).encode()
    reply = Reply(Request(method, target, headers, sent), f"rid-{target}", status)
    reply.body = json.dumps(more.get("body", {"detail": SECRET, "price_cents": 4711})).encode()
    reply.headers = {"content-type": "application/json"}
    return reply


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/shows/17/holds", "/shows/{show_id}/holds"),
        ("/shows/17/seats?row=B&umbrella=1", "/shows/{show_id}/seats?row=...&...=..."),
        ("/health", "/health"),
        ("/shows/17/umbrellas/4711", "/shows/{...}/{...}/{...}"),
        ("/umbrella", "/{...}"),
        ("/", "/"),
    ],
)
def test_a_path_is_shown_as_its_route_is_written(names: Names, target: str, shown: str) -> None:
    assert names.path(target) == shown


def test_an_exchange_shows_kinds_and_no_value(names: Names) -> None:
    reply = replied("POST", f"/shows/17/holds?{SECRET}=4711", 409)
    exhibit = Exhibitor(names).exchange(Answered(reply, (201,)))
    told = Exchange.model_validate(exhibit)
    assert (told.method, told.path) == ("POST", "/shows/{show_id}/holds?...=...")
    assert (told.answered, told.expected) == (409, (201,))
    assert told.sent == '{"seat": "...", ...}'
    assert told.body == '{"detail": "...", "price_cents": number}'
    assert "Bearer <token>" in told.curl
    for secret in (SECRET, "umbrella", "4711", "17"):
        assert secret not in told.model_dump_json()


def test_the_command_line_is_quoted_and_whole(names: Names) -> None:
    reply = replied("POST", "/shows/17/holds", 409, sent={"seat": "x", "price_cents": 3})
    curl = Exhibitor(names).exchange(Answered(reply, (201,)))["curl"]
    assert curl == (
        "curl -i -X POST 'http://127.0.0.1:8000/shows/<show_id>/holds'"
        " -H 'Authorization: Bearer <token>' -H 'Content-Type: <type>'"
        ' -d \'{"seat": "...", "price_cents": 0}\''
    )


def test_a_timeline_has_a_lane_for_each_request_with_its_calls(names: Names) -> None:
    replies = [replied("POST", f"/shows/{n}/holds", 201 if n < 2 else 409) for n in range(3)]
    for number, reply in enumerate(replies):
        reply.began, reply.ended = 10.0, 10.1 + number / 10
    journal = [
        Record(1, "price", "start", 1, {}, "rid-/shows/0/holds", 0, 10.02),
        Record(2, "price", "start", 2, {}, "rid-/shows/1/holds", 0, 10.03),
        Record(3, "price", "end", 1, {}, "rid-/shows/0/holds", 0, 10.05),
        Record(4, "price", "cancelled", 2, {}, "rid-/shows/1/holds", 0, 10.06),
        Record(5, "price", "start", 3, {}, "rid-of-nobody", 0, 10.06),
    ]
    told = Timeline.model_validate(Exhibitor(names).timeline(replies, journal))
    assert [(m.lane, m.of, m.label, m.begin_ms, m.end_ms) for m in told.moments] == [
        (0, "request", "POST /shows/{show_id}/holds -> 201", 0, 100),
        (0, "call", "price", 20, 50),
        (1, "request", "POST /shows/{show_id}/holds -> 201", 0, 200),
        (1, "call", "price cancelled", 30, 60),
        (2, "request", "POST /shows/{show_id}/holds -> 409", 0, 300),
    ]


def test_of_many_requests_those_that_were_served_are_drawn(names: Names) -> None:
    replies = [replied("GET", f"/shows/{n}/seats", 200 if n > 20 else 409) for n in range(30)]
    exhibit = Exhibitor(names).timeline(replies, [])
    told = Timeline.model_validate(exhibit)
    assert (len(told.moments), told.more) == (12, 18)
    assert sum(m.label.endswith("200") for m in told.moments) == 9


def test_whatever_a_service_answers_the_exhibit_can_be_stored(names: Names) -> None:
    wild: dict[str, object] = {f"key{n}": [[[[[1]]]]] for n in range(500)}
    wild["\ud800"] = "\x00"
    reply = replied("POST", "/" + "x" * 5_000, 70_000, body=wild)
    reply.began, reply.ended = 5.0, 1.0
    exhibitor = Exhibitor(names)
    exhibits = [
        exhibitor.exchange(Answered(reply, tuple(range(99)))),
        exhibitor.timeline([reply, reply], []),
    ]
    stored = Evidence.model_validate({"text": "Seen.", "exhibits": exhibits}).model_dump_json()
    assert len(stored) < 5_000
