"""What `winnow index` does: the kept rows of releases, signed from their exports, into one file.

A release is all it needs, so that one pulled from elsewhere can be indexed too: the texts of kept rows stand in its exports as
they were compared, and its ledger says which row each is.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.progress import track

from filters.overlap import index, signatures
from filters.overlap.index import INDEX, About, Section, Setting
from filters.overlap.tokens import normalise
from flows import keys, releases, screen
from schemas import parquet
from schemas import recipe as recipes
from schemas.faults import DataFault, UsageFault
from schemas.recipe import Cap, Chars, Near, Recipe

PAIRED = {"preference": ("chosen", "rejected"), "ties": ("first", "second")}  # exports of two answers to one prompt
BATCH = 8192  # rows whose texts are in memory at a time


@dataclass(frozen=True)
class Told:
    """What became of an index: its releases and settings, and how many lines; `new` is false where it held all that already."""

    releases: list[str]
    settings: list[Setting]
    lines: int
    new: bool


@dataclass(frozen=True)
class _Signed:
    """One release's kept rows, and their signatures: per setting some files."""

    rows: pl.DataFrame
    files: dict[Setting, list[Path]]

    def lines(self, section: Section) -> Iterator[pa.Table]:
        """INDEX, in the order of the exports."""
        known = self.rows.select("id", "fingerprint", "unit", "family").to_arrow()
        for path in self.files[section.setting]:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            at = pc.index_in(table["id"], value_set=known["id"].combine_chunks().cast(pa.string()))
            said = {name: pa.repeat(value, len(table)) for name, value in section.setting._asdict().items()}
            said |= {"release": pa.repeat(section.release, len(table))}
            said |= {name: known[name].take(at) for name in ("fingerprint", "unit", "family")}
            both = said | {name: table[name] for name in table.column_names}
            yield pa.table([pc.cast(both[field.name], field.type) for field in INDEX], schema=INDEX)


