"""Keep and block marks by content fingerprint: `keep.jsonl` and `block.jsonl` in a folder, which a recipe names in `lists`.

A line is one JSON object: `fingerprint` and `id` of the row as the ledger has them, `list` (keep, block), `note`. Of several
lines with one fingerprint the last holds; null as its list takes a mark back. Written sorted by fingerprint, whole or not at all.
"""

from pathlib import Path
from threading import Lock

import orjson

from flows import lists
from flows.lists import KINDS, Mark
from schemas.faults import DataFault
from schemas.parquet import settle


class Marks:
    """The marks of a folder; read anew each time, since a person may edit the files as well."""

    def __init__(self, folder: Path) -> None:
        """Raises DataFault where a list is broken."""
        self.folder = folder
        self._lock = Lock()
        self.all()

    def all(self) -> dict[str, Mark]:
        """Fingerprint -> mark. Raises DataFault with the line that is broken, or the content that is on both lists."""
        found: dict[str, Mark] = {}
        for name in KINDS:
            there = {each: mark for each, mark in _read(self._file(name)).items() if mark.list == name}
            if both := sorted(there.keys() & found.keys()):
                raise DataFault(f"{self.folder}: fingerprint {both[0]} is on both lists; take it out of one")
            found |= there
        return found

    def set(self, fingerprint: str, mark: Mark | None) -> None:
        """Put a content on a list, from the other one where it was there, or with None on neither."""
        with self._lock:
            marks = self.all()
            before = marks.pop(fingerprint, None)
            if mark:
                marks[fingerprint] = mark
            order = KINDS if before is None or before.list == KINDS[0] else KINDS[::-1]  # off one list before onto the other
            for name in order:
                self._write(name, marks)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def _write(self, name: str, marks: dict[str, Mark]) -> None:
        lines = [_line(each, marks[each]) for each in sorted(marks) if marks[each].list == name]
        path = self._file(name)
        text = b"".join(line + b"\n" for line in lines)
        if path.is_file() and path.read_bytes() == text:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".part")
        draft.write_bytes(text)
        settle(draft, path)


def _read(path: Path) -> dict[str, Mark]:
    return lists.read(path) if path.is_file() else {}


def _line(fingerprint: str, mark: Mark) -> bytes:
    return orjson.dumps({"fingerprint": fingerprint, "id": mark.id, "list": mark.list, "note": mark.note})
