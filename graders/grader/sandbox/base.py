"""What every sandbox driver offers: limits, a pair of sandboxes, one error family.

SandboxError
├── UnavailableError   no sandbox can be made on this machine; `mend` says what to do
└── PairDiedError      a pair that was being made or waiting ended by itself
"""

from dataclasses import asdict, dataclass
from typing import Protocol

from grader.inside.wire import Line

MIB = 1 << 20


class SandboxError(Exception):
    """The platform could not give or keep a sandbox; never the submission's fault."""


class UnavailableError(SandboxError):
    """No sandbox can be made here.

    Attributes:
        mend: one sentence on what the operator can do.
    """

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.mend = mend


class PairDiedError(SandboxError):
    """A sandbox ended before a submission was in it."""


@dataclass(frozen=True)
class Limits:
    """What one run may use. Sizes in bytes, times in seconds; reasons in `graders/README.md`."""

    start_s: float = 3.0
    wall_s: float = 10.0
    check_s: float = 6.0
    cpu_s: int = 20
    memory: int = 1024 * MIB
    processes: int = 128
    file_size: int = 32 * MIB
    open_files: int = 256
    tmp: int = 32 * MIB
    work: int = 4 * MIB
    output: int = 16 * MIB
    body: int = MIB

    def as_numbers(self) -> dict[str, float]:
        """For the report."""
        return {name: float(value) for name, value in asdict(self).items()}

    def of_process(self) -> dict[str, int]:
        """The rlimits of one app process (`grader.inside.app.jail.Rlimits`)."""
        return {
            "memory": self.memory,
            "cpu_s": self.cpu_s,
            "file_size": self.file_size,
            "open_files": self.open_files,
            "processes": self.processes,
        }


class Pair(Protocol):
    """Two warm sandboxes for one submission: the app's and the suite's. Used once."""

    @property
    def app(self) -> Line: ...

    @property
    def suite(self) -> Line: ...

    def close(self) -> None:
        """End both and everything in them; returns when nothing of them is left."""
        ...


class Driver(Protocol):
    """Makes pairs in one way (bubblewrap, Docker)."""

    @property
    def name(self) -> str: ...

    def pair(self) -> Pair:
        """Make a pair and wait until both sides are warm.

        Raises:
            UnavailableError: no sandbox can be made here.
            PairDiedError: a side ended while it warmed up.
        """
        ...

    def close(self) -> None:
        """Release what the driver itself holds."""
        ...
