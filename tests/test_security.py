import re
import time
from datetime import UTC, datetime

import pytest
from flask_security.utils import get_hmac
from passlib.totp import TOTP
from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import NullPool

from cms import create_app
from cms.config import Settings
from cms.db import db
from cms.models import AuditEntry, Mail, User
from cms.services import inviting, passwords, setting_up, settings
from tests.factories import PASSWORD, make_post, make_user
from tests.signing_in import sign_in, signed_in, submit, token_for

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def actions():
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_person_signs_in_however_they_type_their_address_and_lands_on_the_dashboard(client):
    make_user(email="zoë@example.org")

    response = sign_in(client, " ZOË@example.org")

    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    assert actions() == ["sign_in"]
    assert client.get("/change").status_code == 200


def test_whoever_signs_in_sees_where(client):
    settings.change({"title": "Notes & <b>"}, by=None)

    for path in ("/login", "/reset"):
        page = client.get(path).text
        assert "– Notes &amp; &lt;b&gt;</title>" in page
        assert "Back to Notes &amp; &lt;b&gt;</a>" in page


def test_signing_in_goes_on_to_the_page_that_was_asked_for_and_never_to_another_site(client, app):
    user = make_user()

    asked = client.get("/change")
    to_own = submit(client, asked.headers["Location"], {"email": user.email, "password": PASSWORD, "next": "/change"})
    stranger = app.test_client()
    to_other = submit(stranger, "/login", {"email": user.email, "password": PASSWORD, "next": "https://evil.example/"})

    assert to_own.headers["Location"] == "/change"
    assert "evil" not in to_other.headers.get("Location", "")


@pytest.mark.parametrize(("email", "password"), [("known@example.org", "wrong wrong"), ("no@example.org", PASSWORD)])
def test_a_wrong_address_and_a_wrong_password_read_the_same_and_are_remembered(client, email, password):
    make_user(email="known@example.org")

    response = sign_in(client, email, password)

    assert response.status_code == 200
    assert "do not belong together" in response.text
    assert f'value="{email}"' in response.text
    assert password not in response.text
    entry = db.session.scalars(select(AuditEntry)).one()
    assert entry.action == "sign_in.failed"
    assert password.encode() not in (entry.after or b"") + entry.subject_label.encode()


def test_whoever_ticks_the_box_stays_signed_in_when_the_browser_is_closed(client):
    user = make_user()
    submit(client, "/login", {"email": user.email, "password": PASSWORD, "remember": "y"})

    client.delete_cookie("session")
    assert client.get("/change").status_code == 200

    user.fs_uniquifier = "somebody-ended-all-sessions"
    client.delete_cookie("session")
    assert client.get("/change").status_code == 302


def test_a_deactivated_person_cannot_sign_in_and_is_out_at_the_next_click(client, app):
    user = make_user()
    inside = signed_in(app.test_client(), user)
    assert inside.get("/change").status_code == 200

    user.active = False

    assert inside.get("/change").status_code == 302
    assert sign_in(client, user.email).status_code == 200


def test_a_password_stored_as_plain_text_lets_nobody_in(client):
    user = make_user()
    user.password = "a plain text password"

    assert sign_in(client, user.email, "a plain text password").status_code == 200
    assert "sign_in" not in actions()


def test_a_hash_of_other_strength_is_made_anew_at_the_next_sign_in(app, client):
    user = make_user()
    context = app.extensions["security"].pwd_context
    user.password = old = context.handler("argon2").using(time_cost=3).hash(get_hmac(PASSWORD).decode())

    assert sign_in(client, user.email).status_code == 302
    assert user.password != old
    assert ",t=1," in user.password
    assert sign_in(app.test_client(), user.email).status_code == 302


def test_a_hash_is_argon2id_of_more_than_owasps_size(tmp_path):
    app = create_app(Settings.for_tests(tmp_path, TESTING=False))
    with app.app_context():
        hashed = passwords.hashed(PASSWORD)
        started = time.perf_counter()
        passwords.hashed(PASSWORD)
        seconds = time.perf_counter() - started

    assert hashed.startswith("$argon2id$v=19$m=19456,t=4,p=1$")
    assert seconds > 0.005  # a hash that takes no time guards nothing


