"""One app process as its supervisor sees it, and what it says of its own start."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

from grader.inside.wire import exit_words


@dataclass
class Process:
    """One app process, from fork to reaping."""

    pid: int
    status_fd: int
    status: bytearray = field(default_factory=bytearray)
    code: int | None = None
    told: bool = False  # its end is expected, or has been told

    @property
    def serves(self) -> bool:
        """Whether it has said that it serves, and lives."""
        return bool(self._said().get("serving")) and self.code is None

    def failure(self, budget_s: float) -> dict[str, Any]:
        """Why it did not start within so many seconds: kind, text, file, line."""
        return self._told() or self._silent(budget_s)

    def _said(self) -> dict[str, Any]:
        """The status line. The app process writes it, so its form is checked."""
        try:
            said = json.loads(bytes(self.status).split(b"\n", 1)[0] or b"{}")
        except (ValueError, RecursionError):
            return {}
        return cast(dict[str, Any], said) if isinstance(said, dict) else {}

    def _told(self) -> dict[str, Any] | None:
        """The failure that it said, if it has the form of one: a submission can say anything."""
        said = self._said()
        match said.get("failure"):
            case {"kind": str(), "text": str(), "file": str() | None, "line": int() | None}:
                return cast(dict[str, Any], said["failure"])
            case _:
                return None

    def _silent(self, budget_s: float) -> dict[str, Any]:
        if self.code is None:
            text = f"The service did not start within {budget_s:g} seconds."
            return {"kind": "timeout", "text": text, "file": None, "line": None}
        text = f"The service ended by itself while it started ({exit_words(self.code)})."
        return {"kind": "exit", "text": text, "file": None, "line": None}
