"""Overlap rules over whole releases: what falls, beside which twin, and that a comparison is never taken apart."""

import json

import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

LONG = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron"


def chat(*texts: str) -> dict:
    return {
        "conversations": [{"from": "human" if at % 2 == 0 else "gpt", "value": text} for at, text in enumerate(texts)],
    }


def ledger(run, data, overlap: str, shard: int = 16 << 20, home: str = "home", **sources: list[dict]) -> dict[str, dict]:
    """run the sources under one recipe: id -> ledger line"""
    data.mkdir(parents=True, exist_ok=True)
    for name, records in sources.items():
        (data / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)))
    names = ", ".join(f"{name}: {{path: {name}.jsonl, license: {name}}}" for name in sources)
    text = f"name: x\nsources: {{{names}}}\noverlap: {overlap}\nexports: {{sft: {{}}, preference: {{}}}}\nlimits: off\n"
    release = run(text, data, shard, home)
    return {line["id"]: line for line in pq.read_table(release / "ledger.parquet").to_pylist()}


def fallen(lines: dict[str, dict]) -> dict[str, str]:
    return {name: line["twin"] for name, line in lines.items() if line["stage"] == "overlap"}


def test_the_beginning_of_a_longer_conversation_falls(run, tmp_path) -> None:
    talks = [chat("Hi", "Hello, friend."), chat("hi", "hello friend", "How are you?", "Fine."), chat("Hi", "Hello?", "x", "y")]
    lines = ledger(run, tmp_path / "d", "{begun: {key: prefix}}", a=talks)
    assert fallen(lines) == {"a/a.jsonl#000000000": "a/a.jsonl#000000001"}
    line = lines["a/a.jsonl#000000000"]
    assert (line["reason"], line["similarity"]) == ("begun", 1.0)
    assert line["detail"] == "the 2 turns of it are the first of the 4 of a longer conversation that stands"


def test_a_comparison_is_no_beginning(run, tmp_path) -> None:
    pair = {"prompt": "Hi", "chosen": "Hello, friend.", "rejected": "Go away."}
    talks = [chat("Hi", "Hello, friend.", "How are you?", "Fine.")]
    assert fallen(ledger(run, tmp_path / "d", "{begun: {key: prefix}}", a=talks, p=[pair])) == {}


def test_sources_and_licences_come_first_where_preferred(run, tmp_path) -> None:
    talks = {"a": [chat("Hi", LONG)], "b": [chat("Hi", LONG + " pi")], "c": [chat("Hi", LONG)]}
    for prefer, best in {
        "[words DESC]": "b",
        "[{source: [c, b]}, words DESC]": "c",
        "{license: [a]}": "a",
        "[{source: [nobody]}, words DESC]": "b",
    }.items():
        lines = ledger(run, tmp_path / "d", f"{{same: {{similarity: 0.8, prefer: {prefer}}}}}", **talks)
        assert set(fallen(lines).values()) == {f"{best}/{best}.jsonl#000000000"}, prefer
        assert len(fallen(lines)) == 2


def test_templates_do_not_collapse_but_copies_do(run, tmp_path) -> None:
    ask = "Is this comment toxic? Answer with one word only, yes or no, and say nothing else at all, please. Comment:"
    talks = [chat(f"{ask} {text}", "No.") for text in ("thanks", "lovely", "THANKS!")]
    assert fallen(ledger(run, tmp_path / "d", "{same: {similarity: 0.8}}", a=talks)) == {
        "a/a.jsonl#000000002": "a/a.jsonl#000000000"
    }
    lines = ledger(run, tmp_path / "d", "{same: {key: prompt, similarity: 0.8, short: 0}}", a=talks)
    assert len(fallen(lines)) == 2


def test_shingles_of_characters_find_what_words_miss(run, tmp_path) -> None:
    talks = [
        chat("Name it", "Donaudampfschifffahrtsgesellschaftskapitän"),
        chat("Name it", "Donau-Dampfschifffahrts-Gesellschaftskapitän"),
    ]
    assert fallen(ledger(run, tmp_path / "d", "{same: {key: response, similarity: 0.8}}", a=talks)) == {}
    chars = "{same: {key: response, similarity: 0.8, shingle: {chars: 5}, short: 0}}"
    lines = ledger(run, tmp_path / "d", chars, a=talks)
    assert fallen(lines) == {"a/a.jsonl#000000001": "a/a.jsonl#000000000"}


