"""The command line under clumsy hands: one clear message, the right exit code, nothing on stdout, nothing written."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple

import pytest

from flows import commands
from flows.code import libraries
from flows.places import ROOT

COMMANDS = sorted(module.name.replace("_", "-") for module in iter_modules(commands.__path__))
CHAT = {"messages": [{"role": "user", "content": "Is this a test?"}, {"role": "assistant", "content": "It is, and a short one."}]}
RECIPE = """\
name: tiny
sources: {chats: {path: chats.jsonl, license: cc0-1.0}}
edits: [unicode]
keep: {answered: ends_with_assistant}
overlap: {near: {key: conversation, similarity: 0.8, prefer: [words DESC]}}
exports: {sft: {select: {words: 100, by: words}}}
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty WINNOW_HOME, which a mistake must leave as it is."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("WINNOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def winnow(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """winnow(words...) -> what the command said, in this process."""

    def said(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["winnow", *words])
        with pytest.raises(SystemExit) as left:
            commands.main()
        out, err = capsys.readouterr()
        return Said(int(left.value.code or 0), out, err)

    return said


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of dumps."""
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "chats.jsonl").write_text(json.dumps(CHAT) + "\n")
    return tmp_path / "dumps"


def clear(said: Said, code: int, *words: str) -> None:
    """One message for a person, on stderr alone."""
    assert (said.code, said.out) == (code, ""), said
    assert said.err.startswith("winnow: ") and said.err.count("winnow: ") == 1, said.err
    assert "Traceback" not in said.err and len(said.err) < 2000
    for word in words:
        assert word in said.err, said.err


def test_version_tells_what_decides_bytes_as_a_manifest_does(winnow, home) -> None:
    said = winnow("--version")
    told = dict(line.split(" ") for line in said.out.splitlines())
    assert said.code == 0 and said.err == "" and not list(home.iterdir())
    assert told == {"winnow": metadata.version("winnow"), **libraries()}
    assert {"python", "unicode", "polars", "numba"} <= told.keys()


MISTAKES = {  # what is written instead of what -> exit code, words of the message
    "unknown column": ("ends_with_assistant", "ends_with_asistant", 64, ["rule answered", "did you mean ends_with_assistant"]),
    "not boolean": ("ends_with_assistant", "words + 1", 64, ["rule answered", "must be true or false", "BIGINT"]),
    "escape": ("ends_with_assistant", '"true) from signals; drop table signals; --"', 64, ["rule answered", "not one SQL expr"]),
    "subquery": ("ends_with_assistant", '"(SELECT true)"', 64, ["rule answered", "a subquery"]),
    "file function": ("ends_with_assistant", "\"glob('/*') = 'x'\"", 64, ["rule answered", "glob"]),
    "changing function": ("ends_with_assistant", '"random() < 0.5"', 64, ["random is not allowed"]),
    "unknown key": ("exports:", "export:", 64, ["line 6", "unknown key 'export'", "did you mean exports"]),
    "repeated key": ("edits: [unicode]", "name: tiny", 64, ["'name' is written twice", "lines 1 and 3"]),
    "unknown edit": ("[unicode]", "[unicod]", 64, ["'unicod'", "unicode"]),
    "unknown prefer": ("words DESC", "word DESC", 64, ["prefer", "'word'", "did you mean words"]),
    "unknown by": ("by: words", "by: wordz", 64, ["select", "'wordz'", "did you mean words"]),
    "not YAML": ("edits: [unicode]", "edits: [unicode", 64, ["line ", "not YAML"]),
    "a tag": ("edits: [unicode]", "edits: !!python/object/apply:os.system [id]", 64, ["line 3", "tag"]),
    "name as path": ("name: tiny", "name: ../tiny", 64, ["line 1", "name", "../tiny"]),
    "missing file": ("chats.jsonl", "chat.jsonl", 66, ["chat.jsonl", "nearest names", "chats.jsonl"]),
    "missing benchmark": ("near: {", "b: {against: bench.jsonl}, near: {", 66, ["bench.jsonl", "nearest names"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_recipe_is_one_clear_message_and_nothing_is_written(mistake, winnow, home, data, tmp_path) -> None:
    old, new, code, words = MISTAKES[mistake]
    recipe = tmp_path / "recipe.yaml"
    assert RECIPE.count(old) == 1
    recipe.write_text(RECIPE.replace(old, new))
    clear(winnow("run", str(recipe), "--data", str(data), "--out", str(tmp_path / "out")), code, *words)
    assert not list(home.iterdir()) and not (tmp_path / "out").exists()
    assert sorted(each.name for each in data.iterdir()) == ["chats.jsonl"]


SETS = {
    "nonsense": ["key.path=value"],
    "=": ["key.path=value"],
    "a.b=1": ["unknown key 'a'"],
    "keep.anwered=": ["no 'keep.anwered'", "did you mean answered"],
    "nonsense=null": ["no 'nonsense'"],
    "seed=soon": ["seed", "whole number"],
    "test=2": ["test", "less than 1"],
    "keep.new=words": ["rule new", "true or false"],
    "keep.new={{": ["not YAML"],
    "name=/etc": ["name", "/etc"],
    "edits=[nothing]": ["'nothing'", "unicode"],
}


@pytest.mark.parametrize("change", SETS)
def test_a_wrong_change_is_told_before_anything_is_written(change, winnow, home, data, tmp_path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    said = winnow("run", str(tmp_path / "recipe.yaml"), "--data", str(data), "--set", change)
    clear(said, 64, *SETS[change])
    assert not list(home.iterdir())


WORDS = {  # a command line -> exit code, words of the message
    "frobnicate": (64, ["frobnicate", "winnow --help"]),
    "look --frobnicate": (64, ["--frobnicate"]),
    "look kept -n 0": (64, ["-n"]),
    "run": (64, ["recipe"]),
    "run evryday": (66, ["evryday", "did you mean everyday"]),
    "run README.md": (64, ["README.md is no recipe", "winnow run everyday README.md"]),
    "run data/samples": (64, ["data/samples is no recipe", "winnow run everyday data/samples"]),
    "run nowhere/my.yaml": (66, ["nowhere/my.yaml"]),
    "run everyday nowhere.json": (66, ["nowhere.json", "nearest names"]),
    "run everyday pyproject.toml --runner clouds": (64, ["clouds", "threads, processes"]),
    "inspect nowhere.json": (66, ["nowhere.json", "nearest names"]),
    "sql funnel": (66, ["no release", "winnow demo"]),
    "sql nothing": (64, ["nothing", "funnel", "or write a query"]),
    "look kept": (66, ["no release", "winnow demo"]),
    "explain a/b#1": (66, ["no release", "winnow demo"]),
    "report": (66, ["no release", "winnow demo"]),
    "report everyday -n 0": (64, ["-n"]),
    "verify": (66, ["no release", "winnow demo"]),
    "verify everyday": (66, ["everyday", "winnow demo"]),
    "push everyday me/mine": (66, ["everyday", "winnow demo"]),
    "dedup nowhere.jsonl out.jsonl": (66, ["nowhere.jsonl"]),
    "dedup README.md out.jsonl": (65, ["README.md"]),
    "scavenge nowhere": (66, ["nowhere"]),
}


@pytest.mark.parametrize("line", WORDS)
def test_a_wrong_command_line_is_one_clear_message(line, winnow, home, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    code, words = WORDS[line]
    clear(winnow(*line.split()), code, *words)
    assert not list(home.iterdir()) and not (ROOT / "out.jsonl").exists()


def test_without_a_word_the_help_is_shown(winnow) -> None:
    said = winnow()
    assert said.code == 64 and not said.err
    assert all(name in said.out for name in COMMANDS)


def fresh(*words: str, home: Path, then: str = "") -> subprocess.CompletedProcess[str]:
    """A command in a process of its own; `then` is run after it."""
    start = f"import sys; sys.argv = ['winnow', *{words!r}]\ntry:\n  from flows.commands import main; main()"
    code = f"{start}\nfinally:\n  {then or 'pass'}"
    environment = os.environ | {"WINNOW_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def loaded(done: subprocess.CompletedProcess[str]) -> tuple[set[str], float]:
    """The packages that a fresh command imported, and the CPU seconds it took."""
    told = re.search(r"LOADED (\{.*\})$", done.stderr)
    assert told, done.stderr
    found = json.loads(told[1])
    return set(found["modules"]), found["seconds"]


TELL = (
    "import json, time; print('LOADED', json.dumps({'modules': sorted({name.split('.')[0] for name in sys.modules}), "
    "'seconds': time.process_time()}), file=sys.stderr)"
)
HEAVY = {"prefect", "numba", "polars", "duckdb", "pyarrow", "numpy", "huggingface_hub"}


HELP = """
import contextlib, io, json, sys
from flows import commands
told = {}
for command in json.loads(sys.argv[1]):
    sys.argv = ["winnow", *command.split(), "--help"]
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)) as out:
        try:
            commands.main()
        except SystemExit as left:
            said = out.buffer.getvalue().decode()
            told[command] = left.code, said, sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps(told))
