"""Every rated touchpoint with all methods side by side and one verdict: the table behind moments.csv."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import names
from helpers.infer import asymmetry, drivers, effects, markov
from helpers.infer.agreement import verdicts
from helpers.infer.blocks import DRAWS, SEED, percentiles
from helpers.infer.intervals import LEVEL
from helpers.infer.multiplicity import MIN_OUTCOMES, hide_small
from helpers.journey import Journey
from helpers.measure import moments_of_truth as measured
from helpers.measure import outcome

ANALYSED = (
    "analysed", "poor_n", "naive", "importance", "importance_low", "importance_high", "penalty", "penalty_low", "penalty_high", "reward",
    "reward_low", "reward_high", "asymmetry", "asymmetry_low", "asymmetry_high", "kind", "effect", "effect_low", "effect_high", "p_value", "q_value", "overlap", "e_value",
    "e_value_low", "joint", "joint_low", "joint_high", "joint_q", "stability", "removal_effect", "removal_low", "removal_high",
)
WHY = {
    "refused": "rated only after the outcome was settled, so it cannot have moved it",
    "before": "rated before a first purchase, when there is nothing yet to come back to",
    "search": "rated in the search for the next purchase, which is part of the outcome",
    "open": "the windows are still open",
    "late": "rated only after the window",
    "none": "no outcome is known that it could go with",
    "same": "rated in the same survey as the outcome: what goes together, not what comes first",
}


@dataclass(frozen=True)
class Moments:
    """What is known of each touchpoint, and of the analysis as a whole.

    table: one row a rated touchpoint: names.MOMENT_COLUMNS, ANALYSED, label, owner, people, poor_share, scale_min, scale_max, refused,
    why. rows, customers, occasions, rate: rated occasions, their customers, settled occasions, share with the outcome. same: rated in the same
    breath as the outcome. part: the share of customers analysed. r_squared: what all ratings together explain. reason: why nothing could be
    analysed, or "". draws: resamples of the effects, one column a touchpoint (see `effects.with_draws`).
    """

    table: pd.DataFrame
    rows: int = 0
    customers: int = 0
    occasions: int = 0
    rate: float = np.nan
    same: bool = False
    part: float = 1.0
    r_squared: float = np.nan
    covariates: tuple[str, ...] = field(default=())
    reason: str = ""
    draws: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


def moments(journey: Journey) -> Moments:
    """The moments of truth of a journey, worked out once (needs surveys with touchpoints and customers)."""
    return journey.kept("moments", lambda: _moments(journey))


def _moments(journey: Journey) -> Moments:
    table = _rated(journey)
    reason = _reason(journey)
    if reason or not len(table):
        return Moments(_finish(journey, table.assign(why=WHY["none"]), False), reason=reason or "no touchpoint was rated in this period")
    found = measured.analysis(journey)
    wins = float(found.outcome.sum())
    if len(found) < journey.min_n or min(wins, len(found) - wins) < MIN_OUTCOMES:
        reason = f"only {len(found):,} rated cases have a settled outcome, {wins:,.0f} of them the one wished for" if len(found) else (
            "no rated case has a settled outcome yet")
        return Moments(_finish(journey, table, found.same), len(found), found.customers, found.occasions, found.rate, found.same, reason=reason)
    analysed, explained, drawn = _analysed(journey, found)
    table = table.merge(analysed, on="touchpoint", how="left")
    return Moments(
        _finish(journey, table, found.same), len(found), found.customers, found.occasions, found.rate, found.same, found.part, explained,
        tuple(found.before.columns), draws=drawn,
    )


def _reason(journey: Journey) -> str:
    """Why there is no outcome to go by, or ""."""
    wanted = "orders, answers to the recommendation question (nps), or overall satisfaction (csat without a touchpoint)"
    if journey.outcome is None:
        return f"what customers do next is not known; {wanted} would show it"
    if not int(journey.collect(outcome.occasions(journey).limit(1).select("number"))["number"].count()):
        return f"the company's outcome is {names.OUTCOMES[journey.outcome]}, and its tables show none; {wanted} would"
    return ""


def _rated(journey: Journey) -> pd.DataFrame:
    """Each rated touchpoint with its performance, and why its ratings cannot be analysed where that is so."""
    table = measured.performance(journey)
    if not len(table) or _reason(journey):
        return table.assign(refused=False, why="")
    found = outcome.places(journey).set_index("touchpoint")
    kept = [place for place in outcome.PLACES if place not in ("used", "same")]
    most = found[kept].idxmax(axis=1)
    usable = found["used"] + found["same"] > 0
    why = most.map(WHY).where(~usable, "").mask(found["refused"], WHY["refused"])
    return table.assign(refused=table["touchpoint"].map(found["refused"]).fillna(False), why=table["touchpoint"].map(why).fillna(""))


def _analysed(journey: Journey, found: measured.Analysis) -> tuple[pd.DataFrame, float, pd.DataFrame]:
    """ANALYSED a touchpoint, the share of the outcome's variance that all ratings explain, and draws of the effects."""
    table, explained, drawn = side_by_side(found, min_n=journey.min_n, min_cell=journey.min_cell, margin=journey.company.practical_margin)
    removed = removal(journey) if journey.has("interactions") else pd.DataFrame(columns=["touchpoint", "removal_effect", "removal_low", "removal_high"])
    return table.merge(removed, on="touchpoint", how="left"), explained, drawn


