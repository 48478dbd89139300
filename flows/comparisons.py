"""From standing groups to pairs that leave: paired on small columns, judged by rules, and only then their texts opened.

Each step takes pairs down with a reason, and the next sees only those that still stand. A row leaves in as many pairs as
stand; a row in none has the reason of the pair of it that came furthest. Ties go their own way, through the same texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import polars as pl
import pyarrow as pa

from exports import doubt, joining, pairing, preference, ranking
from exports.contradictions import capped, settled
from flows import pair_texts
from flows.balancing import balanced
from flows.exporting import COMPARED, LEFT, Taken, held_out, judged, left_out
from flows.pair_texts import Texts
from flows.stages import Shard
from flows.suspecting import suspected
from schemas import parquet
from schemas.faults import DataFault
from schemas.recipe import Gap, Preference, Recipe
from sql.rules import Rule

_SCORES = pa.list_(pa.struct([pa.field("key", pa.string(), nullable=False), ("value", pa.float64())]))
_RATING = {"id": pl.String, "name": pl.String, "value": pl.Float64}


@dataclass
class Comparing:
    """The pairs that stand, and what befell the others, in the order of the steps."""

    pairs: pl.DataFrame
    fallen: list[pl.DataFrame] = field(default_factory=list)

    def fell(self, told: pl.DataFrame) -> None:
        """Take down the pairs of `told`: their id, the reason, and what else LEFT holds."""
        step = pl.lit(len(self.fallen), pl.Int32)
        sides = self.pairs.select("id", "chosen_id", "rejected_id")
        self.fallen.append(left_out(told).join(sides, on="id", maintain_order="left").with_columns(step=step))
        self.pairs = self.pairs.join(told, on="id", how="anti", maintain_order="left")


@dataclass(frozen=True)
class Leaving:
    """What leaves under a name: pairs, and the fields that their messages fill."""

    name: str
    pairs: pl.DataFrame
    more: set[str]


def take_preference(recipe: Recipe, standing: pl.DataFrame, rules: list[Rule], shards: list[Shard]) -> list[Taken]:
    """Pairs of every standing group as the recipe wants them, and its ties where it keeps them apart."""
    asked = recipe.exports.preference
    assert asked
    members, barred = _members(asked, standing)
    ratings = _ratings(members, shards)
    score = ranking.named(asked.score, ratings) if asked.score else None
    ranked = ranking.rated(ranking.ranked(members), ratings, score) if score else ranking.ranked(members)
    texts = Texts(standing, shards, asked.reasoning)
    join = _joined(ranked, asked, texts)
    found, others = pairing.pairs(join.members, asked.pairs, recipe.seed)
    voted = pl.coalesce(joining.agreement(found, join.votes), ranking.agreement(found, ratings, score))
    found = found.with_columns(doubt.flags(found, members, ratings), agreement=voted)
    pairs, ties = Comparing(found.filter(~pl.col("tie"))), Comparing(found.filter("tie"))
    doubted = [rule for rule in rules if "suspicion" in rule.columns]  # what they ask for takes the texts
    _by_columns(pairs, asked, [rule for rule in rules if rule not in doubted], standing)
    if asked.ties == "drop":
        ties.fell(ties.pairs.select("id", reason=pl.lit("tie")))
    more = _by_texts(ties, asked, texts) | _by_texts(pairs, asked, texts)
    if doubted:
        pairs.pairs = suspected(pairs.pairs, texts, recipe.seed)
        pairs.fell(judged(preference.beside(pairs.pairs, standing), doubted)[1])
    pairs.fell(settled(pairs.pairs, asked.contradictions))
    if asked.per_prompt:
        pairs.fell(capped(pairs.pairs, asked.per_prompt))
    balance = balanced(recipe, pairs.pairs, preference.beside(pairs.pairs, standing))
    pairs.pairs = balance.pairs
    pairs.fell(balance.fallen)
    merged, told = _merged(ranked, join, found, recipe)
    left = pl.concat([barred, left_out(others), merged, _rows(ties, pairs)])
    exported = {"preference": pairs.pairs} | ({"ties": ties.pairs} if asked.ties == "apart" else {})
    taken = [_taken(recipe, Leaving(name, each, more), texts) for name, each in exported.items()]
    compared = pl.concat([_compared(found, ties, pairs), told]).sort("id")
    apart = [replace(each, compared=compared.filter(pl.col("id").is_in(ties.pairs["id"].implode()))) for each in taken[1:]]
    stands = pl.when(pl.col("id").is_in(ties.pairs["id"].implode()))
    compared = compared.with_columns(reason=stands.then(pl.lit("tie")).otherwise("reason"))
    return [replace(taken[0], left=left, compared=compared, bias=balance.bias), *apart]


def ordered(recipe: Recipe, standing: pl.DataFrame, shards: list[Shard]) -> pl.DataFrame:
    """Standing rows as they came; where `exports.preference.score` makes another order of a group, with that as their rank."""
    asked = recipe.exports.preference
    if not asked or not asked.score:
        return standing
    members = standing.select("id", "group", "rank", "score", "label", "shard")
    ratings = _ratings(members, shards)
    score = ranking.named(asked.score, ratings)
    if not score:
        return standing
    made = ranking.rated(ranking.ranked(members), ratings, score)
    ours = pl.when(pl.col("by") == score.by)
    rank = ours.then(pl.col("order").rank("dense").over("group").cast(pl.Int32) - 1).otherwise("rank")
    told = made.select("id", rank=rank, score=ours.then(None).otherwise("score"))
    return standing.drop("rank", "score").join(told, on="id", how="left", maintain_order="left").select(standing.columns)


def _members(asked: Preference, standing: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows whose groups may be compared, and lines of LEFT for those of the groups that the recipe bars."""
    held = standing.select("id", "group", "rank", "score", "label", "source", "license", "flags", "shard")
    bad = pl.col("flags").list.contains("both_bad").any().over("group").fill_null(value=False)
    partly = (pl.col("rank").is_null().any() & pl.col("rank").is_not_null().any()).over("group")
    bars, parts = pl.lit(asked.both_bad == "drop"), pl.lit(asked.partly_ranked == "drop")
    reason = pl.when(bad & bars).then(pl.lit("both bad")).when(partly & parts).then(pl.lit("partly ranked"))
    told = held.with_columns(reason=reason)
    return told.filter(pl.col("reason").is_null()).drop("reason"), left_out(told.drop_nulls("reason").select("id", "reason"))


