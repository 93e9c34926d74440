import threading

import pytest
from sqlalchemy import func, select

from cms import transactions
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.models import Post, PostTag, Redirect, Tag
from cms.services import revising, tagging
from tests.conftest import make_app
from tests.factories import make_post, make_tag, make_user

pytestmark = pytest.mark.usefixtures("app")


def test_a_pasted_list_is_split_trimmed_and_each_tag_taken_once():
    assert tagging.names_in("Flask, flask ;SQL  Alchemy\n#python\n\n,") == ["Flask", "SQL Alchemy", "python"]


@pytest.mark.parametrize("name", ["!!!", "🎉", "x" * 101, "\u200f"])
def test_what_cannot_be_a_tag_is_refused(name):
    with pytest.raises(InvalidChange) as refused:
        tagging.clean_names(["good", name])

    assert refused.value.field == "tags"


def test_one_tag_for_all_spellings_but_accents_count():
    first, second = tagging.find_or_make(["Flask", "FLASK", "Café"], by=None)
    db.session.commit()

    assert tagging.find_or_make(["flask"], by=None) == [first]
    assert (first.name, second.slug) == ("Flask", "café")
    assert tagging.find_or_make(["Cafe"], by=None) != [second]


def test_those_who_may_not_make_tags_choose_from_those_there_are():
    contributor = make_user("contributor")
    known = make_tag("Known")

    assert tagging.find_or_make(["known"], by=contributor) == [known]
    with pytest.raises(NotAllowed, match="Unknown"):
        tagging.find_or_make(["known", "Unknown"], by=contributor)


def test_renaming_leads_from_the_old_address():
    tag = make_tag("JS")

    tagging.rename(tag, "JavaScript", by=None)
    db.session.commit()

    redirect = db.session.scalars(select(Redirect)).one()
    assert (tag.slug, redirect.path, redirect.target) == ("javascript", "/tags/js", "/tags/javascript")


def test_renaming_to_a_name_that_is_taken_says_to_merge():
    tag, _ = make_tag("JS"), make_tag("JavaScript")

    with pytest.raises(InvalidChange, match="merge"):
        tagging.rename(tag, "javascript", by=None)


def test_merging_gives_the_posts_over_without_doubling_a_pair():
    one, two, both = (make_post(tags=tags) for tags in (["JS"], ["JavaScript"], ["JS", "JavaScript"]))
    db.session.commit()
    js, javascript = (db.session.scalars(Tag.named(name)).one() for name in ("JS", "JavaScript"))

    assert tagging.merge_preview(js, javascript) == {"ours": 2, "theirs": 2, "both": 1, "merged": 3}
    assert tagging.merge(js, javascript, by=None) == 1
    db.session.commit()
    db.session.expire_all()

    for post in (one, two, both):
        assert [tag.name for tag in post.tags] == ["JavaScript"]
    assert db.session.scalars(Post.published_with(javascript)).all() == [both, two, one]
    assert db.session.scalar(select(func.count(Tag.id))) == 1
    assert db.session.scalars(select(Redirect.path)).all() == ["/tags/js"]


def test_a_tag_does_not_merge_into_itself():
    tag = make_tag()

    with pytest.raises(InvalidChange):
        tagging.merge(tag, tag, by=None)


def test_an_author_does_not_merge_tags():
    with pytest.raises(NotAllowed):
        tagging.merge(make_tag(), make_tag(), by=make_user("author"))


def test_two_editors_who_make_a_tag_at_the_same_moment_get_one(own_database, tmp_path):
    app = make_app(tmp_path, own_database)
    both_ready = threading.Barrier(2, timeout=10)
    problems = []

    def write(title):
        with app.app_context():
            try:
                both_ready.wait()
                transactions.in_transaction(
                    lambda: revising.create(Post, {"title": title, "body": "b", "tags": ["Fresh", "Other"]}, by=None)
                )
            except Exception as error:
                problems.append(error)
            finally:
                db.session.remove()

    for turn in range(5):
        threads = [threading.Thread(target=write, args=(f"{turn} {side}",)) for side in ("left", "right")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert problems == []
    with app.app_context():
        assert sorted(db.session.scalars(select(Tag.name))) == ["Fresh", "Other"]
        assert db.session.scalar(select(func.count()).select_from(PostTag)) == 20
        db.session.remove()
        db.engine.dispose()


def test_a_name_that_was_merged_away_stands_for_what_it_became_until_it_is_made_anew():
    js, javascript = make_tag("JS"), make_tag("JavaScript")
    tagging.merge(js, javascript, by=None)

    assert tagging.find_or_make(["js", "JavaScript"], by=None) == [javascript]
    again = tagging.make_anew("JS")
    assert tagging.find_or_make(["js"], by=None) == [again]
    assert db.session.scalars(select(Redirect.path)).all() == []
