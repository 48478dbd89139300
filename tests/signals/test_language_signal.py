"""The language kernel against py3langid itself, and what the signal makes of short, coded and mixed talk."""

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from filters import signals
from filters.signals._bytes import classify
from filters.signals._talk import buffers
from filters.signals.language import model
from schemas.rows import ROW

SENTENCES = {
    "en": "The keeper of the lighthouse counts the ships that pass in the night.",
    "fr": "La gardienne du phare compte les bateaux qui passent pendant la nuit.",
    "de": "Die Wärterin des Leuchtturms zählt die Schiffe, die in der Nacht vorbeifahren.",
    "es": "La guardiana del faro cuenta los barcos que pasan durante la noche.",
    "it": "La guardiana del faro conta le navi che passano durante la notte.",
    "pt": "A guardiã do farol conta os navios que passam durante a noite.",
    "nl": "De vuurtorenwachter telt de schepen die in de nacht voorbijvaren.",
    "ru": "Смотрительница маяка считает корабли, которые проходят ночью.",
    "zh": "灯塔的看守人每天晚上都会数一数从这里经过的船只有多少艘。",
    "ja": "灯台守は夜に通り過ぎる船の数を毎晩ひとつずつ数えています。",
    "ko": "등대지기는 밤마다 지나가는 배의 수를 하나하나 세고 있습니다.",
    "ar": "تحصي حارسة المنارة السفن التي تمر في الليل كل يوم.",
    "hi": "प्रकाशस्तंभ की रखवाली करने वाली रात में गुज़रने वाले जहाज़ों को गिनती है।",
    "el": "Η φύλακας του φάρου μετράει τα πλοία που περνούν τη νύχτα.",
}


@pytest.fixture(scope="module")
def original():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    known = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known.set_languages(sorted(set(model().names.tolist())))
    return known


def check(texts: list[str], original) -> None:
    best, confidence = classify(*buffers(pl.Series(texts, dtype=pl.String)), *model()[1:])
    for text, name, sure in zip(texts, model().names[best].tolist(), confidence.tolist(), strict=True):
        theirs, their = original.classify(text.encode())
        assert sure == pytest.approx(their, abs=2e-3), text
        assert name == theirs or their < 0.5, text


def test_kernel_agrees_with_py3langid_on_sentences(original):
    check([*SENTENCES.values(), *(text * 5 for text in SENTENCES.values()), "x", "hi there"], original)


@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.sampled_from(" ".join(SENTENCES.values()).split()), min_size=1, max_size=40))
def test_kernel_agrees_with_py3langid_on_any_mixture(original, words):
    text = " ".join(words)
    assume(len(text) >= 20)  # shorter ones are `und` before anybody asks the model, and py3langid has its own rule for them
    check([text], original)


@pytest.mark.parametrize("name", SENTENCES)
def test_each_language_is_told(signal, name):
    talk = [("u", SENTENCES[name]), ("a", SENTENCES[name])]
    assert signal("language", talk) == [name]
    assert signal("language_confidence", talk)[0] > 0.65


def test_short_and_wordless_talk_is_undetermined(signal):
    talks = [
        [("u", "Hi"), ("a", "ok")],
        [("u", "1+1"), ("a", "2")],
        [("u", "🙂"), ("a", "```\nlet us write some code together\n```")],
        [],
    ]
    assert signal("language", *talks) == ["und"] * 4
    assert signal("language_confidence", *talks) == [None] * 4


def test_a_short_or_coded_answer_is_known_by_its_question(signal):
    asked = SENTENCES["en"] + " Write it as code."
    assert signal(
        "language", [("u", asked), ("a", "ships += 1")], [("u", asked), ("a", "```\nMeeresrauschen und Wind\n```")]
    ) == ["en", "en"]


def test_real_english_is_called_english(dumps, talks, signal):
    import json

    for part in sorted((dumps / "hikariming__alpaca_chinese_dataset/history/原始英文数据").glob("*.json"))[:2]:
        rows = [[("u", f"{row['instruction']}\n\n{row['input']}"), ("a", row["output"])] for row in json.loads(part.read_bytes())]
        names = pl.Series(signal("language", *rows))
        assert ((names != "en") & (names != "und")).mean() < 0.004
        assert (names == "und").mean() < 0.004


def test_a_declared_language_is_held_against_the_text():
    text = "The harbour of Oslo is quiet in the winter, but the ferries leave every morning before the sun rises."
    said = ["en-US", "English", "german", "Klingon", None, "de"]
    rows = [
        {"id": f"r#{n}", "messages": [{"role": "assistant", "content": text}], "language_declared": name}
        for n, name in enumerate(said)
    ]
    rows[-1]["messages"] = [{"role": "assistant", "content": "ok"}]
    table = pa.Table.from_pylist(rows, pa.schema([ROW.field(name) for name in ("id", "messages", "language_declared")]))
    _, measured = signals.measure(table, {"language_as_declared"})
    assert measured["language_as_declared"].to_pylist() == [True, True, False, None, None, None]
