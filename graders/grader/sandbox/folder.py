"""The folder of a driver or a pair: its sockets lie there, and it goes with its owner.

An owner that was killed removes nothing. So each folder holds a lock that its owner's process keeps
as long as it lives, and whoever makes the next one removes those that nobody keeps any more.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX, LOCK = "kintsugi-", "lock"


class Folder:
    """A temporary folder that others may enter but not list."""

    def __init__(self) -> None:
        sweep()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        # It is locked before it is called a lock: a sweep in between finds nothing to take.
        made = self.path / f"{LOCK}.new"
        self._lock = os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        made.rename(self.path / LOCK)
        self.path.chmod(0o711)

    def close(self) -> None:
        """Remove it with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)


def sweep() -> None:
    """Remove the folders whose owners have been killed; those of other users stay."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(OSError):
            _remove_unless_kept(lock)


def _remove_unless_kept(lock: Path) -> None:
    if lock.parent.stat().st_uid != os.geteuid():
        return
    file = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent, ignore_errors=True)
    finally:
        os.close(file)
