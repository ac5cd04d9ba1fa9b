"""Text files as they come: encoding, delimiter and header found out, then read by DuckDB as text, line by line."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from pathlib import Path
from typing import IO, Any

from helpers.load import rejects
from helpers.load.company import Source
from helpers.load.grammar import ConfigError
from helpers.load.quoting import identifier, literal

_HEAD = 1 << 16
_CHUNK = 1 << 22
# DuckDB reads text files in blocks of this size unless told otherwise.
_BLOCK = 8_000_000
_SCANS = ("", ", parallel = false", ", buffer_size = 12000000", ", buffer_size = 32000000")
_CP1252_HOLES = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])


def relation(connection: Any, source: Source, work: Path) -> tuple[str, dict[str, str], int]:
    """The `read_csv(...)` of a text file, its columns (name -> SQL expression, all text), and how many rows it holds.

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
    whole = (f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = {literal(delimiter)}, quote = '\"', "
           f"escape = '\"', columns = {{{columns}}}, store_rejects = true, rejects_limit = 0")
    records = count_records(path) - 1
    one_block = path.suffix != ".gz" and path.stat().st_size < _BLOCK
    sql = f"{whole})" if one_block else _complete(connection, whole, records)
    return sql, {name: identifier(f"c{i}") for i, name in enumerate(names)}, records


def _complete(connection: Any, whole: str, records: int) -> str:
    """The first way of scanning that finds every row of the file, else the one that finds most.

    DuckDB 2.0 loses blocks of a file where a line to refuse meets the edge of a block, so the rows are counted first.
    """
    found = {}
    for scan in _SCANS:
        sql, before = f"{whole}{scan})", rejects.last_scan(connection)
        found[sql] = connection.execute(f"SELECT count(*) FROM {sql}").fetchall()[0][0] + rejects.count(connection, before)
        if found[sql] >= records:
            break
    return max(found, key=found.get)


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


def count_records(path: Path) -> int:
    """The filled lines of a UTF-8 file; a line end inside quotation marks does not count.

    Counted beside DuckDB, so that rows its reader loses are noticed.
    """
    import numpy as np

    found, inside, before = 0, 0, b"\n"
    with _open(path) as file:
        while chunk := file.read(_CHUNK):
            if inside or b'"' in chunk:
                codes = np.frombuffer(chunk, dtype=np.uint8)
                quoted = (np.cumsum(codes == 34, dtype=np.int32) + inside) & 1
                found += int(((codes == 10) & (quoted == 0)).sum())
                inside = int(quoted[-1])
            else:
                found += chunk.count(b"\n")
            found -= _blank_lines(before + chunk)
            before = re.search(rb"(\n\r?)?\Z", (before + chunk)[-2:])[0]
    return found + (before != b"\n")


def _blank_lines(chunk: bytes) -> int:
    """Line ends that follow another at once; of three in a row, two."""
    plain = chunk.replace(b"\r\n", b"\n") if b"\r\n" in chunk else chunk
    return len(re.findall(rb"(?<=\n)\n", plain)) if b"\n\n" in plain else 0


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
