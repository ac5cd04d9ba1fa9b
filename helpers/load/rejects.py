"""Lines of a text file that cannot be cut into the header's columns: which, how they read, and why."""

from __future__ import annotations

from typing import Any

from helpers import engine
from helpers.load.quoting import identifier, literal

# DuckDB keeps them in reject_errors: one row an error, several a line. A quotation mark that is never closed swallows
# the lines after it into one; each of them is named here.
_SPLIT = r"""
SELECT line + i AS line, part AS text, CASE
    WHEN i > 0 THEN 'swallowed by the quotation mark that line ' || line || ' never closes; close it there'
    WHEN kind IN ('TOO MANY COLUMNS', 'MISSING COLUMNS') AND len(numbers) = 2 THEN 'the line has ' || numbers[2]
        || ' values where the header names ' || numbers[1] || CASE kind WHEN 'MISSING COLUMNS' THEN '; complete the line'
        ELSE '; quote a value that holds the delimiter' END
    WHEN kind = 'UNQUOTED VALUE' THEN 'a quotation mark is opened and not closed as it should be; close it, or write "" for a mark inside a text'
    WHEN kind = 'INVALID ENCODING' THEN 'the line is not UTF-8; type encoding: latin-1 (or cp1252) in journey.yml'
    ELSE 'the line cannot be read: ' || message END AS reason
FROM (SELECT *, unnest(parts) AS part, generate_subscripts(parts, 1) - 1 AS i, regexp_extract_all(message, '\d+') AS numbers
FROM (SELECT *, CASE kind WHEN 'UNQUOTED VALUE' THEN string_split(text, chr(10)) ELSE [text] END AS parts
FROM (SELECT line, trim(replace(coalesce(any_value(csv_line), ''), chr(13), ''), chr(10)) AS text,
    min_by(CAST(error_type AS VARCHAR), byte_position) AS kind, min_by(error_message, byte_position) AS message
FROM reject_errors WHERE scan_id > {scan} GROUP BY line)))
"""


def last_scan(connection: Any) -> int:
    """A number that every later scan of a text file passes."""
    try:
        return connection.execute("SELECT coalesce(max(scan_id), -1) FROM reject_scans").fetchone()[0]
    except engine.NotThere:
        return -1


def collect(connection: Any, table: str, part: int, scan: int) -> tuple[str, int]:
    """A relation line, text, reason, accepted, before of the lines refused since `scan`, and how many there are.

    `before` lines were refused up to this one, and `accepted` right rows stand above it: what a later row's line in the
    file is found by.
    """
    relation = identifier(f"refused {table} {part}")
    try:
        connection.execute(
            f"CREATE TEMP TABLE {relation} AS SELECT *, row_number() OVER (ORDER BY line) AS before, "
            f"line - 1 - row_number() OVER (ORDER BY line) AS accepted FROM ({_SPLIT.format(scan=scan)})")
    except engine.NotThere:  # no text file has been read yet
        return "", 0
    return relation, connection.execute(f"SELECT count(*) FROM {relation}").fetchone()[0]


def count(connection: Any, scan: int) -> int:
    """How many lines have been refused since `scan`."""
    try:
        return connection.execute(f"SELECT count(*) FROM ({_SPLIT.format(scan=scan)})").fetchone()[0]
    except engine.NotThere:
        return 0


def fill(connection: Any, relation: str, quarantine: str, table: str, source: str) -> None:
    """Move the refused lines into the quarantine."""
    connection.execute(f"INSERT INTO {quarantine} SELECT {literal(table)}, {literal(source)}, line, '', text, reason, NULL FROM {relation}")


def line_of(relation: str, counted: str, accepted: str) -> tuple[str, str]:
    """SQL of a right row's line, given its line if none had been refused, and the join it needs."""
    return (f"{counted} + coalesce(x.before, 0)",
            f"ASOF LEFT JOIN (SELECT accepted, max(before) AS before FROM {relation} GROUP BY accepted) x ON {accepted} >= x.accepted")
