"""Queries written down step by step, and planned by SQLFrame only where nobody planned the same steps before.

Planning a query costs SQLFrame more than DuckDB needs to run it on a hundred thousand rows, and the pages of all companies, periods and segments ask
for the same queries of other tables. So a step (`rows.filter(...)`, `F.sum("n")`) is only written down; what is written down has a digest that does not
name the tables it starts from, only their columns; and the query that SQLFrame makes of it is kept under that digest, in memory and on disk.
A kept query holds what the measures say, the names of columns, and the few rows that a measure brings along (`engine.frame`); no row of a table.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable
from datetime import date
from numbers import Number
from pathlib import Path
from typing import Any, NamedTuple

MOST = 50_000
"""Kept queries beyond which the file is begun anew."""
_IN_USE_SECONDS = 24 * 3600
_SOURCE = re.compile(r'"source_(\d+)"')


def root() -> Path:
    """The folder of everything kept between runs: $JOURNEY_CACHE, else `.cache/journey` in the project."""
    return Path(os.environ.get("JOURNEY_CACHE") or Path(__file__).resolve().parents[1] / ".cache" / "journey")


class Source(NamedTuple):
    """A table or view that written steps start from: its name in the engine, quoted, and its columns."""

    name: str
    columns: tuple[str, ...]


class Step:
    """One step as it was written: a function or method, and what it was given; a column, a frame, a window or anything made of them.

    It has the methods and operators of what it stands for: each gives another step.
    """

    __slots__ = ("_do", "_parts", "_named", "digest", "sources")
    __iter__ = None
    __hash__ = object.__hash__

    def __init__(self, do: str, parts: tuple, named: dict[str, Any], sources: tuple[Source, ...] = ()) -> None:
        found: dict[Source, int] = {one: i for i, one in enumerate(sources)}
        text = f"{do}({','.join(_written(part, found) for part in parts)};{','.join(f'{k}={_written(v, found)}' for k, v in named.items())};{[one.columns for one in sources]!r})"
        self._do, self._parts, self._named = do, parts, named
        self.sources = tuple(found)
        self.digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def __getattr__(self, name: str) -> Callable[..., Step]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *parts, **named: Step(f".{name}", (self, *parts), named)

    @property
    def columns(self) -> list[str]:
        """The columns of a frame."""
        return list(self.sources[0].columns) if self._do == "source" else running().plan(self).columns

    def __bool__(self) -> bool:
        raise TypeError("a column has no truth value: write & for and, | for or, ~ for not")


def _operator(name: str) -> Callable[..., Step]:
    return lambda self, *others: Step(f".{name}", (self, *others), {})


for _name in (
    "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "mod", "rmod", "pow", "rpow", "and", "rand", "or", "ror", "invert", "neg",
    "eq", "ne", "lt", "le", "gt", "ge", "getitem",
):
    setattr(Step, f"__{_name}__", _operator(f"__{_name}__"))


def source(name: str, columns: Iterable[str]) -> Step:
    """A step that others start from."""
    return Step("source", (), {}, (Source(name, tuple(columns)),))


class Written:
    """A module or class of SQLFrame whose functions are written down instead of called; its constants are its own."""

    def __init__(self, word: str, real: Any) -> None:
        self._word, self._real = word, real

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        return (lambda *parts, **named: Step(f"{self._word}.{name}", parts, named)) if callable(real) else real


def _written(part: Any, found: dict[Source, int]) -> str:
    """What a step was given, as text; the sources it starts from are added to `found`, which numbers them."""
    if isinstance(part, Step):
        return f"<{part.digest} {[found.setdefault(one, len(found)) for one in part.sources]}>"
    if isinstance(part, (list, tuple)):
        return f"{type(part).__name__}[{','.join(_written(one, found) for one in part)}]"
    if part is None or isinstance(part, (str, bytes, bool, Number, date)):
        return f"{type(part).__name__} {part!r}"
    raise TypeError(f"a query cannot be given {type(part).__name__}: only words, numbers, days, columns and frames")


_running: list[Planner] = []


def running() -> Planner:
    """The planner of the engine that runs."""
    return _running[-1]


# Plans ---------------------------------------------------------------------------------------------------


class Plan(NamedTuple):
    """A query over "source_0", "source_1", ..., and its columns."""

    query: str
    columns: list[str]

    def over(self, sources: Iterable[Source]) -> str:
        """The query over tables or views by name."""
        names = [one.name for one in sources]
        return _SOURCE.sub(lambda found: names[int(found[1])], self.query)


class Planner:
    """Makes plans of steps and keeps them.

    calls: word -> module or class, what `Written` was made of; table: gives SQLFrame's frame over a table of that name and those columns;
    query: the SQL of SQLFrame's frame; version: what else a plan depends on.
    """

    def __init__(self, calls: dict[str, Any], table: Callable[[str, tuple[str, ...]], Any], query: Callable[[Any], str], version: str) -> None:
        self.calls, self.table, self.query = calls, table, query
        self.made: dict[str, Plan] = {}
        self.store = _Store(version)
        _running[:] = [self]

    def plan(self, step: Step) -> Plan:
        """The plan of a frame."""
        if step.digest not in self.made:
            plan = self.store.read(step.digest)
            if plan is None:
                frame = self._play(step, list(step.sources), {})
                plan = Plan(self.query(frame), list(frame.columns))
                self.store.write(step.digest, plan)
            self.made[step.digest] = plan
        return self.made[step.digest]

    def _play(self, part: Any, sources: list[Source], done: dict[int, Any]) -> Any:
        """What a step stands for, made by SQLFrame; each step once, so that what was one frame stays one frame."""
        if isinstance(part, (list, tuple)):
            return type(part)(self._play(one, sources, done) for one in part)
        if not isinstance(part, Step):
            return part
        if id(part) not in done:
            done[id(part)] = self._call(part, sources, done)
        return done[id(part)]

    def _call(self, step: Step, sources: list[Source], done: dict[int, Any]) -> Any:
        if step._do == "source":
            number = sources.index(step.sources[0])
            return self.table(f'"source_{number}"', step.sources[0].columns)
        parts = [self._play(part, sources, done) for part in step._parts]
        named = {name: self._play(part, sources, done) for name, part in step._named.items()}
        if step._do.startswith("."):
            return getattr(parts[0], step._do[1:])(*parts[1:], **named)
        word, name = step._do.split(".")  # as in F.sum
        return getattr(self.calls[word], name)(*parts, **named)


class _Store:
    """Plans on disk, one file for all processes. A disk that is full, read-only or not there is no reason to fail: then each process plans for itself."""

    def __init__(self, version: str) -> None:
        self.path = root() / f"plans-{hashlib.blake2b(version.encode(), digest_size=6).hexdigest()}.sqlite"
        self.process, self.file = 0, None

    def read(self, digest: str) -> Plan | None:
        rows = self._run("SELECT query, columns FROM plans WHERE digest = ?", digest)
        return Plan(rows[0][0], json.loads(rows[0][1])) if rows else None

    def write(self, digest: str, plan: Plan) -> None:
        self._run("INSERT OR IGNORE INTO plans VALUES (?, ?, ?)", digest, plan.query, json.dumps(plan.columns))

    def _run(self, line: str, *values: str) -> list[tuple]:
        try:
            if self.process != os.getpid():  # a connection must not be used on both sides of a fork
                self.process, self.file = os.getpid(), None
                self.file = self._connect()
            return self.file.execute(line, values).fetchall() if self.file else []
        except (OSError, sqlite3.Error) as error:
            self.file = None
            if type(error) is sqlite3.DatabaseError:  # no such file at all, or half of one: the next process begins anew
                self.path.unlink(missing_ok=True)
            return []

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for old in self.path.parent.glob("plans-*.sqlite*"):  # of another version of the libraries, or of this module
            if not old.name.startswith(self.path.name) and time.time() - old.stat().st_mtime > _IN_USE_SECONDS:
                old.unlink(missing_ok=True)
        file = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = OFF")
        file.execute("CREATE TABLE IF NOT EXISTS plans (digest TEXT PRIMARY KEY, query TEXT, columns TEXT)")
        if (file.execute("SELECT max(rowid) FROM plans").fetchone()[0] or 0) > MOST:  # rows only ever come one by one, or go all at once
            file.execute("DELETE FROM plans")
        return file
