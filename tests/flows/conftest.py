"""The parts of a run as plain functions, without Prefect: fast enough for properties."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docs.browser import NAMES, Page, browser, found
from flows.places import ROOT
from schemas import recipe as recipes


@pytest.fixture
def run(tmp_path: Path, curated: Callable[..., Path]) -> Callable[..., Path]:
    """run(recipe text, data folder, shard=bytes, home=name, charts=painted?) -> release folder."""

    def made(text: str, data: Path, shard: int = 16 << 20, home: str = "home", *, charts: bool = False) -> Path:
        file = tmp_path / "recipe.yaml"
        file.write_text(text, "utf-8")
        return curated(recipes.load(file), data, tmp_path / home, shard, charts=charts)

    return made


@pytest.fixture(scope="session")
def demo(curated: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(home, release): the bundled samples through the demo recipe."""
    home = tmp_path_factory.mktemp("demo")
    return home, curated(recipes.load(ROOT / "recipes" / "demo.yaml"), ROOT / "data" / "samples", home, charts=True)


@pytest.fixture(scope="module")
def own(demo: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(home, release) of a copy of the demo, for a module that makes more there and asks what is not made yet."""
    home = tmp_path_factory.mktemp("own") / "home"
    shutil.copytree(demo[0], home, symlinks=True)
    return home, home / demo[1].relative_to(demo[0])


@pytest.fixture(scope="module")
def opened() -> Iterator[Page]:
    """A browser; tests that need one skip where none is installed."""
    if found() is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    with browser() as page:
        yield page
