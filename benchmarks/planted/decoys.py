"""What looks like a secret or like personal data and is neither: hashes, ids, encodings, numbers, stand-ins, public keys.

Templates: `{h40}` is 40 hexadecimal digits, `{w..}` letters and digits, `{l..}` small and `{u..}` capital letters, `{d..}`
digits, `{s..}` letters, digits, `-` and `_`, `{b..}` base 32, `{e..}` so many bytes in base 64, `{g..}` bases of a gene,
`{x..}` what fills a stand-in, `{t..}` words in base 64; `{n9}` is a number up to 9.
"""

import base64
import random
import re
import string

from benchmarks.planted.keys import BASE32, DIGITS, HEX, LOWER, SAFE, WORD, some

_OF = {"h": HEX, "w": WORD, "l": LOWER, "u": string.ascii_uppercase, "d": DIGITS, "s": SAFE, "b": BASE32, "g": "ACGT"}
_WORDS = ["the", "ship", "sails", "north", "tea", "and", "bread", "rain", "wall", "of"]


def filled(rng: random.Random, template: str) -> str:
    """A template with its places filled at random."""

    def fill(place: re.Match[str]) -> str:
        kind, size = place[1], int(place[2])
        if kind == "n":
            return str(rng.randint(0, size))
        if kind == "x":
            return rng.choice("xX0*.a") * size
        if kind == "e":
            return base64.b64encode(rng.randbytes(size)).decode()
        if kind == "t":
            return base64.b64encode(" ".join(rng.choices(_WORDS, k=size)).encode()).decode()
        return some(rng, _OF[kind], size)

    return re.sub(r"\{([a-z])(\d+)\}", fill, template)


