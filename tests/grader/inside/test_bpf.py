"""The system call filters: simulated as tables for both machines, and proved live on this one."""

import errno
import json
import mmap
import os
import platform
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from grader.inside import bpf
from grader.inside.bpf import AUDIT_ARCH, Rule, When, assemble, inner_rules, numbers, outer_rules

PID = 4711
MACHINES = tuple(AUDIT_ARCH)
ALLOWED = bpf.ALLOW
live = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in MACHINES,
    reason="seccomp filters are for Linux on x86_64 and aarch64",
)


def decide(
    program: bytes, machine: str, number: int, arguments: tuple[int, ...] = (), arch: int = 0
) -> int:
    """What the kernel would say: an interpreter for the instructions that the filters use."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack(
        "=IIQ6Q",
        number & 0xFFFFFFFF,
        arch or AUDIT_ARCH[machine],
        0,
        *(a & 0xFFFFFFFFFFFFFFFF for a in padded),
    )
    code = list(struct.iter_unpack("=HBBI", program))
    at = accumulator = 0
    while True:
        operation, on_true, on_false, k = code[at]
        at += 1
        if operation == bpf.RETURN:
            return int(k)
        if operation == bpf.LOAD:
            (accumulator,) = struct.unpack_from("=I", data, k)
        elif operation == bpf.JUMP_ALWAYS:
            at += k
        else:
            at += on_true if _holds(operation, accumulator, k) else on_false


def _holds(operation: int, accumulator: int, k: int) -> bool:
    tests: dict[int, Callable[[], bool]] = {
        bpf.JUMP_EQUAL: lambda: accumulator == k,
        bpf.JUMP_GREATER_EQUAL: lambda: accumulator >= k,
        bpf.JUMP_ANY_BIT: lambda: bool(accumulator & k),
    }
    return tests[operation]()


def refusal(error: int) -> int:
    return bpf.REFUSE | error


def _arguments(rule: Rule, values: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Argument lists that carry each of the values where the rule looks, noise elsewhere."""
    position = rule.argument or 0
    for value in values:
        arguments = [0xAAAA] * 6
        arguments[position] = value
        yield tuple(arguments)


def _bits(rule: Rule) -> list[int]:
    return [1 << bit for bit in range(32) if any(value >> bit & 1 for value in rule.values)]


def _refused_values(rule: Rule) -> tuple[int, ...]:
    if rule.when is When.ANY_OF:
        return rule.values
    if rule.when is When.ANY_BIT:
        return (*_bits(rule), 0xFFFFFFFF)
    if rule.when is When.NONE_OF:
        return tuple(v for v in (0, 1, 2, PID + 1, 0xFFFFFFFF) if v not in rule.values)
    return (0, *(bit for bit in (1 << b for b in range(32)) if not bit & rule.values[0]))


def _allowed_values(rule: Rule) -> tuple[int, ...]:
    if rule.when in (When.ANY_OF, When.ANY_BIT):
        mask = rule.values[0] if rule.when is When.ANY_BIT else 0
        return tuple(v for v in (0, 0x100, 0x200) if v not in rule.values and not v & mask)
    return rule.values if rule.when is When.NONE_OF else (rule.values[0], rule.values[0] | 0x100)


RULES = [("outer", r) for r in outer_rules()] + [("inner", r) for r in inner_rules(PID)]
IDS = [f"{side}-{rule.call}-{rule.when.name}" for side, rule in RULES]
PROGRAMS = {"outer": outer_rules(), "inner": inner_rules(PID)}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("side", "rule"), RULES, ids=IDS)
def test_rule_refuses_what_it_names_and_nothing_else(side: str, rule: Rule, machine: str) -> None:
    number = numbers(machine).get(rule.call)
    if number is None:
        assert machine == "aarch64", f"{rule.call} must have a number on x86_64"
        return
    program = assemble(PROGRAMS[side], machine)
    if rule.argument is None:
        assert decide(program, machine, number) == refusal(rule.error)
        return
    for arguments in _arguments(rule, _refused_values(rule)):
        assert decide(program, machine, number, arguments) == refusal(rule.error), arguments
    allowed = _allowed_values(rule)
    assert allowed
    for arguments in _arguments(rule, allowed):
        assert decide(program, machine, number, arguments) == ALLOWED, arguments


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("side", PROGRAMS)
def test_calls_without_a_rule_pass(side: str, machine: str) -> None:
    program = assemble(PROGRAMS[side], machine)
    named = {numbers(machine).get(rule.call) for rule in PROGRAMS[side]}
    free = [number for number in range(470) if number not in named]
    assert {decide(program, machine, number) for number in free} == {ALLOWED}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("side", PROGRAMS)
def test_calls_of_another_machine_are_refused(side: str, machine: str) -> None:
    program = assemble(PROGRAMS[side], machine)
    i386 = 0x40000003
    assert decide(program, machine, 0, arch=i386) == refusal(errno.EPERM)


@pytest.mark.parametrize("side", PROGRAMS)
def test_x32_numbers_are_refused(side: str) -> None:
    program = assemble(PROGRAMS[side], "x86_64")
    for number in (0, 59, 520, 0x3FFFFFFF):
        assert decide(program, "x86_64", bpf.X32_BIT | number) == refusal(errno.EPERM)


def test_clone3_is_said_to_be_missing_so_that_flags_can_be_seen() -> None:
    for machine in MACHINES:
        program = assemble(outer_rules(), machine)
        number = numbers(machine)["clone3"]
        assert decide(program, machine, number) == refusal(errno.ENOSYS)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_named_call_has_a_number_of_its_own(machine: str) -> None:
    table = numbers(machine)
    assert len(set(table.values())) == len(table)
    named = {rule.call for rules in PROGRAMS.values() for rule in rules}
    assert named <= set(numbers("x86_64"))
    assert set(numbers("aarch64")) <= set(numbers("x86_64"))


