"""One column's text as journey.yml wants it: trimmed, missing codes out, words translated, prefix on."""

from __future__ import annotations

from helpers import contract
from helpers.load.company import Options
from helpers.load.quoting import literal, values

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
_FLOATS = ("DOUBLE", "FLOAT")


def is_number(kind: str) -> bool:
    """Whether a DuckDB type is a number."""
    return kind in _WHOLE or kind in _FLOATS or kind.startswith("DECIMAL")


def as_text(expression: str, kind: str, timezone: str) -> str:
    """Any DuckDB type as the text a person would type: whole numbers without `.0`, instants in the company's zone.

    >>> as_text("x", "BIGINT", "UTC")
    'CAST(x AS VARCHAR)'
    """
    if kind == "VARCHAR":
        return expression
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(timezone({literal(timezone)}, {expression}) AS VARCHAR)"
    if kind in _FLOATS or kind.startswith("DECIMAL"):
        whole = f"isfinite(CAST({expression} AS DOUBLE)) AND {expression} = trunc({expression}) AND abs({expression}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({expression} AS BIGINT) AS VARCHAR) ELSE CAST({expression} AS VARCHAR) END"
    return f"CAST({expression} AS VARCHAR)"


def cleaned(text: str, column: contract.Column | None, name: str, options: Options) -> str:
    """SQL for the cleaned text of a column; `column` is None for a segment column.

    Missing: the empty text, the codes of `missing:`, and words such as `null` unless the column is free text or a segment.
    """
    expression = f"nullif(trim({text}), '')"
    codes = [*options.missing.get("*", ()), *options.missing.get(name, ())]
    if codes:
        expression = f"CASE WHEN {expression} NOT IN {values(code.strip() for code in codes)} THEN {expression} END"
    words = options.values.get(name)
    if words:
        cases = " ".join(f"WHEN {literal(word.strip())} THEN {literal(into)}" for word, into in words.items())
        expression = f"nullif(CASE {expression} {cases} ELSE {expression} END, '')"
    if column is not None and not column.free:
        longest = max(map(len, contract.MISSING_WORDS))
        expression = (f"CASE WHEN strlen({expression}) > {longest} OR lower({expression}) NOT IN {values(contract.MISSING_WORDS)} "
                      f"THEN {expression} END")
    if name in options.prefix:
        expression = f"{literal(options.prefix[name])} || {expression}"
    return expression
