"""What is looked at before a byte of a release leaves. Each gate says what it found, and where it is shut what would open it."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from exports import leaving, licences
from filters import pii
from filters.edits import redact
from flows import laws, manifest, releases
from schemas import parquet
from schemas import recipe as recipes
from schemas.faults import DataFault, MissingFault
from schemas.ledger import KEPT, TASK
from schemas.rows import Message

_FILES = "every file is what the manifest says"
_NAMES = ("schema", "conservation", "licence", "secrets", "personal data", "contamination", "expected counts", "minimum rows")


class Gate(NamedTuple):
    """One gate: open or not, and why. What it tells never holds a text of the release."""

    name: str
    open: bool
    told: str


class Found(NamedTuple):
    """What a scan of the exports' texts found, where the first of each lies (export, then id), and whose secrets there are."""

    secrets: int
    secret_at: str
    whose: str
    personal: int
    personal_at: str


def look(release: Path, *, public: bool, files: Gate | None = None) -> list[Gate]:
    """All gates of a release, in order; what may be private may not always be `public`. Raises DataFault, MissingFault.

    `files`: the first of them, where its hashes were looked at already.
    """
    files = files or _law("files", lambda: laws.hashes(release), _FILES)
    try:
        return [files, *_others(release, public=public)]
    except (OSError, ValueError, pl.exceptions.PolarsError) as fault:  # files that cannot even be read
        if files.open:
            raise
        return [files, *(Gate(name, False, f"cannot be looked at: {str(fault).splitlines()[0]}") for name in _NAMES)]


def _others(release: Path, *, public: bool) -> list[Gate]:
    facts = releases.manifest(release)
    asked = recipes.load(release / "recipe.yaml")
    found = scan(release)
    return [
        _law("schema", lambda: laws.schemas(release), "every table has its columns, every export its rows"),
        _law("conservation", lambda: laws.conserved(release), f"{facts['records']:,} records are all accounted for"),
        _licence(asked, public=public),
        _secrets(found),
        _personal(found, public=public),
        _contamination(release, asked),
        _law("expected counts", lambda: laws.expected(release), _expectation(asked)),
        _rows(release, asked),
    ]


def checked(release: Path) -> tuple[Gate, leaving.Leaves | None]:
    """The gate `files`, and what may leave where it is open: every file is read and hashed once."""
    try:
        return Gate("files", True, _FILES), leaving.verified(release)
    except (DataFault, MissingFault) as fault:
        return Gate("files", False, str(fault)), None


def refusal(gates: list[Gate]) -> str:
    """What every shut gate says."""
    shut = [gate for gate in gates if not gate.open]
    lines = "".join(f"\n{gate.name}: {gate.told}" for gate in shut)
    return f"nothing was sent: {len(shut)} of {len(gates)} gates are shut{lines}"


def scan(release: Path) -> Found:
    """Secrets anywhere in what the exports hold; and personal data where `redact` would replace it."""
    secrets, personal = _Sum(), _Sum()
    for export, batch in _batches(release):
        secrets.add(batch, export, manifest.secrets_in)
        personal.add(batch, export, _count_personal)
    return Found(secrets.count, secrets.first, _whose(release) if secrets.count else "", personal.count, personal.first)


def _whose(release: Path) -> str:
    """How many secrets there are of whom: `github 2, openai 1`."""
    found = Counter(
        span.whose
        for _, batch in _batches(release)
        for column in batch.columns
        for texts in manifest.texts(column)
        for text in texts.filter(pii.might(texts, ("secret",)).fill_null(False))
        for span in pii.find(text, ("secret",))
    )
    return ", ".join(f"{name} {number}" for name, number in sorted(found.items()))


def _batches(release: Path) -> Iterator[tuple[str, pa.RecordBatch]]:
    """What the exports hold, with a column `id`: of JSON lines the number of the line, the first is 1."""
    for file in sorted(release.glob("*/*.parquet")):
        for batch in parquet.opened(file).iter_batches(4096):
            yield file.parent.name, batch
    for file in sorted(release.glob("*/*.jsonl")):
        done = 1
        for lines in manifest.lines(file):
            names = pa.array([f"{file.name} line {at}" for at in range(done, done + len(lines))])
            yield file.parent.name, pa.RecordBatch.from_arrays([names, lines], names=["id", "line"])
            done += len(lines)


class _Sum:
    """A count, and where the first lies."""

    def __init__(self) -> None:
        self.count, self.first = 0, ""

    def add(self, batch: pa.RecordBatch, export: str, count: Callable[[pa.RecordBatch], int]) -> None:
        if found := count(batch):
            at = next(at for at in range(batch.num_rows) if count(batch.slice(at, 1))) if not self.first else 0
            self.first = self.first or f"{export}, {batch['id'][at].as_py()}"
            self.count += found


