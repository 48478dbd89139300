"""Keep and block lists: what a person marked stands or falls, and nobody else notices more than the law allows."""

import json
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import laws, leave, lists, plan, releases, stages, trying, units
from flows.places import Places
from schemas import recipe as recipes
from schemas.faults import DataFault, MissingFault, UsageFault
from schemas.rows import fingerprint

RECIPE = """
name: listed
sources: {a: {path: a.jsonl}, b: {path: b.jsonl}}
keep: {short: words < 40, loud: "NOT contains(source, 'z')", answered: ends_with_assistant}
overlap:
  beginnings: {key: prefix}
  twins: {key: conversation, similarity: 0.6, shingle: 2, short: 0, prefer: [words DESC]}
  prompts: {key: prompt, at_most: 2}
exports: {sft: {keep: {plain: "NOT contains(source, 'b') OR words > 9"}}, preference: {}}
limits: off
"""
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def talk(asked, *said):
    turns = [{"role": "user", "content": asked}]
    for at, text in enumerate(said):
        turns += [{"role": "user", "content": "and then?"}] * bool(at) + [{"role": "assistant", "content": text}]
    return turns


def runs_of(*bounds):
    return [" ".join(WORDS[first:last]) for first, last in bounds]


CHATS = [
    *(talk("say it", text) for text in runs_of((0, 9), (0, 10), (1, 11), (2, 12), (4, 12), (0, 9))),
    *(talk("again", text) for text in runs_of((0, 3), (3, 6), (6, 9), (9, 12))),
    talk("long", " ".join(WORDS * 4)),
    talk("begin", "it begins here"),
    talk("begin", "it begins here", "and it goes on for a while"),
    talk("nobody answers")[:1],
]
PAIRS = [
    {"prompt": "which", "chosen": better, "rejected": worse}
    for better, worse in zip(runs_of((0, 6), (0, 7), (5, 12)), runs_of((6, 9), (6, 10), (0, 4)), strict=True)
]
PRINTS = [fingerprint(chat) for chat in CHATS]
SIDES = [[fingerprint(talk(pair["prompt"], pair[side])) for side in ("chosen", "rejected")] for pair in PAIRS]


