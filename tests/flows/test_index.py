"""Day by day: what yesterday's release kept is remembered, its near-duplicates are known today, and nothing is signed twice."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import winnow
from filters.overlap import index, signatures
from filters.overlap.index import Setting
from flows import commands, indexing, marking, plan, releases
from flows.places import Places
from schemas import recipe as recipes
from schemas.faults import DataFault, MissingFault, UsageFault

LONG = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron"
OTHER = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
THIRD = "red orange yellow green blue indigo violet black white grey brown pink purple cyan magenta"
NEAR = "near: {similarity: 0.7, short: 0, prefer: [words DESC]}"


def chat(*texts: str) -> dict:
    return {"conversations": [{"from": "human" if at % 2 == 0 else "gpt", "value": text} for at, text in enumerate(texts)]}


@pytest.fixture
def day(run, tmp_path):
    """day(source=[records], ..., overlap=rules) -> release; the dumps of earlier days stay where they are."""
    data = tmp_path / "data"
    data.mkdir()

    def made(overlap: str = f"{{{NEAR}}}", shard: int = 16 << 20, **sources: list[dict]):
        for name, records in sources.items():
            (data / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)))
        names = ", ".join(f"{file.stem}: {{path: {file.name}}}" for file in sorted(data.glob("*.jsonl")))
        text = f"name: daily\nsources: {{{names}}}\noverlap: {overlap}\nexports: {{sft: {{}}, preference: {{}}}}\nlimits: off\n"
        return run(text, data, shard)

    return made


def remember(out, *releases, asked=None):
    return indexing.make(list(releases), out, asked, threads=1)


def lines(release) -> dict[str, dict]:
    return {line["id"]: line for line in pq.read_table(release / "ledger.parquet").to_pylist()}


def kept(release) -> set[str]:
    return {name for name, line in lines(release).items() if line["fate"] == "kept"}


PUBLISHED = f"{{published: {{index: index.parquet}}, {NEAR}}}"
PAIR = {"prompt": "Say it", "chosen": THIRD, "rejected": "No."}
YESTERDAY = {"a": [chat("Hi", LONG), chat("Ho", OTHER), chat("Hi", LONG + " pi")], "p": [PAIR]}


def test_a_second_day(day, tmp_path) -> None:
    first = day(**YESTERDAY)
    assert kept(first) == {"a/a.jsonl#000000001", "a/a.jsonl#000000002", "p/p.jsonl#000000000.0", "p/p.jsonl#000000000.1"}
    told = remember(tmp_path / "data" / "index.parquet", first)
    assert (told.lines, told.new) == (4, True)
    better = chat("Hi", LONG + " pi rho sigma")  # preferred for its words, and yet it falls
    second = day(PUBLISHED, b=[better, chat("New", "Nothing like it was ever said."), chat("Say it", THIRD + " again")])
    assert kept(second) == kept(first) | {"b/b.jsonl#000000001"}
    fallen = {name: line for name, line in lines(second).items() if line["reason"] == "published"}
    assert {name: line["twin"] for name, line in fallen.items()} == {
        "a/a.jsonl#000000000": "a/a.jsonl#000000002",
        "b/b.jsonl#000000000": "a/a.jsonl#000000002",
        "b/b.jsonl#000000002": "p/p.jsonl#000000000.0",
    }
    assert fallen["b/b.jsonl#000000000"]["detail"] == (
        "the conversation shares 86% of its word groups with one that was published "
        "(from 70% on a row falls; what was published stays)"
    )
    third = remember(tmp_path / "data" / "index.parquet", second)
    assert third.lines == 5  # what both kept lies there once


def test_new_rows_may_win(day, tmp_path) -> None:
    first = day(**YESTERDAY)
    remember(tmp_path / "data" / "index.parquet", first)
    rules = f"{{published: {{index: index.parquet, wins: new}}, {NEAR}}}"
    second = day(
        rules, b=[chat("Hi", LONG + " pi"), chat("Say it", THIRD + " again"), chat("Hi", LONG + " pi rho sigma tau ypsilon")]
    )
    assert kept(second) == {"a/a.jsonl#000000001", "b/b.jsonl#000000001", "b/b.jsonl#000000002"}
    assert {line["reason"] for line in lines(second).values()} == {None, "near"}
    release = indexing.label(first)
    gone = [tuple(row.values()) for row in pq.read_table(second / "superseded.parquet").to_pylist()]
    assert [row[:3] for row in gone] == [
        ("a/a.jsonl#000000002", release, "b/b.jsonl#000000002"),
        ("p/p.jsonl#000000000.0", release, "b/b.jsonl#000000001"),
    ]


def test_the_same_id_with_another_text_is_another_row(day, tmp_path) -> None:
    remember(tmp_path / "data" / "index.parquet", first := day(a=[chat("Hi", LONG)]))
    line = lines(day(PUBLISHED, a=[chat("Hi", LONG + " pi")]))["a/a.jsonl#000000000"]
    assert (line["reason"], line["twin"]) == ("published", f"{indexing.label(first)}:a/a.jsonl#000000000")


def test_what_was_published_counts_towards_a_cap(day, tmp_path) -> None:
    cap = "two: {key: prompt, at_most: 2, prefer: [words DESC]}"
    remember(tmp_path / "data" / "index.parquet", day(f"{{{cap}}}", a=[chat("Hi", LONG), chat("Hi", OTHER)]))
    (tmp_path / "data" / "a.jsonl").unlink()
    second = day(f"{{published: {{index: index.parquet}}, {cap}}}", b=[chat("hi", THIRD + THIRD), chat("Ho", THIRD)])
    assert kept(second) == {"b/b.jsonl#000000001"}
    assert lines(second)["b/b.jsonl#000000000"]["reason"] == "two"


def test_only_new_shards_are_signed(day, tmp_path, monkeypatch) -> None:
    remember(tmp_path / "data" / "index.parquet", day(shard=1, **YESTERDAY))
    signed: list[str] = []
    sign = signatures.sign
    monkeypatch.setattr(
        signatures, "sign", lambda ids, *more, **how: (signed.extend(ids.to_pylist()), sign(ids, *more, **how))[1]
    )
    day(PUBLISHED, shard=1, b=[chat("New", THIRD)])
    assert signed == ["b/b.jsonl#000000000"]


def test_an_index_is_the_same_however_it_grew(day, tmp_path) -> None:
    first, second = day(**YESTERDAY), day(b=[chat("New", THIRD + " again")])
    whole, grown = tmp_path / "whole.parquet", tmp_path / "grown.parquet"
    remember(whole, first, second)
    for each in (second, first):
        remember(grown, each)
    assert whole.read_bytes() == grown.read_bytes()
    assert not remember(grown, second).new
    assert whole.read_bytes() == grown.read_bytes() and sorted(tmp_path.glob(".*")) == []


def test_the_index_is_part_of_the_fingerprint(day, tmp_path) -> None:
    data = tmp_path / "data"
    first = day(**YESTERDAY)
    remember(data / "index.parquet", first)
    recipe = recipes.load(day(PUBLISHED) / "recipe.yaml")
    before = plan.make(recipe, data).fingerprint
    remember(data / "index.parquet", first)
    assert plan.make(recipe, data).fingerprint == before
    remember(data / "index.parquet", day(b=[chat("New", THIRD)]))
    assert plan.make(recipe, data).fingerprint != before


def test_exported_texts_are_signed_as_the_run_signed_them(day, tmp_path) -> None:
    talks = [chat("Is C++ > C#?", "5 + 3 - 2", "これは何ですか", "ทดสอบ"), chat("No", "Ja, e\u0301l **so** 👍"), chat("Hi", LONG)]
    asked = {"prompt": "5 < 6?", "chosen": "Yes, it is.", "rejected": "No, C++."}
    release = day(f"{{{NEAR}, cap: {{key: exchange, at_most: 9}}}}", a=talks, p=[asked, {**asked, "chosen": "Certainly."}])
    remember(out := tmp_path / "index.parquet", release)
    known = index.about(out, indexing.normal())
    assert {setting.key for setting in known.settings} == {"conversation", "exchange"}
    for setting in known.settings:
        index.unpack(out, known, setting, tmp_path / "unpacked.arrow")
        ours = pa.ipc.open_file(tmp_path / "unpacked.arrow").read_all().to_pylist()
        files = [pa.ipc.open_file(path).read_all() for path in sorted((tmp_path / "home/work/sign").glob("*/signed.arrow"))]
        theirs = {str(row) for file in files for row in file.to_pylist()}
        assert len(ours) == 7
        assert {str({**row, "id": row["id"].partition(":")[2]}) for row in ours} <= theirs


def test_it_opens_as_an_lsh(day, tmp_path) -> None:
    remember(
        out := tmp_path / "index.parquet", first := day("{near: {similarity: 0.8}, more: {key: prompt, at_most: 1}}", **YESTERDAY)
    )
    lsh = winnow.open_index(out, 0.8, key="conversation")
    assert lsh.query(winnow.minhash(f"ho\n\n{OTHER.upper()}!")) == [f"{indexing.label(first)}:a/a.jsonl#000000001"]
    with pytest.raises(UsageFault, match="say which key: it holds key conversation, shingle 5"):
        winnow.open_index(out)


def test_the_command_says_what_it_did(day, tmp_path, monkeypatch, capsys) -> None:
    release, out = day(**YESTERDAY), tmp_path / "index.parquet"

    def said(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["winnow", "index", *words])
        with pytest.raises(SystemExit) as left:
            commands.main()
        return (int(left.value.code or 0), *capsys.readouterr())

    monkeypatch.setenv("WINNOW_HOME", str(tmp_path / "home"))
    code, told, _ = said("daily", "--out", str(out))
    by = "by key conversation, shingle 5, short 0: 4 lines, "
    assert code == 0 and told.startswith(f"{indexing.label(release)} {by}") and told.endswith(f" s -> {out}\n")
    code, told, _ = said(str(release), "--out", str(out), "--json")
    assert (code, json.loads(told)["new"], json.loads(told)["lines"]) == (0, False, 4)
    for words, wrong, hint in (
        (("nobody", "--out", "x"), 66, "no release 'nobody'"),
        (("daily", "--out", str(out), "--key", "words"), 64, "choose from conversation, prompt"),
        (("daily", "--out", str(release / "ledger.parquet")), 65, "ledger.parquet: no index: "),
        (("daily",), 64, "--out"),
    ):
        code, told, problem = said(*words)
        assert (code, told) == (wrong, "") and hint in problem, problem


def test_a_published_twin_is_shown(day, tmp_path) -> None:
    first = day(a=[chat("Hi", LONG)])
    remember(tmp_path / "data" / "index.parquet", first)
    (tmp_path / "data" / "a.jsonl").unlink()
    second = day(PUBLISHED, b=[chat("Hi", LONG + " pi")])
    line = lines(second)["b/b.jsonl#000000000"]
    found = releases.texts(Places(tmp_path / "home"), second, [line["id"], line["twin"]])
    assert found[line["twin"]]["messages"][1]["content"] == LONG
    marks = marking.marked(recipes.load(second / "recipe.yaml"), line, found[line["id"]], found[line["twin"]])
    assert marks and marks.said.startswith("groups of 5 words of the conversation that both have: 92.3%")


def test_what_does_not_fit_is_refused(day, tmp_path, monkeypatch) -> None:
    data, out = tmp_path / "data", tmp_path / "data" / "index.parquet"
    release = day(**YESTERDAY)
    recipe = f"{{published: {{index: index.parquet}}, {NEAR}}}"
    with pytest.raises(MissingFault, match=r"no index at .*: make it with `winnow index RELEASE --out "):
        day(recipe)
    out.write_bytes(b"PAR1?")
    for made in (lambda: day(recipe), lambda: remember(out, release)):
        with pytest.raises(DataFault, match="no index: `winnow index RELEASE --out PATH` makes one"):
            made()
    out.unlink()
    remember(out, release)
    label = indexing.label(release)
    wanted = f"near compares key prompt, shingle 3, short 100, and {out} holds key conversation, shingle 5, short 0: "
    with pytest.raises(UsageFault, match=f"{wanted}.* winnow index {label} --out {out} --key prompt --shingle 3 --short 100"):
        day("{published: {index: index.parquet}, near: {key: prompt, shingle: 3, similarity: 0.8}}")
    remember(out, release, asked=Setting("prompt", 3, chars=False, short=100))
    day("{published: {index: index.parquet}, near: {key: prompt, shingle: 3, similarity: 0.8}}")
    other = day(b=[chat("New", THIRD)])
    with pytest.raises(UsageFault, match="would lack key conversation, shingle 5, short 0, which others in it have"):
        remember(out, other, asked=Setting("prompt", 3, chars=False, short=100))
    monkeypatch.setattr(indexing, "normal", lambda: "another")
    again = f"made with normalisation [0-9a-f]{{16}}, and here it is another: .* winnow index {label} --out"
    with pytest.raises(DataFault, match=again):
        plan.make(
            recipes.load(other / "recipe.yaml").model_copy(update={"overlap": {"p": recipes.Published(index=str(out))}}), data
        )
