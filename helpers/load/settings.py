"""The settings of `journey.yml`: everything but its tables. Each wrong word is a ConfigError with its line."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from helpers import contract, engine, names
from helpers.load.company import Lots, Windows
from helpers.load.grammar import Node, hint

KEYS = (
    "name", "currency", "timezone", "stages", "windows", "segments", "outcome", "randomised", "min_cell", "min_n", "practical_margin", "as_of", "engine",
    "notes", "tables",
)
_WINDOWS = {"intent": ("intent_days", "30d"), "adoption": ("adoption_days", "30d"), "retention": ("retention_days", "90d"),
            "session_gap": ("session_gap_minutes", "30m")}


def read_settings(root: Node | None) -> dict[str, Any]:
    """The fields of `Company` that journey.yml sets; a key that is absent keeps its default.

    Raises ConfigError naming file, line and what to type instead.
    """
    keys = {} if root is None else root.items(KEYS, "key")
    readers = {
        "name": lambda node: node.text() or None,
        "currency": _currency,
        "timezone": _timezone,
        "stages": _stages,
        "windows": _windows,
        "segments": _segments,
        "outcome": lambda node: node.choice(names.OUTCOMES),
        "randomised": _lots,
        "min_cell": lambda node: node.integer(1),
        "min_n": lambda node: node.integer(1),
        "practical_margin": lambda node: node.parse(margin),
        "as_of": lambda node: node.parse(instant),
        "engine": lambda node: node.choice(engine.ENGINES),
        "notes": lambda node: node.texts(),
    }
    found = {key: read(keys[key]) for key, read in readers.items() if key in keys and not keys[key].is_empty}
    found["lines"] = {key: node.line for key, node in keys.items()}
    return {key: value for key, value in found.items() if value is not None}


def instant(word: str) -> datetime:
    """A day (its last second) or a time stamp.

    >>> instant("2026-09-30")
    datetime.datetime(2026, 9, 30, 23, 59, 59)
    """
    try:
        stamp = datetime.fromisoformat(word.strip())
    except ValueError:
        raise ValueError(f"is '{word}', which is not a day; type one such as 2026-09-30") from None
    if stamp.tzinfo:
        raise ValueError(f"is '{word}'; leave out the offset: times are in the company's own time zone")
    return stamp.replace(hour=23, minute=59, second=59) if len(word.strip()) <= 10 else stamp


def margin(word: str) -> float:
    """The smallest difference of shares that matters, as a share; it is written in points, as 2 may be meant either way.

    >>> margin("2 points")
    0.02
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:points?|pts?)", word.strip())
    if not match:
        raise ValueError(f"is '{word}'; type it in percentage points, e.g. 2 points")
    if not 0 < float(match[1]) < 50:
        raise ValueError(f"is '{word}'; it must lie between 0 and 50 points")
    return float(match[1]) / 100


def _currency(node: Node) -> str:
    word = node.text()
    if not re.fullmatch(r"[A-Z]{3}", word):
        raise node.error(f"currency is '{word}'; type its three letters, e.g. currency: EUR")
    return word


def _timezone(node: Node) -> str:
    from zoneinfo import available_timezones

    word, zones = node.text(), available_timezones()
    if word not in zones:
        close = hint(word, sorted(zones)).split(";")[0] if zones else ""
        close = close if close.startswith("Type") else "Type a name such as Europe/Berlin or UTC"
        raise node.error(f"timezone is '{word}', which no time zone is called. {close}.")
    return word


def _stages(node: Node) -> dict[str, str]:
    if node.is_mapping:
        labels = {key: child.text() or names.STAGES[key] for key, child in node.items(names.STAGES, "stage").items()}
    else:
        labels = {element.choice(names.STAGES): "" for element in node.elements()}
        labels = {key: names.STAGES[key] for key in labels}
    if len(set(labels.values())) < len(labels):
        raise node.error("two stages have one label; give each its own.")
    return {key: labels[key] for key in names.STAGES if key in labels}


def _windows(node: Node) -> Windows:
    found: dict[str, float] = {}
    for key, child in node.items(_WINDOWS, "window").items():
        field, example = _WINDOWS[key]
        minutes = child.minutes(f"{key}: {example}")
        found[field] = minutes if field.endswith("minutes") else minutes / 1440
    return Windows(**found)


def _lots(node: Node) -> Lots:
    parts = node.items(("column", "control", "since"), "key")
    absent = [key for key in ("column", "control", "since") if key not in parts or parts[key].is_empty]
    if absent:
        raise node.error(f"randomised lacks {' and '.join(absent)}; type e.g. randomised: {{column: arm, control: none, since: 2026-03-01}}")
    column = parts["column"].text()
    if column in contract.TABLES["customers"].column_names:
        raise parts["column"].error(f"{column} says nothing about lots; type the customers column that holds what each customer drew, such as arm.")
    return Lots(column, parts["control"].text(), datetime.combine(parts["since"].parse(instant).date(), datetime.min.time()))


def _segments(node: Node) -> tuple[str, ...]:
    words = node.texts()
    for element, word in zip(node.elements(), words):
        if word in contract.TABLES["customers"].column_names:
            raise element.error(f"{word} does not name a group of customers; type a column such as region.")
        if words.count(word) > 1:
            raise element.error(f"'{word}' stands twice in segments; keep one of them.")
    return words
