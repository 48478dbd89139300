"""`winnow audit`: what was planted is counted and told, no text leaves in numbers, and no secret anywhere."""

import json
import re
import sys
from types import SimpleNamespace

import pytest

from exports.report import audit as pages
from filters import pii
from flows import commands, examined
from tests.flows.skeleton import Skeleton

KEY = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
MAIL = "some.body@gartenbuch.net"
NAUGHTY = "</script><script>alert(1)</script> ${title} &lt;b&gt;"
LONG = "Dig a bed in early spring, mix in ripe compost, rake it level, and sow the beans two fingers deep in rows."
PLAIN = ["Water the roots and never the leaves.", "Cut the hedge after the birds have left.", "Peas climb; give them a net."]


def talk(asked, said):
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]}


CHATS = [
    talk("How do I sow beans?", LONG),
    talk("How do I sow beans?", LONG.upper()),  # a copy
    talk("How do I sow beans?", LONG + " Then wait."),  # nearly
    *(talk(f"Garden question number {at}?", text) for at, text in enumerate(PLAIN)),
    talk("Garden question number 0?", "Mulch keeps the soil moist, and worms like it very much."),
    talk("Tell me a secret about roses.", "I'm sorry, but I can't help with that."),
    talk("Show a loop.", "Here it is:\n```python\nfor bed in beds:\n    water(bed"),
    talk(f"Write to {MAIL} with {KEY} please.", f"It is sent to the gardener. {NAUGHTY}"),
    {"messages": [{"role": "user", "content": "Is nobody there today?"}]},
    talk("Which one is better, 3?", "Neither: the ground there is far too hard for any hand tool at all."),
]
PAIRS = [
    {"prompt": f"Which one is better, {at}?", "chosen": "A fork is better " * (at + 2), "rejected": "A spade."} for at in range(3)
]
PAIRS.append({"prompt": "Which one is better, 3?", "chosen": "A hoe.", "rejected": "A rake is far better."})


