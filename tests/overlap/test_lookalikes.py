"""Look-alikes: 76 pairs in `lookalikes.jsonl`, each with the verdict of a person: is the second worth keeping beside the first?

47 are made from one template (another word, number or name in one place, or another task over the same text) and must both
stay; 29 say the same (other writing, a greeting more, a slip mended). At similarity 0.8, with the rule for short texts
(`short`: under so many words, one must have all the words of the other):

    shingle        short   dropped rightly   wrongly   precision   recall
    5 words          0          24             23        0.51       0.83
    5 words         50          23             16        0.59       0.79
    5 words        100          18              0        1.00       0.62    <- what a recipe does by itself
    3 words          0          27             29        0.48       0.93
    3 words        100          20              0        1.00       0.69
    8 characters     0          26             30        0.46       0.90
    8 characters   100          19              0        1.00       0.66

What `short` loses are slips of one word in a short text ("neighbour", "neighbor"): kept twice, they do little harm.
"""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

from filters.overlap.signatures import sign
from filters.overlap.twins import walk
from schemas.recipe import Near

PAIRS = [json.loads(line) for line in (Path(__file__).parent / "lookalikes.jsonl").read_text("utf-8").splitlines()]
TABLE = [line.split("<")[0].split() for line in __doc__.splitlines() if re.match(r" +\d (words|characters)", line)]


def dropped(pair, folder, size, chars, short):
    path = folder / "signed"
    sign(pa.array(["a", "b"]), pa.array([pair["one"], pair["other"]]), size, path, chars=chars, short=short)
    return len(walk([path], "k", 0.8, pa.array(["a", "b"]))[0]) == 1


def test_the_pairs_are_what_the_table_says():
    assert len(PAIRS) == 76
    assert sum(pair["same"] for pair in PAIRS) == 29
    assert len({(pair["one"], pair["other"]) for pair in PAIRS}) == 76


@pytest.mark.parametrize("line", TABLE, ids=lambda line: "-".join(line[:3]))
def test_the_table_is_true(tmp_path, line):
    size, unit, short, right, wrong, precision, recall = line
    found = [pair["same"] for pair in PAIRS if dropped(pair, tmp_path, int(size), unit == "characters", int(short))]
    assert (sum(found), len(found) - sum(found)) == (int(right), int(wrong))
    assert (f"{sum(found) / len(found):.2f}", f"{sum(found) / 29:.2f}") == (precision, recall)


def test_a_recipe_takes_the_line_without_a_wrong_drop():
    near = Near(similarity=0.8)
    assert [str(near.shingle), "words", str(near.short)] == next(line[:3] for line in TABLE if line[4] == "0")
