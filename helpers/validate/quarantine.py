"""Wrong rows, kept with table, source, row, column, value and reason; duplicate keys among them."""

from __future__ import annotations

from typing import Any

from helpers import contract
from helpers.load import rejects
from helpers.load.company import Company
from helpers.load.quoting import identifier, literal
from helpers.validate.stage import Part, Staged

TABLE = "quarantine"
COLUMNS = ("table", "source", "row", "column", "value", "reason")


def create(connection: Any) -> None:
    """The empty quarantine."""
    connection.execute(f'CREATE TEMP TABLE {TABLE} ("table" VARCHAR, source VARCHAR, row BIGINT, "column" VARCHAR, value VARCHAR, '
                       "reason VARCHAR, staged_row BIGINT)")


def find_duplicates(connection: Any, staged: Staged) -> str:
    """A table of the rows (`staged_row`) whose key stood in an earlier right row; gives its name."""
    relation = identifier(f"duplicates {staged.table.name}")
    key = [identifier(name) for name in staged.table.key if name in staged.columns]
    keys = ", ".join(key)
    if not staged.table.key or len(key) < 1:
        connection.execute(f"CREATE TEMP TABLE {relation} (staged_row BIGINT)")
        return relation
    same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM k.{name}" for name in key)
    connection.execute(
        f"CREATE TEMP TABLE {relation} AS SELECT s.rowid AS staged_row FROM {staged.relation} s JOIN (SELECT {keys}, min(rowid) AS first "
        f"FROM {staged.relation} WHERE faults IS NULL GROUP BY {keys} HAVING count(*) > 1) k ON {same} "
        "WHERE s.faults IS NULL AND s.rowid > k.first")
    return relation


def fill(connection: Any, staged: Staged, duplicates: str, company: Company) -> None:
    """Move the faults of a staged table into the quarantine, one row a fault."""
    reasons = _reasons(staged.table, company)
    for part in staged.parts:
        inside = f"BETWEEN {part.first} AND {part.first + part.rows - 1}"
        line, joined = _line(part)
        head = f"SELECT {literal(staged.table.name)}, {literal(part.opened.source.label)}, {line}"
        connection.execute(
            f"INSERT INTO {TABLE} {head}, f.column, f.value, coalesce(w.reason, f.fault), staged_row FROM "
            f"(SELECT rowid AS staged_row, journey_line, unnest(faults) AS f FROM {staged.relation} WHERE faults IS NOT NULL "
            f"AND rowid {inside}) r {joined} LEFT JOIN ({reasons}) w ON w.\"column\" = f.column AND w.fault = f.fault")
        if staged.table.key:
            shown = " || ', ' || ".join(_shown(staged, name) for name in staged.table.key if name in staged.columns)
            connection.execute(
                f"INSERT INTO {TABLE} {head}, {literal(', '.join(staged.table.key))}, {shown}, "
                f"{literal(contract.duplicate_reason(staged.table))}, staged_row FROM (SELECT rowid AS staged_row, * FROM {staged.relation} "
                f"WHERE rowid IN (SELECT staged_row FROM {duplicates}) AND rowid {inside}) r {joined}")
        if part.refused:
            rejects.fill(connection, part.refused_relation, TABLE, staged.table.name, part.opened.source.label)


def _shown(staged: Staged, name: str) -> str:
    """SQL of a key's value as text; a month without its hour."""
    text = f"coalesce(CAST({identifier(name)} AS VARCHAR), '')"
    return f"replace({text}, ' 00:00:00', '')" if staged.table.column(name).kind == "month" else text


def _line(part: Part) -> tuple[str, str]:
    """SQL of a row's line in its file, and the join it needs where lines were refused before it."""
    place = f"staged_row - {part.first}"
    counted = f"{place} + {part.opened.first_line}"
    if part.opened.line:
        place, counted = "journey_line - 2", "journey_line"
    return rejects.line_of(part.refused_relation, counted, place) if part.refused else (counted, "")


def _reasons(table: contract.Table, company: Company) -> str:
    """A relation column, fault, reason: what each fault of this table reads like."""
    rows = []
    for column in table.columns:
        faults = ["missing", "kind", "low", "high"] + (["word"] if column.kind == "category" else [])
        faults += ["reference"] if column.refers_to else []
        for fault in faults:
            if fault != "kind" or column.kind not in ("text", "category"):
                rows.append((column.name, fault, contract.reason(table, column, fault, company.stages)))
        rows.append((column.name, "after", contract.AFTER_AS_OF))
    for number, rule in enumerate(table.rules):
        rows.append((rule.column, f"rule {number}", f"{rule.reason}; {rule.remedy}"))
    listed = ", ".join(f"({literal(c)}, {literal(f)}, {literal(r)})" for c, f, r in rows)
    return f'SELECT * FROM (VALUES {listed}) AS words("column", fault, reason)'
