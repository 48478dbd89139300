"""The index: what releases published, as signatures and shingles in one Parquet file, with which later runs compare.

A line is one kept row by one setting (what is compared, in which shingles): which row it is, its unit and family, and what
`signatures` says of its text; the text itself is not there. A group that was kept whole lies there with all its answers, one
that was kept in part by the answer that it is judged by. Lines lie section by section, a section being one setting of one
release, so that one is read without the others. The file's metadata says how it was made; a file made another way is refused,
never misread.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.overlap import signatures, signing
from filters.overlap.signing import PERMUTATIONS, SEED, SIGNED
from schemas import parquet
from schemas.faults import DataFault, UsageFault

if TYPE_CHECKING:
    from datasketch import MinHashLSH

FORMAT = 1
INDEX = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("shingle", pa.int32(), nullable=False),
        pa.field("chars", pa.bool_(), nullable=False),
        pa.field("short", pa.int32(), nullable=False),
        pa.field("release", pa.string(), nullable=False),  # NAME@FINGERPRINT, twelve digits of it
        pa.field("id", pa.string(), nullable=False),
        pa.field("fingerprint", pa.string(), nullable=False),
        ("unit", pa.string()),  # of an answer that its group is not judged by: the one that it is judged by; else null
        ("family", pa.string()),  # its tree or group; null for a row alone
        *list(SIGNED)[1:],
    ]
)


class Setting(NamedTuple):
    """What is compared, in shingles of so many words (or characters); texts of fewer words than `short` tell their words."""

    key: str
    shingle: int
    chars: bool
    short: int

    def __str__(self) -> str:
        return f"key {self.key}, shingle {f'{{chars: {self.shingle}}}' if self.chars else self.shingle}, short {self.short}"


class Section(NamedTuple):
    """So many lines of one release by one setting."""

    setting: Setting
    release: str
    rows: int


@dataclass(frozen=True)
class About:
    """What an index holds: its sections, in the order of its lines."""

    sections: list[Section]

    @property
    def settings(self) -> list[Setting]:
        """Sorted."""
        return sorted({section.setting for section in self.sections})

    @property
    def releases(self) -> list[str]:
        """Sorted."""
        return sorted({section.release for section in self.sections})


def about(path: Path, normal: str) -> About:
    """What the index says of itself. Raises DataFault where it is none, or was made another way than this winnow makes one.

    `normal` names how texts are normalised here.
    """
    try:
        told = json.loads((pq.read_schema(path).metadata or {})[b"winnow index"])
        made = dict(told["made"])
        sections = [Section(Setting(*setting), release, rows) for setting, release, rows in told["sections"]]
        whole = sum(section.rows for section in sections) == pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as fault:
        raise DataFault(f"{path}: no index: `winnow index RELEASE --out PATH` makes one, and nothing else does") from fault
    if not whole:
        raise DataFault(f"{path}: damaged: it holds more or fewer lines than it says: delete it and make it again")
    here = _made(normal)
    for name, value in here.items():
        if (there := made.get(name)) != value:
            again = f"winnow index {' '.join(About(sections).releases)} --out {path}"
            raise DataFault(f"{path}: made with {name} {there}, and here it is {value}: delete it and make it again: {again}")
    return About(sections)


def write(path: Path, sections: list[Section], tables: Iterable[pa.Table], normal: str) -> None:
    """Write the lines (INDEX) of sorted sections, one after the other; the file appears whole or not at all."""
    assert sections == sorted(sections)
    told = json.dumps({"made": _made(normal), "sections": sections})
    parquet.write(tables, path, INDEX.with_metadata({"winnow index": told}), group=parquet.TEXTS)


def lines(path: Path, known: About, wanted: Section, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """One section's lines, some at a time."""
    start = sum(section.rows for section in known.sections[: known.sections.index(wanted)])
    with pq.ParquetFile(path, memory_map=True) as file:
        at = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            first, end = max(start - at, 0), min(start + wanted.rows - at, rows)
            if first < end:
                yield _group(file, path, group, columns).slice(first, end - first)
            at += rows


def _group(file: pq.ParquetFile, path: Path, group: int, columns: list[str] | None) -> pa.Table:
    try:
        return file.read_row_group(group, columns)
    except (pa.ArrowException, OSError) as fault:
        raise DataFault(f"{path}: damaged ({fault}): delete it and make it again: `winnow index RELEASE --out PATH`") from fault


def rows(path: Path, known: About, setting: Setting) -> pa.Table:
    """Which rows lie there by a setting: name (RELEASE:ID), id, fingerprint, family, and unit (the name of another, or null)."""
    columns = ["release", "id", "fingerprint", "family", "unit"]
    tables = [each for section in _of(known, setting) for each in lines(path, known, section, columns)]
    found = pa.concat_tables([pa.schema([INDEX.field(name) for name in columns]).empty_table(), *tables])
    named = found.append_column("name", _names(found)).select(["name", *columns[1:-1]])
    return named.append_column("unit", _names(found, "unit"))


def unpack(path: Path, known: About, setting: Setting, out: Path) -> int:
    """The lines of a setting as a file that `signatures.read` maps into memory, under their names. Returns their number."""
    out.parent.mkdir(parents=True, exist_ok=True)
    schema = SIGNED.with_metadata({"winnow": json.dumps(signing.manner(setting.shingle, setting.chars, setting.short))})
    done = 0
    with pa.OSFile(str(out), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for section in _of(known, setting):
            for table in lines(path, known, section):
                named = table.set_column(table.schema.get_field_index("id"), "id", _names(table))
                writer.write_table(named.select(SIGNED.names).cast(schema).combine_chunks())
                done += len(table)
    return done


def open_lsh(path: Path, normal: str, similarity: float, key: str | None = None) -> "MinHashLSH":
    """The index as a `datasketch.MinHashLSH` under names RELEASE:ID. Raises UsageFault where `key` must say which setting."""
    from datasketch import LeanMinHash, MinHashLSH

    known = about(path, normal)
    found = [setting for setting in known.settings if key in (None, setting.key)]
    if len(found) != 1:
        there = "; ".join(map(str, known.settings))
        raise UsageFault(f"{path}: {'say which key' if key is None else f'key {key!r} names not one setting'}: it holds {there}")
    lsh = MinHashLSH(num_perm=PERMUTATIONS, params=signatures.bands(similarity))
    for section in _of(known, found[0]):
        for table in lines(path, known, section, ["release", "id", "signature"]):
            values = table["signature"].combine_chunks().flatten().to_numpy().reshape(-1, PERMUTATIONS)
            for name, each in zip(_names(table).to_pylist(), values, strict=True):
                lsh.insert(name, LeanMinHash(seed=SEED, hashvalues=each, scheme="affine32"))
    return lsh


def _made(normal: str) -> dict[str, Any]:
    told = signing.manner(0, chars=False, short=0)
    same = ("hash", "scheme", "permutations", "seed", "unicode")
    return {
        "index format": FORMAT,
        "signature format": told["format"],
        **{name: told[name] for name in same},
        "normalisation": normal,
    }


def _of(known: About, setting: Setting) -> list[Section]:
    return [section for section in known.sections if section.setting == setting]


def _names(table: pa.Table, column: str = "id") -> pa.ChunkedArray:
    return pc.binary_join_element_wise(table["release"].cast(pa.string()), table[column].cast(pa.string()), ":")
