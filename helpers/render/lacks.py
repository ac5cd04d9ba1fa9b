"""What a page cannot measure, gathered: a question whose every answer lacks data leaves the text for one table that says what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from helpers.draw.text import people
from helpers.render.prose import Headings

CAPTION = "What each question needs, and what it would show"


@dataclass(frozen=True)
class Lack:
    """A question without an answer: its heading (HTML) and anchor, and in plain words what it needs and would show."""

    question: str
    anchor: str
    needs: str
    would_show: str


def table(lacks: Sequence[Lack], headings: Headings) -> str:
    """A heading and a table of what cannot be measured, by what it needs, in the order of the page."""
    by_needs: dict[str, list[Lack]] = {}
    for one in lacks:
        by_needs.setdefault(one.needs, []).append(one)
    words = f"Not measured for lack of data: {people(len({one.anchor for one in lacks}), 'questions')}"
    level, anchor = headings.add(3, words)
    rows = "".join(_group(needs, group) for needs, group in by_needs.items())
    return (
        f'<h{level} id="{anchor}">{words}</h{level}>\n<div class="scroll" tabindex="0" role="group" aria-label="{CAPTION}"><table class="lacks"><caption>{CAPTION}</caption>'
        f'<thead><tr><th scope="col">Question</th><th scope="col">It would show</th></tr></thead>{rows}</table></div>'
    )


def _group(needs: str, lacks: Sequence[Lack]) -> str:
    rows = "".join(f'<tr><th scope="row" id="{one.anchor}">{one.question}</th><td>{escape(_capital(one.would_show))}</td></tr>' for one in lacks)
    return f'<tbody><tr class="group"><th scope="rowgroup" colspan="2"><span>It needs</span> {escape(needs)}</th></tr>{rows}</tbody>'


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
