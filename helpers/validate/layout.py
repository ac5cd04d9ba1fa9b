"""Right rows written as Parquet: interactions by customer and time with their sessions, everything else as read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpers.load.company import Company
from helpers.load.quoting import identifier, literal
from helpers.validate.stage import Staged

_FORMAT = "(FORMAT parquet, COMPRESSION zstd)"


def write(connection: Any, staged: Staged, duplicates: str, company: Company, extra: tuple[str, ...], path: Path) -> None:
    """Write the right rows of a staged table to `path`, each with its `row_id`: the contract's columns and those of `extra`."""
    valid, order = "faults IS NULL", ""
    if connection.execute(f"SELECT count(*) FROM {duplicates}").fetchone()[0]:
        valid, order = f"faults IS NULL AND rowid NOT IN (SELECT staged_row FROM {duplicates})", " ORDER BY row_id"
    kept = [*staged.columns, *(name for name in staged.extra if name in extra)]
    rows = f"SELECT rowid + 1 AS row_id, {', '.join(identifier(name) for name in kept)} FROM {staged.relation} WHERE {valid}{order}"
    if staged.table.name == "interactions":
        rows = _interactions(connection, rows, "session_id" in kept, company.windows.session_gap_minutes)
    connection.execute(f"COPY ({rows}) TO {literal(str(path))} {_FORMAT}")


def _interactions(connection: Any, rows: str, has_sessions: bool, gap: int) -> str:
    """Interactions by customer, then time, then row: `seq` numbers them, `session_id` is filled in where it was empty.

    A new session starts with another customer or after a pause longer than the session gap.
    """
    connection.execute(f'CREATE TEMP TABLE ordered AS {rows} ORDER BY customer_id, "at", row_id')
    if has_sessions and connection.execute("SELECT count(session_id) FROM ordered").fetchone()[0]:
        return _some_sessions(connection, gap)
    unfilled = "starts, session_id" if has_sessions else "starts"
    # Windows without PARTITION BY stream over the sorted table: no second sort, hardly any memory.
    starts = ('customer_id IS DISTINCT FROM lag(customer_id) OVER () '
              f'OR "at" > lag("at") OVER () + to_minutes({gap})')
    return (f"SELECT * EXCLUDE ({unfilled}), 'gap-' || sum(starts) OVER (ROWS UNBOUNDED PRECEDING) AS session_id FROM "
            f"(SELECT *, row_number() OVER () AS seq, CAST({starts} AS INTEGER) AS starts FROM ordered)")


def _some_sessions(connection: Any, gap: int) -> str:
    """Sessions as the company gives them, the gap only where it gives none.

    Each session belongs to one customer: where a company counts sessions anew for each, the customer's id goes in front.
    """
    shared = connection.execute(
        "SELECT count(*) FROM (SELECT session_id FROM ordered WHERE session_id IS NOT NULL GROUP BY session_id "
        "HAVING min(customer_id) <> max(customer_id) LIMIT 1)").fetchone()[0]
    given = "customer_id || '/' || session_id" if shared else "session_id"
    before = 'lag("at") OVER (PARTITION BY customer_id, session_id IS NULL ORDER BY rowid)'
    starts = f'session_id IS NULL AND coalesce("at" > {before} + to_minutes({gap}), true)'
    return ("SELECT * EXCLUDE (starts) REPLACE "
            f"(coalesce({given}, 'gap-' || sum(starts) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING)) AS session_id) FROM "
            f"(SELECT *, rowid + 1 AS seq, CAST({starts} AS INTEGER) AS starts FROM ordered) ORDER BY seq")
