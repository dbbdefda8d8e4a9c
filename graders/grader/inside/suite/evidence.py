"""What a check observed, for the learner to read."""

import json
from typing import Any

from grader.inside.suite.volley import Reply

SENTENCES, TEXT, FACTS, CELLS = 40, 300, 4_000, 8


class Evidence:
    """Collects sentences in the past tense, each with facts for the notes' slots."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []

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
        self.items.append({"text": text.split("\n", 1)[0][:TEXT], "facts": kept})


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
        if self._wrong:
            raise AssertionError(f"{len(self._wrong)} of {self._cells} cases were wrong.")


def either(codes: tuple[int, ...]) -> str:
    """404 or 409, for sentences."""
    return " or ".join(str(code) for code in codes)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
