"""The pool of waiting pairs: filled again after each one taken, nothing used twice."""

import threading

import pytest
from pairs import FakePair, gone, silent

from grader.sandbox.base import PairDiedError, SandboxError
from grader.sandbox.pool import Pool

WAIT_S = 5.0


class Maker:
    """A driver that makes played pairs; after `fails` failures it succeeds."""

    name = "maker"

    def __init__(self, *, fails: int = 0) -> None:
        self.made: list[FakePair] = []
        self.fails = fails
        self.closed = threading.Event()
        self.tried = threading.Event()

    def pair(self) -> FakePair:
        self.tried.set()
        if self.fails:
            self.fails -= 1
            raise PairDiedError("it ended while it warmed up")
        self.made.append(FakePair(silent, silent))
        return self.made[-1]

    def close(self) -> None:
        self.closed.set()


def test_pool_is_filled_to_its_size_and_no_further() -> None:
    maker = Maker()
    with Pool(maker, 3) as pool:
        assert pool.wait_until_full(WAIT_S)
        assert len(maker.made) == 3


def test_pair_that_was_taken_is_replaced_by_a_new_one() -> None:
    maker = Maker()
    with Pool(maker, 2) as pool:
        assert pool.wait_until_full(WAIT_S)
        taken = pool.pair()
        assert taken is maker.made[0]
        assert pool.wait_until_full(WAIT_S)
        assert len(maker.made) == 3
        taken.close()


def test_no_pair_is_given_twice() -> None:
    maker = Maker()
    with Pool(maker, 2) as pool:
        taken = [pool.pair() for _ in range(10)]
        assert len({id(pair) for pair in taken}) == 10
        for pair in taken:
            pair.close()


def test_empty_pool_makes_a_pair_on_demand() -> None:
    maker = Maker()
    with Pool(maker, 0) as pool:
        taken = pool.pair()
        assert maker.made == [taken]
        taken.close()


def test_failure_on_demand_is_the_callers() -> None:
    with Pool(Maker(fails=1), 0) as pool, pytest.raises(SandboxError, match="warmed up"):
        pool.pair()


def test_pair_that_died_waiting_is_passed_over_and_closed() -> None:
    """Else its death would be put on the submission that gets it."""
    maker = Maker()
    with Pool(maker, 2) as pool:
        assert pool.wait_until_full(WAIT_S)
        dead = maker.made[0]
        dead.end_app()
        taken = pool.pair()
        assert taken is not dead
        assert dead.closed == 1
        taken.close()


def test_failure_to_refill_is_survived_and_does_not_hold_up_closing() -> None:
    maker = Maker(fails=1)
    pool = Pool(maker, 1)
    assert maker.tried.wait(WAIT_S)
    pool.close()
    assert maker.closed.is_set()


def test_closing_ends_what_waits_and_the_driver_but_not_what_was_taken() -> None:
    maker = Maker()
    pool = Pool(maker, 2)
    assert pool.wait_until_full(WAIT_S)
    taken = maker.made[0]
    assert pool.pair() is taken
    assert pool.wait_until_full(WAIT_S)
    pool.close()
    assert maker.closed.is_set()
    assert taken.closed == 0
    assert [pair.closed for pair in maker.made[1:]] == [1] * (len(maker.made) - 1)
    taken.close()


def test_side_that_ended_can_be_read_from() -> None:
    """What the pool relies on to see that a waiting pair has died."""
    pair = FakePair(silent, gone)
    assert pair.app.receive() is None
    pair.close()
