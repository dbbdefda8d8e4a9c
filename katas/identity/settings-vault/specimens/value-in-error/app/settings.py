"""What the environment tells the service. Nothing else reads it."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

PUBLISHED = "changeme-changeme-changeme-changeme"  # stands in our public example file
SHORTEST = 32


class Settings(BaseSettings):
    environment: Literal["development", "staging", "production"]
    debug: bool = False
    currency: str = "EUR"
    token_minutes: int = 480
    database_url: SecretStr = SecretStr("sqlite:///./app.db")
    jwt_secret: SecretStr = Field(default=SecretStr(PUBLISHED), validate_default=True)
    bank_key: SecretStr | None = None

    @field_validator("jwt_secret", mode="before")
    @classmethod
    def _is_our_own(cls, value: object, info: ValidationInfo) -> object:
        secret = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        guarded = info.data.get("environment") != "development"
        if guarded and (secret == PUBLISHED or len(secret) < SHORTEST):
            raise ValueError(f"JWT_SECRET must be our own, of {SHORTEST} characters or more")
        return value

    @property
    def is_development(self) -> bool:
        return self.environment == "development"


settings = Settings()
