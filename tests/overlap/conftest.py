"""The rules of the overlap, spelled out slowly in Python, and real texts: what the fast code is held against."""

import json
import re
import unicodedata

import pytest

from filters.overlap.tokens import ALONE, SELECTORS


def _within(char, ranges):
    return any(first <= ord(char) <= last for first, last in ranges)


def _tokens(text):
    if text.isascii():
        return re.findall("[a-z0-9]+", text.lower())
    tokens, joining, alone = [], False, False
    for char in unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()):
        category = unicodedata.category(char)
        if category == "Cf" or _within(char, SELECTORS):
            continue
        single = category[0] in "LN" and _within(char, ALONE)
        if category[0] == "M" and joining:
            tokens[-1] += char
        elif category[0] in "LN":
            if joining and not single and not alone:
                tokens[-1] += char
            else:
                tokens.append(char)
            joining, alone = True, single
        else:
            joining = False
    return tokens


def _whole(text):
    return " ".join(_tokens(text)) or " ".join(unicodedata.normalize("NFC", text).split())


def _shingles(text, n, chars=False):
    tokens = list(_whole(text).replace(" ", "")) if chars else _tokens(text)
    if len(tokens) < n:
        return {_whole(text)}
    return {("" if chars else " ").join(tokens[at : at + n]) for at in range(len(tokens) - n + 1)}


@pytest.fixture(scope="session")
def whole():
    """text -> its normalised text."""
    return _whole


@pytest.fixture(scope="session")
def words():
    """text -> its tokens."""
    return _tokens


@pytest.fixture(scope="session")
def shingles():
    """(text, n, characters and not words?) -> its set of shingles, as strings."""
    return _shingles


@pytest.fixture(scope="session")
def alpaca(dumps):
    """The 52,002 rows of Stanford Alpaca as conversations."""
    paths = sorted((dumps / "hikariming__alpaca_chinese_dataset/history/原始英文数据").glob("*.json"))
    rows = [row for path in paths for row in json.loads(path.read_bytes())]
    return ["\n".join([row["instruction"], row["input"], row["output"]]) for row in rows]
