"""Around every request: session cookie, headers, requests from other sites, request id, log."""

import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import structlog
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kintsugi.errors import ForbiddenError, KintsugiError, TooLargeError

COOKIE = "kintsugi"
COOKIE_AGE_S = 400 * 24 * 3600  # browsers keep no cookie longer
MAX_BODY = 2 << 20
TOO_LARGE = "The request is larger than 2 MiB."
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

log = structlog.stdlib.get_logger("kintsugi.requests")


class Sessions:
    """The signed cookie: a guest's account id, or the name of a session (`accounts.sessions`)."""

    def __init__(self, key: str) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="session")

    def cookie(self, value: str) -> str:
        return self._serializer.dumps(value)

    def value(self, cookie: str | None) -> str | None:
        """What the cookie holds; None if it is missing, old, or not ours."""
        if not cookie:
            return None
        try:
            found: Any = self._serializer.loads(cookie, max_age=COOKIE_AGE_S)
        except BadSignature:
            return None
        return found if isinstance(found, str) else None


class Guard:
    """The outermost layer. It sees every answer, also those to what broke inside.

    It puts into the request's state: `request_id`, `csp_nonce`, `account` (None until someone is
    known) and `new_session` (what the browser's cookie shall hold from now on).
    """

    def __init__(
        self, app: ASGIApp, *, sessions: Sessions, secure: bool, answer_error: Any
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._secure = secure
        self._answer_error = answer_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send, self._sessions, self._secure)
        try:
            refuse_other_sites(scope)
            await self._app(scope, limited(scope, receive), exchange.send)
        except KintsugiError as error:
            await self._answer(error, exchange, scope, receive)
        except Exception as error:
            # Nothing may leave without headers, id and log line, least of all a traceback.
            log.exception("request broke", path=scope["path"], request_id=exchange.id)
            if exchange.status:
                raise  # too late for another answer
            await self._answer(error, exchange, scope, receive)
        finally:
            exchange.note()

    async def _answer(
        self, error: Exception, exchange: "_Exchange", scope: Scope, receive: Receive
    ) -> None:
        response: Response = self._answer_error(scope, error)
        await response(scope, receive, exchange.send)


class _Exchange:
    """One request and what is added to its answer."""

    def __init__(self, scope: Scope, send: Send, sessions: Sessions, secure: bool) -> None:
        self.id = secrets.token_hex(8)
        self.status = 0
        self._began = time.monotonic()
        self._scope = scope
        self._send = send
        self._sessions = sessions
        self._secure = secure or scope["scheme"] == "https"
        self._nonce = secrets.token_urlsafe(16)
        state = scope.setdefault("state", {})
        state.update(request_id=self.id, csp_nonce=self._nonce, account=None, new_session=None)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(MutableHeaders(scope=message))
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-ID"] = self.id
        headers["Content-Security-Policy"] = content_security_policy(self._nonce)
        for name, value in HEADERS.items():
            headers[name] = value
        if self._secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        headers.setdefault("Cache-Control", "private, no-cache")
        if value := self._scope["state"].get("new_session"):
            headers.append("Set-Cookie", self._cookie(value))

    def _cookie(self, value: str) -> str:
        signed = self._sessions.cookie(value)
        secure = "; Secure" if self._secure else ""
        return f"{COOKIE}={signed}; Max-Age={COOKIE_AGE_S}; Path=/; HttpOnly; SameSite=Lax{secure}"

    def note(self) -> None:
        """One line a request. The path holds ids, never what someone wrote."""
        log.info(
            "request",
            method=self._scope["method"],
            path=self._scope["path"],
            status=self.status,
            ms=round((time.monotonic() - self._began) * 1e3, 1),
            request_id=self.id,
        )


def local_path(text: str, otherwise: str = "/katas") -> str:
    """An address of ours to go on to, and nothing that a browser could take for another site's.

    Browsers leave out control characters, and read a backslash as a slash.
    """
    plain = text.isascii() and text.isprintable() and not set(text) & {"\\", " "}
    return text if plain and text.startswith("/") and not text.startswith("//") else otherwise


def content_security_policy(nonce: str) -> str:
    """Nothing from elsewhere, nothing inline without the nonce of this answer."""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; "
        f"style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'self'; object-src 'none'"
    )


def limited(scope: Scope, receive: Receive) -> Receive:
    """The same, but it ends once more than `MAX_BODY` bytes have come.

    Raises:
        TooLargeError: the request itself says that it has more.
    """
    announced = Headers(scope=scope).get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_BODY:
        raise TooLargeError(TOO_LARGE)
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY:
            # The one kind of exception that whoever reads the body lets through.
            raise HTTPException(TooLargeError.status, TOO_LARGE)
        return message

    return receive_some


def refuse_other_sites(scope: Scope) -> None:
    """A page of another site must not act in our visitor's name.

    Browsers say where a request comes from, in Sec-Fetch-Site or at least in Origin. Where both
    are missing it is no browser, and there is no visitor whose cookie could be misused.

    Raises:
        ForbiddenError: the request comes from another site.
    """
    if scope["method"] in SAFE_METHODS:
        return
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        trusted = site in ("same-origin", "none")
    else:
        trusted = origin is None or urlsplit(origin).netloc == headers.get("host")
    if not trusted:
        text = "This request came from a page of another site. Open Kintsugi itself and try again."
        raise ForbiddenError(text)
