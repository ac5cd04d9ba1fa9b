"""One source opened in DuckDB: which of its columns are which of the contract's, before anything is typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from helpers import contract, engine
from helpers.load import csvfile, query, workbook
from helpers.load.clean import as_text, cleaned
from helpers.load.company import Company, Options, Source
from helpers.load.grammar import ConfigError, hint, nearest
from helpers.load.quoting import identifier, literal

RESERVED = ("row_id", "seq", "journey_line", "faults")


@dataclass(frozen=True)
class Opened:
    """A relation in DuckDB and its columns under the contract's names: name -> (SQL, DuckDB type).

    `line` is the SQL of the line a row stands on, or "" where rows are counted; `first_line` is the line of the first row.
    `unused` are columns that nothing reads, `blank` the number of empty cells that an unpivot left out, `records` the rows
    counted in a text file beside DuckDB.
    """

    source: Source
    relation: str
    columns: dict[str, tuple[str, str]]
    line: str
    first_line: int
    unused: tuple[str, ...]
    blank: int
    has_rejects: bool
    records: int | None = None


def connection_for(company: Company, work: Path) -> Any:
    """A DuckDB connection that reads the company's files and nothing else: no network, no other folder, no extension.

    DuckDB files of the company are attached read-only under their stem, so that `sql:` may name their tables.
    """
    connection = engine.connect()
    sources = [item for table in company.tables.values() for item in table.sources]
    files = [item.path for item in sources if item.path is not None]
    for item in sources:
        if item.kind == "sql":
            files += query.local_files(query.filled(item, company))
    connection.execute(f"SET TimeZone = {literal(company.timezone)}")
    # Row numbers are positions in the file. A list of five words or more would become a join, and a join loses the order.
    connection.execute("SET preserve_insertion_order = true")
    connection.execute("SET disabled_optimizers = 'in_clause,top_n_window_elimination'")
    for name in ("autoload_known_extensions", "python_enable_replacements"):
        connection.execute(f"SET {name} = false")
    for alias, path in databases(company).items():
        connection.execute(f"ATTACH {literal(str(path))} AS {identifier(alias)} (READ_ONLY)")
    folders = [str(folder) for folder in (work, company.folder, company.source)]
    connection.execute(f"SET allowed_directories = [{', '.join(literal(folder) for folder in folders)}]")
    connection.execute(f"SET allowed_paths = [{', '.join(literal(str(path)) for path in files)}]")
    connection.execute("SET enable_external_access = false")
    return connection


def databases(company: Company) -> dict[str, Path]:
    """The DuckDB files of a company by the name `sql:` calls them."""
    found = {}
    declared = [item.path for table in company.tables.values() for item in table.sources if item.kind == "duckdb"]
    beside = [path for base in (company.source, company.folder) for path in sorted(base.glob("*.duckdb"))]
    for path in [*declared, *beside]:
        alias = path.stem if path.stem not in ("memory", "system", "temp") else f"{path.stem}_file"
        found.setdefault(alias, path)
    return found


def open_source(connection: Any, source: Source, company: Company, work: Path) -> Opened:
    """Open one file, sheet or query and match its columns to the contract.

    Raises ConfigError where the file cannot be read or journey.yml names a column it does not have.
    """
    relation, names, line, records = raw_relation(connection, source, company, work)
    kinds = _kinds(connection, source, relation, names)
    tidy = _tidy(names)
    if source.options.unpivot:
        return _open_unpivot(connection, source, company, relation, names, kinds, line)
    columns, used = _match(source, tidy)
    constants = _constants(source, columns)
    first = 2 if source.kind == "csv" else 1
    return Opened(
        source, relation,
        {name: (names[raw], kinds[raw]) for name, raw in columns.items()} | constants,
        line, first, tuple(name for name, raw in tidy.items() if raw not in used), 0, source.kind == "csv", records,
    )


def raw_relation(connection: Any, source: Source, company: Company, work: Path) -> tuple[str, dict[str, str], str, int | None]:
    """The source as DuckDB reads it: relation, columns (name -> SQL), SQL of the row's number in its file, rows counted."""
    if source.kind == "csv":
        relation, names, records = csvfile.relation(connection, source, work)
        return relation, names, "", records
    if source.kind == "xlsx":
        return *workbook.relation(source, work), None
    if source.kind == "sql":
        return *query.relation(connection, source, company), "", None
    if source.kind == "parquet":
        relation = f"read_parquet({literal(str(source.path))})"
    else:
        alias = next(alias for alias, path in databases(company).items() if path == source.path)
        relation = f"{identifier(alias)}.{identifier(source.member)}"
    try:
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
    except engine.QueryError as error:
        raise ConfigError(source.path, None, f"this file cannot be read: {query.first_line(error)} Write it again, or leave it out.") from None
    return relation, {name: identifier(name) for name in names}, "", None


def _kinds(connection: Any, source: Source, relation: str, names: dict[str, str]) -> dict[str, str]:
    if source.kind in ("csv", "xlsx"):
        return dict.fromkeys(names, "VARCHAR")
    rows = connection.execute(f"DESCRIBE SELECT {', '.join(names.values())} FROM {relation}").fetchall()
    return {name: row[1] for name, row in zip(names, rows)}


def _tidy(names: dict[str, str]) -> dict[str, str]:
    """Each column's tidy name (spaces, * and byte order mark off) -> its raw one; raw where two would be one."""
    short = {raw: raw.strip("\ufeff \t*") or raw for raw in names}
    return {tidy if list(short.values()).count(tidy) == 1 else raw: raw for raw, tidy in short.items()}


