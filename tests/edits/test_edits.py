"""Every edit, present and future: what it may touch, that it counts, that a second run changes nothing."""

import json
import re
import time
from importlib import import_module

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters import edits
from filters.edits import redact
from schemas.faults import UsageFault
from schemas.ledger import EDITS
from schemas.rows import ROW, fingerprint

ALL = {name: {} for name in ("markdown", "residue", "unicode", "redact")}
DIRTY = "<p>Mail jo.kim@fernmail.org</p>"


def table(*conversations, **more):
    rows = []
    for number, turns in enumerate(conversations):
        messages = turns and [dict(zip(("role", "content", "reasoning"), turn, strict=False)) for turn in turns]
        rows.append(
            {"id": f"s/f#{number:09d}", "source": "s", "messages": messages, "fingerprint": fingerprint(messages or []), **more}
        )
    return pa.Table.from_pylist(rows, schema=ROW)


def turn(text, *names, role="assistant", asked="Tell me more."):
    """One turn after the edits named, or after all."""
    other = "user" if role == "assistant" else "assistant"
    first = [(other, asked)] if role == "assistant" else []
    out, _ = edits.apply(table([*first, (role, text)]), {name: {} for name in names} or ALL)
    return out["messages"][0].as_py()[-1]["content"]


def fences(text):
    """Fenced blocks by a second reading, line by line; one may also open at the end of a line."""
    found, block, mark = [], None, ""
    for line in re.split(r"(?<=\n)", text):
        bare = line.lstrip(" \t>").rstrip("\r\n \t")
        if block is None:
            run = re.match(r"(`{3,}|~{3,})[^`]*$", bare) or re.search(
                r"(?<!`)(`{3,})[\w+#.-]*$", re.sub("`{3,}[^`\n]+`{3,}", "", bare)
            )
            if run and line.endswith("\n"):
                block, mark = (
                    line if bare.startswith(run[1]) else line[line.rindex(run[1]) :],
                    run[1] if bare.startswith(run[1]) else "```",
                )
        else:
            block += line
            if re.fullmatch(rf"{mark}{mark[0]}*", bare):
                found.append(block.rstrip("\r\n"))
                block = None
    return found if block is None else [*found, block]


def test_names():
    assert {"markdown", "redact", "residue", "unicode"} <= set(edits.names())
    assert not [name for name in edits.names() if name.startswith("_")]


@pytest.mark.parametrize("name", edits.names())
def test_every_edit_explains_itself(name):
    module = import_module(f"filters.edits.{name}")
    functions = [module.turns] if hasattr(module, "turns") else [module.might, module.repair]
    assert module.__doc__ and all(function.__doc__ for function in functions)


def test_unknown_edit_names_the_nearest():
    with pytest.raises(UsageFault, match="did you mean markdown"):
        edits.apply(table(), {"markdwon": {}})
    with pytest.raises(UsageFault, match="no option 'kinds'; it has also"):
        edits.apply(table(), {"redact": {"kinds": ["ip"]}})
    with pytest.raises(UsageFault, match="knows no kind 'name'"):
        edits.apply(table([("user", "x")]), {"redact": {"also": ["name"]}})


def test_only_texts_change_and_each_change_is_counted():
    rows = table(
        [("user", "Hi"), ("assistant", DIRTY)], [("user", "clean"), ("assistant", "text")], extra='{"a": "a@b.com"}', model="m"
    )
    out, counted = edits.apply(rows, ALL)
    assert out["messages"].to_pylist()[0][1]["content"] == "Mail [EMAIL]"
    assert out.drop(["messages"]).equals(rows.drop(["messages"])) and out.schema == rows.schema
    assert out["messages"][1] == rows["messages"][1]
    assert counted.schema == EDITS
    assert counted.to_pylist() == [
        {"id": "s/f#000000000", "turn": 1, "edit": "markdown", "count": 1},
        {"id": "s/f#000000000", "turn": 1, "edit": "redact", "count": 1},
    ]


