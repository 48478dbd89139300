"""winnow push, pull and audit as people type them: releases really made, against the Hub on the loopback interface."""

import hashlib
import itertools
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import sql
from exports import card_merge, folders
from flows import diffing, laws, plan, publishing
from schemas import recipe as recipes
from sql import duck
from tests.hub.loopback import Hub, environment, mistakes

ROOT = Path(__file__).resolve().parents[2]
REPO = "tester/talks"
TOKEN = "hf_" + "canary" * 6
KEY = "ghp_" + "a1B2c3D4e5F6" * 3
RECIPE = """
name: talks
license: mit
sources: {chats: {path: chats.jsonl, license: mit}, pairs: {path: pairs.jsonl, license: cc0-1.0}}
edits: [unicode]
keep: {short: words <= 60}
overlap: {near: {similarity: 0.8}, benchmarks: {against: items.jsonl}}
exports: {sft: {}, preference: {}}
expect: {sft: {min: 5}}
seed: 1
"""
SHELL = """
import contextlib, io, json, sys
from flows import commands
for line in sys.stdin:
    sys.argv = ["winnow", *json.loads(line)]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            commands.main()
        except SystemExit as left:
            code = left.code
    print("TOLD" + json.dumps([code, *(each.buffer.getvalue().decode() for each in (out, err))]), flush=True)
"""
LOAD = """
import json, sys
from datasets import load_dataset
told = {name: {split: len(rows) for split, rows in load_dataset(*sys.argv[1:2], name, revision=sys.argv[2]).items()}
        for name in ("sft", "preference")}
print("TOLD" + json.dumps(told))
"""


def chat(question, answer):
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Forty chats of all lengths, eight pairs, one benchmark."""
    folder = tmp_path_factory.mktemp("data")
    talks = [chat(f"Count from {n} to {2 * n + 3}, please.", " ".join(str(k) for k in range(n, 2 * n + 4))) for n in range(40)]
    pairs = [
        {"prompt": f"Is {n} odd?", "chosen": f"{n} is {n % 2}, so I say it.", "rejected": f"Who knows {n}?"} for n in range(8)
    ]
    item = "A farmer has seventeen sheep and all but nine of them run away, how many are left?"
    write(folder / "chats.jsonl", [*talks, chat(item, "Nine.")])
    write(folder / "pairs.jsonl", pairs)
    write(folder / "items.jsonl", [{"question": item}])
    return folder


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture(scope="module")
def made(curated, data, tmp_path_factory):
    """made(changes...) -> a release."""
    home, known = tmp_path_factory.mktemp("home"), {}
    (home / "talks.yaml").write_text(RECIPE)

    def release(*changes):
        if changes not in known:
            known[changes] = curated(recipes.override(recipes.load(home / "talks.yaml"), changes), data, home, charts=True)
        return known[changes]

    release.data, release.recipe = data, home / "talks.yaml"
    return release


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One Hub, and one interpreter in which `winnow` is typed; its token is a canary, in HF_TOKEN and in the Hub's login."""
    home = tmp_path_factory.mktemp("shell")
    (home / "hf").mkdir()
    (home / "hf" / "token").write_text(TOKEN)
    with Hub() as found, open(home / "stderr", "w") as noise:
        own = {"HF_TOKEN": TOKEN, "HF_DEBUG": "1", "HF_HUB_DISABLE_XET": "1", "TMPDIR": str(home)}
        found.env = environment(found.url, home, WINNOW_HOME=str(home / "winnow"), **own)
        found.home, found.said = home, []
        how = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": noise,
            "text": True,
            "cwd": home,
        }
        with subprocess.Popen([sys.executable, "-c", SHELL], env=found.env, **how) as found.shell:
            yield found
            found.shell.stdin.close()


@pytest.fixture
def winnow(hub):
    """winnow(words...) -> code, out, err."""

    def typed(*words, code=0):
        hub.shell.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        hub.shell.stdin.flush()
        while not (line := hub.shell.stdout.readline()).startswith("TOLD"):
            assert line
            hub.said.append(line)
        hub.said.append(line)
        found = SimpleNamespace(**dict(zip(("code", "out", "err"), json.loads(line[4:]), strict=True)))
        assert found.code == code, found
        return found

    return typed


