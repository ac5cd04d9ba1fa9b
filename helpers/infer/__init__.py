"""Stage `infer`: values with intervals, comparisons and models, from the small tables of `measure`."""

from helpers.infer import overload as _overload  # finds the turning point that a KPI counts beyond
from helpers.infer import period_change as _period_change  # a section of every page
from helpers.infer.estimate import estimate, estimates
from helpers.infer.section import Result, results, section

__all__ = ["Result", "estimate", "estimates", "results", "section"]
