"""Tables as one Excel workbook: a sheet a table, frozen headers, formats by unit, nothing from data ever a formula, the same bytes each time."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

UNIT_FORMATS = {"share": "0.0%", "points": "0.0", "score": "0.00", "days": "0.0", "hours": "0.0", "currency": "#,##0.00", "count": "#,##0"}
IN_UNIT = ("value", "low", "high", "target", "red_flag", "mean", "median", "before", "now", "now_low", "now_high", "before_low", "before_high", "difference", "baseline")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NARROWEST, WIDEST, LONGEST_NAME = 9, 60, 31
_HEAD, _FILL = Font(bold=True), PatternFill("solid", fgColor="E9EDF0")


@dataclass(frozen=True)
class Sheet:
    """One table: its name on the tab, what it shows, its rows."""

    name: str
    title: str
    frame: pd.DataFrame


def workbook(sheets: Sequence[Sheet], about: Sequence[tuple[str, str]], stamp: datetime) -> bytes:
    """An .xlsx file: first what it is and which sheets there are, then each sheet. `stamp` stands for every time in the file."""
    book = Workbook()
    names = tab_names([one.name for one in sheets])
    _about(book.active, about, [(name, one) for name, one in zip(names, sheets, strict=True)])
    for name, one in zip(names, sheets, strict=True):
        _fill(book.create_sheet(name), one.frame)
    book.properties.creator = book.properties.lastModifiedBy = "Customer Journey Workbook"
    book.properties.created = book.properties.modified = stamp.replace(microsecond=0)
    return _saved(book, stamp)


def tab_names(names: Sequence[str]) -> list[str]:
    """Names as Excel takes them: at most 31 characters, none of []:*?/\\, no two alike.

    >>> tab_names(["a/b", "A?B", "x" * 40])
    ['a b', 'A B 2', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx']
    """
    taken, found = {"about", "history"}, []
    for name in names:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]+", " ", name).strip(" '") or "Sheet"
        base, number = plain[:LONGEST_NAME], 1
        while base.lower() in taken:
            number += 1
            base = f"{plain[: LONGEST_NAME - 1 - len(str(number))]} {number}"
        taken.add(base.lower())
        found.append(base)
    return found


def _about(sheet: Worksheet, about: Sequence[tuple[str, str]], listed: list[tuple[str, Sheet]]) -> None:
    sheet.title = "About"
    for row, (name, words) in enumerate(about, start=1):
        put(sheet.cell(row, 1), name).font = _HEAD
        put(sheet.cell(row, 2), words).alignment = Alignment(wrap_text=True, vertical="top")
    start = len(about) + 2
    for column, name in enumerate(("Sheet", "What it shows", "Rows"), start=1):
        _head(sheet.cell(start, column), name)
    for row, (name, one) in enumerate(listed, start=start + 1):
        link = put(sheet.cell(row, 1), name)
        quoted = name.replace("'", "''")
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{quoted}'!A1")
        link.style = "Hyperlink"
        put(sheet.cell(row, 2), one.title).alignment = Alignment(wrap_text=True, vertical="top")
        put(sheet.cell(row, 3), len(one.frame)).number_format = "#,##0"
    for letter, width in zip("ABC", (34, 90, 9), strict=True):
        sheet.column_dimensions[letter].width = width


def _fill(sheet: Worksheet, frame: pd.DataFrame) -> None:
    for column, name in enumerate(frame.columns, start=1):
        _head(sheet.cell(1, column), str(name))
    units = frame["unit"].tolist() if "unit" in frame.columns else None
    for column, name in enumerate(frame.columns, start=1):
        fixed = _format(str(name), frame[name])
        width = len(str(name)) + 3
        for row, value in enumerate(frame[name].tolist()):
            cell = put(sheet.cell(row + 2, column), value)
            if cell.data_type == "n" and value is not None:
                unit = units[row] if units and name in IN_UNIT else None
                cell.number_format = UNIT_FORMATS.get(unit, fixed) if isinstance(unit, str) else fixed
            width = max(width, min(len(str(cell.value if cell.value is not None else "")), 12 if cell.data_type == "n" else WIDEST) + 1)
            if isinstance(cell.value, str) and len(cell.value) > WIDEST:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = min(max(width, NARROWEST), WIDEST)
    sheet.freeze_panes = "A2"
    if len(frame.columns):
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(frame.columns))}{len(frame) + 1}"


def _head(cell: Cell, name: str) -> None:
    put(cell, name).font = _HEAD
    cell.fill = _FILL
    cell.alignment = Alignment(vertical="bottom", wrap_text=True)


def put(cell: Cell, value: object) -> Cell:
    """Put a value into a cell: text stays text, also where a spreadsheet would run it; what is missing stays empty."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return cell
    if isinstance(value, pd.Timestamp):
        cell.value, cell.number_format = value.to_pydatetime(), "yyyy-mm-dd" if value == value.normalize() else "yyyy-mm-dd hh:mm:ss"
        return cell
    if isinstance(value, bool) or (isinstance(value, (int, float)) and math.isfinite(value)):
        cell.value = value
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
    cell.value = text
    cell.data_type = "s"  # and never "f", a formula, or "e", an error
    if text.startswith(FORMULA):
        cell.quotePrefix = True  # it stays text when somebody edits it
    return cell


def _format(name: str, values: pd.Series) -> str:
    """The number format of a column that names no unit."""
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return "General"
    known = values.dropna()
    if name in ("p_value", "q_value", "p", "q"):
        return "0.000"
    if len(known) and known.abs().max() <= 1 and re.search(r"(^|_)(share|rate|converted|reached|failed|kept|moved|returned)($|_(low|high|before|now)$)", name):
        return "0.0%"
    if pd.api.types.is_integer_dtype(values) or name in ("n", "people", "customers") or name.endswith("_n"):
        return "0" if name == "year" else "#,##0"
    return "0.000" if len(known) and known.abs().max() <= 1 else "#,##0.00"


def _saved(book: Workbook, stamp: datetime) -> bytes:
    """The file's bytes, every part stamped with the same time."""
    first, last = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, ZipFile(first, "w", ZIP_DEFLATED)).save()
    when = (max(stamp.year, 1980), stamp.month, stamp.day, 0, 0, 0)
    with ZipFile(first) as made, ZipFile(last, "w", ZIP_DEFLATED) as archive:
        for part in made.namelist():
            archive.writestr(ZipInfo(part, when), made.read(part), ZIP_DEFLATED)
    return last.getvalue()
