"""Wires the parts together."""

import os
from collections.abc import Iterator

from sqlmodel import Session, create_engine

from app.domain import LoanOverdue
from app.repositories import BaseUnitOfWork, SqlUnitOfWork
from app.services import (
    EventBus,
    LoanUseCases,
    ToolUseCases,
    LoanService,
    MailNotifier,
    OverdueMailHandler,
    ToolService,
)

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


class ServiceMaker:
    def make_tool_service(self, uow: BaseUnitOfWork) -> ToolUseCases:
        raise NotImplementedError

    def make_loan_service(self, uow: BaseUnitOfWork) -> LoanUseCases:
        raise NotImplementedError


class ServiceFactory(ServiceMaker):
    def make_tool_service(self, uow: BaseUnitOfWork) -> ToolUseCases:
        return ToolService(uow)

    def make_loan_service(self, uow: BaseUnitOfWork) -> LoanUseCases:
        bus = EventBus()
        bus.subscribe(LoanOverdue, OverdueMailHandler(MailNotifier()))
        return LoanService(uow, bus)


class Container:
    def __init__(self, factory: ServiceMaker, uow: BaseUnitOfWork) -> None:
        self.tools = factory.make_tool_service(uow)
        self.loans = factory.make_loan_service(uow)


def get_container() -> Iterator[Container]:
    uow = SqlUnitOfWork(Session(engine))
    try:
        yield Container(ServiceFactory(), uow)
    finally:
        uow.close()