def said(*words):
    """What the command prints, its exit code and what it says of an error."""
    done = SimpleNamespace(code=0)
    sys.argv = ["winnow", "audit", *map(str, words)]
    with pytest.raises(SystemExit) as left:
        commands.main()
    done.code = int(left.value.code or 0)
    return done


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dumps")
    for name, records in (("chats", CHATS), ("pairs", PAIRS)):
        (folder / name).mkdir()
        (folder / name / "dump.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records) + "{broken\n")
    (folder / "chats" / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n")
    (folder / "empty").mkdir()
    return folder


@pytest.fixture(scope="module")
def audited(dump, tmp_path_factory):
    """Page and numbers of both folders together."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINNOW_HOME", str(out / "home"))
        patch.setattr(sys, "argv", [])
        assert said(dump / "chats", dump / "pairs", "--out", out, "-n", "50").code == 0
        first = (out / "chats-pairs.audit.html").read_bytes()
        assert said(dump / "chats", dump / "pairs", "--out", out, "-n", "50").code == 0
        assert (out / "chats-pairs.audit.html").read_bytes() == first
    return out / "chats-pairs.audit.html", json.loads((out / "chats-pairs.audit.json").read_text())


def test_what_was_planted_is_counted(audited):
    told = audited[1]
    assert (told["records"], told["rows"], told["files"]) == (len(CHATS) + len(PAIRS) + 2, len(CHATS) + 2 * len(PAIRS), 2)
    assert told["read"] == {"quarantined": {"json_syntax": 2}}
    assert told["formats"] == [
        {"format": "openai", "container": "lines", "files": 1, "rows": len(CHATS)},
        {"format": "preference", "container": "lines", "files": 1, "rows": 2 * len(PAIRS)},
    ]
    assert told["duplicates"] | {"copies": 1, "near": 1, "clusters": 2, "same prompt": 3} == told["duplicates"]
    assert (told["checks"]["refuses"], told["checks"]["cut off"], told["comparisons"]) == (1, 1, len(PAIRS))
    assert told["private"]["rows"] == {"email": 1, "secret": 1} and told["private"]["some"] == 1
    assert told["private"]["places"] == [
        {"kind": kind, "id": "chats/dump.jsonl#000000009", "turn": 0} for kind in ("email", "secret")
    ]
    # a longer row with the prompt of the pair that the shorter answer wins takes no part in this
    assert (told["pairs"]["pairs"], told["pairs"]["longer_share"]) == (len(PAIRS), 0.75)
    assert told["cleaned"]["kept"] == sum(each["rows"] for each in told["cleaned"]["funnel"] if each["stage"] == "kept")
    assert sum(each["rows"] for each in told["cleaned"]["funnel"]) == told["rows"] + 2
    assert told["licence"]["release"] == "unknown" and told["contaminated"] == 0
    assert told["licence"]["sources"] == {"chats": "cc-by-4.0", "pairs": "unknown"}
    assert told["licence"]["said_in"] == {"chats": {"README.md": "cc-by-4.0"}}


def test_files_that_say_different_licences_are_no_licence():
    given = {"a": "unknown", "b": "unknown", "c": "mit"}
    told = examined.licence(
        given, {"a": {"LICENSE": "apache-2.0", "README.md": "mit"}, "b": {"COPYING": "MIT", "README.md": "mit"}}
    )
    assert told["sources"] == {"a": "unknown", "b": "mit", "c": "mit"} and told["said_in"]["a"]["LICENSE"] == "apache-2.0"
    assert any("1 of 3 sources (a)" in why for why in told["not_public"])


def test_every_kind_of_what_is_private_has_a_name_and_a_meaning(audited):
    page = audited[0].read_text("utf-8")
    assert set(pages.KINDS) == set(pii.KINDS) and all(all(each) for each in pages.KINDS.values())
    for cell in ("secrets", "keys, tokens, passwords", "e-mail addresses", "README.md: cc-by-4.0"):
        assert f"<td>{cell}</td>" in page, cell


def test_nothing_private_is_written_and_numbers_hold_no_text(audited):
    page, numbers = audited[0].read_text("utf-8"), json.dumps(audited[1])
    for canary in (KEY, MAIL):
        assert canary not in page and canary not in numbers
    assert "[EMAIL]" in page and "[SECRET" in page
    assert "beans" in page and "beans" not in numbers


def test_the_page_is_one_file_that_asks_nobody(audited):
    page = audited[0].read_text("utf-8")
    assert Skeleton(page).found.count(("script",)) == 1 == page.count("</script>")
    assert "default-src 'none'" in page and "http-equiv" in page and not re.search(r"\b(?:src|href)=\"(?!#)", page)
    for section in ("summary", "what", "duplicates", "benchmarks", "pairs", "private", "licence", "cleaned", "signals", "rows"):
        assert f'<section id="{section}">' in page, section


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_the_audit_looks_right_in_a_browser(audited, opened, tmp_path, width, dark):
    opened.open(audited[0].as_uri(), width, 900, dark=dark)
    assert opened.run("document.documentElement.scrollWidth") <= width
    opened.picture(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000 and opened.said == []


def test_a_gallery_is_numbers_alone(dump, audited, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("WINNOW_HOME", str(audited[0].parent / "home"))
    monkeypatch.setattr(sys, "argv", [])
    assert said("--gallery", dump, "--out", tmp_path).code == 0
    assert "2 folders; 1 hold no record: empty" in capsys.readouterr().out
    table, numbers = (tmp_path / "gallery.md").read_text(), (tmp_path / "gallery.json").read_text()
    head, _, chats, pairs = (line.split(" | ") for line in table.splitlines() if line[:1] == "|")
    assert len(head) == len(chats) == len(pairs) and chats[0] == "| chats" and pairs[0] == "| pairs"
    assert pairs[head.index("longer wins")] == "75%" and chats[head.index("copies")] == "1 (8.3%)"
    assert chats[head.index("private")] == "1 (8.3%)", "a row with a key and an address is one row"
    for text in ("beans", "dump.jsonl", MAIL, KEY):
        assert text not in table and text not in numbers


def test_what_cannot_be_audited_is_said(dump, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("WINNOW_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [])
    assert said("--gallery", dump / "chats").code == 64 and "no folder below" in capsys.readouterr().err
    assert said("hf://datasets/a/b", dump).code == 64 and "audit them apart" in capsys.readouterr().err
    assert said(dump / "nowhere").code == 66


def test_a_dump_that_cannot_be_read_says_so_before_all_else(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("WINNOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "argv", [])
    (tmp_path / "bad.jsonl").write_text("{broken\n" * 3 + '{"nobody": "knows", "this": 1}\n')
    assert said(tmp_path / "bad.jsonl", "--out", tmp_path).code == 65
    told = capsys.readouterr()
    alarm = "Nothing of it can be read: 4 of 4 records are quarantined (json_syntax 3, unknown_shape 1)"
    assert told.out.startswith(alarm) and alarm in told.err and "winnow inspect" in told.err
    assert alarm in (tmp_path / "bad.audit.html").read_text("utf-8")
    sound = "".join(json.dumps(each) + "\n" for each in CHATS)
    (tmp_path / "half.jsonl").write_text(sound + "{broken\n" * 12)
    assert said(tmp_path / "half.jsonl", "--out", tmp_path).code == 0
    assert capsys.readouterr().out.startswith(f"Much of it cannot be read: 12 of {len(CHATS) + 12} records are quarantined")


def test_addresses_that_end_alike_are_apart():
    from flows import audits

    ends = ["hf://datasets/a/b", "hf://datasets/a/b@v1", "https://x.org/a/b", "s3://x/a/b", "gs://x/a/b", "ftp://x/a/b"]
    assert all(map(audits._FAR.match, ends)) and not audits._FAR.match("dumps/a.json")
    names = [audits._slug(end) for end in ends]
    assert (
        names[0] == "a-b" and len(set(names)) == len(names) and all(re.fullmatch(r"a-b(-[0-9a-f]{8})?", name) for name in names)
    )


def test_benchmark_items_are_found_in_any_dump(dumps, monkeypatch, capsys, tmp_path):
    lines = (dumps / "openai__grade-school-math/grade_school_math/data/test.jsonl").read_text().splitlines()[:3]
    records = [talk(json.loads(line)["question"], f"The answer number {at} is here.") for at, line in enumerate(lines)]
    (tmp_path / "held.jsonl").write_text("".join(json.dumps(each) + "\n" for each in [*records, *CHATS[:1]]))
    monkeypatch.setenv("WINNOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "argv", [])
    assert said(tmp_path / "held.jsonl", "--out", tmp_path, "--json").code == 0
    told = json.loads(capsys.readouterr().out)
    assert (
        told["contaminated"] == 3
        and {"benchmark": "gsm8k", "items": 1319, "rows": 3, "held": 3} in told["contamination"]["benchmarks"]
    )
    assert [(each["benchmark"], each["item"]) for each in told["contamination"]["items"]] == [("gsm8k", at) for at in range(3)]
