"""A page's buttons and labels go where the page puts them, and stay in prose."""

import pytest

from filters.edits import residue

LONG = "A chat about the history of tea in the north, with its ports and its merchants, and one question more."

GONE = [
    ("assistant", "Run it:\n\npython\nCopy code\nimport os\nprint(1)", "Run it:\n\nimport os\nprint(1)"),
    ("assistant", "Run it:\n\njavascriptCopy code\nlet a = 1;", "Run it:\n\nlet a = 1;"),
    ("assistant", "```\npythonCopy code\nimport os\n```", "```python\nimport os\n```"),
    ("assistant", "```python\nCopy code\nimport os\n```\nDone.", "```python\nimport os\n```\nDone."),
    ("assistant", "```\nCopy code\nimport os\n```", "```\nimport os\n```"),
    ("assistant", "```\nbash复制代码\nls\n```", "```bash\nls\n```"),
    ("user", "Please write in English.Share Prompt", "Please write in English."),
    ("user", "Go on\nShare Prompt\n", "Go on"),
    ("assistant", "The answer.\n\nRegenerate response", "The answer."),
    ("assistant", "The answer.\nWas this response better or worse?BetterWorseSame", "The answer."),
    ("assistant", "The answer.\nCopy1204 chars / 210 words", "The answer."),
    ("assistant", "The answer.\n\nChatGPT can make mistakes. Check important info.", "The answer."),
    ("assistant", "ChatGPT said:\n\nThe answer.", "The answer."),
    ("assistant", f"ChatGPT\n{LONG}", LONG),
    ("user", f"{LONG}\n3 / 3", LONG),
    ("assistant", f"1 / 2\n\n{LONG}", LONG),
    ("assistant", "It froze in May.\ue200cite\ue202turn0search4\ue202turn0news1\ue201", "It froze in May."),
    ("assistant", "It froze \ue200cite\ue202turn0search4\ue201, and soon thawed.", "It froze, and soon thawed."),
    ("assistant", "It froze \ue200and thawed.", "It froze and thawed."),
    ("assistant", "The port closed【12†source】.", "The port closed."),
    ("assistant", "The port closed 【12:3†log.pdf】【4†L1-L9】\nand opened.", "The port closed\nand opened."),
    ("assistant", "One 【1†a】two", "One two"),
]

STAYS = [
    ("assistant", "To share it, press Copy code at the top right."),
    ("assistant", "Edit menu:\nCopy code\nPaste code"),
    ("user", "What does the button\nRegenerate response\ndo?"),
    ("user", "I do not like it.\nRegenerate response"),
    ("user", "Regenerate"),
    ("user", "Where is the button Share Prompt"),
    ("assistant", "The button says Share Prompt"),
    ("assistant", "Regenerate response"),
    ("user", "ChatGPT\nwrite a poem"),
    ("user", "Simplify this fraction for a pupil of ten years who has never seen one before, please:\n\n9 / 12"),
    ("assistant", "Creature of the deep, a card for the game that we invented together last night in the tavern\n\n2/2"),
    ("assistant", "1 / 2"),
    ("assistant", "ChatGPT\nClaude\nBard"),
    ("assistant", "```text\nRun:\npython\nCopy code\nx\n```"),
    ("assistant", "```\nRegenerate response"),
    ("user", "What does 【4†source】 mean, and \ue200cite\ue201?"),
    ("assistant", "```\nx = '【4†source】' + '\ue200cite\ue201'\n```"),
    ("assistant", "【注意】 Mind the step 【4】, † and the gap."),
    ("assistant", "【4†source】"),
    ("assistant", "ChatGPT is a model; ChatGPT can make mistakes, as all do."),
]


@pytest.mark.parametrize(("role", "text", "expected"), GONE)
def test_goes(role, text, expected):
    ((new, changes),) = residue.repair([{"role": role, "content": text}])
    assert (new, changes) == (expected, 1)


@pytest.mark.parametrize(("role", "text"), STAYS)
def test_stays(role, text):
    assert residue.repair([{"role": role, "content": text}]) == [(text, 0)]
