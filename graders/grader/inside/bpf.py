"""Seccomp filters as BPF programs, written down as rules and assembled here.

Two filters guard a sandbox (reasons for each line: `graders/README.md`, what each layer stops):
the outer one holds for everything in it, the inner one for the app process alone, because it
knows the process's own id. Both allow what they do not name.
"""

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass
from enum import Enum

# name, number on x86_64 (asm/unistd_64.h), number on aarch64 (asm-generic/unistd.h; tested as a
# table only, never run)
_NUMBERS = """
    ptrace 101 117
    memfd_create 319 279
    process_vm_readv 310 270
    process_vm_writev 311 271
    process_madvise 440 440
    pidfd_open 434 434
    pidfd_getfd 438 438
    pidfd_send_signal 424 424
    kcmp 312 272
    mount 165 40
    umount2 166 39
    pivot_root 155 41
    chroot 161 51
    fsopen 430 430
    fsconfig 431 431
    fsmount 432 432
    fspick 433 433
    move_mount 429 429
    open_tree 428 428
    mount_setattr 442 442
    setns 308 268
    unshare 272 97
    keyctl 250 219
    add_key 248 217
    request_key 249 218
    bpf 321 280
    io_uring_setup 425 425
    io_uring_enter 426 426
    io_uring_register 427 427
    perf_event_open 298 241
    userfaultfd 323 282
    kexec_load 246 104
    kexec_file_load 320 294
    init_module 175 105
    finit_module 313 273
    delete_module 176 106
    open_by_handle_at 304 265
    name_to_handle_at 303 264
    acct 163 89
    quotactl 179 60
    quotactl_fd 443 443
    swapon 167 224
    swapoff 168 225
    reboot 169 142
    syslog 103 116
    iopl 172 -
    ioperm 173 -
    nfsservctl 180 42
    lookup_dcookie 212 18
    personality 135 92
    modify_ldt 154 -
    vhangup 153 58
    settimeofday 164 170
    clock_settime 227 112
    clock_adjtime 305 266
    adjtimex 159 171
    sethostname 170 161
    setdomainname 171 162
    fanotify_init 300 262
    fanotify_mark 301 263
    memfd_secret 447 447
    mbind 237 235
    set_mempolicy 238 237
    migrate_pages 256 238
    move_pages 279 239
    msgget 68 186
    msgsnd 69 189
    msgrcv 70 188
    msgctl 71 187
    semget 64 190
    semop 65 193
    semtimedop 220 192
    semctl 66 191
    shmget 29 194
    shmat 30 196
    shmctl 31 195
    mq_open 240 180
    mq_unlink 241 181
    mknod 133 -
    mknodat 259 33
    chown 92 -
    fchown 93 55
    lchown 94 -
    fchownat 260 54
    setuid 105 146
    setgid 106 144
    setreuid 113 145
    setregid 114 143
    setresuid 117 147
    setresgid 119 149
    setgroups 116 159
    setfsuid 122 151
    setfsgid 123 152
    landlock_create_ruleset 444 444
    clone 56 220
    clone3 435 435
    socket 41 198
    socketpair 53 199
    ioctl 16 29
    execve 59 221
    execveat 322 281
    fork 57 -
    vfork 58 -
    kill 62 129
    tkill 200 130
    tgkill 234 131
    rt_sigqueueinfo 129 138
    rt_tgsigqueueinfo 297 240
    prlimit64 302 261
    setpriority 141 140
    sched_setaffinity 203 122
    sched_setscheduler 144 119
    sched_setparam 142 118
    sched_setattr 314 274
    ioprio_set 251 30
    fcntl 72 25
    uselib 134 -
    statmount 457 457
    listmount 458 458
"""

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000

LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, TELL = 0x7FFF0000, 0x00050000, 0x7FC00000
OFFSET_NUMBER, OFFSET_ARCH, OFFSET_ARGUMENTS = 0, 4, 16


