"""Planted truths: are they found again, and how far off?"""

from __future__ import annotations

import numpy as np

from helpers.benchmarks import validity_fits as fits
from helpers.benchmarks.validity_rows import Row, mean, rate
from helpers.infer import lag, lifetime, lifetime_check, markov, turning

PART = "Planted truths"
WEEKS = 39.0


def removal(seed: int, draws: int, people: int = 900) -> list[Row]:
    """Removal effects of a known chain: the mean of each estimate less the truth."""
    rng, truth = np.random.default_rng([seed, 11]), fits.true_removal()
    off, order = [], []
    for _ in range(draws):
        table, solved = markov.attribute_counts(fits.walks(rng, people), draws=1)
        got = table.set_index("touchpoint").loc[list(fits.NAMES), "removal_effect"].to_numpy()
        off.append(got - truth)
        order.append((np.argsort(-got) == np.argsort(-truth)).all() and abs(solved.base - solved.observed) < 1e-9)
    bias = np.array(off).mean(axis=1)
    return [
        mean(PART, "removal effects of a known chain, 900 ways: mean error", bias, noun="draws", claim="within .01", least=-0.01, most=0.01, form="+.4f"),
        mean(PART, "… mean distance from the truth", np.abs(off).mean(axis=1), noun="draws", form=".4f"),
        rate(PART, "… touchpoints in the right order, and the chain's check met", order, noun="draws"),
    ]


def turn(seed: int, draws: int, people: int) -> list[Row]:
    """The turning point of options, planted at 9."""
    rng = np.random.default_rng([seed, 12, people])
    found = [turning.turning_point(fits.options(rng, people)) for _ in range(draws)]
    points = [f.point - 9.0 for f in found if f.found]
    return [
        rate(PART, f"turning point at 9 options found, {people:,} intents", [f.found for f in found], noun="draws"),
        mean(PART, f"… options too many (less than none: too few), {people:,} intents", points, noun="draws that find one", claim="within half an option", least=-0.5, most=0.5, form="+.2f"),
    ]


def link(seed: int, draws: int, strength: float) -> list[Row]:
    """A KPI that follows another two months later, over 24 months."""
    rng = np.random.default_rng([seed, 13, int(100 * strength)])
    found = [lag.association(*fits.months(rng, 24, strength), permutations=400) for _ in range(draws)]
    named = [f for f in found if f.status in ("supported", "contradicted")]
    told = f"a link {strength:g} times as strong as chance"
    return [
        rate(PART, f"{told}: found in 24 months", [f.status == "supported" for f in found], noun="draws"),
        rate(PART, "… of those found, with the right lag and sign", [f.lag == 2 and f.status == "supported" for f in named], noun="draws that find one", claim="at least 90 %", least=0.9),
    ]


def value(seed: int, draws: int, people: int = 1500) -> list[Row]:
    """Purchases and spend in 39 weeks that the models had not seen, beside the guess that all go on as so far."""
    rng, off = np.random.default_rng([seed, 14]), {"model": [], "guess": [], "spend": [], "each": [], "guess_each": []}
    for _ in range(draws):
        rows = fits.buyers(rng, people)
        fit, spend = lifetime.fit_purchases(rows), lifetime.fit_values(rows)
        often = lifetime.expected_purchases(fit.parameters, rows, WEEKS)
        own = rows["x"] / rows["T"] * WEEKS
        off["model"].append(abs(often.sum() / rows["actual"].sum() - 1))
        off["guess"].append(abs(lifetime_check.naive(rows, WEEKS) / rows["actual"].sum() - 1))
        off["spend"].append(abs((often * lifetime.expected_value(spend.parameters, rows)).sum() / rows["spent"].sum() - 1))
        off["each"].append(np.sqrt(((often - rows["actual"]) ** 2).mean()))
        off["guess_each"].append(np.sqrt(((own - rows["actual"]) ** 2).mean()))
    nearer = np.array(off["model"]) < np.array(off["guess"])
    return [
        mean(PART, "purchases in 39 unseen weeks, all customers: how far off the model is", off["model"], noun="draws", claim="at most 10 %", least=0, most=0.1, form=".1%"),
        mean(PART, "… how far off the guess that all go on as so far", off["guess"], noun="draws", form=".1%"),
        rate(PART, "… the model nearer than the guess", nearer, noun="draws", claim="at least 90 %", least=0.9),
        mean(PART, "… what they spend: how far off the model is", off["spend"], noun="draws", claim="at most 15 %", least=0, most=0.15, form=".1%"),
        mean(PART, "… one customer's purchases: root mean square error of the model", off["each"], noun="draws", form=".2f"),
        mean(PART, "… and of the guess that each goes on at the own pace", off["guess_each"], noun="draws", form=".2f"),
    ]