def test_a_dry_run_shows_everything_and_sends_nothing(hub, winnow, made):
    release = made()
    said = winnow("push", release, REPO).out
    size = int(re.search(r"([\d,]+) bytes to send", said)[1].replace(",", ""))
    whole = sum(path.stat().st_size for path in release.rglob("*") if path.is_file())
    kept = pq.read_table(release / "ledger.parquet", filters=[("fate", "=", "kept")]).num_rows
    assert f"{REPO} (new, private): nothing was sent: say --yes" in said and "+ sft/train-00000-of-00001.parquet" in said
    assert abs(size - whole) < 2000 and f"the first release there: {kept:,} rows" in said
    gates = ["files", "schema", "conservation", "licence", "secrets", "personal data", "contamination", "expected counts"]
    assert all(f"gate     open  {gate}: " in said for gate in [*gates, "minimum rows"]) and "SHUT" not in said
    assert (
        "none of 2 sources forbids" in said
        and "1 rows hold an item of 1 benchmarks (benchmarks), and 0 of them were kept" in said
    )
    assert not hub.repos and all(line.startswith("GET") for line in hub.log)


def test_push_pull_verify_and_a_second_push_is_a_no_op(hub, winnow, made, tmp_path):
    release = made()
    assert f"tag {release.name[:12]}" in winnow("push", release, REPO, "--yes").out
    again = winnow("push", release, REPO, "--yes").out
    assert "nothing to do" in again and len(hub.repos[REPO]["commits"]) == 2 and hub.repos[REPO]["private"]
    back = json.loads(winnow("pull", REPO, "--out", tmp_path, "--json").out)["release"]
    changed = {name for name, data in bytes_of(Path(back)).items() if bytes_of(release).get(name) != data}
    assert changed == {"README.md", "manifest.json"} and bytes_of(Path(back)).keys() == bytes_of(release).keys()
    assert "nothing to do" in winnow("push", back, REPO, "--yes").out, "what was pulled is what is there"
    assert "all hold" in winnow("verify", back).out and (tmp_path / "talks/current").resolve() == Path(back)
    loaded = json.loads(run(hub, LOAD, REPO, release.name[:12]).split("TOLD")[1])
    counts = json.loads((release / "manifest.json").read_text())["counts"]
    assert loaded == {name: {split: rows for split, rows in splits.items() if rows} for name, splits in counts.items()}


def run(hub, code, *words):
    how = {"env": hub.env | {"HF_DEBUG": "0"}, "cwd": hub.home, "capture_output": True, "text": True, "timeout": 300}
    done = subprocess.run([sys.executable, "-c", code, *words], check=False, **how)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def bytes_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_commit_of_a_changed_recipe_is_what_diff_says(hub, winnow, made, tmp_path):
    was, now = made(), made("keep.short=words <= 40", "edits=[]")
    winnow("push", was, REPO, "--yes")
    said = json.loads(winnow("push", now, REPO, "--yes", "--json").out)
    wanted = diffing.diff(was, now)
    told = {change: wanted["change"].to_pylist().count(change) for change in ("added", "removed", "changed")}
    assert said["rows"] == {**told, "since": was.name} and told["removed"] > 5
    tags = [was.name[:12], now.name[:12]]
    assert list(hub.repos[REPO]["tags"]) == tags
    pulled = [
        Path(json.loads(winnow("pull", REPO, "--revision", tag, "--out", tmp_path, "--json").out)["release"]) for tag in tags
    ]
    assert diffing.diff(*pulled).equals(wanted)
    message = hub.repos[REPO]["messages"][-1]
    assert f"0 rows added, {told['removed']} removed, 0 changed since {tags[0]}" in message
    assert (
        f"keep     short {pq.read_table(now / 'funnel.parquet', filters=[('reason', '=', 'short')])['rows'][0]}".split()
        == next(line.split()[:3] for line in message.splitlines() if line.startswith("keep"))
    )


@pytest.mark.parametrize(
    ("where", "status", "code", "words"),
    [
        (f"GET /api/datasets/{REPO}", 401, 77, "hf auth login"),
        (f"POST /api/datasets/{REPO}/commit", 412, 75, "winnow push` without --yes, then push again"),
        (f"POST /api/datasets/{REPO}/commit", 500, 74, "try again"),
    ],
)
def test_what_the_hub_refuses_is_told_with_its_exit_code(hub, winnow, made, where, status, code, words):
    """Through Prefect and the command; every status is told apart in test_push.py."""
    hub.faults[where] = status
    said = winnow("push", made(), REPO, "--yes", code=code)
    assert code not in (74, 77) or ("gate     open  files: " in said.out and "gate     open  minimum rows: " in said.out)
    assert str(status) in said.err and words in said.err and "manifest.json" not in (hub.files(REPO) if hub.repos else {})


