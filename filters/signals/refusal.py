"""Answers that decline.

Only how an assistant's turn opens is judged: a refusal says so at once, while an answer about refusals, an apology or a
character who cannot go on says it later or of something else. What a user writes never counts. Neither does a hedge ("As an
AI I have no feelings, but here is ..."), where an answer of some length follows it and nothing is called wrong.
"""

import polars as pl
import pyarrow as pa

from ._talk import Columns, Talk, answers, last_answer, on_answers

ROW = {
    "refusal": (pa.bool_(), "some turn of the assistant opens by declining"),
    "refusal_last": (pa.bool_(), "the assistant's last turn opens by declining; NULL where it has none"),
}
TURN = {"refusal": (pa.bool_(), "opens by declining; NULL on turns that are not the assistant's")}

_OPENING = 320  # characters: two sentences
_SORRY = (
    r"(?:(?:oh|hi|hello|hey|well|yes|no|ok|okay|hmm|um|uh|ah)\b\W{1,4})?(?:(?:(?:i'm|i am|im|we are|we're) )?(?:so |very |"
    r"really |truly |terribly )?sorry|"
    r"(?:i'm|i am) afraid|unfortunately|regrettably|(?:my |sincere )*apologies|(?:i|we) (?:sincerely |deeply |do |"
    r"must )*apologi[sz]e|i regret)"
)
_AS = (
    r"as (?:an? |your |the )?(?:ai|artificial|large|language|machine|chat|virtual|digital|text|responsible|ethical)"
    r"[^.!?\n]{0,80}?[,;:]? "
)
_CANNOT = (
    r"(?:i|we)(?: am| are|'m|'re)? (?:just |simply |really |also |currently |still |unfortunately,? |personally )?"
    r"(?:can(?:no|')t|can not|could not|couldn't|will not|won't|not able to|unable to|must decline|have to decline|(?:must |"
    r"have to )?refuse to|decline to|"
    r"not (?:going to|allowed|permitted|programmed|designed|authori[sz]ed|comfortable|capable)|(?:would not|don't|"
    r"do not) feel comfortable|"
    r"(?:do not|don't) have the (?:ability|capability|capacity))\b"
)
_HELP = (
    r"(?: (?:to|of|with|be able to|in good conscience|ethically|legally))*,? (?:help|assist|provid|fulfil|do (?:that|this)|"
    r"answer (?:that|this|your)|"
    r"giv\w* (?:you )?(?:advice|instructions|information|any)|creat|writ|generat|comply|support (?:or|any|this|that)|offer|"
    r"engag|discuss (?:that|this|any)|"
    r"recommend|condon|encourag|promot|access|brows|participat|produc|continue|respond to|advis|predict|suggest|endors|"
    r"facilitat|share|disclos)"
)
_LACK = (
    r"(?:i|we) (?:do not|don't|didn't|did not) (?:currently |actually )?have "
    r"(?:enough|any|access|sufficient|real|current|specific|that|data)"
)
_AND_SO = r"model[^.!?\n]{0,40}? (?:and|so|therefore) (?:i )?(?:can(?:no|')t|do not|don't|am unable|am not able)"
_SUBJECT = (
    r"(?:this|that|your|the) (?:request|question|prompt|topic|content|task|type|kind)[^.\n]{0,60}"
    r"(?:inappropriate|not appropriate|against|violat|unethical|illegal|harmful|not something)"
)
_IMPROPER = (
    r"(?:it is|it's|it would be|it would not be|it wouldn't be|this is|that is) (?:not )?(?:appropriate|ethical|acceptable|"
    r"okay|ok|inappropriate|unethical|illegal)"
    r"[^.\n]{0,30} to (?:provid|creat|writ|generat|discuss|answer|assist|help you|share|offer|engag|promot|mak)"
)
_CHINESE = (
    r"(?:很|非常|十分)?(?:抱歉|对不起|對不起|遗憾|不好意思)[^。！？\n]{0,40}(?:无法|[^您你]不能|不能(?:提供|协助|回答|帮助)|没有能力|不提供|無法|沒有能力|"
    r"没办法|拒绝|没有权限)|"
    r"(?:作为|作為|我是)(?:一个|一個|一名|一款|一种|一種)?(?:ai|人工智能|语言模型|語言模型|大型)[^。！？\n]{0,40}(?:无法|"
    r"不能|没有能力|無法|没有权限)"
)
_OTHERS = (
    r"(?:lo siento|lo lamento|disculp[ae])\b[^.\n]{0,40}\bno (?:puedo|podemos|tengo acceso|tengo la capacidad)|"
    r"(?:je suis |je m'excuse,? )?(?:vraiment )?désolée?\b[^.\n]{0,40}\bje (?:ne (?:peux|suis pas|dispose)|n'ai pas accès)|"
    r"(?:es )?tut mir (?:sehr )?leid\b[^.\n]{0,40}\b(?:kann ich|ich kann|ich habe kein)|"
    r"(?:sinto muito|desculpe|lamento)\b[^.\n]{0,40}\bnão (?:posso|consigo|tenho)|mi dispiace\b[^.\n]{0,40}\bnon posso"
)
_REFUSAL = (
    rf"^[\W_]*(?:{_SORRY}\b[^.!?\n]{{0,60}}?\b(?:{_CANNOT}|{_LACK}|{_SUBJECT}|{_IMPROPER}|{_AND_SO})|"
    rf"{_AS}[^.!?\n]{{0,40}}?\b(?:{_CANNOT}|{_LACK})|"
    rf"(?:(?:no|well|um|thank you|thanks)\b[^.\n]{{0,20}}[,.!] )?{_CANNOT}{_HELP}|{_IMPROPER}|{_CHINESE}|{_OTHERS})"
)
_EXCUSE = (  # sorry, but of something else
    r"^[^\n]{0,120}?(?:can(?:no|')t|could not|couldn't|not able to|unable to|won't|will not|don't|not going to|没办法|无法|"
    r"不能) ?"
    r"(?:be able to )?(?:understand|see (?:what|how|why)|follow|believe|imagine|wait|stop|make it|come\b|attend|be there|"
    r"get (?:it|there)|hear you|remember|find (?:my|the|your|it)|"
    r"sleep|feel|stay|keep you|let|tell (?:if|what|whether)|quite|recommend[^.!?\n]{0,40} enough|理解您的意思|理解你的意思|确定)"
)
_BUT = (  # a hedge, and then what was asked for
    r"\b(?:however|but|that said|nevertheless|nonetheless)\b,? (?:(?:[^.!?\n]{0,40}?\b)?(?:here(?:'s| is| are)|below (?:is|are)|"
    r"if i (?:were|was)|let me|based on|i(?:'ll| will) (?:do|try|describe|give|show|explain)|(?:i|we)(?:'m able to| am able to|"
    r" can| could)(?: certainly| still| definitely| try to| attempt to)* (?:give|provid|show|describ|explain|generat|creat|writ|"
    r"guid|engag|imagin|walk|tell you|present|outline|evaluat|summari|share|draft|list|answer|say|speculat|"
    r"help you (?:with|creat|writ|come|draft|understand|by)))|(?:as of|depending)\b)|"
    r"(?:但是?|不过|然而)[，, ]?(?:我(?:可以|能|会)|以下|这里|根据)"
)
_WRONG = (
    r"illegal|ethic|harm|danger|violen|abus|appropriate|offensive|hate|hateful|discriminat|against|consequence|crime|privacy|"
    r"copyright|hurt|weapon|违法|非法|道德|伤害|暴力|歧视|侵犯"
)
_LONG = 250  # bytes of an answer that is more than a hedge
_HINT = [
    "can't",
    "can’t",
    "cannot",
    "can not",
    "could",
    "sorry",
    "unable",
    "not able",
    "won't",
    "won’t",
    "will not",
    "decline",
    "refuse",
    "don't",
    "don’t",
    "do not",
    "appropriate",
    "apolog",
    "unfortun",
    "regret",
    "comfortable",
    "ethical",
    "illegal",
    "afraid",
    "acceptable",
    "not ",
    "抱歉",
    "对不起",
    "對不起",
    "遗憾",
    "不好意思",
    "作为",
    "作為",
    "我是",
    "siento",
    "lamento",
    "disculp",
    "désol",
    "leid",
    "muito",
    "desculpe",
    "dispiace",
]


