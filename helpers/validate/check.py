"""What a company's data hold: the tables behind `journey check` and the page on data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import contract, engine
from helpers.contract import EVENT_TABLES
from helpers.load import nearest
from helpers.load.quoting import identifier, literal
from helpers.validate.prepare import Prepared

# page -> what it can show, each with its needs (see Prepared.missing).
Pages = Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]

HIDDEN = "(hidden)"
# Fewer of one table's customers known in another than this is worth a warning.
JOINED = 0.95
# The last thousandth of a table's rows reaching this many days past the rest is probably a typo.
STRAY_DAYS = 180


@dataclass(frozen=True)
class Check:
    """The tables of a check.

    sources: table, source, read, used, quarantined, blank, first_at, last_at, unused
    faults: table, source, column, reason, faults, row, value (one example each, the first row)
    identities: table, customers, other, known, share (of `table`'s customers known in `other`)
    touchpoints: touchpoint, in_dictionary, rows, tables (where it is seen), near (the dictionary's nearest name)
    pages: page, what, measured, unlock (the tables or columns that are missing)
    """

    sources: pd.DataFrame
    faults: pd.DataFrame
    identities: pd.DataFrame
    touchpoints: pd.DataFrame
    pages: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0: all is well; 1: usable, with warnings or wrong rows."""
        return int(bool(self.warnings) or len(self.faults) > 0)


def check(prepared: Prepared, *, pages: Pages | None = None, show_personal: bool = False) -> Check:
    """Look at a prepared company from all sides.

    `pages` says what each page can measure and what that needs. `show_personal` shows customer ids and comments
    among the examples: for the analyst's own screen, never for a report.
    """
    connection = engine.connect()
    try:
        identities = _identities(connection, prepared)
        touchpoints = _touchpoints(connection, prepared)
        strays = _strays(connection, prepared)
        shares = _overspent(connection, prepared)
        faults = _faults(connection, prepared, show_personal)
    finally:
        connection.close()
    warnings = (*prepared.warnings, *_identity_warnings(identities), *_touchpoint_warnings(touchpoints), *strays, *shares)
    return Check(_sources(prepared), faults, identities, touchpoints, _pages(prepared, pages or {}), warnings)


def _sources(prepared: Prepared) -> pd.DataFrame:
    columns = ["table", "source", "read", "used", "quarantined", "blank", "first_at", "last_at", "unused"]
    rows = [(s.table, s.source, s.rows_read, s.rows_used, s.rows_quarantined, s.blank, s.first_at, s.last_at, ", ".join(s.unused))
            for s in prepared.sources]
    return pd.DataFrame(rows, columns=columns)


def _faults(connection: Any, prepared: Prepared, show_personal: bool) -> pd.DataFrame:
    """One row a table, source, column and reason, the most common first, with the first row as example."""
    grouped = connection.execute(
        'SELECT "table", source, "column", reason, count(*) AS faults, min(row) AS row, coalesce(arg_min(value, row), \'\') AS value '
        f"FROM {_parquet(prepared, 'quarantine')} GROUP BY ALL ORDER BY faults DESC, \"table\", source, \"column\", reason").df()
    if not show_personal:
        hidden = [_is_personal(table, column) for table, column in zip(grouped["table"], grouped["column"])]
        grouped["value"] = grouped["value"].mask(pd.Series(hidden, dtype=bool) & (grouped["value"] != ""), HIDDEN)
    return grouped


def _is_personal(table: str, column: str) -> bool:
    """Whether a value of the column may name or quote one person; a whole line may."""
    spec = contract.TABLES[table]
    return not column or any(spec.column(name).personal for name in column.split(", ") if name in spec.column_names)


def _parquet(prepared: Prepared, table: str) -> str:
    return f"read_parquet({literal(str(Path(prepared.path) / f'{table}.parquet'))})"


def _identities(connection: Any, prepared: Prepared) -> pd.DataFrame:
    """How many of each table's customers every other table knows."""
    tables = [name for name in contract.TABLES if prepared.has(name, "customer_id")]
    for name in tables:
        connection.execute(f"CREATE TEMP TABLE {identifier('ids ' + name)} AS SELECT DISTINCT customer_id FROM {_parquet(prepared, name)} "
                           "WHERE customer_id IS NOT NULL")
    rows = []
    for name in tables:
        own = connection.execute(f"SELECT count(*) FROM {identifier('ids ' + name)}").fetchone()[0]
        for other in (t for t in tables if t != name):
            known = connection.execute(f"SELECT count(*) FROM {identifier('ids ' + name)} SEMI JOIN {identifier('ids ' + other)} "
                                       "USING (customer_id)").fetchone()[0]
            rows.append((name, own, other, known, known / own))
    return pd.DataFrame(rows, columns=["table", "customers", "other", "known", "share"])


def _identity_warnings(identities: pd.DataFrame) -> list[str]:
    """Customers of other tables that the customers table does not know; without one, tables that share nobody."""
    found, mapped = [], "customers" in set(identities["other"])
    for row in identities.itertuples():
        if row.other == "customers" and row.share < JOINED:
            found.append(f"{row.table}: {row.customers - row.known:,} of its {row.customers:,} customers ({1 - row.share:.0%}) are not in "
                         "customers, so no segment holds them. Add them, or write customer_id alike in both (leading zeros, prefixes, .0).")
        elif not mapped and row.known == 0 and row.table < row.other:
            found.append(f"{row.table} and {row.other} have no customer in common. Is customer_id written alike in both?")
    return found


def _touchpoints(connection: Any, prepared: Prepared) -> pd.DataFrame:
    """Touchpoints of the dictionary and of every table, and how many rows of events name each: what an activity or a campaign is meant for was not yet seen."""
    tables = [name for name in contract.TABLES if name != "touchpoints" and prepared.has(name, "touchpoint")]
    parts = [f"SELECT touchpoint, {literal(name)} AS name, {'count(*)' if name in EVENT_TABLES else '0'} AS n FROM {_parquet(prepared, name)} "
             "WHERE touchpoint IS NOT NULL GROUP BY 1" for name in tables]
    seen = " UNION ALL ".join(parts) or "SELECT '' AS touchpoint, '' AS name, 0 AS n WHERE false"
    rows = connection.execute(f"SELECT touchpoint, sum(n)::BIGINT, string_agg(name, ', ' ORDER BY name) FROM ({seen}) "
                              "GROUP BY 1 ORDER BY 1").fetchall()
    known = set()
    if prepared.has("touchpoints"):
        known = {row[0] for row in connection.execute(f"SELECT touchpoint FROM {_parquet(prepared, 'touchpoints')}").fetchall()}
    found = [(name, name in known, n, where, "" if name in known else nearest(name, sorted(known)) or "") for name, n, where in rows]
    found += [(name, True, 0, "", "") for name in sorted(known - {row[0] for row in rows})]
    return pd.DataFrame(sorted(found), columns=["touchpoint", "in_dictionary", "rows", "tables", "near"])


def _touchpoint_warnings(touchpoints: pd.DataFrame) -> list[str]:
    found = []
    unknown, unseen = touchpoints[~touchpoints["in_dictionary"].astype(bool)], touchpoints[touchpoints["rows"] == 0]
    if len(touchpoints) and len(unknown) == len(touchpoints):
        found.append(f"There is no touchpoint dictionary: the {_some(unknown['touchpoint'], 'touchpoint')} have no stage, role or owner. "
                     "Add touchpoints.csv with the columns touchpoint, stage, channel, setting, role, owner.")
    elif len(unknown):
        found.append(f"Not in the touchpoint dictionary: {_some(unknown['touchpoint'], 'touchpoint')}. "
                     "Add them to touchpoints, or correct the spelling.")
    if len(unseen):
        found.append(f"In the touchpoint dictionary but never seen in the data: {_some(unseen['touchpoint'], 'touchpoint')}.")
    return found


def _some(words: pd.Series, noun: str) -> str:
    """`3 touchpoints (a, b, c)`; of many, the first eight.

    >>> _some(pd.Series(["app", "shop"]), "touchpoint")
    '2 touchpoints (app, shop)'
    """
    more = f" and {len(words) - 8:,} more" if len(words) > 8 else ""
    return f"{len(words):,} {noun}{'' if len(words) == 1 else 's'} ({', '.join(words[:8])}{more})"


def _strays(connection: Any, prepared: Prepared) -> list[str]:
    """Tables whose last few rows lie far past the rest: one typed year moves the end of all data."""
    if prepared.company.as_of is not None:
        return []
    found = []
    for name, info in prepared.tables.items():
        at = contract.TABLES[name].instant
        if not at or not prepared.has(name, at) or info.rows_used < 20:
            continue
        share = min(0.999, 1 - 1.5 / info.rows_used)  # at the least, all but the last row
        usual = connection.execute(f"SELECT quantile_disc({identifier(at)}, {share}) FROM {_parquet(prepared, name)}").fetchone()[0]
        days = (info.last_at - usual).days
        if days > STRAY_DAYS:
            found.append(f"{name}: the last rows reach {info.last_at:%Y-%m-%d}, {days:,} days past the rest, and so move the end of all data. "
                         f"If that is a typo, type as_of: {usual:%Y-%m-%d} in journey.yml.")
    return found


def _overspent(connection: Any, prepared: Prepared) -> list[str]:
    """Activities whose shares add up to more than the whole."""
    if not prepared.has("activity_touchpoints", "share"):
        return []
    rows = connection.execute(f"SELECT activity, sum(share) FROM {_parquet(prepared, 'activity_touchpoints')} GROUP BY 1 "
                              "HAVING sum(share) > 1.001 ORDER BY 1").fetchall()
    return [f"activity_touchpoints: the shares of {name} add up to {total:.2f}; they cannot pass 1." for name, total in rows]


def _pages(prepared: Prepared, pages: Pages) -> pd.DataFrame:
    rows = []
    for page, entries in pages.items():
        for what, needs in entries:
            missing = prepared.missing(needs)
            rows.append((page, what, not missing, ", ".join(missing)))
    return pd.DataFrame(rows, columns=["page", "what", "measured", "unlock"])
