"""What an e-mail address, a password and a name must be like."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from kintsugi.accounts.models import LONGEST_NAME
from kintsugi.forms import Faults

SHORTEST, LONGEST = 10, 200
LONGEST_EMAIL = 254
# ASCII: an address that only looks like another one is no other account's.
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
# Of those that are long enough, what is tried first.
TRIED_FIRST = """
1234567890 0123456789 0987654321 12345678910 123456789a 1234567891 1q2w3e4r5t 1qaz2wsx3edc
qwertyuiop qwerty1234 qwerty12345 qwerty123456 asdfghjkl1 zxcvbnm123 abcdefghij abcd123456
password12 password123 password1234 password12345 passwort123 passw0rd123 p@ssw0rd123 p@ssword123
mypassword iloveyou12 iloveyou123 letmein123 letmein1234 welcome123 welcome1234 changeme123
administrator adminadmin admin12345 football123 baseball123 superman123 princess123 sunshine123
trustno1234 kintsugi123 kintsugi1234
"""
COMMON = frozenset(TRIED_FIRST.split())

NOT_AN_EMAIL = "Write it like ida@example.org."
WRONG_LENGTH = f"Use {SHORTEST} to {LONGEST} characters."
TOO_COMMON = "This is one of the first that anyone would try. Choose another."
LIKE_THE_EMAIL = "This is the e-mail again. Choose another."
NOT_A_NAME = f"Use 1 to {LONGEST_NAME} characters that can be printed."


@dataclass(frozen=True)
class SignUp:
    """What a new account needs, in order."""

    email: str
    password: str
    name: str


def read_email(text: str) -> str | None:
    """The address in the one form in which it is stored; None if it is none."""
    plain = text.strip().lower()
    return plain if len(plain) <= LONGEST_EMAIL and EMAIL.fullmatch(plain) else None


def read_password(text: str) -> str:
    """The same characters for the same keys: some machines compose accents, others do not."""
    return unicodedata.normalize("NFKC", text)


def password_fault(password: str, email: str = "") -> str | None:
    """What to change in a new password."""
    if not SHORTEST <= len(password) <= LONGEST:
        return WRONG_LENGTH
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 3:
        return TOO_COMMON
    if email and plain in (email, email.partition("@")[0]):
        return LIKE_THE_EMAIL
    return None


def read_name(text: str) -> str | None:
    """A name to be shown to others; None if it is none."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return plain if 1 <= len(plain) <= LONGEST_NAME and plain.isprintable() else None


def read_sign_up(fields: Mapping[str, str]) -> tuple[SignUp | None, Faults]:
    """What a form says of a new account; or what to change in it."""
    faults: Faults = {}
    email = read_email(fields.get("email", ""))
    password = read_password(fields.get("password", ""))
    name = read_name(fields.get("name", ""))
    if name is None:
        faults["name"] = NOT_A_NAME
    if email is None:
        faults["email"] = NOT_AN_EMAIL
    if fault := password_fault(password, email or ""):
        faults["password"] = fault
    if faults or email is None or name is None:
        return None, faults
    return SignUp(email, password, name), {}
