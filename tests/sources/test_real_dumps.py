"""The counts that the dumps' own README gives, and conservation over every file there is."""

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pytest

from sources import File, inspect, read

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


TOLD = {  # format, records, rows
    "yangjianxin1__Firefly/data/dummy_data.jsonl": ("firefly", 33, 33),
    "SmartFlowAI__EmoLLM/datasets/aiwei.json": ("capybara", 1600, 1600),
    "ArthurGareginyan__convonaut/conversations.json": ("chatgpt", 7, 7),
    "sanand0__openai-conversations/samples/india-map-with-khargone.json": ("chatgpt", 1, 3),
    "MaMuk__Threadindex/samples/chatgpt_conversations.json": ("chatgpt", 2, 2),
    "MaMuk__Threadindex/samples/deepseek_conversations.json": ("deepseek", 2, 2),
    "yaleman__anthropic-data/tests/data/conversations.json": ("claude", 1, 1),
    "lm-sys__FastChat/data/dummy_conversation.json": ("sharegpt", 500, 500),
    "akshata29__finetuning/data/train.jsonl": ("openai", 180, 180),
    "bofenghuang__vigogne/data/chat/oasst_20230412_fr_1k.jsonl": ("sharegpt", 1183, 1183),
    "gpt4life__alpagasus/data/filtered/dolly_3k.json": ("alpaca", 2996, 2996),
    "gpt4life__alpagasus/data/filtered/claude_t45.json": ("alpaca", 5305, 5305),
    "tianyi-lab__Cherry_LLM/cherry_data_v1/cherrt_alpaca/cherry_alpaca_5_percent.json": ("alpaca", 3111, 3111),
    "hiyouga__LLaMA-Factory/data/oaast_sft_zh.json": ("alpaca", 766, 766),
    "openai__grade-school-math/grade_school_math/data/test.jsonl": ("gsm8k", 1319, 1319),
    "openai__grade-school-math/grade_school_math/data/train.jsonl": ("gsm8k", 7473, 7473),
    "RUCAIBox__HaluEval/data/general_data.json": ("halueval", 4507, 4507),
    "benedictflorance__truthfulqa_experiments/datasets/TruthfulQA.csv": ("prompts", 817, 0),
    "f__awesome-chatgpt-prompts/prompts.csv": ("prompts", 1529, 0),
    "openai__human-eval/data/HumanEval.jsonl.gz": ("prompts", 164, 0),
    "josejg__instruction_following_eval/instruction_following_eval/data/input_data.jsonl": ("prompts", 541, 0),
    "lm-sys__FastChat/fastchat/llm_judge/data/mt_bench/question.jsonl": ("prompts", 80, 0),
    "openai__moderation-api-release/data/samples-1680.jsonl.gz": ("prompts", 1680, 0),
    "akshata29__finetuning/data/eval.jsonl": ("query_response", 200, 0),
    "yangjianxin1__Firefly/data/pretrain/dummy_pretrain.jsonl": ("documents", 45, 0),
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


@pytest.mark.parametrize("name", TOLD)
def test_the_real_files_are_told_and_counted(dumps, name):
    found = inspect(dumps / name)
    assert (found.format, found.records, found.rows) == TOLD[name]
    refusals = {reason: len(numbers) for reason, numbers in {**found.dropped, **found.quarantined}.items()}
    expected = {"no_conversation" if found.format == "documents" else "no_answer": found.records - found.rows}
    assert refusals == ({} if found.rows else expected)


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
