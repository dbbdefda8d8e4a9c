"""Figures for operators, in Prometheus' text format. Off unless `KINTSUGI_METRICS` says so."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.attempts.models import Submission, SubmissionState
from kintsugi.heartbeat import readiness

MEDIA_TYPE = CONTENT_TYPE_LATEST


async def figures(session: AsyncSession) -> bytes:
    """Submissions by state, and whether anything is graded. Counted when asked for: no drift."""
    registry = CollectorRegistry()
    submissions = Gauge("kintsugi_submissions", "Submissions.", ["state"], registry=registry)
    ready = Gauge("kintsugi_ready", "1 if a worker is ready to grade.", registry=registry)
    by_state = select(Submission.state, func.count()).group_by(col(Submission.state))
    counts = dict((await session.exec(by_state)).all())
    for state in SubmissionState:
        submissions.labels(state.value).set(counts.get(state.value, 0))
    ready.set((await readiness(session)).ready)
    return generate_latest(registry)
