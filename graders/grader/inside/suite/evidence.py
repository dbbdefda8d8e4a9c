"""What a check observed, for the learner to read."""

import json
from typing import Any

from grader.inside.suite.exhibits import Answered, count
from grader.inside.suite.volley import Reply

SENTENCES, TEXT, FACTS, CELLS, EXHIBITS = 40, 300, 4_000, 8, 4


class Evidence:
    """Collects sentences in the past tense, each with facts for the notes' slots."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.unwanted: Answered | None = None

    def __call__(self, text: str, **facts: Any) -> None:
        """Note one observation.

        Args:
            text: one sentence, without hidden inputs.
            facts: plain values; they fill `{slots}` of the finding's note.
        """
        if len(self.items) >= SENTENCES:
            return
        plain = json.dumps(facts, default=str)
        kept: dict[str, Any] = json.loads(plain) if len(plain) <= FACTS else {}
        self.items.append({"text": text.split("\n", 1)[0][:TEXT], "facts": kept, "exhibits": []})

    def count(self, what: str, seen: int, allowed: int) -> None:
        """Show how many of something there were, beside the sentence that was noted last.

        Args:
            what: in the plural, `statements`.
            seen: how many there were.
            allowed: how many there may be.
        """
        if not self.items:
            self(f"{seen} {what}, where {allowed} would do.")
        self.show(count(what, seen, allowed))

    def show(self, exhibit: dict[str, Any]) -> None:
        """Put an exhibit beside the sentence that was noted last, if there is room."""
        if self.items and len(self.items[-1]["exhibits"]) < EXHIBITS:
            self.items[-1]["exhibits"].append(exhibit)


class Matrix:
    """Soft assertions: every cell is tried, and every wrong one is told."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._cells = 0
        self._wrong: list[str] = []

    def __call__(self, label: str, reply: Reply, *allowed: int) -> Reply:
        """One request that must be answered with one of these status codes."""
        self._cells += 1
        if reply.status not in allowed:
            self._wrong.append(
                f"{label}: {reply.what} {reply.answered}; expected {either(allowed)}."
            )
            self._evidence.unwanted = self._evidence.unwanted or Answered(reply, allowed)
        return reply

    def same(self, label: str, got: object, expected: object) -> None:
        """Two observations that must be equal."""
        self._cells += 1
        if got != expected:
            self._wrong.append(f"{label}: {_short(got)}, where {_short(expected)} was expected.")

    def close(self) -> None:
        """Tell the wrong cells.

        Raises:
            AssertionError: there are some, or no cell was tried at all.
        """
        assert self._cells, "Nothing was tried."
        for text in self._wrong[:CELLS]:
            self._evidence(text)
        more = len(self._wrong) - CELLS
        if more > 0:
            raise AssertionError(f"So were {more} more of the {self._cells} cases.")
        if self._wrong:
            raise AssertionError


def either(codes: tuple[int, ...]) -> str:
    """404 or 409, for sentences."""
    return " or ".join(str(code) for code in codes)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
