"""Reads `equivalent.toml` of a kata: mutants that no suite could tell from the reference, and why.

An entry names a mutant by its text, not by its line number, so that lines may move:

    [[mutants]]
    operator = "flag"
    file = "app/models.py"
    line_of = "name: str = Field(index=True)"
    becomes = "name: str = Field(index=False)"
    reason = "An index changes how fast a name is found, not which."
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from grader.authoring.mutants import Mutant
from grader.kata import EQUIVALENT, KataError
from grader.report import Value


class Mark(Value):
    """A mutant that is left alive on purpose.

    Attributes:
        line_of: the first line of the reference that the mutant changes, stripped.
        becomes: the line that it puts there, stripped; empty where it puts none.
        within: the function or class round it, where the line occurs more than once.
    """

    operator: str
    file: str
    line_of: str
    becomes: str = ""
    within: str | None = None
    reason: str = Field(min_length=10)

    def means(self, mutant: Mutant) -> bool:
        mine = (self.operator, self.file, self.line_of, self.becomes)
        its = (mutant.operator, mutant.file, mutant.was, mutant.becomes)
        return mine == its and self.within in (None, mutant.within)

    def __str__(self) -> str:
        place = f"{self.file}, {self.within}" if self.within else self.file
        return f"{self.operator} in {place}: {self.line_of!r} becomes {self.becomes!r}"


class _Marks(Value):
    mutants: tuple[Mark, ...] = ()


def load_marks(folder: Path) -> tuple[Mark, ...]:
    """The marks of a kata's folder; none where it has no such file.

    Raises:
        KataError: the file is not of this form.
    """
    file = folder / EQUIVALENT
    if not file.is_file():
        return ()
    try:
        return _Marks.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).mutants
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KataError(file, f"not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise KataError(file, f"{where}: {first['msg']}") from None


def stale(marks: Sequence[Mark], mutants: Sequence[Mutant]) -> list[str]:
    """Marks for which there is no mutant any more."""
    lost = [mark for mark in marks if not any(map(mark.means, mutants))]
    return [f"{EQUIVALENT}: there is no such mutant any more: {mark}" for mark in lost]
