"""The admin's scripts in one file."""

import pytest

from cms.admin import scripts
from tests.factories import make_user
from tests.signing_in import signed_in


@pytest.fixture(scope="session")
def database_kind():
    """It asks no database anything."""
    return "sqlite"


def test_a_page_names_the_one_file_and_a_browser_keeps_it_while_it_is_the_same(client):
    page = signed_in(client, make_user("admin")).get("/admin/").text
    address = page.split('type="module" src="')[1].split('"')[0]

    answer = client.get(address)

    assert address.startswith("/assets/admin.js?v=")
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]
    for name in ("shell", "pickers", "lists", "kept"):
        assert f"const of_{name} = (() => {{" in answer.text
    assert 'await import("/static/admin/palette.js")' in answer.text


def test_what_is_imported_stands_before_what_imports_it(tmp_path):
    (tmp_path / "admin.js").write_text('import { a, b } from "./one.js";\nimport { c } from "./two.js";\na(b, c);\n')
    (tmp_path / "one.js").write_text("export function a() {}\nexport const b = 1;\n")
    (tmp_path / "two.js").write_text('import { b } from "./one.js";\nexport async function c() {\n  return b;\n}\n')

    text = scripts.bundle(tmp_path, "/static/").text

    assert text.split("\n") == [
        "const of_one = (() => {",
        *("function a() {}", "const b = 1;", "", "return { a, b };", "})();"),
        "const of_two = (() => {",
        *("const { b } = of_one;", "async function c() {", "  return b;", "}", "", "return { c };", "})();"),
        "const of_admin = (() => {",
        *("const { a, b } = of_one;", "const { c } = of_two;", "a(b, c);", "", "return {  };", "})();", ""),
    ]


@pytest.mark.parametrize(
    "source",
    [
        'import { a as b } from "./one.js";\n',
        'import * as one from "./one.js";\n',
        'import "./one.js";\n',
        "export default 1;\n",
        "export { a };\n",
        "export class A {}\n",
    ],
)
def test_other_forms_are_refused_and_not_got_wrong(source):
    with pytest.raises(ValueError, match="in a way that"):
        scripts.as_function("one", source, "/static/")
