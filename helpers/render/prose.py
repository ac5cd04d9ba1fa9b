"""Markdown and foreign HTML as safe HTML: a page's own words may hold markup, words from data may not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

import mistune

_DROPPED = re.compile(r"<(script|style|head|title)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAGS = frozenset(
    "a abbr b blockquote br caption code col colgroup dd details div dl dt em figcaption figure h3 h4 h5 h6 hr i li ol p pre small span strong "
    "sub summary sup table tbody td tfoot th thead tr u ul".split()
)
_ATTRIBUTES = {"*": ["class"], "a": ["href", "title"], "td": ["colspan", "rowspan"], "th": ["scope", "colspan", "rowspan"], "details": ["open"]}


@dataclass
class Headings:
    """The headings of a page as they come: each gets an anchor, and no level is skipped."""

    taken: set[str] = field(default_factory=set)
    found: list[tuple[int, str, str]] = field(default_factory=list)
    last: int = 1

    def add(self, level: int, words: str, *, least: int = 2) -> tuple[int, str]:
        """The level and anchor of a heading; `least` keeps headings of outputs below the page's."""
        level = min(max(level, least), self.last + 1)
        plain = re.sub(r"<[^>]+>", "", words)
        base = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60] or "part"
        anchor, number = base, 1
        while anchor in self.taken:
            number += 1
            anchor = f"{base}-{number}"
        self.taken.add(anchor)
        self.last = level
        self.found.append((level, anchor, plain))
        return level, anchor


    def drop(self, anchor: str) -> None:
        """Take a heading off the list of contents; its anchor stays taken."""
        self.found = [one for one in self.found if one[1] != anchor]


class _Renderer(mistune.HTMLRenderer):
    def __init__(self, headings: Headings, *, least: int, trusted: bool) -> None:
        super().__init__(escape=not trusted)
        self.headings, self.least = headings, least

    def heading(self, text: str, level: int, **_) -> str:
        level, anchor = self.headings.add(level, text, least=self.least)
        return f'<h{level} id="{anchor}">{text}</h{level}>\n'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f"<em>{text}</em>"  # pictures are never fetched; a page shows its own


def page_words(source: str, headings: Headings) -> str:
    """A Markdown cell of a page as HTML."""
    return _markdown(_Renderer(headings, least=2, trusted=True), source)


def data_words(source: str, headings: Headings) -> str:
    """Markdown made from data as HTML: tags are shown, not obeyed; links that run code are cut.

    >>> data_words("**12 orders** <b>", Headings())
    '<p><strong>12 orders</strong> &lt;b&gt;</p>\\n'
    """
    return _markdown(_Renderer(headings, least=3, trusted=False), source)


def _markdown(renderer: _Renderer, source: str) -> str:
    html = mistune.create_markdown(renderer=renderer, plugins=["table", "strikethrough"])(source)
    return re.sub(r"<th(?=[\s>])", '<th scope="col"', str(html))


def foreign(html: str) -> str:
    """HTML that the project did not make (a bare data frame, say): structure stays, scripts, styles and events go.

    >>> foreign("<b onclick='x()'>4</b><script>x()</script>")
    '<b>4</b>'
    """
    import bleach

    return bleach.clean(_DROPPED.sub("", html), tags=_TAGS, attributes=_ATTRIBUTES, protocols=["http", "https", "mailto"], strip=True)


def shown(text: str) -> str:
    """Printed text as HTML."""
    return f"<pre>{escape(text.strip(chr(10)))}</pre>"
