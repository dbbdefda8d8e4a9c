"""The rules of the box office: who may hold, buy and give back what.

A sale has three steps: `may_...` refuses early what is hopeless, the route asks the partner for
the price while no transaction is open, and `hold`, `sell` and `sell_cheap` decide. What they
decide they decide behind the write lock of the database, which both processes share.
"""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, or_, select, update

from app import outside
from app.models import Booking, CheapTicket, Show

HOLD = timedelta(minutes=10)
SEATS_PER_CUSTOMER = 6
CHEAP = "cheap"  # the pricing partner's name for a place in the gallery


class NotFound(Exception):
    """There is no such show, or no such booking of this customer."""


class Refused(Exception):
    """The box office says no; the message says why."""


# Reading


def get_show(session: Session, show_id: int) -> Show:
    show = session.get(Show, show_id)
    if show is None:
        raise NotFound(f"There is no show {show_id}.")
    return show


def get_booking(session: Session, booking_id: int, customer: str) -> Booking:
    booking = session.get(Booking, booking_id)
    if booking is None or booking.customer != customer:
        raise NotFound(f"You have no booking {booking_id}.")
    return booking


def live(at: datetime):
    """The condition for bookings that count: paid, or held and not yet run out."""
    return or_(
        Booking.state == "paid",
        (Booking.state == "held") & (col(Booking.held_until) > at),
    )


def seat_plan(session: Session, show_id: int) -> list[Booking]:
    """The seats of a show that are not for sale at the moment."""
    get_show(session, show_id)
    query = select(Booking).where(Booking.show_id == show_id, live(outside.now()))
    return list(session.exec(query.order_by(Booking.seat)))


def refuse_taken(session: Session, show_id: int, seat: str, at: datetime) -> None:
    query = select(Booking.id).where(Booking.show_id == show_id, Booking.seat == seat, live(at))
    if session.exec(query).first() is not None:
        raise Refused(f"Seat {seat} is taken.")


def refuse_seventh(session: Session, show_id: int, customer: str, at: datetime) -> None:
    query = select(func.count()).select_from(Booking)
    query = query.where(Booking.show_id == show_id, Booking.customer == customer, live(at))
    if session.exec(query).one() >= SEATS_PER_CUSTOMER:
        raise Refused(f"{SEATS_PER_CUSTOMER} seats are the most that one customer can have.")


# Before the price


def may_hold(session: Session, show_id: int, seat: str, customer: str) -> None:
    may_sell(session, show_id, seat)
    refuse_seventh(session, show_id, customer, outside.now())
    session.rollback()


def may_sell(session: Session, show_id: int, seat: str) -> None:
    get_show(session, show_id)
    refuse_taken(session, show_id, seat, outside.now())
    session.rollback()


def may_buy_cheap(session: Session, show_id: int, customer: str) -> None:
    show = get_show(session, show_id)
    if show.cheap_left < 1:
        raise Refused("The cheap tickets are sold out.")
    query = select(CheapTicket.id).where(
        CheapTicket.show_id == show_id, CheapTicket.customer == customer
    )
    if session.exec(query).first() is not None:
        raise Refused("You have a cheap ticket for this show already.")
    session.rollback()


# After the price


def queue_up(session: Session, show_id: int) -> datetime:
    """Wait for one's turn to sell seats of this show; it lasts until the transaction ends.

    The update changes nothing, but it takes the write lock, and everything that is read after it
    stays true until we commit. Returns the time, asked for when the turn has come.
    """
    turn = update(Show).where(col(Show.id) == show_id).values(title=Show.title)
    session.exec(turn.execution_options(synchronize_session=False))
    now = outside.now()
    lapsed = update(Booking).where(
        col(Booking.show_id) == show_id,
        col(Booking.state) == "held",
        col(Booking.held_until) <= now,
    )
    session.exec(
        lapsed.values(state="cancelled").execution_options(synchronize_session=False)
    )
    return now


def finish(session: Session, row: Booking | CheapTicket, reason: str):
    session.add(row)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise Refused(reason) from error
    session.refresh(row)
    return row


def hold(session: Session, show_id: int, seat: str, customer: str, price: int) -> Booking:
    """Keep a seat for a customer for ten minutes, at today's price."""
    now = queue_up(session, show_id)
    refuse_taken(session, show_id, seat, now)
    refuse_seventh(session, show_id, customer, now)
    booking = Booking(
        show_id=show_id, seat=seat, customer=customer, price=price, held_until=now + HOLD
    )
    return finish(session, booking, f"Seat {seat} is taken.")


def sell(session: Session, show_id: int, seat: str, till: str, price: int) -> Booking:
    """Sell a seat at the counter: paid at once, and without a limit (school classes)."""
    now = queue_up(session, show_id)
    refuse_taken(session, show_id, seat, now)
    booking = Booking(show_id=show_id, seat=seat, customer=till, price=price, state="paid")
    return finish(session, booking, f"Seat {seat} is taken.")


def sell_cheap(session: Session, show_id: int, customer: str, price: int) -> CheapTicket:
    """Sell one of the show's cheap tickets; a customer can have one of them."""
    fewer = (
        update(Show)
        .where(col(Show.id) == show_id, col(Show.cheap_left) > 0)
        .values(cheap_left=Show.cheap_left - 1)
        .execution_options(synchronize_session=False)
    )
    if session.exec(fewer).rowcount != 1:
        raise Refused("The cheap tickets are sold out.")
    ticket = CheapTicket(show_id=show_id, customer=customer, price=price)
    return finish(session, ticket, "You have a cheap ticket for this show already.")


# Later


def pay(session: Session, booking_id: int, customer: str) -> Booking:
    """Turn a hold that has not run out into a sale."""
    settled = (
        update(Booking)
        .where(
            col(Booking.id) == booking_id,
            col(Booking.customer) == customer,
            col(Booking.state) == "held",
            col(Booking.held_until) > outside.now(),
        )
        .values(state="paid", held_until=None)
    )
    if session.exec(settled).rowcount != 1:
        session.rollback()
        get_booking(session, booking_id, customer)
        raise Refused("There is no hold to pay for; it has run out or is settled.")
    session.commit()
    return get_booking(session, booking_id, customer)


def cancel(session: Session, booking_id: int, customer: str) -> None:
    """Give a seat back, held or paid."""
    given_back = (
        update(Booking)
        .where(col(Booking.id) == booking_id, col(Booking.customer) == customer)
        .values(state="cancelled", held_until=None)
    )
    if session.exec(given_back).rowcount != 1:
        raise NotFound(f"You have no booking {booking_id}.")
    session.commit()
