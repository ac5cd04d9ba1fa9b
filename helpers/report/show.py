"""Showing a section: its chart, table and the sentence that reads it, or what it would need."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

import pandas as pd

from helpers import contract, names
from helpers.draw import Chart
from helpers.infer.section import SECTIONS, Result
from helpers.report import display


@dataclass(frozen=True)
class Table:
    """A table to show: HTML cells come from `frame` as text (already formatted for reading), escaped by `display`.

    stem: the stem of its csv. data: the numbers behind it, for the csv; default the frame itself.
    """

    frame: pd.DataFrame
    stem: str
    caption: str
    data: pd.DataFrame | None = field(default=None)


NOT_MEASURED = "Not measured: "  # how a result's `nothing` begins where it is no answer
Item = Chart | Table | str | Callable[[], None]
READERS: dict[str, Callable[[Result], list[Item]]] = {}
_MODULES = {page: f"helpers.report.{page.split('_', 1)[1]}" for page in names.PAGES}


def reads(name: str) -> Callable:
    """Register the decorated function Result -> [Chart, Table, sentence, ...] as the reader of a section.

    An item may also be a function that shows something itself (see `display.emit`).
    """

    def register(function: Callable[[Result], list[Item]]) -> Callable[[Result], list[Item]]:
        READERS[name] = function
        return function

    return register


def show(result: Result) -> None:
    """Display a section: its items in order; where it cannot be measured, what it needs and would show."""
    import_module(_MODULES[SECTIONS[result.name].page])
    if not result.ok:
        if why := _why_not_measured(result):
            display.show_lack(why, result.would_show)
        else:
            display.show_markdown(result.nothing)
        return
    for item in READERS[result.name](result):
        if isinstance(item, Chart):
            display.show_figure(item)
        elif isinstance(item, Table):
            display.show_table(item.frame, stem=item.stem, caption=item.caption, data=item.data)
        elif isinstance(item, str):
            display.show_markdown(item)
        else:
            item()
    if result.method:
        display.show_detail("How it was measured", result.method)


def lacking(result: Result) -> str:
    """The sentence for a section without a table."""
    why = _why_not_measured(result)
    return f"{NOT_MEASURED}{why}. It would show {result.would_show}." if why else result.nothing


def _why_not_measured(result: Result) -> str:
    """Why a section is not measured; empty where its emptiness is itself an answer."""
    if result.missing:
        return f"it needs {needs_in_words(result.missing)}"
    if not result.nothing:
        return "it takes more cases in this period and segment"
    return result.nothing.removeprefix(NOT_MEASURED).rstrip(".") if result.nothing.startswith(NOT_MEASURED) else ""


def needs_in_words(needs: tuple[str, ...]) -> str:
    """`orders.cost` as "the column cost in orders (what the order cost)".

    >>> needs_in_words(("orders", "touchpoints.role=usage|touchpoints.role=support"))
    'the table orders and a row of touchpoints whose role is usage or support'
    >>> needs_in_words(("surveys.comment|mentions",))
    'either the column comment in surveys (what the customer wrote) or the table mentions'
    """
    return " and ".join(_either(need.split("|")) for need in needs)


def _either(needs: list[str]) -> str:
    """Needs of which any one will do; words of one column are told together."""
    words: dict[str, list[str]] = {}
    for need in needs:
        place, mark, word = need.partition("=")
        words.setdefault(place + mark, []).append(word)
    told = [" or ".join(filter(None, [", ".join(last[:-1]), last[-1]])) for last in words.values()]
    return "either " * (len(words) > 1) + " or ".join(_need_in_words(place + word) for place, word in zip(words, told, strict=True))


def _need_in_words(need: str) -> str:
    table, _, column = need.partition(".")
    column, _, word = column.partition("=")
    if not column:
        return f"the table {table}"
    if word:
        return f"a row of {table} whose {column} is {word}"
    known = {one.name: one for one in contract.TABLES[table].columns}
    return f"the column {column} in {table}" + (f" ({_in_short(known[column].meaning)})" if column in known else "")


def _in_short(meaning: str) -> str:
    """The first clause of a column's meaning, to stand in brackets.

    >>> _in_short("What the customer pays. A return is never negative.")
    'what the customer pays'
    """
    first = re.split(r"[.;:]\s|\.$", meaning)[0]
    return first if first[:2].isupper() else first[:1].lower() + first[1:]
