"""The self-test: every probe is stopped in a real sandbox, and silence is no safety."""

import json

import pytest
from pairs import FakeDriver, FakePair, Script, gone, silent

from grader.inside.wire import Line
from grader.sandbox.base import Driver, SandboxError, UnavailableError
from grader.sandbox.selftest import EXPECTED_PROBES, assert_safe, self_test


def prints(*probes: dict[str, object]) -> Script:
    """An app side whose probes have printed these lines."""
    text = "\n".join(["noise", *(json.dumps(probe) for probe in probes), ""])

    def app(line: Line) -> None:
        for _ in range(3):
            line.receive()
        line.send({"answer": 1, "ok": True})
        line.send({"answer": 2, "ok": True}, text.encode())
        silent(line)

    return app


def probe(number: int, *, stopped: bool = True) -> dict[str, object]:
    return {"name": f"probe {number}", "stopped": stopped, "detail": f"detail {number}"}


def driver(app: Script) -> FakeDriver:
    return FakeDriver(FakePair(silent, app))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("sandbox", marks=pytest.mark.sandbox),
        pytest.param("dockers", marks=pytest.mark.docker),
    ],
)
def test_every_probe_is_stopped_here(kind: str, request: pytest.FixtureRequest) -> None:
    probes = self_test(request.getfixturevalue(kind))
    assert [probe for probe in probes if not probe.stopped] == []
    assert len(probes) >= EXPECTED_PROBES
    assert len({probe.name for probe in probes}) == len(probes)
    for word in ("files", "network", "memory", "fork", "exec", "disk", "syscall", "environment"):
        assert any(probe.name.startswith(word) for probe in probes), word


@pytest.mark.sandbox
def test_safe_sandbox_is_let_through(sandbox: Driver) -> None:
    assert_safe(sandbox)


def test_probe_that_gets_through_is_named_and_forbids_grading() -> None:
    said = [probe(n, stopped=n != 4) for n in range(EXPECTED_PROBES)]
    with pytest.raises(UnavailableError, match=r"probe 4 \(detail 4\)") as caught:
        assert_safe(driver(prints(*said)))
    assert "kintsugi doctor" in caught.value.mend


def test_too_few_probes_are_no_safety() -> None:
    with pytest.raises(SandboxError, match=f"only 3 of {EXPECTED_PROBES} probes"):
        self_test(driver(prints(*(probe(n) for n in range(3)))))


def test_sandbox_that_dies_is_no_safety() -> None:
    with pytest.raises(SandboxError):
        self_test(driver(gone))


def test_pair_is_closed_whatever_happens() -> None:
    fake = driver(gone)
    with pytest.raises(SandboxError):
        self_test(fake)
    assert fake.given[0].closed == 1
