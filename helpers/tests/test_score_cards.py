"""Scored cards: rows, roll-ups, totals, initiatives, links and where parts pull the whole, on numbers small enough to check."""

from __future__ import annotations

import math
from datetime import datetime
from types import SimpleNamespace

import pandas as pd
import pytest

from helpers import names, score
from helpers.journey import parse_segment
from helpers.score.rollup import mean_of
from helpers.tests.scoring import KPIS, FakeJourney, estimates, write

CARD = """\
owner: Head of Marketing
weights: {customer: 3}
objectives:
  - id: decide
    name: Customers decide
    perspective: customer
    owner: Head of Sales
    kpis:
      - {kpi: time_to_decide, target: 6 d, red_flag: 12 d, weight: 3}
      - {kpi: intent_csat, target: 4, red_flag: 3, owner: Desk}
      - channel_consistency
    initiatives:
      - {name: Guide, due: 2026-10-10, budget: 20000, kpi: intent_csat, promise: +0.5, baseline: 3}
      - {name: Chat, due: 2026-09-01, kpi: time_to_decide, promise: -1 d, baseline: 8 d, owner: Web}
      - {name: Faster, due: 2026-12-01, kpi: time_to_decide, promise: -2 d, baseline: 9 d}
      - {name: Offer, kpi: open_intent_value, promise: +10 %, baseline: 1000}
      - {name: Elsewhere, kpi: nps, promise: +5}
  - id: value
    perspective: financial
    kpis:
      - {kpi: open_intent_value, target: 1000, red_flag: 500}
      - {kpi: intent_conversion, target: 20 %, red_flag: 10 %}
links:
  - {from: decide, to: value, lag_months: 2, why: Sure buyers buy.}
  - {from: presales_training_hours, to: time_to_decide}
"""
NUMBERS = {
    "time_to_decide": (9.0, 8.0, 10.0, 400), "intent_csat": (4.0, 3.8, 4.2, 90), "open_intent_value": (4500.0, 4000.0, 5000.0, 50),
    "intent_conversion": (math.nan, math.nan, math.nan, 12),
}


@pytest.fixture
def scored(tmp_path):
    journey = FakeJourney(write(tmp_path, intent=CARD), gone=("team.training_hours",))
    return score.scorecard(journey, "intent", estimates(**NUMBERS), kpis=KPIS)


def test_table_has_exactly_the_columns_of_kpis_csv_and_every_kpi_of_the_phase(scored):
    table = scored.table
    assert tuple(table.columns) == names.KPI_COLUMNS
    assert table["kpi"].tolist() == [
        "time_to_decide", "intent_csat", "channel_consistency", "open_intent_value", "intent_conversion", "presales_training_hours",
    ]
    assert table["status"].tolist() == ["below_target", "not_yet_known", "no_information", "on_target", "no_information", "no_information"]
    assert table["score"].round(2).tolist()[:2] == [5.0, 6.67]
    assert table["owner"].tolist() == ["Head of Sales", "Desk", "Head of Sales", "Head of Marketing", "Head of Marketing", ""]
    assert table["objective"].tolist()[::5] == ["Customers decide", ""] and table["segment"].eq("all").all()
    assert table["score"].isna().tolist() == [False, False, True, False, True, True]


def test_why_there_is_no_information(scored):
    assert dict(scored.reasons[["kpi", "reason"]].to_numpy()) == {
        "channel_consistency": "no rows", "intent_conversion": "too few", "presales_training_hours": "needs team.training_hours",
    }


def test_no_target_is_said_where_the_kpi_has_a_value(tmp_path):
    journey = FakeJourney(write(tmp_path, intent=CARD))
    scored = score.scorecard(journey, "intent", estimates(channel_consistency=(3.0, 2.5, 3.5, 60)), kpis=KPIS)
    row = scored.table.set_index("kpi").loc["channel_consistency"]
    assert (row["value"], row["status"]) == (3.0, "no_information") and math.isnan(row["score"])
    assert scored.reasons.set_index("kpi").loc["channel_consistency", "reason"] == "no target"


def test_kpi_rows_are_months_then_the_period_in_order(scored):
    rows = scored.kpi_rows()
    assert tuple(rows.columns) == names.KPI_COLUMNS and len(rows) == 6 * 4
    assert rows["period"].tolist()[:4] == ["2026-07", "2026-08", "2026-09", "2026-Q3"]
    assert rows["grain"].tolist()[:4] == ["month", "month", "month", "period"]
    assert scored.previous["period"].unique().tolist() == ["2026-Q2"]
    assert rows[["value", "target", "red_flag", "score", "n"]].dtypes.eq("float64").all()


