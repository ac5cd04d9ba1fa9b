"""Periods: `all`, a year, half, quarter, month, or first and last day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

FORMS = "all, 2026, 2026-H1, 2026-Q3, 2026-07 or 2026-07-01..2026-09-15"
MONTHS_OF_HISTORY = 36
_CALENDAR = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?$", re.IGNORECASE)
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$")


class PeriodError(ValueError):
    """A period that cannot be read."""


@dataclass(frozen=True)
class Period:
    """A span of time: `start` belongs to it, `end` does not. `all` has neither until data bound it."""

    label: str
    start: datetime | None
    end: datetime | None

    def bounded(self, first: datetime, last: datetime) -> Period:
        """The period with the data's own bounds where it is `all`: first to the day after the last."""
        if self.start is not None:
            return self
        day = datetime(first.year, first.month, first.day)
        after = datetime(last.year, last.month, last.day) + timedelta(days=1)
        return Period(self.label, day, after)

    def previous(self) -> Period | None:
        """The like period just before: the quarter before a quarter, as many days before a range of days.

        >>> parse_period("2026-Q1").previous().label
        '2025-Q4'
        >>> parse_period("2026-07-11..2026-07-20").previous().label
        '2026-07-01..2026-07-10'
        """
        if self.label == "all" or self.start is None or self.end is None:
            return None
        if _RANGE.match(self.label):
            start, end = self.start - (self.end - self.start), self.start
            return Period(f"{start:%Y-%m-%d}..{end - timedelta(days=1):%Y-%m-%d}", start, end)
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        start = _add_months(self.start, -months)
        return Period(_calendar_label(start, months), start, self.start)


def parse_period(text: object) -> Period:
    """Read a period. Raises PeriodError naming the allowed forms.

    >>> parse_period("2026-Q3").end
    datetime.datetime(2026, 10, 1, 0, 0)
    >>> parse_period("2026-Q5")
    Traceback (most recent call last):
    ...
    helpers.journey.period.PeriodError: period '2026-Q5' cannot be read; type one of: all, 2026, 2026-H1, 2026-Q3, 2026-07 or 2026-07-01..2026-09-15
    """
    label = str(text).strip()
    if label.lower() == "all":
        return Period("all", None, None)
    if match := _CALENDAR.match(label):
        year, half, quarter, month = match.groups()
        if int(year) >= 1000:
            months = 6 if half else 3 if quarter else 1 if month else 12
            number = int(half or quarter or month or 1)
            start = datetime(int(year), (number - 1) * months + 1, 1)
            return Period(label.upper(), start, _add_months(start, months))
    if match := _RANGE.match(label):
        try:
            start, last = (datetime.strptime(day, "%Y-%m-%d") for day in match.groups())
        except ValueError:
            raise PeriodError(f"period '{label}' names a day that does not exist; type one of: {FORMS}") from None
        if last < start:
            raise PeriodError(f"period '{label}' ends before it starts; type {match[2]}..{match[1]}")
        return Period(label, start, last + timedelta(days=1))
    raise PeriodError(f"period '{label}' cannot be read; type one of: {FORMS}")


def labels(period: Period, first: datetime, as_of: datetime) -> pd.DataFrame:
    """The labels under which rows are counted: each month of history, the period, the previous like period.

    Returns columns period, grain (month, period, previous), start, end (exclusive), complete (all of it lies
    before `as_of`). Months run from the first data to the period's end, at most 36. All the data have no like period
    before them: there `recent` and `earlier` stand for the last twelve months and the twelve before, or, where the data are
    shorter, for their two halves.
    """
    last = min(period.end - timedelta(microseconds=1), as_of)
    month, rows = datetime(last.year, last.month, 1), []
    floor = datetime(first.year, first.month, 1)
    while month >= floor and len(rows) < MONTHS_OF_HISTORY:
        end = _add_months(month, 1)
        rows.append((f"{month:%Y-%m}", "month", month, end))
        month = _add_months(month, -1)
    rows.reverse()
    # A period that is one month has the month's own label; the two rows differ by grain only.
    rows.append((f"{period.label}", "period", period.start, period.end))
    if (before := period.previous()) is not None:
        rows.append((before.label, "previous", before.start, before.end))
    elif period.label == "all":
        rows += [(f"{a:%Y-%m-%d}..{b - timedelta(days=1):%Y-%m-%d}", grain, a, b) for grain, a, b in _two_spans(period.start, period.end)]
    frame = pd.DataFrame(rows, columns=["period", "grain", "start", "end"])
    frame["complete"] = frame["end"] <= as_of + timedelta(days=1)
    return frame


def _two_spans(start: datetime, end: datetime) -> list[tuple[str, datetime, datetime]]:
    """Two spans of one length that end with the data: grain, start, end. None where there is not a week for each."""
    year, two = (datetime(end.year - k, end.month, min(end.day, 28) if end.month == 2 else end.day) for k in (1, 2))
    if two < start:
        year, two = end - timedelta(days=(end - start).days // 2), start
    return [("recent", year, end), ("earlier", two, year)] if end - year >= timedelta(days=7) else []


def _add_months(day: datetime, months: int) -> datetime:
    count = day.year * 12 + day.month - 1 + months
    return datetime(count // 12, count % 12 + 1, 1)


def _calendar_label(start: datetime, months: int) -> str:
    if months == 12:
        return f"{start:%Y}"
    if months in (3, 6):
        return f"{start:%Y}-{'Q' if months == 3 else 'H'}{(start.month - 1) // months + 1}"
    return f"{start:%Y-%m}"
