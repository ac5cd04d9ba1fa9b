"""Excel workbooks: one sheet read as text, cell by cell, with the sheet's own row numbers."""

from __future__ import annotations

import csv
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from helpers.load import csvfile
from helpers.load.company import Source
from helpers.load.files import sheets
from helpers.load.grammar import ConfigError, hint
from helpers.load.quoting import literal


def relation(source: Source, work: Path) -> tuple[str, dict[str, str], str]:
    """The sheet as `read_csv(...)` of a copy in `work`, its columns (name -> SQL), and the SQL of the sheet's row number.

    Raises ConfigError where the workbook or the sheet is not there, or the sheet is empty.
    """
    from openpyxl import load_workbook

    names = sheets(source.path)
    member = source.member or names[0]
    if member not in names:
        raise ConfigError(source.config or source.path, source.options.lines.get("sheet"),
                          f"'{source.path.name}' has no sheet '{member}'. {hint(member, names)}")
    book = load_workbook(source.path, read_only=True, data_only=True)
    copy = work / f"{source.table}-{abs(hash((str(source.path), member)))}.csv"
    try:
        titles = _copy(book[member], copy)
    finally:
        book.close()
    if not titles:
        raise ConfigError(source.path, 1, f"the sheet '{member}' is empty; its first row must name the columns.")
    columns = ", ".join(f"{literal(f'c{i}')}: 'VARCHAR'" for i in range(len(titles) + 1))
    sql = (f"read_csv({literal(str(copy))}, auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', "
           f"columns = {{{columns}}})")
    return sql, {title: f'"c{i}"' for i, title in enumerate(titles, start=1)}, 'CAST("c0" AS BIGINT)'


def _copy(sheet: Any, copy: Path) -> list[str]:
    """Write the sheet's rows as text, each after its row number; gives the titles of its first filled row."""
    titles: list[str] = []
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            texts = [_text(cell) for cell in cells]
            if not any(texts):
                continue
            if not titles:
                while texts and not texts[-1]:
                    texts.pop()
                titles = csvfile.unique(texts)
                continue
            row = (texts + [""] * len(titles))[: len(titles)]
            writer.writerow([number, *row])
    return titles


def _text(cell: Any) -> str:
    """A cell as a person would type it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