def test_a_total_is_judged_by_the_months_that_the_data_cover(scored):
    rows = scored.kpi_rows().query("kpi == 'open_intent_value'")
    assert rows["target"].tolist() == [1000.0, 1000.0, 1000.0, 3000.0]
    assert rows["red_flag"].tolist() == [500.0, 500.0, 500.0, 1500.0]


@pytest.mark.parametrize(
    ("start", "end", "as_of", "months"),
    [
        ("2026-07-01", "2026-10-01", "2026-12-31", 3.0),
        ("2026-07-01", "2026-10-01", "2026-09-30T23:59:59", 3.0),
        ("2026-07-01", "2026-10-01", "2026-08-15T10:00", 1 + 15 / 31),
        ("2026-07-11", "2026-09-16", "2026-12-31", 21 / 31 + 1 + 15 / 30),
        ("2025-03-01", "2025-05-01", "2026-12-31", 22 / 31 + 1),  # data begin on 10 March
        ("2025-01-01", "2025-03-01", "2026-12-31", 0.0),
        ("2026-07-01", "2026-08-01", "2026-06-30", 0.0),
        ("2024-01-01", "2027-01-01", "2026-12-31", 21 + 22 / 31),
    ],
)
def test_months_covered(start, end, as_of, months):
    stamps = [datetime.fromisoformat(each) for each in (start, end, "2025-03-10T08:00", as_of)]
    assert score.months_covered(*stamps) == pytest.approx(months)


def test_rolled_up_by_hand(scored):
    objectives = scored.objectives.set_index("objective")
    decide, value = objectives.loc["decide"], objectives.loc["value"]
    assert decide["score"] == pytest.approx((3 * 5.0 + 20 / 3) / 4)
    assert (decide["status"], decide["children"], decide["without_information"], decide["not_yet_known"]) == ("below_target", 3, 1, 1)
    assert value["score"] == pytest.approx(20 / 3 * 1 + 10 / 3) and value["status"] == "on_target"  # 4,500 of 3,000: cut at 10
    perspectives = scored.perspectives.set_index("perspective")
    assert perspectives.index.tolist() == list(names.PERSPECTIVES)
    assert perspectives.loc["internal_processes", ["status", "children"]].tolist() == ["no_information", 0]
    phase = scored.phase.iloc[0]
    assert phase["score"] == pytest.approx((3 * decide["score"] + 10.0) / 4) == scored.score
    assert (phase["children"], scored.status) == (2, "below_target")
    assert scored.by_perspective["learning_and_growth"] == {"status": "no_information", "score": None}


def test_combined(scored, tmp_path):
    other = score.scorecard(FakeJourney(tmp_path), "touchpoints", estimates(), kpis=KPIS)
    combined = score.combine({"intent": scored, "touchpoints": other})
    assert combined["phase"].tolist() == ["intent", "touchpoints", "combined"]
    top = combined.iloc[-1]
    assert top["score"] == pytest.approx(scored.score) and (top["children"], top["without_information"]) == (2, 1)
    assert combined["status"].tolist() == ["below_target", "no_information", "below_target"]


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ([(7, "on_target", 1), (7, "not_yet_known", 1)], "not_yet_known"),  # half of the weight is open
        ([(7, "on_target", 2), (7, "not_yet_known", 1)], "on_target"),
        ([(20 / 3, "on_target", 3), (20 / 3, "on_target", 0.1)], "on_target"),
        ([(9, "on_target", 1), (0, "red_flag", 1)], "below_target"),
        ([(3, "red_flag", 1), (math.nan, "no_information", 9)], "red_flag"),
        ([(math.nan, "no_information", 1)], "no_information"),
        ([], "no_information"),
    ],
)
def test_the_status_of_a_roll_up(children, expected):
    assert mean_of(pd.DataFrame(children, columns=["score", "status", "weight"]))["status"] == expected


def test_a_roll_up_lies_between_its_children(scored):
    shown = scored.table.dropna(subset="score").groupby("objective", sort=False)["score"].agg(["min", "max"])
    rolled = scored.objectives.set_index("name")["score"]
    for objective, row in shown.iterrows():
        assert row["min"] - 1e-9 <= rolled[objective] <= row["max"] + 1e-9


# Initiatives, links ---------------------------------------------------------------------------------------


