"""Persistence: mappers, the generic repository and the unit of work."""

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


class Mapper(Generic[E, T]):
    def to_entity(self, row: T) -> E:
        raise NotImplementedError

    def to_row(self, entity: E) -> T:
        raise NotImplementedError


class ToolMapper(Mapper[ToolEntity, ToolTable]):
    def to_entity(self, row: ToolTable) -> ToolEntity:
        return ToolEntity(row.id, row.code, row.name, row.deposit_cents, row.notes)

    def to_row(self, entity: ToolEntity) -> ToolTable:
        return ToolTable(
            id=entity.id,
            code=entity.code,
            name=entity.name,
            deposit_cents=entity.deposit_cents,
            notes=entity.notes,
        )


class LoanMapper(Mapper[LoanEntity, LoanTable]):
    def to_entity(self, row: LoanTable) -> LoanEntity:
        return LoanEntity(**row.model_dump())

    def to_row(self, entity: LoanEntity) -> LoanTable:
        return LoanTable(**vars(entity))


class BaseRepository(Generic[E]):
    def get_by_id(self, id: int) -> E:
        raise NotImplementedError

    def get_all(self) -> list[E]:
        raise NotImplementedError

    def find_by(self, *conditions: Any) -> list[E]:
        raise NotImplementedError

    def add(self, entity: E) -> E:
        raise NotImplementedError

    def update(self, id: int, changes: dict[str, Any]) -> bool:
        raise NotImplementedError


class SqlRepository(BaseRepository[E], Generic[E, T]):
    """One repository for all entities: what differs is the table and its mapper."""

    def __init__(self, session: Session, table: type[T], mapper: Mapper[E, T]) -> None:
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

    def find_by(self, *conditions: Any) -> list[E]:
        query = select(self._table).where(*conditions)
        return [self._mapper.to_entity(row) for row in self._session.exec(query)]

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
        row = self._session.get(self._table, id)
        if row is None:
            raise EntityNotFoundError(f"There is no {self._table.__tablename__} {id}.")
        self._session.add(row.sqlmodel_update(changes))
        try:
            self._session.commit()
        except IntegrityError:
            raise RuleViolationError("This is in the library already.") from None
        return True


class ToolRepository(SqlRepository[ToolEntity, ToolTable]):
    def __init__(self, session: Session) -> None:
        super().__init__(session, ToolTable, ToolMapper())


class LoanRepository(SqlRepository[LoanEntity, LoanTable]):
    def __init__(self, session: Session) -> None:
        super().__init__(session, LoanTable, LoanMapper())


class BaseUnitOfWork:
    tools: BaseRepository[ToolEntity]
    loans: BaseRepository[LoanEntity]

    def close(self) -> None:
        raise NotImplementedError


class SqlUnitOfWork(BaseUnitOfWork):
    def __init__(self, session: Session) -> None:
        self._session = session
        self.tools = ToolRepository(session)
        self.loans = LoanRepository(session)

    def close(self) -> None:
        self._session.close()
