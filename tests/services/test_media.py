import hashlib
import io
import random

import pytest
from flask import Flask
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import func, select

from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.models import Media
from cms.services import media
from cms.services.pictures import MOST_PIXELS
from tests.factories import make_post, make_user


@pytest.fixture(autouse=True)
def media_folder(app: Flask, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "MEDIA_PATH", str(tmp_path / "media"))
    return tmp_path / "media"


def picture(kind="PNG", size=(40, 30), mode="RGB", **options) -> bytes:
    buffer = io.BytesIO()
    image = Image.effect_noise(size, 60).convert(mode)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(item: Media) -> Image.Image:
    return Image.open(io.BytesIO(media.path_of(item).read_bytes()))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("PNG", "a.png"), ("JPEG", "a.JPG"), ("JPEG", "a.jpeg"), ("GIF", "a.gif"), ("WEBP", "a.webp"), ("AVIF", "a.avif")],
)
def test_a_picture_is_stored_with_its_size_under_the_digest_of_its_bytes(app, media_folder, kind, name):
    item = media.add(picture(kind), name, by=make_user("author"))

    stored = media.path_of(item)
    assert stored.is_relative_to(media_folder)
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == stored.stem == item.sha256
    assert (item.width, item.height, item.size_bytes) == (40, 30, stored.stat().st_size)
    assert media.url_of(item) == f"/media/{item.sha256[:2]}/{item.sha256}.{item.extension}"
    assert opened(item).format == kind


def test_the_same_bytes_twice_are_one_row_and_one_file(app, media_folder):
    content = picture("JPEG")

    first = media.add(content, "one.jpg", by=None)
    second = media.add(content, "two.jpg", by=None)

    assert first is second
    assert db.session.scalar(select(func.count()).select_from(Media)) == 1
    assert len([path for path in media_folder.rglob("*") if path.is_file()]) == 1


def test_a_picture_that_was_downloaded_from_here_is_the_same_when_it_comes_back(app):
    first = media.add(picture("JPEG"), "one.jpg", by=None)

    again = media.add(media.path_of(first).read_bytes(), "copy.jpg", by=None)

    assert again is first


def test_metadata_goes_and_what_the_camera_says_about_up_and_down_is_done(app):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    exif[0x010F] = "Secret Camera"
    content = picture("JPEG", exif=exif.tobytes(), comment=b"taken at home")

    item = media.add(content, "phone.jpg", by=None)

    assert (item.width, item.height) == (30, 40)
    stored = media.path_of(item).read_bytes()
    assert b"Secret Camera" not in stored
    assert b"taken at home" not in stored
    assert not opened(item).getexif()


def test_words_hidden_in_a_png_go(app):
    words = PngInfo()
    words.add_text("Author", "Somebody Private")

    item = media.add(picture("PNG", pnginfo=words), "a.png", by=None)

    assert b"Somebody Private" not in media.path_of(item).read_bytes()


def test_a_small_colour_profile_stays(app):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    item = media.add(picture("JPEG", icc_profile=profile), "a.jpg", by=None)

    assert opened(item).info.get("icc_profile") == profile


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_goes_on_moving(app, kind):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0)

    item = media.add(buffer.getvalue(), f"a.{kind.lower()}", by=None)

    assert opened(item).n_frames == 3


def test_a_see_through_picture_stays_see_through(app):
    buffer = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(buffer, "PNG")

    item = media.add(buffer.getvalue(), "a.png", by=None)

    assert opened(item).getpixel((5, 5))[3] == 0


def test_print_colours_become_screen_colours(app):
    item = media.add(picture("JPEG", mode="CMYK"), "print.jpg", by=None)

    assert opened(item).mode == "RGB"


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "a.svg", "SVG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "not a picture"),
        (b"<html><script>alert(1)</script></html>", "a.jpg", "not a picture"),
        (b"MZ\x90\x00", "setup.exe", "not taken"),
        (b"hello", "noextension", "not taken"),
        (b"<script>alert(1)</script>", "a.pdf", "something else"),
        (b"PK\x03\x04", "a.mp4", "something else"),
        (b"", "a.png", "empty"),
        (b"", "a.pdf", "something else"),
    ],
)
def test_what_is_not_what_it_says_is_refused_and_leaves_no_file(app, media_folder, content, name, says):
    with pytest.raises(InvalidChange, match=says) as refused:
        media.add(content, name, by=None)

    assert refused.value.field == "file"
    assert not [path for path in media_folder.rglob("*") if path.is_file()]


