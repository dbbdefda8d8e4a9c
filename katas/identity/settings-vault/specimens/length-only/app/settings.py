"""What the environment tells the service. Nothing else reads it."""

from typing import Literal

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT = SecretStr("changeme-changeme-changeme-changeme")
SHORTEST = 32


class Settings(BaseSettings):
    # Without it, the error of a refused start prints the values that it refuses.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    environment: Literal["development", "staging", "production"]
    debug: bool = False
    currency: str = "EUR"
    token_minutes: int = 480
    database_url: SecretStr = SecretStr("sqlite:///./app.db")
    jwt_secret: SecretStr | None = None
    bank_key: SecretStr | None = None

    @model_validator(mode="after")
    def _has_a_long_secret(self) -> "Settings":
        if self.is_development:
            return self
        if self.jwt_secret is None or len(self.jwt_secret.get_secret_value()) < SHORTEST:
            raise ValueError(f"JWT_SECRET must have {SHORTEST} characters or more")
        return self

    @property
    def signing_key(self) -> str:
        return (self.jwt_secret or DEVELOPMENT).get_secret_value()

    @property
    def is_development(self) -> bool:
        return self.environment == "development"


settings = Settings()
