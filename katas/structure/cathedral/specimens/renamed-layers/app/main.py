"""HTTP for the tool library of our street."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlmodel import SQLModel

from app.container import Container, engine, get_container
from app.domain import (
    EntityNotFoundError,
    LoanCreateDTO,
    LoanDTO,
    RemindersDTO,
    RuleViolationError,
    SettlementDTO,
    ToolCreateDTO,
    ToolDTO,
    ToolEntity,
    ToolUpdateDTO,
    UpdatedDTO,
)
from app.outside import OutsideError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Tool library", lifespan=lifespan)
Services = Annotated[Container, Depends(get_container)]


@app.exception_handler(EntityNotFoundError)
def not_found(request: Request, error: EntityNotFoundError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 404)


@app.exception_handler(RuleViolationError)
def conflict(request: Request, error: RuleViolationError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)


@app.exception_handler(OutsideError)
def partner_failed(request: Request, error: OutsideError) -> JSONResponse:
    return JSONResponse({"detail": "A partner of the library did not answer."}, 502)


@app.post("/tools", status_code=201, response_model=ToolDTO)
def add_tool(body: ToolCreateDTO, services: Services) -> Any:
    tool = ToolEntity(id=None, **body.model_dump())
    return vars(services.tools.create(tool))


@app.get("/tools", response_model=list[ToolDTO])
def list_tools(services: Services, free: bool = False) -> Any:
    """All tools, or those that nobody has at the moment."""
    return [vars(tool) for tool in services.tools.search(free)]


@app.get("/tools/{tool_id}", response_model=ToolDTO)
def read_tool(tool_id: int, services: Services) -> Any:
    return vars(services.tools.read(tool_id))


@app.patch("/tools/{tool_id}")
def change_tool(tool_id: int, body: ToolUpdateDTO, services: Services) -> UpdatedDTO:
    changes = body.model_dump(exclude_unset=True)
    return UpdatedDTO(updated=services.tools.change(tool_id, changes))


@app.post("/loans", status_code=201, response_model=LoanDTO)
def lend(body: LoanCreateDTO, services: Services) -> Any:
    """Lend a tool for seven days, against a deposit."""
    return vars(services.loans.lend(body.tool_id, body.member))


@app.get("/loans/overdue", response_model=list[LoanDTO])
def list_overdue(services: Services) -> Any:
    return [vars(loan) for loan in services.loans.overdue()]


@app.post("/loans/{loan_id}/return")
def give_back(loan_id: int, services: Services) -> SettlementDTO:
    """Take a tool back; a late one costs part of its deposit."""
    return services.loans.settle(loan_id)


@app.get("/members/{member}/loans", response_model=list[LoanDTO])
def list_held(member: str, services: Services) -> Any:
    """The tools that a member has at the moment."""
    return [vars(loan) for loan in services.loans.held_by(member)]


@app.post("/reminders")
def remind(services: Services) -> RemindersDTO:
    """Called every morning: mail everybody who has a tool that is late."""
    return RemindersDTO(sent=services.loans.remind())
