"""The pytest plugin that runs a suite: fixtures for authors, one event per check for the worker."""

import copy
import random
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from kit import CHECK, SEED, Check

from grader.inside.suite.control import CheckTimeoutError, Control
from grader.inside.suite.evidence import TEXT, Evidence, Matrix
from grader.inside.suite.exhibits import Exhibitor, UnwantedError
from grader.inside.suite.host import FAILURES_CAP, Host, ProbeError, UnstartableError
from grader.inside.suite.outside import Outside
from grader.inside.suite.service import Service
from grader.inside.suite.shapes import Names
from grader.inside.suite.source import Source
from grader.inside.suite.world import FLOOD, World

PREPARE_S = 8.0
LATE_CAP = 2  # checks in a row that ran out of time
UNREADABLE = "An answer of the service did not have the form that this check could read."


class Suite:
    """Everything that one run of a suite needs, and the hooks that pytest calls."""

    def __init__(
        self,
        control: Control,
        world: World,
        host: Host,
        source: Source,
        message: dict[str, Any],
    ) -> None:
        self.control = control
        self.world = world
        self.host = host
        self.submission = source
        self.seed: int = message["seed"]
        self.check_s: float = message["limits"]["check_s"]
        self.declared: list[dict[str, Any]] = message["checks"]
        self.broken = ""
        self._seeding: Any = None
        self._seeded: Any = None
        self._seed_failure = ""
        self._begun = False
        self._late = 0
        self._evidence = Evidence()
        self._matrix: Matrix | None = None
        self._outside = Outside(world)
        self._check: Check | None = None
        self._error: BaseException | None = None

    # Collection

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken = f"collection failed: {str(report.longrepr)[-1500:]}"

    def pytest_pycollect_makeitem(self, collector: object, name: str, obj: object) -> None:
        if getattr(obj, SEED, False):
            self._seeding = obj

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        checks = [_check_of(item) for item in items]
        if any(check is None for check in checks):
            self.broken = "a test of the suite is no check"
        found = {c.id: (c.kind, c.finding, c.title) for c in checks if c is not None}
        declared = {c["id"]: (c["kind"], c["finding"], c["title"]) for c in self.declared}
        differing = sorted(
            i for i in found.keys() | declared.keys() if found.get(i) != declared.get(i)
        )
        if differing or len(found) != len(checks):
            self.broken = self.broken or f"suite and kata.toml differ on {', '.join(differing)}"
        if self.broken:
            items.clear()
            return
        order = list(declared)
        items.sort(key=lambda item: order.index(_known(item).id))
        self.control.tell("collected", checks=[_known(item).id for item in items])

    # One check

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        check = self._check = _known(item)
        self._evidence, self._matrix, self._error = Evidence(), None, None
        self.world.reset()
        self.host.volley = []
        self._outside = Outside(self.world)
        began = time.monotonic()
        result = yield
        ms = (time.monotonic() - began) * 1e3
        outcome, why = self._judge()
        for breach in self.host.breaches:
            self._tamper("answer", breach)
        self.host.breaches.clear()
        evidence = self._evidence.items
        self.control.tell(
            "check", id=check.id, outcome=outcome, evidence=evidence, ms=round(ms, 1), why=why
        )
        self._stop_early(item.session)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        if "app" in getattr(item, "fixturenames", ()):
            with self._within(PREPARE_S):
                self._prepare()
        with self._within(self.check_s):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        with self._within(_known(item).limit or self.check_s):
            result = yield
            if self._matrix is not None:
                self._matrix.close()
            self._outside.assert_collected()
            return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if call.excinfo is not None and self._error is None:
            self._error = call.excinfo.value
        return (yield)

    @contextmanager
    def _within(self, seconds: float) -> Generator[None]:
        self.control.alarm(seconds)
        try:
            yield
        finally:
            self.control.alarm(0)

    def _prepare(self) -> None:
        """The service as every check finds it."""
        assert self._check is not None
        if not self._begun:
            self.host.begin()
            self._begun = True
            self._make_seed()
            self.world.reset()
            if not self._check.fresh:
                return
        if self._seed_failure:
            raise AssertionError(self._seed_failure)
        self.host.renew(self._check.fresh)

    def _make_seed(self) -> None:
        if self._seeding is not None:
            given = {"app": Service(self.host), "outside": self._outside, "rng": self._rng("seed")}
            names = self._seeding.__code__.co_varnames[: self._seeding.__code__.co_argcount]
            try:
                self._seeded = self._seeding(**{name: given[name] for name in names})
            except AssertionError as error:
                self._seed_failure = f"The data for the checks could not be made: {_first(error)}"
                raise AssertionError(self._seed_failure) from None
        self.host.keep()

    def _judge(self) -> tuple[str, str]:
        """Outcome and, for operators, why."""
        error = self._error
        if self.world.over > FLOOD:
            self._tamper("outside", "the outside world was flooded")
            self._evidence("The partners of the service were flooded with calls.")
            return "failed", "flood"
        if error is None:
            self._late = 0
            return "passed", ""
        if isinstance(error, UnstartableError):
            self.control.tell("unstartable", failure=error.failure)
            return "error", "unstartable"
        return self._judge_error(error)

    def _judge_error(self, error: BaseException) -> tuple[str, str]:
        if isinstance(error, CheckTimeoutError):
            self._late += 1
            self.host.soil()
            self._evidence("The check ran out of time: the service took too long.")
            return "failed", "time-out"
        self._late = 0
        if isinstance(error, AssertionError):
            self._tell(error)
            return "failed", ""
        if isinstance(error, ProbeError):
            self._tamper("probes", str(error))
        self.host.soil()
        self._evidence(UNREADABLE)
        return "error", f"{type(error).__name__}: {error}"[:600]

    def _tell(self, error: AssertionError) -> None:
        """What a failed check says, and what can be looked at beside it."""
        if text := _first(error):
            self._evidence(text)
        answered = error.answered if isinstance(error, UnwantedError) else self._evidence.unwanted
        volley = self.host.volley
        if answered is None and not volley:
            return
        exhibitor = Exhibitor(Names(self.submission.files.values()))
        if answered is not None:
            self._evidence.show(exhibitor.exchange(answered))
        if volley:
            self._evidence.show(exhibitor.timeline(volley, self.world.journal))

    def _tamper(self, kind: str, detail: str) -> None:
        self.control.tell("tampering", kind=kind, detail=detail)

    def _stop_early(self, session: pytest.Session) -> None:
        """Where nothing answers, the rest of the run would only be waiting."""
        if self._late >= LATE_CAP or self.host.failures >= FAILURES_CAP:
            session.shouldstop = "the service does not answer"

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"{self.seed}:{name}")  # noqa: S311 - repeatable on purpose

    # Fixtures

    @pytest.fixture
    def app(self) -> Service:
        """The running service."""
        return Service(self.host)

    @pytest.fixture
    def seeded(self) -> Any:
        """What the suite's `@seed` returned; a copy for each check."""
        return copy.deepcopy(self._seeded)

    @pytest.fixture
    def outside(self) -> Outside:
        """The partners of the service."""
        return self._outside

    @pytest.fixture
    def source(self) -> Source:
        """The learner's files."""
        return self.submission

    @pytest.fixture
    def evidence(self) -> Evidence:
        """Notes what the learner may read."""
        return self._evidence

    @pytest.fixture
    def matrix(self) -> Matrix:
        """Soft assertions."""
        self._matrix = Matrix(self._evidence)
        return self._matrix

    @pytest.fixture
    def rng(self) -> random.Random:
        """Random inputs that `grade --seed` repeats."""
        assert self._check is not None
        return self._rng(self._check.id)


def _check_of(item: pytest.Item) -> Check | None:
    return getattr(getattr(item, "function", None), CHECK, None)


def _known(item: pytest.Item) -> Check:
    check = _check_of(item)
    assert check is not None
    return check


def _first(error: BaseException) -> str:
    """The first line of an assertion's message: what the learner may see of it."""
    return str(error).split("\n", 1)[0][:TEXT]
