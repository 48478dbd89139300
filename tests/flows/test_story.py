"""What a run ends with on a terminal."""

import io
import re

import pyarrow as pa
from rich.console import Console

from flows import story
from flows.places import Places
from schemas import parquet
from schemas.ledger import FUNNEL, LEDGER


def test_the_funnel_fits_80_columns(tmp_path) -> None:
    lines = [("in", None, 1_234_567_890, 98_765_432_100), ("keep", "a_rule_of_a_long_name\n" * 9, 7, 70), ("kept", None, 9, 1)]
    rows = [dict(zip(FUNNEL.names, ("s", *line), strict=True)) for line in lines]
    parquet.write(pa.Table.from_pylist(rows, FUNNEL), tmp_path / "funnel.parquet", FUNNEL)
    parquet.write(LEDGER.empty_table(), tmp_path / "ledger.parquet", LEDGER)
    for width in (80, 200):
        to = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, legacy_windows=False)
        story.funnel(tmp_path, to)
        shown = to.file.getvalue().splitlines()
        assert len(shown) == 5
        assert max(map(len, shown)) <= 80
        assert "1,234,567,890" in shown[2]
        assert "98,765,432,100" in shown[2]
        assert shown[2].rstrip().endswith("█" * 10)


def test_paths_are_links_of_files_that_are_there(tmp_path) -> None:
    file = tmp_path / "a release" / "README.md"
    file.parent.mkdir()
    file.write_text("")
    shown = {}
    for terminal in (True, False):
        to = Console(file=io.StringIO(), width=20, force_terminal=terminal, color_system="truecolor" if terminal else None)
        story.paths(Places(tmp_path / "home"), file.parent, to)
        shown[terminal] = to.file.getvalue()
    assert shown[False] == f"  {file}\n"
    link = re.fullmatch(r"\x1b]8;id=\d+;(.*)\x1b\\(.*)\x1b]8;;\x1b\\\n", shown[True])
    assert link and link.groups() == (file.as_uri(), f"  {file}")
