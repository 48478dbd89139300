"""Made-up conversations in bulk, the same on every machine: something large to read that nobody has to bring.

    python benchmarks/dumps.py lines|array|long SIZE FILE        (SIZE as 200MB or 3GB)

ShareGPT records of about 1.8 KB with one to four turns; half of them spell what is not ASCII as \\u escapes. `long` is one line
of that size between two usual ones.
"""

import argparse
import json
import random
from collections.abc import Iterator
from itertools import islice, repeat
from pathlib import Path

COMMON = """
the a of to and in is it you that for on are with as this be at or from have an they which one we can by there what
all were when use your how each she their if will up other about out many then them these so some her would make like
him into time has look two more write go see number no way could people my than first water been call who oil its now
find long down day did get come made may part river window basket engine mountain lantern copper orchard signal paper
teacher harbour garden recipe winter compass bridge candle ticket
"""
RARE = "Größe façade naïve déjà señor Zürich smörgås – „gut“ 茶 山 東京 привет мир 🙂 ½ €5"
WORDS = [*COMMON.split(), *RARE.split()]
PLAIN = len(COMMON.split())
TEXTS, LENGTH = 6000, 230  # paragraphs to draw from, and their usual length in characters
UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("container", choices=("lines", "array", "long"))
    parser.add_argument("size", type=size)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    write(options.container, options.size, options.file)


def size(text: str) -> int:
    """Bytes, from `3GB` or a bare number."""
    return int(float(text[:-2]) * UNITS[text[-2:].upper()]) if text[-2:].upper() in UNITS else int(text)


def write(container: str, size: int, file: Path) -> None:
    """Records until the file has about `size` bytes."""
    made, written = records(), 0
    before, between, after = {"lines": ("", "\n", "\n"), "array": ("[\n", ",\n", "\n]\n"), "long": ("", "", "")}[container]
    if container == "long":
        before, after = (
            f'{next(made)}\n{{"id": "long", "conversations": [{{"from": "human", "value": "',
            f'"}}]}}\n{next(made)}\n',
        )
        made = repeat("word after word ")
    with open(file, "wb") as handle:
        handle.write((before + next(made)).encode())
        while written < size:
            written += handle.write((between + between.join(islice(made, 2000))).encode())
        handle.write(after.encode())


def records() -> Iterator[str]:
    """JSON texts of conversations, without an end."""
    rng = random.Random(20230504)
    texts = [paragraph(rng) for _ in range(TEXTS)]
    spelled = [[json.dumps(text, ensure_ascii=ascii)[1:-1] for text in texts] for ascii in (True, False)]
    number = 0
    while True:
        pool, draws = spelled[number % 2], iter(rng.choices(range(TEXTS), k=8))
        turns = "".join(
            f'{{"from": "human", "value": "{number}.{turn}: {pool[next(draws)][:200].rpartition(" ")[0]}?"}}, '
            f'{{"from": "gpt", "value": "{pool[next(draws)]} {pool[number * 7 % TEXTS]}"}}, '
            for turn in range(rng.randrange(1, 5))
        )
        yield f'{{"id": "made_{number:08d}", "conversations": [{turns[:-2]}]}}'
        number += 1


def paragraph(rng: random.Random) -> str:
    """Sentences of common words; one word in fifty is not ASCII."""
    said, wanted = "", rng.triangular(20, 2 * LENGTH, LENGTH)
    while len(said) < wanted:
        words = [rng.choice(WORDS[PLAIN:] if rng.random() < 0.02 else WORDS[:PLAIN]) for _ in range(rng.randrange(5, 16))]
        said += " ".join(words).capitalize() + rng.choice((". ", ". ", "! ", '."\n', ":\n\n"))
    return said.strip()


if __name__ == "__main__":
    main()
