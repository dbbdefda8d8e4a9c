"""Conducts one trial over a pair: the learner's requests, and what they gave. No suite is near."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError

from grader.inside.wire import Message
from grader.printed import readable
from grader.sandbox.base import Limits, Pair
from grader.sandbox.relay import End, EndedError, Relay, Run
from grader.trial import CALLS, ROUTES, SHOWN_LOG, Call, TrialExchange, TrialRoute


@dataclass(frozen=True)
class TrialOrder:
    """What a trial needs: the draft, the requests, the author's partners."""

    files: Mapping[str, str]
    calls: Sequence[Call]
    partners: str
    environment: Mapping[str, str]
    limits: Limits


@dataclass
class TrialRun(Run):
    """What a trial observed."""

    exchanges: list[TrialExchange] = field(default_factory=list[TrialExchange])
    routes: tuple[TrialRoute, ...] = ()
    starting: str = ""
    later: str = ""


def conduct_trial(pair: Pair, order: TrialOrder) -> TrialRun:
    """Send the requests; returns when all is over, however it ended. The pair is not closed."""
    run = TrialRun()
    _TrialRelay(pair, order, run).conduct()
    return run


class _TrialRelay(Relay):
    """What comes from either side is checked here: the draft may have taken either."""

    def __init__(self, pair: Pair, order: TrialOrder, run: TrialRun) -> None:
        super().__init__(pair, order, run)
        self.order = order
        self.trial = run

    def order_suite(self) -> tuple[Message, bytes]:
        order = self.order
        message = {
            "op": "try",
            "calls": [call.model_dump() for call in order.calls],
            "limits": {"start_s": order.limits.start_s, "body": order.limits.body},
            "environment": dict(order.environment),
        }
        return message, json.dumps({"partners": order.partners}).encode()

    def event(self, message: Message) -> None:
        said = {name: value for name, value in message.items() if name != "event"}
        try:
            match message.get("event"):
                case "exchange":
                    self._exchange(said)
                case "routes":
                    self.trial.routes = _routes(said["routes"])
                case "printed":
                    self.trial.starting = readable(str(said["starting"]), SHOWN_LOG)
                    self.trial.later = readable(str(said["later"]), SHOWN_LOG)
                case _:
                    pass
        except (ValidationError, LookupError, TypeError, ValueError) as error:
            raise EndedError(End.SUITE_BROKEN, f"a trial's event: {error}"[:2000]) from error

    def _exchange(self, said: dict[str, Any]) -> None:
        if len(self.trial.exchanges) >= CALLS:
            raise ValueError("more answers than requests")
        printed = readable(str(said.pop("log", "")), SHOWN_LOG)
        self.trial.exchanges.append(TrialExchange.model_validate({**said, "log": printed}))


def _routes(said: Any) -> tuple[TrialRoute, ...]:
    """Those that could be sent: a description can name what no request may hold."""
    found: list[TrialRoute] = []
    for each in cast(list[Any], said)[:ROUTES]:
        try:
            route = TrialRoute.model_validate(each)
            Call(method=route.method, path=route.path, headers=route.headers, body=route.body)
        except ValidationError:
            continue
        found.append(route)
    return tuple(found)
