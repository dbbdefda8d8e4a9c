"""Pages and fragments from templates: one template is both the whole page and its parts."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2_fragments import render_block

from grader.kata import TRACKS
from grader.report import SKILL_WORDS
from kintsugi import answers, markup
from kintsugi.diffs import FileDiff, diff
from kintsugi.sample import SAMPLE
from kintsugi.seams import pour, seam

HERE = Path(__file__).parent
DIST = HERE / "static/dist"

TRACK_SUBJECTS = {
    "contracts": "what the API promises",
    "identity": "who is calling",
    "boundaries": "what they may do, and hostile input",
    "data": "rows, sessions, transactions",
    "concurrency": "several things at once, with others",
    "structure": "running it, and keeping it simple",
    "capstones": "a production review of a whole service",
}
MIB = 1 << 20
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


class AssetsMissingError(Exception):
    """The browser's assets have not been built."""

    def __init__(self) -> None:
        super().__init__("The browser assets are missing: rm -f .venv/assets && make setup")


@cache
def _assets() -> dict[str, str]:
    try:
        return json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        raise AssetsMissingError from None


def asset(name: str) -> str:
    """The address of a built file, which changes with its content: it may be cached for good.

    Raises:
        AssetsMissingError: nothing was built.
    """
    try:
        return f"/static/dist/{_assets()[name]}"
    except KeyError:
        raise AssetsMissingError from None


def count(number: int, one: str, many: str = "") -> str:
    """`1 check`, `2 checks`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def ordinal(number: int) -> str:
    """`third` for 3; digits from ten on."""
    return ORDINALS[number - 1] if 1 <= number <= len(ORDINALS) else f"number {number}"


def limit(name: str, value: float) -> str:
    """A limit in words: `wall 10 s`, `memory 512 MiB`, `processes 128`."""
    if name.endswith("_s"):
        return f"{name.removesuffix('_s')} {value:g} s"
    words = name.replace("_", " ")
    return f"{words} {value / MIB:g} MiB" if value >= MIB else f"{words} {value:g}"


def utc(moment: datetime) -> datetime:
    """The moment in UTC; naive ones are taken as UTC, as the database gives them."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def days(moment: datetime, at: datetime) -> str:
    """How far away it is from `at`, by the calendar: `3 days ago`, `today`, `in 2 days`."""
    away = (utc(moment).date() - utc(at).date()).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    return near.get(away) or (f"in {away} days" if away > 0 else f"{-away} days ago")


@cache
def sample_repair() -> list[FileDiff]:
    """How the home page's flaw is mended: the same for everyone."""
    return diff(SAMPLE.files, SAMPLE.mended)


def _version() -> str:
    try:
        return metadata.version("kintsugi")
    except metadata.PackageNotFoundError:
        return "from a checkout"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "markdown": markup.markdown,
        "inline_markdown": markup.inline_markdown,
        "untitled": markup.untitled,
        "highlight": markup.highlight,
        "count": count,
        "limit": limit,
        "days": days,
        "ordinal": ordinal,
        "phrase": answers.phrase,
        "visible": answers.visible,
        "utc": utc,
    }
    names: dict[str, Any] = {
        "answer_lines": answers.answer_lines,
        "asset": asset,
        "code_rows": markup.code_rows,
        "diff": diff,
        "excerpt": markup.excerpt,
        "pour": pour,
        "seam": seam,
        "highlighted_lines": markup.highlighted_lines,
        "sample": SAMPLE,
        "sample_repair": sample_repair,
        "skill_names": SKILL_WORDS,
        "track_names": TRACKS,
        "track_subjects": TRACK_SUBJECTS,
        "version": _version(),
    }
    environment.filters.update(filters)
    environment.globals.update(names)
    return environment


templates = _environment()


def page(
    request: Request,
    name: str,
    context: Mapping[str, Any],
    *,
    block: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The whole page, or only `block` of it when the browser asked for a part (htmx)."""
    values = {**_ambient(request), **context}
    if block and request.headers.get("HX-Request-Type") == "partial":
        html = render_block(templates, name, block, {**values, "partial": True})
    else:
        html = templates.get_template(name).render({**values, "partial": False})
    return HTMLResponse(html, status_code=status, headers={"Vary": "HX-Request-Type"})


def fragment(name: str, block: str, context: Mapping[str, Any]) -> str:
    """One block of a template, for the event stream."""
    return render_block(templates, name, block, {**context, "partial": True})


# `partial` tells a template that it is put into a page: then it names the page's new title and
# takes the focus, which a page that is loaded whole must not.


def _ambient(request: Request) -> dict[str, Any]:
    """What every page knows. A request that failed early may have none of it."""
    return {
        "csp_nonce": getattr(request.state, "csp_nonce", ""),
        "account": getattr(request.state, "account", None),
        "request_id": getattr(request.state, "request_id", ""),
        "here": request.url.path,
    }
