"""Bring a declared file: over https, or from a path; checked against its sha256, and under its name only when whole.

Plain http is for this machine only (a test's server). A download that broke off goes on where it stopped when its sha256 is
pinned, because only then can a file made of two halves be trusted.
"""

import hashlib
import ipaddress
import os
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, BinaryIO

from schemas.faults import DataFault, DeniedFault, MissingFault, StorageFault, UsageFault
from schemas.parquet import settle

_PIECE = 1 << 20
_TIMEOUT = 60  # seconds without a byte
_PARTIAL, _DENIED, _MISSING, _PAST_END = 206, (401, 403), (404, 410), 416


@dataclass(frozen=True)
class Fetched:
    """A file that is there now; `new` is false when the same bytes were there before."""

    path: Path
    sha256: str
    size: int
    new: bool


def fetch(url: str, into: Path, sha256: str | None = None) -> Fetched:
    """Bring `url` into the folder `into` under the name that the address ends in.

    Nothing is asked of the network when the pinned file is there. Raises UsageFault for an address that is not allowed,
    MissingFault, DeniedFault, StorageFault, and DataFault where the bytes are not the pinned ones.
    """
    parts = urllib.parse.urlsplit(url)
    _allowed(url, parts)
    path = into / _name(parts.path)
    pinned = sha256.strip().lower() if sha256 else None
    had = digest(path) if path.is_file() else None
    if had and had == pinned:
        return Fetched(path, had, path.stat().st_size, False)
    draft = path.with_name(path.name + ".part")
    try:
        into.mkdir(parents=True, exist_ok=True)
        got = _bring(url, parts, draft, resume=pinned is not None)
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise _fault(url, error) from error
    if pinned and got != pinned:
        draft.unlink()
        raise DataFault(f"{url}: the bytes have sha256 {got}, the recipe pins {pinned}; pin the new one if you trust it")
    if got == had:
        draft.unlink()
    else:
        settle(draft, path)
    return Fetched(path, got, path.stat().st_size, got != had)


def digest(path: Path) -> str:
    """The sha256 of a file, as 64 hex digits."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _allowed(url: str, parts: urllib.parse.SplitResult) -> None:
    if parts.scheme in ("", "file", "https") or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    if parts.scheme == "hf":
        raise UsageFault(f"{url}: hf:// is not read yet; give the file's https:// address, and its sha256")
    if parts.scheme == "http":
        raise UsageFault(f"{url}: http:// is not safe for data; use https://")
    raise UsageFault(f"{url}: {parts.scheme}:// is not read; use https:// or a path")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(path: str) -> str:
    """The last part of the address, kept to harmless characters."""
    name = urllib.parse.unquote(path).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.+-]", "_", name).lstrip(".") or "download"


def _bring(url: str, parts: urllib.parse.SplitResult, draft: Path, resume: bool) -> str:
    """The bytes into `draft`; their sha256."""
    if parts.scheme in ("", "file"):
        here = Path(urllib.request.url2pathname(parts.path) if parts.scheme else url)
        with open(here, "rb") as held, open(draft, "wb") as out:
            shutil.copyfileobj(held, out, _PIECE)
        return digest(draft)
    done = draft.stat().st_size if resume and draft.is_file() else 0
    asked = urllib.request.Request(url, headers={"User-Agent": "winnow", **({"Range": f"bytes={done}-"} if done else {})})  # noqa: S310 - the scheme was checked
    try:
        with _opener().open(asked, timeout=_TIMEOUT) as answer, open(draft, "ab" if answer.status == _PARTIAL else "wb") as out:
            _copy(answer, out)
    except urllib.error.HTTPError as error:
        if error.code != _PAST_END:
            raise
    return digest(draft)


def _copy(answer: IO[bytes], out: BinaryIO) -> None:
    length = answer.headers.get("Content-Length")  # type: ignore[attr-defined]
    got = 0
    while piece := answer.read(_PIECE):
        out.write(piece)
        got += len(piece)
    if length is not None and got != int(length):
        raise OSError(f"the connection closed after {got:,} of {int(length):,} bytes")


class _Checked(urllib.request.HTTPRedirectHandler):
    """A redirect must be as safe as the address that a person wrote."""

    def redirect_request(  # noqa: PLR0917 - the library's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Refuse to be led from https to http, or to a file."""
        parts = urllib.parse.urlsplit(newurl)
        if parts.scheme not in ("http", "https") or (req.type == "https" and parts.scheme == "http"):
            raise UsageFault(f"{req.full_url} leads to {newurl}, which is less safe")
        _allowed(newurl, parts)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Checked)


def _fault(url: str, error: Exception) -> Exception:
    if isinstance(error, urllib.error.HTTPError):
        kinds = DeniedFault if error.code in _DENIED else MissingFault if error.code in _MISSING else StorageFault
        return kinds(f"{url}: the server says {error.code} {error.reason}")
    if isinstance(error, FileNotFoundError):
        return MissingFault(f"{url}: there is no such file; look in {os.path.dirname(str(error.filename)) or '.'}")
    return StorageFault(f"{url}: {getattr(error, 'reason', error)}; try again")
