"""What the library does: ports, services and the event bus."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

from sqlmodel import col, select

from app import outside
from app.domain import (
    DomainEvent,
    LoanEntity,
    LoanOverdue,
    LoanTable,
    RuleViolationError,
    SettlementDTO,
    ToolEntity,
    ToolTable,
)
from app.repositories import BaseUnitOfWork

LOAN_PERIOD = timedelta(days=7)
MOST_LOANS = 2
FEE_CENTS = 50
Ev = TypeVar("Ev", bound=DomainEvent)


def is_open() -> Any:
    return col(LoanTable.returned_on).is_(None)


class NotifierPort:
    def notify(self, to: str, tool: str, days: int) -> None:
        raise NotImplementedError


class MailNotifier(NotifierPort):
    def notify(self, to: str, tool: str, days: int) -> None:
        outside.send_mail(to, tool, days)


class EventHandler(Generic[Ev]):
    def handle(self, event: Ev) -> None:
        raise NotImplementedError


class OverdueMailHandler(EventHandler[LoanOverdue]):
    def __init__(self, notifier: NotifierPort) -> None:
        self._notifier = notifier

    def handle(self, event: LoanOverdue) -> None:
        self._notifier.notify(event.member, event.tool, event.days)


class EventBus:
    def __init__(self) -> None:
        self._handlers: dict[type[DomainEvent], list[Callable[[Any], None]]] = {}

    def subscribe(self, kind: type[DomainEvent], handler: EventHandler[Any]) -> None:
        self._handlers.setdefault(kind, []).append(handler.handle)

    def publish(self, event: DomainEvent) -> None:
        for handler in self._handlers.get(type(event), []):
            handler(event)


class ToolUseCases:
    def create(self, tool: ToolEntity) -> ToolEntity:
        raise NotImplementedError

    def read(self, id: int) -> ToolEntity:
        raise NotImplementedError

    def search(self, free: bool) -> list[ToolEntity]:
        raise NotImplementedError

    def change(self, id: int, changes: dict[str, Any]) -> bool:
        raise NotImplementedError


class ToolService(ToolUseCases):
    def __init__(self, uow: BaseUnitOfWork) -> None:
        self._uow = uow

    def create(self, tool: ToolEntity) -> ToolEntity:
        return self._uow.tools.add(tool)

    def read(self, id: int) -> ToolEntity:
        return self._uow.tools.get_by_id(id)

    def search(self, free: bool) -> list[ToolEntity]:
        if not free:
            return self._uow.tools.get_all()
        out = select(LoanTable.tool_id).where(is_open())
        return self._uow.tools.find_by(col(ToolTable.id).not_in(out))

    def change(self, id: int, changes: dict[str, Any]) -> bool:
        return self._uow.tools.update(id, changes)


class LoanUseCases:
    def lend(self, tool_id: int, member: str) -> LoanEntity:
        raise NotImplementedError

    def settle(self, id: int) -> SettlementDTO:
        raise NotImplementedError

    def held_by(self, member: str) -> list[LoanEntity]:
        raise NotImplementedError

    def overdue(self) -> list[LoanEntity]:
        raise NotImplementedError

    def remind(self) -> int:
        raise NotImplementedError


class LoanService(LoanUseCases):
    def __init__(self, uow: BaseUnitOfWork, bus: EventBus) -> None:
        self._uow = uow
        self._bus = bus

    def lend(self, tool_id: int, member: str) -> LoanEntity:
        tool = self._uow.tools.get_by_id(tool_id)
        if self._uow.loans.find_by(LoanTable.tool_id == tool_id, is_open()):
            raise RuleViolationError("This tool is lent at the moment.")
        if len(self.held_by(member)) >= MOST_LOANS:
            raise RuleViolationError("You hold two tools already.")
        today = outside.today()
        reference = outside.hold_deposit(member, tool.deposit_cents)
        due_on = today + LOAN_PERIOD
        return self._uow.loans.add(
            LoanEntity(None, tool_id, member, today, due_on, deposit_reference=reference)
        )

    def settle(self, id: int) -> SettlementDTO:
        loan = self._uow.loans.get_by_id(id)
        if loan.returned_on is not None:
            raise RuleViolationError("This tool is back already.")
        tool = self._uow.tools.get_by_id(loan.tool_id)
        fee = self._late_fee(loan.due_on, tool.deposit_cents)
        outside.release_deposit(loan.deposit_reference or "", tool.deposit_cents - fee)
        self._uow.loans.update(id, {"returned_on": outside.today()})
        return SettlementDTO(fee_cents=fee, refund_cents=tool.deposit_cents - fee)

    def _late_fee(self, due_on: date, deposit_cents: int) -> int:
        days = max((outside.today() - due_on).days, 0)
        return min(days * FEE_CENTS, deposit_cents)

    def held_by(self, member: str) -> list[LoanEntity]:
        return self._uow.loans.find_by(LoanTable.member == member, is_open())

    def overdue(self) -> list[LoanEntity]:
        today = outside.today()
        return self._uow.loans.find_by(is_open(), LoanTable.due_on < today)

    def remind(self) -> int:
        late = self.overdue()
        for loan in late:
            tool = self._uow.tools.get_by_id(loan.tool_id)
            days = (outside.today() - loan.due_on).days
            self._bus.publish(LoanOverdue(loan.member, tool.name, days))
        return len(late)
