"""Persistence: mappers, the generic repository and the unit of work."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select

from app.domain import (
    EntityNotFoundError,
    LoanEntity,
    LoanTable,
    RuleViolationError,
    ToolEntity,
    ToolTable,
)

E = TypeVar("E")
T = TypeVar("T", bound=SQLModel)
log = logging.getLogger(__name__)


class AbstractMapper(ABC, Generic[E, T]):
    @abstractmethod
    def to_entity(self, row: T) -> E: ...

    @abstractmethod
    def to_row(self, entity: E) -> T: ...


class ToolMapper(AbstractMapper[ToolEntity, ToolTable]):
    def to_entity(self, row: ToolTable) -> ToolEntity:
        return ToolEntity(row.id, row.code, row.name, row.deposit_cents, row.notes)

    def to_row(self, entity: ToolEntity) -> ToolTable:
        return ToolTable(
            id=entity.id,
            code=entity.code,
            name=entity.name,
            deposit_cents=entity.deposit_cents,
        )


class LoanMapper(AbstractMapper[LoanEntity, LoanTable]):
    def to_entity(self, row: LoanTable) -> LoanEntity:
        return LoanEntity(**row.model_dump())

    def to_row(self, entity: LoanEntity) -> LoanTable:
        return LoanTable(**vars(entity))


class AbstractRepository(ABC, Generic[E]):
    @abstractmethod
    def get_by_id(self, id: int) -> E: ...

    @abstractmethod
    def get_all(self) -> list[E]: ...

    @abstractmethod
    def find_by(self, matches: Callable[[E], bool]) -> list[E]: ...

    @abstractmethod
    def add(self, entity: E) -> E: ...

    @abstractmethod
    def update(self, id: int, changes: dict[str, Any]) -> bool: ...


class SqlRepository(AbstractRepository[E], Generic[E, T]):
    """One repository for all entities: what differs is the table and its mapper."""

    def __init__(self, session: Session, table: type[T], mapper: AbstractMapper[E, T]) -> None:
        self._session = session
        self._table = table
        self._mapper = mapper

    def get_by_id(self, id: int) -> E:
        row = self._session.get(self._table, id)
        if row is None:
            raise EntityNotFoundError(f"There is no {self._table.__tablename__} {id}.")
        return self._mapper.to_entity(row)

    def get_all(self) -> list[E]:
        return [self._mapper.to_entity(row) for row in self._session.exec(select(self._table))]

    def find_by(self, matches: Callable[[E], bool]) -> list[E]:
        return [entity for entity in self.get_all() if matches(entity)]

    def add(self, entity: E) -> E:
        row = self._mapper.to_row(entity)
        self._session.add(row)
        try:
            self._session.commit()
        except IntegrityError:
            self._session.rollback()
            raise RuleViolationError("This is in the library already.") from None
        self._session.refresh(row)
        return self._mapper.to_entity(row)

    def update(self, id: int, changes: dict[str, Any]) -> bool:
        try:
            row = self._session.get(self._table, id)
            for field, value in changes.items():
                setattr(row, field, value)
            self._session.add(row)
            self._session.commit()
        except Exception:
            log.exception("could not update %s %s", self._table.__tablename__, id)
            self._session.rollback()
        return True


class ToolRepository(SqlRepository[ToolEntity, ToolTable]):
    def __init__(self, session: Session) -> None:
        super().__init__(session, ToolTable, ToolMapper())


class LoanRepository(SqlRepository[LoanEntity, LoanTable]):
    def __init__(self, session: Session) -> None:
        super().__init__(session, LoanTable, LoanMapper())


class AbstractUnitOfWork(ABC):
    tools: AbstractRepository[ToolEntity]
    loans: AbstractRepository[LoanEntity]

    @abstractmethod
    def close(self) -> None: ...


class SqlUnitOfWork(AbstractUnitOfWork):
    def __init__(self, session: Session) -> None:
        self._session = session
        self.tools = ToolRepository(session)
        self.loans = LoanRepository(session)

    def close(self) -> None:
        self._session.close()
