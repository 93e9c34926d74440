"""The drawing of cards: letters of every script or none, never a box; kept, bounded, one at a time."""

import io
import threading

import pytest
from PIL import Image, ImageDraw

from cms.services import cards, fonts
from cms.services.cards import Card

BARE = Card("", "", "", "en")


def card(title="A title", **about):
    return Card(title, **{"byline": "Ada", "site": "The site", "language": "en", **about})


@pytest.fixture
def written(monkeypatch):
    """The words that are drawn, line by line."""
    lines, draw = [], ImageDraw.ImageDraw.text

    def note(self, place, text, **how):
        lines.append(text)
        draw(self, place, text, **how)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", note)
    return lines


@pytest.fixture
def no_fonts(monkeypatch):
    """A machine without any."""
    monkeypatch.setattr(fonts, "_installed", dict)


def test_a_card_is_a_small_png_of_the_size_that_is_asked_for():
    image = Image.open(io.BytesIO(content := cards.drawn(card("A title of some length, " * 6))))

    assert (image.format, image.size) == ("PNG", (1200, 630))
    assert len(content) < 60_000


def test_title_site_and_byline_stand_on_it(written):
    cards.drawn(card("Three parts of an error message"))

    assert " ".join(written) == "Three parts of an error message The site Ada"


@pytest.mark.parametrize("title", ["word " * 60, "x" * 200, "長" * 200, "Donaudampfschifffahrtsgesellschaft " * 8])
def test_the_longest_title_stays_on_the_card(written, no_fonts, monkeypatch, title):
    monkeypatch.setattr(fonts, "writing", lambda text, language="": fonts._loaded(None, 0))

    cards.drawn(card(title, site="", byline=""))

    font = fonts._loaded(None, 0).font_variant(size=cards.SIZES[-1])
    assert all(font.getlength(line) <= cards.WIDTH - 2 * cards.MARGIN for line in written)
    assert len(written) * cards.SIZES[-1] * cards.LEADING <= cards.TITLE_BOTTOM - cards.TITLE_TOP
    all_of_it = "".join(written).replace(" ", "") == title.replace(" ", "")
    assert written[-1].endswith(("…", "...")) or all_of_it


def test_a_line_ends_between_words_and_no_mark_of_cjk_begins_one():
    font = fonts._loaded(None, 0).font_variant(size=80)

    assert cards.broken("one two", font) == ["one two"]
    assert all(" " not in line[:1] + line[-1:] for line in cards.broken("some words " * 20, font))
    assert [piece.strip() for piece in cards._pieces("雨天，的 Flask 3.1!")] == ["雨", "天，", "的", "Flask", "3.1!"]


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Why we keep a paper notebook beside the screen", 2),
        ("A small server, properly looked after", 2),
        ("Bare", 1),
    ],
)
def test_the_lines_of_a_title_are_about_as_long(title, lines):
    font = fonts._loaded(None, 0)

    size, found = cards.fitted(title, font)

    widths = [font.font_variant(size=size).getlength(line) for line in found]
    assert " ".join(found) == title
    assert len(found) == lines
    assert min(widths) > max(widths) * 0.6


def test_a_title_is_rather_smaller_than_a_word_of_it_broken():
    word = "Rechtsschutzversicherungsgesellschaft"

    _, lines = cards.fitted(f"Die {word} und ich", fonts._loaded(None, 0))

    assert any(word in line.split() for line in lines)


@pytest.mark.parametrize(("title", "edge", "anchor"), [("رسالة من المقهى", "right", "rs"), ("Plain", "left", "ls")])
def test_everything_on_a_card_begins_at_the_edge_where_its_title_does(monkeypatch, title, edge, anchor):
    if fonts.writing(title) is None:
        pytest.skip(f"No font here writes {title}: fonts-dejavu does.")
    places, draw = [], ImageDraw.ImageDraw.text

    def note(self, place, text, **how):
        places.append((place[0], how["anchor"]))
        draw(self, place, text, **how)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", note)
    image = Image.open(io.BytesIO(cards.drawn(card(title)))).convert("L")

    begins = cards.WIDTH - cards.MARGIN if edge == "right" else cards.MARGIN
    assert set(places) == {(begins, anchor)}
    bar, other = (image.getpixel((x, 300)) for x in ((1195, 5) if edge == "right" else (5, 1195)))
    assert bar < 128 < other


