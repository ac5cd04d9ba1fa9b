"""`journey check` in print: plain aligned tables for the analyst's screen."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path
from typing import TextIO

import pandas as pd

from helpers import names
from helpers.load import ConfigError, read_company
from helpers.validate.check import Check, Pages, check
from helpers.validate.prepare import Prepared, prepare

_WIDTH = 118


def print_check(
    folder: str | Path, source: str | Path | None = None, *, pages: Pages | None = None, show_personal: bool = True,
    out: TextIO | None = None,
) -> int:
    """Print what a company's data hold, what was refused and what can be measured. Gives the exit code.

    0: every row is right and everything joins. 1: usable, with wrong rows or warnings. 2: unusable; the error names
    file, line or row, column, value, and what to type instead. `pages` says what each page needs (see `check`).
    """
    out = out or sys.stdout
    try:
        prepared = prepare(read_company(folder, source=source))
    except ConfigError as error:
        print(f"journey check: {error}", file=sys.stderr)
        return 2
    found = check(prepared, pages=pages, show_personal=show_personal)
    parts = (_head(prepared), _sources(found), _faults(found), _identities(found), _touchpoints(found), _pages(found), _end(prepared, found))
    try:
        print("\n\n".join(filter(None, parts)), end="\n\n", file=out, flush=True)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return found.exit_code


def text_table(frame: pd.DataFrame, below: str = "") -> str:
    """A table of text: numbers to the right with thousands separators, the column `below` indented under its row.

    >>> print(text_table(pd.DataFrame({"table": ["orders"], "rows read": [12345], "note": ["twice a day"]}), below="note"))
    table   rows read
    ------  ---------
    orders     12,345
        twice a day
    """
    shown = frame.drop(columns=below) if below else frame
    cells = {name: [_cell(value) for value in shown[name]] for name in shown.columns}
    right = {name for name in shown.columns if pd.api.types.is_numeric_dtype(shown[name])}
    widths = {name: max([len(name), *map(len, texts)]) for name, texts in cells.items()}
    lines = [_line({name: name for name in cells}, widths, right), _line({name: "-" * widths[name] for name in cells}, widths, right)]
    for i in range(len(frame)):
        lines.append(_line({name: texts[i] for name, texts in cells.items()}, widths, right))
        if below:
            lines += textwrap.wrap(_cell(frame[below].iloc[i]), _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)


def _line(row: dict[str, str], widths: dict[str, int], right: set[str]) -> str:
    return "  ".join(text.rjust(widths[name]) if name in right else text.ljust(widths[name]) for name, text in row.items()).rstrip()


def _cell(value: object) -> str:
    """One value as text; control characters and long texts are cut, so that a row stays a row."""
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,}" if float(value).is_integer() else f"{value:,.2f}"
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text


def _head(prepared: Prepared) -> str:
    company = prepared.company
    read, used = (sum(getattr(info, name) for info in prepared.tables.values()) for name in ("rows_read", "rows_used"))
    return (f"{company.name}: {read:,} rows read = {used:,} used + {read - used:,} quarantined, in {len(prepared.tables)} tables. "
            f"The data end {prepared.as_of:%Y-%m-%d %H:%M} ({company.timezone}).\n"
            f"Stages: {', '.join(company.stages.values())}. Segments: {', '.join(company.segments) or 'none'}.")


def _sources(found: Check) -> str:
    shown = found.sources.rename(columns={"first_at": "first", "last_at": "last", "unused": "columns nothing reads"})
    for name in ("first", "last"):
        shown[name] = pd.to_datetime(shown[name])
    unused = shown["columns nothing reads"]
    shown["columns nothing reads"] = [f"nothing reads {_first_few(words)}" if words else "" for words in unused]
    if not shown["blank"].any():
        shown = shown.drop(columns="blank")
    return "Sources\n" + text_table(shown, below="columns nothing reads")


def _first_few(words: str, count: int = 6) -> str:
    listed = words.split(", ")
    return words if len(listed) <= count else f"{', '.join(listed[:count])} and {len(listed) - count:,} more"


def _faults(found: Check) -> str:
    if not len(found.faults):
        return "Quarantine\nEvery row is right."
    shown = found.faults.assign(value=[_short(value) for value in found.faults["value"]])
    shown = shown.drop(columns="table").rename(columns={"row": "e.g. row", "faults": "rows"})
    shown["e.g. row"] = shown["e.g. row"].astype("Int64").astype(str)  # a place in a file, not a count
    return ("Quarantine (a row with two faults stands under both)\n"
            + text_table(shown[["source", "column", "rows", "e.g. row", "value", "reason"]], below="reason"))


def _short(value: object, width: int = 24) -> str:
    text = str(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def _identities(found: Check) -> str:
    if not len(found.identities):
        return "Identities\nNo two tables name customers."
    shares = found.identities.assign(shown=[f"{share:.1%}" for share in found.identities["share"]])
    order = list(dict.fromkeys(found.identities["table"]))
    wide = shares.pivot(index="table", columns="other", values="shown").reindex(index=order, columns=[t for t in order if t in set(shares["other"])])
    sizes = shares.drop_duplicates("table").set_index("table")["customers"]
    shown = wide.fillna("-").rename(columns=lambda name: f"in {name}").reset_index()
    shown.insert(1, "customers", sizes.reindex(order).to_numpy())
    return "Identities: share of each table's customers that the other tables know\n" + text_table(shown)


def _touchpoints(found: Check) -> str:
    odd = found.touchpoints[~found.touchpoints["in_dictionary"].astype(bool) | (found.touchpoints["rows"] == 0)]
    if not len(odd):
        return ""
    where = ["seen, not in the dictionary" if not known else "in the dictionary, never seen" for known in odd["in_dictionary"]]
    shown = odd.assign(what=where)[["touchpoint", "what", "rows", "tables", "near"]].rename(columns={"near": "meant?", "tables": "seen in"})
    return "Touchpoints\n" + text_table(shown)


def _pages(found: Check) -> str:
    """Per page how much can be measured, then each thing that cannot, with what would unlock it."""
    if not len(found.pages):
        return ""
    lines = []
    for page, rows in found.pages.groupby("page", sort=False):
        missing = rows[~rows["measured"].astype(bool)]
        head = f"{page} {names.PAGES.get(page, '')}".strip()
        lines.append(f"{head}: {int(rows['measured'].sum()):,} of {len(rows):,} can be measured{'' if len(missing) else ', all of it'}")
        by_unlock = missing.groupby("unlock", sort=True)["what"].agg(list)
        for unlock, whats in by_unlock.items():
            unlock = unlock.replace("|", " or ").replace("=", " = ")
            lines += textwrap.wrap(f"needs {unlock}: {', '.join(whats)}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    return "What each page can measure\n" + "\n".join(lines)


def _end(prepared: Prepared, found: Check) -> str:
    if not found.exit_code:
        return "Everything is in order."
    listed = [line for text in found.warnings for line in textwrap.wrap(text, _WIDTH, initial_indent="- ", subsequent_indent="  ")]
    refused = sum(info.rows_quarantined for info in prepared.tables.values())
    if refused:
        listed.insert(0, f"- {refused:,} {'row is' if refused == 1 else 'rows are'} in quarantine: {prepared.path / 'quarantine.parquet'}")
    return "Warnings (the data can be used)\n" + "\n".join(listed)
