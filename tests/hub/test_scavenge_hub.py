"""hf://datasets/... with the real Hub client against a Hub on the loopback interface: pinned, checked, gated, taken up again."""

import gzip
import hashlib
import json
import signal
import subprocess
import sys
import time

import pytest

from tests.hub.loopback import Hub, environment
from tests.sources.loopback_web import Page, Web

REPO = "owner/talks"
TOKEN = "hf_" + "canary" * 6
BODY = b"".join(b'{"n": %d}\n' % n for n in range(200_000))
CARD = b"---\nlicense: MIT\ntags: [chat]\n---\n# Talks\n"
FILES = {
    "README.md": CARD,
    ".gitattributes": b"*.gz filter=lfs\n",
    "data/train.jsonl.gz": gzip.compress(BODY, mtime=0),
    "data/small.jsonl": b'{"a": 1}\n',
    "pic.png": b"p",
}

WORKER = """
import json, os, sys
from pathlib import Path
from types import SimpleNamespace
from schemas.faults import Fault
from sources.scavenge import distinct, fetch, look, standing

def brought(url, path, data, license, fetching):
    wanted = distinct(look("s", url, SimpleNamespace(path=path, sha256=None, license=license), Path(data)))
    got = [(each.name, standing(each) or (fetch(each) if fetching else None)) for each in wanted]
    return {name: done and vars(done.note) | {"new": done.new} for name, done in got}

for line in sys.stdin:
    token, *args = json.loads(line)
    os.environ.pop("HF_TOKEN", None)
    if token:
        os.environ["HF_TOKEN"] = token
    try:
        answer = brought(*args)
    except Fault as fault:
        answer = {"fault": type(fault).__name__, "code": fault.code, "said": str(fault)}
    print("TOLD" + json.dumps(answer), flush=True)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One Hub, and one interpreter whose client speaks to it: the client reads its endpoint when it is imported."""
    with Hub() as found:
        home = tmp_path_factory.mktemp("home")
        args = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": home}
        with subprocess.Popen([sys.executable, "-c", WORKER], env=environment(found.url, home), **args) as found.worker:
            yield found
            found.worker.stdin.close()


@pytest.fixture
def hub(server):
    for state in (server.repos, server.faults, server.hooks, server.log):
        state.clear()
    server.commit(REPO, FILES, private=False)
    server.repos[REPO]["commits"].pop(0)
    return server


@pytest.fixture
def ask(hub, tmp_path):
    def asked(url=f"hf://datasets/{REPO}", path="raw", license="unknown", token=None, fetching=True):
        hub.worker.stdin.write(json.dumps([token, url, path, str(tmp_path), license, fetching]) + "\n")
        hub.worker.stdin.flush()
        noise = []
        while not (line := hub.worker.stdout.readline()).startswith("TOLD"):
            noise.append(line)
            assert line, "".join(noise)
        assert TOKEN not in line + "".join(noise) + "".join(
            each.read_text("latin-1") for each in tmp_path.rglob("*") if each.is_file()
        )
        return json.loads(line.removeprefix("TOLD"))

    return asked


def downloads(hub):
    return [line for line in hub.log if "/resolve/" in line]


def test_data_files_come_pinned_to_the_commit_with_the_licence_of_the_card(hub, ask, tmp_path):
    got = ask(license="unknown")
    assert sorted(got) == ["data/small.jsonl", "data/train.jsonl.gz"]
    whole = got["data/train.jsonl.gz"]
    assert (tmp_path / "raw/data/train.jsonl.gz").read_bytes() == FILES["data/train.jsonl.gz"]
    assert whole["revision"] == hub.sha(REPO) and whole["license"] == "mit" and whole["new"]
    assert whole["sha256"] == whole["etag"] == hashlib.sha256(FILES["data/train.jsonl.gz"]).hexdigest()
    assert whole["url"] == f"hf://datasets/{REPO}@{hub.sha(REPO)}/data/train.jsonl.gz"
    assert not [line for line in hub.log if "main/data" in line]


