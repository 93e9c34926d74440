import pytest
from sqlalchemy import select

from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.models import AuditEntry, Setting, SiteChange
from cms.services import settings, site, site_changes
from tests.factories import make_page, make_post, make_user

pytestmark = pytest.mark.usefixtures("app")


def test_a_change_that_readers_could_see_moves_the_version_once_and_says_what():
    before = site_changes.version()
    post = make_post(tags=["One"])
    db.session.commit()

    assert site_changes.version() == before + 1
    keys = db.session.scalars(select(SiteChange.keys).where(SiteChange.version == before + 1)).one()
    assert f"post:{post.id}" in keys


def test_what_readers_never_see_does_not():
    before = site_changes.version()
    db.session.add(AuditEntry(action="a.b", subject_type="x"))
    make_user()
    db.session.commit()

    assert site_changes.version() == before


def test_what_is_rolled_back_does_not_count_later():
    before = site_changes.version()
    make_post()
    db.session.rollback()
    make_user()
    db.session.commit()

    assert site_changes.version() == before


def test_the_chrome_of_pages_is_read_once_for_each_version(count_queries):
    make_page(title="About", menu_position=1)
    db.session.commit()
    assert [item.path for item in site.current().menu] == ["/about"]

    assert len(count_queries(site.current)) == 1
    settings.change({"title": "Another"}, by=None)
    db.session.commit()
    assert site.current().settings.title == "Another"


def test_a_page_of_the_menu_appears_when_its_time_comes(travel):
    travel()
    make_page("scheduled", title="Soon", menu_position=1)
    db.session.commit()

    assert site.current().menu == ()
    travel(days=2)
    assert [item.title for item in site.current().menu] == ["Soon"]


def test_settings_have_their_defaults_until_changed_and_again_when_set_back():
    assert settings.read().posts_per_page == 10
    settings.change({"posts_per_page": "20"}, by=None)
    assert settings.read().posts_per_page == 20
    settings.change({"posts_per_page": 10}, by=None)

    assert db.session.scalars(select(Setting.name)).all() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("posts_per_page", "0"),
        ("posts_per_page", "many"),
        ("time_zone", "Mars/Olympus"),
        ("moderation", "sometimes"),
        ("title", "x" * 121),
        ("title", " "),
        ("nonsense", 1),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(name, value):
    with pytest.raises(InvalidChange) as refused:
        settings.change({name: value}, by=None)

    assert refused.value.field == name


def test_only_those_with_the_right_change_settings():
    with pytest.raises(NotAllowed):
        settings.change({"title": "Mine"}, by=make_user("editor"))
