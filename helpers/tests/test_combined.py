"""The combined scorecard on the toy, and the strategy's links on months made by hand."""

from __future__ import annotations

import math
import shutil

import numpy as np
import pandas as pd
import pytest

from helpers import infer, score
from helpers.infer import links
from helpers.journey import open_journey
from helpers.load import ROOT
from helpers.report.combined import combined, finding, parts, strategy, whose
from helpers.score.combined import with_goal
from helpers.score.rollup import mean_of

MONTHS = [f"2025-{m:02d}" for m in range(1, 13)] + [f"2026-{m:02d}" for m in range(1, 5)]
LEAD = [3.0, 5, 2, 6, 7, 1, 4, 8, 2, 5, 9, 3, 6, 1, 7, 4]


@pytest.fixture(scope="module")
def card():
    return score.combined(open_journey("data/toy"))


def test_a_phase_on_the_combined_card_is_the_phase_on_its_own_page(card):
    journey = open_journey("data/toy")
    for phase, one in card.cards.items():
        alone = score.scorecard(journey, phase, infer.estimates(journey, list(with_goal(one.card))))
        assert (one.status, one.by_perspective) == (alone.status, alone.by_perspective)
        assert math.isclose(one.score, alone.score, rel_tol=1e-12) or math.isnan(one.score) and math.isnan(alone.score)


def test_rolled_up_over_phases_and_perspectives(card):
    phases = card.phases.set_index("phase")
    assert list(phases.index) == [*card.cards, "combined"]
    assert card.score == pytest.approx(phases["score"].iloc[:-1].mean()) and card.status == phases["status"].iloc[-1]
    table = card.perspectives
    mine = table[(table["phase"] != "combined") & (table["perspective"] == "customer")]
    assert card.by_perspective["customer"]["score"] == pytest.approx(mean_of(mine)["score"])
    assert card.by_perspective["learning_and_growth"] == {"status": "no_information", "score": None}  # the toy's cards have none


def test_only_kpis_with_a_target_or_an_arrow_are_worked_out(card):
    known = card.table.dropna(subset=["value"])["kpi"]
    assert set(known) == {"time_to_decide", "intent_conversion", "csat", "revenue", "adoption_rate", "time_to_first_value", "poor_experience_share"}


def test_arrows_of_few_months_are_untested(card):
    assert card.tested["verdict"].tolist() == ["untested"] and "settled months" in card.tested["why_untested"].iloc[0]
    objectives, arrows = card.strategy
    assert set(arrows["verdict"]) == {"untested"} and len(objectives) == 6
    assert finding(next(card.tested.itertuples())).startswith("Cannot be tested: ")


def test_a_company_without_scorecards_is_told_so(tmp_path, capsys):
    folder = tmp_path / "kites"
    shutil.copytree(ROOT / "data/toy", folder, ignore=shutil.ignore_patterns("scorecards"))
    card = score.combined(open_journey(folder))
    assert card.status == "no_information" and math.isnan(card.score) and not card.has_scorecards and not len(card.tested)
    assert card.table["value"].isna().all()  # nothing has a target: nothing is worked out
    journey = open_journey(folder)
    combined(card)
    parts(journey, card)
    strategy(journey, card)
    shown = capsys.readouterr().out
    assert "no scorecard" in shown and "extends:" in shown and "links:" in shown


def test_a_part_states_its_own_target_and_pulls(tmp_path):
    folder = tmp_path / "kites"
    shutil.copytree(ROOT / "data/toy", folder)
    (folder / "scorecards/touchpoints.north.yml").write_text(
        "extends: touchpoints\nsegment: region=north\nobjectives:\n  - id: please\n    kpis:\n      - {kpi: csat, target: 4.5, red_flag: 3}\n")
    found = score.combined(open_journey(folder)).parts
    assert found[["phase", "segment", "kpi", "target"]].values.tolist() == [["touchpoints", "region=north", "csat", 4.5]]
    assert found["whole_target"].tolist() == [4.0] and whose(found.iloc[0]) == "region “north”"


def pairs(*rows: tuple[str, str, int, object]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["from_kpi", "to_kpi", "expected", "lag_months"]).astype({"lag_months": "Int64"})
    return table.assign(from_label=table["from_kpi"], to_label=table["to_kpi"], why="")


@pytest.fixture
def months(monkeypatch):
    def run(table: pd.DataFrame, **series: list[float]) -> pd.DataFrame:
        monkeypatch.setattr(links, "monthly_values", lambda journey, ids: pd.DataFrame(series, index=MONTHS))
        return links.tested(None, table)
    return run


def test_an_arrow_is_supported_where_the_lagging_kpi_follows(months):
    follow = [0.0, 0.0, *LEAD[:-2]]
    table = months(pairs(("lead", "follow", 1, 2), ("lead", "against", 1, 2)), lead=LEAD, follow=follow, against=[-v for v in follow])
    assert table["verdict"].tolist() == ["supported", "contradicted"] and table["lag"].tolist() == [2, 2]
    assert finding(next(table.itertuples())).startswith("When the first rises, the second rises 2 months later")
    late = months(pairs(("lead", "follow", 1, 1)), lead=LEAD, follow=follow)
    assert finding(next(late.itertuples())).endswith("The arrow says 1 month.")


def test_an_arrow_without_direction_or_months_is_untested(months):
    table = months(pairs(("lead", "follow", 0, None), ("lead", "short", 1, None), ("lead", "flat", 1, None)),
                       lead=LEAD, follow=LEAD, short=[float("nan")] * 6 + LEAD[6:], flat=[1.0] * 16)
    assert set(table["verdict"]) == {"untested"} and table["q_value"].isna().all()
    assert table["why_untested"].tolist() == [links.NO_WAY, "10 settled months with both values, and 12 are needed", "one of the two did not change from month to month"]


def test_many_arrows_are_paid_for(months):
    """One arrow borne out stays so among three that chance drew; chance alone stays inconclusive."""
    noise = {f"n{i}": np.random.default_rng(i).normal(size=16).tolist() for i in range(3)}
    table = months(pairs(("lead", "follow", 1, 2), *[("lead", name, 1, None) for name in noise]), lead=LEAD, follow=[0.0, 0.0, *LEAD[:-2]], **noise)
    assert table["verdict"].iloc[0] == "supported" and (table["q_value"] >= table["p_value"]).all()