def test_nothing_new_asks_for_no_file_even_where_the_branch_moved(hub, ask, tmp_path):
    first = ask()
    hub.log.clear()
    hub.commit(REPO, {"README.md": CARD + b"more\n"})
    again = ask()
    assert not downloads(hub) and not any(each["new"] for each in again.values())
    assert [each["revision"] for each in again.values()] == [hub.sha(REPO)] * 2 != [each["revision"] for each in first.values()]
    hub.commit(REPO, {"data/small.jsonl": b'{"a": 2}\n'})
    assert {name: each["new"] for name, each in ask().items()} == {"data/small.jsonl": True, "data/train.jsonl.gz": False}


@pytest.mark.parametrize(
    "url, path, found",
    [
        (f"hf://datasets/{REPO}/data", "raw", ["small.jsonl", "train.jsonl.gz"]),
        (f"hf://datasets/{REPO}/data/*.gz", "raw/*.jsonl.gz", ["train.jsonl.gz"]),
        (f"hf://datasets/{REPO}/**/*.jsonl", "raw", ["data/small.jsonl"]),
        (f"hf://datasets/{REPO}/data/small.jsonl", "raw/mine.jsonl", ["mine.jsonl"]),
        (f"hf://datasets/{REPO}", "raw/**/*.gz", ["data/train.jsonl.gz"]),
        (f"hf://datasets/{REPO}@v1", "raw/old.jsonl", ["old.jsonl"]),
    ],
)
def test_a_part_of_a_repository(hub, ask, url, path, found):
    hub.repos[REPO]["commits"].insert(0, {"old.jsonl": b"{}\n"})
    hub.repos[REPO]["tags"]["v1"] = hub.sha(REPO, 0)
    assert sorted(ask(url, path)) == found


@pytest.mark.parametrize(
    "url, code, told",
    [
        ("hf://datasets/owner/none", 66, "there is no dataset owner/none"),
        (f"hf://datasets/{REPO}@nope", 66, "no such revision"),
        (f"hf://datasets/{REPO}/nope", 66, "no file"),
        (f"hf://{REPO}", 64, "only datasets"),
        ("hf://datasets/squad", 64, "hf://datasets/OWNER/NAME"),
        (f"hf://datasets/{REPO}?token={TOKEN}", 64, "hf://datasets/OWNER/NAME"),
        (f"hf://datasets/{REPO}/../../x", 66, "no file"),
    ],
)
def test_addresses_that_lead_nowhere(ask, url, code, told):
    said = ask(url)
    assert said["code"] == code and told in said["said"]


def test_a_private_repository_needs_the_token_at_the_time_of_the_call(hub, ask):
    hub.repos[REPO] |= {"private": True, "token": TOKEN}
    for token in (None, "hf_wrong" * 4):
        said = ask(token=token)
        assert said["code"] == 77 and "HF_TOKEN" in said["said"] and f"{hub.url}/datasets/{REPO}" in said["said"]
    assert len(ask(token=TOKEN)) == 2


def test_a_gated_repository_says_where_to_accept_its_terms(hub, ask, tmp_path):
    hub.repos[REPO] |= {"gated": "manual", "token": TOKEN}
    said = ask()
    assert said["code"] == 77 and f"accept its terms at {hub.url}/datasets/{REPO}" in said["said"] and "HF_TOKEN" in said["said"]
    assert not downloads(hub), "nothing is tried without a token"
    said = ask(token="hf_other" * 4)
    assert said["code"] == 77 and f"accept its terms at {hub.url}/datasets/{REPO}" in said["said"]
    assert len(ask(token=TOKEN)) == 2


@pytest.mark.parametrize("when", [f"GET /api/datasets/{REPO}/tree", f"GET /datasets/{REPO}/resolve"])
def test_a_branch_that_moves_in_between_changes_nothing(hub, ask, tmp_path, when):
    commit = hub.sha(REPO)
    hub.hooks[when] = lambda: hub.commit(REPO, {"data/small.jsonl": b'{"a": 666}\n'})
    assert {each["revision"] for each in ask().values()} == {commit}
    assert (tmp_path / "raw/data/small.jsonl").read_bytes() == FILES["data/small.jsonl"] and commit != hub.sha(REPO)


