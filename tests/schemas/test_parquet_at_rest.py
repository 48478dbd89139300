"""The same rows are the same bytes, however they came; and how many rows a group has says what it holds."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import parquet

TABLE = pa.table({"id": [f"a/f#{n:09}" for n in range(40_000)], "words": pa.array(range(40_000), pa.int64())})


@pytest.mark.parametrize(("group", "most"), [(parquet.LINES, 16_000), (parquet.TEXTS, 1000)])
@pytest.mark.parametrize("size", [1, 999, 16_001, 40_000])
def test_bytes_do_not_depend_on_how_rows_come(group: int, most: int, size: int, tmp_path: Path) -> None:
    whole = TABLE if size > 1 else TABLE.slice(0, 700)
    parts = (whole.slice(start, size) for start in range(0, len(whole), size))
    assert parquet.write(whole, tmp_path / "one.parquet", TABLE.schema, group=group) == len(whole)
    assert parquet.write(parts, tmp_path / "parts.parquet", TABLE.schema, group=group) == len(whole)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "parts.parquet").read_bytes()
    known = pq.read_metadata(tmp_path / "one.parquet")
    assert [known.row_group(n).num_rows for n in range(known.num_row_groups - 1)] == [most] * (known.num_row_groups - 1)
    assert pq.read_table(tmp_path / "one.parquet").equals(whole)
