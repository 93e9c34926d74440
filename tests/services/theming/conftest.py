import shutil
from pathlib import Path

import pytest

from tests.theme_files import write_theme


@pytest.fixture(scope="session")
def database_kind():
    """One will do: a theme asks the database nothing."""
    return "sqlite"


@pytest.fixture
def theme(app):
    """Writes a theme of the site's own, which is gone afterwards."""
    yield lambda *args, **files: write_theme(app, *args, **files)
    shutil.rmtree(Path(app.instance_path) / "themes", ignore_errors=True)
