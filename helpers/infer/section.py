"""Sections: what one page shows, each a `Result` (a tidy table and the facts that sentences need) or what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module

import pandas as pd

from helpers import names
from helpers.journey import Journey


@dataclass(frozen=True)
class Result:
    """What a section found.

    name: the stem of its figure and csv. table: tidy, one row a mark of the figure, shares 0-1. who: whom the figures
    describe, with n. facts: single numbers and words for the sentences. extra: companion tables. method: the statistic
    and its assumption, in a sentence. missing: the needs that are not met; then table is empty and `would_show` says
    what the section would tell. nothing: the sentence for an empty table, where emptiness is itself an answer; one that
    begins with "Not measured: " is none, and a page tells it with what lacks data.
    """

    name: str
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    who: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    method: str = ""
    missing: tuple[str, ...] = ()
    would_show: str = ""
    nothing: str = ""
    journey: Journey | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether there is anything to show."""
        return not self.missing and len(self.table) > 0

    def to_pandas(self) -> pd.DataFrame:
        """A copy of the table, to work on."""
        return self.table.copy()


@dataclass(frozen=True)
class Section:
    """A registered section: what it needs and what it would show."""

    name: str
    page: str
    needs: tuple[str, ...]
    would_show: str
    function: Callable[[Journey], Result]


FRESH = "0_data"
"""The page of the files themselves, whose names and places are no part of what a kept result is named by."""
SECTIONS: dict[str, Section] = {}
_MODULES = {page: f"helpers.infer.{page.split('_', 1)[1]}" for page in names.PAGES}


def section(name: str, *, page: str, needs: tuple[str, ...], would_show: str) -> Callable:
    """Register a function Journey -> Result as a section of a page.

    Where the company lacks one of `needs` (see `Journey.missing`) the function is not called and its Result
    says so. `would_show` completes the sentence "This would show ...".
    """
    if page not in names.PAGES:
        raise ValueError(f"section {name}: page '{page}' is not one of {', '.join(names.PAGES)}")

    def register(function: Callable[[Journey], Result]) -> Callable[[Journey], Result]:
        @wraps(function)
        def measured(journey: Journey) -> Result:
            if missing := tuple(journey.missing(needs)):
                return Result(name, missing=missing, would_show=would_show, journey=journey)
            result = function(journey) if page == FRESH else journey.stored(f"section {name}", lambda: function(journey))
            return Result(**{**result.__dict__, "name": name, "would_show": would_show, "journey": journey})

        SECTIONS[name] = Section(name, page, needs, would_show, measured)
        return measured

    return register


def whom(journey: Journey) -> str:
    """Whom a page's figures describe: company, customers, period."""
    customers = journey.segment.people
    return f"{journey.company.name}, {customers}, {'all data' if journey.period.label == 'all' else journey.period.label}"


def results(page: str, journey: Journey) -> dict[str, Result]:
    """Every section of a page, in the order in which its module defines them: name -> Result."""
    return {name: one.function(journey) for name, one in sections(page).items()}


def sections(page: str) -> dict[str, Section]:
    """The registered sections of a page, name -> Section."""
    import_module(_MODULES[page])
    return {name: one for name, one in SECTIONS.items() if one.page == page}
