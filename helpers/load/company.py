"""What a company's folder says: its settings and where each table comes from. No data is read here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Windows:
    """How long things may take, as the workbook counts them."""

    intent_days: float = 30
    adoption_days: float = 30
    retention_days: float = 90
    session_gap_minutes: int = 30


@dataclass(frozen=True)
class Lots:
    """Lots that the company drew among its customers: the customers column that says which arm each drew, the arm that got nothing new, and from when on."""

    column: str
    control: str
    since: datetime


@dataclass(frozen=True)
class Unpivot:
    """A wide survey made long: `columns` maps a file's column to the word written in `names_to`."""

    ids: tuple[str, ...]
    columns: dict[str, str]
    names_to: str = "touchpoint"
    values_to: str = "score"


@dataclass(frozen=True)
class Options:
    """How a file's columns become the contract's. Column names in `values` and the rest are the contract's."""

    rename: dict[str, str] = field(default_factory=dict)  # the file's name -> the contract's
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)  # "*" stands for every column
    timestamp_format: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    prefix: dict[str, str] = field(default_factory=dict)
    unpivot: Unpivot | None = None
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""
    lines: dict[str, int] = field(default_factory=dict, compare=False)  # option -> line in journey.yml


@dataclass(frozen=True)
class Source:
    """One file, sheet or query that a table is read from. `label` is how reports name it."""

    table: str
    kind: str  # csv, parquet, xlsx, duckdb, sql
    label: str
    path: Path | None = None
    member: str = ""  # the sheet, or the table inside a .duckdb file
    sql: str = ""
    options: Options = Options()
    config: Path | None = None
    line: int | None = None


@dataclass(frozen=True)
class TableSource:
    """Where one table comes from: its sources are read one after the other."""

    name: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Company:
    """A company's settings and table sources, as read from its folder.

    `segments` is what journey.yml says; empty means every customers column of few values, found when the data are
    read (`validate.prepare(company).company.segments`).
    """

    id: str
    name: str
    folder: Path
    source: Path
    tables: dict[str, TableSource]
    stages: dict[str, str]
    currency: str = ""
    timezone: str = "UTC"
    windows: Windows = Windows()
    segments: tuple[str, ...] = ()
    outcome: str | None = None
    randomised: Lots | None = None
    min_cell: int = 10
    min_n: int = 30
    practical_margin: float = 0.02
    engine: str = "duckdb"
    as_of: datetime | None = None
    notes: tuple[str, ...] = ()
    config: Path | None = None
    lines: dict[str, int] = field(default_factory=dict, compare=False)