class When(Enum):
    """How a rule's values are compared with the low 32 bits of its argument."""

    ANY_OF = "any of"
    NONE_OF = "none of"
    ANY_BIT = "any bit of"
    NO_BIT = "no bit of"


@dataclass(frozen=True)
class Rule:
    """Refuse a system call, always or where one argument fits."""

    call: str
    error: int = errno.EPERM
    argument: int | None = None
    when: When = When.ANY_OF
    values: tuple[int, ...] = ()


def numbers(machine: str) -> dict[str, int]:
    """System call numbers by name, for `x86_64` or `aarch64`.

    Raises:
        KeyError: another machine.
    """
    if machine not in AUDIT_ARCH:
        raise KeyError(machine)
    column = list(AUDIT_ARCH).index(machine) + 1
    rows = [line.split() for line in _NUMBERS.split("\n") if line.strip()]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def _deny(error: int, *names: str) -> list[Rule]:
    return [Rule(name, error) for text in names for name in text.split()]


CLONE_THREAD = 0x00010000
CLONE_NEW = (
    0x00000080
    | 0x00020000
    | 0x02000000
    | 0x04000000
    | 0x08000000
    | 0x10000000
    | 0x20000000
    | 0x40000000
)
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
F_SETOWN, F_SETSIG, F_SETOWN_EX = 8, 10, 15
FIOASYNC, FIOSETOWN, SIOCSPGRP = 0x5452, 0x8901, 0x8902
AF_UNIX = 1


def outer_rules() -> list[Rule]:
    """For both sandboxes, loaded by bubblewrap before anything of ours runs."""
    return [
        *_deny(
            errno.EPERM,
            "ptrace process_vm_readv process_vm_writev process_madvise pidfd_open pidfd_getfd",
            "pidfd_send_signal kcmp mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick",
            "move_mount open_tree mount_setattr statmount listmount setns unshare keyctl add_key",
            "request_key bpf io_uring_setup io_uring_enter io_uring_register perf_event_open",
            "userfaultfd kexec_load kexec_file_load init_module finit_module delete_module",
            "open_by_handle_at name_to_handle_at acct quotactl quotactl_fd swapon swapoff reboot",
            "syslog iopl ioperm nfsservctl lookup_dcookie personality modify_ldt vhangup uselib",
            "settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname",
            "fanotify_init fanotify_mark memfd_secret mbind set_mempolicy migrate_pages move_pages",
            "msgget msgsnd msgrcv msgctl semget semop semtimedop semctl shmget shmat shmctl",
            "mq_open mq_unlink mknod mknodat chown fchown lchown fchownat setuid setgid setreuid",
            "setregid setresuid setresgid setgroups setfsuid setfsgid landlock_create_ruleset",
        ),
        Rule("clone3", errno.ENOSYS),  # glibc then falls back to clone, whose flags can be seen
        Rule("clone", errno.EPERM, 0, When.ANY_BIT, (CLONE_NEW,)),
        Rule("socket", errno.EAFNOSUPPORT, 0, When.NONE_OF, (AF_UNIX,)),
        Rule("socketpair", errno.EAFNOSUPPORT, 0, When.NONE_OF, (AF_UNIX,)),
        Rule("ioctl", errno.EPERM, 1, When.ANY_OF, (TIOCSTI, TIOCLINUX)),
    ]


def inner_rules(pid: int) -> list[Rule]:
    """For the app process (or a helper): threads only, signals to itself only.

    No memory files either: a service took 1.6 GB in a second with them, past every bound.

    Args:
        pid: the process's own id, as it sees it.
    """
    return [
        *_deny(
            errno.EPERM,
            "execve execveat fork vfork tkill memfd_create",
            "setpriority ioprio_set sched_setaffinity sched_setscheduler sched_setparam",
            "sched_setattr",
        ),
        Rule("clone", errno.EPERM, 0, When.NO_BIT, (CLONE_THREAD,)),
        *(
            Rule(call, errno.EPERM, 0, When.NONE_OF, (pid,))
            for call in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
        ),
        Rule("prlimit64", errno.EPERM, 0, When.NONE_OF, (pid, 0)),
        # The kernel would send a signal of choice to any process of the sandbox: an app killed its
        # supervisor by O_ASYNC before these lines.
        Rule("fcntl", errno.EPERM, 1, When.ANY_OF, (F_SETOWN, F_SETSIG, F_SETOWN_EX)),
        Rule("ioctl", errno.EPERM, 1, When.ANY_OF, (FIOASYNC, FIOSETOWN, SIOCSPGRP)),
    ]


