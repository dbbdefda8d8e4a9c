"""What the environment tells the service. Nothing else reads it."""

import os
from dataclasses import dataclass, field

PUBLISHED = "changeme-changeme-changeme-changeme"  # stands in our public example file
SHORTEST = 32


def _flag(name: str) -> bool:
    return os.getenv(name, "") == "true"


@dataclass(frozen=True)
class Settings:
    environment: str = os.getenv("ENVIRONMENT", "production")
    debug: bool = _flag("DEBUG")
    currency: str = os.getenv("CURRENCY", "EUR")
    token_minutes: int = int(os.getenv("TOKEN_MINUTES", "480"))
    database_url: str = field(default=os.getenv("DATABASE_URL", "sqlite:///./app.db"), repr=False)
    jwt_secret: str = field(default=os.getenv("JWT_SECRET", ""), repr=False)
    bank_key: str | None = field(default=os.getenv("BANK_KEY"), repr=False)

    def __post_init__(self) -> None:
        if self.environment == "development":
            object.__setattr__(self, "jwt_secret", self.jwt_secret or PUBLISHED)
        elif len(self.jwt_secret) < SHORTEST or self.jwt_secret == PUBLISHED:
            raise RuntimeError(f"JWT_SECRET: a secret of our own is needed, {SHORTEST} characters")


settings = Settings()
