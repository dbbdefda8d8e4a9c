"""The order board of a wholesaler."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy.orm import joinedload, selectinload
from sqlmodel import Session, SQLModel, col, func, select

from app import transfer
from app.db import Db, engine
from app.models import Customer, Line, Order, Product, sql_cents
from app.schemas import Board, BoardLine, BoardOrder, OrderDetail, OrderIn

PER_PAGE = 50
SHOWN = (joinedload(Order.customer), selectinload(Order.lines).joinedload(Line.product))


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


def existing(session: Session, order_id: int) -> Order:
    order = session.get(Order, order_id, options=SHOWN)
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


@app.get("/orders")
def read_board(
    session: Db,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    customer_id: int | None = None,
) -> Board:
    """The newest orders first, fifty to a page; of one customer if asked."""
    orders = select(Order).options(*SHOWN)
    count = select(func.count()).select_from(Order)
    worth = select(sql_cents()).select_from(Line).join(Order)
    if customer_id is not None:
        orders = orders.where(Order.customer_id == customer_id)
        count = count.where(Order.customer_id == customer_id)
        worth = worth.where(Order.customer_id == customer_id)
    newest = orders.order_by(col(Order.placed_on).desc(), col(Order.id).desc())
    shown = session.exec(newest.offset((page - 1) * PER_PAGE).limit(PER_PAGE)).all()
    return Board(
        page=page,
        count=session.exec(count).one(),
        worth_cents=session.exec(worth).one(),
        orders=[on_board(order) for order in shown],
    )


@app.post("/orders", status_code=201)
def place_order(body: OrderIn, session: Db) -> BoardOrder:
    if session.get(Customer, body.customer_id) is None:
        raise HTTPException(404, "There is no such customer.")
    order = Order(customer_id=body.customer_id)
    session.add(order)
    session.flush()
    ids = {wanted.product_id for wanted in body.lines}
    found = session.exec(select(Product).where(col(Product.id).in_(ids))).all() if ids else []
    products = {product.id: product for product in found}
    if len(products) < len(ids):
        raise HTTPException(404, "There is no such product.")
    for position, wanted in enumerate(body.lines, start=1):
        product = products[wanted.product_id]
        line = Line(
            **wanted.model_dump(),
            order_id=order.id,
            position=position,
            unit_cents=product.unit_cents,
        )
        session.add(line)
    session.flush()
    placed = on_board(order)
    session.commit()
    return placed


@app.get("/orders/{order_id}", response_model=OrderDetail)
def read_order(order_id: int, session: Db) -> Order:
    return existing(session, order_id)


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