def _count_personal(batch: pa.RecordBatch) -> int:
    return sum(
        _replaced(text)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if name not in ("id", "source", "license")
        for texts in manifest.texts(column)
        for text in texts.filter(redact.might(texts).fill_null(False))
    )


def _replaced(text: str) -> int:
    """How much `redact` would replace of a text beside secrets: outside of code, and in the strings of JSON."""
    turn: list[Message] = [{"role": "user", "content": text}]  # type: ignore[typeddict-item]
    done = redact.calls(turn) if text.lstrip()[:1] in ("{", "[") else redact.repair(turn)
    return max(0, done[0][1] - len(pii.find(text, ("secret",))))


def _law(name: str, law: Callable[[], None], told: str) -> Gate:
    try:
        law()
    except DataFault as fault:
        return Gate(name, False, str(fault))
    return Gate(name, True, told)


def _licence(asked: recipes.Recipe, *, public: bool) -> Gate:
    given = {name: spec.license for name, spec in asked.sources.items()}
    if said := licences.objections(asked.license, given):
        return Gate(
            "licence",
            False,
            f"{asked.license} is not allowed: {'; '.join(said)}; write `license: {licences.roll_up(given).license}`",
        )
    said = licences.bars(given, edited=bool(asked.edits))
    if licences.normal(asked.license) == licences.UNKNOWN:
        said.append("no known licence for the release")
    if public and said:
        return Gate(
            "licence", False, f"{'; '.join(said)}: so it may not be public; write `license:` in the recipe, or push --private"
        )
    told = f"{asked.license}, which none of {len(given)} sources forbids"
    return Gate("licence", True, f"{told}; enough while it is private, in public it is shut: {'; '.join(said)}" if said else told)


def _secrets(found: Found) -> Gate:
    if found.secrets:
        told = f"{found.secrets:,} secrets (0 may leave), the first in {found.secret_at}; they are {found.whose}"
        return Gate("secrets", False, f"{told}: add `redact` to the recipe's `edits`")
    return Gate("secrets", True, "0 keys, tokens and passwords")


def _personal(found: Found, *, public: bool) -> Gate:
    kinds = ", ".join(kind for kind in pii.DEFAULT if kind != "secret")
    if not found.personal:
        return Gate("personal data", True, f"0 ({kinds}, outside of code; names and addresses are not looked for)")
    told = f"{found.personal:,} pieces ({kinds}), the first in {found.personal_at}"
    if public:
        return Gate("personal data", False, f"{told}; 0 may be public: add `redact` to the recipe's `edits`, or push --private")
    return Gate("personal data", True, f"{told}: they may not be public")


def _contamination(release: Path, asked: recipes.Recipe) -> Gate:
    rules = sorted(name for name, rule in asked.overlap.items() if isinstance(rule, recipes.Benchmark))
    if not rules:
        return Gate("contamination", True, "not looked for: no rule of the recipe's `overlap` says `against:`")
    hits = pl.read_parquet(release / "contamination.parquet", columns=["rule", "id", "benchmark"])
    ledger = pl.read_parquet(release / "ledger.parquet", columns=["id", "fate"])
    kept = hits.join(ledger.filter(pl.col("fate") == KEPT), on="id", how="semi")
    tasks = pl.read_parquet(release / "benchmarks.parquet", columns=["benchmark"])["benchmark"]
    named = tasks.str.replace(TASK, "$1").n_unique()
    told = (
        f"{hits['id'].n_unique():,} rows hold an item of {named:,} benchmarks ({', '.join(rules)}), and {kept['id'].n_unique():,}"
    )
    if len(kept):
        more = ", ".join(sorted(set(kept["benchmark"])))
        own = "take marks of your keep list back, " if asked.lists and asked.lists.keep else ""
        return Gate(
            "contamination", False, f"{told} of them were kept (0 may): {more}; {own}lower `coverage`, or run the recipe again"
        )
    return Gate("contamination", True, f"{told} of them were kept")


def _expectation(asked: recipes.Recipe) -> str:
    said = sorted(asked.expect)
    return f"{' and '.join(said)} as the recipe expects" if said else "the recipe expects none: `expect: {sft: {min: 1000}}`"


def _rows(release: Path, asked: recipes.Recipe) -> Gate:
    counts = {name: laws.counted(release, name) for name in asked.exports.named()}
    told = ", ".join(f"{name} {rows:,}" for name, rows in counts.items())
    if all(counts.values()):
        return Gate("minimum rows", True, told)
    return Gate(
        "minimum rows", False, f"{told}; each export needs at least 1: see `winnow sql funnel`, or leave it out of `exports`"
    )
