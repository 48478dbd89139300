"""The README is true: its file map is the tree's, the commands it shows exist, and its links lead somewhere."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FOLDERS = ("schemas", "sources", "filters", "sql", "exports", "flows", "benchmarks", "docs")


def mapped() -> str:
    """Every module, question and recipe with the first line it says of itself."""
    lines = []
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in (".py", ".sql"):
                lines.append(f"{file.relative_to(ROOT).as_posix():44} {said(file)}".rstrip())
    return "\n".join(lines)


def said(file: Path) -> str:
    text = file.read_text("utf-8")
    if file.suffix == ".sql":
        return text.split("\n", 1)[0].removeprefix("--").strip()
    return (ast.get_docstring(ast.parse(text)) or "").split("\n", 1)[0]


def test_the_file_map_is_the_tree() -> None:
    found = re.search(r"<!-- map -->\n```\n(.*?)\n```", README.read_text("utf-8"), re.DOTALL)
    assert found and found[1] == mapped(), f"put this between the fences after <!-- map -->:\n{mapped()}"


def test_every_module_says_what_it_is_for() -> None:
    assert [line for line in mapped().split("\n") if len(line.split(None, 1)) < 2] == []


def test_commands_in_the_readme_exist() -> None:
    known = {file.stem.replace("_", "-") for file in (ROOT / "flows" / "commands").glob("*.py")} - {"--init--"}
    blocks = "\n".join(re.findall(r"```\n(.*?)```", README.read_text("utf-8"), re.DOTALL))
    shown = set(re.findall(r"^(?:\$ )?winnow ([a-z]+)", blocks, re.MULTILINE))
    assert shown and shown <= known, shown - known
    targets = set(re.findall(r"^make ([a-z-]+)", blocks, re.MULTILINE))
    assert targets <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_format_is_named() -> None:
    told = README.read_text("utf-8")
    assert [file.stem for file in sorted((ROOT / "sources" / "formats").glob("[!_]*.py")) if f"`{file.stem}`" not in told] == []


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README.read_text("utf-8")):
        assert (ROOT / link).exists(), link


def test_every_folder_is_imported_from_here() -> None:
    import exports
    import filters
    import flows
    import schemas
    import sources
    import sql

    for package in (exports, filters, flows, schemas, sources, sql):
        assert Path(package.__file__).resolve().is_relative_to(ROOT)
