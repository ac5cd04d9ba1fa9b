"""How many options an intent held, and how often it then ended in a purchase."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.intents import can_convert, intents

_finders: list[Callable[[Journey], float | None]] = []


def by_options(journey: Journey) -> pd.DataFrame:
    """Finished intents by the number of options: columns options, n, converted, people (customers). Over all time.

    Options are research, comparison and evaluation contacts from the start to the purchase or the end of the window.
    """
    if not can_convert(journey):
        return pd.DataFrame({"options": [], "n": [], "converted": [], "people": []}, dtype=float)
    rows = intents(journey).filter(F.col("closed") == 1).groupBy("options").agg(
        F.count(F.lit(1)).alias("n"), F.sum("converted").alias("converted"), F.countDistinct("customer_id").alias("people"))
    return journey.collect(rows, ["options"]).astype(float)


def found_by(function: Callable[[Journey], float | None]) -> Callable[[Journey], float | None]:
    """Register who finds the turning point: a fit, so it lies in `infer`, while the KPI that counts beyond it lies here."""
    _finders[:] = [function]
    return function


def turning_point(journey: Journey) -> float | None:
    """The number of options from which on conversion falls, or None where none is found.

    Raises RuntimeError where nothing that finds it is loaded; `import helpers.infer` loads it.
    """
    if not _finders:
        raise RuntimeError("nothing finds the turning point yet; type: import helpers.infer")
    return _finders[0](journey)
