"""Names and texts as SQL, whatever they hold."""

from __future__ import annotations


def identifier(name: str) -> str:
    """A column or table name as SQL.

    >>> identifier('at "home"')
    '"at ""home""\"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def values(words: object) -> str:
    """A list of texts as SQL, `('a', 'b')`.

    >>> values(["a", "b"])
    "('a', 'b')"
    """
    return "(" + ", ".join(literal(str(word)) for word in words) + ")"
