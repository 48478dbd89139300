"""Gates: each is open on a sound release, and shut by the one thing it looks for."""

import hashlib
import json
import shutil

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports import folders, leaving
from filters.edits import redact
from flows import gates, laws, plan, publishing, store
from schemas import parquet
from schemas import recipe as recipes
from schemas.faults import DataFault, UsageFault
from schemas.ledger import BENCHMARKS, CONTAMINATION, LEDGER

NAMES = [
    "files",
    "schema",
    "conservation",
    "licence",
    "secrets",
    "personal data",
    "contamination",
    "expected counts",
    "minimum rows",
]
MAIL = "jane.roe@corp-mail.nl"


@pytest.fixture
def release(demo, tmp_path):
    """A copy of the demo's release, to spoil."""
    shutil.copytree(demo[1], tmp_path / "release")
    return tmp_path / "release"


def shut(release, *, public=False):
    found = gates.look(release, public=public)
    assert [gate.name for gate in found] == NAMES
    return {gate.name: gate.told for gate in found if not gate.open}


def seal(release, **facts):
    """A manifest that says what the files are now."""
    path = release / "manifest.json"
    said = json.loads(path.read_text()) | facts
    said["files"] = {
        name: hashlib.sha256((release / name).read_bytes()).hexdigest() for name in said["files"] if (release / name).is_file()
    }
    path.write_text(json.dumps(said))


def change_recipe(release, *changes):
    path = release / "recipe.yaml"
    path.write_text(recipes.to_yaml(recipes.override(recipes.load(path), changes)))
    seal(release)


def plant(release, text):
    """Put a text into the first answer of sft."""
    file = release / "sft/train-00000-of-00001.parquet"
    table = pq.read_table(file)
    rows = table.to_pylist()
    rows[0]["messages"][-1]["content"] = text
    parquet.write(pa.Table.from_pylist(rows, table.schema), file, table.schema)
    seal(release)
    return rows[0]["id"]


def test_a_sound_release_may_leave_in_public(release):
    assert shut(release, public=True) == {}


def test_files(release):
    (release / "recipe.yaml").write_text((release / "recipe.yaml").read_text() + "\n")
    assert "recipe.yaml" in shut(release)["files"]
    assert "1 of 9 gates are shut\nfiles: " in gates.refusal(gates.look(release, public=False))
    (release / "sft/train-00000-of-00001.parquet").write_bytes(b"no parquet")
    told = shut(release)
    assert list(told) == NAMES, "what cannot be read is not sound"
    with pytest.raises(publishing.Shut) as barred:
        publishing.to_store(release, str(release.parent / "there"), private=True)
    assert "recipe.yaml was changed" in barred.value.offer.gates[0].told
    assert not (release.parent / "there").exists()


def test_files_are_hashed_once_for_a_folder(release, monkeypatch):
    hashed = []
    whole = leaving.sha256
    monkeypatch.setattr(leaving, "sha256", lambda path: hashed.append(path) or whole(path))
    monkeypatch.setattr(store, "sha256", lambda path: hashed.append(path) or whole(path))
    offer, (facts, files) = publishing.to_store(release, str(release.parent / "there"), private=True)
    assert offer.open and len(hashed) == len(set(hashed)) == len(facts["files"])
    assert folders.put(facts, files, str(release.parent / "there")) and len(hashed) == len(facts["files"])


def test_tasks_of_one_benchmark_are_one(release):
    named = pl.read_parquet(release / "benchmarks.parquet")
    tasks = pl.concat([named, *(named.head(1).with_columns(benchmark=pl.lit(f"bbh-task_{at}")) for at in range(27))])
    parquet.write(tasks.to_arrow().cast(BENCHMARKS), release / "benchmarks.parquet", BENCHMARKS)
    seal(release)
    told = {gate.name: gate.told for gate in gates.look(release, public=False)}["contamination"]
    assert f"an item of {named['benchmark'].n_unique() + 1} benchmarks" in told


def test_schema_and_counts_of_the_manifest(release):
    seal(release, counts={"sft": {"train": 7}})
    assert "and the manifest says 7" in shut(release)["schema"]


def test_conservation(release):
    lines = pq.read_table(release / "ledger.parquet")
    parquet.write(lines.slice(1), release / "ledger.parquet", LEDGER)
    seal(release)
    assert shut(release).keys() == {"conservation"}


def test_licence(release):
    change_recipe(release, "license=mit", "sources.hh.license=unknown")
    assert shut(release) == {}
    open_ = {gate.name: gate.told for gate in gates.look(release, public=False)}["licence"]
    assert open_.startswith("mit, which none of 9 sources forbids; enough while it is private, in public it is shut: no known")
    assert "1 of 9 sources (hh)" in shut(release, public=True)["licence"]
    change_recipe(release, "sources.hh.license=cc-by-nc-4.0")
    told = shut(release)["licence"]
    assert "hh (cc-by-nc-4.0) is non-commercial" in told and "write `license: cc-by-nc-4.0`" in told
    change_recipe(release, "license=unknown")
    assert shut(release) == {} and "for the release" in shut(release, public=True)["licence"]


@pytest.mark.parametrize("text", ["Use ghp_" + "a1B2c3D4e5F6" * 3, "```\nghp_" + "a1B2c3D4e5F6" * 3 + "\n```"])
def test_secrets_even_in_code(release, text):
    row = plant(release, text)
    told = shut(release)["secrets"]
    assert f"1 secrets (0 may leave), the first in sft, {row}" in told and "they are github 1:" in told and "ghp_" not in told


