"""Attempts to speak to anybody but the suite."""

from hostile.attacks.base import stopped

ATTACKS = [
    stopped(
        "TCP",
        """
        import socket
        for host in ("127.0.0.1", "10.0.0.1", "1.1.1.1"):
            stopped(lambda: socket.create_connection((host, $port), 1))
        stopped(lambda: socket.create_connection(("::1", $port), 1))
        """,
        noted="a socket of the network",
    ),
    stopped(
        "UDP and names",
        """
        import socket
        def say():
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", $port))
        stopped(say)
        stopped(lambda: socket.getaddrinfo("example.org", 80))
        """,
    ),
    stopped(
        "every other family of sockets",
        """
        import socket
        for family in range(2, 46):
            for kind in (1, 2, 3, 5):
                stopped(lambda: socket.socket(family, kind))
                stopped(lambda: socket.socketpair(family, kind))
        """,
    ),
    stopped(
        "an abstract socket of the host",
        r"""
        import socket
        def connect():
            sock = socket.socket(socket.AF_UNIX)
            sock.connect("\0$abstract")
            return sock
        stopped(connect)
        """,
    ),
    stopped(
        "sockets of the host by their paths",
        """
        import socket
        for path in ("/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket",
                     "/ipc/app0.sock", "/ipc/app1.sock", "/ipc-all", "/tmp/.X11-unix/X0"):
            sock = socket.socket(socket.AF_UNIX)
            stopped(lambda: sock.connect(path))
        """,
    ),
    stopped(
        "a service of its own, at a request",
        """
        import socket
        stopped(lambda: socket.create_server(("0.0.0.0", 8080)))
        """,
        at_request=True,
    ),
]
