"""What works on this machine, what does not, and how to mend it."""

import contextlib
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grader.kata import bundled_katas, load_catalogue
from grader.report import Value
from grader.sandbox import Choice, choose
from grader.sandbox.base import Driver, Limits, SandboxError, UnavailableError
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.selftest import Probe, self_test
from grader.sandbox.sides import INODES
from grader.sandbox.zygote import Zygotes

ASSETS = Path(__file__).parent / "static" / "dist"


class Check(Value):
    """One part of the platform; `mend` says what to do where it is not well."""

    name: str
    ok: bool
    mend: str = ""


class Diagnosis(Value):
    """Everything that `kintsugi doctor` found."""

    ok: bool
    probes: tuple[Probe, ...]
    bounds: dict[str, str]
    checks: tuple[Check, ...]

    def print(self, console: Console) -> None:
        """For people: checks first, then the bounds, then every probe."""
        for check in self.checks:
            mend = "" if check.ok else f": {check.mend}"
            console.print(f"{'ok' if check.ok else 'NO'}  {escape(check.name)}{escape(mend)}")
        bounds = Table("bound", "how it holds here", box=None)
        for name, how in self.bounds.items():
            bounds.add_row(name, escape(how))
        probes = Table("probe", "stopped", "by", box=None)
        for probe in self.probes:
            probes.add_row(
                escape(probe.name), "yes" if probe.stopped else "NO", escape(probe.detail)
            )
        for table in (bounds, probes):
            console.print()
            console.print(table)


def examine(choice: Choice) -> Diagnosis:
    """Look at every part; a sandbox is made and attacked."""
    checks = [_python(), _assets(), _katas(), _data()]
    probes: list[Probe] = []
    bounds: dict[str, str] = {}
    try:
        with contextlib.closing(choose(choice)) as driver:
            bounds = _bounds(driver)
            probes = self_test(driver)
            checks.append(_stopped(driver, probes))
    except UnavailableError as error:
        checks.append(Check(name=f"sandbox: {error}", ok=False, mend=error.mend))
    except SandboxError as error:
        mend = "Run it again; if it stays, see graders/README.md."
        checks.append(Check(name=f"sandbox: {error}", ok=False, mend=mend))
    ok = all(check.ok for check in checks)
    return Diagnosis(ok=ok, probes=tuple(probes), bounds=bounds, checks=tuple(checks))


def _stopped(driver: Driver, probes: list[Probe]) -> Check:
    through = [probe.name for probe in probes if not probe.stopped]
    mend = f"These got through: {', '.join(through)}. Do not grade here." if through else ""
    return Check(name=f"sandbox: {driver.name}, {len(probes)} probes", ok=not through, mend=mend)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(
        name=f"Python {version}", ok=sys.version_info >= (3, 11), mend="Use 3.11 or newer."
    )


def _assets() -> Check:
    ok = (ASSETS / "manifest.json").exists()
    return Check(name="browser assets", ok=ok, mend="Run 'make setup' to build them.")


def _katas() -> Check:
    catalogue = load_catalogue([bundled_katas()])
    if catalogue.problems:
        return Check(name="katas", ok=False, mend=str(catalogue.problems[0]))
    ok = bool(catalogue.katas)
    return Check(name=f"katas: {len(catalogue.katas)}", ok=ok, mend="The katas/ folder is empty.")


def _data() -> Check:
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
    except OSError as error:
        return Check(name=f"temporary folder: {error.strerror}", ok=False, mend="Free some space.")
    return Check(name="temporary folder", ok=True)


def _bounds(driver: Driver) -> dict[str, str]:
    limits = Limits()
    mib = 1 << 20
    docker = driver.name == "docker"
    counted = docker or isinstance(driver, Zygotes)
    group = driver.group if isinstance(driver, Zygotes | Bubblewrap) else None
    none = "each container's own" if docker else "no control group can be had here"
    return {
        "memory": f"rlimit: {limits.memory // mib} MiB of address space",
        "processor": f"rlimit: {limits.cpu_s} s a process",
        "processes": f"no fork; rlimit: {limits.processes} threads",
        "disk": f"tmpfs: {limits.tmp // mib} + {limits.work // mib} MiB",
        "inodes": f"tmpfs: {INODES} a folder" if counted else f"the run ends at {INODES}",
        "wall": f"{limits.wall_s:g} s a run, {limits.start_s:g} s to start",
        "control group": group.says if group else none,
    }
