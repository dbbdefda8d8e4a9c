"""Pairs forked from two warm zygotes, each in a bubblewrap sandbox of its own (`inside.zygote`)."""

import contextlib
import json
import secrets
import select
import socket
import threading
from dataclasses import asdict
from pathlib import Path

from grader.inside.wire import Line
from grader.inside.zygote import SHARED, Plan
from grader.sandbox.base import PairDiedError, UnavailableError
from grader.sandbox.bubblewrap import Bubblewrap, Sandbox
from grader.sandbox.folder import Folder
from grader.sandbox.joints import GONE_S, MEND, WARM_S, listener_at, wait_until_warm
from grader.sandbox.sides import APP_SIDE, INODES, SUITE_SIDE, Side

NAMES = ("app0.sock", "app1.sock", "outside.sock")


class Zygotes:
    """A driver whose pairs cost two forks. A zygote that has died is replaced."""

    name = "bubblewrap"

    def __init__(self, bubblewrap: Bubblewrap) -> None:
        """Start both zygotes.

        Raises:
            UnavailableError: they cannot be made here.
        """
        self._bubblewrap = bubblewrap
        self.group = bubblewrap.group
        self._lock = threading.Lock()
        self._folder = Folder()
        self._zygotes: dict[str, Zygote] = {}
        try:
            for side in (APP_SIDE, SUITE_SIDE):
                self._zygotes[side.name] = Zygote(bubblewrap, side, self._folder.path)
            for zygote in self._zygotes.values():
                zygote.wait()
            self.pair().close()
        except BaseException:
            self.close()
            raise

    def pair(self) -> "ZygotePair":
        return ZygotePair(self, self._folder.path)

    def fork(self, side: Side, plan: Plan, fds: list[int]) -> None:
        """Let a zygote fork a sandbox.

        Raises:
            PairDiedError: the zygote has died; the next call gets a new one.
            UnavailableError: no new one can be made.
        """
        with self._lock:
            zygote = self._zygotes.get(side.name)
            if zygote is None:
                zygote = self._zygotes[side.name] = Zygote(
                    self._bubblewrap, side, self._folder.path
                )
                zygote.wait()
            try:
                zygote.order(plan, fds)
            except OSError as error:
                zygote.close()
                del self._zygotes[side.name]
                raise PairDiedError(f"the zygote has died: {error}") from error

    def close(self) -> None:
        """End both zygotes; everything that was forked from them ends with them."""
        for zygote in self._zygotes.values():
            zygote.close()
        self._zygotes.clear()
        self._bubblewrap.close()
        self._folder.close()


class Zygote:
    """One zygote, from start to end."""

    def __init__(self, bubblewrap: Bubblewrap, side: Side, folder: Path) -> None:
        self._control, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with end:
            env = {"KINTSUGI_ZYGOTE_FD": str(end.fileno())}
            binds = [(folder, SHARED)]
            self._sandbox: Sandbox = bubblewrap.start_zygote(side, binds, env, [end.fileno()])

    def wait(self) -> None:
        """Until it is warm.

        Raises:
            UnavailableError: it ended, or took too long.
        """
        self._control.settimeout(WARM_S)
        try:
            ready = self._control.recv(16)
        except OSError as error:
            ready, reason = b"", str(error)
        else:
            reason = "it ended at once"
        if not ready:
            raise UnavailableError(f"a zygote could not be made: {reason}", MEND)

    def order(self, plan: Plan, fds: list[int]) -> None:
        """Let it fork.

        Raises:
            OSError: it has died.
        """
        socket.send_fds(self._control, [json.dumps(asdict(plan)).encode()], fds)

    def close(self) -> None:
        self._control.close()
        self._sandbox.close()


class ZygotePair:
    """Two forks, joined by three socket files that each can only connect to."""

    def __init__(self, zygotes: Zygotes, folder: Path) -> None:
        run = secrets.token_hex(8)
        self._paths = {name: folder / f"{run}-{name}" for name in NAMES}
        self._lives: list[socket.socket] = []
        self._lines: list[Line] = []
        listeners = {name: listener_at(path) for name, path in self._paths.items()}
        try:
            own = [listeners["app0.sock"], listeners["app1.sock"]]
            self.app = self._fork(zygotes, APP_SIDE, ("outside.sock",), own)
            own = [listeners["outside.sock"]]
            self.suite = self._fork(zygotes, SUITE_SIDE, ("app0.sock", "app1.sock"), own)
            for line in (self.app, self.suite):
                wait_until_warm(line)
        except BaseException:
            self.close()
            raise
        finally:
            for listener in listeners.values():
                listener.close()

    def _fork(
        self, zygotes: Zygotes, side: Side, connects: tuple[str, ...], own: list[socket.socket]
    ) -> Line:
        life, its_life = socket.socketpair()
        line, its_line = socket.socketpair()
        self._lives.append(life)
        self._lines.append(Line(line))
        sockets = {name: self._paths[name].name for name in connects}
        with its_life, its_line:
            fds = [its_life.fileno(), its_line.fileno(), *(sock.fileno() for sock in own)]
            zygotes.fork(side, Plan(dict(side.folders), INODES, sockets), fds)
        return self._lines[-1]

    def close(self) -> None:
        for life in self._lives:
            with contextlib.suppress(OSError):
                life.shutdown(socket.SHUT_WR)
        for life in self._lives:
            select.select([life], [], [], GONE_S)  # the keeper hangs up when all of it is gone
            life.close()
        for line in self._lines:
            line.close()
        for path in self._paths.values():
            path.unlink(missing_ok=True)
