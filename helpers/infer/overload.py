"""The number of options from which on conversion falls, found once for the page and for the KPI that counts beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.journey import Journey
from helpers.measure import overload

if TYPE_CHECKING:
    from helpers.infer.turning import Turning


def turning(journey: Journey) -> Turning:
    """Conversion by number of options with its turning point, over all finished intents up to as_of."""
    return journey.once("turning point", lambda: _turning(journey))


def _turning(journey: Journey) -> Turning:
    from helpers.infer.turning import turning_point

    return turning_point(overload.by_options(journey)[["options", "n", "converted"]])


@overload.found_by
def point(journey: Journey) -> float | None:
    """The turning point, or None where none is found."""
    found = turning(journey)
    return found.point if found.found else None