def _loose(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _match(source: Source, tidy: dict[str, str]) -> tuple[dict[str, str], set[str]]:
    """The contract's (or segment's) name -> raw name, and which raw names that uses up."""
    spec = contract.TABLES[source.table]
    found = {target: raw_name(source, word, tidy, "rename") for word, target in source.options.rename.items()}
    loose: dict[str, list[str]] = {}
    for name, raw in tidy.items():
        if raw not in found.values():
            loose.setdefault(_loose(name), []).append(raw)
    for column in spec.column_names:
        if column in found:
            continue
        if column in tidy and tidy[column] not in found.values():
            found[column] = tidy[column]
        elif len(candidates := loose.get(column, [])) == 1:
            found[column] = candidates[0]
    if spec.keeps_extra:
        for name, raw in tidy.items():
            # DuckDB does not tell `Region` from `region`: the first is kept.
            taken = {other.lower() for other in found} | set(RESERVED)
            if raw not in found.values() and name.lower() not in taken:
                found[name] = raw
    for option in ("values", "missing", "prefix"):
        for name in getattr(source.options, option):
            _known(source, option, name, found)
    return found, set(found.values())


def _known(source: Source, option: str, name: str, found: dict[str, str]) -> None:
    """A column that an option speaks of must be there, or a typo would pass in silence."""
    if name != "*" and name not in found and name not in source.options.constants:
        have = hint(name, found)
        raise ConfigError(source.config, source.options.lines.get(option), f"{option}: speaks of the column '{name}', which {source.label} "
                          f"does not have. {have}")


def raw_name(source: Source, word: str, tidy: dict[str, str], option: str) -> str:
    """The file's own name of a column as journey.yml writes it. Raises ConfigError with the nearest one."""
    if word in tidy.values():
        return word
    if word in tidy:
        return tidy[word]
    close = [raw for name, raw in tidy.items() if _loose(name) == _loose(word)]
    if len(close) == 1:
        return close[0]
    near = nearest(word, tidy)
    advice = f"Type {near} instead." if near else f"It has {', '.join(tidy)}."
    raise ConfigError(source.config, source.options.lines.get(option), f"{option}: {source.label} has no column '{word}'. {advice}")


def _constants(source: Source, columns: dict[str, Any]) -> dict[str, tuple[str, str]]:
    for name in source.options.constants:
        if name in columns:
            raise ConfigError(source.config, source.options.lines.get("constants"), f"constants: {source.label} has a column {name} of its own; "
                              "leave the constant out.")
    return {name: (literal(text), "VARCHAR") for name, text in source.options.constants.items()}


def _open_unpivot(
    connection: Any, source: Source, company: Company, relation: str, names: dict[str, str], kinds: dict[str, str], line: str
) -> Opened:
    """A wide survey as long rows: one a filled cell; empty cells and missing codes are no answers and no rows."""
    unpivot, tidy = source.options.unpivot, _tidy(names)
    wide = {raw_name(source, word, tidy, "unpivot"): into for word, into in unpivot.columns.items()}
    keep = {raw_name(source, word, tidy, "unpivot") for word in unpivot.ids}
    made = (unpivot.names_to, unpivot.values_to)
    narrow = {name: raw for name, raw in tidy.items() if raw not in wide and (not keep or raw in keep)}
    columns, used = _match(_without(source, made), narrow)
    columns = {name: raw for name, raw in columns.items() if name not in made}
    cells = [_cell(source, names[raw], kinds[raw], into, company) for raw, into in wide.items()]
    chosen = "".join(f", {names[raw]} AS {identifier('id ' + raw)}" for raw in columns.values())
    line = line or f"row_number() OVER () + {int(source.kind == 'csv')}"
    long = f"SELECT {line} AS journey_line{chosen}, unnest([{', '.join(cells)}]) AS cell FROM {relation}"
    found = {name: (identifier("id " + raw), kinds[raw]) for name, raw in columns.items()}
    found |= {unpivot.names_to: ("cell.n", "VARCHAR"), unpivot.values_to: ("cell.v", "VARCHAR")}
    blank = connection.execute(f"SELECT count(*) FROM ({long}) WHERE cell.v IS NULL").fetchone()[0]
    unused = tuple(name for name, raw in tidy.items() if raw not in used and raw not in wide)
    return Opened(source, f"(SELECT * FROM ({long}) WHERE cell.v IS NOT NULL)", found | _constants(source, found), "journey_line", 1,
                  unused, blank, source.kind == "csv")


def _cell(source: Source, expression: str, kind: str, into: str, company: Company) -> str:
    """One answer of a wide survey as SQL: what it is about, and its text without the missing codes."""
    column = contract.TABLES[source.table].column(source.options.unpivot.values_to)
    text = cleaned(as_text(expression, kind, company.timezone), column, column.name, Options(missing=source.options.missing))
    return f"{{'n': {literal(into) if into else 'NULL::VARCHAR'}, 'v': {text}}}"


def _without(source: Source, made: tuple[str, ...]) -> Source:
    """The source with its options on the columns that the unpivot makes taken out: the file has no such columns."""
    kept = {
        option: {name: value for name, value in getattr(source.options, option).items() if name not in made}
        for option in ("values", "missing", "prefix")
    }
    return replace(source, options=replace(source.options, **kept))