def _joined(ranked: pl.DataFrame, asked: Preference, texts: Texts) -> joining.Joined:
    """Records that compare the same answers, as one group; every member as it came where the recipe joins none."""
    if asked.join == "no":
        return joining.Joined(ranked, pl.DataFrame(schema=joining.MERGED), pl.DataFrame(schema=joining.VOTES))
    several = ranked.filter(pl.col("order").is_not_null()).filter(pl.len().over("group") > 1)
    return joining.joined(ranked, pair_texts.prints(several["id"], texts), asked.join)


def _merged(ranked: pl.DataFrame, join: joining.Joined, found: pl.DataFrame, recipe: Recipe) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines of LEFT for rows for which another row of the same answer stands, and of COMPARED for the votes that joined."""
    same = "the same answer as {}, to the same context: what was said of it counts there"
    merged = join.merged.filter(pl.col("id") != pl.col("twin"))
    rows = merged.select("id", "twin", reason=pl.lit("joined"), detail=pl.format(same, "twin"))
    assert recipe.exports.preference
    ours = ranked.join(join.merged, on="id", how="semi", maintain_order="left")
    own = pairing.pairs(ours, recipe.exports.preference.pairs, recipe.seed)[0].join(
        found, on="id", how="anti", maintain_order="left"
    )
    lines = own.join(joining.counted(own, join, found["id"]), on="id", how="left", maintain_order="left")
    lines = lines.with_columns(pl.lit(None).alias(name) for name in COMPARED if name not in lines.columns)
    return left_out(rows), lines.select(pl.col(name).cast(kind) for name, kind in COMPARED.items())


def _ratings(members: pl.DataFrame, shards: list[Shard]) -> pl.DataFrame:
    """One line for each rating of a row that has somebody to be compared with: (id, name, value)."""
    several = members.filter(pl.len().over("group") > 1)
    parts = [pl.DataFrame(schema=_RATING)]
    for (at,), own in several.partition_by("shard", as_dict=True).items():
        scores = parquet.take_ids(parquet.read(shards[at].rows, ["id", "scores"]), own["id"].to_arrow().cast(pa.string()))
        listed = scores.set_column(1, "scores", scores["scores"].cast(_SCORES))  # polars cannot take a map apart
        flat = pl.DataFrame(listed).explode("scores", empty_as_null=False, keep_nulls=False)
        fields = pl.col("scores").struct
        parts.append(flat.select("id", name=fields.field("key"), value=fields.field("value")).drop_nulls())
    return pl.concat(parts)


def _by_columns(pairs: Comparing, asked: Preference, rules: list[Rule], standing: pl.DataFrame) -> None:
    """The steps that need no text: gaps, the recipe's rules, refusals."""
    if asked.gap:
        pairs.fell(_gap(pairs.pairs, asked.gap))
    pairs.fell(judged(preference.beside(pairs.pairs, standing), rules)[1])
    if asked.refusals == "drop":
        refuses = standing.filter("refusal_last").select(chosen_id="id")
        declined = pairs.pairs.join(refuses, on="chosen_id", how="semi", maintain_order="left")
        pairs.fell(declined.select("id", reason=pl.lit("chosen refuses"), detail=pl.lit("the better answer opens by declining")))


