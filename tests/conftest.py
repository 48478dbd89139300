"""Fixtures that many tests share: the folder of real dumps, where there is one."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DUMPS = Path(os.environ.get("WINNOW_DUMPS", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def dumps() -> Path:
    """The real dumps; tests that need them skip where the folder is absent."""
    if not DUMPS.is_dir():
        pytest.skip(f"no real dumps at {DUMPS}: set WINNOW_DUMPS to their folder")
    return DUMPS
