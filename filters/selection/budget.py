"""A word budget: who is in when not all fit.

Units stand in a line and are taken from its head until the next one does not fit; there the line ends. A unit longer than its
whole budget could never be in: it steps out of the line instead of ending it. So more budget never takes a unit out again,
but for one that is so long that only now it fits, and has its place before.

The line's order is the draw: `best` has the highest value of `by` first; `weighted` is a draw without replacement in which the
chance to be next goes by the value (Efraimidis and Spirakis 2006: key u^(1/w), u from a hash of seed and id); `random` is blind.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.faults import DataFault, UsageFault
from schemas.recipe import Mix, Select

PARTS = pa.schema(
    [("part", pa.string()), ("share", pa.float64()), ("asked", pa.int64()), ("there", pa.int64()), ("taken", pa.int64())]
)


@dataclass(frozen=True)
class Chosen:
    """`reasons`: one a unit, in the order given: null = in, `budget`, or `not in the mix`. `parts`: words by share (PARTS)."""

    reasons: pa.Array
    parts: pa.Table

    @property
    def kept(self) -> pa.Array:
        """True where the unit is in."""
        return self.reasons.is_null()


def choose(units: pa.Table, select: Select | None, seed: int) -> Chosen:
    """Choose among units (id, words, and the columns that `by` and `mix.by` name) up to `select.words` words.

    Without `words` all are in. With `mix` each part has its share of the words; a part with fewer words than its share
    gives all it has, and then `short` decides: `shrink` (the whole is smaller), `fill` (the others share the rest) or
    `fail` (DataFault).
    Raises UsageFault where `by` is no number, DataFault where a weight is negative. The order of rows changes nothing.
    """
    if select is None or select.words is None:
        return Chosen(pa.nulls(len(units), pa.string()), PARTS.empty_table())
    words = units["words"].to_numpy().astype(np.int64)
    line = _line(units, select, seed)
    parts, shares = _parts(units, select.mix)
    there = {part: int(words[parts == at].sum()) for at, part in enumerate(shares)}
    asked = {part: _floor(share * select.words) for part, share in shares.items()}
    budgets = _budgets(asked, there, shares, select.words, select.mix)
    reasons = np.full(len(units), "budget", object)
    reasons[parts < 0] = "not in the mix"
    for at, part in enumerate(shares):
        reasons[_head(line[parts[line] == at], words, budgets[part])] = None
    taken = [int(words[(parts == at) & (reasons == None)].sum()) for at in range(len(shares))]  # noqa: E711  element by element
    report = [list(shares), list(shares.values()), [asked[part] for part in shares], [there[part] for part in shares], taken]
    return Chosen(pa.array(reasons, pa.string()), pa.table(report, schema=PARTS))


def _head(line: np.ndarray, words: np.ndarray, budget: int) -> np.ndarray:
    """The head of the line that fits, without the units that never could."""
    able = line[words[line] <= budget]
    return able[: int(np.searchsorted(np.cumsum(words[able]), budget, side="right"))]


def _line(units: pa.Table, select: Select, seed: int) -> np.ndarray:
    """Places of the units, the first to take first; ties by id."""
    ids = units["id"].to_pylist()
    draw = np.array([_chance(seed, each) for each in ids], np.float64)
    if select.by and select.draw != "random":
        worth = _worth(units, select.by)
        if select.draw == "weighted":
            draw = _keys(draw, worth, select.by, ids)
        else:
            draw = np.lexsort((draw, -np.nan_to_num(worth, nan=-np.inf))).argsort().astype(np.float64)
    return np.array(sorted(range(len(ids)), key=lambda at: (draw[at], ids[at])), np.int64)


def _keys(draw: np.ndarray, worth: np.ndarray, by: str, ids: list[str]) -> np.ndarray:
    """Smaller is earlier: -ln(u) / w, the order of u^(1/w) without underflow. Weight 0 or unknown comes last, in blind order."""
    if (worth < 0).any():
        at = int(np.nanargmin(worth))
        raise DataFault(f"select: a weighted draw needs `{by}` of 0 or more, and {ids[at]} has {worth[at]:g}: write `draw: best`")
    some = worth > 0
    keys = np.array([-math.log(u) / w if w > 0 else 0.0 for u, w in zip(draw, worth, strict=True)])
    return np.lexsort((draw, keys, ~some)).argsort().astype(np.float64)


def _worth(units: pa.Table, by: str) -> np.ndarray:
    """The column as floats; unknown is NaN."""
    column = units[by]
    if not (pa.types.is_boolean(column.type) or pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise UsageFault(f"select: `by: {by}` is {column.type}, and must be a number")
    return pc.fill_null(column.cast(pa.float64()), math.nan).to_numpy()


def _chance(seed: int, name: str) -> float:
    """A number in (0, 1) from seed and id."""
    digest = hashlib.blake2b(f"{seed}\x1f{name}".encode(), digest_size=8, person=b"budget").digest()
    return ((int.from_bytes(digest, "big") >> 12) + 0.5) / 2**52


def _parts(units: pa.Table, mix: Mix | None) -> tuple[np.ndarray, dict[str, float]]:
    """The place of each unit's part among the shares (-1 for none), and the shares, which add up to 1."""
    if mix is None:
        return np.zeros(len(units), np.int64), {"all": 1.0}
    total = sum(mix.shares.values())
    shares = {part: share / total for part, share in mix.shares.items()}
    found = pc.index_in(units[mix.by].cast(pa.string()), value_set=pa.array(list(shares), pa.string()))
    return pc.fill_null(found, -1).to_numpy().astype(np.int64), shares


def _budgets(
    asked: dict[str, int], there: dict[str, int], shares: dict[str, float], words: int, mix: Mix | None
) -> dict[str, int]:
    """Words for each part; together never more than `words`."""
    short = [part for part in asked if there[part] < asked[part]]
    if mix and mix.short == "fail" and short:
        most = int(min(there[part] / shares[part] for part in short))
        told = ", ".join(f"{part} has {there[part]:,} of the {asked[part]:,} words that its share asks for" for part in short)
        raise DataFault(f"select.mix: {told}: add data, lower `words` to {most:,}, or write `short: shrink`")
    if not mix or mix.short != "fill":
        return asked
    return _filled(there, shares, words)


def _floor(words: float) -> int:
    """Whole words; 0.29 of 100 is 29, although the product of the floats is a hair below."""
    return int(round(words, 6))


def _filled(there: dict[str, int], shares: dict[str, float], words: int) -> dict[str, int]:
    """What short parts lack is shared out among the others by their shares, until no other is short."""
    fixed: dict[str, int] = {}
    while True:
        rest, open_ = (
            words - sum(fixed.values()),
            {part: share for part, share in shares.items() if part not in fixed and share > 0},
        )
        total = sum(open_.values())
        asked = {part: _floor(rest * share / total) for part, share in open_.items()}
        short = {part: there[part] for part in open_ if there[part] < asked[part]}
        if not short:
            return dict.fromkeys(shares, 0) | fixed | asked
        fixed |= short
