"""Attempts to read what is not the submission's: the suite, the host, the supervisor, others."""

from hostile.attacks.base import stopped

ATTACKS = [
    stopped("the host's accounts", "stopped(lambda: open('/etc/passwd').read())"),
    stopped(
        "a file of the host",
        "stopped(lambda: open('/etc/shadow').read())\nstopped(lambda: open('$canary').read())",
        noted="open /etc/shadow",
    ),
    stopped(
        "a file of the host, at a request",
        "stopped(lambda: open('$canary').read())",
        at_request=True,
    ),
    stopped(
        "a file of the host, by every root there is",
        """
        import os
        for pid in [p for p in os.listdir("/proc") if p.isdigit()] + ["self"]:
            stopped(lambda: open(f"/proc/{pid}/root$canary").read())
            stopped(lambda: open(f"/proc/{pid}/cwd/../../..$canary").read())
        """,
    ),
    stopped(
        "a file of the host overwritten",
        """
        import pathlib
        try:
            pathlib.Path("$canary").parent.mkdir(parents=True)
            pathlib.Path("$canary").write_text("gone")
        except OSError:
            pass
        """,
    ),
    stopped(
        "the suite, on the whole disk",
        """
        import os
        def search():
            needle = b"hidden-suite-" + b"7f3b9a"
            for folder, names, files in os.walk("/"):
                if folder in ("/proc", "/dev", "/opt/runtime/lib", "/opt/runtime/packages"):
                    names.clear()
                    continue
                for file in files:
                    path = os.path.join(folder, file)
                    if file.startswith("test_") or file == "kata.toml":
                        return path
                    try:
                        with open(path, "rb") as opened:
                            if needle in opened.read(1 << 20):
                                return path
                    except OSError:
                        continue
            raise OSError("it is not there")
        stopped(search)
        """,
    ),
    stopped(
        "the suite, in its own memory",
        """
        import gc, sys
        def search():
            needle = "hidden-suite-" + "7f3b9a"
            seen = [o for o in gc.get_objects() if isinstance(o, dict)]
            seen += [f.f_locals for f in sys._current_frames().values()]
            for held in seen:
                for value in list(held.values()):
                    if isinstance(value, str) and needle in value and value is not needle:
                        return value
            raise OSError("it is not there")
        def in_memory():
            with open("/proc/self/mem", "rb") as memory:
                return memory.read(1)
        stopped(search)
        stopped(in_memory)
        """,
        at_request=True,
    ),
    stopped(
        "the suite, the graders and the platform as modules",
        """
        import importlib
        for name in ("kit", "kintsugi", "grader.grade", "grader.kata", "grader.review",
                     "grader.sandbox", "grader.inside.suite", "grader.inside.suite.runner",
                     "test_cloakroom", "dbos", "docker"):
            stopped(lambda: importlib.import_module(name), ImportError)
        """,
    ),
    stopped(
        "the variables of the first process and of the supervisor",
        """
        import os
        def environ(pid):
            text = open(f"/proc/{pid}/environ", "rb").read()
            if not text:
                raise OSError("it is empty")
            return text
        for pid in (1, os.getppid()):
            stopped(lambda: environ(pid))
        """,
    ),
    stopped(
        "secrets in its own variables",
        """
        import os
        own = "PATH LANG HOME PYTHONUTF8 DATABASE_URL JWT_SECRET LC_CTYPE TMPDIR".split()
        if more := set(os.environ) - set(own):
            raise SystemExit(f"got through: {sorted(more)}")
        """,
    ),
    stopped(
        "the supervisor's memory, descriptors and maps",
        """
        import os
        pid = os.getppid()
        stopped(lambda: open(f"/proc/{pid}/mem", "r+b"))
        stopped(lambda: open(f"/proc/{pid}/mem", "rb"))
        stopped(lambda: open(f"/proc/{pid}/maps").read())
        stopped(lambda: os.listdir(f"/proc/{pid}/fd"))
        stopped(lambda: os.readlink(f"/proc/{pid}/exe"))
        stopped(lambda: os.listdir(f"/proc/{pid}/map_files"))
        stopped(lambda: open(f"/proc/{pid}/stack").read())
        stopped(lambda: open(f"/proc/{pid}/syscall").read())
        """,
    ),
    stopped(
        "the memory of whatever is in the sandbox, all the time",
        """
        import os, threading
        def hunt():
            while True:
                for pid in [p for p in os.listdir("/proc") if p.isdigit()]:
                    if int(pid) != os.getpid():
                        for file in ("mem", "environ", "maps"):
                            name = f"/proc/{pid}/{file}"
                            stopped(lambda: open(name, "rb").read(1) or open("/nowhere"))
        threading.Thread(target=hunt, daemon=True).start()
        """,
    ),
    stopped(
        "the kernel's own memory and messages",
        """
        for name in ("/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore", "/dev/kmsg"):
            stopped(lambda: open(name, "rb").read(1))
        """,
    ),
    stopped(
        "links that lead out",
        """
        import os
        for target in ("$canary", "/etc/passwd", "/proc/1/root/etc/passwd"):
            os.symlink(target, "/tmp/link")
            stopped(lambda: open("/tmp/link").read())
            os.unlink("/tmp/link")
        """,
    ),
]
