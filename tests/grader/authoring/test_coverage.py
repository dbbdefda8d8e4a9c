"""Which katas teach what, and what none teaches."""

from dataclasses import replace
from pathlib import Path

from grader_factories import MANIFEST, tiny_kata

from grader.authoring.coverage import coverage
from grader.kata import Kata


def teaching(root: Path, *items: str) -> Kata:
    charter = ", ".join(f'"{item}"' for item in items)
    manifest = MANIFEST.replace('next = "other"', f"charter = [{charter}]")
    return tiny_kata(root, {"kata.toml": manifest})


def test_items_come_by_charter_and_skills_by_finding(tmp_path: Path) -> None:
    found = coverage([teaching(tmp_path, "R1", "M10")])
    taught = {item.item for item in found.items if item.katas == ("tiny",)}
    assert taught == {"R1", "M10", "S1", "S5"}  # its findings are about api-design and security
    assert [item.item for item in found.items][:3] == ["R1", "R2", "R3"]


def test_responsibility_or_skill_that_none_teaches_is_not_well(tmp_path: Path) -> None:
    found = coverage([teaching(tmp_path, *(f"R{n}" for n in range(1, 11)))])
    lacking = [item.item for item in found.missing if item.required]
    assert lacking == ["S2", "S3", "S4", "S6", "S7"]
    assert not found.ok


def test_method_that_none_teaches_is_named_and_no_fault(tmp_path: Path) -> None:
    every = [f"R{n}" for n in range(1, 11)]
    katas = [teaching(tmp_path / "a", *every)]
    for n, skill in enumerate(("validation", "auth", "database", "async", "errors")):
        text = MANIFEST.replace('"api-design"\nseverity', f'"{skill}"\nseverity')
        kata = tiny_kata(tmp_path / str(n), {"kata.toml": text})
        named = kata.manifest.model_copy(update={"slug": f"tiny-{n}"})
        katas.append(replace(kata, manifest=named))
    found = coverage(katas)
    assert found.ok
    assert {item.item for item in found.missing} >= {"M1", "K1"}
