"""The rules of the tool library."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
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


def store_tool(session: Session, tool: Tool) -> Tool:
    session.add(tool)
    try:
        session.commit()
    except SQLAlchemyError:
        raise RuleError("Another tool has this code.") from None
    session.refresh(tool)
    return tool


def change_tool(session: Session, tool_id: int, changes: dict[str, Any]) -> None:
    tool = existing(session, Tool, tool_id)
    store_tool(session, tool.sqlmodel_update(changes))


def free_tools(session: Session) -> Sequence[Tool]:
    out = select(Loan.tool_id).where(col(Loan.returned_on).is_(None))
    return session.exec(select(Tool).where(col(Tool.id).not_in(out))).all()


def loans_held(session: Session, member: str) -> Sequence[Loan]:
    query = select(Loan).where(Loan.member == member, col(Loan.returned_on).is_(None))
    return session.exec(query).all()


def overdue(session: Session) -> Sequence[Loan]:
    query = select(Loan).where(col(Loan.returned_on).is_(None), Loan.due_on < outside.today())
    return session.exec(query).all()


def lend(session: Session, tool_id: int, member: str) -> Loan:
    tool = existing(session, Tool, tool_id)
    query = select(Loan).where(Loan.tool_id == tool_id, col(Loan.returned_on).is_(None))
    if session.exec(query).first():
        raise RuleError("This tool is lent at the moment.")
    if len(loans_held(session, member)) >= MOST_LOANS:
        raise RuleError("You hold two tools already.")
    today = outside.today()
    loan = Loan(
        tool_id=tool_id,
        member=member,
        lent_on=today,
        due_on=today + LOAN_PERIOD,
        deposit_reference=outside.hold_deposit(member, tool.deposit_cents),
    )
    session.add(loan)
    session.commit()
    session.refresh(loan)
    return loan


def settle(session: Session, loan_id: int) -> Settlement:
    loan = existing(session, Loan, loan_id)
    if loan.returned_on is not None:
        raise RuleError("This tool is back already.")
    deposit = existing(session, Tool, loan.tool_id).deposit_cents
    loan.returned_on = outside.today()
    days_late = max((loan.returned_on - loan.due_on).days, 0)
    fee = min(days_late * FEE_CENTS, deposit)
    outside.release_deposit(loan.deposit_reference or "", deposit - fee)
    session.add(loan)
    session.commit()
    return Settlement(fee_cents=fee, refund_cents=deposit - fee)


def remind(session: Session) -> int:
    """Mail everybody who has a tool that is late; gives the number of mails."""
    today = outside.today()
    late = session.exec(
        select(Loan, Tool).join(Tool).where(col(Loan.returned_on).is_(None), Loan.due_on < today)
    ).all()
    for loan, tool in late:
        outside.send_mail(loan.member, tool.name, (today - loan.due_on).days)
    return len(late)
