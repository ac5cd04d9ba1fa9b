"""Intents on a hand-made log: where each begins, what it ends in, and what of it counts."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.journey import open_journey
from helpers.measure.intents import intents
from helpers.tests.folders import write

SETTINGS = "name: Small\nmin_cell: 1\nmin_n: 1\nas_of: 2026-06-30 00:00:00\n"
WORDS = ("touchpoint,stage,role\nsearch,consideration,research\ncompare,decision,comparison\npage,decision,evaluation\nreviews,decision,trust\n"
         "till,purchase,purchase\ntracking,post_purchase,information\n")
LOG = """customer_id,at,touchpoint,device,outcome
ann,2026-01-01 00:00:00,search,,success
ann,2026-01-11 00:00:00,page,phone,success
ann,2026-01-11 00:00:00,compare,desktop,success
ann,2026-02-25 00:00:00,search,desktop,success
bob,2026-01-01 00:00:00,search,desktop,success
bob,2026-01-25 00:00:00,search,desktop,success
bob,2026-02-20 00:00:00,search,desktop,success
cat,2026-01-01 00:00:00,page,desktop,success
cat,2026-01-01 00:00:00,till,desktop,failed
cat,2026-01-03 00:00:00,till,desktop,success
cat,2026-01-05 00:00:00,page,desktop,success
dan,2026-06-20 00:00:00,search,desktop,success
eve,2026-03-01 00:00:00,reviews,desktop,success
eve,2026-03-02 00:00:00,tracking,desktop,success
"""
ORDERS = "order_id,customer_id,at,revenue\n1,ann,2026-01-21 00:00:00,20\n2,ann,2026-01-21 00:00:00,5\n3,bob,2026-02-10 00:00:00,40\n4,dan,2026-06-25 00:00:00,7\n"


def table(folder) -> pd.DataFrame:
    journey = open_journey(folder)
    frame = journey.collect(intents(journey), ["customer_id", "number"])
    return frame.set_index(["customer_id", "number"])


@pytest.fixture(scope="module")
def with_orders(tmp_path_factory):
    return table(write(tmp_path_factory.mktemp("intents") / "small", journey=SETTINGS, interactions_csv=LOG, touchpoints_csv=WORDS, orders_csv=ORDERS))


@pytest.fixture(scope="module")
def by_role(tmp_path_factory):
    return table(write(tmp_path_factory.mktemp("intents") / "no_orders", journey=SETTINGS, interactions_csv=LOG, touchpoints_csv=WORDS))


def test_an_intent_begins_after_a_purchase_or_a_rest(with_orders):
    # ann: three looks, a purchase, and a look 35 days later. bob: looks 24 and 26 days apart with a purchase before the last.
    # cat: one search over four days. dan: one. eve met reviews and tracking, which are no looks.
    assert with_orders.index.tolist() == [("ann", 1), ("ann", 2), ("bob", 1), ("bob", 2), ("cat", 1), ("dan", 1)]
    assert with_orders["at"].dt.strftime("%m-%d").tolist() == ["01-01", "02-25", "01-01", "02-20", "01-01", "06-20"]


def test_it_ends_at_the_next_purchase(with_orders):
    assert with_orders.loc[("ann", 1), "days"] == pytest.approx(20.0)
    assert with_orders.loc[("ann", 1), "revenue"] == 25           # two orders of one instant
    assert with_orders["event"].tolist() == [1, 0, 1, 0, 0, 1]


def test_the_window_decides_what_converted(with_orders):
    # bob buys 40 days after his start: beyond the 30 days. dan buys, and his window is still open.
    converted = with_orders["converted"]
    assert converted.loc[("ann", 1)] == 1 and converted.loc[("bob", 1)] == 0 and converted.loc[("cat", 1)] == 0
    assert pd.isna(converted.loc[("dan", 1)]) and with_orders.loc[("dan", 1), "closed"] == 0


def test_options_are_the_looks_up_to_the_purchase_or_the_end_of_the_window(with_orders):
    assert with_orders["options"].tolist() == [3, 1, 2, 1, 2, 1]
    assert with_orders.loc[("ann", 1), "device"] == "phone"       # the first look has none


def test_nothing_is_followed_beyond_as_of(with_orders):
    assert with_orders.loc[("ann", 2), "days"] == pytest.approx(125.0)   # 25 February to 30 June
    assert with_orders.loc[("ann", 2), "until"] == pd.Timestamp("2026-03-27")
    assert with_orders.loc[("dan", 1), "until"] == pd.Timestamp("2026-06-25")


def test_without_orders_a_successful_contact_at_a_purchase_touchpoint_is_the_purchase(by_role):
    # cat's failed try at the till is none; her second look then begins a new intent. Nobody else is seen buying.
    assert by_role.index.tolist() == [("ann", 1), ("ann", 2), ("bob", 1), ("cat", 1), ("cat", 2), ("dan", 1)]
    assert by_role["event"].tolist() == [0, 0, 0, 1, 0, 0]
    assert by_role.loc[("cat", 1), "days"] == pytest.approx(2.0)
    assert by_role["revenue"].isna().all()
    # Without the purchase between them bob's three looks are one intent; two of them lie in its window.
    assert by_role.loc[("bob", 1), "options"] == 2


def test_where_no_purchase_can_be_seen_nothing_is_lost_or_won(tmp_path):
    words = WORDS.replace("till,purchase,purchase\n", "")
    found = table(write(tmp_path / "blind", journey=SETTINGS, interactions_csv=LOG, touchpoints_csv=words))
    assert found["converted"].isna().all() and len(found) == 5


def test_without_a_touchpoint_to_look_at_there_is_no_intent(tmp_path):
    assert len(table(write(tmp_path / "none", journey=SETTINGS, interactions_csv=LOG))) == 0
