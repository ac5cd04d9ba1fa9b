"""The first screen of a page: what is bad, what is good, how sure, what changed, what next and by whom.

Everything is read from what the page itself showed (its findings and its scorecard's status), so that the notebook and the
HTML say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers.draw.text import people
from helpers.report.finding import LEVELS, NOBODY, doubt
from helpers.report.words import listed

STEPS = 3
LONGEST = 190  # letters of doubt on the first screen; the rest stands under the finding
NOTHING_GOOD = "Nothing on this page is shown to go well."


@dataclass(frozen=True)
class Answer:
    """What the first screen says.

    said: level (a word of finding.LEVELS, "none" or "sure"), its label and a sentence. changed: a sentence or two, empty where the page
    compares nothing. steps: what to do and who does it.
    """

    said: tuple[tuple[str, str, str], ...] = ()
    changed: str = ""
    steps: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.said)


def answer(told: Mapping | None, statuses: Sequence[Mapping] = ()) -> Answer:
    """The answer in short from a page's payload of findings and its scorecards' statuses; empty where it found nothing.

    >>> found = {"findings": [{"headline": "Half stop.", "how_sure": "Certain.", "level": "bad", "next_step": "Ask", "owner": "Ann"}]}
    >>> [label for _, label, _ in answer(found).said], answer(found).steps
    (['Needs attention', 'Going well', 'How sure'], (('Ask', 'Ann'),))
    """
    found = list((told or {}).get("findings", ()))
    if not found:
        return Answer()
    bad = _first(found, "bad")
    chosen = [found[0]] if bad in (None, found[0]) else [bad, found[0]]
    good = _first(found, "good")
    chosen += [good] if good and good is not found[0] else []
    said = [(one["level"], LEVELS[one["level"]], one["headline"]) for one in chosen]
    if not good:
        on_target = " ".join(f"On target: {one['on_target']}." for one in statuses if one.get("on_target"))
        said.append(("good" if on_target else "none", LEVELS["good"], on_target or NOTHING_GOOD))
    if sure := doubts(chosen[0], statuses):
        said.append(("sure", "How sure", sure))
    return Answer(tuple(said), (told or {}).get("signal", {}).get("sentence", ""), steps(found))


def doubts(first: Mapping, statuses: Sequence[Mapping] = ()) -> str:
    """How sure the first finding is, and how many KPIs are open."""
    words = brief(doubt(first))
    for one in statuses:
        counts = one.get("counts") or {}
        aimless, lacks = one.get("untargeted", 0), one.get("silent", "no information")
        open_, silent = counts.get("not_yet_known", 0), counts.get("no_information", 0) - aimless
        kinds = ((open_, "is", "are", "not yet known"), (silent, "has", "have", lacks), (aimless, "has", "have", "no target"))
        told = [f"{count} {single if count == 1 else many} {what}" for count, single, many, what in kinds if count]
        if silent == sum(counts.values()) > 0:
            words += f" None of {people(silent, 'KPIs')} can be judged: there is {lacks}."
        elif told:
            words += f" Of {people(sum(counts.values()), 'KPIs')}, {listed(told)}."
    return words.strip()


def brief(text: str, longest: int = LONGEST) -> str:
    """The first whole sentences of a text that fit; always one.

    >>> brief("It is sure. " + "Perhaps. " * 9, longest=24)
    'It is sure. Perhaps.'
    """
    kept = ""
    for sentence in re.findall(r".+?(?:[.!?](?=\s|$)|$)", " ".join(text.split())):
        if kept and len(kept) + len(sentence) > longest:
            break
        kept += sentence
    return kept.strip()


def steps(found: Sequence[Mapping]) -> tuple[tuple[str, str], ...]:
    """The first steps that follow from the findings, each once, with who takes them."""
    told: dict[str, str] = {}
    for one in found:
        if one.get("next_step"):
            told.setdefault(one["next_step"], one.get("owner") or NOBODY)
    return tuple(told.items())[:STEPS]


def _first(found: Sequence[Mapping], level: str) -> Mapping | None:
    return next((one for one in found if one["level"] == level), None)
