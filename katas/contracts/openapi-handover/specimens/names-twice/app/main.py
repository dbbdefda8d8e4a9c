"""Weather alerts: partners publish them, look them up and subscribe to them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from sqlmodel import Session, SQLModel, col, delete, select

from app.partners import is_operator, partner_of
from app.schemas import (
    AlertIn,
    AlertOut,
    AlertPage,
    Health,
    OldAlert,
    Refusal,
    Region,
    Severity,
    SubscriptionIn,
    SubscriptionMade,
    SubscriptionOut,
)
from app.store import REGIONS, Alert, Subscription, engine, get_session

LEVELS = {"yellow": 1, "orange": 2, "red": 3}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """For `responses`: these statuses come with a `Refusal`."""
    return {code: {"model": Refusal} for code in codes}


def operation_id(route: APIRoute) -> str:
    """The function's name: what a method of a generated client is called."""
    return route.name


app = FastAPI(
    title="Weather alerts",
    version="1.4.0",
    lifespan=lifespan,
    generate_unique_id_function=operation_id,
)
router = APIRouter(prefix="/v1", responses=refusals(401))
api_key = APIKeyHeader(name="X-API-Key", auto_error=False)
Key = Annotated[str | None, Security(api_key)]


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


@app.get("/health", tags=["service"])
def health() -> Health:
    """Whether the service is up."""
    return Health(status="ok")


@app.get("/v1/regions", tags=["service"])
def list_regions() -> list[Region]:
    """The regions that alerts are published for."""
    return [Region(code=code, name=name) for code, name in REGIONS.items()]


@router.get("/alerts", response_model=AlertPage, tags=["alerts"], responses=refusals(404))
def list_alerts(
    session: Db,
    partner: Partner,
    region: str | None = None,
    severity: Severity | None = None,
    limit: Annotated[int, Query(ge=1, le=100, examples=[50])] = 20,
) -> dict[str, Any]:
    """Alerts that stand, the newest first."""
    query = select(Alert).where(col(Alert.withdrawn).is_(False)).order_by(col(Alert.id).desc())
    if region is not None:
        query = query.where(Alert.region == known_region(region))
    if severity is not None:
        query = query.where(Alert.severity == severity)
    return page(list(session.exec(query)), limit)


@router.post(
    "/alerts",
    status_code=201,
    response_model=AlertOut,
    tags=["alerts"],
    responses=refusals(404, 409),
)
def publish_alert(body: AlertIn, session: Db, partner: Partner) -> Alert:
    """Warn a region. One alert of a kind and start stands at a time."""
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
    return alert


@router.api_route(
    "/alerts/search", methods=["GET", "POST"], response_model=AlertPage, tags=["alerts"]
)
def search_alerts(
    session: Db,
    partner: Partner,
    q: Annotated[str, Query(min_length=3)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """Find words in headlines, withdrawn alerts included.

    POST is for partners whose proxy keeps addresses with a query in its log.
    """
    query = select(Alert).where(col(Alert.headline).icontains(q, autoescape=True))
    return page(list(session.exec(query.order_by(col(Alert.id).desc()))), limit)


@router.get("/alerts/{alert_id}", response_model=AlertOut, tags=["alerts"], responses=refusals(404))
def read_alert(alert_id: int, session: Db, partner: Partner) -> Alert:
    """One alert, also if it is withdrawn."""
    return existing(session, alert_id)


@router.post(
    "/alerts/{alert_id}/withdraw",
    response_model=AlertOut,
    tags=["alerts"],
    responses=refusals(403, 404, 409),
)
def withdraw_alert(alert_id: int, session: Db, partner: Partner) -> Alert:
    """Take back an alert that one has published."""
    alert = existing(session, alert_id)
    if alert.source != partner:
        raise HTTPException(403, "Whoever published an alert withdraws it.")
    if alert.withdrawn:
        raise HTTPException(409, "This alert is withdrawn already.")
    alert.withdrawn = True
    session.add(alert)
    session.commit()
    session.refresh(alert)
    return alert


@router.get("/old-alerts", response_model=list[OldAlert], tags=["alerts"], deprecated=True)
def list_old_alerts(session: Db, partner: Partner) -> list[dict[str, Any]]:
    """Alerts for readers from before `/v1/alerts`, which takes its place."""
    query = select(Alert).where(col(Alert.withdrawn).is_(False)).order_by(col(Alert.id))
    return [
        {"no": a.id, "area": REGIONS[a.region], "text": a.headline, "level": LEVELS[a.severity]}
        for a in session.exec(query)
    ]


@router.get("/subscriptions", response_model=list[SubscriptionOut], tags=["subscriptions"])
def list_subscriptions(session: Db, partner: Partner) -> list[Subscription]:
    """One's own subscriptions, the oldest first."""
    query = select(Subscription).where(Subscription.partner == partner)
    return list(session.exec(query.order_by(col(Subscription.id))))


@router.post(
    "/subscriptions",
    status_code=201,
    response_model=SubscriptionMade,
    tags=["subscriptions"],
    responses=refusals(404, 409),
)
def subscribe(body: SubscriptionIn, session: Db, partner: Partner) -> Subscription:
    """Be told of a region's alerts. The answer alone shows the secret that signs them."""
    known_region(body.region)
    if session.exec(select(Subscription).filter_by(partner=partner, region=body.region)).first():
        raise HTTPException(409, "You have subscribed to this region already.")
    subscription = Subscription(
        **body.model_dump(), partner=partner, secret=secrets.token_urlsafe(24)
    )
    session.add(subscription)
    session.commit()
    session.refresh(subscription)
    return subscription


@router.delete(
    "/subscriptions/{subscription_id}",
    status_code=204,
    tags=["subscriptions"],
    responses=refusals(404),
)
def unsubscribe(subscription_id: int, session: Db, partner: Partner) -> None:
    """End one of one's own subscriptions."""
    subscription = session.get(Subscription, subscription_id)
    if subscription is None or subscription.partner != partner:
        raise HTTPException(404, "You have no such subscription.")
    session.delete(subscription)
    session.commit()


@app.post("/internal/reset", dependencies=[Depends(operator)], include_in_schema=False)
def reset(session: Db) -> dict[str, int]:
    removed = session.exec(delete(Alert)).rowcount + session.exec(delete(Subscription)).rowcount
    session.commit()
    return {"removed": removed}


app.include_router(router)
