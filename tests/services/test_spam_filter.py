"""The filter in the site: what moderators teach it, what it does with new comments, and what it does not keep."""

import threading

import pytest
from sqlalchemy import func, select

from cms.cli.comments import comments as comments_command
from cms.db import db
from cms.models import AuditEntry, Comment, CommentStatus, Job, SpamClue, SpamMemory
from cms.services import commenting, erasing, jobs, moderating, relearning, settings, spam_filter, spam_memory, undoing
from cms.services.comment_words import Words
from cms.services.spam_memory import LEAST_LEARNED, Learned
from cms.transactions import in_transaction
from tests.factories import make_comment, make_post, make_user
from tests.text import spam_corpus

SELLING = {
    "name": "Casino Bonus",
    "email": "7@promo.example",
    "website": "",
    "body": spam_corpus.spam(1, 500)[0]["body"],
}
TALKING = {"name": "Ada", "email": "ada@example.org", "website": "", "body": "Does the index help with a million rows?"}


def counts():
    """All that is counted, without what stands at nothing."""
    rows = db.session.execute(select(SpamClue.digest, SpamClue.ham, SpamClue.spam).order_by(SpamClue.digest))
    return {row.digest: (row.ham, row.spam) for row in rows if row.ham or row.spam}


def teach(post, ham=LEAST_LEARNED, spam=LEAST_LEARNED, *, by=None):
    """A moderator decides about so many comments of either kind."""
    by = by or make_user("editor")
    for comment in spam_corpus.ham(ham, 1):
        moderating.approve(make_comment(post, CommentStatus.HELD, **comment), by=by)
    for comment in spam_corpus.spam(spam, 1):
        moderating.spam(make_comment(post, CommentStatus.HELD, **comment), by=by)
    db.session.commit()


def write(post, token, **words):
    db.session.commit()
    return commenting.write(post, Words(**words), address="192.0.2.1", form_token=token)


def test_it_decides_nothing_before_it_has_learned_enough(app):
    settings.change({"moderation": "none"}, by=None)
    post = make_post()
    teach(post, spam=LEAST_LEARNED - 1)

    comment = write(post, "a", **SELLING)

    assert not spam_memory.learned().is_enough
    assert (comment.status, comment.spam_score, comment.spam_reasons) == (CommentStatus.APPROVED, None, None)


@pytest.mark.parametrize(
    ("what", "moderation", "status"),
    [
        ("hold", "none", CommentStatus.HELD),
        ("spam", "none", CommentStatus.SPAM),
        ("spam", "all", CommentStatus.SPAM),
        ("hold", "all", CommentStatus.HELD),
        ("show", "none", CommentStatus.APPROVED),
        ("off", "none", CommentStatus.APPROVED),
    ],
)
def test_what_looks_like_spam_goes_where_the_settings_say(app, what, moderation, status):
    settings.change({"moderation": moderation, "spam_filter": what}, by=None)
    post = make_post()
    teach(post)

    selling, talking = write(post, "a", **SELLING), write(post, "b", **TALKING)

    assert selling.status is status
    assert talking.status is (CommentStatus.HELD if moderation == "all" else CommentStatus.APPROVED)
    if what == "off":
        assert selling.spam_score is talking.spam_score is None
    else:
        assert selling.spam_score >= spam_filter.SPAM_FROM > talking.spam_score
        assert selling.spam_reasons["of"] == [LEAST_LEARNED, LEAST_LEARNED]
        assert any(pull > 0 for _, _, pull, *_ in selling.spam_reasons["clues"])


def test_taking_a_decision_back_takes_all_of_it_back(app):
    editor, post = make_user("editor"), make_post()
    moderating.approve(make_comment(post, CommentStatus.HELD, **TALKING), by=editor)
    before, known = counts(), spam_memory.learned()
    comment = make_comment(post, CommentStatus.HELD, **SELLING)

    moderating.spam(comment, by=editor)
    assert spam_memory.learned() == Learned(1, 1)
    moderating.spam(comment, by=editor)
    assert spam_memory.learned() == Learned(1, 1)
    moderating.approve(comment, by=editor)
    assert spam_memory.learned() == Learned(2, 0)
    moderating.hold(comment, by=editor)

    assert (counts(), spam_memory.learned()) == (before, known)


