"""The guides of ``cms/help``, shown where they are needed."""

from dataclasses import dataclass
from pathlib import Path

from flask import abort
from flask_admin import expose

from cms.admin.door import CmsView
from cms.language import lazy
from cms.text import markdown

FOLDER = Path(__file__).resolve().parent.parent / "help"


@dataclass(frozen=True)
class Guide:
    """One guide; ``name`` is its place in the address."""

    name: str
    title: str
    text: str

    @property
    def summary(self) -> str:
        """Its first paragraph, in words alone."""
        return markdown.render(self.text.strip().split("\n\n", 1)[0]).striptags()


class HelpView(CmsView):
    """A list of guides, and a page for each."""

    title = lazy("Help")
    address = "help"

    @expose("/")
    def index(self) -> str:
        return self.render("admin/help/index.html", guides=guides())

    @expose("/<guide_name>/")
    def guide(self, guide_name: str) -> str:
        guide = next((guide for guide in guides() if guide.name == guide_name), None)
        if guide is None:
            abort(404)
        return self.render("admin/help/guide.html", guide=guide, html=markdown.render(guide.text))


def guides() -> list[Guide]:
    """All guides by name. The first heading is the title and is left out of the text."""
    found = []
    for path in sorted(FOLDER.glob("*.md")):
        first, _, rest = path.read_text(encoding="utf-8").partition("\n")
        title = first.lstrip("# ").strip() if first.startswith("#") else path.stem.capitalize()
        found.append(Guide(path.stem, title, rest if first.startswith("#") else f"{first}\n{rest}"))
    return found
