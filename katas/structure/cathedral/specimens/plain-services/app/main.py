"""HTTP for the tool library of our street."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import exists
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from app import outside, services
from app.container import engine, get_session, writing
from app.domain import (
    LoanCreateDTO,
    LoanDTO,
    LoanTable,
    Missing,
    Refused,
    RemindersDTO,
    SettlementDTO,
    ToolCreateDTO,
    ToolDTO,
    ToolTable,
    ToolUpdateDTO,
    UpdatedDTO,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Tool library", lifespan=lifespan)
Reading = Annotated[Session, Depends(get_session)]
Writing = Annotated[Session, Depends(writing)]


@app.exception_handler(Missing)
def not_found(request: Request, error: Missing) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 404)


@app.exception_handler(Refused)
def conflict(request: Request, error: Refused) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)


@app.exception_handler(IntegrityError)
def taken(request: Request, error: IntegrityError) -> JSONResponse:
    return JSONResponse({"detail": "This is in the library already."}, 409)


@app.exception_handler(outside.OutsideError)
def partner_failed(request: Request, error: outside.OutsideError) -> JSONResponse:
    return JSONResponse({"detail": "A partner of the library did not answer."}, 502)


@app.post("/tools", status_code=201, response_model=ToolDTO)
def add_tool(body: ToolCreateDTO, session: Writing) -> Any:
    tool = ToolTable(**body.model_dump())
    session.add(tool)
    session.commit()
    return tool


@app.get("/tools", response_model=list[ToolDTO])
def list_tools(session: Reading, free: bool = False) -> Any:
    """All tools, or those that nobody has at the moment."""
    query = select(ToolTable).order_by(col(ToolTable.id))
    if free:
        lent = exists().where(
            col(LoanTable.tool_id) == col(ToolTable.id), col(LoanTable.returned_on).is_(None)
        )
        query = query.where(~lent)
    return session.exec(query).all()


@app.get("/tools/{tool_id}", response_model=ToolDTO)
def read_tool(tool_id: int, session: Reading) -> Any:
    tool = session.get(ToolTable, tool_id)
    if tool is None:
        raise Missing(f"There is no tool {tool_id}.")
    return tool


@app.patch("/tools/{tool_id}")
def change_tool(tool_id: int, body: ToolUpdateDTO, session: Writing) -> UpdatedDTO:
    tool = session.get(ToolTable, tool_id)
    if tool is None:
        raise Missing(f"There is no tool {tool_id}.")
    for field in body.model_fields_set:
        setattr(tool, field, getattr(body, field))
    session.commit()
    return UpdatedDTO(updated=True)


@app.post("/loans", status_code=201, response_model=LoanDTO)
def lend(body: LoanCreateDTO, session: Writing) -> Any:
    """Lend a tool for seven days, against a deposit."""
    return services.lend(session, body.tool_id, body.member)


@app.get("/loans/overdue", response_model=list[LoanDTO])
def list_overdue(session: Reading) -> Any:
    return services.loans_out(session, col(LoanTable.due_on) < outside.today())


@app.post("/loans/{loan_id}/return")
def give_back(loan_id: int, session: Writing) -> SettlementDTO:
    """Take a tool back; a late one costs part of its deposit."""
    return services.settle(session, loan_id)


@app.get("/members/{member}/loans", response_model=list[LoanDTO])
def list_held(member: str, session: Reading) -> Any:
    """The tools that a member has at the moment."""
    return services.loans_out(session, col(LoanTable.member) == member)


@app.post("/reminders")
def remind(session: Reading) -> RemindersDTO:
    """Called every morning: mail everybody who has a tool that is late."""
    return RemindersDTO(sent=services.remind(session))
