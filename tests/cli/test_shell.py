"""``flask shell`` has app, db and every model at hand."""

import os
import subprocess
import sys
from pathlib import Path

from cms import models
from cms.db import db

ROOT = Path(__file__).resolve().parent.parent.parent
QUESTION = """
from cms import models
missing = [name for name in ("app", "db", *models.__all__) if name not in globals()]
others = [name for name in models.__all__ if globals().get(name) is not getattr(models, name)]
print("missing:", missing, "others:", others)
"""


def test_every_model_is_named_in_the_models():
    everyone = {mapper.class_.__name__ for mapper in db.Model.registry.mappers}

    assert everyone <= set(models.__all__)
    assert len(everyone) > 15


def test_every_model_is_at_hand_in_the_shell(app):
    names = app.make_shell_context()

    assert names["db"] is db
    for name in models.__all__:
        assert names[name] is getattr(models, name)


def test_the_shell_itself_knows_them(tmp_path):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CMS_")}
    environ["CMS_INSTANCE_PATH"] = str(tmp_path / "instance")
    command = [sys.executable, "-m", "flask", "--app", "run.py", "shell"]

    done = subprocess.run(
        command, cwd=ROOT, env=environ, input=f"exec({QUESTION!r})\n", text=True, capture_output=True, timeout=120
    )

    assert "missing: [] others: []" in done.stdout, done.stdout + done.stderr
