"""Rules about where things lie that nothing else would notice."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INSIDE = ROOT / "graders/grader/inside"
# Assembled from pieces, so that this file does not hold what it forbids.
HOSTS = re.compile(
    "|".join(
        rf"{name}\.{end}"
        for name, end in (
            (r"registry\.npmjs", "org"),
            (r"registry\.yarnpkg", "com"),
            (r"files\.pythonhosted", "org"),
            (r"\bpypi", "org"),
            (r"static\.crates", "io"),
            (r"proxy\.golang", "org"),
        )
    )
)


def _tracked() -> Iterator[Path]:
    """Files that are, or could be, committed; without what .gitignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    for name in listed.stdout.rstrip("\0").split("\0"):
        if (path := ROOT / name).is_file():
            yield path


@pytest.mark.parametrize("folder", ["platform", "graders", "katas"])
def test_top_folders_are_no_packages(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()


def test_platform_is_still_the_module_of_the_standard_library() -> None:
    code = "import platform; print(platform.__file__)"
    asked = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not Path(asked.stdout.strip()).is_relative_to(ROOT / "platform")


def test_no_file_names_the_host_of_a_package_registry() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in _tracked()
        if (found := HOSTS.search(path.read_text(encoding="utf-8", errors="ignore")))
    ]
    assert named == []


def test_lock_of_the_browser_assets_works_with_any_registry() -> None:
    lock = json.loads((ROOT / "platform/frontend/package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert len(lock["packages"]) > 1


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


@pytest.mark.parametrize("file", sorted(INSIDE.rglob("*.py")), ids=lambda f: f.stem)
def test_what_runs_inside_a_sandbox_imports_nothing_else_of_ours(file: Path) -> None:
    ours = [name for name in _imports(file) if re.match(r"(grader|kintsugi)(\.|$)|\.", name)]
    assert [name for name in ours if not name.startswith("grader.inside")] == []


@pytest.mark.parametrize(
    ("side", "parts"),
    [
        ("app", ("grader.inside.app", "grader.inside.wire", "grader.inside.bpf")),
        ("suite", ("grader.inside.suite", "grader.inside.wire")),
    ],
)
def test_each_side_imports_only_what_is_bound_into_its_sandbox(
    side: str, parts: tuple[str, ...]
) -> None:
    wrong = [
        f"{file.name}: {name}"
        for file in sorted((INSIDE / side).rglob("*.py"))
        for name in _imports(file)
        if name.startswith("grader.inside.") and not name.startswith(parts)
    ]
    assert wrong == []