def test_a_shut_gate_stops_the_push_with_both_numbers(hub, winnow, made, data):
    chats = data / "chats.jsonl"
    sound = chats.read_text()
    write(chats, [*map(json.loads, sound.splitlines()), chat("My key, please?", f"It is {KEY} as ever.")])
    try:
        release, masked = made("seed=2"), made("seed=2", "edits=[redact]")
    finally:
        chats.write_text(sound)
    dry = winnow("push", release, REPO, code=65)
    said = winnow("push", release, REPO, "--yes", code=65)
    for each in (dry, said):
        assert "gate     SHUT  secrets: 1 secrets (0 may leave), the first in sft, chats/chats.jsonl#000000041" in each.out
        assert "1 of 9 gates are shut" in each.err and "add `redact`" in each.err and KEY not in each.out + each.err
    assert not hub.repos
    assert winnow("push", release, "--to", hub.home / "shut", "--yes", code=65) and not (hub.home / "shut").exists()
    assert "SHUT" not in winnow("push", masked, REPO).out


BY_HAND = """---
license: apache-2.0
tags: [ours, winnow]
thumbnail: a.png
---

# Our own heading

A word before, with a | and `code`.

{made}

## Contact

Write to us.
"""


def readme(hub):
    return hub.files(REPO)["README.md"].decode()


def made_part(text):
    return text[text.index(card_merge.BEGIN) : text.index(card_merge.END) + len(card_merge.END)]


def own(text):
    """What people wrote: all but the made part, line by line."""
    return [line for line in text.split("---", 2)[2].replace(made_part(text), "").splitlines() if line.strip()]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_people_wrote_in_the_card_stays(hub, winnow, made, ends):
    was, now = made(), made("keep.short=words <= 40", "edits=[]")
    winnow("push", was, REPO, "--yes")
    first = readme(hub)
    assert yaml.safe_load(first.split("---")[1])["license"] == "mit" and "## Dataset Card Authors" in first
    by_hand = BY_HAND.format(made=made_part(first))  # keys of their own, words before and after, and one section taken out
    hub.commit(REPO, {"README.md": by_hand.replace("\n", ends).encode()})
    assert "nothing to do" in winnow("push", was, REPO, "--yes").out and readme(hub) == by_hand.replace("\n", ends)
    winnow("push", now, REPO, "--yes")
    text = readme(hub)
    assert own(text) == own(by_hand) and text.index("A word before") < text.index(card_merge.BEGIN) < text.index("## Contact")
    assert "## Dataset Card Authors" not in text, "what somebody took out stays out"
    head = yaml.safe_load(text.split("---")[1])
    assert head["thumbnail"] == "a.png" and head["license"] == "mit" and {"ours", "winnow", "preference"} <= set(head["tags"])
    assert now.name in made_part(text) and was.name not in made_part(text).split("## Changelog")[0]
    moved = text.replace(made_part(text), "").rstrip() + "\n\n" + made_part(text) + "\n"  # all their words first
    hub.commit(REPO, {"README.md": moved.encode()})
    winnow("push", was, REPO, "--yes")
    assert own(readme(hub)) == own(by_hand) and was.name in made_part(readme(hub))


def test_words_inside_the_made_part_stop_a_push(hub, winnow, made):
    was, now = made(), made("keep.short=words <= 40", "edits=[]")
    winnow("push", was, REPO, "--yes")
    text = readme(hub).replace("## Glossary", "## Glossary\n\nA word of mine.")
    hub.commit(REPO, {"README.md": text.encode()})
    commits = len(hub.repos[REPO]["commits"])
    for words in ([], ["--yes"]):
        assert "somebody wrote between winnow's two comments" in winnow("push", now, REPO, *words, code=65).err
    assert len(hub.repos[REPO]["commits"]) == commits and readme(hub) == text
    hub.commit(REPO, {"README.md": (text.replace("A word of mine.\n\n", "") + "\nA word of mine.\n").encode()})
    winnow("push", now, REPO, "--yes")
    assert readme(hub).rstrip().endswith("A word of mine.")


