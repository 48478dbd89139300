"""Hostile files, texts and places, through the commands: text stays data, a fault is one message, the old release stays."""

import gzip
import json
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows import commands, laws, plan, releases, screen, story
from flows.places import ROOT, Places
from schemas import recipe as recipes
from schemas.faults import DataFault

RECIPE = """\
name: hostile
sources: {any: {path: any}}
keep:
  answered: {sql: ends_with_assistant, why: no answer}
  short: words < 200
overlap: {near: {key: conversation, similarity: 0.7, shingle: 2, prefer: [words DESC]}}
exports: {sft: {keep: {plain: NOT refusal}}, preference: {}}
limits: off
"""
EVIL = [
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b]0;pwned\x07 \x9b31m",
    "\u202etxet\u202c \u2066a\u2069 \u200e\u200f\u061c",
    "nul\x00byte and \x08 back",
    "[bold red]markup[/bold red] [/] [link=file:///etc]x[/link]",
    "'; DROP TABLE ledger; -- \") FROM signals; SELECT ('",
    "{{7*7}} ${HOME} %s %(x)s {0} `id` $(id)",
    "../../../etc/passwd\r\noverwritten",
]
STEERS = {
    *map(chr, range(9)),
    *map(chr, range(11, 32)),
    *map(chr, range(127, 160)),
    *"\u202e\u202c\u2066\u2069\u200e\u200f\u061c",
}


def chat(question: str, answer: str) -> dict:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WINNOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def winnow(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """winnow(words...) -> exit code, stdout, stderr."""

    def said(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["winnow", *words])
        with pytest.raises(SystemExit) as left:
            commands.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err and err.count("winnow: ") <= 1
        return int(left.value.code or 0), out, err

    return said


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, curated: Callable[..., Path]) -> Path:
    """The home of a release of hostile texts from a file with a hostile name."""
    folder = tmp_path_factory.mktemp("hostile")
    dump = folder / "x'); DROP TABLE ledger; --\n*[a]?.jsonl"
    lines = [chat(f"{text} what is it?", f"It is {text} and number {at} of many") for at, text in enumerate(EVIL)]
    lines.append({"messages": [{"role": "user", "content": f"nobody answers {EVIL[1]}"}]})
    dump.write_text("\n".join(map(json.dumps, lines)) + '\n{"messages": "\x1b[2J')
    (folder / "recipe.yaml").write_text(RECIPE)
    recipe, base = plan.given(recipes.load(folder / "recipe.yaml"), [dump])
    curated(recipe, base, folder / "home")
    return folder / "home"


@pytest.fixture
def evil(home: Path, hostile: Path) -> Path:
    """That release, with the home it lies in, for one test to spoil."""
    shutil.copytree(hostile, home, symlinks=True)
    return (home / "releases" / "hostile" / "current").resolve()


def test_hostile_text_is_shown_and_never_obeyed(winnow, evil) -> None:
    for words in (["look", "kept"], ["look", "answered"], ["look", "quarantined"], ["sql", "FROM sft"], ["sql", "FROM ledger"]):
        code, out, err = winnow(*words)
        assert (code, err) == (0, ""), words
        assert not STEERS & set(out), words
    assert "\\x9b31m" in winnow("look", "kept", "--chars", "0")[1]
    assert "\\u202etxet" in winnow("look", "kept")[1]
    assert screen.safe("\x1b[31m\0\r").plain == "\\x1b[31m\\x00\\r"
    assert "[bold red]markup[/bold red]" in winnow("look", "kept")[1]
    assert "DROP TABLE ledger" in winnow("look", "kept")[1]
    for line in releases.texts(Places(evil.parent.parent.parent), evil, ids := story_ids(evil)):
        code, out, err = winnow("explain", line)
        assert (code, err) == (0, "") and not STEERS & set(out)
    assert len(ids) == len(EVIL) + 2
    assert winnow("verify")[0] == 0


def story_ids(release: Path) -> list[str]:
    return [line["id"] for line in story.ask(release, "SELECT id FROM ledger")]


@pytest.mark.parametrize(
    "word", ["'; DROP TABLE ledger; --", "$reason", "%", "\x1b[2J", "a/b#1", "", "answered' OR '1'='1"], ids=ascii
)
def test_words_of_a_command_are_values_and_not_sql(winnow, evil, word) -> None:
    code, out, _ = winnow("explain", word)
    assert code in (0, 66) and not STEERS & set(out)  # words that rows hold are found, as words
    assert winnow("look", "hostile", word or " ")[0] == 64
    assert winnow("sql", "duplicates_of", "-p", f"id={word}")[0] == 0


