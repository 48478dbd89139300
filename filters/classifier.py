"""A fastText model as a signal: how much a conversation looks like the good pile, after DCLM (Li et al. 2024).

The user's words and the assistant's are told apart by a prefix (`i_`, `r_`): the same word means other things in a
question and in an answer. Training is seeded, on one thread and sorted by fingerprint, so the same piles give the same bytes;
the file opens in plain `fasttext.load_model`. No score is shown without that of length alone beside it, because length
explains most of what cheap signals see.
"""

import hashlib
import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from schemas.faults import DataFault, MissingFault
from schemas.parquet import settle
from schemas.rows import Message

if TYPE_CHECKING:
    from fasttext.FastText import _FastText

GOOD, BAD = "__label__good", "__label__bad"
_PREFIX = {"user": "i_", "assistant": "r_"}
_TOKEN = re.compile(r"[^\W_]+|[\u3041-\u30ff\u3400-\u9fff]|[^\w\s]")
_SINGLE = re.compile(r"([\u3041-\u30ff\u3400-\u9fff])")
_LONGEST = 20_000  # characters of one turn that are read
_HELD = 5  # one prompt in five is held out
_LEAST = 5  # conversations of each pile on each side of the split
_TRAINING = {"dim": 16, "lr": 0.5, "wordNgrams": 2, "bucket": 100_000, "minCount": 2, "minn": 0, "maxn": 0, "thread": 1}
_EPOCHS, _EXAMPLES, _MOST_EPOCHS = 10, 5_000, 50  # a small pile is shown more often, until it was read 5,000 times


@dataclass(frozen=True)
class Evidence:
    """How well a model tells good from bad in prompts that it never saw, beside length alone (tokens of the conversation)."""

    auc: float
    auc_of_length: float
    trained: dict[str, int]  # {"good": conversations, "bad": conversations}
    held_out: dict[str, int]
    sha256: str  # of the model file

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def train(good: pa.Table, bad: pa.Table, seed: int, out: Path) -> Evidence:
    """Train on conversations (the ROW schema) and write the model to `out`.

    One prompt in five, by a seeded hash of the user's first turn, is held out and measures the model; conversations with
    the same first turn lie on the same side. A conversation that is in both piles tells nothing and is left out.
    Raises DataFault where a pile is too small to be told apart.
    """
    piles = _piles(good, bad)
    sides = {name: [(line, _held(prompt, seed)) for line, prompt in pile] for name, pile in piles.items()}
    kept = {name: [line for line, held in pile if not held] for name, pile in sides.items()}
    tests = {name: [line for line, held in pile if held] for name, pile in sides.items()}
    for name in ("good", "bad"):
        if min(len(kept[name]), len(tests[name])) < _LEAST:
            raise DataFault(
                f"the {name} pile gives {len(kept[name])} conversations to train on and {len(tests[name])} to test with; "
                f"{_LEAST} of each are needed: label more (a few hundred buy most of what there is to gain)"
            )
    model = _fit(kept, seed, out)
    lines = tests["good"] + tests["bad"]
    truth = np.repeat([True, False], [len(tests["good"]), len(tests["bad"])])
    lengths = np.array([line.count(" ") + 1 for line in lines], np.float64)
    return Evidence(
        auc=round(auc(_probabilities(model, lines), truth), 4),
        auc_of_length=round(auc(lengths, truth), 4),
        trained={name: len(kept[name]) for name in kept},
        held_out={name: len(tests[name]) for name in tests},
        sha256=_digest(out),
    )


def predict(model: Path, rows: pa.Table) -> np.ndarray:
    """The probability (float64, 0 to 1) that each conversation is of the good pile; 0.5 where it holds no word."""
    return _probabilities(load(model), [line(messages) for messages in rows["messages"].to_pylist()])


def load(path: Path, sha256: str | None = None) -> "_FastText":
    """A model by this or any fastText, with the labels good and bad, checked against the sha256 that a recipe names."""
    if not path.is_file():
        raise MissingFault(f"no model at {path}: train one, or correct the path")
    found = _digest(path)
    if sha256 and found != sha256.lower():
        raise DataFault(f"{path.name} has the sha256 {found}, the recipe says {sha256}: another file, or a changed one")
    return _opened(str(path), found)


