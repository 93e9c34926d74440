"""The guide for extenders, followed to the letter in a fresh copy."""

import re
from pathlib import Path

from tests.cli.test_db_commands import flask, fresh_copy, said, warm_in  # noqa: F401 (a fixture)

GUIDE = (Path(__file__).resolve().parent.parent / "cms" / "help" / "extender.md").read_text()

TRY_IT = """
import re
from cms import create_app
from cms.config import Settings
from cms.db import db
from cms.models import AuditEntry, Event

app = create_app()
app.config["WTF_CSRF_ENABLED"] = False
client = app.test_client()
client.post("/login", data={"email": "ada@example.org", "password": "a heron in the harbour"})
assert client.get("/admin/event/").status_code == 200
form = {"name": "Evening of the Herons", "place": "The pier", "starts_at": "2030-05-06T19:30"}
answer = client.post("/admin/event/new/", data=form, follow_redirects=True)
assert "Evening of the Herons" in answer.text, answer.text
assert "Evening of the Herons" in client.get("/admin/event/?search=pier").text
assert client.post("/admin/event/new/", data={**form, "name": "x" * 121}).status_code == 422
assert app.test_client().get("/admin/event/").status_code == 302
with app.app_context():
    event = db.session.scalars(db.select(Event)).one()
    assert event.starts_at.isoformat() == "2030-05-06T19:30:00+00:00", event.starts_at
    assert [entry.action for entry in db.session.scalars(AuditEntry.about("event", event.id))] == ["event.created"]
    page = client.get(f"/admin/event/edit/?id={event.id}")
    assert re.search("Evening of the Herons", page.text)
print("it works")
"""


def test_a_model_of_ones_own_is_added_as_the_guide_says(fresh_copy):  # noqa: F811
    model, model_line, view, view_line = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (fresh_copy / "cms" / "models" / "event.py").write_text(model)
    (fresh_copy / "cms" / "admin" / "events.py").write_text(view)
    models = fresh_copy / "cms" / "models" / "__init__.py"
    models.write_text(models.read_text() + model_line)
    admin = fresh_copy / "cms" / "admin" / "__init__.py"
    listed = re.sub(r'("Write": \()', r"\1EventView, ", admin.read_text())
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
        ):
            done = flask(warm, *arguments, typed="a heron in the harbour\n")
            assert done.returncode == 0, said(done)
        (migration,) = (fresh_copy / "migrations" / "versions").glob("*add_events*.py")
        assert "import cms" not in migration.read_text()
        assert "cms." not in migration.read_text()

        done = flask(warm, "shell", typed=f"exec({TRY_IT!r})\n")

        assert "it works" in done.stdout, said(done)
