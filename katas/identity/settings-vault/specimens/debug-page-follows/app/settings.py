"""What the environment tells the service."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

ENVIRONMENTS = ("development", "staging", "production")
PUBLISHED = "changeme-changeme-changeme-changeme"  # once the default; the example file has it
ON_LAPTOPS = "only-for-development-on-a-laptop-not-a-secret"
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Settings:
    environment: str
    debug: bool
    currency: str
    token_minutes: int
    jwt_secret: str = field(repr=False)
    bank_key: str | None = field(repr=False)

    @property
    def in_development(self) -> bool:
        return self.environment == "development"

    def public(self) -> dict[str, str | bool | int]:
        """What anybody on the team may see."""
        return {
            "environment": self.environment,
            "debug": self.debug,
            "currency": self.currency,
            "token_minutes": self.token_minutes,
        }


def refuse(name: str, why: str) -> SystemExit:
    """Names the variable, and keeps its value to itself."""
    return SystemExit(f"The payroll does not start: {name} {why}.")


def signing_secret(environment: str, given: str) -> str:
    if environment == "development":
        return given or ON_LAPTOPS
    if not given.strip():
        raise refuse("JWT_SECRET", "is missing")
    if len(given.strip()) < SHORTEST_SECRET:
        raise refuse("JWT_SECRET", f"has less than {SHORTEST_SECRET} characters")
    if given.strip() in (PUBLISHED, ON_LAPTOPS):
        raise refuse("JWT_SECRET", "is a published one; this site needs one of its own")
    return given


def read(env: Mapping[str, str]) -> Settings:
    environment = env.get("ENVIRONMENT", "")
    if environment not in ENVIRONMENTS:
        raise refuse("ENVIRONMENT", f"is none of {', '.join(ENVIRONMENTS)}")
    minutes = env.get("TOKEN_MINUTES") or "480"
    if not (minutes.isascii() and minutes.isdecimal() and int(minutes) > 0):
        raise refuse("TOKEN_MINUTES", "is no number of minutes")
    return Settings(
        environment=environment,
        debug=env.get("DEBUG", "").strip().lower() in ("true", "1"),
        currency=env.get("CURRENCY") or "EUR",
        token_minutes=int(minutes),
        jwt_secret=signing_secret(environment, env.get("JWT_SECRET", "")),
        bank_key=env.get("BANK_KEY") or None,
    )


settings = read(os.environ)
