"""The real Hub client and the real `datasets` against a Hub on the loopback interface."""

import hashlib
import json
import random
import subprocess
import sys
import time

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports import hub_state, preference, sft
from schemas import ledger, parquet
from tests.hub.loopback import Hub, environment

REPO = "tester/small"
OWN = {"HF_TOKEN": "hf_secretsecret", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
CODES = {"DataFault": 65, "UsageFault": 64, "MissingFault": 66, "StorageFault": 74, "BusyFault": 75, "DeniedFault": 77}

WORKER = """
import json, sys
from huggingface_hub import HfApi
from pathlib import Path
from exports import hub, hub_state, leaving
from schemas.faults import Fault

def look(release, repo, api):
    return hub.plan(Path(release), repo, hub_state.there(repo, api), *leaving.verified(Path(release)))

def told(release, repo, private, tag, before):
    api = HfApi()
    plan = look(release, repo, api)
    exec(before)
    found = {"add": plan.add, "change": plan.change, "delete": plan.delete, "same": plan.same, "nothing": plan.nothing}
    if private is not None:
        done = hub.push(plan, api, private=private, tag=tag)
        found |= {"commit": done.commit, "tag": done.tag, "new": done.new}
    return found

for line in sys.stdin:
    args = json.loads(line)
    try:
        answer = told(*args)
    except Fault as fault:
        answer = {"fault": type(fault).__name__, "code": fault.code, "said": str(fault)}
    print("TOLD" + json.dumps(answer), flush=True)
"""

LOAD = """
import json, sys
from datasets import load_dataset, load_dataset_builder
told = {}
def size(info):
    rows = {name: [each.num_bytes, each.num_examples] for name, each in info.splits.items()}
    return rows, info.download_size, info.dataset_size
for name in ("sft", "preference"):
    told[f"{name} said"] = size(load_dataset_builder(sys.argv[1], name).info)
    told[f"{name} found"] = size(load_dataset(sys.argv[1], name)["train"].info)
    told[name] = {split: list(rows) for split, rows in load_dataset(sys.argv[1], name).items()}
told["default"] = sorted(load_dataset(sys.argv[1]))
told["pinned"] = len(load_dataset(sys.argv[1], "sft", revision=sys.argv[2], split="train"))
print("TOLD" + json.dumps(told))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One Hub, and one interpreter whose client speaks to it: the client reads its endpoint when it is imported."""
    with Hub() as found:
        found.home = tmp_path_factory.mktemp("home")
        args = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": found.home}
        found.env = environment(found.url, found.home, **OWN)
        with subprocess.Popen([sys.executable, "-c", WORKER], env=found.env, **args) as found.worker:
            yield found
            found.worker.stdin.close()


@pytest.fixture
def release(tmp_path):
    return make(tmp_path / "release")


def message(role, content):
    return {"role": role, "content": content}


def conversation(at):
    return [message("user", f"What is {at} + 1? é🙂"), message("assistant", f"It is {at + 1}.")]


def make(folder, rows=30, fingerprint="f" * 32, **manifest):
    """A small release, written as a run writes one."""
    talks = [
        {"id": f"s/a#{at:09d}", "messages": conversation(at), "source": "s", "license": "mit", "words": 8} for at in range(rows)
    ]
    pair = {
        "prompt": [message("user", "Why?")],
        "chosen": [message("assistant", "So.")],
        "rejected": [message("assistant", "No.")],
    }
    pairs = [
        {"id": f"a{at}|b{at}", **pair, "score_margin": 1.0, "margin_by": "rank", "source": "s", "license": "mit"}
        for at in range(4)
    ]
    parquet.write(pa.Table.from_pylist(talks[2:], sft.SCHEMA), folder / "sft/train-00000-of-00001.parquet", sft.SCHEMA)
    parquet.write(pa.Table.from_pylist(talks[:2], sft.SCHEMA), folder / "sft/test-00000-of-00001.parquet", sft.SCHEMA)
    parquet.write(
        pa.Table.from_pylist(pairs, preference.schema(set())),
        folder / "preference/train-00000-of-00001.parquet",
        preference.schema(set()),
    )
    funnel = [{"source": "s", "stage": "keep", "reason": "refusal", "rows": 3, "words": 30}]
    parquet.write(pa.Table.from_pylist(funnel, ledger.FUNNEL), folder / "funnel.parquet", ledger.FUNNEL)
    recipe = "name: small\nsources: {s: {path: s.jsonl, license: mit}}\nexports: {sft: {}, preference: {}}\n"
    (folder / "recipe.yaml").write_text(recipe)
    files = {str(path.relative_to(folder)): sha(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    counts = {"sft": {"train": rows - 2, "test": 2}, "preference": {"train": 4, "test": 0}}
    sources = {"s": {"license": "mit", "files": 1, "records": rows + 3, "rows": rows + 3}}
    said = {"name": "small", "fingerprint": fingerprint, "license": "mit", "counts": counts, "sources": sources, "files": files}
    (folder / "manifest.json").write_text(json.dumps(said | manifest))
    return folder


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def ask(hub, *args):
    """What the worker answers; nothing it says may hold the token."""
    hub.worker.stdin.write(json.dumps(args) + "\n")
    hub.worker.stdin.flush()
    said = []
    while not (line := hub.worker.stdout.readline()).startswith("TOLD"):
        assert line, "".join(said)
        said.append(line)
    assert "hf_secret" not in "".join([*said, line])
    return json.loads(line[4:])


def push(hub, release, private=True, tag=None, before=""):
    return ask(hub, str(release), REPO, private, tag, before)


def load(hub, *args):
    """What `datasets` reads, in an interpreter of its own."""
    how = {"env": hub.env, "cwd": hub.home, "capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run([sys.executable, "-c", LOAD, *args], check=False, **how)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.split("TOLD")[1])


def plan(hub, release):
    return push(hub, release, private=None)


def test_a_plan_sends_nothing(hub, release):
    told = plan(hub, release)
    assert told["add"] == sorted([*json.loads((release / "manifest.json").read_text())["files"], "README.md", "manifest.json"])
    assert hub.repos == {} and all(line.startswith("GET") for line in hub.log)


def test_a_push_is_one_commit_and_loads_back(hub, release):
    (release / "private-notes.txt").write_text("not in the manifest")
    told = push(hub, release)
    assert told["new"] and hub.repos[REPO]["tags"] == {"f" * 12: told["commit"]}
    assert len(hub.repos[REPO]["commits"]) == 2 and hub.repos[REPO]["private"]
    assert "private-notes.txt" not in hub.files(REPO)
    loaded = load(hub, REPO, "f" * 12)
    assert {name: {split: len(rows) for split, rows in loaded[name].items()} for name in ("sft", "preference")} == {
        "sft": {"train": 28, "test": 2},
        "preference": {"train": 4},
    }
    assert loaded["default"] == ["test", "train"] and loaded["pinned"] == 28
    for split in ("train", "test"):
        path = release / f"sft/{split}-00000-of-00001.parquet"
        wanted = pq.read_table(path).to_pylist()
        assert loaded["sft"][split] == wanted
        assert pl.read_parquet(path).to_dicts() == wanted
        assert duckdb.sql(f"select id, messages from '{path}'").fetchall() == [(row["id"], row["messages"]) for row in wanted]
    for name in ("sft", "preference"):
        assert loaded[f"{name} said"] == loaded[f"{name} found"], "sizes in the card are those that the client finds"
    assert {split: rows for split, (_, rows) in loaded["sft said"][0].items()} == {"train": 28, "test": 2}
    assert loaded["preference"]["train"][0]["chosen"] == [message("assistant", "So.")]


def test_a_second_push_does_nothing_and_the_next_release_takes_stale_files_away(hub, release, tmp_path):
    push(hub, release)
    again = push(hub, release)
    assert again["nothing"] and not again["new"] and len(hub.repos[REPO]["commits"]) == 2
    hub.commit(REPO, {"README.md": b"mine now", "LICENSE": b"by hand", "sft/train-00007-of-00009.parquet": b"PAR1"})
    newer = make(tmp_path / "newer", rows=12, fingerprint="e" * 32)
    (newer / "recipe.yaml").unlink()
    manifest = json.loads((newer / "manifest.json").read_text())
    del manifest["files"]["recipe.yaml"]
    (newer / "manifest.json").write_text(json.dumps(manifest))
    told = push(hub, newer)
    assert told["delete"] == ["recipe.yaml", "sft/train-00007-of-00009.parquet"]
    assert {"README.md", "manifest.json", "sft/train-00000-of-00001.parquet"} <= set(told["change"])
    assert "preference/train-00000-of-00001.parquet" in told["same"]
    files = hub.files(REPO)
    assert files["LICENSE"] == b"by hand" and "recipe.yaml" not in files and "sft/train-00007-of-00009.parquet" not in files
    assert files["sft/train-00000-of-00001.parquet"] == (newer / "sft/train-00000-of-00001.parquet").read_bytes()
    assert list(hub.repos[REPO]["tags"]) == ["f" * 12, "e" * 12]


def test_a_lost_tag_is_made_up_for(hub, release):
    hub.faults[f"POST /api/datasets/{REPO}/tag"] = 400
    assert push(hub, release)["code"] == 65
    assert len(hub.repos[REPO]["commits"]) == 2 and not hub.repos[REPO]["tags"]
    told = push(hub, release)
    assert not told["new"] and hub.repos[REPO]["tags"] == {"f" * 12: told["commit"]}


@pytest.mark.parametrize("status", [None, 503, 412])
@pytest.mark.parametrize("what", ["commit", "tag"])
def test_a_lost_answer_publishes_nothing_twice(hub, release, what, status):
    hub.lost[f"POST /api/datasets/{REPO}/{what}"] = status
    told = push(hub, release)
    assert told["new"] and told["commit"] == hub.sha(REPO) and len(hub.repos[REPO]["commits"]) == 2
    assert hub.repos[REPO]["tags"] == {"f" * 12: told["commit"]}
    assert not push(hub, release)["new"] and len(hub.repos[REPO]["commits"]) == 2


def test_an_answer_that_never_comes_is_told_and_done_again(hub, release):
    hub.lost[f"POST /api/datasets/{REPO}/commit"] = None
    blind = "hub.look = hub._arrived; hub._arrived = lambda *_: setattr(hub, '_arrived', hub.look)"
    told = push(hub, release, before=blind)
    assert told["code"] == 74 and "nothing is published twice" in told["said"]
    again = push(hub, release)
    assert again["nothing"] and again["commit"] == hub.sha(REPO) and len(hub.repos[REPO]["commits"]) == 2


def test_a_repository_that_moved_is_not_overwritten(hub, release, tmp_path):
    push(hub, release)
    newer = make(tmp_path / "newer", rows=12, fingerprint="e" * 32)
    moved = f"api.upload_file(path_or_fileobj=b'hers', path_in_repo='hers.txt', repo_id={REPO!r}, repo_type='dataset')"
    told = push(hub, newer, before=moved)
    assert (told["fault"], told["code"]) == ("BusyFault", 75) and "412" in told["said"]
    assert "hers.txt" in hub.files(REPO) and len(hub.repos[REPO]["tags"]) == 1
    assert push(hub, newer)["new"]


def test_a_repository_made_meanwhile_is_not_taken_over(hub, release):
    made = f"""
api.create_repo({REPO!r}, repo_type='dataset', private=True)
api.upload_file(path_or_fileobj=b'hers', path_in_repo='hers.txt', repo_id={REPO!r}, repo_type='dataset')"""
    assert push(hub, release, before=made)["code"] == 75
    assert "manifest.json" not in hub.files(REPO)


@pytest.mark.parametrize(
    ("where", "status", "code", "words"),
    [
        (f"GET /api/datasets/{REPO}", 401, 77, "hf auth login"),
        (f"GET /api/datasets/{REPO}", 403, 77, "a token that may do that"),
        ("POST /api/repos/create", 403, 77, "a token that may do that"),
        (f"POST /api/datasets/{REPO}/commit", 409, 75, "push again"),
        (f"POST /api/datasets/{REPO}/commit", 412, 75, "`winnow push` without --yes, then push again"),
        (f"POST /api/datasets/{REPO}/commit", 404, 66, "check the name"),
        (f"POST /api/datasets/{REPO}/commit", 429, 74, "too many requests"),
        (f"POST /api/datasets/{REPO}/commit", 503, 74, "try again"),
        (f"POST /api/datasets/{REPO}/commit", 400, 65, "refused"),
    ],
)
def test_what_the_hub_says_becomes_an_exit_code(hub, release, where, status, code, words):
    hub.faults[where] = status
    told = push(hub, release)
    assert told["code"] == CODES[told["fault"]] == code and str(status) in told["said"] and words in told["said"]
    assert "manifest.json" not in (hub.files(REPO) if hub.repos else {})


def test_no_network_is_storage(hub, release):
    gone = "api.endpoint = 'http://127.0.0.1:9'; plan = look(release, repo, api)"
    told = push(hub, release, before=gone)
    assert told["code"] == 74 and "cannot be reached" in told["said"]


def test_a_hub_that_is_silent_is_not_waited_for_and_finished_later(hub, release):
    hub.hooks[f"POST /api/datasets/{REPO}/commit"] = lambda: time.sleep(4)
    told = push(hub, release, before="api = hub_state.client(2)")
    assert told["code"] == 74 and "did not answer in time" in told["said"] and "nothing is published twice" in told["said"]
    deadline = time.monotonic() + 60
    while len(hub.repos[REPO]["commits"]) < 2:
        assert time.monotonic() < deadline, "the commit that was given up never arrived"
        time.sleep(0.1)
    again = push(hub, release, before="api = hub_state.client()")
    assert again["nothing"] and again["commit"] == hub.sha(REPO) and hub.repos[REPO]["tags"] == {"f" * 12: again["commit"]}


def test_the_client_waits_for_minutes_and_not_for_ever():
    from huggingface_hub import get_session

    hub_state.client()
    assert 60 <= get_session().timeout.read <= 600


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (lambda folder: (folder / "recipe.yaml").write_text("name: other\n"), 65, "was changed"),
        (lambda folder: (folder / "recipe.yaml").unlink(), 66, "not there"),
        (lambda folder: (folder / "manifest.json").unlink(), 66, "no manifest"),
        (lambda folder: respell(folder, files={"../secret": "0"}), 65, "may not leave"),
        (lambda folder: respell(folder, files={"/etc/passwd": "0"}), 65, "may not leave"),
        (lambda folder: respell(folder, files={"Quarantine/x.parquet": "0"}), 65, "quarantine"),
    ],
)
def test_a_release_that_is_not_sound_never_leaves(hub, release, spoil, code, words):
    spoil(release)
    told = push(hub, release)
    assert told["code"] == code and words in told["said"] and not hub.repos


def test_a_link_out_of_the_release_never_leaves(hub, release, tmp_path):
    (tmp_path / "key").write_text("secret")
    (release / "key").symlink_to(tmp_path / "key")
    respell(release, files={"key": sha(tmp_path / "key")})
    assert "leads out" in push(hub, release)["said"]


def test_public_only_when_said(hub, release):
    hub.commit(REPO, {"README.md": b""}, private=False)
    assert push(hub, release)["code"] == 64
    assert push(hub, release, private=False)["new"]


def test_a_taken_tag_is_not_moved(hub, release):
    hub.commit(REPO, {"x": b""})
    hub.repos[REPO]["tags"]["v1"] = hub.sha(REPO)
    assert push(hub, release, tag="v1")["code"] == 64 and "manifest.json" not in hub.files(REPO)
    assert push(hub, release, tag="v2")["tag"] == "v2"


def test_parquet_files_suit_the_hub(release):
    found = pq.ParquetFile(release / "sft/train-00000-of-00001.parquet").metadata
    column = found.row_group(0).column(0)
    assert column.has_offset_index and column.has_column_index and column.compression == "ZSTD"


def test_parquet_files_share_their_chunks_after_an_edit(tmp_path):
    """Content-defined chunking: one row put in front moves no page's content, so the Hub stores only what is new."""
    noise = random.Random(0)
    rows = [{"id": f"{at:06d}", "messages": [message("user", noise.randbytes(4000).hex())], "words": 1} for at in range(400)]
    pages = []
    for name, taken in (("a", rows), ("b", [rows[0] | {"id": "", "messages": conversation(0)}, *rows])):
        parquet.write(pa.Table.from_pylist(taken, sft.SCHEMA), tmp_path / name, sft.SCHEMA)
        pages.append(blocks((tmp_path / name).read_bytes()))
    assert len(pages[0] & pages[1]) / len(pages[0]) > 0.5


def blocks(data):
    """Blocks of 4 kB cut where the bytes say so (a rolling sum), as a store with content-defined chunks would cut."""
    cut, found, start = 0, set(), 0
    for at in range(64, len(data)):
        cut = (cut * 2 + data[at]) & 0xFFFFFFFF
        if cut & 0xFFF == 0 and at - start > 256:
            found.add(data[start:at])
            start = at
    return found


def respell(folder, **changes):
    """Change the manifest; `files` is added to."""
    path = folder / "manifest.json"
    said = json.loads(path.read_text())
    changes["files"] = said["files"] | changes.get("files", {})
    path.write_text(json.dumps(said | changes))
