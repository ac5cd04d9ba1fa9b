"""The Journey: a company's valid tables, lazily, cut to one period and segment as known at one instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import contract, engine, load, validate
from helpers.contract import EVENT_TABLES
from helpers.engine import F
from helpers.journey.kept import kept
from helpers.journey.period import Period, labels, parse_period
from helpers.journey.segment import Segment, parse_segment

_OPENING = {**EVENT_TABLES, "campaigns": "starts_at", "team": "month", "customers": "acquired_at"}
_PLANNED = {("campaigns", "ends_at")}
_TYPES = {
    "text": "string", "category": "string", "timestamp": "timestamp", "month": "timestamp", "number": "double",
    "integer": "long", "flag": "boolean",
}


class JourneyError(ValueError):
    """A journey that cannot be opened: the message says what to type instead."""


@dataclass(frozen=True)
class Journey:
    """One company, period, segment, as known at `as_of`; the one thing that stages pass on. Immutable."""

    company: load.Company
    prepared: validate.Prepared = field(repr=False)
    period: Period
    segment: Segment
    as_of: datetime
    min_cell: int

    @property
    def min_n(self) -> int:
        """The floor of the statistics: fewer cases than this read "too few"."""
        return self.company.min_n

    @property
    def outcome(self) -> str | None:
        """What the customer does next: the company's choice, else the first that its tables can show."""
        if self.company.outcome:
            return self.company.outcome
        if self.has("orders", "customer_id"):
            return "repeat_purchase"
        if self._instrument("nps"):
            return "recommendation"
        return "satisfaction" if self._instrument("csat") else None

    # What is there ------------------------------------------------------------------------------------

    def has(self, table: str, *columns: str) -> bool:
        """Whether the company has rows in `table` with a value in each of `columns`."""
        info = self.prepared.tables.get(table)
        return bool(info and info.rows_used and all(info.columns.get(column, 0) for column in columns))

    def missing(self, needs: tuple[str, ...]) -> list[str]:
        """The needs that the company's tables do not meet.

        A need is `table`, `table.column`, `table.column=word` (a row holds that word), or several of these joined by `|`
        where any one will do.
        """
        return [need for need in needs if not any(self._meets(one) for one in need.split("|"))]

    def _meets(self, need: str) -> bool:
        table, _, column = need.partition(".")
        column, _, word = column.partition("=")
        if not self.has(table, *filter(None, [column])):
            return False
        return not word or word in self.once(f"words of {table}.{column}", lambda: self._words(table, column))

    def _words(self, table: str, column: str) -> set[str]:
        rows = self.whole().table(table).select(column).distinct()
        return set(engine.collect(rows)[column].dropna())

    def _instrument(self, word: str) -> bool:
        if not self.has("surveys"):
            return False
        rows = self.table("surveys").filter(F.col("instrument") == word).limit(1)
        return len(engine.collect(rows.select("instrument"))) > 0

    # Tables -------------------------------------------------------------------------------------------

    def table(self, name: str) -> Any:
        """The lazy frame of a table: this segment's people, all time up to `as_of`.

        Every column of the contract is there, empty where the company has none; `row_id` numbers the rows.
        Dates that lie after `as_of` inside an earlier row (a ticket solved later) are not yet known: null.
        The team, campaigns, dictionary and activities are the company's, never cut to a segment.
        """
        return self.once(f"table {name}", lambda: self._table(name))

    def _table(self, name: str) -> Any:
        info = self.prepared.tables.get(name)
        if info is None or not info.rows_used:
            raise JourneyError(f"there is no table '{name}'; ask journey.has('{name}') first")
        frame = engine.read(self.prepared.path / f"{name}.parquet")
        frame = self._complete(name, frame)
        if self.as_of < self.prepared.as_of:
            frame = self._as_known(name, frame)
        if self.segment.pairs and name in contract.TABLES and "customer_id" in frame.columns:
            frame = self._of_segment(name, frame)
        return frame

    def _complete(self, name: str, frame: Any) -> Any:
        """Add the contract's columns that the company does not have, as nulls of their type."""
        there = set(frame.columns)
        for column in contract.TABLES[name].columns:
            if column.name not in there:
                frame = frame.withColumn(column.name, F.lit(None).cast(_TYPES[column.kind]))
        return frame

    def _as_known(self, name: str, frame: Any) -> Any:
        limit = engine.instant(self.as_of)
        if (opening := _OPENING.get(name)) and opening in frame.columns:
            frame = frame.filter(F.col(opening).isNull() | (F.col(opening) <= limit))
        for column in contract.TABLES[name].columns:
            if column.kind == "timestamp" and column.name != opening and (name, column.name) not in _PLANNED:
                known = F.when(F.col(column.name) <= limit, F.col(column.name))
                frame = frame.withColumn(column.name, known)
        return frame

    def _of_segment(self, name: str, frame: Any) -> Any:
        people = frame if name == "customers" else engine.read(self.prepared.path / "customers.parquet")
        for column, value in self.segment.pairs:
            people = people.filter(F.col(column).cast("string") == value)
        if name == "customers":
            return people
        return frame.join(people.select("customer_id").distinct(), "customer_id", "left_semi")

    def inside(self, name: str, at: str | None = None) -> Any:
        """The rows of a table whose time stamp `at` (default: the table's own) lies in the period."""
        return self.cut(self.table(name), at or _OPENING[name])

    def cut(self, frame: Any, at: str = "at") -> Any:
        """The rows of any frame whose time stamp `at` lies in the period."""
        start, end = engine.instant(self.period.start), engine.instant(self.period.end)
        return frame.filter((F.col(at) >= start) & (F.col(at) < end))

    def tag(self, frame: Any, at: str = "at") -> Any:
        """Add `piece`, the stretch of time between two neighbouring ends of labels that holds the time stamp `at`; rows outside every label are left out.

        Labels overlap (a month, the period, the span before), pieces do not: rows are added up by piece first, and few sums then by label, see `labelled`.
        """
        return _in_pieces(frame, at=at, pieces=tuple(self.pieces))

    def labelled(self, frame: Any, *keys: str) -> Any:
        """Rows with a `piece` once for each label (one of `keys`, or any) that holds it, with the label's `key` in the piece's place.

        Rows that stand under a `key` already (stocks, which are counted at a label's end) keep it.
        """
        labels = self.labels_of_pieces(*keys)
        if "key" in frame.columns:
            return frame.join(labels.select("key").distinct(), "key", "left_semi")
        return frame.join(labels, "piece").select("key", *[name for name in frame.columns if name != "piece"])

    def labels_of_pieces(self, *keys: str) -> Any:
        """Which label (one of `keys`, or any) holds which piece: piece, key."""

        def rows() -> list[tuple[int, str]]:
            return [(piece, key) for piece, ends in enumerate(self.pieces) for key in self.labels.loc[self._holding(*ends), "key"] if not keys or key in keys]

        return self.once(f"labels of pieces {keys}", lambda: engine.keep(engine.frame(rows(), "piece int, key string")))

    @cached_property
    def pieces(self) -> list[tuple[datetime, datetime]]:
        """The time of the labels, cut at every start and end of one: start and end (exclusive) of each piece."""
        ends = sorted({*self.labels["start"], *self.labels["end"]})
        return [(start.to_pydatetime(), end.to_pydatetime()) for start, end in zip(ends, ends[1:], strict=False) if self._holding(start, end).any()]

    def _holding(self, start: datetime, end: datetime) -> pd.Series:
        return (self.labels["start"] <= start) & (self.labels["end"] >= end)

    @cached_property
    def labels(self) -> pd.DataFrame:
        """Columns key (as `labelled` writes it), period, grain (month, period, previous, recent, earlier), start, end, complete."""
        frame = labels(self.period, self.first_at, self.as_of)
        frame.insert(0, "key", frame["grain"].str[:1] + ":" + frame["period"])
        return frame

    @cached_property
    def first_at(self) -> datetime:
        """The first time stamp of any event table."""
        stamps = [self.prepared.tables[name].first_at for name in EVENT_TABLES if self.has(name)]
        return min(stamp for stamp in stamps if stamp is not None)

    @cached_property
    def dictionary(self) -> pd.DataFrame:
        """The touchpoint dictionary: touchpoint, label, stage, channel, setting, role, owner, relation; all text, may be empty."""
        columns = ["touchpoint", "label", "stage", "channel", "setting", "role", "owner", "relation"]
        if not self.has("touchpoints"):
            return pd.DataFrame(columns=columns, dtype="str")
        frame = engine.collect(self.table("touchpoints").select(*columns), ["touchpoint"])
        frame["label"] = frame["label"].fillna(frame["touchpoint"].str.replace("_", " ").str.capitalize())
        return frame

    def whole(self) -> Journey:
        """The same journey over all customers, for what is known of the whole company only."""
        if not self.segment.pairs:
            return self
        return self.once("whole", lambda: replace(self, segment=Segment(())))

    def once(self, name: str, build: Callable[[], Any]) -> Any:
        """What `build` gives, worked out at the first call and kept for this journey under `name`."""
        kept = self.__dict__.setdefault("_kept", {})
        if name not in kept:
            kept[name] = build()
        return kept[name]

    def kept(self, name: str, build: Callable[[], Any]) -> Any:
        """As `once`, for results that are small, plain and dear (pandas, numpy, words): kept on disk too, for the other pages of the run and the next run."""
        return self.once(name, lambda: self.stored(name, build))

    def stored(self, name: str, build: Callable[[], Any]) -> Any:
        """As `kept`, on disk alone: each call gives an object of its own."""
        return kept(self.prepared.path, self._about, name, build)

    @property
    def _about(self) -> tuple[Any, ...]:
        """All that a result depends on beside the data and the code; not where the company's folder lies."""
        company = replace(self.company, tables={}, notes=(), folder=Path(), source=Path(), config=None, lines={})
        return (repr(company), self.period, self.segment, self.as_of, self.min_cell)

    def collect(self, frame: Any, order_by: list[str] | None = None) -> pd.DataFrame:
        """Run a lazy frame; its rows as pandas in a fixed order."""
        return engine.collect(frame, order_by)

    @property
    def stages(self) -> dict[str, str]:
        """The company's stages in order, id -> label."""
        return dict(self.company.stages)


