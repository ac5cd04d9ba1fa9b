"""What a page cannot measure, gathered: a question without any answer leaves the text for one table that says why, and what it would show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from helpers.draw.text import people
from helpers.render.prose import Headings
from helpers.report.words import capital

CAPTION = "Why not, and what it would show"


@dataclass(frozen=True)
class Lack:
    """A question without an answer: its heading (HTML) and anchor, and in plain words why it is not measured and what it would show."""

    question: str
    anchor: str
    why: str
    would_show: str


def table(lacks: Sequence[Lack], headings: Headings) -> str:
    """A heading and a table of what cannot be measured, by reason, in the order of the page."""
    by_reason: dict[str, list[Lack]] = {}
    for one in lacks:
        by_reason.setdefault(one.why, []).append(one)
    words = f"Not measured: {people(len({one.anchor for one in lacks}), 'questions')}"
    level, anchor = headings.add(3, words)
    rows = "".join(_group(why, group) for why, group in by_reason.items())
    return (
        f'<h{level} id="{anchor}">{words}</h{level}>\n<div class="scroll" tabindex="0" role="group" aria-label="{CAPTION}"><table class="lacks"><caption>{CAPTION}</caption>'
        f'<thead><tr><th scope="col">Question</th><th scope="col">It would show</th></tr></thead>{rows}</table></div>'
    )


def _group(why: str, lacks: Sequence[Lack]) -> str:
    rows = "".join(f'<tr><th scope="row" id="{one.anchor}">{one.question}</th><td>{escape(capital(one.would_show))}</td></tr>' for one in lacks)
    return f'<tbody><tr class="group"><th scope="rowgroup" colspan="2">{escape(capital(why))}</th></tr>{rows}</tbody>'