def test_a_picture_under_a_false_name_is_refused_unless_the_name_may_be_mended(app):
    content = picture("PNG")

    with pytest.raises(InvalidChange, match="PNG picture"):
        media.add(content, "photo.jpg", by=None)
    with media.prepared(content, "photo.jpg", mend_name=True) as found:
        assert (found.filename, found.extension, found.content_type) == ("photo.png", "png", "image/png")


def test_a_picture_that_was_cut_off_is_refused(app):
    content = picture("JPEG", size=(200, 200))

    with pytest.raises(InvalidChange, match="damaged"):
        media.add(content[: len(content) // 2], "a.jpg", by=None)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(app):
    buffer = io.BytesIO()
    Image.new("1", (10_000, MOST_PIXELS // 10_000 + 1)).save(buffer, "PNG")

    with pytest.raises(InvalidChange, match="million pixels"):
        media.add(buffer.getvalue(), "bomb.png", by=None)


def test_random_bytes_behind_each_beginning_never_break_anything(app):
    chance = random.Random(7)
    beginnings = [picture(kind)[:30] for kind in ("PNG", "JPEG", "GIF", "WEBP")]
    for _ in range(60):
        content = chance.choice(beginnings) + chance.randbytes(200)
        with pytest.raises(InvalidChange):
            media.add(content, f"a.{chance.choice(('png', 'jpg', 'gif', 'webp'))}", by=None)


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (b"%PDF-1.7\n...", "paper.pdf", "application/pdf"),
        (b"ID3\x04rest", "talk.mp3", "audio/mpeg"),
        (b"\x00\x00\x00\x18ftypisom", "film.mp4", "video/mp4"),
        (b"\x1a\x45\xdf\xa3rest", "film.webm", "video/webm"),
        (b"OggSrest", "talk.ogg", "audio/ogg"),
    ],
)
def test_other_files_are_kept_as_they_are(app, content, name, content_type):
    item = media.add(io.BytesIO(content), name, by=None)

    assert media.path_of(item).read_bytes() == content
    assert (item.content_type, item.width, item.is_picture) == (content_type, None, False)


def test_a_file_that_is_too_heavy_is_refused(app, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_UPLOAD_MB", 1)

    with pytest.raises(InvalidChange, match="at most 1 MB"):
        media.add(b"%PDF-" + b"x" * 1_100_000, "a.pdf", by=None)


def test_a_name_is_no_path(app):
    item = media.add(picture(), "../../etc/\x00passwd.png", by=None)

    assert item.filename == "passwd.png"


def test_who_may_not_upload_is_refused(app):
    with pytest.raises(NotAllowed):
        media.add(picture(), "a.png", by=make_user(None))


def test_authors_put_their_own_uploads_into_the_trash_and_no_others(app):
    mine, other = make_user("author"), make_user("author")
    item = media.add(picture(), "a.png", by=mine)

    with pytest.raises(NotAllowed):
        media.trash(item, by=other)
    media.trash(item, by=mine)

    assert item.deleted_at is not None
    assert media.add(media.path_of(item).read_bytes(), "a.png", by=mine).deleted_at is None


def test_a_file_that_was_lost_comes_back_when_it_is_sent_again(app):
    content = picture()
    item = media.add(content, "a.png", by=None)
    media.path_of(item).unlink()

    assert media.add(content, "a.png", by=None) is item
    assert media.path_of(item).is_file()


def test_it_is_known_which_posts_show_a_picture(app):
    item = media.add(picture(), "a.png", by=None)
    cover = make_post(cover_id=item.id)
    inside = make_post(body=f"Look: ![]({media.url_of(item)})")
    make_post()

    assert {post.id for post in media.used_in(item)} == {cover.id, inside.id}
