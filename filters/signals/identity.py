"""Answers in which the model speaks of itself: what another model says of its name and maker should not be learned.

ShareGPT's cleaners and Tulu 3 (Lambert et al. 2024) drop provider names and the "as an AI language model" family.
"""

import polars as pl
import pyarrow as pa

from ._talk import Columns, Talk, answers, on_answers

ROW = {
    "identity": (pa.bool_(), "some turn of the assistant says that it is a machine or who made it (`as an AI language model`)"),
    "provider_mentions": (
        pa.int64(),
        "how often the assistant names a provider or its model (OpenAI, ChatGPT, GPT-4, Anthropic, ...)",
    ),
}
TURN = {"identity": (pa.bool_(), "says that it is a machine or who made it; NULL on turns that are not the assistant's")}

_MACHINE = (
    r"(?:ai|a\.i\.|artificial intelligence|(?:large |ai |neural )?language model|llm|machine learning model|chat ?bot|chatgpt|"
    r"(?:ai|virtual|digital)(?:[- ]\w+)? (?:assistant|model|chatbot|program|system))"
)
_KNOWN = (
    rf"\bas an? (?:\w+[- ])?{_MACHINE}(?: (?:language )?(?:model|assistant|chatbot|system|program))?"
    r"(?:[,.;:]? (?:i\b|my\b|unfortunately|(?:trained|developed|created|designed) by)|,[^.\n]{1,60}, i\b|\.$)|"
    rf"\bi(?:'m| am) (?:just |only |actually |simply |merely |not a (?:human|person)[^.]{{0,20}} )?(?:open assistant, |"
    rf"chatgpt, )?(?:an? )?(?:\w+[- ])?"
    rf"{_MACHINE}\b(?:[,.;!]|$| (?:language|model|ai|assistant|created|trained|developed|designed|built|made|and|so|that|"
    rf"who|without|program|system|"
    r"based|by|here)\b)|"
    r"\bi (?:was|am|have been) (?:a (?:large )?(?:language )?model )?(?:created|trained|developed|made|built|designed|"
    r"programmed) by "
    r"(?:openai|anthropic|google|meta|laion|microsoft|deepmind|a team|researchers|my (?:creators|developers|programmers))\b|"
    r"\bmy (?:knowledge cut-?off|training data|programming|training cut-?off|creators at|developers at)\b|"
    r"(?:作为|作為|我是|我只是)(?:一个|一個|一名|一款|一种|一種|由[^。，]{0,16})?(?:ai|人工智能|人工智慧|(?:大型)?语言模型|"
    r"(?:大型)?語言模型|聊天机器人|虚拟助手|智能助手|chatgpt)|"
    r"\ben tant qu(?:e |'|')(?:une? )?(?:ia|intelligence artificielle|modèle de langage|assistant virtuel)|"
    r"\bcomo (?:un |uma? |una )?(?:ia|inteligencia artificial|inteligência artificial|modelo de (?:lenguaje|linguagem))|"
    r"\bals (?:ein |eine )?(?:ki|künstliche intelligenz|sprachmodell|ki-sprachmodell|ki-modell)\b"
)
_HINT = [
    "ai",
    "a.i.",
    "intelligence",
    "model",
    "llm",
    "bot",
    "chatgpt",
    "trained by",
    "assistant",
    "knowledge cut",
    "programming",
    "modèle",
    "lenguaje",
    "linguagem",
    "intelig",
    "sprachmodell",
    "训练",
    "模型",
    "机器人",
    "助手",
    "人工",
    "ia",
    "ki",
    "künstliche",
]
_PROVIDER = (
    r"(?i)\b(?:open ?ai|chat-?gpt|gpt-?[345](?:\.5|o)?|gpt-3\.5|anthropic(?:'s|,| ai| pbc)|claude (?:ai|instant|[1-4]|"
    r"sonnet|opus|haiku)|deepmind|google bard|bing chat|"
    r"open[- ]assistant|laion|llama[- ]?[23]|mistral ai|hugging ?face ?chat|deepseek|qwen|tongyi|ernie bot)\b|文心一言|"
    r"通义千问|讯飞星火"
)
_NAMES = [
    "openai",
    "open ai",
    "gpt",
    "anthropic",
    "claude",
    "deepmind",
    "bard",
    "bing chat",
    "assistant",
    "laion",
    "llama",
    "mistral",
    "huggingface",
    "hugging face",
    "deepseek",
    "qwen",
    "tongyi",
    "ernie",
    "文心",
    "通义",
    "讯飞",
]


def by_turn(talk: Talk) -> Columns:
    """Whether each turn of the assistant speaks of itself as a machine."""
    texts = talk.content.gather(talk.once(answers))
    some = texts.str.contains(
        r"(?i)\b(?:as an? |i'?m |i’m |i am |i was |i have been |my |en tant|como |als )|作为|作為|我是|我只是"
    )
    some = some.arg_true()
    some = some.filter(texts.gather(some).str.contains_any(_HINT, ascii_case_insensitive=True))
    plain = texts.gather(some).str.to_lowercase().str.replace_all("[’‘`´]", "'").str.replace_all(r'"[^"\n]{0,200}"', " ")
    spoken = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True).scatter(some, plain.str.contains(_KNOWN))
    return {"identity": on_answers(talk, spoken)}


def measure(talk: Talk) -> Columns:
    """Any turn of the assistant; mentions over all of them."""
    found: Columns = {"identity": talk.sum(talk.once(by_turn)["identity"]) > 0}
    return found | ({"provider_mentions": talk.sum(_mentions(talk))} if talk.asks("provider_mentions") else {})


def _mentions(talk: Talk) -> pl.Series:
    texts = talk.content.gather(talk.once(answers))
    some = texts.str.contains_any(_NAMES, ascii_case_insensitive=True)
    counts = pl.zeros(len(texts), dtype=pl.UInt32, eager=True)
    return on_answers(talk, counts.scatter(some.arg_true(), texts.filter(some).str.count_matches(_PROVIDER)))
