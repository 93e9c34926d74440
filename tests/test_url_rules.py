"""Rules compile what builds addresses when it is first asked for, and build what Werkzeug's own would."""

from collections import Counter

import pytest
from werkzeug.routing import Map, Rule

from cms import create_app
from cms.config import Settings
from cms.url_rules import UrlRule

RULES = {
    "/": {},
    "/tag/<slug>": {"slug": "a b/ü", "page": 2},
    "/archive/<int(fixed_digits=4):year>/<int:month>": {"year": 2026, "month": 7},
    "/uploads/<path:name>": {"name": "2026/07/a.jpg", "size": ["s", "m"]},
}


@pytest.fixture
def compiled(monkeypatch):
    """How often each rule's builders were compiled."""
    counted = Counter()
    whole = Rule._compile_builder

    def count(rule, *how):
        counted[rule.rule] += 1
        return whole(rule, *how)

    monkeypatch.setattr(Rule, "_compile_builder", count)
    return counted


@pytest.mark.parametrize(("rule", "values"), RULES.items())
def test_it_builds_what_the_stock_rule_builds(rule, values):
    def built(kind):
        rules = [kind(rule, endpoint="one"), kind(f"{rule}more", endpoint="two", defaults={"kind": "x"})]
        address = Map(rules).bind("")
        return [address.build(name, values) for name in ("one", "two") for _again in range(2)]

    assert built(UrlRule) == built(Rule)


def test_each_is_compiled_once_and_when_it_is_needed(compiled):
    rules = [UrlRule("/tag/<slug>", endpoint="tag"), UrlRule("/other/", endpoint="other")]
    address = Map(rules).bind("")

    assert address.match("/tag/sea") == ("tag", {"slug": "sea"})
    assert compiled == {}
    assert {address.build("tag", {"slug": slug}) for slug in "abc"} == {"/tag/a", "/tag/b", "/tag/c"}
    assert compiled == {"/tag/<slug>": 1}


def test_making_the_app_compiles_none_of_ours(compiled, tmp_path):
    create_app(Settings.for_tests(tmp_path))

    assert set(compiled) <= {"/static/<path:filename>"}  # Flask's own is there before anybody can say how