def test_the_published_report_shows_no_text_of_rows_that_fell_unless_asked(made, monkeypatch, tmp_path):
    monkeypatch.setenv("WINNOW_HOME", str(made.recipe.parent))
    release = made("keep.short=words <= 40", "edits=[]")
    ledger = pq.read_table(release / "ledger.parquet", filters=[("reason", "=", "short")])["id"].to_pylist()
    fell = [f"Count from {n} to {2 * n + 3}, please." for n in (int(id[-9:]) for id in ledger)]
    shown = {}
    for texts in ("kept", "all", "none"):
        _, (facts, files) = publishing.to_store(release, str(tmp_path / texts), private=True, texts=texts)
        assert folders.put(facts, files, str(tmp_path / texts)) and not folders.put(facts, files, str(tmp_path / texts))
        back = publishing.pull(folders.reader(str(tmp_path / texts), None)[1], texts, tmp_path / f"{texts}-back")
        assert laws.verify(back)
        page = (back / "report.html").read_text()
        shown[texts] = sum(each in page for each in fell), "Count from" in page
        other = publishing.to_store(release, str(tmp_path / texts), private=True, texts="none" if texts == "kept" else "kept")
        assert not other[0].nothing and other[0].files["change"] == ["manifest.json", "report.html"]
        assert publishing.to_store(release, str(tmp_path / texts), private=True, texts=texts)[0].nothing
    assert shown["kept"] == (0, True) and shown["all"][0] > 0 and shown["none"] == (0, False)


def test_no_byte_that_is_pushed_holds_a_benchmark(hub, winnow, made):
    """A public push of all texts there are: an item that was found in the rows is nowhere, so that nobody learns it from here."""
    winnow("push", made(), REPO, "--yes", "--public", "--texts", "all")
    item = json.loads((made.data / "items.jsonl").read_text())["question"].lower()
    runs = [" ".join(each) for each in zip(*(re.findall(r"\w+", item)[at:] for at in range(5)), strict=False)]
    pushed = hub.files(REPO)
    tables = {name: pq.read_table(pa.BufferReader(data)) for name, data in pushed.items() if name.endswith(".parquet")}
    assert tables["contamination.parquet"].num_rows == 1 and "Who knows" in pushed["report.html"].decode()
    for name, data in pushed.items():
        text = json.dumps(tables[name].to_pylist(), default=str) if name in tables else data.decode()
        folded = " ".join(re.findall(r"\w+", text.lower()))
        assert not [run for run in runs if run in folded], name


def test_another_choice_of_texts_is_another_commit(hub, winnow, made):
    release = made()
    winnow("push", release, REPO, "--yes")
    assert hub.files(REPO)["report.html"] == (release / "report.html").read_bytes()
    assert "1 changed" not in winnow("push", release, REPO).out
    said = json.loads(winnow("push", release, REPO, "--yes", "--texts", "none", "--json").out)
    assert said["pushed"] and said["change"] == ["manifest.json", "report.html"] and not said["add"] + said["delete"]
    assert b"Count from" not in hub.files(REPO)["report.html"]
    assert "nothing to do" in winnow("push", release, REPO, "--yes", "--texts", "none").out


def test_the_changelog_is_what_diff_says_and_grows(hub, winnow, made):
    steps = [made(), made("keep.short=words <= 40", "edits=[]"), made("keep.short=words <= 30", "edits=[]")]
    for release in steps:
        winnow("push", release, REPO, "--yes")
    entries = [diffing.markdown(was, now, diffing.diff(was, now)) for was, now in itertools.pairwise(steps)]
    assert card_merge.changelog(readme(hub)) == "\n\n".join(reversed(entries)) and "removed" in entries[0]


def test_the_card_is_what_the_hub_allows(hub, winnow, made):
    winnow("push", made(), REPO, "--yes")
    assert "POST /api/validate-yaml" in hub.log
    check = "import sys; from huggingface_hub import DatasetCard; DatasetCard.load(sys.argv[1]).validate(); print('sound')"
    for text in (readme(hub), (made() / "README.md").read_text()):
        (hub.home / "card.md").write_text(text)
        assert "sound" in run(hub, check, str(hub.home / "card.md"))
    for right, wrong in (("license: mit", "license: mine"), ("path: sft/", "paths: sft/"), ("n<1K", "small")):
        assert right in readme(hub) and mistakes(readme(hub).replace(right, wrong)), "and what it does not allow is found"
    spoilt = readme(hub).replace("pretty_name: talks", "language: english\npretty_name: talks")
    hub.commit(REPO, {"README.md": spoilt.encode()})
    said = winnow("push", made("keep.short=words <= 40", "edits=[]"), REPO, "--yes", code=65).err
    assert "the Hub's client refused" in said and '"language" must be a list' in said