def side_by_side(found: measured.Analysis, *, min_n: int, min_cell: int = 0, margin: float = effects.MARGIN) -> tuple[pd.DataFrame, float, pd.DataFrame]:
    """Importance, penalty and reward, effects and stability on one measured frame; no journey needed.

    Out: ANALYSED a touchpoint but for the removal effect, the share of variance explained, draws of the effects. With
    `agreement.verdicts` on the table this is what permutation tests and benchmarks ask of a frame (see `judged`).
    """
    who, drawn = {"cluster": found.customer}, pd.DataFrame()
    poor, delight, won = found.poor, found.delight, found.outcome
    driven = drivers.importance(found.quality, won, min_n=min_n, **who)
    table = asymmetry.contrast(poor, delight, won, **who).drop(columns="reason").rename(columns={"n": "analysed"})
    table = table.merge(driven.table.rename(columns={"driver": "touchpoint"})[["touchpoint", *drivers.FIGURES[:3]]], on="touchpoint")
    if not found.same:
        more = {**who, "delight": delight, "margin": margin, "min_n": max(min_n, min_cell)}
        effect, drawn = effects.with_draws(poor, won, found.before, **more)
        table = table.merge(effect.drop(columns=["n", "poor_n", "reason"]), on="touchpoint")
        # Halves cost as much again as the whole, so they are asked only of what might be a moment.
        hinted = table.loc[(table["effect_high"] < 0) | (table["joint_high"] < 0), "touchpoint"].tolist()
        if hinted:
            table["stability"] = table["touchpoint"].map(effects.halves(poor, won, found.before, only=hinted, **more))
    return table, driven.r_squared, drawn


def judged(found: measured.Analysis, *, min_n: int) -> pd.DataFrame:
    """The verdicts on one measured frame, without the removal effect (which no verdict hangs on): `agreement.verdicts`."""
    return verdicts(side_by_side(found, min_n=min_n)[0])


def removal(journey: Journey, *, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """How many outcomes are lost where a touchpoint drops out of the chain: touchpoint, removal_effect, removal_low, removal_high (95 %).

    The exact absorbing chain of `markov`, from an occasion's contacts to its outcome, which must give the share of occasions that end in
    it (ValueError); the bootstrap draws blocks of customers.
    """
    steps = measured.steps_to_outcome(journey)
    points = sorted((set(steps["source"]) | set(steps["target"])) - {markov.START, markov.CONVERSION, markov.NULL})
    if not points or markov.CONVERSION not in set(steps["target"]):
        return pd.DataFrame(columns=["touchpoint", "removal_effect", "removal_low", "removal_high"])
    width = len(points) + 2
    cell = pd.Index([markov.START, *points]).get_indexer(steps["source"]) * width
    cell = cell + pd.Index([*points, markov.CONVERSION, markov.NULL]).get_indexer(steps["target"])
    blocks, block = np.unique(steps["block"], return_inverse=True)
    sums = np.zeros((len(blocks), (len(points) + 1) * width))
    np.add.at(sums, (block, cell), steps["count"].to_numpy(dtype=float))
    weights = np.random.default_rng(seed).multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=draws)
    drawn = (np.vstack([np.ones(len(blocks)), weights]) @ sums).reshape(-1, len(points) + 1, width)
    base, effect = markov.solve(drawn)
    markov.gate(float(base[0]), drawn[0])
    low, high = percentiles(effect[1:], LEVEL)
    return pd.DataFrame({"touchpoint": points, "removal_effect": effect[0], "removal_low": low, "removal_high": high})


