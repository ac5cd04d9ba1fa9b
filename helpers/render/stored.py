"""What earlier runs left: a company's rendered folder, its record, and its csv files read back as typed tables."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import names
from helpers.load import ROOT, project_path, read_company
from helpers.render import manifest, places

NUMBERS = {
    "kpis": {"value", "low", "high", "n", "target", "red_flag", "score"},
    "moments": {
        "n", "performance", "importance", "importance_low", "importance_high", "penalty", "reward", "asymmetry", "effect", "effect_low", "effect_high",
        "p_value", "q_value", "removal_effect", "methods_agreeing",
    },
}
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?$|-?inf$")  # as `tabular.cell` writes them: 007 is a word
_DAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$")


class StoredError(ValueError):
    """What was asked for has not been rendered; the message says what to type."""


def find_company(folder: str, reports: str | None) -> Path:
    """The rendered folder of a company, from its data folder (or the rendered folder itself). Raises StoredError."""
    given = project_path(folder)
    if (given / manifest.NAME).is_file():
        return given
    out = Path(reports).resolve() if reports else ROOT / "reports"
    company = read_company(given).id
    found = out / places.folder_names([company])[company]
    if not (found / manifest.NAME).is_file():
        raise StoredError(f"{folder} has no reports in {reports or 'reports'}. Type journey render {folder}")
    return found


def done(record: dict[str, Any], period: str, segment: str, *, current: bool = True) -> list[dict]:
    """The reports of one period and segment that were made, `current`: with the data, settings and code of the last run."""
    return [
        one for one in record["reports"]
        if (one["period"], one["segment"], one["status"]) == (period, segment, "done") and (not current or one["fingerprint"] == record["fingerprint"])
    ]


def need(record: dict[str, Any], period: str, segment: str, *, current: bool = True) -> list[dict]:
    """As `done`; raises StoredError where there is none, naming what there is."""
    found = done(record, period, segment, current=current)
    if found:
        return found
    folder = record["run"]["parameters"].get("data", "FOLDER")
    if current and done(record, period, segment, current=False):
        raise StoredError(f"period {period}, segment {segment} was rendered with other data, settings or code. Type journey render {folder} --period {period} --segment '{segment}'")
    there = sorted({f"--period {one['period']} --segment '{one['segment']}'" for one in record["reports"] if one["status"] == "done"})
    shown = "; ".join(there[:6]) + (f" and {len(there) - 6:,} more" if len(there) > 6 else "")
    raise StoredError(f"period {period}, segment {segment} has not been rendered; there are {shown or 'no reports'}. Type journey render {folder} --period {period} --segment '{segment}'")


def read(path: Path, kind: str = "") -> pd.DataFrame:
    """A csv of a run as a typed table, see `typed`."""
    return typed([({}, path)], kind)


def typed(parts: list[tuple[dict[str, str], Path]], kind: str = "", *, grain: str = "") -> pd.DataFrame:
    """Csv files of one kind under one another, typed: kpis and moments by their columns, others by what they hold.

    parts: words that go before a file's columns (name -> word), and the file. grain: only rows of this grain. Numbers are float64 (Int64 where all are whole), days and instants
    datetime64, truths boolean, all else str; empty cells are missing. The guard before a spreadsheet formula is taken off.
    """
    columns: dict[str, list[str]] = {}
    length = 0
    for words, path in parts:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        head = [*words, *_distinct([_bare(name) for name in rows[0]])] if rows else []
        place = head.index("grain") - len(words) if grain and "grain" in head else None
        told = [[*words.values(), *row] for row in rows[1:] if place is None or row[place] == grain]
        for name in head:
            columns.setdefault(name, [""] * length)
        for place, name in enumerate(head):
            columns[name] += [row[place] for row in told]
        length += len(told)
        for name in columns.keys() - set(head):
            columns[name] += [""] * len(told)
    return pd.DataFrame({name: _typed(values, name in NUMBERS[kind] if kind in NUMBERS else None) for name, values in columns.items()})


def _distinct(head: list[str]) -> list[str]:
    """Column names, each once: a second one of the same name gets _2."""
    seen: dict[str, int] = {}
    for name in head:
        seen[name] = seen.get(name, 0) + 1
    counts: dict[str, int] = {}
    named = []
    for name in head:
        counts[name] = counts.get(name, 0) + 1
        named.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return named


def _typed(values: list[str], number: bool | None) -> pd.Series:
    told = [one for one in values if one != ""]
    if number or (number is None and told and all(map(_NUMBER.match, told))):
        numbers = pd.Series([float(one) if one else math.nan for one in values], dtype="float64")
        whole = bool(told) and all("." not in one and "inf" not in one for one in told)
        return numbers.astype("Int64") if whole and number is None else numbers
    if number is None and told and all(map(_DAY.match, told)):
        stamps = pd.to_datetime(pd.Series(values), format="mixed", errors="coerce")
        if stamps.notna().sum() == len(told):
            return stamps.astype("datetime64[us]")
    if number is None and told and set(told) <= {"true", "false"}:
        return pd.Series([None if one == "" else one == "true" for one in values], dtype="boolean")
    return pd.Series([None if one == "" else _bare(one) for one in values], dtype="str")


def _bare(text: str) -> str:
    """Text without the apostrophe that `tabular.cell` put before a formula.

    >>> _bare("'=1+1"), _bare("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r" else text


def kpis(company: Path, record: dict[str, Any], period: str, segment: str) -> pd.DataFrame:
    """The rows of kpis.csv for the whole of one period and segment; empty with its columns where none was written."""
    place = next((one["folder"] for one in record["reports"] if (one["period"], one["segment"]) == (period, segment)), "")
    path = places.inside(company, place, "kpis.csv")
    return typed([({}, path)], "kpis", grain="period") if place and path.is_file() else pd.DataFrame(columns=list(names.KPI_COLUMNS))
