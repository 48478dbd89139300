"""Takes docs/report.png, the top of the demo's report in a real browser: `winnow demo`, then `python docs/picture.py`."""

from pathlib import Path

from docs.browser import browser
from flows import releases
from flows.places import places


def main() -> None:
    """Write the picture."""
    page = releases.find("demo", places()) / "report.html"
    with browser() as opened:
        opened.open(page.as_uri(), 1240, 2030)
        opened.picture(Path(__file__).with_name("report.png"))


if __name__ == "__main__":
    main()
