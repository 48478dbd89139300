"""Bytes over https: from the beginning or from where a draft ends, and not at all where the version is the known one.

Plain http is for this machine only (a test's server). A redirect must be as safe as the address, and takes no password along to
another host.
"""

import base64
import ipaddress
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from schemas.addresses import clean, public
from schemas.faults import DeniedFault, Fault, MissingFault, UsageFault
from sources.wanted import NetworkFault, Remote

_PIECE = 1 << 18
_TIMEOUT = 60  # seconds without a byte
_PARTIAL, _SAME, _DENIED, _MISSING, _PAST_END = 206, 304, (401, 403, 405, 407, 451), (404, 410), 416
_LATER = (408, 425, 429)  # and everything from 500
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Stream:
    """What a place sends: pieces that begin at byte `start` of this version, and the size of the whole where it is told."""

    pieces: Iterator[bytes]
    start: int = 0
    version: str | None = None
    size: int | None = None


class Stale(Exception):
    """What a draft is the beginning of is no longer there: begin again."""


def allowed(url: str) -> None:
    """Raises UsageFault for plain http to another machine."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise UsageFault(f"{public(url)}: {parts.scheme}:// is not safe for data; use https://")


def look(url: str) -> list[Remote]:
    """The one file that an address is, with its version and size where the server tells them without sending it."""
    allowed(url)
    name = _name(urllib.parse.urlsplit(url).path)
    try:
        with _asked(url, {}, "HEAD") as answer:
            return [Remote(url, name, _version(answer.headers), _number(answer.headers.get("Content-Length")))]
    except (MissingFault, DeniedFault, NetworkFault):
        return [Remote(url, name)]  # many servers answer GET alone: then that decides


@contextmanager
def stream(
    url: str, *, done: int = 0, version: str | None = None, known: str | None = None, headers: dict[str, str] | None = None
) -> Iterator[Stream | None]:
    """The bytes after the first `done` of this version, or from 0; None where the server has the `known` version still.

    Raises Stale where the rest cannot be had, and UsageFault, DeniedFault, MissingFault or NetworkFault.
    """
    allowed(url)
    asked = dict(headers or {})
    if done:
        asked |= {"Range": f"bytes={done}-"} | ({"If-Range": version} if version and is_strong(version) else {})
    elif known:
        asked |= {"If-None-Match": known} if known.endswith('"') else {"If-Modified-Since": known}
    try:
        answer = _asked(url, asked, "GET")
    except urllib.error.HTTPError as error:  # only the two that are answers
        error.close()
        if error.code == _SAME and known and not done:
            yield None
            return
        if (whole := _total(error.headers)) != done or not done:
            raise Stale from None
        yield Stream(iter(()), done, version, whole)
        return
    with answer:
        yield _begun(url, answer, done, version)


def is_strong(version: str | None) -> bool:
    """Whether equal versions mean equal bytes."""
    return version is not None and version.startswith('"')


def _begun(url: str, answer: Any, done: int, version: str | None) -> Stream:
    """A stream of an answer, its promises checked."""
    headers, length = answer.headers, _number(answer.headers.get("Content-Length"))
    found = _version(headers)
    if answer.status == _PARTIAL:
        said = re.match(rf"bytes {done}-\d+/(\d+|\*)$", headers.get("Content-Range") or "")
        if not done or not said or (found and version and is_strong(version) and found != version):
            raise Stale
        size = int(said[1]) if said[1] != "*" else None if length is None else done + length
        return Stream(_pieces(url, answer), done, version, size)
    return Stream(_pieces(url, answer), 0, found, length)


def _pieces(url: str, answer: Any) -> Iterator[bytes]:
    try:
        while piece := answer.read(_PIECE):
            yield piece
    except (OSError, HTTPException) as error:
        raise NetworkFault(f"{public(url)}: the connection broke ({clean(error, url)}); run again to go on from there") from None


def _asked(url: str, headers: dict[str, str], method: str) -> Any:
    """Send a request. 304 and 416 come as HTTPError; every other refusal as a fault."""
    target, own = _plain(url)
    request = urllib.request.Request(target, headers={"User-Agent": "winnow", **own, **headers}, method=method)  # noqa: S310 - the scheme was checked
    try:
        answer = urllib.request.build_opener(_Checked).open(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code in (_SAME, _PAST_END):
            raise
        error.close()
        raise _refused(url, error.code, error.reason) from None
    except (urllib.error.URLError, HTTPException, OSError) as error:
        said = type(error).__name__ if isinstance(error, HTTPException) else clean(getattr(error, "reason", error), url)
        raise NetworkFault(f"{public(url)}: {said}; try again") from None
    except ValueError as error:
        raise UsageFault(f"{public(url)}: no address that can be asked for ({clean(error, url)})") from None
    if answer.headers.get_content_type() == "text/html" and not re.search(r"\.html?$", target.partition("?")[0]):
        answer.close()
        raise UsageFault(
            f"{public(url)}: the server sends a web page, not the file: on GitHub take `raw`, on the Hub hf://datasets/..."
        )
    return answer


def _plain(url: str) -> tuple[str, dict[str, str]]:
    """The address without user and password, every odd character escaped, and those two as a header."""
    parts = urllib.parse.urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    escaped = partial(urllib.parse.quote, safe="/%:@!$&'()*+,;=~?-._[]")
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        raise UsageFault(f"{public(url)}: no address that can be asked for") from None
    plain = urllib.parse.urlunsplit((parts.scheme, host, escaped(parts.path), escaped(parts.query), ""))
    token = base64.b64encode(urllib.parse.unquote(user).encode()).decode()
    return plain, {"Authorization": f"Basic {token}"} if at else {}


class _Checked(urllib.request.HTTPRedirectHandler):
    """A redirect must be as safe as the address that a person wrote."""

    def redirect_request(  # noqa: PLR0917 - the library's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Refuse to be led from https to http, or to a file; tell no other host who asks."""
        parts, before = urllib.parse.urlsplit(newurl), urllib.parse.urlsplit(req.full_url)
        local = parts.scheme == "http" and _is_loopback(parts.hostname or "") and before.scheme == "http"
        if (parts.scheme != "https" and not local) or "@" in parts.netloc:
            raise UsageFault(f"{public(req.full_url)} leads to {public(newurl)}, which is less safe")
        made = super().redirect_request(req, fp, code, msg, headers, newurl)
        if made is not None:
            made.method = req.get_method()
            if _place(parts) != _place(before):
                made.remove_header("Authorization")
        return made


def _place(parts: urllib.parse.SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _refused(url: str, code: int, reason: str) -> Fault:
    kind: type[Fault] = DeniedFault if code in _DENIED else MissingFault if code in _MISSING else UsageFault
    if code in _LATER or code >= 500:
        kind = NetworkFault
    if 300 <= code < 400:
        return UsageFault(f"{public(url)}: the server leads elsewhere ({code}), and that is less safe, or a ring")
    return kind(f"{public(url)}: the server says {code} {clean(reason, url)}".rstrip())


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(path: str) -> str:
    """The last part of the address, kept to harmless characters."""
    name = urllib.parse.unquote(path).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.+-]", "_", name).lstrip(".") or "download"


def _version(headers: Any) -> str | None:
    return headers.get("ETag") or headers.get("Last-Modified")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _total(headers: Any) -> int | None:
    return _number((headers.get("Content-Range") or "").rpartition("/")[2])
