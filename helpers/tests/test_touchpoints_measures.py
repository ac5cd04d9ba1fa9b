"""What the touchpoints page counts, on companies small enough to count by hand; the expected figure stands beside each row."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers import engine
from helpers.infer import hand_overs, markov
from helpers.journey import open_journey
from helpers.measure import all_kpis, attribution, base, campaigns, inventory, sums, touchpoints, visit_paths
from helpers.tests.folders import write

SETTINGS = "name: Tiny\nmin_cell: 1\nmin_n: 1\nwindows: {intent: 30d, adoption: 30d, retention: 10d}\n"
WORDS = """touchpoint,stage,channel,setting,role,owner
ad,awareness,ads,online,engagement,Marketing
mailing,awareness,email,online,engagement,Marketing
search,consideration,web,online,research,Shop
compare,decision,web,online,comparison,Shop
chat,post_purchase,chat,online,support,Service
line,post_purchase,phone,offline,support,Service
till,purchase,shop,offline,purchase,Shop
"""


@pytest.fixture
def company(tmp_path):
    """`company(interactions_csv=..., ...)`: a journey over these files and the dictionary WORDS."""

    def opened(segment: str = "all", **files: str):
        files = {"journey": SETTINGS, "touchpoints_csv": WORDS, **files}
        return open_journey(write(tmp_path / "tiny", **files), segment=segment)

    return opened


def ratio(journey, kpi: str) -> float:
    row = sums(journey, all_kpis()[kpi]).set_index("key").loc["p:all"]
    return row["s"] / row["w"]


def contacts(*rows: str) -> str:
    return "customer_id,at,touchpoint,session_id,outcome\n" + "\n".join(rows) + "\n"


# KPIs ---------------------------------------------------------------------------------------------------


def test_solved_in_one_contact(company):
    j = company(
        tickets_csv="ticket_id,opened_at,customer_id,resolved_at,reopened\n"
        "t1,2026-03-01 10:00:00,ann,2026-03-01 12:00:00,false\n"  # solved: 1
        "t2,2026-03-01 10:00:00,bob,2026-03-01 12:00:00,true\n"  # came back: 0
        "t3,2026-03-01 10:00:00,cem,2026-03-02 10:00:00,false\n"  # called again on 3 March: 0
        "t4,2026-03-01 10:00:00,dia,2026-03-09 10:00:00,false\n"  # took eight days: 0
        "t5,2026-03-28 10:00:00,eli,2026-03-28 11:00:00,false\n"  # too young to judge
        "t6,2026-03-01 10:00:00,,2026-03-01 11:00:00,false\n"  # nobody named: 1
        "t7,2026-03-01 10:00:00,fay,2026-03-01 11:00:00,false\n"  # the call half an hour later is the same one: 1
        "t8,2026-03-05 10:00:00,gus,,false\n",  # never solved: 0
        interactions_csv=contacts("cem,2026-03-03 09:00:00,line,s1,success", "fay,2026-03-01 10:30:00,line,s2,success", "ann,2026-03-31 23:00:00,search,s3,success"),
    )
    assert ratio(j, "first_contact_resolution") == pytest.approx(3 / 7)


def test_an_order_after_two_campaigns_is_one_order(company):
    files = {
        "journey": SETTINGS + "segments: [region]\n",
        "campaigns_csv": "campaign_id,starts_at,ends_at,touchpoint,cost\n"
        "a,2026-01-03,2026-01-06,ad,10\nb,2026-01-03,2026-01-06,mailing,20\nlate,2026-03-20,2026-03-22,ad,1000\n",  # late: its window is open
        "customers_csv": "customer_id,region\nann,north\nbob,south\n",
        "interactions_csv": contacts("ann,2026-01-03 10:00:00,ad,s1,", "ann,2026-01-04 10:00:00,mailing,s2,", "bob,2026-01-05 10:00:00,ad,s3,", "bob,2026-03-21 10:00:00,ad,s4,"),
        # ann's 60 are divided between a and b; bob's order was refunded, and ann's of March came too late
        "orders_csv": "order_id,customer_id,at,revenue,refunded\n1,ann,2026-01-10 10:00:00,60,false\n2,bob,2026-01-10 10:00:00,12,true\n3,ann,2026-03-25 10:00:00,99,false\n",
    }
    j = company(**files)
    assert ratio(j, "return_on_campaign_spend") == pytest.approx((30 + 30) / (10 + 20))
    table = j.collect(campaigns.campaigns(j), ["campaign_id"]).set_index("campaign_id")
    assert table["people"].to_dict() == {"a": 2, "b": 1, "late": 1}
    assert table["buyers"].to_dict() == {"a": 1, "b": 1, "late": 0}
    assert table["settled"].to_dict() == {"a": 1, "b": 1, "late": 0}
    north = company(segment="region=north", **files)
    cost = north.collect(campaigns.campaigns(north), ["campaign_id"]).set_index("campaign_id")["cost"]
    assert cost.to_dict() == {"a": 5.0, "b": 20.0, "late": 0.0}  # a met one of its two in the north, late met nobody there


def test_a_first_order_is_known_only_with_history(company):
    orders = "order_id,customer_id,at,revenue\n1,ann,2026-01-02 10:00:00,10\n2,ann,2026-01-20 10:00:00,10\n3,bob,2026-01-05 10:00:00,10\n4,cem,2026-02-01 10:00:00,10\n"
    assert ratio(company(orders_csv=orders), "repeat_rate") == pytest.approx(1 / 2)  # orders 2 (again) and 4 (first); 1 and 3 lie in the first ten days
    people = "customer_id,acquired_at\nann,2024-05-01\nbob,2026-01-05\ncem,2026-01-05\n"
    assert ratio(company(orders_csv=orders, customers_csv=people), "repeat_rate") == pytest.approx(1 / 3)  # bob was acquired since, so order 3 is a first


def test_cost_to_serve_is_borne_by_the_contacts(company):
    j = company(
        activities_csv="activity,cost\nservice,100\nmagazine,20\n", activity_touchpoints_csv="activity,touchpoint,share\nservice,line,0.6\nservice,chat,0.4\n",
        # two calls bear 60, one chat 40, and the magazine's 20 fall on all four: ann 30 + 5 + 40 + 5, bob 30 + 5, cem 5
        interactions_csv=contacts("ann,2026-03-01 00:00:00,line,s1,", "ann,2026-03-05 10:00:00,chat,s2,", "bob,2026-03-06 10:00:00,line,s3,", "cem,2026-03-31 23:59:00,till,s4,"),
    )
    assert ratio(j, "cost_to_serve") == pytest.approx(120 / 3)
    costs = inventory.serving_cost(j).set_index("touchpoint")
    assert costs["cost"].to_dict() == {"chat": 40.0, "line": 60.0}
    assert inventory.months(j) == pytest.approx(1.0)


def test_satisfaction_on_the_scale_most_use(company):
    j = company(surveys_csv="customer_id,at,instrument,score,scale_min,scale_max\nann,2026-03-01,csat,4,1,5\nbob,2026-03-02,csat,2,1,5\ncem,2026-03-03,csat,10,0,10\n")
    assert ratio(j, "csat") == pytest.approx((4 + 2 + 5) / 3)  # 10 of 10 is 5 of 5


def test_one_to_one_contacts(company):
    rows = contacts("ann,2026-03-01 10:00:00,line,s1,", "ann,2026-03-02 10:00:00,mailing,s2,", "ann,2026-03-03 10:00:00,search,s3,", "bob,2026-03-03 10:00:00,chat,s4,")
    assert ratio(company(interactions_csv=rows), "personalised_share") == pytest.approx(2 / 4)  # the mailing goes to many at once
    other = WORDS.replace(",phone,", ",Telefon,").replace(",chat,online", ",Plausch,online").replace(",email,", ",Post,")
    assert not len(sums(company(interactions_csv=rows, touchpoints_csv=other), all_kpis()["personalised_share"]))  # unknown words, not nobody


def test_visits_that_sell(company):
    j = company(
        interactions_csv=contacts("ann,2026-03-01 10:00:00,search,s1,", "ann,2026-03-03 10:00:00,search,s2,", "bob,2026-03-03 10:00:00,search,s3,", "bob,2026-03-09 23:00:00,search,s4,"),
        orders_csv="order_id,customer_id,at,revenue\n1,ann,2026-03-01 18:00:00,10\n2,bob,2026-03-05 10:00:00,10\n",
    )
    assert ratio(j, "sales_conversion") == pytest.approx(1 / 3)  # s1 sold; s2, s3 not; s4 is of the last day


def test_the_next_purchase(company):
    j = company(
        interactions_csv=contacts("ann,2026-03-01 10:00:00,search,s1,", "bob,2026-03-09 10:00:00,search,s2,", "cem,2026-03-09 10:00:00,search,s3,"),
        orders_csv="order_id,customer_id,at,revenue\n1,ann,2026-03-01 10:00:00,10\n2,ann,2026-03-01 10:00:00,5\n3,ann,2026-03-04 10:00:00,10\n4,bob,2026-03-08 10:00:00,10\n",
    )
    visits = touchpoints.sessions(j).select("customer_id", "at")

    def following(same: bool) -> list[str]:
        found = engine.collect(base.next_purchase(j, visits, same=same), ["customer_id"])
        return [f"{row.customer_id} {row.next_at:%d}" if pd.notna(row.next_at) else row.customer_id for row in found.itertuples()]

    assert following(same=True) == ["ann 01", "bob", "cem"]  # two orders of one instant are one
    assert following(same=False) == ["ann 04", "bob", "cem"]


# Ways ---------------------------------------------------------------------------------------------------

WAYS = contacts(
    "ann,2026-03-01 10:00:00,search,s1,success", "ann,2026-03-01 10:05:00,search,s1,success", "ann,2026-03-01 10:10:00,chat,s1,success", "ann,2026-03-01 10:20:00,line,s1,failed",
    "bob,2026-03-01 10:00:00,search,s1,success",  # another customer's visit of the same name
    "bob,2026-03-01 20:00:00,line,s2,success", "bob,2026-03-04 10:00:00,chat,s3,success",  # from the web to the phone within a day; the chat comes too late for a hand-over
    "cem,2026-03-05 10:00:00,chat,s4,success", "cem,2026-03-05 10:30:00,line,s4,abandoned", "cem,2026-03-06 09:00:00,line,s5,",  # the same channel again is no hand-over
)


def test_paths_of_visits(company):
    table = visit_paths.visit_paths(company(interactions_csv=WAYS, orders_csv="order_id,customer_id,at,revenue\n1,bob,2026-03-01 22:00:00,10\n")).set_index("path")
    assert table["visits"].to_dict() == {"search > chat > line": 1, "search": 1, "line": 2, "chat": 1, "chat > line": 1}
    assert table["bought"].to_dict() == {"search > chat > line": 0, "search": 1, "line": 1, "chat": 0, "chat > line": 0}


def test_moves_between_stages(company):
    table = visit_paths.moves(company(interactions_csv=WAYS)).set_index(["source", "target"])["moves"]
    assert table.to_dict() == {
        ("(start)", "consideration"): 2, ("(start)", "post_purchase"): 4, ("consideration", "post_purchase"): 1, ("consideration", "(end)"): 1, ("post_purchase", "(end)"): 5,
    }


def test_hand_overs_between_channels(company):
    table = visit_paths.hand_over_success(company(interactions_csv=WAYS)).set_index(["from_channel", "channel"])
    assert table["n"].to_dict() == {("web", "chat"): 1, ("chat", "phone"): 2, ("web", "phone"): 1}
    assert table["s"].to_dict() == {("web", "chat"): 1, ("chat", "phone"): 0, ("web", "phone"): 1}


def test_ratings_belong_to_the_last_contact_before_them(company):
    j = company(
        interactions_csv=WAYS,
        surveys_csv="customer_id,at,instrument,score,touchpoint\nann,2026-03-02 10:00:00,csat,1,line\nbob,2026-03-02 10:00:00,csat,5,line\n"
        "cem,2026-03-05 18:00:00,csat,2,line\ncem,2026-03-07 18:00:00,csat,4,line\ncem,2026-04-30 18:00:00,csat,1,line\n",  # the last comes too late for any contact
    )
    table = visit_paths.rated_after(j).set_index("from_channel")["s"]
    assert table.to_dict() == {"chat": 0.25, "web": 1.0, "": 0.75}  # quality: 1 star is 0, 5 are 1; ann 0 and cem .25 after the chat


def test_pairs_against_others_hold_the_touchpoint_equal():
    row = lambda a, place, n, s: {  # noqa: E731
        "from_channel": a, "channel": "phone", "touchpoint": place, "clusters": n, "n": n, "s": s, "w": n, "ss": s, "sw": s, "ww": n}
    # The chat leads to the hard line only, where everybody fares alike; plain shares would blame it (50 against 75).
    table = hand_overs.against_others(pd.DataFrame([row("chat", "hard", 100, 50), row("web", "hard", 100, 50), row("web", "easy", 100, 100)]), min_n=30).set_index("from_channel")
    assert table.loc["chat", ["value", "other", "difference"]].tolist() == [0.5, 0.5, 0.0]
    # two shares of 40 and 90 of 100: difference -.5, standard error sqrt(.24/99 + .09/99)
    table = hand_overs.against_others(pd.DataFrame([row("chat", "line", 100, 40), row("web", "line", 100, 90)]), min_n=30).set_index("from_channel")
    assert table.loc["chat", "difference"] == pytest.approx(-0.5)
    assert table.loc["chat", "low"] == pytest.approx(-0.5 - 1.96 * (0.33 / 99) ** 0.5, abs=1e-3)
    assert table.loc["chat", "q_value"] < 0.001
    assert not len(hand_overs.against_others(pd.DataFrame([row("chat", "line", 20, 4), row("web", "line", 20, 18)]), min_n=30))


# Attribution --------------------------------------------------------------------------------------------


def test_credit_along_the_way(company):
    """ad > search > compare buys, search alone and compare alone do not. From the start each comes first in a third of the ways; half of the ways go on from search, half
    from compare: 1/3 buy (1/4, 1/4 and 1/2 by what comes first). Without the ad 1/4 do, without search 1/6, without compare none."""
    j = company(
        interactions_csv=contacts(
            "ann,2026-01-01 09:59:00,ad,s1,", "ann,2026-01-01 10:00:00,search,s1,", "ann,2026-01-02 10:00:00,compare,s2,", "ann,2026-01-03 10:00:00,till,s3,", "ann,2026-01-09 10:00:00,chat,s4,",
            "bob,2026-01-01 10:00:00,search,s5,", "bob,2026-02-20 10:00:00,ad,s9,",  # the ad of February lies outside bob's window
            "cem,2026-01-01 10:00:00,compare,s6,", "dia,2026-03-20 10:00:00,search,s7,", "eli,2026-03-30 10:00:00,chat,s8,",  # dia's window is open
        ),
        orders_csv="order_id,customer_id,at,revenue\n1,ann,2026-01-03 10:00:00,10\n",
    )
    steps = attribution.steps(j).groupby(["source", "target"])["count"].sum().to_dict()
    assert steps == {("(start)", "ad"): 1, ("ad", "search"): 1, ("search", "compare"): 1, ("compare", "(conversion)"): 1, ("(start)", "search"): 1, ("search", "(null)"): 1,
                     ("(start)", "compare"): 1, ("compare", "(null)"): 1}
    credit = attribution.touch_credits(j).set_index("touchpoint")
    assert credit["first"].to_dict() == {"ad": 1, "search": 0, "compare": 0}  # the visit that began with the ad
    assert credit["last"].to_dict() == {"ad": 0, "search": 0, "compare": 1}
    assert credit["linear"].to_dict() == pytest.approx({"ad": 1 / 3, "search": 1 / 3, "compare": 1 / 3})
    table, chain = markov.attribute_counts(attribution.steps(j))
    assert chain.base == pytest.approx(1 / 3) and chain.observed == pytest.approx(1 / 3)
    assert table["markov"].sum() == pytest.approx(1.0)
    assert table.set_index("touchpoint")["removal_effect"].to_dict() == pytest.approx({"ad": 1 / 4, "search": 1 / 2, "compare": 1.0})


def test_campaigns_count_on_the_way_whatever_their_stage(company):
    words = WORDS.replace("mailing,awareness", "mailing,loyalty")
    rows = contacts("ann,2026-01-01 10:00:00,search,s1,", "ann,2026-01-02 10:00:00,mailing,s2,", "ann,2026-01-02 11:00:00,chat,s3,", "bob,2026-03-30 10:00:00,chat,s4,")
    orders = "order_id,customer_id,at,revenue\n1,ann,2026-01-03 10:00:00,10\n"
    assert attribution.touch_credits(company(interactions_csv=rows, orders_csv=orders, touchpoints_csv=words))["touchpoint"].tolist() == ["search"]
    sent = "campaign_id,starts_at,touchpoint,cost\nx,2026-01-01,mailing,5\n"
    assert attribution.touch_credits(company(interactions_csv=rows, orders_csv=orders, touchpoints_csv=words, campaigns_csv=sent))["touchpoint"].tolist() == ["mailing", "search"]


# Inventory and tickets ----------------------------------------------------------------------------------


def test_inventory_counts_every_table(company):
    j = company(
        interactions_csv=WAYS, surveys_csv="customer_id,at,instrument,score,touchpoint\nann,2026-03-02,csat,1,kiosk\n",
        tickets_csv="ticket_id,opened_at,customer_id,touchpoint\nt1,2026-03-02 10:00:00,ann,line\nt2,2026-03-02 11:00:00,,line\n",
    )
    table = inventory.used(j).set_index("touchpoint")
    assert table[["contacts", "tickets", "answers", "people"]].to_dict("index") == {
        "chat": {"contacts": 3, "tickets": 0, "answers": 0, "people": 3}, "kiosk": {"contacts": 0, "tickets": 0, "answers": 1, "people": 1},
        "line": {"contacts": 4, "tickets": 2, "answers": 0, "people": 3}, "search": {"contacts": 3, "tickets": 0, "answers": 0, "people": 2},
    }
    failed = inventory.failures(j).set_index("touchpoint")
    assert failed.loc["line", ["s", "w"]].tolist() == [2, 3]  # failed and abandoned of three; cem's last call has no outcome


def test_tickets_by_topic_and_open_ones(company):
    j = company(tickets_csv="ticket_id,opened_at,customer_id,resolved_at,topic,reopened,sla_met\n"
                "t1,2026-03-01 10:00:00,ann,2026-03-01 12:00:00,price,false,true\nt2,2026-03-01 10:00:00,bob,2026-03-01 16:00:00,price,true,\nt3,2026-03-02 10:00:00,bob,,,false,false\n"
                "t4,2026-03-03 10:00:00,cem,2026-03-03 11:00:00,,,true\n")
    table = inventory.topics(j).set_index("topic")
    assert table[["tickets", "people", "reopened_s", "reopened_w", "sla_s", "sla_w"]].to_dict("index") == {
        "price": {"tickets": 2, "people": 2, "reopened_s": 1, "reopened_w": 2, "sla_s": 1, "sla_w": 1},
        "(no topic)": {"tickets": 2, "people": 2, "reopened_s": 0, "reopened_w": 1, "sla_s": 1, "sla_w": 2},
    }
    times = inventory.ticket_times(j, "resolved_at")
    assert (24 * times.loc[times["event"] == 1, "days"]).tolist() == pytest.approx([1, 2, 6])
    assert (24 * times.loc[times["event"] == 0, "days"]).tolist() == pytest.approx([25])  # open up to the last time stamp, 3 March 11:00
