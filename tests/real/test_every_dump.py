"""Every real dump is read by the right format without being told, with the record counts that the dumps' own README gives."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from schemas.recipe import Source
from sources import Finding, files, inspect, parts, skipped

FORMATS = {  # where files lie -> the format that must be found; the longest path that fits counts
    "ArthurGareginyan__convonaut": "chatgpt",
    "GAIR-NLP__auto-j": "auto_j",
    "InternLM__xtuner": "sharegpt",
    "LAION-AI__Open-Assistant": "oasst_tree",
    "MaMuk__Threadindex/samples/chatgpt": "chatgpt",
    "MaMuk__Threadindex/samples/deepseek": "deepseek",
    "Marugannwg__ShareGPT92k": "sharegpt",
    "OpenLMLab__MOSS": "moss",
    "RUCAIBox__HaluEval": "halueval",
    "SmartFlowAI__EmoLLM": "capybara",
    "TurkuNLP__oasst-fi": "oasst_flat",
    "akshata29__finetuning/data/dpo": "preference",
    "akshata29__finetuning/data/eval": "query_response",
    "akshata29__finetuning/data/train": "openai",
    "allenai__WildBench": "wildbench",
    "anthropics__hh-rlhf": "hh",
    "benedictflorance__truthfulqa": "prompts",
    "bofenghuang__vigogne/data/chat/oasst_20230412_fr_1k": "sharegpt",
    "bofenghuang__vigogne/data/chat/oasst_20230412_fr_top1": "openai",
    "carbonz0__alpaca": "alpaca",
    "f__awesome-chatgpt-prompts": "prompts",
    "facebookresearch__Shepherd": "shepherd",
    "gpt4life__alpagasus": "alpaca",
    "gururise__AlpacaDataCleaned": "alpaca",
    "hikariming__alpaca_chinese": "alpaca",
    "hiyouga__LLaMA-Factory/data/alpaca": "alpaca",
    "hiyouga__LLaMA-Factory/data/dpo": "preference",
    "hiyouga__LLaMA-Factory/data/glaive": "sharegpt",
    "hiyouga__LLaMA-Factory/data/identity": "alpaca",
    "hiyouga__LLaMA-Factory/data/kto": "openai",
    "hiyouga__LLaMA-Factory/data/oaast_sft": "alpaca",
    "hiyouga__LLaMA-Factory/data/v1_dpo": "preference",
    "hiyouga__LLaMA-Factory/data/v1_sft": "openai",
    "josejg__instruction_following": "prompts",
    "kkminions888-ops__ultrafeedback": "preference",
    "lm-sys__FastChat/data": "sharegpt",
    "lm-sys__FastChat/fastchat": "prompts",
    "openai__grade-school-math": "gsm8k",
    "openai__human-eval": "prompts",
    "openai__moderation-api-release": "prompts",
    "qiuhuachuan__smile": "sharegpt",
    "sahil280114__codealpaca": "alpaca",
    "sanand0__openai-conversations": "chatgpt",
    "shibing624__MedicalGPT/data/finetune": "sharegpt",
    "shibing624__MedicalGPT/data/reward": "preference",
    "suzgunmirac__BIG-Bench-Hard": "big_bench",
    "tatsu-lab__alpaca_eval": "alpaca_eval_outputs",
    "tatsu-lab__alpaca_eval/results/vicuna-7b/weighted": "alpaca_eval_annotations",
    "teknium1__GPTeacher": "alpaca",
    "thisserand__alpaca-lora": "alpaca",
    "tianyi-lab__Cherry_LLM": "alpaca",
    "tml-epfl__long-is-more": "sharegpt",
    "yaleman__anthropic-data": "claude",
    "yangjianxin1__Firefly/data/dummy_data": "firefly",
    "yangjianxin1__Firefly/data/dummy_dpo": "preference",
    "yangjianxin1__Firefly/data/pretrain": "documents",
}
NO_DUMPS = ("MANIFEST.jsonl", "minimaxir__", "nst__")  # a list of the files, and two corpora of odd texts
MMLU = "hiyouga__LLaMA-Factory/evaluation/mmlu/"
GPTEACHER_YAML = "roleplay-simple-deduped-roleplay-instruct.yaml"  # a second copy of a dump, in YAML
NOT_LISTED = ("sanand0__openai-conversations/samples/*",)  # two more files lie beside the four that the README lists
HALVES = ("Marugannwg__", "qiuhuachuan__")  # folders of which half is here, one conversation a file


@pytest.fixture(scope="module")
def found(dumps: Path) -> dict[str, Finding]:
    """What every file is, by its name."""
    spec = Source(path=str(dumps))
    every = [file for file in files("dumps", spec, dumps) if not file.name.startswith(NO_DUMPS)]
    return {finding.name: finding for file in every for finding in parts(file)}


def expected(dumps: Path) -> dict[str, int]:
    """Path or pattern -> records, from the table of the dumps' README."""
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in (dumps / "README.md").read_text("utf-8").splitlines()]
    rows = [[cell.strip() for cell in cells] for cells in lines if len(cells) == 8]
    return {cells[0].split(" (")[0].replace("\\*", "*"): int(cells[4]) for cells in rows if cells[4].isdigit()}


def test_every_file_is_what_it_is(found):
    wanted = {name: max((key for key in FORMATS if name.startswith(key)), key=len, default="") for name in found}
    assert not [name for name, key in wanted.items() if not key], "files that nobody expects"
    assert {name: finding.format for name, finding in found.items()} == {name: FORMATS[key] for name, key in wanted.items()}


def test_every_count_is_the_one_that_its_readme_gives(dumps, found):
    counts = defaultdict(int)
    patterns = expected(dumps)
    assert len(patterns) > 90
    for name, finding in found.items():
        pattern = name if name in patterns else f"{name.rpartition('/')[0]}/*"
        counts[pattern] += finding.records
    for pattern, records in patterns.items():
        if not pattern.startswith(HALVES):
            assert counts.pop(pattern) == records, pattern
    assert all(pattern.startswith(HALVES) or pattern in NOT_LISTED for pattern in counts), counts
    assert all(finding.records == finding.rows == 1 for name, finding in found.items() if name.startswith(HALVES))


def test_nothing_is_left_out_but_what_is_no_data(dumps):
    left = skipped(Source(path=str(dumps)), dumps)
    assert {Path(name).name for name in left if not name.startswith(MMLU)} == {"README.md", "LICENSE", GPTEACHER_YAML}
    assert sum(name.endswith(".csv") for name in left) == 171  # MMLU's tables have no header, and hold choices to pick from


def test_what_is_no_conversation_gives_no_row(found):
    for name, finding in found.items():
        if finding.format in ("documents", "prompts", "wildbench"):
            assert finding.rows == 0 and sum(map(len, finding.dropped.values())) == finding.records, name


def test_records_that_cannot_be_read_are_few(found):
    lost = {name: finding.quarantined for name, finding in found.items() if finding.quarantined}
    assert not lost


def test_a_file_pinned_to_its_format_reads_the_same(dumps, found):
    for name in list(found)[::200]:
        assert inspect(dumps / name, found[name].format).rows == found[name].rows
