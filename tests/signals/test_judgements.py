"""Signals that judge: each must speak up on the real thing, and keep quiet on its look-alikes."""

import pytest

LONG = (
    "A lighthouse keeper counts the ships that pass. She writes each name in a book. "
    "At night she trims the lamp and listens to the sea. "
)
CUT = [
    LONG + "In the morning she goes down to the",
    LONG + "\n\nShe also keeps bees, hens, and",
    LONG + "The storm of 1911 was worse than any other, because",
    LONG + "She keeps a list of what she needs (rope,",
    LONG + "\n\nOn most evenings the keeper sits beside the window while her brother slowly reads",
    "Here is the script that you asked for, with a comment on each of its steps:\n\n```python\nimport os\nfor name in "
    "os.listdir('.'):\n    print(",
    "1. Fill the kettle with fresh water and put it on.\n2. Warm the pot, then put in one spoon of tea for each guest and "
    "one for the",
    "她每天早上都会去海边散步。她喜欢听海浪的声音。她也喜欢看日出。她常常想起她的祖父，因为",
]
WHOLE = [
    LONG,
    LONG + "Ask me more!",
    "Paris",
    "The capital of France is Paris",
    LONG + "See https://harbour.org/lighthouses/keepers-and-their",
    "Groceries for the week that you asked me to write down:\n- two loaves of bread\n- a dozen eggs\n- butter "
    "and\u00a0oil\n- tomatoes\n- a bag of rice",
    "Things that children like to do with their friends:\n1. Songs they can sing to\n2. Someone they can talk to\n3. A "
    "place to hide in",
    "def area(width, height):\n    # the area of a rectangle is the product of its sides, whatever the unit is\n    return "
    "width * height",
    "```python\nprint('the end of a script that has a comment and')\n```",
    "The sea is wide, the sea is deep,\nIt sings the tired world to sleep,\nIt rocks the boats from shore to shore\nAnd "
    "then it rocks them all once more",
    "| name | legs |\n|---|---|\n| cat | 4 |\n| hen, which is a bird that lives with us and | 2 |",
    "Dear Ann,\n\nThank you for the lamp. It stands by my bed. I read by its light each night.\n\nWith love and many good "
    "wishes from all of us,\nJoan",
    "她每天早上都会去海边散步。她喜欢听海浪的声音。她也喜欢看日出。",
    "她喜欢海。" * 8 + "（笑）",
    "Lovely news, everyone! We open the doors on Monday at nine. Come and see us. Bring your friends and your family "
    "#harbour #openday",
    LONG + "Good night 🙂",
    "x = (3 + 4) * 2\nFirst add three and four to get seven. Then double it to get fourteen. So x equals 14",
]


@pytest.mark.parametrize("answer", CUT)
def test_an_answer_that_stops_short(signal, answer):
    assert signal("truncated", answer) == [True]


@pytest.mark.parametrize("answer", WHOLE)
def test_an_answer_that_only_looks_open(signal, answer):
    assert signal("truncated", answer) == [False]


def test_only_the_last_answer_can_be_truncated(signal):
    assert signal("truncated", [("u", "Go on."), ("a", CUT[0]), ("u", "continue"), ("a", "rocks.")], [("u", CUT[0])]) == [
        False,
        None,
    ]


MORE = "a green leaf on a white ground, with the name of the shop below it in a plain and heavy letter. " * 3
REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I’m sorry, but I cannot assist with this request.",
    "Sorry, I can't do that. It would be against the rules.",
    "I apologize, but I am not able to browse the internet.",
    "As an AI language model, I cannot give medical advice.",
    "As a large language model, I don't have access to live prices.",
    "Unfortunately, I cannot provide the full code for such an app.",
    "I cannot fulfil this request.",
    "I can’t help you do that.",
    "I'm unable to create pictures, but here is a description.",
    "It would not be appropriate for me to write that.",
    "I am sorry, but I am an AI language model and cannot access the internet.",
    "I must decline to engage in this.",
    "I'm afraid I can't tell you where she lives.",
    "很抱歉，我无法提供这方面的信息。",
    "作为一个人工智能语言模型，我不能回答这个问题。",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Je suis désolé, mais je ne peux pas répondre à cette question.",
    "Es tut mir leid, aber ich kann dabei nicht helfen.",
    "As an AI language model, I cannot see pictures. However, here is a list of places that can.",
    "As an AI language model, I cannot help you to pick locks, which is illegal. However, I can tell you " + MORE,
]
ANSWERS = [
    "I'm sorry to hear that you lost your job. Let us look at what you can do next.",
    "I can't wait to show you! First, peel the apples.",
    "Sorry, I don't understand the question. Could you say more?",
    "Sorry, I won't be able to make it to the meeting on Friday.",
    "A model refuses with words such as \"I'm sorry, but I can't help with that.\" Such refusals can be counted.",
    "Dear customer, we are sorry that your parcel came late. We cannot thank you enough for your patience.",
    "You cannot divide by zero, because no number times zero gives one.",
    "I apologize for the confusion. Here is the corrected function.",
    "Money can't buy happiness, but it pays the rent.",
    "The knight cannot pass the gate without the key that you found.",
    "As a teacher, I cannot praise this book enough.",
    "对不起，我之前的回答有误。正确的答案是四。",
    "对不起，但您不能走那一步棋。",
    "I'm not sure, but I think it is four.",
    "I'm not a doctor, but that sounds like a cold to me.",
    "I can't recommend this book enough!",
    "As an AI language model, I do not have feelings. However, if I were a tree, I would hold " + MORE,
    "Sorry, as an AI I don't have the ability to draw, but here's a description of the logo: " + MORE,
    "作为一个AI语言模型，我无法创建图片。但是，我可以为您描述这个标志：" + "一个圆形的蓝色标志，中间有一棵树，" * 8,
    "",
]


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal(signal, answer):
    assert signal("refusal", answer) == [True]


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_refusal(signal, answer):
    assert signal("refusal", answer) == [False]