def test_shards_and_the_order_of_files_change_no_verdict(run, tmp_path) -> None:
    talks = [chat("Hi", f"{LONG} {at % 7}", *["More", "No."] * (at % 3)) for at in range(40)]
    pairs = [{"prompt": f"Hi {at % 3}", "chosen": f"{LONG} {at % 2}", "rejected": "No."} for at in range(10)]
    rules = "{begun: {key: prefix}, same: {similarity: 0.7, shingle: {chars: 6}, prefer: [{source: [p]}, words DESC]}}"
    whole = ledger(run, tmp_path / "d", rules, a=talks, p=pairs)
    assert {line["reason"] for line in whole.values()} > {"begun", "same"}
    assert ledger(run, tmp_path / "d", rules, shard=300, home="other", p=pairs, a=talks) == whole


words = st.sampled_from(["yes", "no", "maybe", LONG, LONG + " pi", LONG + " rho"])
talk = st.lists(words, min_size=2, max_size=4).map(lambda texts: chat(*texts))
pair = st.fixed_dictionaries(
    {"prompt": words, "chosen": words, "rejected": words, "score_chosen": st.integers(0, 2), "score_rejected": st.just(1)}
)
KEYS = st.sampled_from(["conversation", "prompt", "context", "response", "exchange"])


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.lists(talk, min_size=1, max_size=4), st.lists(pair, min_size=1, max_size=6), KEYS, st.booleans())
def test_a_comparison_stands_or_falls_as_a_whole(run, tmp_path_factory, talks, pairs, key, capped) -> None:
    rule = f"{{key: {key}, at_most: 1}}" if capped else f"{{key: {key}, similarity: 0.7, short: 0}}"
    lines = ledger(run, tmp_path_factory.mktemp("d"), f"{{begun: {{key: prefix}}, rule: {rule}}}", a=talks, p=pairs)
    groups: dict[str, set] = {}
    for line in lines.values():
        if line["group_id"]:
            fell = line["stage"] == "overlap"
            groups.setdefault(line["group_id"], set()).add((line["twin"], line["reason"]) if fell else None)
    assert all(len(said) == 1 for said in groups.values()), groups
    for line in lines.values():
        if line["stage"] == "overlap":
            assert lines[line["twin"]]["reason"] != line["reason"]  # who dropped it stood when it did


def test_comparisons_with_one_best_answer_teach_it_once(run, tmp_path) -> None:
    data = tmp_path / "d"
    data.mkdir()
    records = [
        {"prompt": "Hi", "chosen": LONG, "rejected": "No."},
        {"prompt": "Hi", "chosen": f"{LONG}!", "rejected": "Certainly not, my friend, and I will not say why."},
        {"prompt": "Hi", "chosen": "Something else altogether is said here.", "rejected": "No."},
    ]
    (data / "p.jsonl").write_text("\n".join(map(json.dumps, records)))
    text = "name: x\nsources: {p: {path: p.jsonl}}\noverlap: {same: {similarity: 0.8, short: 0}}\nlimits: off\n"
    release = run(f"{text}exports: {{sft: {{}}, preference: {{}}}}\n", data)
    one, other = (f"p/p.jsonl#00000000{at}.0" for at in range(2))
    assert pq.read_table(release / "preference").num_rows == 3
    assert pq.read_table(release / "sft")["id"].to_pylist() == [one, "p/p.jsonl#000000002.0"]
    line = next(line for line in pq.read_table(release / "ledger.parquet").to_pylist() if line["id"] == other)
    assert (line["fate"], line["exports"], line["twin"], line["similarity"]) == ("kept", ["preference"], one, 1.0)
    assert line["detail"].startswith("not in sft: the same conversation as one that stands")
    release = run(f"{text}exports: {{sft: {{}}}}\n", data, home="other")
    lines = {line["id"]: line for line in pq.read_table(release / "ledger.parquet").to_pylist()}
    assert (lines[other]["stage"], lines[other]["reason"], lines[other]["twin"]) == ("export", f"too like {one}", one)
