"""What can be set: on the command line, or as `KINTSUGI_...` in the environment."""

import contextlib
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from grader.kata import bundled_katas
from grader.sandbox import Choice

MIN_SECRET = 32


class SettingsError(Exception):
    """The settings cannot be used: one line that says why and what to do."""


class Settings(BaseSettings):
    """Everything that differs from one installation to the next.

    Attributes:
        data: folder for the database and the secret; made if it is missing.
        database_url: instead of SQLite in `data`: `postgresql+psycopg://user@host/name`.
        secret: signs cookies; without one it is made once and kept in `data`.
        public_url: how browsers reach us, `https://...`; required in production.
        katas: folders with more katas (`<track>/<slug>/`).
        sandbox: where submissions run. There is no unsafe choice.
        workers: how many submissions are graded at once.
        submissions_per_minute: per account.
        metrics: offer `/metrics` to anyone who can reach us.
        smtp_host: sends mail to people who have forgotten their password. Without it a server in
            development prints the mail, and one in production sends none.
        smtp_from: the sender's address.
        smtp_starttls: speak TLS from the first word that matters; port 465 speaks it at once.
    """

    model_config = SettingsConfigDict(env_prefix="KINTSUGI_", extra="ignore")

    environment: Literal["development", "production"] = "development"
    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    database_url: str | None = None
    secret: SecretStr | None = None
    public_url: str | None = None
    katas: Annotated[tuple[Path, ...], NoDecode] = ()
    sandbox: Choice = "auto"
    workers: int = Field(default=2, ge=1, le=64)
    submissions_per_minute: int = Field(default=60, ge=1)
    metrics: bool = False
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = None
    smtp_starttls: bool = True
    log_level: Literal["debug", "info", "warning", "error"] | None = None

    @field_validator("katas", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        """In the environment a list as PATH is one."""
        return tuple(value.split(os.pathsep)) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        if self.secret and len(self.secret.get_secret_value()) < MIN_SECRET:
            raise ValueError(f"KINTSUGI_SECRET is too short: use {MIN_SECRET} characters or more")
        if self.environment == "production" and not (self.public_url or "").startswith("https://"):
            raise ValueError(
                "in production KINTSUGI_PUBLIC_URL must be the https:// address people use"
            )
        if self.database_url and not self.database_url.startswith(
            ("sqlite+aiosqlite:///", "postgresql+psycopg://")
        ):
            raise ValueError(
                "KINTSUGI_DATABASE_URL must begin with postgresql+psycopg:// "
                "(or sqlite+aiosqlite:///)"
            )
        return self

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if self.smtp_host and not self.smtp_from:
            raise ValueError("KINTSUGI_SMTP_FROM must be the address that mail comes from")
        return self

    @property
    def url(self) -> str:
        """The database's, for asyncio."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data.resolve() / 'kintsugi.db'}"

    @property
    def sync_url(self) -> str:
        """The database's, without asyncio."""
        return self.url.replace("sqlite+aiosqlite:", "sqlite:", 1)

    @property
    def embedded(self) -> bool:
        """One machine, one SQLite file: nothing is shared with other hosts."""
        return self.url.startswith("sqlite")

    @property
    def kata_roots(self) -> tuple[Path, ...]:
        return (bundled_katas(), *self.katas)

    @property
    def address(self) -> str:
        """Where browsers reach us; never taken from a request, whose sender could choose it."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def public_host(self) -> str | None:
        """Host and port in `public_url`."""
        return urlsplit(self.public_url).netloc if self.public_url else None

    @cached_property
    def signing_key(self) -> str:
        """The secret; made once, readable by the owner alone, where none is set."""
        if self.secret:
            return self.secret.get_secret_value()
        return _kept_secret(self.data / "secret")

    def prepare(self) -> None:
        """Make the data folder.

        Raises:
            SettingsError: it cannot be written.
        """
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            probe = self.data / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            text = f"The data folder {self.data} cannot be written ({error.strerror})."
            raise SettingsError(f"{text} Name another one with --data.") from None


def load_settings(**given: Any) -> Settings:
    """Settings from the environment, with what was given on the command line over them.

    Raises:
        SettingsError: they cannot be used.
    """
    present = {name: value for name, value in given.items() if value not in (None, (), [])}
    try:
        return Settings(**present)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{where}: {reason}" if where else reason) from None


def _kept_secret(file: Path) -> str:
    """What `file` holds; made now if there is none. It is never seen half-written."""
    draft = file.with_name(f".secret-{os.getpid()}")
    if not file.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text()