def _in_pieces(frame: Any, at: str, pieces: tuple[tuple[datetime, datetime], ...]) -> Any:
    """The rows of `Journey.tag`. Comparisons in a row: a join by range would sort all rows, at six times the cost."""
    nowhere, before = F.lit(None).cast("int"), None
    piece = F.when(F.col(at) < engine.instant(pieces[0][0]), nowhere)
    for number, (start, end) in enumerate(pieces):
        if before not in (None, start):
            piece = piece.when(F.col(at) < engine.instant(start), nowhere)
        piece, before = piece.when(F.col(at) < engine.instant(end), F.lit(number)), end
    return frame.select(piece.alias("piece"), *[name for name in frame.columns if name != "piece"]).filter(F.col("piece").isNotNull())


def open_journey(
    data: str | Path, *, period: str = "all", segment: str = "all", as_of: str | datetime | None = None,
    min_cell: int | None = None, source: str | Path | None = None,
) -> Journey:
    """Load, validate and cut a company's data.

    `data` is the company's folder; a relative one is looked for from the project's root. `as_of` defaults to the
    data's last time stamp, `min_cell` to the company's. Raises load.ConfigError, JourneyError, PeriodError, SegmentError.
    """
    company = load.read_company(load.project_path(data), source=load.project_path(source) if source else None)
    prepared = validate.prepare(company)
    company = prepared.company  # with the segments found in the data
    if not any(prepared.tables.get(name) and prepared.tables[name].rows_used for name in EVENT_TABLES):
        wanted = ", ".join(EVENT_TABLES)
        raise JourneyError(f"{company.folder}: no usable row in any of {wanted}; see `journey check {company.folder}`")
    engine.start(company.engine)
    whole, known = parse_period(period), _instant(as_of) or prepared.as_of
    first = min(i.first_at for n, i in prepared.tables.items() if n in EVENT_TABLES and i.rows_used and i.first_at)
    if known < first:
        raise JourneyError(f"as_of {known:%Y-%m-%d} lies before the first data ({first:%Y-%m-%d}); type a later day")
    bounded = whole.bounded(first, min(known, prepared.as_of))
    if bounded.start > known or bounded.end <= first:
        raise JourneyError(
            f"period {bounded.label} holds no data: they run from {first:%Y-%m-%d} to {known:%Y-%m-%d}; type period all"
        )
    cut = parse_segment(segment)
    journey = Journey(prepared.company, prepared, bounded, cut, known, company.min_cell if min_cell in (None, 0) else int(min_cell))
    if cut.pairs:
        cut.check(segment_values(journey))
    return journey


