"""Recipe and files -> what there is to do, and the fingerprint of the release it would make."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

import exports
import sources
from exports import licences, preference
from exports.bias import NAMED
from filters import edits, signals
from filters.overlap import shipped
from filters.suspicion import SIGNALS
from flows import choices, code, lists, store
from schemas.faults import UsageFault
from schemas.recipe import Benchmark, Preference, Published, Recipe, Source, as_json, is_public, nearest
from schemas.rows import ROW, ROW_COLUMNS
from sources import notes
from sources.wanted import folder
from sql import rules

SHARD = 16 << 20  # bytes of input a shard
_AT_ONCE = 4  # files that are hashed at the same time


@dataclass(frozen=True)
class Plan:
    """Everything a run needs to know before it starts; `hashes` goes by the files' place in `files`."""

    recipe: Recipe
    data: Path  # where labels and benchmarks are taken from
    base: Path  # where the sources are taken from: `data`, or the folder above paths given by hand
    files: list[sources.File]
    hashes: list[str]
    extra: dict[str, str]  # labels, models, lists, benchmark files and the index, as the recipe names them: path -> sha256

    @cached_property
    def fingerprint(self) -> str:
        """What the release would be named: inputs, choices, code and libraries; nothing of the machine."""
        inputs = [[f"{file.source}/{file.name}", sha] for file, sha in zip(self.files, self.hashes, strict=True)]
        extra = [[Path(path).name, sha] for path, sha in self.extra.items()]
        made_by = code.fingerprint("flows.stages", "flows.leave", "flows.judge", "flows.units", "exports.report")
        return store.digest(inputs, extra, as_json(self.recipe), made_by)[:32]

    def shards(self, size: int) -> Iterator[tuple[list[sources.File], list[str]]]:
        """Neighbouring files packed up to `size` bytes; a larger one stands alone, or in pieces where it can be cut."""
        files: list[sources.File] = []
        hashes: list[str] = []
        weight = 0
        for whole, sha in zip(self.files, self.hashes, strict=True):
            for file in sources.pieces(whole, size):
                if files and weight + file.size > size:
                    yield files, hashes
                    files, hashes, weight = [], [], 0
                files.append(file)
                hashes.append(sha)
                weight += file.size
        if files:
            yield files, hashes


@dataclass(frozen=True)
class Piles:
    """Files of rows to be like, and to be unlike, with the sha256 of each in that order."""

    name: str
    good: list[Path]
    bad: list[Path]
    hashes: list[str]


