"""Companies in which nothing is going on: how often do the methods say that something is?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.benchmarks import coverage
from helpers.benchmarks.validity_rows import FALSE, Row, rate
from helpers.infer import lag, turning, xmr
from helpers.infer.multiplicity import false_discovery

PART = "False discoveries"
MONTHS = 24
LINKS = 10
"""Links of a scorecard that are tested together."""


def steady_months(seed: int, kpis: int) -> list[Row]:
    """XmR on shares that stay the same for 24 months, from some 200 customers a month."""
    rng, outside, marked = np.random.default_rng([seed, 1]), [], []
    for _ in range(kpis):
        n = rng.poisson(200, MONTHS)
        table = pd.DataFrame({"period": [f"{m:02d}" for m in range(MONTHS)], "value": rng.binomial(n, 0.3) / n})
        signal = xmr.chart(table, bounds=(0.0, 1.0))["signal"]
        outside.append((signal == "outside").sum())
        marked.append((signal != "").sum())
    of = np.full(kpis, MONTHS)
    told = {"noun": "steady KPIs", "of": of}
    return [
        rate(PART, "months outside the limits, of a KPI that stays the same", outside, claim="at most 5 %", most=FALSE, **told),
        rate(PART, "months with any signal, of a KPI that stays the same", marked, claim="at most 5 %", most=FALSE, **told),
        rate(PART, "KPIs that stay the same with a month outside in two years", np.array(outside) > 0, noun="steady KPIs"),
    ]


def unlinked(seed: int, cards: int, memory: float = 0.0) -> Row:
    """Scorecards of ten links between KPIs that have nothing to do with each other: how many name any link?"""
    rng, named = np.random.default_rng([seed, 2, int(100 * memory)]), []
    for _ in range(cards):
        p = [lag.association(*(_series(rng, memory) for _ in range(2)), permutations=1000).p_value for _ in range(LINKS)]
        named.append((false_discovery(p) < FALSE).any())
    kind = "that drift (each month keeps half of the last)" if memory else "of independent months"
    return rate(PART, f"scorecards that name a link where there is none, KPIs {kind}", named, noun=f"scorecards of {LINKS} links", claim="at most 5 %", most=FALSE)


def _series(rng, memory: float) -> np.ndarray:
    out = rng.normal(size=MONTHS + 12)
    for t in range(1, len(out)):
        out[t] += memory * out[t - 1]
    return out[12:]


def no_turn(seed: int, draws: int, slope: float) -> Row:
    """Conversion that never turns: does a turning point appear?"""
    rng, found, k = np.random.default_rng([seed, 3, int(100 + 100 * slope)]), [], np.arange(1, 17)
    chance = 1 / (1 + np.exp(0.4 - slope * (k - 8)))
    for _ in range(draws):
        n = rng.multinomial(4500, np.full(16, 1 / 16))
        found.append(turning.turning_point(pd.DataFrame({"options": k, "n": n, "converted": rng.binomial(n, chance)})).found)
    kind = "only rises" if slope > 0 else "stays the same"
    return rate(PART, f"turning points where conversion {kind}", found, noun="draws", claim="at most 5 %", most=FALSE)


def no_moment(seed: int, companies: int) -> list[Row]:
    """Confounded companies of 2,000 with 20 touchpoints of which none matters: how many name one?"""
    found = coverage.false_finds(companies=companies, seed=seed).set_index("method")["named"]
    return [
        rate(PART, f"confounded companies without any effect that name one, tested {method}", np.arange(companies) < round(share * companies), noun="companies",
             **({"claim": "at most 5 %", "most": FALSE} if method == "against the margin" else {}))
        for method, share in found.items()
    ]
