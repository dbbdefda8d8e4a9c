"""`make bench`: how fast grading and pages are on this machine, as JSON and with ratios."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from load_crowd import crowd, p95
from served import served

from grader.kata import bundled_katas, load_kata

PAGES = ("/", "/katas", "/katas/library-desk")
FLOOR = "/healthz"
ROUNDS = 100
PEOPLE = 20


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


def main() -> None:
    kata = load_kata(bundled_katas() / "contracts" / "library-desk")
    files = {path: kata.reference[path] for path in kata.manifest.editable}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "data") as server:
        shown = pages(server.url)
        seen = asyncio.run(crowd(server.url, kata.slug, files, PEOPLE, 300.0)).as_figures()
    command = [sys.executable, "-m", "kintsugi.cli", "bench", "grading", "--json"]
    graded = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures = {"page_p95_ms": shown, "crowd": seen, "grading": json.loads(graded)}
    sys.stdout.write(f"{json.dumps(figures, indent=2)}\n")


if __name__ == "__main__":
    main()
