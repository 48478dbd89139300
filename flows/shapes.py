"""Every export of a recipe: which rows each takes, why it leaves the others, and how its files are written.

What a shape is made of, its module says (`exports`): rows of its own choice, or another export's in another dress. A dress
takes the rules, budget and pairs of what it is made of, and may have further rules; what its trainer would drop has a reason
here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

import exports
from exports import long, preference
from exports.beginnings import beginnings
from exports.messages import thinking
from exports.sft import COLUMNS as OPTIONAL
from filters.selection import choose
from flows.choices import made_of, own
from flows.comparisons import ordered, take_preference
from flows.exporting import SIDES, Taken, by_shard, held_out, judged, left_out, texts
from flows.judge import again
from flows.published import Remembered
from flows.stages import Shard
from schemas import parquet
from schemas.ledger import EDITS
from schemas.recipe import Recipe, Sft
from sql.rules import Rule

_PART = re.compile(r"/part\d+of\d+$")


def taken(
    recipe: Recipe,
    standing: pl.DataFrame,
    rules: dict[str, list[Rule]],
    shards: list[Shard],
    known: Remembered | None = None,
) -> list[Taken]:
    """What every export takes, in the order of `recipe.exports.named()`: sft, preference, then the others by name."""
    found: dict[str, list[Taken]] = {}
    for name, asked in recipe.exports.named().items():
        module = exports.shape(name)
        if module.OF == "rows":
            found[name] = [_rows(recipe, name, standing, rules[name], shards, known)]
        elif name == "preference":
            found[name] = take_preference(recipe, standing, rules[name], shards)
        else:
            base = found.get(module.OF) if not own(asked) else None
            base = base or _base(recipe, name, standing, rules[name], shards, known)
            found[name] = [_view(base[0], name, exports.options(name, getattr(asked, "options", dict)()))]
    pairs = recipe.exports.preference
    if pairs and pairs.implicit:
        found["preference"] = [_whole(each) for each in found["preference"]]
    return [each for several in found.values() for each in several]


def _whole(base: Taken) -> Taken:
    """Pairs without a column `prompt`: it stands in both sides."""
    schema = preference.whole(base.schema.empty_table()).schema
    return replace(base, schema=schema, tables=lambda side: map(preference.whole, base.tables(side)))


def _base(  # noqa: PLR0917
    recipe: Recipe, name: str, standing: pl.DataFrame, rules: list[Rule], shards: list[Shard], known: Remembered | None
) -> list[Taken]:
    """What a view shows, chosen for it alone."""
    of, choices = exports.shape(name).OF, made_of(recipe, name)
    alone = recipe.model_copy(update={"exports": recipe.exports.model_copy(update={of: choices})})
    if of == "preference":
        return take_preference(alone, standing, rules, shards)
    return [_rows(alone, of, standing, rules, shards, known)]


def _rows(  # noqa: PLR0917
    recipe: Recipe, name: str, standing: pl.DataFrame, rules: list[Rule], shards: list[Shard], known: Remembered | None
) -> Taken:
    """Standing rows that a shape can take, that pass its rules, neither repeat nor begin another, and fit the budget."""
    module, asked = exports.shape(name), _asked(recipe, name)
    compared = ordered(recipe, standing, shards) if hasattr(module, "beside") else standing
    left = [left_out(pl.DataFrame(module.left_out(compared.to_arrow())))]
    open_, fell = judged(_without(standing, left), rules)
    left += [fell, *_by_texts(module, asked, _without(open_, [fell]), shards)]
    open_ = _without(open_, left)
    begin = pl.DataFrame(schema={"id": pl.String, "of": pl.String})
    if getattr(module, "EVERY_TURN", False):
        repeats = again(recipe, open_.filter(pl.col("group_size") > 1), shards, known)
        left.append(left_out(repeats.with_columns(reason=pl.format("too like {}", "twin"))))
        open_ = _without(open_, left)
        begin = pl.DataFrame(beginnings(lambda ids: texts(shards, _these(open_, ids), ["id", "messages"])))
    open_ = open_.join(begin, on="id", how="anti", maintain_order="left")
    if asked.select:
        reasons = pl.Series(choose(open_.to_arrow(), asked.select, recipe.seed).reasons)
        over = open_.select("id", reason=reasons).drop_nulls("reason")
        open_ = open_.join(over, on="id", how="anti", maintain_order="left")
        left.append(left_out(over))
    left.append(_begun(begin, open_))
    sides = cache(lambda: held_out(recipe, open_, shards))
    schema, tables = _tables(name, asked, compared, open_, shards)
    cuts = _cuts(asked, open_, shards)
    return Taken(name, open_["id"].to_list(), pl.concat(left), schema, lambda side: tables(sides()[side]), cuts)


def _asked(recipe: Recipe, name: str) -> Sft:
    """The choices of an export that is made of rows."""
    asked = recipe.exports.named()[name]
    assert isinstance(asked, Sft)
    return asked


def _tables(
    name: str, asked: Sft, standing: pl.DataFrame, open_: pl.DataFrame, shards: list[Shard]
) -> tuple[pa.Schema, Callable[[pl.DataFrame], Iterator[pa.Table]]]:
    """How the rows that are in leave: their schema, and their tables for those of one side."""
    module = exports.shape(name)
    how = exports.options(name, asked.options())
    optional = texts(shards, open_, ["id", "messages", *OPTIONAL])
    more: set[str] = set().union(*(module.more(thinking(rows, asked.reasoning)) for rows in optional))
    beside = open_
    if hasattr(module, "beside"):
        told = module.beside(standing.to_arrow())
        beside = open_.join(pl.DataFrame(told), on="id", how="left", maintain_order="left")

    def tables(held: pl.DataFrame) -> Iterator[pa.Table]:
        for at, rows in by_shard(shards, held, None):
            own = beside.filter(pl.col("shard") == at).to_arrow()  # a look-up in all rows, for each shard, would be quadratic
            yield thinking(_short(module.table(rows, own, more, **how), asked, shards[at]), asked.reasoning)

    none = parquet.read(shards[0].rows).slice(0, 0)
    return module.table(none, beside.clear().to_arrow(), more, **how).schema, tables


def _view(base: Taken, name: str, how: dict[str, Any]) -> Taken:
    """An export in another dress; what does not fit in it is left out, with all parts of its conversation."""
    module = exports.shape(name)
    pairs = module.OF == "preference"
    show = getattr(module, "view", None)
    unfit, keys = [pl.DataFrame(schema={"id": pl.String, "reason": pl.String})], []
    for table in (table for side in SIDES if hasattr(module, "unfit") for table in base.tables(side)):
        keys += [_PART.sub("", id) for id in table["id"].to_pylist()]
        unfit.append(pl.DataFrame(module.unfit(table)))
    reasons = {_PART.sub("", id): reason for id, reason in pl.concat(unfit).iter_rows()}
    fits = {row for key in keys if key not in reasons for row in _sides(key, pairs=pairs)}
    rows = fits if hasattr(module, "unfit") else set(base.ids)
    fell = {row: reason for key, reason in sorted(reasons.items()) for row in _sides(key, pairs=pairs) if row not in rows}
    named = pl.DataFrame({"id": list(fell), "reason": list(fell.values())}, schema={"id": pl.String, "reason": pl.String})

    def fit(side: str) -> Iterator[pa.Table]:
        for table in base.tables(side):
            kept = [_PART.sub("", id) not in reasons for id in table["id"].to_pylist()]
            yield table.filter(pa.array(kept, pa.bool_())) if reasons else table

    left = pl.concat([base.left, left_out(named)])
    compared = None if base.compared is None else _unfit(base.compared, reasons)
    if show is None:
        lines = partial(module.lines, **how)
        return Taken(name, sorted(rows), left, base.schema, fit, base.cuts, lines, compared)
    schema = show(base.schema.empty_table(), **how).schema

    def tables(side: str) -> Iterator[pa.Table]:
        return (show(table, **how) for table in fit(side))

    return Taken(name, sorted(rows), left, schema, tables, base.cuts, compared=compared)


def _unfit(compared: pl.DataFrame, reasons: dict[str, str]) -> pl.DataFrame:
    """Lines of pairs (COMPARED); those that do not fit have their reason."""
    told = pl.DataFrame({"id": list(reasons), "unfit": list(reasons.values())}, schema={"id": pl.String, "unfit": pl.String})
    lines = compared.join(told, on="id", how="left", maintain_order="left")
    return lines.with_columns(reason=pl.coalesce("reason", "unfit")).drop("unfit")


def _sides(key: str, *, pairs: bool) -> list[str]:
    """The rows behind an id: a pair has two."""
    return key.split("|") if pairs else [key]


def _by_texts(module: ModuleType, asked: Sft, open_: pl.DataFrame, shards: list[Shard]) -> Iterator[pl.DataFrame]:
    """Rows that their texts keep out of a shape, those that ask what another asks, and those too long for the recipe."""
    needs = getattr(module, "NEEDS", ["id", "messages"])
    keys = [pl.DataFrame(schema={"id": pl.String, "key": pl.String})]
    limit = asked.split or asked.truncate
    if not (hasattr(module, "unfit") or hasattr(module, "key") or (limit and limit.longer == "leave_out")):
        return
    for at, rows in by_shard(shards, open_, needs):
        if hasattr(module, "unfit"):
            yield left_out(pl.DataFrame(module.unfit(rows)))
        if hasattr(module, "key"):
            keys.append(pl.DataFrame({"id": pl.Series(rows["id"]), "key": pl.Series(module.key(rows))}))
        if limit and limit.longer == "leave_out":
            yield left_out(pl.DataFrame(long.unfit(rows, _turn_words(shards[at], rows["id"]), limit.words)))
    same = pl.concat(keys).join(open_.select("id", "has_answer"), on="id", how="left", maintain_order="left")
    same = same.sort("key", "has_answer", "id", descending=[False, True, False])
    same = same.with_columns(first=pl.col("id").first().over("key")).filter(pl.col("id") != pl.col("first"))
    yield left_out(same.select("id", reason=pl.lit("same prompt"), detail=pl.format("asks what {} asks", "first"), twin="first"))


def _short(made: pa.Table, asked: Sft, shard: Shard) -> pa.Table:
    """Conversations within the limit that the recipe sets, if it sets one."""
    if asked.split:
        return long.split(made, _turn_words(shard, made["id"]), asked.split.words)
    return long.truncate(made, _turn_words(shard, made["id"]), asked.truncate.words)[0] if asked.truncate else made


def _cuts(asked: Sft, open_: pl.DataFrame, shards: list[Shard]) -> pa.Table | None:
    """What `truncate` cut off (EDITS)."""
    if not asked.truncate:
        return None
    over = open_.filter(pl.col("words") > asked.truncate.words)
    found = [EDITS.empty_table()]
    for at, rows in by_shard(shards, over, ["id", "messages"]):
        sized = rows.append_column("words", pa.nulls(len(rows), pa.int64()))
        found.append(long.truncate(sized, _turn_words(shards[at], rows["id"]), asked.truncate.words)[1])
    return pa.concat_tables(found)


def _turn_words(shard: Shard, ids: pa.ChunkedArray) -> np.ndarray:
    """Words of every turn of these rows, in their order."""
    return parquet.take_ids(parquet.read(shard.turns, ["id", "words"]), ids.combine_chunks())["words"].to_numpy()


def _these(frame: pl.DataFrame, ids: list[str] | None) -> pl.DataFrame:
    """The rows of these ids; all where none are named."""
    named = pl.DataFrame({"id": ids or []}, schema={"id": pl.String})
    return frame if ids is None else frame.join(named, on="id", how="semi", maintain_order="left")


def _without(frame: pl.DataFrame, left: list[pl.DataFrame]) -> pl.DataFrame:
    return frame.join(pl.concat(left), on="id", how="anti", maintain_order="left")


def _begun(begin: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Beginnings of rows that leave; where the longer one did not fit the budget, neither does its beginning."""
    out = pl.col("of").is_in(kept["id"].implode())
    reason = pl.when(out).then(pl.format("beginning of {}", "of")).otherwise(pl.lit("budget"))
    detail = pl.when(out).then(None).otherwise(pl.format("beginning of {}, which did not fit", "of"))
    return left_out(begin.with_columns(reason=reason, detail=detail, twin=pl.col("of")))
