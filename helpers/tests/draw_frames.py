"""Made-up tables for every chart, of any length: what a page might hand over, good and bad."""
from __future__ import annotations

import numpy as np
import pandas as pd

from helpers import draw
from helpers.names import PERSPECTIVES, STAGES, STATUSES

WORDS = {"title": "Two in five give up at the quote, and those who do rarely come back", "who": "3,412 customers who began in 2026",
         "caption": "Source: interactions and orders. Data to 30 September 2026."}
TOUCHPOINTS = [
    "Website search", "Showroom visit in the city centre", "Price list by e-mail", "Call to sales", "Quote", "Configurator", "Delivery appointment",
    "Installation by our own fitters", "Invoice", "Support chat", "Community forum", "Newsletter", "Product video", "Trade fair stand",
    "Complaint handling by phone", "Spare parts shop", "Warranty claim", "Review request", "Referral programme", "Mobile app", "Sample box",
    "Credit check", "Order confirmation", "Social media advert", "Partner store", "Onboarding call", "Training session", "User manual",
    "Renewal reminder", "Loyalty card", "Returns desk", "Live demonstration", "Comparison page", "Customer magazine", "Billing portal",
    "Account manager visit", "Survey invitation", "Print advert", "Radio spot", "Billboard at the ring road"]
HOSTILE = ["$x_1$ \\frac{a}{b}", "a_b^c", "<script>alert(1)</script>", "line\nbreak\tand \x00 control", "L" * 120, "many short words " * 12, "%s {0} $", "顧客 🙂",
           "", " "]
VERDICTS = ["moment_of_truth", "watch", "not_shown", "not_shown", "not_shown", "too_few"]
STAGE_KEYS = list(STAGES)


def names(n: int, hostile: bool = False) -> list[str]:
    """The first n touchpoint names, or names that try to break the page."""
    return [f"{HOSTILE[i % len(HOSTILE)]}{i or ''}" for i in range(n)] if hostile else TOUCHPOINTS[:n]


def months(n: int) -> list[str]:
    return [f"{2023 + i // 12}-{i % 12 + 1:02d}" for i in range(n)]


def _interval(rng, n, low=0.1, high=0.9, half=0.05):
    value = rng.uniform(low, high, n)
    return value, value - half, value + half


def _holes(frame: pd.DataFrame, columns: list[str], holes: bool) -> pd.DataFrame:
    if holes and len(frame):
        frame.loc[frame.index[::3], columns] = np.nan
    return frame


def funnel(n, rng, hostile, holes):
    users = np.sort(rng.integers(40, 9000, n))[::-1].astype(float)
    share = users / users[0] if n else users
    table = pd.DataFrame({"step": range(n), "label": names(n, hostile), "users": users, "of_start": share, "of_start_low": share * 0.97,
                          "of_start_high": np.minimum(share * 1.03, 1), "of_previous": np.r_[np.nan, users[1:] / users[:-1]] if n else [],
                          "median_days": rng.exponential(5, n)})
    return draw.funnel(_holes(table, ["users", "of_previous"], holes), **WORDS)


def survival(n, rng, hostile, holes):
    n, parts = min(n, 10), []
    for name, rate in zip(names(n, hostile), rng.uniform(0.01, 0.05, n)):
        days = np.arange(0, 91)
        share = 1 - np.exp(-rate * days)
        parts.append(pd.DataFrame({"group": name, "days": days, "share": share, "low": share - 0.04, "high": share + 0.04, "at_risk": np.linspace(900, 20, 91).round()}))
    table = pd.concat(parts) if parts else pd.DataFrame(columns=["group", "days", "share", "low", "high", "at_risk"])
    if holes and n:
        table.loc[table["group"] == table["group"].iloc[0], "share"] = np.nan
    return draw.survival(table, event="used it", window=30, **WORDS)


def _bar_table(n, rng, hostile, holes):
    value, low, high = _interval(rng, n)
    return _holes(pd.DataFrame({"label": names(n, hostile), "value": value, "low": low, "high": high, "n": rng.integers(10, 9000, n)}), ["value", "low", "high"], holes)


def bars(n, rng, hostile, holes):
    return draw.bars(_bar_table(n, rng, hostile, holes), value="Satisfied", noun="answers", target=0.7, red_flag=0.66, average=0.69, **WORDS)


