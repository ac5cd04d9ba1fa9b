"""Page 5 on the sample company finds what was planted there; on a company without ratings it compares only what can be compared."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest

from helpers import infer
from helpers.infer import feelings, links
from helpers.infer import map as mapped
from helpers.infer.section import sections
from helpers.journey import open_journey
from helpers.load import ROOT
from helpers.measure import all_kpis, segments
from helpers.report.journey import find
from helpers.report.show import READERS
from helpers.sample import STORIES
from helpers.sample.stories import MOMENTS

pytestmark = pytest.mark.usefixtures("kept_results")

PAGE = "5_journey"


@pytest.fixture(scope="module")
def journey():
    return open_journey("data/sample")


@pytest.fixture(scope="module")
def results(journey):
    return infer.results(PAGE, journey)


@pytest.fixture(scope="module")
def headlines(journey, results):
    return [one.headline for one in find(journey, results)]


def told(headlines: list[str], words: str) -> bool:
    return any(re.search(words, line) for line in headlines)


def test_training_moves_resolution_two_months_later(journey):
    pair = pd.DataFrame({"from_kpi": ["training_hours"], "to_kpi": ["resolution_time"], "expected": [-1]})
    found = links.tested(journey, pair).iloc[0]
    assert found["verdict"] == "supported" and found["lag"] == STORIES["training_lever"]["size"]["lag_months"]


def test_the_late_segment_needs_help_to_get_started(results, headlines):
    assert told(headlines, "segment “trade” need help to get started")
    table = results["segment_needs"].table
    row = table[(table["segment"] == "segment “trade”") & (table["kpi"] == "adoption_rate")].iloc[0]
    assert row["falls_short"] and row["difference_high"] < -0.2


def test_the_region_with_technical_trouble(results, headlines):
    assert told(headlines, "region “ost” need fewer technical troubles")
    table = results["segment_needs"].table
    row = table[(table["segment"] == "region “ost”") & (table["kpi"] == "technical_issue_rate")].iloc[0]
    assert 0.1 < row["difference_low"] and row["difference_high"] < 0.25  # planted: 30 of 100 against 15 of 100
    compared = table["p_value"].notna()
    assert (table.loc[compared, "q_value"] >= table.loc[compared, "p_value"]).all()


def test_a_comparison_is_withheld_where_one_outcome_is_rarer_than_five(journey, results):
    """Every stage conversion whose failures (or successes) in the window number under five on either side has no figure; every other comparison has one."""
    table = results["segment_needs"].table
    withheld = table[table["p_value"].isna()]
    assert len(withheld) and withheld[["figure", "difference", "q_value"]].isna().all(axis=None)
    rare = set()
    for id in [id for id in table["kpi"].unique() if all_kpis()[id].statistic == "survival_share"]:
        kpi = all_kpis()[id]
        rows, window = segments.by_segment(journey, kpi), kpi.window_days(journey)
        rows = rows.assign(through=rows["count"].where(rows["event"].eq(1) & rows["days"].le(window), 0), still=rows["count"].where(rows["days"].gt(window), 0))
        counts = rows.groupby(["column", "value"])[["through", "still"]].sum()
        rest = counts.groupby("column").transform("sum") - counts
        few = (counts.min(axis=1) < 5) | (rest.min(axis=1) < 5)
        rare |= {(id, *key) for key in few[few].index}
    assert set(withheld[["kpi", "column", "value"]].itertuples(index=False, name=None)) == rare


def test_the_map_marks_the_moments_and_the_gaps(results, headlines):
    points = results["journey_map"].extra["touchpoints"].set_index("touchpoint")
    assert set(points.index[points["verdict"] == "moment_of_truth"]) == set(MOMENTS)
    assert points.loc["magazine_advert", "evidence"] == "assumed" and pd.isna(points.loc["shop_kiosk", "stage"])
    assert told(headlines, "Advertisement in a magazine.* is on the map, and no table shows it")
    stages = results["journey_map"].table.set_index("stage")
    assert stages.loc["post_purchase", ["pain", "pain_failed"]].tolist() == ["support_phone", "support_phone"]  # the hand-over that breaks
    assert (stages["source"] == mapped.ASKED).all()


def test_no_trade_off_was_planted_and_none_is_shown(results):
    assert results["trade_offs"].facts["shown"] == 0 and results["trade_offs"].facts["pairs"]["leading"] > 500


def test_what_detractors_write_of(results, headlines):
    """Comments are put together from phrases that agree with the score: “not good” opens poor ones, “thank you” good ones."""
    terms = results["detractor_terms"].table.set_index("term")["side"]
    assert terms["not good"] == "ours" and terms["thank"] == "others"
    assert told(headlines, "more often from detractors")


def test_three_sources_of_feeling_at_every_stage(results):
    table = results["feelings"].table
    stages = table[table["level"] == "stage"].groupby("key")["source"].agg(set)
    assert all({feelings.ASKED, feelings.COMMENTS, feelings.DONE} <= there for there in stages) and feelings.SAID in stages["advocacy"]
    own = results["feelings"].facts["agreement"]
    assert 0.55 < own["low"] < own["correlation"] < own["high"] < 0.7  # the phrases follow the score, the lexicon knows most of them


def test_figures_agree_with_one_another(results):
    path = results["observed_path"]
    assert path.facts["steps"] - path.table["steps"].sum() < 0.001 * path.facts["steps"]  # what is missing are cells of few people
    assert path.facts["as_designed"] + path.facts["skip"] + path.facts["back"] == pytest.approx(1)
    standing = results["standing"].table
    assert standing[standing["column"] == ""]["customers"].sum() == standing["n"].iloc[0]


def test_every_section_is_read_aloud(results):
    assert set(sections(PAGE)) <= set(READERS)
    for result in results.values():
        assert READERS[result.name](result)


def test_without_ratings_stages_are_compared_by_what_failed_only(tmp_path):
    kept = ("touchpoints.csv", "interactions.parquet", "mentions.parquet", "journey.yml")
    for name in kept:
        shutil.copy(ROOT / "data/sample" / name, tmp_path / name)
    (tmp_path / "journey.yml").write_text("segments: []\n")
    journey = open_journey(tmp_path, period="2026-Q2")
    result = sections(PAGE)["journey_map"].function(journey)
    stages = result.table.set_index("stage")
    assert stages.loc["advocacy", "source"] == mapped.SAID and stages.loc["loyalty", "source"] == mapped.DONE
    assert result.facts["weakest"]["label"] != "Advocacy" and "Advocacy" not in result.facts["weakest"]["alike"]
    missing = sections(PAGE)["segment_needs"].function(journey)
    assert not missing.ok and missing.missing == ("customers",)
