"""The card of a whole release against its manifest and side tables."""

import json

import pyarrow.parquet as pq


def test_evidence_is_that_of_the_release(demo):
    """Numbers are read back from the card, and are those of the manifest and the side tables."""
    release = demo[1]
    manifest = json.loads((release / "manifest.json").read_bytes())
    text = (release / "README.md").read_text("utf-8")
    tables = {part.split("\n")[0]: part for part in text.split("\n## ")}
    for name, splits in manifest["counts"].items():
        assert f"| `{name}` | {splits.get('train', 0):,} | {splits.get('test', 0):,} |" in tables["What is in it"]
    for name, facts in manifest["sources"].items():
        assert f"| {name} | {facts['license']} | {facts['files']:,} | {facts['records']:,} |" in tables["Where it comes from"]
    for name, facts in manifest["classifiers"].items():
        assert f"| {name} | {sum(facts['held_out'].values()):,} | {facts['auc']:.3f} |" in text
    for line in pq.read_table(release / "benchmarks.parquet").to_pylist():
        assert f"| {line['rule']} | {line['benchmark']} | {line['items']:,} |" in tables["Benchmarks in the data"]
    fell = [line["reason"] for line in pq.read_table(release / "ledger.parquet").to_pylist() if line["stage"] == "overlap"]
    for rule in set(fell):
        assert f"| {rule} | {fell.count(rule):,} |" in tables["Overlap"]
