"""`sql:` sources: one SELECT over local files, and which files it reads."""

from __future__ import annotations

import glob
import json
import re
from pathlib import Path
from typing import Any

from helpers import engine
from helpers.load.company import Company, Source
from helpers.load.grammar import ConfigError
from helpers.load.quoting import identifier

# Steps of a plan that keep the order in which rows were read; after any other step the order is made by sorting.
_KEEP_ORDER = {
    "PROJECTION", "FILTER", "READ_CSV", "READ_CSV_AUTO", "READ_PARQUET", "PARQUET_SCAN", "TABLE_SCAN", "SEQ_SCAN", "UNNEST", "LIMIT",
    "STREAMING_LIMIT", "STREAMING_WINDOW", "UNION", "COLUMN_DATA_SCAN", "DUMMY_SCAN", "EMPTY_RESULT", "RANGE",
}
_REMOTE = re.compile(r"['\"]\s*(https?|s3|s3a|s3n|gcs|gs|r2|hf|azure|az|abfss|hdfs|ftp)://", re.IGNORECASE)


def filled(source: Source, company: Company) -> str:
    """The SELECT with `{source}` and `{folder}` filled in, whatever quotes stand around them.

    >>> from dataclasses import replace
    >>> filled(Source("orders", "sql", "", sql="FROM '{source}/a.csv'"), _Folders("/data/it's", "/data"))
    "FROM '/data/it''s/a.csv'"
    """
    text, quote, out = source.sql.strip().rstrip(";"), "", []
    folders = {"{source}": str(company.source), "{folder}": str(company.folder)}
    position = 0
    while position < len(text):
        for token, folder in folders.items():
            if text.startswith(token, position):
                out.append(folder.replace(quote, quote * 2) if quote else folder)
                position += len(token)
                break
        else:
            character = text[position]
            if character in "'\"":
                quote = "" if quote == character else quote or character
            out.append(character)
            position += 1
    return "".join(out)


def local_files(sql: str) -> list[Path]:
    """The local files that a query's texts name: files, patterns, or all files of a folder."""
    found: set[Path] = set()
    for text in re.findall(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"", sql):
        word = (text[0].replace("''", "'") or text[1].replace('""', '"')).strip()
        if not word or "\n" in word or not re.search(r"[/\\.]", word):
            continue
        path = Path(word)
        matches = [path] if path.exists() else [Path(match) for match in glob.glob(word, recursive=True)]
        for match in matches:
            found |= {match} if match.is_file() else {p for p in match.rglob("*") if p.is_file()}
    return sorted(path.resolve() for path in found)


def relation(connection: Any, source: Source, company: Company) -> tuple[str, dict[str, str]]:
    """A view over the SELECT and its columns: name -> SQL expression. The same rows come in the same order each run.

    Raises ConfigError with the line of `sql:` where it is not one SELECT, reads from another machine, or fails.
    """
    sql = filled(source, company)
    check_select(connection, source, sql)
    ordered = sql if _keeps_order(connection, source, sql) else f"SELECT * FROM ({sql}\n) ORDER BY ALL"
    view = identifier(f"query {source.table} {source.label}")
    _run(connection, source, f"CREATE OR REPLACE TEMP TABLE {view} AS {ordered}")
    names = [row[0] for row in connection.execute(f"DESCRIBE {view}").fetchall()]
    return view, {name: identifier(name) for name in names}


def check_select(connection: Any, source: Source, sql: str) -> None:
    """Raise ConfigError unless `sql` is one SELECT over local files."""
    if _REMOTE.search(sql):
        raise failure(source, "it reads from another machine; the workbook reads local files only. Copy the file here first.")
    try:
        statements = connection.extract_statements(sql)
    except Exception as error:
        raise failure(source, first_line(error), _line_in(error)) from None
    kinds = [str(statement.type).rsplit(".", 1)[-1] for statement in statements]
    if kinds != ["SELECT"]:
        raise failure(source, f"it must be one SELECT, not {' and '.join(kinds) or 'empty'}; keep only the SELECT.")


def _keeps_order(connection: Any, source: Source, sql: str) -> bool:
    plan = _run(connection, source, f"EXPLAIN (FORMAT json) {sql}").fetchall()[-1][-1]
    steps = {name.strip().upper() for name in _step_names(json.loads(plan))}
    top = json.loads(plan)
    ends_sorted = _first_step(top) in ("ORDER_BY", "TOP_N")
    return ends_sorted or steps <= _KEEP_ORDER


def _step_names(plan: Any) -> list[str]:
    nodes = plan if isinstance(plan, list) else [plan]
    return [name for node in nodes for name in [node.get("name", ""), *_step_names(node.get("children", []))] if name]


def _first_step(plan: Any) -> str:
    """The outermost step that is more than a choice of columns."""
    node = plan[0] if isinstance(plan, list) else plan
    while node.get("name", "").strip().upper() in ("PROJECTION", "EXPLAIN") and len(node.get("children", [])) == 1:
        node = node["children"][0]
    return node.get("name", "").strip().upper()


def _run(connection: Any, source: Source, sql: str) -> Any:
    try:
        return connection.execute(sql)
    except engine.QueryError as error:
        raise failure(source, first_line(error), _line_in(error)) from None


def failure(source: Source, message: str, line: int = 1) -> ConfigError:
    """A ConfigError at a line of the SELECT (from 1)."""
    place = source.line + line - 1 if source.line else None
    return ConfigError(source.config or Path("journey.yml"), place, f"sql: of {source.table}: {message}")


def _line_in(error: Exception) -> int:
    """The line of the query that DuckDB complains about."""
    found = re.search(r"\nLINE (\d+):", str(error))
    return int(found[1]) if found else 1


def first_line(error: Exception) -> str:
    """What DuckDB says, in one line: without the query it repeats."""
    lines = [line.strip() for line in str(error).split("\n\nLINE ")[0].splitlines() if line.strip()]
    return " ".join(lines[:2]).split(" Candidate functions")[0]


class _Folders:
    """Two folders, for examples."""

    def __init__(self, source: str, folder: str) -> None:
        self.source, self.folder = source, folder
