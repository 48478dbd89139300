"""What a run ends with on a terminal."""

import io

import pyarrow as pa
from rich.console import Console

from flows import story
from flows.places import Places
from schemas import parquet
from schemas.ledger import FUNNEL, LEDGER


def test_the_funnel_fits_80_columns_and_paths_are_links(tmp_path) -> None:
    lines = [("in", None, 1_234_567_890, 98_765_432_100), ("keep", "a_rule_of_a_long_name\n" * 9, 7, 70), ("kept", None, 9, 1)]
    rows = [dict(zip(FUNNEL.names, ("s", *line), strict=True)) for line in lines]
    parquet.write(pa.Table.from_pylist(rows, FUNNEL), tmp_path / "funnel.parquet", FUNNEL)
    parquet.write(LEDGER.empty_table(), tmp_path / "ledger.parquet", LEDGER)
    (tmp_path / "README.md").write_text("")
    for width in (80, 200):
        to = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, legacy_windows=False)
        story.funnel(tmp_path, to)
        shown = to.file.getvalue().splitlines()
        assert len(shown) == 5
        assert max(map(len, shown)) <= 80
        assert "1,234,567,890" in shown[2]
        assert "98,765,432,100" in shown[2]
        assert shown[2].rstrip().endswith("█" * 10)
    story.paths(Places(tmp_path / "home"), tmp_path, to)
    assert str(tmp_path / "README.md") in to.file.getvalue()
    assert "reports" not in to.file.getvalue()
