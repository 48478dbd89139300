"""winnow demo: the bundled samples through the demo recipe."""

import time


def command() -> None:
    """Run the bundled samples: the funnel, one dropped row beside its twin, and where the release lies."""
    from flows import kernels, releases, runs, screen, story
    from flows.places import ROOT, cores, places

    kernels.prepare()
    started = time.time()
    home = places()
    planned, out = runs.plan_for("demo", [], ROOT / "data" / "samples", None, [])
    folder, new = runs.run(planned, out, "threads", cores(), 16 << 20)
    runs.note(home, planned, started, new)
    to = screen.console()
    story.funnel(folder, to)
    story.evidence(folder, to)
    story.wins(folder, to)
    story.twins(home, folder, to)
    screen.ended(folder, releases.manifest(folder), new=new, seconds=time.time() - started, as_json=False)
    print("next: winnow look kept · winnow look refusal · winnow sql funnel · winnow run everyday my_dump.json")
