"""HTTP for the tool library of our street."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, create_engine, func, select

from app import outside
from app.domain import (
    Loan,
    LoanIn,
    LoanOut,
    Reminders,
    Settlement,
    Tool,
    ToolChange,
    ToolIn,
    ToolOut,
    Updated,
)
from app.outside import OutsideError

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Tool library", lifespan=lifespan)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


def existing_tool(tool_id: int, session: Db) -> Tool:
    tool = session.get(Tool, tool_id)
    if tool is None:
        raise HTTPException(404, "There is no such tool.")
    return tool


def store(session: Session, tool: Tool) -> None:
    session.add(tool)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise HTTPException(409, "Another tool has this code.") from None


def is_open():
    return col(Loan.returned_on).is_(None)


@app.exception_handler(OutsideError)
def partner_failed(request: Request, error: OutsideError) -> JSONResponse:
    return JSONResponse({"detail": "A partner of the library did not answer."}, 502)


@app.post("/tools", status_code=201, response_model=ToolOut)
def add_tool(body: ToolIn, session: Db) -> Tool:
    tool = Tool(**body.model_dump())
    store(session, tool)
    session.refresh(tool)
    return tool


@app.get("/tools", response_model=list[ToolOut])
def list_tools(session: Db, free: bool = False) -> Sequence[Tool]:
    """All tools, or those that nobody has at the moment."""
    query = select(Tool)
    if free:
        query = query.outerjoin(Loan, (col(Loan.tool_id) == Tool.id) & is_open())
        query = query.where(col(Loan.id).is_(None))
    return session.exec(query).all()


@app.get("/tools/{tool_id}", response_model=ToolOut)
def read_tool(tool: Annotated[Tool, Depends(existing_tool)]) -> Tool:
    return tool


@app.patch("/tools/{tool_id}")
def change_tool(
    tool: Annotated[Tool, Depends(existing_tool)], body: ToolChange, session: Db
) -> Updated:
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(tool, name, value)
    store(session, tool)
    return Updated(updated=True)


@app.post("/loans", status_code=201, response_model=LoanOut)
def lend(body: LoanIn, session: Db) -> Loan:
    """Lend a tool for seven days, against a deposit."""
    tool = existing_tool(body.tool_id, session)
    open_loans = select(func.count()).select_from(Loan).where(is_open())
    if session.exec(open_loans.where(Loan.tool_id == tool.id)).one():
        raise HTTPException(409, "This tool is lent at the moment.")
    if session.exec(open_loans.where(Loan.member == body.member)).one() >= 2:
        raise HTTPException(409, "You hold two tools already.")
    today = outside.today()
    loan = Loan(**body.model_dump(), lent_on=today, due_on=today + timedelta(days=7))
    session.add(loan)
    session.flush()
    loan.deposit_reference = outside.hold_deposit(body.member, tool.deposit_cents)
    session.commit()
    session.refresh(loan)
    return loan


@app.get("/loans/overdue", response_model=list[LoanOut])
def list_overdue(session: Db) -> Sequence[Loan]:
    return session.exec(select(Loan).where(is_open(), Loan.due_on < outside.today())).all()


@app.post("/loans/{loan_id}/return")
def give_back(loan_id: int, session: Db) -> Settlement:
    """Take a tool back; a late one costs part of its deposit."""
    row = session.exec(select(Loan, Tool).join(Tool).where(Loan.id == loan_id)).first()
    if row is None:
        raise HTTPException(404, "There is no such loan.")
    loan, tool = row
    if loan.returned_on is not None:
        raise HTTPException(409, "This tool is back already.")
    loan.returned_on = outside.today()
    session.add(loan)
    session.flush()
    late = max((loan.returned_on - loan.due_on).days, 0)
    fee = min(late * 50, tool.deposit_cents)
    outside.release_deposit(str(loan.deposit_reference), tool.deposit_cents - fee)
    refund = tool.deposit_cents - fee
    session.commit()
    return Settlement(fee_cents=fee, refund_cents=refund)


@app.get("/members/{member}/loans", response_model=list[LoanOut])
def list_held(member: str, session: Db) -> Sequence[Loan]:
    """The tools that a member has at the moment."""
    return session.exec(select(Loan).where(Loan.member == member, is_open())).all()


@app.post("/reminders")
def remind(session: Db) -> Reminders:
    """Called every morning: mail everybody who has a tool that is late."""
    today = outside.today()
    late = session.exec(select(Loan, Tool).join(Tool).where(is_open(), Loan.due_on < today)).all()
    for loan, tool in late:
        outside.send_mail(loan.member, tool.name, (today - loan.due_on).days)
    return Reminders(sent=len(late))