def _finish(journey: Journey, table: pd.DataFrame, same: bool) -> pd.DataFrame:
    """Verdicts, words of the dictionary, small numbers hidden, in the order in which a reader wants them."""
    table = table.reindex(columns=list(dict.fromkeys([*table.columns, *ANALYSED])))
    stated = table["why"].ne("") & table["analysed"].isna()
    judged = verdicts(table.drop(columns="why"), margin=journey.company.practical_margin)
    judged["why"] = judged["why"].mask(stated, table["why"])
    enough = table["n"] >= journey.min_n
    judged["verdict"] = judged["verdict"].mask(stated & enough, "not_shown")
    if same:
        judged = _same_breath(judged)
    judged = _described(journey, judged)
    hidden = hide_small(judged, "people", journey.min_cell, total=False, blank=["n", "performance", "poor_share", "delighted_share"])
    judged = _few_poor(hidden.drop(columns="hidden"), journey.min_cell)
    rank = {word: i for i, word in enumerate(names.VERDICTS)}
    judged = judged.assign(_rank=judged["verdict"].map(rank))
    return judged.sort_values(["_rank", "effect", "importance", "touchpoint"], ascending=[True, True, False, True], ignore_index=True).drop(columns="_rank")


def _same_breath(table: pd.DataFrame) -> pd.DataFrame:
    """Verdicts where ratings and outcome were given together: never a moment of truth; to watch where both methods left agree."""
    agreeing = table[["agrees_importance", "agrees_penalty"]].eq(True).sum(axis=1)
    known = table["importance"].notna()
    verdict = np.select([~known, agreeing == 2], ["too_few", "watch"], "not_shown")
    why = np.where(known, WHY["same"], "too few answers to say")
    return table.assign(verdict=verdict, why=why, methods_agreeing=agreeing.where(known, 0), methods_asked=np.where(known, 2, 0))


def _described(journey: Journey, table: pd.DataFrame) -> pd.DataFrame:
    words = journey.dictionary.set_index("touchpoint")
    for name in ("label", "stage", "channel", "owner"):
        table[name] = table["touchpoint"].map(words[name]) if len(words) else None
    spoken = table["touchpoint"].str.replace("_", " ").str.capitalize()
    return table.assign(label=table["label"].astype("object").where(table["label"].notna(), spoken))


def _few_poor(table: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Figures that would describe fewer than `min_cell` people with a poor (or a delightful) experience are left out."""
    poor = table["poor_n"].fillna(0) < min_cell
    delighted = table["delight_n"].fillna(0) < min_cell if "delight_n" in table else poor
    for few, columns in ((poor, ("penalty", "penalty_low", "penalty_high", "naive", "asymmetry")), (delighted, ("reward", "reward_low", "reward_high", "asymmetry"))):
        for name in columns:
            table[name] = table[name].mask(few)
    few = table["verdict"] == "too_few"
    for name in (c for c in ANALYSED if c not in ("analysed", "poor_n", "kind")):
        table[name] = table[name].mask(few)
    # Where neither penalty nor reward is shown, the balance between them is noise.
    return table.assign(asymmetry=table["asymmetry"].mask(table["kind"].isin(["neutral", "too_few"])))


def shown(table: pd.DataFrame) -> pd.Series:
    """True for touchpoints whose poor experience goes with fewer outcomes beyond chance: moments, and those to watch with an effect below 0."""
    return table["verdict"].isin(["moment_of_truth", "watch"]) & (table["effect_high"] < 0)
