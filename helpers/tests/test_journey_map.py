"""The map, the path and where customers stand, on the six kites of data/toy: every expected value can be counted in its README."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers import names
from helpers.infer import map as mapped
from helpers.infer.journey import journey_map, observed_path, standing
from helpers.journey import open_journey
from helpers.measure import map as measured
from helpers.tests.folders import write

DICTIONARY = """\
touchpoint,stage,channel,setting,role,owner
ad,awareness,web,online,engagement,Shop
desk,consideration,shop,offline,information,Desk
till,purchase,shop,offline,purchase,Shop
letter,loyalty,mail,offline,loyalty,
"""


@pytest.fixture(scope="module")
def toy():
    return open_journey("data/toy")


@pytest.fixture(scope="module")
def result(toy):
    return journey_map(toy)


def test_customers_at_each_stage(toy):
    people = measured.stage_people(toy).set_index("stage")["people"]
    assert people.reindex(list(names.STAGES)).tolist() == [6, 6, 5, 4, 4, 2, 1]


def test_feeling_is_the_mean_rating_or_what_stands_in_for_it(result):
    """Poster +1; search: 1 of 7 contacts failed, 6/7 - 1/7; comparison -1; checkout 4 of 5 stars is +1; guide 5, 1, 4, 5 and
    hotline 0 on average: (3 + 0) / 6; club +2; nobody rated the review page, and sentiment is (.8 - .4 + 0) / 3, doubled."""
    table = result.table
    assert table["emotion"].round(4).tolist() == [1.0, 0.7143, -1.0, 1.0, 0.5, 2.0, 0.2667]
    assert table["source"].tolist() == [mapped.ASKED, mapped.DONE, *[mapped.ASKED] * 4, mapped.SAID]
    assert table["n"].tolist() == [1, 7, 1, 4, 6, 1, 3]
    known = table.dropna(subset=["emotion_low"])
    assert (known["emotion_low"] <= known["emotion"]).all() and (known["emotion"] <= known["emotion_high"]).all()
    assert known[["emotion_low", "emotion_high"]].abs().to_numpy().max() <= 2


def test_evidence_says_who_was_seen_and_asked(result):
    assert result.table["evidence"].tolist() == ["measured", "partly", "measured", "measured", "measured", "measured", "partly"]
    points = result.extra["touchpoints"].set_index("touchpoint")
    assert points.loc["hotline", "failed"] == 0.5 and points.loc["reviews", "evidence"] == "partly"
    assert points["customers"].to_dict() == {
        "chat": 2, "checkout": 5, "club": 2, "comparison": 5, "first_flight_guide": 4, "flight_app": 3, "hotline": 3, "poster": 6,
        "review_page": 1, "reviews": 3, "search": 6,
    }


def test_owners_by_the_customers_they_met(result):
    assert result.table.set_index("stage")["owner"]["decision"] == "Shop, Service"


def test_steps_between_stages(toy):
    """24 changes of stage; 21 lead to the next one: ann and fay go back from the club to the checkout, ann skips to the review page."""
    result = observed_path(toy)
    steps = result.table.set_index(["source", "target"])["steps"]
    assert int(steps.sum()) == 24 and steps["loyalty", "purchase"] == 2 and steps["purchase", "advocacy"] == 1
    f = result.facts
    assert (f["as_designed"], round(f["skip"] * 24), round(f["back"] * 24)) == (21 / 24, 1, 2)
    designed = result.extra["designed"].set_index("stage")
    assert designed["share"].tolist() == [1, 1, 1, 0.8, 1, 0] and designed.loc["loyalty", "most"] == "Purchase"


def test_where_each_customer_was_last_seen(toy):
    table = standing(toy).table
    whole = table[table["column"] == ""].set_index("stage")["customers"].to_dict()
    assert whole == {"consideration": 1, "decision": 1, "purchase": 1, "post_purchase": 2, "advocacy": 1}  # eli, bob, fay, cem and dia, ann
    north = table[table["value"] == "north"].set_index("stage")["share"]
    assert north.to_dict() == pytest.approx({"consideration": 1 / 3, "post_purchase": 1 / 3, "advocacy": 1 / 3})


def test_a_stage_without_data_is_a_gap(tmp_path):
    rows = "".join(f"c{i},2026-0{m}-0{d} 10:00:00,{place}\n" for i in range(1, 10) for m, d, place in ((1, 2, "ad"), (2, 3, "till")))
    answers = "".join(f"c{i},2026-02-0{i} 12:00:00,csat,{2 if i < 5 else 4},till\n" for i in range(1, 10))
    folder = write(
        tmp_path, interactions_csv="customer_id,at,touchpoint\n" + rows, touchpoints_csv=DICTIONARY,
        surveys_csv="customer_id,at,instrument,score,touchpoint\n" + answers, journey="min_n: 5\nmin_cell: 3\nstages: [awareness, consideration, purchase, loyalty]\n",
    )
    table = journey_map(open_journey(folder)).table.set_index("stage")
    assert table["evidence"].to_dict() == {"awareness": "partly", "consideration": "assumed", "purchase": "measured", "loyalty": "assumed"}
    assert table["emotion"].notna().tolist() == [False, False, True, False]  # seen and never asked, no outcome: not a zero
    assert table.loc["purchase", "emotion"] == pytest.approx((4 * -1 + 5 * 1) / 9)


def test_cells_of_few_people_are_not_shown(tmp_path):
    rows = "".join(f"c{i},2026-01-{i:02d} 10:00:00,ad\n" for i in range(1, 20)) + "c1,2026-02-01 10:00:00,desk\nc2,2026-02-01 10:00:00,desk\n"
    folder = write(tmp_path, interactions_csv="customer_id,at,touchpoint\n" + rows, touchpoints_csv=DICTIONARY, journey="min_n: 5\nmin_cell: 10\n")
    journey = open_journey(folder)
    result = journey_map(journey)
    customers = result.table.set_index("stage")["customers"]
    assert customers["awareness"] == 19 and pd.isna(customers["consideration"])
    assert pd.isna(result.extra["touchpoints"].set_index("touchpoint")["customers"]["desk"])
    assert standing(journey).table["share"].isna().all()  # 17 and 2: either gives the other away


def test_pain_is_worse_than_the_whole_beyond_chance():
    points = pd.DataFrame({
        "touchpoint": ["good", "bad", "fails"], "stage": ["decision"] * 3, "owner": ["A", "A", "B"], "customers": [10.0, 10.0, 5.0],
        "feeling": [1.0, 0.2, 0.9], "feeling_low": [0.9, 0.1, 0.5], "feeling_high": [1.1, 0.3, 1.3], "ratings": [100.0, 50.0, 50.0],
        "failed": [0.1, 0.1, 0.4], "failed_low": [0.05, 0.05, 0.3], "failed_high": [0.15, 0.15, 0.5], "contacts": [100.0, 100.0, 100.0],
    })
    marks = mapped._pains(points)
    assert marks == {"pain": {"decision": "bad"}, "pain_failed": {"decision": "fails"}}
    assert mapped._owners(points) == {"decision": "A, B"}
    calm = points.assign(feeling_high=2.0, failed_low=0.0)
    assert mapped._pains(calm) == {"pain": {}, "pain_failed": {}}
