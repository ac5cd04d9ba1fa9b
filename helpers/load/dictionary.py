"""The data dictionary, `data/README.md`, written from the contract. `python -m helpers.load.dictionary` renews it."""

from __future__ import annotations

from pathlib import Path

from helpers import contract, names
from helpers.load.company import ROOT

_INTRO = """# The data a company brings

This page is written from `helpers/contract.py` by `python -m helpers.load.dictionary`; a test checks that it is current.

A company is a folder. Every table is optional; at least one of {core} is there. A file called after a table
(`orders.csv`, `orders.parquet`, `orders.xlsx`, `orders.csv.gz`), with the columns below, needs no settings at all; so does a
sheet of a workbook, or a table of a `.duckdb` file, that is called after one. Everything else is said in `journey.yml`
(below); `journey init FOLDER` writes a first one, `journey check FOLDER` says what was read, what was refused and what
each page can measure.

**Columns marked * are required.** A table or column that is missing never stops a page: the section that needs it says
what it needs. A row that is wrong is set aside with table, file, row, column, value and reason, and is in no figure; rows
read are always rows used plus rows quarantined. One wrong value sets the whole row aside, in optional columns too: a
wrong word in `outcome` would otherwise count as no outcome.

- **Time stamps** are in the company's own time zone (`timezone:`). A stamp with an offset (`2026-07-14T09:30:00Z`) is moved
  there. ISO dates and stamps are read as they are; other ways of writing need `timestamp_format:`.
- **Missing** is the empty cell, and the words {missing} in any capitals, but for free text and segment columns. Other codes
  need `missing:`.
- **Words** such as outcomes, stages and roles may be capitalised as you like.
- **Customer ids** are compared as text, so `0042` and `42` are two people.
- **Scales** of survey answers, where the row has none: {scales}.
- **Keys** must differ from row to row; the first row of a key is used, later ones are set aside.
"""

_GRAMMAR = """
## journey.yml

All keys are optional; a wrong key, word or type is an error with its line and the nearest right word.

```yaml
name: Example Ltd
currency: EUR                  # three letters
timezone: Europe/Berlin        # default UTC
stages: {awareness: Awareness, decision: Choice}     # rename or leave out; or a list
windows: {intent: 30d, adoption: 30d, retention: 90d, session_gap: 30m}   # a bare number is refused
segments: [region, segment]    # customers columns; default: every one of few values
outcome: repeat_purchase       # {outcomes}; default: the first that the tables can show
randomised: {column: arm, control: none, since: 2026-03-01}   # lots drawn among customers: who drew what, what nothing new is called, from when on
min_cell: 10                   # fewer people read "too few"
min_n: 30                      # fewer cases give no statistics
practical_margin: 2 points     # a poor experience that goes with less than this is too small to matter
as_of: 2026-09-30              # the instant the data end; default: the last time stamp of any table
engine: duckdb                 # or spark
notes: ["The purchase lines are a sample, so a household's spend is a lower bound."]
tables:
  customers:
    file: people.csv                             # beside journey.yml, or in --source DIR; a pattern such as sales_*.csv too
    encoding: latin-1                            # utf-8, latin-1, cp1252, utf-16; found out where absent
    delimiter: ";"                               # found out where absent
    decimal: ","                                 # 1.234,50
    rename: {id: customer_id}                    # the file's name: the contract's
    values: {region: {N: north}}                 # the file's word: yours
    missing: {income: ["?", "-1"]}               # or a list, for every column
    timestamp_format: {acquired_at: "%d/%m/%Y %H:%M"}   # or excel, unix, unix_ms; several as a list
    prefix: {customer_id: "2015-"}               # where two files number people anew
  surveys:
    - file: survey_2015.csv                      # a list of files is read one after the other
      unpivot: {id: [RESPNUM, DAY], columns: {Q7FOOD: food, Q7STORE: shops, Q7ALL: }, names_to: touchpoint, values_to: score}
      rename: {RESPNUM: customer_id, DAY: at}
      missing: {score: ["6", "0"]}
      constants: {instrument: csat}              # columns the file does not have
    - file: survey_2016.xlsx
      sheet: answers
  tickets:
    sql: SELECT ... FROM read_csv('{source}/log.csv.gz', all_varchar = true)    # one SELECT of DuckDB; {source} and {folder} are filled in
    label: service desk log                      # how reports call this source; default: the file, or table (sql)
  mentions:                                      # empty: do not read the file mentions.csv that lies here
```

`rename`, `values`, `missing`, `timestamp_format`, `constants`, `prefix` and `decimal` work on `sql:` too. Tables of `.duckdb` files in the
folder are called `file_name.table` there. A query reads local files whose path stands in it, nothing else. Give a query that groups or
joins an ORDER BY over enough columns where the order of rows of one instant matters; without one its rows are sorted by
all columns, so that two runs number them alike.

Empty cells of an unpivoted survey are no answers and no rows; `journey check` counts them as blank.
"""


def markdown() -> str:
    """The whole page."""
    scales = ", ".join(f"{word} {low} to {high}" for word, (low, high) in contract.SCALES.items())
    missing = ", ".join(f"`{word}`" for word in contract.MISSING_WORDS)
    intro = _INTRO.format(core=", ".join(contract.CORE_TABLES), missing=missing, scales=scales)
    grammar = _GRAMMAR.replace("{outcomes}", " or ".join(names.OUTCOMES))
    return intro + "".join(_table(table) for table in contract.TABLES.values()) + grammar


def _table(table: contract.Table) -> str:
    rows = "".join(_row(column) for column in table.columns)
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    extra = " Any other column is a segment column." if table.keeps_extra else ""
    rules = "".join(f"- A row is set aside when `{rule.column}`: {rule.reason}. Way out: {rule.remedy}.\n" for rule in table.rules)
    return (f"\n## {table.name}\n\n{table.meaning}{key}{extra}\n\n| column | kind | meaning | example |\n|---|---|---|---|\n{rows}"
            + (f"\n{rules}" if rules else ""))


def _row(column: contract.Column) -> str:
    unit = f", {column.unit}" if column.unit else ""
    words = column.words or (tuple(names.STAGES) if column.from_stages else ())
    allowed = f" One of {', '.join(words)}." if words else ""
    if column.from_stages:
        allowed = f" One of the company's own stages: {', '.join(words)}."
    if column.kind in ("number", "integer") and (column.low is not None or column.high is not None):
        allowed = f" {_range(column)}"
    return f"| {column.name}{'*' if column.required else ''} | {column.kind}{unit} | {column.meaning}{allowed} | `{column.example}` |\n"


def _range(column: contract.Column) -> str:
    if column.high is None:
        return f"{column.low} or more."
    return f"From {column.low} to {column.high}."


def write(path: Path | None = None) -> Path:
    """Write the page; gives its path."""
    path = path or ROOT / "data" / "README.md"
    path.write_text(markdown(), encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write())