def test_clean_rows_come_back_as_they_were():
    rows = table([("user", "Hi"), ("assistant", "Hello, how are you?")])
    out, counted = edits.apply(rows, ALL)
    assert out is rows and len(counted) == 0


def test_reasoning_is_repaired_too_and_missing_reasoning_stays_missing():
    out, counted = edits.apply(table([("user", "Hi", None), ("assistant", "Hello", "Ask jo.kim@fernmail.org")]), ALL)
    assert [message["reasoning"] for message in out["messages"][0].as_py()] == [None, "Ask [EMAIL]"]
    assert counted["count"].to_pylist() == [1]


def test_slices_chunks_empty_and_missing_lists():
    rows = table([("user", "a")], None, [], [("user", "Hi"), ("assistant", DIRTY)], [("user", "x")])
    whole, counted = edits.apply(rows, ALL)
    assert whole["messages"].to_pylist()[1:3] == [None, []]
    assert counted["id"].to_pylist() == ["s/f#000000003"] * 2
    parts, _ = edits.apply(pa.concat_tables([rows.slice(0, 2), rows.slice(2)]), ALL)
    assert parts.equals(whole)
    assert edits.apply(rows.slice(3, 1), ALL)[0].equals(whole.slice(3, 1))
    assert len(edits.apply(rows.slice(0, 0), ALL)[0]) == 0


PIECES = [
    "```", "```python\n", "\n```\n", "~~~\n", "\n~~~\n", "````\n", "`", "Copy code\n", "python\nCopy code\n", "```\npythonCopy code\n", "1 / 3\n", "\n2 / 2",  # noqa: E501
    "Share Prompt", "\nRegenerate response", "ChatGPT\n", "<p>", "</p>", "<pre><code class=\"hljs language-c\">", "</code></pre>", "<div class=\"markdown prose\">",  # noqa: E501
    "</div>", "<ol><li>", "</li></ol>", "&lt;p&gt;", "<br>", "<b>x</b>", "<em>", "\\(x\\)", "* item\n", "    ", "> ", "\r\n", "\r", "\x00", "\x1b[0m", "\x92", "\u200b", "\u200d", "\u200c",  # noqa: E501
    "\u202e", "\ufeff", "e\u0301", "\u1fef", "Ã©", "â€™", "Ã", "\u0645\u06cc\u200c", "👨\u200d👩", "a@b.co", "jo.kim@fernmail.org", "x@y", "@", ".com", "4111 1111 1111 1111", "DE89370400440532013000",  # noqa: E501
    "AKIAZ3QWERTYUIOP2345", "sk-", "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDH8sfk2lm4p3Qz", "8.8.8.8", "\ue0000\ue001",  # noqa: E501
    "word", " ", "\n", "\n\n", "你好", "1", "-", "[EMAIL]", "|a|b|\n", "&amp;",
    "\ue200", "\ue200cite\ue202turn0\ue201", "\ue201", "【1†a】", "【2", "†", "】",
]  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=14).map("".join)


@settings(max_examples=200, deadline=None)
@given(asked=HOSTILE, text=HOSTILE)
def test_twice_is_once(asked, text):
    rows = table([("user", asked), ("assistant", text)])
    for chosen in ({"markdown": {}}, {"residue": {}}, {"unicode": {}}, {"redact": {"also": ["phone", "ip"]}}):
        once, _ = edits.apply(rows, chosen)
        twice, counted = edits.apply(once, chosen)
        assert counted.to_pylist() == [] and twice.equals(once), chosen


@settings(max_examples=200, deadline=None)
@given(text=HOSTILE, role=st.sampled_from(["user", "assistant"]))
def test_code_survives_byte_for_byte(text, role):
    code = fences(text)
    assert fences(turn(text, "unicode", role=role)) == code
    if "Copy code" not in text:
        assert fences(turn(text, "residue", role=role)) == code
    if not re.search("AKIA|PRIVATE KEY", text):
        assert fences(turn(text, "redact", role=role)) == code
    rest = iter(fences(turn(text, "markdown", role=role)))
    assert all(block in rest for block in code)


