"""The remark that the home page shows: what a learner gets, before anything was handed in."""

from dataclasses import dataclass

from grader.report import Finding, Place, Severity, Skill, State

CODE = '''\
@router.get("/invoices/{invoice_id}")
def read_invoice(invoice_id: int, user: CurrentUser, session: SessionDep) -> InvoiceOut:
    """One invoice with its lines."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise HTTPException(404, "No such invoice")
    return invoice
'''
MENDED = CODE.replace(
    "    invoice = session.get(Invoice, invoice_id)\n",
    """\
    invoice = session.exec(
        select(Invoice).where(Invoice.id == invoice_id, visible_to(user))
    ).one_or_none()
""",
)
FIRST_LINE = 38
ABOVE = "\n" * (FIRST_LINE - 1)


@dataclass(frozen=True)
class Sample:
    """A finding, the code that it is about, and the same code mended."""

    files: dict[str, str]
    mended: dict[str, str]
    finding: Finding


SAMPLE = Sample(
    files={"app/main.py": ABOVE + CODE},
    mended={"app/main.py": ABOVE + MENDED},
    finding=Finding(
        id="sample",
        skill=Skill.AUTH,
        severity=Severity.CRITICAL,
        title="Any client reads anybody's invoice",
        state=State.OPEN,
        place=Place(file="app/main.py", line=FIRST_LINE + 3, end=FIRST_LINE + 3),
        evidence=(
            "A client asked for the next number, an invoice of a competitor, and received 200 "
            "with every line price.",
        ),
        why="Prices between a client and a freelancer are what the marketplace is trusted with "
        "(OWASP API1:2023, CWE-639).",
        recommendation="Put the owner in the WHERE clause, on every route that takes an id.",
        example="""\
invoice = session.exec(
    select(Invoice).where(Invoice.id == invoice_id, visible_to(user))
).one_or_none()""",
        trade_off="A 404 hides that the invoice exists and makes support harder; log the refusal "
        "with the caller's id.",
    ),
)
