"""The messages of all rows as one run of turns, and back: edits change turns, and the lists around them stay as they are."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def bounds(lists: pa.ListArray) -> np.ndarray:
    """Where each row's turns begin in `lists.flatten()`, and where the last ends; a null list has none."""
    return np.concatenate([[0], np.cumsum(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False))])


def put(rows: pa.Table, lists: pa.ListArray, ends: np.ndarray, turns: pa.StructArray) -> pa.Table:
    """The rows with these turns as their messages, row i turns[ends[i]:ends[i + 1]]; what was null in `lists` stays null."""
    mask = lists.is_null() if lists.null_count else None
    made = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), turns, type=lists.type, mask=mask)
    return rows.set_column(rows.schema.get_field_index("messages"), rows.schema.field("messages"), made)


def changed(turns: pa.StructArray, fields: dict[str, pa.Array]) -> pa.StructArray:
    """Turns with other values in some fields, everything else the same arrays."""
    columns = [fields.get(field.name, turns.field(at)) for at, field in enumerate(turns.type)]
    return pa.StructArray.from_arrays(columns, fields=list(turns.type))
