"""Which files a company has: by the name in journey.yml, or by the name of the table they hold."""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import Any

from helpers import contract, engine
from helpers.load.company import Source
from helpers.load.grammar import ConfigError, Node, hint

SUFFIXES = {
    ".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".tsv.gz": "csv", ".txt": "csv", ".txt.gz": "csv",
    ".parquet": "parquet", ".pq": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx", ".duckdb": "duckdb",
}
_REMOTE = re.compile(r"^[a-z][a-z0-9+.-]{1,}://", re.IGNORECASE)


def split_name(path: Path) -> tuple[str, str]:
    """A file's stem and kind; kind is empty where the workbook does not read such files.

    >>> split_name(Path("orders.csv.gz"))
    ('orders', 'csv')
    """
    lower = path.name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if lower.endswith(suffix):
            return path.name[: -len(suffix)], SUFFIXES[suffix]
    return path.stem, ""


def label_of(path: Path, folder: Path, source: Path) -> str:
    """How reports name a file: its path from the data folder, never the machine's."""
    for base in (source, folder):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.name


def locate(node: Node, folder: Path, source: Path) -> list[Path]:
    """The files that a `file:` names, from `--source`, else from the company's folder; a pattern may match several."""
    word = node.text()
    if _REMOTE.match(word):
        raise node.error(f"'{word}' lies on another machine; the workbook reads local files only. Copy it here first.")
    for base in dict.fromkeys((source, folder)):
        path = base / Path(word).expanduser()
        if path.is_file():
            return [path]
        found = sorted(Path(match) for match in glob.glob(str(path)) if Path(match).is_file())
        if found:
            return found
    near = hint(word, _names(source, folder))
    where = "the source folder" if source != folder else "the folder"
    raise node.error(f"{where} has no file '{word}'. {near if near.startswith('Type') else 'Correct the name, or say --source DIR.'}")


def _names(*folders: Path) -> list[str]:
    return sorted({p.name for base in folders for p in base.iterdir() if split_name(p)[1]})


def source_of(table: str, path: Path, folder: Path, source: Path, **more: Any) -> Source:
    """The source for one file. Raises ConfigError for a kind of file that is not read."""
    kind = split_name(path)[1]
    config, line, options = more.get("config"), more.get("line"), more["options"]
    if not kind:
        raise ConfigError(config or path, line, f"'{path.name}' is not a kind of file that can be read; allowed are "
                          f"{', '.join(SUFFIXES)}. Save it as CSV or Parquet.")
    if options.sheet and kind not in ("xlsx", "duckdb"):
        raise ConfigError(config or path, line, f"sheet: belongs to .xlsx and .duckdb files; '{path.name}' is neither.")
    member = options.sheet or (table if kind == "duckdb" else "")
    return Source(table, kind, label_of(path, folder, source), path=path, member=member, **more)


def discover(folder: Path, source: Path, taken: set[str]) -> dict[str, Source]:
    """The tables that files are named after, beside those that journey.yml declares (`taken`).

    A file called after a table is that table; workbooks and databases of another name give the sheets and tables
    that are called after one. Raises ConfigError where two files hold one table.
    """
    found: dict[str, Source] = {}
    for base in dict.fromkeys((folder, source)):
        for path in sorted(p for p in base.iterdir() if p.is_file() and not p.name.startswith((".", "~"))):
            for item in _inside(path, folder, source):
                if item.table in taken:
                    continue
                if item.table in found:
                    raise ConfigError(path, None, f"the table {item.table} is also in {found[item.table].label}; keep one, or type "
                                      f"tables: {{{item.table}: {{file: {item.label}}}}} in journey.yml.")
                found[item.table] = item
    return found


def _inside(path: Path, folder: Path, source: Path) -> list[Source]:
    stem, kind = split_name(path)
    label = label_of(path, folder, source)
    if kind and kind != "duckdb" and stem.lower() in contract.TABLES:
        return [Source(stem.lower(), kind, label, path=path)]
    if kind not in ("xlsx", "duckdb"):
        return []
    members = sheets(path) if kind == "xlsx" else database_tables(path)
    known = {name: name.strip().lower() for name in members if name.strip().lower() in contract.TABLES}
    return [Source(table, kind, f"{label}:{name}", path=path, member=name) for name, table in known.items()]


def sheets(path: Path) -> list[str]:
    """The names of a workbook's sheets."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True)
    except Exception as error:
        raise ConfigError(path, None, f"this workbook cannot be opened: {error}. Save it again as .xlsx, without a password.") from None
    names = list(book.sheetnames)
    book.close()
    return names


def database_tables(path: Path) -> list[str]:
    """The names of the tables and views of a DuckDB file."""
    try:
        with engine.connect_file(path) as connection:
            return [row[0] for row in connection.execute("SELECT table_name FROM information_schema.tables ORDER BY 1").fetchall()]
    except engine.QueryError as error:
        first = str(error).splitlines()[0]
        raise ConfigError(path, None, f"this database cannot be opened: {first} Close the program that writes to it.") from None
