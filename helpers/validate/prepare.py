"""Every table read once, typed by the contract, wrong rows set aside, the rest written for the pages."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import contract, engine
from helpers.load import ConfigError, Company, hint, nearest
from helpers.load.quoting import identifier, literal
from helpers.load.read import connection_for, open_source
from helpers.validate import cache, layout, quarantine
from helpers.validate.stage import Part, Staged, stage

# A customers column with at most this many values, each for two customers or more on average, cuts reports.
SEGMENT_VALUES = 20


@dataclass(frozen=True)
class TableInfo:
    """One table: rows read, used, set aside; its columns with how many used rows have a value; its first and last instant."""

    rows_read: int
    rows_used: int
    rows_quarantined: int
    columns: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class SourceInfo:
    """One source of a table. `blank` counts empty answers of a wide survey, `unused` names columns that nothing reads."""

    table: str
    source: str
    rows_read: int
    rows_used: int
    rows_quarantined: int
    first_at: datetime | None
    last_at: datetime | None
    blank: int
    unused: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """A company's right rows as Parquet files in `path`, with what was read, used and set aside."""

    company: Company
    path: Path
    fingerprint: str
    tables: dict[str, TableInfo]
    sources: tuple[SourceInfo, ...]
    as_of: datetime
    warnings: tuple[str, ...]

    def has(self, table: str, *columns: str) -> bool:
        """Whether a table has right rows, and each of the columns a value in some of them."""
        info = self.tables.get(table)
        return bool(info and info.rows_used and all(info.columns.get(column) for column in columns))

    def missing(self, needs: tuple[str, ...]) -> list[str]:
        """The needs that no table meets: `table`, `table.column`, `table.column=word` (a row holds it); `a|b` is either."""
        return [need for need in needs if not any(self._meets(one) for one in need.split("|"))]

    def _meets(self, need: str) -> bool:
        table, _, rest = need.partition(".")
        column, _, word = rest.partition("=")
        if not self.has(table, *filter(None, [column])):
            return False
        return not word or word in words(self.path / f"{table}.parquet", column)

    def quarantine(self) -> pd.DataFrame:
        """The wrong rows: table, source, row (line in the file, header = 1), column, value, reason. One row a fault."""
        return pd.read_parquet(self.path / "quarantine.parquet")


@lru_cache(maxsize=64)
def words(path: Path, column: str) -> frozenset[str]:
    """The words that a column of a prepared table holds."""
    connection = engine.connect()
    try:
        rows = connection.execute(f"SELECT DISTINCT CAST({identifier(column)} AS VARCHAR) FROM read_parquet({literal(str(path))})").fetchall()
    finally:
        connection.close()
    return frozenset(row[0] for row in rows if row[0] is not None)


def prepare(company: Company) -> Prepared:
    """Read, type and check every table of a company, or take what an earlier run prepared from the same files.

    Raises ConfigError where a file cannot be read at all, or where no row of interactions, orders, surveys and tickets
    is right.
    """
    fingerprint = cache.fingerprint(company)
    final = cache.folder(company, fingerprint)
    if not (final / "summary.json").is_file():
        cache.root().mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="work-", dir=cache.root()))
        try:
            _build(company, work)
            cache.publish(work, final)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        cache.prune(company)
    cache.touch(final)
    return _opened(company, final, fingerprint)


def _opened(company: Company, final: Path, fingerprint: str) -> Prepared:
    summary = json.loads((final / "summary.json").read_text(encoding="utf-8"))
    tables = {name: TableInfo(**_with_times(info)) for name, info in summary["tables"].items()}
    sources = tuple(SourceInfo(**_with_times(info) | {"unused": tuple(info["unused"])}) for info in summary["sources"])
    company = replace(company, segments=tuple(summary["segments"]))
    return Prepared(company, final, fingerprint, tables, sources, datetime.fromisoformat(summary["as_of"]), tuple(summary["warnings"]))


def _with_times(info: dict[str, Any]) -> dict[str, Any]:
    return info | {key: info[key] and datetime.fromisoformat(info[key]) for key in ("first_at", "last_at")}


