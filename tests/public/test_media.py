import hashlib
from pathlib import Path

import pytest


@pytest.fixture
def stored(app):
    """Puts bytes where media lie, and gives their address."""
    made = []

    def store(content: bytes, extension: str) -> str:
        digest = hashlib.sha256(content).hexdigest()
        place = Path(app.config["MEDIA_PATH"]) / digest[:2] / f"{digest}.{extension}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        made.append(place)
        return f"/media/{digest[:2]}/{digest}.{extension}"

    yield store
    for place in made:
        place.unlink()


def test_a_picture_is_served_once_and_for_all(client, stored):
    address = stored(b"not really a picture", "png")

    response = client.get(address, buffered=True)

    assert response.data == b"not really a picture"
    assert response.content_type == "image/png"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "attachment" not in response.headers.get("Content-Disposition", "")
    assert client.get(address, headers={"If-None-Match": response.headers["ETag"]}, buffered=True).status_code == 304


def test_part_of_a_film_may_be_asked_for(client, stored):
    response = client.get(stored(b"0123456789", "mp4"), headers={"Range": "bytes=2-4"}, buffered=True)

    assert (response.status_code, response.data) == (206, b"234")


@pytest.mark.parametrize("extension", ["html", "svg", "js", "zip"])
def test_what_could_carry_a_script_is_for_keeping_not_for_opening(client, stored, extension):
    response = client.get(stored(b"<script>alert(1)</script>", extension), buffered=True)

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.mimetype == "application/octet-stream"


@pytest.mark.parametrize(
    "name", ["ab/abc.png", "../cms.sqlite3", "..%2f..%2fcms.env", f"ab/{'cd' * 32}.png", f"{'ab' * 32}.png", "%00"]
)
def test_nothing_else_is_found(client, name):
    assert client.get(f"/media/{name}").status_code == 404
