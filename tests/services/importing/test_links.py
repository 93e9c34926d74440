import pytest

from cms.services.importing import ledger
from cms.services.importing.links import AddressBook, Rewriter, folded
from cms.services.importing.marks import Text

FILES = {"/assets/a.jpg": "/media/aa/a.jpg", "/assets/a b.jpg": "/media/ab/ab.jpg", "/files/a.pdf": "/media/pd/f.pdf"}


def rewritten(text: str, old_site: str = ""):
    book = AddressBook(old_site=old_site, hosts={"old.example"}, tags={"cats"}, authors={"ann": "/authors/ann"})
    book.add_post("/2016/03/01/one/", "/posts/one")
    notes = []
    rewriter = Rewriter(book, lambda path, line: FILES.get(path), lambda *note: notes.append(note))
    return rewriter.rewrite(Text(text, [0], [1])), notes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[x](/2016/03/01/one/)", "[x](/posts/one)"),
        ("[x](/2016/03/01/One)", "[x](/posts/one)"),
        ("[x](//2016/03/01/one/)", "[x](/posts/one)"),
        ("[x](https://old.example/2016/03/01/one/#part)", "[x](/posts/one#part)"),
        ("[x](/2016/03/01/one/?a=b 'title')", "[x](/posts/one?a=b 'title')"),
        ("[x](https://other.example/2016/03/01/one/)", "[x](https://other.example/2016/03/01/one/)"),
        ("[x]: /2016/03/01/one/", "[x]: /posts/one"),
        ('<a href="/2016/03/01/one/">x</a>', '<a href="/posts/one">x</a>'),
        ("[x](/tags/cats/) [y](/author/ann/) [z](/)", "[x](/tags/cats) [y](/authors/ann) [z](/)"),
        ("![x](/assets/a.jpg)", "![x](/media/aa/a.jpg)"),
        ("![x](/assets/a%20b.jpg)", "![x](/media/ab/ab.jpg)"),
        ("[![x](/assets/a.jpg)](/2016/03/01/one/)", "[![x](/media/aa/a.jpg)](/posts/one)"),
        ("<img class='b' src='/assets/a.jpg'>", "<img class='b' src='/media/aa/a.jpg'>"),
        ("[x](/files/a.pdf)", "[x](/media/pd/f.pdf)"),
        ("![x](/assets/gone.jpg)", "![x](/assets/gone.jpg)"),
        ("[x](#part) [y](mailto:a@b.example)", "[x](#part) [y](mailto:a@b.example)"),
        ("`[x](/2016/03/01/one/)`", "`[x](/2016/03/01/one/)`"),
        ("```\n[x](/2016/03/01/one/)\n```", "```\n[x](/2016/03/01/one/)\n```"),
        ("``a`b`` [x](/2016/03/01/one/)", "``a`b`` [x](/posts/one)"),
        ("[^1]: /2016/03/01/one/", "[^1]: /2016/03/01/one/"),
    ],
)
def test_addresses_lead_to_where_things_are_now_and_code_is_left_alone(before, after):
    assert rewritten(before)[0] == after


def test_a_link_to_what_was_not_imported_stays_and_is_reported():
    text, notes = rewritten("a\n\n[x](/about/)")

    assert text == "a\n\n[x](/about/)"
    assert notes == [(ledger.LEADS_NOWHERE, 3, "/about/")]


def test_what_was_not_imported_leads_to_the_old_site_where_that_goes_on():
    text, notes = rewritten("[x](/about/#us) ![y](/assets/gone.jpg) [z](/2016/03/01/one/)", "https://old.example")

    assert text == "[x](https://old.example/about/#us) ![y](https://old.example/assets/gone.jpg) [z](/posts/one)"
    assert notes == [(ledger.LEADS_NOWHERE, 1, "/about/#us")]


def test_a_frame_becomes_a_link_since_frames_are_not_shown():
    text, notes = rewritten('<iframe width="9"\nsrc="//www.youtube.com/embed/abc" title="A &amp; B"></iframe>')

    assert text == '<a href="https://www.youtube.com/watch?v=abc">A &amp; B</a>'
    assert notes[0][0] == ledger.REPLACED


def test_scripts_are_kept_and_reported_since_nobody_will_see_them():
    text, notes = rewritten("<script src='https://x.example/y.js'></script>")

    assert text.startswith("<script")
    assert notes[0][0] == ledger.NOT_SHOWN


@pytest.mark.parametrize("style", [" {.font-alt-xs}", "{: .lead}", "{.float-left .padding-2}"])
def test_styles_of_the_old_theme_are_taken_out_and_reported(style):
    text, notes = rewritten(f"Thanks.{style}\nMore")

    assert text == "Thanks.\nMore"
    assert notes[0][0] == ledger.LEFT_OUT


def test_old_addresses_are_compared_without_case_slash_and_ending():
    assert folded("/2016/03/01/One/") == folded("/2016/03/01/one.html") == folded("/2016/03/01/one/index.html")