def _gap(pairs: pl.DataFrame, gap: Gap) -> pl.DataFrame:
    """Pairs out of the gap; margins of several kinds cannot be held against one number."""
    kinds = dict(pairs.group_by("margin_by").len().sort("margin_by").iter_rows())
    if gap.by is None and len(kinds) > 1:
        told = ", ".join(f"{count:,} by {kind}" for kind, count in kinds.items())
        raise DataFault(
            f"exports.preference.gap: the margins of these pairs are of different kinds ({told}), which no one number bounds: "
            f"write `gap: {{min: ..., by: {max(kinds, key=lambda kind: (kinds[kind], kind))}}}`, or a rule that names margin_by"
        )
    pairs = pairs if gap.by is None else pairs.filter(pl.col("margin_by") == gap.by)
    margin = pl.col("score_margin")
    small = pl.lit(value=False) if gap.min is None else margin < gap.min
    large = pl.lit(value=False) if gap.max is None else margin > gap.max
    reason = pl.when(small).then(pl.lit("margin too small")).when(large).then(pl.lit("margin too large"))
    asked = " and ".join(
        f"{word} {bound:g}" for word, bound in (("at least", gap.min), ("at most", gap.max)) if bound is not None
    )
    detail = pl.format(f"score_margin {{}} (by {{}}), asked for is {asked}", margin.round(4), "margin_by")
    return pairs.select("id", reason=reason, detail=detail).drop_nulls("reason")


def _by_texts(pairs: Comparing, asked: Preference, texts: Texts) -> set[str]:
    """The steps that read texts; the pairs that stand get the prints of theirs. Which fields of messages some row fills."""
    read = pair_texts.read(pairs.pairs, texts, asked.at_most_similar)
    pairs.fell(read.fallen)
    pairs.pairs = pairs.pairs.join(read.prints, on="id", how="left", maintain_order="left")
    return read.more


def _rows(*steps: Comparing) -> pl.DataFrame:
    """Lines of LEFT for rows in pairs that fell: of each row's pairs the one that came furthest, the first by id."""
    fallen = pl.concat([told for each in steps for told in each.fallen])
    sides = pl.concat([fallen.with_columns(pair="id", id=pl.col(f"{side}_id")) for side in ("chosen", "rejected")])
    lines = sides.sort("id", "step", "pair", descending=[False, True, False]).with_columns(many=pl.len().over("id"))
    last = lines.unique("id", keep="first", maintain_order=True)
    said = pl.format("the last of its {} pairs, {}: {}", "many", "pair", pl.coalesce("detail", "reason"))
    return left_out(last.with_columns(detail=pl.when(pl.col("many") > 1).then(said).otherwise("detail")))


def _compared(found: pl.DataFrame, *steps: Comparing) -> pl.DataFrame:
    """A line of COMPARED for every pair that was found; one that still stands has no reason."""
    fallen = pl.concat([told.select(list(LEFT)) for each in steps for told in each.fallen])
    lines = found.join(fallen, on="id", how="left", maintain_order="left")
    return lines.select(pl.col(name).cast(kind) for name, kind in COMPARED.items())


def _taken(recipe: Recipe, export: Leaving, texts: Texts) -> Taken:
    """An export of pairs, and how to write it; it leaves nobody out of its own."""
    pairs, name = export.pairs, export.name
    some = [column for column in ("agreement", "suspicion", "weight") if column in pairs and pairs[column].count()]
    schema = preference.schema(export.more, some=some, ties=name == "ties")
    rows = pl.concat([pairs["chosen_id"], pairs["rejected_id"]]).unique().sort()

    chosen = texts.standing.filter(pl.col("id").is_in(pairs["chosen_id"].implode()))
    sides = cache(lambda: held_out(recipe, chosen, texts.shards))

    def tables(side: str) -> Iterator[pa.Table]:
        own = pairs.filter(pl.col("chosen_id").is_in(sides()[side]["id"].implode()))
        return pair_texts.tables(own, texts, schema, export.more)

    return Taken(name, rows.to_list(), left_out(pl.DataFrame(schema={"id": pl.String})), schema, tables)
