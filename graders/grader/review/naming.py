"""Says a note's example in the learner's own names."""

import io
import keyword
import tokenize
from collections.abc import Mapping
from itertools import pairwise

OPENING, CLOSING = "([{", ")]}"


def in_their_names(example: str, names: Mapping[str, str]) -> str:
    """An example with the starter's names replaced by those of the submission.

    Attributes (`x.name`) and keywords of calls (`name=...`) keep theirs: whose they are cannot be
    told from the example. Where two names would become one, or the example cannot be read, it stays
    as it is written.

    Args:
        example: Python of a note.
        names: what something is called in the starter -> what the submission calls it.
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(example).readline))
    except (tokenize.TokenError, SyntaxError):
        return example
    used = {token.string for token in tokens if token.type == tokenize.NAME}
    wanted = {old: new for old, new in names.items() if old in used and old != new}
    if used & (set(wanted.values()) - set(wanted)) or len({*wanted.values()}) < len(wanted):
        return example
    return _replaced(example, [t for t in _free_names(tokens) if t.string in wanted], wanted)


def _free_names(tokens: list[tokenize.TokenInfo]) -> list[tokenize.TokenInfo]:
    """Names that are neither an attribute, nor a call's keyword, nor a word of Python."""
    free: list[tokenize.TokenInfo] = []
    before, depth = "", 0
    for token, after in pairwise(tokens):
        depth += (token.string in OPENING) - (token.string in CLOSING) if token.string else 0
        named = depth > 0 and after.string == "=" and before in ("(", ",")
        if token.type == tokenize.NAME and before != "." and not named:
            free.append(token)
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.string
    return [token for token in free if not keyword.iskeyword(token.string)]


def _replaced(text: str, tokens: list[tokenize.TokenInfo], names: Mapping[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    for token in reversed(tokens):  # from the end, so that columns before stay true
        row, column = token.start[0] - 1, token.start[1]
        line = lines[row]
        lines[row] = line[:column] + names[token.string] + line[column + len(token.string) :]
    return "".join(lines)
