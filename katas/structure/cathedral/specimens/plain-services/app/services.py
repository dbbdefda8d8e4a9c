"""What the library does with its loans."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from app import outside
from app.domain import LoanTable, Missing, Refused, SettlementDTO, ToolTable

LOAN_PERIOD = timedelta(days=7)
MOST_LOANS = 2
FEE_CENTS = 50


def loans_out(session: Session, *conditions: Any) -> Sequence[LoanTable]:
    """Those of the loans that are not back yet."""
    query = select(LoanTable).where(col(LoanTable.returned_on).is_(None), *conditions)
    return session.exec(query.order_by(col(LoanTable.id))).all()


def lend(session: Session, tool_id: int, member: str) -> LoanTable:
    tool = session.get(ToolTable, tool_id)
    if tool is None:
        raise Missing(f"There is no tool {tool_id}.")
    if loans_out(session, col(LoanTable.tool_id) == tool_id):
        raise Refused("This tool is lent at the moment.")
    if len(loans_out(session, col(LoanTable.member) == member)) >= MOST_LOANS:
        raise Refused("You hold two tools already.")
    day = outside.today()
    loan = LoanTable(tool_id=tool_id, member=member, lent_on=day, due_on=day + LOAN_PERIOD)
    session.add(loan)
    session.flush()
    loan.deposit_reference = outside.hold_deposit(member, tool.deposit_cents)
    try:
        session.commit()
    except Exception:
        outside.release_deposit(loan.deposit_reference, tool.deposit_cents)
        raise
    return loan


def settle(session: Session, loan_id: int) -> SettlementDTO:
    loan = session.get(LoanTable, loan_id)
    if loan is None:
        raise Missing(f"There is no loan {loan_id}.")
    if loan.returned_on is not None:
        raise Refused("This tool is back already.")
    held = 0  # a loan of the days when a declined card did not prevent it
    if loan.deposit_reference is not None:
        held = session.get_one(ToolTable, loan.tool_id).deposit_cents
    loan.returned_on = outside.today()
    fee = min(held, FEE_CENTS * max(0, (loan.returned_on - loan.due_on).days))
    session.flush()
    if loan.deposit_reference is not None:
        outside.release_deposit(loan.deposit_reference, held - fee)
    session.commit()
    return SettlementDTO(fee_cents=fee, refund_cents=held - fee)


def remind(session: Session) -> int:
    """Mail all who are late; one mail that fails does not keep the others from theirs."""
    today = outside.today()
    late = loans_out(session, col(LoanTable.due_on) < today)
    ids = {loan.tool_id for loan in late}
    tools = session.exec(select(ToolTable).where(col(ToolTable.id).in_(ids))).all()
    names = {tool.id: tool.name for tool in tools}
    failed = 0
    for loan in late:
        try:
            outside.send_mail(loan.member, names[loan.tool_id], (today - loan.due_on).days)
        except outside.OutsideError:
            failed += 1
    if failed:
        raise outside.OutsideError(f"{failed} of {len(late)} mails were not taken")
    return len(late)