def mark(print_, which, **more):
    return json.dumps({"fingerprint": print_, "id": "any/thing#000000000", "list": which, **more}) + "\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("marked")
    (folder / "a.jsonl").write_text("".join(json.dumps({"messages": chat}) + "\n" for chat in CHATS))
    (folder / "b.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS))
    return folder


@pytest.fixture(scope="module")
def staged(data, tmp_path_factory):
    """Everything before the judgement, once."""
    file, home = data / "recipe.yaml", tmp_path_factory.mktemp("home")
    file.write_text(RECIPE)
    planned = plan.make(recipes.load(file), data)
    job = stages.job(planned, home, {})
    done = [stages.read(home, files, hashes) for files, hashes in planned.shards(1 << 20)]
    shards = [stages.refine(job, each, part) for each in done for part in range(each.facts["parts"])]
    frame = units.rows((shard.rows, shard.signals) for shard in shards)
    return SimpleNamespace(recipe=planned.recipe, shards=shards, frame=frame, left=leave.refused(shards))


def fates(staged, marks, frame=None):
    frame = staged.frame if frame is None else frame
    ledger = leave.decided(staged.recipe, frame, staged.shards, staged.left, None, marks).ledger
    return pl.DataFrame(ledger)


def of(kept=(), barred=()):
    return lists.Lists(dict.fromkeys(kept, ""), dict.fromkeys(barred, ""), {"keep": ("k", 0), "block": ("b", 0)})


every = st.sampled_from([*PRINTS, *(one for pair in SIDES for one in pair)])


@settings(max_examples=15)
@given(st.sets(every, max_size=5), st.sets(every, max_size=5))
def test_the_law_of_marks(staged, kept, barred):
    barred -= kept
    for pair in SIDES:
        if kept & {*pair}:
            barred -= {*pair}
    lines = fates(staged, of(kept, barred))
    marked = staged.frame.with_columns(bad=pl.col("fingerprint").is_in(list(barred)).any().over("unit"))
    out = set(marked.filter("bad")["id"])
    assert out == set(lines.filter(pl.col("reason") == "blocked")["id"])
    stands = lines.filter(pl.col("stage").is_null() | (pl.col("stage") == "export"))
    assert kept <= set(stands["fingerprint"])
    told = ["id", "stage", "reason", "twin", "exports"]
    without = fates(staged, of(kept), marked.filter(~pl.col("bad")).drop("bad"))  # as if the blocked had not been read
    assert lines.filter(~pl.col("id").is_in(list(out))).select(told).equals(without.select(told))


@settings(max_examples=15)
@given(st.data())
def test_marking_what_stands_moves_nobody(staged, data):
    before = fates(staged, of())
    marked = data.draw(st.sets(st.sampled_from(before.filter(pl.col("stage").is_null())["fingerprint"].to_list())))
    after = fates(staged, of(marked))
    told = ["id", "fate", "stage", "reason"]
    assert before.select(told).equals(after.select(told))
    others = ~pl.col("fingerprint").is_in(list(marked))  # a marked row passes the rules of each export
    assert before.filter(others).select("id", "exports").equals(after.filter(others).select("id", "exports"))


def test_a_kept_row_takes_down_its_like_and_says_what_it_passed_over(staged):
    lines = {line["id"]: line for line in fates(staged, of([PRINTS[0], PRINTS[10], PRINTS[11], SIDES[0][1]])).to_dicts()}
    assert lines["a/a.jsonl#000000000"]["detail"] == "kept by your list"
    copy = lines["a/a.jsonl#000000005"]
    assert (copy["reason"], copy["twin"], copy["similarity"]) == ("twins", "a/a.jsonl#000000000", 1.0)  # one of each content
    assert lines["a/a.jsonl#000000010"]["detail"] == "kept by your list; passed over: short"
    assert lines["a/a.jsonl#000000010"]["fate"] == "kept"
    short = lines["a/a.jsonl#000000011"]  # no rule takes it, but sft has all of it in the longer one
    assert (short["stage"], short["twin"]) == ("export", "a/a.jsonl#000000012")
    assert short["detail"] == "kept by your list; sft: beginning of a/a.jsonl#000000012"
    better = next(line for id, line in lines.items() if id.startswith("b/b.jsonl#000000000") and line["unit"] is None)
    assert better["detail"].startswith("kept by your list, by its answer b/b.jsonl#000000000")


def test_a_comparison_falls_whole(staged):
    lines = fates(staged, of((), [SIDES[1][1]])).filter(pl.col("reason") == "blocked").sort("id")
    assert lines["id"].str.starts_with("b/b.jsonl#000000001").to_list() == [True, True]
    assert lines["broken"].to_list() == [["blocked"], ["blocked"]]
    with pytest.raises(DataFault, match="stands or falls whole"):
        fates(staged, of([SIDES[1][0]], [SIDES[1][1]]))


def test_marks_in_a_run_whatif_and_a_new_dump(run, curated, data, tmp_path):
    folder = tmp_path / "dumps"
    folder.mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        (folder / name).write_bytes((data / name).read_bytes())
    (folder / "marks.jsonl").write_text(
        mark(PRINTS[10], "block") + "\n" + mark(PRINTS[10].upper(), "keep", note="a litany", extra=1) + mark("0" * 32, "keep")
    )
    (folder / "bad.jsonl").write_text(mark(PRINTS[6], "block", note="x" * 9) + mark(PRINTS[7], None) + mark(PRINTS[8], "keep"))
    base = run(RECIPE, folder)
    asked = recipes.override(recipes.load(tmp_path / "recipe.yaml"), ["lists.keep=marks.jsonl", "lists.block=bad.jsonl"])
    then = trying.decided(
        plan.make(recipes.load(tmp_path / "recipe.yaml"), folder), plan.make(asked, folder), Places(tmp_path / "home")
    )
    release = curated(asked, folder, tmp_path / "home")
    assert release != base and then.ledger.equals(pl.read_parquet(release / "ledger.parquet").to_arrow().cast(then.ledger.schema))
    laws.verify(release)
    facts = releases.manifest(release)["lists"]
    assert facts["keep"] | {"file": "marks.jsonl", "marks": 2, "rows": 1, "unmatched": 1, "for_the_other": 0} == facts["keep"]
    assert facts["keep"]["passed_over"] == {"short": 1} and facts["block"]["for_the_other"] == 1
    assert "marks on 1 rows, 1 of them match no row; passed over: short 1" in next(lists.told({"lists": facts}))
    lines = {line["id"]: line for line in pl.read_parquet(release / "ledger.parquet").to_dicts()}
    assert lines["a/a.jsonl#000000006"]["detail"] == f"on your block list: {'x' * 9}"
    assert lines["a/a.jsonl#000000010"]["detail"] == "kept by your list: a litany; passed over: short"
    assert "kept by your list: a litany" in (release / "report.html").read_text()
    (folder / "a.jsonl").write_text("".join(json.dumps({"messages": chat}) + "\n" for chat in reversed(CHATS)))
    again = {
        line["id"]: line for line in pl.read_parquet(curated(asked, folder, tmp_path / "home") / "ledger.parquet").to_dicts()
    }
    assert again["a/a.jsonl#000000003"]["fate"] == "kept" and again["a/a.jsonl#000000007"]["reason"] == "blocked"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"fingerprint"', "line 2: not JSON"),
        ("[1]", "line 2: expected an object"),
        ('{"fingerprint": "abc", "list": "keep"}', "line 2: `fingerprint` must be 32 hex digits"),
        (f'{{"fingerprint": "{"0" * 32}", "list": "kept"}}', "line 2: `list` must be keep or block"),
        (f'{{"fingerprint": "{"0" * 32}"}}', "line 2: `list` must be keep or block"),
        (f'{{"fingerprint": "{"0" * 32}", "list": "keep", "note": 3}}', "line 2: `note` must be text"),
    ],
)
def test_a_broken_line_is_named(line, said, tmp_path):
    (tmp_path / "marks.jsonl").write_text(mark(PRINTS[0], "keep") + line + "\n")
    with pytest.raises(DataFault, match=said):
        lists.read(tmp_path / "marks.jsonl")


