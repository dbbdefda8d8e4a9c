"""The sandboxes' image: what is in it, and that it can stand on another base."""

import dataclasses
import io
import json
import tarfile
from pathlib import Path

import debian
import pytest
from app_side import GOOD, AppSide
from containers import client

from grader.sandbox import image
from grader.sandbox.docker import Docker
from grader.sandbox.runtime import Runtime, ensure_runtime
from grader.sandbox.sides import APP_SIDE, SUITE_SIDE, kit_of

LOOK = """
import json, os, sys
print(json.dumps([sys.executable, os.path.exists("/etc/debian_version")]))
"""
BASE = "kintsugi-test-base:debian"


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return ensure_runtime()


def test_each_side_is_given_its_part_of_the_kit_and_nothing_of_the_platform(
    runtime: Runtime,
) -> None:
    with io.BytesIO() as file:
        image.write_context(file, runtime, kit_of(runtime))
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            members = archive.getmembers()
    names = {member.name for member in members}
    assert {"Dockerfile", "loader", "runtime/bin/python3"} <= names
    for side, other in (("app", "suite"), ("suite", "app")):
        assert f"kit/{side}/grader/inside/container.py" in names
        assert f"kit/{side}/grader/inside/{side}/__init__.py" in names
        assert not any(name.startswith(f"kit/{side}/grader/inside/{other}") for name in names)
    assert not any("bwrap" in name or "kata.toml" in name for name in names)
    assert {(m.uid, m.mtime) for m in members} == {(0, 0)}
    assert {m.name: oct(m.mode) for m in members if m.name.startswith("folders/")} == {
        "folders/tmp": "0o1777",
        "folders/work": "0o1777",
    }


def test_other_contents_have_another_name(runtime: Runtime) -> None:
    kit = kit_of(runtime)
    names = {
        image.name_of(APP_SIDE, runtime, kit, image.SCRATCH),
        image.name_of(SUITE_SIDE, runtime, kit, image.SCRATCH),
        image.name_of(APP_SIDE, runtime, kit, BASE),
        image.name_of(APP_SIDE, runtime, Path("another"), image.SCRATCH),
        image.name_of(APP_SIDE, dataclasses.replace(runtime, root=Path("x")), kit, image.SCRATCH),
    }
    assert len(names) == 5


@pytest.mark.docker
@pytest.mark.skipif(bool(debian.lacks()), reason=f"debootstrap: {debian.lacks()}")
def test_docker_builds_the_image_on_a_base_of_choice() -> None:
    api = client()
    try:
        debian.import_base(api, BASE)
        driver = Docker(base=BASE)
        try:
            pair = driver.pair()
            app = AppSide(pair, LOOK + GOOD)
            assert app.start()["ok"] is True
            assert json.loads(app.log()) == ["/opt/runtime/bin/python3", True]
            pair.close()
        finally:
            driver.close()
        for name in (*driver.images.values(), BASE):
            api.remove_image(name)
    finally:
        api.close()
