"""Periods and segments: what people type, and what it means."""

from datetime import datetime

import pytest

from helpers.journey.period import PeriodError, labels, parse_period
from helpers.journey.segment import SegmentError, parse_segment


@pytest.mark.parametrize(("text", "start", "end", "before"), [
    ("2026", datetime(2026, 1, 1), datetime(2027, 1, 1), "2025"),
    ("2026-H1", datetime(2026, 1, 1), datetime(2026, 7, 1), "2025-H2"),
    ("2026-h2", datetime(2026, 7, 1), datetime(2027, 1, 1), "2026-H1"),
    ("2026-Q3", datetime(2026, 7, 1), datetime(2026, 10, 1), "2026-Q2"),
    ("2026-Q1", datetime(2026, 1, 1), datetime(2026, 4, 1), "2025-Q4"),
    ("2026-07", datetime(2026, 7, 1), datetime(2026, 8, 1), "2026-06"),
    ("2026-01", datetime(2026, 1, 1), datetime(2026, 2, 1), "2025-12"),
    ("2026-07-01..2026-09-15", datetime(2026, 7, 1), datetime(2026, 9, 16), "2026-04-15..2026-06-30"),
    ("2026-03-01..2026-03-01", datetime(2026, 3, 1), datetime(2026, 3, 2), "2026-02-28..2026-02-28"),
])
def test_a_period_and_the_like_one_before(text, start, end, before):
    period = parse_period(text)
    assert (period.start, period.end) == (start, end)
    assert period.previous().label == before
    assert period.previous().end == start


@pytest.mark.parametrize("text", ["2026-Q5", "2026-13", "26", "2026-7", "yesterday", "2026-02-30..2026-03-01", "2026-03-02..2026-03-01", ""])
def test_a_period_that_cannot_be_read_names_the_forms(text):
    with pytest.raises(PeriodError, match="type"):
        parse_period(text)


def test_all_is_bounded_by_the_data_and_has_nothing_before_it():
    period = parse_period("all").bounded(datetime(2025, 3, 9, 8), datetime(2026, 2, 1, 23, 59))
    assert (period.start, period.end) == (datetime(2025, 3, 9), datetime(2026, 2, 2))
    assert period.previous() is None


def test_labels_are_the_months_of_history_the_period_and_the_one_before():
    table = labels(parse_period("2026-Q1"), datetime(2025, 11, 20), datetime(2026, 3, 15, 12))
    assert table["period"].tolist() == ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-Q1", "2025-Q4"]
    assert table["grain"].tolist() == ["month"] * 5 + ["period", "previous"]
    # March and the quarter are still running on the 15th.
    assert table["complete"].tolist() == [True, True, True, True, False, False, True]


def test_history_is_at_most_36_months():
    table = labels(parse_period("2026"), datetime(2015, 1, 1), datetime(2026, 12, 31, 23))
    assert (table["grain"] == "month").sum() == 36


def test_segments_are_put_in_one_order_so_that_one_segment_has_one_label():
    assert parse_segment("segment=office&region=north").label == "region=north&segment=office"


@pytest.mark.parametrize("text", ["region", "region=", "=north", "region=north&", "region=a&region=b", ""])
def test_a_segment_that_cannot_be_read(text):
    with pytest.raises(SegmentError, match="type one of"):
        parse_segment(text)


def test_an_unknown_column_or_value_gets_the_nearest_word():
    known = {"region": ["north", "south"]}
    with pytest.raises(SegmentError, match="Type region$"):
        parse_segment("regoin=north").check(known)
    with pytest.raises(SegmentError, match="Type region=north$"):
        parse_segment("region=nort").check(known)
