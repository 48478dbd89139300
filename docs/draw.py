"""Draws docs/funnel.svg from the demo's release: `winnow demo`, then `.venv/bin/python docs/draw.py`."""

import html
from pathlib import Path

from flows import releases, story
from flows.places import places

WIDTH, BAR, LEFT = 860, 22, 250
COLOURS = {"in": "#8da2b5", "read": "#c98a5e", "keep": "#b9785a", "overlap": "#8c7bb0", "export": "#6f93a8", "kept": "#5f9e6e"}
QUERY = """WITH summed AS (SELECT stage, reason, sum(rows)::BIGINT AS rows FROM funnel GROUP BY ALL)
FROM summed ORDER BY list_position(['in', 'read', 'keep', 'overlap', 'export', 'kept'], stage), rows DESC, reason"""


def bars(lines: list[dict]) -> list[str]:
    """A bar for each line, each beginning where the one before it ended: what is left grows smaller to the right."""
    scale, left, drawn = (WIDTH - LEFT - 70) / lines[0]["rows"], lines[0]["rows"], []
    for at, line in enumerate(lines):
        start = 0 if line["stage"] in ("in", "kept") else left - line["rows"]
        left = left if line["stage"] in ("in", "kept") else start
        y, x, wide = 34 + at * BAR, LEFT + start * scale, max(line["rows"] * scale, 1.5)
        name = html.escape(f"{line['stage']}: {line['reason']}" if line["reason"] else line["stage"])
        drawn.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{name}</text>')
        colour = COLOURS[line["stage"]]
        drawn.append(f'<rect x="{x:.1f}" y="{y + 2}" width="{wide:.1f}" height="{BAR - 6}" rx="2" fill="{colour}"/>')
        drawn.append(f'<text x="{x + wide + 6:.1f}" y="{y + 14}">{line["rows"]}</text>')
    return drawn


def main() -> None:
    """Write the picture."""
    lines = story.ask(releases.find("demo", places()), QUERY)
    high = 44 + BAR * len(lines)
    style = "text{font:12px system-ui,sans-serif;fill:#5b6670}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{high}" viewBox="0 0 {WIDTH} {high}" role="img">'
    words = "rows of the demo: what came in, why each fell, what was kept"
    title = f'<title>{words}</title><style>{style}</style><text x="8" y="20">{words}</text>'
    Path(__file__).with_name("funnel.svg").write_text("\n".join([head, title, *bars(lines), "</svg>", ""]), "utf-8")


if __name__ == "__main__":
    main()
