"""Secrets in the formats that their issuers publish, made at random by a seed, with right checksums: none was ever issued.

Prefixes are written in two pieces, so that a scanner of this repository finds nothing in this file.
"""

import base64
import json
import random
import re
import string
import zlib
from collections.abc import Callable

LOWER, DIGITS, HEX = string.ascii_lowercase, string.digits, "0123456789abcdef"
WORD = string.ascii_letters + DIGITS
SAFE = WORD + "-_"
BASE32 = string.ascii_uppercase + "234567"
BASE62 = DIGITS + string.ascii_uppercase + string.ascii_lowercase

Maker = Callable[[random.Random], str]


def some(rng: random.Random, alphabet: str, length: int) -> str:
    """Characters of the alphabet at random."""
    return "".join(rng.choices(alphabet, k=length))


def _checked(rng: random.Random, prefix: str) -> str:
    """30 characters and their CRC-32 in base 62, as GitHub (2021) and npm (2021) describe their tokens."""
    body = some(rng, BASE62, 30)
    left, check = zlib.crc32(body.encode()), ""
    while left:
        left, digit = divmod(left, 62)
        check = BASE62[digit] + check
    return prefix + body + check.rjust(6, "0")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _uuid(rng: random.Random) -> str:
    return "-".join(some(rng, HEX, size) for size in (8, 4, 4, 4, 12))


def _jwt(rng: random.Random) -> str:
    head = {"alg": rng.choice(["HS256", "RS256"]), "typ": "JWT"}
    body = {"sub": _uuid(rng), "iat": rng.randrange(10**9, 2 * 10**9), "scope": rng.choice(["read", "read write"])}
    size = 32 if head["alg"] == "HS256" else 256
    return ".".join([*(_b64(json.dumps(part).encode()) for part in (head, body)), _b64(rng.randbytes(size))])


def _pypi(rng: random.Random) -> str:
    """A macaroon of version 2: place, identifier, caveats, signature."""
    place = b"\x02\x01\x08pypi" + b".org\x02\x24"
    inside = place + _uuid(rng).encode() + b"\x00\x02\x2a[3,\x22" + _uuid(rng).encode() + b"\x22]\x00\x00"
    return "pypi" + "-" + _b64(inside + b"\x06\x20" + rng.randbytes(32))


_OPENSSH = b"openssh-key-v1\0" + (b"\0\0\0\4none" * 2) + b"\0\0\0\0" + b"\0\0\0\1\0\0\0\x33\0\0\0\x0bssh-ed25519\0\0\0\x20"