def test_undoing_an_act_unlearns_it_and_leaves_the_comment_undecided(app):
    editor, post = make_user("editor"), make_post()
    comment = make_comment(post, **TALKING)  # shown by itself: nobody has decided
    moderating.spam(comment, by=editor)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "comment.marked_spam")).one()
    db.session.flush()

    outcome = undoing.Outcome()
    undoing.undo([entry], by=editor, outcome=outcome)

    assert (outcome.done, outcome.left) == (1, {})
    assert (comment.status, comment.is_decided) == (CommentStatus.APPROVED, False)
    assert (counts(), spam_memory.learned()) == ({}, Learned(0, 0))


def test_a_text_that_a_moderator_mends_is_learned_as_it_is_then(app):
    editor, post = make_user("editor"), make_post()
    one, other = make_comment(post, **TALKING), make_comment(post, **TALKING)
    moderating.approve(one, by=editor)

    moderating.edit(one, "Something else altogether.", by=editor)
    mended = counts()
    moderating.hold(one, by=editor)
    other.write("Something else altogether.")
    moderating.approve(other, by=editor)

    assert counts() == mended


def test_what_a_moderator_has_approved_stays_whatever_is_learned_later(app):
    editor, post = make_user("editor"), make_post()
    comment = make_comment(post, CommentStatus.HELD, **SELLING)
    moderating.approve(comment, by=editor)
    teach(post, spam=3 * LEAST_LEARNED, by=editor)

    commenting.filter_(comment, "spam")

    assert (comment.status, comment.spam_score) == (CommentStatus.APPROVED, None)


def test_answers_of_the_house_teach_nothing(app):
    editor, post = make_user("editor"), make_post()
    comment = make_comment(post, **TALKING)

    said = moderating.answer(comment, "It does.", by=editor)
    moderating.approve(said, by=editor)

    assert (said.is_shown, counts()) == (True, {})


def at_once(app, acts):
    """Each act in a thread and a transaction of its own, begun together; what went wrong."""
    ready, wrong = threading.Barrier(len(acts), timeout=10), []

    def run(act):
        with app.app_context():
            ready.wait()
            try:
                in_transaction(act)
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    return wrong


def test_two_moderators_who_decide_about_one_comment_teach_it_once(app):
    post = make_post()
    ids = [make_comment(post, CommentStatus.HELD, **SELLING).id for _ in range(4)]
    db.session.commit()
    for number in ids:
        acts = [
            lambda verb=verb, number=number: verb(db.session.get(Comment, number), by=None)
            for verb in (moderating.spam, moderating.approve, moderating.spam)
        ]
        assert at_once(app, acts) == []

    known = spam_memory.learned()
    states = [comment.status for comment in db.session.scalars(select(Comment))]
    assert (known.ham, known.spam) == (states.count(CommentStatus.APPROVED), states.count(CommentStatus.SPAM))
    assert sum(known.__dict__.values()) == 4


def test_moderators_who_decide_about_comments_of_the_same_words_do_not_get_in_each_others_way(app):
    post = make_post()
    ids = [make_comment(post, CommentStatus.HELD, **comment).id for comment in spam_corpus.spam(24, 3)]
    db.session.commit()

    def some(part):
        for number in part:
            moderating.spam(db.session.get(Comment, number), by=None)

    assert at_once(app, [lambda part=part: some(part) for part in (ids[::3], ids[1::3], ids[-1::-3])]) == []

    assert spam_memory.learned() == Learned(0, 24)
    found = counts()
    in_transaction(lambda: [moderating.hold(comment, by=None) for comment in db.session.scalars(select(Comment))])
    assert len(found) > 50
    assert counts() == {}


def test_relearning_gives_what_was_learned_decision_by_decision(app):
    post = make_post()
    teach(post, 30, 25)
    make_comment(post, **TALKING)  # undecided
    before, known = counts(), spam_memory.learned()
    db.session.commit()

    result = app.test_cli_runner().invoke(comments_command, ["relearn"])
    db.session.expire_all()

    assert result.output == "Learned 30 good comments and 25 of spam.\n"
    assert (counts(), spam_memory.learned()) == (before, known)
    moderating.hold(db.session.scalars(select(Comment).where(Comment.status == CommentStatus.SPAM)).first(), by=None)
    assert spam_memory.learned() == Learned(30, 24)


