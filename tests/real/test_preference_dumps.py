"""Pairs of real dumps, against numbers published with them or counted here by a plain reader."""

import gzip
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import recipe as recipes

HH = "anthropics__hh-rlhf/harmless-base/test.jsonl.gz"
OASST = "TurkuNLP__oasst-fi/original-data/en-validation.jsonl"
AUTO_J = "GAIR-NLP__auto-j/data/test/testdata_pairwise.jsonl"
FLIPPED = "kkminions888-ops__ultrafeedback-dpo-noise-study/data/noisy/label_flip_20.jsonl"
ALPACA_EVAL = "tatsu-lab__alpaca_eval/results/vicuna-7b/weighted_alpaca_eval_gpt4_turbo/annotations.json"


@pytest.fixture(scope="module")
def compared(curated, dumps, tmp_path_factory):
    """compared(dump, preference, keep) -> the release's pairs, ties and ledger as lists of dicts."""
    home = tmp_path_factory.mktemp("pairs")

    def made(dump, preference, keep="{}"):
        text = f'name: x\nsources: {{d: {{path: "{dump}"}}}}\nkeep: {keep}\nexports: {{preference: {preference}}}\nlimits: off\n'
        (home / "recipe.yaml").write_text(text)
        release = curated(recipes.load(home / "recipe.yaml"), dumps, home)
        files = {name: sorted(release.glob(f"{name}/*.parquet")) for name in ("preference", "ties")}
        tables = [
            pa.concat_tables([pq.read_table(file) for file in found]).to_pylist() if found else [] for found in files.values()
        ]
        return *tables, pq.read_table(release / "ledger.parquet").to_pylist()

    return made


def turns(text: str) -> list[tuple[str, str]]:
    """A transcript as (speaker, text), by a reader that shares nothing with winnow's."""
    parts = re.split(r"\n\n(Human|Assistant):", text)
    return [(who, said.strip()) for who, said in zip(parts[1::2], parts[2::2], strict=True)]


