from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture
def unguarded(app: Flask) -> Iterator[Flask]:
    """The app without tokens in its forms: other tests see to those, and here each form would cost another page."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.config["WTF_CSRF_ENABLED"] = True
