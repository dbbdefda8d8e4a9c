"""The draft in a browser without JavaScript: put back by file, taken along, brought back."""

import io
import zipfile
from collections.abc import Callable

import pytest
from kintsugi_factories import API, KATA, Graders, Learner

from kintsugi.attempts.archives import pack

Browsers = Callable[[], Learner]


@pytest.fixture
def learner(browsers: Browsers) -> Learner:
    made = browsers()
    made.get("/katas")
    return made


@pytest.fixture
def attempt(learner: Learner) -> str:
    made = learner.begin()["id"]
    changed = {"files[app/main.py]": "mine = 1\n", "files[app/shelf.py]": "mine = 2\n"}
    assert learner.post(f"/attempts/{made}/draft", data=changed).status_code == 303
    return made


def draft(learner: Learner, attempt: str) -> dict[str, str]:
    return learner.get(f"{API}/attempts/{attempt}").json()["files"]


def bring(learner: Learner, attempt: str, content: bytes) -> int:
    files = {"archive": ("mine.zip", content, "application/zip")}
    return learner.post(f"/attempts/{attempt}/draft.zip", files=files).status_code


def test_one_file_is_put_back_and_the_other_stays(learner: Learner, attempt: str) -> None:
    reply = learner.post(f"/attempts/{attempt}/reset", data={"file": "app/main.py"})
    assert reply.headers["location"] == f"/katas/{KATA}"
    now = draft(learner, attempt)
    assert now["app/main.py"] != "mine = 1\n"
    assert now["app/shelf.py"] == "mine = 2\n"


def test_a_file_that_is_not_the_learners_is_not_put_back(learner: Learner, attempt: str) -> None:
    reply = learner.post(f"/attempts/{attempt}/reset", data={"file": "app/none.py"})
    assert reply.status_code == 422
    assert "no such file" in reply.text


def test_the_zip_holds_the_whole_service_with_the_draft_in_it(
    learner: Learner, attempt: str
) -> None:
    reply = learner.get(f"/attempts/{attempt}/draft.zip")
    assert reply.headers["content-type"] == "application/zip"
    assert f'filename="{KATA}.zip"' in reply.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.read("app/main.py") == b"mine = 1\n"
        assert set(draft(learner, attempt)) < set(archive.namelist())


def test_what_is_brought_back_becomes_the_draft(learner: Learner, attempt: str) -> None:
    assert bring(learner, attempt, pack({"app/main.py": "new = 1\n"})) == 303
    assert draft(learner, attempt) == {"app/main.py": "new = 1\n", "app/shelf.py": "mine = 2\n"}


@pytest.mark.parametrize(
    ("content", "status"), [(b"", 422), (b"diary", 422), (b"0" * (3 << 20), 413)]
)
def test_what_cannot_be_brought_back_changes_nothing(
    learner: Learner, attempt: str, content: bytes, status: int
) -> None:
    before = draft(learner, attempt)
    assert bring(learner, attempt, content) == status
    assert draft(learner, attempt) == before


def test_strangers_get_and_change_nothing(
    learner: Learner, attempt: str, browsers: Browsers
) -> None:
    stranger = browsers()
    stranger.get("/katas")
    assert stranger.get(f"/attempts/{attempt}/draft.zip").status_code == 404
    assert bring(stranger, attempt, pack({"app/main.py": "x"})) == 404
    assert stranger.post(f"/attempts/{attempt}/reset", data={"file": ""}).status_code == 404


def test_the_katas_page_says_which_rules_the_last_submission_kept(
    learner: Learner, graders: Graders
) -> None:
    attempt = learner.begin()
    assert "kept last time" not in learner.get(f"/katas/{KATA}").text
    graders.grade(learner.submit(attempt), "k1")
    page = learner.get(f"/katas/{KATA}").text
    assert "kept last time" in page
    assert ": broken</span>" in page
    graders.grade(learner.submit(attempt))
    assert ": broken</span>" not in learner.get(f"/katas/{KATA}").text


def test_an_owner_who_may_not_see_findings_is_told_of_no_rule(
    learner: Learner, graders: Graders
) -> None:
    attempt = learner.begin()
    graders.grade(learner.submit(attempt), "k1")
    graders.change("attempt", attempt["id"], disclosure="verdict")
    assert "kept last time" not in learner.get(f"/katas/{KATA}").text
