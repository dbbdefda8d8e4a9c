"""The order board of a wholesaler."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy import and_, case, func, insert
from sqlmodel import Session, SQLModel, col, select

from app import transfer
from app.db import Db, engine
from app.models import Customer, Line, Order, Product
from app.schemas import (
    Board,
    BoardLine,
    BoardOrder,
    CustomerCard,
    LineDetail,
    OrderDetail,
    OrderIn,
    ProductCard,
)

PER_PAGE = 50


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Order board", lifespan=lifespan)
app.include_router(transfer.router)


@app.exception_handler(OverflowError)
def too_large(request: Request, error: OverflowError) -> JSONResponse:
    """A number that does not fit into the database is nobody's."""
    return JSONResponse({"detail": "There is no such number."}, status_code=404)


def board_order(
    order: Order, customer: Customer, lines: Iterable[tuple[Line, Product]]
) -> BoardOrder:
    shown = [
        BoardLine(
            position=line.position,
            product=product.name,
            quantity=line.quantity,
            cents=line.cents,
            cancelled=line.cancelled,
        )
        for line, product in lines
    ]
    return BoardOrder(
        id=order.id,
        placed_on=order.placed_on,
        customer=customer.name,
        city=customer.city,
        lines=shown,
        total_cents=sum(line.cents for line in shown),
    )


def lines_of(session: Session, ids: list[int]) -> dict[int, list[tuple[Line, Product]]]:
    """The lines of some orders with their products, in one statement."""
    found: dict[int, list[tuple[Line, Product]]] = defaultdict(list)
    if ids:
        query = select(Line, Product).join(Product, col(Line.product_id) == Product.id)
        query = query.where(col(Line.order_id).in_(ids)).order_by(col(Line.position), col(Line.id))
        for line, product in session.exec(query):
            found[line.order_id].append((line, product))
    return found


def order_and_customer(session: Session, order_id: int) -> tuple[Order, Customer]:
    query = select(Order, Customer).join(Customer).where(Order.id == order_id)
    found = session.exec(query).first()
    if found is None:
        raise HTTPException(404, "There is no such order.")
    return found


def totals(session: Session, customer_id: int | None) -> tuple[int, int]:
    """How many orders there are and what they are worth, of one moment."""
    raw = col(Line.quantity) * col(Line.unit_cents) * (100 - col(Line.discount_percent)) + 50
    # SQL cuts towards zero where Python's // goes down.
    rounded = case((raw >= 0, raw // 100), else_=-((99 - raw) // 100))
    count = select(func.count(col(Order.id)))
    worth = (
        select(func.coalesce(func.sum(rounded), 0))
        .select_from(Order)
        .join(Line, and_(col(Line.order_id) == Order.id, col(Line.cancelled).is_(False)))
    )
    if customer_id is not None:
        count = count.where(Order.customer_id == customer_id)
        worth = worth.where(Order.customer_id == customer_id)
    return session.exec(select(count.scalar_subquery(), worth.scalar_subquery())).one()


@app.get("/orders")
def read_board(
    session: Db,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    customer_id: int | None = None,
) -> Board:
    """The newest orders first, fifty to a page; of one customer if asked."""
    count, worth_cents = totals(session, customer_id)
    query = select(Order, Customer).join(Customer)
    if customer_id is not None:
        query = query.where(Order.customer_id == customer_id)
    query = query.order_by(col(Order.placed_on).desc(), col(Order.id).desc())
    shown = session.exec(query.offset((page - 1) * PER_PAGE).limit(PER_PAGE)).all()
    lines = lines_of(session, [order.id for order, _ in shown])
    return Board(
        page=page,
        count=count,
        worth_cents=worth_cents,
        orders=[board_order(order, customer, lines[order.id]) for order, customer in shown],
    )


@app.post("/orders", status_code=201)
def place_order(body: OrderIn, session: Db) -> BoardOrder:
    customer = session.get(Customer, body.customer_id)
    if customer is None:
        raise HTTPException(404, "There is no such customer.")
    order = Order(customer_id=body.customer_id)
    session.add(order)
    session.flush()
    wanted_ids = {wanted.product_id for wanted in body.lines}
    query = select(Product).where(col(Product.id).in_(wanted_ids))
    products = {product.id: product for product in session.exec(query)} if wanted_ids else {}
    if wanted_ids - products.keys():
        session.rollback()
        raise HTTPException(404, "There is no such product.")
    lines = [
        Line(
            order_id=order.id,
            position=position,
            unit_cents=products[wanted.product_id].unit_cents,
            **wanted.model_dump(),
        )
        for position, wanted in enumerate(body.lines, start=1)
    ]
    if lines:
        session.execute(insert(Line), [line.model_dump(exclude={"id"}) for line in lines])
    answer = board_order(order, customer, [(line, products[line.product_id]) for line in lines])
    session.commit()
    return answer


@app.get("/orders/{order_id}")
def read_order(order_id: int, session: Db) -> OrderDetail:
    order, customer = order_and_customer(session, order_id)
    placed, since = session.exec(
        select(func.count(col(Order.id)), func.min(Order.placed_on)).where(
            Order.customer_id == customer.id
        )
    ).one()
    lines = lines_of(session, [order_id])[order_id]
    return OrderDetail(
        id=order.id,
        placed_on=order.placed_on,
        customer=CustomerCard(
            **customer.model_dump(), orders_placed=placed, customer_since=since
        ),
        lines=[
            LineDetail(
                position=line.position,
                product=ProductCard(id=product.id, name=product.name),
                quantity=line.quantity,
                unit_cents=line.unit_cents,
                discount_percent=line.discount_percent,
                cents=line.cents,
                cancelled=line.cancelled,
            )
            for line, product in lines
        ],
        total_cents=sum(line.cents for line, _ in lines),
    )


@app.post("/orders/{order_id}/lines/{position}/cancel")
def cancel_line(order_id: int, position: int, session: Db) -> BoardOrder:
    """A cancelled line stays on the order, and counts for nothing."""
    order, customer = order_and_customer(session, order_id)
    lines = lines_of(session, [order_id])[order_id]
    line = next((line for line, _ in lines if line.position == position), None)
    if line is None:
        raise HTTPException(404, "There is no such line.")
    line.cancelled = True
    session.add(line)
    answer = board_order(order, customer, lines)
    session.commit()
    return answer
