"""Pairs of containers, for hosts without user namespaces and for those who trust Docker more.

The suite's container joins the network namespace of the app's, which is empty: they speak by
abstract Unix sockets in it, and share no folder. The worker speaks to each by its standard streams.
Whoever may speak to the daemon is root on the host, so the web process never does.
"""

import logging
import os
import platform
import secrets
import socket
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.types import LogConfig, Ulimit

from grader.inside import bpf
from grader.inside.wire import Line
from grader.sandbox import image, owner, seccomp
from grader.sandbox.base import MIB, PairDiedError, UnavailableError
from grader.sandbox.joints import GONE_S, wait_until_warm
from grader.sandbox.runtime import Runtime, ensure_runtime
from grader.sandbox.sides import APP_SIDE, BASE_ENV, INODES, SUITE_SIDE, UIDS, Side, kit_of
from grader.sandbox.streams import attach

log = logging.getLogger(__name__)
SANDBOX, OWNER = "kintsugi.sandbox", "kintsugi.owner"  # labels
NOBODY = 65534
MEMORY = 1280 * MIB  # one process's address space, its folders, and the supervisor
PROCESSES = 160  # more than a service may have, so that its supervisor can go on
DAEMON_S = 60
WARM_S = 60.0  # all containers have one share of the processors between them
CONFLICT = 409
SIDES = (APP_SIDE, SUITE_SIDE)
# Shown empty: there a container would see the host's hardware, or could write.
HIDDEN = ("/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/pts")
SOCKETS = {  # abstract names, in the network namespace of one pair
    APP_SIDE.name: {"KINTSUGI_LISTENERS": "@app0,@app1", "KINTSUGI_OUTSIDE": "@outside"},
    SUITE_SIDE.name: {"KINTSUGI_LISTENERS": "@outside", "KINTSUGI_SOCKETS": "@app0,@app1"},
}
INSTALL = "Install Docker and start it, or use --sandbox bubblewrap on Linux."
ALLOW = "Let this user speak to the daemon (group docker), knowing that this makes it root here."
LOOK = "Look at the log of the Docker daemon (journalctl -u docker)."


class Docker:
    """Makes pairs of containers from two images, which it builds where they are missing."""

    name = "docker"

    def __init__(self, runtime: Runtime | None = None, base: str = image.SCRATCH) -> None:
        """Reach the daemon, have the images, remove what dead workers left.

        Args:
            runtime: what the images hold; this machine's own without it.
            base: the image to build on.

        Raises:
            UnavailableError: there is no daemon, or it cannot build the images.
        """
        self.id = secrets.token_hex(8)
        self._profile = seccomp.profile(bpf.outer_rules(), _machine())
        self._socket = _socket()
        self._api = _connect(self._socket)
        self._closed = False
        try:
            with _told():
                self.images = self._build(runtime or ensure_runtime(), base)
                self.sweep()
        except BaseException:
            self.close()
            raise

    def pair(self) -> "DockerPair":
        with _told():
            return DockerPair(self)

    def sweep(self) -> None:
        """Remove the containers of workers that have died.

        Raises:
            DockerException: the daemon refused.
            OSError: it cannot be reached.
        """
        for found in self._api.containers(all=True, filters={"label": SANDBOX}):
            if owner.has_ended(found["Labels"].get(OWNER, "")):
                self._remove(found["Id"])

    def close(self) -> None:
        """Remove every container that is left of this driver, and those of dead workers."""
        try:
            own = {"label": f"{SANDBOX}={self.id}"}
            self.remove(*(found["Id"] for found in self._api.containers(all=True, filters=own)))
            self.sweep()
        except (DockerException, OSError) as error:
            log.warning("containers may be left: %s", error)
        self._closed = True
        self._api.close()

    def start(self, side: Side, network: str, ids: list[str]) -> Line:
        """Start one container; its id is added to `ids` as soon as there is one.

        It is attached to before it starts, so that nothing of what it says is lost.
        """
        made = self._api.create_container(
            self.images[side.name],
            ["/opt/runtime/bin/python3", "-s", "-m", "grader.inside.container", side.name],
            stdin_open=True,
            hostname="sandbox" if side is APP_SIDE else None,
            # One of its own each: what the kernel counts by user is not shared between them.
            user=f"{UIDS.start + secrets.randbelow(len(UIDS))}:{NOBODY}",
            environment=BASE_ENV | {"PYTHONPATH": ":".join(side.path)} | SOCKETS[side.name],
            labels={SANDBOX: self.id, OWNER: owner.own()},
            host_config=self._host_config(side, network),
        )
        ids.append(made["Id"])
        line = Line(attach(self._socket, ids[-1]))
        self._api.start(ids[-1])
        return line

    def _host_config(self, side: Side, network: str) -> Any:
        """Options that held against every attack tried (`graders/README.md`)."""
        writable = {
            name: f"size={size},nr_inodes={INODES},mode=1777" for name, size in side.folders
        }
        hidden = dict.fromkeys(HIDDEN, "ro,size=4k,nr_inodes=8,mode=555")
        # Without a name server of its own a container is shown the host's.
        names: dict[str, Any] = {}
        if side is APP_SIDE:
            names = {"dns": ["0.0.0.0"], "dns_search": ["."]}  # noqa: S104 - nobody
        return self._api.create_host_config(
            network_mode=network,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges", f"seccomp={self._profile}"],
            pids_limit=PROCESSES,
            mem_limit=MEMORY,
            memswap_limit=MEMORY,
            ipc_mode="none",
            tmpfs=hidden | writable,
            ulimits=[
                Ulimit(name="core", soft=0, hard=0),
                Ulimit(name="nofile", soft=1024, hard=1024),
            ],
            log_config=LogConfig(type="none"),
            auto_remove=True,
            **names,
        )

    def remove(self, *ids: str) -> None:
        """Remove containers at once, and return when nothing of them is left.

        What the daemon fails to remove is noted, and swept later.
        """
        if self._closed or not ids:  # a closed driver has removed them
            return
        with ThreadPoolExecutor(len(ids)) as threads:
            for job in [threads.submit(self._remove, id) for id in ids]:
                try:
                    job.result()
                except (DockerException, OSError) as error:
                    log.warning("a container may be left: %s", error)

    def _remove(self, id: str) -> None:
        try:
            self._api.remove_container(id, v=True, force=True)
        except NotFound:
            return
        except APIError as error:
            if error.status_code != CONFLICT:  # it has ended, and is being removed
                raise
        try:
            self._api.wait(id, timeout=GONE_S, condition="removed")
        except NotFound:
            return

    def _build(self, runtime: Runtime, base: str) -> dict[str, str]:
        kit = kit_of(runtime)
        names = [image.name_of(side, runtime, kit, base) for side in SIDES]
        if not all(self._api.images(name) for name in names):
            with tempfile.TemporaryFile() as context:
                image.write_context(context, runtime, kit)
                context.seek(0)
                made = self._build_all(context, {"BASE": base, "LOADER": runtime.loader_target})
            for id, name in zip(made, names, strict=True):
                self._api.tag(id, *name.split(":"))
        return dict(zip((side.name for side in SIDES), names, strict=True))

    def _build_all(self, context: Any, arguments: dict[str, str]) -> list[str]:
        """Build every stage of the Dockerfile; returns the ids of both sides' images."""
        said: Any = self._api.build(
            fileobj=context,
            custom_context=True,
            buildargs=arguments,
            rm=True,
            forcerm=True,
            decode=True,
        )
        stages: list[str] = []
        for step in said:
            if error := step.get("error"):
                raise UnavailableError(f"the sandboxes' image cannot be built: {error}", LOOK)
            if id := step.get("aux", {}).get("ID"):
                stages.append(id)
        _, app, suite = stages
        return [app, suite]