def test_initiatives_say_how_their_kpi_stands_and_whether_the_promise_was_kept(scored):
    table = scored.initiatives.set_index("initiative")
    guide, chat, offer, elsewhere = (table.loc[name] for name in ("Guide", "Chat", "Offer", "Elsewhere"))
    assert (guide["owner"], guide["days_left"], guide["budget"], guide["status"]) == ("Head of Sales", 10, 20000.0, "not_yet_known")
    assert (guide["promised"], guide["moved"], guide["kept"]) == (3.5, 1.0, "yes")  # 3.8 to 4.2 lies past 3.5
    assert (chat["owner"], chat["days_left"], chat["promised"], chat["moved"], chat["kept"]) == ("Web", -29, 7.0, 1.0, "no")
    assert (offer["baseline"], offer["promised"], offer["kept"]) == (3000.0, pytest.approx(3300.0), "yes")  # three months
    assert table.loc["Faster", "kept"] == "not_due"
    assert (elsewhere["status"], elsewhere["kept"], elsewhere["promise"]) == ("no_information", "", "+5")


def test_links_and_the_pairs_that_test_them(scored):
    links = scored.links
    assert links["level"].tolist() == ["objective", "kpi"] and links["lag_months"].tolist() == [2, pd.NA]
    assert links.loc[0, ["start_name", "end_name", "start_status", "end_status"]].tolist() == ["Customers decide", "Value", "below_target", "on_target"]
    pairs = scored.link_pairs
    assert len(pairs) == 2  # one an arrow
    assert pairs.loc[0, ["from_kpi", "to_kpi", "expected", "lag_months"]].tolist() == ["time_to_decide", "open_intent_value", -1, 2]
    assert pairs.iloc[-1][["from_kpi", "to_kpi", "expected"]].tolist() == ["presales_training_hours", "time_to_decide", -1]


def test_arrows_go_from_leading_to_lagging_kpis(tmp_path):
    card = """\
objectives:
  - {id: learn, perspective: learning_and_growth, kpis: [training_hours, {kpi: csat, kind: lagging}]}
  - {id: serve, perspective: internal_processes, kpis: [resolution_time, {kpi: nps, kind: leading}]}
links: [{from: learn, to: serve}]
"""
    library = score.read_scorecards(write(tmp_path, touchpoints=card), KPIS)
    pairs = score.pairs(library)
    assert pairs[["from_kpi", "to_kpi", "expected"]].to_numpy().tolist() == [["training_hours", "resolution_time", -1]]


def test_the_strategy_map_joins_objectives_and_carries_verdicts(tmp_path):
    card = """\
objectives:
  - {id: learn, perspective: learning_and_growth, kpis: [training_hours]}
  - {id: serve, perspective: internal_processes, kpis: [resolution_time]}
  - {id: please, perspective: customer, kpis: [nps]}
links:
  - {from: training_hours, to: resolution_time, lag_months: 2}
  - {from: serve, to: please}
  - {from: learn, to: serve}
  - {from: please, to: intent.decide}
"""
    write(tmp_path, touchpoints=card, intent=CARD)
    one, other = (score.scorecard(FakeJourney(tmp_path), phase, estimates(**NUMBERS), kpis=KPIS) for phase in ("touchpoints", "intent"))
    tested = pd.DataFrame({"from_kpi": ["training_hours"], "to_kpi": ["resolution_time"], "verdict": ["supported"]})
    objectives, links = score.strategy_map([one], tested)
    assert objectives["id"].tolist() == ["touchpoints.learn", "touchpoints.serve", "touchpoints.please"]
    assert links[["source", "target", "verdict"]].to_numpy().tolist() == [
        ["touchpoints.learn", "touchpoints.serve", "supported"], ["touchpoints.serve", "touchpoints.please", "untested"],
    ]
    both, arrows = score.strategy_map([one, other])
    assert len(both) == 5 and ["touchpoints.please", "intent.decide"] in arrows[["source", "target"]].to_numpy().tolist()
    assert [len(each) for each in score.strategy_map([])] == [0, 0]


def test_bullets_hold_the_scored_kpis_by_perspective(scored):
    table = scored.bullets
    assert table["kpi"].tolist() == ["open_intent_value", "intent_conversion", "time_to_decide", "intent_csat"]
    assert table["group"].tolist() == ["Financial", "Financial", "Customer", "Customer"]
    assert table.loc[2, ["score_low", "score", "score_high"]].tolist() == pytest.approx([10 / 3 + 10 / 9, 5.0, 5 + 5 / 9])


# Parts ----------------------------------------------------------------------------------------------------

