"""The Markov chain by hand, on published figures, and against brute removal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import markov

# METHODS section 4; the worked example of ChannelAttribution's white paper.
TOY = pd.DataFrame({"path": ["c1 > c2 > c3", "c1", "c2 > c3"], "conversions": [1, 0, 0], "nulls": [0, 1, 1]})


def made_up(rows=400, seed=1):
    rng = np.random.default_rng(seed)
    path = [markov.ARROW.join(rng.choice(list("abcd"), rng.integers(1, 6), p=[0.4, 0.3, 0.2, 0.1])) for _ in range(rows)]
    return pd.DataFrame({"path": path, "conversions": rng.poisson(1, rows), "nulls": rng.poisson(3, rows)})


def test_toy():
    solved = markov.chain(markov.transitions(TOY))
    assert solved.base == pytest.approx(1 / 3) and solved.observed == pytest.approx(1 / 3)
    assert solved.table.removal_effect.tolist() == pytest.approx([0.5, 1, 1])
    assert solved.table.credit_share.tolist() == pytest.approx([0.2, 0.4, 0.4])
    assert solved.table.credit.sum() == pytest.approx(1)


def test_transitions_by_hand():
    got = markov.transitions(TOY).set_index(["source", "target"])["count"].to_dict()
    assert got == {
        (markov.START, "c1"): 2, (markov.START, "c2"): 1, ("c1", "c2"): 1, ("c1", markov.NULL): 1,
        ("c2", "c3"): 2, ("c3", markov.CONVERSION): 1, ("c3", markov.NULL): 1,
    }


def test_removal_equals_solving_the_chain_without_the_touchpoint():
    counts = markov.transitions(made_up())
    solved = markov.chain(counts)
    for row in solved.table.itertuples():
        without = counts.copy()
        without.loc[without.target == row.touchpoint, "target"] = markov.NULL
        without = without[without.source != row.touchpoint]
        names = sorted(set(solved.table.touchpoint) - {row.touchpoint})
        base, _ = markov.solve(markov._matrix(without, names))
        assert row.removal_effect == pytest.approx(1 - base[0] / solved.base, abs=1e-12)


def test_the_gate():
    paths = made_up()
    solved = markov.chain(markov.transitions(paths))
    assert solved.base == pytest.approx(paths.conversions.sum() / (paths.conversions + paths.nulls).sum(), abs=1e-12)
    broken = markov.transitions(TOY)
    broken = broken.drop(index=0)
    with pytest.raises(ValueError, match="not those of whole paths"):
        markov.chain(broken)


def test_touch_credits_by_hand():
    paths = pd.DataFrame({"path": ["a > b > a > c", "b", "c > a"], "conversions": [4, 1, 0], "nulls": [0, 0, 5]})
    got = markov.touch_credits(paths).set_index("touchpoint")
    assert got.loc["a"].tolist() == [4, 0, 2] and got.loc["b"].tolist() == [1, 1, 2] and got.loc["c"].tolist() == [0, 4, 1]


def test_intervals_hold_the_estimate_and_narrow_with_more_customers():
    table, _ = markov.attribute(made_up())
    assert (table.removal_low <= table.removal_effect).all() and (table.removal_effect <= table.removal_high).all()
    assert table[["first", "last", "linear", "markov"]].sum().to_numpy() == pytest.approx(made_up().conversions.sum())
    paths = made_up()
    many = paths.assign(conversions=paths.conversions * 16, nulls=paths.nulls * 16)
    ratio = (table.removal_high - table.removal_low).mean()
    table, _ = markov.attribute(many)
    assert (table.removal_high - table.removal_low).mean() == pytest.approx(ratio / 4, rel=0.15)


def test_customers_with_many_paths_are_drawn_whole():
    paths = made_up(300)
    paths["conversions"], paths["nulls"] = (paths.conversions > 0).astype(int), (paths.conversions == 0).astype(int)
    alone, _ = markov.attribute(paths.assign(customer_id=range(300)))
    tenfold = pd.concat([paths.assign(customer_id=range(300))] * 10, ignore_index=True)
    same, _ = markov.attribute(tenfold)
    assert (same.removal_high - same.removal_low).mean() == pytest.approx(
        (alone.removal_high - alone.removal_low).mean(), rel=0.02
    )


def test_counts_by_bucket_give_the_same_chain():
    paths = made_up(2000).assign(customer_id=range(2000))
    table, _ = markov.attribute(paths)
    parts = [markov.transitions(p).assign(bucket=b) for b, p in paths.groupby(np.arange(2000) % 200)]
    counted, _ = markov.attribute_counts(pd.concat(parts))
    assert counted.removal_effect.to_numpy() == pytest.approx(table.removal_effect.to_numpy())
    width = table.removal_high - table.removal_low
    assert (counted.removal_high - counted.removal_low).to_numpy() == pytest.approx(width.to_numpy(), rel=0.25)


def test_no_conversion_at_all():
    solved = markov.chain(markov.transitions(TOY.assign(conversions=0, nulls=1)))
    assert solved.base == 0 and solved.table.removal_effect.isna().all()


def test_empty_paths_are_refused():
    with pytest.raises(ValueError, match="1 paths are empty"):
        markov.transitions(pd.DataFrame({"path": [None, "a"], "conversions": 1}))
    with pytest.raises(ValueError, match="needs a column 'path'"):
        markov.transitions(pd.DataFrame({"journey": ["a"]}))


@pytest.mark.case
def test_path_data(reference):
    # ChannelAttribution's PathData; METHODS section 4
    paths = pd.read_csv(reference("pathdata.csv")).rename(columns={"total_conversions": "conversions", "total_null": "nulls"})
    table, solved = markov.attribute(paths)
    assert paths.conversions.sum() == 19_785
    assert solved.base == pytest.approx(0.22385, abs=5e-6)
    got = table.set_index("touchpoint")
    want = {"alpha": 0.5584, "iota": 0.4058, "eta": 0.3490, "beta": 0.2640, "theta": 0.2060, "lambda": 0.1340}
    assert got.removal_effect[list(want)].round(4).to_dict() == want
    assert round(got.markov["alpha"], 2) == 5344.95