def auc(scores: np.ndarray, truth: np.ndarray) -> float:
    """Area under the ROC curve: how often a good one scores above a bad one, ties counting half (Mann-Whitney)."""
    _, place, times = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]
    positives = int(truth.sum())
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * (len(truth) - positives)))


def line(messages: list[Message] | None) -> str:
    """A conversation as one line of tokens: words lower-cased, each mark and ideograph for itself, prefixed by who speaks."""
    tokens: list[str] = []
    for message in messages or []:
        if prefix := _PREFIX.get(message["role"]):
            text = _SINGLE.sub(r" \1 ", message["content"][:_LONGEST].lower())
            tokens += [prefix + token for token in _TOKEN.findall(text)]
    return " ".join(tokens)


def _piles(good: pa.Table, bad: pa.Table) -> dict[str, list[tuple[str, str]]]:
    """Per pile, the distinct lines with their first prompt, sorted by fingerprint; what both piles hold is left out."""
    found = {name: dict(sorted(_lines(table).items())) for name, table in (("good", good), ("bad", bad))}
    both = found["good"].keys() & found["bad"].keys()
    return {name: [pair for key, pair in pile.items() if key not in both and pair[0]] for name, pile in found.items()}


def _lines(rows: pa.Table) -> dict[str, tuple[str, str]]:
    talks = zip(rows["fingerprint"].to_pylist(), rows["messages"].to_pylist(), strict=True)
    return {key: (line(messages), _first_prompt(messages or [])) for key, messages in talks}


def _first_prompt(messages: list[Message]) -> str:
    asked = (message["content"] for message in messages if message["role"] == "user")
    return " ".join(next(asked, "").lower().split())


def _held(prompt: str, seed: int) -> bool:
    return int.from_bytes(hashlib.blake2b(f"{seed}\x1f{prompt}".encode(), digest_size=8).digest()) % _HELD == 0


def _fit(piles: dict[str, list[str]], seed: int, out: Path) -> "_FastText":
    """fastText reads a file and shows examples in its order, so good and bad are mixed by their hashes."""
    import fasttext

    labelled = [f"{label} {text}" for label, name in ((GOOD, "good"), (BAD, "bad")) for text in piles[name]]
    labelled.sort(key=lambda text: hashlib.blake2b(f"{seed}\x1f{text}".encode(), digest_size=8).digest())
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        path = Path(folder, "train.txt")
        path.write_text("\n".join(labelled) + "\n", encoding="utf-8")
        epochs = min(_MOST_EPOCHS, max(_EPOCHS, _EXAMPLES // len(labelled)))
        model = fasttext.train_supervised(str(path), seed=seed, epoch=epochs, verbose=0, **_TRAINING)
    draft = out.with_name(out.name + ".part")
    model.save_model(str(draft))
    settle(draft, out)
    return model


def _probabilities(model: "_FastText", lines: list[str]) -> np.ndarray:
    """One call for all lines; fastText adds a little to probabilities, so they are cut at 1."""
    if not lines:
        return np.empty(0)
    labels, odds = model.predict(lines, k=2)
    good = [float(pair[names.index(GOOD)]) for names, pair in zip(labels, odds, strict=True)]
    return np.where([bool(text) for text in lines], np.clip(good, 0.0, 1.0), 0.5)


@lru_cache(maxsize=4)
def _opened(path: str, digest: str) -> "_FastText":
    import fasttext

    try:
        model = fasttext.load_model(path)
    except ValueError as error:
        raise DataFault(f"{path} is no fastText model ({error}): train it again") from error
    if set(model.get_labels()) != {GOOD, BAD}:
        raise DataFault(f"{path} knows the labels {sorted(model.get_labels())[:5]}, not {GOOD} and {BAD}: train it with winnow")
    return model


def _digest(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