def test_only_the_assistant_refuses_and_the_last_turn_is_told_apart(signal, talks):
    from filters.signals import measure

    said = [("u", REFUSALS[0]), ("a", "Fine, then let us stop.")]
    early = [("u", "Hm"), ("a", REFUSALS[0]), ("u", "Please"), ("a", "Since you ask: yes.")]
    asked = [("u", REFUSALS[0])]
    assert signal("refusal", said, early, asked) == [False, True, False]
    assert signal("refusal_last", said, early, asked) == [False, False, None]
    assert measure(talks(said, early), {"refusal"})[0]["refusal"].to_pylist() == [None, False, None, True, None, False]


@pytest.mark.parametrize(
    "answer",
    [
        "As an AI language model, I do not have feelings.",
        "Well, as an AI, I enjoy nothing.",
        "I am ChatGPT, a model trained by OpenAI.",
        "I was created by OpenAI to help you.",
        "I'm just a virtual assistant, so I have no body.",
        "As of my knowledge cutoff in 2021, the record stood.",
        "I’m an AI!",
        "作为一个人工智能助手，我没有感情。",
        "En tant que modèle de langage, je ne mange pas.",
    ],
)
def test_a_machine_that_speaks_of_itself(signal, answer):
    assert signal("identity", answer, [("u", answer), ("a", "I see.")]) == [True, False]


@pytest.mark.parametrize(
    "answer",
    [
        "An AI language model predicts the next word.",
        "You could work as a virtual assistant and offer your time online.",
        'print("Hello, I am an AI language model.")',
        "As an aid worker, I saw much.",
        "I am a gardener. My training was long.",
        "Il dit: en tant que médecin, je dors peu.",
    ],
)
def test_talk_about_machines_is_no_identity(signal, answer):
    assert signal("identity", answer) == [False]


def test_provider_mentions_are_counted(signal):
    assert signal(
        "provider_mentions", "OpenAI made GPT-4 and ChatGPT.", "Claude Monet painted lilies.", [("u", "ChatGPT?"), ("a", "No.")]
    ) == [3, 0, 0]


def test_markup_left_by_a_page(signal):
    page = "<p>First warm the milk.</p><br>Then add&nbsp;salt &amp; pepper."
    assert signal("markup_left", page, "Use `<br>` here.", "```html\n<p>x</p>\n```", "if a<b and b>c then", "| a<br>b | c |") == [
        5,
        0,
        0,
        0,
        0,
    ]
    assert signal(
        "markup_left", [("u", "Write a paragraph in HTML"), ("a", page)], [("u", "What does <em> do?"), ("a", page)]
    ) == [0, 0]
    assert signal("markup_left", "<html><body><p>Hi</p></body></html>", "R&D; AT&T; x &y; <3") == [0, 0]


def test_a_list_by_labels_needs_no_last_full_stop() -> None:
    from filters.signals.ending import _cut

    labels = [
        "Sleep well: go to bed at the same hour every day. It helps more than anything. Try it for a week.",
        "Eat slowly: a meal is no race, and your body says when it has had enough.",
        "Ask for help: if it becomes too much to bear alone, talk with somebody who knows the matter",
    ]
    assert not _cut("\n\n".join(labels))
    assert _cut("\n\n".join([*labels[:2], "Ask for help: talk with somebody who knows the"]))
