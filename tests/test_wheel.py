"""A built wheel carries everything that it needs elsewhere, and nothing that it must not."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_it_carries_the_katas_whole(names: set[str]) -> None:
    for file in (ROOT / "katas").rglob("*"):
        path = file.relative_to(ROOT)
        left = any(part.startswith((".", "__pycache__")) for part in path.parts)
        if file.is_file() and not left:
            assert f"grader/{path}" in names


def test_it_carries_assets_templates_migrations_lock_and_dockerfile(names: set[str]) -> None:
    assert "kintsugi/static/dist/manifest.json" in names
    assert any(name.startswith("kintsugi/static/dist/app-") for name in names)
    assert "kintsugi/templates/base.html" in names
    assert "kintsugi/migrations/env.py" in names
    assert "grader/runtime.lock" in names
    assert "grader/Dockerfile" in names


def test_it_carries_no_tests_and_no_sources_of_the_assets(names: set[str]) -> None:
    assert not [n for n in names if n.startswith("tests/") or "node_modules" in n]
    assert not [n for n in names if "frontend" in n or "__pycache__" in n]
