"""A classifier: what it learns, what it says of itself, and that the same piles give the same bytes."""

import hashlib
import json
import os
import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import classifier
from schemas.faults import DataFault, MissingFault
from schemas.rows import ROW, fingerprint

PLAIN = ["the", "sea", "is", "calm", "and", "ships", "pass", "by", "while", "gulls", "rest", "on", "the", "old", "stone", "pier"]


def talk(prompt: str, answer: str) -> dict:
    messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    key = fingerprint(messages)
    return {"id": f"t/{key}#000000000", "source": "t", "messages": messages, "fingerprint": key}


def pile(marker: str, n: int, seed: int) -> pa.Table:
    draw = random.Random(seed)
    texts = [
        (" ".join(draw.choices(PLAIN, k=8)), " ".join([*draw.choices(PLAIN, k=draw.randint(5, 30)), marker])) for _ in range(n)
    ]
    return pa.Table.from_pylist([talk(f"{n} {i} {asked}", told) for i, (asked, told) in enumerate(texts)], schema=ROW)


@pytest.fixture(scope="module")
def piles():
    return pile("certainly", 150, 1), pile("whatever", 150, 2)


@pytest.fixture(scope="module")
def trained(piles, tmp_path_factory):
    out = tmp_path_factory.mktemp("model") / "quality.bin"
    return out, classifier.train(*piles, seed=7, out=out)


def test_it_learns_what_tells_the_piles_apart_and_says_how_well(trained, piles):
    out, evidence = trained
    assert evidence.auc > 0.99 and 0.3 < evidence.auc_of_length < 0.7
    assert evidence.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    for name in ("good", "bad"):
        assert evidence.trained[name] + evidence.held_out[name] == 150 and evidence.held_out[name] > 15
    assert json.loads(json.dumps(asdict(evidence))) == evidence.as_json()
    good, bad = (classifier.predict(out, table) for table in piles)
    assert good.dtype == np.float64 and good.shape == (150,)
    assert (good > 0.5).mean() > 0.98 and (bad < 0.5).mean() > 0.98


def test_the_file_opens_in_plain_fasttext(trained, piles):
    import fasttext

    model = fasttext.load_model(str(trained[0]))
    assert set(model.get_labels()) == {"__label__good", "__label__bad"}
    messages = piles[0]["messages"][0].as_py()
    labels, odds = model.predict(classifier.line(messages), k=2)
    assert dict(zip(labels, odds, strict=True))["__label__good"] == pytest.approx(
        classifier.predict(trained[0], piles[0][:1])[0], abs=1e-4
    )


def test_question_and_answer_are_told_apart(tmp_path):
    asks = pa.Table.from_pylist([talk(f"zebra {PLAIN[i % 15]} {i}", f"{PLAIN[i % 7]} lion") for i in range(120)], schema=ROW)
    says = pa.Table.from_pylist([talk(f"lion {PLAIN[i % 15]} {i}", f"{PLAIN[i % 7]} zebra") for i in range(120)], schema=ROW)
    assert classifier.train(asks, says, seed=0, out=tmp_path / "m.bin").auc == 1.0


def test_the_same_piles_give_the_same_bytes_in_any_order(trained, piles, tmp_path):
    shuffled = [table.take(np.random.default_rng(3).permutation(len(table))) for table in piles]
    again = classifier.train(*shuffled, seed=7, out=tmp_path / "m.bin")
    assert again == trained[1]
    assert classifier.train(*piles, seed=8, out=tmp_path / "m.bin").sha256 != again.sha256


def test_bytes_do_not_hang_on_the_hash_seed(trained, piles, tmp_path):
    import pyarrow.parquet as pq

    for name, table in zip(("good", "bad"), piles, strict=True):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    code = """
import sys
from pathlib import Path
import pyarrow.parquet as pq
from filters import classifier
folder = Path(sys.argv[1])
piles = [pq.read_table(folder / f"{name}.parquet") for name in ("good", "bad")]
print(classifier.train(*piles, seed=7, out=folder / "m.bin").sha256)
"""
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
    )
    assert told.stdout.strip() == trained[1].sha256


