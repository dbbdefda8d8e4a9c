"""Exhibits in the terminal: a request and its answer, a count, an order of events."""

from collections.abc import Iterator

from rich.text import Text

from grader.report import Count, Exchange, Exhibit, Timeline

COLUMNS = 48  # of a timeline
WAITS, CALLS, NOTHING = "-", "=", " "


def exhibit(item: Exhibit) -> Iterator[Text]:
    """Its lines. Everything in them is plain words and signs."""
    match item:
        case Exchange():
            yield from _exchange(item)
        case Count():
            yield Text(f"{item.seen} {item.what}, {item.allowed} at most")
        case Timeline():
            yield from _timeline(item)


def _exchange(item: Exchange) -> Iterator[Text]:
    yield Text(" ".join(filter(None, ("asked   ", item.method, item.path, item.sent))))
    answered = str(item.answered) if item.answered else "nothing"
    expected = " or ".join(str(code) for code in item.expected)
    yield Text(" ".join(filter(None, ("answered", answered, item.body))))
    if expected:
        yield Text(f"expected {expected}")
    if item.curl:
        yield Text(item.curl, style="dim")


def _timeline(item: Timeline) -> Iterator[Text]:
    """A line for each request, drawn over its time; where it waited for a partner it is doubled."""
    span = max(1.0, max(moment.end_ms for moment in item.moments))
    more = f", and {item.more} more" if item.more else ""
    yield Text(f"at the same moment{more}; {span:.0f} ms; {CALLS} is a call to a partner")
    for moment in item.requests:
        line = [NOTHING] * COLUMNS
        for part in (m for m in item.moments if m.lane == moment.lane):
            begin = min(COLUMNS - 1, int(part.begin_ms / span * COLUMNS))
            end = max(begin + 1, min(COLUMNS, round(part.end_ms / span * COLUMNS)))
            line[begin:end] = [WAITS if part.of == "request" else CALLS] * (end - begin)
        yield Text(f"|{''.join(line)}| {moment.label.rpartition('-> ')[2]}")
