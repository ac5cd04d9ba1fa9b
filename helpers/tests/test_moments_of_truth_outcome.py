"""What customers do next, and which ratings may count for it, on tables small enough to check by eye."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.journey import open_journey
from helpers.measure import moments_of_truth, outcome, recovery, stages
from helpers.tests.folders import write

SETTINGS = "name: Small\nmin_cell: 1\nmin_n: 1\nas_of: 2026-12-31\nwindows: {retention: 90d}\n"
DICTIONARY = "touchpoint,stage,role\nguide,consideration,information\ndelivery,post_purchase,engagement\nhelp,post_purchase,support\nclub,loyalty,loyalty\n"
ORDERS = """order_id,customer_id,at,revenue
o1,ann,2026-01-01 10:00:00,20
o2,ann,2026-01-01 18:00:00,5
o3,ann,2026-03-01 09:00:00,30
o4,bob,2026-02-01 09:00:00,40
o5,bob,2026-06-01 09:00:00,50
o6,cat,2026-11-01 09:00:00,60
"""


def survey(*rows: str) -> str:
    return "customer_id,at,instrument,score,touchpoint\n" + "\n".join(rows) + "\n"


def small(tmp_path, settings=SETTINGS, **files):
    return open_journey(write(tmp_path / "small", journey=settings, **{"touchpoints_csv": DICTIONARY, **files}))


def test_purchases_of_a_day_are_one_occasion_and_open_windows_have_no_outcome(tmp_path):
    j = small(tmp_path, orders_csv=ORDERS)
    found = j.collect(outcome.occasions(j), ["customer_id", "number"])
    told = [tuple(row) for row in found[["customer_id", "number", "outcome", "closed", "revenue"]].astype(object).where(found.notna(), None).itertuples(index=False)]
    assert told == [
        ("ann", 1, 1.0, 1, 25.0),   # back after 59 days; two orders of one day are one occasion
        ("ann", 2, 0.0, 1, 30.0),
        ("bob", 1, 0.0, 1, 40.0),   # back after 120 days: past the window
        ("bob", 2, 0.0, 1, 50.0),
        ("cat", 1, None, 0, 60.0),  # 60 days old at as_of: still open
    ]


def test_each_rating_falls_to_one_occasion_or_says_why_not(tmp_path):
    j = small(tmp_path, orders_csv=ORDERS, surveys_csv=survey(
        "ann,2025-12-20 10:00:00,csat,4,delivery",   # before a first purchase
        "ann,2026-01-03 10:00:00,csat,2,delivery",   # counts for 1 January ...
        "ann,2026-01-05 10:00:00,csat,5,delivery",   # ... and this later answer stands
        "ann,2026-02-20 10:00:00,csat,5,guide",      # looking round for the next purchase
        "ann,2026-03-02 10:00:00,csat,3,delivery",   # counts for 1 March
        "bob,2026-05-15 10:00:00,csat,1,delivery",   # 103 days after: the outcome is settled
        "cat,2026-11-03 10:00:00,csat,1,delivery",   # its window is open
        "bob,2026-02-03 10:00:00,ces,1,delivery",    # another question about it: satisfaction has more answers
    ))
    found = j.collect(outcome.placed(j), ["row_id"])
    assert found["place"].tolist() == ["before", "used", "used", "search", "used", "late", "open"]
    counted = j.collect(outcome.rated_with_outcome(j), ["row_id"])
    assert counted[["customer_id", "number", "score", "outcome"]].values.tolist() == [["ann", 1, 5, 1.0], ["ann", 2, 3, 0.0]]


def test_a_purchase_comes_before_what_is_rated_at_the_same_instant(tmp_path):
    j = small(tmp_path, orders_csv=ORDERS, surveys_csv=survey("ann,2026-03-01 09:00:00,csat,4,delivery"))
    assert j.collect(outcome.placed(j))[["number", "place"]].values.tolist() == [[2, "used"]]


def test_what_is_asked_after_the_outcome_is_refused_by_name(tmp_path):
    settings = SETTINGS.replace("min_cell: 1", "min_cell: 3")
    people = [f"c{i}" for i in range(12)]
    orders = ["order_id,customer_id,at,revenue"]
    answers = []
    for i, name in enumerate(people):
        orders.append(f"a{i},{name},2026-01-0{1 + i % 5} 10:00:00,10")
        if i % 2:
            orders.append(f"b{i},{name},2026-02-10 10:00:00,10")
        # The club asks 95 days after the first purchase, and those who came back are in their second window by then.
        answers += [f"{name},2026-01-08 10:00:00,csat,{1 + i % 5},delivery", f"{name},2026-04-{10 + i % 5} 10:00:00,csat,{4 if i % 2 else 2},club"]
    j = small(tmp_path, settings, orders_csv="\n".join(orders), surveys_csv=survey(*answers))
    table = outcome.places(j).set_index("touchpoint")
    assert table["refused"].to_dict() == {"club": True, "delivery": False}
    assert table.loc["club", ["used", "late"]].tolist() == [6, 6]
    assert moments_of_truth.analysis(j).quality.columns.tolist() == ["delivery"]


def test_an_answer_sums_up_what_was_rated_before_it(tmp_path):
    j = small(tmp_path, surveys_csv=survey(
        "ann,2026-05-01 10:00:00,csat,2,delivery",
        "ann,2026-05-10 10:00:00,nps,9,",
        "ann,2026-05-11 10:00:00,csat,5,delivery",   # belongs to her next answer, which is too far away
        "ann,2026-12-01 10:00:00,nps,8,",
        "bob,2026-05-10 10:00:00,csat,4,help",       # in one breath with the answer
        "bob,2026-05-10 10:00:00,nps,3,",
        "cat,2026-06-01 10:00:00,csat,4,help",       # no answer follows
    ))
    assert j.outcome == "recommendation"
    found = j.collect(outcome.placed(j), ["row_id"])
    assert list(zip(found["customer_id"], found["place"], strict=True)) == [("ann", "used"), ("ann", "late"), ("bob", "same"), ("cat", "late")]
    assert found["outcome"].tolist()[:1] == [1.0]


@pytest.mark.parametrize(("score", "scale", "top"), [(4, (1, 5), 1), (3, (1, 5), 0), (6, (1, 7), 1), (9, (0, 10), 1), (8, (0, 10), 0), (90, (0, 100), 1), (89, (0, 100), 0)])
def test_overall_satisfaction_counts_the_top_two_boxes(tmp_path, score, scale, top):
    j = small(tmp_path, surveys_csv="customer_id,at,instrument,score,touchpoint,scale_min,scale_max\n"
              f"ann,2026-05-01 10:00:00,csat,{score},,{scale[0]},{scale[1]}\n")
    assert j.outcome == "satisfaction"
    assert j.collect(outcome.occasions(j))["outcome"].tolist() == [top]


def test_what_was_known_before_stays_before(tmp_path):
    contacts = "customer_id,at,touchpoint\nann,2025-12-30 10:00:00,guide\nann,2026-01-02 10:00:00,delivery\nann,2026-03-05 10:00:00,help\n"
    customers = "customer_id,acquired_at,region\nann,2025-12-02 10:00:00,north\nbob,2026-01-31 09:00:00,south\n"
    j = small(tmp_path, orders_csv=ORDERS, interactions_csv=contacts, customers_csv=customers, surveys_csv=survey(
        "ann,2026-01-03 10:00:00,csat,2,delivery", "ann,2026-03-02 10:00:00,csat,3,delivery", "bob,2026-02-03 10:00:00,csat,5,help"))
    found = moments_of_truth.analysis(j)
    assert found.before[["purchases_before", "contacts_before", "days_a_customer"]].values.tolist() == [[0, 1, 30], [1, 2, 88], [0, 0, 1]]
    assert found.quality["delivery"].tolist()[:2] == [0.25, 0.5] and found.poor["delivery"].tolist()[:2] == [1.0, 0.0]
    assert found.customers == 2 and found.occasions == 4 and found.rate == 0.25 and not found.same


def test_steps_run_from_the_purchase_to_the_outcome(tmp_path):
    contacts = ("customer_id,at,touchpoint\nann,2026-01-02 10:00:00,delivery\nann,2026-01-04 10:00:00,help\nann,2026-02-25 10:00:00,guide\n"
                "ann,2026-03-05 10:00:00,help\nbob,2026-05-20 10:00:00,help\n")
    j = small(tmp_path, orders_csv=ORDERS, interactions_csv=contacts)
    found = moments_of_truth.steps_to_outcome(j).groupby(["source", "target"])["count"].sum()
    assert found.to_dict() == {
        ("(start)", "delivery"): 1, ("delivery", "help"): 1, ("help", "(conversion)"): 1,  # the guide is the next search
        ("(start)", "help"): 1, ("help", "(null)"): 1,                                     # bob's contact lies past the window
    }


def test_stages_are_left_by_reaching_a_later_one(tmp_path):
    contacts = ("customer_id,at,touchpoint\nann,2025-12-20 10:00:00,guide\nann,2026-01-02 10:00:00,delivery\nbob,2026-01-30 10:00:00,guide\n"
                "dan,2026-02-01 10:00:00,guide\ndan,2026-01-01 10:00:00,club\n")
    j = small(tmp_path, orders_csv=ORDERS, interactions_csv=contacts)
    found = j.collect(stages.stage_reached(j), ["customer_id", "at"])
    told = {(row.customer_id, row.stage): (row.event, round(row.days, 1)) for row in found.itertuples()}
    assert told[("ann", "consideration")] == (1, 12.0)    # on to the purchase
    assert told[("ann", "purchase")] == (1, 1.0)
    assert told[("bob", "purchase")] == (0, 333.6)        # 1 February, 9 h, to the end of the data
    assert told[("dan", "consideration")] == (0, 333.6)   # the club came before the guide
    assert found.loc[found["stage"] == "loyalty", "days"].isna().all()  # nobody was ever seen after it: not known, not lost
    assert stages.before(j, "purchase") == "consideration" and stages.before(j, "consideration") is None


def test_where_only_the_first_stage_was_ever_seen_nobody_is_lost(tmp_path):
    """The dictionary knows a later stage that no contact reached: that nobody went on is not known."""
    (tmp_path / "interactions.csv").write_text("customer_id,at,touchpoint\nann,2026-01-05,ad\nbob,2026-02-05,ad\n")
    (tmp_path / "touchpoints.csv").write_text("touchpoint,stage\nad,awareness\nshelf,consideration\n")
    j = open_journey(tmp_path)
    found = j.collect(stages.stage_reached(j), ["customer_id"])
    assert found["stage"].tolist() == ["awareness", "awareness"] and found["event"].tolist() == [0, 0] and found["days"].isna().all()


def test_a_poor_experience_is_put_right_by_a_lasting_solution_or_a_good_word_about_support(tmp_path):
    tickets = ("ticket_id,opened_at,customer_id,resolved_at,reopened\nt1,2026-01-03 10:00:00,ann,2026-01-06 10:00:00,false\n"
               "t2,2026-02-04 10:00:00,bob,2026-02-05 10:00:00,true\n")
    j = small(tmp_path, orders_csv=ORDERS, tickets_csv=tickets, surveys_csv=survey(
        "ann,2026-01-03 10:00:00,csat,1,delivery", "bob,2026-02-03 10:00:00,csat,2,delivery", "bob,2026-02-09 10:00:00,csat,4,help",
        "bob,2026-02-04 10:00:00,csat,5,club"))
    found = j.collect(recovery.poor_experiences(j), ["row_id"])
    assert found[["customer_id", "event", "days"]].values.tolist() == [["ann", 1, 3.0], ["bob", 1, 6.0]]
    sums = recovery.by_recovery(j)
    assert sums[["touchpoint", "repaired", "s", "w"]].values.tolist() == [["", 1, 1.0, 2.0], ["delivery", 1, 1.0, 2.0]]


def test_the_three_experiences_add_up(tmp_path):
    j = small(tmp_path, orders_csv=ORDERS, surveys_csv=survey(
        "ann,2026-01-03 10:00:00,csat,2,delivery", "ann,2026-03-02 10:00:00,csat,1,delivery", "bob,2026-02-03 10:00:00,csat,5,delivery"))
    found = moments_of_truth.by_experience(j)
    assert found[["experience", "m", "s", "w", "ss", "sw", "ww"]].values.tolist() == [["delighted", 1, 0, 1, 0, 0, 1], ["poor", 1, 1, 2, 1, 2, 4]]
    assert isinstance(moments_of_truth.performance(j), pd.DataFrame)
