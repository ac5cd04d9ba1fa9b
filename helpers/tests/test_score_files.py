"""The scorecards that come with the workbook: read by the real registry, with all that a scorecard should have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpers import names, score
from helpers.measure import all_kpis

ROOT = Path(__file__).resolve().parents[2]
SAMPLE, TOY = ROOT / "data" / "sample", ROOT / "data" / "toy"


@pytest.fixture(scope="module")
def sample():
    return score.read_scorecards(SAMPLE, currency="EUR")


@pytest.mark.parametrize("phase", names.PHASES)
def test_the_samples_scorecards_are_whole(sample, phase):
    card = sample.of(phase)
    assert card.file == f"{phase}.yml"
    assert {objective.perspective for objective in card.objectives} == set(names.PERSPECTIVES)
    entries = list(card.entries())
    assert len(entries) >= 10 and sum(target.goal is not None for _, target in entries) >= 10
    assert {target.kind or all_kpis()[target.kpi].kind for _, target in entries} == set(names.KINDS)
    assert all(target.owner or objective.owner or card.owner for objective, target in entries)
    started = [each for objective in card.objectives for each in objective.initiatives]
    assert len(started) >= 2 and all(each.due and each.budget and each.promise for each in started)
    assert len(card.links) >= 4


def test_the_planted_lever_is_an_arrow_of_the_strategy_map(sample):
    pairs = score.pairs(sample)
    lever = pairs[(pairs["from_kpi"] == "training_hours") & (pairs["to_kpi"] == "resolution_time")]
    assert lever["lag_months"].tolist() == [2] and lever["expected"].tolist() == [-1]


def test_the_trade_has_a_part_of_its_own(sample):
    (part,) = sample.parts("touchpoints")
    assert part.segment == "segment=trade" and part.extends == "touchpoints"
    own = {target.kpi: target for _, target in part.entries()}
    whole = {target.kpi: target for _, target in sample.of("touchpoints").entries()}
    assert set(own) == set(whole) and own["revenue"].covers == "segment=trade"
    assert own["resolution_time"].goal.target < whole["resolution_time"].goal.target and own["csat"].goal == whole["csat"].goal


def test_region_ost_answers_for_its_late_adoption(sample):
    (part,) = sample.parts("adoption")
    whole = {target.kpi: target.goal for _, target in sample.of("adoption").entries()}
    own = {target.kpi: target.goal for _, target in part.entries()}
    assert part.segment == "region=ost" and set(own) == set(whole)
    assert own["adoption_rate"].target < whole["adoption_rate"].target


def test_the_toys_scorecards_read():
    assert sorted(card.phase for card in score.read_scorecards(TOY).cards) == sorted(names.PHASES)


def test_the_starter_reads_as_it_is(tmp_path):
    (tmp_path / "scorecards").mkdir()
    shutil.copy(Path(score.__file__).parent / "starter.yml", tmp_path / "scorecards" / "intent.yml")
    card = score.read_scorecards(tmp_path).of("intent")
    assert {objective.perspective for objective in card.objectives} == set(names.PERSPECTIVES)
