"""A trial: a learner's own requests, one after the other, to the learner's own draft. No suite.

The outside world answers by the kata's `try/partners.py`. `{{name}}` in a request stands for a
field of an earlier answer: earlier requests are sent again with every trial, to a new process, and
what that process makes up (keys, tokens) is new each time.
"""

import inspect
import json
import re
from types import ModuleType
from typing import Any, cast
from urllib.parse import quote, unquote

import h11

from grader.inside.suite.control import Control
from grader.inside.suite.forms import routes_of
from grader.inside.suite.host import PROBES, Host, ProbeError, UnstartableError
from grader.inside.suite.outside import Outside
from grader.inside.suite.volley import Reply, Request
from grader.inside.suite.world import World

DEADLINE_S = 4.0
BODY = 16_384  # characters of an answer that are told
LOG = 65_536  # characters of one piece of the log; the worker makes it shorter
HEADERS = 200
FIELDS, FIELD = 100, 4_096  # of an answer that later requests can name, and characters of one
SILENT = 2  # calls in a row without an answer, after which the rest is not sent
SAFE = "/?&=%:@!$'()*+,;~[]-._"  # of a path: what is escaped already stays as it is
SLOT = re.compile(r"\{\{\s*(?:(\d{1,2})\.)?([A-Za-z_][\w-]{0,60})\s*\}\}")
OURS = "This address is the sandbox's own."


class NotSentError(Exception):
    """A request that cannot be sent; says why."""


class Trying:
    """One trial, from the start of the service to its last answer."""

    def __init__(self, control: Control, world: World, host: Host) -> None:
        self._control = control
        self._host = host
        self._outside = Outside(world)
        self._answers: list[dict[str, str]] = []
        self._silent = 0
        self._printed = 0

    def run(self, calls: list[dict[str, Any]], partners: str) -> None:
        """Send all calls, as long as there is somebody to answer them."""
        self._let_in(partners)
        try:
            self._host.begin()
        except UnstartableError as error:
            self._control.tell("printed", starting=self._log(), later="")
            self._control.tell("unstartable", failure=error.failure)
            return
        starting = self._log()
        for call in calls:
            if self._gone():
                break
            self._control.tell("exchange", **self._exchange(call))
        later = self._log()
        routes = [] if self._gone() else self._routes()
        self._control.tell("printed", starting=starting, later=later)
        self._control.tell("routes", routes=routes)

    def _gone(self) -> bool:
        """Whether nobody is left who could answer."""
        return bool(self._host.exits) or self._silent >= SILENT

    def _let_in(self, partners: str) -> None:
        """The partners are the functions of the author's file; `DELAYS` says how long each takes.

        Raises:
            Exception: whatever is wrong with the file.
        """
        module = ModuleType("partners")
        exec(compile(partners, "partners.py", "exec"), module.__dict__)  # noqa: S102 - the author's
        known = {
            name: each
            for name, each in vars(module).items()
            if inspect.isfunction(each) and not name.startswith("_")
        }
        self._outside.answers(**known)
        for name, seconds in vars(module).get("DELAYS", {}).items():
            self._outside.set(name, delay=seconds)

    # One call

    def _exchange(self, call: dict[str, Any]) -> dict[str, Any]:
        try:
            reply = self._host.together([self._request(call)], DEADLINE_S)[0]
        except NotSentError as error:
            return self._unsent(str(error))
        except h11.ProtocolError as error:
            return self._unsent(f"The request is no HTTP: {error}.")
        except AssertionError as error:  # the process has ended by itself
            return self._unsent(str(error))
        self._silent = 0 if reply.status else self._silent + 1
        self._answers.append(_fields(reply))
        if reply.status:
            return {**_told(reply), **self._counts(reply.rid), "log": self._log()}
        # The end of a process is told after the first answer to come, and before the second.
        return {**_told(reply), "log": self._log() + self._log()}

    def _unsent(self, why: str) -> dict[str, Any]:
        self._answers.append({})
        return {"status": 0, "failure": why[:300], "log": self._log()}

    def _request(self, call: dict[str, Any]) -> Request:
        path = quote(self._filled(call["path"]), safe=SAFE)
        if unquote(path.partition("?")[0]) == PROBES:
            raise NotSentError(OURS)
        body = self._filled(call["body"], in_json=True).encode()
        headers = {name: self._filled(value) for name, value in call["headers"].items()}
        if body and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = "application/json"
        lines = [(name.encode(), value.encode()) for name, value in headers.items()]
        if body:
            lines.append((b"Content-Length", str(len(body)).encode()))
        return Request(call["method"], path, tuple(lines), body)

    def _filled(self, text: str, *, in_json: bool = False) -> str:
        """The text with fields of earlier answers in their places.

        Raises:
            NotSentError: no answer has such a field.
        """

        def value(slot: re.Match[str]) -> str:
            found = self._found(int(slot[1]) if slot[1] else None, slot[2])
            return json.dumps(found)[1:-1] if in_json else found

        return SLOT.sub(value, text)

    def _found(self, number: int | None, name: str) -> str:
        among = self._answers if number is None else self._answers[number - 1 : number]
        known = [answer[name] for answer in among if name in answer]
        if not known:
            where = "no answer so far has" if number is None else f"answer {number} does not have"
            raise NotSentError(f"Not sent: {where} a plain field {name}.")
        return known[-1]

    # What is told beside the answers

    def _log(self) -> str:
        answer, printed = self._control.ask("log", since=self._printed)
        self._printed = int(answer["total"])
        text = printed.decode("utf-8", "replace")
        return text if len(text) <= LOG else text[: LOG // 2] + text[-LOG // 2 :]

    def _counts(self, rid: str) -> dict[str, Any]:
        """Statements and rows of a call; nothing where the service's process tells none.

        The page is answered after all that the call did in the event loop, so that a traceback,
        which follows its answer, is in the log by then.
        """
        try:
            page = self._host.probes(0)
        except (ProbeError, AssertionError):
            return {}
        sql, rows = page.get("sql"), page.get("rows")
        if not isinstance(sql, dict) or not isinstance(rows, dict):
            return {}
        statements = cast(dict[str, Any], sql).get(rid, [])
        if not isinstance(statements, list):
            return {}
        fetched = cast(dict[str, Any], rows).get(rid, 0)
        return {"statements": len(cast(list[Any], statements)), "rows": fetched}

    def _routes(self) -> list[dict[str, Any]]:
        """What the draft's own description offers; nothing where it has none."""
        try:
            reply = self._host.ask(0, "/openapi.json")
            return routes_of(json.loads(reply.body)) if reply.status == 200 else []
        except (AssertionError, ValueError, RecursionError):
            return []


def _told(reply: Reply) -> dict[str, Any]:
    try:
        body, binary = reply.body.decode(), False
    except UnicodeDecodeError:
        body, binary = "", True
    return {
        "status": reply.status,
        "failure": reply.failure,
        "headers": reply.lines[:HEADERS],
        "body": body[:BODY],
        "cut": len(body) > BODY,
        "binary": binary or "\0" in body,
        "size": len(reply.body),
        "ms": round((reply.ended - reply.began) * 1e3, 1),
    }


def _fields(reply: Reply) -> dict[str, str]:
    """What later requests can name: the plain fields of an object."""
    try:
        answer = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(answer, dict):
        return {}
    plain = list(cast(dict[str, Any], answer).items())[:FIELDS]
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in plain
        if isinstance(value, str | int | float)
    }
    return {name: text for name, text in texts.items() if len(text) <= FIELD}