def make(folders: list[Path], out: Path, asked: Setting | None, threads: int) -> Told:
    """Add releases to the index at `out`, or begin one: by the settings it has, else by those of the releases' own rules.

    `asked`: one setting more, or instead. Raises UsageFault or DataFault; then the index stays as it was.
    """
    known = index.about(out, normal()) if out.exists() else About([])
    named = {label(folder): folder for folder in folders}
    wanted = [asked] if asked else known.settings or sorted({each for folder in folders for each in _own(folder)})
    have = {(section.setting, section.release) for section in known.sections}
    todo = {(setting, release) for setting in wanted for release in named} - have
    _whole(out, have | todo)
    if not todo:
        return Told(known.releases, known.settings, sum(section.rows for section in known.sections), new=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as draft:
        shown = track(sorted(named), "signing", console=screen.errors(), disable=not sys.stderr.isatty(), transient=True)
        signed = {
            name: _sign(named[name], Path(draft) / name, sorted({each for each, release in todo if release == name}), threads)
            for name in shown
        }
        made = _joined(out, known, signed, sorted(have | todo))
    return Told(made.releases, made.settings, sum(section.rows for section in made.sections), new=True)


def label(folder: Path) -> str:
    """How an index names a release: NAME@FINGERPRINT, twelve digits of it."""
    facts = releases.manifest(folder)
    return f"{facts['name']}@{facts['fingerprint'][:12]}"


def settings(recipe: Recipe) -> dict[str, Setting]:
    """What the rules of a recipe compare that an index has a part in: near-duplicates and caps."""
    return {title: setting(rule) for title, rule in recipe.overlap.items() if isinstance(rule, Near | Cap)}


def setting(rule: Near | Cap) -> Setting:
    """What one rule compares; a cap asks for equal texts only."""
    near = rule if isinstance(rule, Near) else Near(key=rule.key, similarity=1.0)
    chars = isinstance(near.shingle, Chars)
    return Setting(near.key, near.shingle.chars if isinstance(near.shingle, Chars) else near.shingle, chars, near.short)


@cache
def normal() -> str:
    """How texts are normalised here: 16 hex digits over what becomes of every character and of the symbols that are words.

    Told by what it does, so that a new version that normalises alike reads old indexes, and one that does not refuses them.
    """
    points = [*range(0x1, 0xD800), *range(0xE000, 0x32400), *range(0xE0000, 0xE0200)]
    every = " ".join(f"a{chr(point)}b" for point in points)
    asked = "C++ or C#? 5 + 3 - 2 * 4 / 2 ^ 2 < 9 > 8 \u2212 1 \u00d7 2 \u00b7 3 \u00f7 4"
    said = [("system", "s"), ("user", asked), ("assistant", "one"), ("user", every), ("assistant", "two")]
    messages = [[{"role": role, "content": text} for role, text in said]]
    digest = hashlib.sha256()
    for key in ("conversation", "prompt", "context", "response", "exchange"):
        found = normalise(keys.compared(pa.table({"messages": messages}), key))
        digest.update(found.data[found.bounds[0] : found.bounds[-1]].tobytes())
    return digest.hexdigest()[:16]


def _own(folder: Path) -> set[Setting]:
    found = set(settings(recipes.load(folder / "recipe.yaml")).values())
    if not found:
        raise UsageFault(
            f"{folder}: its recipe has no near-duplicate rule and no cap: say what to compare, such as --key conversation"
        )
    return found


def _whole(out: Path, sections: set[tuple[Setting, str]]) -> None:
    """Every release by every setting, else a comparison would pass some by."""
    every = {(one, release) for one, _ in sections for _, release in sections}
    if missing := sorted(every - sections):
        found, release = missing[0]
        chars = " --chars" if found.chars else ""
        how = f"--key {found.key} --shingle {found.shingle}{chars} --short {found.short}"
        raise UsageFault(
            f"{out}: {release} would lack {found}, which others in it have: name all its releases at once, or begin with "
            f"`winnow index {release} --out {out} {how}` in another file"
        )


def _kept(folder: Path) -> pl.DataFrame:
    """The kept rows of a release, of groups kept in part only the best: id, fingerprint, exports, unit, family."""
    if "fingerprint" not in pq.read_schema(folder / "ledger.parquet").names:
        raise DataFault(f"{folder}: made by an older winnow, and tells no fingerprints: run its recipe again")
    columns = ["id", "group_id", "unit", "tree_id", "fingerprint", "exports", "fate"]
    ledger = pl.DataFrame(pq.read_table(folder / "ledger.parquet", columns=columns))
    ledger = ledger.with_columns(answers=pl.col("fingerprint").count().over("group_id"))
    if not (ledger["fate"] == "kept").any():
        raise DataFault(f"{folder}: it kept no row, so there is nothing to index")
    best = pl.col("id").sort_by(pl.col("unit").is_not_null(), "id").first().over("group")
    kept = ledger.filter(fate="kept").with_columns(group=pl.coalesce("group_id", "id"))
    kept = kept.with_columns(best=best, size=pl.len().over("group"))
    whole = pl.col("group_id").is_null() | (pl.col("size") == pl.col("answers"))
    chosen = kept.filter(whole | (pl.col("id") == pl.col("best"))).sort("id")
    unit = pl.when(pl.col("id") != pl.col("best")).then("best")
    return chosen.select("id", "fingerprint", "exports", unit=unit, family=pl.coalesce("tree_id", "group_id"))


def _sign(folder: Path, draft: Path, wanted: list[Setting], threads: int) -> _Signed:
    kept = _kept(folder)
    files: dict[Setting, list[Path]] = {each: [] for each in wanted}
    done = 0
    for number, rows in enumerate(_texts(folder, kept) if wanted else ()):
        done += len(rows)
        for at, each in enumerate(wanted):
            path = draft / f"{at}-{number:05}.arrow"
            texts = keys.compared(rows, each.key)
            signatures.sign(rows["id"], texts, each.shingle, path, chars=each.chars, short=each.short, threads=threads)
            files[each].append(path)
    if wanted and done != len(kept):
        raise DataFault(f"{folder}: {len(kept) - done:,} of {len(kept):,} kept rows are not in its exports: `winnow verify` it")
    return _Signed(kept, files)


def _texts(folder: Path, kept: pl.DataFrame) -> Iterator[pa.Table]:
    """id and messages of each row, some at a time: whole in `sft`, in halves where two answers stand side by side."""
    alone = kept.filter(pl.col("exports").list.contains("sft"))["id"].to_arrow().cast(pa.string())
    paired = kept.filter(~pl.col("exports").list.contains("sft")).select("id")
    for path in sorted(folder.glob("sft/*.parquet")):
        for batch in parquet.opened(path).iter_batches(BATCH, columns=["id", "messages"]):
            yield pa.Table.from_batches([batch.filter(pc.is_in(batch["id"], value_set=alone))])
    sources = "|".join(sorted(releases.manifest(folder)["sources"]))
    halves = [(path, sides) for name, sides in PAIRED.items() for path in sorted(folder.glob(f"{name}/*.parquet"))]
    for path, sides in halves if len(paired) else ():
        for batch in parquet.opened(path).iter_batches(BATCH, columns=["id", "prompt", *sides]):
            whole = _halves(pl.DataFrame(batch), sides, paired, sources)
            paired = paired.join(whole.select("id"), on="id", how="anti")  # one answer may stand in several pairs
            yield whole.to_arrow()


def _halves(pairs: pl.DataFrame, sides: tuple[str, str], wanted: pl.DataFrame, sources: str) -> pl.DataFrame:
    """Both sides of each pair as whole conversations, those that are wanted."""
    names = pairs["id"].str.extract_groups(rf"^(.*)\|((?:{sources})/.*)$").struct.unnest()
    turns = [_plain(side) for side in ("prompt", *sides)]
    whole = [
        pairs.select(id=names[name], messages=pl.concat_list(turns[0], answer)).join(wanted, on="id", how="semi")
        for name, answer in zip(names.columns, turns[1:], strict=True)
    ]
    return pl.concat(whole).unique("id").sort("id")


def _plain(column: str) -> pl.Expr:
    """Messages with role and content alone: nothing else is compared."""
    turn = pl.element().struct
    return pl.col(column).list.eval(pl.struct(turn.field("role"), turn.field("content")))


def _joined(out: Path, known: About, signed: dict[str, _Signed], every: list[tuple[Setting, str]]) -> About:
    """Old and new sections in order, written; a row that several releases kept lies there once, under the first."""
    old = {(section.setting, section.release): section for section in known.sections}

    def lines(each: Setting, release: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
        if (section := old.get((each, release))) is not None:
            yield from index.lines(out, known, section, columns)
        else:
            yield from signed[release].lines(Section(each, release, 0))

    masks: dict[tuple[Setting, str], pa.Array] = {}
    seen = {each: pl.DataFrame(schema={"id": pl.String, "fingerprint": pl.String}) for each, _ in every}
    for each, release in every:
        columns = ["id", "fingerprint", "unit"]
        found = [pl.DataFrame(table.select(columns)) for table in lines(each, release, columns)]
        rows = pl.concat([pl.DataFrame(schema=dict.fromkeys(columns, pl.String)), *found])
        units = rows.filter(pl.col("unit").is_null()).select("id", "fingerprint")
        fresh = units.join(seen[each], on=["id", "fingerprint"], how="anti")
        masks[each, release] = rows.select(pl.coalesce("unit", "id").is_in(fresh["id"].implode())).to_series().to_arrow()
        seen[each] = pl.concat([seen[each], fresh])

    def tables() -> Iterator[pa.Table]:
        for each, release in every:
            done = 0
            for table in lines(each, release):
                yield table.filter(masks[each, release].slice(done, len(table)))
                done += len(table)

    sections = [Section(*each, int(pc.sum(masks[each]).as_py() or 0)) for each in every]
    index.write(out, sections, tables(), normal())
    return About(sections)
