"""HTTP for the tool library of our street."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlmodel import Session, SQLModel, create_engine, select

from app import services
from app.domain import (
    Loan,
    LoanIn,
    LoanOut,
    NotFoundError,
    Reminders,
    RuleError,
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


@app.exception_handler(NotFoundError)
def not_found(request: Request, error: NotFoundError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 404)


@app.exception_handler(RuleError)
def conflict(request: Request, error: RuleError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)


@app.exception_handler(OutsideError)
def partner_failed(request: Request, error: OutsideError) -> JSONResponse:
    return JSONResponse({"detail": "A partner of the library did not answer."}, 502)


@app.post("/tools", status_code=201, response_model=ToolOut)
def add_tool(body: ToolIn, session: Db) -> Tool:
    return services.store_tool(session, Tool(**body.model_dump()))


@app.get("/tools", response_model=list[ToolOut])
def list_tools(session: Db, free: bool = False) -> Sequence[Tool]:
    """All tools, or those that nobody has at the moment."""
    return services.free_tools(session) if free else session.exec(select(Tool)).all()


@app.get("/tools/{tool_id}", response_model=ToolOut)
def read_tool(tool_id: int, session: Db) -> Tool:
    return services.existing(session, Tool, tool_id)


@app.patch("/tools/{tool_id}")
def change_tool(tool_id: int, body: ToolChange, session: Db) -> Updated:
    services.change_tool(session, tool_id, body.model_dump(exclude_unset=True))
    return Updated(updated=True)


@app.post("/loans", status_code=201, response_model=LoanOut)
def lend(body: LoanIn, session: Db) -> Loan:
    """Lend a tool for seven days, against a deposit."""
    return services.lend(session, body.tool_id, body.member)


@app.get("/loans/overdue", response_model=list[LoanOut])
def list_overdue(session: Db) -> Sequence[Loan]:
    return services.overdue(session)


@app.post("/loans/{loan_id}/return")
def give_back(loan_id: int, session: Db) -> Settlement:
    """Take a tool back; a late one costs part of its deposit."""
    return services.settle(session, loan_id)


@app.get("/members/{member}/loans", response_model=list[LoanOut])
def list_held(member: str, session: Db) -> Sequence[Loan]:
    """The tools that a member has at the moment."""
    return services.loans_held(session, member)


@app.post("/reminders")
def remind(session: Db) -> Reminders:
    """Called every morning: mail everybody who has a tool that is late."""
    return Reminders(sent=services.remind(session))
