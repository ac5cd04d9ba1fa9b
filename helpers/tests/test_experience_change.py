"""Touchpoints rated otherwise than before, by hand: two desks, two years, means that can be counted on paper."""

from __future__ import annotations

import pytest

from helpers.infer.experience_change import experience_change
from helpers.journey import open_journey
from helpers.report.experience_change import find
from helpers.tests.folders import write

SETTINGS = "min_cell: 5\nmin_n: 10\n"
WORDS = "touchpoint,stage,owner\nlounge,loyalty,Lounge team\ngate,loyalty,Gate team\nkiosk,loyalty,Kiosk team\n"


def answers(year: int, place: str, scores: str) -> list[str]:
    return [f"{year}-{place}-{i},{year}-05-{i % 28 + 1:02d},csat,{score},{place}" for i, score in enumerate(scores)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    rows = ["customer_id,at,instrument,score,touchpoint"]
    # lounge 4.5 and then 2.5; gate 3.5 both times; kiosk too few in the second year.
    rows += answers(2025, "lounge", "45" * 20) + answers(2026, "lounge", "23" * 20)
    rows += answers(2025, "gate", "34" * 20) + answers(2026, "gate", "34" * 20)
    rows += answers(2025, "kiosk", "34" * 20) + answers(2026, "kiosk", "345")
    return write(tmp_path_factory.mktemp("desks") / "desks", journey=SETTINGS, surveys_csv="\n".join(rows) + "\n", touchpoints_csv=WORDS)


@pytest.mark.parametrize("period", ["2026", "all"])
def test_each_touchpoint_before_and_now(folder, period):
    found = experience_change(open_journey(folder, period=period))
    rows = found.table.set_index("touchpoint")
    assert list(rows.index) == ["lounge", "gate"] and (found.facts["down"], found.facts["up"]) == (1, 0)
    assert rows.loc["lounge", ["before", "now", "difference", "before_n", "now_n"]].tolist() == [4.5, 2.5, -2.0, 40, 40]
    assert rows.loc["gate", "difference"] == 0 and rows.loc["gate", "low"] < 0 < rows.loc["gate", "high"]
    # Each mean has a standard error of 0.5 x sqrt(40 / 39) / sqrt(40) = 0.080; the difference one of 0.113.
    assert (rows.loc["lounge", "high"] - rows.loc["lounge", "low"]) / 2 == pytest.approx(0.113 * 1.99, rel=0.03)


def test_what_fell_is_told_with_its_owner(folder):
    told = find(experience_change(open_journey(folder)))
    assert told[0].headline == "“Lounge” is rated worse than before: 2.50, once 4.50."
    assert told[0].owner == "Lounge team" and len(told) == 1


def test_a_first_year_has_nothing_to_be_compared_with(folder):
    result = experience_change(open_journey(folder, period="2025-05-01..2025-05-02"))
    assert not result.ok and result.nothing.startswith("Not measured: no touchpoint has enough ratings in each of two spans")
