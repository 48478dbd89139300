"""Addresses as they may be shown: without passwords, tokens and signatures."""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

_SECRET = re.compile(r"tok|key|secret|sig|pass|pwd|auth|cred|session|jwt|code|access|^p$", re.IGNORECASE)
_RANDOM = re.compile(r"(?=.*\d)[A-Za-z0-9_+/=~%-]{20,}")  # a long value without a dot is nobody's file name
_TOKENS = re.compile(r"\b(?:hf_|Bearer\s+|Basic\s+)\S+")


def public(address: str) -> str:
    """The address without its user and password, secret values of its query, and its fragment. A path stays as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "[an address that cannot be read]"
    if not parts.scheme or not (parts.netloc or parts.query or parts.fragment):
        return address
    query = "&".join(_shown(pair) for pair in parts.query.split("&")) if parts.query else ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def clean(message: object, address: str = "") -> str:
    """A library's message in one line, with no token in it and nothing secret of this address."""
    text = str(message).replace(address, public(address)) if address else str(message)
    for secret in _secrets(address):
        text = text.replace(secret, "***")
    return " ".join(_TOKENS.sub("***", text).split())[:300]


def _shown(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}=***" if value and _is_secret(name, value) else name + equals + value


def _is_secret(name: str, value: str) -> bool:
    return bool(_SECRET.search(unquote(name)) or _RANDOM.fullmatch(value) or _TOKENS.match(value))


def _secrets(address: str) -> list[str]:
    """What `public` leaves out, as written and as meant, longest first."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return []
    pairs = [pair.partition("=")[::2] for pair in parts.query.split("&")]
    found = [value for name, value in pairs if value and _is_secret(name, value)]
    found += [each for each in parts.netloc.rpartition("@")[0].split(":") if each]
    found += [parts.fragment] if parts.fragment and parts.scheme else []
    return sorted({form for each in found for form in (each, unquote(each)) if len(form) > 2}, key=len, reverse=True)