def test_exports_in_lines_load_as_the_card_says_beside_those_in_parquet(hub, winnow, made):
    """The client reads every config of a card as the first one: one in JSON lines beside Parquet would fail."""
    release = made("exports.openai={}", "exports.kto={}")
    winnow("push", release, REPO, "--yes")
    [python] = re.findall(r"```python\n(.*?)```", readme(hub), re.DOTALL)
    counts = json.loads((release / "manifest.json").read_text())["counts"]
    asked = "\nprint({name: len(eval(name)) for name in ('sft', 'kto', 'openai', 'preference')})"
    assert eval(run(hub, python + asked)) == {name: splits["train"] for name, splits in counts.items()}


def test_the_snippets_of_the_card_run(hub, winnow, made):
    winnow("push", made(), REPO, "--yes")
    blocks = re.findall(r"```(\w+)\n(.*?)```", readme(hub), re.DOTALL)
    [python] = [text for kind, text in blocks if kind == "python"]
    counts = json.loads((made() / "manifest.json").read_text())["counts"]
    asked = "\nprint([len(sft), len(preference), sft[0]['messages'][-1]['role']])"
    assert eval(run(hub, python + asked)) == [counts["sft"]["train"], counts["preference"]["train"], "assistant"]
    bash = "\n".join(text for kind, text in blocks if kind == "bash").splitlines()
    [bring, recipe] = [line.split(" && ")[0].split() for line in bash if line.startswith("hf download")]
    for words in (bring, recipe):
        hf = [str(Path(sys.executable).parent / "hf"), *words[1:]]
        subprocess.run(hf, env=hub.env | {"HF_DEBUG": "0"}, cwd=hub.home, capture_output=True, check=True)
    folder = hub.home / "talks"
    files = [word for line in bash for word in line.split() if word.startswith("train/")]
    assert len(files) > 4 and all((folder / file).is_file() for file in files)
    for file in sorted(folder.glob("train/axolotl_*.yaml")):
        [data] = yaml.safe_load(file.read_text())["datasets"]
        load = "import datasets, sys; print(len(datasets.load_dataset(sys.argv[1], data_files=sys.argv[2])['train']))"
        assert int(run(hub, load, data["ds_type"], str(folder / data["data_files"][0]))) == counts[data["path"]]["train"]
    for file in json.loads((folder / "train/dataset_info.json").read_text()).values():
        assert (folder / "train" / file["file_name"]).is_file()
    brought, ours = (plan.make(recipes.load(file), made.data) for file in (hub.home / "recipe.yaml", made.recipe))
    assert brought.fingerprint == ours.fingerprint, "the recipe that was brought makes this release again"


SQL = """
import json, re, sys
from pathlib import Path
import duckdb
from datetime import datetime
from huggingface_hub import HfFileSystem

class Dated(HfFileSystem):  # DuckDB asks for one thing more than this file system has
    def modified(self, path):
        return datetime(2020, 1, 1)

con = duckdb.connect()
con.register_filesystem(Dated())
con.execute(f"SET VARIABLE release = 'hf://datasets/{sys.argv[1]}/'")
con.execute(Path(sys.argv[2], "views.sql").read_text())
told = {}
for file in sorted(Path(sys.argv[2]).glob("*.sql")):
    if file.stem != "views":
        text = file.read_text()
        told[file.stem] = con.execute(text, dict.fromkeys(re.findall(r"[$]([a-z]+)", text), "x") or None).fetchall()
told["card"] = con.execute(sys.argv[3]).fetchall()
print("TOLD" + json.dumps(told, default=str))
"""


