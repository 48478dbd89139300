"""Train and test: by the first user turn alone, the same in every export."""

import pyarrow as pa

from filters.selection import sides
from schemas.rows import MESSAGE

KIND = pa.list_(MESSAGE)


def talks(*each):
    return pa.array([[{"role": role, "content": content} for role, content in talk] for talk in each], KIND)


def test_the_share_is_about_right_and_the_seed_decides():
    many = talks(*([("user", f"Question {at}?"), ("assistant", "Yes.")] for at in range(4000)))
    first, again, other = sides(many, 0.05, 1), sides(many, 0.05, 1), sides(many, 0.05, 2)
    assert first == again and first != other
    assert 140 < first.to_pylist().count("test") < 260
    assert set(sides(many, 0.0, 1).to_pylist()) == {"train"}


def test_only_the_first_user_turn_counts():
    """Whatever stands before and after it, however it is written, in a row as in a pair's prompt."""
    for at in range(200):
        text = f"What about number {at}?"
        same = talks(
            [("user", text)],
            [("system", f"Be {at}."), ("user", f"  what  ABOUT number {at} "), ("assistant", "So."), ("user", "And?")],
        )
        assert len(set(sides(same, 0.5, 0).to_pylist())) == 1
        plain = pa.array(
            [[{"role": "user", "content": text}]], pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
        )
        assert sides(plain, 0.5, 0)[0] == sides(same, 0.5, 0)[0]


def test_without_a_user_the_first_turn_counts_and_chunks_do_not():
    rows = talks([("assistant", "a")], [("assistant", "a"), ("assistant", "b")], [], [("user", "x")])
    found = sides(rows, 0.999999, 0).to_pylist()
    assert found == ["test", "test", "train", "test"]
    assert sides(pa.chunked_array([rows[:1], rows[1:]]), 0.999999, 0).to_pylist() == found
    assert sides(rows.slice(2), 0.999999, 0).to_pylist() == found[2:]
