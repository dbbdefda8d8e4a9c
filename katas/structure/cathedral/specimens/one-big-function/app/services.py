"""The rules of the tool library."""

from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app import outside
from app.domain import Loan, NotFoundError, RuleError, Settlement, Tool

LOAN_PERIOD = timedelta(days=7)
MOST_LOANS = 2
FEE_CENTS = 50


def desk(
    session: Session,
    action: str,
    *,
    tool: Tool | None = None,
    id: int = 0,
    member: str = "",
    changes: dict[str, Any] | None = None,
) -> Any:
    """Everything that the library does, from top to bottom."""
    today = outside.today()
    is_open = col(Loan.returned_on).is_(None)
    if action in ("change", "read", "lend"):
        tool = session.get(Tool, id)
        if tool is None:
            raise NotFoundError(f"There is no tool {id}.")
    if action in ("add", "change"):
        assert tool is not None
        session.add(tool.sqlmodel_update(changes or {}))
        try:
            session.commit()
        except IntegrityError:
            raise RuleError("Another tool has this code.") from None
        session.refresh(tool)
        return tool
    if action == "read":
        return tool
    if action == "list":
        return session.exec(select(Tool)).all()
    if action == "free":
        out = select(Loan.tool_id).where(is_open)
        return session.exec(select(Tool).where(col(Tool.id).not_in(out))).all()
    if action == "held":
        return session.exec(select(Loan).where(Loan.member == member, is_open)).all()
    if action == "overdue":
        return session.exec(select(Loan).where(is_open, Loan.due_on < today)).all()
    if action == "lend":
        assert tool is not None
        if session.exec(select(Loan).where(Loan.tool_id == id, is_open)).first():
            raise RuleError("This tool is lent at the moment.")
        held = session.exec(select(Loan).where(Loan.member == member, is_open)).all()
        if len(held) >= MOST_LOANS:
            raise RuleError("You hold two tools already.")
        loan = Loan(
            tool_id=id,
            member=member,
            lent_on=today,
            due_on=today + LOAN_PERIOD,
            deposit_reference=outside.hold_deposit(member, tool.deposit_cents),
        )
        session.add(loan)
        session.commit()
        session.refresh(loan)
        return loan
    if action == "return":
        loan = session.get(Loan, id)
        if loan is None:
            raise NotFoundError(f"There is no loan {id}.")
        if loan.returned_on is not None:
            raise RuleError("This tool is back already.")
        deposit = session.get_one(Tool, loan.tool_id).deposit_cents
        days_late = max((today - loan.due_on).days, 0)
        fee = min(days_late * FEE_CENTS, deposit)
        outside.release_deposit(loan.deposit_reference or "", deposit - fee)
        loan.returned_on = today
        session.add(loan)
        session.commit()
        return Settlement(fee_cents=fee, refund_cents=deposit - fee)
    if action == "remind":
        query = select(Loan, Tool).join(Tool).where(is_open, Loan.due_on < today)
        late = session.exec(query).all()
        for loan, tool in late:
            outside.send_mail(loan.member, tool.name, (today - loan.due_on).days)
        return len(late)
    raise ValueError(action)
