"""Weather alerts: partners publish them, look them up and subscribe to them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import APIKeyHeader
from sqlmodel import Session, SQLModel, col, delete, select

from app.partners import is_operator, partner_of
from app.schemas import (
    AlertIn,
    AlertOut,
    AlertPage,
    HealthOut,
    NewSubscriptionOut,
    OldAlertOut,
    Refusal,
    RegionOut,
    Severity,
    SubscriptionIn,
    SubscriptionOut,
)
from app.store import REGIONS, Alert, Subscription, engine, get_session

LEVELS = {"yellow": 1, "orange": 2, "red": 3}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Weather alerts", version="1.4.0", lifespan=lifespan)
api_key = APIKeyHeader(
    name="X-API-Key", auto_error=False, description="The key that the operations team gave you"
)
Key = Annotated[str | None, Depends(api_key)]


def refusals(**reasons: str) -> dict[int | str, dict[str, Any]]:
    """As in refusals(_404="No such alert"): what `responses` needs to describe a refusal."""
    return {
        int(status[1:]): {"model": Refusal, "description": reason}
        for status, reason in reasons.items()
    }


NO_KEY = "No key, or an unknown one"


def signed_in(key: Key) -> str:
    partner = partner_of(key)
    if partner is None:
        raise HTTPException(401, "Send the key of a partner as X-API-Key.")
    return partner


def operator(key: Key) -> None:
    if is_operator(key):
        return
    if partner_of(key) is None:
        raise HTTPException(401, "Send the operator's key as X-API-Key.")
    raise HTTPException(403, "This is for operators.")


Db = Annotated[Session, Depends(get_session)]
Partner = Annotated[str, Depends(signed_in)]


def known_region(code: str) -> str:
    if code not in REGIONS:
        raise HTTPException(404, "There is no such region.")
    return code


def existing(session: Session, alert_id: int) -> Alert:
    alert = session.get(Alert, alert_id)
    if alert is None:
        raise HTTPException(404, "There is no such alert.")
    return alert


def page(alerts: list[Alert], limit: int) -> dict[str, Any]:
    return {"items": [alert.model_dump() for alert in alerts[:limit]], "total": len(alerts)}


@app.get(
    "/health",
    operation_id="check_health",
    tags=["service"],
    summary="Tell whether the service is up. Needs no key.",
)
def health() -> HealthOut:
    return HealthOut(status="ok")


@app.get(
    "/v1/regions",
    operation_id="list_regions",
    tags=["regions"],
    summary="All regions for which there can be alerts. Needs no key.",
)
def get_regions() -> list[RegionOut]:
    return [RegionOut(code=code, name=name) for code, name in REGIONS.items()]


@app.get(
    "/v1/alerts",
    operation_id="list_alerts",
    response_model=AlertPage,
    tags=["alerts"],
    summary="The newest alerts that stand, of one region or severity if you like.",
    responses=refusals(_401=NO_KEY, _404="There is no such region"),
)
def get(
    session: Db,
    partner: Partner,
    region: str | None = None,
    severity: Severity | None = None,
    limit: Annotated[int, Query(ge=1, le=100, examples=[50])] = 20,
):
    query = select(Alert).where(col(Alert.withdrawn).is_(False)).order_by(col(Alert.id).desc())
    if region is not None:
        query = query.where(Alert.region == known_region(region))
    if severity is not None:
        query = query.where(Alert.severity == severity)
    return page(list(session.exec(query)), limit)


@app.post(
    "/v1/alerts",
    status_code=201,
    operation_id="publish_alert",
    response_model=AlertOut,
    tags=["alerts"],
    summary="Publish a new alert for one region, in your name.",
    responses=refusals(
        _401=NO_KEY,
        _404="There is no such region",
        _409="An alert of this region, kind and start stands already",
    ),
)
def post(body: AlertIn, session: Db, partner: Partner):
    known_region(body.region)
    same = select(Alert).where(
        Alert.region == body.region,
        Alert.kind == body.kind,
        Alert.starts_at == body.starts_at,
        col(Alert.withdrawn).is_(False),
    )
    if session.exec(same).first():
        raise HTTPException(409, "There is such an alert already.")
    alert = Alert(**body.model_dump(), source=partner)
    session.add(alert)
    session.commit()
    session.refresh(alert)
    return alert.model_dump()


SEARCH: dict[str, Any] = {
    "response_model": AlertPage,
    "tags": ["alerts"],
    "responses": refusals(_401=NO_KEY),
}


@app.get(
    "/v1/alerts/search",
    operation_id="search_alerts",
    summary="Find alerts, withdrawn ones too, by a part of their headline.",
    **SEARCH,
)
@app.post(
    "/v1/alerts/search",
    operation_id="search_alerts_unlogged",
    summary="The same search, for partners whose proxy keeps the addresses of GET in its log.",
    **SEARCH,
)
def search(
    session: Db,
    partner: Partner,
    q: Annotated[str, Query(min_length=3)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
):
    query = select(Alert).where(col(Alert.headline).icontains(q, autoescape=True))
    return page(list(session.exec(query.order_by(col(Alert.id).desc()))), limit)


@app.get(
    "/v1/alerts/{alert_id}",
    operation_id="read_alert",
    response_model=AlertOut,
    tags=["alerts"],
    summary="One alert by its number, even if it is withdrawn.",
    responses=refusals(_401=NO_KEY, _404="There is no such alert"),
)
def get_one(alert_id: int, session: Db, partner: Partner):
    return existing(session, alert_id).model_dump()


@app.post(
    "/v1/alerts/{alert_id}/withdraw",
    operation_id="withdraw_alert",
    response_model=AlertOut,
    tags=["alerts"],
    summary="Take back an alert that you have published.",
    responses=refusals(
        _401=NO_KEY,
        _403="Somebody else has published it",
        _404="There is no such alert",
        _409="It is withdrawn already",
    ),
)
def withdraw(alert_id: int, session: Db, partner: Partner):
    alert = existing(session, alert_id)
    if alert.source != partner:
        raise HTTPException(403, "Whoever published an alert withdraws it.")
    if alert.withdrawn:
        raise HTTPException(409, "This alert is withdrawn already.")
    alert.withdrawn = True
    session.add(alert)
    session.commit()
    session.refresh(alert)
    return alert.model_dump()


@app.get(
    "/v1/old-alerts",
    operation_id="list_legacy_alerts",
    response_model=list[OldAlertOut],
    deprecated=True,
    tags=["alerts"],
    summary="The standing alerts in the old format, for old readers; use list_alerts instead.",
    responses=refusals(_401=NO_KEY),
)
def old(session: Db, partner: Partner):
    query = select(Alert).where(col(Alert.withdrawn).is_(False)).order_by(col(Alert.id))
    return [
        {"no": a.id, "area": REGIONS[a.region], "text": a.headline, "level": LEVELS[a.severity]}
        for a in session.exec(query)
    ]


@app.get(
    "/v1/subscriptions",
    operation_id="list_subscriptions",
    response_model=list[SubscriptionOut],
    tags=["subscriptions"],
    summary="Your own subscriptions, without their secrets.",
    responses=refusals(_401=NO_KEY),
)
def get_subscriptions(session: Db, partner: Partner):
    query = select(Subscription).where(Subscription.partner == partner)
    mine = session.exec(query.order_by(col(Subscription.id)))
    return [subscription.model_dump(exclude={"secret", "partner"}) for subscription in mine]


@app.post(
    "/v1/subscriptions",
    status_code=201,
    operation_id="subscribe_to_region",
    response_model=NewSubscriptionOut,
    tags=["subscriptions"],
    summary="Be told of the alerts of a region; the secret is shown here and never again.",
    responses=refusals(
        _401=NO_KEY,
        _404="There is no such region",
        _409="You have subscribed to this region already",
    ),
)
def subscribe(body: SubscriptionIn, session: Db, partner: Partner):
    known_region(body.region)
    if session.exec(select(Subscription).filter_by(partner=partner, region=body.region)).first():
        raise HTTPException(409, "You have subscribed to this region already.")
    subscription = Subscription(
        **body.model_dump(), partner=partner, secret=secrets.token_urlsafe(24)
    )
    session.add(subscription)
    session.commit()
    session.refresh(subscription)
    return subscription.model_dump(exclude={"partner"})


@app.delete(
    "/v1/subscriptions/{subscription_id}",
    status_code=204,
    operation_id="end_subscription",
    tags=["subscriptions"],
    summary="End one of your subscriptions; its callback is not called any more.",
    responses=refusals(_401=NO_KEY, _404="You have no such subscription"),
)
def unsubscribe(subscription_id: int, session: Db, partner: Partner) -> None:
    subscription = session.get(Subscription, subscription_id)
    if subscription is None or subscription.partner != partner:
        raise HTTPException(404, "You have no such subscription.")
    session.delete(subscription)
    session.commit()


@app.post("/internal/reset", include_in_schema=False)
def reset(session: Db, _: Annotated[None, Depends(operator)]):
    removed = session.exec(delete(Alert)).rowcount + session.exec(delete(Subscription)).rowcount
    session.commit()
    return {"removed": removed}
