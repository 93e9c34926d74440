"""What people and programs put into fields, and how to see whether any of it has come alive on a page."""

from collections.abc import Iterator
from html.parser import HTMLParser

ADDRESSES = {"href", "src", "action", "formaction", "cite", "poster", "data", "xlink:href"}


class Live(HTMLParser):
    """Collects what a browser would run: script tags without our nonce that are no data, handlers, script addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        about = dict(attributes)
        runs = tag == "script" and "nonce" not in about and about.get("type") != "application/ld+json"
        if runs or tag in ("iframe", "object", "embed", "base"):
            self.found.append(tag)
        for name, value in attributes:
            address = "".join((value or "").split()).lower()
            is_script = address.startswith(("javascript:", "vbscript:", "data:text"))
            if name.startswith("on") or name == "style" or (is_script and name in ADDRESSES):
                self.found.append(f"{tag} {name}={value}")


def live_parts(html: str) -> list[str]:
    """What in ``html`` would run; ours is a page of none."""
    parser = Live()
    parser.feed(html)
    return parser.found


HUGE = {"a megabyte": "x" * 1_000_000, "a megabyte of marks": "*" * 1_000_000}
NAUGHTY = {
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "svg": "<svg onload=alert(1)>",
    "link": "[x](javascript:alert(1)) <a href=javascript:alert(1)>y</a>",
    "template": "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    "quotes": 'O\'Reilly "said" `so` \\ -- ; DROP TABLE post;',
    "entities": "&lt;b&gt; &amp;amp; &#x3c;script&#x3e;",
    "right to left": "مرحبا بالعالم \u202eabc\u202c",
    "chinese": "你好，世界",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪",
    "combining": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳",
    "null": "before\x00after",
    "controls": "bell \x07 escape \x1b[31m vertical \x0b",
    "newlines": "one\r\ntwo\rthree\u2028four",
    "only spaces": " \t\n\u00a0\u3000 ",
    "only invisible": "\u200b\u200d\ufeff",
    "not unicode": "\ufffe\uffff\ufffd",
    "format": "%s %d %n %(x)s {0}",
    "path": "../../etc/passwd",
    "header": "a\r\nSet-Cookie: x=1",
    "wildcards": '% _ * " AND OR NOT NEAR( + - ~ < > @',
    "number": "1e400",
    "formula": "=1+1",
    "long word": "Donaudampfschifffahrtsgesellschaft" * 20,
    "long words": "日本語 " * 20_000,
    **HUGE,
}


def each_in_each(names: list[str], kind: str) -> Iterator[dict[str, str]]:
    """Fillings of the fields ``names``, each with another text, in which every field meets every text once.

    Each second one is for SQLite and the others are for MariaDB, by ``kind``: what a page does with a text is the same
    on both, and each database meets every text in half of the fields. Those of a megabyte come at the end, for all
    fields at once.
    """
    texts = [text for name, text in NAUGHTY.items() if name not in HUGE]
    first = int(kind == "mariadb")
    for turn in range(first, len(texts), 2):
        yield {name: texts[(turn + place) % len(texts)] for place, name in enumerate(names)}
    for text in list(HUGE.values())[first::2]:
        yield dict.fromkeys(names, text)
