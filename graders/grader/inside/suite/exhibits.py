"""Turns what a failed check has seen into what its learner can look at; see `grader.report`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from grader.inside.suite.shapes import ELSE, Names
from grader.inside.suite.volley import Reply
from grader.inside.suite.world import Record

SERVER = "http://127.0.0.1:8000"
LANES, CALLS = 12, 4  # that are drawn, and calls in each
CODES = 24
LABEL_CAP, LATEST_MS, MOST = 120, 600_000.0, 1_000_000_000
METHOD = re.compile(r"[A-Z]{3,10}")
HEADERS = {  # what a request may say of itself, and what stands for it
    "authorization": "<credentials>",
    "cookie": "<cookies>",
    "x-user": "<user>",
    "x-api-key": "<key>",
    "idempotency-key": "<key>",
    "if-match": "<version>",
    "if-none-match": "<version>",
    "content-type": "<type>",
}
SCHEMES = {"bearer": "Bearer <token>", "basic": "Basic <name and password>"}
TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
VALUES = {"number": "0", "boolean": "true"}
KINDS = re.compile(r"(?<=[ \[])(?:number|boolean)(?=[,\]}])|^(?:number|boolean)$")


@dataclass(frozen=True)
class Answered:
    """An answer that a check did not want, and the statuses that it would have taken."""

    reply: Reply
    codes: tuple[int, ...]


class UnwantedError(AssertionError):
    """A check has failed over one answer."""

    def __init__(self, text: str, answered: Answered) -> None:
        super().__init__(text)
        self.answered = answered


def count(what: str, seen: int, allowed: int) -> dict[str, Any]:
    """So many of something, of at most so many."""
    return {
        "kind": "count",
        "what": what[:LABEL_CAP],
        "seen": max(0, min(int(seen), MOST)),
        "allowed": max(0, min(int(allowed), MOST)),
    }


class Exhibitor:
    """Draws up exhibits, with no names but those of the submission's own source."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def exchange(self, answered: Answered) -> dict[str, Any]:
        """One request and its answer."""
        reply = answered.reply
        headers = _headers(reply)
        sent = self._names.body(reply.request.body, headers.get("content-type", ""))
        return {
            "kind": "exchange",
            "method": _method(reply),
            "path": self._path(reply),
            "sent": sent,
            "answered": _status(reply.status),
            "expected": [_status(code) for code in answered.codes[:CODES]],
            "body": self._names.body(reply.body, reply.headers.get("content-type", "")),
            "curl": self._curl(reply, headers, sent),
        }

    def timeline(self, replies: Sequence[Reply], journal: Iterable[Record]) -> dict[str, Any]:
        """Requests that were sent at once, and the calls to partners that were made in them.

        Of many, those that were served are drawn before those that were not.
        """
        served = sorted(range(len(replies)), key=lambda n: (not replies[n].ok, n))
        drawn = [replies[n] for n in sorted(served[:LANES])]
        zero = min(reply.began for reply in replies)
        last = max(reply.ended for reply in replies)
        calls = _calls(journal, last)
        moments: list[dict[str, Any]] = []
        for lane, reply in enumerate(drawn):
            answer = str(reply.status) if reply.status else "no answer"
            label = f"{_method(reply)} {self._path(reply)} -> {answer}"
            moments.append(_moment(lane, "request", label, reply.began - zero, reply.ended - zero))
            moments += [
                _moment(lane, "call", label, begin - zero, end - zero)
                for label, begin, end in calls.get(reply.rid, [])[:CALLS]
            ]
        return {"kind": "timeline", "moments": moments, "more": len(replies) - len(drawn)}

    def _path(self, reply: Reply) -> str:
        return self._names.path(reply.request.target)

    def _curl(self, reply: Reply, headers: dict[str, str], sent: str) -> str:
        """Quoted for a shell: names have no quotes in them, and nothing else is shown."""
        method, path = _method(reply), self._path(reply)
        target = re.sub(r"=\.\.\.", "=<value>", path.replace("{", "<").replace("}", ">"))
        words = ["curl -i", *([f"-X {method}"] if method != "GET" else []), f"'{SERVER}{target}'"]
        words += [f"-H '{name.title()}: {_stand_in(name, headers[name])}'" for name in headers]
        if sent:
            body = sent if ELSE not in sent.replace('"..."', "") else "<body>"
            words.append(f"-d '{KINDS.sub(lambda kind: VALUES[kind[0]], body)}'")
        return " ".join(words)


def _headers(reply: Reply) -> dict[str, str]:
    """The headers that may be shown, by lower-case name."""
    given = {name.decode("latin-1").lower(): value for name, value in reply.request.headers}
    return {name: given[name].decode("latin-1") for name in HEADERS if name in given}


def _stand_in(name: str, value: str) -> str:
    if name == "authorization":
        return SCHEMES.get(value.partition(" ")[0].lower(), HEADERS[name])
    kind = value.partition(";")[0].lower()
    return kind if name == "content-type" and kind in TYPES else HEADERS[name]


def _method(reply: Reply) -> str:
    return reply.request.method if METHOD.fullmatch(reply.request.method) else ELSE


def _status(number: int) -> int:
    return max(0, min(number, 999))


def _calls(journal: Iterable[Record], last: float) -> dict[str, list[tuple[str, float, float]]]:
    """Label, begin and end of each call, by the request that it says it was made in."""
    began: dict[int, Record] = {}
    calls: dict[str, list[tuple[str, float, float]]] = {}
    open_calls: dict[int, tuple[list[tuple[str, float, float]], int]] = {}
    for record in journal:
        if record.phase == "start" and record.rid is not None:
            began[record.call] = record
            mine = calls.setdefault(record.rid, [])
            open_calls[record.call] = mine, len(mine)
            mine.append((record.name, record.at, last))
        elif record.call in open_calls:
            mine, at = open_calls.pop(record.call)
            label = record.name if record.phase == "end" else f"{record.name} {record.phase}"
            mine[at] = label, began[record.call].at, record.at
    return calls


def _moment(lane: int, of: str, label: str, begin: float, end: float) -> dict[str, Any]:
    begin_ms, end_ms = (round(max(0.0, min(s * 1e3, LATEST_MS)), 1) for s in (begin, end))
    return {
        "lane": lane,
        "of": of,
        "label": label[:LABEL_CAP],
        "begin_ms": begin_ms,
        "end_ms": max(begin_ms, end_ms),
    }
