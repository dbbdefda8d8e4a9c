"""Attempts to take more than is there: memory, threads, time, disk, output."""

from hostile.attacks.base import LIMIT, OPEN, REGRESSED, UNRUNNABLE, Attack, harms, stopped

ATTACKS = [
    harms("2 GiB of memory at import", "hoard = bytearray(2 << 30)", LIMIT),
    harms("2 GiB of memory at a request", "bytearray(2 << 30)", REGRESSED, at_request=True),
    harms(
        "all the memory there is, in small pieces",
        "hoard = []\nwhile True: hoard.append(bytearray(1 << 20))",
        LIMIT,
        UNRUNNABLE,
    ),
    stopped(
        "memory in files without names",
        """
        import os
        def hoard():
            made = [os.memfd_create("x") for _ in range(100)]
            for fd in made:
                os.write(fd, bytes(16 << 20))
            return len(made)
        stopped(hoard)
        """,
    ),
    harms(
        "memory in shared mappings",
        "import mmap\nhoard = [mmap.mmap(-1, 64 << 20) for _ in range(64)]\n",
        UNRUNNABLE,
    ),
    harms(
        "threads without end at import",
        """
        import threading
        hold = threading.Event()
        while True:
            threading.Thread(target=hold.wait, daemon=True).start()
        """,
        UNRUNNABLE,
    ),
    harms(
        "threads without end at a request",
        """
        import threading
        while True:
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        """,
        REGRESSED,
        at_request=True,
    ),
    harms("a loop without end at import", "while True: pass", UNRUNNABLE),
    harms("a wait without end at import", "import threading; threading.Event().wait()", UNRUNNABLE),
    harms("a loop without end at a request", "while True: pass", LIMIT, REGRESSED, at_request=True),
    harms(
        "a wait without end at a request",
        "import threading; threading.Event().wait()",
        LIMIT,
        REGRESSED,
        at_request=True,
    ),
    harms(
        "a wait without end when it is stopped",
        "import signal, time\nfor n in (2, 15): signal.signal(n, lambda *a: time.sleep(60))",
        OPEN,
    ),
    Attack("a wait without end at exit", "import atexit, time; atexit.register(time.sleep, 60)"),
    harms(
        "a busy thread beside",
        """
        import threading
        def spin():
            while True: pass
        for _ in range(20):
            threading.Thread(target=spin, daemon=True).start()
        """,
        OPEN,
        REGRESSED,
        LIMIT,
        UNRUNNABLE,
    ),
    harms("output without end at import", "while True: print('x' * 4096)", LIMIT),
    harms(
        "output without end from a thread",
        """
        import os, threading
        def shout():
            while True:
                os.write(1, b"x" * 65536)
        threading.Thread(target=shout, daemon=True).start()
        """,
        LIMIT,
    ),
    stopped("8 MiB of output", "print('x' * (8 << 20))"),
    stopped(
        "a file beyond the limit",
        """
        def fill():
            with open("/tmp/big", "wb") as file:
                for _ in range(64):
                    file.write(bytes(1 << 20))
        stopped(fill)
        import os
        os.unlink("/tmp/big")
        """,
    ),
    harms(
        "a disk that is full at import",
        """
        import os
        def fill(folder):
            for number in range(10_000):
                with open(f"{folder}/{number}", "wb", buffering=0) as file:
                    file.write(bytes(1 << 20))
        stopped(lambda: fill("/tmp"))
        stopped(lambda: fill("/work"))
        """,
        UNRUNNABLE,
        REGRESSED,
    ),
    harms(
        "a disk that is full at a request",
        """
        for number in range(10_000):
            with open(f"/tmp/{number}", "wb", buffering=0) as file:
                if file.write(bytes(1 << 20)) < 1 << 20:
                    return
        """,
        REGRESSED,
        at_request=True,
    ),
    harms(
        "a million files",
        """
        import os
        def fill():
            for number in range(1_000_000):
                os.close(os.open(f"/tmp/run/{number}", os.O_CREAT | os.O_WRONLY))
        stopped(fill)
        """,
        UNRUNNABLE,
        REGRESSED,
        OPEN,
    ),
    harms(
        "folders nested a thousand deep, that nobody may enter",
        """
        import os
        os.chdir("/tmp/run")
        for _ in range(1_000):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        os.chmod("/tmp/run/" + "d" * 200, 0)
        """,
        OPEN,
        REGRESSED,
    ),
    harms(
        "descriptors without end",
        """
        import os
        try:
            while True: os.dup(0)
        except OSError: pass
        """,
        UNRUNNABLE,
        REGRESSED,
    ),
    harms(
        "pipes filled to the brim",
        """
        import fcntl, os
        hoard = []
        try:
            while True:
                read, write = os.pipe()
                hoard += [read, write]
                fcntl.fcntl(write, 1031, 1 << 20)
                os.set_blocking(write, False)
                os.write(write, bytes(1 << 20))
        except OSError:
            pass
        for fd in hoard[:20]:
            os.close(fd)
        """,
        OPEN,
        REGRESSED,
        UNRUNNABLE,
    ),
    harms(
        "empty files without end",
        """
        import itertools
        for number in itertools.count():
            open(f"/tmp/{number}", "w").close()
        """,
        UNRUNNABLE,
        LIMIT,
    ),
    harms(
        "empty files without end, at a request",
        """
        import itertools
        for number in itertools.count():
            open(f"/tmp/{number}", "w").close()
        """,
        REGRESSED,
        LIMIT,
        at_request=True,
    ),
]
