"""Tables as text: the one way in which numbers and words are written to a csv, so that two runs give the same bytes."""

from __future__ import annotations

import csv
import io
import math
import numbers
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

DIGITS = 10
_TRUTH = ("bool", "bool_")  # also numpy's
# A spreadsheet runs a text that starts with one of these as a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """One value as a csv holds it: ten significant digits, no exponent, empty where missing, no spreadsheet formula.

    Text that a spreadsheet would run gets an apostrophe in front; numbers are never touched, also not as text.

    >>> [cell(v) for v in (0.1 + 0.2, 1234567.0, -0.0, 1e-7, None, float("nan"), True)]
    ['0.3', '1234567', '0', '0.0000001', '', '', 'true']
    >>> cell("=HYPERLINK(1)"), cell("-3.5"), cell("- none")
    ("'=HYPERLINK(1)", '-3.5', "'- none")
    """
    if isinstance(value, str):
        return _guarded(value)
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if type(value).__name__ in _TRUTH:
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, (numbers.Real, Decimal)):
        return _number(float(value))
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else _guarded(str(value))


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = format(Decimal(f"{value:.{DIGITS}g}"), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _guarded(text: str) -> str:
    if not text.startswith(_FORMULA):
        return text
    try:
        return text if math.isfinite(float(text)) else "'" + text
    except ValueError:
        return "'" + text


def to_csv(rows: pd.DataFrame | Iterable[dict], columns: Sequence[str] | None = None) -> str:
    """A table as csv text: comma, one line end (\\n), a header always.

    rows: a frame or dicts; columns: which, in which order (default: the frame's). A column that is missing stays
    empty; raises ValueError for one that is not expected.

    >>> to_csv(pd.DataFrame({"kpi": ["nps"], "value": [1 / 3]}), ["kpi", "value", "n"])
    'kpi,value,n\\nnps,0.3333333333,\\n'
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows), dtype=object)
    wanted = [str(name) for name in frame.columns] if columns is None else list(columns)
    if extra := [str(name) for name in frame.columns if columns is not None and name not in wanted]:
        raise ValueError(f"a row has {', '.join(extra)}, which this file does not; its columns are {', '.join(wanted)}")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(wanted if columns is not None else [_guarded(name) for name in wanted])
    lists = [frame.iloc[:, i].tolist() for i in range(frame.shape[1])]
    if columns is not None:
        there = {str(name): values for name, values in zip(frame.columns, lists)}
        lists = [there.get(name, [None] * len(frame)) for name in wanted]
    writer.writerows([cell(value) for value in row] for row in zip(*lists))
    return out.getvalue()


def plain(value: Any) -> Any:
    """A value as JSON can hold it: numpy numbers as numbers, missing as null, times as text; inside lists and dicts too.

    >>> plain({"n": pd.Series([1.5, None]).tolist(), "at": datetime(2026, 7, 1)})
    {'n': [1.5, None], 'at': '2026-07-01'}
    """
    if isinstance(value, pd.DataFrame):
        return [plain(row) for row in value.to_dict("records")]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(one) for one in value]
    if value is None or isinstance(value, str):
        return value
    if value is pd.NaT or value is pd.NA:
        return None
    if type(value).__name__ in _TRUTH:
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, (numbers.Real, Decimal)):
        return float(value) if math.isfinite(float(value)) else None
    return cell(value) if isinstance(value, date) else str(value)
