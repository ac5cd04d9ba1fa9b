"""Relations that end, by hand: six members of a gym, whose days can be counted on paper."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers import infer
from helpers.infer import who_stays as stays
from helpers.journey import open_journey
from helpers.measure import adoption, membership, staying
from helpers.report import who_stays as told
from helpers.tests.folders import write

SETTINGS = "min_cell: 1\nmin_n: 1\nas_of: 2026-06-30\nwindows: {adoption: 30d}\nsegments: [town]\n"
PLACES = """touchpoint,stage,role,relation
flyer,awareness,information,
contract,purchase,,start
training,post_purchase,usage,
cancelled,,,lost
year_over,loyalty,,done
"""
# amy leaves on day 10, bob on day 40; cia's year is over on day 60 (a later cancelling is none); dan goes on; eve cancels before she begins; fay begins, is done and begins no second time.
CONTACTS = """customer_id,at,touchpoint
amy,2026-01-01,contract
amy,2026-01-05,training
amy,2026-01-11,cancelled
bob,2026-01-01,contract
bob,2026-01-20,training
bob,2026-02-10,cancelled
cia,2026-02-01,contract
cia,2026-02-03,training
cia,2026-04-02,year_over
cia,2026-04-20,cancelled
dan,2026-03-01,flyer
dan,2026-03-02,contract
dan,2026-03-02,training
dan,2026-05-05,training
eve,2026-02-01,cancelled
fay,2026-03-05,contract
fay,2026-03-15,year_over
"""
CUSTOMERS = "customer_id,town,person_id\namy,n,p1\nbob,n,p1\ncia,s,p2\ndan,s,p3\neve,s,p4\nfay,n,p5\n"


@pytest.fixture(scope="module")
def gym(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("gym") / "gym", journey=SETTINGS, touchpoints_csv=PLACES, interactions_csv=CONTACTS, customers_csv=CUSTOMERS)
    return open_journey(folder)


def test_each_relation_ends_as_its_contacts_say(gym):
    table = gym.collect(membership.membership(gym)).set_index("customer_id")
    assert adoption.start_kind(gym) == "relation" and list(table.index) == ["amy", "bob", "cia", "dan", "fay"]
    assert table["event"].to_dict() == {"amy": 1, "bob": 1, "cia": 0, "dan": 0, "fay": 0}
    assert table.loc[["amy", "bob", "cia", "fay"], "days"].tolist() == [10, 40, 60, 10]
    assert table["ended_at"].isna().to_dict() == {"amy": False, "bob": False, "cia": False, "dan": True, "fay": False}
    assert membership.ends(gym) == {"began": 5, "left": 2, "done": 2, "open": 1, "never": 1}


def test_done_is_censored_and_never_a_loss(gym):
    # At risk on day 10: five, one leaves (fay, done that day, is still at risk); on day 40: bob, cia and dan, one leaves.
    found = stays.who_stays(gym)
    shares = {int(row.days): row.share for row in found.table.itertuples()}
    assert shares[9] == 1 and shares[10] == pytest.approx(4 / 5) and shares[40] == pytest.approx(4 / 5 * 2 / 3)
    assert found.facts["marks"][30]["share"] == pytest.approx(4 / 5)
    assert found.extra["ends"].set_index("end")["customers"].to_dict() == {"left": 2, "done": 2, "open": 1, "never": 1}
    groups = found.extra["groups"].set_index("value")
    assert groups.loc["s", "day_60"] == 1 and groups.loc["n", "day_14"] == pytest.approx(2 / 3)


def test_nobody_is_followed_beyond_the_proper_end(gym):
    table = gym.collect(adoption.adopters(gym)).set_index("customer_id")
    assert table.loc[["cia", "fay"], "followed"].tolist() == [60, 10]
    assert table.loc["fay", "closed"] == 0 and pd.isna(table.loc["fay", "adopted"])  # ten days do not show whether she would have trained
    assert table.loc[["amy", "bob", "cia", "dan"], "adopted"].tolist() == [1, 1, 1, 1]


def test_months_after_the_end_are_no_silence(gym):
    months = gym.collect(staying.owner_months(gym, 400.0), ["customer_id", "at"])
    seen = [(row.customer_id, f"{row.at:%m}", row.active) for row in months.itertuples()]
    assert seen == [("cia", "03", 0.0), ("dan", "04", 0.0), ("dan", "05", 1.0), ("dan", "06", 0.0)]


def test_customers_lost_in_a_month_are_those_who_leave_in_it(gym):
    found = infer.estimates(gym, ["churn", "early_leaving"]).query("grain == 'period'").set_index("kpi")
    # There at the start of a month: bob in February (leaves); cia in March and April; dan in April, May, June.
    assert found.loc["churn", ["value", "n"]].tolist() == pytest.approx([1 / 6, 6])
    assert found.loc["early_leaving", "value"] == pytest.approx(1 / 5)


def test_the_page_says_who_left_before_it_began(gym):
    found = told.find(stays.who_stays(gym))
    assert found[0].headline == "47% of customers leave within 120 days of their start, 20% within the first 14."
    assert "1 customer more left before their relation began" in found[0].observed


def test_people_behind_customers_are_counted(gym):
    assert infer.results("0_data", gym)["identities"].facts["persons"] == 5


def test_without_a_relation_nothing_changes(tmp_path):
    places = PLACES.replace(",start", ",").replace(",lost", ",").replace(",done", ",").replace("contract,purchase,,", "contract,purchase,purchase,")
    plain = open_journey(write(tmp_path / "plain", journey=SETTINGS, touchpoints_csv=places, interactions_csv=CONTACTS, customers_csv=CUSTOMERS))
    assert adoption.start_kind(plain) == "purchase" and stays.who_stays(plain).missing == ("touchpoints.relation=lost",)
    followed = plain.collect(adoption.adopters(plain)).set_index("customer_id")["followed"]
    assert followed["cia"] > 140


def test_a_wrong_word_is_refused_with_the_right_ones(tmp_path):
    from helpers.tests.folders import faults, prepare

    wrong = prepare(write(tmp_path / "wrong", touchpoints_csv=PLACES.replace("lost", "gone"), interactions_csv=CONTACTS))
    assert faults(wrong) == [(5, "relation", "gone")]
    assert "start, lost, done" in wrong.quarantine()["reason"].iloc[0]
