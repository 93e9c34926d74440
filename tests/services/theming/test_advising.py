"""What is advised to a theme: that what people wrote says in which language it is."""

import pytest

from cms.services.theming import advising

FOOT = "{% extends 'default/layout.html' %}{% block footer %}FOOT{% endblock %}"
POST = """{% extends 'default/public/post.html' %}
{% block main %}<article lang="WHOLE">
<h1>{{ post.title }}</h1>BODY{% block comments %}{% endblock %}
</article>{% endblock %}
"""


@pytest.mark.parametrize("name", ["broadside", "lantern"])
def test_ours_need_no_advice(app, name):
    assert advising.advice(name) == []


def test_what_stands_on_every_page_is_named_once(theme):
    theme(layout=FOOT.replace("FOOT", "<footer><p>{{ site.settings.title }}<p>{{ _('Archive') }}</footer>"))

    assert advising.advice("mine") == [
        "public/home.html: nothing says in which language people wrote “A site”; written_in() does."
    ]


@pytest.mark.parametrize(
    "foot",
    [
        "<p{{ written_in() }}>{{ site.settings.title }}</p>",
        "<div{{ written_in() }}><p>{{ site.settings.title }}<br>{{ site.settings.tagline }}</div>",
        "<p>{% trans title=site.settings.title %}About {{ title }}{% endtrans %}</p>",
    ],
)
def test_what_says_it_itself_or_where_it_stands_needs_no_advice(theme, foot):
    theme(layout=FOOT.replace("FOOT", foot))

    assert advising.advice("mine") == []


def test_a_post_is_in_its_own_language_and_not_always_in_that_of_the_site(theme):
    theme(public__post=POST.replace("WHOLE", "{{ page_language() }}").replace("BODY", ""))

    assert advising.advice("mine") == [
        "public/post.html (in Arabic): nothing says in which language people wrote “رسالة من المقهى القديم”; "
        "written_in() does."
    ]


def test_of_many_texts_the_first_are_named(theme):
    theme(public__post=POST.replace(' lang="WHOLE"', "").replace("BODY", "<div>{{ post.body_html }}</div>"))

    first = advising.advice("mine")[0]

    assert first.startswith("public/post.html: nothing says in which language people wrote “A post”, ")
    assert first.endswith(", …; written_in() does.")
    assert first.count("“") == advising.NAMED


def test_a_page_that_breaks_is_no_matter_of_advice(theme):
    theme(public__post="{{ 1 / 0 }}")

    assert advising.advice("mine") == []
