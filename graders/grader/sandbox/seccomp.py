"""The outer filter as the seccomp profile that Docker takes (JSON in the OCI's terms).

Docker's own profile is not used: that of Docker 20.10 lets io_uring through.
"""

import json
from typing import Any

from grader.inside.bpf import Rule, When, numbers

ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}
LOW = 0xFFFFFFFF  # libseccomp compares 64 bits, the kernel looks at the low ones of an int


def profile(rules: list[Rule], machine: str) -> str:
    """The rules as a profile; a program of another architecture is killed.

    Raises:
        KeyError: no table for the machine.
        ValueError: a rule that a profile cannot hold.
    """
    table = numbers(machine)
    return json.dumps(
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "architectures": [ARCHITECTURES[machine]],
            "syscalls": [
                {
                    "names": [rule.call],
                    "action": "SCMP_ACT_ERRNO",
                    "errnoRet": rule.error,
                    "args": condition,
                }
                for rule in rules
                if rule.call in table
                for condition in _conditions(rule)
            ],
        }
    )


def _conditions(rule: Rule) -> list[list[dict[str, Any]]]:
    """One list for each way in which the rule applies; an empty one always does."""
    if rule.argument is None:
        return [[]]
    match rule.when:
        case When.ANY_OF:
            return [[_masked(rule.argument, LOW, value)] for value in rule.values]
        case When.ANY_BIT:
            bits = [1 << n for value in rule.values for n in range(32) if value >> n & 1]
            return [[_masked(rule.argument, bit, bit)] for bit in bits]
        case When.NONE_OF if len(rule.values) == 1:
            # Not the low bits alone: that is stricter than the filter, never laxer.
            return [[{"index": rule.argument, "value": rule.values[0], "op": "SCMP_CMP_NE"}]]
        case _:
            raise ValueError(f"no profile for {rule}")


def _masked(index: int, mask: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
