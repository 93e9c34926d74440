"""Addresses in an imported text: of posts, tags, authors and pictures, led to where these are now."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from cms.services.importing import ledger, marks
from cms.services.importing.marks import Report, Text

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)\1(?!`)", re.DOTALL)
_WHAT = re.compile(
    r"(?P<frame><iframe\b[^>]*>.*?</iframe\s*>)"
    r"|(?P<inline>\]\(\s*<?)(?P<inline_to>[^\s<>()]+(?:\([^\s()]*\)[^\s()]*)*)"
    r"|(?P<label>^ {0,3}\[[^\]^\n][^\]\n]*\]:\s*<?)(?P<label_to>[^\s<>]+)"
    r"""|(?P<attribute>(?<=\s)(?:src|href|poster)\s*=\s*["'])(?P<attribute_to>[^"'<>\n]*)"""
    r"|(?P<hidden><(?:script|style|svg|object|embed|form|link|meta|template|noscript)\b[^>\n]*)"
    r"|(?P<style>[ \t]?\{:?\s*[.#][^{}\n]*\}|\{:\s*[^{}\n]*\})",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
_ATTRIBUTE_OF_FRAME = re.compile(r"""\b(src|title)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
PICTURES = {"jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "bmp", "tif", "tiff", "ico", "heic"}
FILES = {"pdf", "mp3", "m4a", "mp4", "webm", "ogg", "mov", "wav", "zip", "csv", "txt", "epub"}
FILES |= {"doc", "docx", "xls", "xlsx", "ppt", "pptx"}


@dataclass
class AddressBook:
    """Where the things of the old site are now."""

    posts: dict[str, str] = field(default_factory=dict)  # by ``folded`` old path
    tags: set[str] = field(default_factory=set)
    authors: dict[str, str] = field(default_factory=dict)  # path by slug
    hosts: set[str] = field(default_factory=set)  # under which the old site was found
    old_site: str = ""  # its address, where it goes on standing: what was not imported is linked there

    def add_post(self, old: str, new: str) -> bool:
        """Whether the old address was still free."""
        return self.posts.setdefault(folded(old), new) == new

    def path_of(self, old: str) -> str | None:
        """The path here of an old path; None for what was not imported."""
        path = folded(old)
        if path in ("", "/"):
            return "/"
        if path in self.posts:
            return self.posts[path]
        parts = PurePosixPath(path).parts[1:]
        if len(parts) == 2 and parts[0] in ("tag", "tags") and parts[1] in self.tags:
            return f"/tags/{parts[1]}"
        if len(parts) == 2 and parts[0] in ("author", "authors") and parts[1] in self.authors:
            return self.authors[parts[1]]
        return None


def folded(path: str) -> str:
    """By what old addresses are compared: no case, no slash at the end, no ``index.html``."""
    path = re.sub(r"/{2,}", "/", unquote(path)).lower()
    return path.removesuffix("index.html").removesuffix(".html").removesuffix(".md").rstrip("/")


@dataclass
class Rewriter:
    """Rewrites the addresses of one text. ``find_file`` gives the new address of a file, None when it is not there."""

    book: AddressBook
    find_file: Callable[[str, int], str | None]
    report: Report

    def rewrite(self, source: Text) -> str:
        """The text with new addresses; code is left alone."""
        code = list(_code(source.text))
        at = 0

        def replaced(match: re.Match[str]) -> str:
            nonlocal at
            while at < len(code) and code[at][1] <= match.start():
                at += 1
            if at < len(code) and code[at][0] <= match.start():
                return match[0]
            return self._piece(match, source.line_at(match.start()))

        return _WHAT.sub(replaced, source.text)

    def _piece(self, match: re.Match[str], line: int) -> str:
        for kind in ("inline", "label", "attribute"):
            if match[kind]:
                start, address = match[kind], match[f"{kind}_to"]
                return start + self.address(address, line)
        if match["frame"]:
            return self._frame(match["frame"], line)
        if match["style"]:
            self.report(ledger.LEFT_OUT, line, f"a style of the old theme: {match['style'].strip()[:80]}")
            return ""
        self.report(ledger.NOT_SHOWN, line, f"{' '.join(match['hidden'].split())[:80]}>")
        return match[0]

    def address(self, address: str, line: int) -> str:
        """Where ``address`` is to be found now."""
        try:
            parts = urlsplit(unescape(address))
        except ValueError:
            return address
        ours = parts.netloc.lower() in self.book.hosts
        path = parts.path
        if not parts.scheme and parts.netloc and re.fullmatch(r"(19|20)\d\d", parts.netloc):
            path, ours = f"/{parts.netloc}{path}", True  # "//2016/..." for "/2016/..."
        if ((parts.scheme or parts.netloc) and not ours) or not path or path.startswith(("/media/", "/posts/")):
            return address
        ending = ("?" + parts.query if parts.query else "") + ("#" + parts.fragment if parts.fragment else "")
        suffix = PurePosixPath(path).suffix.lower().removeprefix(".")
        if suffix in PICTURES or suffix in FILES:
            return self.find_file(unquote(path), line) or self._at_the_old_site(address)
        new = self.book.path_of(path) if path.startswith("/") or suffix == "md" else None
        if new is None:
            if not parts.netloc or path.startswith("/20"):
                self.report(ledger.LEADS_NOWHERE, line, address)
            return self._at_the_old_site(address)
        return new + ending

    def _at_the_old_site(self, address: str) -> str:
        """The whole address where nothing here has taken its place; as it is where the old site is gone."""
        return urljoin(f"{self.book.old_site}/", address) if self.book.old_site else address

    def _frame(self, frame: str, line: int) -> str:
        found = {name.lower(): one or other for name, one, other in _ATTRIBUTE_OF_FRAME.findall(frame)}
        address = marks.watched_at(unescape(found.get("src", "")))
        if not address.startswith(("https://", "http://")):
            self.report(ledger.NOT_SHOWN, line, "an <iframe> without an address")
            return frame
        self.report(ledger.REPLACED, line, f"a frame by a link to {address}")
        return f'<a href="{escape(address)}">{escape(unescape(found.get("title") or address))}</a>'


def _code(text: str) -> Iterator[tuple[int, int]]:
    """The places of code, in order: fenced blocks, and spans between them."""
    place = 0
    for fence in [*_FENCE.finditer(text), None]:
        end = fence.start() if fence else len(text)
        for span in _SPAN.finditer(text, place, end):
            yield span.span()
        if fence:
            yield fence.span()
            place = fence.end()


def hosts_in(body: str, slugs: Mapping[str, object] | set[str]) -> Iterator[str]:
    """The host of each absolute link whose last word is one of ``slugs``: the old site's, most likely."""
    for host, path in re.findall(r"https?://([\w.-]+)(/[^\s\"'<>()?#]*)", body):
        if folded(path).rpartition("/")[2] in slugs:
            yield host.lower()
