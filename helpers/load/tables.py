"""The `tables:` part of journey.yml: which file or query each table comes from, and how its columns are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpers import contract
from helpers.load import files
from helpers.load.company import Options, Source, TableSource, Unpivot
from helpers.load.grammar import Node, hint

KEYS = (
    "file", "sql", "label", "sheet", "rename", "values", "missing", "timestamp_format", "constants", "prefix", "unpivot", "encoding",
    "delimiter", "decimal",
)
ENCODINGS = ("utf-8", "latin-1", "cp1252", "utf-16")
# Ways of writing an instant as a number.
NUMERIC_TIMES = ("excel", "unix", "unix_ms")
_STRPTIME = set("aAbBdmyYHIpMSfzZjgn-%UWwcxX")


def read_tables(root: Node | None, folder: Path, source: Path) -> dict[str, TableSource]:
    """Every table that journey.yml declares or a file in the folder is named after.

    Raises ConfigError for an unknown table or key, a file that is not there, or two files of one name.
    """
    declared = {} if root is None else root.items().get("tables")
    entries = declared.items(contract.TABLES, "table") if declared else {}
    tables = {}
    for name, node in entries.items():
        if not node.is_empty:
            found = [item for element in node.elements() for item in _entry(name, element, folder, source)]
            tables[name] = TableSource(name, tuple(_told_apart(found)))
    found_here = files.discover(folder, source, taken=set(entries))
    tables |= {name: TableSource(name, (item,)) for name, item in found_here.items()}
    return {name: tables[name] for name in contract.TABLES if name in tables}


def _told_apart(sources: list[Source]) -> list[Source]:
    """Sources of one label get a number, so that a row's place can be found again."""
    labels = [item.label for item in sources]
    return [replace(item, label=f"{item.label} {labels[:i].count(item.label) + 1}") if labels.count(item.label) > 1 else item
            for i, item in enumerate(sources)]


def _entry(table: str, node: Node, folder: Path, source: Path) -> list[Source]:
    """The sources of one entry: several where its file is a pattern such as sales_*.csv."""
    keys = node.items(KEYS, "key")
    if ("file" in keys) == ("sql" in keys):
        raise node.error(f"{node.name} needs either file: or sql:, one of them; type e.g. file: {table}.csv")
    options = _options(table, keys)
    more = {"config": node.file, "line": node.line, "options": options}
    label = keys["label"].text().strip() if "label" in keys else ""
    if "sql" in keys:
        for word in ("unpivot", "encoding", "delimiter", "sheet"):
            if word in keys:
                raise keys[word].error(f"{word}: belongs to file:, not to sql:; write it into the SELECT.")
        more["line"] = keys["sql"].line + int(keys["sql"].node.style in ("|", ">"))  # where the SELECT starts
        return [Source(table, "sql", label or f"{table} (sql)", sql=keys["sql"].text(), **more)]
    more["line"] = keys["file"].line
    found = [files.source_of(table, path, folder, source, **more) for path in files.locate(keys["file"], folder, source)]
    return [replace(item, label=f"{label}: {item.label}" if len(found) > 1 else label) for item in found] if label else found


def _options(table: str, keys: dict[str, Node]) -> Options:
    readers: dict[str, Callable[[Node], Any]] = {
        "rename": lambda node: _rename(table, node),
        "values": lambda node: {c: _texts(child) for c, child in _by_column(table, node).items()},
        "missing": lambda node: _lists(table, node),
        "timestamp_format": lambda node: _formats(table, node),
        "constants": lambda node: {c: child.text() for c, child in _by_column(table, node).items()},
        "prefix": lambda node: {c: child.text() for c, child in _by_column(table, node).items()},
        "unpivot": lambda node: _unpivot(table, node),
        "encoding": lambda node: node.choice(ENCODINGS),
        "delimiter": _delimiter,
        "decimal": lambda node: node.choice((",", ".")),
        "sheet": lambda node: node.text(),
    }
    found = {key: read(keys[key]) for key, read in readers.items() if key in keys and not keys[key].is_empty}
    return Options(**found, lines={key: node.line for key, node in keys.items()})


def column_allowed(table: str, word: str, node: Node) -> str:
    """A column of the contract, or any column of a table that keeps segment columns."""
    spec = contract.TABLES[table]
    if not word or (word not in spec.column_names and not spec.keeps_extra):
        raise node.error(f"{table} has no column '{word}'. {hint(word, spec.column_names)}")
    return word


def _by_column(table: str, node: Node) -> dict[str, Node]:
    entries = node.items()
    return {column_allowed(table, word, entries[word]): entries[word] for word in entries}


def _texts(node: Node) -> dict[str, str]:
    return {word: child.text() for word, child in node.items().items()}


def _rename(table: str, node: Node) -> dict[str, str]:
    pairs = {word: column_allowed(table, child.text(), child) for word, child in node.items().items()}
    doubled = {column for column in pairs.values() if list(pairs.values()).count(column) > 1}
    if doubled:
        raise node.error(f"two columns are renamed to {sorted(doubled)[0]}; keep one, or combine them with sql:")
    return pairs


def _lists(table: str, node: Node) -> dict[str, tuple[str, ...]]:
    if not node.is_mapping:
        return {"*": node.texts()}
    return {column: child.texts() for column, child in _by_column(table, node).items()}


def _formats(table: str, node: Node) -> dict[str, tuple[str, ...]]:
    stamps = [column.name for column in contract.TABLES[table].columns if column.kind in ("timestamp", "month")]
    if not node.is_mapping:
        return {column: _patterns(node) for column in stamps}
    entries = node.items()
    for word, child in entries.items():
        if word not in stamps:
            raise child.error(f"{table} has no time column '{word}'. {hint(word, stamps)}")
    return {word: _patterns(child) for word, child in entries.items()}


def _patterns(node: Node) -> tuple[str, ...]:
    patterns = node.texts()
    for pattern in patterns:
        letters = re.findall(r"%(.?)", pattern)
        if pattern not in NUMERIC_TIMES and (not letters or not set(letters) <= _STRPTIME):
            raise node.error(f"'{pattern}' is not a time stamp format; type one such as \"%d/%m/%Y %H:%M\", or one of "
                             f"{', '.join(NUMERIC_TIMES)}")
        if pattern in NUMERIC_TIMES and len(patterns) > 1:
            raise node.error(f"{pattern} stands alone; it cannot be one of several formats.")
    return patterns


def _delimiter(node: Node) -> str:
    word = {"\\t": "\t", "tab": "\t"}.get(node.text(), node.text())
    if len(word) != 1:
        raise node.error(f"delimiter is '{node.text()}'; it must be one character, e.g. delimiter: \";\" or tab")
    return word


def _unpivot(table: str, node: Node) -> Unpivot:
    keys = node.items(("id", "columns", "names_to", "values_to"), "key")
    if "columns" not in keys:
        raise node.error("unpivot needs columns: which of the file's columns become rows, e.g. columns: {Q7FOOD: food}")
    listed = keys["columns"]
    columns = _texts(listed) if listed.is_mapping else {word: word for word in listed.texts()}
    more = {key: column_allowed(table, keys[key].text(), keys[key]) for key in ("names_to", "values_to") if key in keys}
    return Unpivot(keys["id"].texts() if "id" in keys else (), columns, **more)
