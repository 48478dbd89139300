"""Benchmarks that ship with winnow, as hashes of their word n-grams: `against: public`, or `public:gsm8k`."""

from pathlib import Path

from schemas.faults import UsageFault
from schemas.mistakes import nearest

FOLDER = Path(__file__).with_name("public")
COMMON = Path(__file__).with_name("common_grams.parquet")  # for `nearest`; both are made by docs/public_benchmarks.py


def public(name: str) -> list[Path]:
    """The files behind `public` (all) or `public:NAME`. Raises UsageFault with the nearest names."""
    known = {path.stem: path for path in sorted(FOLDER.glob("*.parquet"))}
    if name == "public":
        return list(known.values())
    asked = name.removeprefix("public:")
    if asked not in known:
        raise UsageFault(f"against: no public benchmark {asked!r}; {nearest(asked, known)}")
    return [known[asked]]
