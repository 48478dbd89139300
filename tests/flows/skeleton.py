"""What a page is made of besides its texts, so that two pages can be compared."""

from html.parser import HTMLParser


class Skeleton(HTMLParser):
    """Every element with the names of its attributes, and what is no text, in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag) -> None:
        self.found.append(("/", tag))

    def handle_comment(self, data) -> None:
        self.found.append(("comment", data))

    def handle_decl(self, decl) -> None:
        self.found.append(("declaration", decl))
