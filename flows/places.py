"""Where things land: everything winnow writes lies under one folder, `data/` of the project or `$WINNOW_HOME`."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Places:
    """The folders under one home."""

    home: Path

    @property
    def raw(self) -> Path:
        """Dumps, as they were brought."""
        return self.home / "raw"

    @property
    def work(self) -> Path:
        """Finished steps; may be deleted at any time, and costs a rebuild."""
        return self.home / "work"

    @property
    def quarantine(self) -> Path:
        """Raw bytes of records that could not be read; never in a release."""
        return self.home / "quarantine"

    @property
    def reports(self) -> Path:
        """NAME.html: the report with the texts of rows that fell; never in a release."""
        return self.home / "reports"

    @property
    def releases(self) -> Path:
        """DIR/<name>/<fingerprint>, with DIR/<name>/current."""
        return self.home / "releases"

    @property
    def runs(self) -> Path:
        """One line a run: when, how long, how it ended."""
        return self.home / "runs.parquet"


def places() -> Places:
    """The home of this machine."""
    return Places(Path(os.environ.get("WINNOW_HOME", ROOT / "data")).resolve())


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
