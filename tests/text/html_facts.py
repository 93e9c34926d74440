"""What a browser would make of a piece of HTML, as far as safety goes."""

import re
from html.parser import HTMLParser

_DANGEROUS = (
    "script style iframe object embed applet form button textarea select svg math meta base link frame template"
)
_DANGEROUS_TAGS = set(_DANGEROUS.split())
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SAFE_SCHEMES = {"http", "https", "mailto", "tel"}


class _Dangers(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in _DANGEROUS_TAGS:
            self.found.append(tag)
        if tag == "input" and ("type", "checkbox") not in attrs:
            self.found.append("input that takes words")
        for name, value in attrs:
            # What browsers drop before they read the scheme.
            address = re.sub(r"[\x00-\x20]", "", value or "")
            if name.startswith("on") or name in {"style", "name", "srcdoc", "formaction", "srcset", "target", "is"}:
                self.found.append(f"{tag} {name}")
            elif name in {"href", "src", "poster", "cite", "action"}:
                scheme = _SCHEME.match(address)
                if scheme and scheme[1].lower() not in _SAFE_SCHEMES:
                    self.found.append(f"{tag} {name}={value}")
            elif name == "id" and not value.startswith("user-"):
                self.found.append(f"{tag} id={value}")


def dangers(html: str) -> list[str]:
    """The live dangers in ``html`` (tags, attributes, addresses, ids that pose as ours); text is none."""
    parser = _Dangers()
    parser.feed(html)
    parser.close()
    return parser.found
