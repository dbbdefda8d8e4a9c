"""The tool library of our street: who has what, until when, and against which deposit."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, create_engine, func, select, update

from app import outside
from app.domain import (
    Loan,
    LoanCreateDTO,
    LoanDTO,
    RemindersDTO,
    SettlementDTO,
    Tool,
    ToolCreateDTO,
    ToolDTO,
    ToolUpdateDTO,
    UpdatedDTO,
)

LOAN_PERIOD = timedelta(days=7)
MOST_LOANS = 2
FEE_CENTS = 50
OUT = col(Loan.returned_on).is_(None)

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    # Lending and returning wait for the card company while they hold the database's write lock.
    connect_args={"check_same_thread": False, "timeout": 30},
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


app = FastAPI(title="Tool library", lifespan=lifespan)
Db = Annotated[Session, Depends(get_session)]


@app.exception_handler(outside.OutsideError)
def partner_failed(request: Request, error: outside.OutsideError) -> JSONResponse:
    return JSONResponse({"detail": "A partner of the library did not answer."}, 502)


def existing_tool(session: Session, tool_id: int) -> Tool:
    tool = session.get(Tool, tool_id)
    if tool is None:
        raise HTTPException(404, f"There is no tool {tool_id}.")
    return tool


def commit_unique(session: Session) -> None:
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "This is in the library already.") from None


@app.post("/tools", status_code=201, response_model=ToolDTO)
def add_tool(body: ToolCreateDTO, session: Db) -> Any:
    tool = Tool(**body.model_dump())
    session.add(tool)
    commit_unique(session)
    session.refresh(tool)
    return tool


@app.get("/tools", response_model=list[ToolDTO])
def list_tools(session: Db, free: bool = False) -> Any:
    """All tools, or those that nobody has at the moment."""
    query = select(Tool).order_by(col(Tool.id))
    if free:
        query = query.where(col(Tool.id).not_in(select(Loan.tool_id).where(OUT)))
    return session.exec(query).all()


@app.get("/tools/{tool_id}", response_model=ToolDTO)
def read_tool(tool_id: int, session: Db) -> Any:
    return existing_tool(session, tool_id)


@app.patch("/tools/{tool_id}")
def change_tool(tool_id: int, body: ToolUpdateDTO, session: Db) -> UpdatedDTO:
    tool = existing_tool(session, tool_id)
    tool.sqlmodel_update(body.model_dump(exclude_unset=True))
    session.add(tool)
    commit_unique(session)
    return UpdatedDTO(updated=True)


@app.post("/loans", status_code=201, response_model=LoanDTO)
def lend(body: LoanCreateDTO, session: Db) -> Any:
    """Lend a tool for seven days, against a deposit."""
    deposit = existing_tool(session, body.tool_id).deposit_cents
    reference = outside.hold_deposit(body.member, deposit)  # without one there is no loan
    today = outside.today()
    loan = Loan(**body.model_dump(), lent_on=today, due_on=today + LOAN_PERIOD)
    session.add(loan)
    session.flush()  # nobody else writes from here on, so what is asked below stays true
    others = select(func.count()).where(OUT, col(Loan.id) != loan.id)
    if session.exec(others.where(col(Loan.tool_id) == body.tool_id)).one():
        raise HTTPException(409, "This tool is lent at the moment.")
    if session.exec(others.where(col(Loan.member) == body.member)).one() >= MOST_LOANS:
        raise HTTPException(409, "You hold two tools already.")
    loan.deposit_reference = reference
    try:
        session.commit()
    except Exception:
        outside.release_deposit(reference, deposit)
        raise
    session.refresh(loan)
    return loan


@app.get("/loans/overdue", response_model=list[LoanDTO])
def list_overdue(session: Db) -> Any:
    late = select(Loan).where(OUT, col(Loan.due_on) < outside.today())
    return session.exec(late.order_by(col(Loan.id))).all()


@app.post("/loans/{loan_id}/return")
def give_back(loan_id: int, session: Db) -> SettlementDTO:
    """Take a tool back; a late one costs part of its deposit."""
    loan = session.get(Loan, loan_id)
    if loan is None:
        raise HTTPException(404, f"There is no loan {loan_id}.")
    today = outside.today()
    still_out = update(Loan).where(col(Loan.id) == loan_id, OUT)
    if session.exec(still_out.values(returned_on=today)).rowcount != 1:
        raise HTTPException(409, "This tool is back already.")
    deposit = existing_tool(session, loan.tool_id).deposit_cents
    fee = min(max((today - loan.due_on).days, 0) * FEE_CENTS, deposit)
    if loan.deposit_reference is not None:  # a few old loans never had their deposit held
        outside.release_deposit(loan.deposit_reference, deposit - fee)
    session.commit()
    return SettlementDTO(fee_cents=fee, refund_cents=deposit - fee)


@app.get("/members/{member}/loans", response_model=list[LoanDTO])
def list_held(member: str, session: Db) -> Any:
    """The tools that a member has at the moment."""
    held = select(Loan).where(OUT, col(Loan.member) == member)
    return session.exec(held.order_by(col(Loan.id))).all()


@app.post("/reminders")
def remind(session: Db) -> RemindersDTO:
    """Called every morning: mail everybody who has a tool that is late."""
    today = outside.today()
    late = select(Loan.member, Loan.due_on, Tool.name).join(Tool).where(OUT)
    mails = session.exec(late.where(col(Loan.due_on) < today).order_by(col(Loan.id))).all()
    failure: outside.OutsideError | None = None
    for member, due_on, name in mails:
        try:
            outside.send_mail(member, name, (today - due_on).days)
        except outside.OutsideError as error:
            failure = error  # the others get theirs all the same
    if failure is not None:
        raise failure
    return RemindersDTO(sent=len(mails))
