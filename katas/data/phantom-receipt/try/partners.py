"""The mail service, as the stand-in of outside.py."""

DELAYS = {"mail": 0.1}


def mail(to, till, number, total_cents):
    return None
