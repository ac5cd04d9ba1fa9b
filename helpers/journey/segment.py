"""Segments: `all`, or one or more `column=value` joined by `&`."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

FORMS = "all, segment=trade or region=north&segment=office"


class SegmentError(ValueError):
    """A segment that cannot be read, or that the customers table does not know."""


@dataclass(frozen=True)
class Segment:
    """Whom a journey covers: every (column, value) pair holds; no pair means everybody."""

    pairs: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        return "&".join(f"{column}={value}" for column, value in self.pairs) or "all"

    @property
    def name(self) -> str:
        """As a reader says it.

        >>> parse_segment("all").name, parse_segment("home_region=north&segment=office").name
        ('all customers', 'home region “north” and segment “office”')
        """
        return " and ".join(f"{column.replace('_', ' ')} “{value}”" for column, value in self.pairs) or "all customers"

    @property
    def people(self) -> str:
        """Whom it holds.

        >>> parse_segment("all").people, parse_segment("segment=office").people
        ('all customers', 'customers of segment “office”')
        """
        return f"customers of {self.name}" if self.pairs else self.name

    @property
    def title(self) -> str:
        """As it stands at the head of something: its name with a capital letter."""
        return self.name[:1].upper() + self.name[1:]

    def check(self, values: dict[str, list[str]]) -> None:
        """Raise SegmentError where a column or value is not among `values` (column -> its values)."""
        for column, value in self.pairs:
            if column not in values:
                allowed = ", ".join(values) or "none: there is no customers table with segment columns"
                raise SegmentError(f"segment column '{column}' is not known; allowed: {allowed}{_hint(column, values)}")
            if value not in values[column]:
                allowed = ", ".join(values[column][:12])
                hint = _hint(value, values[column], f"{column}=")
                raise SegmentError(f"no customer has {column}={value}; {column} is one of: {allowed}{hint}")


def parse_segment(text: object) -> Segment:
    """Read a segment. Raises SegmentError naming the allowed forms.

    >>> parse_segment("region=north&segment=office").pairs
    (('region', 'north'), ('segment', 'office'))
    >>> parse_segment("all").label
    'all'
    """
    label = str(text).strip()
    if label.lower() == "all":
        return Segment(())
    pairs = []
    for part in label.split("&"):
        column, equals, value = part.partition("=")
        if not (equals and column.strip() and value.strip()):
            raise SegmentError(f"segment '{label}' cannot be read at '{part}'; type one of: {FORMS}")
        pairs.append((column.strip(), value.strip()))
    if len({column for column, _ in pairs}) < len(pairs):
        raise SegmentError(f"segment '{label}' names a column twice; type one of: {FORMS}")
    return Segment(tuple(sorted(pairs)))


def _hint(word: str, words: object, prefix: str = "") -> str:
    near = get_close_matches(word, list(words), n=1)
    return f". Type {prefix}{near[0]}" if near else ""