PARTS = {
    "touchpoints": """\
objectives:
  - id: serve
    perspective: customer
    kpis:
      - {kpi: csat, target: 4, red_flag: 3}
      - {kpi: resolution_time, target: 24 h, red_flag: 48 h}
      - {kpi: training_hours, target: 8 h, red_flag: 4 h}
""",
    "touchpoints__north": "extends: touchpoints\nsegment: region=north\nobjectives: [{id: serve, kpis: [{kpi: csat, target: 4.5}]}]\n",
    "touchpoints__south": "extends: touchpoints\nsegment: region=south\n",
    "touchpoints__desk": "extends: touchpoints\nteam: Service desk\nonly: [resolution_time]\n",
}
WHOLE = {"csat": (3.6, 3.5, 3.7, 1000), "resolution_time": (30.0, 28.0, 32.0, 500), "training_hours": (6.0, 5.0, 7.0, 60)}
NORTH = {"csat": (4.2, 4.1, 4.3, 400), "resolution_time": (60.0, 50.0, 70.0, 100), "training_hours": (6.0, 5.0, 7.0, 60)}
SOUTH = {"csat": (3.2, 3.1, 3.3, 600), "resolution_time": (29.0, 20.0, 40.0, 400), "training_hours": (6.0, 5.0, 7.0, 60)}


@pytest.fixture(autouse=True)
def _regions(monkeypatch):
    monkeypatch.setattr("helpers.score.parts.segment_values", lambda journey: {"region": ["north", "south"]})


def _numbers(journey, ids):
    table = {"all": WHOLE, "region=north": NORTH, "region=south": SOUTH}[journey.segment.label]
    return estimates(**{id: value for id, value in table.items() if id in ids})


def test_where_parts_pull_the_whole(tmp_path):
    journey = FakeJourney(write(tmp_path, **PARTS))
    table = score.cascade(journey, "touchpoints", estimates=_numbers, kpis=KPIS)
    assert tuple(table.columns) == tuple(score.PULL_COLUMNS)
    north = table[table["segment"] == "region=north"].set_index("kpi")
    south = table[table["segment"] == "region=south"].set_index("kpi")
    assert north.loc["csat", "contribution"] == pytest.approx(0.6 * 0.4) and south.loc["csat", "contribution"] == pytest.approx(-0.4 * 0.6)
    assert north.loc["csat", "contribution"] + south.loc["csat", "contribution"] == pytest.approx(0)
    assert north.loc["csat", "pull"] == pytest.approx(0.24 * 10 / 3) and north.loc["csat", "direction"] == "lifts"
    assert south.loc["csat", "direction"] == "drags" and south.loc["resolution_time", "direction"] == "level"
    # 60 h against 30 h, a fifth of the tickets: 6 h, a quarter of the way from target to red flag.
    assert north.loc["resolution_time", "pull"] == pytest.approx(-6 / 24 * 10 / 3)
    assert north.loc["resolution_time", ["pull_low", "pull_high"]].tolist() == pytest.approx([-8 / 24 * 10 / 3, -4 / 24 * 10 / 3])
    assert (north.loc["csat", "target"], north.loc["csat", "status"], north.loc["csat", "whole_status"]) == (4.5, "below_target", "below_target")
    assert table["pull"].dropna().is_monotonic_increasing and table["pull"].isna().tolist()[-3:] == [True] * 3
    # Training is the company's own, not cut to people; the desk has everybody's customers: neither pulls.
    assert north.loc["training_hours", "direction"] == "" and table[table["team"] == "Service desk"]["kpi"].tolist() == ["resolution_time"]


def test_parts_of_another_segment_stay_away(tmp_path):
    folder = write(tmp_path, **PARTS)
    table = score.cascade(FakeJourney(folder, segment=parse_segment("region=north")), "touchpoints", estimates=_numbers, kpis=KPIS)
    assert table["team"].tolist() == ["Service desk"]
    nothing = score.cascade(FakeJourney(folder), "intent", estimates=_numbers, kpis=KPIS)
    assert nothing.empty and tuple(nothing.columns) == tuple(score.PULL_COLUMNS)


def test_a_part_of_nobody_is_an_error(tmp_path):
    folder = write(tmp_path, **PARTS, touchpoints__east="extends: touchpoints\nsegment: region=nroth\n")
    with pytest.raises(score.ScoreError, match="scorecards/touchpoints.east.yml: no customer has region=nroth.*Type region=north"):
        score.cascade(FakeJourney(folder), "touchpoints", estimates=_numbers, kpis=KPIS)


