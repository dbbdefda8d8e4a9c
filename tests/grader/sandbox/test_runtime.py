"""The runtime environment: all that a sandbox sees, and nothing of the platform."""

import stat
from pathlib import Path

import pytest

from grader.sandbox import runtime
from grader.sandbox.base import UnavailableError
from grader.sandbox.runtime import Runtime, ensure_runtime, find_runtime, lock_file, runtime_path

NEEDED = ("fastapi", "sqlmodel", "sqlalchemy", "aiosqlite", "pydantic_settings", "jwt", "pwdlib")
FOREIGN = ("kintsugi", "grader", "dbos", "docker", "typer", "alembic", "psycopg", "structlog")


@pytest.fixture(scope="module")
def built() -> Runtime:
    found = find_runtime()
    if found is None:
        pytest.skip("sandbox: the runtime is not built here; 'make setup' builds it")
    return found


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KINTSUGI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_built_runtime_is_found_without_building(built: Runtime) -> None:
    told: list[str] = []
    assert ensure_runtime(told.append) == built
    assert told == []


@pytest.mark.parametrize("package", NEEDED)
def test_runtime_has_what_katas_may_import(built: Runtime, package: str) -> None:
    packages = built.root / "packages"
    assert (packages / package).is_dir() or (packages / f"{package}.py").is_file()


@pytest.mark.parametrize("package", FOREIGN)
def test_runtime_has_nothing_of_the_platform(built: Runtime, package: str) -> None:
    assert not list((built.root / "packages").glob(f"{package}*"))


def test_runtime_holds_no_kata_and_no_test_of_ours(built: Runtime) -> None:
    assert list(built.root.rglob("kata.toml")) == []


def test_runtime_can_be_read_by_every_user_and_written_by_its_owner_alone(built: Runtime) -> None:
    for path in (built.root, *built.root.rglob("*")):
        if path.is_symlink() or "kits" in path.parts:
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode in ((0o755,) if path.is_dir() else (0o755, 0o644)), path


def test_loader_is_the_one_that_the_interpreter_asks_for(built: Runtime) -> None:
    assert built.loader.is_file()
    assert built.loader_target.startswith("/lib")
    assert built.bwrap.is_file()


def test_bytecode_is_there_so_that_starts_are_quick(built: Runtime) -> None:
    assert list((built.root / "packages/fastapi/__pycache__").glob("applications.*.pyc"))


def test_lock_names_every_package_with_a_hash() -> None:
    requirements = [
        line
        for line in lock_file().read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    assert len(requirements) > 20
    assert [line for line in requirements if "==" not in line or "--hash=sha256:" not in line] == []


def test_path_changes_with_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = runtime_path()
    other = tmp_path / "runtime.lock"
    other.write_text("fastapi==0\n")
    monkeypatch.setattr(runtime, "lock_file", lambda: other)
    assert runtime_path() != before
    assert runtime_path().parent == before.parent


def test_runtime_without_its_end_mark_is_not_taken(empty_cache: Path) -> None:
    runtime_path().mkdir(parents=True)
    assert find_runtime() is None
    (runtime_path() / "complete").touch()
    assert find_runtime() == Runtime(runtime_path())
    assert runtime_path().is_relative_to(empty_cache)


def test_cache_that_cannot_be_written_is_said_with_what_to_do(empty_cache: Path) -> None:
    empty_cache.write_text("a file, where a folder should be")
    with pytest.raises(UnavailableError, match="could not be built") as caught:
        ensure_runtime()
    assert "KINTSUGI_CACHE" in caught.value.mend


def test_failure_while_building_leaves_no_half_runtime_that_is_taken(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(empty_cache))
    monkeypatch.setattr("sys.executable", str(empty_cache / "bin/python3"))
    with pytest.raises(UnavailableError):
        ensure_runtime()
    assert find_runtime() is None