def test_relearning_goes_on_where_it_was_killed_and_counts_what_is_decided_meanwhile_once(app, monkeypatch):
    monkeypatch.setattr(relearning, "CHUNK", 10)
    post = make_post()
    teach(post, 15, 15)
    before = counts()
    walk = relearning.relearn()
    assert next(walk) == 10
    walk.close()
    ids = list(db.session.scalars(select(Comment.id).order_by(Comment.id)))
    early, late = db.session.get(Comment, ids[2]), db.session.get(Comment, ids[-2])
    for comment in (early, late):
        was = comment.status
        moderating.hold(comment, by=None)
        (moderating.approve if was is CommentStatus.APPROVED else moderating.spam)(comment, by=None)
    db.session.commit()
    assert relearning.is_begun()
    assert spam_memory.learned() == Learned(10, 1)

    result = app.test_cli_runner().invoke(comments_command, ["relearn"])

    assert result.output.startswith("Going on where the last time ended.\nLearned 15 good comments and 15 of spam.")
    db.session.expire_all()
    assert counts() == before
    assert not relearning.is_begun()


def test_erasing_somebody_unlearns_what_they_wrote_and_relearning_does_not_learn_it_again(app):
    editor, post = make_user("editor"), make_post()
    moderating.approve(make_comment(post, CommentStatus.HELD, **{**TALKING, "email": "bob@example.org"}), by=editor)
    before = counts()
    comment = make_comment(post, CommentStatus.HELD, name="Eve", email="eve@rare.example", body="Ring 555-1234.")
    moderating.approve(comment, by=editor)
    db.session.commit()

    erasing.erase(erasing.look_up("eve@rare.example"))
    db.session.commit()
    assert (counts(), spam_memory.learned()) == (before, Learned(1, 0))
    list(relearning.relearn())

    assert (counts(), spam_memory.learned()) == (before, Learned(1, 0))


def test_the_table_says_no_word_of_anybody(app):
    teach(make_post(), 3, 3)

    rows = db.session.execute(select(SpamClue.digest)).scalars().all()

    assert rows
    assert all(len(row) == 16 and int(row, 16) >= 0 for row in rows)


def test_another_secret_begins_with_nothing_known(app, monkeypatch):
    teach(make_post())
    assert spam_memory.learned().is_enough

    monkeypatch.setitem(app.config, "SECRET_KEY", "another secret of enough letters")

    assert spam_memory.learned() == Learned(0, 0)
    list(relearning.relearn())
    assert spam_memory.learned() == Learned(LEAST_LEARNED, LEAST_LEARNED)
    assert db.session.scalar(select(func.count()).select_from(SpamMemory)) == 1


def test_the_rarest_and_oldest_clues_go_when_there_are_too_many(app, travel):
    travel()
    post = make_post()
    teach(post, 20, 20)
    often = {digest for digest, seen in counts().items() if sum(seen) > 3}
    rows = db.session.scalar(select(func.count()).select_from(SpamClue))

    assert spam_memory.forget_some(most=len(often) + 10, at_once=7) == 7
    while spam_memory.forget_some(most=len(often) + 10, at_once=50):
        pass

    assert often <= set(counts())
    assert db.session.scalar(select(func.count()).select_from(SpamClue)) == len(often) + 10 < rows
    comment = db.session.scalars(select(Comment).where(Comment.status == CommentStatus.SPAM)).first()
    moderating.approve(comment, by=None)  # takes off what is not there any more: nothing falls below nothing
    assert spam_memory.learned() == Learned(21, 19)


def test_each_hundredth_lesson_has_the_table_looked_at(app):
    settings.change({"notify_authors": False}, by=None)  # no jobs but that one
    teach(make_post(), 50, 50)

    assert db.session.scalars(select(Job.kind).where(Job.kind == "forget_clues")).all() == ["forget_clues"]
    assert jobs.run_due() == 1
