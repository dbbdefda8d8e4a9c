"""What the environment tells the service."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# For laptops only. Everybody knows it, so no other place starts with it.
DEVELOPMENT_SECRET = "changeme-changeme-changeme-changeme"
SHORTEST_SECRET = 32


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_ignore_empty=True, frozen=True, validate_default=True
    )

    environment: Literal["development", "staging", "production"]
    debug: bool = False
    currency: str = "EUR"
    token_minutes: int = Field(default=480, gt=0)
    jwt_secret: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    bank_key: SecretStr | None = None

    @field_validator("jwt_secret", mode="before")
    @classmethod
    def is_a_secret(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        given = value.get_secret_value() if isinstance(value, SecretStr) else value
        if info.data.get("environment") != "development":
            if given.strip() == DEVELOPMENT_SECRET:
                raise ValueError("JWT_SECRET must be set to a value of your own")
            if len(given.strip()) < SHORTEST_SECRET:
                raise ValueError(f"JWT_SECRET must have at least {SHORTEST_SECRET} characters")
        return value


settings = Settings()  # type: ignore[call-arg]  # from the environment
