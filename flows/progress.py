"""A bar on a terminal for every stage of a run; elsewhere a plain line as each ends. Both go to standard error."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from prefect.futures import PrefectFuture, as_completed
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress:
    """Waits for futures and shows how many are done: as bars where they are to be `shown`, else in a line for each stage."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        columns = (TextColumn("{task.description:>20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=Console(stderr=True), disable=not shown)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()

    def each(self, what: str, futures: list[PrefectFuture[Any]]) -> list[Any]:
        """The results, in the order of the futures; the first failure is raised as it comes."""
        if not futures:
            return []
        started = time.monotonic()
        bar = self._bars.add_task(what, total=len(futures))
        for future in as_completed(futures):
            future.result()
            self._bars.advance(bar)
        if not self._shown:
            sys.stderr.write(f"{what}: {len(futures):,} done in {time.monotonic() - started:.1f} s\n")
        return [future.result() for future in futures]
