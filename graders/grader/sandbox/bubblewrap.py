"""Pairs of sandboxes by bubblewrap: an ordinary user's namespaces, no daemon, no root.

A root worker gives every sandbox a user id of its own, so that not even a hole in the namespaces
would let one sandbox touch another, or a file of root's.
"""

import contextlib
import json
import os
import platform
import secrets
import select
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from grader.inside import bpf
from grader.inside.wire import Line
from grader.sandbox.base import UnavailableError
from grader.sandbox.cgroup import Group
from grader.sandbox.folder import Folder
from grader.sandbox.joints import GONE_S, MEND, listener_at, wait_until_warm
from grader.sandbox.runtime import MOUNT, Runtime, ensure_runtime
from grader.sandbox.sides import (
    APP_SIDE,
    BASE_ENV,
    KIT,
    SUITE_SIDE,
    UIDS,
    ZYGOTE_PARTS,
    Side,
    kit_of,
)

ZYGOTE_FOLDER = 1 << 20  # warming up writes a few kilobytes


class Bubblewrap:
    """The default driver."""

    name = "bubblewrap"

    def __init__(self, runtime: Runtime | None = None, group: Group | None = None) -> None:
        """Prepare to make pairs.

        Args:
            runtime: what sandboxes see; built if need be.
            group: holds all sandboxes; belongs to the driver from here on.

        Raises:
            UnavailableError: not Linux, or the runtime environment cannot be built.
        """
        if sys.platform != "linux":
            raise UnavailableError(
                "bubblewrap needs Linux", "Install Docker and use --sandbox docker."
            )
        if platform.machine() not in bpf.AUDIT_ARCH:
            raise UnavailableError(
                f"there is no system call filter for {platform.machine()}",
                "Use a machine with x86_64 or aarch64.",
            )
        self.runtime = runtime or ensure_runtime()
        self.kit = kit_of(self.runtime)
        self.group = group
        self._filter = bpf.assemble(bpf.outer_rules())

    def pair(self) -> "BubblewrapPair":
        return BubblewrapPair(self)

    def close(self) -> None:
        """Give the control group back; nothing else is held between pairs."""
        if self.group is not None:
            self.group.close()
            self.group = None

    def start(
        self, side: Side, binds: list[tuple[Path, str]], env: dict[str, str], pass_fds: list[int]
    ) -> "Sandbox":
        """Start one sandbox; its output goes nowhere, it speaks by its line.

        Raises:
            UnavailableError: bubblewrap cannot be started.
        """
        filter_fd = os.memfd_create("filter")
        os.write(filter_fd, self._filter)
        os.lseek(filter_fd, 0, os.SEEK_SET)
        flags = ["--disable-userns", "--seccomp", str(filter_fd)]
        for folder, size in side.folders:
            flags += ["--size", str(size), "--tmpfs", folder]
        try:
            return self._start(side, [*flags, *_binds(binds)], env, [*pass_fds, filter_fd], [])
        finally:
            os.close(filter_fd)

    def start_zygote(
        self, side: Side, binds: list[tuple[Path, str]], env: dict[str, str], pass_fds: list[int]
    ) -> "Sandbox":
        """Start the sandbox of a zygote, which never holds learner code.

        It may make namespaces, and its forks put the filter on themselves.

        Raises:
            UnavailableError: bubblewrap cannot be started.
        """
        flags = ["--dir", "/ipc"]
        for folder, _ in side.folders:
            flags += ["--size", str(ZYGOTE_FOLDER), "--tmpfs", folder]
        for part in ZYGOTE_PARTS:
            binds = [*binds, (self.kit / part, f"{KIT}/grader/inside/{part}")]
        arguments = [side.name]
        zygote = replace(side, module="grader.inside.zygote")
        return self._start(zygote, [*flags, *_binds(binds)], env, pass_fds, arguments)

    def _start(
        self, side: Side, flags: list[str], env: dict[str, str], fds: list[int], last: list[str]
    ) -> "Sandbox":
        info_read, info_write = os.pipe()
        program = [self.runtime.python, "-s", "-m", side.module, *last]
        uid = UIDS.start + secrets.randbelow(len(UIDS)) if os.geteuid() == 0 else None
        try:
            command = [*self._arguments(side, flags, env, info_write), "--", *program]
            monitor = _starter.submit(
                subprocess.Popen[bytes],
                self.group.command(self.runtime.bwrap, command, uid) if self.group else command,
                executable=None if self.group else self.runtime.bwrap,
                env={},  # --clearenv alone leaks the worker's by /proc/1/environ
                pass_fds=[*fds, info_write],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if not os.environ.get("KINTSUGI_DEBUG") else None,
                user=None if self.group else uid,
                group=None if self.group else uid,
                extra_groups=None if uid is None or self.group else [],
                start_new_session=True,
            ).result()
        except (OSError, subprocess.SubprocessError) as error:
            os.close(info_read)
            raise UnavailableError(f"bubblewrap cannot be started: {error}", MEND) from error
        finally:
            os.close(info_write)
        return Sandbox(monitor, info_read)

    def _arguments(
        self, side: Side, flags: list[str], env: dict[str, str], info_fd: int
    ) -> list[str]:
        """Flags that held against every attack tried (`graders/README.md`)."""
        runtime = self.runtime
        arguments = ["bwrap"]
        arguments += [f"--unshare-{space}" for space in ("user", "pid", "net", "ipc", "uts")]
        arguments += ["--unshare-cgroup-try", "--die-with-parent"]
        arguments += ["--info-fd", str(info_fd)]
        arguments += ["--uid", "65534", "--gid", "65534", "--hostname", "sandbox"]
        arguments += ["--new-session", "--cap-drop", "ALL", "--clearenv"]
        arguments += ["--ro-bind", str(runtime.root), MOUNT]
        arguments += ["--ro-bind", str(runtime.loader), runtime.loader_target]
        for part in side.parts:
            arguments += ["--ro-bind", str(self.kit / part), f"{KIT}/grader/inside/{part}"]
        arguments += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
        arguments += flags
        arguments += ["--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108 - in the sandbox
        for name, value in (BASE_ENV | {"PYTHONPATH": ":".join(side.path)} | env).items():
            arguments += ["--setenv", name, value]
        return arguments


# --die-with-parent means the thread: a sandbox must not end with whichever thread asked for it.
_starter = ThreadPoolExecutor(1, "sandbox-starter")


class Sandbox:
    """One started sandbox: bubblewrap's monitor, and the first process of its pid namespace."""

    def __init__(self, monitor: subprocess.Popen[bytes], info_fd: int) -> None:
        self._monitor = monitor
        with os.fdopen(info_fd) as info:
            text = info.read()  # until bubblewrap has made the namespaces, or has ended
        first = json.loads(text)["child-pid"] if text else None
        try:
            self._first = os.pidfd_open(first) if first else None
        except ProcessLookupError:
            self._first = None

    def close(self) -> None:
        """Kill everything in it, and wait: SIGKILL returns before the namespace is gone."""
        if self._first is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            select.select([self._first], [], [], GONE_S)
            os.close(self._first)
            self._first = None
        self._monitor.kill()
        self._monitor.wait()


class BubblewrapPair:
    """Two sandboxes, joined by three socket files that each can only connect to."""

    def __init__(self, driver: Bubblewrap) -> None:
        self._folder = Folder()
        self._sandboxes: list[Sandbox] = []
        try:
            self.app, self.suite = self._start(driver)
            for line in (self.app, self.suite):
                wait_until_warm(line)
        except BaseException:
            self.close()
            raise

    def _start(self, driver: Bubblewrap) -> tuple[Line, Line]:
        names = ("app0.sock", "app1.sock", "outside.sock")
        listeners = [listener_at(self._folder.path / name) for name in names]
        app, app_end = socket.socketpair()
        suite, suite_end = socket.socketpair()
        ends = [app_end, suite_end, *listeners]
        self.app, self.suite = Line(app), Line(suite)
        try:
            self._sandboxes.append(self._start_app(driver, app_end, listeners))
            self._sandboxes.append(self._start_suite(driver, suite_end, listeners))
        finally:
            for sock in ends:
                sock.close()
        return self.app, self.suite

    def _start_app(
        self, driver: Bubblewrap, end: socket.socket, listeners: list[socket.socket]
    ) -> Sandbox:
        fds = [end.fileno(), listeners[0].fileno(), listeners[1].fileno()]
        env = {"KINTSUGI_LINE_FD": str(fds[0]), "KINTSUGI_LISTENERS": f"{fds[1]},{fds[2]}"}
        binds = [(self._folder.path / "outside.sock", "/ipc/outside.sock")]
        return driver.start(APP_SIDE, binds, env, fds)

    def _start_suite(
        self, driver: Bubblewrap, end: socket.socket, listeners: list[socket.socket]
    ) -> Sandbox:
        names = ("app0.sock", "app1.sock")
        binds = [(self._folder.path / name, f"/ipc/{name}") for name in names]
        fds = [end.fileno(), listeners[2].fileno()]
        env = {"KINTSUGI_LINE_FD": str(fds[0]), "KINTSUGI_OUTSIDE_FD": str(fds[1])}
        return driver.start(SUITE_SIDE, binds, env, fds)

    def close(self) -> None:
        for sandbox in self._sandboxes:
            sandbox.close()
        for line in ("app", "suite"):
            if hasattr(self, line):
                getattr(self, line).close()
        self._folder.close()


def _binds(binds: list[tuple[Path, str]]) -> list[str]:
    return [word for source, target in binds for word in ("--ro-bind", str(source), target)]
