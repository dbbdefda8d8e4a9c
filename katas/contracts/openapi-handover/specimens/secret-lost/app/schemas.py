"""What goes over the wire: what partners send, and what they are answered."""

from datetime import datetime
from typing import Annotated, Literal, Self

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
                    "measures": {"wind_kmh": 110},
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
    region: Annotated[str, Field(examples=["coast"])]
    callback: Annotated[
        str,
        Field(
            pattern=r"^https://", max_length=200, examples=["https://partner.example/hooks/alerts"]
        ),
    ]


class AlertOut(BaseModel):
    id: int
    source: str
    region: str
    kind: Kind
    severity: Severity
    headline: str
    starts_at: datetime
    ends_at: datetime | None
    measures: dict[str, float]
    withdrawn: bool


class AlertPage(BaseModel):
    items: list[AlertOut]
    total: int


class OldAlert(BaseModel):
    no: int
    area: str
    text: str
    level: int


class SubscriptionOut(BaseModel):
    id: int
    region: str
    callback: str


class Region(BaseModel):
    code: str
    name: str


class Health(BaseModel):
    status: str


class Refusal(BaseModel):
    """The body of every refusal except 422."""

    detail: str