def bars_grouped(n, rng, hostile, holes):
    table = _bar_table(n, rng, hostile, holes)
    return draw.bars(table.assign(group=[STAGES[STAGE_KEYS[i * 7 // max(n, 1)]] for i in range(n)]), unit="score", **WORDS)


def bars_dodged(n, rng, hostile, holes):
    tables = [_bar_table(n, rng, hostile, holes).assign(group=g) for g in ("Online", "Offline", "Partner $tores$")]
    return draw.bars(pd.concat(tables), target=0.7, **WORDS)


def turning_point(n, rng, hostile, holes):
    value, low, high = _interval(rng, n)
    table = pd.DataFrame({"options": np.arange(1, n + 1), "value": value, "low": low, "high": high, "n": rng.integers(10, 5000, n)})
    return draw.turning_point(_holes(table, ["value", "low", "high"], holes), point=None if holes else 7, point_low=6, point_high=9.5, **WORDS)


def importance_performance(n, rng, hostile, holes):
    performance, importance = rng.normal(3.8, 0.4, n), rng.dirichlet(np.ones(n)) if n else []
    table = pd.DataFrame({"touchpoint": names(n, hostile), "performance": performance, "performance_low": performance - 0.1, "performance_high": performance + 0.1,
                          "importance": importance, "importance_low": np.maximum(0, np.array(importance) - 0.01), "importance_high": np.array(importance) + 0.01,
                          "n": 300, "verdict": [VERDICTS[i % 6] for i in range(n)]})
    return draw.importance_performance(_holes(table, ["performance", "importance"], holes), **WORDS)


def penalty_reward(n, rng, hostile, holes):
    penalty, reward = -rng.exponential(0.3, n), rng.exponential(0.2, n)
    table = pd.DataFrame({"touchpoint": names(n, hostile), "penalty": penalty, "penalty_low": penalty - 0.1, "penalty_high": penalty + 0.1, "reward": reward,
                          "reward_low": reward - 0.1, "reward_high": reward + 0.1, "asymmetry": (reward + penalty) / (reward - penalty)})
    return draw.penalty_reward(_holes(table, ["penalty", "reward", "asymmetry"], holes), **WORDS)


def effects(n, rng, hostile, holes):
    effect = rng.normal(-0.02, 0.03, n)
    table = pd.DataFrame({"touchpoint": names(n, hostile), "effect": effect, "effect_low": effect - 0.02, "effect_high": effect + 0.02,
                          "verdict": [VERDICTS[i % 6] for i in range(n)], "n": 400})
    return draw.effects(_holes(table, ["effect", "effect_low", "effect_high"], holes), margin=0.02, **WORDS)


def ratios(n, rng, hostile, holes):
    value = np.exp(rng.normal(0, 0.8, n))
    table = pd.DataFrame({"label": names(n, hostile), "ratio": value, "low": value * 0.8, "high": value * 1.3, "n": 400, "reference": [i == 0 for i in range(n)],
                          "group": ["Region" if i < n / 2 else "Plan" for i in range(n)]})
    return draw.ratios(_holes(table, ["ratio", "low", "high"], holes), **WORDS)


def matrix(n, rng, hostile, holes):
    labels = names(n, hostile)
    pairs = [(a, b) for a in labels for b in labels if a != b or n == 1]
    table = pd.DataFrame({"row": [a for a, _ in pairs], "column": [b for _, b in pairs], "value": rng.beta(1, 8, len(pairs)), "n": 100})
    return draw.matrix(_holes(table, ["value"], holes), rows="From", columns="To", **WORDS)


def cost_impact(n, rng, hostile, holes):
    cost, impact = (rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(n))) if n else (np.array([]), np.array([]))
    table = pd.DataFrame({"activity": names(n, hostile), "cost_share": cost, "impact_share": impact, "impact_low": impact * 0.8, "impact_high": impact * 1.2})
    return draw.cost_impact(_holes(table, ["impact_share", "impact_low", "impact_high"], holes), **WORDS)


def cohort_triangle(n, rng, hostile, holes):
    n = min(n, 36)
    table = pd.DataFrame([{"cohort": c, "age": a, "share": 0.9 * np.exp(-a / 9), "n": 200, "complete": a < n - i - 1}
                          for i, c in enumerate(months(n)) for a in range(n - i)], columns=["cohort", "age", "share", "n", "complete"])
    return draw.cohort_triangle(_holes(table, ["share"], holes), **WORDS)


def _xmr_table(n, rng, holes):
    value = rng.normal(0.66, 0.02, n)
    signal = ["outside" if i % 9 == 7 else "run_of_eight" if i % 20 > 11 else "" for i in range(n)]
    table = pd.DataFrame({"period": months(n), "value": value, "low": value - 0.02, "high": value + 0.02, "centre": 0.66, "lower": 0.62, "upper": 0.7, "signal": signal})
    return _holes(table, ["value", "low", "high"], holes)


def xmr(n, rng, hostile, holes):
    return draw.xmr(_xmr_table(n, rng, holes), target=0.7, red_flag=0.6, value="Satisfied customers", **WORDS)


def xmr_small(n, rng, hostile, holes):
    tables = [_xmr_table(24, rng, holes and i % 4 == 0).assign(label=name, unit="share", target=0.7) for i, name in enumerate(names(n, hostile))]
    return draw.xmr_small(pd.concat(tables) if tables else pd.DataFrame(columns=["label", "period", "value", "signal"]), **WORDS)


def against(n, rng, hostile, holes):
    parts = [pd.DataFrame({"pair": i, "role": role, "label": name, "period": months(24), "place": rng.normal(size=24), "note": "rank correlation −0.80; q 0.010"})
             for i in range(min(n, 6)) for role, name in zip(("first", "second"), (names(40, hostile)[i], names(40, hostile)[-i - 1]))]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["pair", "role", "label", "period", "place"])
    return draw.against(_holes(table, ["place"], holes), **WORDS)


def feelings(n, rng, hostile, holes):
    value, low, high = _interval(rng, 3 * n, -1.5, 1.5, 0.2)
    table = pd.DataFrame({"label": names(n, hostile) * 3, "source": ["Ratings"] * n + ["Comments"] * n + ["Friction"] * n, "value": value, "low": low, "high": high, "n": 90})
    return draw.feelings(_holes(table, ["value", "low", "high"], holes), **WORDS)


def paths(n, rng, hostile, holes):
    labels = names(40, hostile)
    stages = {name: STAGE_KEYS[i % 7] for i, name in enumerate(labels)}
    share, low, high = _interval(rng, n)
    table = pd.DataFrame({"path": [list(rng.choice(labels, rng.integers(1, 14))) for _ in range(n)], "customers": rng.integers(10, 900, n), "share": 0.07,
                          "outcome_share": share, "outcome_low": low, "outcome_high": high})
    return draw.paths(_holes(table, ["outcome_share", "outcome_low", "outcome_high"], holes), stages=stages, **WORDS)


def flow(n, rng, hostile, holes):
    nodes = STAGE_KEYS[:n] if n <= 7 and not hostile else names(n, hostile)
    table = pd.DataFrame([{"source": a, "target": b, "customers": int(rng.exponential(300))} for a in nodes for b in nodes], columns=["source", "target", "customers"])
    return draw.flow(_holes(table, ["customers"], holes), **WORDS)


def journey_map(n, rng, hostile, holes):
    stages = pd.DataFrame({"stage": STAGE_KEYS, "label": names(7, True) if hostile else list(STAGES.values()), "customers": rng.integers(90, 9000, 7).astype(float),
                           "emotion": rng.uniform(-1.5, 1.5, 7), "n": 90, "evidence": (["measured", "partly", "assumed"] * 3)[:7],
                           "pain": names(7, hostile) if hostile else ["Waits four days for a quote; three in ten give up before it comes"] * 7,
                           "owner": names(7, True) if hostile else ["Sales operations and customer care"] * 7}).head(7 if n else 0)
    stages = stages.assign(emotion_low=stages["emotion"] - 0.2, emotion_high=stages["emotion"] + 0.2)
    channels = names(9, True) if hostile else ["web", "store", "phone", "e-mail", "partner", "app", "print"]
    touchpoints = pd.DataFrame({"touchpoint": names(n, hostile), "stage": [STAGE_KEYS[i % 7] if i % 13 else "elsewhere" for i in range(n)],
                                "channel": [channels[i % len(channels)] for i in range(n)], "customers": rng.integers(9, 3000, n).astype(float),
                                "emotion": rng.uniform(-2, 2, n), "verdict": [VERDICTS[i % 6] for i in range(n)]})
    return draw.journey_map(_holes(stages, ["emotion", "customers"], holes), _holes(touchpoints, ["emotion", "customers"], holes), **WORDS)


def strategy_map(n, rng, hostile, holes):
    n = min(n, 24)
    perspectives, statuses = list(PERSPECTIVES), list(STATUSES)
    objectives = pd.DataFrame({"id": [f"o{i}" for i in range(n)], "name": names(n, hostile), "perspective": [perspectives[i % 4] for i in range(n)],
                               "score": rng.uniform(0, 10, n), "status": [statuses[i % 5] for i in range(n)]})
    pairs = [(f"o{a}", f"o{b}") for a in range(n) for b in range(n) if a % 4 >= b % 4 and a != b and rng.random() < 0.1]
    words = ["supported", "contradicted", "inconclusive", "untested"]
    links = pd.DataFrame([(a, b, words[i % 4]) for i, (a, b) in enumerate(pairs)], columns=["source", "target", "verdict"])
    return draw.strategy_map(_holes(objectives, ["score"], holes), links, **WORDS)


def scorecard_bullets(n, rng, hostile, holes):
    value, low, high = _interval(rng, n)
    statuses, groups = list(STATUSES), list(PERSPECTIVES.values())
    table = pd.DataFrame({"label": names(n, hostile), "value": value, "low": low, "high": high, "target": 0.7, "red_flag": 0.5, "status": [statuses[i % 5] for i in range(n)],
                          "better": "higher", "unit": "share", "group": [groups[i * 4 // max(n, 1)] for i in range(n)]})
    return draw.scorecard_bullets(_holes(table, ["value", "low", "high"], holes), currency="EUR", **WORDS)


def attribution(n, rng, hostile, holes):
    parts = {name: rng.dirichlet(np.ones(n)) if n else [] for name in ("first", "last", "linear", "markov")}
    table = pd.DataFrame({"touchpoint": names(n, hostile), **parts})
    table = table.assign(markov_low=table["markov"] * 0.8, markov_high=table["markov"] * 1.2)
    return draw.attribution(_holes(table, ["markov", "markov_low", "markov_high"], holes), **WORDS)


def spend_progress(n, rng, hostile, holes):
    table = pd.DataFrame({"label": names(n, hostile), "spend": rng.uniform(500, 2e6, n), "reached": rng.integers(90, 90_000, n).astype(float),
                          "converted": rng.integers(9, 900, n).astype(float), "cost_per": rng.uniform(5, 900, n)})
    table = table.assign(cost_low=table["cost_per"] * 0.8, cost_high=table["cost_per"] * 1.3)
    return draw.spend_progress(_holes(table, ["spend", "converted", "cost_per"], holes), currency="EUR", **WORDS)


def part_whole(n, rng, hostile, holes):
    pull = rng.normal(0, 2, n)
    table = pd.DataFrame({"label": names(n, hostile), "pull": pull, "pull_low": pull - 0.8, "pull_high": pull + 0.8, "part": rng.uniform(0, 1, n),
                          "whole": rng.uniform(0, 1, n), "unit": "share"})
    return draw.part_whole(_holes(table, ["pull", "part"], holes), part=names(1, True)[0] if hostile else "Trade", whole="All customers", **WORDS)


def calibration(n, rng, hostile, holes):
    predicted = np.sort(rng.uniform(0.01, 0.8, n))
    table = pd.DataFrame({"predicted": predicted, "observed": predicted, "low": predicted - 0.05, "high": predicted + 0.05, "n": rng.integers(50, 900, n)})
    return draw.calibration(_holes(table, ["observed", "low", "high"], holes), **WORDS)


MAKERS = {f.__name__: f for f in (
    funnel, survival, bars, bars_grouped, bars_dodged, turning_point, importance_performance, penalty_reward, effects, ratios, matrix, cost_impact, cohort_triangle, xmr,
    xmr_small, against, feelings, paths, flow, journey_map, strategy_map, scorecard_bullets, attribution, spend_progress, part_whole, calibration)}


def make(name: str, n: int = 8, *, hostile: bool = False, holes: bool = False):
    """One chart from a made-up table of n rows."""
    return MAKERS[name](n, np.random.default_rng(n + 1), hostile, holes)
