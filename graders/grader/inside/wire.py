"""The line between the worker and a sandbox: JSON messages, each with an optional blob.

A frame is two 32-bit lengths (network order), the JSON, the blob. It runs over any stream, so that
the same code serves a socket pair (bubblewrap) and a container's standard streams.

Messages, worker to both sides first:

    app sandbox   -> {"event": "ready"}                        warm; no learner code seen yet
                  <- {"op": "load", "limits": {...}, "environment": {...}}  blob: JSON {path: text}
                  <- {"op": OP, "id": n, ...}                  OP: see `Operation`
                  -> {"answer": n, "ok": bool, ...}            blob: for `database` and `log`
                  -> {"event": "exit", "slot": k, "code": c}   an app process ended by itself;
                                                               c < 0 is minus the signal's number
                  -> {"event": "tried", "kind", "detail"}      what an honest service does not try
                  -> {"event": "flood"}                        more than 16 MiB were printed
                  -> {"event": "files"}                        more than 4,096 files were made
    suite sandbox -> {"event": "ready"}
                  <- {"op": "run", "seed": n, "checks": [{id, kind, finding, title}],
                      "limits": {...}, "environment": {...},
                      "selectors": {finding: [selector, ...]}}
                                                               blob: JSON {"suite", "source",
                                                               "starter"}
               or <- {"op": "try", "calls": [{method, path, headers, body}], "limits",
                      "environment"}                           blob: JSON {"partners"}; no suite
                  -> {"op": OP, "id": n, ...}                  passed on to the app sandbox,
                  <- {"answer": n, ...}                        and so is its answer
                  <- {"event": "exit", ...}
                  -> {"event": "unstartable", "failure": {...}} the service did not start
                  -> {"event": "collected", "checks": [id, ...]}
                  -> {"event": "check", "id", "outcome": passed|failed|error,
                      "evidence": [{text, facts}], "ms": float,
                      "why": str}                              for operators, never for learners
                  -> {"event": "reading", "places": {finding: {file, line, end}},
                      "names": {starter's: submission's}, "size": {...}}
                  -> {"event": "exchange", ...}                of a trial: what one call gave
                  -> {"event": "routes", "routes": [{method, path, summary, headers, body}]}
                  -> {"event": "printed", "starting", "later"} outside of calls
                  -> {"event": "tampering", "kind", "detail"}
                  -> {"event": "broken", "why"}                the suite itself is at fault
                  -> {"event": "done"}

Operations on the app sandbox (`slot` 0 is the service, 1 its second process):

    start    {slot, env, budget_s}  -> {ok, ms} or {ok: false, failure: {kind, text, file, line}}
             kind: exception | syntax | exit | timeout | no_app | memory
             env: {name: text}; null instead of a text leaves the variable out
    stop     {slot, signal, within_s} -> {ok, forced}
    keep     {}                     -> {ok}   the live database becomes the one to restore
    restore  {}                     -> {ok}   the kept database into the live file, in use or not
    renew    {}                     -> {ok}   the same while no process runs; old files go
    database {}                     -> {ok} + blob: a private copy; at most 32 MiB, 3 s
    log      {since?}               -> {ok, dropped, total} + blob: output so far, head and tail,
             without the first `since` bytes of it
"""

import json
import signal
import struct
import threading
import time
from typing import Any, Protocol, cast

Message = dict[str, Any]
HEAD = struct.Struct("!II")
MESSAGE_CAP = 4 << 20
BLOB_CAP = 33 << 20


class WireError(Exception):
    """The other side sent something that is not a frame of ours."""


class Stream(Protocol):
    """What a line runs over: a socket, or what is like one."""

    def fileno(self) -> int: ...

    def recv(self, size: int, /) -> bytes: ...

    def sendall(self, data: bytes, /) -> None: ...

    def gettimeout(self) -> float | None: ...

    def settimeout(self, value: float | None, /) -> None: ...

    def close(self) -> None: ...


class Line:
    """One end of the line. Sending is safe from several threads; receiving is for one."""

    def __init__(self, sock: Stream) -> None:
        self.sock = sock
        self._sending = threading.Lock()

    def fileno(self) -> int:
        return self.sock.fileno()

    def send(self, message: Message, blob: bytes = b"") -> None:
        """Send one frame.

        Raises:
            OSError: the other side is gone.
        """
        text = json.dumps(message, separators=(",", ":")).encode()
        with self._sending:
            self.sock.sendall(HEAD.pack(len(text), len(blob)) + text)
            if blob:
                self.sock.sendall(blob)

    def receive(self) -> tuple[Message, bytes] | None:
        """The next frame; None where the other side has closed.

        Raises:
            WireError: not a frame, or larger than the caps.
            OSError: the line broke, or the socket's time-out passed before all of it was there.
        """
        patience = self.sock.gettimeout()
        try:
            return self._receive(None if patience is None else time.monotonic() + patience)
        finally:
            self.sock.settimeout(patience)

    def _receive(self, deadline: float | None) -> tuple[Message, bytes] | None:
        head = self._exactly(HEAD.size, deadline)
        if head is None:
            return None
        text_size, blob_size = HEAD.unpack(head)
        if text_size > MESSAGE_CAP or blob_size > BLOB_CAP:
            raise WireError(f"a frame of {text_size} + {blob_size} bytes")
        body = self._exactly(text_size + blob_size, deadline)
        if body is None:
            return None
        try:
            message = json.loads(body[:text_size])
        except (ValueError, RecursionError) as error:
            raise WireError(f"not JSON: {type(error).__name__}") from None
        if not isinstance(message, dict):
            raise WireError("not a JSON object")
        return cast(Message, message), body[text_size:]

    def _exactly(self, size: int, deadline: float | None) -> bytes | None:
        """So many bytes; the time-out is for all of them, or a side could drip for ever."""
        parts = bytearray()
        while len(parts) < size:
            if deadline is not None:
                self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            piece = self.sock.recv(min(size - len(parts), 1 << 20))
            if not piece:
                return None
            parts += piece
        return bytes(parts)

    def close(self) -> None:
        self.sock.close()


def exit_words(code: int) -> str:
    """How a process ended: `exit status 3`, `SIGKILL`, `signal 35`."""
    if code >= 0:
        return f"exit status {code}"
    named = -code in set(signal.Signals)  # most real-time signals are not
    return signal.Signals(-code).name if named else f"signal {-code}"