def assemble(rules: list[Rule], machine: str | None = None, *, told: bool = False) -> bytes:
    """The rules as a BPF program; calls that this machine does not have are left out.

    Args:
        rules: what to refuse.
        machine: `x86_64` or `aarch64`; this one without it.
        told: leave the refusal to whoever holds the listener (`load_told`).

    Raises:
        KeyError: no table for the machine.
    """
    machine = machine or platform.machine()
    table = numbers(machine)
    program = [
        _op(LOAD, k=OFFSET_ARCH),
        _op(JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        _op(RETURN, k=REFUSE | errno.EPERM),
        _op(LOAD, k=OFFSET_NUMBER),
    ]
    if machine == "x86_64":  # the x32 numbers would pass by every rule
        program += [_op(JUMP_GREATER_EQUAL, 0, 1, X32_BIT), _op(RETURN, k=REFUSE | errno.EPERM)]
    for rule in rules:
        if rule.call in table:
            program += _rule(rule, table[rule.call], told)
    return b"".join([*program, _op(RETURN, k=ALLOW)])


def _rule(rule: Rule, number: int, told: bool) -> list[bytes]:
    """One rule as a block; where it does not apply it falls through, the number loaded."""
    refuse = _op(RETURN, k=TELL if told else REFUSE | rule.error)
    if rule.argument is None:
        return [_op(JUMP_EQUAL, 0, 1, number), refuse]
    test = JUMP_EQUAL if rule.when in (When.ANY_OF, When.NONE_OF) else JUMP_ANY_BIT
    refuses = rule.when in (When.ANY_OF, When.ANY_BIT)
    count = len(rule.values)
    # on a hit jump to the last two instructions: refuse, or go on
    block = [_op(LOAD, k=OFFSET_ARGUMENTS + 8 * rule.argument)]
    for at, value in enumerate(rule.values):
        block.append(_op(test, count - at - 1 + 1, 0, value))
    if refuses:
        block += [_op(JUMP_ALWAYS, k=1), refuse, _op(LOAD, k=OFFSET_NUMBER)]
    else:
        block += [refuse, _op(LOAD, k=OFFSET_NUMBER)]
    return [_op(JUMP_EQUAL, 0, len(block), number), *block]


JUMP_ALWAYS = 0x05


def _op(code: int, on_true: int = 0, on_false: int = 0, k: int = 0) -> bytes:
    return struct.pack("=HBBI", code, on_true, on_false, k & 0xFFFFFFFF)


def load(program: bytes) -> None:
    """Put a filter on this thread and its children, for good.

    Raises:
        OSError: the kernel refused it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_FILTER, head, 0, 0),
    ):
        if libc.prctl(*arguments) != 0:
            code = ctypes.get_errno()
            raise OSError(code, f"seccomp: {os.strerror(code)}")


def load_told(program: bytes) -> int | None:
    """The same, with a listener that is told of every call and answers it; see seccomp_unotify(2).

    Returns:
        The listener's file descriptor; None where the kernel has none (before 5.0).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return None
    fd = libc.syscall(SECCOMP_CALL[platform.machine()], 1, SECCOMP_NEW_LISTENER, head)
    return fd if fd >= 0 else None


PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_FILTER = 22, 38, 2
SECCOMP_CALL, SECCOMP_NEW_LISTENER = {"x86_64": 317, "aarch64": 277}, 8
