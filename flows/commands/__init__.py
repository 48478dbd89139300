"""One file a command: `flows/commands/<name>.py` with a function `command`; its docstring is the help, its imports are light.

Exit codes follow sysexits: 0 done or nothing new, 64 command or recipe wrong, 65 data broke a limit, 66 input missing,
70 our fault, 74 disk or network, 75 somebody else is at it, 77 not allowed.
"""

import os
import sys
import traceback
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated

import typer

from schemas.faults import Fault

_ABOUT = """Messy dumps of conversations in; small, clean, explained instruction and preference datasets out.

Start with `winnow demo`; then `winnow inspect my_dump.json`, `winnow run everyday my_dump.json`, `winnow look kept`.
"""


def app() -> typer.Typer:
    """All commands of this folder."""
    found = typer.Typer(help=_ABOUT, no_args_is_help=True, add_completion=False, rich_markup_mode="markdown", callback=_options)
    for module in iter_modules(__path__):
        name = module.name.replace("_", "-")
        found.command(name)(import_module(f"{__name__}.{module.name}").command)
    return found


def main() -> None:
    """The `winnow` on the path: run a command, turn what went wrong into one message and its exit code."""
    if sys.stdout:  # a file's name may be no text at all
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = app()(standalone_mode=False)
        if sys.stdout:
            sys.stdout.flush()
    except Fault as fault:
        code = _say(str(fault), fault.code)
    except KeyboardInterrupt:
        code = 130
    except (BrokenPipeError, SystemExit):  # typer leaves on its own only where nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left must not complain at exit
        code = 0
    except OSError as fault:
        code = _say(f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault.strerror or fault), 74)
    except Exception as fault:
        code = _other(fault)
    if code == 130:
        _say("stopped; finished steps are kept, run again to go on", code)
    sys.exit(code if isinstance(code, int) else 0)


def _versions(asked: bool) -> None:
    if asked:
        from flows import code

        print("\n".join(f"{name} {number}" for name, number in {"winnow": code.version(), **code.libraries()}.items()))
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_versions,
            help="versions of winnow and of all that decides bytes, one a line",
        ),
    ] = False,
) -> None:
    pass


def _other(fault: Exception) -> int:
    if hasattr(fault, "format_message"):  # the command line was wrong: typer's own message, our code
        said = fault.format_message()  # empty where only the help was shown
        return _say(f"{said}\n(`winnow --help` shows the commands)", 64) if said else 64
    if type(fault).__name__ == "Abort":
        return 130
    traceback.print_exc()
    return _say("that was our fault: please report the lines above", 70)


def _say(text: str, code: int) -> int:
    print(f"winnow: {text}", file=sys.stderr)
    return code
