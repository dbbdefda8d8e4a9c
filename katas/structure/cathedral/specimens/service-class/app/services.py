"""The rules of the tool library."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from app import outside
from app.domain import Loan, NotFoundError, RuleError, Settlement, Tool

LOAN_PERIOD = timedelta(days=7)
MOST_LOANS = 2
FEE_CENTS = 50
Row = TypeVar("Row", bound=SQLModel)


def existing(session: Session, table: type[Row], id: int) -> Row:
    row = session.get(table, id)
    if row is None:
        raise NotFoundError(f"There is no {table.__name__.lower()} {id}.")
    return row


class Library:
    """What the library does, over one session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def store_tool(self, tool: Tool) -> Tool:
        self.session.add(tool)
        try:
            self.session.commit()
        except IntegrityError:
            raise RuleError("Another tool has this code.") from None
        self.session.refresh(tool)
        return tool

    def change_tool(self, tool_id: int, changes: dict[str, Any]) -> None:
        tool = existing(self.session, Tool, tool_id)
        self.store_tool(tool.sqlmodel_update(changes))

    def free_tools(self) -> Sequence[Tool]:
        out = select(Loan.tool_id).where(col(Loan.returned_on).is_(None))
        return self.session.exec(select(Tool).where(col(Tool.id).not_in(out))).all()

    def loans_held(self, member: str) -> Sequence[Loan]:
        query = select(Loan).where(Loan.member == member, col(Loan.returned_on).is_(None))
        return self.session.exec(query).all()

    def overdue(self) -> Sequence[Loan]:
        query = select(Loan).where(col(Loan.returned_on).is_(None), Loan.due_on < outside.today())
        return self.session.exec(query).all()

    def lend(self, tool_id: int, member: str) -> Loan:
        tool = existing(self.session, Tool, tool_id)
        query = select(Loan).where(Loan.tool_id == tool_id, col(Loan.returned_on).is_(None))
        if self.session.exec(query).first():
            raise RuleError("This tool is lent at the moment.")
        if len(self.loans_held(member)) >= MOST_LOANS:
            raise RuleError("You hold two tools already.")
        today = outside.today()
        loan = Loan(
            tool_id=tool_id,
            member=member,
            lent_on=today,
            due_on=today + LOAN_PERIOD,
            deposit_reference=outside.hold_deposit(member, tool.deposit_cents),
        )
        self.session.add(loan)
        self.session.commit()
        self.session.refresh(loan)
        return loan

    def settle(self, loan_id: int) -> Settlement:
        loan = existing(self.session, Loan, loan_id)
        if loan.returned_on is not None:
            raise RuleError("This tool is back already.")
        deposit = existing(self.session, Tool, loan.tool_id).deposit_cents
        loan.returned_on = outside.today()
        days_late = max((loan.returned_on - loan.due_on).days, 0)
        fee = min(days_late * FEE_CENTS, deposit)
        outside.release_deposit(loan.deposit_reference or "", deposit - fee)
        self.session.add(loan)
        self.session.commit()
        return Settlement(fee_cents=fee, refund_cents=deposit - fee)

    def remind(self) -> int:
        """Mail everybody who has a tool that is late; gives the number of mails."""
        today = outside.today()
        late = self.session.exec(
            select(Loan, Tool).join(Tool).where(col(Loan.returned_on).is_(None), Loan.due_on < today)
        ).all()
        for loan, tool in late:
            outside.send_mail(loan.member, tool.name, (today - loan.due_on).days)
        return len(late)
