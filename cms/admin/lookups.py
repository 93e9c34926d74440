"""The lookups that several forms share."""

from cms.admin.lookup import Lookup
from cms.language import gettext, lazy
from cms.models import Author, Media, Post, Series, Tag, User
from cms.services import media, thumbnails

AUTHORS = Lookup("authors", Author, ["name", "slug"], label=lambda author: author.name, making=lazy("New author"))
TAGS = Lookup("tags", Tag, ["name"], label=lambda tag: tag.name)
SERIES = Lookup("series", Series, ["title"], label=lambda series: series.title)
POSTS = Lookup("posts", Post, ["title"], only=lambda: Post.deleted_at.is_(None))
PICTURES = Lookup(
    "cover",
    Media,
    ["filename", "alt"],
    only=lambda: Media.width.is_not(None) & Media.deleted_at.is_(None),
    picture=thumbnails.url_of,
    about=lambda picture: (picture.alt, picture.caption, media.url_of(picture)),
    making=lazy("Upload a picture"),
)
PEOPLE = Lookup("user", User, ["name"], label=lambda person: person.name or gettext("Unnamed"))