def test_personal_data_may_be_private_and_not_public(release):
    row = plant(release, f"Write to {MAIL}.")
    assert shut(release) == {}
    told = shut(release, public=True)["personal data"]
    assert "1 pieces" in told and f"the first in sft, {row}" in told and "redact" in told and MAIL not in told
    plant(release, f"```\nmail {MAIL}\n```")
    assert shut(release, public=True) == {}, "what redaction leaves alone is no hindrance"


def test_what_is_looked_for_is_what_redact_sees(release):
    """A line end that a text writes as two characters begins no line there, and so ends no code fence here."""
    inside = f"```python\nprint('\\n```\\n')\nmail = '{MAIL}'\n```"
    [(text, changes)] = redact.repair([{"role": "assistant", "content": inside}])
    assert (text, changes) == (inside, 0), "personal data in code stays"
    plant(release, inside)
    assert not shut(release, public=True)


def test_contamination(release):
    told = {gate.name: gate.told for gate in gates.look(release, public=False)}["contamination"]
    hits = pq.read_table(release / "contamination.parquet")
    held = len(set(hits["id"].to_pylist()))
    assert held and told.startswith(f"{held} rows hold an item of ") and told.endswith("and 0 of them were kept")
    kept = pq.read_table(release / "ledger.parquet", filters=[("fate", "=", "kept")])["id"][0].as_py()
    left = pa.Table.from_pylist([hits.to_pylist()[0] | {"id": kept}], CONTAMINATION)
    parquet.write(pa.concat_tables([hits, left]), release / "contamination.parquet", CONTAMINATION)
    seal(release)
    told = shut(release)["contamination"]
    assert f"{held + 1} rows hold" in told and "and 1 of them were kept (0 may)" in told
    change_recipe(release, "overlap.benchmarks=null")
    assert shut(release) == {}


def test_expected_counts_hold_for_verify_and_push(release):
    rows = laws.counted(release, "sft")
    for right in (rows, {"min": rows}, {"max": rows}, {"min": 1, "max": rows}):
        change_recipe(release, f"expect.sft={json.dumps(right)}")
        assert shut(release) == {} and laws.verify(release)
    for wrong, said in (
        (rows + 1, f"{rows + 1:,}"),
        ({"max": 3}, "at most 3"),
        ({"min": 900, "max": 950}, "at least 900 and at most 950"),
    ):
        change_recipe(release, f"expect.sft={json.dumps(wrong)}")
        told = shut(release)["expected counts"]
        assert f"sft has {rows:,} rows, and the recipe expects {said}" in told and "expect.sft" in told
        with pytest.raises(DataFault, match="the recipe expects"):
            laws.verify(release)


def test_expected_counts_stop_a_run_before_it_is_current(curated, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"instruction": "Say hi.", "output": "Hi!"}\n')
    (tmp_path / "r.yaml").write_text("name: r\nsources: {a: {path: a.jsonl}}\nexports: {sft: {}}\nexpect: {sft: {min: 2}}\n")
    asked = recipes.load(tmp_path / "r.yaml")
    with pytest.raises(DataFault, match="sft has 1 rows, and the recipe expects at least 2"):
        curated(asked, tmp_path, tmp_path / "home")
    assert not (tmp_path / "home/releases/r/current").exists()
    assert curated(recipes.override(asked, ["expect.sft=1"]), tmp_path, tmp_path / "home")


@pytest.mark.parametrize(
    ("said", "words"),
    [("{}", "min: ..., max"), ("{min: 3, max: 2}", "min is 3, and max only 2"), ("yes", "expect.sft"), ("-1", "expect.sft")],
)
def test_senseless_expectations(release, said, words):
    with pytest.raises(UsageFault) as fault:
        recipes.override(recipes.load(release / "recipe.yaml"), [f"expect.sft={said}"])
    assert words in str(fault.value)


def test_only_what_leaves_can_be_expected(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"instruction": "Say hi.", "output": "Hi!"}\n')
    (tmp_path / "r.yaml").write_text("name: r\nsources: {a: {path: a.jsonl}}\nexports: {sft: {}}\nexpect: {sfd: 2}\n")
    with pytest.raises(UsageFault, match=r"'sfd' does not leave.*sft"):
        plan.make(recipes.load(tmp_path / "r.yaml"), tmp_path)


def test_an_export_in_json_lines_is_read_as_well(release):
    (release / "openai").mkdir()
    secret, mail = "ghp_" + "a1B2c3D4e5F6" * 3, f"Write to {MAIL}."
    lines = [{"messages": [{"role": "user", "content": text}]} for text in ("Hi", secret, mail)]
    (release / "openai/train-00000-of-00001.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = gates.scan(release)
    assert found == (1, "openai, train-00000-of-00001.jsonl line 2", "github 1", 1, "openai, train-00000-of-00001.jsonl line 3")


def test_an_empty_export_does_not_leave(release):
    file = release / "preference/train-00000-of-00001.parquet"
    schema = pq.read_schema(file)
    for path in release.glob("preference/*.parquet"):
        parquet.write(schema.empty_table(), path, schema)
    seal(release, counts=json.loads((release / "manifest.json").read_text())["counts"] | {"preference": {"train": 0, "test": 0}})
    told = shut(release)
    assert "preference 0; each export needs at least 1" in told["minimum rows"]
