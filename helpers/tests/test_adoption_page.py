"""Page 3 finds what was planted in the sample, never reads an unfinished window as a loss, and stays honest where tables are missing."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers import infer, names, sample, score
from helpers.draw import Chart
from helpers.infer import estimate, lag, links
from helpers.journey import open_journey
from helpers.measure import all_kpis, staying
from helpers.report import adoption as page
from helpers.report.links import named
from helpers.report.show import READERS, lacking
from helpers.sample import STORIES

pytestmark = pytest.mark.usefixtures("kept_results")

PAGE = "3_adoption"


@pytest.fixture(scope="module")
def journey():
    return open_journey("data/sample")


@pytest.fixture(scope="module")
def results(journey):
    return infer.results(PAGE, journey)


@pytest.fixture(scope="module")
def card(journey):
    return score.scorecard(journey, "adoption")


@pytest.fixture(scope="module")
def findings(journey, results, card):
    return page.find(journey, results, card)


def headline(findings, *words: str):
    return next((one for one in findings if all(word in one.headline for word in words)), None)


# The stories ---------------------------------------------------------------------------------------------


def test_the_late_segment_is_found_and_said(results, findings):
    told, facts = STORIES["late_segment"], results["adoption_by_segment"].facts
    assert (facts["late"]["column"], facts["late"]["value"], facts["fastest"]["value"]) == ("segment", told["where"]["segment"], told["where"]["against"])
    assert facts["late"]["median"] - facts["fastest"]["median"] == pytest.approx(told["size"], abs=4)
    assert facts["p_value"] < 0.001 and facts["late"]["q_value"] < 0.001
    assert headline(findings, "trade", "household", "days later").level == "bad"


def test_only_true_groups_are_called_late(results):
    table = results["adoption_by_segment"].table
    assert set(table.loc[table["q_value"] < 0.05, "column"]) == {"segment", "region"}


def test_the_region_with_technical_trouble_is_found_and_said(results, findings):
    told, worse = STORIES["technical_trouble"], results["obstacles_by_segment"].facts["worse"].set_index("obstacle")
    row = worse.loc["technical"]
    assert (row["column"], row["value"]) == ("region", told["where"]["region"])
    assert row["difference"] == pytest.approx(told["size"]["tickets"], abs=0.05)
    assert -row["not_adopted"] == pytest.approx(told["size"]["adoption"], abs=0.04)
    assert headline(findings, "ost", "technical ticket", "use of the product lies").level == "bad"


def test_the_poor_set_up_guide_goes_with_not_using_it(results, findings):
    table = results["onboarding_touchpoints"].table.set_index("touchpoint")
    assert table.index[table["q_value"] < 0.05].tolist() == ["setup_guide"]
    assert table.at["setup_guide", "low"] < -0.2 < table.at["setup_guide", "high"]  # as the README says: another 20 of 100
    assert headline(findings, "Set-up guide").level == "bad"


def test_every_finding_has_its_doubt_and_its_step(findings):
    assert len(findings) >= 6
    assert all(one.observed and one.how_sure and one.next_step for one in findings)


# Unfinished windows --------------------------------------------------------------------------------------


def test_the_triangle_holds_no_age_that_is_not_over(journey, results):
    table = results["cohort_triangle"].table
    start = pd.to_datetime(table["cohort"] + "-01")
    first_over = start + pd.to_timedelta(staying.STEP * (table["age"] + 1), unit="D")
    assert (first_over <= journey.as_of).all()
    last_over = start + pd.offsets.MonthBegin(1) + pd.to_timedelta(staying.STEP * (table["age"] + 1), unit="D")
    done = last_over <= journey.as_of
    assert table.loc[done, "complete"].all() and not table["complete"].all()
    assert (table.loc[table["n"] < journey.min_n, "share"]).isna().all()
    assert table["share"].dropna().between(0, 1).all()


def test_the_triangle_and_the_retention_kpis_are_one_figure(journey):
    table = staying.cohorts(journey)
    for day in (30, 60, 90):
        cells = table[table["age"] == day // staying.STEP]
        found = estimate(journey, all_kpis()[f"retention_{day}d"]).query("grain == 'period'").iloc[0]
        assert found["value"] == pytest.approx(cells["active"].sum() / cells["n"].sum()) and found["n"] == cells["n"].sum()


LAST_SETTLED = {
    "adoption_rate": "2026-08", "early_support_rate": "2026-08", "retention_30d": "2026-07", "retention_90d": "2026-05", "churn": "2026-06", "first_year_margin": "2025-09",
    "active_share": "2026-09",
}


@pytest.mark.parametrize("kpi", LAST_SETTLED)
def test_a_month_whose_window_is_open_is_on_no_chart(results, kpi):
    table = results["adoption_change"].extra["months"]
    assert table.loc[table["kpi"] == kpi, "period"].max() == LAST_SETTLED[kpi]


def test_months_up_to_yesterday_are_as_they_were_known(journey):
    """Cut at the end of March, the months before read the same as today: nothing is counted as lost for being young."""
    then = open_journey("data/sample", as_of="2026-03-31")
    for kpi in ("adoption_rate", "retention_30d", "early_support_rate", "feature_breadth"):
        now, past = (estimate(j, all_kpis()[kpi]).query("grain == 'month'").set_index("period")["value"] for j in (journey, then))
        assert past["2025-11"] == pytest.approx(now["2025-11"], abs=1e-9), kpi


# Leading and lagging -------------------------------------------------------------------------------------


def test_both_leading_and_lagging_kpis_have_their_months(results):
    for kind in names.KINDS:
        months = results["adoption_change"].extra["months"]
        table = months[months["kind"] == kind]
        assert table["kpi"].nunique() >= 6
        assert (table.groupby("kpi")["value"].apply(lambda v: v.notna().sum()) >= 8).all()


def test_each_leading_kpi_names_what_it_should_move(card):
    table = named(card)
    assert len(table) >= 8 and (table["moves"] != "none named").all()
    assert "adoption_rate" in set(table["kpi"])


def test_the_arrows_are_tested_on_settled_months(journey, card):
    table = links.tested(journey, card.link_pairs)
    assert set(table["verdict"]) <= set(lag.STATUSES) and len(table) == len(card.link_pairs)
    late = table[table["to_kpi"] == "first_year_margin"].iloc[0]
    assert late["verdict"] == "untested" and late["months"] < lag.MIN_MONTHS  # a first year takes a year
    months = links.monthly_values(journey, ["retention_90d", "ideas_shipped"])
    assert months["retention_90d"].iloc[-4:].isna().all() and months["ideas_shipped"].notna().iloc[-1]


def test_enough_kpis_of_every_kind():
    kpis = [kpi for kpi in all_kpis().values() if kpi.phase == "adoption"]
    assert len(kpis) >= 12 and {kpi.perspective for kpi in kpis} == set(names.PERSPECTIVES) and {kpi.kind for kpi in kpis} == set(names.KINDS)


# Companies that lack something ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    return sample.make(customers=1100, seed=5)


def company(folder, tables, settings: str = "min_cell: 10\n"):
    folder.mkdir(parents=True)
    sample.files.write_tables(tables, folder)
    (folder / "journey.yml").write_text(settings)
    return open_journey(folder)


def words(journey) -> tuple[str, list, dict]:
    """Everything the page would say of a journey; findings; results."""
    results = infer.results(PAGE, journey)
    card = score.scorecard(journey, "adoption")
    findings = page.find(journey, results, card)
    told = []
    for name, result in results.items():
        items = READERS[name](result) if result.ok else [lacking(result)]
        told += [item.title + " " + item.alt if isinstance(item, Chart) else item if isinstance(item, str) else item.caption for item in items]
    told += [one.headline + " " + one.observed for one in findings]
    return " ".join(told), findings, results


def without(tables, *gone: str):
    return {name: table for name, table in tables.items() if name not in gone}


def test_without_orders_the_start_is_the_purchase_contact(tmp_path, small):
    journey = company(tmp_path / "no_orders", without(small, "orders"))
    text, _, results = words(journey)
    assert results["time_to_adopt"].ok and not results["adoption_pays"].ok
    assert "the column customer_id in orders" in text and "nan" not in text.lower().replace("finance", "")


def test_without_contacts_orders_still_tell_who_stays(tmp_path, small):
    journey = company(tmp_path / "no_contacts", without(small, "interactions"))
    text, findings, results = words(journey)
    assert results["cohort_triangle"].ok and not results["time_to_adopt"].ok
    assert headline(findings, "Whether customers use what they bought cannot be seen") and "the table interactions" in text


def test_without_a_dictionary_use_cannot_be_seen(tmp_path, small):
    journey = company(tmp_path / "no_words", without(small, "touchpoints", "activity_touchpoints"))
    text, findings, results = words(journey)
    assert results["cohort_triangle"].ok and not results["onboarding_funnel"].ok
    assert "a row of touchpoints whose role is usage" in text


def test_without_customers_there_are_no_segments(tmp_path, small):
    journey = company(tmp_path / "no_customers", without(small, "customers", "surveys", "tickets", "mentions"))
    text, _, results = words(journey)
    assert results["time_to_adopt"].ok and results["adoption_by_segment"].missing == ("customers",)
    assert "technical trouble (no ticket" in text and "rivals (no ticket topic" in text


def test_with_tickets_alone_nothing_is_invented(tmp_path, small):
    journey = company(tmp_path / "tickets", {"tickets": small["tickets"]})
    text, findings, results = words(journey)
    assert not any(result.ok for result in results.values())
    assert len(findings) == 1 and "When customers start cannot be seen" in findings[0].headline
    known = infer.estimates(journey, [kpi.id for kpi in all_kpis().values() if kpi.phase == "adoption"])
    assert known["value"].isna().all()


def test_old_customers_do_not_pass_for_new_ones(tmp_path, small):
    """A panel that begins in the middle of its customers' lives: their first order in the data is not their first."""
    orders = small["orders"]
    cut = orders["at"] >= "2025-11-01"
    old = orders.loc[~cut, ["customer_id"]].drop_duplicates().assign(at=pd.Timestamp("2025-11-03"), revenue=10.0, cost=5.0, touchpoint="web_checkout", refunded=False)
    panel = pd.concat([orders[cut], old.assign(order_id=[f"P{n}" for n in range(len(old))])], ignore_index=True)
    text, findings, results = words(company(tmp_path / "panel", {"orders": panel}))
    assert "gap" not in results["cohort_triangle"].facts and "the first months are not months of new customers" in text
    assert not headline(findings, "Newer customers stay")
    assert results["adoption_change"].facts["older"]


def test_a_month_of_one_segment_says_that_it_is_too_little():
    journey = open_journey("data/sample", period="2026-09", segment="segment=trade")
    text, findings, results = words(journey)
    assert headline(findings, "Too few customers start in this period") and not results["onboarding_funnel"].ok
    assert "No customer who starts in this period has an adoption window that is over." in text
