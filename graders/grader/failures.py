"""Why a run was not a full one, in words for the owner of what was run."""

import signal
import uuid

from grader.report import Blame, Failure, Place
from grader.sandbox.relay import End, Run

LIMIT_SIGNALS = {-signal.SIGXCPU, -signal.SIGXFSZ}


def timed_out(run: Run) -> bool:
    """Whether the service was not there in time: its own doing, or that of a busy machine."""
    return run.end is End.UNSTARTABLE and (run.failure or {}).get("kind") == "timeout"


def failure_of(run: Run, blame: Blame | None) -> Failure | None:
    """What to tell the owner about a run that was not a full one."""
    if blame is Blame.KATA:
        text = "The hidden suite itself is at fault. This does not count against you."
        return Failure(text=text, code=fault_code())
    if blame is Blame.PLATFORM:
        text = "The platform could not finish this run. This does not count against you."
        return Failure(text=text, code=fault_code())
    if run.end is End.UNSTARTABLE:
        return _unstartable(run.failure or {})
    texts = {
        End.WALL: "The run was stopped: it took longer than this kata allows. Look for a request"
        " that never answers or a wait without an end.",
        End.FLOOD: "The run was stopped: the service printed more than 16 MiB.",
        End.FILES: "The run was stopped: the service made more than 4,096 files.",
        End.APP_DIED: "The run was stopped: the service brought its sandbox down.",
        End.SUITE_BROKEN: "The run was stopped: an answer of the service could not be read.",
        End.SUITE_DIED: "The run was stopped: an answer of the service ended it.",
    }
    if LIMIT_SIGNALS & set(run.exits):
        return Failure(text="The service used more than its share of processor time or disk.")
    return Failure(text=texts[run.end]) if run.end in texts else None


def _unstartable(failure: dict[str, object]) -> Failure:
    place = None
    file, line = failure.get("file"), failure.get("line")
    if isinstance(file, str) and isinstance(line, int):
        place = Place(file=file, line=line, end=line)
    return Failure(
        text=f"The service did not start. {failure.get('text', '')}".strip(), place=place
    )


def fault_code() -> str:
    """A word to quote to the operators."""
    return uuid.uuid4().hex[:12]
