"""Fifty places where people leave a secret: prose of several languages, code, settings, logs, addresses."""

import json
from collections.abc import Callable

Carrier = Callable[[str], tuple[str, str]]  # a secret -> (the text, the secret as it stands there)


def _plain(template: str) -> Carrier:
    return lambda secret: (template.replace("{}", secret), secret)


def _in_a_string(template: str) -> Carrier:
    """Within quotes of code or JSON: line ends and quotes are escaped."""

    def put(secret: str) -> tuple[str, str]:
        told = json.dumps(secret)[1:-1]
        return template.replace("{}", told), told

    return put


def _indented(template: str, by: str) -> Carrier:
    def put(secret: str) -> tuple[str, str]:
        told = secret.replace("\n", "\n" + by)
        return template.replace("{}", told), told

    return put


PROSE = [
    "My key is {} and the request still fails with 401. What am I doing wrong?",
    "Here you go: {}. Please do not share it.",
    "I use `{}` for the staging account, does it need another scope?",
    "(the old one was {}, revoke it)",
    "Fix this for me\n\n{}\n\nthanks!!",
    "> {}\n\nIs that what you see in the console?",
    "**Token:** {}\n**Region:** eu-west-1",
    "| service | credential |\n|---|---|\n| billing | {} |",
    "1. Log in\n2. Paste {}\n3. Press enter",
    "我的密钥是{}，为什么会报错？",
    "请把{}换成新的。\n谢谢",
    "配置里写的是：“{}”，对吗？",
    "私のトークンは「{}」です。エラーになります。",
    "제 토큰은 {} 입니다.",
    "Мой ключ: {}, но сервер отвечает 403.",
    "Mein Schlüssel lautet {}; damit klappt es nicht.",
    "Ma clé est « {} », et pourtant…",
    "مفتاحي هو {} ولا يعمل",
    "Mi clave ({}) caducó ayer.",
    "Sure! I will remember {} for you.\nAnything else?",
]
FILES = [
    "API_KEY={}\nDEBUG=true\nPORT=8080",
    'export API_KEY="{}"',
    "[default]\nregion = eu-west-1\ncredential = {}\noutput = json",
    "server.port=8080\napp.credential={}\n",
    '<config>\n  <add key="credential" value="{}" />\n</config>',
    "name,credential,owner\nbilling,{},ops\n",
    "machine api.service.net login ops password {}",
    "//registry.local/:_auth={}\nsave-exact=true",
    "diff --git a/.env b/.env\n-KEY=none\n+KEY={}\n",
    "ENV CREDENTIAL={}\nRUN make",
]
SHELL = [
    "curl -H 'Authorization: Bearer {}' https://api.service.net/v1/me",
    "$ ./deploy --token {} --env prod\ndeploying ...",
    "curl 'https://api.service.net/v1/items?limit=5&key={}&page=2'",
    "2026-03-04T10:11:12Z ERROR auth failed token={} status=401 ms=12",
    'Traceback (most recent call last):\n  File "app.py", line 3\nValueError: bad credential: {}',
    "set CREDENTIAL={}\r\nstart.bat\r\n",
]
STRINGS = [
    'import requests\n\nTOKEN = "{}"\nprint(requests.get(URL, headers={"X": TOKEN}))',
    'const token = "{}";\nmodule.exports = { token };',
    'var token = "{}" // TODO move',
    'let token: &str = "{}";\nclient.auth(token);',
    'String token = "{}";\nreturn new Client(token);',
    '$token = "{}";\n$client = new Client($token);',
    'Client.new(token: "{}", retries: 3)',
    '{"name": "billing", "credential": "{}", "retries": 3}',
    '{"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "{}"}]}',
    'variable "token" {\n  default = "{}"\n}',
    'print("sending\\n{}\\nto the server")',
    "INSERT INTO settings VALUES ('token', \"{}\");",
]
CARRIERS: list[Carrier] = [
    *map(_plain, PROSE + FILES + SHELL),
    *map(_in_a_string, STRINGS),
    _indented("services:\n  app:\n    environment:\n      CREDENTIAL: |\n        {}\n    ports: [80]", "        "),
    _indented("Use this:\n\n```yaml\ncredential: {}\n```\nand restart.", "  "),
]
NEUTRAL = [carrier for carrier in CARRIERS if "API_KEY" not in carrier("")[0]]  # in the others whatever stands there is a key
