"""Takes submissions' ids from the queue, grades them, stores each report once.

In `serve` it is a child process and dies with its parent. It never grades before its self-test has
found that the sandbox holds here.
"""

import logging
import os
import queue as queues
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Callable
from typing import NoReturn

from grader.grade import grade
from grader.kata import Catalogue, Kata, load_catalogue
from grader.report import Blame, CheckResult, Report
from grader.sandbox import choose
from grader.sandbox.base import Driver, SandboxError, UnavailableError
from grader.sandbox.pool import Pool
from grader.sandbox.runtime import ensure_runtime
from grader.sandbox.selftest import assert_safe
from grader.trial import TrialReport
from grader.trying import try_out
from kintsugi import heartbeat
from kintsugi.attempts.recording import Job, Recorder
from kintsugi.attempts.trial_recording import TrialJob, TrialRecorder
from kintsugi.database import make_sync_engine
from kintsugi.heartbeat import WorkerState
from kintsugi.queue import EMBEDDED, TRIES_AT_ONCE, Consumer, Watch, forgive
from kintsugi.settings import Settings

TRIES = 3  # of one grading that the platform or the kata spoils
BATCH_S = 0.05  # checks that come within it are stored together
CANNOT_GRADE = 3  # exit code: starting this worker again would not help

log = logging.getLogger(__name__)


class Progress:
    """Stores checks beside the run, so that a slow disk does not slow the run down."""

    def __init__(self, recorder: Recorder, job: Job) -> None:
        self._recorder = recorder
        self._job = job
        self._results: queues.SimpleQueue[CheckResult | None] = queues.SimpleQueue()
        self._thread = threading.Thread(target=self._store, name="progress", daemon=True)
        self._thread.start()

    def add(self, result: CheckResult) -> None:
        self._results.put(result)

    def close(self) -> None:
        """Return when everything is stored."""
        self._results.put(None)
        self._thread.join()

    def _store(self) -> None:
        while (first := self._results.get()) is not None:
            batch, more = self._batch(first)
            self._recorder.checks(self._job, batch)
            if not more:
                return

    def _batch(self, first: CheckResult) -> tuple[list[CheckResult], bool]:
        batch = [first]
        while True:
            try:
                result = self._results.get(timeout=BATCH_S)
            except queues.Empty:
                return batch, True
            if result is None:
                return batch, False
            batch.append(result)


class Grader:
    """Grades one submission after the other, or several at once in threads."""

    def __init__(self, katas: Catalogue, sandbox: Driver, recorder: Recorder) -> None:
        self._katas = katas
        self._sandbox = sandbox
        self._recorder = recorder

    def __call__(self, submission_id: str) -> None:
        """Grade, and store what came of it. Nothing is raised: every job ends."""
        job = self._recorder.begin(submission_id)
        if job is None:
            return
        try:
            report = self._report(job)
        except Exception:
            error_id = uuid.uuid4().hex[:12]
            log.exception("grading broke, id %s, submission %s", error_id, submission_id)
            self._recorder.fail(job, None, error_id)
            return
        if report is not None and not _ours(report):
            self._recorder.finish(job, report)
            return
        code = (report.failure.code if report and report.failure else None) or uuid.uuid4().hex[:12]
        log.error("grading is broken, id %s, submission %s", code, submission_id)
        self._recorder.fail(job, report, code)

    def _report(self, job: Job) -> Report | None:
        """The report; None if there is no such kata any more."""
        kata = self._katas.katas.get(job.kata)
        if kata is None:
            return None
        report = self._once(job, kata)
        for _ in range(TRIES - 1):
            if not _ours(report):
                break
            self._recorder.started_again(job)
            report = self._once(job, kata)
        return report

    def _once(self, job: Job, kata: Kata) -> Report:
        progress = Progress(self._recorder, job)
        try:
            return grade(kata, job.files, self._sandbox, watch=progress.add)
        finally:
            progress.close()