def test_guessing_a_password_is_slowed_down_for_the_account_wherever_the_guesses_come_from(app, travel):
    travel(to=NOON)
    user = make_user()
    visitors = [app.test_client() for _ in range(6)]
    pages = [token_for(visitor) for visitor in visitors]

    answers = [
        visitor.post(
            "/login",
            data={"email": user.email, "password": f"guess number {number}", "csrf_token": pages[number]},
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"},
        )
        for number, visitor in enumerate(visitors)
    ]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "Wait 1 minute" in answers[-1].text
    assert answers[-1].headers["Retry-After"] == "60"
    assert sign_in(app.test_client(), user.email).status_code == 429, "the right password must wait too"

    travel(seconds=61)
    assert sign_in(app.test_client(), user.email).status_code == 302


def test_the_wait_grows_with_the_guesses_and_ends_for_who_gets_in(app, travel):
    travel(to=NOON)
    user = make_user()
    client = app.test_client()
    for _ in range(2):
        for _ in range(5):
            sign_in(client, user.email, "wrong wrong wrong")
        travel(seconds=60)

    refused = sign_in(client, user.email)
    assert "Wait 8 minutes" in refused.text

    travel(minutes=8)
    assert sign_in(client, user.email).status_code == 302
    codes = [sign_in(app.test_client(), user.email).status_code for _ in range(5)]
    assert codes == [302] * 5, "a success forgets the tries before it"


def test_one_address_cannot_try_many_accounts(client, travel):
    travel(to=NOON)

    codes = [sign_in(client, f"person{number}@example.org").status_code for number in range(21)]

    assert codes == [200] * 20 + [429]


def test_signing_out_is_remembered_and_needs_the_token_of_the_session(app):
    client = signed_in(app.test_client(), make_user())

    assert client.post("/logout").status_code == 400
    assert client.get("/change").status_code == 200
    answer = submit(client, "/change", to="/logout")
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (302, '"storage"')
    assert client.get("/change").status_code == 302
    assert actions() == ["sign_out"]


@pytest.mark.parametrize("address", ["/login", "/reset", "/change", "/logout"])
def test_forms_without_the_token_are_refused(client, app, address):
    user = make_user()
    visitor = signed_in(client, user) if address in ("/change", "/logout") else client

    assert visitor.post(address, data={"email": user.email, "password": PASSWORD}).status_code == 400


def test_changing_the_password_signs_the_other_devices_out(app):
    user = make_user()
    here, there = signed_in(app.test_client(), user), signed_in(app.test_client(), user)
    new = "another fine sentence"

    response = submit(here, "/change", {"password": PASSWORD, "new_password": new, "new_password_confirm": new})

    assert response.status_code == 302
    assert here.get("/change").status_code == 200
    assert there.get("/change").status_code == 302
    assert actions() == ["password.changed"]
    assert sign_in(app.test_client(), user.email, new).status_code == 302
    assert db.session.scalars(select(Mail)).one().recipient == user.email


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("wrong", "a fine new sentence", "a fine new sentence"), "That is not your password."),
        ((PASSWORD, "short", "short"), "Use at least 10 letters"),
        ((PASSWORD, "a fine new sentence", "another one here"), "The two passwords differ."),
        ((PASSWORD, "Password123!", "Password123!"), "first that anybody would guess"),
        ((PASSWORD, PASSWORD, PASSWORD), "must differ"),
    ],
)
def test_what_is_wrong_with_a_new_password_stands_beside_its_field(app, typed, words):
    client = signed_in(app.test_client(), make_user())

    response = submit(
        client, "/change", dict(zip(("password", "new_password", "new_password_confirm"), typed, strict=True))
    )

    assert words in response.text
    assert 'aria-invalid="true"' in response.text
    assert actions() == []


def test_a_forgotten_password_is_replaced_by_a_mailed_link_that_works_once(app, client):
    user = make_user(name="Ada O'Neil")
    inside = signed_in(app.test_client(), user)

    evil = "http://evil.example"
    token = re.search(r'name="csrf_token" value="([^"]+)', client.get("/reset", base_url=evil).text).group(1)
    answer = client.post("/reset", base_url=evil, data={"csrf_token": token, "email": user.email.upper()})
    mail = db.session.scalars(select(Mail)).one()
    link = re.search(r"http\S+(/reset/\S+)", mail.text)

    assert "a mail with a link" in answer.text
    assert link.group(0).startswith(app.config["SITE_URL"]), "never the host that the request named"
    assert "Ada O'Neil" in mail.text
    new = "another fine sentence"
    page = link.group(1)
    assert submit(client, page, {"password": new, "password_confirm": new}).status_code == 302
    assert sign_in(client, user.email, new).status_code == 302
    assert inside.get("/change").status_code == 302, "other devices are signed out"
    assert app.test_client().get(page).status_code == 302, "the link is used up"
    assert actions() == ["password.reset", "sign_in"]


