"""Pages in the admin."""

from collections.abc import Sequence

from flask_login import current_user
from wtforms.validators import NumberRange, Optional

from cms.admin.bulk import REMOVING
from cms.admin.consequences import Consequence
from cms.admin.fields import WholeNumberField
from cms.admin.lookups import PICTURES
from cms.admin.writing import WritingView, changes_filter, state_filter
from cms.admin.writing_form import WritingForm
from cms.language import gettext, lazy, ngettext
from cms.models import Page
from cms.services import site, snapshots


class PageForm(WritingForm):
    """A page."""

    subject_model = Page

    menu_position = WholeNumberField(
        lazy("Place in the menu"),
        [Optional(), NumberRange(0, 10_000, lazy("Choose a number from 0 to 10,000."))],
        description=lazy("Smaller numbers come first. Empty: not in the menu."),
    )


def home_among(rows: Sequence[Page]) -> list[Consequence]:
    """What readers lose when one of them is the home page of the site."""
    home = site.here().home
    if home is None or home not in [row.id for row in rows]:
        return []
    words = gettext("It is the home page of the site: without it the newest posts stand there.")
    return [Consequence(words, "/admin/setting/" if current_user.may("setting.edit") else "")]


def menu_without(rows: Sequence[Page]) -> list[Consequence]:
    """What the menu of the site loses with them."""
    shown = sum(row.is_public and row.menu_position is not None for row in rows)
    if not shown:
        return []
    words = ngettext("%(num)s page leaves the menu of the site.", "%(num)s pages leave the menu of the site.", shown)
    return [Consequence(words, asks=False)]


class PageView(WritingView):
    """Texts outside the stream of posts."""

    model = Page
    title = lazy("Pages")
    singular = lazy("page")
    address = "page"
    help = lazy("Texts outside the stream of posts, such as About.")
    empty = lazy("No page yet. Most sites begin with “About”.")

    needs = "page.edit"

    column_list = ["title", "state", "slug", "menu_position", "published_at", "edited_at"]
    column_editable_list = ["menu_position"]
    column_sortable_list = ["title", "menu_position", "published_at", "edited_at"]
    column_searchable_list = ["title", "slug", "body"]
    column_labels = {**WritingView.column_labels, "slug": lazy("Address"), "menu_position": lazy("In the menu")}
    column_filters = [state_filter(Page), changes_filter(Page)]
    form = PageForm
    form_columns = list(snapshots.FIELDS[Page])
    form_ajax_refs = {"cover": PICTURES}  # for the text: a page has no cover
    list_template = "admin/page/list.html"
    create_template = edit_template = "admin/post/form.html"
    preview_template = "admin/page/preview.html"
    typed_template = "admin/page/typed.html"
    asking = REMOVING | {"withdraw"}

    def may_publish(self, row: Page | None) -> bool:
        return current_user.may("page.edit")

    def goes_with(self, rows: Sequence[Page]) -> list[Consequence]:
        return [*home_among(rows), *menu_without(rows), *super().goes_with(rows)]

    def told_before(self, name: str, rows: Sequence[Page]) -> list[Consequence]:
        return [*home_among(rows), *menu_without(rows)] if name == "withdraw" else super().told_before(name, rows)

    def saved_message(self, row: Page) -> str:
        said = super().saved_message(row)
        if row.is_public or row.menu_position is None:
            return said
        return said + " " + gettext("It has a place in the menu, which shows it once it is public.")

    def notes_of(self, row: Page) -> list[Consequence]:
        return home_among([row])
