"""The one module that knows which engine runs the measures.

Measures are written in the PySpark DataFrame API. `duckdb` (through SQLFrame, embedded, out of core) is the
default; `spark` runs the same lines where data outgrow one machine. One process uses one engine: `start`
chooses it, and `F`, `Window` and the helpers below follow. Nothing else in the project names an engine.
"""

from __future__ import annotations

import atexit
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pandas as pd

from helpers import plans

ENGINES = ("duckdb", "spark")
VERSION = duckdb.__version__
QueryError, NotThere = duckdb.Error, duckdb.CatalogException


def connect(database: str = ":memory:") -> Any:
    """A DuckDB connection set up for data larger than memory: UTC, spill folder, no network.

    >>> connect().execute("select 6 * 7").fetchall()
    [(42,)]
    """
    spill = Path(tempfile.gettempdir()) / f"journey-spill-{os.getpid()}"
    connection = duckdb.connect(database)
    for name, value in {
        "TimeZone": "UTC",
        "preserve_insertion_order": "false",
        "memory_limit": os.environ.get("JOURNEY_MEMORY", "5GB"),
        "temp_directory": str(spill),
        "autoinstall_known_extensions": "false",
        "enable_progress_bar": "false",  # it would print into a page whose query takes two seconds
        # A filter on row_number() is rewritten to an aggregate that holds every row in memory.
        "disabled_optimizers": "top_n_window_elimination",
    }.items():
        connection.execute(f"SET {name} = '{value}'")
    atexit.register(connection.close)
    return connection


def connect_file(path: Path) -> Any:
    """A connection to a DuckDB file, for reading only. Raises QueryError where it cannot be opened."""
    return duckdb.connect(str(path), read_only=True)


_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_MADE = re.compile(r'"(?:kept_\d+|journey_\w+)"')  # what `keep` and `read` call what they make
_LIBRARIES = ("duckdb", "sqlframe", "sqlglot")


