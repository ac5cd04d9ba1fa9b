"""Ordered funnels on hand-made logs, and on a published one."""

from __future__ import annotations

import pytest

from helpers.journey import open_journey
from helpers.measure.funnel import default_steps, funnel
from helpers.tests.folders import write

STEPS = ["see", "cart", "pay"]
# ann: in order. bob: cart and pay in one second, in the log's order. cat: pays before the cart in the same second, so only the
# cart counts. dan: comes back to `see` later; his first one counts, and the cart comes after. eve: pays without a cart.
LOG = """customer_id,at,touchpoint
ann,2026-01-01 10:00:00,see
ann,2026-01-02 10:00:00,cart
ann,2026-01-05 10:00:00,pay
bob,2026-01-01 10:00:00,see
bob,2026-01-01 10:00:10,cart
bob,2026-01-01 10:00:10,pay
cat,2026-01-01 10:00:00,see
cat,2026-01-01 10:00:10,pay
cat,2026-01-01 10:00:10,cart
dan,2026-01-01 10:00:00,cart
dan,2026-01-01 11:00:00,see
dan,2026-01-20 11:00:00,cart
dan,2026-01-21 11:00:00,see
eve,2026-01-03 11:00:00,see
eve,2026-01-04 11:00:00,pay
"""
WORDS = "touchpoint,label,stage,role\nsee,Seeing,consideration,research\ncart,Basket,decision,evaluation\npay,Paying,purchase,purchase\n"
SETTINGS = "name: Small\nmin_cell: 1\nmin_n: 1\nas_of: 2026-12-31\n"


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    return open_journey(write(tmp_path_factory.mktemp("funnel") / "small", journey=SETTINGS, interactions_csv=LOG, touchpoints_csv=WORDS))


def test_each_step_follows_the_one_before_and_one_instant_keeps_the_logs_order(journey):
    table = funnel(journey, STEPS, by="touchpoint")
    assert table["label"].tolist() == ["Seeing", "Basket", "Paying"]
    assert table["users"].tolist() == [5, 4, 2]        # the cart: all but eve; paying after it: ann and bob
    assert table["of_start"].tolist() == pytest.approx([1, 4 / 5, 2 / 5])
    assert table["of_previous"].tolist()[1:] == pytest.approx([4 / 5, 2 / 4])
    assert table["median_days"].tolist()[1:] == pytest.approx([(10 / 86400 + 1) / 2, 1.5])  # carts after 10 s, 10 s, 1 d, 19 d; payments after 0 s and 3 d


def test_the_window_runs_from_the_first_step(journey):
    assert funnel(journey, STEPS, by="touchpoint", window_days=4)["users"].tolist() == [5, 3, 2]      # dan's cart comes after 19 days
    assert funnel(journey, STEPS, by="touchpoint", window_days=3.5)["users"].tolist() == [5, 3, 1]    # ann pays on the fourth day


def test_stages_and_roles_give_the_same_funnel_where_each_has_one_touchpoint(journey):
    assert default_steps(journey) == ["consideration", "decision", "purchase"]
    for table in (funnel(journey), funnel(journey, ["research", "evaluation", "purchase"], by="role")):
        assert table["users"].tolist() == [5, 4, 2]


def test_customers_whose_window_is_open_are_set_apart(tmp_path):
    folder = write(tmp_path / "small", journey=SETTINGS.replace("2026-12-31", "2026-01-08 10:30:00"), interactions_csv=LOG, touchpoints_csv=WORDS)
    table = funnel(open_journey(folder), STEPS, by="touchpoint", window_days=7)
    # By 8 January, 10:30, the seven days are over for ann, bob and cat; dan began half an hour too late, eve two days.
    assert table["users"].tolist() == [3, 3, 2]
    assert table["open"].tolist() == [2, 0, 0]


def test_the_period_cuts_the_first_step_only(tmp_path):
    folder = write(tmp_path / "small", journey=SETTINGS, interactions_csv=LOG, touchpoints_csv=WORDS)
    table = funnel(open_journey(folder, period="2026-01-01..2026-01-01"), STEPS, by="touchpoint")
    assert table["users"].tolist() == [4, 4, 2]        # eve starts on the third; ann's later steps count


