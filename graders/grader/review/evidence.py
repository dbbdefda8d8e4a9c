"""What a review says was observed of an open finding."""

from grader.notes import FindingNote
from grader.report import CheckKind, Count, Evidence, Exchange, Exhibit, Outcome, Timeline
from grader.review.markdown import SLOT, escape, fill
from grader.review.outcomes import WRONG, Checks, passed

EVIDENCE_LINES = 6  # of the checks' own sentences
BESIDE_A_NOTE = 3  # where the note's sentence has said it in general
SIDE_EFFECT = "The flaw itself is closed, but the repair has a side effect."
NOT_REACHED = "The run ended before this could be looked at."


def evidence_of(note: FindingNote, mine: Checks) -> tuple[str, ...]:
    """What was observed of an open finding, and which of its checks were not reached.

    Args:
        note: its sentence comes first, with the facts of the checks.
        mine: the checks of this finding.
    """
    unreached = [c for c in mine if c.outcome is Outcome.NOT_RUN]
    if len(unreached) == len(mine):
        return (NOT_REACHED,)
    facts = _facts([c for c in mine if c.kind is CheckKind.FIND and c.outcome is Outcome.FAILED])
    first = _first_line(note, mine, facts)
    if first:
        told = {name: facts[name] for name in SLOT.findall(note.evidence) if name in facts}
        lines = [first, *_observed(mine, told)[:BESIDE_A_NOTE]]
    else:
        lines = list(_observed(mine, {}))
    if unreached:
        titles = "; ".join(f"“{c.title}”" for c in unreached)
        lines.append(f"Not reached before the run ended: {titles}.")
    return tuple(lines)


def exhibits_of(mine: Checks) -> tuple[Exhibit, ...]:
    """What can be looked at: the first exchange, the first timeline, two counts, of what failed."""
    found = [x for c in mine if c.outcome in WRONG for e in c.evidence for x in e.exhibits]
    exchanges = [x for x in found if isinstance(x, Exchange)]
    timelines = [x for x in found if isinstance(x, Timeline)]
    counts = [x for x in found if isinstance(x, Count)]
    return (*counts[:2], *exchanges[:1], *timelines[:1])


def said(checks: Checks, told: dict[str, object] | None = None) -> tuple[str, ...]:
    """What the checks observed, each sentence once.

    Args:
        checks: in their order.
        told: facts that a note has put into words already: what says nothing else is left out.
    """
    items = [e for c in checks for e in c.evidence if e.text.strip() and not _known(e, told or {})]
    return tuple(dict.fromkeys(escape(e.text) for e in items))[:EVIDENCE_LINES]


def _first_line(note: FindingNote, mine: Checks, facts: dict[str, object]) -> str:
    """The note's sentence where the flaw was seen; that it is a side effect where only that was."""
    finds = [c for c in mine if c.kind is CheckKind.FIND]
    if all(passed(c) for c in finds) and any(c.outcome in WRONG for c in mine):
        return SIDE_EFFECT
    seen = any(c.outcome is Outcome.FAILED for c in finds)
    return fill(note.evidence, facts) if seen else ""


def _facts(checks: Checks) -> dict[str, object]:
    """The facts by name. A check's last word counts, and an earlier check before a later one."""
    facts: dict[str, object] = {}
    for check in checks:
        own = {name: fact for e in check.evidence for name, fact in e.facts.items()}
        facts = own | facts
    return facts


def _observed(mine: Checks, told: dict[str, object]) -> tuple[str, ...]:
    """The failed checks' own sentences; their titles where they have none and no note spoke."""
    wrong = [c for c in mine if c.outcome in WRONG]
    sentences = said(wrong, told)
    if sentences or told:
        return sentences
    return tuple(f"This did not hold: “{c.title}”." for c in wrong)


def _known(evidence: Evidence, told: dict[str, object]) -> bool:
    """Whether a note's sentence was filled with exactly these facts."""
    shared = evidence.facts.keys() & told.keys()
    return bool(shared) and all(evidence.facts[name] == told[name] for name in shared)
