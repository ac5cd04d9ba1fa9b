"""Stage `journey`: one company, period and segment, as the one thing that the later stages read."""

from helpers.journey.journey import Journey, JourneyError, open_journey, segment_sizes, segment_values
from helpers.journey.period import Period, PeriodError, parse_period
from helpers.journey.segment import Segment, SegmentError, parse_segment

__all__ = [
    "Journey", "JourneyError", "Period", "PeriodError", "Segment", "SegmentError", "open_journey",
    "parse_period", "parse_segment", "segment_sizes", "segment_values",
]
