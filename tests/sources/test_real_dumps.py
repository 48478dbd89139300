"""The counts that the dumps' own README gives, and conservation over every file there is."""

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pytest

from sources import File, read

COUNTS = {
    "anthropics__hh-rlhf/harmless-base/test.jsonl.gz": (2312, 4614, {"contexts_differ": 5}),
    "TurkuNLP__oasst-fi/original-data/en-validation.jsonl": (2022, 1185, {"no_answer": 277, "deleted": 40, "failed_review": 46}),
    "LAION-AI__Open-Assistant/model/model_eval/manual/data/en_100_tree.jsonl": (100, 687, {}),
    "teknium1__GPTeacher/Codegen/codegen-instruct.json": (4535, 4535, {}),
    "sahil280114__codealpaca/data/new_codealpaca.json": (4535, 4535, {}),
    "akshata29__finetuning/data/dpo_train.jsonl": (180, 360, {}),
    "hiyouga__LLaMA-Factory/data/dpo_en_demo.json": (300, 600, {}),
    "hiyouga__LLaMA-Factory/data/v1_dpo_demo.jsonl": (100, 200, {}),
    "hiyouga__LLaMA-Factory/data/kto_en_demo.json": (300, 300, {}),
    "hiyouga__LLaMA-Factory/data/glaive_toolcall_en_demo.json": (300, 300, {}),
    "yangjianxin1__Firefly/data/dummy_dpo.jsonl": (16, 32, {}),
    "InternLM__xtuner/tests/resource/openai_sft.jsonl": (128, 128, {}),
    "shibing624__MedicalGPT/data/finetune/sharegpt_zh_1K.json": (1000, 1000, {}),
    "suzgunmirac__BIG-Bench-Hard/bbh/snarks.json": (178, 178, {}),
}


def counted(path: Path) -> tuple[int, int, dict[str, int]]:
    """Records, rows and refusals by reason; the law holds."""
    records, rows, reasons, named = 0, 0, Counter(), []
    for batch in read(File("s", path, path.name)):
        records += batch.records
        rows += len(batch.rows)
        reasons.update(batch.refused["reason"].to_pylist())
        named.append((set(pc.list_flatten(batch.rows["records"]).to_pylist()), set(batch.refused["id"].to_pylist())))
    made, refused = (set().union(*sets) for sets in zip(*named, strict=True)) if named else (set(), set())
    assert not made & refused and len(made) + len(refused) == records
    return records, rows, dict(reasons)


@pytest.mark.parametrize("name", COUNTS)
def test_counts(dumps, name):
    assert counted(dumps / name) == COUNTS[name]


def test_all_of_alpaca(dumps):
    shards = sorted((dumps / "hikariming__alpaca_chinese_dataset" / "history" / "原始英文数据").glob("*.json"))
    assert len(shards) == 18
    assert [sum(column) for column in list(zip(*map(counted, shards), strict=True))[:2]] == [52_002, 52_002]


def test_folders_of_one_conversation_a_file(dumps):
    for folder in ("qiuhuachuan__smile/data", "Marugannwg__ShareGPT92k_user_linguistic_mining/sampled_enriched_data"):
        found = Counter((records, rows) for records, rows, _ in map(counted, sorted((dumps / folder).iterdir())))
        assert found[1, 1] > 500 and sum(found.values()) - found[1, 1] <= 2


def test_answers_of_a_tree_hold_nothing_deleted(dumps):
    path = dumps / "TurkuNLP__oasst-fi" / "original-data" / "en-validation.jsonl"
    [batch] = read(File("s", path, path.name))
    rows = batch.rows.to_pylist()
    assert all(row["messages"][-1]["role"] == "assistant" and row["messages"][0]["role"] == "user" for row in rows)
    assert all(row["path_rank"] >= (row["rank"] or 0) for row in rows)
    groups: dict[str, list] = {}
    for row in rows:
        groups.setdefault(row["group_id"], []).append(row)
    for group in groups.values():
        assert len({tuple(m["content"] for m in row["messages"][:-1]) for row in group}) == 1
        ranks = sorted({row["rank"] for row in group if row["rank"] is not None})
        assert ranks == list(range(len(ranks)))


def test_no_file_stops_the_reader(dumps):
    small = [path for path in sorted(dumps.rglob("*")) if path.is_file() and path.stat().st_size < 1 << 20]
    for path in small[::7]:
        counted(path)
