"""Template marks (Liquid, Nunjucks, Jekyll's and Eleventy's own) turned into what they stood for."""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import quote

from cms.services.importing import ledger

Report = Callable[[str, int, str], None]  # kind, line, text

# A mark holds no other one, so that a stray brace swallows nothing.
_MARK = re.compile(
    r"\{%-?\s*(?P<tag>\w+)(?P<rest>(?:(?!\{[%{]).)*?)-?%\}|\{\{-?(?P<expression>(?:(?!\{[%{]).)*?)-?\}\}", re.DOTALL
)
_END = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "comment", "highlight")}
_QUOTED = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')""")
_ARGUMENT = re.compile(r"""(\w+)\s*[:=]\s*(["'])(.*?)\2\s*(?=,|\Z|\n|\w+\s*[:=])""", re.DOTALL)
_PLAIN_FILTERS = {"url", "relative_url", "absolute_url", "safe", "strip", "escape", "prepend: site.baseurl"}
_BLOCKS = (
    "address|article|aside|blockquote|dd|details|div|dl|dt|figcaption|figure|footer|header|hr|li|main|nav|ol|p"
    "|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_OPENS_HTML = re.compile(rf" {{0,3}}</?(?:{_BLOCKS})\b", re.IGNORECASE)


@dataclass
class Text:
    """A translated text that still knows the lines of its source."""

    text: str = ""
    starts: list[int] = field(default_factory=list)  # from these places on ...
    lines: list[int] = field(default_factory=list)  # ... the source stands at these lines

    def line_at(self, place: int) -> int:
        index = bisect_right(self.starts, place) - 1
        return self.lines[index] + self.text.count("\n", self.starts[index], place)


@dataclass
class Translator:
    """Translates one body. ``fields`` is the front matter, ``people`` names by slug."""

    fields: Mapping[str, Any]
    people: Mapping[str, str]
    report: Report

    def translate(self, body: str, first_line: int) -> Text:
        """``body`` without the marks that are understood; the others stay and are reported."""
        result, out, place, length = Text(), [], 0, 0

        def put(piece: str, line: int) -> None:
            nonlocal length
            result.starts.append(length)
            result.lines.append(line)
            out.append(piece)
            length += len(piece)

        line = first_line
        while True:
            mark = _MARK.search(body, place)
            put(body[place : mark.start() if mark else len(body)], line)
            if mark is None:
                break
            line += body.count("\n", place, mark.start())
            end = mark.end()
            if mark["tag"] in _END:
                piece, end = self._block(mark, body, line)
            else:
                in_html = _is_in_html(out)
                piece = self._tag(mark, in_html) if mark["tag"] else self._expression(mark["expression"], in_html)
                if piece is None:
                    self.report(ledger.MARK_KEPT, line, " ".join(mark[0].split())[:100])
                    piece = mark[0]
            put(piece, line)
            line += body.count("\n", mark.start(), end)
            place = end
        result.text = "".join(out)
        return result

    def _block(self, mark: re.Match[str], body: str, line: int) -> tuple[str, int]:
        end = _END[mark["tag"]].search(body, mark.end())
        if end is None:
            self.report(ledger.MARK_KEPT, line, f"{mark[0]} has no end")
            return (mark[0], mark.end()) if mark["tag"] != "raw" else (body[mark.end() :], len(body))
        inner = body[mark.end() : end.start()]
        if mark["tag"] == "comment":
            self.report(ledger.LEFT_OUT, line, "a comment of the template: kept as an HTML comment, which nobody sees")
            return f"<!--{inner.replace('--', '- -')}-->", end.end()
        if mark["tag"] == "highlight":
            words = mark["rest"].split()
            return f"```{words[0] if words else ''}\n{inner.strip(chr(10))}\n```", end.end()
        if "{{" in inner or "{%" in inner:
            self.report(ledger.MARK_MEANT, line, " ".join(inner.split())[:80])
        return inner, end.end()

    def _tag(self, mark: re.Match[str], in_html: bool) -> str | None:
        name, rest = mark["tag"], mark["rest"].strip()
        if name in ("image", "image_with_class"):
            return _image(rest, with_class=name != "image", in_html=in_html)
        if name == "include" and "linked-figure" in rest:
            arguments = {key: " ".join(value.split()) for key, _, value in _ARGUMENT.findall(rest)}
            return _figure(arguments) if "image" in arguments else None
        if name == "post_url":
            return f"/{rest.strip().removesuffix('.md')}"
        if name == "link":
            return f"/{rest.strip()}"
        return None

    def _expression(self, expression: str, in_html: bool) -> str | None:
        operand, *filters = _split(expression)
        value = self._value(operand)
        if value is None:
            return None
        for item in filters:
            name, _, argument = item.partition(":")
            name = name.strip()
            if item in _PLAIN_FILTERS:
                value = quote(value, safe="/:?#[]@!$&'()*+,;=%~") if name.endswith("url") else value
            elif name == "embed":
                return _video(value, self._value(argument.strip()) or "Video", in_html)
            elif name == "team_link":
                return self._person(value, in_html)
            elif name == "team_photo":
                return f'<img src="/assets/img/team/{quote(value)}.jpg" alt="{escape(self._name_of(value))}">'
            else:
                return None
        return value

    def _value(self, operand: str) -> str | None:
        quoted = _QUOTED.fullmatch(operand)
        if quoted:
            return quoted[1] if quoted[1] is not None else quoted[2]
        if len(operand) > 1 and operand[0] == operand[-1] and operand[0] in "\"'":
            return operand[1:-1]
        if operand in ("site.baseurl", "site.url"):
            return ""
        value = self.fields.get(operand.removeprefix("page."))
        return str(value) if isinstance(value, str | int | float) else None

    def _name_of(self, slug: str) -> str:
        return self.people.get(slug.lower(), slug)

    def _person(self, slug: str, in_html: bool) -> str:
        name = self._name_of(slug)
        if slug.lower() not in self.people:
            return escape(name)
        path = f"/author/{quote(slug.lower())}/"
        return f'<a href="{path}">{escape(name)}</a>' if in_html else f"[{_plain(name)}]({path})"


def _split(expression: str) -> list[str]:
    """The parts between bars that stand outside quotes."""
    parts = re.findall(r"""(?:"(?:[^"]|"(?=[^\s|]))*"|'[^']*'|[^|"'])+""", expression.strip())
    return [part.strip() for part in parts] or [""]


def _is_in_html(written: list[str]) -> bool:
    """Whether what was just written is a block of HTML, in which Markdown does not work."""
    paragraph = "".join(written[-40:]).rpartition("\n\n")[2]
    return any(_OPENS_HTML.match(line) for line in paragraph.split("\n"))


def _image(rest: str, *, with_class: bool, in_html: bool) -> str | None:
    path = _QUOTED.match(rest)
    if path is None:
        return None
    words = rest[path.end() :].strip().lstrip(",").strip()
    first = _QUOTED.match(words)
    if first and (with_class or (re.fullmatch(r"[\w-]+", first[1] or "") and words[first.end() :].strip())):
        words = words[first.end() :].strip().lstrip(",").strip()
    alt = " ".join(words.strip("\"'“”").split())
    address = quote("/" + (path[1] or path[2] or "").lstrip("/"), safe="/%")
    if in_html:
        return f'<img src="{address}" alt="{_attribute(alt)}">'
    return f"![{_plain(alt)}]({address})"


def _figure(arguments: Mapping[str, str]) -> str:
    address = quote("/" + arguments["image"].lstrip("/"), safe="/%")
    picture = f'<img src="{address}" alt="{_attribute(arguments.get("alt", ""))}">'
    picture = f'<a href="{_attribute(arguments.get("url", address))}">{picture}</a>'
    caption = arguments.get("caption", "")
    below = f"\n<figcaption>{caption}</figcaption>" if caption else ""
    return f"<figure>\n{picture}{below}\n</figure>"


def _video(address: str, title: str, in_html: bool) -> str:
    title, address = " ".join(title.split()), watched_at(address)
    return f'<a href="{_attribute(address)}">{escape(title)}</a>' if in_html else f"[{_plain(title)}]({address})"


def watched_at(address: str) -> str:
    """The page on which people see what an embedding frame shows."""
    if address.startswith("//"):
        address = f"https:{address}"
    embedded = re.match(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]+)", address)
    return f"https://www.youtube.com/watch?v={embedded[1]}" if embedded else address


def _attribute(text: str) -> str:
    return text.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")  # entities in it stay what they are


def _plain(text: str) -> str:
    return re.sub(r"([\\\[\]<>*_`])", r"\\\1", text)
