"""Whole addresses in place of relative ones: what a feed carries is read far from our pages."""

import re
from html import escape, unescape
from urllib.parse import urljoin

# What nh3 wrote: attributes in double quotes, "<" only where a tag begins.
TAG = re.compile(r'<[a-zA-Z][a-zA-Z0-9-]*(?:\s+[^\s"=<>]+(?:="[^"]*")?)*\s*/?>')
ADDRESS = re.compile(r'(\s(?:href|src|poster|cite)=)"([^"]*)"')


def absolute(html: str, base: str) -> str:
    """Sanitised ``html`` with each address seen from ``base``, the whole address of its page."""
    return TAG.sub(lambda tag: ADDRESS.sub(lambda found: f'{found[1]}"{whole(found[2], base)}"', tag[0]), html)


def whole(address: str, base: str) -> str:
    try:
        return escape(urljoin(base, unescape(address)))
    except ValueError:  # no address at all, such as http://[
        return address
