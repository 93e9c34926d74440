"""What search engines and those who share a page are told of it: JSON-LD in the words of schema.org, and OpenGraph."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from markupsafe import Markup

from cms.language import gettext
from cms.models import Author, Media, Page, Post, Series
from cms.public import cards
from cms.public.around import Around, Nearby
from cms.public.layout import absolute, here
from cms.services import media
from cms.text.excerpt import excerpt

SCHEMA = "https://schema.org"
LOOKED_AT = 10_000  # letters of HTML
DESCRIPTION = 200  # letters
_NOT_READ = re.compile(r"<(?:pre|table|h[1-6])\b.*?</(?:pre|table|h[1-6])>|</p>|<br>", re.DOTALL)


@dataclass(frozen=True)
class SharedPicture:
    """A picture where a page is shared: its whole address."""

    url: str
    width: int | None
    height: int | None
    alt: str


@dataclass(frozen=True)
class Version:
    """The same text in one of its languages."""

    language: str
    url: str


@dataclass(frozen=True)
class Preview:
    """How a page looks where somebody shares it (ogp.me)."""

    kind: str
    title: str
    description: str
    url: str
    picture: SharedPicture | None = None
    published: str = ""
    changed: str = ""
    tags: Sequence[str] = ()
    language: str = ""  # where it is not that of the site
    versions: Sequence[Version] = ()  # itself among them, the original first; none where there is but one


def picture_url(picture: Media) -> str:
    return str(current_app.config["SITE_URL"] + media.url_of(picture))


def shared_picture(picture: Media | None) -> SharedPicture | None:
    if picture is None:
        return None
    return SharedPicture(picture_url(picture), picture.width, picture.height, picture.alt)


def of_site() -> list[dict[str, Any]]:
    """For the home page."""
    settings = here().settings
    home = absolute("public.home")
    search = {"@type": "EntryPoint", "urlTemplate": f"{absolute('public.search')}?q={{words}}"}
    return [
        {
            "@context": SCHEMA,
            "@type": "WebSite",
            "@id": f"{home}#site",
            "name": settings.title,
            "url": home,
            "inLanguage": settings.language,
            **_said(description=settings.tagline),
            "potentialAction": {"@type": "SearchAction", "target": search, "query-input": "required name=words"},
        }
    ]


def of_post(post: Post, around: Around) -> list[dict[str, Any]]:
    """A post: the article itself, and the way to it."""
    url, settings = absolute("public.post", slug=post.slug), here().settings
    article = {
        "@context": SCHEMA,
        "@type": "BlogPosting",
        "@id": f"{url}#post",
        "mainEntityOfPage": url,
        "url": url,
        "headline": post.title,
        "datePublished": post.listed_at.isoformat(),
        "dateModified": max(post.updated_at, post.listed_at).isoformat(),
        "author": [_person(author) for author in post.authors] or [_publisher()],
        "publisher": _publisher(),
        "inLanguage": post.language or settings.language,
        "wordCount": post.word_count,
        "isPartOf": _wholes(post),
        **_said(
            description=post.meta_description or post.excerpt,
            keywords=[tag.name for tag in post.tags],
            image=_image(post.cover) if post.cover is not None else _card(post),
            position=around.place.number if around.place is not None else None,
            **_translations(post, around),
        ),
    }
    above = [(tag.name, absolute("public.tag", slug=tag.slug)) for tag in post.tags[:1]]
    return [article, _way(*above, (post.title, url))]


def of_series(series: Series, posts: Sequence[Post]) -> list[dict[str, Any]]:
    """The page of a series: what it is, and those of its parts that stand there."""
    whole = {
        "@context": SCHEMA,
        **_series(series),
        **_said(description=series.description),
        "hasPart": [{"@id": f"{absolute('public.post', slug=post.slug)}#post", "name": post.title} for post in posts],
    }
    above = (gettext("Series"), absolute("public.all_series"))
    return [whole, _way(above, (series.title, absolute("public.series", slug=series.slug)))]


def of_author(author: Author) -> list[dict[str, Any]]:
    """The page of somebody who writes."""
    url = absolute("public.author", slug=author.slug)
    person = _person(author) | _said(
        image=_image(author.picture) if author.picture is not None else None,
        sameAs=[author.website] if author.website else None,
    )
    page = {"@context": SCHEMA, "@type": "ProfilePage", "url": url, "mainEntity": person}
    return [page, _way((author.name, url))]


def of_list(name: str, url: str, *above: tuple[str, str]) -> list[dict[str, Any]]:
    """The way to a tag, a month or another list; ``above`` are names and addresses of what it is part of."""
    return [_way(*above, (name, url))]


def preview_of_post(post: Post, around: Around) -> Preview:
    picture = shared_picture(post.cover)
    if picture is None:
        picture = SharedPicture(cards.url_of(post), cards.WIDTH, cards.HEIGHT, post.title)
    return Preview(
        "article",
        post.meta_title or post.title,
        post.meta_description or post.excerpt or _first_words(post),
        absolute("public.post", slug=post.slug),
        picture,
        post.listed_at.isoformat(),
        max(post.updated_at, post.listed_at).isoformat(),
        [tag.name for tag in post.tags],
        post.language,
        _versions(post, around),
    )


def preview_of_page(page: Page) -> Preview:
    url = absolute("public.page", slug=page.slug)
    return Preview("website", page.meta_title or page.title, page.meta_description or _first_words(page), url)


def _first_words(thing: Post | Page) -> str:
    """What a page is described by when nobody did."""
    # Of a long text only the beginning is looked at, up to where a tag is whole.
    html = str(thing.body_html[:LOOKED_AT])
    if len(thing.body_html) > LOOKED_AT:
        html = html[: html.rfind("<")]
    return excerpt(Markup(_NOT_READ.sub(" ", html)).striptags(), DESCRIPTION)  # noqa: S704 (only its words are kept)


def _versions(post: Post, around: Around) -> list[Version]:
    if len(around.translations) < 2:
        return []
    site = here().settings.language
    found = sorted(around.translations, key=lambda one: one.id != post.original_id)
    return [Version(one.language or site, absolute("public.post", slug=one.slug)) for one in found]


def _translations(post: Post, around: Around) -> dict[str, Any]:
    """What it is a translation of, or what its translations are."""

    def told(one: Nearby) -> dict[str, str]:
        url = absolute("public.post", slug=one.slug)
        return {"@type": "BlogPosting", "@id": f"{url}#post", "url": url, "headline": one.title}

    others = [one for one in around.translations if one.id != post.id]
    if post.translation_of_id is None:
        return {"workTranslation": [told(one) for one in others]}
    return {"translationOfWork": next((told(one) for one in others if one.id == post.translation_of_id), None)}


def _wholes(post: Post) -> Any:
    """What it is part of: the site, and its series."""
    site = {"@id": f"{absolute('public.home')}#site"}
    return [site, _series(post.series)] if post.series is not None else site


def _series(series: Series) -> dict[str, Any]:
    url = absolute("public.series", slug=series.slug)
    return {"@type": "CreativeWorkSeries", "@id": f"{url}#series", "name": series.title, "url": url}


def _card(post: Post) -> dict[str, Any]:
    return {"@type": "ImageObject", "url": cards.url_of(post), "width": cards.WIDTH, "height": cards.HEIGHT}


def _person(author: Author) -> dict[str, Any]:
    url = absolute("public.author", slug=author.slug)
    return {"@type": "Person", "@id": f"{url}#person", "name": author.name, "url": url}


def _publisher() -> dict[str, Any]:
    return {"@type": "Organization", "name": here().settings.title, "url": absolute("public.home")}


def _image(picture: Media) -> dict[str, Any]:
    return {
        "@type": "ImageObject",
        "url": picture_url(picture),
        **_said(width=picture.width, height=picture.height, caption=picture.caption or picture.alt),
    }


def _way(*places: tuple[str, str]) -> dict[str, Any]:
    """From the home page to here."""
    home = (here().settings.title, absolute("public.home"))
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": url}
        for number, (name, url) in enumerate((home, *places), start=1)
    ]
    return {"@context": SCHEMA, "@type": "BreadcrumbList", "itemListElement": items}


def _said(**values: Any) -> dict[str, Any]:
    """Those that say something."""
    return {name: value for name, value in values.items() if value}