"""


def test_help_of_every_command_is_light(home) -> None:
    """In one process, one after the other: the first that loads something heavy is named."""
    words = [sys.executable, "-c", HELP, json.dumps(["", *COMMANDS])]
    done = subprocess.run(words, env=os.environ | {"WINNOW_HOME": str(home)}, cwd=ROOT, capture_output=True, check=True)
    told = json.loads(done.stdout)
    assert list(told) == ["", *COMMANDS]
    for command, (code, out, modules) in told.items():
        assert code == 0 and f"Usage: winnow {command}".rstrip() in out, command
        assert not HEAVY & set(modules), command
    assert not list(home.iterdir())


def test_help_is_quick(home) -> None:
    done = fresh("--help", home=home, then=TELL)
    assert done.returncode == 0 and "Usage: winnow" in done.stdout
    assert loaded(done)[1] < 2  # 0.3 s on an idle machine: what makes it quick is that nothing heavy is loaded


@pytest.mark.parametrize(
    "words",
    [
        ["inspect", "data/samples/sharegpt"],
        ["sql", "funnel"],
        ["look", "kept"],
        ["explain", "a/b#1"],
        ["verify"],
        ["run", "everyday", "nowhere.json"],
        ["dedup", "data/samples/openai/chat.jsonl", "{home}/out.jsonl"],
    ],
    ids=lambda words: words[0],
)
def test_only_what_runs_a_flow_imports_prefect(words, home) -> None:
    done = fresh(*(word.format(home=home) for word in words), home=home, then=TELL)
    assert done.returncode in (0, 66), done.stderr
    assert "prefect" not in loaded(done)[0]
