"""Prefect's settings, in place before it is imported: home under ours, silent, no telemetry, a running server used."""

import os
from pathlib import Path
from typing import Any

from flows.places import Places

_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_CLI_PROMPT": "false",
}


def prepare(places: Places, *, quiet: bool = True) -> None:
    """Set what is not set yet; whoever sets PREFECT_API_URL or a log level keeps it."""
    os.environ.setdefault("PREFECT_HOME", str(places.home / "prefect"))
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)  # Prefect makes one level only, and then never starts
    for name, value in _QUIET.items() if quiet else ():
        os.environ.setdefault(name, value)


def runner(kind: str, workers: int) -> Any:
    """Prefect's task runner of this kind: threads and processes on one machine, dask on a cluster."""
    if kind == "threads":
        from prefect.task_runners import ThreadPoolTaskRunner

        return ThreadPoolTaskRunner(max_workers=workers)
    if kind == "processes":
        from prefect.task_runners import ProcessPoolTaskRunner

        return ProcessPoolTaskRunner(max_workers=workers)
    from prefect_dask import DaskTaskRunner

    return DaskTaskRunner(cluster_kwargs={"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None})
