"""What a recipe would decide under other choices, from what a run left in data/work: no text is edited, measured or signed again.

A run keeps every step by what went into it, so a threshold, a rule, a preference or a budget asks for nothing new: only the
judgement is made again, in memory. A choice that does ask for more (an edit, a signal that no rule named, another shingle)
names the step that is missing.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

import sql
from flows import leave, lists, plan, published, releases, stages, store, units
from flows.places import Places
from schemas.faults import MissingFault, UsageFault
from schemas.ledger import STAGES
from sql import duck

_MISSING = {
    "train": "a classifier is to be trained",
    "edit": "texts are to be edited",
    "measure": "texts are to be measured",
    "sign": "texts are to be signed",
    "turns": "turns are to be signed",
    "cover": "benchmarks are to be looked for",
}
_STAGES = ("in", *STAGES, "kept")
_FUNNEL = "SELECT stage, reason, sum(rows)::BIGINT AS rows, sum(words)::BIGINT AS words FROM funnel GROUP BY ALL"
_EXPORTS = """SELECT export, count(*) AS rows, sum(words)::BIGINT AS words
FROM ledger, unnest(exports) AS e (export) GROUP BY ALL ORDER BY export"""
_PAIRS = "SELECT key, count(*) AS pairs FROM pairs GROUP BY key ORDER BY key"


def decided(base: plan.Plan, asked: plan.Plan, places: Places, *, compute: bool = False) -> leave.Decided:
    """What `asked` decides of the rows that a run of `base` read. With `compute`, steps that are missing are made, and kept.

    Raises MissingFault where a step is missing, and UsageFault where `asked` has a source that `base` did not read.
    """
    known = base.recipe.sources
    for name, spec in asked.recipe.sources.items():
        if known.get(name) != spec:
            raise UsageFault(f"sources.{name} is not what was read: whatif can only leave a source out; else use `winnow run`")
    try:
        with nullcontext() if compute else store.as_it_is():
            job = _job(base, asked, places)
            shards = [stages.refine(job, *part) for part in _parts(base, places)]
    except store.NotDone as fault:
        raise MissingFault(
            f"{_MISSING[str(fault)]} for these choices: say --compute to do it now and keep it, or use `winnow run`"
        ) from None
    frame = units.rows((shard.rows, shard.signals) for shard in shards)
    left = pl.DataFrame(leave.refused(shards))
    frame, left = (table.filter(pl.col("source").is_in(list(asked.recipe.sources))) for table in (frame, left))
    beside = published.find(asked.recipe, asked.data, asked.extra, places.work)
    marks = lists.find(asked.recipe, asked.data)
    return leave.decided(asked.recipe, frame, shards, left.to_arrow(), beside, marks)


def compared(release: Path, then: leave.Decided) -> dict[str, list[dict[str, Any]]]:
    """A release against what was decided: `funnel` by stage and reason, `exports` by name, `pairs` by what they compare."""
    now, tables = duck.release(release), {"ledger": then.ledger, "pairs": then.pairs}
    new = duck.over(tables | {"funnel": duck.query(duck.over(tables), sql.question("funnel"))})
    return {
        "funnel": sorted(_beside(now, new, _FUNNEL, ["stage", "reason"]), key=_place),
        "exports": _beside(now, new, _EXPORTS, ["export"]),
        "pairs": _beside(now, new, _PAIRS, ["key"]),
    }


def _place(line: dict[str, Any]) -> tuple[int, int, str]:
    return _STAGES.index(line["stage"]), -line["rows_now"], line["reason"] or ""


def _parts(base: plan.Plan, places: Places) -> Iterator[tuple[store.Done, int]]:
    """The shards of rows that the run of `base` read, in its order."""
    read: dict[Path, store.Done | None] = {}
    for file in releases.shards(places, base.fingerprint):
        if file.parent not in read:
            read[file.parent] = store.load(file.parent)
        done = read[file.parent]
        if done is None:
            raise MissingFault(f"{file.parent} is gone or damaged: run the recipe once more")
        yield done, int(file.stem.rpartition("-")[2])


def _job(base: plan.Plan, asked: plan.Plan, places: Places) -> stages.Job:
    """The job of `asked`; it reads the signals of `base` where these hold all that it needs."""
    old, new = (stages.job(each, places.work, _trained(each, places)) for each in (base, asked))
    if set(new.wanted) <= set(old.wanted) and new.models.items() <= old.models.items():
        return replace(new, wanted=old.wanted, models=old.models)
    return new


def _trained(planned: plan.Plan, places: Places) -> dict[str, store.Done]:
    return {each.name: stages.train(places.work, each, planned.recipe) for each in plan.piles(planned)}


def _beside(now: Any, then: Any, query: str, by: list[str]) -> list[dict[str, Any]]:
    """The answers of both, one line a key; each number as now, then and difference."""
    was, will = ({tuple(row[name] for name in by): row for row in duck.query(con, query).to_pylist()} for con in (now, then))
    lines = []
    for key in dict.fromkeys([*was, *will]):
        line: dict[str, Any] = dict(zip(by, key, strict=True))
        for number in [name for name in was.get(key) or will[key] if name not in by]:
            one, other = (side[key][number] or 0 if key in side else 0 for side in (was, will))
            line |= {f"{number}_now": one, f"{number}_then": other, f"{number}_difference": other - one}
        lines.append(line)
    return lines
