"""A crowd of guests against a real server: everybody begins, reads and hands in at once."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

API = "/api/v1"
FINAL = {"graded", "superseded", "broken"}
POLL_S = 0.25


@dataclass
class Seen:
    """What the crowd saw; times in milliseconds."""

    accepted_ms: list[float] = field(default_factory=list[float])
    graded_ms: list[float] = field(default_factory=list[float])
    page_ms: list[float] = field(default_factory=list[float])
    statuses: Counter[int] = field(default_factory=Counter[int])
    verdicts: Counter[str] = field(default_factory=Counter[str])
    submissions: set[str] = field(default_factory=set[str])

    def as_figures(self) -> dict[str, object]:
        """For printing."""
        return {
            "people": len(self.submissions),
            "accepted_p95_ms": p95(self.accepted_ms),
            "graded_p50_ms": round(statistics.median(self.graded_ms), 1),
            "graded_last_ms": round(max(self.graded_ms), 1),
            "page_p95_ms": p95(self.page_ms),
            "server_errors": sum(n for status, n in self.statuses.items() if status >= 500),
            "verdicts": dict(self.verdicts),
        }


async def crowd(
    url: str, kata: str, files: Mapping[str, str], people: int, patience_s: float
) -> Seen:
    """Let so many guests hand in at once, and wait for every verdict.

    Raises:
        TimeoutError: not all were graded within `patience_s` seconds.
    """
    seen = Seen()
    # A server closes what was idle for 5 s; a request sent at that moment would be lost.
    limits = httpx.Limits(max_connections=people + 10, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:
        guests = await asyncio.gather(*(_arrive(client, kata, seen) for _ in range(people)))
        reading = asyncio.create_task(_read(client, kata, seen))
        try:
            async with asyncio.timeout(patience_s):
                await asyncio.gather(*(_hand_in(client, g, files, seen) for g in guests))
        finally:
            reading.cancel()
    return seen


async def _arrive(client: httpx.AsyncClient, kata: str, seen: Seen) -> tuple[str, str]:
    token = (await _ask(client, seen, "POST", f"{API}/guests")).json()["token"]
    answer = await _ask(client, seen, "POST", f"{API}/attempts", token, json={"kata": kata})
    return token, answer.json()["id"]


async def _hand_in(
    client: httpx.AsyncClient, guest: tuple[str, str], files: Mapping[str, str], seen: Seen
) -> None:
    token, attempt = guest
    began = time.perf_counter()
    path = f"{API}/attempts/{attempt}/submissions"
    answer = await _ask(client, seen, "POST", path, token, json={"files": dict(files)})
    seen.accepted_ms.append((time.perf_counter() - began) * 1e3)
    submission = answer.json()["id"]
    seen.submissions.add(submission)
    while True:
        found = (await _ask(client, seen, "GET", f"{API}/submissions/{submission}", token)).json()
        if found["state"] in FINAL:
            break
        await asyncio.sleep(POLL_S)
    seen.graded_ms.append((time.perf_counter() - began) * 1e3)
    report: dict[str, str] = found["report"] or {}
    seen.verdicts[report.get("verdict") or found["state"]] += 1


async def _read(client: httpx.AsyncClient, kata: str, seen: Seen) -> None:
    while True:
        for path in ("/", "/katas", f"/katas/{kata}"):
            began = time.perf_counter()
            await _ask(client, seen, "GET", path)
            seen.page_ms.append((time.perf_counter() - began) * 1e3)


async def _ask(
    client: httpx.AsyncClient,
    seen: Seen,
    method: str,
    path: str,
    token: str = "",
    **content: object,
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await client.request(method, path, headers=headers, **content)  # pyright: ignore[reportArgumentType] - passed on as it came
    seen.statuses[answer.status_code] += 1
    return answer


def p95(times: list[float]) -> float:
    """The time that 19 of 20 stayed under."""
    return round(sorted(times)[int(0.95 * (len(times) - 1))], 1)
