"""SQL that turns one column's text into its kind, and says what is wrong with it."""

from __future__ import annotations

from helpers import contract
from helpers.load.clean import as_text, cleaned, is_number
from helpers.load.company import Company, Options
from helpers.load.quoting import literal, values

TYPES = {"text": "VARCHAR", "category": "VARCHAR", "timestamp": "TIMESTAMP", "month": "TIMESTAMP", "number": "DOUBLE",
         "integer": "BIGINT", "flag": "BOOLEAN"}
# A time stamp's text that ends in an offset or the name of a zone.
_ZONE = r"\d(Z|z|[+-]\d\d(:?\d\d)?| ?[A-Z][A-Za-z]+(/[A-Za-z_]+)*)$"


def text_of(expression: str, kind: str, name: str, column: contract.Column | None, company: Company, options: Options) -> str:
    """SQL of the cleaned text of one column of a source."""
    return cleaned(as_text(expression, kind, company.timezone), column, name, options)


def ready(column: contract.Column, kind: str, options: Options) -> bool:
    """Whether a typed column (Parquet, DuckDB, sql) can be taken as it is, without a detour over text."""
    touched = options.missing.get("*") or any(
        column.name in getattr(options, option) for option in ("missing", "values", "prefix", "timestamp_format"))
    fits = {"timestamp": kind in ("TIMESTAMP", "DATE"), "number": is_number(kind), "flag": kind == "BOOLEAN"}
    return fits.get(column.kind, False) and not touched


def typed(text: str, column: contract.Column, company: Company, options: Options) -> str:
    """SQL of the typed value; null where the text is not of the column's kind.

    >>> typed("t", contract.TABLES["orders"].column("order_id"), None, Options())
    't'
    """
    kinds = {
        "text": lambda: text,
        "category": lambda: _category(text, column, company),
        "timestamp": lambda: _timestamp(text, options.timestamp_format.get(column.name, ()), company.timezone),
        "month": lambda: f"date_trunc('month', {_month(text, options.timestamp_format.get(column.name, ()), company.timezone)})",
        "number": lambda: _number(text, options.decimal),
        "integer": lambda: _integer(text, options.decimal),
        "flag": lambda: f"CASE WHEN lower({text}) IN {values(contract.TRUE_WORDS)} THEN true "
                        f"WHEN lower({text}) IN {values(contract.FALSE_WORDS)} THEN false END",
    }
    return kinds[column.kind]()


def _category(text: str, column: contract.Column, company: Company) -> str:
    """The allowed word, however it is capitalised; a stage may also be given by its label."""
    allowed = {word: word for word in contract.words(column, company.stages)}
    if column.from_stages:
        allowed = {label.lower(): word for word, label in company.stages.items()} | allowed
    cases = " ".join(f"WHEN {literal(written)} THEN {literal(word)}" for written, word in allowed.items())
    return f"CASE lower({text}) {cases} END"


def _timestamp(text: str, formats: tuple[str, ...], timezone: str) -> str:
    if formats in (("excel",), ("unix",), ("unix_ms",)):
        return _counted(text, formats[0], timezone)
    if formats:
        # %z gives an instant with a zone, everything else the company's own clock.
        parts = [f"try_strptime({text}, {literal(pattern)})" for pattern in formats]
        local = [f"timezone({literal(timezone)}, {part})" if "%z" in pattern.lower() else part
                 for part, pattern in zip(parts, formats)]
        return f"coalesce({', '.join(local)})" if len(local) > 1 else local[0]
    zoned = f"CAST(TRY_CAST({text} AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP)"
    # Nearly all texts are plain dates or stamps to the second: known by their length, they skip the search for a zone.
    plain = f"strlen({text}) <= 10 OR (strlen({text}) = 19 AND {text}[17] = ':')"
    return (f"CASE WHEN {plain} OR NOT regexp_matches({text}, {literal(_ZONE)}) THEN TRY_CAST({text} AS TIMESTAMP) "
            f"ELSE {zoned} END")


def _counted(text: str, unit: str, timezone: str) -> str:
    """Instants written as numbers: Excel's days since 1899-12-30, or seconds (or thousandths) since 1970 in UTC."""
    number = f"TRY_CAST({text} AS DOUBLE)"
    if unit == "excel":
        return f"TIMESTAMP '1899-12-30' + to_seconds(CAST(round({number} * 86400) AS BIGINT))"
    seconds = number if unit == "unix" else f"{number} / 1000"
    return f"timezone({literal(timezone)}, to_timestamp(CAST({seconds} AS DOUBLE)))"


def _month(text: str, formats: tuple[str, ...], timezone: str) -> str:
    if formats:
        return _timestamp(text, formats, timezone)
    return f"coalesce(try_strptime({text}, '%Y-%m'), {_timestamp(text, (), timezone)})"


def _number(text: str, decimal: str) -> str:
    plain = {"": text, ",": f"replace(replace({text}, '.', ''), ',', '.')", ".": f"replace({text}, ',', '')"}[decimal]
    number = f"TRY_CAST({plain} AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) AND NOT contains({text}, '_') THEN {number} END"


def _integer(text: str, decimal: str) -> str:
    number = _number(text, decimal)
    return f"CASE WHEN {number} = trunc({number}) AND abs({number}) < 9e15 THEN CAST({number} AS BIGINT) END"


def fault(text: str, value: str, column: contract.Column, company: Company, reference: str) -> str:
    """SQL of the fault's name (see `contract.reason`), null where the value is right; "" where no value can be wrong."""
    if column.kind == "text" and not column.required and not reference:
        return ""
    cases = [f"WHEN {text} IS NULL THEN {literal('missing') if column.required else 'NULL'}"]
    if column.kind != "text":
        cases.append(f"WHEN {value} IS NULL THEN {literal('word' if column.kind == 'category' else 'kind')}")
    for name, bound, sign in (("low", column.low, "<"), ("high", column.high, ">")):
        if bound is not None:
            limit = f"TIMESTAMP {literal(str(bound))}" if TYPES[column.kind] == "TIMESTAMP" else str(bound)
            cases.append(f"WHEN {value} {sign} {limit} THEN {literal(name)}")
    if column.instant and company.as_of is not None:
        cases.append(f"WHEN date_trunc('second', {value}) > TIMESTAMP {literal(company.as_of.isoformat(sep=' '))} THEN 'after'")
    if reference:
        cases.append(f"WHEN {value} NOT IN ({reference}) THEN 'reference'")
    return f"CASE {' '.join(cases)} END"
