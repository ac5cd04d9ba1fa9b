"""What the data say about a run before it starts: whether the company, periods and segments can be rendered, and which segments there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from helpers.render.people import cut
from helpers.render.request import Request, RequestError, near


@dataclass(frozen=True)
class Known:
    """The company as its reports name it, and the segments that get reports (label -> customers, None for all)."""

    company: str
    name: str
    as_of: str
    min_cell: int
    fingerprint: str
    periods: dict[str, tuple[str, str]]  # label -> first and last day
    segments: dict[str, int | None]
    refused: dict[str, str] = field(default_factory=dict)  # segment -> why it gets no report
    labels: tuple[str, ...] = ()  # every segment there is, so that folder names stay the same between runs
    currency: str = ""


def look(request: Request) -> Known:
    """Open the company once for each period and find its segments.

    This reads data with an engine: run it in a process of its own, because pages are forked later. Raises what
    `open_journey` raises, and RequestError for a column or segment that cannot have a report.
    """
    from helpers.journey import Segment, open_journey, parse_segment

    options = {"as_of": request.as_of or None, "min_cell": request.min_cell or None, "source": request.source or None}
    journeys = {period: open_journey(request.data, period=period, **options) for period in request.periods}
    journey = next(iter(journeys.values()))
    columns = journey.company.segments
    for column in request.by:
        if column not in columns:
            there = f"it is one of {', '.join(columns)}" if columns else "this company's customers have no column to cut by"
            raise RequestError(f"--by {column}: there is no such column; {there}{near(column, columns, '--by ')}")
    segments: dict[str, int | None] = {"all": None} if request.by or "all" in request.segments else {}
    refused: dict[str, str] = {}
    cuts = {column: _cut(journey, column) for column in columns if journey.has("customers", column)}
    for column in request.by:
        for value, size in sorted(cuts[column].shown.items()) if column in cuts else ():
            _offer(column, value, size, segments, refused)
        refused |= {f"{column}={value}": why for value, why in sorted(cuts[column].hidden.items())} if column in cuts else {}
    for label in request.segments:
        if pairs := parse_segment(label).pairs:
            opened = open_journey(request.data, period=request.periods[0], segment=label, **options)
            for pair in pairs:
                _refuse_small(opened, Segment(tuple(p for p in pairs if p != pair)), pair, label)
            segments[label] = _people(opened)
    return Known(
        company=journey.company.id, name=journey.company.name, as_of=f"{journey.as_of:%Y-%m-%d %H:%M:%S}", min_cell=journey.min_cell,
        fingerprint=journey.prepared.fingerprint, segments=segments, refused=refused,
        periods={label: _days(one) for label, one in journeys.items()},
        labels=tuple(f"{column}={value}" for column, one in cuts.items() for value in (*one.shown, *one.hidden)), currency=journey.company.currency,
    )


def _offer(column: str, value: str, size: int, segments: dict, refused: dict) -> None:
    from helpers.journey import SegmentError, parse_segment

    label = f"{column}={value}"
    try:
        readable = parse_segment(label).pairs == ((column, value),)
    except SegmentError:
        readable = False
    if readable:
        segments[label] = size
    else:
        refused[label] = "holds a sign that a segment cannot be typed with (& or =, or a space at its end); map it in journey.yml under values"


def _refuse_small(journey: Any, around: Any, pair: tuple[str, str], label: str) -> None:
    """Raise RequestError where `pair` may not be shown among the customers that `around` leaves."""
    from dataclasses import replace

    found = _cut(replace(journey, segment=around), pair[0])
    if pair[1] in found.hidden:
        raise RequestError(f"segment {label} gets no report ({pair[0]}={pair[1]}: {found.hidden[pair[1]]}; see --min-cell)")


def _cut(journey: Any, column: str) -> Any:
    """The values of a column among the journey's customers that may be shown."""
    from helpers.engine import F

    people = journey.table("customers").groupBy(F.col(column).cast("string").alias("value"))
    counts = journey.collect(people.agg(F.countDistinct("customer_id").alias("people")), ["value"])
    named = counts[counts["value"].notna()]
    unnamed = int(counts.loc[counts["value"].isna(), "people"].sum())
    return cut({str(row.value): int(row.people) for row in named.itertuples()}, journey.min_cell, unnamed)


def _people(journey: Any) -> int:
    from helpers.engine import F

    counted = journey.collect(journey.table("customers").agg(F.countDistinct("customer_id").alias("people")))
    return int(counted["people"].iloc[0])


def _days(journey: Any) -> tuple[str, str]:
    from datetime import timedelta

    last = min(journey.period.end - timedelta(microseconds=1), journey.as_of)
    return f"{journey.period.start:%Y-%m-%d}", f"{last:%Y-%m-%d}"
