"""A report survives being stored."""

import pytest
from pydantic import ValidationError

from grader.report import Report, Score, Severity, Verdict, parse_report

REPORT = Report(
    kata="tiny",
    kata_version="0" * 12,
    verdict=Verdict.APPROVED,
    score=Score(kept=1, keep_total=1, closed=1, find_total=1),
    checks=(),
    review=None,
    seed=7,
)


def test_stored_report_reads_back() -> None:
    assert parse_report(REPORT.model_dump_json()) == REPORT


def test_unknown_version_is_refused() -> None:
    with pytest.raises(ValidationError):
        parse_report(REPORT.model_dump_json().replace('"version":1', '"version":99'))


def test_severities_rank_worst_first() -> None:
    assert [s.rank for s in Severity] == [0, 1, 2, 3, 4]