def by_turn(talk: Talk) -> Columns:
    """Whether each turn of the assistant opens by declining."""
    openings = talk.content.gather(talk.once(answers)).str.slice(0, _OPENING)
    some = openings.str.contains_any(_HINT, ascii_case_insensitive=True)
    plain = openings.filter(some).str.to_lowercase().str.replace_all("[’‘`´]", "'").str.replace_all(r"[ \t]{2,}|\t", " ")
    hit = plain.str.contains(_REFUSAL)
    declines, opens = some.arg_true().filter(hit), plain.filter(hit)
    sorry = opens.str.contains(_EXCUSE) | _hedges(opens, talk.content.gather(pl.Series(talk.once(answers)).gather(declines)))
    refused = pl.repeat(False, len(openings), dtype=pl.Boolean, eager=True)
    return {"refusal": on_answers(talk, refused.scatter(declines, ~sorry) if len(declines) else refused)}


def _hedges(opens: pl.Series, texts: pl.Series) -> pl.Series:
    """Whether what opens by declining goes on to answer."""
    return (texts.str.len_bytes() >= _LONG) & opens.str.contains(_BUT) & ~opens.str.contains(_WRONG)


def measure(talk: Talk) -> Columns:
    """Any turn, and the last."""
    refused = talk.once(by_turn)["refusal"]
    return {"refusal": talk.sum(refused) > 0, "refusal_last": talk.pick(refused, talk.once(last_answer))}
