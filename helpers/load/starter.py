"""`journey init`: a first journey.yml for a folder, with a guess for every file that the contract does not know by name."""

from __future__ import annotations

import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from helpers import contract, names
from helpers.load.company import Company, Options, Source
from helpers.load.files import discover, label_of, sheets, split_name
from helpers.load.grammar import ConfigError, nearest
from helpers.load.quoting import literal
from helpers.load.read import _loose, connection_for, raw_relation

# What exports often call the contract's columns.
_ALSO = {
    "customer_id": ("customer", "cust_id", "client_id", "client", "user_id", "user", "visitor_id", "household_id", "account_id", "caller_id",
                    "contact_id", "member_id", "person_id", "student_id", "respondent_id"),
    "at": ("date", "time", "timestamp", "datetime", "created_at", "event_time", "order_date", "occurred_at", "answered_at",
           "transaction_timestamp", "ordered_at", "created"),
    "touchpoint": ("event", "event_name", "page", "step", "action", "touch_point", "interaction", "activity_type"),
    "revenue": ("amount", "total", "sales", "sales_value", "price", "net_amount", "value", "order_value"),
    "score": ("rating", "answer", "points", "grade"),
    "instrument": ("survey_type", "survey", "metric", "kpi", "question"),
    "order_id": ("order", "order_number", "basket_id", "transaction_id", "invoice", "invoice_id"),
    "ticket_id": ("ticket", "case_id", "number", "incident", "request_id", "issue_id"),
    "opened_at": ("created_at", "opened", "created", "open_date"),
    "resolved_at": ("closed_at", "solved_at", "resolved", "closed"),
    "acquired_at": ("signup_date", "registered_at", "customer_since", "created_at", "joined_at"),
    "month": ("period", "date"),
    "text": ("body", "message", "content", "comment"),
    "campaign_id": ("campaign", "campaign_name"),
    "starts_at": ("start_date", "start", "starts"),
    "ends_at": ("end_date", "end", "ends"),
}
_FORMATS = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d", "%d %b %Y", "%b %d, %Y",
)


def init(folder: str | Path, source: str | Path | None = None, *, out: TextIO | None = None) -> int:
    """Write a starter journey.yml into a company's folder; 0, or 2 where there is one already or the folder is not there."""
    from helpers.load import CONFIG, project_path

    place = project_path(folder).resolve()
    target = place / CONFIG
    try:
        if not place.is_dir():
            raise ConfigError(place, None, "there is no such company folder; make it first, and put the tables into it.")
        if target.exists():
            raise ConfigError(target, None, "there is a journey.yml already; rename it first, or edit it.")
        target.write_text(starter(place, project_path(source).resolve() if source else place), encoding="utf-8")
    except ConfigError as error:
        print(f"journey init: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {target}. Take the # off the lines that are right, then: journey check {folder}", file=out or sys.stdout)
    return 0


def starter(folder: Path, source: Path) -> str:
    """The text of a starter journey.yml: settings with their defaults, and a guessed mapping a file, all as comments."""
    known = discover(folder, source, taken=set())
    stages = ", ".join(f"{word}: {label}" for word, label in names.STAGES.items())
    lines = [
        "# What every key means: data/README.md. Everything is optional; a line that starts with # is not read.",
        f"name: {_yaml(folder.name.replace('_', ' ').replace('-', ' ').capitalize())}",
        "# currency: EUR", "# timezone: Europe/Berlin", f"# stages: {{{stages}}}",
        "# windows: {intent: 30d, adoption: 30d, retention: 90d, session_gap: 30m}",
        "# segments: [region, segment]", f"# outcome: {next(iter(names.OUTCOMES))}", "# randomised: {column: arm, control: none, since: 2026-03-01}", "# min_cell: 10", "# practical_margin: 2 points", "",
    ]
    lines += [f"# {item.label} is read as the table {item.table}." for item in known.values()]
    blocks = [line for path in _others(folder, source, known) for line in _guess(path, folder, source)]
    lines += ["# tables:", *blocks] if blocks else []
    return "\n".join(lines) + "\n"


def _others(folder: Path, source: Path, known: dict[str, Source]) -> list[Path]:
    """Data files that no table is named after."""
    taken = {item.path for item in known.values()}
    paths = [path for base in dict.fromkeys((folder, source)) for path in sorted(base.iterdir())]
    return [path for path in paths if path.is_file() and split_name(path)[1] not in ("", "duckdb") and path not in taken]


