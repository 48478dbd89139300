"""Fingerprints of many rows are what the definition says of each; and what is called safe to leave uncomposed is."""

import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.rows import ROLES, ROW, fingerprint
from sources.prints import SAFE, fingerprints
from sources.tables import Rows

SPACES = "".join(chr(point) for point in range(0x110000) if chr(point).isspace())
TEXT = st.text() | st.text(SPACES + "aé\u0301가\u1161茶🙂") | st.text(st.characters(codec="ascii"))
LONG = st.lists(
    st.sampled_from(["words as they come, ", "a", " ", "\n\n", "\u2003", "é", "e\u0301", "茶" * 5, "\u3000"]), max_size=20
).map("".join)
TURN = st.fixed_dictionaries({"role": st.sampled_from(ROLES), "content": TEXT | LONG})


@settings(deadline=None)  # the first example compiles the kernels
@given(st.lists(st.lists(TURN, max_size=4), max_size=6))
@example([[{"role": "user", "content": f"a{space}{space}b{space}"}] for space in SPACES])
@example([[{"role": "user", "content": text}] for text in ("e\u0301", "\u1100\u1161\u11a8", "\uac00\u11a8", "\u212b", "\u2000")])
def test_many_fingerprints_are_what_each_is_by_definition(threads):
    rows = Rows("s", "f", "mit")
    for number, messages in enumerate(threads):
        rows.add(f"s/f#{number:09d}", number, 0, [], {"messages": messages})
    table = rows.table()
    assert table.schema == ROW and table["fingerprint"].to_pylist() == [fingerprint(messages) for messages in threads]
    assert fingerprints(table["messages"].chunk(0)) == table["fingerprint"].to_pylist()


def test_no_safe_character_is_changed_by_composing_nor_changes_another():
    safe = {chr(point) for first, last in SAFE for point in range(first, last + 1)}
    joins = {chr(point) for first, last in ((0x1161, 0x1175), (0x11A8, 0x11C2)) for point in range(first, last + 1)}
    for point in range(0x110000):
        parts = unicodedata.decomposition(chr(point))
        if parts and not parts.startswith("<"):
            joins.update(chr(int(part, 16)) for part in parts.split()[1:])
    assert not safe & joins
    assert all(unicodedata.is_normalized("NFC", char) and not unicodedata.combining(char) for char in safe)
