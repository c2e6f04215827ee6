"""What every request must pass and every answer carries: this machine's own pages, and nobody else's."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from remit.knowledge.text import Text

MIB = 1 << 20
FORM_LIMIT = MIB
UPLOAD_LIMIT = 32 * MIB
UPLOADS = re.compile(r"^(?:/p/[0-9a-f]+)?/import$")
HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE = "remit_session"
SESSION = re.compile(r"^[A-Za-z0-9_-]{32,64}$")
SESSION_BYTES = 32

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
STATIC = "/static/"
TOO_LARGE = "remit.too_large"
"""Mark of a request whose body is not to be read; the app says so on a page."""


def policy(styles: str = "") -> str:
    """The content security policy; `styles` are hashes of style sheets that stand in a page."""
    parts = POLICY | ({"style-src": f"'self' {styles}"} if styles else {})
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def new_session() -> str:
    """A fresh session id."""
    return secrets.token_urlsafe(SESSION_BYTES)


def token_of(session: str, secret: str) -> str:
    """The token that a form of this session carries."""
    return hmac.new(secret.encode(), session.encode(), hashlib.sha256).hexdigest()


def is_token(given: str, session: str | None, secret: str) -> bool:
    """Whether a form was made for this session."""
    return session is not None and hmac.compare_digest(given.encode(), token_of(session, secret).encode())


class Guard:
    """Refuses what does not come from this app's own pages, and marks every answer.

    The Host check keeps out names that an outsider points at this machine; Origin and fetch metadata keep out other
    pages' forms; the token in each form (checked where it is read) keeps out what browsers do not mark.

    Parameters
    ----------
    app : ASGIApp
    text : Text
    """

    def __init__(self, app: ASGIApp, text: Text) -> None:
        self.app, self.text = app, text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        limit = UPLOAD_LIMIT if UPLOADS.match(scope["path"]) else FORM_LIMIT
        length = headers.get("content-length", "0")
        is_large = not length.isdigit() or int(length) > limit
        marked = _marking(scope, send)
        if refusal is not None:
            await refusal(scope, receive, marked)
            return
        scope[TOO_LARGE] = is_large
        await self.app(scope, _limited(receive, limit), marked)

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("host", "")
        if _name(f"//{host}") not in HOSTS or len(headers.getlist("host")) != 1:
            return PlainTextResponse(self.text.say("web.refused.host"), 421)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse(self.text.say("web.refused.method"), 405, {"Allow": "GET, HEAD, POST"})
        if scope["method"] == "POST":
            origin, site = headers.get("origin"), headers.get("sec-fetch-site")
            if (origin is not None and origin != f"http://{host}") or site not in (None, "same-origin", "none"):
                return PlainTextResponse(self.text.say("web.refused.origin"), 403)
        return None


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _limited(receive: Receive, limit: int) -> Receive:
    """A body that ends the request when it grows beyond the limit, whatever length it declared."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > limit else message

    return limited


def _marking(scope: Scope, send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Content-Security-Policy", policy())
            is_static = scope["path"].startswith(STATIC)
            headers["Cache-Control"] = "no-cache" if is_static else "no-store"
        await send(message)

    return marked