@pytest.mark.usefixtures("no_fonts")
def test_what_no_font_can_write_is_left_out_and_never_a_box(written):
    for title in ("雨天的图书馆", "Größe", "كيف تكتب", "Ελληνικά"):
        cards.drawn(card(title))
        assert written == ["The site"], title
        written.clear()
    cards.drawn(card("雨", site="雨"))
    assert written == []
    assert cards.drawn(card("雨", site="雨")) == cards.drawn(BARE)


@pytest.mark.parametrize("title", ["雨天的图书馆", "كيف تكتب رسالة", "Größe und Maß", "静かな夜"])
def test_a_font_of_the_system_writes_what_it_has_all_letters_of(title):
    font = fonts.writing(title)
    if font is None:
        pytest.skip(f"No font here writes {title}: fonts-noto-cjk and fonts-dejavu do.")

    missing = fonts._drawn(font, fonts.NOWHERE)
    assert all(fonts._drawn(font, letter) != missing for letter in title if not letter.isspace())


def test_scripts_that_change_by_their_neighbours_need_a_shaper(monkeypatch):
    monkeypatch.setattr(fonts.features, "check", lambda feature: feature != "raqm")

    assert fonts.writing("كيف") is None
    assert fonts.writing("plain") is not None


def test_pictures_within_words_are_left_out(written):
    cards.drawn(card("🎉 We did it 👩‍👩‍👧 again ✈️"))

    assert written[0] == "We did it again"


def test_a_file_that_is_no_font_is_passed_by(monkeypatch, tmp_path):
    (tmp_path / "Inter-Bold.ttf").write_text("no font")
    monkeypatch.setattr(fonts, "_installed", lambda: {"Inter-Bold.ttf": str(tmp_path / "Inter-Bold.ttf")})

    assert fonts.writing("plain").getname()[0] == "Aileron"


def test_a_card_is_drawn_once_and_only_the_newest_are_kept(app, monkeypatch):
    drawings = []
    monkeypatch.setattr(cards, "drawn", lambda one: drawings.append(one.title) or one.title.encode())
    monkeypatch.setattr(cards, "MOST_KEPT", 2)
    monkeypatch.setattr(cards, "_age", lambda path: int(path.read_bytes()))

    places = [cards.kept(card(str(number))) for number in (1, 1, 2, 2, 3)]

    assert drawings == ["1", "2", "3"]
    assert [place.is_file() for place in places] == [False, False, True, True, True]
    assert {path.name for path in places[0].parent.iterdir()} - {place.name for place in places} <= {"lock"}
    for place in places:
        place.unlink(missing_ok=True)


def test_many_at_once_draw_each_card_once_and_the_others_are_told_to_come_back(app, monkeypatch):
    begun, go_on, drawings = threading.Event(), threading.Event(), []

    def slow(one):
        drawings.append(one.title)
        begun.set()
        assert go_on.wait(20)
        return b"drawn"

    monkeypatch.setattr(cards, "drawn", slow)
    found = []

    def ask():
        with app.app_context():
            found.append(cards.kept(card("Slow")))

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    assert begun.wait(20)
    while cards.WAITING._value:  # until the second one waits as well
        threading.Event().wait(0.001)
    with pytest.raises(cards.Busy):
        cards.kept(card("Another"))
    go_on.set()
    for asker in askers:
        asker.join(20)

    assert drawings == ["Slow"]
    assert len({str(place) for place in found}) == 1
    found[0].unlink()


def test_the_digest_is_another_for_other_words_and_for_another_site(app, monkeypatch):
    digests = {card().digest, card("Another").digest, card(byline="Grace").digest, card(language="de").digest}
    monkeypatch.setitem(app.config, "SECRET_KEY", "of another site")

    assert len(digests | {card().digest}) == 5
