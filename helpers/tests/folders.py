"""Small company folders for tests: files by name, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from helpers import load, validate

ORDERS = "order_id,customer_id,at,revenue\no1,ann,2026-03-01 10:00:00,20\no2,bob,2026-03-02 11:00:00,30\n"


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files into a folder: `orders_csv="..."` becomes orders.csv, `journey="..."` journey.yml; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / ("journey.yml" if name == "journey" else ".".join(name.rsplit("_", 1)))
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def prepare(folder: Path, source: Path | None = None) -> validate.Prepared:
    return validate.prepare(load.read_company(folder, source=source))


def rows(prepared: validate.Prepared, table: str) -> pd.DataFrame:
    """The right rows of a table, in the order they are stored."""
    return pd.read_parquet(prepared.path / f"{table}.parquet")


def faults(prepared: validate.Prepared, table: str | None = None) -> list[tuple]:
    """(row, column, value) of each fault; value None where nothing stood there."""
    wrong = prepared.quarantine()
    wrong = wrong if table is None else wrong[wrong["table"] == table]
    return [(row.row, row.column, None if pd.isna(row.value) else row.value) for row in wrong.itertuples()]
