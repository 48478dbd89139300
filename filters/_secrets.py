"""Keys and tokens by the shapes that their issuers document: a prefix or a form that prose and hashes do not have."""

import math
import re
from collections import Counter
from collections.abc import Iterator

# A group, where there is one, is the secret itself; the rest is where it stands.
_SHAPES = {
    "aws_id": r"(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "aws_secret": r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s{0,3}[=:]\s{0,3}[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    "github": r"gh[opsur]_[A-Za-z0-9]{36,255}\b",
    "github_fine": r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b",
    "gitlab": r"gl(?:pat|ptt|dt|rt|soat)-[\w-]{20,64}",
    "openai": r"sk-(?:proj-|svcacct-|admin-|None-)?[\w-]{16,120}T3BlbkFJ[\w-]{16,120}",
    "openai_plain": r"sk-(?:[A-Za-z0-9]{48}|proj-[\w-]{40,180})(?![\w-])",
    "anthropic": r"sk-ant-[a-z]{3,8}\d\d-[\w-]{32,128}",
    "openrouter": r"sk-or-v1-[0-9a-f]{64}\b",
    "slack": r"xox[abeoprs]-(?:\d+-)*[A-Za-z0-9-]{16,255}",
    "slack_app": r"xapp-\d-[A-Z0-9]{8,16}-\d{8,16}-[0-9a-f]{32,80}\b",
    "slack_hook": r"hooks\.slack\.com/(?:services|workflows)/(T[A-Z0-9]{6,14}/[AB][A-Z0-9]{6,14}/[A-Za-z0-9]{16,32})\b",
    "discord_hook": r"discord(?:app)?\.com/api/webhooks/(\d{17,20}/[\w-]{60,80})",
    "discord_bot": r"(?<![A-Za-z0-9])[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w.-])",
    "stripe": r"[rs]k_(?:live|test|prod)_[A-Za-z0-9]{20,120}\b",
    "stripe_hook": r"whsec_[A-Za-z0-9+/]{32,64}",
    "google": r"AIza[\w-]{35}(?![\w-])",
    "google_oauth": r"(?:GOCSPX-[\w-]{28}|ya29\.[\w-]{50,300})(?![\w-])",
    "hugging_face": r"(?:hf_|api_org_)[A-Za-z]{34}\b",
    "jwt": r"eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}",
    "npm": r"npm_[A-Za-z0-9]{36}\b",
    "pypi": r"pypi-AgE[\w-]{50,300}",
    "sendgrid": r"SG\.[\w-]{22}\.[\w-]{43}(?![\w-])",
    "twilio": r"SK[0-9a-f]{32}\b",
    "telegram": r"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])",
    "shopify": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",
    "digitalocean": r"do[opr]_v1_[0-9a-f]{64}\b",
    "mailgun": r"key-[0-9a-f]{32}\b",
    "mailchimp": r"(?<![0-9a-f])[0-9a-f]{32}-us\d{1,2}\b",
    "azure": r"AccountKey=([A-Za-z0-9+/]{86}==)",
    "databricks": r"dapi[0-9a-f]{32}\b",
    "groq": r"gsk_[A-Za-z0-9]{52}\b",
    "replicate": r"r8_[A-Za-z0-9]{37}\b",
    "vault": r"hvs\.[\w-]{90,200}",
    "linear": r"lin_api_[A-Za-z0-9]{40}\b",
    "age": r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}\b",
    "private_key": r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[A-Za-z0-9+/=\s\\\"',:>.()]|-(?!----)){64,16000}+(?:-----END [A-Z0-9 ]{1,60}-----|(?=```)|\Z)",
}
NAMES = tuple(_SHAPES)
_PATTERNS = [re.compile(shape, re.ASCII) for shape in _SHAPES.values()]

# The same in Rust, over a whole column, without look-around: never false where a shape above matches.
GATE = (
    r"AKIA|ASIA|(?i:aws_?secret_?(?:access_?)?key)|gh[opsur]_|github_pat_|gl(?:pat|ptt|dt|rt|soat)-|sk-[A-Za-z0-9]|xox[abeoprs]-|xapp-|hooks\.slack"
    r"|api/webhooks/|[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.|[rs]k_(?:live|test|prod)_|whsec_|AIza|GOCSPX-|ya29\.|hf_|api_org_|eyJ|npm_|pypi-AgE"
    r"|SG\.|SK[0-9a-f]{32}|:AA[\w-]{33}|shp(?:at|ca|pa|ss)_|do[opr]_v1_|key-[0-9a-f]{32}|[0-9a-f]{32}-us|AccountKey=|dapi|gsk_|r8_|hvs\."
    r"|lin_api_|AGE-SECRET-KEY|PRIVATE KEY"
)

_STAND_IN = re.compile(
    r"(?i)example|placeholder|your|dummy|changeme|redacted|insert|replace|xxxx|\*{4}|\.{3}|<|1234567|abcdefg|(.)\1{5}"
    r"|eyJzdWIiOiIxMjM0NTY3ODkwI"  # the token that every tutorial on JWT shows
)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every key or token that is not an obvious stand-in (`sk-xxxx`, AWS's `...EXAMPLE`)."""
    for pattern in _PATTERNS:
        group = pattern.groups
        for match in pattern.finditer(text):
            inside = text[
                max(0, match.start() - 1) : match.start()
            ]  # of a longer word; a look-behind would cost the quick search
            if not (inside.isascii() and inside.isalnum()) and not _stand_in(match[group]):
                yield match.span(group)


def _stand_in(key: str) -> bool:
    return bool(_STAND_IN.search(key)) or _entropy(key) < 3.0


def _entropy(key: str) -> float:
    """Shannon entropy of its characters, in bits; 20 random hex digits have about 3.5."""
    return -sum(n / len(key) * math.log2(n / len(key)) for n in Counter(key).values())
