"""Who stands: first the rules of `keep`, then benchmark contamination, then each overlap rule as written.

Each step sees only the units still standing, so that junk never keeps a good row out. A verdict is a unit's; its rows share it.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import prefixes, standing, twins
from flows import contaminated, indexing
from flows.court import VERDICT, Court, preferred, ranked, sided, verdict
from flows.lists import BLOCKED
from flows.places import cores
from flows.published import Remembered
from flows.stages import Shard
from schemas.ledger import PAIRS, SUPERSEDED
from schemas.recipe import Beginnings, Benchmark, Cap, Chars, Near, Order, Recipe
from sql.judge import judge as by_rules
from sql.rules import Rule

_BOTH = "both have {} words in a row, sha256 {}"  # `marking` finds them in the text again; a release quotes no benchmark
_ANSWERS = pa.schema([("unit", pa.string()), ("id", pa.string())])


class Judgement(NamedTuple):
    """Verdicts on units that fell (VERDICT), verified pairs, SUPERSEDED rows, and verdicts that a keep mark passed over."""

    verdicts: pl.DataFrame
    pairs: pa.Table
    superseded: pl.DataFrame
    spared: pl.DataFrame


def judge(  # noqa: PLR0917
    recipe: Recipe,
    units: pl.DataFrame,
    keep: list[Rule],
    shards: list[Shard],
    answers: pl.DataFrame,
    known: Remembered | None = None,
) -> Judgement:
    """Who falls, of units that `Lists.marked` has marked; `answers` (unit, id): all rows of the groups among them."""
    court = Court(sided(units, known), [pl.DataFrame(schema=VERDICT)], known, [pl.DataFrame(schema=VERDICT)])
    court.judged(_by_rules(units, keep), "listed")
    for name, rule in recipe.overlap.items():
        if isinstance(rule, Benchmark):
            court.fell("overlap", name, _contaminated(court, rule, [shard.covered[name] for shard in shards]), "listed")
    pairs, gone = [PAIRS.empty_table()], [pl.DataFrame(SUPERSEDED.empty_table())]
    for name, rule in recipe.overlap.items():
        if isinstance(rule, Near):
            fallen, met = _near(court, rule, [shard.signed[name] for shard in shards], answers)
            pairs.append(met)
            gone.append(_superseded(court, fallen, rule.key))
            for reason, some in _reasons(court, name, fallen):
                court.fell("overlap", reason, some)
        elif isinstance(rule, Cap):
            court.fell("overlap", name, _capped(court, rule, [shard.signed[name] for shard in shards]))
        elif isinstance(rule, Beginnings):
            court.fell("overlap", name, _begun(court, [shard.signed[name] for shard in shards]))
    return Judgement(pl.concat(court.verdicts), pa.concat_tables(pairs), pl.concat(gone), pl.concat(court.spared))


def again(recipe: Recipe, groups: pl.DataFrame, shards: list[Shard], known: Remembered | None = None) -> pl.DataFrame:
    """Of standing groups those whose best answer alone is like that of a better one (id, twin, similarity, detail).

    `judge` compares groups by all their answers; who learns from the best alone would meet such a conversation twice.
    """
    court = Court(sided(groups, known), [pl.DataFrame(schema=VERDICT)])
    alone = pl.DataFrame(schema={"unit": pl.String, "id": pl.String})
    for title, rule in recipe.overlap.items():
        if isinstance(rule, Near) and len(groups) > 1:
            court.fell("export", title, _near(court, rule, [shard.signed[title] for shard in shards], alone)[0])
    return pl.concat(court.verdicts).select("id", "twin", "similarity", "detail").sort("id")


def _by_rules(units: pl.DataFrame, keep: list[Rule]) -> pl.DataFrame:
    """What fell to the block list, or to a rule; all rules that a blocked unit breaks are told as well."""
    judged = pl.DataFrame(by_rules(units.to_arrow(), keep))
    barred = pl.col("blocked")
    judged = judged.with_columns(
        reason=pl.when(barred).then(pl.lit(BLOCKED)).otherwise("reason"),
        detail=pl.when(barred).then("said").otherwise("detail"),
        broken=pl.when(barred).then(pl.concat_list(pl.lit([BLOCKED]), pl.col("broken").fill_null([]))).otherwise("broken"),
    )
    return verdict(judged.filter(pl.col("reason").is_not_null()).with_columns(stage=pl.lit("keep")))


def _contaminated(court: Court, rule: Benchmark, folders: list[Path]) -> pl.DataFrame:
    """Standing units of which a row gives a benchmark's item away; a verdict names one item, by words before characters."""
    hits = pl.concat([contaminated.hits(folder, rule) for folder in folders])
    order = ["how", "share", "side", "benchmark", "item"]
    best = hits.sort(["group", *order], descending=[False, True, True, True, False, False]).unique(
        "group", keep="first", maintain_order=True
    )
    units = court.standing().select("group", unit="id")
    found = units.join(best, on="group", how="inner", maintain_order="left")
    words = f"holds {{}}% of the words of the {{}} of item {{}} of {{}} (from {rule.coverage:.0%} on a row falls); {_BOTH}"
    near = f"{{}}% like the {{}} of item {{}} of {{}} by its characters (from {rule.similar} on a row falls); {_BOTH}"
    told = (_percent("share"), "side", "item", "benchmark", "span_words", "span_sha256")
    detail = pl.when(pl.col("how") == "words").then(pl.format(words, *told)).otherwise(pl.format(near, *told))
    return found.select(id="unit", twin=pl.format("{}#{}", "benchmark", "item"), similarity="share", detail=detail)


