"""A row that is the beginning of another one, against the plain definition."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.beginnings import beginnings
from schemas import parquet
from schemas.rows import MESSAGE

SHAPE = pa.schema([("id", pa.string()), ("messages", pa.list_(MESSAGE))])
TALK = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.sampled_from(["a", "b", ""])), max_size=4)


def rows(talks, start=0):
    told = [[{"role": role, "content": content} for role, content in talk] for talk in talks]
    return pa.Table.from_pylist([{"id": f"s#{at + start}", "messages": talk} for at, talk in enumerate(told)], SHAPE)


def read(shards):
    """What `beginnings` calls: all rows of all shards, or those of some ids."""
    return lambda ids: shards if ids is None else [parquet.take_ids(shard, pa.array(ids, pa.string())) for shard in shards]


def plainly(talks):
    """Of all longer rows that begin like this one: the longest, then the first id."""
    found = {}
    for at, talk in enumerate(talks):
        longer = [
            (-len(other), f"s#{n}")
            for n, other in enumerate(talks)
            if talk and len(other) > len(talk) and other[: len(talk)] == talk
        ]
        if longer:
            found[f"s#{at}"] = min(longer)[1]
    return found


@settings(deadline=None)
@given(st.lists(TALK, max_size=9), st.integers(0, 9))
def test_it_is_what_it_says_however_the_rows_are_cut(talks, cut):
    shards = [rows(talks[:cut]), rows(talks[cut:], start=min(cut, len(talks)))]
    found = beginnings(read(shards))
    assert dict(zip(found["id"].to_pylist(), found["of"].to_pylist(), strict=True)) == plainly(talks)
    assert found["id"].to_pylist() == sorted(found["id"].to_pylist())


def test_a_swap_of_turns_is_no_beginning():
    talks = [[("user", "a"), ("user", "b")], [("user", "b"), ("user", "a"), ("assistant", "c")]]
    assert len(beginnings(read([rows(talks)]))) == 0


def test_of_a_chain_all_name_the_longest():
    talk = [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]
    found = beginnings(read([rows([talk[:2], talk, talk[:3], talk])]))
    assert found.to_pylist() == [{"id": "s#0", "of": "s#1"}, {"id": "s#2", "of": "s#1"}]
