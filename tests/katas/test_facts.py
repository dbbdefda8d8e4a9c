"""Facts about the sandboxes' libraries on which katas rely, observed with the versions locked.

A flaw is real, or a fix works, because a library behaves as it does. When an upgrade changes that,
the test that fails says which katas have to be proved again. What counts is `graders/runtime.lock`,
so the facts are gathered by the runtime's own interpreter, all in one process (`facts.py`).
"""

import inspect
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox.base import UnavailableError
from grader.sandbox.runtime import Runtime, ensure_runtime

PROBE = Path(__file__).with_name("facts.py")
LIMIT_S = 300  # for a machine that is busy elsewhere; the probe itself takes 2.5 s of it

Holds = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    """What was seen, by the name of each fact."""
    try:
        runtime = ensure_runtime()
    except UnavailableError as error:
        pytest.skip(f"{error} {error.mend}")
    done = subprocess.run(
        [runtime.root / "bin/python3", PROBE],
        env=_environment(runtime),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _environment(runtime: Runtime) -> dict[str, str]:
    """How the copied interpreter finds its own library and packages, and nothing else."""
    return {
        "PYTHONHOME": str(runtime.root),
        "PYTHONPATH": str(runtime.root / "packages"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": str(runtime.root / "lib"),
    }


@pytest.fixture
def holds(facts: dict[str, Any], request: pytest.FixtureRequest) -> Holds:
    """Compares a fact with what it was; the test's docstring says which katas depend on it."""
    katas = inspect.getdoc(request.function)

    def compare(name: str, expected: Any) -> None:
        assert facts[name] == expected, f"{name} has changed. Prove again: {katas}"

    return compare


# Serving


def test_over_a_unix_socket_no_peer_is_known_and_no_forwarded_header_believed(holds: Holds) -> None:
    """Every kata; above all 38 night-watch, where a learner may want to log who called."""
    holds("peer_over_a_unix_socket", {"plain": True, "forwarded": True})


def test_the_access_log_prints_the_query(holds: Holds) -> None:
    """38 night-watch."""
    holds("access_log_of_uvicorn", True)


def test_a_newline_in_a_logged_value_forges_a_line(holds: Holds) -> None:
    """38 night-watch."""
    holds("newline_in_a_logged_value", ["INFO order 7", "ERROR all is lost"])


# Dependencies with yield


def test_a_commit_after_yield_comes_after_the_answer(holds: Holds) -> None:
    """27 phantom-receipt."""
    holds("commit_after_yield", {"statuses": [201, 201], "rows": 1})


def test_a_commit_in_function_scope_comes_before_the_answer(holds: Holds) -> None:
    """27 phantom-receipt (an accepted alternative)."""
    holds("commit_after_yield_with_function_scope", {"statuses": [201, 500], "rows": 1})


def test_a_failing_commit_in_function_scope_reaches_a_handler(holds: Holds) -> None:
    """27 phantom-receipt (an accepted alternative)."""
    holds("commit_after_yield_with_function_scope_and_handler", {"statuses": [201, 409], "rows": 1})


def test_a_failing_exit_closes_a_connection_that_was_to_be_kept(holds: Holds) -> None:
    """27 phantom-receipt; it is why the kit opens a connection for each request."""
    seen = {"statuses": ["201", "201"], "then": "closed"}
    holds("connection_after_a_failing_exit", seen)


# What comes in and goes out


def test_a_table_model_validates_no_body(holds: Holds) -> None:
    """3 patch-that-forgets, 39 cathedral."""
    holds("table_model_as_body", [200, 200, 200])


def test_a_table_model_is_answered_whole_unless_a_response_model_cuts_it(holds: Holds) -> None:
    """3 patch-that-forgets, 16 search-desk, 39 cathedral."""
    whole = ["id", "name", "price"]
    holds("table_model_as_answer", {"bare": whole, "declared": ["name"], "past-it": whole})


def test_a_422_shows_the_whole_body_to_its_sender_secrets_too(holds: Holds) -> None:
    """5 one-error-shape, 38 night-watch."""
    holds("refused_body_in_the_answer", {"status": 422, "password shown": True})


def test_missing_credentials_are_401_with_a_challenge(holds: Holds) -> None:
    """5 one-error-shape, 6 openapi-handover, 8 token-gate, 9 settings-vault."""
    refused = [401, True]
    holds("missing_credentials", {"key": refused, "bearer": refused, "oauth2": refused})


# Errors


def test_a_handler_of_fastapis_exception_misses_unknown_paths_and_methods(holds: Holds) -> None:
    """5 one-error-shape."""
    holds("handler_of_fastapis_exception", [418, 404, 405])


def test_a_handler_of_starlettes_exception_sees_all_of_them(holds: Holds) -> None:
    """5 one-error-shape."""
    holds("handler_of_starlettes_exception", [418, 418, 418])


def test_an_http_exception_in_a_middleware_is_a_500(holds: Holds) -> None:
    """5 one-error-shape, 38 night-watch."""
    holds("http_exception_in_a_middleware", 500)


# Concurrency


def test_a_blocking_call_in_an_async_route_stops_the_others(holds: Holds) -> None:
    """28 frozen-kiosk."""
    holds("health_beside_a_blocking_route", {"async def": False, "def": True})


def test_max_concurrency_limits_a_dependency(holds: Holds) -> None:
    """28 frozen-kiosk (an accepted alternative)."""
    holds("max_concurrency_of_a_dependency", {"statuses": [200] * 6, "at once": 2})


def test_read_then_write_loses_all_updates_but_one(holds: Holds) -> None:
    """24 last-seat."""
    holds("read_then_write_counter", {"statuses": [200] * 4, "counter": 1})


def test_check_then_insert_is_a_500_in_parallel_and_a_409_later(holds: Holds) -> None:
    """24 last-seat."""
    holds("check_then_insert", [200, 500, 500, 500, 409])


# Tables


def test_sqlite_stores_orphans_unless_told_otherwise(holds: Holds) -> None:
    """1 library-desk."""
    holds("orphans", {"as it comes": "accepted", "with the pragma": "IntegrityError"})


def test_naive_datetimes_are_refused_on_write_and_aware_ones_read_back(holds: Holds) -> None:
    """16 search-desk, 24 last-seat, and every kata that stores a datetime."""
    holds("datetimes", {"naive": "StatementError", "read is aware": True})


def test_a_pattern_is_checked_as_a_string_constraint_alone(holds: Holds) -> None:
    """Every kata whose fields have patterns: 3 patch-that-forgets, 5 one-error-shape."""
    seen = {
        "Field(regex=)": "ignored",
        "Field(pattern=)": "TypeError",
        "StringConstraints": "checked",
    }
    holds("patterns", seen)


# Tokens


def test_pyjwt_wants_algorithms_and_takes_no_unsigned_token(holds: Holds) -> None:
    """8 token-gate, 9 settings-vault."""
    seen = {
        "none named": "DecodeError",
        "unsigned": "InvalidAlgorithmError",
        "unsigned, `none` allowed": "InvalidKeyError",
        "unsigned, `none` allowed, no key": "InvalidSignatureError",
        "signed by another key": "InvalidSignatureError",
        "signed by another key, unverified": "accepted",
    }
    holds("algorithms_of_tokens", seen)


def test_pyjwt_checks_the_claims_it_is_asked_about(holds: Holds) -> None:
    """8 token-gate."""
    seen = {
        "no exp": "accepted",
        "no exp, required": "MissingRequiredClaimError",
        "expired": "ExpiredSignatureError",
        "iss, none asked for": "accepted",
        "iss, another asked for": "InvalidIssuerError",
        "no iss, one asked for": "MissingRequiredClaimError",
        "aud, none asked for": "InvalidAudienceError",
        "aud, another asked for": "InvalidAudienceError",
        "no aud, one asked for": "MissingRequiredClaimError",
        "sub is a number": "InvalidSubjectError",
        "not a token": "DecodeError",
    }
    holds("claims_of_tokens", seen)


def test_pyjwt_warns_of_a_short_key_and_refuses_an_empty_one(holds: Holds) -> None:
    """8 token-gate, 9 settings-vault."""
    seen = {
        "short": "accepted",
        "short, warned of": ["InsecureKeyLengthWarning"],
        "empty": "InvalidKeyError",
    }
    holds("keys_of_tokens", seen)


# Commits


def test_a_commit_that_fails_leaves_nothing_only_if_it_was_rolled_back(holds: Holds) -> None:
    """Every kata that lets commits fail: 1 library-desk, 16 search-desk, 27 phantom-receipt."""
    seen = {"rolled back first": ["second"], "raised alone": ["first", "second"]}
    holds("failing_commit", seen)
