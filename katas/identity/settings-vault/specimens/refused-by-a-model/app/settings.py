"""What the environment tells the service."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# For laptops only. Everybody knows it, so no other place starts with it.
DEVELOPMENT_SECRET = "changeme-changeme-changeme-changeme"
SHORTEST_SECRET = 32


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_ignore_empty=True, hide_input_in_errors=True, frozen=True, validate_default=True
    )

    environment: Literal["development", "staging", "production"]
    debug: bool = False
    currency: str = "EUR"
    token_minutes: int = Field(default=480, gt=0)
    jwt_secret: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    bank_key: SecretStr | None = None

    @field_validator("jwt_secret")
    @classmethod
    def is_a_secret(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("environment") == "development":
            return value
        given = value.get_secret_value().strip()
        if given == DEVELOPMENT_SECRET or len(given) < SHORTEST_SECRET:
            raise ValueError(f"needs a value of your own, {SHORTEST_SECRET} characters or more")
        return value


def load() -> Settings:
    try:
        return Settings()  # type: ignore[call-arg]  # from the environment
    except ValidationError as e:
        wrong = [f"{str(error['loc'][0]).upper()}: {error['msg']}" for error in e.errors()]
    # outside of the handler, so that the log shows this and nothing of the values
    raise RuntimeError("Not started. " + "; ".join(wrong))


settings = load()
