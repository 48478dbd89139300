"""Suspicion against known flips: UltraFeedback pairs of which 20 % were turned, and the clean ones turned here."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from filters.classifier import auc
from schemas import recipe as recipes

NOISY = "kkminions888-ops__ultrafeedback-dpo-noise-study/data/noisy"
RECIPE = """
name: noise
sources: {uf: {path: "*.jsonl"}}
exports: {preference: {refusals: keep, at_most_similar: 1, keep: {known: suspicion IS NOT NULL}}}
limits: off
"""


def measured(curated, home: Path, records: list[dict], flipped: list[bool]) -> tuple[float, float]:
    """AUC of suspicion for the flips, and the precision of as many pairs as were flipped."""
    home.mkdir(exist_ok=True)
    with open(home / "uf.jsonl", "w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps({key: record[key] for key in ("prompt", "chosen", "rejected")}) + "\n")
    (home / "recipe.yaml").write_text(RECIPE, "utf-8")
    release = curated(recipes.load(home / "recipe.yaml"), home, home / "home")
    found = [row for file in sorted(release.glob("preference/*.parquet")) for row in pq.read_table(file).to_pylist()]
    scores = np.array([row["suspicion"] for row in found])
    truth = np.array([flipped[int(row["id"].split("#")[1][:9])] for row in found])
    most = np.argsort(-scores, kind="stable")[: int(truth.sum())]
    print(len(found), round(auc(scores, truth), 3), round(float(truth[most].mean()), 3))
    return auc(scores, truth), float(truth[most].mean())


def read(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_the_flips_of_the_study_are_told_better_than_by_chance(curated, dumps, tmp_path) -> None:
    records = read(dumps / NOISY / "label_flip_20.jsonl")
    area, precision = measured(curated, tmp_path / "a", records, [one["metadata"]["noise"]["selected"] for one in records])
    assert area > 0.60 and precision > 0.28


@pytest.mark.parametrize(("rate", "least", "precise"), [(0.1, 0.60, 0.17), (0.2, 0.60, 0.28), (0.3, 0.57, 0.35)])
def test_flips_made_here(curated, dumps, tmp_path, rate, least, precise) -> None:
    records = read(dumps / NOISY / "clean.jsonl")
    order = sorted(range(len(records)), key=lambda at: hashlib.sha256(f"flip {at}".encode()).digest())
    turned = set(order[: int(rate * len(records))])
    for at in turned:
        records[at] |= {"chosen": records[at]["rejected"], "rejected": records[at]["chosen"]}
    area, precision = measured(curated, tmp_path / "a", records, [at in turned for at in range(len(records))])
    assert area > least and precision > precise
