"""Wires the parts together. Whoever needs a service asks for it by its name."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from sqlmodel import Session, create_engine

from app.domain import LoanOverdue
from app.repositories import AbstractUnitOfWork, SqlUnitOfWork
from app.services import (
    EventBus,
    ILoanService,
    IToolService,
    LoanService,
    MailNotifier,
    OverdueMailHandler,
    ToolService,
)

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


class AbstractServiceFactory(ABC):
    @abstractmethod
    def make_tool_service(self, uow: AbstractUnitOfWork) -> IToolService: ...

    @abstractmethod
    def make_loan_service(self, uow: AbstractUnitOfWork) -> ILoanService: ...


class ServiceFactory(AbstractServiceFactory):
    def make_tool_service(self, uow: AbstractUnitOfWork) -> IToolService:
        return ToolService(uow)

    def make_loan_service(self, uow: AbstractUnitOfWork) -> ILoanService:
        bus = EventBus()
        bus.subscribe(LoanOverdue, OverdueMailHandler(MailNotifier()))
        return LoanService(uow, bus)


class Container:
    def __init__(self, factory: AbstractServiceFactory, uow: AbstractUnitOfWork) -> None:
        self._uow = uow
        self._makers: dict[str, Callable[[AbstractUnitOfWork], Any]] = {
            "tool_service": factory.make_tool_service,
            "loan_service": factory.make_loan_service,
        }

    def resolve(self, name: str) -> Any:
        return self._makers[name](self._uow)


def get_container() -> Iterator[Container]:
    uow = SqlUnitOfWork(Session(engine))
    try:
        yield Container(ServiceFactory(), uow)
    finally:
        uow.close()
