"""The door of editors and admins: Flask-Admin over tables of attributes."""

from flask import Flask, g
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme

from cms.admin import appearance, scripts, shell, shortcuts, times
from cms.admin.account import AccountView
from cms.admin.appearance import AppearanceView
from cms.admin.attention import waiting
from cms.admin.audit_log import AuditView
from cms.admin.authors import AuthorView
from cms.admin.badges import badge
from cms.admin.comments import CommentView
from cms.admin.dashboard import DashboardView
from cms.admin.fields import drawn
from cms.admin.help import HelpView
from cms.admin.jobs import JobsView
from cms.admin.lookup import VIEWS
from cms.admin.media import MediaView
from cms.admin.outbox import OutboxView
from cms.admin.own_comments import OwnCommentView
from cms.admin.pages import PageView
from cms.admin.palette import PaletteView
from cms.admin.people import PeopleView
from cms.admin.posts import PostView
from cms.admin.redirects import RedirectView
from cms.admin.revisions import RevisionView
from cms.admin.roles import RoleView
from cms.admin.rows import Rows
from cms.admin.series import SeriesView
from cms.admin.settings import SettingsView
from cms.admin.summary import problems
from cms.admin.tags import TagView
from cms.language import lazy, marked

# The menu, from the top down. A new table of records is one class, and one word here.
MENU = {
    marked("Write"): (PostView, PageView, MediaView, OwnCommentView),
    marked("Moderate"): (CommentView,),
    marked("Organise"): (TagView, SeriesView, AuthorView, RedirectView),
    marked("People"): (PeopleView, RoleView),
    marked("Site"): (SettingsView, OutboxView, AuditView, RevisionView, JobsView, HelpView),
}


def register_admin(app: Flask) -> None:
    """Open /admin."""
    admin = Admin(
        app,
        name="Lightblog",
        url="/admin",
        index_view=DashboardView(name=lazy("Dashboard"), url="/admin", endpoint="admin"),
        theme=Bootstrap4Theme(base_template="admin/base.html"),
        csp_nonce_generator=lambda: g.get("csp_nonce", ""),
    )
    views = [view(category) for category, group in MENU.items() for view in group]
    app.extensions[VIEWS] = {view.model: view for view in views if isinstance(view, Rows) and view.stands_for_model}
    for view in (*views, PaletteView(), AppearanceView(), AccountView()):
        admin.add_view(view)
    app.add_template_global(shell.current, "current_shell")
    app.add_template_global(shell.trail, "trail")
    app.add_template_global(waiting)
    scripts.register_scripts(app)
    app.add_template_global(shortcuts.sheets, "shortcut_sheets")
    app.add_template_global(appearance.chosen, "appearance")
    app.add_template_global(drawn)
    app.add_template_global(problems)
    app.add_template_filter(times.shown, "ago")
    app.add_template_filter(times.exact, "exact_time")
    app.add_template_filter(badge, "badge")