class _Duck:
    """SQLFrame on DuckDB. Frames and columns are written down (see `plans`); SQLFrame plans what nobody planned before."""

    name = "duckdb"

    def __init__(self) -> None:
        import sqlframe.duckdb.functions as functions
        from sqlframe.duckdb import DuckDBSession, Window

        self.connection = connect()
        self.session = DuckDBSession(conn=self.connection)
        calls = {"F": functions, "Window": Window, "session": self.session}
        code = "".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("engine.py", "plans.py"))
        self.planner = plans.Planner(calls, self._table, self._planned, repr([(name, version(name)) for name in _LIBRARIES]) + code)
        self.functions, self.window = plans.Written("F", functions), plans.Written("Window", Window)
        self.kept = 0
        self.made: dict[str, tuple[str, str, str]] = {}  # name -> VIEW or TABLE, its query, the file's stem; for `trace`

    def read(self, path: Path) -> Any:
        name = "journey_" + "".join(c if c.isalnum() else "_" for c in f"{path.parent.name}_{path.stem}".lower())
        source = str(path).replace("'", "''")
        query = f"SELECT * FROM read_parquet('{source}')"
        self.connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS {query}')
        self.made[f'"{name}"'] = ("VIEW", query, path.stem)
        columns = self.connection.execute(f'SELECT column_name FROM (DESCRIBE "{name}")').fetchall()
        return plans.source(f'"{name}"', [column for (column,) in columns])

    def frame(self, rows: list[tuple], schema: str) -> Any:
        return plans.Step("session.createDataFrame", (rows,), {"schema": schema})

    def keep(self, frame: Any) -> Any:
        return self._make("TABLE", self.sql(frame), frame.columns)

    def _make(self, form: str, query: str, columns: list[str]) -> Any:
        self.kept += 1
        name = f'"kept_{self.kept}"'
        self.connection.execute(f"CREATE {form} {name} AS {query}")
        self.made[name] = (form, query, "")
        return plans.source(name, columns)

    def _table(self, name: str, columns: tuple[str, ...]) -> Any:
        """SQLFrame's frame over a table or view whose columns are known: asked for by name, it would look them up in the catalog and read each again."""
        from sqlglot import exp

        names = [exp.column(column, quoted=not _PLAIN_NAME.fullmatch(column)) for column in columns]
        return self.session._create_table(exp.Select().from_(exp.to_table(name)).select(*names))

    @contextmanager
    def held(self, frame: Any) -> Iterator[Any]:
        name = f'"kept_{self.kept + 1}"'
        try:
            yield self.keep(frame)
        finally:
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")
            self.made.pop(name, None)

    def stack(self, frames: list) -> Any:
        query = " UNION ALL BY NAME ".join(f"({self.sql(frame)})" for frame in frames)
        return self._make("VIEW", query, frames[0].columns)

    def collect(self, frame: Any) -> pd.DataFrame:
        result = self.connection.execute(self.sql(frame))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas 4 deprecations inside DuckDB
            return result.df()

    def sql(self, frame: Any) -> str:
        return self.planner.sql(frame)

    def _planned(self, frame: Any) -> str:
        """The query of SQLFrame's own frame. The steps it puts before each table, to name its columns once more, are left out; its times carry no zone,
        like those of the tables (all UTC): DuckDB would put each row's time into a zone before it compares it, which takes longer than all the rest."""
        from sqlglot import exp

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas 4 deprecations inside SQLFrame
            (query,) = frame._get_expressions(optimize=False)  # the tree that its `sql` writes down: written and read again it would cost as much as all before
        for kind in query.find_all(exp.DataType):
            if kind.this == exp.DataType.Type.TIMESTAMPTZ:
                kind.set("this", exp.DataType.Type.TIMESTAMP)
        plain = {}
        for cte in list(query.ctes):
            select = cte.this
            if {name for name, value in select.args.items() if value} == {"expressions", "from_"} and all(type(one) is exp.Column for one in select.expressions):
                table = select.args["from_"].this
                if type(table) is exp.Table and table.name.startswith("source_"):
                    plain[cte.alias] = table
                    cte.pop()
        for table in query.find_all(exp.Table):
            if table.name in plain:
                table.replace(exp.alias_(plain[table.name].copy(), table.alias or table.name, table=True, quoted=True))
        if not query.ctes and query.args.get("with_"):
            query.set("with_", None)
        return self.session._to_sql(query, pretty=True)

    def trace(self, frame: Any) -> str:
        """The frame's query after everything that it starts from, each a statement under a name that does not depend on what ran before."""
        query, order = self.sql(frame), []

        def follow(text: str) -> None:
            for name in dict.fromkeys(_MADE.findall(text)):
                if name in self.made and name not in order:
                    follow(self.made[name][1])
                    order.append(name)

        follow(query)
        parts = [f"CREATE TEMP {self.made[name][0]} {name} AS\n{self.made[name][1]};" for name in order] + [f"{query};"]
        steps = iter(range(1, len(order) + 1))
        names = {name: f'"{self.made[name][2] or f"step_{next(steps)}"}"' for name in order}
        return _MADE.sub(lambda found: names.get(found[0], found[0]), "\n\n".join(parts))

    def close(self) -> None:
        self.session.stop()


class _Spark:
    """Spark itself: a local session unless `SPARK_REMOTE` or the usual Spark settings name a cluster."""

    name = "spark"

    def __init__(self) -> None:
        import pyspark.sql.functions as functions
        from pyspark.sql import SparkSession, Window

        builder = SparkSession.builder.appName("journey").config("spark.sql.session.timeZone", "UTC")
        for key, value in {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "8",
            # Stored times carry no zone: read them as plain time stamps in the session's UTC.
            "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
        }.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")
        self.functions, self.window = functions, Window

    def read(self, path: Path) -> Any:
        return self.session.read.parquet(str(path))

    def frame(self, rows: list[tuple], schema: str) -> Any:
        return self.session.createDataFrame(rows, schema=schema)

    def keep(self, frame: Any) -> Any:
        return frame.cache()

    @contextmanager
    def held(self, frame: Any) -> Iterator[Any]:
        kept = self.keep(frame)
        try:
            yield kept
        finally:
            kept.unpersist()

    def stack(self, frames: list) -> Any:
        first, *rest = frames
        for frame in rest:
            first = first.unionByName(frame)
        return first

    def collect(self, frame: Any) -> pd.DataFrame:
        return frame.toArrow().to_pandas()

    def sql(self, frame: Any) -> str:
        return frame._jdf.queryExecution().toString()

    def trace(self, frame: Any) -> str:
        return self.sql(frame)

    def close(self) -> None:
        self.session.stop()


_current: _Duck | _Spark | None = None


