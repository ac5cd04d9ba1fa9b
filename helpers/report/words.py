"""Small words that sentences of several pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from helpers.draw.text import say
from helpers.names import day_words

_TABLES = {"contacts": ("interactions",), "orders": ("orders",), "purchases": ("orders", "interactions"), "surveys": ("surveys",), "tickets": ("tickets",), "mentions": ("mentions",)}


def listed(words: Sequence[str], most: int = 6) -> str:
    """Words as a reader lists them; beyond `most` the rest is counted.

    >>> listed(["delivery"]), listed(["a", "b", "c"]), listed(list("abcdefgh"))
    ('delivery', 'a, b and c', 'a, b, c, d, e and 3 more')
    """
    words = list(words)
    if len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more"]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def spelled(value: object) -> str:
    """A word of the data as it is read.

    >>> spelled("competitor_offer")
    'competitor offer'
    """
    return str(value).replace("_", " ")


def points(share: float) -> str:
    """The size of a difference of shares: "18 points", "1 point", "0.4 points".

    >>> points(-0.182), points(0.01), points(0.004)
    ('18 points', '1 point', '0.4 points')
    """
    size = abs(100 * float(share))
    text = f"{size:.0f}" if size >= 0.95 else f"{size:.1f}"
    return f"{text} point{'' if text == '1' else 's'}"


def quoted(label: str) -> str:
    """A company's own name for something, marked off from the sentence around it.

    >>> quoted("Service line")
    '“Service line”'
    """
    return f"“{label}”"


def source(result, what: str) -> str:
    """The caption of a figure: whose data, which of the tables it may use are there, up to which day."""
    j = result.journey
    words = [word for word in re.split(r", | and ", what) if word not in _TABLES or any(j.has(name) for name in _TABLES[word])]
    what = listed(words, most=9) if words else what
    when = "all data" if j.period.label == "all" else j.period.label
    return f"Source: {j.company.name}, {what}, {when} up to {day_words(j.as_of)}."


def owner_of(journey, touchpoint: str) -> str:
    """Who answers for a touchpoint, as the dictionary says; empty where it names nobody."""
    owner = journey.dictionary.set_index("touchpoint")["owner"].get(touchpoint)
    return owner if isinstance(owner, str) else ""


def owners_of(names: Iterable, most: int = 6) -> str:
    """Who answers for several things, each named once; empty where nobody is named.

    >>> owners_of(["Marketing", "", "Sales", None, "Marketing"])
    'Marketing and Sales'
    """
    return listed(list(dict.fromkeys(name for name in names if isinstance(name, str) and name)), most)


FEW = 30
"""Of fewer cases than this a share is told as a count as well, so that a reader can check it by eye."""


def base(value: float, n: float, unit: str) -> str:
    """How many cases a figure stands on; of few, and where it is a plain share of them, how many of them.

    >>> base(2 / 3, 6, "share"), base(0.2, 6, "share"), base(0.5, 4000, "share"), base(3.7, 10, "score")
    ('4 of 6', 'n 6', 'n 4,000', 'n 10')
    """
    hits = value * n
    if unit == "share" and 0 < n < FEW and value == value and abs(hits - round(hits)) < 1e-6:
        return f"{hits:,.0f} of {n:,.0f}"
    return f"n {n:,.0f}"


def capital(words: str) -> str:
    """The words with a capital first, as a sentence begins.

    >>> capital("rates of NPS")
    'Rates of NPS'
    """
    return words[:1].upper() + words[1:]


def exact(value: float, unit: str, currency: str = "") -> str:
    """A KPI's value to the place at which its changes are told."""
    return say(value, unit, currency=currency, digits=1 if unit == "share" else 2 if unit == "score" else None)


def moved(value: float, unit: str, currency: str = "") -> str:
    """A change with its sign, in points where the KPI is a share; an en dash where there is none.

    >>> moved(-0.031, "share"), moved(0.042, "score"), moved(12.0, "points"), moved(float("nan"), "share")
    ('−3.1 pts', '+0.04', '+12', '–')
    """
    if value != value:
        return "–"
    if unit == "share":
        return say(value, "change")
    size = exact(abs(value), unit, currency)
    return size if not any(c in size for c in "123456789") else f"{'−' if value < 0 else '+'}{size}"


def moved_span(value: float, low: float, high: float, unit: str, currency: str = "") -> str:
    """A change with its interval, the unit named once.

    >>> moved_span(0.11, -0.26, 0.47, "hours")
    '+0.11 hours (−0.26 to +0.47)'
    """
    whole, below, above = (moved(one, unit, currency) for one in (value, low, high))
    if whole == "–":
        return whole
    for tail in (" pts", " days", " day", " hours", " hour", f" {currency}"):
        below, above = below.removesuffix(tail), above.removesuffix(tail)
    return f"{whole} ({below} to {above})"
