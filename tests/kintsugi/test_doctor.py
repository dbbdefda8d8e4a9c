"""`kintsugi doctor`: what holds on this machine."""

import pytest

from grader.sandbox import Choice
from grader.sandbox.base import UnavailableError
from kintsugi import doctor


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param("auto", marks=pytest.mark.sandbox),
        pytest.param("docker", marks=pytest.mark.docker),
    ],
)
def test_everything_is_well_on_a_prepared_machine(choice: Choice) -> None:
    diagnosis = doctor.examine(choice)
    assert diagnosis.ok, [check for check in diagnosis.checks if not check.ok]
    assert all(probe.stopped for probe in diagnosis.probes)
    assert "tmpfs" in diagnosis.bounds["disk"]


def test_no_sandbox_is_named_with_the_way_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> None:
        raise UnavailableError("no user namespaces", "Allow them.")

    monkeypatch.setattr(doctor, "choose", none)
    diagnosis = doctor.examine("auto")
    assert not diagnosis.ok
    failed = next(check for check in diagnosis.checks if not check.ok)
    assert (failed.name, failed.mend) == ("sandbox: no user namespaces", "Allow them.")
