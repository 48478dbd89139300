"""The child that reads a table by columns from standard input and writes it as JSON lines; it imports nothing of ours.

What a value becomes: instants, dates and times ISO text (instants in UTC); durations their number; decimals whole numbers,
numbers where a float holds them, else text; NaN and infinity null; maps objects; bytes text where they are text, else a data
URL. Text that is not UTF-8 goes out as it is, so that the reader behind the pipe refuses that row and no other.
"""

import json
import math
import os
import resource
import sys
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq
import pyarrow.types as is_a

MEMORY = 3 << 30  # bytes of memory of its own; mapped files do not count
PIECE, ROWS = 8 << 20, 2048  # bytes, and rows at most, that are turned at a time
_EXACT = 15  # decimal digits that a float always holds
_NOT_TEXT = bytes([*range(9), 11, 12, *range(14, 32)])


def main() -> None:
    """Write standard input's rows to standard output, or with `check` only read them."""
    size = os.fstat(0).st_size
    _limit(size)
    try:
        for batch in _batches("/dev/fd/0"):
            table = _plainly(batch)
            if "check" not in sys.argv:
                _write(table, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except (MemoryError, pa.ArrowMemoryError):
        sys.exit("out of memory")
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        print(str(error).split("\n", 1)[0][:300], file=sys.stderr)  # noqa: T201 - this is how the parent hears of it
        sys.exit(65)


def _limit(size: int) -> None:
    seconds = 120 + (size >> 18)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_AS, (2 * MEMORY + 2 * size, 2 * MEMORY + 2 * size))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _batches(path: str) -> Iterator[pa.RecordBatch]:
    """A few rows at a time, whatever the file's own pieces are."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    file = pa.memory_map(path)
    head = file.read(8)
    file.seek(0)
    if head[:4] == b"PAR1":
        yield from _row_groups(pq.ParquetFile(file, page_checksum_verification=True))
        return
    table = pa.ipc.open_file(file) if head[:6] == b"ARROW1" else pa.ipc.open_stream(file)
    batches = (table.get_batch(n) for n in range(table.num_record_batches)) if head[:6] == b"ARROW1" else iter(table)
    for batch in batches:
        _sound(batch)
        rows = _rows(batch.nbytes, batch.num_rows)
        yield from (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))


def _row_groups(table: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    for n in range(table.num_row_groups):
        group = table.metadata.row_group(n)
        rows = _rows(group.total_byte_size, group.num_rows)
        yield from table.iter_batches(rows, row_groups=[n], use_threads=False)


def _rows(size: int, rows: int) -> int:
    return max(1, min(ROWS, PIECE * rows // max(1, size)))


def _sound(batch: pa.RecordBatch) -> None:
    """Refuse a batch whose parts do not fit together; text that is not UTF-8 is found later, value by value."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):
            raise


def _plainly(batch: pa.RecordBatch) -> pa.Table:
    names = batch.schema.names
    if not names or len(set(names)) < len(names):
        raise ValueError("two columns have one name" if names else "the table has no columns")
    return pa.table([plain(column) for column in batch.columns], names)


def _write(table: pa.Table, out: BinaryIO) -> None:
    if any(map(_is_slow, table.schema.types)):
        kind = pa.struct(list(table.schema))
        for row in table.to_pylist():
            out.write(json.dumps(_value(row, kind), ensure_ascii=False).encode("utf-8", "surrogateescape") + b"\n")
    else:
        import polars

        polars.DataFrame(table).write_ndjson(out)


def _is_slow(kind: pa.DataType) -> bool:
    """Whether a column holds maps, or text that is none."""
    return is_a.is_map(kind) or is_a.is_binary(kind) or any(_is_slow(kind.field(n).type) for n in range(kind.num_fields))