def test_a_rest_too_small_to_show_withholds_the_part(tmp_path):
    journey = FakeJourney(write(tmp_path, **PARTS))
    whole = score.scorecard(journey, "touchpoints", estimates(csat=(3.6, 3.5, 3.7, 1000)), kpis=KPIS)
    inside = FakeJourney(tmp_path, segment=parse_segment("region=north"))
    part = score.scorecard(inside, "touchpoints", estimates(csat=(3.6, 3.5, 3.7, 995)), kpis=KPIS)
    row = score.pull(whole, part, min_cell=10).set_index("kpi").loc["csat"]
    assert math.isnan(row["part"]) and math.isnan(row["n_share"]) and row["status"] == "no_information"
    assert not math.isnan(score.pull(whole, part, min_cell=5).set_index("kpi").loc["csat", "part"])


def test_a_segment_is_judged_by_its_own_scorecard_and_totals_by_none_but_their_own(tmp_path):
    write(tmp_path, intent=CARD)
    north = FakeJourney(tmp_path, segment=parse_segment("region=north"))
    scored = score.scorecard(north, "intent", estimates(**NUMBERS), kpis=KPIS)
    row = scored.table.set_index("kpi").loc["open_intent_value"]
    assert row["status"] == "no_information" and row["value"] == 4500.0
    assert scored.reasons.set_index("kpi").loc["open_intent_value", "reason"].startswith("no target: the one on the scorecard is a total")
    assert scored.table.set_index("kpi").loc["time_to_decide", "status"] == "below_target"  # a rate's target holds for parts too
    part = "extends: intent\nsegment: region=north\nobjectives: [{id: value, kpis: [{kpi: open_intent_value, target: 2000}]}]\n"
    write(tmp_path, intent__north=part)
    own = score.scorecard(north, "intent", estimates(**NUMBERS), kpis=KPIS).table.set_index("kpi").loc["open_intent_value"]
    assert (own["target"], own["red_flag"], own["status"]) == (6000.0, 1500.0, "below_target")


def test_a_level_keeps_its_target_over_any_span_and_belongs_to_the_whole(tmp_path):
    level = SimpleNamespace(**{**vars(KPIS["open_intent_value"]), "statistic": "level"})
    card = "objectives: [{id: a, perspective: financial, kpis: [{kpi: open_intent_value, target: 1000, red_flag: 500}]}]\n"
    write(tmp_path, intent=card)
    rows = estimates(open_intent_value=(1200.0, 1100.0, 1300.0, 60))
    whole = score.scorecard(FakeJourney(tmp_path), "intent", rows, kpis={level.id: level})
    assert whole.kpi_rows()["target"].unique().tolist() == [1000.0] and whole.status == "on_target"
    part = score.scorecard(FakeJourney(tmp_path, segment=parse_segment("region=north")), "intent", rows, kpis={level.id: level})
    assert part.status == "no_information"


def test_a_companys_own_total_is_judged_on_every_segment(tmp_path):
    card = "objectives: [{id: a, perspective: learning_and_growth, kpis: [{kpi: presales_training_hours, target: 40 h, red_flag: 20 h}]}]\n"
    north = FakeJourney(write(tmp_path, intent=card), segment=parse_segment("region=north"))
    scored = score.scorecard(north, "intent", estimates(presales_training_hours=(150.0, 140.0, 160.0, 30)), kpis=KPIS)
    assert scored.table.loc[0, ["target", "status"]].tolist() == [120.0, "on_target"]


def test_a_range_shows_the_edge_that_judges(tmp_path):
    card = "objectives: [{id: a, perspective: customer, kpis: [{kpi: channel_consistency, target: [2, 4], red_flag: [1, 6]}]}]\n"
    journey = FakeJourney(write(tmp_path, intent=card))
    scored = score.scorecard(journey, "intent", estimates(channel_consistency=(5.0, 4.5, 5.5, 60)), kpis=KPIS)
    assert scored.table.loc[0, ["target", "red_flag", "status", "score"]].tolist() == [4.0, 6.0, "below_target", 5.0]


def test_an_unknown_phase_is_refused(tmp_path):
    with pytest.raises(ValueError, match="type 'intent'"):
        score.scorecard(FakeJourney(tmp_path), "intend", estimates(), kpis=KPIS)


def test_kpis_may_describe_themselves_with_the_companys_windows(tmp_path):
    talker = SimpleNamespace(**vars(KPIS["intent_csat"]), describe=lambda journey: "within 30 days")
    scored = score.scorecard(FakeJourney(tmp_path), "intent", estimates(), kpis={"intent_csat": talker})
    assert scored.table["definition"].tolist() == ["within 30 days"]
