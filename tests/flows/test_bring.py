"""`winnow scavenge` as people run it: a real Prefect server, a kill in the middle, licences told, no secret anywhere."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows import bringing
from flows.places import ROOT
from schemas import recipe as recipes
from schemas.addresses import clean, public
from sources import scavenge
from sources.notes import Note
from sources.scavenge import Fetched
from tests.sources.loopback_web import Page, Web

BODY = b"".join(b'{"n": %d}\n' % n for n in range(200_000))
WINNOW = [sys.executable, "-c", "from flows.commands import main; main()"]
SECRETS = ["pa55w0rd", "s3cr3tt0k3n"]


def written(folder: Path, web: Web) -> Path:
    host = web.url.replace("http://", f"http://me:{SECRETS[0]}@")
    (folder / "b.jsonl").write_bytes(b'{"b": 1}\n')
    text = f"""
name: brought
sources:
  web: {{path: web, license: mit, from: ["{host}/a.jsonl?token={SECRETS[1]}", "{web.url}/c.jsonl"]}}
  here: {{path: here, from: {folder}/b.jsonl}}
exports: {{sft: {{}}}}
"""
    (folder / "recipe.yaml").write_text(text)
    return folder / "recipe.yaml"


def started(home: Path, *words: str, **more: str) -> subprocess.Popen:
    keep = {name: said for name, said in os.environ.items() if not name.startswith("PREFECT_") and "proxy" not in name.lower()}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    own = {"env": keep | {"WINNOW_HOME": str(home)} | more, "cwd": ROOT, "start_new_session": True}
    return subprocess.Popen([*WINNOW, "scavenge", *words], **own, **pipes)


def test_a_killed_run_goes_on_and_then_nothing_is_new_and_no_secret_is_left_anywhere(tmp_path) -> None:
    home = tmp_path / "home"
    with Web() as web:
        web.pages |= {"/a.jsonl": Page(BODY, pause=0.2), "/c.jsonl": Page(b'{"c": 1}\n', cuts=(3,))}  # Prefect tries again
        recipe, draft = written(tmp_path, web), home / "raw" / "web" / ".a.jsonl.part"
        with started(home, str(recipe)) as killed:
            deadline = time.monotonic() + 90
            while not (draft.is_file() and draft.stat().st_size > 100_000 and (home / "raw" / "web" / "c.jsonl").is_file()):
                if time.monotonic() > deadline or killed.poll() is not None:
                    break
                time.sleep(0.05)
            os.killpg(killed.pid, signal.SIGKILL)  # with the server that it started, which holds the pipes
            told = killed.stdout.read() + killed.stderr.read()
        there, web.pages["/a.jsonl"].pause = draft.stat().st_size, 0.0
        assert 0 < there < len(BODY) and not (home / "raw" / "web" / "a.jsonl").exists()

        with started(home, str(recipe), "--json") as second:
            said, noise = second.communicate(timeout=200)
        assert second.returncode == 0 and noise == "", noise
        found = json.loads(said)
        assert (found["new"], found["unchanged"], found["bytes"]) == (1, 2, len(BODY) + 18)
        assert (home / "raw" / "web" / "a.jsonl").read_bytes() == BODY
        assert f"bytes={there}-" in web.asked() and "bytes=3-" in web.asked()

        asked = len(web.asked())
        with started(home, str(recipe), PYTHONPROFILEIMPORTTIME="1") as third:
            last, noise = third.communicate(timeout=100)
        assert third.returncode == 0 and last.startswith("nothing new: 0 new, 3 unchanged, 2.")
        assert len(web.asked()) == asked
        assert noise and all(line.startswith("import time:") for line in noise.splitlines()), "its imports, and nothing else"
        assert "prefect" not in noise, "Prefect is not loaded for nothing"
    told += said + last
    left = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file()) + told.encode()
    assert not [secret for secret in SECRETS if secret.encode() in left]
    assert b"fetch a.jsonl" in (home / "prefect" / "prefect.db").read_bytes(), "the task is known by its file's name"


def test_a_licence_that_differs_or_was_not_known_is_told() -> None:
    sources = {name: {"path": name, "license": said} for name, said in {"a": "mit", "b": "unknown", "c": "cc0-1.0"}.items()}
    recipe = recipes.Recipe.model_validate({"name": "x", "sources": sources, "exports": {"sft": {}}})
    done = [Fetched(name, Path(name), Note("u", "0" * 64, 1, license="cc0-1.0"), True) for name in "abc"]
    first, second = bringing.licenses(recipe, done)
    assert first.startswith("a:") and "cc0-1.0" in first and "mit" in first
    assert "write `license: cc0-1.0`" in second and second.startswith("b:")


def test_files_that_are_no_longer_at_their_address_are_told(tmp_path) -> None:
    there, data = tmp_path / "there", tmp_path / "data"
    there.mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        (there / name).write_text("{}\n")
    sources = {"s": {"path": "s", "from": str(there)}}
    recipe = recipes.Recipe.model_validate({"name": "x", "sources": sources, "exports": {"sft": {}}})
    for each in scavenge.look("s", str(there), recipe.sources["s"], data):
        scavenge.fetch(each)
    assert bringing.left(recipe, data, bringing.standing(recipe, data)) == []
    (there / "b.jsonl").unlink()
    [line] = bringing.left(recipe, data, bringing.standing(recipe, data))
    assert line.startswith("s: 1 files") and "b.jsonl" in line


def test_a_recipe_without_addresses_says_so(tmp_path, capsys) -> None:
    (tmp_path / "r.yaml").write_text("name: x\nsources: {a: {path: a}}\nexports: {sft: {}}\n")
    assert "nothing to bring" in bringing.bring(str(tmp_path / "r.yaml"), tmp_path, as_json=False, shown=False)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:pw@h/a.jsonl?id=3&token=abc#x", "https://h/a.jsonl?id=3&token=***"),
        ("https://h/a?X-Amz-Signature=00ff&X-Amz-Expires=60", "https://h/a?X-Amz-Signature=***&X-Amz-Expires=60"),
        ("https://h/a?file=train.jsonl&k=hf_abcdefgh", "https://h/a?file=train.jsonl&k=***"),
        ("s3://KEY:SECRET@bucket/a", "s3://bucket/a"),
        ("hf://datasets/A/b@main/x/*.json", "hf://datasets/A/b@main/x/*.json"),
        ("/mnt/a#b?c@d.json", "/mnt/a#b?c@d.json"),
        ("https://[::1", "[an address that cannot be read]"),
    ],
)
def test_addresses_are_shown_without_their_secrets(address, shown) -> None:
    assert public(address) == shown
    recipe = recipes.Recipe.model_validate(
        {"name": "x", "sources": {"a": {"path": "a", "from": address}}, "exports": {"sft": {}}}
    )
    assert recipe.sources["a"].urls == [address] and shown in recipes.as_json(recipe)
    assert recipe.model_dump(mode="json")["sources"]["a"]["urls"] == [shown]


def test_messages_of_libraries_are_cleaned() -> None:
    address = "https://me:pa%20ss@h/a?token=abc%2Fdef"
    said = clean(f"no {address}\nme pa ss abc/def abc%2Fdef hf_abcdefgh Bearer xyz", address)
    assert said == "no https://h/a?token=*** me *** *** *** *** ***"
