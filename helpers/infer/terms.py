"""Terms that set one side's texts apart from the other's: log-odds with an informative Dirichlet prior.

A customer has one vote a term, however often it was used, so that nobody's way of speaking counts as many people's. A term's odds on each side are pulled
towards its odds over all texts, the more the rarer it is; the difference of their logarithms over its standard error is tested two-sided and paid for over
all terms (Benjamini-Hochberg). Terms of fewer than min_cell people are neither tested nor shown.
Source: Monroe, Colaresi and Quinn, Fightin' Words, Political Analysis 16 (2008), equations 15 to 23.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from helpers.infer.intervals import LEVEL
from helpers.infer.multiplicity import false_discovery

LEAST = 4
"""Letters of a single word that can tell anything."""
NEGATIONS = frozenset(("no", "not", "never", "nobody", "none", "nothing", "without"))
_PART = re.compile(r"[.!?;:,()\n]+")
SAME = 0.9
"""A word of which this share of the votes also goes to one pair of words is told by the pair."""
ALPHA = 0.05
COLUMNS = ["term", "people", "share", "others_people", "others_share", "log_odds", "low", "high", "q_value", "side"]


def terms_of(texts: Iterable[str], words: Callable[[str], list[str]], common: frozenset[str]) -> set[str]:
    """The words and pairs of neighbouring words (of one part of a sentence) of some texts, without those too common to tell anything.

    >>> from helpers.infer.sentiment import COMMON, words
    >>> sorted(terms_of(["The parcel never came"], words, COMMON))
    ['never came', 'parcel', 'parcel never']
    """
    found: set[str] = set()
    for part in (part for text in texts for part in _PART.split(text)):
        own = words(part)
        found.update(word for word in own if len(word) >= LEAST and word not in common)
        for one, other in zip(own, own[1:], strict=False):
            told = [word for word in (one, other) if word not in common]
            if len(told) == 2 or (told and len(told[0]) >= LEAST and {one, other} & NEGATIONS) or one in NEGATIONS and len(other) >= LEAST:
                found.add(f"{one} {other}")
    return found


def told_apart(
    rows: pd.DataFrame, words: Callable[[str], list[str]], common: frozenset[str], *, min_cell: int, min_n: int,
) -> tuple[pd.DataFrame, dict[bool, int]]:
    """The terms of one side's texts against the other's, and how many customers each side has; no rows where a side has too few.

    rows: cluster, text, side (bool). The table: see `apart`.
    """
    counted, people = votes(rows, words, common)
    table = apart(counted, people, min_cell)
    return (table if min(people.values()) >= max(min_cell, min_n) else table.iloc[:0]), people


def method(table: pd.DataFrame, min_cell: int) -> str:
    """The statistic in a sentence, for every page that shows terms."""
    return ("words and pairs of neighbouring words, one vote a customer and term; log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008), "
            f"Benjamini-Hochberg q over {len(table):,} terms that {min_cell} customers or more used.")


def votes(rows: pd.DataFrame, words: Callable[[str], list[str]], common: frozenset[str]) -> tuple[dict[bool, Counter], dict[bool, int]]:
    """How many customers of each side use each term, and how many customers each side has. rows: cluster, text, side (bool)."""
    counted, people = {True: Counter(), False: Counter()}, {True: 0, False: 0}
    for (_, side), texts in rows.groupby(["cluster", "side"], sort=True)["text"]:
        counted[side].update(terms_of(texts, words, common))
        people[side] += 1
    return counted, people


def apart(counted: dict[bool, Counter], people: dict[bool, int], min_cell: int, *, level: float = LEVEL) -> pd.DataFrame:
    """One row a term that min_cell customers or more use: COLUMNS, the most telling of the side True first.

    people and share are of the customers of the side True who use it, others_ of the rest; log_odds (natural logarithm, above 0 where the side True uses
    it more), with low and high; side is "ours" or "others" where q is under ALPHA and min_cell customers of that side use it, else "". A count under
    min_cell is missing, with its share and the log-odds that would give it away.

    >>> sides = {True: Counter(late=40, coffee=50), False: Counter(late=20, coffee=160)}
    >>> apart(sides, {True: 80, False: 200}, 10)[["term", "log_odds"]].round(2).values.tolist()
    [['late', 1.82], ['coffee', -1.82]]
    """
    both = counted[True] + counted[False]
    names = [name for name, count in sorted(both.items()) if count >= min_cell]
    names = _without_repeats(names, both)
    ours, theirs = (np.array([counted[side][name] for name in names], dtype=float) for side in (True, False))
    table = pd.DataFrame({"term": pd.Series(names, dtype="object"), "people": ours, "others_people": theirs})
    delta, error = log_odds(ours, theirs)
    half = ndtri(0.5 + level / 2) * error
    table = table.assign(share=ours / max(people[True], 1), others_share=theirs / max(people[False], 1), log_odds=delta, low=delta - half, high=delta + half)
    table = table.assign(q_value=false_discovery(2 * ndtr(-np.abs(delta / error))), _z=delta / error)
    sure = table["q_value"] < ALPHA
    table["side"] = np.select([sure & (delta > 0) & (ours >= min_cell), sure & (delta < 0) & (theirs >= min_cell)], ["ours", "others"], "")
    return _masked(table, min_cell).sort_values(["_z", "term"], ascending=[False, True], ignore_index=True)[COLUMNS]


def _masked(table: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    small = {name: table[name].between(1, min_cell - 1) for name in ("people", "others_people")}
    table[["people", "share"]] = table[["people", "share"]].mask(small["people"])
    table[["others_people", "others_share"]] = table[["others_people", "others_share"]].mask(small["others_people"])
    table[["log_odds", "low", "high"]] = table[["log_odds", "low", "high"]].mask(small["people"] | small["others_people"])
    return table


def log_odds(ours: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The difference of the log-odds of each term and its standard error; the prior is worth one vote a term on average, dealt out as all texts use them.

    Equations 16 and 22 of Monroe, Colaresi and Quinn (2008).
    """
    both = ours + theirs
    prior = both / max(both.sum(), 1) * both.size
    ends = []
    for votes_, whole in ((ours, ours.sum()), (theirs, theirs.sum())):
        rest = whole + prior.sum() - votes_ - prior
        ends.append(np.log(np.divide(votes_ + prior, rest, out=np.full(rest.shape, np.nan), where=rest > 1e-9)))  # the only term has no odds
    return ends[0] - ends[1], np.sqrt(1 / (ours + prior) + 1 / (theirs + prior))


def _without_repeats(names: list[str], both: Counter) -> list[str]:
    """The terms without words that are nearly always part of one same pair."""
    told = set()
    for pair in (name for name in names if " " in name):
        told |= {word for word in pair.split() if word in both and both[pair] >= SAME * both[word]}
    return [name for name in names if name not in told]
