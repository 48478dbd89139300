"""The parts of a run as plain functions, without Prefect: fast enough for properties."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docs.browser import NAMES, Page, browser, found
from flows.places import ROOT
from schemas import recipe as recipes


@pytest.fixture
def run(tmp_path: Path, curated: Callable[..., Path]) -> Callable[..., Path]:
    """run(recipe text, data folder, shard=bytes, home=name) -> release folder."""

    def made(text: str, data: Path, shard: int = 16 << 20, home: str = "home") -> Path:
        file = tmp_path / "recipe.yaml"
        file.write_text(text, "utf-8")
        return curated(recipes.load(file), data, tmp_path / home, shard)

    return made


@pytest.fixture(scope="session")
def demo(curated: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(home, release): the bundled samples through the demo recipe."""
    home = tmp_path_factory.mktemp("demo")
    return home, curated(recipes.load(ROOT / "recipes" / "demo.yaml"), ROOT / "data" / "samples", home)


@pytest.fixture(scope="module")
def opened() -> Iterator[Page]:
    """A browser; tests that need one skip where none is installed."""
    if found() is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    with browser() as page:
        yield page
