"""Lightblog: an admin-centric blog CMS. ``create_app`` is its table of contents."""

from flask import Flask

from cms.admin import error_page, register_admin
from cms.cli import register_cli
from cms.config import Settings
from cms.db import register_database
from cms.error_pages import register_error_pages
from cms.headers import register_headers
from cms.health import register_health
from cms.logs import register_logging
from cms.public import register_public
from cms.security import register_security
from cms.services.site_changes import register_site_changes
from cms.services.speaking import register_languages
from cms.services.theming.wearing import register_themes
from cms.setting_up import register_setting_up
from cms.transactions import register_transactions
from cms.url_rules import UrlRule


def create_app(settings: Settings | None = None) -> Flask:
    """Build the CMS. Reads as the list of what it is made of."""
    settings = settings or Settings.from_environ()
    app = Flask("cms", template_folder="../templates", instance_path=str(settings.INSTANCE_PATH))
    app.config.from_object(settings)
    app.url_rule_class = UrlRule
    register_themes(app)
    register_database(app)
    register_transactions(app)
    register_site_changes()
    register_languages(app)
    register_headers(app)
    register_error_pages(app, inside={"/admin": error_page.draw})
    register_security(app)
    register_public(app)
    register_admin(app)
    register_setting_up(app)
    register_health(app)
    register_cli(app)
    register_logging(app)
    return app
