"""Text files as they come: encoding, delimiter and header found out, then read by DuckDB as text, line by line."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from pathlib import Path
from typing import IO

from helpers.load.company import Source
from helpers.load.grammar import ConfigError
from helpers.load.quoting import identifier, literal

_HEAD = 1 << 16
_CHUNK = 1 << 22
_CP1252_HOLES = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])


def relation(source: Source, work: Path) -> tuple[str, dict[str, str]]:
    """The `read_csv(...)` of a text file and its columns: name -> SQL expression, all text.

    Lines that do not fit are kept aside in DuckDB's table `reject_errors`. `work` takes a UTF-8 copy where the file is
    written in another encoding. Raises ConfigError where the file has no header or the encoding is wrong.
    """
    path = _as_utf8(source, work)
    head = _head(path)
    delimiter = source.options.delimiter or sniff_delimiter(head, source.path.name)
    names = header(head, delimiter)
    if not names:
        raise ConfigError(source.path, 1, "the file is empty; its first line must name the columns.")
    # Short positional names inside: a header may hold anything.
    columns = ", ".join(f"{literal(f'c{i}')}: 'VARCHAR'" for i in range(len(names)))
    sql = (f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = {literal(delimiter)}, quote = '\"', "
           f"escape = '\"', columns = {{{columns}}}, store_rejects = true, rejects_limit = 0)")
    return sql, {name: identifier(f"c{i}") for i, name in enumerate(names)}


def header(head: str, delimiter: str) -> list[str]:
    """The column names of the first line; a name that stands twice gets a number, an empty one its position.

    >>> header("id,name,name,", ",")
    ['id', 'name', 'name_1', 'column_4']
    """
    first = next(csv.reader(io.StringIO(head), delimiter=delimiter), [])
    return unique(first) if any(cell.strip() for cell in first) else []


def unique(cells: list[str]) -> list[str]:
    """Column names that differ: a name that stands twice gets a number, an empty one its position."""
    found: list[str] = []
    for position, cell in enumerate(cells, start=1):
        base = cell if cell.strip() else f"column_{position}"
        name, number = base, 0
        while name in found:
            number += 1
            name = f"{base}_{number}"
        found.append(name)
    return found


def sniff_delimiter(head: str, name: str = "") -> str:
    """The delimiter that cuts the first lines into the same number of parts, the more the better; else a comma.

    >>> sniff_delimiter("id;name\\n1;a, b\\n2;c, d\\n")
    ';'
    """
    best, most = "\t" if ".tsv" in name.lower() else ",", 1
    for delimiter in (",", ";", "\t", "|"):
        rows = [row for row in csv.reader(io.StringIO(head), delimiter=delimiter) if row][:-1][:50] or \
               [row for row in csv.reader(io.StringIO(head), delimiter=delimiter) if row]
        same = rows and sum(len(row) == len(rows[0]) for row in rows) >= 0.7 * len(rows)
        if same and len(rows[0]) > most:
            best, most = delimiter, len(rows[0])
    return best


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _head(path: Path) -> str:
    with _open(path) as file:
        return codecs.getincrementaldecoder("utf-8-sig")(errors="replace").decode(file.read(_HEAD))


def detect_encoding(path: Path) -> str:
    """utf-8, utf-16, cp1252 or latin-1, from the whole file."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    holes = False
    with _open(path) as file:
        first = file.read(_CHUNK)
        if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        chunk, valid = first, True
        while chunk:
            if valid:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    valid = False
            holes = holes or any(byte in chunk for byte in _CP1252_HOLES)
            chunk = file.read(_CHUNK)
    if valid:
        return "utf-8"
    return "latin-1" if holes else "cp1252"


def _as_utf8(source: Source, work: Path) -> Path:
    """The file itself where it is UTF-8, else a copy that is."""
    path, declared = source.path, source.options.encoding
    try:
        encoding = declared or detect_encoding(path)
        if encoding == "utf-8":
            return path
        copy = work / f"{source.table}-{abs(hash(str(path)))}.csv"
        with _open(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
            while block := text.read(_CHUNK):
                out.write(block)
        return copy
    except UnicodeError as error:
        raise ConfigError(source.config or path, source.options.lines.get("encoding"),
                          f"'{path.name}' is not {declared}: {error}. Leave encoding: out, or type "
                          "encoding: latin-1.") from None
    except (OSError, EOFError) as error:
        raise ConfigError(path, None, f"the file cannot be read: {error}. Copy it here again.") from None
