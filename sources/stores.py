"""Files in a store: s3:// through pyarrow, everything else through fsspec, file:// and plain paths included.

Keys come from where each store's own tools take them (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ~/.aws ...), never from a recipe.
"""

import glob
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from schemas.addresses import clean, public
from schemas.faults import DeniedFault, Fault, MissingFault, UsageFault
from sources.wanted import NetworkFault, Remote
from sources.web import Stale, Stream

_PIECE = 8 << 20
_UNSAFE = {"ftp", "webhdfs"}  # they send data, and passwords, in the clear
_NO_PLACE = {"data", "http", "cached", "blockcache", "filecache", "simplecache", "dir", "reference", "generic", "zip", "tar"}
_NO_PLACE |= {"libarchive", "async_wrapper", "asyncwrapper", "pyscript", "jlab", "jupyter"}
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "last_modified", "mtime", "modified", "updated", "created")


def look(url: str) -> list[Remote]:
    """The files of an address: one file, all below a folder, or those that a pattern means."""
    with _faults(url):
        fs, path = _store(url)
        names, base = _names(fs, path)
        if not names:
            raise MissingFault(f"{public(url)}: there is no file")
        return [_remote(fs, name, base, _address(fs, name, path, url)) for name in names]


@contextmanager
def stream(remote: Remote, done: int = 0, version: str | None = None) -> Iterator[Stream]:
    """The bytes after the first `done` of this version. Raises Stale where the file is another one by now."""
    with ExitStack() as opened:
        with _faults(remote.url):  # not around what is done with the bytes: a full disk is no fault of the store
            fs, path = _store(remote.url)
            handle = opened.enter_context(fs.open(path, "rb", block_size=_PIECE))
            found, size = _state(fs, path, handle)
            if done and (found is None or found != version or done > size):
                raise Stale
            handle.seek(done)
        yield Stream(_pieces(fs, path, handle, remote, found), done, found, size)


def _pieces(fs: Any, path: str, handle: Any, remote: Remote, found: str | None) -> Iterator[bytes]:
    with _faults(remote.url):
        while piece := handle.read(_PIECE):
            yield bytes(piece)
        fs.invalidate_cache()
        with fs.open(path, "rb", block_size=_PIECE) as again:
            if _state(fs, path, again)[0] != found:
                raise NetworkFault(f"{public(remote.url)}: it was changed while it was read; try again")


def _store(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    scheme, inside = urlsplit(url).scheme.lower(), url.partition("://")[2].rstrip("/")
    if "::" in url or scheme in _NO_PLACE:
        raise UsageFault(f"{public(url)}: no place that files can be brought from; write the address of the files themselves")
    if scheme in _UNSAFE:
        raise UsageFault(f"{public(url)}: {scheme}:// is not safe for data; use https://, sftp:// or s3://")
    if scheme in ("s3", "s3a"):
        if "@" in urlsplit(url).netloc:
            raise UsageFault(f"{public(url)}: a key does not belong in a recipe; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        return _s3(inside)
    from fsspec.core import url_to_fs

    try:
        fs, path = url_to_fs(url2pathname(urlsplit(url).path) if scheme == "file" else url)
    except (ImportError, ValueError) as error:
        raise UsageFault(f"{public(url)}: {scheme}:// cannot be read here: {_advice(scheme, error)}") from None
    return fs, path


def _advice(scheme: str, error: Exception) -> str:
    from fsspec.registry import known_implementations

    known = known_implementations.get(scheme)
    if known is None:
        return "it is no protocol that fsspec knows; use https://, hf://datasets/..., s3:// or a path"
    package = known["class"].partition(".")[0].replace("_", "-")
    return f"pip install {package}" if package not in ("fsspec", "pyarrow") else clean(known.get("err") or error)


def _s3(path: str) -> tuple[Any, str]:
    """pyarrow's own S3 client; no key known means that none is sent, as public buckets allow."""
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import S3FileSystem, resolve_s3_region

    told = os.environ.get
    endpoint = told("AWS_ENDPOINT_URL_S3") or told("AWS_ENDPOINT_URL")
    region = told("AWS_REGION") or told("AWS_DEFAULT_REGION")
    if not region:
        region = "us-east-1" if endpoint else resolve_s3_region(path.partition("/")[0])
    return ArrowFSWrapper(S3FileSystem(region=region, endpoint_override=endpoint)), path


def _names(fs: Any, path: str) -> tuple[list[str], str]:
    """The files that a path means, and what their names begin with."""
    if glob.has_magic(path) and not fs.exists(path):
        parts = path.split("/")
        base = "/".join(parts[: next(at for at, part in enumerate(parts) if glob.has_magic(part))])
        return _files(fs.glob(path, detail=True)), base
    if fs.isdir(path):
        return _files(fs.find(path, detail=True)), path
    return (_files({path: fs.info(path)}), path.rpartition("/")[0]) if fs.exists(path) else ([], "")


def _files(found: dict[str, Any]) -> list[str]:
    """No folders, pipes and devices."""
    return sorted(name for name, info in found.items() if info["type"] == "file")


def _address(fs: Any, name: str, path: str, url: str) -> str:
    """The address of one file, with the host and the user that the whole address names."""
    if urlsplit(url).scheme in ("", "file"):
        return name
    start = url.rstrip("/").removesuffix(path)
    return start + name if start + path == url.rstrip("/") else str(fs.unstrip_protocol(name))


def _remote(fs: Any, name: str, base: str, address: str) -> Remote:
    with fs.open(name, "rb", block_size=_PIECE) as handle:
        return Remote(address, name.removeprefix(base).lstrip("/"), *_state(fs, name, handle))


def _state(fs: Any, path: str, handle: Any) -> tuple[str | None, int]:
    """The version (an ETag, or whatever the store says of a file that changes when it changes), and the size."""
    if hasattr(handle, "stream"):  # pyarrow's listing has no ETag, an opened object has
        told = handle.stream.metadata() or {}
        if told.get("ETag"):
            return bytes(told["ETag"]).decode("ascii", "replace"), handle.stream.size()
    info = fs.info(path)
    name = next((name for name in _VERSIONS if info.get(name)), None)
    return f"{name} {info[name]}" if name else None, info["size"]


@contextmanager
def _faults(url: str) -> Iterator[None]:
    """What stores raise, as ours."""
    try:
        yield
    except (Fault, Stale):
        raise
    except FileNotFoundError:
        raise MissingFault(f"{public(url)}: there is no such file") from None
    except (PermissionError, IsADirectoryError) as error:
        raise DeniedFault(f"{public(url)}: {clean(error, url)}") from None
    except ImportError as error:
        raise UsageFault(f"{public(url)}: {clean(error, url)}") from None
    except Exception as error:  # each store has its own kinds
        raise _kind(clean(error, url))(f"{public(url)}: {clean(error, url)}") from None


def _kind(said: str) -> type[Fault]:
    if "ACCESS_DENIED" in said or "INVALID_ACCESS_KEY" in said or "SIGNATURE" in said or "status 403" in said.lower():
        return DeniedFault
    return MissingFault if "NO_SUCH" in said or "RESOURCE_NOT_FOUND" in said else NetworkFault