@pytest.mark.parametrize("query", ["FROM '/etc/passwd'", "FROM read_text('/etc/passwd')", "COPY ledger TO 'x.csv'"])
def test_a_question_reads_the_release_and_nothing_else(winnow, evil, query) -> None:
    assert winnow("sql", query)[0] == 64


FILES: dict[str, tuple[bytes, list[str]]] = {  # name -> bytes, what inspect says
    "empty.json": (b"", ["0 records", "empty: no record is in it"]),
    "pickle.jsonl": (pickle.dumps([chat("a", "b")]), ["pickle", "1 unknown_container"]),
    "table.parquet": (b"PAR1" + bytes(100), ["Parquet"]),
    "table.csv": (b"instruction,output\nhello,world\n", ["csv", "1 row,"]),
    "archive.json": (b"PK\x03\x04" + bytes(30), ["archive", "corrupt_stream", "zip"]),
    "wide.json": (json.dumps([chat("a", "b")]).encode("utf-16"), ["UTF-16", "iconv"]),
    "zeros.json": (bytes(1000), ["binary"]),
    "bomb.json.gz": (gzip.compress(b'[{"a":"' + bytes(30_000_000), 9), ["gzip"]),
    "deep.json": (b"[" * 100_000 + b"]" * 100_000, ["too_deep"]),
    "numbers.json": (b"[1, 2, 3]", ["3 unknown_shape"]),
    "cut.json.gz": (gzip.compress(json.dumps([chat("a", "b")] * 999).encode())[:-9], ["corrupt_stream"]),
    "long.jsonl": (json.dumps(chat("q", "x" * 5_000_000)).encode(), ["1 row,"]),
    "-rf.json": (json.dumps([chat("a", "b")]).encode(), ["1 row,"]),
    "..dots*[a].json": (json.dumps([chat("a", "b")]).encode(), ["1 row,"]),
}


@pytest.mark.parametrize("name", FILES)
def test_inspect_says_what_an_odd_file_is(name, winnow, tmp_path) -> None:
    raw, words = FILES[name]
    (tmp_path / name).write_bytes(raw)
    code, out, err = winnow("inspect", str(tmp_path / name))
    assert (code, err) == (0, "")
    assert all(word in out for word in words), out


def test_what_is_no_file_is_told_apart(winnow, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "dead.json").symlink_to("nowhere.json")
    (tmp_path / "bare").mkdir()
    for name, word in (("pipe.json", "pipe"), ("dead.json", "link to nowhere.json"), ("bare", "is empty"), ("gone", "nearest")):
        for command in (["inspect"], ["run", "everyday"]):
            code, _, err = winnow(*command, str(tmp_path / name))
            assert code == 66 and word in err, err
    (tmp_path / "bare" / "README").write_text("words")
    assert "README" in winnow("inspect", str(tmp_path / "bare"))[2]
    odd = os.fsdecode(bytes(tmp_path) + b"/\xff.json")
    Path(odd).write_text("[]")
    assert winnow("run", "everyday", odd)[0] == winnow("inspect", odd)[0] == 64


def test_a_ring_of_folders_ends(winnow, tmp_path) -> None:
    (tmp_path / "ring").mkdir()
    (tmp_path / "ring" / "again").symlink_to(tmp_path / "ring")
    (tmp_path / "ring" / "a.json").write_text(json.dumps([chat("a", "b")]))
    assert "1 row," in winnow("inspect", str(tmp_path / "ring"))[1]


def test_a_damaged_release_is_told(winnow, evil) -> None:
    ledger = bytearray((evil / "ledger.parquet").read_bytes())
    ledger[len(ledger) // 2] ^= 1
    (evil / "ledger.parquet").write_bytes(ledger)
    code, _, err = winnow("verify")
    assert code == 65 and "ledger.parquet" in err and "run the recipe again" in err
    assert not releases.whole(evil), "a run makes it again"
    (evil / "manifest.json").write_text("{")
    assert winnow("verify")[0] == winnow("look", "kept")[0] == 65


def test_without_work_what_was_kept_can_still_be_read(winnow, evil, home) -> None:
    shutil.rmtree(home / "work")
    code, out, _ = winnow("look", "kept")
    assert code == 0 and "<script>" in out
    code, out, _ = winnow("look", "answered")
    assert code == 0 and "run the recipe again" in out
    assert not releases.at_hand(Places(home), evil.name), "and so a run makes it again"


def test_sources_without_a_record_make_no_release(tmp_path, home, curated) -> None:
    (tmp_path / "empty.json").write_text("[]")
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("limits: off\n", ""))
    recipe, base = plan.given(recipes.load(tmp_path / "recipe.yaml"), [tmp_path / "empty.json"])
    with pytest.raises(DataFault, match="no record at all"):
        curated(recipe, base, home)