def test_conversations_with_one_prompt_lie_on_one_side(tmp_path):
    good = pa.Table.from_pylist([talk("Tell  me of the SEA", f"answer {i} calm") for i in range(50)], schema=ROW)
    with pytest.raises(DataFault, match=r"the good pile gives .* conversations to train on and .* to test with"):
        classifier.train(good, pile("whatever", 100, 2), seed=0, out=tmp_path / "m.bin")
    assert not (tmp_path / "m.bin").exists()


def test_what_lies_in_both_piles_is_left_out(piles, tmp_path):
    good, bad = piles
    evidence = classifier.train(good, pa.concat_tables([bad, good[:40], bad[:10]]), seed=7, out=tmp_path / "m.bin")
    assert evidence.trained["good"] + evidence.held_out["good"] == 110
    assert evidence.trained["bad"] + evidence.held_out["bad"] == 150


def test_hostile_conversations_have_a_probability(trained):
    texts = ["", "\n", "🙂", "x" * 100_000, "__label__bad __label__good", "\x00", "猫", "\u2028\x85\x1c", "</s>"]
    odds = classifier.predict(trained[0], pa.Table.from_pylist([talk(text, text) for text in texts], schema=ROW))
    assert ((odds >= 0) & (odds <= 1)).all() and odds[0] == 0.5
    assert classifier.predict(trained[0], ROW.empty_table()).tolist() == []


def test_a_model_is_what_its_sha256_says(trained, tmp_path):
    out, evidence = trained
    assert classifier.load(out, evidence.sha256.upper()).get_labels()
    with pytest.raises(DataFault, match="the recipe says 0000"):
        classifier.load(out, "0" * 64)
    with pytest.raises(MissingFault, match="no model at"):
        classifier.load(tmp_path / "none.bin")
    (tmp_path / "text.bin").write_text("not a model")
    with pytest.raises(DataFault, match="is no fastText model"):
        classifier.load(tmp_path / "text.bin")


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40).filter(
        lambda pairs: len({t for _, t in pairs}) == 2
    )
)
def test_auc_is_how_often_good_beats_bad(pairs):
    good, bad = ([score for score, truth in pairs if truth is side] for side in (True, False))
    wins = sum((g > b) + (g == b) / 2 for g in good for b in bad) / (len(good) * len(bad))
    scores, truth = (np.array(column) for column in zip(*pairs, strict=True))
    assert classifier.auc(scores.astype(float), truth) == pytest.approx(wins)


@pytest.mark.parametrize(
    ("content", "tokens"),
    [("Don't stop!", "i_don i_' i_t i_stop i_!"), ("猫がA1", "i_猫 i_が i_a1"), ("a_b\n c", "i_a i_b i_c"), ("", "")],
)
def test_a_line_of_tokens(content, tokens):
    assert classifier.line([{"role": "user", "content": content}, {"role": "system", "content": "unread"}]) == tokens


def test_published_selection_is_predicted_better_than_by_length(dumps, tmp_path):
    def read(path: Path) -> dict[str, dict]:
        rows = [talk(f"{r['instruction']}\n\n{r['input']}".strip(), r["output"]) for r in json.loads(path.read_bytes())]
        return {row["fingerprint"]: row for row in rows}

    good = read(dumps / "gpt4life__alpagasus/data/filtered/helpfulness_t45.json")
    rest = {key: row for key, row in read(dumps / "gpt4life__alpagasus/data/random/random_9k.json").items() if key not in good}
    tables = [pa.Table.from_pylist(list(rows.values()), schema=ROW) for rows in (good, rest)]
    evidence = classifier.train(*tables, seed=20230504, out=tmp_path / "quality.bin")
    assert evidence.auc > 0.80  # 0.838 with five folds where this was first measured
    assert 0.60 < evidence.auc_of_length < 0.69
    assert (tmp_path / "quality.bin").stat().st_size < 12e6
