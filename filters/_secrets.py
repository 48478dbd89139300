"""Keys and tokens by the shapes that their issuers document: a prefix or a form that prose and hashes do not have."""

import re
from collections.abc import Iterator

from filters import _stand_ins

# A group, where there is one, is the secret itself; the rest is where it stands. A name may have several shapes.
_GIVEN = r"[\\\"'`]{0,4}\s{0,3}(?:=>|[=:,]|is)\s{0,3}[\\\"'`]{0,4}"
_CALLED = (
    r"(?:api|access|client|app|service|account|signing|encryption|secret|bearer|auth|oauth|refresh|bot|private)"
    r"[\s_-]?(?:key|token|secret)|password|passwd"
)
_SHAPES = (
    ("aws_id", r"(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    ("aws_secret", rf"(?i:secret[\s_-]?(?:access[\s_-]?)?key){_GIVEN}([A-Za-z0-9/+]{{40}})(?![A-Za-z0-9/+=])"),
    ("github", r"gh[opsur]_[A-Za-z0-9]{36,255}\b"),
    ("github_fine", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    ("gitlab", r"gl(?:pat|ptt|dt|rt|soat|oas|cbt|ft|imt|agent)-[\w-]{20,300}(?:\.[0-9a-z]{2}\.[0-9a-z]{9}\b)?"),
    ("openai", r"sk-(?:proj-|svcacct-|admin-|None-)?[\w-]{16,120}T3BlbkFJ[\w-]{16,120}"),
    ("openai", r"sk-(?:[A-Za-z0-9]{48}|proj-[\w-]{40,180})(?![\w-])"),
    ("anthropic", r"sk-ant-[a-z]{3,8}\d\d-[\w-]{32,128}"),
    ("openrouter", r"sk-or-v1-[0-9a-f]{64}\b"),
    ("slack", r"xox[abeoprs]-(?:\d+-)*[A-Za-z0-9-]{16,255}"),
    ("slack_app", r"xapp-\d-[A-Z0-9]{8,16}-\d{8,16}-[0-9a-f]{32,80}\b"),
    ("slack_hook", r"hooks\.slack\.com/(?:services|workflows)/(T[A-Z0-9]{6,14}/[AB][A-Z0-9]{6,14}/[A-Za-z0-9]{16,32})\b"),
    ("discord_hook", r"discord(?:app)?\.com/api/webhooks/(\d{17,20}/[\w-]{60,80})"),
    ("discord_bot", r"(?<![A-Za-z0-9])[MNO][A-Za-z\d_-]{22,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])"),
    ("stripe", r"[rs]k_(?:live|test|prod)_[A-Za-z0-9]{20,120}\b"),
    ("stripe_hook", r"whsec_[A-Za-z0-9+/]{32,64}"),
    ("google", r"AIza[\w-]{35}(?![\w-])"),
    ("google_oauth", r"(?:GOCSPX-[\w-]{28}|ya29\.[\w-]{50,300})(?![\w-])"),
    ("hugging_face", r"(?:hf_|api_org_)[A-Za-z]{34}\b"),
    ("jwt", r"eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}"),
    ("npm", r"npm_[A-Za-z0-9]{36}\b"),
    ("pypi", r"pypi-AgE[\w-]{50,300}"),
    ("sendgrid", r"SG\.[\w-]{22}\.[\w-]{43}(?![\w-])"),
    ("twilio", r"SK[0-9a-f]{32}\b"),
    ("twilio", rf"(?i:auth[\s_-]?token){_GIVEN}([0-9a-f]{{32}})\b"),
    ("telegram", r"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])"),
    ("shopify", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    ("digitalocean", r"do[opr]_v1_[0-9a-f]{64}\b"),
    ("mailgun", r"key-[0-9a-f]{32}\b"),
    ("mailchimp", r"(?<![0-9a-f])[0-9a-f]{32}-us\d{1,2}\b"),
    ("azure", r"AccountKey=([A-Za-z0-9+/]{86}==)"),
    ("azure_client", r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}(?![\w~-])"),
    ("databricks", r"dapi[0-9a-f]{32}\b"),
    ("groq", r"gsk_[A-Za-z0-9]{52}\b"),
    ("xai", r"xai-[A-Za-z0-9]{80}\b"),
    ("perplexity", r"pplx-[A-Za-z0-9]{40,60}\b"),
    ("nvidia", r"nvapi-[\w-]{60,70}(?![\w-])"),
    ("replicate", r"r8_[A-Za-z0-9]{37}\b"),
    ("vault", r"hvs\.[\w-]{90,200}"),
    ("linear", r"lin_api_[A-Za-z0-9]{40}\b"),
    ("notion", r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{46})\b"),
    ("docker", r"dckr_pat_[\w-]{27}(?![\w-])"),
    ("grafana", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b"),
    ("age", r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}\b"),
    ("url_password", r"(?i:[a-z][a-z0-9+]{1,20})://[^\s:/@\"'`<>]{0,64}:([^\s/@\"'`<>]{6,128})@[A-Za-z0-9\[]"),
    ("assigned", rf"(?i:{_CALLED})(?![A-Za-z0-9]){_GIVEN}([\w+/=-]{{20,128}})(?![\w+/=-]|\.\w|\()"),
    (
        "private_key",
        r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[A-Za-z0-9+/=\s\\\"',:>.()]|-(?!----)){64,16000}+(?:-----END [A-Z0-9 ]{1,60}-----|(?=```)|\Z)",
    ),
)
_PATTERNS = [(name, re.compile(shape, re.ASCII)) for name, shape in _SHAPES]

# The same in Rust, over a whole column, without look-around: never false where a shape above matches.
GATE = (
    rf"AKIA|ASIA|(?i:secret[\s_-]?(?:access[\s_-]?)?key|{_CALLED})|gh[opsur]_|github_pat_|gl(?:pat|ptt|dt|rt|soat|oas|cbt|ft|imt|agent)-"
    r"|sk-[A-Za-z0-9]|xox[abeoprs]-|xapp-|hooks\.slack"
    r"|api/webhooks/|[MNO][A-Za-z0-9_-]{22,27}\.[\w-]{6}\.|[rs]k_(?:live|test|prod)_|whsec_|AIza|GOCSPX-|ya29\.|hf_|api_org_|eyJ|npm_|pypi-AgE"
    r"|SG\.|SK[0-9a-f]{32}|:AA[\w-]{33}|shp(?:at|ca|pa|ss)_|do[opr]_v1_|key-[0-9a-f]{32}|[0-9a-f]{32}-us|AccountKey=|[0-9]Q~|dapi|gsk_|xai-"
    r"|pplx-|nvapi-|r8_|hvs\.|lin_api_|secret_|ntn_|dckr_pat_|glsa_|AGE-SECRET-KEY|://[^\s:/@]*:[^\s/@]+@|PRIVATE KEY"
)

_INSIDE = re.compile(r"(?<!%)(?<!%.)[A-Za-z0-9]\Z")  # of a longer word; `%3D` ends none


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of every key, token or password that is not an obvious stand-in (`sk-xxxx`, AWS's `...EXAMPLE`).

    In the order of `_SHAPES`: where two meet, the first is the better name for both.
    """
    for name, pattern in _PATTERNS:
        group = pattern.groups
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 3) : match.start()]  # a look-behind would cost the quick search
            if not _INSIDE.search(before) and _stand_ins.real(name, match[group]):
                yield name, *match.span(group)