@pytest.mark.parametrize("side", PROGRAMS)
@pytest.mark.parametrize("machine", MACHINES)
def test_program_is_short_enough_for_the_kernel(side: str, machine: str) -> None:
    assert len(assemble(PROGRAMS[side], machine)) // 8 <= 4096


def test_unknown_machine_has_no_filter_rather_than_an_empty_one() -> None:
    with pytest.raises((KeyError, ValueError)):
        assemble(outer_rules(), "riscv64")


# Live: the kernel itself is asked, in a process that puts the filter on

ASK = """
import ctypes, json, os, sys
from grader.inside import bpf
calls = json.loads(sys.argv[1])
rules = bpf.outer_rules() if sys.argv[2] == "outer" else bpf.inner_rules(os.getpid())
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
bpf.load(bpf.assemble(rules))
said = {}
for name, number, arguments in calls:
    values = [ctypes.c_long(os.getppid() if a == "parent" else a) for a in arguments]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *values)
    said[name] = ctypes.get_errno() if result == -1 else 0
print(json.dumps(said))
"""
BAD = mmap.PAGESIZE - 1  # no address: a call that got through would fail with another error


def _ask(side: str, calls: list[tuple[str, int, list[int | str]]]) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(calls), side],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    return json.loads(done.stdout)


def _unconditional(side: str) -> list[str]:
    return [r.call for r in PROGRAMS[side] if r.argument is None and r.error == errno.EPERM]


@live
@pytest.mark.parametrize("side", PROGRAMS)
def test_kernel_refuses_every_call_that_has_a_rule_without_condition(side: str) -> None:
    table = numbers(platform.machine())
    names = [name for name in _unconditional(side) if name in table]
    said = _ask(side, [(name, table[name], [-1, BAD, -1, BAD, -1, -1]) for name in names])
    assert said == dict.fromkeys(names, errno.EPERM)


@live
def test_kernel_refuses_sockets_other_than_unix_ones() -> None:
    table = numbers(platform.machine())
    families = {"inet": 2, "inet6": 10, "netlink": 16, "packet": 17, "vsock": 40, "alg": 38}
    calls: list[tuple[str, int, list[int | str]]] = [
        (name, table["socket"], [family, 1, 0]) for name, family in families.items()
    ]
    said = _ask("outer", [*calls, ("unix", table["socket"], [1, 1, 0])])
    assert said == {**dict.fromkeys(families, errno.EAFNOSUPPORT), "unix": 0}


@live
def test_kernel_refuses_new_namespaces_and_hides_clone3() -> None:
    table = numbers(platform.machine())
    said = _ask(
        "outer",
        [("user", table["clone"], [0x10000000, 0]), ("clone3", table["clone3"], [BAD, 88])],
    )
    assert said == {"user": errno.EPERM, "clone3": errno.ENOSYS}


@live
def test_kernel_lets_an_app_process_signal_itself_alone() -> None:
    table = numbers(platform.machine())
    signal_0 = ["parent", 0]
    said = _ask(
        "inner",
        [
            ("kill parent", table["kill"], [*signal_0]),
            ("kill all", table["kill"], [-1, 0]),
            ("kill group", table["kill"], [0, 0]),
            ("tgkill parent", table["tgkill"], ["parent", "parent", 0]),
            ("rt_sigqueueinfo", table["rt_sigqueueinfo"], ["parent", 0, BAD]),
            ("prlimit64", table["prlimit64"], ["parent", 7, 0, 0]),
            ("prlimit64 own", table["prlimit64"], [0, 7, 0, 0]),
            ("process by clone", table["clone"], [17, 0]),
            ("F_SETOWN", table["fcntl"], [0, 8, "parent"]),
            ("F_SETSIG", table["fcntl"], [0, 10, 9]),
            ("F_SETOWN_EX", table["fcntl"], [0, 15, BAD]),
            ("F_GETFL", table["fcntl"], [0, 3, 0]),
            ("FIOASYNC", table["ioctl"], [0, 0x5452, BAD]),
            ("FIOSETOWN", table["ioctl"], [0, 0x8901, BAD]),
            ("SIOCSPGRP", table["ioctl"], [0, 0x8902, BAD]),
        ],
    )
    allowed = {"prlimit64 own", "F_GETFL"}
    assert said == {name: 0 if name in allowed else errno.EPERM for name in said}


@live
def test_constants_of_the_table_are_those_of_this_machines_c_library() -> None:
    """A number in the table that is wrong would guard the wrong call: compare with the headers."""
    header = _header()
    if header is None:
        pytest.skip("no kernel headers on this machine")
    wrong = {
        name: (number, header[name])
        for name, number in numbers(platform.machine()).items()
        if name in header and header[name] != number
    }
    assert wrong == {}
    assert len(header) > 300


def _header() -> dict[str, int] | None:
    compiler = subprocess.run(
        ["sh", "-c", "echo '#include <asm/unistd.h>' | cc -E -dM -"],
        capture_output=True,
        text=True,
        check=False,
    )
    if compiler.returncode != 0:
        return None
    lines = [line.split() for line in compiler.stdout.splitlines() if " __NR_" in line]
    return {words[1].removeprefix("__NR_"): int(words[2]) for words in lines if words[2].isdigit()}


@live
def test_filter_that_the_kernel_does_not_take_is_an_error() -> None:
    """In a process of its own: no_new_privs stays."""
    code = "from grader.inside import bpf\nbpf.load(b'\\xff' * 8)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert "OSError" in done.stderr
    assert "seccomp" in done.stderr