@settings(max_examples=200, deadline=None)
@given(text=HOSTILE)
def test_might_never_misses(text):
    """What a repair would change, its gate lets through."""
    import polars as pl

    for name in edits.names():
        module = import_module(f"filters.edits.{name}")
        for role in ("user", "assistant") if hasattr(module, "repair") else ():
            ((new, changes),) = module.repair([{"role": role, "content": text}])
            assert new == text or (module.might(pl.Series([text]))[0] and changes), name


@pytest.mark.parametrize(
    "bad",
    [
        "<pre ",
        "<pre>",
        "</pre><pre>",
        "<div ",
        '<div class="',
        "<svg>",
        "</code><code>",
        '<span class="katex-mathml">',
        "```",
        "x```\n",
        "\n",
        "1 ",
        "eyJ",
        "a@",
        "a.",
        "-----BEGIN PRIVATE KEY-----",
        "AA11 ",
        "Regenerate response\n",
        "Copy code\n",
        "::1:",
        "\ue200",
        "\ue200\ue201",
        " \ue200x\ue201",
        "【1†",
        "【1†a】",
    ],
)
def test_hostile_text_costs_little(bad):
    text = "<p>" + bad * (200_000 // len(bad)) + "</p>"
    began = time.process_time()
    edits.apply(table([("user", "Hi"), ("assistant", text)]), ALL)
    assert time.process_time() - began < 10  # 1 s at most; what grows with the square takes minutes


def test_all_edits_settle_on_real_dumps(dumps):
    import json

    files = sorted(dumps.glob("Marugannwg__*/**/*.json"))[:300]
    talks = [json.loads(file.read_bytes()) for file in files]
    roles = {"human": "user", "gpt": "assistant"}
    rows = table(
        *[
            [(roles[m["from"]], m["value"]) for m in talk["conversations"]]
            for talk in talks
            if isinstance(talk, dict) and "conversations" in talk
        ]
    )
    once, counted = edits.apply(rows, ALL)
    assert len(counted) > 10
    assert len(edits.apply(once, ALL)[1]) == 0
    assert once["fingerprint"].equals(rows["fingerprint"])


def called(arguments: str) -> str:
    return json.dumps([{"type": "function", "function": {"name": "send", "arguments": arguments}, "weight": 1.50}])


@pytest.mark.parametrize(
    ("inside", "left"),
    [
        ('{"to": "jo.kim@fernmail.org", "n": 1.50}', '{"to": "[EMAIL]", "n": 1.50}'),
        ('{"text": "a\\nAKIAQ3EGRZ7HTUVWXB2M"}', '{"text": "a\\n[SECRET]"}'),
        ("{not JSON, jo.kim@fernmail.org}", "{not JSON, [EMAIL]}"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_tool_calls_are_redacted_within_their_strings(inside, left):
    rows = table([("user", "Send it."), ("assistant", "")])
    messages = rows["messages"].to_pylist()
    messages[0][1]["tool_calls"] = called(inside)
    rows = rows.set_column(
        rows.schema.get_field_index("messages"), rows.schema.field("messages"), pa.array(messages, ROW.field("messages").type)
    )
    out, changes = edits.apply(rows, ALL)
    found = out["messages"][0].as_py()[1]["tool_calls"]
    assert json.loads(found) == json.loads(called(left))
    assert (found == called(inside)) == (inside == left)
    assert [(each["turn"], each["edit"], each["count"]) for each in changes.to_pylist()] == [(1, "redact", 1)] * (inside != left)
    assert edits.apply(out, ALL)[0].equals(out)


@given(
    st.recursive(
        st.none() | st.floats() | st.text() | st.just("jo.kim@fernmail.org"),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_redacted_calls_stay_json_and_lose_nothing_else(value):
    text = json.dumps([value])
    [(found, changes)] = redact.calls([{"role": "assistant", "content": text}])
    assert changes == text.count("jo.kim@fernmail.org")
    assert found == text.replace("jo.kim@fernmail.org", "[EMAIL]")
