"""The guide for extenders, followed to the letter in a fresh copy."""

import re
from pathlib import Path

from tests.cli.test_db_commands import flask, fresh_copy, said, warm_in  # noqa: F401 (a fixture)

GUIDE = (Path(__file__).resolve().parent.parent / "cms" / "help" / "extender.md").read_text()

TRY_IT = """
import re
from cms import create_app
from cms.db import db
from cms.models import AuditEntry, Event

app = create_app()
app.config["WTF_CSRF_ENABLED"] = False


def signed_in(name):
    client = app.test_client()
    client.post("/login", data={"email": f"{name}@example.org", "password": "a heron in the harbour"})
    return client


def listed(query=""):
    page = client.get("/admin/event/" + query)
    assert page.status_code == 200, page.text
    return "Evening of the Herons" in page.text.partition("<tbody>")[2]


def done(address, form):
    answer = client.post("/admin/event/" + address, data=form)
    assert answer.status_code == 302, (address, answer.status_code, answer.text)


client = signed_in("ada")
form = {"name": "Evening of the Herons", "place": "The pier", "starts_at": "2030-05-06T19:30"}

# The form and the list
done("new/", form)
assert client.post("/admin/event/new/", data={**form, "name": "x" * 121}).status_code == 422
assert listed() and listed("?search=pier") and listed("?place=pier") and listed("?sort=2&desc=1")
assert listed("?in=2030-05") and listed("?from=2030-05-06&to=2030-05-06")
assert not (listed("?search=barn") or listed("?place=barn") or listed("?in=2030-06") or listed("?from=2030-05-07"))
page = client.get("/admin/event/").text
assert "6 May 2030" in page
assert "Evening of the Herons" in client.get("/admin/event/export/csv/", buffered=True).text

# Changes, in the form and in the list
with app.app_context():
    number = db.session.scalars(db.select(Event.id)).one()
assert re.search("Evening of the Herons", client.get(f"/admin/event/edit/?id={number}").text)
done(f"edit/?id={number}", {**form, "place": "The barn"})
cell = f"ajax/update/?id={number}&column=place"
assert "The barn" in client.get("/admin/event/" + cell).text
done(cell, {"place": "The quay", "seen": "The barn"})
assert client.post("/admin/event/" + cell, data={"place": "x", "seen": "The barn"}).status_code == 422

# The trash
done("delete/", {"id": number})
assert not listed() and listed("?status=trashed")
done("restore/", {"id": number})
assert listed()
done("action/", {"action": "delete", "rowid": number, "confirmed": "yes"})
done("action/?status=trashed", {"action": "restore", "rowid": number})
assert listed() and not listed("?status=trashed")

# The audit log and the history
with app.app_context():
    event = db.session.scalars(db.select(Event)).one()
    assert event.starts_at.isoformat() == "2030-05-06T19:30:00+00:00", event.starts_at
    acts = [entry.action for entry in db.session.scalars(AuditEntry.about("event", event.id))]
    assert acts == ["event." + act for act in "restored trashed restored trashed edited edited created".split()], acts
history = client.get(f"/admin/event/history/?id={number}").text
assert re.search("Place</th><td[^>]*>The barn</td><td[^>]*>The quay", history), history
assert "Evening of the Herons" in client.get("/admin/audit/").text

# Rights
assert app.test_client().get("/admin/event/").status_code == 302
writer = signed_in("bob")
for address in ("", "new/", f"edit/?id={number}", f"history/?id={number}", "export/csv/", cell):
    assert writer.get("/admin/event/" + address).status_code == 403, address
for address in ("new/", f"edit/?id={number}", "delete/", "action/", cell):
    assert writer.post("/admin/event/" + address, data={**form, "id": number}).status_code == 403, address
assert ">Events" in client.get("/admin/").text and ">Events" not in writer.get("/admin/").text
print("it works")
"""


def test_a_model_of_ones_own_is_added_as_the_guide_says(fresh_copy):  # noqa: F811
    model, model_line, view, view_line = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (fresh_copy / "cms" / "models" / "event.py").write_text(model)
    (fresh_copy / "cms" / "admin" / "events.py").write_text(view)
    models = fresh_copy / "cms" / "models" / "__init__.py"
    models.write_text(models.read_text() + model_line)
    admin = fresh_copy / "cms" / "admin" / "__init__.py"
    listed = admin.read_text().replace("(PostView, ", "(EventView, PostView, ")
    admin.write_text(
        listed.replace("from flask_admin import Admin\n", f"from flask_admin import Admin\n{view_line}", 1)
    )

    with warm_in(fresh_copy) as warm:
        for arguments in (
            ("db", "upgrade"),
            ("db", "migrate", "-m", "Add events"),
            ("db", "upgrade"),
            ("db", "check"),
            ("people", "add", "ada@example.org", "--role", "admin", "--password-stdin"),
            ("people", "add", "bob@example.org", "--role", "author", "--password-stdin"),
        ):
            done = flask(warm, *arguments, typed="a heron in the harbour\n")
            assert done.returncode == 0, said(done)
        (migration,) = (fresh_copy / "migrations" / "versions").glob("*add_events*.py")
        assert "import cms" not in migration.read_text()
        assert "cms." not in migration.read_text()

        done = flask(warm, "shell", typed=f"exec({TRY_IT!r})\n")

        assert "it works" in done.stdout, said(done)
