"""Tells when a repair has become more than the problem needs (`voice.md`: a fix can be too much).

Never graded. Measured against the larger of starter and reference. The bounds leave room for style:
of all the samples that our katas hold, right and wrong ones, none is told this.
"""

from grader.kata import Kata
from grader.report import Finding, Severity, Size, Skill, State

LINES, MORE_LINES = 1.5, 60  # half as many again, and not only of a few
CLASSES, FUNCTIONS, DEPTH = 5, 10, 2
SIGNS = 2  # one alone is a matter of style


def too_much(kata: Kata, size: Size | None) -> Finding | None:
    """A remark on a submission that has grown far beyond its problem; None for all others.

    Args:
        kata: what starter and reference need.
        size: of the submission; None where it could not be read.
    """
    if size is None or kata.size is None or sum(_signs(size, kata.size)) < SIGNS:
        return None
    needed = kata.size
    return Finding(
        id="too-much",
        skill=Skill.API_DESIGN,
        severity=Severity.ADVICE,
        title="The repair is larger than the problem",
        state=State.ADVICE,
        evidence=(
            f"The submission has {_words(size)}. Starter and reference do with {_words(needed)}.",
        ),
        why="Every class and layer is read by whoever changes the service next, and no rule of"
        " this service asks for the additional ones.",
        recommendation="Keep what the repair does, and take out what hands on what it is given:"
        " begin with classes and functions that have one caller.",
        trade_off="If the next change needs the seam, it is there already; until then it is one"
        " more thing to keep true.",
    )


def _signs(size: Size, needed: Size) -> tuple[bool, ...]:
    more_lines = size.lines - needed.lines
    return (
        more_lines > MORE_LINES and size.lines > LINES * needed.lines,
        size.classes - needed.classes >= CLASSES,
        size.functions - needed.functions >= FUNCTIONS,
        size.depth - needed.depth >= DEPTH,
    )


def _words(size: Size) -> str:
    return f"{size.lines} lines, {size.classes} classes and {size.functions} functions"
