"""Keeps the head and the tail of what the app processes print."""

HEAD = TAIL = 32 * 1024


class Output:
    """At most 64 KiB of a stream: its first and its last half.

    The end of a log is where the reason stands; keeping the head alone lost it.
    """

    def __init__(self) -> None:
        self.head = bytearray()
        self.tail = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = HEAD - len(self.head)
        self.head += data[:room]
        self.tail += data[room:] if room < len(data) else b""
        del self.tail[: max(0, len(self.tail) - TAIL)]

    @property
    def dropped(self) -> int:
        """Bytes that were not kept."""
        return self.total - len(self.head) - len(self.tail)

    def text(self, since: int = 0) -> bytes:
        """What was kept, without the first `since` bytes of the whole stream."""
        before_tail = self.total - len(self.tail)
        return bytes(self.head[since:] + self.tail[max(0, since - before_tail) :])
