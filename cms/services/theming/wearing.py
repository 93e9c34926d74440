"""Which theme a page wears, and where its templates come from. A theme that breaks a page gives way to the default one.

Each theme has every public template under a name of its own (``themes/NAME/public/home.html``), read from its folder
where it has one and from ours else: so that nothing that Jinja keeps of one theme is ever used for another.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app, g, has_app_context
from flask.templating import DispatchingJinjaLoader, Environment
from jinja2 import Template, TemplateError
from sqlalchemy.exc import SQLAlchemyError

from cms.errors import InvalidChange
from cms.services import site
from cms.services.theming import themes
from cms.services.theming.themes import Theme

THEMED = ("layout.html", "public/", "macros/", "errors/error.html")
OURS = "default/"  # before the name of a template: ours, whatever the theme has
PREFIX = "themes/"


def worn() -> Theme:
    """The theme of this request: what the setting says, the default one where that cannot be had."""
    if "theme" not in g:
        g.theme = or_default(site.here().settings.theme)
    return g.theme


def or_default(name: str) -> Theme:
    """The theme of this name; the default one where it cannot be had, which the log says."""
    try:
        return themes.get(name)
    except InvalidChange as error:
        current_app.logger.error("The theme cannot be worn, so the default one is: %s", error)
        return themes.default()


@contextmanager
def wearing(theme: Theme, *, strictly: bool = False) -> Iterator[None]:
    """Render what is inside in ``theme``; ``strictly``: an error is one, and no other theme steps in."""
    with told(theme=theme, theme_is_strict=strictly):
        yield


@contextmanager
def told(**values: Any) -> Iterator[None]:
    """``g`` with these for a while."""
    kept = vars(g._get_current_object())
    before = {name: kept[name] for name in values if name in kept}
    kept.update(values)
    try:
        yield
    finally:
        for name in values:
            kept.pop(name, None)
        kept.update(before)


def place_of(name: str, parent: str | None) -> str:
    """Under which name the loader has the template that a view or another template calls ``name``."""
    if not has_app_context() or name.startswith(PREFIX):
        return name
    is_inside = parent is not None and parent.startswith(PREFIX)
    if not (is_inside or name.startswith((*THEMED, OURS))):
        return name
    theme = worn()
    if theme.name == themes.DEFAULT and not theme.templates:
        return name.removeprefix(OURS)
    return f"{PREFIX}{theme.name}/{name}"


def plain(name: str) -> str:
    """``themes/broadside/public/home.html`` as views call it."""
    return name.split("/", 2)[2].removeprefix(OURS) if name.startswith(PREFIX) else name


class ThemeLoader(DispatchingJinjaLoader):
    """Reads ``themes/NAME/TEMPLATE`` from the theme, or ours where it has none or where ``default/`` asks for ours.

    What a theme has is read again when something in its folder has changed; ours, after a start.
    """

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        if not template.startswith(PREFIX):
            source, path, is_fresh = super().get_source(environment, template)
            return source, path, is_fresh if current_app.debug else None
        name, _, rest = template.removeprefix(PREFIX).partition("/")
        theme = themes.get(name)
        stamp = themes.stamp_of(theme.folder)
        if rest in theme.templates:
            path = str(theme.folder / rest)
            source = (theme.folder / rest).read_text("utf-8")
        else:
            source, path, _ = super().get_source(environment, rest.removeprefix(OURS))
        return source, path, lambda: themes.stamp_of(theme.folder) == stamp


class ThemedTemplate(Template):
    """Renders a page; where its theme fails, in the default one: readers get their page, the log what was wrong."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        try:
            return super().render(*args, **kwargs)
        except SQLAlchemyError:
            raise
        except Exception as error:
            if not _gives_way(self.name or "", error):
                raise
            return self.environment.get_template(plain(self.name or "")).render(*args, **kwargs)


class ThemedEnvironment(Environment):
    """Flask's environment, in which a page has the templates of its theme."""

    template_class = ThemedTemplate

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:
        if isinstance(name, Template):
            return name
        try:
            return super().get_template(place_of(name, parent), parent, globals)
        except TemplateError as error:
            if parent is not None or not _gives_way(name, error):
                raise
            return super().get_template(place_of(name, parent), parent, globals)


def _gives_way(template: str, error: Exception) -> bool:
    """Whether another theme than the default one is at fault, which this request then does without."""
    if not has_app_context() or "theme" not in g or g.theme.name == themes.DEFAULT or g.get("theme_is_strict"):
        return False
    current_app.logger.error(
        "The theme %s cannot show %s; the default one does.", g.theme.name, plain(template), exc_info=error
    )
    g.theme = themes.default()
    return True


def register_themes(app: Flask) -> None:
    """Have public pages rendered by their theme. Before anything else asks for the app's environment."""
    assert "jinja_env" not in vars(app)
    app.jinja_environment = ThemedEnvironment  # type: ignore[method-assign]
    app.create_global_jinja_loader = lambda: ThemeLoader(app)  # type: ignore[method-assign]
    app.config["TEMPLATES_AUTO_RELOAD"] = True  # where the loader says so
    app.add_template_global(worn, "current_theme")
