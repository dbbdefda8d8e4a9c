"""The images of the Docker driver: what goes into them, and the name that says so."""

import hashlib
import tarfile
from pathlib import Path
from typing import IO

from grader.sandbox.runtime import Runtime
from grader.sandbox.sides import APP_SIDE, CONTAINER_PARTS, SUITE_SIDE, Side

SCRATCH = "scratch"
NOT_NEEDED = {"bwrap", "complete", "kits", "loader"}


def dockerfile() -> Path:
    """Beside the package in a checkout, inside an installed wheel."""
    inside = Path(__file__).parents[1] / "Dockerfile"
    return inside if inside.is_file() else Path(__file__).parents[2] / "Dockerfile"


def name_of(side: Side, runtime: Runtime, kit: Path, base: str) -> str:
    """The image's name: the same for the same contents (both folders are named by theirs)."""
    digest = hashlib.sha256()
    for part in (runtime.root.name, kit.name, base, *side.parts):
        digest.update(part.encode() + b"\0")
    for file in (dockerfile(), Path(__file__)):  # how it is built
        digest.update(file.read_bytes())
    return f"kintsugi-sandbox-{side.name}:{digest.hexdigest()[:12]}"


def write_context(file: IO[bytes], runtime: Runtime, kit: Path) -> None:
    """Write what the Dockerfile builds from, as a tar archive."""
    with tarfile.open(fileobj=file, mode="w") as archive:
        _add(archive, dockerfile(), "Dockerfile")
        _add(archive, runtime.loader.resolve(), "loader")
        for path in sorted(runtime.root.iterdir()):
            if path.name not in NOT_NEEDED:
                _add(archive, path, f"runtime/{path.name}")
        for folder, _ in APP_SIDE.folders:
            member = tarfile.TarInfo(f"folders{folder}")
            member.type, member.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(member)
        for side in (APP_SIDE, SUITE_SIDE):
            for part in (*side.parts, *CONTAINER_PARTS):
                _add(archive, kit / part, f"kit/{side.name}/grader/inside/{part}")


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    archive.add(path, name, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Of root, readable by all, without a time: the same contents make the same layers."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member
