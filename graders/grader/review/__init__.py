"""Composes the review: results + notes + reading -> what the reviewer says. Pure, under 10 ms.

Code decides which remark is made; the kata's notes hold the words. Nothing is said that a check did
not observe. What comes from the run (evidence, facts) may be the submission's own text: it is
escaped, so that it can never become Markdown.
"""

from grader.kata import Kata
from grader.report import Reading, Review, Verdict
from grader.review.documents import document
from grader.review.findings import findings_of
from grader.review.markdown import escape
from grader.review.outcomes import Checks, score_of
from grader.review.summary import core_of, done_well, next_step, verdict_line
from grader.review.too_much import too_much

__all__ = ["compose", "document", "escape", "score_of"]


def compose(kata: Kata, checks: Checks, reading: Reading, verdict: Verdict) -> Review:
    """Compose the review of a run that has a verdict.

    Args:
        kata: its notes hold the words.
        checks: a result for each declared check.
        reading: what the submission's source told: places, names, size.
        verdict: of the whole run.
    """
    findings = findings_of(kata, checks, reading, verdict)
    advice = too_much(kata, reading.size)
    return Review(
        core=core_of(kata, checks),
        verdict_line=verdict_line(kata, checks, findings, verdict),
        findings=(*findings, advice) if advice else findings,
        done_well=done_well(kata, checks),
        production=kata.production,
        next=next_step(kata, checks, findings, verdict),
    )
