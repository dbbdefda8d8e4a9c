"""The commands about katas: `katas list`, `verify`, `mutate`, `coverage`, `new`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from grader.authoring.coverage import coverage
from grader.authoring.mutate import MOST, Mutation, mutate
from grader.authoring.skeleton import SkeletonError, begin, unwritten
from grader.authoring.verify import Proof, broken, verify
from grader.kata import TRACKS, KataError, bundled_katas
from grader.sandbox.pool import Pool
from kintsugi.cli_shared import (
    APPROVED,
    NOT_APPROVED,
    PLATFORM,
    JsonOption,
    KatasOption,
    SandboxOption,
    catalogue_of,
    driver_or_exit,
    err,
    kata_of,
    out,
    print_json,
    progress,
    usage,
)
from kintsugi.terminal import CODE_COLOURS

katas_app = typer.Typer(help="List, prove and make katas.", no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add `katas` to the `kintsugi` command."""
    app.add_typer(katas_app, name="katas")


@katas_app.command("list")
def list_katas(as_json: JsonOption = False, katas: KatasOption = None) -> None:
    """Slug, title, track, difficulty and minutes of every kata."""
    catalogue = catalogue_of(katas)
    rows = [
        {
            "slug": k.slug,
            "title": k.manifest.title,
            "track": k.manifest.track,
            "difficulty": k.manifest.difficulty,
            "minutes": k.manifest.minutes,
        }
        for k in catalogue.katas.values()
    ]
    if as_json:
        print_json({"katas": rows})
        return
    table = Table("slug", "title", "track", "difficulty", "minutes", box=None)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    out.print(table)


@katas_app.command("verify")
def verify_katas(
    slugs: Annotated[list[str] | None, typer.Argument(help="Which katas; all without any.")] = None,
    repeat: Annotated[
        int, typer.Option(min=1, help="Starter and reference N times, specimens max(1, N/10).")
    ] = 1,
    load: Annotated[bool, typer.Option("--load", help="Two busy loops run beside.")] = False,
    as_json: JsonOption = False,
    sandbox: SandboxOption = "auto",
    katas: KatasOption = None,
) -> None:
    """Prove katas: everything in a kata's folder is graded and held against what it declares."""
    catalogue = catalogue_of(katas)
    lost = [p for p in catalogue.problems if not slugs or p.folder in slugs]
    wanted = [slug for slug in slugs or catalogue.katas if slug not in {p.folder for p in lost}]
    chosen = [kata_of(catalogue, slug) for slug in wanted]
    proofs = [broken(problem) for problem in lost]
    if chosen:
        with Pool(driver_or_exit(sandbox), size=2) as pool, progress() as bar:
            task = bar.add_task("verifying", total=None)
            proofs += verify(
                chosen,
                pool,
                repeat=repeat,
                load=load,
                tell=lambda done, total: bar.update(task, completed=done, total=total),
            )
    if as_json:
        print_json({"katas": [proof.model_dump(mode="json") for proof in proofs]})
    else:
        for proof in proofs:
            out.print(_proof_table(proof))
    raise typer.Exit(APPROVED if all(proof.ok for proof in proofs) else NOT_APPROVED)


def _proof_table(proof: Proof) -> Table:
    state = "proved" if proof.ok else "not proved"
    title = f"{proof.slug}: {state}, {proof.runs} runs, {proof.seconds:.1f} s"
    table = Table("", "row", title=title, title_justify="left", box=None)
    table.add_column("name", overflow="fold")
    table.add_column("reason", overflow="fold")
    for row in proof.rows:
        mark = "ok" if row.ok else "NO"
        table.add_row(mark, row.row, escape(row.name), escape(row.reason))
    return table


