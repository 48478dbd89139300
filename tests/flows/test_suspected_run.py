"""A rule on `suspicion`: made only where one names it, from texts and from what other pairs say; a rule like any other."""

import json

import pyarrow.parquet as pq

RECIPE = """
name: doubt
sources: {a: {path: a.jsonl}}
exports: {preference: {refusals: keep, contradictions: keep, keep: {RULE}}}
limits: off
"""


def dump(folder):
    """Twenty plain pairs, and one question whose two answers three people judged one way and one the other."""
    folder.mkdir()
    pairs = [(f"Question {at}?", f"A good answer {at}.", f"Bad {at} nonsense.") for at in range(20)]
    pairs += [("Which?", "The red one.", "The blue one.")] * 3 + [("Which?", "The blue one.", "The red one.")]
    lines = [json.dumps({"prompt": asked, "chosen": one, "rejected": two}) for asked, one, two in pairs]
    (folder / "a.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def exported(release):
    rows = [row for file in release.glob("preference/*.parquet") for row in pq.read_table(file).to_pylist()]
    return {row["id"].split("#")[1][:9]: row for row in rows}


def test_who_is_outvoted_is_suspect(run, tmp_path):
    release = run(RECIPE.replace("RULE", "sure: suspicion < 0.7"), dump(tmp_path / "d"))
    found = exported(release)
    assert len(found) == 23 and "000000023" not in found
    assert all(0 <= row["suspicion"] < 0.7 for row in found.values())
    fell = pq.read_table(release / "ledger.parquet", filters=[("reason", "=", "sure")]).to_pylist()
    assert len(fell) == 2 and "suspicion < 0.7: suspicion 0." in fell[0]["detail"]


def test_nobody_is_suspected_unless_a_rule_asks(run, tmp_path):
    found = exported(run(RECIPE.replace("RULE", "gap: score_margin >= 0"), dump(tmp_path / "d")))
    assert len(found) == 24 and "suspicion" not in found["000000000"]