def plain(array: pa.Array) -> pa.Array:  # noqa: PLR0911 - one line a kind
    """The same values in types that JSON has: booleans, numbers, text, lists, structs, and maps with keys of text."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        names = kind.extension_name == "arrow.uuid"
        return pa.array([held and str(held) for held in array.to_pylist()], pa.string()) if names else plain(array.storage)
    if is_a.is_dictionary(kind):
        return plain(array.dictionary_decode())
    if is_a.is_run_end_encoded(kind):
        return plain(pc.run_end_decode(array))
    if is_a.is_struct(kind):
        fields = [plain(array.field(n)) for n in range(kind.num_fields)]
        names = [kind.field(n).name for n in range(kind.num_fields)]
        return pa.StructArray.from_arrays(fields, names, mask=array.is_null()) if fields else pa.nulls(len(array))
    if is_a.is_list_view(kind) or is_a.is_large_list_view(kind):
        return plain(pa.array(array.to_pylist(), pa.large_list(kind.value_type)))  # Arrow's own cast loses values
    if is_a.is_fixed_size_list(kind):
        return plain(pc.cast(array, pa.list_(kind.value_type)))
    if is_a.is_list(kind) or is_a.is_large_list(kind) or is_a.is_map(kind):
        return _list(array, kind)
    return _leaf(array, kind)


def _list(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """A list or map over the plain forms of just the values that it uses."""
    first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
    values = plain(array.values.slice(first, last - first))
    valid = pc.is_valid(array).buffers()[1] if array.null_count else None
    offsets = pc.subtract(array.offsets, array.offsets[0]).buffers()[1]
    if is_a.is_map(kind):
        made = pa.map_(values.type.field(0).type, values.type.field(1).type)
        fields = [pa.field("key", made.key_type, nullable=False), made.item_field]
        values = pa.StructArray.from_arrays(values.flatten(), fields=fields)
    else:
        made = (pa.large_list if is_a.is_large_list(kind) else pa.list_)(values.type)
    return pa.Array.from_buffers(made, len(array), [valid, offsets], array.null_count, 0, [values])


def _leaf(array: pa.Array, kind: pa.DataType) -> pa.Array:  # noqa: PLR0911 - the same
    if is_a.is_string(kind) or is_a.is_large_string(kind) or is_a.is_string_view(kind):
        return _utf8(array)
    if is_a.is_binary(kind) or is_a.is_large_binary(kind) or is_a.is_binary_view(kind) or is_a.is_fixed_size_binary(kind):
        return pa.array([value if value is None else _text(value) for value in array.to_pylist()], pa.string())
    if is_a.is_timestamp(kind):
        instant = pc.cast(array, pa.timestamp(kind.unit, "UTC")) if kind.tz else array
        return pc.replace_substring(pc.cast(instant, pa.string()), " ", "T", max_replacements=1)
    if is_a.is_date(kind) or is_a.is_time(kind):
        return pc.cast(array, pa.string())
    if is_a.is_duration(kind):
        return pc.cast(array, pa.int64())
    if is_a.is_decimal(kind):
        whole = kind.scale == 0 and kind.precision <= 18
        return pc.cast(array, pa.int64() if whole else pa.float64() if kind.precision <= _EXACT else pa.string())
    if is_a.is_float16(kind):
        return pc.cast(array, pa.float32())
    if is_a.is_primitive(kind) or is_a.is_null(kind):
        return array
    raise TypeError(f"columns of {kind} are not read")


def _utf8(array: pa.Array) -> pa.Array:
    """Text as it is; where one value is not UTF-8, bytes that say so."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return pc.cast(array, pa.binary())
    return array


def _text(value: bytes) -> str:
    try:
        if not value.translate(None, _NOT_TEXT) == value:
            raise ValueError
        return value.decode()
    except ValueError:
        return f"data:;base64,{b64encode(value).decode()}"


def _value(value: Any, kind: pa.DataType) -> Any:
    """A value of a plain type as JSON has it; pairs of a map stay pairs where two have one key."""
    if isinstance(value, float):
        short = float(str(numpy.float32(value))) if is_a.is_float32(kind) else value
        return short if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if is_a.is_map(kind) and value is not None:
        pairs = [(_value(key, kind.key_type), _value(held, kind.item_type)) for key, held in value]
        found = {str(key): held for key, held in pairs}
        return found if len(found) == len(pairs) else pairs
    if isinstance(value, dict):
        return {key: _value(held, kind.field(key).type) for key, held in value.items()}
    if isinstance(value, list):
        return [_value(item, kind.value_type) for item in value]
    return value


if __name__ == "__main__":
    main()
