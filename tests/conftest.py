"""Fixtures that many tests share: the folder of real dumps, where there is one, and compiled kernels."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import kernels

kernels.prepare()

ROOT = Path(__file__).resolve().parent.parent
DUMPS = Path(os.environ.get("WINNOW_DUMPS", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def dumps() -> Path:
    """The real dumps; tests that need them skip where the folder is absent."""
    if not DUMPS.is_dir():
        pytest.skip(f"no real dumps at {DUMPS}: set WINNOW_DUMPS to their folder")
    return DUMPS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where the real dumps are, a test that needs them may not skip."""
    report = yield
    if report.skipped and "dumps" in getattr(item, "fixturenames", ()) and DUMPS.is_dir():
        report.outcome = "failed"
        report.longrepr = f"skipped although the real dumps are at {DUMPS}: {report.longrepr}"
    return report
