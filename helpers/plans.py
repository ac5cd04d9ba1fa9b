"""Queries written down step by step, and each step planned by SQLFrame only where nobody planned the like before.

SQLFrame copies a frame's whole query at each step, so that planning a long query costs it far more than DuckDB needs to run it on a hundred thousand
rows; and the pages of all companies, periods and segments ask for the same steps. So a step (`rows.filter(...)`, `F.sum("n")`) is only written down.
When its rows are asked for, SQLFrame plans each frame on the way by itself, over the columns of the frames it starts from, whatever these are; that
small query is kept in memory and on disk under a digest of the step's words and those columns; and the whole query is the small ones, one WITH each.
A kept query holds what the measures say, the names of columns, and the few rows that a measure brings along (`engine.frame`); no row of a table.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from numbers import Number
from pathlib import Path
from typing import Any, NamedTuple

MOST = 50_000
"""Kept queries beyond which the file is begun anew."""
_IN_USE_SECONDS = 24 * 3600
_SOURCE = re.compile(r'"source_(\d+)"')
_MAKES = ("source", "session.createDataFrame")  # the words that begin a frame
_ROW_BY_ROW = (".select", ".filter", ".where", ".withColumn", ".withColumnRenamed", ".drop")
_GROUPS = (".groupBy", ".groupby", ".rollup", ".cube")  # the steps that leave a frame half-way


def root() -> Path:
    """The folder of everything kept between runs: $JOURNEY_CACHE, else `.cache/journey` in the project."""
    return Path(os.environ.get("JOURNEY_CACHE") or Path(__file__).resolve().parents[1] / ".cache" / "journey")


class Step:
    """One step as it was written: a function or method, and what it was given; a column, a frame, a window or anything made of them.

    It has the methods and operators of what it stands for: each gives another step. `kind` is frame, grouped (a frame between groupBy and agg) or column
    (all else); `starts` are the frames that it is made of.
    """

    __slots__ = ("_do", "_parts", "_named", "_digest", "kind", "starts")
    __iter__ = None
    __hash__ = object.__hash__

    def __init__(self, do: str, parts: tuple, named: dict[str, Any]) -> None:
        self._do, self._parts, self._named, self._digest = do, parts, named, ""
        first = parts[0].kind if parts and isinstance(parts[0], Step) and do.startswith(".") else ""
        self.kind = "grouped" if first == "frame" and do in _GROUPS else "frame" if do in _MAKES or first in ("frame", "grouped") else "column"
        found: dict[int, Step] = {}
        if do != "source":
            for part in (*parts, *named.values()):
                found.update((id(one), one) for one in _frames(part))
        self.starts = list(found.values())
        if self.kind == "column":
            self.digest  # noqa: B018 (what cannot be written down is said at once)

    def __getattr__(self, name: str) -> Callable[..., Step]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *parts, **named: Step(f".{name}", (self, *parts), named)

    @property
    def columns(self) -> list[str]:
        """The columns of a frame."""
        return list(self._parts[1]) if self._do == "source" else running().plan(self).columns

    @property
    def digest(self) -> str:
        """Names what the step does, of a frame with the columns of the frames it starts from."""
        if not self._digest:
            frames = self.starts
            if frames and self.kind == "column":
                raise TypeError("a column cannot be made of a frame")
            self._digest = hashlib.blake2b(f"{_written(self, frames, top=True)} {[one.columns for one in frames]!r}".encode(), digest_size=16).hexdigest()
        return self._digest

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
    """A table or view that others start from: its name in the engine, quoted, and its columns."""
    return Step("source", (name, tuple(columns)), {})


class Written:
    """A module or class of SQLFrame whose functions are written down instead of called; its constants are its own."""

    def __init__(self, word: str, real: Any) -> None:
        self._word, self._real = word, real

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        return (lambda *parts, **named: Step(f"{self._word}.{name}", parts, named)) if callable(real) else real


def _frames(part: Any) -> Iterator[Step]:
    """The frames in what a step was given, up to the nearest on each way."""
    if isinstance(part, Step):
        if part.kind == "frame":
            yield part
        elif part.kind == "grouped":
            yield from part.starts
    elif isinstance(part, (list, tuple)):
        for one in part:
            yield from _frames(one)


def _written(part: Any, frames: list[Step], *, top: bool = False) -> str:
    """What a step was given, as text; a frame by its number among `frames`."""
    if isinstance(part, Step):
        if part.kind == "frame" and not top:
            return f"<frame {next(i for i, one in enumerate(frames) if one is part)}>"
        if part.kind == "column" and not top:
            return f"<{part.digest}>"
        return f"{part._do}({','.join(_written(one, frames) for one in part._parts)};{','.join(f'{k}={_written(v, frames)}' for k, v in part._named.items())})"
    if isinstance(part, (list, tuple)):
        return f"{type(part).__name__}[{','.join(_written(one, frames) for one in part)}]"
    if part is None or isinstance(part, (str, bytes, bool, Number, date)):
        return f"{type(part).__name__} {part!r}"
    raise TypeError(f"a query cannot be given {type(part).__name__}: only words, numbers, days, columns and frames")


_running: list[Planner] = []


def running() -> Planner:
    """The planner of the engine that runs."""
    return _running[-1]


# Plans ---------------------------------------------------------------------------------------------------


class Plan(NamedTuple):
    """One frame's query over "source_0", "source_1", ..., the frames it starts from, and its columns."""

    query: str
    columns: list[str]

    def over(self, names: list[str]) -> str:
        """The query over tables, views or other queries by name."""
        return _SOURCE.sub(lambda found: names[int(found[1])], self.query)


