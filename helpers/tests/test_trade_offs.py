"""Trade-offs: a planted one is found with its lag, chance and a single bad month give none, and the same thing counted twice is left out."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace as Words

import numpy as np
import pandas as pd
import pytest

from helpers.infer import trade_offs
from helpers.infer.section import Result
from helpers.journey import open_journey
from helpers.report.trade_offs import sentence
from helpers.report.trade_offs import trade_offs as told

MONTHS = [f"{2024 + i // 12}-{i % 12 + 1:02d}" for i in range(24)]


COUNT = count()


def kpi(kind: str, better: str = "higher", base: str = "") -> Words:
    """A KPI's words, with a numerator and denominator of its own."""
    return Words(kind=kind, better=better, numerator=f"top {next(COUNT)}", denominator=base or f"base {next(COUNT)}")


def noise(seed: int, many: int = 14, bad_month: float = 0.0) -> tuple[pd.DataFrame, dict]:
    """KPIs of independent months, half of them leading; `bad_month` standard deviations lost by all in one month."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(24, many))
    values[15] -= bad_month
    names = [f"{'leading' if i % 2 else 'lagging'}_{i}" for i in range(many)]
    return pd.DataFrame(values, index=MONTHS, columns=names), {name: kpi(name.split("_")[0]) for name in names}


def planted(seed: int, better: str = "higher") -> tuple[pd.DataFrame, dict]:
    """Among the noise, a discount whose every rise is followed by a fall of loyalty two months later."""
    series, kpis = noise(seed)
    rng = np.random.default_rng(seed + 100)
    push = rng.normal(size=26)
    sign = 1 if better == "higher" else -1
    series["discounts"] = push[2:]
    series["loyalty"] = sign * (-push[:-2] + 0.15 * rng.normal(size=24))
    return series, {**kpis, "discounts": kpi("leading"), "loyalty": kpi("lagging", better)}


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_planted_trade_off_is_found_with_its_lag(better):
    table, _ = trade_offs.tested(*planted(3, better))
    shown = table[table["shown"]]
    assert shown[["family", "first", "second", "lag"]].values.tolist() == [["leading", "discounts", "loyalty", 2]]
    row = shown.iloc[0]
    assert -1 <= row["low"] < row["correlation"] < row["high"] < 0 and row["q_value"] < trade_offs.ALPHA
    again, _ = trade_offs.tested(*planted(3, better))
    pd.testing.assert_frame_equal(table, again)


def test_two_that_gain_together_are_no_trade_off():
    series, kpis = planted(3)
    series["loyalty"] = -series["loyalty"]
    assert not trade_offs.tested(series, kpis)[0]["shown"].any()


@pytest.mark.parametrize("shared", ["nothing", "a bad month", "a season"])
def test_chance_a_bad_month_and_a_season_give_none(shared):
    """Of ten companies where nothing is traded, one at most may show something."""
    wave = np.sin(2 * np.pi * np.arange(24) / 12)
    named = 0
    for seed in range(10):
        series, kpis = noise(seed, bad_month=6.0 if shared == "a bad month" else 0.0)
        season = np.outer(wave, np.random.default_rng(seed + 50).normal(size=series.shape[1])) * (3.0 if shared == "a season" else 0.0)
        named += trade_offs.tested(series + season, kpis)[0]["shown"].any()
    assert named <= 1


def test_what_rests_on_one_month_does_not_stand():
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=23), rng.normal(size=23)
    first[[10, 11]], second[[10, 11]] = (9, -9), (-9, 9)
    steady = np.diff(rng.normal(size=24))
    assert not trade_offs.stands(first, second, 0) and trade_offs.stands(steady, -steady + 0.2 * rng.normal(size=23), 0)


def test_the_same_thing_is_left_out():
    series, kpis = planted(3)
    kpis["loyalty"] = kpi("lagging", base=kpis["discounts"].denominator)
    table, left = trade_offs.tested(series, kpis)
    assert left == 1 and not table["shown"].any()
    series["mirror"], kpis["mirror"] = -series["loyalty"], kpi("lagging")
    assert trade_offs.tested(series, kpis)[1] == 2
    visits, contacts = kpi("leading", base="visits"), kpi("leading", base="all contacts of the period")
    assert trade_offs.same_thing(visits, contacts) and not trade_offs.same_thing(visits, kpi("leading"))


def test_kpis_with_gaps_or_few_months_are_not_compared():
    series = pd.DataFrame({"whole": np.arange(24) % 5, "gap": [1, np.nan, *range(22)], "short": [np.nan] * 13 + list(range(11)), "flat": 1.0, "late": [np.nan] * 4 + list(range(20))}, dtype=float)
    assert list(trade_offs.whole_months(series)) == ["whole", "late"]


def test_it_is_told_in_words_and_none_is_said():
    series, kpis = planted(3)
    table, left = trade_offs.tested(series, kpis)
    table = table.assign(first_label=table["first"], second_label=table["second"])
    row = next(table[table["shown"]].itertuples())
    assert sentence(row).startswith("When “discounts” gets better, “loyalty” gets worse 2 months later (rank correlation −0.")
    facts = {"pairs": {"leading": 60, "same": 40}, "months": 24, "left_out": left, "shown": 0}
    (text,) = told(Result("trade_offs", table.assign(shown=False), facts=facts))
    assert text.startswith("None shown. 60 pairs") and "chance" in text


def test_a_company_of_few_months_is_told_so():
    result = trade_offs.trade_offs(open_journey("data/toy"))
    assert not result.ok and "12 settled months" in result.nothing
