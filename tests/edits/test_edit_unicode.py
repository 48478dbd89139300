"""Broken characters are mended where that is certain; every script keeps what it needs."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.edits import unicode

MENDED = [
    ("The cafÃ© is closed.", "The café is closed."),
    ("Itâ€™s here, donâ€™t worry.", "It’s here, don’t worry."),
    ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚, ÐºÐ°Ðº Ð´ÐµÐ»Ð°?", "привет, как дела?"),
    ("It\x92s \x93fine\x94", "It’s “fine”"),
    ("cafe\u0301", "café"),
    ("a\r\nb\rc", "a\nb\nc"),
    ("page\x0cnext\u2028line", "page\nnext\nline"),
    ("a\x00b\x1b[0mc\x7f", "ab[0mc"),
    ("\ufeffHello\u200b wor\u00adld\u2060", "Hello world"),
    ("user\u202etxt.exe\u202c", "usertxt.exe"),
    ("a\u200cb c\u200dd", "ab cd"),
    ("hi\U000e0041\U000e0042", "hi"),
]
KEPT = [
    "می\u200cخواهم",
    "क्\u200dष और क्\u200cष",
    "👨\u200d👩\u200d👧 and 🏳\ufe0f\u200d🌈 and ❤\ufe0f\u200d🔥",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "ภาษา\u200bไทย",
    "“curly” ‘quotes’ — … ﬁ Ａ １ ½ &lt; &amp;",
    "tab\there\nline",
    "Â is a letter; Ã too; São Paulo, ÀÉÎÕÜ, Ærø, ÅÄÖ “quoted”",
    "Why does “é” turn into Ã© when the encoding is wrong?",
    "```\nraw\r\ncafe\u0301 \x1b[0m \u200b Ã©\n```",
    "Он сказал: «да»… – «нет»”",
]


@pytest.mark.parametrize(("text", "expected"), MENDED)
def test_is_mended(text, expected):
    ((new, changes),) = unicode.repair([{"role": "user", "content": text}])
    assert new == expected and changes > 0


@pytest.mark.parametrize("text", KEPT)
def test_is_kept(text):
    assert unicode.repair([{"role": "user", "content": text}]) == [(text, 0)]


def test_a_talk_about_encodings_keeps_its_mojibake():
    talk = [
        {"role": "user", "content": "Why does my UTF-8 file look odd?"},
        {"role": "assistant", "content": "The cafÃ© is read as Latin-1."},
    ]
    assert [changes for _, changes in unicode.repair(talk)] == [0, 0]


@given(st.text(st.characters(categories=("L", "N", "P", "Zs", "Sm", "Sc")), max_size=60))
def test_composed_text_without_invisible_characters_is_kept(text):
    text = unicodedata.normalize("NFC", text).replace("`", "").replace("~", "")
    import re

    if not re.search(unicode._GARBLED, text):
        assert unicode.repair([{"role": "user", "content": text}]) == [(text, 0)]