@katas_app.command("mutate")
def mutate_katas(
    slugs: Annotated[list[str], typer.Argument(help="Whose references are changed.")],
    most: Annotated[int, typer.Option(min=1, help="Mutants of a kata at most.")] = MOST,
    as_json: JsonOption = False,
    sandbox: SandboxOption = "auto",
    katas: KatasOption = None,
) -> None:
    """Try suites: the reference is changed in one place after another; each should be refused."""
    catalogue = catalogue_of(katas)
    chosen = [kata_of(catalogue, slug) for slug in slugs]
    driver = driver_or_exit(sandbox)
    try:
        with Pool(driver, size=2) as pool, progress() as bar:
            task = bar.add_task("making mutants", total=None)

            def tell(slug: str, killed: int, done: int, total: int) -> None:
                said = f"{slug}: {killed} of {done} killed"
                bar.update(task, description=said, completed=done, total=total)

            mutations = mutate(chosen, pool, most=most, tell=tell)
    except KataError as error:
        err.print(escape(str(error)))
        raise typer.Exit(NOT_APPROVED) from None
    if as_json:
        print_json({"katas": [m.score.model_dump(mode="json") for m in mutations]})
    else:
        _print_mutations(mutations)
    for mutation in mutations:
        for problem in (*mutation.faults, *mutation.errors):
            err.print(f"{mutation.score.slug}: {escape(problem)}")
    raise typer.Exit(_exit_code(mutations))


@katas_app.command("coverage")
def cover_katas(as_json: JsonOption = False, katas: KatasOption = None) -> None:
    """Which katas teach which item of the charter and which skill; what none teaches."""
    covered = coverage(catalogue_of(katas).katas.values())
    if as_json:
        print_json(covered.model_dump(mode="json"))
    else:
        table = Table("item", "", "katas", box=None)
        for item in covered.items:
            table.add_row(item.item, escape(item.title), ", ".join(item.katas) or "none")
        out.print(table)
        for item in covered.missing:
            needed = ", which is required" if item.required else ""
            out.print(f"No kata teaches {item.item} ({escape(item.title)}){needed}.")
    raise typer.Exit(APPROVED if covered.ok else NOT_APPROVED)


@katas_app.command("new")
def new_kata(
    slug: Annotated[str, typer.Argument(help="Words in lower case, with hyphens: last-seat.")],
    track: Annotated[str, typer.Option(help=f"One of: {', '.join(TRACKS)}.")] = "contracts",
    katas: Annotated[Path, typer.Option("--katas", help="Where the folder is made.")] = Path(
        "katas"
    ),
) -> None:
    """Begin a kata: a folder in which everything to be written is marked."""
    try:
        folder = begin(katas, slug, track)
    except SkeletonError as error:
        usage(str(error))
    left = len(unwritten(folder))
    out.print(f"{escape(str(folder))}: {left} things to write.", soft_wrap=True)
    out.print(f"Next: kintsugi katas verify {slug}{_elsewhere(katas)}", soft_wrap=True)


def _elsewhere(katas: Path) -> str:
    ours = katas.resolve() == bundled_katas().resolve()
    return "" if ours else f" --katas {escape(str(katas))}"


def _print_mutations(mutations: list[Mutation]) -> None:
    for mutation in mutations:
        for diff in mutation.score.survivors:
            out.print(f"{mutation.score.slug}: alive", style="bold")
            _print_diff(diff)
    table = Table("", "kata", "mutants", "killed", "equivalent", "rate", box=None)
    for mutation in mutations:
        score = mutation.score
        counts = (score.mutants, score.killed, score.equivalent)
        mark = "ok" if mutation.ok else "NO"
        table.add_row(mark, score.slug, *map(str, counts), f"{score.rate:.0%}")
    out.print(table)


def _print_diff(diff: str) -> None:
    """In colours on a terminal; elsewhere as it is, so that `patch` could read it."""
    if out.is_terminal:
        out.print(Syntax(diff, "diff", theme=CODE_COLOURS, background_color="default"))
    else:
        typer.echo(diff)


def _exit_code(mutations: list[Mutation]) -> int:
    if any(mutation.errors for mutation in mutations):
        return PLATFORM
    return APPROVED if all(mutation.ok for mutation in mutations) else NOT_APPROVED
