"""A kata in a folder of one's own: what `pull` writes and `submit` reads back.

Names and texts come from a server: nothing is written outside the folder, and nothing that is
there already is written over.
"""

from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, ValidationError

from grader.submission import SubmissionError, check_files, read_folder

MARK = ".kintsugi.json"
LIBRARIES = (
    *("fastapi", "uvicorn", "sqlmodel", "pydantic", "pydantic-settings", "aiosqlite", "httpx"),
    *("pyjwt", "pwdlib", "python-multipart"),
)
README = """{brief}

---

This folder is yours: open it in your editor. The service lies under `app/`; change {editable}.

    python -m venv .venv && .venv/bin/pip install -e .    # once
    .venv/bin/uvicorn app.main:app --reload               # then open /docs
    kintsugi submit                                       # hand in, and read the review
    kintsugi submit --watch                               # the same, at every save
"""
PROJECT = """[project]
name = "kata-{slug}"
version = "0"
requires-python = ">=3.11"
dependencies = [
{dependencies}]

[tool.setuptools]
packages = ["app"]
"""


class WorkspaceError(Exception):
    """What about the folder has to change, in words for its owner."""


class Mark(BaseModel):
    """Where a folder came from."""

    server: str
    kata: str
    title: str
    attempt: str
    editable: list[str]


def write(folder: Path, mark: Mark, brief: str, files: dict[str, str]) -> None:
    """Make a folder to work in.

    Args:
        folder: does not exist yet, or is empty.
        mark: where it comes from.
        brief: of the kata, in Markdown.
        files: the whole service, with the draft's files laid over the starter's.

    Raises:
        WorkspaceError: the folder holds something, or a name leads out of it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceError(f"{folder} is not empty. Name a new folder: kintsugi pull KATA DIR")
    try:
        check_files(files)
    except SubmissionError as error:
        raise WorkspaceError(f"The server sent files that are not accepted here: {error}") from None
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    editable = ", ".join(f"`{name}`" for name in mark.editable)
    readme = README.format(brief=brief.rstrip(), editable=editable)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / "pyproject.toml").write_text(_project(mark.kata), encoding="utf-8")
    (folder / MARK).write_text(mark.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> Mark:
    """Where a folder came from.

    Raises:
        WorkspaceError: `pull` has not made it.
    """
    try:
        return Mark.model_validate_json((folder / MARK).read_bytes())
    except (OSError, ValidationError):
        text = f"{folder} was not made by pull. Get a kata with: kintsugi pull KATA"
        raise WorkspaceError(text) from None


def service(folder: Path) -> dict[str, str]:
    """The whole service as it lies there.

    Raises:
        WorkspaceError: a file is not right.
    """
    try:
        return read_folder(folder)
    except SubmissionError as error:
        raise WorkspaceError(str(error)) from None


def stamps(folder: Path) -> dict[str, int]:
    """When each file of the service was last written: it changes with every save."""
    found = (path for path in (folder / "app").rglob("*.py") if path.is_file())
    return {str(path): path.stat().st_mtime_ns for path in found}


def _project(slug: str) -> str:
    """With the libraries that katas use, no older than those that the graders run."""
    lines = "".join(f'  "{name}{_at_least(name)}",\n' for name in LIBRARIES)
    return PROJECT.format(slug=slug, dependencies=lines)


def _at_least(name: str) -> str:
    try:
        return f">={metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return ""
