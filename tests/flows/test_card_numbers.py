"""The card of a whole release against its manifest and side tables."""

import json
import re
from collections import Counter

import pyarrow.parquet as pq
import yaml
from datasets import Features


def test_evidence_is_that_of_the_release(demo):
    """Numbers are read back from the card, and are those of the manifest and the side tables."""
    release = demo[1]
    manifest = json.loads((release / "manifest.json").read_bytes())
    text = (release / "README.md").read_text("utf-8")
    tables = {part.split("\n")[0]: part for part in re.split(r"\n#{2,5} ", text)}
    ledger = pq.read_table(release / "ledger.parquet").to_pylist()
    kept = Counter(line["source"] for line in ledger if line["fate"] == "kept")
    for name, splits in manifest["counts"].items():
        assert f"| `{name}` | {splits.get('train', 0):,} | {splits.get('test', 0):,} |" in tables["Dataset Structure"]
        assert f"{sum(splits.values()):,} {name}" in tables["Dataset Details"]
    assert f" of {manifest['records']:,} records" in tables["Dataset Details"]
    for name, facts in manifest["sources"].items():
        told = [facts["files"], facts["records"], facts["rows"], kept[name]]
        assert f"| {name} | {facts['license']} |  | {' | '.join(f'{each:,}' for each in told)} |" in tables["Source Data"]
    for license in {facts["license"] for facts in manifest["sources"].values()}:
        rows = sum(kept[name] for name, facts in manifest["sources"].items() if facts["license"] == license)
        assert re.search(rf"^\| {license} \| .* \| {rows:,} \|$", tables["Licences"], re.MULTILINE)
    edits = pq.read_table(release / "edits.parquet").to_pylist()
    for name, rows in manifest["edits"].items():
        counts = [line["count"] for line in edits if line["edit"] == name]
        assert f"| {name} | {rows:,} | {len(counts):,} | {sum(counts):,} |" in tables["What was repaired"]
    funnel = Counter()
    for line in pq.read_table(release / "funnel.parquet").to_pylist():
        funnel[line["stage"], line["reason"] or ""] += line["rows"]
    for (stage, reason), rows in funnel.items():
        assert f"| {stage} | {reason} | {rows:,} |" in tables["What came in, and what left at each step"]
    for name, facts in manifest["classifiers"].items():
        assert f"| {name} | {sum(facts['held_out'].values()):,} | {facts['auc']:.3f} |" in text
    for line in pq.read_table(release / "benchmarks.parquet").to_pylist():
        assert f"| {line['rule']} | {line['benchmark']} | {line['items']:,} |" in tables["Benchmarks in the data"]
    fell = [line["reason"] for line in ledger if line["stage"] == "overlap"]
    for rule in set(fell):
        assert re.search(rf"\| {rule} \| [0-9.]* \| {fell.count(rule):,} \|", tables["Overlap"])


def test_features_are_those_of_the_files(demo):
    head = yaml.safe_load((demo[1] / "README.md").read_text("utf-8").split("---\n")[1])
    for info in head["dataset_info"]:
        [file, *_] = sorted(demo[1].glob(f"{info['config_name']}/*.parquet"))
        assert info["features"] == Features.from_arrow_schema(pq.read_schema(file))._to_yaml_list()
    assert [info["config_name"] for info in head["dataset_info"]] == [each["config_name"] for each in head["configs"]]