def start(name: str = "duckdb") -> str:
    """Choose the engine of this process; starting the one that runs is free. Returns its name.

    >>> start("duckdb")
    'duckdb'
    """
    global _current
    if name not in ENGINES:
        raise ValueError(f"engine is '{name}'; allowed are {', '.join(ENGINES)}. Type engine: duckdb")
    if _current is None or _current.name != name:
        if _current is not None:
            _current.close()
        try:
            _current = _Duck() if name == "duckdb" else _Spark()
        except ImportError as error:
            raise ImportError(f"engine '{name}' needs {error.name}; type `make spark` or engine: duckdb") from error
    return name


def _engine() -> _Duck | _Spark:
    if _current is None:
        start()
    return _current


@atexit.register
def _close() -> None:
    if _current is not None:
        _current.close()


class _Follow:
    """Attributes of the running engine's module, looked up at each use."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __getattr__(self, name: str) -> Any:
        module: ModuleType = getattr(_engine(), self._what)
        return getattr(module, name)


F = _Follow("functions")
Window = _Follow("window")


def read(path: Path) -> Any:
    """A lazy frame over one Parquet file (or a folder of them)."""
    return _engine().read(path)


def frame(rows: list[tuple], schema: str) -> Any:
    """A lazy frame of a few rows, e.g. `frame([("2026-07", 1)], "period string, n long")`."""
    return _engine().frame(rows, schema)


def keep(lazy: Any) -> Any:
    """The same rows, worked out once and held by the engine: for a frame that many queries start from.

    Keep what several measures share: `journey.once("name", lambda: engine.keep(frame))`.

    >>> collect(keep(frame([("a", 1)], "key string, n long")))["n"].tolist()
    [1]
    """
    return _engine().keep(lazy)


def held(lazy: Any) -> AbstractContextManager[Any]:
    """The same rows, worked out once for the queries of a `with` block and let go at its end: for many rows that no other measure needs.

    >>> with held(frame([("a", 1)], "key string, n long")) as rows:
    ...     collect(rows)["n"].tolist()
    [1]
    """
    return _engine().held(lazy)


def stack(frames: list[Any]) -> Any:
    """Frames of the same columns, one under the other, still lazy: planned once, however many they are.

    >>> collect(stack([frame([("a", 1)], "key string, n long"), frame([("b", 2)], "key string, n long")]))["n"].tolist()
    [1, 2]
    """
    return _engine().stack(frames)


def collect(lazy: Any, order_by: list[str] | None = None) -> pd.DataFrame:
    """Run a lazy frame and give its rows as pandas, in the order of `order_by` (default: every column).

    Results are small by then; the sort makes two runs give the same rows in the same order.

    >>> collect(frame([("b", 2), ("a", 1)], "key string, n long"))["key"].tolist()
    ['a', 'b']
    """
    result = _engine().collect(lazy)
    for name in result.select_dtypes("datetimetz").columns:
        result[name] = result[name].dt.tz_convert("UTC").dt.tz_localize(None)
    columns = order_by if order_by is not None else list(result.columns)
    if columns and len(result):
        result = result.sort_values(columns, kind="stable", na_position="last", ignore_index=True)
    return result


def sql(lazy: Any) -> str:
    """The query that a lazy frame runs, for people who want to see it."""
    return _engine().sql(lazy)


def trace(lazy: Any) -> str:
    """Everything that a lazy frame runs, from the files on: on DuckDB a script that gives the same rows anywhere; on Spark the plan.

    >>> print(trace(keep(frame([("a", 1)], "key string, n long"))).count("CREATE TEMP TABLE"))
    1
    """
    return _engine().trace(lazy)


# Where engines differ -----------------------------------------------------------------------------------


def seconds(at: Any) -> Any:
    """Whole seconds of a time stamp column since 1970, the same on every engine."""
    return F.unix_timestamp(F.col(at) if isinstance(at, str) else at)


def seconds_between(start: Any, end: Any) -> Any:
    """Whole seconds from `start` to `end` (columns or names); negative where `end` comes first."""
    return seconds(end) - seconds(start)


def days_between(start: Any, end: Any) -> Any:
    """Days, with fractions, from `start` to `end`."""
    return seconds_between(start, end) / F.lit(86400.0)


def month_of(at: Any) -> Any:
    """The month of a time stamp as text, `2026-07`."""
    return F.date_format(at, "yyyy-MM")


def instant(value: datetime) -> Any:
    """A constant time stamp column."""
    return F.lit(value.strftime("%Y-%m-%d %H:%M:%S")).cast("timestamp")
