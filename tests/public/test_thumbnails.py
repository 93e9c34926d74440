"""Small pictures of large ones, which the lists and pickers of the admin show."""

import io
from contextlib import ExitStack

import pytest
from PIL import Image

from cms.services import media, thumbnails
from tests.services.test_media import picture

LARGE = (1600, 900)


@pytest.fixture
def folder(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "MEDIA_PATH", tmp_path)
    return tmp_path


def opened(response):
    image = Image.open(io.BytesIO(response.data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("kind", "mode", "name"), [("JPEG", "RGB", "a.jpg"), ("PNG", "RGBA", "a.png"), ("PNG", "P", "a.png")]
)
def test_a_large_picture_has_a_small_one_that_is_made_once(client, folder, kind, mode, name):
    item = media.add(picture(kind, LARGE, mode), name, by=None)
    address = thumbnails.url_of(item)

    first = client.get(address, buffered=True)
    (kept,) = folder.glob(".thumbnails/*/*")
    made = kept.stat().st_mtime_ns
    again = client.get(address, buffered=True)

    assert (first.status_code, first.content_type) == (200, "image/webp")
    assert opened(first).size == (320, 180)
    assert len(first.data) < item.size_bytes / 10
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert again.data == first.data
    assert kept.stat().st_mtime_ns == made
    assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}, buffered=True).status_code == 304


def test_what_is_seen_through_stays_so_and_of_an_animation_the_first_moment_is_shown(client, folder):
    clear = io.BytesIO()
    Image.new("RGBA", (500, 400), (200, 0, 0, 60)).save(clear, "PNG")
    frames = [Image.new("P", (600, 600), colour) for colour in (1, 2)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])

    one = opened(client.get(thumbnails.url_of(media.add(clear.getvalue(), "clear.png", by=None)), buffered=True))
    other = opened(client.get(thumbnails.url_of(media.add(moving.getvalue(), "moving.gif", by=None)), buffered=True))

    assert one.mode == "RGBA"
    assert one.getpixel((10, 10))[3] == 60
    assert (other.size, getattr(other, "n_frames", 1)) == ((320, 320), 1)


def test_a_small_picture_is_shown_as_it_is(app, folder):
    item = media.add(picture(size=(320, 40)), "line.png", by=None)

    assert thumbnails.url_of(item) == media.url_of(item)


def test_what_cannot_be_made_small_is_shown_whole(client, folder):
    item = media.add(picture("JPEG", LARGE), "a.jpg", by=None)
    address, whole = thumbnails.url_of(item), media.url_of(item)

    with ExitStack() as others:
        while thumbnails.MAKING.acquire(blocking=False):
            others.callback(thumbnails.MAKING.release)
        busy = client.get(address)
    media.path_of(item).write_bytes(picture("JPEG", LARGE)[:500])
    broken = client.get(address)

    for answer in (busy, broken):
        assert (answer.status_code, answer.headers["Location"]) == (302, whole)
        assert answer.headers["Cache-Control"] == "no-store"
    assert not list(folder.glob(".unfinished/*"))
    assert not list(folder.glob(".thumbnails/*/*"))


def test_there_is_none_of_what_is_no_picture_or_not_there(client, folder):
    paper = media.add(b"%PDF-1.7 words", "paper.pdf", by=None)

    for name in (paper.path, f"aa/{'a' * 64}.png", "../secrets.json", ".thumbnails/x.png", "x"):
        assert client.get(f"/media/thumbnails/{name}.webp").status_code == 404, name
