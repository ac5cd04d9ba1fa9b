"""One made-up company per seed and size, opened like any other, and what the pages' methods say of its planted stories.

Seeds are other than that of the committed edition (`helpers.sample.SEED`), so nothing here was tuned on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from helpers import engine, sample
from helpers.benchmarks.validity_rows import FALSE
from helpers.infer import adoption_value, lag, links, moments, overload, segments
from helpers.journey import Journey, open_journey
from helpers.load import ROOT
from helpers.measure import moments_of_truth as measured
from helpers.measure import segments as measured_segments
from helpers.sample.files import write_tables

DEALINGS = 5
"""How often the segments of one company are dealt out anew."""


@contextmanager
def company(seed: int, customers: int) -> Iterator[Journey]:
    """The sample company of another seed and size."""
    tables = sample.make(customers=customers, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        write_tables(tables, Path(folder))
        settings = (ROOT / "data" / "sample" / "journey.yml").read_text(encoding="utf-8")
        (Path(folder) / "journey.yml").write_text(settings, encoding="utf-8")
        yield open_journey(folder)


def judged(seed: int, customers: int) -> pd.DataFrame:
    """Verdicts beside the truth: seed, customers, touchpoint, kind, truth, n, effect, error, verdict; one row a rated touchpoint."""
    truth = sample.truth(customers=customers, seed=seed)[["touchpoint", "kind", "effect"]].rename(columns={"effect": "truth"})
    with company(seed, customers) as journey:
        found = moments.moments(journey).table[["touchpoint", "n", "effect", "effect_low", "effect_high", "verdict"]]
    table = found.merge(truth, on="touchpoint", how="left")
    table["error"] = (table["effect_high"] - table["effect_low"]) / (2 * 1.96)
    table["kind"] = table["kind"].fillna("none")
    return table.assign(seed=seed, customers=customers)[["seed", "customers", "touchpoint", "kind", "truth", "n", "effect", "error", "verdict"]]


def planted(seed: int, customers: int) -> dict[str, float]:
    """What is found of the turning point and of training before faster solutions: point, low, high; lag, correlation, p_value."""
    with company(seed, customers) as journey:
        turn = overload.turning(journey)
        series = links.monthly_values(journey, ["training_hours", "resolution_time"])
        link = lag.association(series["training_hours"], series["resolution_time"], expected=-1)
    return {
        "found": float(turn.found), "point": turn.point, "low": turn.low, "high": turn.high, "lag": np.nan if link.lag is None else link.lag,
        "correlation": link.correlation, "p_value": link.p_value, "supported": float(link.status == "supported"),
    }


def shuffled_outcome(seed: int, customers: int) -> float:
    """How many moments of truth are named where the outcome is dealt out anew among the occasions."""
    with company(seed, customers) as journey:
        found = measured.analysis(journey)
        dealt = pd.Series(np.random.default_rng([seed, 1]).permutation(found.outcome.to_numpy()), index=found.outcome.index)
        with mock.patch.object(measured, "analysis", return_value=replace(found, outcome=dealt)) as used:
            table = moments.moments(journey).table
    if not used.called or not table["effect"].notna().any():
        raise RuntimeError("the moments of truth were not worked out on the outcomes dealt out anew; the benchmark would prove nothing")
    return float((table["verdict"] == "moment_of_truth").sum())


def shuffled_segments(seed: int, customers: int) -> list[tuple[float, float, float, float]]:
    """Segments dealt out anew among the customers, DEALINGS times: how many are said to fall short, how many differ either way (q under .05), how many
    comparisons have a p under .05, and how many were made."""
    rng, found = np.random.default_rng([seed, customers]), []
    with company(seed, customers) as journey:
        who = journey.collect(measured_segments.members(journey))
        people = np.sort(who["customer_id"].unique())
        for _ in range(DEALINGS):
            to = dict(zip(people, rng.permutation(people), strict=True))
            rows = list(who.assign(customer_id=who["customer_id"].map(to)).itertuples(index=False, name=None))
            dealt = engine.keep(engine.frame(rows, "customer_id string, column string, value string"))
            with mock.patch.object(measured_segments, "members", return_value=dealt) as used:
                table = segments.against_others(journey)
            if not used.called:
                raise RuntimeError("the segments were not read as they were dealt out; the benchmark would prove nothing")
            p, q = table["p_value"], table["q_value"]
            found.append((float(table["falls_short"].sum()), float((q < FALSE).sum()), float((p < 0.05).sum()), float(p.notna().sum())))
    return found


def foretold(seed: int, customers: int) -> dict[str, float]:
    """What page 3 foretells of days held out: how far off purchases and money are, and the guess that all go on as so far; NaN where it foretells nothing."""
    with company(seed, customers) as journey:
        facts = adoption_value.lifetime_value(journey).facts
    told = {f"{what}_{which}": abs(facts[what][column]) if what in facts else np.nan for what in ("purchases", "money") for which, column in (("model", "error"), ("guess", "guess_error"))}
    return {**told, "held": float(facts.get("held", False))}
