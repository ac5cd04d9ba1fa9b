"""Page 0: the five pitfalls, each with its number and verdict, on companies small enough to count."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.infer import results
from helpers.journey import open_journey
from helpers.measure import all_kpis
from helpers.report import data as page
from helpers.tests.folders import write

SETTINGS = "name: Small\nmin_cell: 1\nmin_n: 2\nas_of: 2026-06-30\n"
WORDS = "touchpoint,stage,role\nshop,purchase,purchase\nhelp,post_purchase,support\nclub,loyalty,loyalty\nreview,advocacy,advocacy\n"


def contacts(*rows: str) -> str:
    return "customer_id,at,touchpoint\n" + "".join(f"{row}\n" for row in rows)


def pitfalls(folder, **files):
    journey = open_journey(write(folder, journey=SETTINGS, touchpoints_csv=WORDS, **files))
    return journey, results("0_data", journey)["pitfalls"].table.set_index("pitfall")


def test_each_pitfall_is_counted_by_hand(tmp_path):
    """Of three stages after the purchase one has data. Ratings end 20 days before the contacts. Of 4 named customers 2 are in both tables. Of the two touchpoints with data one has two ratings."""
    journey, table = pitfalls(
        tmp_path, interactions_csv=contacts("a,2026-06-01,shop", "b,2026-06-02,shop", "c,2026-06-03,help", "a,2026-06-30,help"),
        surveys_csv="customer_id,at,instrument,score,touchpoint\na,2026-06-09,csat,4,shop\nb,2026-06-10,csat,5,shop\nd,2026-06-10,csat,5,help\n",
    )
    assert table["number"].drop("Assumed, not gathered").to_dict() == pytest.approx({"Only the sale is covered": 1 / 3, "Stale": 20, "Siloed": 2 / 4, "No emotion": 1 / 2})
    assert table["verdict"].drop("Assumed, not gathered").to_dict() == {"Only the sale is covered": "warn", "Stale": "pass", "Siloed": "warn", "No emotion": "warn"}
    assert table.loc["Only the sale is covered", "meaning"] == "no data: Loyalty, Advocacy"
    gathered = sum(not journey.missing(kpi.needs) for kpi in all_kpis().values())
    assert table.loc["Assumed, not gathered", "number"] == gathered / len(all_kpis()) and 0 < gathered < len(all_kpis())


@pytest.mark.parametrize(("days", "verdict"), [(44, "pass"), (45, "warn"), (119, "warn"), (120, "fail")])
def test_a_table_ages_from_day_to_day(tmp_path, days, verdict):
    last = (pd.Timestamp("2026-06-30") - pd.Timedelta(days=days)).date()
    _, table = pitfalls(tmp_path, interactions_csv=contacts("a,2026-06-30,shop", "b,2026-06-30,help"),
                        surveys_csv=f"customer_id,at,instrument,score,touchpoint\na,{last},csat,4,shop\nb,{last},csat,5,shop\n")
    assert (table.loc["Stale", "number"], table.loc["Stale", "verdict"]) == (days, verdict)


def test_what_fails_and_what_cannot_be_judged(tmp_path):
    """One table that names customers, no survey, no stage after the purchase: two pitfalls fail; without a dictionary one cannot be judged."""
    journey, table = pitfalls(tmp_path / "one", interactions_csv=contacts("a,2026-06-01,shop", "b,2026-06-02,shop", "c,2026-06-30,shop"))
    assert table["verdict"][["Only the sale is covered", "Siloed", "No emotion"]].tolist() == ["fail", "fail", "fail"]
    assert table.loc["Siloed", "meaning"] == "interactions alone name customers, 3 of them"
    told = [one.headline for one in page.find(journey, results("0_data", journey))]
    assert "0% of the customers are seen in more than one table: the pitfall “siloed”." in told
    bare = open_journey(write(tmp_path / "bare", journey=SETTINGS, orders_csv="order_id,at,customer_id,revenue\n1,2026-06-01,a,5\n"))
    verdicts = results("0_data", bare)["pitfalls"].table.set_index("pitfall")["verdict"]
    assert (verdicts[["Only the sale is covered", "Siloed", "No emotion"]] == "cannot be judged").all()
    assert "The pitfall “no emotion” cannot be judged." in [one.headline for one in page.find(bare, results("0_data", bare))]
