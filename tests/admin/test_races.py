"""Two people at the same moment, through the admin: one wins, the other is told, and nobody gets an error page."""

import threading
from typing import Any

from sqlalchemy import select

from cms.db import db
from cms.models import AuditEntry, Post, Role, User, UserRole
from cms.services import snapshots
from tests.factories import make_post, make_user
from tests.signing_in import signed_in


def at_once(app: Any, requests: list[tuple[User, str, dict[str, Any]]]) -> list[Any]:
    """Send one form for each person at the same moment; the answers in their order."""
    clients = [signed_in(app.test_client(), person) for person, _, _ in requests]
    db.session.commit()
    ready = threading.Barrier(len(requests), timeout=10)
    found: list[Any] = [None] * len(requests)

    def send(number: int) -> None:
        _, address, form = requests[number]
        with app.app_context():
            ready.wait()
            found[number] = clients[number].post(address, data=form)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    return found


def test_of_two_who_save_the_same_version_one_wins_and_the_other_sees_both_texts(unguarded):
    people = [make_user("editor"), make_user("editor")]
    for turn in range(6):
        post = make_post("draft" if turn % 2 else "published", title="Ours", body="As it was.")
        texts = [f"What the first wrote {turn}.", f"What the second wrote {turn}."]
        form = {"title": "Ours", "version": post.version, "act": "publish" if turn == 5 else "save"}

        answers = at_once(
            unguarded,
            [
                (person, f"/admin/post/edit/?id={post.id}", {**form, "body": body})
                for person, body in zip(people, texts, strict=True)
            ],
        )

        assert sorted(answer.status_code for answer in answers) == [302, 422]
        loser = next(answer for answer in answers if answer.status_code == 422)
        assert all(body in loser.text for body in texts)
        winner = texts[0] if answers[0].status_code == 302 else texts[1]
        assert snapshots.snapshot(db.session.get(Post, post.id))["body"] == winner


def test_two_bulk_acts_in_opposite_order_both_succeed(unguarded):
    people = [make_user("editor"), make_user("editor")]
    for turn in range(4):
        ids = [make_post(tags=["Kept"]).id for _ in range(8)]
        form = {"action": "add_tags"}

        answers = at_once(
            unguarded,
            [
                (people[0], "/admin/post/action/", {**form, "rowid": ids, "bulk_tags": f"Left {turn}"}),
                (people[1], "/admin/post/action/", {**form, "rowid": ids[::-1], "bulk_tags": f"Right {turn}"}),
            ],
        )

        assert [answer.status_code for answer in answers] == [302, 302]
        for post in db.session.scalars(select(Post).where(Post.id.in_(ids))):
            assert {tag.name for tag in post.tags} == {"Kept", f"Left {turn}", f"Right {turn}"}


def test_two_admins_who_demote_each_other_at_once_leave_one(unguarded):
    contributor = db.session.scalars(select(Role).where(Role.name == "contributor")).one()
    for _ in range(4):
        one, other = make_user("admin"), make_user("admin")
        forms = [
            (by, f"/admin/user/edit/?id={of.id}", {
                "name": of.name, "email": of.email, "roles": [contributor.id], "time_zone": "UTC",
            })
            for by, of in ((one, other), (other, one))
        ]  # fmt: skip

        answers = at_once(unguarded, forms)

        assert {answer.status_code for answer in answers} <= {302, 403, 422}
        admins = select(UserRole.user_id).join(Role, Role.id == UserRole.role_id).where(Role.name == "admin")
        assert len(list(db.session.scalars(admins))) == 1
        db.session.execute(db.delete(UserRole))


def test_two_who_write_a_post_of_the_same_title_at_once_lose_neither(unguarded):
    people = [make_user("author"), make_user("author")]
    for turn in range(4):
        form = {"title": f"Same {turn}", "body": "Words.", "act": "publish"}

        answers = at_once(unguarded, [(person, "/admin/post/new/", form) for person in people])

        assert {answer.status_code for answer in answers} <= {302, 422}
        assert all(answer.status_code == 302 or "Words." in answer.text for answer in answers)
        assert 302 in [answer.status_code for answer in answers]


def test_the_same_bulk_act_twice_at_once_is_written_down_without_doubles(unguarded):
    people = [make_user("editor"), make_user("editor")]
    post = make_post("draft")
    form = {"action": "trash", "rowid": [post.id]}

    answers = at_once(unguarded, [(person, "/admin/post/action/", form) for person in people])

    assert [answer.status_code for answer in answers] == [302, 302]
    assert db.session.get(Post, post.id).is_trashed
    trashed = select(AuditEntry).where(AuditEntry.action == "post.trashed", AuditEntry.subject_id == post.id)
    assert len(list(db.session.scalars(trashed))) == 1