def test_asking_for_a_link_says_nothing_about_who_has_an_account(client):
    known = submit(client, "/reset", {"email": make_user().email}).text
    unknown = submit(client, "/reset", {"email": "nobody@example.org"}).text

    def words(html):
        return re.sub(r"\S+@example\.org|csrf_token.*", "", html)

    assert words(known) == words(unknown)
    assert len(db.session.scalars(select(Mail)).all()) == 1


def test_nobody_gets_more_than_three_such_mails_an_hour(client, travel):
    travel(to=NOON)
    user = make_user()

    codes = [submit(client, "/reset", {"email": user.email}).status_code for _ in range(4)]

    assert codes == [200, 200, 200, 429]
    assert len(db.session.scalars(select(Mail)).all()) == 3


def test_nobody_registers_themselves(client):
    assert client.get("/register").status_code == 404


def test_a_token_in_a_header_or_an_address_signs_nobody_in(app, client):
    user = make_user()
    db.session.commit()
    with app.test_request_context():
        token = user.get_auth_token()

    assert client.get("/change", headers={"Authentication-Token": token}).status_code == 302
    assert client.get(f"/change?auth_token={token}").status_code == 302


def test_readers_get_no_cookie_and_pages_that_vary_by_none(app, client):
    make_post(slug="hello")
    person = signed_in(app.test_client(), make_user())

    for visitor in (client, person):
        for path in ("/health/live", "/static/tokens.css", "/"):
            with visitor.get(path) as response:
                assert response.status_code == 200
                assert "Set-Cookie" not in response.headers, path
                assert "Cookie" not in response.headers.get("Vary", ""), path


@pytest.mark.parametrize("path", ["/login", "/reset", "/change", "/setup/nothing"])
def test_account_pages_stay_in_no_cache(app, path):
    client = signed_in(app.test_client(), make_user()) if path == "/change" else app.test_client()

    assert client.get(path).headers["Cache-Control"] == "no-store"


def with_authenticator(client):
    """Set a second factor up as a person does; the app that shows its codes."""
    page = submit(client, "/tf-setup", {"setup": "authenticator"})
    assert 'src="data:image/svg' in page.text
    shown = TOTP(key=re.search(r'class="key">([^<]+)<', page.text).group(1))
    action = re.search(r'action="(/tf-setup/[^"]+)"', page.text).group(1)
    mistyped = submit(client, "/tf-setup", {"code": "000000"}, to=action).text
    assert re.search('<a href="#code">([^<]+)</a>', mistyped)[1].startswith("That code is not the one")
    assert re.search(r'class="key">([^<]+)<', mistyped)[1] in page.text
    assert "not the one" not in client.get("/tf-setup").text  # said once
    assert submit(client, "/tf-setup", {"code": shown.generate().token}, to=action).status_code == 302
    return shown


def test_with_a_second_factor_the_password_alone_opens_nothing(app):
    user = make_user()
    shown = with_authenticator(signed_in(app.test_client(), user))
    client = app.test_client()

    assert "/tf-validate" in sign_in(client, user.email).headers["Location"]
    assert client.get("/change").status_code == 302
    assert "not the one" in submit(client, "/tf-validate", {"code": "000000"}).text
    assert client.get("/change").status_code == 302
    assert submit(client, "/tf-validate", {"code": shown.generate().token}).status_code == 302
    assert client.get("/change").status_code == 200
    assert actions() == ["second_factor.set", "sign_in"]


def test_codes_cannot_be_guessed_by_trying_them_all(app, travel):
    travel(to=NOON)
    user = make_user()
    with_authenticator(signed_in(app.test_client(), user))
    travel(minutes=2)
    client = app.test_client()
    sign_in(client, user.email)

    codes = [submit(client, "/tf-validate", {"code": f"{number:06}"}).status_code for number in range(6)]

    assert codes == [200] * 5 + [429]