def segment_values(journey: Journey) -> dict[str, list[str]]:
    """The customers' segment columns and the values each takes."""
    sizes = segment_sizes(journey)
    return {column: sizes.loc[sizes["column"] == column, "value"].tolist() for column in journey.company.segments}


def segment_sizes(journey: Journey, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """How many customers each segment has: columns column, value, segment (`column=value`), customers."""
    parts = []
    whole = Journey(journey.company, journey.prepared, journey.period, Segment(()), journey.as_of, journey.min_cell)
    for column in columns or journey.company.segments:
        if not whole.has("customers", column):
            continue
        people = whole.table("customers").filter(F.col(column).isNotNull())
        grouped = people.groupBy(F.col(column).cast("string").alias("value")).agg(F.countDistinct("customer_id").alias("customers"))
        part = engine.collect(grouped, ["value"])
        parts.append(part.assign(column=column, segment=column + "=" + part["value"]))
    shape = ["column", "value", "segment", "customers"]
    return pd.concat(parts, ignore_index=True)[shape] if parts else pd.DataFrame(columns=shape)


def _instant(value: str | datetime | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    text = str(value).strip()
    if not text:
        return None
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        raise JourneyError(f"as_of '{text}' is not a day; type e.g. 2026-09-30") from None
    whole_day = len(text) <= 10
    return stamp.replace(hour=23, minute=59, second=59) if whole_day else stamp.replace(tzinfo=None)


__all__ = ["Journey", "JourneyError", "open_journey", "segment_sizes", "segment_values"]
