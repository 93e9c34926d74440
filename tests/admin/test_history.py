"""The page that tells what was done to one record."""

import re
from datetime import UTC, datetime

import pytest

from cms.admin.history import words_of
from cms.db import db
from cms.models import AuditEntry, Revision
from cms.services import accounts, auditing, media, publishing, revising, tagging
from tests.admin.test_escalation import person_who_may
from tests.admin.test_media import picture
from tests.factories import make_author, make_comment, make_page, make_post, make_tag, make_user
from tests.signing_in import signed_in


def acts(page):
    """What the page lists: words, who, and the changed fields."""
    return [
        (words, plain(who).removeprefix("by ").split(",")[0], [tuple(map(plain, row)) for row in changed(rest)])
        for words, who, rest in re.findall(
            r'<p class="act"><strong>(.*?)</strong> <span class="muted">(.*?)</span></p>(.*?)</li>', page, re.DOTALL
        )
    ]


def changed(html):
    """Each field, what it was and what it became; of a first state there is only what it holds."""
    cells = r"(?:<td[^>]*>(.*?)</td>)?<td[^>]*>(.*?)</td>"
    return re.findall(rf'<tr><th scope="row">(.*?)</th>{cells}</tr>', html, re.DOTALL)


def plain(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)).strip()


def test_a_renamed_tag_shows_who_did_it_and_what_it_was(client):
    editor = make_user("editor", name="Edith")
    tag = make_tag("old")
    tagging.rename(tag, "new", by=editor)
    signed_in(client, editor)

    page = client.get(f"/admin/tag/history/?id={tag.id}").text

    (last, *_) = acts(page)
    assert last[:2] == ("Renamed", "Edith")
    assert ("Name", "old", "new") in last[2]
    assert "/admin/audit/" not in page
    assert f'href="/admin/tag/history/?id={tag.id}"' in client.get(f"/admin/tag/edit/?id={tag.id}").text


def test_a_post_shows_its_revisions_and_its_publishing_in_one_row_of_time(client, travel):
    editor = make_user("editor", name="Edith")
    post = make_post("draft", title="First")
    travel(minutes=30)
    revising.save(post, {"title": "Second", "body": "x" * 1000}, by=editor)
    travel(minutes=30)
    publishing.publish(post, by=editor)
    signed_in(client, editor)

    found = acts(client.get(f"/admin/post/history/?id={post.id}").text)

    assert {words for words, _, _ in found[:2]} == {"Published", "Published, version 2"}
    texts = {field: (was, became) for _, _, rows in found for field, was, became in rows}
    assert texts["Title"][1] in ("First", "Second")
    bodies = [became for _, _, rows in found for field, _, became in rows if field == "Body"]
    assert bodies
    assert all(len(body) < 410 for body in bodies)


def test_of_a_long_text_the_history_shows_the_place_that_changed(client, travel):
    editor = make_user("editor", name="Edith")
    start, end = "Once upon a time. " * 100, " And so on." * 100
    post = make_post("draft", body=f"{start}The heron slept.{end}", by=editor)
    travel(minutes=30)
    revising.save(post, {"body": f"{start}The heron flew.{end}"}, by=editor)
    signed_in(client, editor)

    (newest, *_) = acts(client.get(f"/admin/post/history/?id={post.id}").text)

    ((was, became),) = [row[1:] for row in newest[2] if row[0] == "Body"]
    assert "Once upon a time. The heron slept. And so on." in was
    assert "Once upon a time. The heron flew. And so on." in became
    assert all(text.startswith("… ") and text.endswith(" …") and len(text) < 410 for text in (was, became))


def test_authors_and_covers_are_told_by_their_names(client):
    editor = make_user("editor", name="Edith")
    ada, grace = make_author("Ada"), make_author("Grace")
    boat = media.add(picture(), "boat.png", by=None)
    post = make_post("draft", authors=[ada.id])
    revising.save(post, {"authors": [grace.id], "cover_id": boat.id}, by=editor)
    db.session.delete(ada)
    signed_in(client, editor)

    told = [row for _, _, rows in acts(client.get(f"/admin/post/history/?id={post.id}").text) for row in rows]

    assert ("Authors", f"author {ada.id}, which is gone", "Grace") in told
    assert ("Cover", "", "boat.png") in told
    newest = db.session.scalars(Revision.of(post).limit(1)).one()
    page = client.get(f"/admin/revision/details/?id={newest.id}").text
    assert f"author {ada.id}, which is gone" in page


def test_names_in_the_history_lead_to_what_one_may_open(client):
    writer, editor = make_user("author"), make_user("editor")
    sea, boat = make_tag("Sea & salt"), media.add(picture(), "<boat>.png", by=editor)
    post = make_post("draft", by=writer)
    revising.save(post, {"tags": [sea.name, "Gone"], "cover_id": boat.id}, by=editor)
    db.session.delete(next(tag for tag in post.tags if tag.name == "Gone"))
    links = {
        f'<a href="/admin/tag/edit/?id={sea.id}">Sea &amp; salt</a>',
        f'<a href="/admin/media/edit/?id={boat.id}">&lt;boat&gt;.png</a>',
        f'<a href="/admin/author/edit/?id={post.authors[0].id}">{writer.name}</a>',
    }

    for person, expected in ((editor, links), (writer, set())):
        page = signed_in(client, person).get(f"/admin/post/history/?id={post.id}").text
        assert {link for link in links if link in page} == expected
        assert "&lt;boat&gt;.png" in page
        assert "Gone" in page


