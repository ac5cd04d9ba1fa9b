"""The next unit of budget, by hand and under doubt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import allocation

pytestmark = pytest.mark.usefixtures("kept_results")


def table(impact, cost=(100.0, 100.0, 100.0), **more):
    return pd.DataFrame({"activity": ["coach", "site", "leaflet"], "cost": cost, "impact": impact, **more})


def certain(impact):
    return np.tile(impact, (20, 1))


def test_equal_activities_share_and_returns_diminish():
    got = allocation.allocate(table([5.0, 5.0, 0.0]), certain([5.0, 5.0, 0.0]), 100)
    assert got.extra.tolist() == pytest.approx([50, 50, 0])
    # 5 x (sqrt(1.5) - 1) each
    assert got.gain.tolist() == pytest.approx([5 * (1.5**0.5 - 1)] * 2 + [0])
    assert got.recommended.tolist() == [True, True, False]


def test_the_split_equals_a_search_over_all_splits():
    impact, cost = np.array([9.0, 4.0, 2.0]), np.array([100.0, 60.0, 20.0])
    got = allocation.allocate(table(impact, cost), certain(impact), 100)
    grid = [(a, b, 10 - a - b) for a in range(11) for b in range(11 - a)]
    worth = [(impact * ((1 + np.array(s) * 10 / cost) ** 0.5 - 1)).sum() for s in grid]
    assert (got.extra / 10).round(6).tolist() == list(grid[int(np.argmax(worth))])
    assert got.gain.sum() == pytest.approx(max(worth))


def test_a_cap_is_kept():
    got = allocation.allocate(table([9.0, 1.0, 1.0], most=[30.0, np.nan, np.nan]), certain([9.0, 1.0, 1.0]), 100)
    assert got.extra[0] == pytest.approx(30) and got.extra.sum() == pytest.approx(100)


def test_doubt_withholds_the_recommendation():
    rng = np.random.default_rng(1)
    draws = np.column_stack([rng.normal(5, 3, 200), rng.normal(4.5, 3, 200), np.zeros(200)])
    got = allocation.allocate(table([5.0, 4.5, 0.0]), draws, 20)
    assert not got.recommended.any() and 0.3 < got.wins[0] < 0.8
    assert (got.extra_low <= got.extra).all() and (got.extra <= got.extra_high).all()


def test_what_brings_nothing_or_is_not_known_gets_nothing():
    got = allocation.allocate(table([5.0, -3.0, np.nan], (100.0, 100.0, 50.0)), certain([5.0, -3.0, np.nan]), 10)
    assert got.extra.tolist()[:2] == pytest.approx([10, 0]) and got.reason[2] == "its impact is not known"
    assert np.isnan(got.extra[2]) and not got.recommended[2]
    free = allocation.allocate(table([5.0, 1.0, 1.0], (0.0, 100.0, 100.0)), certain([5.0, 1.0, 1.0]), 10)
    assert free.reason[0] == "its cost is not known"
    nothing = allocation.allocate(table([0.0, 0.0, 0.0]), certain([0.0, 0.0, 0.0]), 10)
    assert nothing.extra.tolist() == [0, 0, 0]


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="draws for 2 activities, the table has 3"):
        allocation.allocate(table([1.0, 1.0, 1.0]), np.ones((5, 2)), 10)
    with pytest.raises(ValueError, match="elasticity between 0 and 1"):
        allocation.allocate(table([1.0, 1.0, 1.0]), np.ones((5, 3)), 10, elasticity=1.0)


def test_what_any_allocation_would_bring_has_a_band():
    one = table([9.0, 4.0, 2.0])
    draws = np.column_stack([np.linspace(7, 11, 201), np.full(201, 4.0), np.full(201, 2.0)])
    got = allocation.expected(one, draws, [44.0, -100.0, 0.0])
    # 9 x (sqrt(1.44) - 1); all of 4 lost; untouched
    assert got["gain"].round(6).tolist() == [1.8, -4.0, 0.0, -2.2] and got["activity"].tolist() == ["coach", "site", "leaflet", ""]
    assert got["gain_low"].round(2).tolist() == [1.42, -4.0, 0.0, -2.58] and got["gain_high"].round(2).tolist() == [2.18, -4.0, 0.0, -1.82]


def test_the_best_allocation_brings_what_the_table_says():
    one, draws = table([9.0, 4.0, 2.0], (100.0, 60.0, 20.0)), certain([9.0, 4.0, 2.0])
    best = allocation.allocate(one, draws, 100)
    assert allocation.expected(one, draws, best["extra"])["gain"].iloc[-1] == pytest.approx(best["gain"].sum())


def test_no_more_is_taken_than_there_is():
    with pytest.raises(ValueError, match="site would lose more than it costs"):
        allocation.expected(table([1.0, 1.0, 1.0]), np.ones((5, 3)), [0, -101, 0])
    with pytest.raises(ValueError, match="2 amounts for 3 activities"):
        allocation.expected(table([1.0, 1.0, 1.0]), np.ones((5, 3)), [0, 1])


@pytest.fixture(scope="module")
def journey():
    from helpers.journey import open_journey

    return open_journey("data/sample")


def test_one_figure_one_definition(journey):
    from helpers.infer import moments_budget, value_chain

    found, shares = value_chain.impacts(journey), value_chain.cost_impact(journey).set_index("activity")
    assert found.table["impact"].sum() == pytest.approx(value_chain.impact(journey)["impact"].sum())
    assert found.table["impact"].sum() == pytest.approx(shares["impact"].sum())
    best = moments_budget.next_unit(journey)
    assert best.table.set_index("activity")["impact"].to_dict() == pytest.approx(shares.loc[best.table["activity"], "impact"].to_dict())
    assert best.amount == pytest.approx(0.05 * shares["cost"].sum()) and best.table["extra"].sum() == pytest.approx(best.amount)
    assert best.gain["gain"] > best.even["gain"] and best.gain["gain_low"] < best.gain["gain"] < best.gain["gain_high"]
    # The draws are those of the effects: as wide as their intervals.
    width = (value_chain.impact(journey)["impact_high"] - value_chain.impact(journey)["impact_low"]).max()
    assert 0.5 < np.quantile(found.draws.sum(axis=1), 0.975) / found.table["impact"].sum() < 1.5 and width > 0


def test_money_moved_from_one_activity_to_another(journey):
    from helpers.infer import moments_budget

    moved = moments_budget.expected_impact(journey, {"customer_magazine": -5000, "onboarding_service": 5000}).set_index("activity")
    assert moved.at["customer_magazine", "gain"] == 0 and moved.at["onboarding_service", "gain_low"] > 0
    assert moved.at["", "extra"] == 0 and moved.at["", "gain"] == pytest.approx(moved.at["onboarding_service", "gain"])
    with pytest.raises(KeyError, match="no activity 'magazine'"):
        moments_budget.expected_impact(journey, {"magazine": 1})


def test_the_page_recommends_only_what_holds_under_every_assumption(journey):
    from helpers.infer.section import sections
    from helpers.report import moments_of_truth as page
    from helpers.report.show import READERS, Table

    results = {name: one.function(journey) for name, one in sections("4_moments_of_truth").items() if not name.endswith("_change")}
    table, varied = results["allocation"].table, results["allocation"].extra["elasticity"]
    holds = set(varied.groupby("activity")["wins"].min().loc[lambda w: w >= 0.8].index)
    assert set(table.loc[table["holds"], "activity"]) == holds and holds
    chart, told, by = READERS["allocation"](results["allocation"])
    assert table.loc[table["holds"], "label"].iloc[0] in chart.title and "if the association is cause" in told and isinstance(by, Table)
    said = [one for one in page.find(journey, results) if "would go furthest" in one.headline]
    assert len(said) == 1 and said[0].owner and "drawn by lot" in said[0].next_step
    assert "nothing in the data shows it" in results["allocation"].method


def test_where_no_activity_wins_the_page_says_so(journey):
    from dataclasses import replace

    from helpers.infer.section import sections
    from helpers.report.moments_work import find_allocation
    from helpers.report.show import READERS

    found = sections("4_moments_of_truth")["allocation"].function(journey)
    doubtful = replace(found, table=found.table.assign(recommended=False, holds=False))
    assert READERS["allocation"](doubtful)[0].title.startswith("No activity wins the next") and find_allocation(doubtful) == []
    shaky = replace(found, table=found.table.assign(recommended=True, holds=False))
    assert "hangs on how fast returns fall" in READERS["allocation"](shaky)[0].title and find_allocation(shaky) == []
