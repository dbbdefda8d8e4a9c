"""A base image of Debian's packages, made where no image registry can be reached."""

import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any


def lacks() -> str:
    """Why no base can be made here; nothing where it can."""
    if os.geteuid() != 0:
        return "only root can run debootstrap."
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed (Debian: debootstrap)."
    return "" if _mirror() else "apt knows no archive of this release."


def import_base(api: Any, name: str) -> None:
    """Make a minimal Debian of this machine's release and import it as an image."""
    with tempfile.TemporaryDirectory(prefix="kintsugi-base-") as folder:
        root, archive = Path(folder, "root"), Path(folder, "root.tar")
        command = ["debootstrap", "--variant=minbase", _codename(), str(root), _mirror()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        with tarfile.open(archive, "w") as packed:
            packed.add(root, ".", recursive=True, filter=_without_archives)
        repository, _, tag = name.partition(":")
        with archive.open("rb") as data:
            api.import_image_from_data(data, repository=repository, tag=tag)


def _without_archives(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.startswith(("./var/cache/apt", "./var/lib/apt")) else member


def _codename() -> str:
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def _mirror() -> str:
    """The archive that this machine's apt is told to use; it is written down nowhere here."""
    if shutil.which("apt-get") is None:
        return ""
    asked = subprocess.run(
        [
            *("apt-get", "indextargets", "--format", "$(REPO_URI)"),
            *("Created-By: Packages", f"Codename: {_codename()}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return next(iter(asked.stdout.split()), "")
