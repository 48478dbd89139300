"""A release as tables of one DuckDB file: its rows with signals and the places of their texts, clusters, pairs."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from exports.report import page
from flows import releases, reporting
from flows.browsing import grams
from flows.browsing.grams import Grams
from flows.browsing.texts import Texts
from flows.places import Places
from schemas.ledger import LEDGER
from schemas.rows import ROW_COLUMNS
from sql import duck

MEMORY, SECONDS = "1GB", 10  # what one question may take
MADE = ("line", "place_file", "place_row", "chosen_by")  # columns of `rows` that are ours; no filter names them
_MASKED = "Secrets and personal data are masked in what is shown; words are looked for in the texts as they are."
_GIVEN = [name for name in ROW_COLUMNS if name not in (*LEDGER.names, "group_size", "group_mean_score", "has_answer", "format")]
_EDITS = """
CREATE TEMP TABLE edited AS
SELECT id, string_agg(edit || ' ×' || count || ' in turn ' || turn, ', ' ORDER BY turn, edit) AS edits FROM edits GROUP BY id
"""
_ROWS = """
CREATE TABLE rows AS
WITH lines AS (SELECT row_number() OVER () - 1 AS line, * FROM ledger),
     groups AS (SELECT group_id, count(*)::INTEGER AS group_size FROM ledger WHERE fingerprint IS NOT NULL GROUP BY ALL)
SELECT lines.*, places.* EXCLUDE (id), edits, {signals}
  CASE WHEN fingerprint IS NOT NULL THEN CASE WHEN lines.group_id IS NULL THEN 1 ELSE group_size END END AS group_size,
  CASE WHEN fate = 'kept' THEN 'kept'
    ELSE stage || ': ' || regexp_replace(reason, '^(beginning of|too like) .*', '\\1 another row', 's') END AS chosen_by
FROM lines LEFT JOIN places USING (id) LEFT JOIN edited USING (id) LEFT JOIN signals USING (id)
LEFT JOIN groups ON groups.group_id = lines.group_id ORDER BY line
"""
_CLUSTERS = """
CREATE TABLE clusters AS
SELECT row_number() OVER (ORDER BY fell DESC, twin) - 1 AS line, twin, fell FROM (
  SELECT twin, count(*) AS fell FROM rows
  WHERE stage = 'overlap' AND unit IS NULL AND twin IN (SELECT id FROM rows) GROUP BY twin)
ORDER BY line
"""
_ALIKE = """
CREATE TABLE alike AS
SELECT row_number() OVER (ORDER BY similarity DESC, id, other, key) - 1 AS line, id AS one, other AS two, similarity, key
FROM pairs
ORDER BY line
"""
_PREFERENCE = """
CREATE TABLE preference_pairs AS
SELECT row_number() OVER (ORDER BY id) - 1 AS line, split_part(id, '|', 1) AS one, split_part(id, '|', 2) AS two,
  score_margin, margin_by, split FROM preference ORDER BY line
"""
_FACETS = "SELECT chosen_by, source, count(*) AS rows FROM rows GROUP BY ALL ORDER BY ALL"

Row = dict[str, Any]


class Opened(NamedTuple):
    """A release that is asked: read-only tables, where texts lie, and what a filter may name."""

    release: Path
    con: DuckDBPyConnection
    texts: Texts
    columns: dict[str, pa.DataType]
    facets: list[Row]  # chosen_by, source, rows
    manifest: Row
    head: str  # HTML: what the release is
    grams: Grams
    charts: Callable[[], dict[str, str]]  # the report's sections without texts, drawn when first asked for

    def ask(self, query: str, **params: Any) -> list[Row]:
        """Rows of one query of ours; each question has a cursor of its own, since they come from many threads."""
        return duck.query(self.con.cursor(), query, params).to_pylist()

    def lines(self, column: str, values: list[Any]) -> list[Row]:
        """Rows by their `line` or `id`, in order."""
        if not values:
            return []
        if column == "id":
            values = [line["line"] for line in self.ask("SELECT line FROM rows WHERE id IN (SELECT unnest($all))", all=values)]
        return self.ask("SELECT * FROM rows WHERE list_contains($all, line) ORDER BY line", all=values)


@contextmanager
def opened(places: Places, release: Path) -> Iterator[Opened]:
    """Make the tables in a temporary folder and hold them open. Raises MissingFault where it is no release."""
    texts = Texts.of(places, release)
    with tempfile.TemporaryDirectory(prefix="winnow-browse-") as folder:
        file = Path(folder) / "rows.duckdb"
        _make(release, texts, file)
        con = duck.connect(memory=MEMORY, seconds=SECONDS, file=file)
        try:
            held = con.sql("SELECT * FROM rows LIMIT 0").to_arrow_table().schema
            columns = {field.name: field.type for field in held if field.name not in MADE}
            manifest = releases.manifest(release)
            facets = duck.query(con, _FACETS).to_pylist()
            head = page.heading(release, manifest, _MASKED)
            with grams.made(places, texts) as found:
                yield Opened(
                    release, con, texts, columns, facets, manifest, head, found, cache(partial(reporting.charts, release))
                )
        finally:
            con.close()


def _make(release: Path, texts: Texts, file: Path) -> None:
    told = duck.release(release, file=file, write=True, memory=MEMORY)
    signals = pq.read_schema(release / "signals.parquet").names
    mine = [f'signals."{name}", ' for name in signals if name not in (*LEDGER.names, *_GIVEN, "group_size", *MADE, "edits")]
    found = pa.RecordBatchReader.from_batches(texts.schema(_GIVEN), texts.places(_GIVEN))
    told.register("places_read", found)
    told.execute("CREATE TEMP TABLE places AS SELECT * FROM places_read")
    told.execute(_EDITS)
    told.execute(_ROWS.format(signals="".join(mine)))
    for statement in (_CLUSTERS, _ALIKE, _PREFERENCE):
        told.execute(statement)
    told.close()
