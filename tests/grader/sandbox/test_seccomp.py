"""The profile that Docker is given refuses what the outer filter refuses."""

import errno
import json
from typing import Any

import pytest

from grader.inside import bpf
from grader.inside.bpf import Rule, When
from grader.sandbox.seccomp import profile

HIGH = 1 << 32
THREAD = 0x003D0F00  # the flags with which glibc makes a thread
AF_UNIX, AF_INET, TIOCSTI, TCGETS, CLONE_NEWUSER = 1, 2, 0x5412, 0x5401, 0x10000000


def refusal(made: dict[str, Any], call: str, *arguments: int) -> int | None:
    """The error that a profile gives a call, as libseccomp would compare: with 64 bits."""

    def fits(condition: dict[str, Any]) -> bool:
        given: int = arguments[int(condition["index"])]
        value: int = condition["value"]
        if condition["op"] == "SCMP_CMP_NE":
            return given != value
        assert condition["op"] == "SCMP_CMP_MASKED_EQ"
        low: int = condition["valueTwo"]
        return given & value == low

    for entry in made["syscalls"]:
        if call in entry["names"] and all(map(fits, entry["args"])):
            return entry["errnoRet"]
    return None


@pytest.mark.parametrize("machine", list(bpf.AUDIT_ARCH))
def test_every_call_of_the_filter_is_in_the_profile(machine: str) -> None:
    made = json.loads(profile(bpf.outer_rules(), machine))
    rules = {rule.call for rule in bpf.outer_rules()} & set(bpf.numbers(machine))
    assert {name for entry in made["syscalls"] for name in entry["names"]} == rules
    assert made["defaultAction"] == "SCMP_ACT_ALLOW"
    assert len(made["architectures"]) == 1, "a program of another architecture is killed"


@pytest.mark.parametrize(
    ("call", "arguments", "error"),
    [
        ("ptrace", (0,), errno.EPERM),
        ("io_uring_setup", (1,), errno.EPERM),
        ("clone3", (0,), errno.ENOSYS),
        ("clone", (THREAD,), None),
        ("clone", (THREAD | CLONE_NEWUSER,), errno.EPERM),
        ("clone", (CLONE_NEWUSER | HIGH,), errno.EPERM),
        ("socket", (AF_UNIX, 1, 0), None),
        ("socket", (AF_INET, 1, 0), errno.EAFNOSUPPORT),
        ("socket", (AF_INET | HIGH, 1, 0), errno.EAFNOSUPPORT),
        ("ioctl", (0, TCGETS), None),
        ("ioctl", (0, TIOCSTI), errno.EPERM),
        ("ioctl", (0, TIOCSTI | HIGH), errno.EPERM),
        ("read", (0,), None),
    ],
)
def test_profile_answers_as_the_filter_does(
    call: str, arguments: tuple[int, ...], error: int | None
) -> None:
    made = json.loads(profile(bpf.outer_rules(), "x86_64"))
    assert refusal(made, call, *arguments) == error


def test_what_a_profile_cannot_hold_is_refused() -> None:
    two = Rule("kill", errno.EPERM, 0, When.NONE_OF, (1, 2))
    none = Rule("clone", errno.EPERM, 0, When.NO_BIT, (1,))
    for rule in (two, none):
        with pytest.raises(ValueError, match=rule.call):
            profile([rule], "x86_64")
