"""How a dataset card says what a release is for: loading it, training on it, what its files hold, making it again, citing it."""

import re
from pathlib import Path
from typing import Any

from exports import names, preference, shape
from exports.card_files import columns, feature
from exports.card_header import SPLITS, configs, counts, named, on_the_hub
from exports.card_words import section, shown
from schemas.recipe import Recipe

_TABLES = """\
Beside the configs, all of it in Parquet: `ledger` (what became of every row and record), `edits`, `turns`, `signals`,
`pairs`, `comparisons`, `contamination`, `benchmarks`, `funnel` and `bias`. In any DuckDB shell:

```sql
SELECT stage, reason, sum(rows) AS rows FROM 'hf://datasets/{repo}/funnel.parquet' GROUP BY ALL ORDER BY rows DESC;
```"""
_LIMITS = """### Out-of-Scope Use

Not for measuring a model: nothing here is a test set, and `test` is there to watch a training run. Not for finding out who wrote
a text. Not for uses that the licence of a row's source does not allow."""
GLOSSARY = """## Glossary

A **record** is a line or element of a dump, a **row** one conversation, a **unit** a row alone or all answers to one context;
rules judge units. A unit that no rule or overlap took out **stands**. What left has a **stage** (`read`, `keep`, `overlap`,
`export`) and a **reason**: a rule's name, or what the stage says."""


def uses(manifest: dict[str, Any], repo: str) -> str:
    """What each config is for, how to load it, and how trainers are told."""
    body = "\n".join(f"- `{name}`: {_takes(name)}" for name in counts(manifest))
    parts = ["## Uses\n\n### Direct Use\n\nFor fine-tuning:" if body else "", body, _load(manifest, repo), _train(manifest, repo)]
    return "\n\n".join(part for part in [*parts, _LIMITS] if part)


def structure(release: Path, manifest: dict[str, Any], repo: str) -> str:
    """Configs and splits with their rows, the columns of each, and the other tables."""
    held = counts(manifest)
    body = [
        [f"`{name}`", *(f"{splits.get(split, 0):,}" for split in SPLITS), _fields(release, name)] for name, splits in held.items()
    ]
    table = section("Dataset Structure", ["config", *SPLITS, "columns"], body)
    told = "A prompt that is held out for `test` is held out in every config."
    return f"{table}\n\n{told}\n\n{_TABLES.format(repo=repo)}" if table else ""


def citation(manifest: dict[str, Any], repo: str, asked: Recipe | None) -> str:
    """This release as BibTeX, and its sources, which ask to be cited themselves."""
    print_of = word(manifest.get("fingerprint", ""))[:12]
    lines = [
        f"@misc{{{named(manifest)}-{print_of},",
        f"  title = {{{named(manifest)}}},",
        f"  howpublished = {{\\url{{https://huggingface.co/datasets/{repo}}}}},",
        f"  note = {{winnow release {print_of}}},",
        "}",
    ]
    given = {hub for spec in asked.sources.values() for url in spec.urls or [] if (hub := on_the_hub(url))} if asked else set()
    cited = "".join(f"\n- https://huggingface.co/datasets/{hub}" for hub in sorted(given))
    told = "Cite the sources too, as they ask for it" + (f":\n{cited}" if cited else ": they are named under Source Data.")
    return "\n".join(["## Citation", "", "**BibTeX:**", "", "```bibtex", *lines, "```", "", told])


def again(manifest: dict[str, Any], repo: str) -> str:
    """What makes the same bytes again: recipe, dumps, versions."""
    facts = [
        f"- {what}: `{word(manifest[key])}`"
        for key, what in (("fingerprint", "release"), ("recipe_sha256", "recipe (sha256)"), ("seed", "seed"))
        if key in manifest
    ]
    facts += [f"- {shown(name)} {shown(version)}" for name, version in sorted((manifest.get("versions") or {}).items())]
    dumps = len(manifest.get("inputs") or [])
    told = f"With the same {dumps:,} files (their sha256 are in `manifest.json`)" if dumps else "With the same dumps"
    return "\n".join(
        [
            "## More Information",
            "",
            "### How to make it again",
            "",
            f"{told}, laid as `recipe.yaml` says, and these versions, it comes out byte by byte:",
            "",
            "```bash",
            f"hf download {repo} recipe.yaml --repo-type dataset --local-dir .",
            "winnow run recipe.yaml --data DUMPS",
            "```",
            "",
            *facts,
        ]
    )


def word(value: Any) -> str:
    """A fingerprint, a version: letters, digits and few marks."""
    return re.sub(r"[^\w.-]+", "", str(value))[:80]


def _load(manifest: dict[str, Any], repo: str) -> str:
    lines = [
        f'{name} = load_dataset("{repo}", "{name}", split="{split}")'
        if name in configs(manifest)
        else f'{name} = load_dataset("json", data_files="hf://datasets/{repo}/{name}/{split}-*.jsonl", split="train")'
        for name, (split, *_) in counts(manifest).items()
    ]
    return "```python\nfrom datasets import load_dataset\n\n" + "\n".join(lines) + "\n```" if lines else ""


def _train(manifest: dict[str, Any], repo: str) -> str:
    """Commands for the trainers whose configurations are in `train/`, started in the release's folder."""
    there = [file.removeprefix("train/") for file in sorted(manifest.get("files") or ()) if file.startswith("train/")]
    trl = [
        f"python train/{file} --config train/{file[:-3]}_lora.yaml --model_name_or_path MODEL --output_dir OUT"
        for file in there
        if file.endswith(".py")
    ]
    axolotl = [f"axolotl train train/{file}" for file in there if re.fullmatch(r"axolotl_.*\.yaml", file)]
    factory = [f"llamafactory-cli train train/{file}" for file in there if re.fullmatch(r"llama_factory_.*\.yaml", file)]
    if not trl + axolotl + factory:
        return ""
    bring = f"hf download {repo} --repo-type dataset --local-dir {named(manifest)} && cd {named(manifest)}"
    told = "\n\n`MODEL`, also in the files of axolotl and LLaMA-Factory, is yours to choose."
    groups = [("TRL", trl), ("axolotl", axolotl), ("LLaMA-Factory", factory)]
    lines = [bring, *(line for name, found in groups if found for line in (f"# {name}", *found))]
    return "With a trainer:\n\n```bash\n" + "\n".join(lines) + "\n```" + told


def _fields(release: Path, name: str) -> str:
    """Columns and their types."""
    schema = columns(release, name)
    if schema is None:
        return _takes(name)
    return ", ".join(f"`{field.name}` {_kind(feature(field.type))}" for field in schema)


def _kind(told: dict[str, Any]) -> str:
    if "list" not in told:
        return str(told.get("dtype", "struct"))
    inner = told["list"]
    fields = [each["name"] for each in inner] if isinstance(inner, list) else []
    return f"list of {', '.join(fields)}" if fields else f"list of {inner if isinstance(inner, str) else 'list'}"


def _takes(name: str) -> str:
    """What a row of this shape is; one that somebody added may not say."""
    told = preference.TIES if name == "ties" else getattr(shape(name), "TAKES", "") if name in names() else ""
    return str(told or "see its columns")
