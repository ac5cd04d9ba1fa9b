"""Findings: what a page says first, in sentences made from its numbers, each with its doubt and its next step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape

from helpers.draw.text import people

FIRST = 8
"""A page shows this many findings; the others fold away under them."""
SURENESS = {"certain": "Certain", "strong": "Very sure", "sure": "Sure that it is so, not why", "fair": "Fairly sure", "open": "Not known"}
"""How sure, in one word for every page: counted and not estimated; several checks agree, or lots were drawn; beyond chance also after allowing for all that
was compared; an interval, a simple model or somebody's word alone; the data do not say."""
NOBODY = "Owner to be named"
LEVELS = {"bad": "Needs attention", "good": "Going well", "watch": "Watch", "unknown": "Not known yet"}


@dataclass(frozen=True)
class Finding:
    """One finding.

    headline: the answer in one sentence, with its number. observed: the figures behind it, with n and interval.
    how_sure: what the evidence bears, said after the word for `sure` (of SURENESS; by itself "open" where the level is unknown, else "sure"). otherwise: what else could explain it. next_step: what to do, starting with a
    verb. owner: who, as the dictionary, activity or scorecard names them. level: a word of LEVELS. weight: what comes
    first; by custom 0 to 100, 50 for a KPI at its red flag, more where more customers or money hang on it.
    """

    headline: str
    observed: str
    how_sure: str
    otherwise: str = ""
    next_step: str = ""
    owner: str = ""
    level: str = "watch"
    weight: float = 10.0
    sure: str = ""

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level is '{self.level}'; allowed are {', '.join(LEVELS)}")
        if not self.sure:
            object.__setattr__(self, "sure", "open" if self.level == "unknown" else "sure")
        if self.sure not in SURENESS:
            raise ValueError(f"sure is '{self.sure}'; allowed are {', '.join(SURENESS)}")

    def payload(self) -> dict:
        """The finding as the renderer and the index read it."""
        return asdict(self)


def doubt(told: Mapping) -> str:
    """How sure a finding's payload is: the word for it, then the reason.

    >>> doubt({"sure": "fair", "how_sure": "One interval."}), doubt({"sure": "certain", "how_sure": ""})
    ('Fairly sure. One interval.', 'Certain.')
    """
    word = SURENESS.get(told.get("sure", ""))
    return " ".join(filter(None, [f"{word}." if word else "", told.get("how_sure", "")]))


def ordered(findings: list[Finding]) -> list[Finding]:
    """The findings by what matters: weight first, then the wording, so that two runs agree.

    >>> one, two = Finding("B.", "", "", weight=1), Finding("A.", "", "", weight=9)
    >>> [f.headline for f in ordered([one, two])]
    ['A.', 'B.']
    """
    return sorted(findings, key=lambda one: (-one.weight, one.headline))


def to_html(findings: list[Finding], first: str = "") -> str:
    """The first sentence, then the findings as a list whose details fold; those after the first FIRST fold away together. Every word escaped."""
    shown, rest = findings[:FIRST], findings[FIRST:]
    head = f'<p class="signal">{escape(first)}</p>' if first else ""
    more = f'<details class="also"><summary>Also seen: {people(len(rest), "more findings")}</summary>{_list(rest)}</details>' if rest else ""
    return head + _list(shown) + more


def _list(findings: list[Finding]) -> str:
    return '<ol class="findings">' + "".join(_item(one) for one in findings) + "</ol>"


def to_text(findings: list[Finding], first: str = "") -> str:
    """The same as plain lines."""
    return "\n".join([*filter(None, [first]), *(f"- {one.headline}" for one in findings)])


def _item(one: Finding) -> str:
    parts = [("Observed", one.observed), ("How sure", doubt(one.payload())), ("What else could explain it", one.otherwise)]
    rows = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in parts if text)
    owner = f' <span class="owner{"" if one.owner else " nobody"}">{escape(one.owner or NOBODY)}</span>'
    step = f'<p class="step"><span class="then">Next:</span> {escape(one.next_step)}.{owner}</p>' if one.next_step else ""
    return (
        f'<li class="finding {one.level}"><p><span class="level">{LEVELS[one.level]}</span> '
        f"<strong>{escape(one.headline)}</strong></p>{step}"
        + (f"<details><summary>Evidence and doubt</summary><dl>{rows}</dl></details>" if rows else "")
        + "</li>"
    )
