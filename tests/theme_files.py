"""A theme of a site's own, written where the site looks for it."""

import io
from pathlib import Path

from flask import Flask
from PIL import Image

ABOUT = """
name = "Mine"
description = "For tests."
version = "1"
schemes = ["light", "dark"]
css = ["tokens.css", "site.css", "code.css"]
"""


def write_theme(app: Flask, name: str = "mine", *, about: str = ABOUT, **files: str) -> Path:
    """A theme with these ``files``: in their names ``__`` stands for a slash, and the ending is that of a template."""
    folder = Path(app.instance_path) / "themes" / name
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text(about)
    for file, content in files.items():
        path = folder / (file.replace("__", "/") + ("" if file.endswith("css") else ".html")).replace("_css", ".css")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return folder


def png(width: int = 300, height: int = 100) -> bytes:
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "#0b5d63").save(buffer, format="PNG")
    return buffer.getvalue()
