"""Who holds which key. The operations team hands them out; this file is not yours to change.

PARTNER_KEYS holds pairs of name and key, as in "north:k1,coast:k2"; OPERATOR_KEY is one key.
"""

import os
from secrets import compare_digest


def _partners(pairs: str) -> dict[str, str]:
    named = [pair.split(":", 1) for pair in pairs.split(",") if ":" in pair]
    return {key: name for name, key in named}


_PARTNERS = _partners(os.environ.get("PARTNER_KEYS", ""))
_OPERATOR = os.environ.get("OPERATOR_KEY", "")


def partner_of(key: str | None) -> str | None:
    """The partner who holds this key; None where nobody does."""
    return _PARTNERS.get(key or "")


def is_operator(key: str | None) -> bool:
    return bool(_OPERATOR and key) and compare_digest(str(key).encode(), _OPERATOR.encode())
