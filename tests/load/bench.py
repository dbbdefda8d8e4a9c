"""`make bench`: how fast grading, trials and pages are on this machine, as JSON and with ratios."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from load_crowd import crowd, p95
from served import served

from grader.kata import bundled_katas, load_kata

PAGES = ("/", "/katas", "/katas/library-desk")
FLOOR = "/healthz"
ROUNDS = 100
PEOPLE = 20
TRIALS = 20
POLL_S = 0.02


def pages(url: str) -> dict[str, float]:
    """p95 of each page in milliseconds, one reader, interleaved with the cheapest answer."""
    times: dict[str, list[float]] = {path: [] for path in (*PAGES, FLOOR)}
    with httpx.Client(base_url=url) as client:
        for _ in range(ROUNDS):
            for path, mine in times.items():
                began = time.perf_counter()
                client.get(path).raise_for_status()
                mine.append((time.perf_counter() - began) * 1e3)
    return {path: p95(mine) for path, mine in times.items()}


def trials(url: str, slug: str, call: dict[str, Any]) -> dict[str, float]:
    """From asking to the answer, over the API, in milliseconds; one learner, one request."""
    times: list[float] = []
    with httpx.Client(base_url=url) as client:
        token = client.post("/api/v1/guests").json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        begun = client.post("/api/v1/attempts", json={"kata": slug}).json()
        for _ in range(TRIALS):
            began = time.perf_counter()
            at = f"/api/v1/attempts/{begun['id']}/trials"
            accepted = client.post(at, json={"calls": [call]}).raise_for_status()
            while client.get(accepted.headers["Location"]).json()["state"] != "done":
                time.sleep(POLL_S)
            times.append((time.perf_counter() - began) * 1e3)
    return {"p50_ms": round(statistics.median(times), 1), "p95_ms": p95(times)}


def main() -> None:
    kata = load_kata(bundled_katas() / "contracts" / "library-desk")
    files = {path: kata.reference[path] for path in kata.manifest.editable}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "data") as server:
        shown = pages(server.url)
        first = kata.trial.examples[0].call.model_dump()
        tried = trials(server.url, kata.slug, first)
        seen = asyncio.run(crowd(server.url, kata.slug, files, PEOPLE, 300.0)).as_figures()
    command = [sys.executable, "-m", "kintsugi.cli", "bench", "grading", "--json"]
    graded = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures = {"page_p95_ms": shown, "trial": tried, "crowd": seen, "grading": json.loads(graded)}
    sys.stdout.write(f"{json.dumps(figures, indent=2)}\n")


if __name__ == "__main__":
    main()
