"""The rules of the box office: who may hold, buy and give back what."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlmodel import Session, func, literal, or_, select

from app import outside
from app.models import Booking, CheapTicket, Seat, Show

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


def claim(session: Session, show_id: int, seat: str, customer: str, **booking) -> Booking:
    """Write a booking and give it the seat, if nobody's booking that counts has it."""
    row = Booking(show_id=show_id, seat=seat, customer=customer, **booking)
    session.add(row)
    session.flush()
    seats = Seat.__table__
    free = upsert(seats).values(show_id=show_id, name=seat, booking_id=row.id)
    in_force = select(Booking.id).where(Booking.show_id == show_id, live())
    done = session.exec(
        free.on_conflict_do_update(
            index_elements=["show_id", "name"],
            set_={"booking_id": row.id},
            where=seats.c.booking_id.not_in(in_force),
        )
    )
    if done.rowcount == 0:
        session.rollback()
        raise Refused(f"Seat {seat} is taken.")
    return row


def hold_seat(session: Session, show_id: int, seat: str, customer: str) -> Booking:
    """Keep a seat for a customer for ten minutes, at today's price."""
    get_show(session, show_id)
    check_free(session, show_id, seat)
    price = outside.price(show_id, seat)
    until = outside.now() + HOLD
    booking = claim(session, show_id, seat, customer, price=price, held_until=until)
    query = select(func.count()).select_from(Booking)
    query = query.where(Booking.show_id == show_id, Booking.customer == customer, live())
    if session.exec(query).one() > SEATS_PER_CUSTOMER:
        session.rollback()
        raise Refused(f"{SEATS_PER_CUSTOMER} seats are the most that one customer can have.")
    session.commit()
    session.refresh(booking)
    return booking


def sell_at_till(session: Session, show_id: int, seat: str, till: str) -> Booking:
    """Sell a seat at the counter: paid at once, and without a limit (school classes)."""
    get_show(session, show_id)
    check_free(session, show_id, seat)
    price = outside.price(show_id, seat)
    booking = claim(session, show_id, seat, till, price=price, state="paid")
    session.commit()
    session.refresh(booking)
    return booking


def sell_cheap(session: Session, show_id: int, customer: str) -> CheapTicket:
    """Sell one of the show's cheap tickets; a customer can have one of them."""
    get_show(session, show_id)
    price = outside.price(show_id, CHEAP)
    tickets = CheapTicket.__table__
    new = select(literal(show_id), literal(customer), literal(price)).where(
        Show.id == show_id, Show.cheap_left > 0
    )
    done = session.exec(
        upsert(tickets)
        .from_select(["show_id", "customer", "price"], new)
        .on_conflict_do_nothing(index_elements=["show_id", "customer"])
    )
    if done.rowcount != 1:
        session.rollback()
        raise Refused("There is no cheap ticket for you any more.")
    session.exec(update(Show).where(Show.id == show_id).values(cheap_left=Show.cheap_left - 1))
    session.commit()
    query = select(CheapTicket).where(
        CheapTicket.show_id == show_id, CheapTicket.customer == customer
    )
    return session.exec(query).one()


def pay(session: Session, booking_id: int, customer: str) -> Booking:
    """Turn a hold that has not run out into a sale."""
    booking = get_booking(session, booking_id, customer)
    if booking.state != "held" or booking.held_until <= outside.now():
        raise Refused("There is no hold to pay for; it has run out or is settled.")
    booking.state = "paid"
    booking.held_until = None
    session.commit()
    session.refresh(booking)
    return booking


def cancel(session: Session, booking_id: int, customer: str) -> None:
    """Give a seat back, held or paid."""
    booking = get_booking(session, booking_id, customer)
    booking.state = "cancelled"
    booking.held_until = None
    session.commit()
