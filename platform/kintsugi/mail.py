"""Mail to people: by SMTP where a server is set, else shown in the terminal in development."""

import asyncio
import smtplib
import ssl
import sys
from dataclasses import dataclass
from email.message import EmailMessage

import structlog

from kintsugi.settings import Settings

TIMEOUT_S = 10.0
IMPLICIT_TLS = 465  # the port on which TLS comes before the first word

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Mail:
    """One message in plain text."""

    to: str
    subject: str
    text: str


class Mailer:
    """Sends, in a thread of its own.

    A failure is logged and never shown: it would tell a stranger which addresses are known.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def works(self) -> bool:
        """Whether a message reaches anyone."""
        return bool(self._settings.smtp_host) or self._settings.environment == "development"

    @property
    def in_terminal(self) -> bool:
        """Whether it is shown to whoever runs the server, instead of sent."""
        return self.works and not self._settings.smtp_host

    async def send(self, mail: Mail) -> None:
        """Send it; returns when the server has it, or when that has failed."""
        if self._settings.smtp_host:
            try:
                await asyncio.to_thread(self._deliver, self._settings.smtp_host, mail)
            except (OSError, smtplib.SMTPException) as error:
                # Without the text of the error: it may quote the address.
                log.error("a mail was not sent", subject=mail.subject, kind=type(error).__name__)
        elif self.in_terminal:
            sys.stderr.write(f"\nNo mail server is set (KINTSUGI_SMTP_HOST). To {mail.to}:\n\n")
            sys.stderr.write(f"{mail.subject}\n\n{mail.text}\n")
            sys.stderr.flush()
        else:
            log.error("no mail server is set: a mail was not sent", subject=mail.subject)

    def _deliver(self, host: str, mail: Mail) -> None:
        settings = self._settings
        with self._connect(host, settings.smtp_port) as server:
            if settings.smtp_starttls and settings.smtp_port != IMPLICIT_TLS:
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(self._message(mail))

    def _connect(self, host: str, port: int) -> smtplib.SMTP:
        if port == IMPLICIT_TLS:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        return smtplib.SMTP(host, port, timeout=TIMEOUT_S)

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.smtp_from
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message.set_content(mail.text)
        return message
