"""The intent page on the sample company finds what was planted there, and says what it cannot know elsewhere."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from scipy.special import ndtri

from helpers import infer
from helpers.infer import estimate
from helpers.infer.intervals import wilson
from helpers.journey import open_journey
from helpers.measure import all_kpis
from helpers.report.intent import find, intent_concerns, intent_terms
from helpers.report.intent_consistency import apart, intent_consistency
from helpers.sample import STORIES
from helpers.tests.folders import write

pytestmark = pytest.mark.usefixtures("kept_results")

PAGE = "1_intent"


@pytest.fixture(scope="module")
def journey():
    return open_journey("data/sample")


@pytest.fixture(scope="module")
def results(journey):
    return infer.results(PAGE, journey)


@pytest.fixture(scope="module")
def headlines(journey, results):
    return [one.headline for one in find(journey, results)]


def told(headlines: list[str], words: str) -> bool:
    return any(re.search(words, line) for line in headlines)


def test_overload_turns_where_it_was_planted(results, headlines):
    facts = results["intent_overload"].facts
    assert facts["found"] and abs(facts["point"] - STORIES["overload"]["size"]) <= 1
    assert facts["low"] <= STORIES["overload"]["size"] <= facts["high"]
    assert told(headlines, r"more than \d+ options buy less often")


def test_the_kpi_counts_beyond_the_same_point(journey, results):
    found = estimate(journey, all_kpis()["overload_rate"]).set_index("grain").loc["period"]
    assert found["value"] == pytest.approx(results["intent_overload"].facts["beyond_share"])


def effect(results, component: str, group: str) -> pd.Series:
    table = results["intent_components"].extra["effects"]
    return table[(table["component"] == component) & (table["group"] == group)].iloc[0]


@pytest.mark.parametrize(("component", "group", "log_odds"), [
    ("trust", "worked", STORIES["trust"]["size"]), ("information", "worked", STORIES["information"]["size"]["found"]),
    ("information", "failed", STORIES["information"]["size"]["not_found"]),
])
def test_components_go_with_buying_as_planted(results, component, group, log_odds):
    # At the sample's share of about a third, a log-odds of 0.1 is about 2.1 points.
    one = effect(results, component, group)
    assert one["q_value"] < 0.05
    assert one["low"] - 0.02 <= 0.21 * log_odds <= one["high"] + 0.02


def test_the_machine_finder_helps_and_information_that_is_missing_hurts(results, headlines):
    spots = results["intent_components"].extra["touchpoints"].set_index("touchpoint")
    assert spots.loc[STORIES["needs"]["where"]["touchpoint"], "low"] > 0
    assert told(headlines, "do not find it buy .* less often") and told(headlines, "sign of trust buy .* more often")


def test_the_doubts_that_keep_people_from_buying_are_told_and_advice_is_not(results, headlines):
    table = results["intent_concerns"].table.set_index("label")
    for topic in STORIES["concerns"]["where"]["topics"]:
        assert table.loc[topic, "difference"] > 0 and table.loc[topic, "q_value"] < 0.05
    assert table.loc["advice", "q_value"] > 0.05
    assert told(headlines, "ask more often about price")
    chart, _ = intent_concerns(results["intent_concerns"])
    assert chart.stem == "intent_concerns" and "ask more often about" in chart.alt


def test_mobiles_buy_less_often(results, headlines):
    table = results["intent_consistency"].table
    mobile = table[(table["measure"] == "buying") & (table["label"] == "mobile")].iloc[0]
    assert mobile["q_value"] < 0.05 and mobile["difference_low"] <= -0.04 <= mobile["difference_high"]
    assert told(headlines, "“mobile”")


def test_one_spread_of_consistency_on_the_page_and_in_the_finding(journey, results):
    far = results["intent_consistency"].extra["spread"].set_index(["measure", "kind"])
    buying, felt = far.loc[("buying", "device")], far.loc[("satisfaction", "device")]
    assert 0 < buying["low"] < buying["value"] < buying["high"] < 0.05 and felt["low"] == 0  # the mobile buys less; what people feel does not hang on it
    shown = intent_consistency(results["intent_consistency"])[0]
    said = apart(next(row for row in results["intent_consistency"].extra["spread"].itertuples() if (row.measure, row.kind) == ("buying", "device")))
    assert f"{100 * buying['value']:.1f} points off their average" in said and said in shown
    assert any(said in one.observed for one in find(journey, results))
    assert "not shown to differ between the 3 devices" in shown


def test_the_page_and_the_scorecard_agree(journey, results):
    shown = {id: estimate(journey, all_kpis()[id]).set_index("grain").loc["period"] for id in ("intent_conversion", "time_to_decide", "open_intent_value")}
    time, now = results["intent_time"].facts, results["intent_open"].facts
    assert [time["share"], time["low"], time["high"]] == pytest.approx(shown["intent_conversion"][["value", "low", "high"]].tolist())
    assert time["median"] == pytest.approx(shown["time_to_decide"]["value"], abs=0.01)
    assert [now["expected"], now["low"], now["high"]] == pytest.approx(shown["open_intent_value"][["value", "low", "high"]].tolist())
    everyone = results["intent_time"].extra["by_group"].iloc[0]
    assert abs(everyone["mature_share"] - everyone["share"]) < 0.01
    assert results["intent_funnel"].table["users"].is_monotonic_decreasing


def test_every_finding_has_doubt_and_a_step_with_an_owner(journey, results):
    found = find(journey, results)
    assert len(found) >= 6
    for one in found:
        assert one.observed and one.how_sure and one.next_step
        assert not re.search(r"\bnan\b|None|\bC0\d{5}\b", one.headline + one.observed)
    assert sum(bool(one.owner) for one in found) >= len(found) - 1


def test_nothing_small_or_personal_is_in_any_table(journey, results):
    for result in results.values():
        for table in (result.table, *result.extra.values()):
            text = table.to_csv()
            assert not re.search(r"C0\d{5}", text), result.name
            if "people" in table:
                assert not ((table["people"] > 0) & (table["people"] < journey.min_cell)).any(), result.name


# Elsewhere ----------------------------------------------------------------------------------------------

LOOKS = pd.date_range("2026-01-01", periods=60, freq="D")


def shop(**more: str):
    """Sixty customers who look; every third buys two days later at a till, which is all that tells of a purchase."""
    rows = ["customer_id,at,touchpoint"]
    for i, day in enumerate(LOOKS):
        rows.append(f"k{i},{day:%Y-%m-%d} 10:00:00,shelf")
        if i % 3 == 0:
            rows.append(f"k{i},{day + pd.Timedelta(days=2):%Y-%m-%d} 10:00:00,till")
    words = "touchpoint,stage,role\nshelf,consideration,research\ntill,purchase,purchase\n"
    return {"journey": "name: Stall\nas_of: 2026-03-20\n", "interactions_csv": "\n".join(rows) + "\n", "touchpoints_csv": words, **more}


def test_a_stall_without_orders_or_surveys_knows_its_conversion(tmp_path):
    journey = open_journey(write(tmp_path / "stall", **shop()))
    results = infer.results(PAGE, journey)
    assert results["intent_time"].facts["mature"] == pytest.approx(1 / 3, abs=0.03)
    assert results["intent_funnel"].table["users"].tolist() == [49, 17]     # up to 18 February: the window of later ones is open on 20 March
    assert results["intent_funnel"].facts["open"] == 11
    assert results["intent_components"].missing and results["intent_concerns"].missing and results["intent_terms"].missing
    assert not results["intent_overload"].facts["found"]
    assert any("end in a purchase within 30 days" in one.headline for one in find(journey, results))


def test_without_a_purchase_to_see_nothing_is_called_lost(tmp_path):
    words = "touchpoint,stage,role\nshelf,consideration,research\ntill,loyalty,loyalty\n"
    journey = open_journey(write(tmp_path / "blind", **shop(touchpoints_csv=words)))
    results = infer.results(PAGE, journey)
    assert results["intent_time"].missing == ("orders.customer_id|touchpoints.role=purchase",)
    assert "How intents end cannot be seen: no purchase is recorded." in [one.headline for one in find(journey, results)]


def test_without_roles_the_step_names_the_dictionary(tmp_path):
    journey = open_journey(write(tmp_path / "mute", **shop(touchpoints_csv="touchpoint,stage\nshelf,consideration\n")))
    found = find(journey, infer.results(PAGE, journey))
    assert [one.level for one in found] == ["unknown"] and "role of each touchpoint" in found[0].next_step


def test_the_words_of_those_who_do_not_buy_are_told_once_a_customer(tmp_path):
    """All who do not buy write of a voucher, one of them forty times of a parrot; those who buy write of coffee."""
    said = ["customer_id,at,instrument,score,touchpoint,comment"]
    for i, day in enumerate(LOOKS):
        said += [f"k{i},{day:%Y-%m-%d} 11:00:00,csat,3,shelf,{'Good coffee' if i % 3 == 0 else 'The voucher failed'}"] + (40 * [f"k1,{day:%Y-%m-%d} 12:00:00,csat,3,shelf,parrot"] if i == 1 else [])
    files = shop(surveys_csv="\n".join(said) + "\n") | {"journey": "name: Stall\nas_of: 2026-03-20\nmin_n: 10\nmin_cell: 10\n"}
    result = infer.results(PAGE, open_journey(write(tmp_path / "stall", **files)))["intent_terms"]
    assert (result.facts["people"], result.facts["others"]) == (32, 17)  # as the funnel: 49 whose window is over
    ours = result.table[result.table["side"] == "ours"]
    assert ours["term"].tolist() == ["voucher failed"] and ours["share"].tolist() == [1.0]
    assert "parrot" not in result.table["term"].tolist()
    assert "voucher failed" in intent_terms(result)[0]


def few(folder, people: int = 14) -> str:
    """`people` see, all but two put something into the basket, and 3 of these pay."""
    rows = [f"c{i},2026-01-01 10:00:00,see" for i in range(people)] + [f"c{i},2026-01-02 10:00:00,cart" for i in range(people - 2)] + [f"c{i},2026-01-03 10:00:00,pay" for i in range(3)]
    return write(folder, journey="name: Few\nas_of: 2026-12-31\n", interactions_csv="customer_id,at,touchpoint\n" + "\n".join(rows) + "\n",
                 touchpoints_csv="touchpoint,label,stage,role\nsee,Seeing,consideration,research\ncart,Basket,decision,evaluation\npay,Paying,purchase,purchase\n")


def test_a_funnel_tells_no_share_of_few_and_nothing_from_which_few_could_be_counted(tmp_path):
    table = infer.results("1_intent", open_journey(few(tmp_path / "few")))["intent_funnel"].table
    assert table[[c for c in table if c.startswith("of_")]].isna().all(axis=None) and pd.isna(table["users"].iloc[2])
    more = infer.results("1_intent", open_journey(few(tmp_path / "more", 40)))["intent_funnel"].table
    assert more["of_previous"].iloc[1] == pytest.approx(38 / 40) and more.iloc[2].filter(like="of_").isna().all()


def test_intents_of_one_customer_are_not_independent(tmp_path):
    """Each of 100 customers searches four times, always with the same end: the interval is that of 100, not of 400."""
    rows, orders = [], []
    for i in range(100):
        for k, month in enumerate((1, 3, 5, 7)):
            rows.append(f"c{i},2026-{month:02d}-01 10:00:00,see")
            orders += [f"o{i}_{k},c{i},2026-{month:02d}-03 10:00:00,5"] if i % 2 else []
    files = {"journey": "name: Alike\nas_of: 2026-12-31\n", "interactions_csv": "customer_id,at,touchpoint\n" + "\n".join(rows) + "\n", "touchpoints_csv": "touchpoint,stage,role\nsee,consideration,research\n",
             "orders_csv": "order_id,customer_id,at,revenue\n" + "\n".join(orders) + "\n"}
    found = infer.results("1_intent", open_journey(write(tmp_path / "alike", **files)))["intent_time"]
    whole = found.extra["by_group"].iloc[0]
    low, high = (float(end) for end in wilson(0.5, 100, ndtri(0.975)))
    assert whole["n"] == 400 and whole["share"] == 0.5
    assert [whole["low"], whole["high"]] == pytest.approx([low, high], abs=0.006)  # not .451 to .549, which 400 independent intents would give
    assert found.table[["low", "high"]].iloc[-1].tolist() == pytest.approx([whole["low"], whole["high"]])
