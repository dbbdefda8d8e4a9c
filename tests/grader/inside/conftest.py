"""The app side of a real pair."""

from collections.abc import Generator
from typing import Any

import pytest
from app_side import AppSide, Side

from grader.sandbox.base import Driver, Pair


@pytest.fixture
def pair(sandbox: Driver) -> Generator[Pair]:
    made = sandbox.pair()
    yield made
    made.close()


@pytest.fixture
def side(pair: Pair) -> Side:
    def make(main: str, **more: Any) -> AppSide:
        return AppSide(pair, main, **more)

    return make
