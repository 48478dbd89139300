"""What only stands where a secret would: `sk-xxxx`, `YOUR_KEY`, AWS's `...EXAMPLE`, `user:password@`, and what no issuer made."""

import base64
import math
import re
from collections import Counter

_WORDS = re.compile(
    r"(?i)example|placeholder|your|dummy|changeme|redacted|insert|replace|xxxx|\*{4}|\.{3}|<|1234567|abcdefg|(.)\1{5}"
    r"|eyJzdWIiOiIxMjM0NTY3ODkwI"  # the token that every tutorial on JWT shows
)
_BLOCK = re.compile(r"(?i)x{6}|\*{4}|\.{3}|your|example")  # of a PEM key's first line; the format has runs of A
_PASSWORD = re.compile(
    r"(?i)\$\{?\w+\}?|\{.*\}|\[.*\]|\(.*\)|%\w*%?|[x.*]+|(?:my|your|the|some|db|super|strong|secure|user|root|admin|[_.-])*"
    r"(?:passw(?:or)?d|pass|passphrase|pwd|pw|secret|token|key|admin|root|guest|postgres|mysql|qwerty)[_.-]?\d{0,4}!?"
)


def real(name: str, key: str) -> bool:
    """Whether what has the shape of a secret is one."""
    if name == "url_password":
        return not _PASSWORD.fullmatch(key) and not _WORDS.search(key) and _kinds(key) > 1
    if name == "private_key":
        body = key.partition("KEY")[2].partition("-----")[2].lstrip("\\nr> \n\r\t")
        return not _BLOCK.search(body[:64]) and "..." not in body and _entropy(body) > 4
    if name == "discord_bot":
        return _number(key.partition(".")[0])
    return not _WORDS.search(key) and _entropy(key) >= 3.0 and (name != "assigned" or _mixed(key))


def _entropy(key: str) -> float:
    """Shannon entropy of its characters, in bits; 20 random hex digits have about 3.5."""
    return -sum(n / len(key) * math.log2(n / len(key)) for n in Counter(key).values())


def _kinds(key: str) -> int:
    """Of small letters, capitals, digits and signs, how many kinds it has."""
    return sum(bool(re.search(kind, key)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"))


def _mixed(key: str) -> bool:
    """Hexadecimal, or letters and digits that change as by chance: no name, path or date, not even in camel case."""
    changes = len(re.findall(r"(?=[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][A-Za-z])", key))
    if len(key) >= 32 and re.fullmatch("(?=.*[a-f].*[a-f])[0-9a-f]+|(?=.*[A-F].*[A-F])[0-9A-F]+", key):
        return True
    parts = re.split(r"[-_/+=]", key)
    return changes >= 0.2 * len(key) and any(re.search("[a-zA-Z]", part) and re.search("[0-9]", part) for part in parts)


def _number(part: str) -> bool:
    """Whether it is a number in base 64: a bot's token begins with the bot's id."""
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).isdigit()
    except ValueError:
        return False
