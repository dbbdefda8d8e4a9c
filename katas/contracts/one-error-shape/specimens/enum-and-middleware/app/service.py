"""The rules of the lockers: who gets a box, and who may open it."""

import hashlib
import math
import secrets
from typing import TypeVar

from sqlmodel import Session, SQLModel, col, select

from app import outside
from app.errors import Code, Refusal
from app.models import Locker, LockerIn, Parcel, Partner, State

MOST_WRONG_PINS = 3
LOCK_S = 15 * 60
Row = TypeVar("Row", bound=SQLModel)


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def sign_up(session: Session, name: str) -> tuple[Partner, str]:
    """A new partner, and the key that is shown once."""
    key = secrets.token_urlsafe(24)
    partner = Partner(name=name, key_digest=digest(key))
    session.add(partner)
    session.commit()
    session.refresh(partner)
    return partner, key


def partner_with(session: Session, key: str) -> Partner | None:
    return session.exec(select(Partner).where(Partner.key_digest == digest(key))).first()


def set_up(session: Session, body: LockerIn) -> Locker:
    locker = Locker(**body.model_dump())
    session.add(locker)
    session.commit()
    session.refresh(locker)
    return locker


def by_id(session: Session, table: type[Row], number: int) -> Row | None:
    """The row of that number; none has one that the database could not hold."""
    return session.get(table, number) if number.bit_length() < 64 else None


def reserve(session: Session, partner: Partner, locker_id: int, pin: str) -> Parcel:
    """Keep the free box with the lowest number for a parcel."""
    locker = by_id(session, Locker, locker_id)
    if locker is None:
        raise Refusal(Code.LOCKER_UNKNOWN, "There is no such locker.")
    in_use = select(Parcel.box).where(
        Parcel.locker_id == locker_id, col(Parcel.state) != State.COLLECTED
    )
    taken = set(session.exec(in_use))
    box = next((n for n in range(1, locker.boxes + 1) if n not in taken), None)
    if box is None:
        raise Refusal(Code.LOCKER_FULL, "No box of this locker is free.")
    parcel = Parcel(partner_id=partner.id, locker_id=locker_id, box=box, pin=pin)
    session.add(parcel)
    session.commit()
    session.refresh(parcel)
    return parcel


def find(session: Session, partner: Partner, parcel_id: int) -> Parcel:
    """One of the partner's own parcels."""
    parcel = by_id(session, Parcel, parcel_id)
    if parcel is None or parcel.partner_id != partner.id:
        raise Refusal(Code.PARCEL_UNKNOWN, "There is no such parcel.")
    return parcel


def deposit(session: Session, parcel: Parcel) -> Parcel:
    if parcel.state != State.RESERVED:
        raise Refusal(Code.PARCEL_STATE, "The parcel has been deposited already.")
    parcel.state = State.DEPOSITED
    session.add(parcel)
    session.commit()
    session.refresh(parcel)
    return parcel


def collect(session: Session, parcel: Parcel, pin: str) -> Parcel:
    """Open the box for whoever knows the PIN. The third wrong one locks it for a while."""
    if parcel.state != State.DEPOSITED:
        raise Refusal(Code.PARCEL_STATE, "The parcel does not lie in its box.")
    now = outside.now().timestamp()
    if now < parcel.locked_until:
        wait = {"Retry-After": str(math.ceil(parcel.locked_until - now))}
        raise Refusal(Code.BOX_LOCKED, "The box is locked for a while.", wait)
    if not secrets.compare_digest(pin.encode(), parcel.pin.encode()):
        note_wrong_pin(session, parcel, now)
        raise Refusal(Code.PIN_WRONG, "This is not the PIN of the parcel.")
    parcel.state = State.COLLECTED
    session.add(parcel)
    session.commit()
    session.refresh(parcel)
    return parcel


def note_wrong_pin(session: Session, parcel: Parcel, now: float) -> None:
    parcel.wrong_pins += 1
    if parcel.wrong_pins >= MOST_WRONG_PINS:
        parcel.wrong_pins = 0
        parcel.locked_until = now + LOCK_S
    session.add(parcel)
    session.commit()
