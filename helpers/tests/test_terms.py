"""Terms that set one side apart: by hand, planted, and none where the sides are dealt by lot."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from helpers.infer import terms
from helpers.infer.journey_voices import detractor_terms
from helpers.infer.sentiment import COMMON, words
from helpers.journey import open_journey
from helpers.tests.folders import write

PLAIN = [f"word{chr(97 + i)}" for i in range(26)] + [f"term{chr(97 + i)}" for i in range(14)]


def test_log_odds_by_hand():
    """Two terms, votes 30 and 10 of ours, 10 and 30 of theirs: the prior is one vote each, so (31 / 11) / (11 / 31), and the error
    sqrt(1/31 + 1/11): equations 16 and 22 of Monroe, Colaresi and Quinn (2008)."""
    delta, error = terms.log_odds(np.array([30.0, 10.0]), np.array([10.0, 30.0]))
    assert delta == pytest.approx([2 * np.log(31 / 11), -2 * np.log(31 / 11)]) and error == pytest.approx([np.sqrt(1 / 31 + 1 / 11)] * 2)


def test_rare_terms_are_pulled_in_harder():
    """Twice the odds on 400 votes stand further from 0, in standard errors, than on 8."""
    delta, error = terms.log_odds(np.array([400.0, 8.0, 500.0]), np.array([200.0, 4.0, 700.0]))
    assert abs(delta[0] / error[0]) > 5 * abs(delta[1] / error[1]) > 0


def made(seed: int, planted: bool, people: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(people):
        side = i % 3 == 0
        for _ in range(int(rng.integers(1, 4))):
            text = list(rng.choice(PLAIN, 5))
            if planted and rng.random() < (0.35 if side else 0.08):
                text.append("voucher")
            rows.append((f"c{i}", ". ".join(text), side))
    return pd.DataFrame(rows, columns=["cluster", "text", "side"])


def told(rows: pd.DataFrame, min_cell: int = 10) -> pd.DataFrame:
    return terms.apart(*terms.votes(rows, words, COMMON), min_cell)


def test_a_planted_term_is_found_and_no_other():
    table = told(made(1, planted=True))
    assert table.loc[table["side"] == "ours", "term"].tolist() == ["voucher"] and not (table["side"] == "others").any()
    row = table.set_index("term").loc["voucher"]
    assert 0 < row["low"] < row["log_odds"] < row["high"] and row["share"] > 3 * row["others_share"]


def test_by_lot_hardly_any_list_names_a_term():
    named = sum((told(made(seed, planted=False))["side"] != "").any() for seed in range(20))
    assert named <= 2


def test_a_customer_has_one_vote():
    rows = pd.DataFrame({"cluster": ["loud"] * 50 + [f"c{i}" for i in range(50)], "text": ["voucher"] * 50 + ["coffee"] * 50, "side": [True] * 50 + [False] * 50})
    counted, people = terms.votes(rows, words, COMMON)
    assert counted[True] == Counter(voucher=1) and people == {True: 1, False: 50}
    assert told(rows)["term"].tolist() == ["coffee"]  # one person's word is neither tested nor shown


def test_small_counts_cannot_be_read_or_worked_out():
    table = terms.apart({True: Counter(late=40, name=4), False: Counter(late=3, name=20)}, {True: 60, False: 60}, 10).set_index("term")
    assert table.loc["late", "people"] == 40 and table.loc["late", ["others_people", "others_share", "log_odds", "low", "high"]].isna().all()
    assert table.loc["name", ["people", "share", "log_odds"]].isna().all() and table.loc["name", "side"] != "ours"


def test_pairs_stay_inside_a_part_of_a_sentence():
    found = terms.terms_of(["Voucher refused. Coffee was not good, sadly"], words, COMMON)
    assert {"voucher refused", "not good", "coffee", "sadly"} <= found and not {"refused coffee", "good sadly", "was not"} & found


def company(tmp_path, *, nps: bool):
    rows = []
    for i in range(160):
        bad = i % 4 == 0
        text = "The voucher was refused" if bad and i % 8 == 0 else "A quick <b>delivery</b>" if i % 2 else "It works"
        rows.append(f"c{i},2026-02-{i % 28 + 1:02d} 10:00:00,csat,{1 if bad else 5},1,5,desk,{text}\n")
        rows += [f"c{i},2026-03-{i % 28 + 1:02d} 10:00:00,nps,{3 if bad else 9},0,10,,\n"] if nps else []
    return open_journey(write(tmp_path, surveys_csv="customer_id,at,instrument,score,scale_min,scale_max,touchpoint,comment\n" + "".join(rows), journey="min_n: 20\nmin_cell: 10\n"))


@pytest.mark.parametrize("nps", [True, False])
def test_sides_are_told_apart_by_recommendation_else_by_experience(tmp_path, nps):
    result = detractor_terms(company(tmp_path, nps=nps))
    assert result.facts["by"] == ("recommendation" if nps else "experience") and result.facts["people"] == 40 and result.facts["others"] == 120
    assert "voucher refused" in result.table.loc[result.table["side"] == "ours", "term"].tolist() or "voucher" in result.table.loc[result.table["side"] == "ours", "term"].tolist()


def test_too_few_detractors_are_said(tmp_path):
    rows = "".join(f"c{i},2026-02-01 10:00:00,csat,5,desk,It works fine\n" for i in range(50))
    result = detractor_terms(open_journey(write(tmp_path, surveys_csv="customer_id,at,instrument,score,touchpoint,comment\n" + rows, journey="")))
    assert not result.ok and "Too few customers who wrote of a poor experience" in result.nothing