def test_a_recovery_code_lets_in_once_and_is_not_readable_in_the_database(app):
    user = make_user()
    inside = signed_in(app.test_client(), user)
    with_authenticator(inside)
    assert "Show my codes" not in inside.get("/mf-recovery-codes").text  # there are none
    made = submit(inside, "/mf-recovery-codes", {"generate_new_codes": "1"})
    assert "Show my codes" in inside.get("/mf-recovery-codes").text
    codes = re.findall(r"<li>([^<]+)</li>", made.text)
    assert len(codes) == 8
    assert not set(codes) & set(user.mf_recovery_codes)

    def enter(code):
        client = app.test_client()
        sign_in(client, user.email)
        submit(client, "/tf-validate", {"code": code}, to="/mf-recovery")
        return client.get("/change").status_code

    assert enter(codes[3]) == 200
    assert enter(codes[3]) == 302
    assert enter(codes[4]) == 200


def test_who_signed_in_long_ago_types_the_password_again_before_what_matters(app):
    client = signed_in(app.test_client(), make_user())
    with client.session_transaction("/login") as session:
        session["fs_paa"] = time.time() - 3 * 86400

    asked = client.get("/tf-setup").headers["Location"]
    assert "/verify" in asked
    assert "That is not your password." in submit(client, asked, {"password": "wrong wrong wrong"}, to="/verify").text
    again = submit(client, asked, {"password": PASSWORD, "next": "/tf-setup"}, to="/verify")

    assert again.headers["Location"] == "/tf-setup"
    assert client.get("/tf-setup").status_code == 200


def test_a_second_factor_can_be_taken_off_again(app):
    user = make_user()
    client = signed_in(app.test_client(), user)
    with_authenticator(client)

    assert submit(client, "/tf-setup", {"setup": "disable"}).status_code == 302

    assert user.tf_totp_secret is None
    assert sign_in(app.test_client(), user.email).headers["Location"] == "/admin/"


@pytest.fixture
def busy_hashing(app, monkeypatch):
    """While a password is hashed, somebody else writes to the database: it must not be locked."""
    other = create_engine(
        db.engine.url, poolclass=NullPool, connect_args={"timeout": 0.05} if db.engine.dialect.name == "sqlite" else {}
    )
    times = []

    def beside(slow):
        def hashing(*args, **kwargs):
            with other.begin() as connection:
                connection.execute(text("UPDATE site_state SET version = version + 1"))
            times.append(1)
            return slow(*args, **kwargs)

        return hashing

    context = app.extensions["security"].pwd_context
    monkeypatch.setattr(context, "verify", beside(context.verify))
    monkeypatch.setattr(context, "hash", beside(context.hash))
    return times


def test_nobody_waits_for_a_password_to_be_hashed(app, client, busy_hashing):
    user = make_user()
    link = inviting.password_link(user).removeprefix(app.config["SITE_URL"])
    db.session.commit()
    busy_hashing.clear()
    new, newer = "a fine long sentence", "another fine long sentence"

    assert submit(client, link, {"password": new, "password_confirm": new}).status_code == 302
    assert sign_in(client, user.email, "wrong wrong wrong").status_code == 200
    assert sign_in(client, user.email, new).status_code == 302
    changed = {"password": new, "new_password": newer, "new_password_confirm": newer}
    assert submit(client, "/change", changed).status_code == 302
    assert submit(app.test_client(), "/reset", {"email": "nobody@example.org"}).status_code == 200
    answers = {"title": "T", "name": "Ada", "email": "a@example.org", "password": new, "password_again": new}
    assert submit(app.test_client(), setting_up.offer_link(), answers).status_code == 302
    assert len(busy_hashing) == 7


def test_naughty_addresses_make_no_error(client):
    for email in ("\x00", "x" * 100_000, "a@b\x00.c", "‮@example.org", "<script>@example.org", "   ", "😀@example.org"):
        assert sign_in(client, email, "whatever\x00 it is").status_code in (200, 429)


def test_the_account_of_somebody_deleted_meanwhile_is_simply_signed_out(app):
    user = make_user()
    client = signed_in(app.test_client(), user)
    db.session.commit()
    db.session.delete(db.session.get(User, user.id))

    assert client.get("/change").status_code == 302
