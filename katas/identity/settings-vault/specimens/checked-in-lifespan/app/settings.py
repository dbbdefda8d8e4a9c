"""What the environment tells the service."""

import os
from functools import lru_cache

from pydantic import BaseModel, SecretStr

PUBLISHED = "changeme-changeme-changeme-changeme"


class Settings(BaseModel):
    environment: str
    debug: bool = False
    currency: str = "EUR"
    token_minutes: int = 480
    jwt_secret: SecretStr = SecretStr(PUBLISHED)
    bank_key: SecretStr | None = None

    @property
    def exposed(self) -> bool:
        return self.environment in ("staging", "production")


@lru_cache
def get_settings() -> Settings:
    names = Settings.model_fields
    return Settings(**{n: os.environ[n.upper()] for n in names if n.upper() in os.environ})


def check(settings: Settings) -> None:
    """Stop a deployment that runs with a secret which others may know."""
    secret = settings.jwt_secret.get_secret_value()
    if settings.exposed and (secret == PUBLISHED or len(secret) < 32):
        raise SystemExit("JWT_SECRET is missing, too short, or the published example")
