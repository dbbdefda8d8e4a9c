"""What the environment tells the service."""

import os
import sys
from typing import NamedTuple

EXAMPLE = "changeme-changeme-changeme-changeme"


class Settings(NamedTuple):
    environment: str
    debug: bool
    currency: str
    token_minutes: int
    jwt_secret: str
    bank_key: str | None


def load() -> Settings:
    environment = os.environ.get("ENVIRONMENT", "production")
    secret = os.environ.get("JWT_SECRET", "")
    if environment == "development":
        secret = secret or "for-laptops-only-for-laptops-only"
    elif len(secret) < 32 or secret == EXAMPLE:
        sys.exit("Refusing to start: set JWT_SECRET to 32 random characters or more.")
    return Settings(
        environment=environment,
        debug=os.environ.get("DEBUG", "0").lower() in ("1", "true"),
        currency=os.environ.get("CURRENCY", "EUR"),
        token_minutes=int(os.environ.get("TOKEN_MINUTES", "480")),
        jwt_secret=secret,
        bank_key=os.environ.get("BANK_KEY"),
    )


settings = load()
