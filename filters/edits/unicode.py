"""Characters that a broken pipeline left: mojibake where it is certain, decomposed letters, controls, invisible characters.

Line ends become `\\n`. Joiners stay where a script or an emoji needs them (ZWNJ in Persian, ZWJ in a family), the
zero-width space where words are not spaced (Thai, Khmer). Quotes, widths and ligatures are the writer's own and stay.
"""

import re
import unicodedata

import polars as pl

from filters.edits import _fences
from schemas.rows import Message

# Latin letters of UTF-8's first bytes, each followed by what its second byte becomes in Windows-1252 or Latin-1.
_GARBLED = (
    "[\u00c2-\u00f4\u0102\u0103\u0410-\u044f]"
    "[\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)
_ABOUT = re.compile(
    r"(?i)mojibake|encod|utf-?8|unicode|charset|latin-?1|windows-?125|iso-?8859|garbled|code ?page|编码|乱码|文字化け"
)

_LINE_END = re.compile("\r\n?|[\x0b\x0c\u2028\u2029]")
# As every browser reads them (WHATWG, "Encoding"): Windows-1252 under another name.
_C1 = {code: char for code in range(0x80, 0xA0) if (char := bytes([code]).decode("cp1252", "ignore"))}
_NEEDS_JOINER = (
    "\u0590-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u18af\ua8e0-\ua8ff"
    "\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff"
)
_EMOJI = "\u00a9\u00ae\u2190-\u2bff\u3030\u303d\ufe0f\U0001f000-\U0001faff"
_UNSPACED = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df"
_INVISIBLE = re.compile(
    "(?P<keep>\U0001f3f4[\U000e0020-\U000e007f]+"
    f"|(?<=[{_NEEDS_JOINER}])[\u200c\u200d]|[\u200c\u200d](?=[{_NEEDS_JOINER}])"
    f"|(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])|(?<=[{_UNSPACED}])\u200b|\u200b(?=[{_UNSPACED}]))"
    "|[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
_GATE = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u{ad}\u{61c}\u{180e}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}\u{2066}-\u{2069}\u{feff}\u{e0000}-\u{e007f}"
    r"\p{M}\u{340}-\u{387}\u{1100}-\u{11ff}\u{1f00}-\u{2001}\u{2126}\u{212a}\u{212b}\u{2329}\u{232a}\u{2adc}\u{f900}-\u{fb4f}\u{2f800}-\u{2fa1d}]"
)


def might(texts: pl.Series) -> pl.Series:
    """True where a text holds a character that may go, or a pair that mojibake makes."""
    return texts.str.contains(_GATE) | texts.str.contains(_GARBLED)


def repair(messages: list[Message]) -> list[tuple[str, int]]:
    """Each turn's text repaired, and how many places changed. A talk about encodings keeps its mojibake."""
    about = any(_ABOUT.search(message["content"]) for message in messages)
    return [_fences.outside(message["content"], _plain if about else _mended) for message in messages]


def _mended(text: str) -> tuple[str, int]:
    text, garbled = _decoded(text)
    text, others = _plain(text)
    return text, garbled + others


def _decoded(text: str) -> tuple[str, int]:
    if not re.search(_GARBLED, text):
        return text, 0
    import ftfy
    from ftfy import badness

    config = ftfy.TextFixerConfig(unescape_html=False, uncurl_quotes=False, replace_lossy_sequences=False, fix_c1_controls=False)
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if badness.is_bad(line):
            fixed = ftfy.fix_encoding(line, config)
            if badness.badness(fixed) == 0 and fixed.count("\ufffd") <= line.count("\ufffd"):
                lines[number] = fixed
    new = "\n".join(lines)
    return new, int(new != text)


def _plain(text: str) -> tuple[str, int]:
    text, ends = _LINE_END.subn("\n", text)
    composed = unicodedata.normalize("NFC", text).translate(_C1)
    gone = 0

    def visible(match: re.Match[str]) -> str:
        nonlocal gone
        gone += match["keep"] is None
        return match["keep"] or ""

    return _INVISIBLE.sub(visible, composed), ends + gone + (composed != text)