def _guess(path: Path, folder: Path, source: Path) -> list[str]:
    """A commented mapping of one file to the table its columns fit best."""
    label = label_of(path, folder, source)
    try:
        samples = _samples(path, folder, source)
    except ConfigError as error:
        return [f"#   # {label} cannot be read: {error.message}"]
    matches = {name: match_columns(list(samples), table) for name, table in contract.TABLES.items()}
    name = max(matches, key=lambda n: (_fit(matches[n], contract.TABLES[n]), len(matches[n])))
    found, table = matches[name], contract.TABLES[name]
    lines = [f"#   # {label} has the columns {', '.join(samples)}"]
    if _fit(found, table) <= 0.5:
        return [*lines, "#   # no table fits; map it with rename:, unpivot: or sql:"]
    lines += [f"#   {name}:", f"#     file: {_yaml(label)}"]
    renames = [f"{_yaml(raw)}: {column}" for column, raw in found.items() if _loose(raw) != column]
    lines += [f"#     rename: {{{', '.join(renames)}}}"] if renames else []
    formats = {column: guess_format(samples[raw]) for column, raw in found.items() if table.column(column).kind == "timestamp"}
    known = [f'{column}: "{pattern}"' for column, pattern in formats.items() if pattern]
    lines += [f"#     timestamp_format: {{{', '.join(known)}}}   # guessed from the first rows: day or month first?"] if known else []
    absent = [column for column in table.required if column not in found]
    return lines + ([f"#     # still needed: {', '.join(absent)} (rename:, constants: or sql:)"] if absent else [])


def match_columns(columns: list[str], table: contract.Table) -> dict[str, str]:
    """The contract's column -> the file's, by name, by what exports often call it, or by a near spelling.

    >>> match_columns(["id", "Order Number", "cust_id", "date", "amount"], contract.TABLES["orders"])
    {'order_id': 'Order Number', 'customer_id': 'cust_id', 'at': 'date', 'revenue': 'amount'}
    """
    loose = {_loose(raw): raw for raw in columns}
    found: dict[str, str] = {}
    for column in table.columns:
        options = (column.name, *_ALSO.get(column.name, ()))
        raw = next((loose[word] for word in options if word in loose and loose[word] not in found.values()), None)
        if raw is None and len(column.name) > 4:
            near = nearest(column.name, [word for word in loose if loose[word] not in found.values()], cutoff=0.8)
            raw = loose[near] if near else None
        if raw is not None:
            found[column.name] = raw
    return found


def _fit(found: dict[str, str], table: contract.Table) -> float:
    return sum(name in found for name in table.required) / len(table.required)


def guess_format(texts: list[str]) -> str:
    """The first way of writing that fits all texts; empty where they are ISO already, or where none fits.

    >>> guess_format(["29/2/2016 01:16", "1/3/2016 23:00"])
    '%d/%m/%Y %H:%M'
    """
    filled = [text.strip() for text in texts if text and text.strip() and text.strip() != "?"]
    if not filled or all(_reads(text, None) for text in filled):
        return ""
    return next((pattern for pattern in _FORMATS if all(_reads(text, pattern) for text in filled)), "")


def _reads(text: str, pattern: str | None) -> bool:
    try:
        datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _samples(path: Path, folder: Path, source: Path) -> dict[str, list[str]]:
    """Each column's first 200 values, as text."""
    kind = split_name(path)[1]
    member = sheets(path)[0] if kind == "xlsx" else ""
    item = Source("orders", kind, path.name, path=path, member=member, options=Options())
    company = Company(folder.name, folder.name, folder, source, {}, dict(names.STAGES))
    with tempfile.TemporaryDirectory() as work:
        connection: Any = connection_for(company, Path(work).resolve())
        try:
            relation, columns, *_ = raw_relation(connection, item, company, Path(work).resolve())
            listed = ", ".join(f"CAST({sql} AS VARCHAR)" for sql in columns.values())
            rows = connection.execute(f"SELECT {listed} FROM {relation} LIMIT 200").fetchall()
        finally:
            connection.close()
    return {name: [row[i] for row in rows] for i, name in enumerate(columns)}


def _yaml(word: str) -> str:
    """A word as YAML: quoted where it holds more than letters, digits and single spaces."""
    plain = word.replace("_", "a").replace("-", "a").replace(".", "a").replace(" ", "a")
    return word if plain.isalnum() and not word[0].isdigit() and word == word.strip() else literal(word)