def all_acts(client, address):
    """Those of all pages, each page but the last a full one."""
    found = []
    while address:
        page = client.get(address).text
        found.append(acts(page))
        further = re.search(r'href="([^"]+)">Earlier</a>', page)
        address = further[1].replace("&amp;", "&") if further else None
    assert {len(page) for page in found[:-1]} <= {20}
    return [act for page in found for act in page]


@pytest.mark.parametrize("minutes", [1, 0], ids=["one a minute", "all at one time"])
def test_it_goes_back_page_by_page_without_leaving_anything_out(client, travel, minutes):
    editor = make_user("editor")
    tag = make_tag("tag 0")
    for number in range(1, 46):
        travel(minutes=minutes)
        tagging.rename(tag, f"tag {number}", by=editor)
    signed_in(client, editor)

    found = all_acts(client, f"/admin/tag/history/?id={tag.id}")

    names = [became for _, _, rows in found for field, _, became in rows if field == "Name"]
    assert names == [f"tag {number}" for number in range(45, 0, -1)]


def test_entries_and_revisions_of_one_time_are_each_told_once(client, travel):
    travel()
    editor, other = make_user("editor"), make_user("editor")
    post = make_post("draft", title="Title 0")
    for number in range(1, 31):
        who = (editor, other)[number % 2]  # what one person saves in ten minutes would be one revision
        revising.save(post, {"title": f"Title {number}"}, by=who)
        auditing.record("post.edited", post, by=who, before={"number": number - 1}, after={"number": number})
    signed_in(client, editor)

    found = all_acts(client, f"/admin/post/history/?id={post.id}")

    titles = [became for _, _, rows in found for field, _, became in rows if field == "Title"]
    entries = [became for _, _, rows in found for field, _, became in rows if field == "Number"]
    assert titles == [f"Title {number}" for number in range(30, -1, -1)]
    assert entries == [str(number) for number in range(30, 0, -1)]


def test_a_clock_that_was_put_back_loses_nothing(client, travel):
    editor = make_user("editor")
    tag = make_tag("tag 0")
    for number in range(1, 46):
        travel(to=datetime(2026, 5, 1, 12, 60 - number - 1 if number > 15 else number, tzinfo=UTC))
        tagging.rename(tag, f"tag {number}", by=editor)
    signed_in(client, editor)

    found = all_acts(client, f"/admin/tag/history/?id={tag.id}")

    names = [became for _, _, rows in found for field, _, became in rows if field == "Name"]
    assert names == [f"tag {number}" for number in range(45, 0, -1)]


def test_what_cannot_be_read_as_a_place_begins_at_the_newest(client):
    editor = make_user("editor")
    tag = make_tag("old")
    tagging.rename(tag, "new", by=editor)
    signed_in(client, editor)

    for before in ("yesterday", "", "2026-01-01", "9999-99-99T99:99", "-", "x-1", "1-x", "01-", "9" * 30 + "-", "-0"):
        answer = client.get(f"/admin/tag/history/?id={tag.id}&before={before}")
        assert (answer.status_code, bool(acts(answer.text))) == (200, True)
    assert client.get("/admin/tag/history/?id=no").status_code == 404
    assert client.get("/admin/tag/history/").status_code == 404


def test_a_record_nothing_was_done_to_says_so(client):
    tag = make_tag("quiet")
    signed_in(client, make_user("editor"))

    assert "Nothing is recorded yet" in client.get(f"/admin/tag/history/?id={tag.id}").text
    for address in (f"tag/history/?id={tag.id}", f"post/history/?id={make_post().id}"):
        assert "Nothing earlier is recorded" in client.get(f"/admin/{address}&before=1-1").text


def test_the_history_of_a_person_never_shows_a_secret(client):
    admin = make_user("admin", name="Ada")
    other = make_user("author", name="Bob")
    accounts.set_password(other, "a long new password", by=admin)
    signed_in(client, admin)

    page = client.get(f"/admin/user/history/?id={other.id}").text

    assert [words for words, _, _ in acts(page)] == ["Password set"]
    assert "a long new password" not in page
    assert "$argon2" not in page
    assert "/admin/audit/details/" in page


def test_html_in_what_changed_is_text(client):
    comment = make_comment(make_post())
    editor = make_user("editor")
    auditing.record(
        "comment.edited", comment, by=editor, before={"body": "<script>1</script>"}, after={"body": "<b>x</b>"}
    )
    signed_in(client, editor)

    page = client.get(f"/admin/comment/history/?id={comment.id}").text

    assert "&lt;script&gt;1&lt;/script&gt;" in page
    assert "<script>1" not in page


