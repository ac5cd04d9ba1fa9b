"""Changes and their split, by hand and in simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import change, intervals


def sums(rows):
    """(group, s, w) a customer -> the six sums a group."""
    table = pd.DataFrame(rows, columns=["who", "s", "w"])
    table = table.assign(m=1, ss=table.s**2, sw=table.s * table.w, ww=table.w**2)
    return table.groupby("who", as_index=False)[["m", "s", "w", "ss", "sw", "ww"]].sum()


def test_difference_of_shares_is_newcombes():
    # Newcombe (1998), table II, method 10: 56/70 - 48/80 gives .0524 to .3339
    now, before = intervals.share(70, 56, 70, 56, 56, 70), intervals.share(80, 48, 80, 48, 48, 80)
    got = change.difference(now, before).iloc[0]
    assert (round(got.value, 4), round(got.low, 4), round(got.high, 4)) == (0.2, 0.0524, 0.3339)
    assert got.direction == "up"
    assert change.difference(before, now).direction[0] == "down"
    assert change.difference(now, now).direction[0] == "none shown"
    unknown = now.assign(low=np.nan)
    assert change.difference(unknown, before).direction[0] == "unknown"


def test_split_by_hand():
    # known 40/50 -> 30/40 (.8 -> .75), new 10/50 -> 24/60 (.2 -> .4)
    before = sums([("known", 1, 1)] * 40 + [("known", 0, 1)] * 10 + [("new", 1, 1)] * 10 + [("new", 0, 1)] * 40)
    now = sums([("known", 1, 1)] * 30 + [("known", 0, 1)] * 10 + [("new", 1, 1)] * 24 + [("new", 0, 1)] * 36)
    got = change.split(now, before, "who")
    parts = got.parts.set_index("part").value
    assert parts["rate"] == pytest.approx(0.45 * -0.05 + 0.55 * 0.2)
    assert parts["mix"] == pytest.approx(0.775 * -0.1 + 0.3 * 0.1)
    assert parts["total"] == pytest.approx(0.54 - 0.5) == pytest.approx(parts["mix"] + parts["rate"])
    assert got.groups[["mix", "rate"]].sum().to_numpy() == pytest.approx(parts[["mix", "rate"]].to_numpy())


def test_total_has_the_variance_of_two_ratios():
    rng = np.random.default_rng(1)
    periods = [
        [(g, float(s), float(w)) for g, s, w in zip(rng.choice(["a", "b"], 200), rng.gamma(2, 5, 200), rng.integers(1, 5, 200))]
        for _ in range(2)
    ]
    now, before = (sums(p) for p in periods)
    total = change.split(now, before, "who").parts.iloc[0]
    alone = [intervals.from_sums(*t[["m", "s", "w", "ss", "sw", "ww"]].sum()).iloc[0] for t in (now, before)]
    want = np.hypot(*(a.high - a.value for a in alone))
    assert total.high - total.value == pytest.approx(want, rel=1e-6)


def test_a_group_that_comes_or_goes_is_mix():
    before, now = sums([("a", 5, 10)] * 9), sums([("a", 5, 10)] * 9 + [("b", 9, 10)] * 9)
    got = change.split(now, before, "who")
    parts = got.parts.set_index("part").value
    assert parts["rate"] == 0 and parts["mix"] == pytest.approx(0.2)
    assert got.groups.value_before.isna().tolist() == [False, True]
    back = change.split(before, now, "who").parts.set_index("part").value
    assert back["mix"] == pytest.approx(-0.2)


def test_intervals_cover():
    rng = np.random.default_rng(2)
    hits = np.zeros(2)
    truth = np.array([(0.55 - 0.5) * 0.3 + (0.45 - 0.5) * 0.65, 0.475 * 0.1])
    for _ in range(300):
        tables = []
        for share, second in ((0.55, 0.7), (0.5, 0.6)):
            group = np.where(rng.uniform(size=400) < share, "a", "b")
            w = rng.integers(1, 4, 400)
            tables.append(sums(list(zip(group, rng.binomial(w, np.where(group == "a", 0.3, second)), w))))
        parts = change.split(*tables, "who").parts.iloc[1:]
        hits += (parts.low.to_numpy() <= truth) & (truth <= parts.high.to_numpy())
    assert ((hits / 300 > 0.92) & (hits / 300 < 0.985)).all()


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="`before` has no column ss"):
        change.split(sums([("a", 1, 1)]), sums([("a", 1, 1)]).drop(columns="ss"), "who")
    with pytest.raises(ValueError, match="nothing to divide by"):
        change.split(sums([("a", 1, 1)]), sums([]), "who")
    one = intervals.share([1, 2], [1, 2], [1, 2], [1, 2], [1, 2], [1, 2])
    with pytest.raises(ValueError, match="2 rows now and 1 before"):
        change.difference(one, one.head(1))
