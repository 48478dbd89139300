"""winnow sql: questions over a release."""

import sys
from typing import Annotated

import typer


def command(
    question: Annotated[
        str, typer.Argument(help="a name in sql/ (such as `funnel`), or a query of your own; without one, the names")
    ] = "",
    release: Annotated[str | None, typer.Option(help="a release's folder or name  [default: the latest]")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="a $name in the query")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """Ask a release: a question from sql/, or your own over ledger, edits, turns, signals, pairs, funnel, sft, preference, ties.

    `winnow sql funnel`, `winnow sql duplicates_of -p id=...`, `winnow sql "SELECT reason, count(*) FROM ledger GROUP BY ALL"`.
    """
    import orjson

    import sql
    from flows import releases, screen
    from flows.places import places
    from schemas.faults import UsageFault
    from sql import duck

    if not question:
        for name, line in sql.questions().items():
            print(f"{name:20} {line}")
        return
    if bad := [each for each in param or [] if "=" not in each]:
        raise UsageFault(f"--param {bad[0]}: write it as name=value")
    params = dict(each.split("=", 1) for each in param or [])
    asked = sql.question(question) if question in sql.questions() else question
    if " " not in question and asked == question:
        raise UsageFault(f"no question {question!r} in sql/; there are: {', '.join(sql.questions())}; or write a query")
    folder = releases.find(release, places())
    answer = duck.query(duck.release(folder), asked, params or None)
    if as_json:
        for row in answer.to_pylist():
            sys.stdout.write(orjson.dumps(row, default=str).decode() + "\n")
    else:
        screen.console().print(screen.rows(answer))
        print(f"{len(answer):,} rows from {folder}")
