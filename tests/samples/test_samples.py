"""The bundled samples are what they say: files, records, expected fates and planted troubles, checked without the pipeline."""

import gzip
import html
import itertools
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data" / "samples"
RECORDS = {
    "alpaca/alpaca.json": 38,
    "alpaca/response.jsonl": 15,
    "hh/helpful.jsonl.gz": 19,
    "mislabelled/export.json": 8,
    "oasst/flat.jsonl.zst": 25,
    "oasst/trees.jsonl": 8,
    "openai/broken.jsonl": 15,
    "openai/chat.jsonl": 32,
    "pairs/implicit.jsonl": 3,
    "pairs/kto.jsonl": 4,
    "pairs/messages.jsonl": 5,
    "pairs/openai_dpo.jsonl": 2,
    "pairs/sharegpt_dpo.json": 2,
    "pairs/strings.jsonl": 6,
    "ranked/lists.json": 1,
    "ranked/outputs.json": 2,
    "ranked/ranks.jsonl": 3,
    "ranked/scores.jsonl": 3,
    "sharegpt/chats.json": 36,
    "sharegpt/items.json": 10,
    "sharegpt/lines.json": 14,
    "sharegpt/lists.json": 6,
    "sharegpt/role_content.json": 11,
    "sharegpt/tools.json": 4,
    "sharegpt/web.json": 21,
    "truncated/cut_off.json": 8,
}
OTHERS = {"expected.jsonl", "labels/good.jsonl", "labels/bad.jsonl", "benchmarks/allotment.jsonl"}
STAGES = {"read", "keep", "overlap", "export"}


def _content(name: str) -> bytes:
    raw = (SAMPLES / name).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        return gzip.decompress(raw)
    return zstandard.ZstdDecompressor().decompress(raw, 1 << 24) if raw[:4] == b"\x28\xb5\x2f\xfd" else raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), "a key is there twice"
    return dict(pairs)


def _constant(name: str) -> None:
    raise ValueError(name)


def _strict(raw: bytes) -> Any:
    """The value, or None where strict JSON in UTF-8 refuses it."""
    try:
        return json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, AssertionError):
        return None


def _records(name: str) -> list[Any]:
    """One decoded value a record, None for those that are no sound JSON."""
    content = _content(name)
    if not content.startswith(b"["):
        return [_strict(line) for line in content.splitlines() if line.strip()]
    if name == "truncated/cut_off.json":
        return [_strict(line.removesuffix(b",")) for line in content.splitlines()[1:]]
    return _strict(content)


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / name).read_text("utf-8").splitlines()]


EXPECTED = _lines("expected.jsonl")
FATES = {line["id"]: line for line in EXPECTED}
VALUES = {name: _records(name) for name in RECORDS}


def _where(id: str) -> tuple[str, int, int | None]:
    name, _, record = id.rpartition("#")
    number, _, part = record.partition(".")
    return name, int(number), int(part) if part else None


def _texts(value: Any) -> list[str]:
    """Every string that is a turn's text, in order, whatever the shape."""
    if isinstance(value, list):
        return [text for each in value for text in ([each] if isinstance(each, str) else _texts(each))]
    if not isinstance(value, dict):
        return []
    keys = ("history", "instruction", "input", "prompt", "conversations", "conversation", "items", "messages", "chosen", "output")
    keys += ("response", "completion", "content", "value", "text")
    held = [value[key] for key in keys if key in value]
    return [text for each in held for text in ([each] if isinstance(each, str) else _texts(each))]


def _said(id: str) -> str:
    """The conversation of a row as plain words; of a pair, with its better answer."""
    name, number, _ = _where(id)
    value = VALUES[name][number]
    text = value["chosen"] if name.startswith("hh/") else "\n".join(filter(None, _texts(value)))
    text = re.sub(r"(?s)<(button|svg).*?</\1>|<span>\w+</span>|```\w*|\n\n(?:Human|Assistant):", " ", text)
    return html.unescape(re.sub(r"</?(?:div|p|pre|code|ul|li|strong|br)\b[^>]*>", " ", text))