class Planner:
    """Makes plans of frames and keeps them.

    calls: word -> module or class, what `Written` was made of; table: gives SQLFrame's frame over a table of that name and those columns;
    query: the SQL of SQLFrame's frame; version: what else a plan depends on.
    """

    def __init__(self, calls: dict[str, Any], table: Callable[[str, list[str]], Any], query: Callable[[Any], str], version: str) -> None:
        self.calls, self.table, self.query = calls, table, query
        self.made: dict[str, Plan] = {}
        self.store = _Store(version)
        _running[:] = [self]

    def plan(self, step: Step) -> Plan:
        """The plan of a frame by itself."""
        if step.digest not in self.made:
            plan = self.store.read(step.digest)
            if plan is None:
                frame = self._play(step, step.starts, {})
                plan = Plan(self.query(frame), list(frame.columns))
                self.store.write(step.digest, plan)
            self.made[step.digest] = plan
        return self.made[step.digest]

    def sql(self, step: Step) -> str:
        """The whole query of a frame: each frame on the way a WITH of its own, said once however often it is written down."""
        names: dict[int, str] = {}
        known: dict[tuple[str, ...], str] = {}
        queries: list[str] = []
        cheap: set[str] = set()
        for one in _in_order(step):
            if one._do == "source":
                names[id(one)] = one._parts[0]
                cheap.add(one._parts[0])
                continue
            over = [names[id(start)] for start in one.starts]
            key = (one.digest, *over)
            if key not in known:
                known[key] = f'"part_{len(known) + 1}"'
                queries.append(self.plan(one).over(over))
                if one._do in _ROW_BY_ROW and cheap.issuperset(over) and " OVER (" not in queries[-1]:
                    cheap.add(known[key])
            names[id(one)] = known[key]
        if not queries:
            return self.query(self.table(names[id(step)], step.columns))
        *before, last = queries
        if not before:
            return last
        # What goes row by row over a table is not worth holding for two who ask: whoever asks filters it and reads the columns it needs.
        parts = ",\n".join(f'{name} AS {"NOT MATERIALIZED " if name in cheap else ""}(\n{query}\n)' for name, query in zip(known.values(), before))
        return f"WITH {parts}\n" + (f"SELECT * FROM (\n{last}\n)" if last.startswith("WITH") else last)

    def _play(self, part: Any, frames: list[Step], done: dict[int, Any]) -> Any:
        """What a step stands for, made by SQLFrame over the frames it starts from."""
        if isinstance(part, (list, tuple)):
            return type(part)(self._play(one, frames, done) for one in part)
        if not isinstance(part, Step):
            return part
        if id(part) not in done:
            number = next((i for i, one in enumerate(frames) if one is part), None)
            done[id(part)] = self._call(part, frames, done) if number is None else self.table(f'"source_{number}"', part.columns)
        return done[id(part)]

    def _call(self, step: Step, frames: list[Step], done: dict[int, Any]) -> Any:
        parts = [self._play(part, frames, done) for part in step._parts]
        named = {name: self._play(part, frames, done) for name, part in step._named.items()}
        if step._do.startswith("."):
            return getattr(parts[0], step._do[1:])(*parts[1:], **named)
        word, name = step._do.split(".")  # as in F.sum
        return getattr(self.calls[word], name)(*parts, **named)


def _in_order(step: Step) -> list[Step]:
    """A frame and all it is made of, each after what it starts from."""
    order: dict[int, Step] = {}
    stack = [(step, False)]
    while stack:
        one, ready = stack.pop()
        if id(one) in order:
            continue
        if ready:
            order[id(one)] = one
        else:
            stack.append((one, True))
            stack += [(start, False) for start in reversed(one.starts)]
    return list(order.values())


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
