"""Small words that sentences of several pages are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence


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
    return f"Source: {j.company.name}, {what}, {when} up to {j.as_of.day} {j.as_of:%B %Y}."


def owner_of(journey, touchpoint: str) -> str:
    """Who answers for a touchpoint, as the dictionary says; empty where it names nobody."""
    owner = journey.dictionary.set_index("touchpoint")["owner"].get(touchpoint)
    return owner if isinstance(owner, str) else ""


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
