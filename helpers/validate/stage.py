"""One table staged in DuckDB: every source typed, each row with the list of its faults, in the order it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


from helpers import contract, engine
from helpers.load import ConfigError, rejects
from helpers.load.company import Company
from helpers.load.quoting import identifier, literal
from helpers.load.query import first_line
from helpers.load.read import Opened
from helpers.validate.typing import TYPES, fault, ready, text_of, typed

FAULTS = 'STRUCT("column" VARCHAR, fault VARCHAR, value VARCHAR)[]'


@dataclass(frozen=True)
class Part:
    """What one source gave: its rows stand at `first`..`first + rows - 1` of the staged table (from 0)."""

    opened: Opened
    first: int
    rows: int
    refused: int  # lines that could not be cut into columns
    refused_relation: str

    @property
    def read(self) -> int:
        return self.rows + self.refused


@dataclass(frozen=True)
class Staged:
    """A staged table: name in DuckDB, the contract's columns it has, the segment columns, its parts."""

    table: contract.Table
    relation: str
    columns: tuple[str, ...]
    extra: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def at(self) -> str | None:
        """The column, if there, that says when a row happened or starts."""
        stamps = [c.name for c in self.table.columns if c.instant or (c.required and c.kind in ("timestamp", "month"))]
        return stamps[0] if stamps and stamps[0] in self.columns else None


def stage(connection: Any, table: contract.Table, opened: list[Opened], company: Company, staged: dict[str, Staged]) -> Staged:
    """Read every source of a table once into a DuckDB table with the column `faults` (null: the row is right).

    Rows keep the order of the files, so `rowid + 1` numbers them. Raises ConfigError where a file cannot be read.
    """
    relation = identifier(f"staged {table.name}")
    mapped = {name for item in opened for name in item.columns}
    columns = tuple(c.name for c in table.columns if c.name in mapped or c.required or c.default_by)
    extra = tuple(dict.fromkeys(name for item in opened for name in item.columns if name not in table.column_names))
    types = [f"{identifier(name)} {TYPES[table.column(name).kind]}" for name in columns]
    types += [f"{identifier(name)} VARCHAR" for name in extra]
    connection.execute(f"CREATE TEMP TABLE {relation} (journey_line BIGINT, {', '.join(types)}, faults {FAULTS})")
    parts, first = [], 0
    for item in opened:
        scan = rejects.last_scan(connection)
        sql = _select(connection, item, table, columns, extra, company, staged)
        try:
            rows = connection.execute(f"INSERT INTO {relation} {sql}").fetchone()[0]
        except engine.QueryError as error:
            raise ConfigError(item.source.path or item.source.config, None, _unreadable(error)) from None
        refused, count = rejects.collect(connection, table.name, len(parts), scan) if item.has_rejects else ("", 0)
        parts.append(Part(item, first, rows, count, refused))
        first += rows
    return Staged(table, relation, columns, extra, tuple(parts))


def _select(connection: Any, item: Opened, table: contract.Table, columns: tuple[str, ...], extra: tuple[str, ...], company: Company,
            staged: dict[str, Staged]) -> str:
    """Three layers: the text of each column, its typed value, what is wrong with it."""
    texts, values, faults, checks = [], [], [], []
    for name in columns:
        text, value, wrong = _column(connection, item, table.column(name), company, staged)
        texts.append(f"{text} AS {_text(name)}")
        values.append(f"{value} AS {identifier(name)}")
        if wrong:
            faults.append(f"{wrong} AS {_fault(name)}")
            checks.append((f"{_fault(name)} IS NOT NULL", name, _fault(name), f"CAST({_text(name)} AS VARCHAR)"))
    for name in extra:
        expression, kind = item.columns.get(name, ("NULL", "VARCHAR"))
        texts.append(f"{text_of(expression, kind, name, None, company, item.source.options)} AS {identifier(name)}")
    checks += _rules(table, columns)
    listed = ", ".join(f"CASE WHEN {test} THEN {{'column': {literal(name)}, 'fault': {code}, 'value': {value}}} END"
                       for test, name, code, value in checks)
    some = " OR ".join(f"({test})" for test, *_ in checks)
    chosen = ", ".join(identifier(name) for name in (*columns, *extra))
    return (f"SELECT journey_line, {chosen}, CASE WHEN {some} THEN list_filter([{listed}], lambda x: x IS NOT NULL) END "
            f"FROM (SELECT *, {', '.join(faults)} FROM ({_filled(table, columns, values, texts, item)}))")


