import shutil
from pathlib import Path

import pytest

from cms.services import settings
from tests.cli.test_people import flask  # noqa: F401 (a fixture)
from tests.theme_files import write_theme


@pytest.fixture
def own_themes(app):
    """The folder of the site's own themes, gone afterwards."""
    yield app
    shutil.rmtree(Path(app.instance_path) / "themes", ignore_errors=True)


def test_the_themes_are_listed_with_the_one_worn(flask, own_themes):  # noqa: F811
    settings.change({"theme": "broadside"}, by=None)
    write_theme(own_themes, "broken", about="name = ")

    lines = flask("theme", "list").output.splitlines()

    assert [line.split()[:2] for line in lines] == [
        ["*", "broadside"],
        ["broken", "cannot"],
        ["lantern", "Lantern"],
    ]


def test_a_check_names_each_fault_and_ends_with_one(flask, own_themes):  # noqa: F811
    write_theme(
        own_themes, layout="{% extends 'default/layout.html' %}{% block footer %}<script></script>{% endblock %}"
    )

    bad, good, none = (flask("theme", "check", name) for name in ("mine", "lantern", "nowhere"))

    assert bad.exit_code == 1
    assert "public/post.html: there is a <script>" in bad.output
    assert "things to mend in mine" in bad.output
    assert (good.exit_code, good.output) == (0, "lantern is complete.\n")
    assert none.exit_code == 1
    assert "There is no theme “nowhere”." in none.output


def test_advice_is_no_fault(flask, own_themes):  # noqa: F811
    names = "<h1>{{ _('Tags') }}</h1>{% for tag in tags %}<p>{{ tag.name }}</p>{% endfor %}"
    page = f"{{% extends 'default/public/tags.html' %}}{{% block main %}}{names}{{% endblock %}}"
    write_theme(own_themes, public__tags=page)

    checked, used = flask("theme", "check", "mine"), flask("theme", "use", "mine")

    assert checked.exit_code == used.exit_code == 0
    assert checked.output.splitlines() == [
        "mine is complete.",
        "Advice: public/tags.html: nothing says in which language people wrote “Flask”, “Sea”; written_in() does.",
    ]


def test_a_theme_is_put_on_when_it_is_complete(flask, own_themes, client):  # noqa: F811
    write_theme(own_themes, layout="{% if %}")

    refused, done = flask("theme", "use", "mine"), flask("theme", "use", "broadside")

    assert refused.exit_code == 1
    assert "not complete: layout.html, line 1" in refused.output
    assert done.output == "Readers see Broadside now.\n"
    assert "/assets/theme/broadside.css" in client.get("/").text
