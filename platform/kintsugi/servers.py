"""Servers that `kintsugi login` has remembered, with the token; readable by this user alone."""

import os
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ValidationError

OWN = 0o600  # nobody else may read a token


class _Kept(BaseModel):
    tokens: dict[str, str] = {}
    last: str | None = None


def remember(address: str, token: str) -> None:
    """Keep a server's token; it is the one that is asked from now on."""
    kept = _read()
    kept.tokens[address], kept.last = token, address
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN), "w") as out:
        out.write(kept.model_dump_json(indent=2))
    new.replace(file)


def known(address: str | None) -> tuple[str, str] | None:
    """A server and its token: this one, or the last; None where nothing is remembered."""
    kept = _read()
    wanted = address or kept.last
    return (wanted, kept.tokens[wanted]) if wanted and wanted in kept.tokens else None


def _read() -> _Kept:
    try:
        return _Kept.model_validate_json(_file().read_bytes())
    except (OSError, ValidationError):
        return _Kept()


def _file() -> Path:
    return platformdirs.user_config_path("kintsugi") / "servers.json"
