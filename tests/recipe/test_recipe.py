"""The recipe: what it accepts, what it says of each mistake, and that it comes back the same."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import recipe as recipes
from schemas import strict_yaml
from schemas.faults import MissingFault, UsageFault

BASE = """\
name: x
sources:
  a: {path: a.json}
exports: {sft: {}}
"""

FULL = """\
name: everyday-assistant
license: cc-by-4.0
sources:
  sharegpt: {path: sharegpt/**/*.json, license: cc0-1.0}
  hh:       {path: hh-rlhf/*.jsonl.gz, license: mit, from: hf://datasets/Anthropic/hh-rlhf}
edits: [markdown, {redact: {also: [phone]}}]
classifiers:
  quality: {good: [labels/good.jsonl], bad: labels/bad.jsonl}
keep:
  complete: &ends ends_with_assistant AND NOT truncated
  english:  {sql: language = 'en', why: english only}
overlap:
  near_duplicates: {key: conversation, similarity: 0.8, prefer: [quality DESC, words DESC]}
  prompts:         {key: prompt, at_most: 3, prefer: quality DESC}
  benchmarks:      {against: benchmarks/*.jsonl}
exports:
  sft:
    keep: {again: *ends}
    select: {words: 4_000_000, mix: {by: source, sharegpt: 0.6, hh: 0.4, short: fill}}
  preference:
    pairs: best_worst
    keep: {gap: score_margin >= 1}
limits: off
seed: 20230504
"""


def read(tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(text, "utf-8")
    return recipes.load(file)


def test_a_whole_recipe(tmp_path):
    recipe = read(tmp_path, FULL)
    assert list(recipe.sources) == ["hh", "sharegpt"]
    assert recipe.sources["hh"].urls == ["hf://datasets/Anthropic/hh-rlhf"]
    assert recipe.edits == {"markdown": {}, "redact": {"also": ["phone"]}}
    assert recipe.classifiers["quality"].bad == ["labels/bad.jsonl"]
    assert recipe.keep["english"] == recipes.Rule(sql="language = 'en'", why="english only")
    assert [type(each) for each in recipe.overlap.values()] == [recipes.Near, recipes.Cap, recipes.Benchmark]
    assert recipe.overlap["prompts"].prefer == ["quality DESC"]
    assert recipe.exports.sft.keep["again"].sql == "ends_with_assistant AND NOT truncated"
    assert recipe.exports.sft.select.words == 4_000_000
    assert recipe.exports.sft.select.mix == recipes.Mix(by="source", short="fill", shares={"hh": 0.4, "sharegpt": 0.6})
    assert (recipe.limits, recipe.seed, recipe.test) == ("off", 20230504, 0.05)


def test_comes_back_the_same(tmp_path):
    recipe = read(tmp_path, FULL)
    assert read(tmp_path, recipes.to_yaml(recipe)) == recipe
    assert recipes.to_yaml(read(tmp_path, recipes.to_yaml(recipe))) == recipes.to_yaml(recipe)
    assert recipes.Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert recipes.Recipe.model_validate_json(recipes.as_json(recipe)) == recipe


def test_fingerprint_text_keeps_the_order_of_rules_and_not_of_sources(tmp_path):
    one = read(tmp_path, BASE + "keep: {p: 'true', q: 'true'}\n")
    other = read(tmp_path, BASE + "keep: {q: 'true', p: 'true'}\n")
    assert recipes.as_json(one) != recipes.as_json(other)
    ab = read(tmp_path, BASE.replace("a: {path: a.json}", "a: {path: a.json}\n  b: {path: b.json}"))
    ba = read(tmp_path, BASE.replace("a: {path: a.json}", "b: {path: b.json}\n  a: {path: a.json}"))
    assert recipes.as_json(ab) == recipes.as_json(ba)
    assert json.loads(recipes.as_json(one))["keep"] == {"p": "true", "q": "true"}


WRONG = {
    "keeep: {}": ["line 5", "unknown key 'keeep'; did you mean keep?"],
    "name: y": ["'name' is written twice: lines 1 and 5"],
    "keep:\n  a: x\n  a: y": ["'a' is written twice: lines 6 and 7"],
    "seed: yes": ["line 5", 'seed: expected a whole number, got "yes"'],
    "seed: '3'": ["expected a whole number"],
    "seed: -1": ["must be greater than or equal to 0, and is -1"],
    "test: 1.0": ["test: must be less than 1"],
    "test: .nan": ["test: expected a finite number"],
    "license: 4.0": ["license: expected text, got 4.0"],
    "limits: {quarantined: 2}": ["limits.quarantined: must be less than or equal to 1, and is 2"],
    "limits: false": ["expected {quarantined: 0.05} or `off`, got false"],
    "keep: {a: true}": ["keep.a: expected SQL as text, or {sql: ..., why: ...}, got true"],
    "keep: {a: {sq: x}}": ["keep.a: unknown key 'sq'; did you mean sql?"],
    "keep: {a: ''}": ["expected some text"],
    "keep: {Bad Name: x}": ['expected a lower-case word (a-z, 0-9, _), got "Bad Name"'],
    "keep: [a]": ["keep: expected a map, got a list"],
    "keep:": ["line 5", "`keep` has no value"],
    "overlap: {d: {similarity: 0.8, at_most: 2}}": ["mixes `similarity` and `at_most`: write a map with exactly one of"],
    "overlap: {d: {key: prompt}}": ["has no kind: write a map with exactly one of `similarity`"],
    "overlap:\n  d:\n    similarity: 0.8\n    kee: prompt": ["line 8", "overlap.d: unknown key 'kee'; did you mean key?"],
    "overlap: {d: {similarity: '0.8'}}": ['overlap.d.similarity: expected a number, got "0.8"'],
    "overlap: {d: {similarity: 0}}": ["must be greater than 0"],
    "overlap: {d: {at_most: 1, key: promt}}": [
        "expected 'conversation', 'prompt', 'context', 'response' or 'exchange', got \"promt\""
    ],
    "overlap: {d: {at_most: 1, prefer: [{source: [a], license: [b]}]}}": [
        "overlap.d.prefer.0: expected one column with its values"
    ],
    "overlap: {d: {at_most: 1, prefer: [{source: 3}]}}": ["overlap.d.prefer.0.source: expected a list, got 3"],
    "overlap: {d: {key: prefix, similarity: 0.8}}": ["mixes `similarity` and `key: prefix`"],
    "overlap: {d: {key: prefix, prefer: words}}": ["unknown key 'prefer'"],
    "overlap: {d: {similarity: 0.8, shingle: {char: 5}}}": ["overlap.d.shingle: unknown key 'char'; did you mean chars?"],
    "overlap: {d: {similarity: 0.8, shingle: {chars: 0}}}": ["overlap.d.shingle.chars: must be greater than or equal to 1"],
    "overlap: {d: 3}": ["overlap.d: has no kind: write a map with exactly one of"],
    "edits: [a, a]": ["the edit a is there twice"],
    "edits: [3]": ["expected the name of an edit, got 3"],
    "classifiers: {q: {good: [a]}}": ["needs `good` and `bad` (to train), or `model` and `sha256`"],
    "classifiers: {q: {model: a, sha256: b}}": ["expected 64 hex digits"],
    "tokenizer: x": ["counts words, not tokens"],
    "edits: !!python/name:os.system x": ["line 5", "is not read here"],
    "edits: !mine x": ["is not read here"],
    "seed: &a [*a]": ["an alias that holds itself"],
    "edits: [": ["not YAML"],
    "? [a]\n: b": ["a key must be a word"],
    "---\nname: z": ["not YAML"],
    "seed: " + "9" * 5000: ["not a number"],
    "edits: " + "[" * 5000: ["not YAML", "nested too deep"],
}


@pytest.mark.parametrize("extra", WRONG, ids=lambda text: text[:40])
def test_a_mistake_is_told(tmp_path, extra):
    with pytest.raises(UsageFault) as told:
        read(tmp_path, BASE + extra + "\n")
    said = str(told.value)
    assert said.startswith(f"{tmp_path / 'mine.yaml'}")
    found = [part in said for part in WRONG[extra]]
    assert any(found) if "[[[" in extra else all(found), said
    assert "\n" not in said


INSTEAD = {
    "{path: a.json}": {
        "a.json": 'sources.a: expected a map, got "a.json"',
        "{license: mit}": "sources.a.path: is missing",
        "{path: a, sha256: %s}" % ("a" * 64): "sha256 pins one address, `from` has 0",
        "{path: a, form: x}": "did you mean format or from?",
    },
    "{sft: {}}": {
        "{}": "name at least one export",
        "{sft: {select: {tokens: 5}}}": "counts words, not tokens: write `words`",
        "{sft: {select: {words: 5, diversity: {}}}}": "`diversity` is not in this version",
        "{kto: {diversity: {}}}": "`diversity` is not in this version",
        "{kto: {tokens: 5}}": "counts words, not tokens: write `words`",
        "{sft: {select: {mix: {by: source, a: 1}}}}": "write `words` beside it",
        "{sft: {select: {draw: best}}}": "needs `by`",
        "{sft: {select: {words: 5, mix: {by: source, a: 0.5}}}}": "the shares add up to 0.5, and must add up to 1",
        "{sft: {select: {words: 5, mix: {by: source, a: x}}}}": "exports.sft.select.mix.a: expected a number",
        "{preference: {balance: {by: length, longer_wins: 0.5}}}": "write `wins`",
        "{preference: {balance: {wins: 0.5}}}": "exports.preference.balance.by: is missing",
        "{preference: {balance: {by: length, wins: 1}}}": "exports.preference.balance.wins",
        "{preference: {balance: {by: length, how: twice}}}": "expected 'subsample' or 'weight'",
        "{preference: {pairs: every}}": "expected 'best_worst', 'best_each', 'all', 'adjacent' or 'best_random', got \"every\"",
        "{preference: {gap: {}}}": "exports.preference.gap: write `min`, `max` or both",
        "{preference: {gap: {min: 3, max: 1}}}": "`min` 3 is more than `max` 1",
        "{preference: {per_prompt: 0}}": "exports.preference.per_prompt",
        "{preference: {at_most_similar: 95}}": "exports.preference.at_most_similar",
        "{preference: {score: {by: mean}}}": "exports.preference.score.of: is missing",
        "{preference: {score: {of: []}}}": "exports.preference.score.of",
        "{preference: {score: {of: [a, a]}}}": "names a rating twice",
        "{preference: {score: {of: {a: 0}}}}": "a has the weight 0: leave it out",
        "{preference: {score: {of: ['vote.*']}}}": "a mean needs every rating",
        "{preference: {reasoning: some}}": "'all', 'last' or 'none'",
        "{preference: {score: {by: lower_bound, of: [a]}}}": "lower_bound needs two ratings or more",
        "{preference: {score: {by: borda, of: [a]}}}": "expected 'mean', 'lower_bound'",
        "{preference: {tie: drop}}": "did you mean ties?",
    },
}


@pytest.mark.parametrize(("part", "instead"), [(part, instead) for part, all_ in INSTEAD.items() for instead in all_])
def test_a_mistake_inside_is_told(tmp_path, part, instead):
    with pytest.raises(UsageFault) as told:
        read(tmp_path, BASE.replace(part, instead))
    assert INSTEAD[part][instead] in str(told.value)


def test_every_mistake_is_told_at_once(tmp_path):
    with pytest.raises(UsageFault) as told:
        read(tmp_path, "name: 3\nsources: {a: {path: x}}\nexports: {sft: {}}\nseed: x\n")
    assert [said.split(": ", 1)[0].rsplit(", ", 1)[1] for said in str(told.value).split("\n")] == ["line 1", "line 4"]


def test_missing_files(tmp_path):
    (tmp_path / "everyday.yaml").write_text(BASE)
    with pytest.raises(MissingFault, match=r"no such recipe; did you mean everyday\.yaml\?"):
        recipes.load(tmp_path / "evryday.yaml")
    with pytest.raises(UsageFault, match="a folder"):
        recipes.load(tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"name: \xff")
    with pytest.raises(UsageFault, match="not UTF-8 at byte 6"):
        recipes.load(tmp_path / "bytes.yaml")
    for text in ("", "- a\n", "just text\n"):
        with pytest.raises(UsageFault, match="expected a map that begins with `name:`"):
            read(tmp_path, text)


def test_aliases_are_not_a_bomb(tmp_path):
    bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{b}: &{b} [{', '.join(['*' + a] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
    )
    with pytest.raises(UsageFault, match="more than 100000 values"):
        read(tmp_path, bomb)


def test_override(tmp_path):
    recipe = read(tmp_path, FULL)
    changes = [
        "exports.sft.select.words=1_000",
        "keep.english.why=for now",
        "keep.complete.why=whole",
        "exports.preference=null",
        "edits=[unicode]",
    ]
    other = recipes.override(recipe, changes)
    assert other.exports.sft.select.words == 1000
    assert other.keep["english"] == recipes.Rule(sql="language = 'en'", why="for now")
    assert other.keep["complete"] == recipes.Rule(sql="ends_with_assistant AND NOT truncated", why="whole")
    assert other.exports.preference is None
    assert other.edits == {"unicode": {}}
    assert list(other.keep) == list(recipe.keep)
    assert recipes.override(recipe, []) == recipe
    assert recipes.override(recipe, ["sources.new={path: b.json}"]).sources["new"].path == "b.json"


@pytest.mark.parametrize(
    ("change", "said"),
    {
        "seeed=4": "--set seeed=4: unknown key 'seeed'; did you mean seed?",
        "seed=x": "expected a whole number",
        "seed": "write it as key.path=value",
        "=3": "write it as key.path=value",
        "seed.deep=3": "seed holds no keys",
        "exports=null": "exports: is missing",
        "seed=[": "not YAML",
        "overlap.prompts.similarity=0.5": "mixes `similarity` and `at_most`",
    }.items(),
)
def test_override_mistakes(tmp_path, change, said):
    with pytest.raises(UsageFault) as told:
        recipes.override(read(tmp_path, FULL), [change])
    assert said in str(told.value)


def test_json_schema_takes_the_short_forms():
    schema = json.dumps(recipes.Recipe.model_json_schema())
    assert '"additionalProperties": false' in schema
    assert "a boolean expression, as at the DuckDB prompt" in schema


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
WORDS = st.sampled_from(
    [
        "yes",
        "no",
        "on",
        "Off",
        "null",
        "~",
        "1_000",
        "0o7",
        "1e5",
        "0x1f",
        "12:30",
        "2001-01-01",
        "=",
        "<<",
        "",
        " a",
        "a: b",
        "#",
        "\x85",
        "\u2028",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        SCALARS | WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | WORDS, inner, max_size=3),
        max_leaves=8,
    )
)
def test_yaml_comes_back_in_ours_and_in_any_other_reader(value):
    text = strict_yaml.dump(value)
    assert strict_yaml.parse(text, "t")[0] == value
    assert yaml.safe_load(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    {
        "yes": "yes",
        "off": "off",
        "true": True,
        "False": False,
        "~": None,
        "1_000": 1000,
        "007": 7,
        "0x1f": 31,
        "1e3": 1000.0,
        "12:30": "12:30",
        "2001-01-01": "2001-01-01",
        "=": "=",
    }.items(),
)
def test_scalars_of_yaml_1_2(text, value):
    found = strict_yaml.parse(f"a: {text}", "t")[0]["a"]
    assert (found, type(found)) == (value, type(value))