def planned(data, folder, *changes):
    recipe = recipes.override(recipes.load(data / "recipe.yaml"), changes)
    for name in ("a.jsonl", "b.jsonl"):
        (folder / name).write_bytes((data / name).read_bytes())
    return plan.make(recipe, folder)


def test_files_that_are_missing_or_contradict_each_other(data, staged, tmp_path):
    with pytest.raises(MissingFault, match=r"lists\.keep: no file .*k\.jsonl: mark rows"):
        planned(data, tmp_path, "lists.keep=k.jsonl")
    with pytest.raises(UsageFault, match="needs `keep: FILE`"):
        recipes.override(staged.recipe, ["lists={}"])
    with pytest.raises(UsageFault, match="call it something else"):
        recipes.override(staged.recipe, ["keep.blocked=words > 2", "lists.block=k.jsonl"])
    (tmp_path / "k.jsonl").write_text(mark(PRINTS[0], "keep") + mark(PRINTS[1], "block"))
    (tmp_path / "b.jsonl.marks").write_text(mark(PRINTS[0], "block"))
    both = planned(data, tmp_path, "lists.keep=k.jsonl", "lists.block=b.jsonl.marks")
    with pytest.raises(DataFault, match=f"1 marks are in both .* first: fingerprint {PRINTS[0]}"):
        lists.find(both.recipe, tmp_path)
    one = lists.find(planned(data, tmp_path, "lists.keep=k.jsonl", "lists.block=k.jsonl").recipe, tmp_path)
    assert (list(one.keep), list(one.block)) == ([PRINTS[0]], [PRINTS[1]])
    assert both.fingerprint != planned(data, tmp_path, "lists.keep=k.jsonl").fingerprint
    was = planned(data, tmp_path, "lists.keep=k.jsonl").fingerprint
    (tmp_path / "k.jsonl").write_text("")
    assert planned(data, tmp_path, "lists.keep=k.jsonl").fingerprint != was