def _build(company: Company, work: Path) -> None:
    """Write the Parquet files, the quarantine and summary.json of a company into `work`."""
    scratch = work / "scratch"
    scratch.mkdir()
    connection = connection_for(company, work)
    try:
        quarantine.create(connection)
        build = _Build(company, connection, work, scratch)
        for name in company.tables:
            build.table(name)
        build.finish()
    finally:
        connection.close()
        shutil.rmtree(scratch, ignore_errors=True)


class _Build:
    """One run over the tables of a company; collects what summary.json says."""

    def __init__(self, company: Company, connection: Any, work: Path, scratch: Path) -> None:
        self.company, self.connection, self.work, self.scratch = company, connection, work, scratch
        self.staged: dict[str, Staged] = {}
        self.tables: dict[str, TableInfo] = {}
        self.sources: list[SourceInfo] = []
        self.segments: tuple[str, ...] = ()
        self.warnings: list[str] = []

    def table(self, name: str) -> None:
        """Stage one table, set its wrong rows aside, write the others."""
        table = contract.TABLES[name]
        opened = [open_source(self.connection, item, self.company, self.scratch) for item in self.company.tables[name].sources]
        staged = self.staged[name] = stage(self.connection, table, opened, self.company, self.staged)
        duplicates = quarantine.find_duplicates(self.connection, staged)
        quarantine.fill(self.connection, staged, duplicates, self.company)
        if name == "customers":
            self.segments = self._segments(staged)
        layout.write(self.connection, staged, duplicates, self.company, (*self.segments, *self._lots(staged)), self.work / f"{name}.parquet")
        self.sources += [self._source_info(staged, part) for part in staged.parts]
        self.tables[name] = self._table_info(staged)
        if name != "activities":
            self.connection.execute(f"DROP TABLE {staged.relation}")

    def _segments(self, staged: Staged) -> tuple[str, ...]:
        """The customers columns that cut reports: those journey.yml names, else every one of few values."""
        if self.company.segments:
            for name in self.company.segments:
                if name not in staged.extra:
                    self.warnings.append(f"segments names {name}, which customers does not have. {hint(name, staged.extra)}")
            return tuple(name for name in self.company.segments if name in staged.extra)
        found = []
        for name in staged.extra:
            rows, different = self.connection.execute(
                f"SELECT count({identifier(name)}), count(DISTINCT {identifier(name)}) FROM {staged.relation} WHERE faults IS NULL").fetchone()
            if 2 <= different <= min(SEGMENT_VALUES, rows / 2):
                found.append(name)
        return tuple(found)

    def _lots(self, staged: Staged) -> tuple[str, ...]:
        """The customers column that says who drew what, where journey.yml names one."""
        lots = self.company.randomised
        if lots is None or staged.table.name != "customers":
            return ()
        if lots.column not in staged.extra:
            self.warnings.append(f"randomised names the column {lots.column}, which customers does not have. {hint(lots.column, staged.extra)}")
            return ()
        column = identifier(lots.column)
        arms = [str(arm) for (arm,) in self.connection.execute(f"SELECT DISTINCT {column} FROM {staged.relation} WHERE {column} IS NOT NULL AND faults IS NULL").fetchall()]
        if lots.control not in arms:
            self.warnings.append(f"randomised: no customer has {lots.column} {lots.control}, so there is nobody to compare with. {hint(lots.control, arms)}")
        return (lots.column,)

    def _source_info(self, staged: Staged, part: Part) -> SourceInfo:
        at = staged.at
        stamps = f"min({identifier(at)}), max({identifier(at)})" if at else "NULL, NULL"
        source = part.opened.source
        inside = f"rowid BETWEEN {part.first} AND {part.first + part.rows - 1}"
        wrong = f"SELECT staged_row FROM {quarantine.TABLE} WHERE \"table\" = {literal(staged.table.name)} AND staged_row IS NOT NULL"
        used, first, last = self.connection.execute(
            f"SELECT count(*), {stamps} FROM {staged.relation} WHERE {inside} AND rowid NOT IN ({wrong})").fetchone()
        self._near_misses(staged, part)
        if part.opened.records is not None and part.read < part.opened.records:
            self.warnings.append(f"{source.label}: {part.opened.records:,} lines hold rows, but only {part.read:,} could be read. "
                                 "Look for quotation marks that are not closed.")
        return SourceInfo(staged.table.name, source.label, part.read, used, part.read - used, first, last, part.opened.blank,
                          part.opened.unused)

    def _near_misses(self, staged: Staged, part: Part) -> None:
        """Warn of a column that nothing reads and whose name is nearly one that is missing."""
        absent = [column for column in staged.table.column_names if column not in part.opened.columns]
        for name in part.opened.unused:
            near = nearest(name, absent)
            if near and len(near) > 3:
                self.warnings.append(f"{part.opened.source.label}: nothing reads the column {name}. If it is {near}, "
                                     f"type rename: {{{name}: {near}}}.")

    def _table_info(self, staged: Staged) -> TableInfo:
        path = literal(str(self.work / f"{staged.table.name}.parquet"))
        names = [row[0] for row in self.connection.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()]
        stamps = [c.name for c in staged.table.columns if c.kind == "timestamp" and c.name in names]
        at = staged.at
        ends = [f"min({identifier(at)})", f"max({identifier(at)})"] if at else ["NULL", "NULL"]
        counts = [f"count({identifier(name)})" for name in names]
        lasts = [f"max({identifier(name)})" for name in stamps]
        row = self.connection.execute(f"SELECT count(*), {', '.join([*ends, *counts, *lasts])} FROM read_parquet({path})").fetchone()
        used, first, last = row[:3]
        read = sum(part.read for part in staged.parts)
        refused = self.connection.execute(
            f"SELECT count(DISTINCT staged_row) + count(*) FILTER (staged_row IS NULL) FROM {quarantine.TABLE} WHERE \"table\" = ?",
            [staged.table.name]).fetchone()[0]
        if read != used + refused:
            raise AssertionError(f"{staged.table.name}: {read:,} rows read, but {used:,} used and {refused:,} set aside")
        columns = dict(zip(names, row[3:3 + len(names)]))
        self.last = [*getattr(self, "last", []), *(value for value in row[3 + len(names):] if value and _sets_as_of(staged.table))]
        return TableInfo(read, used, refused, columns, first, last)

    def finish(self) -> None:
        """Write the quarantine and summary.json."""
        company = self.company
        if not any(self.tables[name].rows_used for name in contract.CORE_TABLES if name in self.tables):
            raise self._nothing_right()
        path = literal(str(self.work / "quarantine.parquet"))
        self.connection.execute(
            f'COPY (SELECT "table", source, row, "column", value, reason FROM {quarantine.TABLE} ORDER BY ALL) TO {path} (FORMAT parquet)')
        if company.segments and "customers" not in self.tables:
            self.warnings.append("journey.yml names segments, but there is no customers table; reports cover everybody together.")
        as_of = company.as_of or max(self.last)
        summary = {
            "as_of": as_of, "segments": self.segments, "warnings": self.warnings,
            "tables": {name: asdict(info) for name, info in self.tables.items()}, "sources": [asdict(info) for info in self.sources],
        }
        text = json.dumps(summary, indent=1, ensure_ascii=False, default=lambda value: value.isoformat(sep=" "))
        (self.work / "summary.json").write_text(text + "\n", encoding="utf-8")

    def _nothing_right(self) -> ConfigError:
        """Not one row of the tables that a company needs is right: say why, by the most common fault."""
        worst = self.connection.execute(
            f'SELECT source, min(row), "column", min_by(value, row), reason, count(*) FROM {quarantine.TABLE} WHERE "table" IN '
            f"{contract.CORE_TABLES} GROUP BY source, \"column\", reason ORDER BY count(*) DESC, source LIMIT 1").fetchone()
        place = self.company.config or self.company.folder
        if worst is None:
            return ConfigError(place, None, f"there is not one row in {', '.join(n for n in contract.CORE_TABLES if n in self.tables)}.")
        source, row, column, value, reason, count = worst
        shown = f" is '{value}'" if value is not None else ""
        return ConfigError(place, None, f"no row can be used. {source}, row {row:,}: {column}{shown}: {reason} ({count:,} rows alike).")


def _sets_as_of(table: contract.Table) -> bool:
    """Plans and months do not say when the data end."""
    return table.instant is not None
