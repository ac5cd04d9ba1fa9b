"""The real cases: what the workbook reports equals figures computed straight from the files (../shared/cases/README.md)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from helpers import score, validate
from helpers.infer import data, estimates, experience_change, results, touchpoint_service, touchpoints, who_stays
from helpers.journey import Journey, open_journey
from helpers.load import ROOT
from helpers.measure import all_kpis
from helpers.report import can_answer, findings, page, period_change

CASES = ("completejourney", "oulad", "servicenow", "sfo_survey")
pytestmark = pytest.mark.case


@cache
def prepared(name: str, source: Path, period: str = "all") -> Journey:
    """A case's journey; read once, however many tests look at it."""
    return open_journey(f"data/cases/{name}", source=source, period=period)


@pytest.fixture
def case(cases):
    return lambda name, period="all": prepared(name, cases(name), period)


def whole(journey: Journey, *kpis: str) -> pd.DataFrame:
    """The KPIs over the whole period, by id."""
    found = estimates(journey, kpis)
    return found[found["grain"] == "period"].set_index("kpi")


def rows(journey: Journey, source: str) -> int:
    """Rows used of one source, by its label."""
    return next(one.rows_used for one in journey.prepared.sources if one.source == source)


# Every case ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_every_row_is_used_and_every_touchpoint_known(case, name):
    journey = case(name)
    assert {name: info.rows_quarantined for name, info in journey.prepared.tables.items()} == dict.fromkeys(journey.prepared.tables, 0)
    assert len(journey.prepared.quarantine()) == 0 and journey.prepared.warnings == ()
    found = validate.check(journey.prepared).touchpoints
    assert found["in_dictionary"].all() and (found["rows"] > 0).all()


@pytest.mark.parametrize("name", CASES)
def test_four_scorecards_with_owners_and_at_most_a_few_kpis_that_the_case_lacks(case, name):
    journey, known = case(name), all_kpis()
    cards = score.read_scorecards(journey.company.folder).cards
    assert {card.phase for card in cards} == {"intent", "touchpoints", "adoption", "moments_of_truth"}
    for card in cards:
        targets = [target for objective in card.objectives for target in objective.kpis]
        assert card.owner and targets
        lacking = [target.kpi for target in targets if journey.missing(known[target.kpi].needs)]
        assert len(lacking) <= 3, (card.name, lacking)


@pytest.mark.parametrize("name", CASES)
def test_no_other_company_is_needed_to_say_what_cannot_be_known(case, name, capsys):
    journey = case(name)
    for one in ("1_intent", "2_touchpoints", "3_adoption", "4_moments_of_truth"):
        can_answer(one, journey)
        assert any(journey.missing(needs) for _, needs in page.wants(one)), one
    assert "What is missing, what most of the page needs first" in capsys.readouterr().out


def test_the_data_are_not_in_the_project():
    """A case's folder holds its mapping, dictionary and scorecards only."""
    for name in CASES:
        files = {path.name for path in (ROOT / "data" / "cases" / name).rglob("*") if path.is_file()}
        assert {one for one in files if not one.endswith(".yml")} == {"touchpoints.csv"}


# completejourney -----------------------------------------------------------------------------------------


def test_grocery_households(case):
    journey = case("completejourney")
    assert rows(journey, "orders (sql)") == 47_243
    found = whole(journey, "revenue", "campaign_response", "campaign_reach", "retention")
    assert found.loc["revenue", "value"] == pytest.approx(233_935.24, abs=0.005)
    assert found.loc["revenue", ["n", "people"]].tolist() == [47_243, 2_377]
    assert found.loc["campaign_response", ["n", "people"]].tolist() == [6_589, 1_559]
    assert round(100 * found.loc["campaign_response", "value"], 2) == 12.02
    assert found.loc["campaign_response", "value"] * 6_589 == pytest.approx(792)
    assert found.loc["campaign_reach", "value"] == 1_559
    table = journey.prepared.tables["orders"]
    assert (f"{table.first_at:%Y-%m-%d}", f"{table.last_at:%Y-%m-%d}") == ("2017-01-01", "2018-01-01")
    assert any("lower bounds" in note for note in journey.company.notes)


def test_households_that_bought_before_the_data_are_no_new_ones(case):
    """The panel begins in the middle of its households' lives: that “new” ones of the first half year stay is no news."""
    result = results("3_adoption", case("completejourney"))["adoption_change"]
    assert result.facts["older"] and result.facts["worse"] >= 5
    worse = next(one for one in period_change.find(result, None) if "got worse" in one.headline)
    assert worse.level == "watch" and "were customers before" in worse.otherwise and "later periods" in worse.next_step


def test_each_mailing_has_its_own_campaign(case):
    table = touchpoints.campaign_spend(case("completejourney")).table.set_index("label")
    assert table.loc["Campaign 13", "reached"] == 1_077 and table.loc["Campaign 8", "reached"] == 1_076
    assert table["answered"].between(0, 1).sum() >= 15 and table["spend"].isna().all()


# oulad ---------------------------------------------------------------------------------------------------