class Trier:
    """Tries out one draft after the other, or several at once in threads."""

    def __init__(self, katas: Catalogue, sandbox: Driver, recorder: TrialRecorder) -> None:
        self._katas = katas
        self._sandbox = sandbox
        self._recorder = recorder

    def __call__(self, trial_id: str) -> None:
        """Run a trial and store what came of it. Nothing is raised: every job ends."""
        job = self._recorder.begin(trial_id)
        if job is None:
            return
        code = uuid.uuid4().hex[:12]
        try:
            report = self._report(job)
        except Exception:
            log.exception("a trial broke, id %s, trial %s", code, trial_id)
            self._recorder.fail(trial_id, code)
            return
        if report is not None and report.end != "broken":
            self._recorder.finish(trial_id, report)
            return
        if report and report.failure and report.failure.code:
            code = report.failure.code
        log.error("a trial is broken, id %s, trial %s", code, trial_id)
        self._recorder.fail(trial_id, code)

    def _report(self, job: TrialJob) -> TrialReport | None:
        """What came of it; None if there is no such kata any more."""
        kata = self._katas.katas.get(job.kata)
        if kata is None:
            return None
        report = self._once(kata, job)
        return self._once(kata, job) if report.end == "broken" else report

    def _once(self, kata: Kata, job: TrialJob) -> TrialReport:
        return try_out(kata, job.files, job.calls, self._sandbox, whose=job.attempt_id)


def _ours(report: Report) -> bool:
    return report.blame in (Blame.KATA, Blame.PLATFORM)


def make_sandbox(settings: Settings) -> Driver:
    """A pool of pairs that hold, proved just now.

    Raises:
        UnavailableError: none can be made here, or a probe got out.
    """
    if sys.platform == "linux":
        ensure_runtime(lambda step: say(f"Preparing the sandboxes: {step}"))
    driver = choose(settings.sandbox)
    assert_safe(driver)
    return Pool(driver, settings.workers + TRIES_AT_ONCE - 1)


def run(
    settings: Settings,
    *,
    embedded: bool,
    first: bool = False,
    sandbox: Callable[[Settings], Driver] = make_sandbox,
) -> NoReturn:
    """Grade until told to stop.

    Args:
        settings: of the whole application.
        embedded: started by `serve`: ends when stdin does, which is when the parent dies.
        first: the first worker of its server; those after it were begun because one died.
        sandbox: makes the driver; raises where it must not be used.
    """
    executor = EMBEDDED if embedded and settings.embedded else _own_name()
    stop = threading.Event()
    _listen(stop, embedded)
    engine = make_sync_engine(settings.sync_url)
    heartbeat.beat(engine, executor, WorkerState.STARTING)
    try:
        driver = sandbox(settings)
    except (UnavailableError, SandboxError) as error:
        mend = error.mend if isinstance(error, UnavailableError) else "See 'kintsugi doctor'."
        text = f"Nothing is graded here: {error}. {mend}"
        heartbeat.beat(engine, executor, WorkerState.REFUSED, text)
        say(text)
        os._exit(CANNOT_GRADE)
    recorder = Recorder(engine)
    if first and settings.embedded:
        recorder.forgive()
        forgive(settings)
    katas = load_catalogue(settings.kata_roots)
    trials = TrialRecorder(engine)
    consumer = Consumer(
        settings, executor, Grader(katas, driver, recorder), Trier(katas, driver, trials)
    )

    def give_up() -> None:
        for submission_id in consumer.given_up():
            recorder.give_up(submission_id)
        for trial_id in consumer.given_up_trials():
            trials.give_up(trial_id)

    Watch(settings, engine, executor, give_up)
    stop.wait()
    # What is being graded is left to the next worker; sandboxes end with this process.
    os._exit(0)


def _own_name() -> str:
    """Never used again, so that a worker's work is taken over once and by one."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"


def say(text: str) -> None:
    """One line for whoever started this."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _listen(stop: threading.Event, embedded: bool) -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    # Ctrl-C reaches parent and child alike; the parent then ends the child.
    signal.signal(signal.SIGINT, lambda _number, _frame: None if embedded else stop.set())
    if embedded:
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    """The parent holds the other end of stdin; it closes when the parent ends, however."""
    sys.stdin.buffer.read()
    os._exit(0)