def _rules(table: contract.Table, columns: tuple[str, ...]) -> list[tuple[str, str, str, str]]:
    """The rules between columns that the table has: SQL that is true where one is broken, column, fault, value."""
    return [
        (f"coalesce({rule.broken}, false)", rule.column, literal(f"rule {number}"),
         f"coalesce(CAST({_text(rule.column)} AS VARCHAR), CAST({identifier(rule.column)} AS VARCHAR))")
        for number, rule in enumerate(table.rules) if set(rule.needs) <= set(columns)
    ]


def _text(name: str) -> str:
    """Inside the query, a column's text as it stands in the file: a name that no file gives."""
    return identifier(f"journey text {name}")


def _fault(name: str) -> str:
    return identifier(f"journey fault {name}")


def _filled(table: contract.Table, columns: tuple[str, ...], values: list[str], texts: list[str], item: Opened) -> str:
    """The typed layer, with the defaults that depend on another column of the row filled in."""
    sql = f"SELECT *, {', '.join(values)} FROM (SELECT {item.line or 'NULL'} AS journey_line, {', '.join(texts)} FROM {item.relation})"
    fills = []
    for column in (table.column(name) for name in columns):
        if column.default_by:
            cases = " ".join(f"WHEN {literal(word)} THEN {value}" for word, value in column.defaults)
            own = identifier(column.name)
            fills.append(f"coalesce({own}, CASE {identifier(column.default_by)} {cases} END) AS {own}")
    return f"SELECT * REPLACE ({', '.join(fills)}) FROM ({sql})" if fills else sql


def _column(connection: Any, item: Opened, column: contract.Column, company: Company, staged: dict[str, Staged]) -> tuple[str, str, str]:
    """SQL of the text, the typed value, and the fault of one column."""
    name, options = column.name, item.source.options
    expression, kind = item.columns.get(name, ("CAST(NULL AS VARCHAR)", "VARCHAR"))
    text = _text(name)
    reference = _reference(connection, column, staged)
    if ready(column, kind, options):
        first = f"CASE WHEN NOT isnan({expression}) THEN {expression} END" if kind in ("DOUBLE", "FLOAT") else expression
        value = f"CAST({text} AS {TYPES[column.kind]})"
        value = f"CASE WHEN isfinite({value}) THEN {value} END" if column.kind == "number" else value
    else:
        first = text_of(expression, kind, name, column, company, options)
        value = typed(text, column, company, options)
    # A default takes the place of an empty value; a wrong text is still wrong.
    kept = identifier(name)
    wrong = fault(text, kept, column, company, reference)
    if column.default_by:
        wrong = f"CASE WHEN {text} IS NOT NULL AND ({value}) IS NULL THEN 'kind' END"
    return first, value, wrong


def _reference(connection: Any, column: contract.Column, staged: dict[str, Staged]) -> str:
    """The values that a column may refer to, as SQL; "" where the other table is not there."""
    other, _, name = column.refers_to.partition(".")
    if other not in staged:
        return ""
    # Written out, not looked up: a join would lose the order of the rows.
    known = connection.execute(f"SELECT {identifier(name)} FROM {staged[other].relation} WHERE faults IS NULL ORDER BY 1").fetchall()
    return ", ".join(literal(row[0]) for row in known) or "''"


def _unreadable(error: Exception) -> str:
    message = first_line(error)
    if "maximum line size" in message.lower():
        return "a line is longer than two million characters: a quotation mark is opened and never closed, or the delimiter is another one."
    return f"it cannot be read: {message}"