def test_a_file_of_which_nothing_can_be_read_leaves_the_old_release(tmp_path, run) -> None:
    (tmp_path / "data" / "any").mkdir(parents=True)
    path, strict = tmp_path / "data" / "any" / "a.jsonl", RECIPE.replace("limits: off", "")
    path.write_text(json.dumps(chat("Where is the ladder?", "It stands behind the shed.")))
    good = run(strict, tmp_path / "data")
    path.write_text('{"messages": [\n')
    with pytest.raises(DataFault, match=r"1 of 1 records are quarantined \(100.0%\)"):
        run(strict, tmp_path / "data")
    assert (good.parent / "current").resolve() == good.resolve()


@contextmanager
def small_disk(most: int) -> Iterator[None]:
    """No file may grow past so many bytes."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_the_old_release(winnow, tmp_path, home, curated) -> None:
    (tmp_path / "any").mkdir()
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    recipe = recipes.load(tmp_path / "recipe.yaml")
    (tmp_path / "any" / "a.jsonl").write_text(json.dumps(chat("what?", "that")))
    old = curated(recipe, tmp_path, home)
    texts = [json.dumps(chat(os.urandom(40).hex(), os.urandom(200).hex())) for _ in range(2000)]
    (tmp_path / "any" / "b.jsonl").write_text("\n".join(texts))
    for most in (100_000, 700_000):  # too small for a shard, then for the release alone
        with small_disk(most), pytest.raises(OSError, match="too large"):
            curated(recipe, tmp_path, home)
        assert (old.parent / "current").resolve() == old
        laws.verify(old)
    with small_disk(100_000):
        code, _, err = winnow("dedup", str(tmp_path / "any" / "b.jsonl"), str(tmp_path / "out.jsonl"))
    assert code == 74 and "large" in err
    assert not (tmp_path / "out.jsonl").exists()
    assert laws.verify(curated(recipe, tmp_path, home))["records"] == 2001


def test_a_reader_that_leaves_is_no_fault(evil, home) -> None:
    code = "import sys; sys.argv = ['winnow', 'look', 'kept', '--chars', '0']; from flows.commands import main; main()"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_explain_tells_a_whole_story_for_every_fate(winnow, home, tmp_path, curated) -> None:
    long = "tell me all about the rivers of the north and how they came to run so slowly to the sea"
    lines = [chat(long, f"They are old and flat {'and wide ' * n}as everybody knows by now.") for n in (1, 2)]
    pair = {"prompt": "Pick a bird.", "chosen": "A wren, since it sings.", "rejected": "A stone."}
    (tmp_path / "any").mkdir()
    (tmp_path / "any" / "a.jsonl").write_text(
        "\n".join(map(json.dumps, [*lines, {"messages": chat("Hm?", "")["messages"][:1]}, 7]))
    )
    (tmp_path / "any" / "b.jsonl").write_text(json.dumps(pair))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    curated(recipes.load(tmp_path / "recipe.yaml"), tmp_path, home)
    told = {
        "any/a.jsonl#000000000": ["dropped at overlap: near", "twins    any/a.jsonl#000000001", "(kept)", "its twin"],
        "any/a.jsonl#000000001": ["kept: in sft", "record 1", "passed   answered", "[words ", "passed   plain", "exports  sft/"],
        "any/a.jsonl#000000002": ["dropped at keep: answered", "FAILED   answered", "passed   short", "exports  none"],
        "any/a.jsonl#000000003": ["quarantined at read", "byte ", "\n7\n"],
        "any/b.jsonl#000000000.0": ["group of 2", "sft/", "chosen over any/b.jsonl#000000000.1"],
        "any/b.jsonl#000000000.1": ["of any/b.jsonl#000000000.0, the best", "not asked", "rejected for any/b.jsonl#000000000.0"],
    }
    for row, words in told.items():
        code, out, _ = winnow("explain", row)
        assert code == 0 and not [word for word in words if word not in out], out
