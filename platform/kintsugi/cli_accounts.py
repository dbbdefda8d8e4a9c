"""The operators' commands about accounts: `account role`, `account reset`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from kintsugi.accounts.credentials import read_email
from kintsugi.accounts.models import Account, Role
from kintsugi.accounts.resetting import Resets
from kintsugi.cli_shared import NOT_APPROVED, PLATFORM, err, usage
from kintsugi.database import Database
from kintsugi.mail import Mailer
from kintsugi.settings import Settings, SettingsError, load_settings

EmailArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="Of the account.")]
DataOption = Annotated[Path | None, typer.Option(help="Folder for the database. [data]")]
Act = Callable[[Database, str, Settings], Awaitable[str]]
account_app = typer.Typer(
    help="Roles and forgotten passwords, for operators.", no_args_is_help=True
)


def add_commands(app: typer.Typer) -> None:
    """Add `account` to the `kintsugi` command."""
    app.add_typer(account_app, name="account")


@account_app.command("role")
def role(
    email: EmailArgument,
    role: Annotated[Role, typer.Argument(help="What they may do from now on.")],
    data: DataOption = None,
) -> None:
    """Give an account a role; the only way to the first admin."""

    async def change(database: Database, account_id: str, _: Settings) -> str:
        async with database.writing() as session:
            (await session.get_one(Account, account_id)).role = role.value
        return role.value

    typer.echo(f"{email} is {_with_account(email, data, change)}.")


@account_app.command("reset")
def reset(email: EmailArgument, data: DataOption = None) -> None:
    """Print a link that sets a new password, once, within an hour: where no mail is sent.

    It leads to KINTSUGI_PUBLIC_URL, or to the port in KINTSUGI_PORT on this machine.
    """

    async def link(database: Database, account_id: str, settings: Settings) -> str:
        return await Resets(database, Mailer(settings), settings.address).link(account_id)

    typer.echo(_with_account(email, data, link))


def _with_account(email: str, data: Path | None, act: Act) -> str:
    """Do something with the account of that e-mail; ends the command where there is none."""
    try:
        settings = load_settings(data=data)
    except SettingsError as error:
        usage(str(error))
    if settings.embedded and not (settings.data / "kintsugi.db").exists():
        usage(f"There is no database in {settings.data}. Name the folder with --data.")
    try:
        said = asyncio.run(_act(settings, email, act))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        err.print(f"The database cannot be used: {escape(reason)}.")
        raise typer.Exit(PLATFORM) from None
    if said is None:
        err.print(f"There is no account with the e-mail {escape(email)}.")
        raise typer.Exit(NOT_APPROVED)
    return said


async def _act(settings: Settings, email: str, act: Act) -> str | None:
    database = Database(settings)
    try:
        async with database.reading() as session:
            found = select(Account.id).where(col(Account.email) == read_email(email))
            account_id = (await session.exec(found)).one_or_none()
        return await act(database, account_id, settings) if account_id else None
    finally:
        await database.close()
