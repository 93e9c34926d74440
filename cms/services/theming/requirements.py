"""What a theme must have, whatever it looks like."""

from cms.text.colours import SHAPE_RATIO, TEXT_RATIO

READING_RATIO = 7.0  # for what is read long: WCAG 2.2, 1.4.6

# Blocks by template: pages fill those of the layout, the preview of a draft those of a post and of a page.
BLOCKS = {
    "layout.html": ("title", "head", "above", "main"),
    "public/post.html": ("title", "head", "told", "comments"),
    "public/page.html": ("title", "head", "told"),
}

# What each page must hold: a pattern of its HTML, and what it is.
PARTS = (
    (r'<html[^>]* lang="', "<html> says no language"),
    (r'<meta name="viewport"', 'there is no <meta name="viewport">'),
    (r"<title>[^<]", "the <title> is missing or empty"),
    (r'<link rel="alternate" type="application/atom\+xml"', "the feed is not named in the <head>"),
    (r'<main [^>]*id="main"', 'there is no <main id="main">, which the skip link leads to'),
    (r'href="#main"', "there is no link to #main, for those who go by keyboard"),
)

# The colours that the style sheet must name, each with those it is read on and how well.
CONTRASTS = (
    ("text", ("ground", "ground-raised"), READING_RATIO),
    ("text", ("ground-sunken", "accent-ground"), TEXT_RATIO),
    ("text-muted", ("ground", "ground-raised", "ground-sunken"), TEXT_RATIO),
    ("link", ("ground", "ground-raised"), TEXT_RATIO),
    ("accent", ("ground", "ground-raised", "accent-ground"), TEXT_RATIO),
    ("accent-hover", ("ground",), TEXT_RATIO),
    ("on-accent", ("accent", "accent-hover"), TEXT_RATIO),
    ("info", ("info-ground",), TEXT_RATIO),
    ("good", ("good-ground",), TEXT_RATIO),
    ("warn", ("warn-ground",), TEXT_RATIO),
    ("bad", ("bad-ground", "ground"), TEXT_RATIO),
    ("line-strong", ("ground", "ground-raised"), SHAPE_RATIO),
    ("focus", ("ground", "ground-raised"), SHAPE_RATIO),
)
CODE_GROUND = "code-ground"  # every other colour named code-... is read on it
