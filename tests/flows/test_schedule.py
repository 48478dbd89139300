"""A scheduled run, from `winnow serve` to COMPLETED, on a real Prefect server of its own."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.places import ROOT

pytestmark = pytest.mark.long
PREFECT = [sys.executable, "-m", "prefect"]
WINNOW = [sys.executable, "-c", "from flows.commands import main; main()"]


def until(said: str, check, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < ends, f"{said} did not happen within {seconds:.0f} s"
        time.sleep(1)


def healthy(address: str) -> bool:
    try:
        return urllib.request.urlopen(f"{address}/health", timeout=2).status == 200
    except OSError:
        return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a running server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "prefect").mkdir()
    address = f"http://127.0.0.1:{port}/api"
    ours = {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": address,
        "WINNOW_HOME": str(tmp_path / "home"),
        "DO_NOT_TRACK": "1",
    }
    environment = os.environ | ours | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    with open(tmp_path / "server.log", "w") as log:
        started = subprocess.Popen([*PREFECT, "server", "start", "--port", str(port)], env=environment, stdout=log, stderr=log)
    try:
        until("the server", lambda: healthy(address), 120)
        yield environment
    finally:
        started.terminate()
        started.wait(30)


def test_a_served_recipe_runs_when_its_time_comes(server, tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    words = ["serve", "demo", "--cron", "* * * * *", "--data", str(ROOT / "data" / "samples")]
    with open(log, "w") as out:
        serving = subprocess.Popen([*WINNOW, *words], env=server, stdout=out, stderr=out, cwd=ROOT)
    try:
        done = re.compile(r"Flow run 'nightly[^']*' - Finished in state (\w+)")
        until("a scheduled run", lambda: done.search(log.read_text("utf-8", "replace")), 300)
        assert done.search(log.read_text("utf-8", "replace"))[1] == "Completed"
    finally:
        serving.terminate()
        serving.wait(60)
    assert (tmp_path / "home" / "releases" / "demo" / "current" / "manifest.json").is_file()
