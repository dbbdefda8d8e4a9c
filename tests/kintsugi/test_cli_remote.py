"""`login`, `pull`, `submit`: a kata in one's own folder, against a real server."""

import http.server
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from served import Served, free_port, served

from grader.kata import bundled_katas, load_kata

KATA = load_kata(bundled_katas() / "contracts" / "library-desk")
SAVES_S = 150


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    with served(tmp_path_factory.mktemp("remote") / "data") as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment in which nobody has signed in yet."""
    kept = {name: text for name, text in os.environ.items() if name != "KINTSUGI_TOKEN"}
    return {**kept, "XDG_CONFIG_HOME": str(tmp_path / "config"), "COLUMNS": "100"}


def kintsugi(home: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kintsugi.cli", *map(str, words)]
    return subprocess.run(command, env=home, capture_output=True, text=True, check=False)


def plain(ran: subprocess.CompletedProcess[str]) -> str:
    return " ".join((ran.stdout + ran.stderr).split())


def mend(folder: Path) -> None:
    for name in KATA.manifest.editable:
        (folder / name).write_text(KATA.reference[name])


@pytest.mark.sandbox
def test_a_guest_pulls_submits_reads_mends_and_is_approved(
    server: Served, home: dict[str, str], tmp_path: Path
) -> None:
    assert kintsugi(home, "login", server.url, "--guest").returncode == 0
    folder = tmp_path / "desk"
    assert kintsugi(home, "pull", KATA.slug, folder).returncode == 0
    assert KATA.brief.strip() in (folder / "README.md").read_text()
    for name, text in KATA.starter.items():
        assert (folder / name).read_text() == text
    first = kintsugi(home, "submit", folder)
    assert first.returncode == 1, first.stderr
    assert "Changes requested" in first.stdout
    assert KATA.manifest.findings[0].title in plain(first)
    mend(folder)
    second = kintsugi(home, "submit", folder)
    assert second.returncode == 0, second.stderr
    assert "Against the last time" in second.stdout
    third = kintsugi(home, "submit", folder, "--json")
    assert json.loads(third.stdout)["report"]["verdict"] == "approved"


@pytest.mark.sandbox
def test_what_was_handed_in_elsewhere_is_pulled(
    server: Served, home: dict[str, str], tmp_path: Path
) -> None:
    kintsugi(home, "login", server.url, "--guest")
    kintsugi(home, "pull", KATA.slug, tmp_path / "one")
    marks = [
        json.loads((tmp_path / name / ".kintsugi.json").read_text())
        for name in ("one", "two")
        if name == "one" or kintsugi(home, "pull", KATA.slug, tmp_path / name).returncode == 0
    ]
    assert marks[0] == marks[1], "both folders belong to one attempt"


@pytest.mark.sandbox
def test_every_save_is_handed_in_while_watching(
    server: Served, home: dict[str, str], tmp_path: Path
) -> None:
    kintsugi(home, "login", server.url, "--guest")
    folder = tmp_path / "desk"
    kintsugi(home, "pull", KATA.slug, folder)
    command = [sys.executable, "-u", "-m", "kintsugi.cli", "submit", str(folder), "--watch"]
    with subprocess.Popen(
        command, env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout
        assert watching.stderr
        stop = threading.Timer(SAVES_S, watching.kill)
        stop.start()
        for line in watching.stderr:
            if "Waiting for the next save" in line:
                break
        mend(folder)
        for line in watching.stderr:
            if "Waiting for the next save" in line:
                break
        watching.terminate()
        said = watching.stdout.read()
        stop.cancel()
    assert said.index("Changes requested") < said.index("Approved")


def test_the_token_is_kept_for_its_user_alone(
    server: Served, home: dict[str, str], tmp_path: Path
) -> None:
    kintsugi(home, "login", server.url, "--guest")
    (file,) = (tmp_path / "config").rglob("servers.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_token_that_the_server_does_not_know_is_not_kept(
    server: Served, home: dict[str, str]
) -> None:
    ran = kintsugi({**home, "KINTSUGI_TOKEN": "kt_made-up"}, "login", server.url)
    assert ran.returncode == 2
    assert "does not know this token" in plain(ran)
    assert "Sign in first: kintsugi login URL" in plain(kintsugi(home, "pull", KATA.slug))


def test_a_folder_that_holds_something_is_left_alone(
    server: Served, home: dict[str, str], tmp_path: Path
) -> None:
    kintsugi(home, "login", server.url, "--guest")
    diary = tmp_path / "desk" / "diary.txt"
    diary.parent.mkdir()
    diary.write_text("mine")
    ran = kintsugi(home, "pull", KATA.slug, diary.parent)
    assert (ran.returncode, diary.read_text()) == (2, "mine")
    assert "is not empty" in plain(ran)
    ran = kintsugi(home, "submit", diary.parent)
    assert ran.returncode == 2
    assert "was not made by pull" in plain(ran)


def test_an_unknown_kata_and_a_server_that_is_gone_are_said(
    server: Served, home: dict[str, str]
) -> None:
    kintsugi(home, "login", server.url, "--guest")
    ran = kintsugi(home, "pull", "no-such-kata")
    assert ran.returncode == 1
    assert "There is no such kata" in plain(ran)
    nobody = f"http://127.0.0.1:{free_port()}"
    ran = kintsugi(home, "login", nobody, "--guest")
    assert ran.returncode == 3
    assert f"{nobody} does not answer" in plain(ran)
    assert kintsugi(home, "login", "ftp://x").returncode == 2


EVERYTHING: dict[str, object] = {
    **{"token": "kt_x", "items": (), "next": None},
    **{"id": "a", "kata": "k", "files": {"../outside.py": "stolen = 1\n", "app/main.py": ""}},
    **{"slug": "k", "title": "K", "brief": "", "editable": (), "checks": 1},
}


class Hostile(http.server.BaseHTTPRequestHandler):
    """A server that would like to write elsewhere."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        text = json.dumps(EVERYTHING).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def test_a_server_writes_nothing_outside_the_folder(home: dict[str, str], tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Hostile) as hostile:
        thread = threading.Thread(target=hostile.serve_forever)
        thread.start()
        try:
            kintsugi(home, "login", f"http://127.0.0.1:{hostile.server_port}", "--guest")
            ran = kintsugi(home, "pull", "k", tmp_path / "in" / "k")
        finally:
            hostile.shutdown()
            thread.join()
    assert ran.returncode == 2
    assert "not accepted here" in plain(ran)
    assert not list(tmp_path.rglob("outside.py"))