def _pem(rng: random.Random) -> str:
    kind, head, size = rng.choice(
        [
            ("RSA PRIVATE KEY", b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01\x01\x00", 1192),
            ("EC PRIVATE KEY", b"\x30\x77\x02\x01\x01\x04\x20", 121),
            ("PRIVATE KEY", b"\x30\x82\x04\xbd\x02\x01\x00\x30\x0d", 1217),
            ("OPENSSH PRIVATE KEY", _OPENSSH, 399),
        ]
    )
    body = base64.b64encode(head + rng.randbytes(size - len(head))).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


def _discord(rng: random.Random) -> str:
    """The bot's id and a time, both in base 64, and an HMAC."""
    bot = base64.b64encode(str(rng.randrange(10**17, 10**18)).encode()).decode().rstrip("=")
    return f"{bot}.{_b64(rng.randbytes(4))}.{_b64(rng.randbytes(28))[:38]}"


def _gitlab(rng: random.Random) -> str:
    """As they were, and as they are since 2025: longer, with their length and a CRC in base 36 at the end."""
    if rng.random() < 0.5:
        return "gl" + "pat-" + some(rng, SAFE, 20)
    return "gl" + "pat-" + some(rng, SAFE, 27) + ".01." + some(rng, DIGITS + LOWER, 9)


def _slack(rng: random.Random) -> str:
    numbers = [some(rng, "123456789", 1) + some(rng, DIGITS, rng.randint(10, 12)) for _ in range(3)]
    bot = f"xoxb-{numbers[0]}-{numbers[1]}-{some(rng, WORD, 24)}"
    person = f"xoxp-{'-'.join(numbers)}-{some(rng, HEX, 32)}"
    return rng.choice([bot, person])


def _openai(rng: random.Random) -> str:
    mark = "T3Blbk" + "FJ"
    old = f"{'sk'}-{some(rng, WORD, 20)}{mark}{some(rng, WORD, 20)}"
    new = (
        f"{'sk'}-{rng.choice(['proj', 'svcacct', 'admin'])}-{some(rng, SAFE, 74)}{mark}{some(rng, SAFE, 73)}{some(rng, WORD, 1)}"
    )
    return rng.choice([old, new])


def _password(rng: random.Random) -> str:
    """Made by a generator, or by a person who was told to use a capital, a digit and a sign."""
    words = ["harbour", "Willow", "copper", "Falcon", "maple", "Tundra", "orbit", "Ginger", "velvet", "Quartz"]
    person = (
        rng.choice(words).capitalize()
        + rng.choice(words)
        + some(rng, DIGITS, rng.randint(2, 4))
        + rng.choice(["!", "", "_", "$"])
    )
    return rng.choice([some(rng, WORD, rng.randint(12, 24)), some(rng, WORD + "-_!$*", 16), person])


def _database(rng: random.Random) -> str:
    host = (
        f"{some(rng, LOWER, 6)}.{rng.choice(['eu-west-1.rds.amazonaws.com', 'internal', 'db.' + some(rng, LOWER, 5) + '.net'])}"
    )
    scheme, port = rng.choice(
        [("postgresql", 5432), ("postgres", 5432), ("mysql+pymysql", 3306), ("mongodb+srv", 0), ("redis", 6379), ("amqps", 5671)]
    )
    return f"{scheme}://{some(rng, LOWER, 5)}:{_password(rng)}@{host}{f':{port}' if port else ''}/{some(rng, LOWER, 6)}"


KEYS: dict[str, Maker] = {
    "aws_id": lambda r: r.choice(["AK", "AS"]) + "IA" + some(r, BASE32, 16),
    "aws_secret": lambda r: r.choice(["AWS_SECRET_ACCESS_KEY=", "aws_secret_access_key = ", '"aws_secret_access_key": "'])
    + some(r, WORD + "/+", 40),
    "github": lambda r: _checked(r, r.choice(["gh" + "p_", "gh" + "o_", "gh" + "s_", "gh" + "u_"])),
    "github_fine": lambda r: "github" + "_pat_" + some(r, WORD, 22) + "_" + some(r, WORD, 59),
    "gitlab": _gitlab,
    "slack": _slack,
    "slack_hook": lambda r: "https://hooks.slack.com/services"
    + f"/T{some(r, BASE32, 10)}/B{some(r, BASE32, 10)}/{some(r, WORD, 24)}",
    "stripe": lambda r: r.choice(["sk", "rk"]) + r.choice(["_live_", "_test_"]) + some(r, WORD, r.choice([24, 99])),
    "openai": _openai,
    "anthropic": lambda r: "sk" + "-ant-api03-" + some(r, SAFE, 93) + "AA",
    "hugging_face": lambda r: "hf" + "_" + some(r, string.ascii_letters, 34),
    "google": lambda r: "AI" + "za" + some(r, SAFE, 35),
    "google_oauth": lambda r: "GOC" + "SPX-" + some(r, SAFE, 28),
    "npm": lambda r: _checked(r, "np" + "m_"),
    "pypi": _pypi,
    "sendgrid": lambda r: "S" + f"G.{some(r, SAFE, 22)}.{some(r, SAFE, 43)}",
    "twilio": lambda r: "S" + "K" + some(r, HEX, 32),
    "telegram": lambda r: f"{r.randrange(10**8, 10**10)}:AA{some(r, SAFE, 33)}",
    "discord_bot": _discord,
    "discord_hook": lambda r: "https://discord.com/api/" + f"webhooks/{r.randrange(10**18, 10**19)}/{some(r, SAFE, 68)}",
    "jwt": _jwt,
    "private_key": _pem,
    "azure": lambda r: f"AccountName={some(r, LOWER, 8)};Account" + f"Key={base64.b64encode(r.randbytes(64)).decode()}",
    "azure_client": lambda r: f"{some(r, WORD, 3)}{r.choice(DIGITS)}Q~{some(r, WORD + '-_.', 34)}",
    "url_password": _database,
    "assigned": lambda r: r.choice(["API_KEY=", "api_key: ", 'client_secret = "', "access_token is ", "apiKey='", "x-api-key: "])
    + some(r, r.choice([HEX, WORD, SAFE]), r.choice([32, 40, 48])),
}  # fmt: skip


def inner(kind: str, made: str) -> str:
    """The part that must not be seen: of an address or a setting only the secret within."""
    if kind == "aws_secret":
        return made[-40:]
    if kind in ("slack_hook", "discord_hook"):
        return made.partition("services/" if kind == "slack_hook" else "webhooks/")[2]
    if kind == "azure":
        return made.partition("Key=")[2]
    if kind == "assigned":
        return re.split(r"[=:] ?[\"']?|is |= \"", made)[-1]
    return made.rpartition("@")[0].split(":", 2)[2] if kind == "url_password" else made
