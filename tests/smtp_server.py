"""A small mail server that keeps what it is given: enough of SMTP for a client to be believed."""

import asyncio
import base64
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

FEATURES = "250-here\r\n250-8BITMIME\r\n250 AUTH PLAIN"


@dataclass
class MailServer:
    """What has come, and how the next client is treated."""

    port: int = 0
    refuses: bool = False
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    recipients: list[str] = field(default_factory=list[str])
    logins: list[str] = field(default_factory=list[str])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from greeting to farewell."""
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            if line.upper() == "DATA":
                writer.write(b"354 go on\r\n")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(message_from_bytes(raw[:-3], policy=policy.default))
            answer = self._answer(line)
            writer.write(f"{answer}\r\n".encode())
            if line.upper() == "QUIT":
                break
        writer.close()
        await writer.wait_closed()

    def _answer(self, line: str) -> str:
        command, _, rest = line.partition(" ")
        command = command.upper()
        if command == "EHLO":
            return FEATURES
        if command == "AUTH":
            self.logins.append(base64.b64decode(rest.removeprefix("PLAIN ")).decode())
            return "235 welcome"
        if command == "RCPT":
            if self.refuses:
                return "550 nobody here of that name"
            self.recipients.append(rest.removeprefix("TO:<").removesuffix(">"))
        if command == "STARTTLS":
            return "502 not here"
        return "221 bye" if command == "QUIT" else "250 well"


@contextmanager
def mail_server() -> Generator[MailServer]:
    """A server on a port of its own, in a thread of its own, for the length of a block."""
    server, ready, loop = MailServer(), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def listen() -> None:
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            server.port = listening.sockets[0].getsockname()[1]
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[listen()], daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
