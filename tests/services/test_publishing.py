from datetime import timedelta

import pytest

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.models import AuditEntry, Page, Post, PostTag, Status
from cms.services import publishing, revising
from tests.factories import make_page, make_post, make_tag, make_user

pytestmark = pytest.mark.usefixtures("app")


def shown(model=Post):
    db.session.flush()
    return set(db.session.scalars(model.published()))


@pytest.mark.parametrize("make", [make_post, make_page])
def test_readers_see_only_what_is_published_and_due(make):
    things = {state: make(state) for state in ("draft", "published", "scheduled", "expired", "withdrawn", "trashed")}

    assert shown(type(things["draft"])) == {things["published"]}
    assert {state for state, thing in things.items() if thing.is_public} == {"published"}


def test_a_scheduled_post_appears_and_goes_when_its_time_comes(travel):
    travel()
    post = make_post("scheduled", at=clock.now() + timedelta(hours=1), unpublish_at=clock.now() + timedelta(hours=3))

    assert shown() == set()
    travel(hours=2)
    assert shown() == {post}
    travel(hours=2)
    assert shown() == set()
    assert post.state == "expired"


def test_a_scheduled_post_that_is_published_now_is_out_now():
    post = make_post("scheduled")

    publishing.publish(post, by=None, at=clock.now())

    assert shown() == {post}


@pytest.mark.parametrize(("field", "changes"), [("title", {"title": " "}), ("body", {"body": "\n"})])
def test_an_empty_post_is_not_published(field, changes):
    post = make_post("draft", **changes)

    with pytest.raises(InvalidChange) as refused:
        publishing.publish(post, by=None)

    assert refused.value.field == field
    assert post.status is Status.DRAFT


def test_the_pairs_carry_the_time_of_their_post():
    tag = make_tag("Here")
    post = make_post("draft", tags=["Here"])

    def pair():
        db.session.flush()
        return db.session.get_one(PostTag, (post.id, tag.id), populate_existing=True).listed_at

    assert pair() is None
    publishing.publish(post, by=None)
    assert pair() == post.published_at
    publishing.withdraw(post, by=None)
    assert pair() is None
    publishing.publish(post, by=None)
    publishing.trash(post, by=None)
    assert pair() is None
    publishing.restore(post, by=None)
    assert pair() == post.published_at


def test_what_comes_out_of_the_trash_is_what_it_was():
    for state in ("draft", "published", "scheduled", "withdrawn"):
        post = make_post(state)
        publishing.trash(post, by=None)
        assert post.state == "trashed"
        publishing.restore(post, by=None)
        assert post.state == state


def test_only_something_published_can_be_withdrawn():
    with pytest.raises(InvalidChange):
        publishing.withdraw(make_post("draft"), by=None)


@pytest.mark.parametrize(
    ("role", "own", "allowed"),
    [
        ("admin", False, {"publish", "withdraw", "trash", "restore"}),
        ("editor", False, {"publish", "withdraw", "trash", "restore"}),
        ("author", True, {"publish", "withdraw", "trash", "restore"}),
        ("author", False, set()),
        ("contributor", True, set()),
        ("contributor", False, set()),
        (None, True, set()),
    ],
)
def test_who_may_do_what(role, own, allowed):
    person, other = make_user(role), make_user("author")
    verbs = {
        "publish": (publishing.publish, "draft"),
        "withdraw": (publishing.withdraw, "published"),
        "trash": (publishing.trash, "draft"),
        "restore": (publishing.restore, "trashed"),
    }
    done = set()
    for name, (verb, state) in verbs.items():
        post = make_post(state, by=person if own else other)
        try:
            verb(post, by=person)
            done.add(name)
        except NotAllowed:
            assert post.state == state

    assert done == allowed


def test_somebody_deactivated_may_nothing():
    editor = make_user("editor", active=False)

    with pytest.raises(NotAllowed):
        publishing.publish(make_post("draft"), by=editor)


def test_only_those_who_edit_pages_touch_them():
    with pytest.raises(NotAllowed):
        publishing.withdraw(make_page(), by=make_user("author"))
    with pytest.raises(NotAllowed):
        revising.create(Page, {"title": "T"}, by=make_user("author"))


def test_each_act_is_in_the_audit_log_with_what_changed():
    editor = make_user("editor", name="Edith")
    post = make_post("draft", title="Logged")

    publishing.publish(post, by=editor)
    publishing.withdraw(post, by=editor)
    db.session.flush()

    entries = list(db.session.scalars(AuditEntry.about("post", post.id)))
    assert [entry.action for entry in entries] == ["post.withdrawn", "post.published"]
    assert entries[0].changes == {"status": ("published", "withdrawn")}
    assert entries[0].actor_name == "Edith"
    assert entries[0].subject_label == "Logged"


@pytest.mark.parametrize("make", [make_post, make_page])
@pytest.mark.parametrize("at", [None, timedelta(hours=1)])
def test_what_is_in_the_trash_is_not_published_behind_ones_back(make, at):
    thing = make("draft")
    publishing.trash(thing, by=None)
    db.session.commit()

    with pytest.raises(InvalidChange, match="out of the trash"):
        publishing.publish(thing, by=None, at=clock.now() + at if at else None)
    db.session.rollback()
    publishing.restore(thing, by=None)

    assert (thing.status, thing.state, thing.live_version) == (Status.DRAFT, "draft", None)
    assert db.session.scalars(db.select(AuditEntry).where(AuditEntry.action.like("%.published"))).all() == []


@pytest.mark.parametrize("verb", ["publish", "schedule"])
def test_the_verbs_themselves_refuse_what_is_in_the_trash(verb):
    post = make_post("trashed")

    with pytest.raises(InvalidChange, match="out of the trash"):
        post.publish() if verb == "publish" else post.schedule(clock.now() + timedelta(hours=1))
