"""Tables to files, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

AS_CSV = ("touchpoints", "activities", "activity_touchpoints")
# Columns with few different values are stored as a dictionary, growing ones as differences.
DELTA = {"at": "DELTA_BINARY_PACKED", "opened_at": "DELTA_BINARY_PACKED", "session_id": "DELTA_BYTE_ARRAY"}
WORDS = (
    "customer_id", "segment", "region", "plan", "source", "touchpoint", "channel", "device", "outcome", "instrument",
    "topic", "department", "month", "score", "scale_min", "scale_max", "weight", "comment", "text", "sentiment",
)


def write_tables(tables: dict[str, pd.DataFrame], folder: Path) -> dict[str, int]:
    """Write each table into `folder`; the small ones that people edit as CSV. Returns rows by table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        if name in AS_CSV:
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        else:
            write_parquet(table, folder / f"{name}.parquet")
    return {name: len(table) for name, table in tables.items()}


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """One table as a single-threaded, compressed Parquet file without anything that changes from run to run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    arrow = arrow.cast(pa.schema([pa.field(f.name, plain(f.type)) for f in arrow.schema]))
    delta = {name: DELTA[name] for name in arrow.column_names if name in DELTA}
    pq.write_table(
        arrow, path, compression="zstd", compression_level=19, column_encoding=delta or None,
        use_dictionary=[name for name in arrow.column_names if name in WORDS and name not in delta],
        row_group_size=1 << 20, write_statistics=False, store_schema=False,
    )


def plain(kind):
    """The smallest of the common types: strings, milliseconds, small whole numbers."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp("ms")
    if pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return pa.string()
    return pa.int32() if pa.types.is_integer(kind) else kind
