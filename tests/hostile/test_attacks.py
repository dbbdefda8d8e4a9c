"""The attack corpus, through the front door: `grade(kata, files, sandbox)`.

Whatever is tried, the verdict is never better than that of the honest version, the blame is never
the platform's or the kata's, no process is left, and nothing outside is touched.
"""

from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet
from hostile.attacks import (
    answers,
    database,
    network,
    outside,
    processes,
    reading,
    resources,
    runner,
    source,
)
from hostile.attacks.base import Attack
from hostile.conftest import FORMS, Host, Watched

from grader.grade import grade
from grader.kata import Kata
from grader.report import Blame, Outcome, Report, Verdict, parse_report

pytestmark = pytest.mark.sandbox
CORPUS: dict[str, list[Attack]] = {
    "runner": runner.ATTACKS,
    "reading": reading.ATTACKS,
    "network": network.ATTACKS,
    "processes": processes.ATTACKS,
    "resources": resources.ATTACKS,
    "answers": answers.ATTACKS,
    "outside": outside.ATTACKS,
    "database": database.ATTACKS,
    "source": source.ATTACKS,
}
ATTACKS = [(kind, a) for kind, attacks in CORPUS.items() for a in attacks]
# With Docker, what the walls of containers have to stop is tried with every change; bounds and
# answers, which the same code of ours holds in each form, with `make hostile` and `make full`.
OF_THE_FORM = {"reading", "network", "processes"}
CANARY = "hidden-suite-7f3b9a"


def _cases() -> Iterator[ParameterSet]:
    """Every attack in every form: with zygotes always; the long ones with `make full`."""
    for form in FORMS:
        for kind, attack in ATTACKS:
            marks = [pytest.mark.docker] if form == "docker" else []
            if form == "cold" or (form == "docker" and kind not in OF_THE_FORM):
                marks.append(pytest.mark.slow)
            yield pytest.param(form, attack, id=f"{form}-{kind}: {attack.name}", marks=marks)


def _outcomes(report: Report) -> dict[str, Outcome]:
    return {check.id: check.outcome for check in report.checks}


def test_honest_version_is_what_the_attacks_are_held_against(honest: Report) -> None:
    assert honest.verdict is Verdict.CHANGES_REQUESTED
    assert _outcomes(honest) == {
        "k1": Outcome.PASSED,
        "c1": Outcome.FAILED,
        "c2": Outcome.FAILED,
    }
    assert honest.blame is None
    assert honest.tampering == ()


@pytest.mark.parametrize(
    "watched",
    [*FORMS[:2], pytest.param(FORMS[2], marks=pytest.mark.docker)],
    indirect=True,
)
def test_reference_is_approved_so_that_an_attack_could_be(attacked: Kata, watched: Watched) -> None:
    assert grade(attacked, attacked.reference, watched).verdict is Verdict.APPROVED


@pytest.mark.parametrize(("watched", "attack"), list(_cases()), indirect=["watched"])
def test_attack_gains_nothing(
    attack: Attack, attacked: Kata, host: Host, watched: Watched, honest: Report
) -> None:
    files = attack.submission(attacked.starter, host.names())
    report = grade(attacked, files, watched)
    assert report.verdict in attack.expected, report.model_dump_json(indent=1)
    assert report.blame in (None, Blame.YOU)
    assert report.score.closed == 0
    if attack.honest:
        assert _outcomes(report) == _outcomes(honest)
        assert report.blame is None
    assert any(attack.noted in seen.detail for seen in report.tampering) or not attack.noted
    text = report.model_dump_json()
    assert parse_report(text) == report
    assert CANARY not in text
    assert "Traceback" not in text
    if report.failure is not None and report.failure.place is not None:
        assert report.failure.place.file in attacked.starter
    assert watched.pairs >= 1
    host.assert_untouched()


def test_names_of_attacks_are_told_apart() -> None:
    names = [(kind, attack.name) for kind, attack in ATTACKS]
    assert len(set(names)) == len(names)
