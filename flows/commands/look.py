"""winnow look: whole conversations to read."""

from typing import Annotated

import typer


def command(
    release: Annotated[str | None, typer.Argument(help="a release's folder or name  [default: the latest]")] = None,
    reason: Annotated[
        str | None, typer.Argument(help="`kept`, or a reason: a rule's name, `not_text`, `budget` ...  [default: kept]")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="how many")] = 20,
    chars: Annotated[int, typer.Option(help="at most so many characters a turn; 0 for all")] = 800,
    seed: Annotated[int, typer.Option(help="another seed draws others")] = 0,
) -> None:
    """Read what was kept, or what fell for one reason: whole conversations, the rule and its values on top.

    `winnow look kept`, `winnow look refusal`, `winnow look everyday truncated -n 5`.
    """
    from flows import releases, screen, story
    from flows.places import places

    home = places()
    if reason is None and release is not None and not releases.is_release(release, home):
        release, reason = None, release
    folder = releases.find(release, home)
    lines = story.sample(folder, reason or "kept", n, seed)
    to = screen.console()
    texts = releases.texts(home, folder, [line["id"] for line in lines])
    for line in lines:
        to.rule(screen.safe(line["id"]), align="left")
        to.print(screen.safe(story.verdict(line)), style="yellow")
        if line["id"] in texts:
            to.print(screen.safe(f"  format {texts[line['id']].get('format') or 'not at hand'}"), style="dim")
            screen.conversation(texts[line["id"]], to, chars or None)
        else:
            to.print(screen.safe(story.raw(home, folder, line["id"])), soft_wrap=True)
    print(f"{len(lines)} of {story.count(folder, reason or 'kept'):,} {reason or 'kept'} in {folder}")
