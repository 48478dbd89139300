"""Personal data as it is written, made at random by a seed, with right checksums: nobody's but by chance."""

import random

from benchmarks.planted.keys import DIGITS, HEX, LOWER, WORD, Maker, some


def _spaced(number: str, by: int) -> str:
    return " ".join(number[at : at + by] for at in range(0, len(number), by))


def email(rng: random.Random) -> str:
    """Large providers, firms and schools; plain names, dots, digits, tags."""
    more = rng.choice(
        ["", "." + some(rng, LOWER, 5), some(rng, DIGITS, 2), "_" + some(rng, LOWER, 3), "+news", "-" + some(rng, LOWER, 4)]
    )
    home = rng.choice(["gmail.com", "outlook.com", "qq.com", "163.com", "web.de", "mail.ru", f"{some(rng, LOWER, 8)}.org"])
    firm = rng.choice(
        [f"mail.{some(rng, LOWER, 6)}.co.uk", f"{some(rng, LOWER, 5)}.edu", f"{some(rng, LOWER, 7)}-{some(rng, LOWER, 4)}.com.cn"]
    )
    made = f"{some(rng, LOWER, rng.randint(2, 9))}{more}@{rng.choice([home, firm])}"
    return made.upper() if rng.random() < 0.05 else made


def iban(rng: random.Random) -> str:
    """Of eight countries, whole or in groups of four."""
    from stdnum.iso7064 import mod_97_10

    bodies = {"DE": 18, "AT": 16, "ES": 20, "BE": 12, "PL": 24}
    lettered = {
        "GB": "NWBK" + some(rng, DIGITS, 14),
        "NL": "ABNA" + some(rng, DIGITS, 10),
        "FR": some(rng, DIGITS, 10) + some(rng, WORD, 11).upper() + "76",
    }
    country = rng.choice(sorted(bodies | lettered))
    body = lettered.get(country) or some(rng, DIGITS, bodies.get(country, 0))
    number = country + mod_97_10.calc_check_digits(body + country) + body
    return rng.choice([number, _spaced(number, 4)])


def card(rng: random.Random) -> str:
    """Of five issuers; in groups, or bare behind a word that says what it is."""
    from stdnum import luhn

    prefix, length = rng.choice([("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("37", 15), ("6011", 16), ("3530", 16)])
    body = prefix + some(rng, DIGITS, length - len(prefix) - 1)
    number = body + luhn.calc_check_digit(body)
    if rng.random() < 0.3:
        return rng.choice(["card ", "Visa: ", "信用卡", "credit card number "]) + number
    cuts, mark = ([4, 6, 5] if length == 15 else [4] * 4), rng.choice(" -")
    return mark.join(number[sum(cuts[:at]) : sum(cuts[: at + 1])] for at in range(len(cuts)))


def _social(rng: random.Random) -> str:
    area = rng.choice([each for each in range(1, 900) if each != 666])
    return f"{area:03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def _born(rng: random.Random) -> str:
    return f"{rng.randint(1940, 2015)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"


def _chinese(rng: random.Random) -> str:
    from stdnum.iso7064 import mod_11_2

    body = rng.choice(["110105", "310104", "440305", "510107", "330106", "420111", "610113"]) + _born(rng) + some(rng, DIGITS, 3)
    return body + mod_11_2.calc_check_digit(body)


def _korean(rng: random.Random) -> str:
    from stdnum.kr import rrn

    body = (
        rng.choice(["75", "88", "91"])
        + f"{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.choice('12')}{rng.randint(0, 95):02}{some(rng, DIGITS, 3)}"
    )
    return f"{body[:6]}-{body[6:]}{rrn.calc_check_digit(body + '0')}"


def _british(rng: random.Random) -> str:
    made = rng.choice(["AB", "CE", "JY", "PX", "WM"]) + some(rng, DIGITS, 6) + rng.choice("ABCD")
    return rng.choice([made, " ".join([made[:2], made[2:4], made[4:6], made[6:8], made[8]])])


def _spanish(rng: random.Random) -> str:
    from stdnum.es import dni

    body = str(rng.randint(10**7, 10**8 - 1))
    return body + rng.choice(["", "-"]) + dni.calc_check_digit(body)


def _brazilian(rng: random.Random) -> str:
    from stdnum.br import cpf

    body = some(rng, DIGITS, 9)
    return cpf.format(body + cpf._calc_check_digits(body))


def national_id(rng: random.Random) -> str:
    """Half of them American or Chinese."""
    make = rng.choice([_social, _social, _chinese, _chinese, _korean, _british, _spanish, _brazilian])
    return make(rng)


def ip(rng: random.Random) -> str:
    """Public ones, of version 4 and 6."""
    four = f"{rng.randint(11, 99)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
    six = f"2606:4700:{some(rng, HEX[1:], 4)}::{some(rng, HEX[1:], 4)}"
    long = "2a02:" + ":".join(some(rng, HEX[1:], 4) for _ in range(7))
    return rng.choice([four, four, six, long])


def phone(rng: random.Random) -> str:
    """American, British, German, French, Chinese, in the forms that people write."""
    area, line = rng.randint(201, 989), some(rng, DIGITS, 4)
    mobile = f"1{rng.choice('3578')}{some(rng, DIGITS, 9)}"
    forms = [
        f"({area}) 555-{line}",
        f"+1 {area} 555 {line}",
        f"+44 20 79{some(rng, DIGITS, 2)} {line}",
        f"+49 30 {some(rng, '123456789', 8)}",
        f"{area}-555-{line}",
    ]
    more = [
        f"+33 6 {' '.join(some(rng, DIGITS, 2) for _ in range(4))}",
        mobile,
        f"+86 {mobile}",
        f"+86 {mobile[:3]} {mobile[3:7]} {mobile[7:]}",
        f"{area}.555.{line}",
    ]
    return rng.choice(forms + more)


PEOPLE: dict[str, Maker] = {"email": email, "iban": iban, "national_id": national_id, "card": card, "phone": phone, "ip": ip}


def bare(kind: str, made: str) -> str:
    """Without the word that says what it is."""
    return made[min(at for at, each in enumerate(made) if each.isdigit()) :] if kind == "card" else made
