"""Personal data by pattern and checksum: how each kind is found, and a cheap pattern (Rust) for the texts that may hold it."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9@])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}([A-Za-z]{2,18})"
    r"(?![A-Za-z0-9@_-])(?!:[\w/~.])",  # host:path is a copy over SSH
    re.ASCII,
)
_NOBODY = re.compile(  # reserved domains, and what people write for "your address here"
    r"(?i).*@(?:.*\.)?(?:example\d*\.[a-z.]+|example|test|invalid|localhost|local|internal|onion|domain\d?\.com|your[\w-]*\.[a-z.]+)"
    r"|(?:example\d*|username|someone|you|your[._-]?\w*)@.*"
)
_ENDING = re.compile(  # countries have two letters; these twelve are files and modules
    r"(?!js|ts|cs|rb|kt|vb|hs|jl|db|cp|ex|hh)[a-z]{2}|com|org|net|edu|gov|mil|int|info|biz|name|pro|jobs|mobi|travel|museum|aero|coop|asia|tel"
    r"|app|dev|page|cloud|online|site|shop|store|tech|xyz|club|live|life|world|email|mail|company|agency|digital|media|network|space"
    r"|website|blog|news|today|group|team|global|studio|design|works|solutions|services|systems|software|engineering|consulting|finance"
    r"|health|care|social|academy|school|university|institute|foundation|international|law|legal|bank"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}")
_CARD = re.compile(
    r"(?<![\w./+*-])(?<!\d[ ,:=-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|3\d{3}([ -])\d{6}\2\d{4,5}|\d{12,19})"
    r"(?![\w/*=]|[.:+-]\d| \d{4}|,\d{3}(?!\d))",
    re.ASCII,
)
_CARD_ISSUER = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|4[4-9]\d|5\d\d)\d{12}|62\d{14,17}"
)
_CARD_OLD = re.compile(r"(?:2131|1800)\d{11}|35\d{14}|(?:5[0678]|6\d)\d{10,17}")  # JCB and Maestro: only beside a word
_CARD_WORD = re.compile(
    r"(?i)card|\bcc\b|visa|maestro|amex|american express|credit|debit|cvv|cvc|tarjeta|carte|karte|карт|卡|カード|카드"
)
_NATIONAL_IDS = {  # how it is written -> its checksum in `stdnum`; the British one has none
    r"(?<![\w.-])\d{3}-\d\d-\d{4}(?![\w-]|\.\d)": "us.ssn",
    r"(?<![\w.-])(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{4}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"\d{3}[0-9Xx](?![\w-]|\.\d)": "iso7064.mod_11_2",  # China: place, date of birth
    r"(?<![\w-])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]( ?)\d\d\1\d\d\1\d\d\1[A-D](?![\w-])": "",
    r"(?<![\w-])[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z](?![\w-])": "it.codicefiscale",
    r"(?<![\w.-])\d{8}-?[A-HJ-NP-TV-Z](?![\w-])": "es.dni",
    r"(?<![\w-])[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z](?![\w-])": "es.nie",
    r"(?<![\w.-])[12]( ?)\d\d\1[01]\d\1(?:\d\d|2[AB])\1\d{3}\1\d{3}\1\d\d(?![\w-]|\.\d)": "fr.nir",
    r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d\d(?![\w-]|\.\d)": "br.cpf",
    r"(?<![\w.-])\d\d[01]\d[0-3]\d-[1-8]\d{6}(?![\w-]|\.\d)": "kr.rrn",
}
_IDS = [(re.compile(pattern, re.ASCII), home) for pattern, home in _NATIONAL_IDS.items()]
_SPECIMEN = re.compile(r"123\D?45\D?6789|987\D?65\D?4321|(\d)\1\1\D(\d)\2\D(\d)\3{3}|00000000.*|12345678.*|123\.456\.789.*")
_PHONE = re.compile(
    r"(?:(?<![\w.+/-])\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}"
    r"|(?<![\w.+(/=-])(?:\(\d{3}\) ?\d{3}[-. ]\d{4}"
    r"|(?:1-)?[2-9]\d\d([-.])[2-9]\d\d\1\d{4}|1[3-9]\d{9}))(?![\w/=]|[.-]\d)",
    re.ASCII,
)
_IP4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)", re.ASCII)
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,6}(?![\w:]|\.\d)", re.ASCII)
_HEADING = re.compile(r"\d(?:\.\d){3}")
_NETWORK = re.compile(r"(?i)\bip|\bdns|address|\bhost|server|ping|nslookup|地址|服务器")
_VERSION = re.compile(r"(?i)(?:version|ver\.?|release|build|rev\.?|\bv|firmware|driver|section|chapter|[§#])\s*[:=]?\s*$")

_MESSAGE = re.compile(r"(?i)(?:message-id|in-reply-to|references|content-id)\W{1,8}$")


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        url = re.search(r"://[^\s/]*$", text[max(0, match.start() - 80) : match.start()])  # https://user:password@host
        if (
            _ENDING.fullmatch(match[1].lower())
            and not url
            and not _MESSAGE.search(text[max(0, match.start() - 24) : match.start()])
            and not match[0].startswith("git@")
            and not _NOBODY.fullmatch(match[0])
        ):
            yield match.span()


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        for end in range(match.end(), match.start() + 14, -1):  # the longest that checks; words may follow
            whole = not text[end : end + 1].isascii() or not text[end : end + 1].isalnum()
            if whole and text[end - 1] != " " and iban.is_valid(text[match.start() : end], check_country=False):
                yield match.start(), end
                break


def _cards(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import luhn

    for match in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", match[0])
        near = text[max(0, match.start() - 80) : match.start()] + text[match.end() : match.end() + 40]
        told = _CARD_WORD.search(near)  # bare digits are as often an order number
        issued = (told or len(digits) < len(match[0])) and _CARD_ISSUER.fullmatch(digits)
        if (issued or (told and _CARD_OLD.fullmatch(digits))) and luhn.is_valid(digits):
            yield match.span()


def _national_ids(text: str) -> Iterator[tuple[int, int]]:
    for pattern, home in _IDS:
        for match in pattern.finditer(text):
            sound = not home or import_module(f"stdnum.{home}").is_valid(match[0].upper())
            if sound and not _SPECIMEN.fullmatch(match[0]):
                yield match.span()


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        if 9 <= sum(map(str.isdigit, match[0])) <= 15:
            yield match.span()


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_IP4, _IP6):
        for match in pattern.finditer(text):
            try:
                public = ipaddress.ip_address(match[0]).is_global
            except ValueError:
                continue
            before = text[max(0, match.start() - 40) : match.start()]
            heading = _HEADING.fullmatch(match[0]) and not _NETWORK.search(before)  # 1.2.1.3 is a section more often
            if public and not heading and not _VERSION.search(before[-12:]):
                yield match.span()


FIND: dict[str, Callable[[str], Iterable[tuple[int, int]]]] = {
    "email": _emails,
    "iban": _ibans,
    "national_id": _national_ids,
    "card": _cards,
    "phone": _phones,
    "ip": _addresses,
}
GATE = {
    "email": r"[A-Za-z0-9._%+-]@[A-Za-z0-9]",
    "iban": r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11}",
    "national_id": r"[0-9]{17}[0-9Xx]|[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]|[A-Z]{6}[0-9]{2}[A-Z]"
    r"|[0-9]{7}-?[A-Z]|[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3}|[0-9]{3}-[0-9]{2}(?:[^0-9]|$)|[0-9]{6}-[1-8][0-9]{6}",
    "card": r"[0-9](?:[ -]?[0-9]){11}",
    "phone": r"[0-9](?:[ .()-]{0,2}[0-9]){8}",
    "ip": r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]",
}
