"""The app side of a real pair, driven by hand: operations in, answers and events out."""

import json
import select
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from grader.inside.app.jail import Rlimits
from grader.inside.wire import Message
from grader.sandbox.base import Pair

ENV = {"DATABASE_URL": "sqlite:////tmp/run/app.db"}
ANSWER_S = 10.0
GOOD = "from fastapi import FastAPI\n\napp = FastAPI()\n"


class AppSide:
    """Sends operations to a pair's app sandbox, in which `files` were put.

    What happens by itself meanwhile is kept in `events`.
    """

    def __init__(
        self,
        pair: Pair,
        main: str,
        *,
        limits: Rlimits | None = None,
        environment: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.line = pair.app
        self.line.sock.settimeout(ANSWER_S)
        self.events: list[Message] = []
        self._number = 0
        files = {"app/__init__.py": "", "app/main.py": main, **(more or {})}
        load = {
            "op": "load",
            "limits": asdict(limits or Rlimits()),
            "environment": dict(environment or {}),
        }
        self.line.send(load, json.dumps(files).encode())

    def ask(self, op: str, **details: Any) -> tuple[Message, bytes]:
        self._number += 1
        self.line.send({"op": op, "id": self._number, **details})
        while True:
            message, blob = self._receive()
            if message.get("answer") == self._number:
                return message, blob
            self.events.append(message)

    def start(self, slot: int = 0, budget_s: float = 5.0, **env: str) -> Message:
        return self.ask("start", slot=slot, env={**ENV, **env}, budget_s=budget_s)[0]

    def stop(self, slot: int = 0, number: int = 9, within_s: float = 2.0) -> Message:
        return self.ask("stop", slot=slot, signal=number, within_s=within_s)[0]

    def log(self) -> str:
        return self.ask("log")[1].decode()

    def event(self) -> Message:
        """The next thing that happens by itself."""
        return self.events.pop(0) if self.events else self._receive()[0]

    def silent_for(self, seconds: float) -> bool:
        return not self.events and not select.select([self.line], [], [], seconds)[0]

    def _receive(self) -> tuple[Message, bytes]:
        frame = self.line.receive()
        assert frame is not None, "the app's sandbox ended"
        return frame


Side = Callable[..., AppSide]


def failure_of(answer: Message) -> dict[str, Any]:
    assert answer["ok"] is False
    return answer["failure"]
