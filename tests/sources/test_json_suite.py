"""The strict value parser and the 318 files of JSONTestSuite: one file is one value."""

import numpy as np
import pytest

from sources import spans
from sources.strict import Refused, decode

TWICE = ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]  # they parse; as records they are refused
FLOAT, INT = "past the range of a float there is no number to keep", "kept as text: no digit is lost"
LONE = "an escape of half a character is U+FFFD, and the record says so"
WIDE, CESU = "UTF-16 is another encoding", "half a character as bytes is no UTF-8"
BYTES, LONG = "these bytes are no UTF-8", "no UTF-8: more bytes than the character needs"
DECIDED = {  # what the RFC leaves open: the reason it is refused for, or "" where it is read; and why
    "i_number_double_huge_neg_exp.json": ("", "too small for a float is 0, as for every parser"),
    "i_number_huge_exp.json": ("non_finite", FLOAT),
    "i_number_neg_int_huge_exp.json": ("non_finite", FLOAT),
    "i_number_pos_double_huge_exp.json": ("non_finite", FLOAT),
    "i_number_real_neg_overflow.json": ("non_finite", FLOAT),
    "i_number_real_pos_overflow.json": ("non_finite", FLOAT),
    "i_number_real_underflow.json": ("", "too small for a float is 0, as for every parser"),
    "i_number_too_big_neg_int.json": ("", INT),
    "i_number_too_big_pos_int.json": ("", INT),
    "i_number_very_big_negative_int.json": ("", INT),
    "i_object_key_lone_2nd_surrogate.json": ("", LONE),
    "i_string_1st_surrogate_but_2nd_missing.json": ("", LONE),
    "i_string_1st_valid_surrogate_2nd_invalid.json": ("", LONE),
    "i_string_UTF-16LE_with_BOM.json": ("encoding", WIDE),
    "i_string_UTF-8_invalid_sequence.json": ("encoding", BYTES),
    "i_string_UTF8_surrogate_U+D800.json": ("encoding", CESU),
    "i_string_incomplete_surrogate_and_escape_valid.json": ("", LONE),
    "i_string_incomplete_surrogate_pair.json": ("", LONE),
    "i_string_incomplete_surrogates_escape_valid.json": ("", LONE),
    "i_string_invalid_lonely_surrogate.json": ("", LONE),
    "i_string_invalid_surrogate.json": ("", LONE),
    "i_string_invalid_utf-8.json": ("encoding", BYTES),
    "i_string_inverted_surrogates_U+1D11E.json": ("", LONE),
    "i_string_iso_latin_1.json": ("encoding", "Latin-1 is another encoding, and a guess is no reading"),
    "i_string_lone_second_surrogate.json": ("", LONE),
    "i_string_lone_utf8_continuation_byte.json": ("encoding", BYTES),
    "i_string_not_in_unicode_range.json": ("encoding", "no UTF-8: beyond the last character"),
    "i_string_overlong_sequence_2_bytes.json": ("encoding", LONG),
    "i_string_overlong_sequence_6_bytes.json": ("encoding", LONG),
    "i_string_overlong_sequence_6_bytes_null.json": ("encoding", LONG),
    "i_string_truncated-utf-8.json": ("encoding", BYTES),
    "i_string_utf16BE_no_BOM.json": ("encoding", WIDE),
    "i_string_utf16LE_no_BOM.json": ("encoding", WIDE),
    "i_structure_500_nested_arrays.json": ("too_deep", "deeper than what is read can be written again everywhere"),
    "i_structure_UTF-8_BOM_empty_object.json": ("", "a mark of UTF-8 says nothing else, and Windows writes it"),
}


def refusal(raw: bytes) -> str:
    """Why a value is refused, or nothing; with the marks that the kernel gives it, and with all that ask for the slow parser."""
    found = np.empty((3, 2), np.int64)
    count, _, _, broken = spans.cut(np.frombuffer(b"[" + raw + b"\n]", np.uint8), 0, spans.ARRAY, spans.BEFORE, found)
    reasons = []
    for marks in (int(found[2, 0]) if count or broken >= 0 else 0, spans.DUPLICATE | (int(found[2, 0]) & spans.DEEP)):
        try:
            decode(raw, marks)
            reasons.append("")
        except Refused as error:
            reasons.append(error.reason)
    assert reasons[0] == reasons[1]
    return reasons[0]


@pytest.fixture(scope="module")
def cases(dumps):
    found = {path.name: path.read_bytes() for path in (dumps / "nst__JSONTestSuite" / "test_parsing").glob("*.json")}
    assert [sum(name[0] == kind for name in found) for kind in "yni"] == [95, 188, 35]
    return found


def test_what_is_json_parses(cases):
    reasons = {name: refusal(raw) for name, raw in cases.items() if name[0] == "y"}
    assert {name: reason for name, reason in reasons.items() if reason} == dict.fromkeys(TWICE, "duplicate_key")


def test_what_is_no_json_is_refused(cases):
    assert [name for name, raw in cases.items() if name[0] == "n" and not refusal(raw)] == []


def test_what_is_left_open_is_decided(cases):
    assert {name: refusal(raw) for name, raw in cases.items() if name[0] == "i"} == {k: why for k, (why, _) in DECIDED.items()}
    assert all(len(reason) > 10 for _, reason in DECIDED.values())


def test_numbers_beyond_64_bits_stay_text():
    assert decode(b"[9223372036854775807, 9223372036854775808, -9223372036854775809, 1e2, 123456789012345678901234.5]", 4) == [
        2**63 - 1, "9223372036854775808", "-9223372036854775809", 100.0, 1.2345678901234568e23,
    ]  # fmt: skip
    assert decode(b"[1%b]" % (b"0" * 5000), 4) == ["1" + "0" * 5000]
