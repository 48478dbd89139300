"""Secrets of every kind go into a run in every place that a record has: no byte of the release or of the report holds one."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.planted import texts
from flows import gates, reporting
from flows.places import Places
from schemas import recipe as recipes

RECIPE = """\
name: canary
sources: {any: {path: "any/*", license: cc0-1.0}}
edits: [redact]
keep: {short: words < 300}
overlap:
  near: {key: conversation, similarity: 0.6, shingle: 2, short: 0, prefer: [words DESC]}
  benchmarks: {against: bench.jsonl, similar: 0.5}
exports: {sft: {}, preference: {}, openai: {}}
limits: off
"""
PLANTED = [each for each in texts.secrets(11) if each.kind][::17]
CANARIES = [(each.kind, each.text[each.start : each.end]) for each in PLANTED]


def records(number: int, text: str) -> list[dict]:
    """One secret as a question, an answer, a system prompt, a thought, an argument of a tool, a field, in twins and in a pair."""
    ask, say = f"Question {number} of the harbour: {text}", f"Answer {number} says of the ship that {text} sails north."
    call = {"id": "c", "type": "function", "function": {"name": "send", "arguments": json.dumps({"what": text})}}
    talk = [{"role": "system", "content": f"You know {text}"}, {"role": "user", "content": ask}]
    answer = {"role": "assistant", "content": say}
    return [
        {"messages": [*talk, answer | {"reasoning_content": text}], "note": text},
        {"messages": [*talk, answer | {"content": say + " And on."}]},
        {"messages": [*talk, answer | {"tool_calls": [call]}, {"role": "tool", "tool_call_id": "c", "content": text}, answer]},
        {"messages": [*talk[1:], answer | {"content": f"{text} word " * 200}]},
        {"messages": talk},
        {"prompt": f"Which? {ask}", "chosen": f"The better {number}: {text}", "rejected": f"The worse, number {number}, {text}."},
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with `data`."""
    folder = tmp_path_factory.mktemp("canary")
    (folder / "data" / "any").mkdir(parents=True)
    for at in range(6):
        lines = [json.dumps(records(number, each.text)[at]) for number, each in enumerate(PLANTED)]
        broken = [line[: len(line) - 9] for line in lines[::5]]
        (folder / "data" / "any" / f"part{at}.jsonl").write_text("\n".join([*lines, *broken]) + "\n", "utf-8")
    asked = [{"question": f"Which? Question {number} of the harbour: {each.text}"} for number, each in enumerate(PLANTED[:2])]
    (folder / "data" / "bench.jsonl").write_text("\n".join(map(json.dumps, asked)) + "\n", "utf-8")
    return folder


def made(curated, folder: Path, recipe: str) -> Path:
    (folder / "recipe.yaml").write_text(recipe, "utf-8")
    return curated(recipes.load(folder / "recipe.yaml"), folder / "data", folder / "home", charts=True)


def held(folder: Path) -> dict[str, bytes]:
    """Each file's bytes; of Parquet also every value, for pages are compressed, and what was escaped."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        data = path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            data += json.dumps(table.to_pylist(), default=str, ensure_ascii=False).encode() + str(table.schema.metadata).encode()
        found[path.name] = data
    return found


def leaks(data: bytes) -> list[str]:
    """Kinds of which a part of 16 characters is there, as it is or escaped; lines of a PEM key are looked for one by one."""
    text = data.decode("utf-8", "replace")
    return sorted({kind for kind, secret in CANARIES for part in parts(secret) if part in text})


def parts(secret: str) -> list[str]:
    lines = [line for line in secret.replace("\\n", "\n").splitlines() if line and not line.startswith("-----")]
    return [line[at : at + 16] for line in lines for at in range(0, max(1, len(line) - 15), 16) if len(line) >= 16]


def test_the_search_finds_what_is_there(folder):
    raw = b"".join(path.read_bytes() for path in (folder / "data" / "any").iterdir())
    assert len(leaks(raw)) > 20


def test_no_byte_of_a_redacted_release_holds_a_secret(curated, folder):
    release = made(curated, folder, RECIPE)
    files = held(release)
    assert {"report.html", "ledger.parquet", "manifest.json", "README.md", "edits.parquet"} <= files.keys()
    ledger = pq.read_table(release / "ledger.parquet", columns=["stage"])["stage"].to_pylist()
    assert {"read", "keep", "overlap"} <= set(ledger)
    assert {name: leaks(data) for name, data in files.items() if leaks(data)} == {}
    assert all(gate.open for gate in gates.look(release, public=False) if gate.name == "secrets")


def test_what_was_not_redacted_stays_here_and_is_told_by_kind_and_place(curated, folder):
    release = made(curated, folder, RECIPE.replace("edits: [redact]", "edits: []"))
    found = gates.look(release, public=False)
    told = next(gate.told for gate in found if gate.name == "secrets")
    refusal = gates.refusal(found)
    assert "gates are shut" in refusal
    pages = reporting.made(Places(folder / "home"), release, "all", "kept")
    assert "[SECRET: github]" in pages[0]
    assert {kind for kind, _ in CANARIES if f" {kind} " not in told} == set()
    assert "any/part" in told
    for said in (told, refusal, *pages, *(held(release)[name].decode() for name in ("report.html", "README.md"))):
        assert leaks(said.encode()) == []
