"""The benchmark of interval coverage, in short; the long run is python -m helpers.benchmarks.validity."""

from __future__ import annotations

from helpers.benchmarks import coverage

QUICK = ("share, several rows a customer", "share, one row a customer", "mean rating", "ratio of sums", "net promoter score", "total", "growth of a total", "median", "difference of two shares")


def test_intervals_cover():
    got = coverage.coverage(draws=400, cases={name: coverage.CASES[name] for name in QUICK})
    assert got.covered.between(0.92, 0.98).all(), got.to_string()


def test_false_finds_stay_rare():
    named = coverage.false_finds(companies=15, touchpoints=10).set_index("method").named
    assert named["against the margin"] <= 1 / 15
