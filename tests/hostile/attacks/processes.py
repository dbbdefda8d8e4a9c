"""Attempts to make processes, or to harm those that are there."""

from hostile.attacks.base import LIMIT, REGRESSED, UNRUNNABLE, harms, stopped

CALLS = """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def call(on_x86, on_arm, *arguments):
    number = on_arm if platform.machine() == "aarch64" else on_x86
    if libc.syscall(number, *arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
"""

ATTACKS = [
    stopped("fork", "import os; stopped(os.fork)", noted="was refused"),
    stopped("fork, at a request", "import os; stopped(os.fork)", at_request=True),
    stopped("a pseudo-terminal and fork", "import os; stopped(os.forkpty)"),
    stopped(
        "exec",
        "import os, sys; stopped(lambda: os.execv(sys.executable, [sys.executable]))",
        noted="execve was refused",
    ),
    stopped("spawn", "import os, sys; stopped(lambda: os.posix_spawn(sys.executable, ['x'], {}))"),
    stopped(
        "a subprocess", "import subprocess, sys; stopped(lambda: subprocess.run([sys.executable]))"
    ),
    stopped(
        "a process by the bare calls",
        CALLS + "stopped(lambda: call(57, 9999))\nstopped(lambda: call(58, 9999))\n"
        "stopped(lambda: call(56, 220, 17, 0, 0, 0, 0))\nstopped(lambda: call(435, 435, 0, 88))",
    ),
    stopped(
        "a process that multiprocessing makes",
        "import multiprocessing\nstopped(multiprocessing.Process(target=print).start)",
    ),
    stopped(
        "a signal to everybody else",
        """
        import os, signal
        for pid in (1, os.getppid(), -1, 0, -os.getpgrp(), -os.getppid()):
            for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, 0):
                stopped(lambda: os.kill(pid, number))
        """,
        noted="kill was refused",
    ),
    stopped(
        "a signal by the other calls",
        CALLS
        + """
pid = os.getppid()
stopped(lambda: call(200, 130, pid, 9))
stopped(lambda: call(234, 131, pid, pid, 9))
info = ctypes.create_string_buffer(128)
stopped(lambda: call(129, 138, pid, 9, info))
stopped(lambda: call(297, 240, pid, pid, 9, info))
stopped(lambda: call(434, 434, pid, 0))
stopped(lambda: call(424, 424, 0, 9, 0, 0))
""",
    ),
    stopped(
        "the supervisor killed by the owner of a pipe",
        """
        import fcntl, os, struct
        read, write = os.pipe()
        stopped(lambda: fcntl.fcntl(read, fcntl.F_SETOWN, os.getppid()))
        stopped(lambda: fcntl.fcntl(read, 15, struct.pack("ii", 1, os.getppid())))
        stopped(lambda: fcntl.fcntl(read, 10, 9))
        """,
    ),
    stopped(
        "the supervisor killed by the owner of a socket",
        """
        import fcntl, os, socket, struct
        one, two = socket.socketpair()
        pid = struct.pack("i", os.getppid())
        stopped(lambda: fcntl.ioctl(one, 0x8901, pid))
        stopped(lambda: fcntl.ioctl(one, 0x8902, pid))
        stopped(lambda: fcntl.ioctl(one, 0x5452, struct.pack("i", 1)))
        """,
    ),
    stopped(
        "the supervisor starved",
        """
        import os, resource
        pid = os.getppid()
        stopped(lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
        stopped(lambda: os.sched_setaffinity(pid, {0}))
        stopped(lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
        stopped(lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0)))
        stopped(lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (0, 0)))
        """,
    ),
    stopped(
        "limits raised",
        """
        import resource
        for name in ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE"):
            kind = getattr(resource, f"RLIMIT_{name}")
            hard = resource.getrlimit(kind)[1]
            stopped(lambda: resource.setrlimit(kind, (hard + 1, hard + 1)), ValueError)
        """,
    ),
    stopped(
        "debugging, namespaces, mounts and modules",
        CALLS
        + """
for numbers in ((101, 117, 16, os.getppid(), 0, 0), (310, 270, os.getppid(), 0, 0, 0, 0, 0),
                (272, 97, 0x10000000), (165, 40, 0, 0, 0, 0, 0), (161, 51, b"/tmp"),
                (308, 268, 0, 0), (155, 41, b"/tmp", b"/tmp"), (175, 105, 0, 0, 0),
                (250, 219, 0, 0), (321, 280, 0, 0, 0), (425, 425, 1, 0), (323, 282, 0),
                (298, 241, 0, 0, 0, 0, 0), (105, 146, 0), (304, 265, 0, 0, 0)):
    stopped(lambda: call(*numbers))
""",
    ),
    stopped(
        "more rights",
        """
        import os
        stopped(lambda: os.setuid(0))
        stopped(lambda: os.setgroups([0]))
        stopped(lambda: os.chown("app/main.py", 0, 0))
        stopped(lambda: os.mknod("/tmp/disk", 0o60666, os.makedev(8, 0)))
        stopped(lambda: os.mknod("/tmp/memory", 0o20666, os.makedev(1, 1)))
        """,
    ),
    stopped(
        "writing where nothing may be written",
        """
        from pathlib import Path
        for folder in ("/", "/opt", "/opt/kit", "/opt/runtime/packages", "/dev", "/dev/shm",
                       "/ipc", "/proc/sys/kernel", "/sys"):
            stopped(lambda: Path(folder, "x").write_text("x"))
        import os
        for path in ("/opt/kit/grader/inside/wire.py", "/opt/runtime/bin/python3"):
            stopped(lambda: open(path, "ab"))
            stopped(lambda: os.unlink(path))
            stopped(lambda: os.chmod(path, 0o777))
        for name in ("oom_score_adj", "coredump_filter", "comm"):
            stopped(lambda: Path(f"/proc/{os.getppid()}/{name}").write_text("1"))
        """,
    ),
    harms("itself killed at import", "import os; os.kill(os.getpid(), 9)", UNRUNNABLE),
    harms(
        "itself killed by a signal without a name",
        "import os; os.kill(os.getpid(), 35)",
        UNRUNNABLE,
    ),
    harms(
        "itself killed at a request",
        "import os; os.kill(os.getpid(), 9)",
        REGRESSED,
        at_request=True,
        noted="ended by itself (SIGKILL)",
    ),
    harms(
        "itself killed at a request by a signal without a name",
        "import os; os.kill(os.getpid(), 35)",
        REGRESSED,
        at_request=True,
    ),
    harms(
        "itself stopped at import",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        UNRUNNABLE,
    ),
    harms(
        "itself stopped at a request",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        LIMIT,
        REGRESSED,
        at_request=True,
    ),
    harms(
        "a crash of the interpreter",
        "import ctypes; ctypes.string_at(0)",
        REGRESSED,
        at_request=True,
    ),
    harms(
        "the interpreter's stack blown",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        REGRESSED,
        UNRUNNABLE,
        at_request=True,
    ),
]