def test_learners_and_the_people_behind_them(case):
    journey = case("oulad")
    assert data.identities(journey).facts["customers"] == 32_593
    assert data.identities(journey).facts["persons"] == 28_785
    assert rows(journey, "submissions") == 173_912


def test_results_of_the_learners(case):
    table = touchpoints.inventory(case("oulad")).table.set_index("touchpoint")
    known = {"result_pass": 12_361, "result_withdrawn": 10_156, "result_fail": 7_052, "result_distinction": 3_024}
    assert table.loc[list(known), "customers"].to_dict() == known
    assert table.loc[["tutor_marked", "computer_marked", "exam", "carried_over"], "contacts"].sum() == 173_912


def test_learners_still_enrolled(case):
    found = who_stays.who_stays(case("oulad"))
    assert found.facts["began"] == 29_915
    assert [round(found.facts["marks"][day]["share"], 3) for day in (14, 60, 120, 240)] == [0.940, 0.881, 0.828, 0.753]
    assert found.facts["never"] == 32_593 - 29_915
    assert (found.facts["left"] + found.facts["done"], found.facts["open"]) == (29_915, 0)


def test_a_module_with_a_late_first_assignment_has_its_own_targets(case):
    cards = score.read_scorecards(case("oulad").company.folder).cards
    part = next(card for card in cards if card.segment == "module=GGG")
    targets = {t.kpi: t.goal.target for objective in part.objectives for t in objective.kpis if t.goal}
    assert (targets["time_to_first_value"], targets["early_leaving"]) == (61, pytest.approx(0.10))


# sfo_survey ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("period", "mean", "answers"), [("2015", 4.048, 2_810), ("2016", 4.038, 2_919)])
def test_passengers_as_a_whole(case, period, mean, answers):
    found = whole(case("sfo_survey", period), "overall_satisfaction").iloc[0]
    assert (round(found["value"], 3), found["n"]) == (mean, answers)


def test_the_year_before_is_compared(case):
    found = estimates(case("sfo_survey", "2016"), ["overall_satisfaction"])
    before = found[found["grain"] == "previous"].iloc[0]
    assert (before["period"], round(before["value"], 3), before["n"]) == ("2015", 4.048, 2_810)


@pytest.mark.parametrize(("touchpoint", "mean", "answers"), [
    ("food", 3.631, 2_680), ("shops", 3.651, 2_625), ("airtrain", 4.147, 1_522), ("walkways", 4.139, 2_873),
])
def test_passengers_at_each_touchpoint_in_2016(case, touchpoint, mean, answers):
    row = touchpoints.inventory(case("sfo_survey", "2016")).table.set_index("touchpoint").loc[touchpoint]
    assert (round(row["experience"], 3), row["answers"]) == (mean, answers)


def test_restaurants_and_shops_are_rated_lowest(case):
    journey = case("sfo_survey", "2016")
    found = findings("2_touchpoints", journey, results("2_touchpoints", journey))
    lowest = next(one for one in found if one.headline.startswith("Rated lowest"))
    assert lowest.headline.startswith("Rated lowest: “Restaurants” with 3.63, “Shops” with 3.65")


@pytest.mark.parametrize("period", ["2016", "all"])
def test_security_alone_is_rated_worse_than_the_year_before(case, period):
    table = experience_change.experience_change(case("sfo_survey", period)).table
    shown = table[table["q_value"] < 0.05]
    assert shown["touchpoint"].tolist() == ["security"] and shown["difference"].iloc[0] == pytest.approx(-0.148, abs=0.001)
    overall = table.set_index("touchpoint").loc["food"]
    assert (round(overall["now"], 3), overall["now_n"]) == (3.631, 2_680)


def test_who_is_asked_once_cannot_show_a_recovery(case):
    found = whole(case("sfo_survey"), "recovery_rate", "retention_90d")
    assert found["value"].isna().all()


# servicenow ----------------------------------------------------------------------------------------------


def test_service_level_and_reopening(case):
    found = whole(case("servicenow"), "service_level_met", "reopened_rate")
    assert found["n"].tolist() == [24_918, 24_918]
    assert [round(100 * value, 2) for value in found["value"]] == [63.42, 1.10]


def test_service_level_by_priority(case):
    table = touchpoint_service.topics(case("servicenow")).table.set_index("topic")
    shares = {topic: (round(100 * row["sla"], 1), row["tickets"]) for topic, row in table.iterrows()}
    assert shares == {"priority 1": (1.9, 270), "priority 2": (0.5, 408), "priority 3": (64.5, 23_466), "priority 4": (84.1, 774)}


def test_time_to_the_solution_with_and_without_those_still_waiting(case):
    row = touchpoint_service.resolution(case("servicenow")).extra["figures"].set_index("group").loc["Solution"]
    assert (row["had"], row["open"]) == (23_362, 1_556)
    assert (round(row["had_median"], 1), round(row["median"], 1)) == (22.1, 25.8)
    assert round(whole(case("servicenow"), "resolution_time")["value"].item(), 1) == 25.8


def test_a_promise_that_is_hardly_ever_kept_comes_first(case):
    journey = case("servicenow")
    found = findings("2_touchpoints", journey, results("2_touchpoints", journey))
    assert "“Priority 2” and “Priority 1”" in found[0].headline