def test_questions_over_what_is_published(hub, winnow, made):
    """By hf:// through fsspec; `test_duckdb_shell` asks by DuckDB's own extension, which is not everywhere."""
    release = made()
    winnow("push", release, REPO, "--yes")
    [snippet] = re.findall(r"```sql\n(.*?)```", readme(hub), re.DOTALL)
    told = json.loads(run(hub, SQL, REPO, str(ROOT / "sql"), snippet).split("TOLD")[1])
    con = duck.release(release)
    for name in sql.questions():
        asked = dict.fromkeys(re.findall(r"[$]([a-z]+)", sql.question(name)), "x")
        rows = [[*row.values()] for row in duck.query(con, sql.question(name), asked or None).to_pylist()]
        assert told[name] == json.loads(json.dumps(rows, default=str)), name
    funnel = duck.query(con, snippet.replace(f"'hf://datasets/{REPO}/funnel.parquet'", "funnel")).to_pylist()
    assert told["card"] == [[row["stage"], row["reason"], int(row["rows"])] for row in funnel] and len(funnel) > 2


def test_a_push_is_a_flow_that_prefect_knows(hub, winnow, made):
    winnow("push", made(), REPO, "--yes")
    with sqlite3.connect(hub.home / "winnow/prefect/prefect.db") as known:
        runs = known.execute("SELECT name, state_type FROM flow_run").fetchall()
        tasks = {name for (name,) in known.execute("SELECT name FROM task_run")}
        [told] = known.execute("SELECT data FROM artifact WHERE key = 'published' ORDER BY created DESC LIMIT 1").fetchone()
    assert (f"publish-{REPO}", "COMPLETED") in runs and {f"look at {REPO}", f"commit to {REPO}"} <= tasks
    assert hub.sha(REPO) in told and "rows" in told


def test_a_push_to_a_folder_is_one_too_and_nothing_secret_of_the_address_is_remembered(hub, winnow, made):
    secret = "pa55w0rd-of-a-bucket"
    winnow("push", made(), "--to", f"memory://user:{secret}@bucket/talks", "--yes")
    with sqlite3.connect(hub.home / "winnow/prefect/prefect.db") as known:
        runs = known.execute("SELECT name, state_type, parameters FROM flow_run WHERE name LIKE 'publish-memory:%'").fetchall()
        tasks = [name for (name,) in known.execute("SELECT name FROM task_run WHERE name LIKE '%memory:%'")]
    [(name, state, given)] = runs
    assert state == "COMPLETED" and "**" in given and len(tasks) == 2 and "bucket/talks" in name
    written = [path for path in hub.home.rglob("*") if path.is_file()]
    assert len(written) > 3 and not [path for path in written if secret.encode() in path.read_bytes()]
    assert secret not in hub.said[-1]


NIGHT = """
import sys
from pathlib import Path
from flows import engine
from flows.places import places
engine.prepare(places())
from flows.nightly import nightly
for _ in range(2):
    print("TOLD" + nightly(sys.argv[1], Path(sys.argv[2]), repo=sys.argv[3]))
"""


def test_a_night_publishes_what_it_made_and_the_next_one_nothing(hub, made):
    told = run(hub, NIGHT, str(made.recipe), str(made.data), REPO).split("TOLD")[1:]
    [release, again] = [Path(each.split("\n")[0]) for each in told]
    assert release == again and list(hub.repos[REPO]["tags"]) == [release.name[:12]] and len(hub.repos[REPO]["commits"]) == 2
    assert hub.repos[REPO]["private"] and hub.files(REPO)["recipe.yaml"] == (release / "recipe.yaml").read_bytes()


def test_pull_takes_only_what_its_manifest_says(hub, winnow, made, tmp_path):
    release = made()
    winnow("push", release, REPO, "--yes")
    assert "(404)" in winnow("pull", REPO, "--revision", "nope", "--out", tmp_path, code=66).err
    assert winnow("pull", "tester/none", "--out", tmp_path, code=66)
    hub.commit(REPO, {"README.md": b"mine now"})
    assert winnow("verify", json.loads(winnow("pull", REPO, "--out", tmp_path, "--json").out)["release"])
    hub.commit(REPO, {"recipe.yaml": b"name: other\n"})
    told = winnow("pull", REPO, "--out", tmp_path / "other", code=65).err
    assert "recipe.yaml is not what its manifest says" in told and "--revision TAG" in told
    manifest = json.loads(hub.files(REPO)["manifest.json"])
    for name in ("../up", "/abs", "a\\b", "quarantine/x"):
        evil = manifest | {"files": {name: "0" * 64}}
        hub.commit(REPO, {"manifest.json": json.dumps(evil).encode()})
        assert winnow("pull", REPO, "--out", tmp_path / "evil", code=65)
    for evil in (manifest | {"name": "../up"}, manifest | {"fingerprint": "../../x"}, [], {"files": 1}):
        hub.commit(REPO, {"manifest.json": json.dumps(evil).encode()})
        assert "none of winnow's" in winnow("pull", REPO, "--out", tmp_path / "evil", code=65).err
    assert not [path for path in (tmp_path / "evil").rglob("*") if path.is_file()] and not (tmp_path / "up").exists()
    assert not list((tmp_path / "other").iterdir())


