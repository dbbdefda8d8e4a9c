"""Tries to get out of a real sandbox. A worker that is not stopped everywhere must not grade."""

import json
from pathlib import Path

from grader.inside.wire import WireError
from grader.report import Value
from grader.sandbox.base import Driver, Limits, Pair, SandboxError, UnavailableError

SUBMISSION = Path(__file__).parents[1] / "inside" / "selfprobe.py"
BUDGET_S = 10.0
# If the probe itself breaks, silence must not look like safety.
EXPECTED_PROBES = 21


class Probe(Value):
    """One attempt, whether it was stopped, and by what (or what it found)."""

    name: str
    stopped: bool
    detail: str


def self_test(sandbox: Driver) -> list[Probe]:
    """Run every probe in a new sandbox.

    Raises:
        UnavailableError: no sandbox can be made.
        SandboxError: the probes could not be run to their end.
    """
    pair = sandbox.pair()
    try:
        text = _output(pair)
    except (OSError, WireError) as error:
        raise SandboxError(f"the self-test broke: {error}") from error
    finally:
        pair.close()
    probes = [
        Probe.model_validate(json.loads(line)) for line in text.splitlines() if line[:1] == "{"
    ]
    if len(probes) < EXPECTED_PROBES:
        raise SandboxError(f"only {len(probes)} of {EXPECTED_PROBES} probes ran: {text[-300:]!r}")
    return probes


def assert_safe(sandbox: Driver) -> None:
    """Let a worker start only where every probe is stopped.

    Raises:
        UnavailableError: a probe got through; names it.
    """
    through = [probe for probe in self_test(sandbox) if not probe.stopped]
    if through:
        names = ", ".join(f"{probe.name} ({probe.detail})" for probe in through)
        raise UnavailableError(
            f"the sandbox does not hold: {names}",
            "Run 'kintsugi doctor' and see graders/README.md.",
        )


def _output(pair: Pair) -> str:
    line = pair.app
    line.sock.settimeout(BUDGET_S + 2)
    files = {"app/__init__.py": "", "app/main.py": SUBMISSION.read_text(encoding="utf-8")}
    load = {"op": "load", "limits": Limits().of_process(), "environment": {}}
    line.send(load, json.dumps(files).encode())
    env = {"DATABASE_URL": "sqlite:////tmp/run/app.db", "JWT_SECRET": "none"}
    line.send({"op": "start", "id": 1, "slot": 0, "env": env, "budget_s": BUDGET_S})
    line.send({"op": "log", "id": 2})
    while (frame := line.receive()) is not None:
        message, blob = frame
        if message.get("answer") == 2:
            return blob.decode("utf-8", "replace")
    return ""
