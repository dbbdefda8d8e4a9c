"""What the environment tells the service."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    environment: str = os.getenv("ENVIRONMENT", "development")
    debug: bool = bool(os.getenv("DEBUG", "False"))
    currency: str = os.getenv("CURRENCY", "EUR")
    token_minutes: int = int(os.getenv("TOKEN_MINUTES", "480"))
    jwt_secret: str = os.getenv("JWT_SECRET", "changeme-changeme-changeme-changeme")
    bank_key: str | None = os.getenv("BANK_KEY")


settings = Settings()
