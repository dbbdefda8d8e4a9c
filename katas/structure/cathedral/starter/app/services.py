"""What the library does: ports, services and the event bus."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

from app import outside
from app.domain import (
    DomainEvent,
    LoanEntity,
    LoanOverdue,
    RuleViolationError,
    SettlementDTO,
    ToolEntity,
)
from app.repositories import AbstractUnitOfWork

LOAN_PERIOD = timedelta(days=7)
MOST_LOANS = 2
FEE_CENTS = 50
Ev = TypeVar("Ev", bound=DomainEvent)


class INotifier(ABC):
    @abstractmethod
    def notify(self, to: str, tool: str, days: int) -> None: ...


class MailNotifier(INotifier):
    def notify(self, to: str, tool: str, days: int) -> None:
        outside.send_mail(to, tool, days)


class AbstractEventHandler(ABC, Generic[Ev]):
    @abstractmethod
    def handle(self, event: Ev) -> None: ...


class OverdueMailHandler(AbstractEventHandler[LoanOverdue]):
    def __init__(self, notifier: INotifier) -> None:
        self._notifier = notifier

    def handle(self, event: LoanOverdue) -> None:
        self._notifier.notify(event.member, event.tool, event.days)


class EventBus:
    def __init__(self) -> None:
        self._handlers: dict[type[DomainEvent], list[Callable[[Any], None]]] = {}

    def subscribe(self, kind: type[DomainEvent], handler: AbstractEventHandler[Any]) -> None:
        self._handlers.setdefault(kind, []).append(handler.handle)

    def publish(self, event: DomainEvent) -> None:
        for handler in self._handlers.get(type(event), []):
            handler(event)


class IToolService(ABC):
    @abstractmethod
    def create(self, tool: ToolEntity) -> ToolEntity: ...

    @abstractmethod
    def read(self, id: int) -> ToolEntity: ...

    @abstractmethod
    def search(self, free: bool) -> list[ToolEntity]: ...

    @abstractmethod
    def change(self, id: int, changes: dict[str, Any]) -> bool: ...


class ToolService(IToolService):
    def __init__(self, uow: AbstractUnitOfWork) -> None:
        self._uow = uow

    def create(self, tool: ToolEntity) -> ToolEntity:
        return self._uow.tools.add(tool)

    def read(self, id: int) -> ToolEntity:
        return self._uow.tools.get_by_id(id)

    def search(self, free: bool) -> list[ToolEntity]:
        if not free:
            return self._uow.tools.get_all()
        out = {loan.tool_id for loan in self._uow.loans.find_by(lambda x: x.returned_on is None)}
        return self._uow.tools.find_by(lambda tool: tool.id not in out)

    def change(self, id: int, changes: dict[str, Any]) -> bool:
        return self._uow.tools.update(id, changes)


class ILoanService(ABC):
    @abstractmethod
    def lend(self, tool_id: int, member: str) -> LoanEntity: ...

    @abstractmethod
    def settle(self, id: int) -> SettlementDTO: ...

    @abstractmethod
    def held_by(self, member: str) -> list[LoanEntity]: ...

    @abstractmethod
    def overdue(self) -> list[LoanEntity]: ...

    @abstractmethod
    def remind(self) -> int: ...


class LoanService(ILoanService):
    def __init__(self, uow: AbstractUnitOfWork, bus: EventBus) -> None:
        self._uow = uow
        self._bus = bus

    def lend(self, tool_id: int, member: str) -> LoanEntity:
        tool = self._uow.tools.get_by_id(tool_id)
        if self._uow.loans.find_by(lambda x: x.tool_id == tool_id and x.returned_on is None):
            raise RuleViolationError("This tool is lent at the moment.")
        if len(self.held_by(member)) >= MOST_LOANS:
            raise RuleViolationError("You hold two tools already.")
        today = outside.today()
        loan = self._uow.loans.add(LoanEntity(None, tool_id, member, today, today + LOAN_PERIOD))
        assert loan.id is not None
        reference = outside.hold_deposit(member, tool.deposit_cents)
        self._uow.loans.update(loan.id, {"deposit_reference": reference})
        return loan

    def settle(self, id: int) -> SettlementDTO:
        loan = self._uow.loans.get_by_id(id)
        if loan.returned_on is not None:
            raise RuleViolationError("This tool is back already.")
        tool = self._uow.tools.get_by_id(loan.tool_id)
        self._uow.loans.update(id, {"returned_on": outside.today()})
        fee = self._late_fee(loan.due_on, tool.deposit_cents)
        outside.release_deposit(loan.deposit_reference or "", tool.deposit_cents - fee)
        return SettlementDTO(fee_cents=fee, refund_cents=tool.deposit_cents - fee)

    def _late_fee(self, due_on: date, deposit_cents: int) -> int:
        days = max((outside.today() - due_on).days, 0)
        return min(days * FEE_CENTS, deposit_cents)

    def held_by(self, member: str) -> list[LoanEntity]:
        return self._uow.loans.find_by(lambda x: x.member == member and x.returned_on is None)

    def overdue(self) -> list[LoanEntity]:
        today = outside.today()
        return self._uow.loans.find_by(lambda x: x.returned_on is None and x.due_on < today)

    def remind(self) -> int:
        late = self.overdue()
        for loan in late:
            tool = self._uow.tools.get_by_id(loan.tool_id)
            days = (outside.today() - loan.due_on).days
            self._bus.publish(LoanOverdue(loan.member, tool.name, days))
        return len(late)
