"""The card: valid YAML, honest numbers, and nothing in it that a stranger wrote as code."""

import json
import re
from html import unescape
from pathlib import Path

import huggingface_hub
import pyarrow as pa
import pytest
import yaml
from huggingface_hub import DatasetCard
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from exports import names, preference, sft, shape
from exports.card import card
from exports.card_evidence import OPT_IN
from exports.card_files import feature
from exports.card_words import shown
from exports.measured import FOUND
from schemas import ledger, parquet
from schemas.faults import MissingFault

HOSTILE = "a|b`c`\n# <script>alert(1)</script> [x](http://evil) **bold** ![i](u) &lt; \u202eabc\x1b[31m\n---\n"
MANIFEST = {
    "name": "small",
    "fingerprint": "f" * 32,
    "recipe_sha256": "a" * 64,
    "license": "mit",
    "seed": 7,
    "counts": {"preference": {"train": 40, "test": 2}, "sft": {"train": 2900, "test": 100}},
    "sources": {"hh": {"license": "mit", "files": 1, "records": 2312, "rows": 4624}, HOSTILE: {"license": HOSTILE, "rows": 1}},
    "edits": {"markdown": 1200},
    "versions": {"polars": "2.1.0"},
}


@pytest.fixture
def release(tmp_path):
    return make(tmp_path, MANIFEST)


def make(folder, manifest):
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def funnel(folder, *lines):
    table = pa.Table.from_pylist([dict(zip(ledger.FUNNEL.names, line, strict=True)) for line in lines], ledger.FUNNEL)
    parquet.write(table, folder / "funnel.parquet", ledger.FUNNEL)


