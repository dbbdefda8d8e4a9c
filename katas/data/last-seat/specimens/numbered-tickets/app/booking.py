"""The rules of the box office: who may hold, buy and give back what."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, func, or_, select, update

from app import outside
from app.models import Booking, CheapTicket, Show, ShowOut

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


def show_out(session: Session, show_id: int) -> ShowOut:
    show = get_show(session, show_id)
    query = select(func.count()).select_from(CheapTicket).where(CheapTicket.show_id == show_id)
    sold = session.exec(query).one()
    return ShowOut(id=show_id, title=show.title, cheap_left=show.cheap - sold)


def free_number(session: Session, show_id: int, customer: str) -> int:
    """The lowest number that none of the customer's seats has."""
    query = select(Booking.number).where(
        Booking.show_id == show_id, Booking.customer == customer, Booking.claimed.is_not(None)
    )
    numbers = set(session.exec(query))
    free = [n for n in range(1, SEATS_PER_CUSTOMER + 1) if n not in numbers]
    if not free:
        raise Refused(f"{SEATS_PER_CUSTOMER} seats are the most that one customer can have.")
    return free[0]


def give_back_run_out(session: Session, show_id: int) -> None:
    session.exec(
        update(Booking)
        .where(
            Booking.show_id == show_id,
            Booking.state == "held",
            Booking.held_until <= outside.now(),
        )
        .values(state="cancelled", held_until=None, number=None, claimed=None)
    )
    session.commit()


def hold_seat(session: Session, show_id: int, seat: str, customer: str) -> Booking:
    """Keep a seat for a customer for ten minutes, at today's price."""
    get_show(session, show_id)
    check_free(session, show_id, seat)
    price = outside.price(show_id, seat)
    give_back_run_out(session, show_id)
    while True:
        check_free(session, show_id, seat)
        booking = Booking(
            show_id=show_id,
            seat=seat,
            customer=customer,
            price=price,
            held_until=outside.now() + HOLD,
            number=free_number(session, show_id, customer),
            claimed=seat,
        )
        session.add(booking)
        try:
            session.commit()
        except IntegrityError:
            session.rollback()  # the seat or the number was taken meanwhile: look again
            continue
        session.refresh(booking)
        return booking


def sell_at_till(session: Session, show_id: int, seat: str, till: str) -> Booking:
    """Sell a seat at the counter: paid at once, and without a limit (school classes)."""
    get_show(session, show_id)
    check_free(session, show_id, seat)
    price = outside.price(show_id, seat)
    give_back_run_out(session, show_id)
    booking = Booking(
        show_id=show_id, seat=seat, customer=till, price=price, state="paid", claimed=seat
    )
    session.add(booking)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise Refused(f"Seat {seat} is taken.") from None
    session.refresh(booking)
    return booking


def sell_cheap(session: Session, show_id: int, customer: str) -> CheapTicket:
    """Sell one of the show's cheap tickets; a customer can have one of them."""
    cheap = get_show(session, show_id).cheap
    price = outside.price(show_id, CHEAP)
    while True:
        sold = select(CheapTicket).where(CheapTicket.show_id == show_id)
        tickets = session.exec(sold).all()
        if any(ticket.customer == customer for ticket in tickets):
            raise Refused("You have a cheap ticket for this show already.")
        if len(tickets) >= cheap:
            raise Refused("The cheap tickets are sold out.")
        ticket = CheapTicket(
            show_id=show_id, customer=customer, number=len(tickets) + 1, price=price
        )
        session.add(ticket)
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
            continue
        session.refresh(ticket)
        return ticket


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
    booking.number = booking.claimed = None
    session.commit()
