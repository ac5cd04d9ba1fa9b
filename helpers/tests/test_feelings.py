"""Ratings, comments and friction side by side, counted by hand on a small shop; never averaged, gaps left gaps."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.infer import feelings as felt
from helpers.infer import map as mapped
from helpers.infer import sentiment
from helpers.infer.journey import journey_map
from helpers.infer.journey_voices import apart, feelings
from helpers.journey import open_journey
from helpers.measure import voices
from helpers.measure.friction import friction
from helpers.report.journey_voices import feelings as feelings_shown
from helpers.tests.folders import write

DICTIONARY = """\
touchpoint,stage,channel,setting,role,owner
ad,awareness,web,online,engagement,Shop
till,purchase,shop,offline,purchase,Shop
hotline,post_purchase,phone,offline,support,Service
review,advocacy,web,online,advocacy,Shop
"""
WORDS = ("I love this shop and its great people", "Terrible service and I am very unhappy")
JOURNEY = "min_n: 5\nmin_cell: 3\nstages: [awareness, purchase, post_purchase, advocacy]\n"


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    """20 customers: all rate the till 5 of 5; 10 call, 4 of them in vain; 8 tickets of which 2 come again; 6 effort answers of which 3 say hard; 6 mentions."""
    contacts = "".join(f"c{i},2026-01-{i:02d} 10:00:00,till,success\n" for i in range(1, 21))
    contacts += "".join(f"c{i},2026-02-{i:02d} 10:00:00,hotline,{'failed' if i <= 2 else 'abandoned' if i <= 4 else 'success'}\n" for i in range(1, 11))
    contacts += "c11,2026-02-11 10:00:00,hotline,\n"  # how it ended is not known: no occasion
    tickets = "".join(f"t{i},2026-02-{i:02d} 11:00:00,c{i},hotline,{'true' if i <= 2 else 'false'}\n" for i in range(1, 9))
    answers = "".join(f"c{i},2026-01-{i:02d} 11:00:00,csat,5,1,5,till,\n" for i in range(1, 21))
    answers += "".join(f"c{i},2026-02-{i:02d} 12:00:00,csat,3,1,5,hotline,{WORDS[i % 2]}\n" for i in range(1, 11))
    answers += "".join(f"c{i},2026-02-{i:02d} 13:00:00,ces,{2 if i <= 3 else 6},1,7,hotline,\n" for i in range(1, 7))
    mentions = "".join(f"2026-02-{i:02d} 10:00:00,forum,I love this shop,c{i},{'' if i > 3 else 0.5}\n" for i in range(1, 7))
    folder = write(
        tmp_path_factory.mktemp("shop"), touchpoints_csv=DICTIONARY, journey=JOURNEY, interactions_csv="customer_id,at,touchpoint,outcome\n" + contacts,
        tickets_csv="ticket_id,opened_at,customer_id,touchpoint,reopened\n" + tickets, mentions_csv="at,channel,text,customer_id,sentiment\n" + mentions,
        surveys_csv="customer_id,at,instrument,score,scale_min,scale_max,touchpoint,comment\n" + answers,
    )
    return open_journey(folder)


def test_friction_counts_each_occasion_once(journey):
    table = friction(journey, "touchpoint").set_index(["touchpoint", "kind"])
    hotline = table.loc["hotline"]
    assert hotline[["s", "n"]].to_dict("index") == {
        "contact": {"s": 4, "n": 10}, "ticket": {"s": 2, "n": 8}, "effort": {"s": 3, "n": 6}, "all": {"s": 9, "n": 24}}
    assert table.loc[("till", "all"), ["s", "n"]].tolist() == [0, 20] and hotline.loc["all", "clusters"] == 10


def test_effort_that_is_the_rating_is_not_counted_twice(tmp_path):
    answers = "".join(f"c{i},2026-02-{i:02d} 13:00:00,ces,2,1,7,hotline\n" for i in range(1, 9))
    alone = open_journey(write(tmp_path, touchpoints_csv=DICTIONARY, journey=JOURNEY, surveys_csv="customer_id,at,instrument,score,scale_min,scale_max,touchpoint\n" + answers))
    assert friction(alone, "touchpoint").empty and felt.feelings(alone, "touchpoint")["source"].tolist() == [felt.ASKED]


def test_each_source_stands_by_itself(journey):
    table = felt.feelings(journey, "touchpoint").set_index(["touchpoint", "source"])
    good, bad = sentiment.score(WORDS)["sentiment"]
    assert table.loc[("hotline", felt.ASKED), ["value", "n"]].tolist() == [0, 10]
    assert table.loc[("hotline", felt.COMMENTS), ["value", "n"]].tolist() == pytest.approx([2 * (good + bad) / 2, 10])
    assert table.loc[("hotline", felt.DONE), ["value", "n"]].tolist() == pytest.approx([1 - 2 * 9 / 24, 24])
    known = table.dropna(subset=["value"])
    assert (known["low"] <= known["value"] + 1e-12).all() and (known["value"] <= known["high"] + 1e-12).all() and known[["low", "high"]].abs().to_numpy().max() <= 2
    assert ("till", felt.COMMENTS) not in table.index and table.loc[("till", felt.DONE), "value"] == 1


def test_mentions_stand_at_advocacy_alone(journey):
    table = felt.feelings(journey, "stage").set_index(["stage", "source"])
    own = sentiment.score(["I love this shop"])["sentiment"][0]
    assert table.loc[("advocacy", felt.SAID), ["value", "n"]].tolist() == pytest.approx([2 * (3 * 0.5 + 3 * own) / 6, 6])
    assert felt.SAID not in felt.feelings(journey, "touchpoint")["source"].tolist()


def test_a_stage_without_data_is_a_gap_and_a_stand_in_is_named(journey):
    table = feelings(journey).table
    assert table.loc[(table["level"] == "stage") & (table["key"] == "awareness"), "value"].isna().all()
    curve = journey_map(journey).table.set_index("stage")
    assert curve["source"].to_dict() == {"awareness": "", "purchase": mapped.ASKED, "post_purchase": mapped.ASKED, "advocacy": mapped.SAID}
    assert pd.isna(curve.loc["awareness", "emotion"]) and curve.loc["post_purchase", "emotion"] == 0  # of the ratings alone, whatever comments and friction say


def test_few_people_are_hidden(journey):
    few = open_journey(journey.company.folder, min_cell=9)
    table = felt.feelings(few, "touchpoint").set_index(["touchpoint", "source"])
    assert table.loc[("hotline", felt.COMMENTS), "n"] == 10 and pd.isna(felt.feelings(few, "stage").set_index(["stage", "source"]).loc[("advocacy", felt.SAID), "n"])
    assert felt.components(few, "touchpoint").set_index(["touchpoint", "kind"]).loc[("hotline", "ticket"), ["share", "n"]].isna().all()


def test_comments_agree_with_the_rating_beside_them(tmp_path):
    answers = "".join(f"c{i},2026-02-{i % 28 + 1:02d} 12:00:00,csat,{5 if i % 2 else 1},1,5,till,{WORDS[1 - i % 2]}\n" for i in range(40))
    one = open_journey(write(tmp_path, surveys_csv="customer_id,at,instrument,score,scale_min,scale_max,touchpoint,comment\n" + answers, journey=""))
    assert felt.agreement(one)["correlation"] == pytest.approx(1) and felt.agreement(one)["n"] == 40


def test_rated_well_and_hard_all_the_same():
    rows = [("till", felt.ASKED, 1.5, 1.4, 1.6), ("desk", felt.ASKED, 0.5, 0.4, 0.6), ("till", felt.DONE, 0.1, 0.0, 0.2), ("desk", felt.DONE, 0.9, 0.8, 1.0)]
    table = pd.DataFrame(rows, columns=["key", "source", "value", "low", "high"]).assign(level="touchpoint", label=lambda t: t["key"], stage="Purchase", n=100.0)
    found = apart(table)
    assert found[["key", "other"]].values.tolist() == [["till", felt.DONE]] and found["usual"].tolist() == [1.0] and found["usual_other"].tolist() == [0.5]
    assert apart(table.assign(low=-2.0, high=2.0)).empty


def test_it_is_shown(journey):
    chart, text, table = feelings_shown(feelings(journey))[:3]
    assert "rated by hand" in text and "company's own reading" in text
    assert table.frame.set_index("Touchpoint").loc["Hotline", "Friction (+1 is none)"].startswith("+0.25") and "no data" not in table.frame.to_string()
    assert chart.data["source"].isin(["", "Ratings", "Comments", "Said in public", "Friction (+1 is none)"]).all()


def test_very_many_comments_are_sampled_by_customer(tmp_path, monkeypatch):
    answers = "".join(f"c{i % 200},2026-02-{i % 28 + 1:02d} 12:00:00,csat,3,till,{WORDS[i % 2]}\n" for i in range(600))
    folder = write(tmp_path, surveys_csv="customer_id,at,instrument,score,touchpoint,comment\n" + answers, journey="")
    monkeypatch.setattr(voices, "MOST_TEXTS", 300)
    rows, again = (voices.comments(open_journey(folder)) for _ in range(2))
    assert 200 < len(rows) < 400 and rows.attrs == {"rows": 600, "sampled": True}
    assert (rows.groupby("cluster").size() == 3).all()  # all that a customer wrote, or nothing
    pd.testing.assert_frame_equal(rows, again)