def make(recipe: Recipe, data: Path, base: Path | None = None) -> Plan:
    """Check the recipe against what exists and find its files. Raises UsageFault or MissingFault; writes nothing."""
    check(recipe)
    base = base or data
    recipe = licensed(recipe, base)
    _allowed(recipe)
    extra = {str(path): store.sha256(path) for path in dict.fromkeys(_extra(recipe, data))}
    named = sorted(recipe.sources, key=lambda name: f"{name}/".encode())  # as ids sort
    files = [file for name in named for file in sources.files(name, recipe.sources[name], base)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # hashing leaves the interpreter alone
        hashes = list(pool.map(store.sha256, [file.path for file in files]))
    return Plan(recipe, data, base, files, hashes, extra)


def licensed(recipe: Recipe, base: Path) -> Recipe:
    """The recipe with the licence that was found when a source was brought, where the recipe names none and all files agree."""
    found = {}
    for name, spec in recipe.sources.items():
        brought = notes.read(folder(spec.path, base)).values() if spec.urls and spec.license == "unknown" else ()
        if len(licences := {note.license for note in brought}) == 1 and (known := licences.pop()):
            found[name] = spec.model_copy(update={"license": known})
    return recipe.model_copy(update={"sources": {**recipe.sources, **found}}) if found else recipe


def _allowed(recipe: Recipe) -> None:
    """Refuse expectations of what does not leave, and a licence of the release that a source's does not allow."""
    leaves = [*recipe.exports.named(), *(["ties"] if recipe.exports.preference else [])]
    for name in recipe.expect.keys() - set(leaves):
        raise UsageFault(f"expect: {name!r} does not leave; {nearest(name, leaves)}")
    given = {name: spec.license for name, spec in recipe.sources.items()}
    if said := licences.objections(recipe.license, given):
        whole = licences.roll_up(given)
        raise UsageFault(
            f"`license: {recipe.license}` is not allowed by {len(said)} of {len(given)} sources: {'; '.join(said)}. "
            f"Write `license: {whole.license}` ({whole.reason}), or leave them out"
        )


def columns(recipe: Recipe) -> dict[str, pa.DataType]:
    """Every column that a rule of this recipe may name, with its type."""
    return {**signals.types(), **ROW_COLUMNS, **dict.fromkeys(recipe.classifiers, pa.float64())}


def pair_columns(recipe: Recipe) -> dict[str, pa.DataType]:
    """What a rule over pairs may name: chosen.*, rejected.*, and the columns of the pair itself."""
    side = pa.struct(list(columns(recipe).items()))
    return {"chosen": side, "rejected": side, **preference.COLUMNS}


def wanted(recipe: Recipe) -> set[str]:
    """The signal columns that the recipe names; only these are computed."""
    texts = [rule.sql for rule in recipe.keep.values()]
    prefer = [entry for overlap in recipe.overlap.values() for entry in getattr(overlap, "prefer", [])]
    for name, asked in recipe.exports.named().items():
        texts += [rule.sql for rule in asked.keep.values()]
        select = getattr(asked, "select", None)
        prefer += [name for name in (select and select.by, select and select.mix and select.mix.by) if name]
        pairs = choices.made_of(recipe, name)
        if isinstance(pairs, Preference):
            prefer += [NAMED.get(by, by) for by in ("length", *([pairs.balance.by] if pairs.balance else []))]
            prefer += SIGNALS if any("suspicion" in rules.columns_used(rule.sql) for rule in pairs.keep.values()) else []
            texts += ["refusal_last"] if pairs.refusals == "drop" else []
    named = {name.removeprefix("chosen.").removeprefix("rejected.") for text in texts for name in rules.columns_used(text)}
    named |= {(entry if isinstance(entry, str) else next(iter(entry))).split()[0].lower() for entry in prefer}
    return (named & signals.types().keys()) | {"words"}


def check(recipe: Recipe) -> None:
    """Refuse unknown edits and options, columns, and rules that are not one boolean expression, before anything is written."""
    edits.apply(ROW.empty_table(), recipe.edits)
    known = columns(recipe)
    compiled(recipe, known)
    for overlap in recipe.overlap.values():
        for entry in getattr(overlap, "prefer", []):
            named, way = rules.prefer(entry, known)
            if isinstance(way, list) and not pa.types.is_string(known[named]):
                raise UsageFault(f"prefer: {named} is not text: write {named} with ASC or DESC, and no values")
    for name, asked in recipe.exports.named().items():
        choices.check(name, asked, known)
    _balanced(recipe, known)


def _balanced(recipe: Recipe, known: dict[str, pa.DataType]) -> None:
    """Refuse to balance by what is no column, or has no more and less."""
    balance = recipe.exports.preference.balance if recipe.exports.preference else None
    if balance:
        kind = known.get(NAMED.get(balance.by, balance.by))
        if kind is None:
            hint = nearest(balance.by, [*NAMED, *known])
            raise UsageFault(f"exports.preference.balance: unknown column {balance.by!r}; {hint}")
        if pa.types.is_nested(kind) or balance.by in ("source", "license", "language_declared", "rank", "label", "group_size"):
            raise UsageFault(
                f"exports.preference.balance: by {balance.by}: neither side of a pair has more of it; write length or model"
            )


def compiled(recipe: Recipe, known: dict[str, pa.DataType]) -> tuple[list[rules.Rule], dict[str, list[rules.Rule]]]:
    """The checked rules of `keep`, and of every export, those of what it is made of first."""
    checked = [rules.check(name, rule.sql, known, rule.why) for name, rule in recipe.keep.items()]
    found = {}
    for name in recipe.exports.named():
        scope = pair_columns(recipe) if "preference" in (name, exports.shape(name).OF) else known
        asked = choices.made_of(recipe, name)
        found[name] = [rules.check(rule, each.sql, scope, each.why) for rule, each in asked.keep.items()]
    return checked, found


def given(recipe: Recipe, paths: list[Path]) -> tuple[Recipe, Path]:
    """The recipe over paths given by hand, each a source named after its file or folder, and the folder above them all."""
    found: dict[str, Source] = {}
    whole = [path.resolve() for path in paths]
    base = Path(os.path.commonpath([path.parent for path in whole]))
    for path in whole:
        stem = (
            "".join(c if (c.isalnum() and c.isascii()) or c in "-_" else "-" for c in path.name.split(".")[0]).strip("-_")
            or "dump"
        )
        name = stem if stem not in found else f"{stem}-{len(found)}"
        found[name] = Source(path=path.relative_to(base).as_posix(), license="unknown")
    return recipe.model_copy(update={"sources": dict(sorted(found.items()))}), base


def piles(planned: Plan) -> list[Piles]:
    """What each classifier of the recipe is to be trained on, where it is trained."""
    found = []
    for name, given in planned.recipe.classifiers.items():
        if given.good and given.bad:
            good, bad = ([file for path in paths for file in located(path, planned.data)] for paths in (given.good, given.bad))
            found.append(Piles(name, good, bad, [planned.extra[str(path)] for path in good + bad]))
    return found


def located(pattern: str, data: Path) -> list[Path]:
    """The files of a path or glob, taken from `data`. Raises MissingFault when there is none."""
    return [file.path for file in sources.files(pattern, Source(path=pattern), data)]


def benchmark_files(rule: Benchmark, data: Path) -> list[Path]:
    """The files of `against`: those that ship, and those below `data`. Raises UsageFault or MissingFault."""
    each = (shipped.public(name) if is_public(name) else located(name, data) for name in rule.against)
    return list(dict.fromkeys(path for paths in each for path in paths))


def _extra(recipe: Recipe, data: Path) -> Iterator[Path]:
    for classifier in recipe.classifiers.values():
        for pattern in (classifier.good or []) + (classifier.bad or []) + ([classifier.model] if classifier.model else []):
            yield from located(pattern, data)
    yield from lists.located(recipe, data)
    for overlap in recipe.overlap.values():
        if isinstance(overlap, Benchmark):
            yield from benchmark_files(overlap, data)
            yield from [shipped.COMMON] if overlap.similar != "off" else []
        if isinstance(overlap, Published):
            from flows import published  # numba behind it is heavy, and few recipes have an index

            yield published.located(overlap, recipe, data)
