"""A moderator and the writer of a comment at the same moment: nothing is shown that nobody has seen."""

import contextvars
import threading

from cms.db import db
from cms.models import CommentStatus
from cms.services import settings, spam_memory
from tests.admin.test_races import at_once
from tests.factories import make_comment, make_post, make_user
from tests.public.test_comments import comment_on, comments, hidden_fields
from tests.signing_in import signed_in


def test_what_is_approved_is_what_the_moderator_saw(unguarded, client, travel):
    travel()
    settings.change({"moderation": "all", "notify_moderators": False, "comments_per_hour": 100}, by=None)
    post, editor = make_post(), signed_in(unguarded.test_client(), make_user("editor"))
    outcomes = set()
    for turn in range(8):
        comment_on(client, post, travel, body=f"Fine {turn}.")
        comment = comments()[-1]
        mine = f"/posts/{post.slug}/comments/mine/{comment.id}"
        token = hidden_fields(client.get(mine))
        change = {"name": "Eve", "website": "", "body": "Pills.", **token}
        approve = {"action": "approve", "rowid": [comment.id], f"edits-{comment.id}": "0"}
        acts = [(editor, "/admin/comment/action/", approve), (client, mine, change)]
        number, ready, answers = comment.id, threading.Barrier(2, timeout=10), {}
        db.session.commit()

        def send(who, address, form, ready=ready, answers=answers):
            with unguarded.app_context():
                ready.wait()
                answers[address] = who.post(address, data=form).status_code

        threads = [threading.Thread(target=contextvars.Context().run, args=(send, *act)) for act in acts]
        for thread in threads[:: 1 if turn % 2 else -1]:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.expire_all()
        comment = db.session.get(type(comment), number)

        outcomes.add((comment.state, comment.edits, comment.body == "Pills.", answers[mine]))

    assert outcomes <= {("approved", 0, False, 403), ("held", 1, True, 303)}


def test_two_moderators_who_disagree_at_the_same_moment_leave_one_decision_and_one_lesson(unguarded):
    people = [make_user("editor"), make_user("editor")]
    post = make_post()
    for _ in range(4):
        comment = make_comment(post, CommentStatus.HELD)
        forms = [{"action": verb, "rowid": [comment.id], f"edits-{comment.id}": "0"} for verb in ("approve", "spam")]
        answers = at_once(
            unguarded,
            [(person, "/admin/comment/action/", form) for person, form in zip(people, forms, strict=True)],
        )
        assert [answer.status_code for answer in answers] == [302, 302]

    states = [comment.state for comment in comments()]
    known = spam_memory.learned()
    assert (known.ham, known.spam) == (states.count("approved"), states.count("spam"))
    assert known.ham + known.spam == 4
