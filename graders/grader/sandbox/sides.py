"""What the two sandboxes of a pair are, and what of our own code each of them sees."""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox.base import Limits
from grader.sandbox.runtime import MOUNT, Runtime

KIT = "/opt/kit"
INSIDE = Path(__file__).parents[1] / "inside"
APP_PARTS = ("__init__.py", "wire.py", "bpf.py", "app")
SUITE_PARTS = ("__init__.py", "wire.py", "bpf.py", "suite")
ZYGOTE_PARTS = ("zygote.py",)
CONTAINER_PARTS = ("container.py",)
INODES = 4_096  # of a folder that can be written to, where they can be bounded
# Real user ids that no account has; `useradd` and subordinate ids stay well below.
UIDS = range(0x20000000, 0x60000000)
BASE_ENV = {
    "PATH": f"{MOUNT}/bin",
    "HOME": "/tmp",  # noqa: S108 - in the sandbox
    "LANG": "C.UTF-8",
    "PYTHONUTF8": "1",
    "PYTHONHOME": MOUNT,
    "LD_LIBRARY_PATH": f"{MOUNT}/lib",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True)
class Side:
    """What differs between the two sandboxes of a pair.

    Attributes:
        name: app or suite.
        module: what runs in it.
        parts: what of `grader/inside` it sees.
        path: where its imports come from.
        folders: what it may write to, in bytes.
    """

    name: str
    module: str
    parts: tuple[str, ...]
    path: tuple[str, ...]
    folders: tuple[tuple[str, int], ...]


_LIMITS = Limits()
APP_SIDE = Side(
    "app",
    "grader.inside.app.supervisor",
    APP_PARTS,
    (f"{MOUNT}/packages", KIT, f"{KIT}/grader/inside/app/modules"),
    (("/tmp", _LIMITS.tmp), ("/work", _LIMITS.work)),  # noqa: S108 - in the sandbox
)
SUITE_SIDE = Side(
    "suite",
    "grader.inside.suite.runner",
    SUITE_PARTS,
    (f"{MOUNT}/packages", KIT, f"{KIT}/grader/inside/suite"),
    (("/tmp", _LIMITS.tmp),),  # noqa: S108 - in the sandbox
)


def kit_of(runtime: Runtime) -> Path:
    """Our own code for the inside, copied beside the runtime: readable under any user id."""
    files = {p.relative_to(INSIDE): p.read_bytes() for p in sorted(INSIDE.rglob("*.py"))}
    digest = hashlib.sha256()
    for path, data in files.items():
        digest.update(str(path).encode() + b"\0" + data + b"\0")
    # Beside the runtime: in it, every service would see the suite's side.
    kit = runtime.root.with_name("kits") / digest.hexdigest()[:12]
    if not kit.exists():
        kit.parent.mkdir(mode=0o755, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=kit.parent))
        new.chmod(0o755)
        for path, data in files.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).write_bytes(data)
        try:
            new.rename(kit)
        except OSError:  # another worker was first
            shutil.rmtree(new)
    return kit
