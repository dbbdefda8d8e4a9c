"""The values that a grading is made of, from one check's evidence to the stored report.

A report is stored and sent as JSON. Its `version` is raised when a field changes its meaning;
`parse_report` then learns to read the older form.
"""

from grader.report.document import (
    Failure,
    Phases,
    Reading,
    Report,
    Score,
    Size,
    Tampering,
    parse_report,
)
from grader.report.evidence import (
    EXHIBITS,
    LANES,
    MOMENTS,
    CheckResult,
    Count,
    Evidence,
    Exchange,
    Exhibit,
    Moment,
    Place,
    Timeline,
)
from grader.report.remarks import Core, Finding, NextStep, Remark, Review, Rule
from grader.report.words import (
    SKILL_WORDS,
    Blame,
    CheckKind,
    Outcome,
    Severity,
    Skill,
    State,
    Value,
    Verdict,
)

__all__ = [
    "EXHIBITS",
    "LANES",
    "MOMENTS",
    "SKILL_WORDS",
    "Blame",
    "CheckKind",
    "CheckResult",
    "Core",
    "Count",
    "Evidence",
    "Exchange",
    "Exhibit",
    "Failure",
    "Finding",
    "Moment",
    "NextStep",
    "Outcome",
    "Phases",
    "Place",
    "Reading",
    "Remark",
    "Report",
    "Review",
    "Rule",
    "Score",
    "Severity",
    "Size",
    "Skill",
    "State",
    "Tampering",
    "Timeline",
    "Value",
    "Verdict",
    "parse_report",
]
