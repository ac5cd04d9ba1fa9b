"""A trial: what a change that was given by lot changes, whether the lots look drawn, and how a company says that it drew them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import results
from helpers.infer.trial import balance, compared
from helpers.journey import open_journey
from helpers.load import ConfigError
from helpers.measure import trial as measured
from helpers.report import moments_found, trial as told
from helpers.tests.folders import write

LOTS = "name: Trial\nsegments: [region]\nas_of: 2026-06-30\nrandomised: {column: arm, control: none, since: 2026-03-01}\n"
ARMS = {"none": 106, "men's mail": 183, "women's mail": 151}
"""Of 1,000 each: the shares of the published trial (Hillstrom 2008: visits of 10.6, 18.3 and 15.1 %, +7.66 and +4.52 points)."""


def company(folder, arms=ARMS, *, each: int = 1000, settings: str = LOTS, region=lambda arm, i: "north" if i % 2 else "south"):
    """`each` customers an arm, of whom so many buy again on 20 March; a tenth of all bought before the draw, and one in five buys too late to count."""
    people, orders = ["customer_id,acquired_at,arm,region"], ["order_id,customer_id,at,revenue"]
    for a, (arm, hits) in enumerate(arms.items()):
        for i in range(each):
            who = f"c{a}_{i}"
            people.append(f"{who},2026-0{1 + i % 2}-0{1 + i % 9},{arm},{region(arm, i)}")
            if i % 10 == 0:
                orders.append(f"b{who},{who},2026-02-10,20")
            if i >= each - hits:
                orders.append(f"o{who},{who},2026-03-20,30")
            elif i % 5 == 0:
                orders.append(f"l{who},{who},2026-06-15,30")
    people.append("late,2026-04-01,none,north")  # came after the draw, and drew nothing
    return write(folder, journey=settings, customers_csv="\n".join(people) + "\n", orders_csv="\n".join(orders) + "\n")


def test_shares_and_differences_by_hand():
    rows = pd.DataFrame([(arm, hit, n if hit else 1000 - n) for arm, n in ARMS.items() for hit in (1, 0)], columns=["arm", "outcome", "people"])
    table = compared(rows, "none").set_index("arm")
    assert table.index.tolist() == ["none", "men's mail", "women's mail"]
    assert table["difference"].tolist()[1:] == pytest.approx([0.077, 0.045]) and np.isnan(table.loc["none", "difference"])
    # The pooled standard error of 18.3 less 10.6 % of 1,000 each is 1.56 points; Newcombe's interval lies close to it.
    assert table.loc["men's mail", "difference_low"] == pytest.approx(0.077 - 1.96 * 0.0156, abs=0.001)
    assert (table["q_value"].iloc[1:] < 0.01).all()
    few = compared(rows.assign(people=np.where(rows["outcome"] == 1, 4, rows["people"])), "none")
    assert few["value"].isna().all() and few["difference"].isna().all()  # under five of one outcome


def test_the_published_trial():
    """Hillstrom (2008), METHODS section 6: visits of 21,306 without a mail, 21,307 with the men's and 21,387 with the women's: +7.66 and +4.52 points."""
    counts = {"none": (21_306, 2_262), "men's mail": (21_307, 3_894), "women's mail": (21_387, 3_238)}
    rows = pd.DataFrame([(arm, hit, hits if hit else n - hits) for arm, (n, hits) in counts.items() for hit in (1, 0)], columns=["arm", "outcome", "people"])
    assert compared(rows, "none")["difference"].round(4).tolist()[1:] == [0.0766, 0.0452]


def test_balance_by_hand():
    """Arm: 60 of 100 from the north, control: 40 of 100. Half of all are; a difference of .2 in standard deviations of .5 is .4; d squared is .04 / (.2513 x .02)."""
    known = pd.DataFrame({"north": [1.0, 0.0, 1.0, 0.0]})
    p, most, apart = balance(known, np.array([60.0, 40.0, 40.0, 60.0]), np.array([True, True, False, False]), np.array([False, False, True, True]))
    assert most == "north" and apart == pytest.approx(0.4, rel=0.01)
    assert p == pytest.approx(0.0048, abs=0.0002)  # chi-square of 7.96 on one degree of freedom


def test_lots_are_checked_at_the_rate_that_chance_allows():
    rng, low = np.random.default_rng(5), 0
    for _ in range(300):
        known = pd.DataFrame({"weeks": rng.integers(0, 20, 200).astype(float), "north": rng.integers(0, 2, 200).astype(float), "spent": rng.gamma(1, 2, 200)})
        arm = rng.permutation(np.arange(200) < 80)
        low += balance(known, np.ones(200), arm, ~arm)[0] < 0.05
    assert 5 <= low <= 27  # 15 expected


def test_a_trial_from_tables_to_sentences(tmp_path):
    journey = open_journey(company(tmp_path / "trial"))
    found = results("4_moments_of_truth", journey)["trial"]
    assert found.table["n"].tolist() == [1000, 1000, 1000]  # all who drew, whatever they did; nobody who came later
    assert found.table["value"].tolist() == pytest.approx([0.106, 0.183, 0.151]) and found.facts["drawn"]
    lines = told.find(found)
    assert [line.level for line in lines] == ["good", "good"]
    assert lines[0].headline == "“men's mail” changes what customers do: the share who buy within 90 days rises by 8 points."
    assert "nothing but the change and chance" in lines[0].how_sure and "+7.7 points (+4.6 to +10.8)" in lines[0].observed
    items = told.trial(found)
    assert items[1].startswith("The arms were alike before the draw")
    assert any("changes what customers do" in one.headline for one in moments_found.find(journey, results("4_moments_of_truth", journey)))


def test_lots_that_do_not_look_drawn_only_go_with(tmp_path):
    """The mail went to the north: the same shares, and nobody may say that the mail changed anything."""
    journey = open_journey(company(tmp_path / "picked", region=lambda arm, i: "north" if arm != "none" or i % 3 == 0 else "south"))
    found = results("4_moments_of_truth", journey)["trial"]
    assert not found.facts["drawn"] and found.table["furthest"].iloc[1].startswith("region")
    lines = told.find(found)
    assert all("goes with it" in line.headline and "changes" not in line.headline for line in lines)
    assert "do not look drawn" in lines[0].how_sure


def test_no_difference_is_said_and_an_open_window_waited_for(tmp_path):
    same = open_journey(company(tmp_path / "same", {"none": 106, "mail": 110}))
    assert told.find(results("4_moments_of_truth", same)["trial"])[0].headline.startswith("No arm of the trial is shown")
    early = open_journey(company(tmp_path / "early"), as_of="2026-05-01")
    assert not measured.over(early) and "not over yet" in results("4_moments_of_truth", early)["trial"].nothing
    small = open_journey(company(tmp_path / "small", {"none": 4, "mail": 6}, each=20))
    assert "Too few" in results("4_moments_of_truth", small)["trial"].nothing


def test_without_lots_the_page_says_what_it_needs(tmp_path):
    journey = open_journey(company(tmp_path / "none", settings="name: None\n"))
    assert results("4_moments_of_truth", journey)["trial"].nothing.startswith("Not measured: it needs a trial by lot:")


@pytest.mark.parametrize(("lots", "words"), [
    ("{column: arm, since: 2026-03-01}", "lacks control"), ("{column: arm}", "lacks control and since"),
    ("{column: customer_id, control: none, since: 2026-03-01}", "says nothing about lots"), ("{colum: arm, control: none, since: 2026-03-01}", "colum"),
    ("{column: arm, control: none, since: March}", "which is not a day"), ("arm", "mapping"),
])
def test_lots_that_cannot_be_read_are_refused(tmp_path, lots, words):
    with pytest.raises(ConfigError, match=words):
        open_journey(company(tmp_path / "wrong", settings=f"name: Wrong\nrandomised: {lots}\n"))


def test_a_column_or_a_control_that_is_not_there_is_a_warning(tmp_path):
    absent = open_journey(company(tmp_path / "absent", settings=LOTS.replace("column: arm", "column: armm")))
    assert any("randomised names the column armm" in line and "arm" in line for line in absent.prepared.warnings)
    assert not measured.drawn(absent)
    other = open_journey(company(tmp_path / "other", settings=LOTS.replace("control: none", "control: nobody")))
    assert any("no customer has arm nobody" in line for line in other.prepared.warnings)
    assert "Nobody here drew the control" in results("4_moments_of_truth", other)["trial"].nothing
