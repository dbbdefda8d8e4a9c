"""What goes over the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

Kind = Literal["storm", "flood", "heat", "frost"]
Severity = Literal["yellow", "orange", "red"]
RegionCode = Literal["coast", "hills", "plain"]


class AlertIn(BaseModel):
    """A warning for one region. Leave `ends_at` out while nobody knows how long it will last."""

    region: Annotated[RegionCode, Field(description="One of the codes in `/v1/regions`")]
    kind: Kind
    severity: Severity
    headline: Annotated[str, Field(min_length=5, max_length=120)]
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    measures: Annotated[
        dict[str, float], Field(description="Whatever was measured or is expected, by name")
    ] = {}

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Self:
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("An alert ends after it begins.")
        return self


class SubscriptionIn(BaseModel):
    """Where you want to be told of a region's alerts."""

    region: Annotated[RegionCode, Field(description="One of the codes in `/v1/regions`")]
    callback: Annotated[str, Field(pattern=r"^https://", max_length=200)]


# What we take, for the documentation

ALERT_EXAMPLES: Any = {
    "storm": {
        "summary": "A storm whose end nobody knows yet",
        "value": {
            "region": "coast",
            "kind": "storm",
            "severity": "red",
            "headline": "Gale from the north-west",
            "starts_at": "2026-11-02T18:00:00+01:00",
            "measures": {"wind_kmh": 95.0},
        },
    }
}
SUBSCRIPTION_EXAMPLES: Any = {
    "hills": {
        "summary": "All alerts of the hill country",
        "value": {"region": "hills", "callback": "https://partner.example/hooks/alerts"},
    }
}


# What we answer


class Problem(BaseModel):
    """Why we refused."""

    detail: str


class Health(BaseModel):
    status: Literal["ok"]


class Region(BaseModel):
    code: str
    name: str


class StoredAlert(BaseModel):
    """An alert as it was published. Its times are without an offset."""

    id: int
    source: Annotated[str, Field(description="The partner who published it")]
    region: str
    kind: str
    severity: str
    headline: str
    starts_at: datetime
    ends_at: datetime | None
    measures: dict[str, Any]
    withdrawn: bool


class Alerts(BaseModel):
    items: list[StoredAlert]
    total: Annotated[int, Field(description="How many matched, beyond `limit` too")]


class OldAlert(BaseModel):
    no: int
    area: str
    text: str
    level: Annotated[int, Field(description="1 is yellow, 2 orange, 3 red")]


class KnownSubscription(BaseModel):
    id: int
    region: str
    callback: str


class FreshSubscription(BaseModel):
    id: int
    region: str
    callback: str
    secret: Annotated[str, Field(description="Signs what we send; not shown again")]
