"""The order board of a wholesaler."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import Session, SQLModel, case, col, func, select

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
)

PER_PAGE = 50

# `Line.cents` for the database, rounded line by line like the original.
LINE_CENTS = case(
    (col(Line.cancelled), 0),
    else_=(col(Line.quantity) * col(Line.unit_cents) * (100 - col(Line.discount_percent)) + 50)
    // 100,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Order board", lifespan=lifespan)
app.include_router(transfer.router)


def whole() -> list[ExecutableOption]:
    """Options that fetch customers, lines and products with their orders, by two statements."""
    return [
        joinedload(Order.customer),
        selectinload(Order.lines).joinedload(Line.product),
    ]


def existing(session: Session, order_id: int) -> Order:
    order = session.get(Order, order_id, options=whole())
    if order is None:
        raise HTTPException(404, "There is no such order.")
    return order


def on_board(order: Order) -> BoardOrder:
    return BoardOrder(
        id=order.id,
        placed_on=order.placed_on,
        customer=order.customer.name,
        city=order.customer.city,
        lines=[
            BoardLine(
                position=line.position,
                product=line.product.name,
                quantity=line.quantity,
                cents=line.cents,
                cancelled=line.cancelled,
            )
            for line in order.lines
        ],
        total_cents=order.total_cents,
    )


def lines_by_order(session: Session, orders: Sequence[Order]) -> dict[int, list[BoardLine]]:
    """The lines of some orders as the board shows them, by one query."""
    lines: dict[int, list[BoardLine]] = defaultdict(list)
    numbers = [order.id for order in orders]
    query = select(Line, Product.name).join(Product).where(col(Line.order_id).in_(numbers))
    for line, product in session.exec(query):
        lines[line.order_id].append(
            BoardLine(
                position=line.position,
                product=product,
                quantity=line.quantity,
                cents=line.cents,
                cancelled=line.cancelled,
            )
        )
    return lines


@app.get("/orders")
def read_board(
    session: Db,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    customer_id: int | None = None,
) -> Board:
    """The newest orders first, fifty to a page; of one customer if asked."""
    wanted = [] if customer_id is None else [Order.customer_id == customer_id]
    newest = select(Order, Customer).join(Customer).where(*wanted)
    newest = newest.order_by(col(Order.placed_on).desc(), col(Order.id).desc())
    shown = session.exec(newest.offset((page - 1) * PER_PAGE).limit(PER_PAGE)).all()
    lines = lines_by_order(session, [order for order, _ in shown])
    of_each = (
        select(func.sum(LINE_CENTS)).join(Order).where(*wanted).group_by(col(Order.id))
    ).subquery()
    worth = session.exec(select(func.sum(of_each.c[0]))).one()
    return Board(
        page=page,
        count=session.exec(select(func.count(col(Order.id))).where(*wanted)).one(),
        worth_cents=worth or 0,
        orders=[
            BoardOrder(
                id=order.id,
                placed_on=order.placed_on,
                customer=customer.name,
                city=customer.city,
                lines=lines[order.id],
                total_cents=sum(line.cents for line in lines[order.id]),
            )
            for order, customer in shown
        ],
    )


@app.post("/orders", status_code=201)
def place_order(body: OrderIn, session: Db) -> BoardOrder:
    customer = session.get(Customer, body.customer_id)
    if customer is None:
        raise HTTPException(404, "There is no such customer.")
    numbers = {line.product_id for line in body.lines}
    found = session.exec(select(Product).where(col(Product.id).in_(numbers)))
    products = {product.id: product for product in found}
    if numbers - products.keys():
        raise HTTPException(404, "There is no such product.")
    order = Order(customer=customer)
    for position, line in enumerate(body.lines, start=1):
        product = products[line.product_id]
        order.lines.append(
            Line(
                **line.model_dump(),
                position=position,
                unit_cents=product.unit_cents,
                product=product,
            )
        )
    session.add(order)
    session.flush()
    placed = on_board(order)  # before the commit, after which each row would be fetched again
    session.commit()
    return placed


@app.get("/orders/{order_id}")
def read_order(order_id: int, session: Db) -> OrderDetail:
    order = existing(session, order_id)
    history = select(func.count(), func.min(Order.placed_on))
    placed, since = session.exec(history.where(Order.customer_id == order.customer_id)).one()
    return OrderDetail(
        id=order_id,
        placed_on=order.placed_on,
        customer=CustomerCard(
            **order.customer.model_dump(), orders_placed=placed, customer_since=since
        ),
        lines=[LineDetail.model_validate(line, from_attributes=True) for line in order.lines],
        total_cents=order.total_cents,
    )


@app.post("/orders/{order_id}/lines/{position}/cancel")
def cancel_line(order_id: int, position: int, session: Db) -> BoardOrder:
    """A cancelled line stays on the order, and counts for nothing."""
    order = existing(session, order_id)
    line = next((line for line in order.lines if line.position == position), None)
    if line is None:
        raise HTTPException(404, "There is no such line.")
    line.cancelled = True
    session.add(line)
    changed = on_board(order)
    session.commit()
    return changed
