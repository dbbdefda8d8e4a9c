"""The rules of the box office: who may hold, buy and give back what."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, func, or_, select, update

from app import outside
from app.models import Booking, CheapTicket, Show

HOLD = timedelta(minutes=10)
SEATS_PER_CUSTOMER = 6
CHEAP = "cheap"  # the pricing partner's name for a place in the gallery


class NotFound(Exception):
    """There is no such show, or no such booking of this customer."""


class Refused(Exception):
    """The box office says no; the message says why."""


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


def live():
    """The condition for bookings that count: paid, or held and not yet run out."""
    return or_(
        Booking.state == "paid",
        (Booking.state == "held") & (Booking.held_until > outside.now()),
    )


def seat_plan(session: Session, show_id: int) -> list[Booking]:
    """The seats of a show that are not for sale at the moment."""
    get_show(session, show_id)
    query = select(Booking).where(Booking.show_id == show_id, live())
    return list(session.exec(query.order_by(Booking.seat)))


def check_free(session: Session, show_id: int, seat: str) -> None:
    query = select(Booking).where(Booking.show_id == show_id, Booking.seat == seat, live())
    if session.exec(query).first():
        raise Refused(f"Seat {seat} is taken.")


def check_limit(session: Session, show_id: int, customer: str) -> None:
    query = select(func.count()).select_from(Booking)
    query = query.where(Booking.show_id == show_id, Booking.customer == customer, live())
    if session.exec(query).one() >= SEATS_PER_CUSTOMER:
        raise Refused(f"{SEATS_PER_CUSTOMER} seats are the most that one customer can have.")


def release_expired(session: Session, show_id: int, seat: str) -> None:
    """Cancel a hold on this seat that has run out, so that its row is not in the way."""
    query = update(Booking).where(
        Booking.show_id == show_id,
        Booking.seat == seat,
        Booking.state == "held",
        Booking.held_until <= outside.now(),
    )
    session.exec(query.values(state="cancelled", held_until=None))


def save(session: Session, row: Booking | CheapTicket, reason: str) -> None:
    """Write a row; the unique index says no if somebody was faster."""
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise Refused(reason) from None
    session.refresh(row)


def hold_seat(session: Session, show_id: int, seat: str, customer: str) -> Booking:
    """Keep a seat for a customer for ten minutes, at today's price."""
    get_show(session, show_id)
    check_free(session, show_id, seat)
    check_limit(session, show_id, customer)
    session.commit()
    price = outside.price(show_id, seat)
    check_limit(session, show_id, customer)  # again: the price may have taken a second
    release_expired(session, show_id, seat)
    booking = Booking(
        show_id=show_id,
        seat=seat,
        customer=customer,
        price=price,
        held_until=outside.now() + HOLD,
    )
    save(session, booking, f"Seat {seat} is taken.")
    return booking


def sell_at_till(session: Session, show_id: int, seat: str, till: str) -> Booking:
    """Sell a seat at the counter: paid at once, and without a limit (school classes)."""
    get_show(session, show_id)
    check_free(session, show_id, seat)
    session.commit()
    price = outside.price(show_id, seat)
    release_expired(session, show_id, seat)
    booking = Booking(show_id=show_id, seat=seat, customer=till, price=price, state="paid")
    save(session, booking, f"Seat {seat} is taken.")
    return booking


def sell_cheap(session: Session, show_id: int, customer: str) -> CheapTicket:
    """Sell one of the show's cheap tickets; a customer can have one of them."""
    show = get_show(session, show_id)
    query = select(CheapTicket).where(
        CheapTicket.show_id == show_id, CheapTicket.customer == customer
    )
    if session.exec(query).first():
        raise Refused("You have a cheap ticket for this show already.")
    if show.cheap_left < 1:
        raise Refused("The cheap tickets are sold out.")
    session.commit()
    price = outside.price(show_id, CHEAP)
    one_less = update(Show).where(Show.id == show_id, Show.cheap_left > 0)
    if session.exec(one_less.values(cheap_left=Show.cheap_left - 1)).rowcount == 0:
        session.rollback()
        raise Refused("The cheap tickets are sold out.")
    ticket = CheapTicket(show_id=show_id, customer=customer, price=price)
    save(session, ticket, "You have a cheap ticket for this show already.")
    return ticket


def pay(session: Session, booking_id: int, customer: str) -> Booking:
    """Turn a hold that has not run out into a sale."""
    booking = get_booking(session, booking_id, customer)
    session.commit()
    query = update(Booking).where(
        Booking.id == booking_id, Booking.state == "held", Booking.held_until > outside.now()
    )
    if session.exec(query.values(state="paid", held_until=None)).rowcount == 0:
        session.rollback()
        raise Refused("There is no hold to pay for; it has run out or is settled.")
    session.commit()
    session.refresh(booking)
    return booking


def cancel(session: Session, booking_id: int, customer: str) -> None:
    """Give a seat back, held or paid."""
    booking = get_booking(session, booking_id, customer)
    booking.state = "cancelled"
    booking.held_until = None
    session.commit()
