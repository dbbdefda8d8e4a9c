"""Conducts one grading over a pair: the hidden suite decides, its checks come one by one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from grader.inside.wire import Message
from grader.reading import parse_reading
from grader.report import CheckKind, CheckResult, Evidence, Outcome
from grader.sandbox.base import Limits, Pair
from grader.sandbox.relay import End, EndedError, Relay, Run

LATE = "time-out"  # what the suite says of a check that did
Watch = Callable[[CheckResult], None]


@dataclass(frozen=True)
class Order:
    """What a run needs: the submission, its starter, the suite, what is known of its checks."""

    files: Mapping[str, str]
    starter: Mapping[str, str]
    suite: Mapping[str, str]
    checks: Mapping[str, tuple[CheckKind, str | None, str]]  # id -> kind, finding, title
    selectors: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str]
    limits: Limits
    seed: int


def conduct(pair: Pair, order: Order, watch: Watch) -> Run:
    """Run the suite against the submission; returns when it has ended, however it did.

    Args:
        pair: warm and unused; it is not closed here.
        order: what to run.
        watch: is called with each check's result as it comes.
    """
    relay = _SuiteRelay(pair, order, watch)
    relay.conduct()
    return relay.run


class _SuiteRelay(Relay):
    """A grading: a hidden suite, and its checks one by one."""

    def __init__(self, pair: Pair, order: Order, watch: Watch) -> None:
        super().__init__(pair, order, Run())
        self.order = order
        self.watch = watch

    def order_suite(self) -> tuple[Message, bytes]:
        order = self.order
        message = {
            "op": "run",
            "seed": order.seed,
            "checks": [
                {"id": id, "kind": kind.value, "finding": finding, "title": title}
                for id, (kind, finding, title) in order.checks.items()
            ],
            "limits": {
                "start_s": order.limits.start_s,
                "check_s": order.limits.check_s,
                "body": order.limits.body,
            },
            "environment": dict(order.environment),
            "selectors": {id: list(s) for id, s in order.selectors.items()},
        }
        files = {
            "suite": dict(order.suite),
            "source": dict(order.files),
            "starter": dict(order.starter),
        }
        return message, json.dumps(files).encode()

    def event(self, message: Message) -> None:
        if message.get("event") == "check":
            self._check(message)
        elif message.get("event") == "reading":
            self.run.reading = parse_reading(message, self.order.selectors, self.order.files)

    def _check(self, message: Message) -> None:
        try:
            kind, finding, title = self.order.checks[message["id"]]
            if message["id"] in {result.id for result in self.run.checks}:
                raise ValueError("it has a result already")
            result = CheckResult(
                id=message["id"],
                kind=kind,
                finding=finding,
                title=title,
                outcome=Outcome(message["outcome"]),
                evidence=tuple(Evidence.model_validate(e) for e in message["evidence"]),
                ms=float(message["ms"]),
            )
        except (ValidationError, LookupError, ValueError, TypeError) as error:
            raise EndedError(End.SUITE_BROKEN, f"check {message.get('id')}: {error}") from error
        if message.get("why") == LATE:
            self.run.late.append(result.id)
        if result.outcome is Outcome.ERROR:
            self.run.why += f"{result.id}: {message.get('why', '')}\n"
        self.run.checks.append(result)
        self.watch(result)
