"""Weather alerts: partners publish them, look them up and subscribe to them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from sqlmodel import Session, SQLModel, col, delete, select

from app.partners import is_operator, partner_of
from app.schemas import AlertIn, Severity, SubscriptionIn
from app.store import REGIONS, Alert, Subscription, engine, get_session

LEVELS = {"yellow": 1, "orange": 2, "red": 3}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Weather alerts", lifespan=lifespan)


def signed_in(request: Request) -> str:
    partner = partner_of(request.headers.get("X-API-Key"))
    if partner is None:
        raise HTTPException(401, "Send the key of a partner as X-API-Key.")
    return partner


def operator(request: Request) -> None:
    key = request.headers.get("X-API-Key")
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


def page(alerts: list[Alert], limit: int):
    return {"items": [alert.model_dump() for alert in alerts[:limit]], "total": len(alerts)}


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/v1/regions")
def get_regions():
    return [{"code": code, "name": name} for code, name in REGIONS.items()]


@app.get("/v1/alerts")
def get(
    session: Db,
    partner: Partner,
    region: str | None = None,
    severity: Severity | None = None,
    limit: Annotated[int, Query(ge=1, le=100, examples=[500])] = 20,
):
    query = select(Alert).where(col(Alert.withdrawn).is_(False)).order_by(col(Alert.id).desc())
    if region is not None:
        query = query.where(Alert.region == known_region(region))
    if severity is not None:
        query = query.where(Alert.severity == severity)
    return page(list(session.exec(query)), limit)


@app.post("/v1/alerts", status_code=201)
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


@app.api_route("/v1/alerts/search", methods=["GET", "POST"])
def search(
    session: Db,
    partner: Partner,
    q: Annotated[str, Query(min_length=3)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
):
    # POST for partners whose proxy keeps addresses with a query in its log.
    query = select(Alert).where(col(Alert.headline).icontains(q, autoescape=True))
    return page(list(session.exec(query.order_by(col(Alert.id).desc()))), limit)


@app.get("/v1/alerts/{alert_id}")
def get_one(alert_id: int, session: Db, partner: Partner):
    return existing(session, alert_id).model_dump()


@app.post("/v1/alerts/{alert_id}/withdraw")
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


@app.get("/v1/old-alerts")
def old(session: Db, partner: Partner):
    query = select(Alert).where(col(Alert.withdrawn).is_(False)).order_by(col(Alert.id))
    return [
        {"no": a.id, "area": REGIONS[a.region], "text": a.headline, "level": LEVELS[a.severity]}
        for a in session.exec(query)
    ]


@app.get("/v1/subscriptions")
def get_subscriptions(session: Db, partner: Partner):
    query = select(Subscription).where(Subscription.partner == partner)
    mine = session.exec(query.order_by(col(Subscription.id)))
    return [subscription.model_dump(exclude={"secret", "partner"}) for subscription in mine]


@app.post("/v1/subscriptions", status_code=201)
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


@app.delete("/v1/subscriptions/{subscription_id}", status_code=204)
def unsubscribe(subscription_id: int, session: Db, partner: Partner):
    subscription = session.get(Subscription, subscription_id)
    if subscription is None or subscription.partner != partner:
        raise HTTPException(404, "You have no such subscription.")
    session.delete(subscription)
    session.commit()


@app.post("/internal/reset")
def reset(session: Db, _: Annotated[None, Depends(operator)]):
    removed = session.exec(delete(Alert)).rowcount + session.exec(delete(Subscription)).rowcount
    session.commit()
    return {"removed": removed}
