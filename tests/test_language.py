"""Every text that a person sees is said in their language: English, or Chinese of which nothing is missing."""

import ast
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import flask_admin.babel
import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from cms import clock, error_pages
from cms.admin import paths, times, words
from cms.db import db
from cms.language import CHINESE, LOCALES, gettext, lazy, ngettext, number, speaking, when
from cms.models import CommentStatus, Job, JobStatus, Mail, MailStatus, RedirectOrigin, RevisionKind, Status
from cms.services import accounts, batches, erasing, inviting, jobs, setting_up, settings, snapshots
from cms.services.settings import OPTIONS
from cms.services.speaking import CATALOGS
from cms.services.undoing import REVERSALS
from tests.admin.test_rights import lines, records
from tests.factories import make_author, make_comment, make_page, make_post, make_tag, make_user
from tests.signing_in import sign_in, signed_in, submit

ROOT = Path(__file__).resolve().parent.parent
PO = CATALOGS / LOCALES[CHINESE] / "LC_MESSAGES" / "messages.po"
OPEN, CLOSE = "⟦", "⟧"
HAN = re.compile("[\u4e00-\u9fff]")
LATIN = re.compile("[A-Za-z]{2}")
# Translations without a Chinese character: all they say stands in their values.
PATTERNS = {"%(noun)s %(verb)s", "“%(name)s”", "%(number)s of %(all)s", "%(what)s: %(value)s", "%(what)s.", ", "}
PATTERNS |= {"%(what)s (%(count)s)", ": %(what)s, %(time)s", "by %(name)s, %(time)s"}


@pytest.fixture(scope="session")
def database_kind():
    """One will do: what a page says does not depend on the database."""
    return "sqlite"


# The catalog
def parts(text):
    """What a translation must keep: values, marks of HTML, and line breaks."""
    return sorted(re.findall(r"%\(\w+\)s|\{\w+\}|</?\w[^>]*>|&\w+;|\n|https?://", text))


