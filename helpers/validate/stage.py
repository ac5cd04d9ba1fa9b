"""One table staged in DuckDB: every source typed, each row with the list of its faults, in the order it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


from helpers import contract, engine
from helpers.load import ConfigError
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
    rejected: tuple[tuple[int, str, str], ...]  # line, text, reason: lines that could not be cut into columns

    @property
    def read(self) -> int:
        return self.rows + len(self.rejected)


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
        scan = _last_scan(connection)
        sql = _select(connection, item, table, columns, extra, company, staged)
        try:
            rows = connection.execute(f"INSERT INTO {relation} {sql}").fetchone()[0]
        except engine.QueryError as error:
            raise ConfigError(item.source.path or item.source.config, None, _unreadable(error)) from None
        parts.append(Part(item, first, rows, _rejected(connection, scan) if item.has_rejects else ()))
        first += rows
    return Staged(table, relation, columns, extra, tuple(parts))


def _select(connection: Any, item: Opened, table: contract.Table, columns: tuple[str, ...], extra: tuple[str, ...], company: Company,
            staged: dict[str, Staged]) -> str:
    """Three layers: the text of each column, its typed value, what is wrong with it."""
    texts, values, faults, checks = [], [], [], []
    for name in columns:
        text, value, wrong = _column(connection, item, table.column(name), company, staged)
        plain = identifier(name)
        texts.append(f"{text} AS {identifier('t ' + name)}")
        values.append(f"{value} AS {plain}")
        if wrong:
            faults.append(f"{wrong} AS {identifier('f ' + name)}")
            original = f"CAST({identifier('t ' + name)} AS VARCHAR)"
            checks.append((f"{identifier('f ' + name)} IS NOT NULL", name, identifier("f " + name), original))
    for name in extra:
        expression, kind = item.columns.get(name, ("NULL", "VARCHAR"))
        texts.append(f"{text_of(expression, kind, name, None, company, item.source.options)} AS {identifier(name)}")
    for number, rule in enumerate(table.rules):
        if set(rule.needs) <= set(columns):
            shown = f"coalesce(CAST({identifier('t ' + rule.column)} AS VARCHAR), CAST({identifier(rule.column)} AS VARCHAR))"
            checks.append((f"coalesce({rule.broken}, false)", rule.column, literal(f"rule {number}"), shown))
    listed = ", ".join(f"CASE WHEN {test} THEN {{'column': {literal(name)}, 'fault': {code}, 'value': {value}}} END"
                       for test, name, code, value in checks)
    some = " OR ".join(f"({test})" for test, *_ in checks)
    line = item.line or "NULL"
    chosen = ", ".join(identifier(name) for name in (*columns, *extra))
    return (f"SELECT journey_line, {chosen}, CASE WHEN {some} THEN list_filter([{listed}], lambda x: x IS NOT NULL) END "
            f"FROM (SELECT *, {', '.join(faults)} FROM ({_filled(table, columns, values, texts, item.relation, line)}))")


def _filled(table: contract.Table, columns: tuple[str, ...], values: list[str], texts: list[str], relation: str, line: str) -> str:
    """The typed layer, with the defaults that depend on another column of the row filled in."""
    sql = f"SELECT *, {', '.join(values)} FROM (SELECT {line} AS journey_line, {', '.join(texts)} FROM {relation})"
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
    text = identifier("t " + name)
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


def _last_scan(connection: Any) -> int:
    try:
        return connection.execute("SELECT coalesce(max(scan_id), -1) FROM reject_scans").fetchone()[0]
    except engine.QueryError:
        return -1


def _rejected(connection: Any, after: int) -> tuple[tuple[int, str, str], ...]:
    """The lines that the reader of text files could not cut into columns: line, text, reason."""
    try:
        rows = connection.execute(
            "SELECT line, any_value(csv_line), min_by(CAST(error_type AS VARCHAR), byte_position), min_by(error_message, byte_position) "
            f"FROM reject_errors WHERE scan_id > {after} GROUP BY line ORDER BY line").fetchall()
    except engine.NotThere:
        return ()
    return tuple(found for line, text, kind, message in rows for found in _lines(line, text or "", kind, message))


def _lines(line: int, text: str, kind: str, message: str) -> list[tuple[int, str, str]]:
    """One refused line; a quotation mark that is never closed swallows lines, and each of them is named."""
    swallowed = text.strip("\r\n").splitlines() if kind == "UNQUOTED VALUE" else [text.strip("\r\n")]
    reasons = [_why(kind, message)] + [f"swallowed by the quotation mark that line {line} never closes; close it there"] * (len(swallowed) - 1)
    return [(line + offset, words, why) for offset, (words, why) in enumerate(zip(swallowed or [""], reasons))]


def _why(kind: str, message: str) -> str:
    numbers = [word for word in message.split() if word.isdigit()]
    if kind in ("TOO MANY COLUMNS", "MISSING COLUMNS") and len(numbers) == 2:
        more = kind == "TOO MANY COLUMNS"
        return (f"the line has {numbers[1]} values where the header names {numbers[0]}; "
                f"{'quote a value that holds the delimiter' if more else 'complete the line'}")
    if kind == "UNQUOTED VALUE":
        return 'a quotation mark is opened and not closed as it should be; close it, or write "" for a mark inside a text'
    if kind == "INVALID ENCODING":
        return "the line is not UTF-8; type encoding: latin-1 (or cp1252) in journey.yml"
    return f"the line cannot be read: {message}"


def _unreadable(error: Exception) -> str:
    message = first_line(error)
    if "maximum line size" in message.lower():
        return "a line is longer than two million characters: a quotation mark is opened and never closed, or the delimiter is another one."
    return f"it cannot be read: {message}"
