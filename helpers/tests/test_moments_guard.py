"""What must never be called a moment of truth: what is rated after the outcome, and what chance alone brings; and small segments."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers import infer
from helpers.infer.effects import Design, _joint
from helpers.infer.moments import judged, moments
from helpers.journey import open_journey
from helpers.measure import moments_of_truth as measured
from helpers.measure import outcome
from helpers.report import moments_of_truth as page
from helpers.tests.folders import write

PAGE = "4_moments_of_truth"
PEOPLE = 1500
DICTIONARY = "touchpoint,stage,role\n" + "".join(f"{name},post_purchase,support\n" for name in ("delivery", "manual", "thanks", "farewell"))
START = pd.Timestamp("2025-01-01 09:00:00")


def shop(seed: int = 3) -> dict[str, pd.DataFrame]:
    """Customers who come back less often after a poor delivery. Two touchpoints tell who came back, because they were asked afterwards:
    `thanks`, after the second order of those who came back and on day 95 of the others, and `farewell`, on day 100 of everybody."""
    rng = np.random.default_rng(seed)
    delivery, manual = (rng.integers(1, 6, PEOPLE) for _ in range(2))
    back = rng.random(PEOPLE) < np.where(delivery <= 2, 0.25, 0.6)
    bought, again = rng.uniform(0, 200, PEOPLE), rng.uniform(30, 80, PEOPLE)
    told = np.where(back, rng.integers(4, 6, PEOPLE), rng.integers(1, 3, PEOPLE))
    answers = [("delivery", bought + 3, delivery), ("manual", bought + 5, manual), ("thanks", bought + np.where(back, again + 1, 95), told), ("farewell", bought + 100, told)]
    who = np.array([f"c{i}" for i in range(PEOPLE)])
    surveys = pd.concat([pd.DataFrame({"customer_id": who, "day": day, "score": score, "touchpoint": name}) for name, day, score in answers])
    orders = pd.concat([pd.DataFrame({"customer_id": who, "day": bought}), pd.DataFrame({"customer_id": who[back], "day": (bought + again)[back]})], ignore_index=True)
    # Somebody orders late, so that every window is over when the data end.
    orders = pd.concat([orders, pd.DataFrame({"customer_id": ["last"], "day": [460.0]})], ignore_index=True)
    return {"orders": orders.assign(order_id=[f"o{i}" for i in range(len(orders))], revenue=20), "surveys": surveys.assign(instrument="csat")}


def company(folder, tables, settings="name: Shop\n"):
    for name, table in tables.items():
        write(folder, **{f"{name}_csv": table.assign(at=(START + pd.to_timedelta(table["day"], unit="D")).dt.floor("s")).drop(columns="day").to_csv(index=False)})
    return open_journey(write(folder, journey=settings, touchpoints_csv=DICTIONARY))


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return company(tmp_path_factory.mktemp("guard") / "shop", shop())


def test_what_is_measured_only_after_the_outcome_never_becomes_a_moment(planted):
    found = moments(planted)
    table = found.table.set_index("touchpoint")
    assert table["verdict"].to_dict() == {"delivery": "moment_of_truth", "manual": "not_shown", "thanks": "not_shown", "farewell": "not_shown"}
    for name in ("thanks", "farewell"):  # nearly every answer gives the outcome away
        assert table.at[name, "refused"] and table.loc[name, ["importance", "penalty", "effect", "joint", "naive"]].isna().all()
        assert "after the outcome" in table.at[name, "why"]
    assert "thanks" not in measured.analysis(planted).quality and "farewell" not in found.draws


def test_the_page_says_so_by_name(planted, capsys):
    results = infer.results(PAGE, planted)
    late = [one for one in page.find(planted, results) if "too late" in one.headline]
    assert len(late) == 1 and "Thanks" in late[0].headline and "Farewell" in late[0].headline
    assert not {"Thanks", "Farewell"} & set(results["effects"].table["touchpoint"]) | {"Thanks", "Farewell"} & set(results["do_first"].table["label"])
    told = " ".join(item for item in page.moments(results["moments"]) if isinstance(item, str))
    assert "Farewell and Thanks: rated only after the outcome was settled, so it cannot have moved it." in told


def test_the_plant_is_strong_enough_to_matter(planted):
    """Of those who rated it late nobody came back, and there are many: counted for the purchase before it, the leak would top the list."""
    rated = planted.collect(outcome.placed(planted))
    first = rated[(rated["touchpoint"] == "thanks") & (rated["place"] == "late")]
    assert (first["outcome"] == 0).all() and len(first) > 400


def test_for_a_recommendation_too(tmp_path):
    rng = np.random.default_rng(5)
    liked = rng.random(600) < 0.5
    who = np.array([f"c{i}" for i in range(600)])
    parts = [("delivery", 1, np.where(rng.random(600) < 0.5, liked * 4 + 1, rng.integers(1, 6, 600)), "csat"), ("", 5, np.where(liked, 10, 3), "nps"), ("thanks", 9, liked * 4 + 1, "csat")]
    surveys = pd.concat([pd.DataFrame({"customer_id": who, "day": rng.uniform(0, 50, 600) * 0 + day + np.arange(600) / 20, "instrument": kind, "score": score, "touchpoint": name}) for name, day, score, kind in parts])
    table = moments(company(tmp_path / "club", {"surveys": surveys})).table.set_index("touchpoint")
    assert table.at["thanks", "verdict"] == "not_shown" and table.at["thanks", "refused"] and np.isnan(table.at["thanks", "effect"])
    assert table.at["delivery", "verdict"] == "moment_of_truth"


def test_permuted_outcomes_give_no_moment_in_nineteen_of_twenty_seeds():
    found = measured.analysis(open_journey("data/sample"))
    places = found.quality.notna().sum().sort_values(ascending=False, kind="stable").index[:8]
    rows = (found.customer % 2 == 0) & found.quality[places].notna().any(axis=1)
    part = replace(found, customer=found.customer[rows].reset_index(drop=True), outcome=found.outcome[rows].reset_index(drop=True),
                   quality=found.quality.loc[rows, places].reset_index(drop=True), before=found.before[rows].reset_index(drop=True))
    assert (judged(part, min_n=30)["verdict"] == "moment_of_truth").any()  # as they are, something is there to be found
    named = 0
    for seed in range(20):
        shuffled = pd.Series(np.random.default_rng(seed).permutation(part.outcome))
        named += (judged(replace(part, outcome=shuffled), min_n=30)["verdict"] == "moment_of_truth").any()
    assert named <= 1


def test_the_sample_of_a_large_company_is_of_customers_seeded_and_told(planted, monkeypatch):
    monkeypatch.setattr(measured, "MOST_ROWS", 600)
    fresh = lambda: replace(planted)  # noqa: E731  (a journey that has kept nothing yet)
    one, same, other = (measured.analysis(fresh(), seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.quality, same.quality)
    assert 0.3 < one.part < 0.5 and abs(len(one) - 600) < 60 and not one.quality.equals(other.quality)
    told = infer.results(PAGE, replace(planted))
    share = f"{100 * measured.analysis(replace(planted)).part:.0f}%"
    assert f"rest on {share} of the customers, drawn at random" in told["moments"].method and f"{share} of them drawn at random" in told["effects"].who
    # Performance counts everybody: 1,500 rated the delivery.
    assert told["moments"].table.set_index("touchpoint").at["delivery", "n"] == PEOPLE


def test_the_whole_customer_is_drawn_or_nothing(tmp_path, monkeypatch):
    tables = shop()
    more = tables["surveys"][tables["surveys"]["touchpoint"] == "delivery"].assign(day=lambda t: t["day"] + 85)
    j = company(tmp_path / "twice", {**tables, "surveys": pd.concat([tables["surveys"], more])})
    whole = measured.analysis(j)
    monkeypatch.setattr(measured, "MOST_ROWS", 600)
    part = measured.analysis(replace(j))
    sizes = lambda found: found.customer.value_counts().value_counts(normalize=True)  # noqa: E731
    assert whole.part == 1 and sizes(part)[1] == pytest.approx(sizes(whole)[1], abs=0.08)


def test_a_small_segment_gets_no_regression_that_it_cannot_bear():
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        table = moments(open_journey("data/sample", period="2026-Q1", segment="segment=trade")).table
    assert not (table["verdict"] == "moment_of_truth").any()
    rng = np.random.default_rng(1)
    treated, covariates = rng.integers(0, 2, (60, 3)).astype(float), rng.normal(size=(60, 50))
    got = _joint(Design(treated, covariates, rng.integers(0, 2, 60).astype(float)), np.arange(60))
    assert np.isnan(got["joint"]).all()  # 54 columns reproduce 60 customers
    fewer = _joint(Design(treated, covariates[:, :3], rng.integers(0, 2, 60).astype(float)), np.arange(60))
    assert np.isfinite(fewer["joint"]).all() and (fewer["joint_se"] > 0.05).all()
