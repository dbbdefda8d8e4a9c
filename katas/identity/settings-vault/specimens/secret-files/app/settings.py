"""What the environment tells the service. Nothing else reads it."""

from pathlib import Path
from typing import Literal

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PUBLISHED = "changeme-changeme-changeme-changeme"  # stands in our public example file
SHORTEST = 32
SECRET_FILES = [Path("/run/secrets")]


class Settings(BaseSettings):
    # Without it, the error of a refused start prints the values that it refuses.
    model_config = SettingsConfigDict(
        hide_input_in_errors=True, secrets_dir=next((d for d in SECRET_FILES if d.is_dir()), None)
    )

    environment: Literal["development", "staging", "production"]
    debug: bool = False
    currency: str = "EUR"
    token_minutes: int = 480
    database_url: SecretStr = SecretStr("sqlite:///./app.db")
    jwt_secret: SecretStr = SecretStr(PUBLISHED)
    bank_key: SecretStr | None = None

    @model_validator(mode="after")
    def _has_a_secret_of_its_own(self) -> "Settings":
        secret = self.jwt_secret.get_secret_value()
        if not self.is_development and (secret == PUBLISHED or len(secret) < SHORTEST):
            raise ValueError(f"JWT_SECRET must be our own, of {SHORTEST} characters or more")
        return self

    @property
    def is_development(self) -> bool:
        return self.environment == "development"


settings = Settings()
