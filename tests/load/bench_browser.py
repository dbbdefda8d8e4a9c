"""From the click on Submit to the review in a real browser, library-desk, over 50 submissions.

`python tests/load/bench_browser.py`; prints JSON, in milliseconds. Each submission is that of
a new guest, so that the page and the queue know nothing of the one before.
"""

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from load_crowd import p95
from served import served

SLUG, TIMES, PATIENCE_MS = "library-desk", 50, 60_000
CLOCK = """
addEventListener('submit', () => { window.clicked = performance.now(); }, true);
new MutationObserver(() => {
  const heads = [...document.querySelectorAll('#submission h2')].map((head) => head.textContent);
  if (window.clicked && !window.shown && heads.some((text) => text.includes('Core business')))
    window.shown = performance.now();
}).observe(document, {subtree: true, childList: true});
"""


def once(page: Page, url: str) -> float:
    page.add_init_script(CLOCK)
    page.goto(f"{url}/katas/{SLUG}")
    expect(page.locator(".cm-editor")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Submit for review").click()
    page.wait_for_function("window.shown", timeout=PATIENCE_MS)
    return float(page.evaluate("shown - clicked"))


def main() -> None:
    times: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "data") as server,
        sync_playwright() as playwright,
    ):
        program = shutil.which("chromium") or shutil.which("google-chrome")
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(TIMES):
            context = chromium.new_context()
            times.append(once(context.new_page(), server.url))
            context.close()
        chromium.close()
    figures = {
        "submissions": TIMES,
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": p95(times),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