def test_a_long_history_takes_few_queries(client, count_queries, travel):
    editor = make_user("editor")
    post = make_post()
    for number in range(30):
        travel(minutes=11)  # what is saved within ten minutes is one revision
        revising.save(post, {"title": f"Title {number}"}, by=editor)
    signed_in(client, editor)
    client.get("/admin/")
    pages = []

    queries = count_queries(lambda: pages.append(client.get(f"/admin/post/history/?id={post.id}")))

    assert len(acts(pages[0].text)) == 20
    assert len(queries) <= 10


@pytest.mark.parametrize(
    ("action", "subject_type", "words"),
    [
        ("post.published", "post", "Published"),
        ("user.roles_changed", "user", "Roles changed"),
        ("password.set", "user", "Password set"),
        ("second_factor.removed", "user", "Second factor removed"),
        ("site.set_up", "user", "Site set up"),
    ],
)
def test_an_act_is_named_by_what_it_was_done_to_unless_that_is_the_record(action, subject_type, words):
    assert words_of(AuditEntry(action=action, subject_type=subject_type)) == words


def test_it_leads_nowhere_that_is_shut(client):
    page = make_page(title="About")
    revising.save(page, {"title": "About us"}, by=None)
    for rights, is_open in (["page.edit"], False), (["page.edit", "post.edit"], True):
        signed_in(client, person_who_may(*rights))

        text = client.get(f"/admin/page/history/?id={page.id}").text

        addresses = re.findall(r'href="(/admin/(?:revision|audit)/[^"]+)"', text)
        assert len(acts(text)) >= 2
        assert bool(addresses) == is_open
        assert {client.get(address).status_code for address in addresses} <= {200}


def test_what_two_versions_have_alike_is_folded_up_but_beside_what_differs(client, travel):
    editor = make_user("editor")
    lines = [f"Line {number}.\n" for number in range(20)]
    post = make_post("draft", body="".join(lines), by=editor)
    travel(hours=1)
    lines[10:10] = ["Added.\n"]
    revising.save(post, {"body": "".join(lines)}, by=editor)
    newest, earlier, *_ = db.session.scalars(Revision.of(post))

    page = signed_in(client, editor).get(f"/admin/revision/details/?id={newest.id}&with={earlier.id}").text

    before, after = re.findall(r'<td dir="auto" data-label="[^"]*">(.*?)</td>', page, re.DOTALL)[:2]
    fold = '<details class="alike"><summary>7 lines are the same</summary>'
    first = f"{fold}{''.join(lines[:7])}</details>{''.join(lines[7:10])}"
    last = f"{''.join(lines[11:14])}{fold}{''.join(lines[14:])}</details>"
    assert before == f"{first}{last}"
    assert after == f"{first}<ins>Added.\n</ins>{last}"


def test_any_two_versions_of_a_text_are_compared_whichever_is_named_first(client, travel):
    editor = make_user("editor", name="Edith")
    post = make_post("draft", title="Rivers", body="A spring.\n\nIt is cold.", by=editor)
    for body in ("A spring.\n\nIt is very cold.", "A source.\n\nIt is very cold."):
        travel(hours=1)
        revising.save(post, {"body": body}, by=editor)
    other = make_post("draft", title="Seas", by=editor)
    newest, _, oldest = db.session.scalars(Revision.of(post))
    foreign = db.session.scalars(Revision.of(other)).one()
    signed_in(client, editor)

    link = re.search(r'href="([^"]+)">Compare versions', client.get(f"/admin/post/history/?id={post.id}").text)[1]
    both = [
        client.get(f"/admin/revision/details/?id={one.id}&with={two.id}").text
        for one, two in ((newest, oldest), (oldest, newest))
    ]
    gone = [client.get(f"{link}&with={number}").text for number in (foreign.id, "x", 10**20)]

    assert link == f"/admin/revision/details/?id={newest.id}"
    assert f"<h2>Changed since version {oldest.version}</h2>" in both[0]
    assert f"<h2>From version {oldest.version} to version {newest.version}</h2>" in both[1]
    for page in both:
        assert "A <del>spring</del>.\n\nIt is cold." in page
        assert "A <ins>source</ins>.\n\nIt is <ins>very </ins>cold." in page
    assert re.search(rf'<option value="{oldest.id}" selected>Version {oldest.version}, saved, the system, \d+', both[0])
    for page in gone:
        assert "is not there any more" in page
        assert "It is very cold." in page
        assert "Seas" not in page


def test_a_first_version_tells_what_was_chosen_and_no_default(client):
    editor = make_user("editor", name="Edith")
    post = make_post("draft", title="First", body="A spring.", comments_open=False, by=editor)
    signed_in(client, editor)

    page = client.get(f"/admin/post/history/?id={post.id}").text
    number = db.session.scalars(Revision.of(post)).one().id
    whole = client.get(f"/admin/revision/details/?id={number}").text

    for html in (page, whole):
        told = {field: became for field, _, became in changed(html)}
        assert {"Title": "First", "Body": "A spring.", "Comments open": "no"}.items() <= told.items()
        assert not {"Is featured", "Raw HTML", "Excerpt", "Meta title"} & set(told)
        assert "Before" not in html
