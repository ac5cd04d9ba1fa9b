"""Which segments may have a report of their own: none of so few people that one could be picked out, also by subtraction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


_SUBTRACTION = "with it shown, the small segments could be had by subtraction"


@dataclass(frozen=True)
class Cut:
    """The values of one column: those that may be shown, and those that are hidden with the reason."""

    shown: dict[str, int]
    hidden: dict[str, str]


def cut(sizes: Mapping[str, int], min_cell: int, unnamed: int = 0) -> Cut:
    """Hide the values with fewer than `min_cell` people; then more, the smallest first, until what is hidden cannot be
    had by taking the shown from the total: two values or more, together `min_cell` people or more.

    sizes: people by value; unnamed: people without a value, who are hidden already.

    >>> cut({"north": 900, "south": 300, "island": 4}, 10).hidden["south"]
    'with it shown, the small segments could be had by subtraction'
    >>> cut({"north": 900, "south": 300}, 10).hidden
    {}
    """
    order = sorted(sizes, key=lambda value: (sizes[value], value))
    hidden = {value: f"it has fewer than {min_cell:,} people" for value in order if sizes[value] < min_cell}
    for value in order:
        covered = sum(sizes[one] for one in hidden) + unnamed
        groups = len(hidden) + (unnamed > 0)
        if not covered or (groups > 1 and covered >= min_cell):
            break
        if value not in hidden and (hidden or unnamed < min_cell):
            hidden[value] = _SUBTRACTION
    return Cut({value: size for value, size in sizes.items() if value not in hidden}, hidden)