def test_hh_harmless_by_the_published_rule(compared, dumps: Path) -> None:
    with gzip.open(dumps / HH, "rt") as lines:
        records = [tuple(turns(json.loads(line)[side]) for side in ("chosen", "rejected")) for line in lines]
    apart = [at for at, (a, b) in enumerate(records) if a[:-1] != b[:-1]]
    empty = [at for at, (a, b) in enumerate(records) if not all(said for _, said in a + b)]

    def alternates(thread):
        return [who for who, _ in thread] == ["Human", "Assistant"] * (len(thread) // 2)

    sound = {
        at
        for at, (a, b) in enumerate(records)
        if len(a) == len(b) and alternates(a) and alternates(b) and a[:-1] == b[:-1] and a[-1] != b[-1] and {at}.isdisjoint(empty)
    }
    assert (len(records), len(apart), len(empty)) == (2_312, 5, 4)
    asked = "{refusals: keep, at_most_similar: 1, contradictions: keep}"
    pairs, _, ledger = compared(HH, asked, '{in_order: "roles_alternate AND starts_with_user"}')
    found = {int(pair["id"].split("#")[1][:9]) for pair in pairs}
    again = {
        at for at in sound if " ".join(records[at][0][-1][1].lower().split()) == " ".join(records[at][1][-1][1].lower().split())
    }
    assert found == sound - again
    fell = {line["record"]: line["reason"] for line in ledger if line["reason"]}
    assert {fell[at] for at in apart} == {"contexts_differ"} and {fell[at] for at in empty} <= {"empty answer", "in_order"}
    assert len(pairs) == len(sound) - len(again) > 2_290


def folded(text: str) -> str:
    return " ".join(text.lower().split())


def test_oasst_has_the_parents_that_its_file_has(compared, dumps: Path) -> None:
    with open(dumps / OASST, encoding="utf-8") as lines:
        messages = [json.loads(line) for line in lines]
    replies = defaultdict(list)
    for message in messages:
        if message["parent_id"] and message["role"] == "assistant":
            replies[message["parent_id"]].append(message)
    ranks = {parent: [each["rank"] is not None for each in found] for parent, found in replies.items()}
    assert sum(sum(each) >= 2 for each in ranks.values()) == 418
    partly = [parent for parent, each in ranks.items() if any(each) and not all(each)]
    assert len(partly) == 37
    sound = {
        parent: [each for each in found if not each["deleted"] and each["review_result"] is not False]
        for parent, found in replies.items()
    }
    assert all(each["rank"] is not None for parent in partly for each in sound[parent])  # what has no rank is not sound
    two = [parent for parent, found in sound.items() if len(found) >= 2]
    asked = "{refusals: keep, at_most_similar: 1}"
    pairs, _, ledger = compared(OASST, asked)
    fell = Counter(line["reason"] for line in ledger if line["stage"] == "export")
    assert len(two) == len(pairs) + fell["identical answers"] // 2 == 416
    assert "unranked" not in fell  # the 37 are whole again
    assert compared(OASST, asked[:-1] + ", partly_ranked: drop}")[0] == pairs
    texts = {message["message_id"]: folded(message["text"]) for message in messages}
    best = {texts[min(found, key=lambda each: each["rank"])["message_id"]] for found in sound.values() if len(found) >= 2}
    assert all(folded(pair["chosen"][-1]["content"]) in best for pair in pairs)


def test_auto_j_ties_leave_apart(compared, dumps: Path) -> None:
    with open(dumps / AUTO_J, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    labels = Counter(record["label"] for record in records)
    assert labels == {0: 520, 1: 499, 2: 373}
    differ = [record for record in records if folded(record["response 1"]) != folded(record["response 2"])]
    sound = Counter(record["label"] for record in differ if record["response 1"].strip() and record["response 2"].strip())
    pairs, ties, ledger = compared(AUTO_J, "{refusals: keep, at_most_similar: 1, ties: apart}")
    assert (len(pairs), len(ties)) == (sound[0] + sound[1], sound[2])
    assert len(ledger) == 2 * 1_392 and sum(line["fate"] == "kept" for line in ledger) == 2 * (len(pairs) + len(ties))
    first = Counter(pair["id"].split("|")[0][-1] for pair in pairs)
    assert first == {"0": sound[0], "1": sound[1]}


def test_alpaca_eval_votes_are_counted(compared, dumps: Path) -> None:
    records = json.loads((dumps / ALPACA_EVAL).read_text("utf-8"))
    votes = Counter("01"[record["preference"] > 1.5] for record in records if record["preference"] != 1.5)
    assert votes == {"0": 775, "1": 28}
    pairs, _, ledger = compared(ALPACA_EVAL, "{refusals: keep, at_most_similar: 1}")
    assert Counter(pair["id"].split("|")[0][-1] for pair in pairs) == votes
    assert Counter(line["reason"] for line in ledger if line["reason"]) == {"tie": 4}
    margins = {pair["id"].split("#")[1][:9]: pair["score_margin"] for pair in pairs}
    wanted = {f"{at:09}": abs(3 - 2 * record["preference"]) for at, record in enumerate(records) if record["preference"] != 1.5}
    assert margins == pytest.approx(wanted)


def test_flipped_labels_are_seen_where_scores_tell(compared, dumps: Path) -> None:
    with open(dumps / FLIPPED, encoding="utf-8") as lines:
        told = [json.loads(line)["metadata"] for line in lines]
    apart = {at for at, each in enumerate(told) if each["score_chosen"] != each["score_rejected"]}
    planted = {at for at in apart if told[at]["noise"]["selected"]}
    pairs, _, _ = compared(FLIPPED, "{refusals: keep, at_most_similar: 1}")
    kept = {int(pair["id"].split("#")[1][:9]): "score_against_rank" in pair["flags"] for pair in pairs}
    assert len(planted) == 177 and len(kept) > 970
    assert {at for at, flagged in kept.items() if flagged} == planted & kept.keys()


def test_the_same_pairs_with_flipped_labels_contradict_each_other(compared, dumps: Path) -> None:
    folder = (dumps / FLIPPED).parent
    names = ("clean", "label_flip_20")
    read = [[json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()] for name in names]
    turned = {
        at
        for at, (a, b) in enumerate(zip(*read, strict=True))
        if a["chosen"] == b["rejected"] != a["rejected"] == b["chosen"] and a["chosen"].strip() and a["rejected"].strip()
    }
    assert (len(read[0]), len(read[1]), len(turned)) == (1_000, 1_000, 200)
    both, asked = f"{Path(FLIPPED).parent}/[cl]*.jsonl", "{refusals: keep, at_most_similar: 1, contradictions: CHOICE}"
    pairs, _, ledger = compared(both, asked.replace("CHOICE", "drop"))
    assert {line["record"] for line in ledger if line["reason"] == "contradiction"} == turned
    assert Counter(line["reason"] for line in ledger)["contradiction"] == 4 * len(turned)
    first, _, _ = compared(both, asked.replace("CHOICE", "first"))  # of the two files the clean one comes first
    fell = {pair["id"].split("|")[0] for pair in first} - {pair["id"].split("|")[0] for pair in pairs}
    assert len(first) - len(pairs) == len(fell) == len(turned) and all("clean.jsonl" in id for id in fell)