def _shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.casefold())
    return {tuple(words[at : at + size]) for at in range(max(1, len(words) - size + 1))}


def _jaccard(one: set[Any], other: set[Any]) -> float:
    return len(one & other) / len(one | other)


def test_every_file_is_listed() -> None:
    there = {path.relative_to(SAMPLES).as_posix() for path in SAMPLES.rglob("*") if path.is_file()}
    assert there == RECORDS.keys() | OTHERS


@pytest.mark.parametrize("name", RECORDS)
def test_records_are_as_many_as_intended(name: str) -> None:
    assert len(VALUES[name]) == RECORDS[name]


def test_expected_is_sorted_by_the_bytes_of_its_ids_and_names_each_once() -> None:
    ids = [line["id"] for line in EXPECTED]
    assert ids == sorted(set(ids), key=str.encode)


def test_every_record_has_a_fate() -> None:
    told = {_where(id)[:2] for id in FATES}
    silent = {(name, number) for name, count in RECORDS.items() for number in range(count)} - told
    assert told <= {(name, number) for name, count in RECORDS.items() for number in range(count)}
    # Only the questions of flat messages have no line of their own: they are part of the rows that answer them.
    assert {name for name, _ in silent} == {"oasst/flat.jsonl.zst"}
    assert all(VALUES[name][number]["role"] == "prompter" for name, number in silent)


def test_a_fate_is_told_in_full_and_in_the_words_of_the_recipe() -> None:
    recipe = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text("utf-8"))
    rules = {"keep": recipe["keep"].keys(), "overlap": recipe["overlap"].keys()}
    for line in EXPECTED:
        if line["fate"] == "kept":
            assert set(line["exports"]) <= {"sft", "preference"}
            assert line["exports"], line["id"]
            assert line["stage"] is line["reason"] is None
        else:
            assert line["fate"] in ("dropped", "quarantined")
            assert line["stage"] in STAGES
            assert line["reason"] in rules.get(line["stage"], {line["reason"]})
    assert recipe["sources"].keys() == {name.split("/")[0] for name in RECORDS}
    assert {line["reason"] for line in EXPECTED} >= {*recipe["keep"], *recipe["overlap"], *recipe["exports"]["sft"]["keep"]}


def test_json_is_broken_exactly_where_a_record_is_to_be_quarantined_for_it() -> None:
    unsound = {(name, number) for name, values in VALUES.items() for number, value in enumerate(values) if value is None}
    syntax = {"json_syntax", "duplicate_key", "non_finite", "encoding", "truncated"}
    assert unsound == {_where(line["id"])[:2] for line in EXPECTED if line["reason"] in syntax}
    assert {line["reason"] for line in EXPECTED if line["fate"] == "quarantined"} == syntax | {"unknown_shape", "not_text"}