def _near(court: Court, rule: Near, signed: list[Path], answers: pl.DataFrame) -> tuple[pl.DataFrame, pa.Table]:
    """Who is like a better one that stands: units, and published rows where new ones win; and the pairs met."""
    setting = indexing.setting(rule)
    ids, families = ranked(court, preferred(court.standing(), rule.prefer), setting)
    if court.known:
        signed, answers = [*signed, court.known.signed(setting)], pl.concat([answers, court.known.answers(setting)])
    free = pc.is_in(ids, value_set=pa.array(court.units.filter("free")["id"], pa.string())).to_numpy()
    how: dict[str, Any] = {"families": families, "groups": answers.to_arrow().cast(_ANSWERS), "free": free, "threads": cores()}
    drops, met = twins.walk(signed, rule.key, rule.similarity, ids, **how)
    mine = pa.array(court.units["id"], pa.string())
    met = met.filter(pc.or_(pc.is_in(met["id"], value_set=mine), pc.is_in(met["other"], value_set=mine)))
    return pl.DataFrame(drops).with_columns(detail=_alike(court, rule)), met


def _alike(court: Court, rule: Near) -> pl.Expr:
    """Why a unit fell, in words."""
    best = f"; of such a pair the better by {', '.join(map(_order, rule.prefer))} stays" if rule.prefer else ""
    groups = "character groups" if isinstance(rule.shingle, Chars) else "word groups"
    few = f"; under {rule.short} words only where one has all the other's words" if rule.short else ""
    falls = f"from {rule.similarity:.0%} on a row falls{few}"
    stood = _out(court, "twin") if court.known and court.known.wins else pl.lit(value=False)
    who = pl.when(stood).then(pl.lit("one that was published")).otherwise(pl.lit("one that stands"))
    stays = pl.when(stood).then(pl.lit("; what was published stays")).otherwise(pl.lit(best))
    same = f"the {rule.key} shares {{}}% of its {groups} with {{}} ({falls}{{}})"
    copy = pl.format(f"the same {rule.key} as {{}}, but for case, punctuation and white space", who)
    return pl.when(pl.col("similarity") == 1).then(copy).otherwise(pl.format(same, _percent("similarity"), who, stays))


def _out(court: Court, column: str) -> pl.Expr:
    """Whether a name is a published row's, in this release or not."""
    if not court.known:
        return pl.lit(value=False)
    new = court.units.filter(pl.col("published").is_null())["id"]
    return ~pl.col(column).is_in(new.implode())


def _reasons(court: Court, title: str, fallen: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Units that fell: to a published row, by the name of the index's rule; to another, by the near-duplicate rule's."""
    mine = fallen.join(court.units.select("id"), on="id", how="semi", maintain_order="left")
    if not court.known:
        return [(title, mine)]
    published = _out(court, "twin") if court.known.wins else pl.lit(value=False)
    return [(court.known.title, mine.filter(published)), (title, mine.filter(~published))]


def _superseded(court: Court, fallen: pl.DataFrame, key: str) -> pl.DataFrame:
    """SUPERSEDED: published rows, of this run or not, whose place a new one takes."""
    own = court.units.select("id", "published")
    lost = fallen.filter(_out(court, "id"), ~_out(court, "twin")).join(own, on="id", how="left", maintain_order="left")
    name = pl.coalesce("published", "id").str.splitn(":", 2)
    told = lost.select(name.struct[1].alias("id"), name.struct[0].alias("release"), "twin", "similarity", key=pl.lit(key))
    return told.select(SUPERSEDED.names).sort("release", "id")


def _order(entry: Order) -> str:
    return entry if isinstance(entry, str) else "".join(f"{name} ({', '.join(values)})" for name, values in entry.items())


def _capped(court: Court, rule: Cap, signed: list[Path]) -> pl.DataFrame:
    """Units beyond the cap; published rows that win count."""
    setting = indexing.setting(rule)
    known = court.known if court.known and court.known.wins else None
    ids, families = ranked(court, preferred(court.standing(), rule.prefer), setting if known else None)
    files = [*signed, known.signed(setting)] if known else signed
    fallen = pl.DataFrame(standing.cap(files, ids, np.arange(len(ids)), rule.at_most, families=families))
    fallen = fallen.join(court.units.select("id"), on="id", how="semi", maintain_order="left")
    return fallen.with_columns(detail=pl.lit(f"{rule.at_most} preferred rows have the same {rule.key}, and no more may stay"))


def _begun(court: Court, signed: list[Path]) -> pl.DataFrame:
    """Lone rows that begin a longer conversation. A comparison stays: its other answers are nowhere else."""
    units = preferred(court.standing(), [])
    ids, families = ranked(court, units)
    alone = units.select((pl.col("group_size") == 1) & ~pl.col("free")).to_series().to_numpy()
    fallen = pl.DataFrame(prefixes.fall(signed, ids, families=families, alone=alone))
    words = "the {} turns of it are the first of the {} of a longer conversation that stands"
    return fallen.with_columns(similarity=pl.lit(1.0), detail=pl.format(words, "turns", "longer"))


def _percent(column: str) -> pl.Expr:
    return (pl.col(column) * 100).floor().cast(pl.Int64)
