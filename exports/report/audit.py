"""The page of an audit: what a dump is, what is wrong with it, and what a cleaned release of it would be."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exports.report import funnel, overlaps, samples, signals, winners
from exports.report.charts import Layer, Sheet, across, colour, listed, marks, silent
from exports.report.document import Section, document, report_file
from exports.report.drawn import Drawn
from exports.report.harmless import shown, table
from exports.report.page import LEAST, MOST, TURN, facts, links, repairs
from schemas import recipe as recipes

_MEANING = {
    "refuses": "an answer opens by declining",
    "cut off": "the last answer stops in the middle",
    "unanswered": "the last word is not the assistant's",
    "empty turn": "a turn says nothing",
    "out of order": "begins with an answer, or one side speaks twice",
    "says it is a machine": "an answer says that it is a model, or whose",
    "repeats itself": "half of the text stands in runs of ten words that came before",
    "other language": "not the language that its source declares",
    "copies": "the same conversation as another row, but for case, punctuation and white space",
    "near": "shares 80 % or more of its word groups with another row that stays",
    "same prompt": "asks what another row asks, of those that are left",
    "holds a benchmark's item": "a question or a worked answer of a public benchmark",
}
KINDS = {  # of what is private -> its name, and what it means
    "secret": ("secrets", "keys, tokens, passwords"),
    "email": ("e-mail addresses", "but for those of nobody, such as example.org"),
    "iban": ("IBANs", "account numbers with a right checksum"),
    "national_id": ("national ids", "of nine countries; with a right checksum where there is one"),
    "card": ("card numbers", "of payment cards, with a right checksum"),
    "phone": ("phone numbers", "often something else"),
    "ip": ("IP addresses", "public ones"),
}
_SHOWN = 16

Numbers = dict[str, Any]


def charts(cleaned: Path, compared: Path, drawn: Drawn, alike: Drawn, limits: signals.Limits) -> dict[str, str]:
    """The sections that the report has as well: of what comparing found, and of what a recipe decides."""
    import json

    asked = recipes.load(compared / "recipe.yaml")
    return {
        "overlap": overlaps.similarities(compared, asked, alike.sizes),
        "benchmarks": overlaps.contamination(compared),
        "wins": winners.bias(compared),
        "funnel": funnel.section(cleaned, json.loads((cleaned / "manifest.json").read_bytes())),
        "signals": signals.section(cleaned, limits),
    }


def page(told: Numbers, drawn: Drawn, texts: Mapping[str, samples.Text], parts: dict[str, str], cleaned: Path) -> str:
    """One self-contained page from the numbers of an audit, its `charts`, and rows to read."""
    most, edited = TURN, repairs(cleaned, drawn)
    recipe = told["cleaned"]["recipe"]
    while True:
        sections = [
            Section("summary", "At a glance", _glance(told)),
            Section("what", "What it is", _what(told)),
            Section("duplicates", "Duplicates", parts["overlap"] + overlaps.clusters(drawn, texts, most)),
            Section("benchmarks", "Benchmarks found", parts["benchmarks"] + _items(told)),
            Section("pairs", "Who wins pairs", _labels(told) + parts["wins"]),
            Section("private", "Secrets and personal data", _private(told)),
            Section("licence", "Licence", _licence(told)),
            Section("cleaned", f"What a cleaned release would be: {shown(recipe)}", parts["funnel"]),
            Section("signals", "Before and after", parts["signals"]),
            Section("rows", "Rows to read", samples.section(drawn, texts, edited, most)),
        ]
        there = [each for each in sections if each.body]
        foot = f"<p>{shown(_foot(told))}</p>"
        made = document(f"{told['name']}: an audit", _head(told), links(there), there, foot=foot, script=report_file("js"))
        if len(made.encode()) <= MOST or most <= LEAST:
            return made
        most //= 2


def unread(told: Numbers) -> str | None:
    """What is to be said before all else, where nothing, or less than a run asks for, could be read; None where that is sound."""
    bad, records = told["read"].get("quarantined", {}), told["records"]
    if not records:
        return "There is no record at all in it"
    if not recipes.Limits().broken(sum(bad.values()), records):
        return None
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in bad.items())
    nothing = "Nothing of it can be read" if sum(bad.values()) == records else "Much of it cannot be read"
    return f"{nothing}: {sum(bad.values()):,} of {records:,} records are quarantined ({reasons})"


def checks(told: Numbers) -> list[tuple[str, int]]:
    """What is wrong, and with how many rows: everything that is found at all, the most first."""
    found = {**told["checks"], **{name: told["duplicates"][name] for name in ("copies", "near", "same prompt")}}
    found["holds a benchmark's item"] = told["contaminated"]
    found |= {KINDS[kind][0]: rows for kind, rows in told["private"]["rows"].items()}
    return sorted(((name, rows) for name, rows in found.items() if rows), key=lambda each: (-each[1], each[0]))


def _head(told: Numbers) -> str:
    kept, rows = told["cleaned"]["kept"], told["rows"]
    said = [("records", f"{told['records']:,}"), ("rows", f"{rows:,}"), ("turns", f"{told['turns']:,}")]
    said += [("comparisons", f"{told['comparisons']:,}")] if told["comparisons"] else []
    said += [
        ("words", f"{told['words']:,}"),
        ("rows of a cleaned release", f"{kept:,}" + (f" ({kept / rows:.0%})" if rows else "")),
    ]
    files = f"{told['files']:,} file{'s' * (told['files'] != 1)}, {told['bytes'] / 1e6:,.1f} MB"
    alarm = f'<p class="alarm">{shown(unread(told))}</p>' if unread(told) else ""
    return f'{alarm}<p class="soft">{shown(files)}, licence {shown(told["licence"]["release"])}</p>{facts(said)}'


def _foot(told: Numbers) -> str:
    edits = ", ".join(f"{name} in {rows:,} rows" for name, rows in told["repaired"].items()) or "none was needed"
    return (
        f"Measured after the repairs of the recipe {told['cleaned']['recipe']} ({edits}), secrets and personal data before them. "
        "With texts of rows, secrets and personal data masked: for your eyes, not for a public place. Names and postal "
        "addresses are not looked for."
    )


def _glance(told: Numbers) -> str:
    meaning = _MEANING | dict(KINDS.values())
    lines = [(name, rows, meaning[name]) for name, rows in checks(told)]
    if not lines:
        return "<p>Nothing that is looked for was found.</p>"
    drawn = _bars([(name, rows) for name, rows, _ in lines], told["rows"], "rows with each trouble")
    cells: list[list[object]] = [[name, rows, _share(rows, told["rows"]), said] for name, rows, said in lines]
    return (
        "<p class='soft'>Rows that have each trouble; a row may have several.</p>"
        f"{drawn}<details><summary>What each means</summary>{table(['trouble', 'rows', 'of all', 'meaning'], cells)}</details>"
    )


def _what(told: Numbers) -> str:
    head = ["format", "container", "files", "rows"]
    formats = table(head, [[each[name] for name in head] for each in told["formats"]])
    spoken = [(name, rows) for name, rows in told["languages"].items()]
    more = f"<p class='soft'>and {len(spoken) - _SHOWN:,} more languages</p>" if len(spoken) > _SHOWN else ""
    languages = f"<h3>Languages</h3>{_bars(spoken[:_SHOWN], told['rows'], 'languages')}{more}" if spoken else ""
    lines: list[list[object]] = [
        [fate, reason, count] for fate, reasons in told["read"].items() for reason, count in reasons.items()
    ]
    refused = f"<h3>Records that gave no row</h3>{table(['fate', 'reason', 'records'], lines)}" if lines else ""
    flags: list[list[object]] = [[name, rows] for name, rows in told["flags"].items()]
    known = f"<h3>Known faults of data</h3>{table(['flag', 'rows'], flags)}" if flags else ""
    return f"{formats}{languages}{refused}{known}"


def _items(told: Numbers) -> str:
    lines: list[list[object]] = [[each["benchmark"], each["item"], each["rows"]] for each in told["contamination"]["items"]]
    found = table(["benchmark", "item (the first is 0)", "rows"], lines)
    return f"<details><summary>The items that most rows hold</summary>{found}</details>" if lines else ""


def _labels(told: Numbers) -> str:
    pairs = told["pairs"]
    if not pairs["pairs"]:
        return ""
    said = f"{pairs['pairs']:,} pairs of a better and a worse answer, as their source has them."
    if "longer_share" in pairs:
        low, high = pairs["longer_low"], pairs["longer_high"]
        said += f" The longer answer wins {pairs['longer_share']:.1%} ({low:.1%} to {high:.1%})."
    flags: list[list[object]] = [[name, count, _share(count, pairs["pairs"])] for name, count in pairs["flags"].items()]
    return f"<p>{shown(said)}</p>{table(['doubt about the label', 'pairs', 'of all'], flags)}"


def _private(told: Numbers) -> str:
    found = told["private"]
    if not found["kinds"]:
        *most, last = (name for name, _ in KINDS.values())
        return f"<p>None was found of {', '.join(most)} and {last}.</p>"
    head = ["kind", "role", "rows", "found"]
    counts = table(head, [[each[name] for name in head] for each in found["kinds"]])
    places = table(["kind", "row", "turn"], [[each["kind"], each["id"], each["turn"]] for each in found["places"]])
    told_so = "Kinds and places, never what was found. Phone numbers and IP addresses are as often something else."
    return f"<p class='soft'>{told_so}</p>{counts}<details><summary>Where the first are</summary>{places}</details>"


def _licence(told: Numbers) -> str:
    known = told["licence"]
    said = f"A release of it may be licensed {known['release']}: {known['reason']}."
    bars = "".join(f"<li>{shown(each)}</li>" for each in known["not_public"])
    where = {name: ", ".join(f"{file}: {each}" for file, each in files.items()) for name, files in known["said_in"].items()}
    lines: list[list[object]] = [[name, license, where.get(name, "")] for name, license in known["sources"].items()]
    barred = f"<p>It may not be public:</p><ul>{bars}</ul>" if bars else ""
    return f"<p>{shown(said)}</p>{barred}{table(['source', 'licence', 'files beside it say'], lines)}"


def _bars(lines: list[tuple[str, int]], whole: int, label: str) -> str:
    """A bar a line: a share of all rows."""
    whole = max(whole, 1)

    def layers(sheet: Sheet) -> list[Layer]:
        rows = [
            {"low": 0, "all": 1, "share": max(min(rows / whole, 1), 0.002), **sheet.band(at), "says": f"{name}: {rows:,} rows"}
            | {"colour": "var(--overlap)"}
            for at, (name, rows) in enumerate(lines)
        ]
        end = {"x2": {"field": "low"}, **sheet.bands()}
        return [
            marks("bar", silent(rows), {"x": across("all", 0, 1), **end}, color="var(--line)"),
            marks("bar", rows, {"x": across("share", 0, 1), **end, "color": colour()}),
        ]

    sums = [f"{rows:,} ({_share(rows, whole)})" for _, rows in lines]
    return listed([name for name, _ in lines], sums, layers, label)


def _share(count: int, whole: int) -> str:
    return f"{count / whole:.1%}" if whole else ""
