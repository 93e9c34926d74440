"""Who enters the admin, and by which doors."""

import re

import pytest
from flask_admin.contrib.sqla import ModelView

from cms.admin.base import CmsModelView
from tests.factories import make_author, make_page, make_post, make_tag, make_user
from tests.signing_in import signed_in

SAMPLE = {"number": 1, "guide_name": "editor", "export_type": "csv", "filename": "x"}


def admin_addresses(app):
    """Each address under /admin with its methods, static files left out: they are the package's own and public."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if not rule.rule.startswith("/admin") or rule.endpoint.endswith(".static"):
                continue
            values = {name: SAMPLE.get(name, 1) for name in rule.arguments}
            _, address = rule.build(values)
            for method in sorted(rule.methods & {"GET", "POST"}):
                yield method, address


def test_every_address_asks_a_stranger_to_sign_in(app, client):
    addresses = list(admin_addresses(app))
    assert len(addresses) > 50
    for method, address in addresses:
        app.config["WTF_CSRF_ENABLED"] = False
        try:
            answer = client.open(address, method=method)
        finally:
            app.config["WTF_CSRF_ENABLED"] = True
        assert answer.status_code == 302, (method, address)
        assert answer.location.startswith("/login"), (method, address)


def test_a_person_without_roles_is_kept_out_everywhere(app, client):
    signed_in(client, make_user(None))
    for method, address in admin_addresses(app):
        if method == "GET":
            assert client.get(address).status_code == 403, address


def test_every_post_without_a_token_is_refused(app, client):
    signed_in(client, make_user("admin"))
    for method, address in admin_addresses(app):
        if method == "POST":
            assert client.post(address).status_code == 400, address


def test_every_table_is_a_cms_view_with_its_form_written_out(app):
    views = [view for view in app.extensions["admin"][0]._views if isinstance(view, ModelView)]
    assert len(views) >= 6
    for view in views:
        assert isinstance(view, CmsModelView), view
        assert view.form_columns is not None, view
        assert view.needs != "admin.enter", view


@pytest.mark.parametrize("role", ["admin", "editor", "author", "contributor"])
def test_each_role_opens_what_its_menu_offers(app, client, role):
    person = make_user(role)
    make_post(by=person, tags=["Flask"])
    make_page()
    make_tag()
    make_author()
    signed_in(client, person)
    with app.test_request_context():
        home = client.get("/admin/")
    assert home.status_code == 200
    for address in set(re.findall(r'href="(/admin/[^"#?]*)"', home.text)):
        assert client.get(address).status_code == 200, address


def test_the_way_back_after_signing_in_is_kept(client):
    answer = client.get("/admin/post/?state=draft")

    assert answer.location == "/login?next=/admin/post/?state%3Ddraft"


def test_an_error_inside_has_the_menu_round_it_for_whoever_may_enter(client):
    public = client.get("/admin/nowhere")
    assert public.status_code == 404
    assert "/assets/theme/" in public.text
    signed_in(client, make_user("author"))

    for address, code, words in (
        ("/admin/nowhere", 404, "There is nothing here"),
        ("/admin/post/edit/?id=999", 404, "There is nothing here"),
        ("/admin/user/", 403, "This is not open to you"),
        ("/admin/post/action/", 405, "That cannot be done here"),
    ):
        page = client.get(address)
        assert page.status_code == code, address
        assert f"<h1>{words}</h1>" in page.text
        assert '<nav aria-label="Admin">' in page.text
        assert "script-src 'self' 'nonce-" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"
        assert ("Posts</a>" in page.text.partition("<main")[2]) == ("edit" in address)
        current = re.findall(r'href="(/admin/[^"]*)" aria-current', page.text)
        assert current == (["/admin/post/"] if "edit" in address else [])
    assert "/assets/theme/" in client.get("/administration").text
