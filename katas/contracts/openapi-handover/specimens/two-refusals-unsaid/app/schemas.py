"""What partners send, and what they are answered."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Kind = Literal["storm", "flood", "heat", "frost"]
Severity = Literal["yellow", "orange", "red"]


class AlertIn(BaseModel):
    region: str
    kind: Kind
    severity: Severity
    headline: Annotated[str, Field(min_length=5, max_length=120)]
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    measures: dict[str, float] = {}

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "region": "coast",
                    "kind": "storm",
                    "severity": "orange",
                    "headline": "Gale from the north-west",
                    "starts_at": "2026-11-02T18:00:00Z",
                    "ends_at": "2026-11-03T06:00:00Z",
                    "measures": {"wind_kmh": 95, "gusts_kmh": 110},
                }
            ]
        }
    )

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Self:
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("An alert ends after it begins.")
        return self


class SubscriptionIn(BaseModel):
    region: str
    callback: Annotated[str, Field(pattern=r"^https://", max_length=200)]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"region": "coast", "callback": "https://partner.example/hooks/alerts"}]
        }
    )


class Refusal(BaseModel):
    detail: str


class HealthOut(BaseModel):
    status: str


class RegionOut(BaseModel):
    code: str
    name: str


class AlertOut(BaseModel):
    id: int
    source: str
    region: str
    kind: Kind
    severity: Severity
    headline: str
    starts_at: datetime
    ends_at: datetime | None
    measures: dict[str, Any]
    withdrawn: bool


class AlertPage(BaseModel):
    items: list[AlertOut]
    total: int


class OldAlertOut(BaseModel):
    no: int
    area: str
    text: str
    level: int


class SubscriptionOut(BaseModel):
    id: int
    region: str
    callback: str


class NewSubscriptionOut(SubscriptionOut):
    secret: str
