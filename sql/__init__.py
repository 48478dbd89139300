"""Questions one can ask, and the DuckDB that answers them: one .sql file per question, plain DuckDB, no templates.

The first line of a file is its question, as a comment. The same files run in any DuckDB shell started inside a release folder
after `.read views.sql`, behind `winnow sql NAME`, and in the pipeline for its own funnel and conservation.

* `duck`    a DuckDB that can only compute, and a release as its views
* `rules`   a recipe's rules: parsed, checked node by node
* `judge`   the verdict of the rules on a table of units
"""

from pathlib import Path

from schemas.faults import UsageFault
from schemas.mistakes import nearest

_FOLDER = Path(__file__).parent


def questions() -> dict[str, str]:
    """Every question's name and what it asks, sorted; `views` is not one."""
    names = sorted(file.stem for file in _FOLDER.glob("*.sql") if file.stem != "views")
    return {name: question(name).split("\n", 1)[0].removeprefix("--").strip() for name in names}


def question(name: str) -> str:
    """The text of sql/<name>.sql. Raises UsageFault with the nearest names."""
    known = {file.stem: file for file in _FOLDER.glob("*.sql")}
    if name not in known:
        raise UsageFault(f"no question {name!r}; {nearest(name, known)}")
    return known[name].read_text("utf-8")