def header(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_the_header_says_what_the_hub_asks(release):
    head = header(card(release))
    assert head["license"] == "mit" and head["size_categories"] == ["1K<n<10K"] and head["task_categories"] == ["text-generation"]
    assert head["configs"] == [
        {
            "config_name": "sft",
            "data_files": [{"split": "train", "path": "sft/train-*.parquet"}, {"split": "test", "path": "sft/test-*.parquet"}],
            "default": True,
        },
        {
            "config_name": "preference",
            "data_files": [
                {"split": "train", "path": "preference/train-*.parquet"},
                {"split": "test", "path": "preference/test-*.parquet"},
            ],
        },
    ]


FULL = """
name: small
license: mit
sources:
  hub: {path: "hub/*.parquet", from: ["hf://datasets/Some-Body/their.set@v1/data/*.parquet"], license: mit}
  web: {path: web/a.jsonl, from: "https://user:hunter2@example.org/a.jsonl?token=s3cret", license: cc0-1.0}
  here: {path: here, license: apache-2.0}
edits: [{redact: {also: [phone]}}]
keep: {long: {sql: words > 3, why: too short to teach}}
overlap: {near: {similarity: 0.7}}
exports: {sft: {keep: {polite: NOT refusal}}, openai: {}}
"""


def test_sources_rules_and_licences_are_those_of_the_recipe(release):
    (release / "recipe.yaml").write_text(FULL)
    sources = {name: {"license": kind} for name, kind in (("hub", "mit"), ("web", "cc0-1.0"), ("here", "apache-2.0"))}
    make(release, MANIFEST | {"sources": sources, "edits": {"redact": 5}, "secrets": 0})
    kept = [("hub", "kept")] * 4 + [("web", "kept")] * 3 + [("here", "kept")] * 2 + [("hub", "dropped")]
    lines = [{"id": f"{at:03d}", "source": source, "fate": fate} for at, (source, fate) in enumerate(kept)]
    parquet.write(pa.Table.from_pylist(lines, ledger.LEDGER), release / "ledger.parquet", ledger.LEDGER)
    text = card(release, "me/mine", "### Changes since `x`")
    assert header(text)["source_datasets"] == ["Some-Body/their.set", "extended"]
    assert "| hub | mit | [Some-Body/their.set](https://huggingface.co/datasets/Some-Body/their.set) | 4 |" in text
    assert "hunter2" not in text and "s3cret" not in text and "example.org/a.jsonl" in text
    assert "| apache-2.0 | here | 2 |\n| cc0-1.0 | web | 3 |\n| mit | hub | 4 |" in text
    assert "under mit. Together its sources allow apache-2.0" in text and "the most restrictive, of here" in text
    assert "| long | words &gt; 3 | too short to teach |" in text and "| sft&#58; polite | NOT refusal |  |" in text
    assert "Rows that are less alike than 0.7 both stay" in text and "No benchmark was looked for" in text
    assert "became placeholders such as `[EMAIL]`, in 5 rows. A last scan of all that leaves found 0 secrets" in text
    for kind, each in FOUND.items():
        said = "no" if kind == "ip" else "yes"
        assert f"| {kind} | {said} | {each.recall:.3f} | {each.precision:.3f} | {each.planted:,} |" in text
    assert "Not looked for: names of people" in text
    assert "hf download me/mine recipe.yaml" in text and "OWNER/" not in text
    assert text.index("## Changelog") < text.index("### Changes since") < text.index("<!-- winnow: up to here -->")


def test_what_the_card_says_of_redaction_is_what_redact_does(release):
    from filters import pii

    assert set(OPT_IN) == set(pii.OPT_IN) and set(FOUND) == {*pii.DEFAULT, *pii.OPT_IN}
    for edits in ({}, {"redact": 1}):
        text = card(make(release, MANIFEST | {"edits": edits}))
        assert "| email | no |" in text if not edits else "| email | yes |" in text
        assert "| phone | no |" in text


def test_every_section_of_the_hubs_template_is_there_in_its_order(release):
    """The template that the Hub's client ships says which; what only people know stands below the made part, or is left out."""
    (release / "recipe.yaml").write_text(FULL)
    template = (Path(huggingface_hub.__file__).parent / "templates" / "datasetcard_template.md").read_text()
    asked = [line.removesuffix(" [optional]") for line in template.splitlines() if re.match("#{2,4} ", line)]
    left = {"### Dataset Description", "### Dataset Sources", "## Dataset Card Contact"}
    lines = card(release).splitlines()
    assert [line for line in lines if line in asked] == [line for line in asked if line not in left]


@pytest.mark.parametrize("name", [name for name in names() if hasattr(shape(name), "SCHEMA")])
def test_features_are_as_datasets_writes_them(name):
    from datasets import Features

    schema = shape(name).SCHEMA
    told = [{"name": field.name, **feature(field.type)} for field in schema]
    assert told == Features.from_arrow_schema(schema)._to_yaml_list()


def test_features_of_types_within_types():
    from datasets import Features

    inner = pa.struct([("a", pa.int32()), ("b", pa.list_(pa.list_(pa.float32())))])
    schema = pa.schema([("x", inner), ("y", pa.list_(inner)), ("z", pa.bool_()), ("t", pa.float64())])
    told = [{"name": field.name, **feature(field.type)} for field in schema]
    assert told == Features.from_arrow_schema(schema)._to_yaml_list()


def test_sizes_are_those_that_datasets_finds(release):
    """Its own loader reads the folder by the card, and counts rows and bytes; one row more in the card, and it refuses."""
    from datasets import load_dataset, load_dataset_builder
    from datasets.exceptions import NonMatchingSplitsSizesError

    talks = [{"id": f"{at:03d}", "messages": [{"role": "user", "content": "é" * at}], "words": at} for at in range(250)]
    for split, rows in (("test", talks[:20]), ("train", talks[20:])):
        table = pa.Table.from_pylist(rows, sft.SCHEMA)
        parquet.write(table, release / f"sft/{split}-00000-of-00001.parquet", sft.SCHEMA, group=100)
    (release / "openai").mkdir()
    (release / "openai/train-00000-of-00001.jsonl").write_text("{}\n")
    said = MANIFEST | {"files": {"openai/train-00000-of-00001.jsonl": "0" * 64}}
    make(release, said | {"counts": {"sft": {"train": 230, "test": 20}, "openai": {"train": 1}}})
    text = card(release)
    assert [each["config_name"] for each in header(text)["configs"]] == ["sft"] and '"json", data_files="hf://' in text
    (release / "README.md").write_text(text)
    how = {"cache_dir": str(release / "cache")}
    told = load_dataset_builder(str(release), "sft", **how).info
    found = load_dataset(str(release), "sft", **how)["train"].info
    for split, rows in (("train", 230), ("test", 20)):
        assert told.splits[split].num_examples == rows and told.splits[split].num_bytes == found.splits[split].num_bytes
    assert (told.download_size, told.dataset_size) == (found.download_size, found.dataset_size)
    assert told.download_size == sum(file.stat().st_size for file in release.glob("sft/*"))
    (release / "README.md").write_text(text.replace("num_examples: 230", "num_examples: 231"))
    with pytest.raises(NonMatchingSplitsSizesError, match="231"):
        load_dataset(str(release), "sft", cache_dir=str(release / "other"))


def test_lines_alone_are_configs(release):
    (release / "openai").mkdir()
    (release / "openai/train-00000-of-00001.jsonl").write_text("{}\n{}\n")
    make(release, MANIFEST | {"counts": {"openai": {"train": 2}}, "files": {"openai/train-00000-of-00001.jsonl": "0" * 64}})
    head = header(card(release))
    assert [each["data_files"] for each in head["configs"]] == [[{"split": "train", "path": "openai/train-*.jsonl"}]]
    [info] = head["dataset_info"]
    assert "features" not in info and info["splits"] == [{"name": "train", "num_bytes": 6, "num_examples": 2}]


def test_the_hubs_client_reads_the_card(release):
    text = card(release)
    read = DatasetCard(text)
    assert read.data.to_dict() == header(text) and read.text.strip() == text.split("\n---\n", 1)[1].strip()


def test_a_licence_that_the_hub_does_not_know_is_other_with_its_name(release):
    make(release, MANIFEST | {"license": "My Own: Licence"})
    assert {"license": "other", "license_name": "my-own-licence"}.items() <= header(card(release)).items()


@pytest.mark.parametrize("written", ["Apache 2.0", "apache-2.0", "Apache 2.0 License", "APACHE_2.0"])
def test_a_licence_in_another_spelling_is_the_one_that_the_hub_knows(release, written):
    head = header(card(make(release, MANIFEST | {"license": written})))
    assert head["license"] == "apache-2.0" and "license_name" not in head


def test_every_config_says_what_it_is_and_whose_its_labels_are(release):
    parquet.write(preference.schema(set()).empty_table(), release / "preference/train-0-of-1.parquet", preference.schema(set()))
    for held, told, others in (
        ({"kto", "stepwise"}, ["`label` is a source's thumb", "`labels` are what"], ["margin_by", "Preferences are"]),
        ({"ties"}, ["two answers of equal rank", "Preferences are those of the sources"], ["margin_by"]),
        ({"preference", "mine"}, ["Preferences are", "`margin_by` says", "`mine`: see its columns"], ["`label` is"]),
        ({"openai_dpo"}, ["Preferences are"], ["margin_by", "`label` is"]),
        ({"sft"}, ["Rows are as their sources have them"], ["Preferences are", "margin_by"]),
    ):
        text = card(make(release, MANIFEST | {"counts": {name: {"train": 1} for name in sorted(held)}}))
        assert all(each in text for each in told) and not any(each in text for each in others), held
        assert not re.search(r"^- `\w+`: *$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("rules", "asks"),
    [
        ("keep: {english: language = 'en'}", True),
        ("exports: {sft: {keep: {chinese: \"Prompt_Language = 'zh'\"}}}", True),
        ("keep: {long: {sql: words > 3, why: too short in any language}}", False),
        ("keep: {programming: \"source <> 'language'\"}", False),
    ],
)
def test_whether_a_rule_asks_for_a_language_its_sql_says(release, rules, asks):
    more = "" if "exports" in rules else "\nexports: {sft: {}}"
    (release / "recipe.yaml").write_text(f"name: small\nsources: {{a: {{path: a}}}}\n{rules}{more}\n")
    assert ("No rule asked for a language." in card(release)) is not asks


def test_the_numbers_are_those_of_the_release(release):
    begun = [(source, "export", "beginning of another row", 1, 7) for source in ("a", "b", "c")]
    funnel(
        release, ("a", "export", "budget", 5, 50), ("a", "keep", "refusal", 1000, 10), ("b", "keep", "refusal", 234, 1), *begun
    )
    text = card(release)
    assert "| keep | refusal | 1,234 | 11 |" in text and text.index("refusal") < text.index("budget")
    assert "| export | beginning of another row | 3 | 21 |" in text
    assert "| hh | mit |  | 1 | 2,312 | 4,624 |" in text and "| markdown | 1,200 |" in text
    assert "| `sft` | 2,900 | 100 |" in text and "polars 2" in text and "f" * 32 in text


def test_strangers_text_is_only_words(release):
    funnel(release, (HOSTILE, "keep", HOSTILE, 1, 1))
    text = card(release)
    body = text.split("---\n", 2)[2]
    assert "<script" not in body and "\u202e" not in body and "\x1b" not in body
    assert [line for line in body.splitlines() if line.startswith("# ")] == ["# small"]
    lines = [line for line in body.splitlines() if "alert" in line]
    rows = [line for line in lines if line.startswith("|")]
    assert len(lines) == 4 and len(rows) == 3
    for row in rows:
        cells = len(re.findall(r"(?<!\\)\|", row)) - 1
        assert cells == (4 if row.startswith("| keep") else 6 if row.endswith("| 1 |") else 2)
    for row in lines:
        assert not re.search(r"(?<!\\)[`\[\]*]", row)
    assert text.count("\n---\n") == 1


def test_languages_are_those_of_kept_rows(release):
    kinds = [("kept", "en")] * 150 + [("kept", "und")] * 3 + [("kept", "fr")] * 2 + [("kept", "de")] + [("dropped", "es")] * 50
    lines = [{"id": f"{at:03d}", "source": "s", "fate": fate} for at, (fate, _) in enumerate(kinds)]
    parquet.write(pa.Table.from_pylist(lines, ledger.LEDGER), release / "ledger.parquet", ledger.LEDGER)
    signals = pa.table({"id": [line["id"] for line in lines], "language": [language for _, language in kinds]})
    parquet.write(signals, release / "signals.parquet", signals.schema)
    assert header(card(release))["language"] == ["en", "fr"]


def test_little_is_enough(tmp_path):
    text = card(make(tmp_path, {"fingerprint": "f"}))
    assert header(text)["license"] == "unknown" and "configs" not in header(text)
    with pytest.raises(MissingFault):
        card(tmp_path / "none")


def test_what_is_empty_is_no_split(release):
    make(release, MANIFEST | {"counts": {"sft": {"train": 3, "test": 0}, "preference": {"train": 0}}})
    assert [(config["config_name"], len(config["data_files"])) for config in header(card(release))["configs"]] == [("sft", 1)]


def test_the_card_runs_as_written(release):
    snippet = re.search(r"```python\n(.*?)```", card(release), re.S)[1]
    compile(snippet, "card", "exec")
    assert 'load_dataset("OWNER/small", "sft", split="train")' in snippet


@settings(deadline=None)
@given(st.text(st.characters() | st.sampled_from("\\`*_{}[]()#!|~$@:<>&-+=. \n1ah"), max_size=40))
def test_whatever_a_stranger_writes_a_reader_of_markdown_shows_as_words(text):
    """A CommonMark reader, with tables and HTML on, as the outside truth: one row of two cells, nothing but text in them."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    html = reader.render(f"| a | b |\n| --- | --- |\n| {shown(text)} | end |\n\n- {shown(text)} 1\n")
    cells = re.findall(r"<td>(.*?)</td>", html, re.S)
    assert len(cells) == 2 and cells[1] == "end"
    assert not re.search("<", cells[0]) and html.count("<li>") == 1 == html.count("<ul>")
    assert unescape(cells[0]) == " ".join("".join(c if c.isprintable() else " " for c in text).split())


def test_shown_is_short_and_plain():
    assert shown("hh-rlhf/a.json") == "hh-rlhf/a.json" and len(shown("x" * 900)) == 120 and shown("- a") == r"\- a"