class DockerPair:
    """Two containers in one network namespace, in which nothing else is."""

    def __init__(self, driver: Docker) -> None:
        self._driver = driver
        self._ids: list[str] = []
        self._lines: list[Line] = []
        try:
            self.app = self._start(APP_SIDE, "none")
            self.suite = self._start(SUITE_SIDE, f"container:{self._ids[0]}")
            for line in self._lines:
                wait_until_warm(line, LOOK, WARM_S)
        except BaseException:
            self.close()
            raise

    def _start(self, side: Side, network: str) -> Line:
        self._lines.append(self._driver.start(side, network, self._ids))
        return self._lines[-1]

    def close(self) -> None:
        for line in self._lines:
            line.close()
        self._driver.remove(*self._ids)


def _machine() -> str:
    machine = platform.machine()
    if machine not in bpf.AUDIT_ARCH:
        raise UnavailableError(
            f"there is no system call filter for {machine}",
            "Use a machine with x86_64 or aarch64.",
        )
    return machine


def _socket() -> str:
    """The path of the daemon's socket, at which it answers.

    Raises:
        UnavailableError: it does not; says why and what to do.
    """
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    path = address.removeprefix("unix://")
    if path == address:
        raise UnavailableError(
            f"the Docker daemon at {address} is not on this machine",
            "Set DOCKER_HOST to a socket of this machine: unix:///...",
        )
    try:
        with socket.socket(socket.AF_UNIX) as tried:
            tried.connect(path)
    except PermissionError as error:
        raise UnavailableError("the Docker daemon may not be used", ALLOW) from error
    except OSError as error:
        raise UnavailableError(f"no Docker daemon answers at {path}", INSTALL) from error
    return path


def _connect(path: str) -> Any:
    """A client of the daemon.

    Raises:
        UnavailableError: it does not answer, or cannot filter system calls.
    """
    with _told():
        api: Any = docker.APIClient(base_url=f"unix://{path}", version="auto", timeout=DAEMON_S)
        if "name=seccomp" not in ",".join(api.info().get("SecurityOptions") or ()):
            api.close()
            raise UnavailableError(
                "the Docker daemon cannot filter system calls",
                "Use a kernel and a Docker with seccomp.",
            )
    return api


@contextmanager
def _told() -> Generator[None]:
    """Say what the daemon refused in our own terms."""
    try:
        yield
    except NotFound as error:  # a container, or an image, that was there a moment ago
        raise PairDiedError(f"something was removed from Docker: {error}") from error
    except (DockerException, OSError) as error:
        raise UnavailableError(f"Docker refused: {error}", LOOK) from error