@pytest.mark.parametrize("name", ["data/small.jsonl", "data/train.jsonl.gz"])
def test_bytes_that_are_not_those_of_the_commit_never_get_the_name(hub, ask, tmp_path, name):
    body = FILES[name][:-2] + b"!\n"
    with Web() as cdn:
        cdn.pages["/" + hashlib.sha256(FILES[name]).hexdigest()] = Page(body)
        if name.endswith(".gz"):
            hub.repos[REPO]["cdn"] = cdn.url
        else:

            def swap():
                hub.repos[REPO]["commits"][-1] = FILES | {name: body}

            hub.hooks[f"GET /datasets/{REPO}/resolve"] = swap
            sha = hub.sha(REPO)
            hub.sha = lambda repo, at=-1: sha  # the same commit, other bytes
        said = ask(path=f"raw/**/{name.rpartition('/')[2]}")
        vars(hub).pop("sha", None)
    assert said["code"] == 74 and "the Hub says" in said["said"]
    assert not (tmp_path / "raw" / name).exists()


@pytest.mark.parametrize("name", ["../up.jsonl", "/abs.jsonl", "a\0b.jsonl", "c:\\x.jsonl"])
def test_hostile_names_stop_everything(hub, ask, tmp_path, name):
    hub.commit(REPO, {name: b"{}\n"})
    said = ask()
    assert said["code"] == 65 and "nothing was brought" in said["said"]
    assert not downloads(hub) and not list(tmp_path.rglob("*.jsonl"))


def test_names_that_differ_in_case_alone_are_refused(hub, ask):
    hub.commit(REPO, {"data/Small.jsonl": b"{}\n"})
    said = ask()
    assert said["code"] == 64 and "Small.jsonl" in said["said"] and not downloads(hub)


@pytest.mark.parametrize(
    "card, license",
    [
        (b"---\nlicense: [cc-by-4.0, MIT]\n---\n", "cc-by-4.0 and mit"),
        (b"---\nlicense: other\nlicense_name: llama3\n---\n", "llama3"),
        (b"---\ntags: [a]\n---\n", "apache-2.0"),
        (b"no card", "apache-2.0"),
        (b"---\nlicense: {a: 1}\n---\n", "apache-2.0"),
    ],
)
def test_the_licence_is_the_cards_or_else_the_recipes(hub, ask, card, license):
    hub.commit(REPO, {"README.md": card})
    assert {each["license"] for each in ask(license="apache-2.0").values()} == {license}


def test_a_hub_that_fails_is_a_network_fault(hub, ask):
    hub.faults[f"GET /datasets/{REPO}/resolve"] = 503
    assert ask()["code"] == 74
    assert len(ask()) == 2


def test_a_killed_download_goes_on_from_the_cdn_without_the_token(hub, ask, tmp_path):
    body, name = FILES["data/train.jsonl.gz"], "data/train.jsonl.gz"
    hub.repos[REPO] |= {"gated": "auto", "token": TOKEN}
    draft = tmp_path / "raw/data/.train.jsonl.gz.part"
    with Web() as cdn:
        cdn.pages["/" + hashlib.sha256(body).hexdigest()] = page = Page(body, pause=0.1)
        hub.repos[REPO]["cdn"] = cdn.url
        line = json.dumps([TOKEN, f"hf://datasets/{REPO}", "raw/**/*.gz", str(tmp_path), "unknown", True])
        args = {"stdin": subprocess.PIPE, "env": environment(hub.url, tmp_path), "text": True}
        with subprocess.Popen([sys.executable, "-c", WORKER], **args) as process:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            deadline = time.monotonic() + 60
            while not (draft.is_file() and draft.stat().st_size):
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
        there, page.pause = draft.stat().st_size, 0.0
        hub.commit(REPO, {"README.md": CARD + b"moved\n"})  # another commit, the same file
        assert 0 < there < len(body) and ask(path="raw/**/*.gz", token=TOKEN)[name]["new"]
        assert cdn.asked() == [None, f"bytes={there}-"]
        assert not [headers for _, _, headers in cdn.log if "authorization" in headers]
    assert (tmp_path / "raw" / name).read_bytes() == body