def test_an_order_of_the_same_instant_comes_after_the_contact(tmp_path):
    orders = "order_id,customer_id,at,revenue\n1,ann,2026-01-02 10:00:00,5\n2,bob,2026-01-01 09:00:00,5\n3,eve,2026-01-05 10:00:00,5\n"
    folder = write(tmp_path / "small", journey=SETTINGS, interactions_csv=LOG, touchpoints_csv=WORDS, orders_csv=orders)
    table = funnel(open_journey(folder), ["consideration", "decision", "purchase"])
    assert table["users"].tolist() == [5, 4, 1]        # ann buys in the second of her cart; bob bought before, eve has no cart


@pytest.mark.parametrize(("steps", "by", "told"), [
    (["see", "crat"], "touchpoint", "'crat' is not a touchpoint of Small.*Type cart"),
    (["consideration", "buying"], "stage", "'buying' is not a stage"),
    (["see", "cart"], "step", "allowed are stage, touchpoint, role"),
])
def test_a_wrong_step_is_named_with_the_nearest_right_one(journey, steps, by, told):
    with pytest.raises(ValueError, match=told):
        funnel(journey, steps, by=by)


# The published funnel's six steps by hand. u1 goes all the way, cart and shipping in one second in the log's order; u2 stops at the payment details;
# u3 puts shipping before the cart in one second, so it does not count, and comes back to it; u4 goes to the cart before anything is in it and not again;
# u5 only looks; u6 pays and looks afterwards.
SIX = ["catalog", "add_to_cart", "cart", "shipping_details", "payment_details", "purchase"]
SHOP = """customer_id,at,touchpoint
u1,2026-01-01 10:00:00,catalog
u1,2026-01-01 10:01:00,add_to_cart
u1,2026-01-01 10:02:00,cart
u1,2026-01-01 10:02:00,shipping_details
u1,2026-01-01 10:03:00,payment_details
u1,2026-01-01 10:04:00,purchase
u2,2026-01-01 10:00:00,catalog
u2,2026-01-01 10:01:00,add_to_cart
u2,2026-01-01 10:02:00,cart
u2,2026-01-01 10:03:00,shipping_details
u2,2026-01-01 10:04:00,payment_details
u3,2026-01-01 10:00:00,catalog
u3,2026-01-01 10:01:00,add_to_cart
u3,2026-01-01 10:02:00,shipping_details
u3,2026-01-01 10:02:00,cart
u3,2026-01-02 10:00:00,shipping_details
u4,2026-01-01 10:00:00,catalog
u4,2026-01-01 10:01:00,cart
u4,2026-01-01 10:02:00,add_to_cart
u5,2026-01-01 10:00:00,catalog
u6,2026-01-01 10:00:00,purchase
u6,2026-01-02 10:00:00,catalog
"""


def test_the_six_steps_of_the_published_funnel_by_hand(tmp_path):
    journey = open_journey(write(tmp_path / "shop", journey=SETTINGS, interactions_csv=SHOP))
    table = funnel(journey, SIX, by="touchpoint")
    assert table["users"].tolist() == [6, 4, 3, 3, 2, 1]      # the cart: u1, u2, u3; shipping: u3 a day later
    assert table["of_start"].tolist() == pytest.approx([1, 4 / 6, 3 / 6, 3 / 6, 2 / 6, 1 / 6])
    assert table["of_previous"].tolist()[1:] == pytest.approx([4 / 6, 3 / 4, 1, 2 / 3, 1 / 2])


@pytest.mark.case
def test_the_published_funnel_of_a_shop(reference, tmp_path):
    # retentioneering's ecom example: events of one second keep the file's order; asking for a later second would give 114.
    mapping = f"name: Shop\ntables:\n  interactions: {{file: {reference('ecom.csv.gz')}, rename: {{user_id: customer_id, event: touchpoint, timestamp: at}}}}\n"
    journey = open_journey(write(tmp_path / "shop", journey=mapping))
    assert funnel(journey, SIX, by="touchpoint")["users"].tolist() == [600, 511, 431, 327, 218, 115]
