"""Series and translations through the lives of posts: drafts, publishing, versions."""

import pytest

from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.models import Post, Revision, Series
from cms.services import publishing, revising, series, snapshots, translating
from tests.factories import make_post, make_series, make_user


def order(title="Voyage"):
    return series.order_of(db.session.scalars(Series.titled(title)).one())


def test_a_series_is_begun_once_however_it_is_written(app):
    posts = [make_post(series=title) for title in ("Voyage", "  voyage ", "VOYAGE")]

    assert {post.series.title for post in posts} == {"Voyage"}
    assert order() == [post.id for post in posts]


def test_the_series_of_a_draft_begins_when_it_is_published(app):
    post = make_post(title="Live")
    revising.save(post, {"series": "Voyage"}, by=None)

    assert post.series is None
    assert db.session.scalar(Series.titled("Voyage")) is None
    publishing.publish(post, by=None)

    assert post.series.title == "Voyage"
    assert snapshots.snapshot(post)["series"] == "Voyage"


def test_an_earlier_version_brings_its_series_back(app):
    post, other = make_post(series="Voyage"), make_post(series="Voyage")
    earlier = snapshots.snapshot(post)
    revising.save(post, {"series": ""}, by=None)
    publishing.publish(post, by=None)
    assert post.series is None
    assert order() == [other.id]

    revising.save(post, earlier, by=None)
    publishing.publish(post, by=None)

    assert post.series.title == "Voyage"
    assert order() == [other.id, post.id]


def test_a_draft_older_than_a_new_title_means_the_renamed_series(app):
    post = make_post()
    make_post(series="Voyage")
    revising.save(post, {"series": "Voyage"}, by=None)
    series.rename(db.session.scalars(Series.titled("Voyage")).one(), "The long voyage", by=None)

    assert snapshots.snapshot(post)["series"] == "The long voyage"
    publishing.publish(post, by=None)

    assert post.series.title == "The long voyage"
    assert len(db.session.scalars(db.select(Series)).all()) == 1


def test_saving_something_else_keeps_the_place(app):
    posts = [make_post(series="Voyage") for _ in range(3)]
    series.put_in_order(posts[0].series, [post.id for post in reversed(posts)], by=None)

    revising.save(posts[0], {"title": "Another"}, by=None)
    publishing.publish(posts[0], by=None)

    assert order() == [post.id for post in reversed(posts)]


def test_only_what_is_named_changes_places(app):
    posts = [make_post(series="Voyage").id for _ in range(4)]
    voyage = db.session.scalars(Series.titled("Voyage")).one()

    assert series.put_in_order(voyage, [posts[3], posts[0], 99_999], by=None)
    assert order() == [posts[3], posts[1], posts[2], posts[0]]
    assert not series.put_in_order(voyage, order(), by=None)


def test_a_series_has_at_most_so_many_parts(app, monkeypatch):
    monkeypatch.setattr(series, "MOST_PARTS", 2)
    for _ in range(2):
        make_post(series="Voyage")

    with pytest.raises(InvalidChange, match="at most 2 parts") as refused:
        make_post(series="Voyage")
    assert refused.value.field == "series"


@pytest.mark.parametrize("title", ["!!!", "x" * 151])
def test_what_cannot_be_a_series_is_refused_in_its_field(app, title):
    with pytest.raises(InvalidChange) as refused:
        make_post(series=title)
    assert refused.value.field == "series"


def test_who_may_begin_a_series_and_order_it(app):
    contributor, author = make_user("contributor"), make_user("author")
    make_series("Voyage")

    revising.create(Post, {"title": "Mine", "series": "Voyage"}, by=contributor)
    revising.create(Post, {"title": "Mine", "series": "Another"}, by=author)
    with pytest.raises(NotAllowed):
        revising.create(Post, {"title": "Mine", "series": "A third"}, by=contributor)
    with pytest.raises(NotAllowed):
        series.put_in_order(db.session.scalars(Series.titled("Voyage")).one(), [], by=author)


def test_purging_a_post_or_a_series_leaves_the_others_whole(app):
    first, second = make_post(series="Voyage"), make_post(series="Voyage")
    db.session.delete(first)
    db.session.flush()
    assert order() == [second.id]

    db.session.delete(second.series)
    db.session.flush()
    db.session.expire_all()

    assert second.series is None
    assert snapshots.snapshot(second)["series"] == ""


def test_a_translation_of_a_translation_names_the_original(app):
    original = make_post(title="Salt")
    german = make_post(title="Salz", language="de", translation_of_id=original.id)
    french = make_post(title="Sel", language="fr", translation_of_id=german.id)

    assert french.translation_of_id == original.id
    assert snapshots.snapshot(french)["translation_of_id"] == original.id


def test_a_post_is_no_translation_of_itself_or_of_its_own(app):
    original = make_post(title="Salt")
    german = make_post(title="Salz", language="de", translation_of_id=original.id)

    for wanted in (original.id, german.id):
        with pytest.raises(InvalidChange) as refused:
            revising.save(original, {"translation_of_id": wanted}, by=None)
        assert refused.value.field == "translation_of_id"


def test_an_original_that_was_purged_is_named_no_more(app):
    original, german = make_post(title="Salt"), make_post(title="Salz")
    revising.save(german, {"translation_of_id": original.id}, by=None)
    db.session.delete(original)
    db.session.flush()

    publishing.publish(german, by=None)

    assert german.translation_of_id is None


def test_only_editors_name_the_post_of_somebody_else_as_original(app):
    author, theirs = make_user("author"), make_post(title="Salt")
    own = make_post("draft", by=author)

    with pytest.raises(NotAllowed):
        revising.save(own, {"translation_of_id": theirs.id}, by=author)
    revising.save(own, {"translation_of_id": make_post(by=author).id}, by=author)
    revising.save(own, {"translation_of_id": theirs.id}, by=make_user("editor"))
    revising.save(own, {"translation_of_id": theirs.id, "title": "Mine"}, by=author)

    assert own.translation_of_id == theirs.id


@pytest.mark.parametrize("code", ["xx", "de; DROP", "DE"])
def test_a_language_is_one_of_the_list(app, code):
    with pytest.raises(InvalidChange) as refused:
        make_post(language=code)
    assert refused.value.field == "language"


def test_every_language_has_a_name_of_its_own():
    names = [translating.name_of(code) for code in translating.LANGUAGES]

    assert len(set(names)) == len(names)
    assert not set(names) & set(translating.LANGUAGES)
    assert translating.name_of("de") == "Deutsch"
    assert translating.name_of("xx") == "xx"


def test_a_version_keeps_language_original_and_series(app):
    original = make_post()
    post = make_post(language="de", translation_of_id=original.id, series="Voyage")

    kept = db.session.scalars(Revision.of(post)).first().snapshot

    assert (kept["language"], kept["translation_of_id"], kept["series"]) == ("de", original.id, "Voyage")