SECRETLIKE = [
    "commit {h40}\nAuthor: Kim\n\n    fix the tests",
    "{h64}  winnow-{n9}.{n9}.tar.gz",
    "MD5 ({l6}.iso) = {h32}",
    "request id {h8}-{h4}-{h4}-{h4}-{h12} took {n999} ms",
    "data:image/png;base64,iVBORw0KGgo{e120}",
    "{t30}",
    '"integrity": "sha512-{e64}"',
    "image: registry.local/app@sha256:{h64}",
    "{d38} = {d19} * {d19}",
    "pi is about 3.{d60}",
    "v{n20}.{n20}.{n20}-rc{n9}+build.{h8}",
    "numpy=={n2}.{n30}.{n9} --hash=sha256:{h64}",
    "sk-{x48} and sk-proj-{x40}",
    "gh" + "p_{x36}, hf_{x34} and npm_{x36}",
    "xoxb-{x30}, sk_live_{x24}, AIza{x35}",
    "YOUR_API_KEY, <your-api-key> or INSERT_TOKEN_HERE_{n99}",
    "sk-your-key-here, ghp_your_personal_access_token, xoxb-your-bot-token-goes-here-now-{n99}",
    'client = Client(api_key=os.environ["OPENAI_API_KEY"], retries={n9})',
    "AK" + "IAIOSFODNN7EXAMPLE / wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY in region {n9}",
    "aws_secret_access_key = ${AWS_SECRET_{n9}}",
    "aws_secret_access_key = ****************************************",
    "gh" + "p_{w4}... and sk-{w4}…{w4} are how keys begin",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{e32} kim@desk",
    "-----BEGIN PUBLIC KEY-----\n{e180}\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\n{e360}\n-----END CERTIFICATE-----",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE{w4}...\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n<your key no. {n99} here>\n-----END PRIVATE KEY-----",
    "0x{h40} sent 0.{n9} ETH in 0x{h64}",
    "bc1q{w38} and 1{w33}",
    "https://www.youtube.com/watch?v={s11}&list=PL{s32}",
    "https://drive.google.com/file/d/1{s32}/view?usp=sharing",
    "arn:aws:iam::{d12}:role/{l8} on i-0{h16}, ami-0{h16}",
    "Stripe.setPublishableKey('p" + "k_live_{w24}')",
    "charge ch_{w24} of cus_{w14} by price_{w24}",
    "https://{l6}.s3.amazonaws.com/{h32}/{h8}-{h4}-{h4}-{h4}-{h12}.jpg",
    "postgres://user:password@localhost:5432/{l6}",
    "mysql://root:root@db.{l5}.net/app and mysql://username:password@db.{l5}.net",
    "postgresql://${DB_USER}:${DB_PASSWORD}@db.{l5}.net/app, redis://default:<password>@{l6}.net",
    "mongodb://admin:changeme@{l5}.net, amqp://guest:guest@{l6}.net",
    "postgresql://{l5}@db.{l6}.net:5432/{l6} and redis://cache:6379/0",
    "ISBN 978-{d1}-{d4}-{d4}-{d1}, doi:10.1{d3}/{l4}.{d7}",
    ">seq{n99}\n{g120}",
    "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 rnbqkbnr/pp1ppppp/8/2p5/4P3/8/PPPP1PPP/RNBQKBNR w KQkq c6 0 {n60}",
    ".css-{w7}{color:#{h6}} main.{h20}.chunk.js",
    "function {l1}({l1}){return {w12}.{l5}[{n9}]};var {l2}={w9}.{l3}",
    "00000000: {h4} {h4} {h4} {h4} {h4} {h4} {h4} {h4}  ................",
    "The cipher text is {u60}; decrypt it with Vigenère.",
    "Message-ID: <{w32}@mail.{l6}.org>",
    'ETag: W/"{h32}"\nX-Amz-Request-Id: {u16}',
    "{d10}:{d2}:{d2} started, {d9}:A fine day",
    "self.{l10}.{l6}.{l28}() and Module{l20}.{l6}.{l27}",
    "task_{l12}_{l30} risk-{l8}-{l40}",
    "{b32} is the part number, SKU{d30}",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
    + "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c, page {n9}",
    "eyJ{e30} is base64 of a JSON object, no token",
    "password: ********; min. length {n16}",
    "password: hunter2, or changeme{n9}",
    'primary_key: "{h32}", cache_key = "{h40}", client_id={h32}',
    "password_hash = '$2b$12${w53}'",
    "private_key_path: keys/2024-01-0{n9}/service-{n9}.pem, access_token_url=https://{l6}.net/oauth2/token",
    "secret_key = settings.SECRET_{n9}_KEY_FILE",
    'client_secret = "billing-client-secret-v{n9}-for-production"',
    "api_key = getUserTokenFromOauth{n9}Provider(session)",
    "The api key is generated-at-runtime-{n9}-times-a-day, the access token: see-section-{n9}-of-the-manual",
    "https://{l8}.net/reset?u={n9999}#section-{l20}-{l12}",
]
PERSONLIKE = [
    "order {d10}, {d12}, {d14} and {d16}",
    "version {n9}.{n20}.{n20}.{n99}",
    "127.0.0.1:{d4} and 192.168.{n255}.{n255}, 10.0.0.7",
    "{d9} * {d9} = {d17}",
    "pi = 3.{d30}",
    "{d4} {d4} {d4} {d4} {d4} {d4}",
    "20{d2}-0{n9}-1{d1} 1{d1}:{d2}:{d2}",
    "ISBN 978-{d1}-{d4}-{d4}-{d1}",
    "@app.route('/{l4}')\ndef f(): pass",
    "npm i {l6}@{n9}.2.{n9}",
    "git clone git@github.com:{l6}/{l6}.git",
    "scp a.txt {l4}@{l6}.net:/srv/www",
    "https://{l4}:{l6}@{l6}.com/path",
    "{l5}@example.com, info@{l4}.test, you@gmail.com, name@yourcompany.com",
    "icon@2x.png logo@{n9}x.jpg main@{l3}.py.js",
    "A = [[{d4}, {d4}, {d4}, {d4}]]; f(x) = x^{n9} mod {d11}",
    "DE{d20} is a part number, GB{d2} {b4} {d4} {d4} too",
    "::1 fe80::{h4} std::vector<int>::iterator aa:bb:cc:dd:ee:ff",
    "section {n9}.{n9}.{n9}.{n9} of the law",
    "{d3}-{d2} chairs, {d4}-{d4} years, 1/{d3}",
    "{d16},{d15};{d18}",
    "id {d18} of a post, {d8}{u1} of a part",
    "SSN 123-45-6789 is how it looks, 9{d2}-{d2}-{d4} and 000-{d2}-{d4} are none",
    "{d3}.{d3},{d2} EUR, {d3}.{d3}.{d3} people",
    "1,{d3},{d3} and {d2} {d3} {d3} km",
]
