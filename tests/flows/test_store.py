"""A step is done once; a step that was damaged, or never finished, is done again."""

import ast
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows import code, store


def test_a_finished_step_is_not_done_again(tmp_path: Path) -> None:
    calls = []

    def make(folder: Path) -> dict[str, int]:
        calls.append(folder)
        (folder / "a.txt").write_text("text")
        return {"rows": 1}

    first = store.step(tmp_path, "read", "k" * 64, make)
    again = store.step(tmp_path, "read", "k" * 64, make)
    assert len(calls) == 1
    assert (first, first.facts, first.content) == (again, {"rows": 1}, again.content)


@pytest.mark.parametrize(
    "damage", [lambda path: path.write_text("texT"), lambda path: path.unlink(), lambda path: path.write_text("")]
)
def test_a_damaged_step_is_made_again(tmp_path: Path, damage) -> None:
    def make(folder: Path) -> dict[str, int]:
        (folder / "a.txt").write_text("text")
        return {}

    done = store.step(tmp_path, "read", "k" * 64, make)
    damage(done.folder / "a.txt")
    assert store.load(done.folder) is None
    store.step(tmp_path, "read", "k" * 64, make)
    assert (done.folder / "a.txt").read_text() == "text"


def test_a_step_that_failed_leaves_no_folder_under_its_name(tmp_path: Path) -> None:
    def make(folder: Path) -> dict[str, int]:
        (folder / "a.txt").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        store.step(tmp_path, "read", "k" * 64, make)
    assert [path.name for path in (tmp_path / "read").iterdir()] == ["k" * 32 + ".part"]


def test_two_that_come_to_one_step_at_once_take_turns(tmp_path: Path) -> None:
    calls = []

    def make(folder: Path) -> dict[str, int]:
        calls.append(folder)
        for name in ("a", "b", "c"):
            (folder / name).write_text(name)
            time.sleep(0.02)
        return {}

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: store.step(tmp_path, "read", "k" * 64, make), range(4)))
    assert len(calls) == 1
    assert all(each == done[0] and store.load(each.folder) == each for each in done)


def test_code_of_a_step_reaches_what_it_imports() -> None:
    seen = code.fingerprint("filters.edits")
    assert seen == code.fingerprint("filters.edits")
    assert seen != code.fingerprint("filters.signals")
    assert "schemas/rows.py" in {
        path.relative_to(code.ROOT).as_posix() for name in ("schemas.rows",) for path in code._files(name)
    }


def test_where_none_may_be_made_a_step_that_is_done_is_given_and_another_is_named(tmp_path: Path) -> None:
    def make(folder: Path) -> dict[str, int]:
        return {"rows": 1}

    done = store.step(tmp_path, "read", "k" * 64, make)
    with store.as_it_is():
        assert store.step(tmp_path, "read", "k" * 64, make) == done
        with pytest.raises(store.NotDone, match="edit"):
            store.step(tmp_path, "edit", "k" * 64, make)
    assert not (tmp_path / "edit").exists()
    assert store.step(tmp_path, "edit", "k" * 64, make).facts == {"rows": 1}


def test_imports_read_by_pattern_are_those_that_the_parser_finds() -> None:
    for folder in code.OURS:
        for file in (code.ROOT / folder).rglob("*.py"):
            nodes = list(ast.walk(ast.parse(file.read_bytes())))
            froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
            names = [f"{node.module}.{alias.name}" for node in froms for alias in node.names]
            names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
            assert {code._module(name) for name in names if name.split(".")[0] in code.OURS} <= set(code._imports(file)), file
