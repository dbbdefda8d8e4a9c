"""What suites import."""

import pytest
from kit import CHECK, check, refused, tally, wants

from grader.inside.suite.volley import Reply, Request


def reply(status: int) -> Reply:
    return Reply(Request("POST", "/x", (), b""), "rid", status)


def test_check_carries_what_the_author_said() -> None:
    @check("c1", title="T", finding="F1", limit=8, fresh=True)
    def one() -> None: ...

    said = getattr(one, CHECK)
    assert (said.id, said.kind, said.finding, said.title) == ("c1", "find", "F1", "T")
    assert (said.limit, said.fresh) == (8, True)


def test_wants_gives_the_reply_back() -> None:
    assert wants(reply(201), 200, 201).status == 201


def test_wants_says_what_was_expected() -> None:
    with pytest.raises(AssertionError, match=r"POST /x answered 500; expected 200 or 201\."):
        wants(reply(500), 200, 201)


@pytest.mark.parametrize(("status", "right"), [(403, True), (404, True), (200, False), (0, False)])
def test_refused_is_403_or_404(status: int, right: bool) -> None:
    if right:
        refused(reply(status))
    else:
        with pytest.raises(AssertionError):
            refused(reply(status))


def test_tally_counts_what_never_came() -> None:
    assert tally([reply(201), reply(409), reply(409), reply(0)]) == {201: 1, 409: 2, 0: 1}