def test_a_folder_holds_releases_as_the_hub_does(winnow, made, tmp_path):
    was, now, bucket = made(), made("keep.short=words <= 40", "edits=[]"), tmp_path / "bucket"
    assert "nothing was sent" in winnow("push", was, "--to", bucket).out and not bucket.exists()
    assert winnow("pull", bucket, "--out", tmp_path / "out", code=66)
    winnow("push", was, "--to", bucket, "--yes")
    assert "nothing to do" in winnow("push", was, "--to", f"file://{bucket}", "--yes").out
    said = json.loads(winnow("push", now, "--to", bucket, "--yes", "--json").out)
    assert said["rows"]["removed"] == diffing.diff(was, now)["change"].to_pylist().count("removed")
    (bucket / now.name / "manifest.json").unlink()  # as if it had broken off before the end
    assert json.loads(winnow("push", now, "--to", bucket, "--yes", "--json").out)["pushed"]
    latest = json.loads(winnow("pull", bucket, "--out", tmp_path / "out", "--json").out)["release"]
    older = json.loads(winnow("pull", bucket, "--revision", was.name[:8], "--out", tmp_path / "out", "--json").out)["release"]
    assert bytes_of(Path(latest)) == bytes_of(now) and bytes_of(Path(older)) == bytes_of(was)
    assert laws.verify(Path(older))


def test_a_dataset_of_the_hub_is_brought_and_audited_with_the_licence_of_its_card(hub, winnow, tmp_path):
    talks = "".join(json.dumps(chat(f"ask {n}", f"say {n} now")) + "\n" for n in range(5)).encode()
    card = b"---\nlicense: cc-by-nc-4.0\n---\n# Talks\n"
    hub.commit("owner/talks", {"README.md": card, "data/train.jsonl": talks}, private=False)
    told = json.loads(winnow("audit", "hf://datasets/owner/talks", "--out", tmp_path, "--json").out)
    assert (told["name"], told["records"], told["rows"]) == ("owner-talks", 5, 5)
    assert told["licence"]["release"] == "cc-by-nc-4.0" and told["licence"]["not_public"] == []
    assert (tmp_path / "owner-talks.audit.html").is_file()
    assert (hub.home / "winnow/raw/owner-talks/data/train.jsonl").read_bytes() == talks


def test_where_to_must_be_said_once(winnow, made):
    for words in ([], [REPO, "--to", "x"], ["--to", "x", "--tag", "y"], ["no-owner"], ["--to", "nope://x"]):
        assert winnow("push", made(), *words, code=64).err


def test_the_token_is_in_nothing_that_was_written(hub, winnow, made, tmp_path):
    """Runs last: over all that the tests of this file have printed and written, with the Hub's client at its most talkative."""
    release = made()
    winnow("push", release, REPO, "--yes")
    winnow("pull", REPO, "--out", tmp_path / "out")
    hub.faults[f"GET /api/datasets/{REPO}"] = 401
    winnow("push", release, REPO, "--json", code=77)
    assert f"Bearer {TOKEN}" in hub.tokens, "the Hub has seen it"
    files = [path for folder in (hub.home, tmp_path, release.parent) for path in folder.rglob("*") if path.is_file()]
    holding = [path for path in files if TOKEN.encode() in path.read_bytes()]
    assert holding == [hub.home / "hf" / "token"] and TOKEN not in "".join(hub.said)
    stored = [data for repo in hub.repos.values() for files in repo["commits"] for data in files.values()]
    assert (
        stored and TOKEN.encode() not in b"".join(stored) and hashlib.sha256(TOKEN.encode()).hexdigest() not in "".join(hub.said)
    )
