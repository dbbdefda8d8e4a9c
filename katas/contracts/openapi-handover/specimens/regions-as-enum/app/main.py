"""Weather alerts: partners publish them, look them up and subscribe to them."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Query, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from sqlmodel import Session, SQLModel, col, delete, select

from app.partners import is_operator, partner_of
from app.schemas import (
    ALERT_EXAMPLES,
    SUBSCRIPTION_EXAMPLES,
    AlertIn,
    Alerts,
    FreshSubscription,
    Health,
    KnownSubscription,
    OldAlert,
    Problem,
    Region,
    RegionCode,
    Severity,
    StoredAlert,
    SubscriptionIn,
)
from app.store import REGIONS, Alert, Subscription, engine, get_session

LEVELS = {"yellow": 1, "orange": 2, "red": 3}
TAGS = [
    {"name": "Service", "description": "How the service is. No key needed."},
    {"name": "Regions", "description": "What alerts are for. No key needed."},
    {"name": "Alerts", "description": "Publish alerts, withdraw them, look them up."},
    {"name": "Subscriptions", "description": "Be told of new alerts."},
    {"name": "Old", "description": "For old readers. Please do not begin to use it."},
]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


def name_of(route: APIRoute) -> str:
    """Generated clients name their methods like our functions; these names are a promise."""
    return route.name


api_key = APIKeyHeader(name="X-API-Key", scheme_name="PartnerKey", auto_error=False)


def signed_in(key: Annotated[str | None, Security(api_key)]) -> str:
    partner = partner_of(key)
    if partner is None:
        raise HTTPException(401, "Send the key of a partner as X-API-Key.")
    return partner


def operator(key: Annotated[str | None, Security(api_key)]) -> None:
    if is_operator(key):
        return
    if partner_of(key) is None:
        raise HTTPException(401, "Send the operator's key as X-API-Key.")
    raise HTTPException(403, "This is for operators.")


Db = Annotated[Session, Depends(get_session)]
Partner = Annotated[str, Depends(signed_in)]
Limit = Annotated[int, Query(ge=1, le=100, description="How many to show at most")]
Needle = Annotated[str, Query(min_length=3, description="A part of the headline")]
Responses = dict[int | str, dict[str, Any]]

UNKNOWN_KEY: Responses = {401: {"model": Problem, "description": "No key, or an unknown one"}}
NO_REGION: Responses = {404: {"model": Problem, "description": "There is no such region"}}
NO_ALERT: Responses = {404: {"model": Problem, "description": "There is no such alert"}}
NOT_YOURS: Responses = {403: {"model": Problem, "description": "Another partner published it"}}


def conflict(why: str) -> Responses:
    return {409: {"model": Problem, "description": why}}


public = APIRouter()
partners = APIRouter(prefix="/v1", responses=UNKNOWN_KEY)
internal = APIRouter(prefix="/internal", include_in_schema=False)


def known_region(code: str) -> str:
    if code not in REGIONS:
        raise HTTPException(404, "There is no such region.")
    return code


def existing(session: Session, alert_id: int) -> Alert:
    alert = session.get(Alert, alert_id)
    if alert is None:
        raise HTTPException(404, "There is no such alert.")
    return alert


def shown(alert: Alert) -> StoredAlert:
    return StoredAlert.model_validate(alert, from_attributes=True)


def page(alerts: Sequence[Alert], limit: int) -> Alerts:
    return Alerts(items=[shown(alert) for alert in alerts[:limit]], total=len(alerts))


@public.get("/health", tags=["Service"], summary="Ask whether the service is alive")
def check_health() -> Health:
    """Answers `ok` while we can take requests. Needs no key."""
    return Health(status="ok")


@public.get("/v1/regions", tags=["Regions"], summary="See which regions alerts can be for")
def list_regions() -> list[Region]:
    """The codes to use wherever a `region` is asked for. Needs no key."""
    return [Region(code=code, name=name) for code, name in REGIONS.items()]


@partners.get(
    "/alerts", tags=["Alerts"], summary="Read the newest alerts in force", responses=NO_REGION
)
def list_alerts(
    session: Db,
    partner: Partner,
    region: RegionCode | None = None,
    severity: Severity | None = None,
    limit: Limit = 20,
) -> Alerts:
    """Newest first, without withdrawn ones; narrowed to a region or a severity if you like."""
    query = select(Alert).where(col(Alert.withdrawn).is_(False)).order_by(col(Alert.id).desc())
    if region is not None:
        query = query.where(Alert.region == known_region(region))
    if severity is not None:
        query = query.where(Alert.severity == severity)
    return page(session.exec(query).all(), limit)


@partners.post(
    "/alerts",
    status_code=201,
    tags=["Alerts"],
    summary="Publish a warning for a region",
    responses=NO_REGION | conflict("An alert of the same region, kind and start stands already"),
)
def publish_alert(
    body: Annotated[AlertIn, Body(openapi_examples=ALERT_EXAMPLES)], session: Db, partner: Partner
) -> StoredAlert:
    """The alert stands in your name until you withdraw it."""
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
    return shown(alert)


def found(session: Session, q: str, limit: int) -> Alerts:
    query = select(Alert).where(col(Alert.headline).icontains(q, autoescape=True))
    return page(session.exec(query.order_by(col(Alert.id).desc())).all(), limit)


@partners.get("/alerts/search", tags=["Alerts"], summary="Find alerts by words of their headline")
def search_alerts(session: Db, partner: Partner, q: Needle, limit: Limit = 20) -> Alerts:
    """Newest first, withdrawn ones too."""
    return found(session, q, limit)


@partners.post(
    "/alerts/search", tags=["Alerts"], summary="Find alerts where a proxy must not log the words"
)
def search_alerts_discreetly(
    session: Db, partner: Partner, q: Needle, limit: Limit = 20
) -> Alerts:
    """The same as by GET, for partners whose proxy keeps addresses with a query in its log."""
    return found(session, q, limit)


@partners.get(
    "/alerts/{alert_id}", tags=["Alerts"], summary="Look up one alert", responses=NO_ALERT
)
def read_alert(alert_id: int, session: Db, partner: Partner) -> StoredAlert:
    """Also one that has been withdrawn."""
    return shown(existing(session, alert_id))


@partners.post(
    "/alerts/{alert_id}/withdraw",
    tags=["Alerts"],
    summary="Take back an alert of your own",
    responses=NOT_YOURS | NO_ALERT | conflict("The alert is withdrawn already"),
)
def withdraw_alert(alert_id: int, session: Db, partner: Partner) -> StoredAlert:
    """The alert is not listed any more. Only its publisher may do this, and once."""
    alert = existing(session, alert_id)
    if alert.source != partner:
        raise HTTPException(403, "Whoever published an alert withdraws it.")
    if alert.withdrawn:
        raise HTTPException(409, "This alert is withdrawn already.")
    alert.withdrawn = True
    session.add(alert)
    session.commit()
    session.refresh(alert)
    return shown(alert)


@partners.get(
    "/old-alerts", tags=["Old"], deprecated=True, summary="Read alerts in the form of old readers"
)
def list_alerts_for_old_readers(session: Db, partner: Partner) -> list[OldAlert]:
    """Please use `/v1/alerts` instead; this one stays for readers that cannot."""
    query = select(Alert).where(col(Alert.withdrawn).is_(False)).order_by(col(Alert.id))
    return [
        OldAlert(no=a.id or 0, area=REGIONS[a.region], text=a.headline, level=LEVELS[a.severity])
        for a in session.exec(query)
    ]


@partners.get(
    "/subscriptions",
    tags=["Subscriptions"],
    summary="See what you have subscribed to",
    response_model=list[KnownSubscription],
)
def list_subscriptions(session: Db, partner: Partner) -> Sequence[Subscription]:
    """Your own subscriptions only, without their secrets."""
    query = select(Subscription).where(Subscription.partner == partner)
    return session.exec(query.order_by(col(Subscription.id))).all()


@partners.post(
    "/subscriptions",
    status_code=201,
    tags=["Subscriptions"],
    summary="Have us call you for each alert of a region",
    response_model=FreshSubscription,
    responses=NO_REGION | conflict("You have subscribed to this region already"),
)
def subscribe(
    body: Annotated[SubscriptionIn, Body(openapi_examples=SUBSCRIPTION_EXAMPLES)],
    session: Db,
    partner: Partner,
) -> Subscription:
    """Keep the `secret` of the answer: it signs what we send, and is not shown again."""
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


@partners.delete(
    "/subscriptions/{subscription_id}",
    status_code=204,
    tags=["Subscriptions"],
    summary="Stop our calls for a region",
    responses={404: {"model": Problem, "description": "You have no such subscription"}},
)
def unsubscribe(subscription_id: int, session: Db, partner: Partner) -> None:
    """Ends one of your own subscriptions."""
    subscription = session.get(Subscription, subscription_id)
    if subscription is None or subscription.partner != partner:
        raise HTTPException(404, "You have no such subscription.")
    session.delete(subscription)
    session.commit()


@internal.post("/reset", dependencies=[Depends(operator)])
def reset(session: Db) -> dict[str, int]:
    """Empty the service before a drill."""
    removed = session.exec(delete(Alert)).rowcount + session.exec(delete(Subscription)).rowcount
    session.commit()
    return {"removed": removed}


app = FastAPI(
    title="Weather alerts",
    version="1.4.0",
    summary="Weather alerts of three offices",
    openapi_tags=TAGS,
    lifespan=lifespan,
    generate_unique_id_function=name_of,
)
app.include_router(public)
app.include_router(partners)
app.include_router(internal)