def test_the_catalog_has_all_texts_translated_and_is_compiled(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    keywords = re.search(r'--keywords="([^"]+)"', (ROOT / "Makefile").read_text())[1]
    how = [f"--keywords={keywords}", "--mapping-file=pyproject.toml", f"--output-file={tmp_path / 'texts.pot'}"]
    CommandLineInterface().run(["pybabel", "-q", "extract", *how, "."])
    with (tmp_path / "texts.pot").open("rb") as file:
        wanted = {(one.context, one.id) for one in read_po(file) if one.id}
    with PO.open("rb") as file:
        catalog = read_po(file)
    known = {(one.context, one.id): one for one in catalog if one.id}

    assert wanted == set(known), "run `make translations`, and translate"
    wrong = []
    for (_, text), one in known.items():
        english = text if isinstance(text, str) else text[1]
        chinese = one.string if isinstance(one.string, str) else one.string[0]
        is_right = chinese and parts(english) == parts(chinese) and (HAN.search(chinese) or english in PATTERNS)
        if one.fuzzy or not is_right or list(one.check(catalog)) or re.search("[\u4e00-\u9fff][,:;?!]", chinese):
            wrong.append(english)
    assert wrong == []
    compiled = BytesIO()
    write_mo(compiled, catalog)
    assert compiled.getvalue() == PO.with_suffix(".mo").read_bytes(), "run `make translations`"


def test_what_the_database_keeps_as_codes_is_said_in_chinese(app):
    source = "".join(path.read_text() for path in (ROOT / "cms").rglob("*.py") if "schema" not in path.parts)
    acts = set(re.findall(r'record\(\s*f?"([a-z_]+\.[a-z_]+|sign_(?:in|out))"', source)) | {*REVERSALS}
    verbs = set(re.findall(r'(?:self\.record|_act|_moderate)\([^"\n]*"([a-z_]+)"', source))
    acts |= {f"{noun}.{verb}" for verb in verbs for noun in ("post", "page", "media", "tag", "author", "redirect")}
    enums = (CommentStatus, JobStatus, MailStatus, RedirectOrigin, RevisionKind, Status)
    fields = {name for names in snapshots.FIELDS.values() for name in names} | {*OPTIONS, "status", "user_id", "bio"}
    assert len(acts) > 50

    with speaking(CHINESE):
        said = [words.act(one) for one in acts] + [words.said(one.value) for enum in enums for one in enum]
        said += [words.field(one).replace("HTML", "") for one in fields]

    assert [one for one in said if LATIN.search(one)] == []


# The sources: what no page of the tests below shows is said by a catalog too.
SAYS = {"gettext", "ngettext", "lazy", "lazy_pgettext", "marked", "marked_plural"}
FOR_OPERATORS = (
    "schema",
    "cli",
    "services/importing",
    "services/seeding",
    *(f"services/theming/{name}.py" for name in ("advising", "checking", "made_up", "markup")),
    *(f"services/theming/{name}.py" for name in ("requirements", "samples", "themes")),
    "logs.py",
    "config.py",
    "variables.py",
    "keys.py",
)
# For those who read a traceback, the log or the table of jobs, or ask /health as a program.
INTERNAL = ("No place in the order", ".js imports or exports", "Only sanitised", "The database does not", "It is gone.")
INTERNAL += ("is not ours any more", "Its worker ended", "The mail server refused", "Somebody else changed …")


def sentences(source):
    """Texts that look like words for people, and are none of a docstring, of a log or of an error in the code."""
    tree, left_out = ast.parse(source), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(node.value)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if (
                called.rpartition(".")[2] in SAYS | {"RuntimeError", "LookupError"}
                or ".logger." in called
                or called.startswith("log.")
            ):
                left_out |= {*ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and node not in left_out:
            left_out |= {*ast.walk(node)}
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in left_out:
            yield node.value


def test_no_source_says_anything_past_the_catalog():
    found = []
    for path in sorted((ROOT / "cms").rglob("*.py")):
        place = path.relative_to(ROOT / "cms").as_posix()
        if place.startswith(FOR_OPERATORS) and not place.endswith("csv_rows.py"):
            continue
        for text in sentences(path.read_text()):
            is_sentence = re.match("[A-Z“…][a-z “].*[a-z]{2} [a-z].*[.?”]$|[A-Z“…].* [a-z]{2,}[.?]$", text)
            if is_sentence and not any(part in text for part in INTERNAL):
                found.append(f"{place}: {text}")

    assert found == []


def test_no_template_says_anything_past_the_catalog():
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt")):
        text = re.sub(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", path.read_text(), flags=re.DOTALL)
        for inside in re.findall(r"\{[{%](.*?)[}%]\}", text, flags=re.DOTALL):
            left = re.sub(r"""\b(_|n?gettext|pgettext)\(("[^"]*"|'[^']*'|\([^()]*\)|[^()'"])*\)""", "", inside)
            strings = [one or other for one, other in re.findall(r""""([^"]*)"|'([^']*)'""", left)]
            found += [
                f"{path.name}: {one}" for one in strings if re.search("[A-Za-z]{3,} [a-z]{2,}.* |^[A-Z][a-z]+ ", one)
            ]
        found += [
            f"{path.name}: {one}"
            for one in Seen(re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)).texts
            if LATIN.search(one) and one not in ('data-guard=""',)
        ]

    assert [one for one in found if "month in short" not in one] == []


# What a page says
class Seen(HTMLParser):
    """What people see or hear of a page: text, and the attributes that are read to them. Code and data are left out."""

    SPOKEN = frozenset({"title", "placeholder", "aria-label", "alt", "data-save-state", "data-all-words"})
    OF_PALETTE = frozenset(f"data-{one}" for one in ("first", "one", "many", "none", "wait", "further", "failed"))
    UNREAD = frozenset({"script", "style", "code", "kbd", "pre", "textarea"})
    VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905

    def __init__(self, html):
        super().__init__()
        self.texts, self.inside = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        unread = tag in self.UNREAD or about.get("lang") == "en" or "prose" in (about.get("class") or "").split()
        unread = unread or about.get("name") in ("time_zone", "language")  # names that are no texts of ours
        if tag not in self.VOID:
            self.inside.append((tag, unread))
        if not unread and not any(one for _, one in self.inside) and tag not in ("link", "meta"):
            self.texts += [value for name, value in attributes if value and name in self.SPOKEN | self.OF_PALETTE]

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.strip() and not any(unread for _, unread in self.inside):
            self.texts.append(" ".join(data.split()))


INNERMOST = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
# What is no word of ours: what the factories and the table of rights make up, addresses, units, and names that are the
# same in every language.
DATA = re.compile(
    r"\b(Post|Page|Person|Author|Tag|Series|Reader|role) \d+\b|The text of (post|page) \d+\.|What reader \d+ says\."
    r"|\S+@\S+|/\S*|https?:\S+|\b[A-Z]\w+/[\w/+-]+|\b[a-z]+(-[a-z\d]+)*-\d+\b|[A-Z\d]{4}(-[A-Z\d]{4})+"
    r"|cat\.png|example\.org|Trash: posts|For editors|“Post”"
    r"|\b(Hello|admin|editor|author|contributor|zzz|English|Lightblog|Eve)\b"
    r"|\b(UTC|GMT|[A-Z]{3}\d?|kB|MB)\b"
)


def unsaid(html):
    """The texts of a page that came from no catalog, where each translation stands in marks."""
    rest = "\n".join(Seen(html).texts)
    while INNERMOST.search(rest):
        rest = INNERMOST.sub("", rest)
    return [text for text in rest.splitlines() if LATIN.search(DATA.sub("", text))]


@pytest.fixture
def marking(app):
    """The app with each Chinese text in marks, in every catalog that it has: what has none is no translation."""
    domains = [app.extensions["babel"].instance.domain_instance, app.extensions["security"].i18n_domain]
    domains += [flask_admin.babel.domain, flask_admin.babel.wtforms_domain]
    with speaking(CHINESE):
        catalogs = [domain.get_translations() for domain in domains]
    before = [catalog._catalog for catalog in catalogs]
    for catalog in catalogs:
        catalog._catalog = {key: f"{OPEN}{text}{CLOSE}" for key, text in catalog._catalog.items() if key}
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.config["WTF_CSRF_ENABLED"] = True
    for catalog, texts in zip(catalogs, before, strict=True):
        catalog._catalog = texts


class Walk:
    """Pages that were looked at, and what they say that came from no catalog."""

    def __init__(self):
        self.seen, self.found = 0, {}

    def look(self, name, answer, *, expected=(200,)):
        assert answer.status_code in expected, (name, answer.status_code, answer.location)
        if answer.mimetype == "text/html":
            self.seen += 1
            assert re.search(r'<html lang="zh-(Hans|CN)"', answer.text), name
            for text in unsaid(answer.text):
                self.found.setdefault(text, name)
        elif answer.mimetype == "application/json" and "/find/" in name:
            found = json.loads(answer.text)
            kinds = [group["name"] for group in found["groups"]] + [one["title"] for one in found["further"]]
            assert [one for one in kinds if not one.startswith(OPEN)] == [], name


def test_every_page_of_the_admin_is_said_in_chinese(marking, client):
    walk, admin = Walk(), make_user("admin", language=CHINESE)
    as_admin = signed_in(client, admin)
    tables = "post page tag author comment own_comment media redirect mail revision job"
    for name in tables.split():
        walk.look(f"empty list of {name}", as_admin.get(f"/admin/{name}/"))
        walk.look(f"nothing found of {name}", as_admin.get(f"/admin/{name}/?search=zzz&state=draft&status=trashed"))
    walk.look("empty dashboard", as_admin.get("/admin/"))
    live = make_post("published", by=admin)
    for state in ("scheduled", "expired", "withdrawn", "trashed"):
        make_post(state)
    make_comment(live)
    made = {}
    for method, address, form, expected in lines():
        answers = (200,) if method == "GET" else (200, 422)
        if expected["admin"] not in answers or "/preview/" in address:  # which shows the site as its readers see it
            continue
        for name in re.findall(r"\{(\w+)\}", address + form):
            made[name] = made.get(name) or records(admin)[name]()
        data = dict(pair.split("=", 1) for pair in form.format(**made).split("&") if pair)
        address = address.format(**made)
        answer = as_admin.get(address, buffered=True) if method == "GET" else as_admin.post(address, data=data)
        walk.look(f"{method} {address}", answer, expected=answers)
    wrong = {"title": "x" * 300, "slug": "a/b", "path": "x", "email": "x", "published_at": "x", "time_zone": "Mars"}
    for table in ("post", "page", "tag", "author", "redirect", "user", "role"):
        walk.look(f"refused {table}", as_admin.post(f"/admin/{table}/new/", data=wrong), expected=(422,))
    refused = {"name": "", "time_zone": "Mars", "language": "xx"}
    walk.look("refused account", as_admin.post("/admin/account/", data=refused), expected=(422,))
    refused = {"posts_per_page": "many", "title": "", "time_zone": "Mars", "moderation": "x"}
    walk.look("refused settings", as_admin.post("/admin/setting/", data=refused), expected=(422,))
    for act in ("publish", "trash", "restore", "add_tags"):
        as_admin.post("/admin/post/action/", data={"action": act, "rowid": [live.id, 999], "bulk_tags": ""})
        walk.look(f"after {act}", as_admin.get("/admin/post/"))
    walk.look("404", as_admin.get("/admin/nowhere"), expected=(404,))
    author = signed_in(marking.test_client(), make_user("author", language=CHINESE))
    walk.look("403", author.get("/admin/user/"), expected=(403,))
    walk.look("an author's dashboard", author.get("/admin/"))

    assert walk.seen > 130
    assert walk.found == {}


def test_every_page_of_accounts_and_of_the_site_is_said_in_chinese(marking, client):
    walk, browser = Walk(), {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    link = setting_up.offer_link()
    walk.look("set up", client.get(link, headers=browser))
    refused = client.post(link, data={"title": "", "email": "x", "password": "x"}, headers=browser)
    walk.look("set up, refused", refused, expected=(422,))
    for address in ("/login", "/reset"):
        walk.look(address, client.get(address, headers=browser))
        for email in ("x", "somebody@example.org"):
            sent = client.post(address, data={"email": email, "password": "y"}, headers=browser, follow_redirects=True)
            walk.look(f"{address} of {email}", sent, expected=(200, 422))
    person = make_user("editor", language=CHINESE)
    signed_in(client, person)
    for address in ("/change", "/tf-setup", "/mf-recovery-codes", "/verify"):
        walk.look(address, client.get(address))
    wrong = {"password": "x", "new_password": "y", "new_password_confirm": "z"}
    walk.look("refused change", client.post("/change", data=wrong), expected=(200, 422))
    walk.look("authenticator", client.post("/tf-setup", data={"setup": "authenticator"}))
    walk.look("codes", client.get("/mf-recovery-codes?show_codes=1"))

    settings.change({"language": "zh-CN"}, by=None)
    for address in ("/", "/?before=x", "/archive/", "/tags/", "/search", "/search?q=zzz"):
        walk.look(f"{address} of an empty site", client.get(address))
    author = make_author(website="https://example.org/")
    post = make_post(body="## 一\n\n## 二\n\n## 三\n\n" + "字" * 600, tags=["标签"], authors=[author.id])
    first = make_comment(post, website="https://example.org/")
    make_comment(post, parent_id=first.id)
    page, trashed, lonely = make_page(menu_position=1), make_post("trashed"), make_tag()
    here = f"/posts/{post.slug}"
    for address in (
        *("/", "/archive/", f"/archive/{post.listed_at:%Y/%m}/", f"/archive/{post.listed_at:%Y}/", "/tags/"),
        *(f"/tags/{post.tags[0].slug}", f"/tags/{lonely.slug}", f"/authors/{author.slug}", "/search?q=字", here),
        *(f"/{page.slug}", f"{here}?commented=held", f"{here}?commented=shown", f"{here}/comments/new"),
        f"{here}/comments/new?parent={first.id}",
    ):
        walk.look(address, client.get(address, headers={"Accept-Language": "en"}))
    written = {"name": "Eve", "email": "", "website": "", "body": "Hello"}
    walk.look("preview of a comment", client.post(f"{here}/comments/preview", data=written))
    walk.look("too quick", client.post(f"{here}/comments", data=written))
    wrong = {"email": "x", "website": "x", "name": "x" * 99}
    walk.look("refused comment", client.post(f"{here}/comments/preview", data=wrong), expected=(422,))
    walk.look("404", client.get("/nowhere"), expected=(404,))
    walk.look("410", client.get(f"/posts/{trashed.slug}"), expected=(410,))

    assert walk.seen > 40
    assert walk.found == {}


def test_what_markdown_says_to_those_who_hear_it_follows_the_site(client):
    body = "# 一\n\n字[^1]\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] 三\n- [ ] 四\n\n[^1]: 注\n"
    post = make_post(body=body)
    labels = re.findall(r'aria-label="([^"]*)"', str(post.body_html))
    assert labels == [
        "Link to this section: 一",
        "Footnote 1",
        "Table",
        "Done",
        "To do",
        "Footnotes",
        "Back to reference 1",
    ]
    assert str(post.body_html) in client.get(f"/posts/{post.slug}").text

    settings.change({"language": "zh"}, by=None)
    spoken = re.findall(r'aria-label="([^"]*)"', client.get(f"/posts/{post.slug}").text)

    assert {"链接到本节：一", "脚注 1", "表格", "已完成", "待办", "脚注", "返回引用处 1"} <= set(spoken)
    assert [label for label in spoken if LATIN.search(label)] == []


def test_mails_speak_the_language_of_whoever_gets_them(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:1")
    english, chinese = make_user("admin", language="en"), make_user("admin", language=CHINESE)
    other = make_user("author", language=CHINESE)
    post = make_post()

    def written(to):
        mails = db.session.scalars(db.select(Mail).where(Mail.recipient == to.email).order_by(Mail.id)).all()
        return [f"{mail.subject}\n{mail.text}" for mail in mails]

    inviting.invite(other, by=english)
    assert "设置密码" in written(other)[-1]
    submit(client, "/reset", {"email": other.email})  # a browser that asks for English
    assert "申请设置新密码" in written(other)[-1]
    assert "链接在 1天内有效" in written(other)[-1]
    monkeypatch.setattr("cms.public.comments.TOO_FAST_SECONDS", 0)
    said = {"name": "Eve", "email": "eve@example.org", "body": "Well said."}
    token = re.search(
        r'name="token" value="([^"]+)"', client.post(f"/posts/{post.slug}/comments/preview", data=said).text
    )
    client.post(f"/posts/{post.slug}/comments", data={**said, "token": token[1]})
    assert f"Eve wrote under “{post.title}”:" in written(english)[-1]
    assert f"Eve 发表了评论：“{post.title}”" in written(chinese)[-1]
    # Both name her, and go when she is erased.
    erasing.erase(erasing.look_up("eve@example.org"))
    assert not any("Eve" in text for person in (english, chinese) for text in written(person))


def test_what_a_job_says_is_in_the_language_of_whoever_began_it(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setattr(batches, "PAUSE_SECONDS", 0)
    signed_in(client, make_user("admin"))
    for _ in range(25):
        make_post("trashed")
    data = {"action": "publish", "everything": "yes", "confirmed": "yes"}
    began = client.post("/admin/post/action/?state=trashed", data=data, headers={"Accept-Language": "zh"})
    db.session.commit()
    jobs.run_due()
    db.session.rollback()

    progress = batches.progress_of(db.session.scalars(db.select(Job)).one())
    assert list(progress.left) == ["请先将其移出回收站再发布。"]
    assert "略过 25 项。" in client.get(began.location, headers={"Accept-Language": "zh"}).text
    assert db.session.scalars(db.select(Job)).one().payload["title"] == "发布：文章"


@pytest.mark.parametrize("kind", ["tag", "redirect", "user"])
def test_a_list_exported_in_chinese_is_imported_again(app, client, kind, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    admin = make_user("admin", language=CHINESE)
    records(admin)[{"user": "person"}.get(kind, kind)]()
    signed_in(client, admin)
    exported = client.get(f"/admin/{kind}/export/csv/", buffered=True)
    heads = exported.text.removeprefix("\ufeff").splitlines()[0].split(",")
    assert all(HAN.search(head) for head in heads), heads

    seen = client.post(f"/admin/{kind}/import/", data={"file": (BytesIO(exported.data), "list.csv")})

    assert seen.status_code == 200
    assert re.search(r"<p>未变 \d 行。</p>", seen.text)


# Which language?
def language_of(answer):
    return re.search(r'<html lang="([^"]+)"', answer.get_data(as_text=True))[1]


def test_each_person_chooses_on_their_account_page(app, client):
    person, other = make_user("admin"), make_user("editor", language="en")
    signed_in(client, person)
    assert language_of(client.get("/admin/")) == "en"
    page = "/admin/account/"
    form = {"name": person.name, "time_zone": "UTC", "language": CHINESE}

    assert submit(client, page, form).status_code == 302

    answer = client.get(page)
    assert (language_of(answer), person.language, other.language) == ("zh-Hans", CHINESE, "en")
    assert "账号已保存。" in answer.text  # in the language just chosen
    assert f'<option selected value="{CHINESE}">简体中文</option>' in answer.text
    texts = json.loads(re.search(r'id="texts">(.*?)</script>', answer.text)[1])
    assert texts["Nothing found"] == "没有找到结果"
    assert all(HAN.search(one) for one in texts.values())
    assert len(texts) > 15
    found = client.get("/admin/search/find/?q=文章").json["groups"]
    assert {"新建文章", "文章"} <= {one["title"] for group in found for one in group["results"]}
    english = client.get("/admin/search/find/?q=post").json["groups"]  # and by the English name
    assert "文章" in {one["title"] for group in english for one in group["results"]}
    theirs = signed_in(app.test_client(), other).get("/admin/", headers={"Accept-Language": "zh"})
    assert language_of(theirs) == "en"
    assert 'id="texts"' not in theirs.text  # scripts know English by heart
    for code in ("", "en"):
        submit(client, page, {**form, "language": code})
        assert (person.language, language_of(client.get(page))) == (code, "en")
    assert submit(client, page, {**form, "language": "xx"}).status_code == 422
    with pytest.raises(accounts.InvalidChange):
        accounts.change_own(person, name="x", time_zone="UTC", language="xx")


def test_strangers_get_what_their_browser_asks_for(client):
    for asked, code in {
        "": "en", "en-GB,en;q=0.9": "en", "zh-CN,zh;q=0.9,en;q=0.8": "zh-Hans", "zh-TW": "zh-Hans", "de,fr": "en",
        "de,zh;q=0.5": "zh-Hans", "en,zh;q=0.9": "en", "*": "en", "nonsense;;q=x": "en",
    }.items():  # fmt: skip
        assert language_of(client.get("/login", headers={"Accept-Language": asked})) == code, asked
    person = make_user("editor", language=CHINESE)
    assert sign_in(client, person.email).status_code == 302
    assert language_of(client.get("/admin/", headers={"Accept-Language": "en"})) == "zh-Hans"


def test_public_pages_follow_the_site_alone(app, client, count_queries):
    post = make_post(title="Words", at=clock.now().replace(year=2025, month=3, day=9, hour=8, minute=5))
    make_comment(post)
    make_page(title="Administration", slug="administration")
    addresses = ("/", "/archive/", f"/posts/{post.slug}", "/search?q=nothing", "/administration", "/comments/feed.atom")
    addresses += ("/nowhere", "/administrators")
    reader = signed_in(app.test_client(), make_user("admin", language=CHINESE))

    def shown(who, asked):
        answers = [who.get(address, headers={"Accept-Language": asked}) for address in addresses]
        vary = {name.strip() for one in answers for name in one.headers.get("Vary", "").split(",")}
        assert not vary & {"Accept-Language", "Cookie"}
        return [one.text for one in answers]

    english = shown(client, "zh")
    assert english == shown(client, "en") == shown(reader, "zh")
    assert "9 March 2025" in english[0]
    assert "Archive" in english[1]
    asked = len(count_queries(lambda: client.get("/")))

    settings.change({"language": "zh-CN", "time_zone": "Asia/Shanghai"}, by=None)
    chinese = shown(client, "en")
    assert chinese == shown(signed_in(app.test_client(), make_user("admin", language="en")), "en")
    assert all('<html lang="zh-CN"' in one for one in chinese if "<html" in one)
    assert "2025年3月9日" in chinese[0]
    assert 'aria-label="2025年3月">3月</a>' in chinese[1]
    assert len(count_queries(lambda: client.get("/"))) == asked
    for code in ("en", "de", "zh-Hant-TW"):
        settings.change({"language": code}, by=None)
        page = client.get("/").text
        assert f'<html lang="{code}"' in page
        assert ("归档" in page) == code.startswith("zh")


def test_a_preview_shows_the_site_in_its_language_and_the_bar_in_that_of_the_person(client):
    settings.change({"language": "zh"}, by=None)
    post = make_post("draft")
    page = signed_in(client, make_user("admin", language="en")).get(f"/admin/post/preview/{post.id}").text

    assert '<html lang="zh"' in page
    assert "归档" in page
    assert re.search(r'<aside class="draft-bar" lang="en"[^>]*>\s*<p>Preview of the draft', page)


def test_pages_about_a_broken_database_know_the_language_without_it(app, client, monkeypatch):
    settings.change({"language": "zh"}, by=None)
    client.get("/")  # from here on this process knows the site
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("cms.public.lists.front_page", lambda size: 1 / 0)
    monkeypatch.setattr(error_pages.db.session, "execute", lambda *_: pytest.fail("it was asked"), raising=False)
    with app.test_request_context("/"):
        answer = error_pages.page(error_pages.InternalServerError(), *error_pages.WORDS[500])

    assert language_of(answer) == "zh-Hans"
    assert "服务器出错了" in answer.get_data(as_text=True)
    with app.test_request_context("/admin/", headers={"Accept-Language": "en"}):
        assert language_of(error_pages.page(error_pages.InternalServerError(), *error_pages.WORDS[500])) == "en"


# Times, numbers and forms
def test_times_numbers_and_forms_follow_the_language(app, travel):
    travel(to=clock.now().replace(year=2026, month=9, day=5, hour=9, minute=4))
    now = clock.now()
    ago = {
        0: ("just now", "刚刚"), 60: ("1 minute ago", "1 分钟前"), 7200: ("2 hours ago", "2 小时前"),
        -60: ("in 1 minute", "1 分钟后"), -86_400 * 3: ("in 3 days", "3 天后"),
        86_400 * 40: ("27 Jul 2026", "2026年7月27日"),
    }  # fmt: skip

    def said():
        return [
            *(times.relative(now - timedelta(seconds=seconds)) for seconds in ago),
            times.exact(now),
            when(now, "month"),
            when(now, "weekday"),
            number(1234567),
            paths.told(20_000, 1000),
            ngettext("%(num)s file is in the library.", "%(num)s files are in the library.", 1),
            ngettext("%(num)s file is in the library.", "%(num)s files are in the library.", 1234),
        ]

    assert said() == [
        *(english for english, _ in ago.values()),
        *("5 Sep 2026, 09:04 UTC", "September 2026", "Sat", "1,234,567", "1,000+"),
        *("1 file is in the library.", "1,234 files are in the library."),
    ]
    with speaking(CHINESE):
        assert said() == [
            *(chinese for _, chinese in ago.values()),
            *("2026年9月5日 09:04 UTC", "2026年9月", "周六", "1,234,567", "1,000+"),
            *("1 个文件已存入媒体库。", "1,234 个文件已存入媒体库。"),
        ]


def test_a_text_of_a_table_is_read_in_the_language_of_the_moment_and_escaped(app):
    text = lazy(
        "Markdown: **bold**, *italic*, # heading, - list, > quote, [words](https://address), ![picture](address)"
    )
    name = lazy("Posts")
    with speaking(CHINESE):
        assert (str(name), gettext("")) == ("文章", "")
        assert "&gt; 引用" in escape(text)
    assert f"{name}" == "Posts"
    assert "&gt; quote" in Markup("{}").format(text)