def test_containers_are_what_they_are_and_not_what_they_are_called() -> None:
    assert (SAMPLES / "mislabelled" / "export.json").read_bytes()[:2] == b"\x1f\x8b"
    assert (SAMPLES / "oasst" / "flat.jsonl.zst").read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
    for name in ("truncated/cut_off.json", "sharegpt/lines.json"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(_content(name))


def test_planted_twins_are_twins() -> None:
    pairs = [(line["id"], line["twin"]) for line in EXPECTED if line["reason"] == "near_duplicates"]
    similar = {id: _jaccard(_shingles(_said(id)), _shingles(_said(twin))) for id, twin in pairs}
    assert all(value >= 0.85 for value in similar.values()), similar
    assert sum(value == 1.0 for value in similar.values()) >= 3, similar
    assert sum(value < 1.0 for value in similar.values()) >= 2, similar
    assert all(FATES[twin]["fate"] == "kept" or FATES[twin]["reason"] == "budget" for _, twin in pairs)
    assert sum(id.split("/")[0] != twin.split("/")[0] for id, twin in pairs) >= 8


def test_nothing_that_is_kept_resembles_another() -> None:
    names = {"alpaca", "hh", "mislabelled", "openai", "pairs", "sharegpt", "truncated"}
    ids = [id for id, line in FATES.items() if "sft" in line.get("exports", ()) and id.split("/")[0] in names]
    shingles = {id: _shingles(_said(id)) for id in ids}
    worst = max(itertools.combinations(ids, 2), key=lambda pair: _jaccard(shingles[pair[0]], shingles[pair[1]]))
    assert _jaccard(shingles[worst[0]], shingles[worst[1]]) < 0.7, worst


def test_a_question_of_the_benchmark_is_given_away_whole_or_hardly() -> None:
    items = [_shingles(line["question"], 8) for line in _lines("benchmarks/allotment.jsonl")]
    cover = defaultdict(float)
    for name, values in VALUES.items():
        for number, value in enumerate(values):
            told = _shingles("\n".join(_texts(value)), 8)
            cover[name, number] = max(len(item & told) / len(item) for item in items)
    whole = {_where(line["id"])[:2] for line in EXPECTED if line["reason"] == "benchmarks"}
    assert {where for where, share in cover.items() if share >= 0.5} == whole
    assert all(cover[where] == 1.0 for where in whole)
    assert any(0 < share < 0.5 for share in cover.values())


def test_at_most_three_of_one_prompt_stay() -> None:
    asked = "Give me a random fact."
    places = [(name, number, value) for name, values in VALUES.items() for number, value in enumerate(values)]
    ids = [f"{name}#{number:09d}" for name, number, value in places if asked in _texts(value)]
    assert Counter(FATES[id]["reason"] for id in ids) == {None: 3, "prompts": 3}


def test_planted_numbers_bear_out_their_checksums() -> None:
    told = "\n".join(text for values in VALUES.values() for value in values for text in _texts(value))
    iban = "DE89 3704 0044 0532 0130 00"
    moved = iban.replace(" ", "")[4:] + iban[:4]
    assert iban in told
    assert int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1
    assert [_luhn(card) for card in ("4111 1111 1111 1111", "4111 1111 1111 1112") if card in told] == [True, False]
    secrets = (r"\bAKIA[A-Z0-9]{16}\b", r"\bghp_[A-Za-z0-9]{36}\b", r"\bsk-proj-\w{40,}", r"[\w.]+@[\w-]+\.nl\b")
    assert all(re.search(pattern, told) for pattern in secrets)


def _luhn(card: str) -> bool:
    digits = [int(sign) for sign in reversed(card) if sign.isdigit()]
    return sum(digits[0::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


def test_mojibake_is_of_the_certain_kind() -> None:
    told = [text for value in VALUES["sharegpt/web.json"] for text in _texts(value) if "Ã" in text]
    words = {word for text in told for word in re.findall(r"[A-Za-z]*(?:Ã\S[A-Za-z]*)+", text)}
    assert len(told) >= 3
    assert {word.encode("cp1252").decode() for word in words} >= {"Café", "crème", "brûlée"}


def test_labels_do_not_differ_by_length_and_are_not_in_the_samples() -> None:
    piles = {pile: _lines(f"labels/{pile}.jsonl") for pile in ("good", "bad")}
    assert all(len(pile) >= 150 for pile in piles.values())
    sizes = {name: [len(row["messages"][-1]["content"].split()) for row in pile] for name, pile in piles.items()}
    longer = sum((good > bad) + (good == bad) / 2 for good in sizes["good"] for bad in sizes["bad"])
    assert 0.4 <= longer / len(sizes["good"]) / len(sizes["bad"]) <= 0.6
    answers = [row["messages"][-1]["content"] for pile in piles.values() for row in pile]
    assert len(set(answers)) == len(answers)
    told = {text for values in VALUES.values() for value in values for text in _texts(value)}
    assert not told & set(answers)
