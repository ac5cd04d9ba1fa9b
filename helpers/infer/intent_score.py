"""The intent score: how likely an open intent is to end in a purchase, checked on later months before it is believed.

Four slices in time, each intent in one only: trained on the oldest, calibrated on the next, checked on the latest whose endings
are known. Between two slices lies one intent window, so that nothing is learnt from an ending that was still open
when the next slice began. For the intents open now the same recipe is moved on by one slice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd

from helpers.infer import forecast
from helpers.infer import intent_guard as guard
from helpers.infer import probability as chance
from helpers.infer.multiplicity import MIN_N, false_discovery, hide_small, hide_small
from helpers.journey import Journey
from helpers.measure.intent_features import sources
from helpers.measure.intent_score import row_count, scored_rows, snapshot_end, step_days

SLICES = ("train", "calibrate", "check")
UP_TO = (0.40, 0.65)
"""The shares of settled rows after which calibration and check begin."""
AGE = "days_since_first_look"
BANDS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
LEAST = {"train": 2 * MIN_N, "calibrate": MIN_N, "check": MIN_N}
"""Intents that a slice needs of either ending."""


@dataclass(frozen=True)
class Score:
    """What the check says, and the model for the intents open now. `why_not`: a sentence where there is no score."""

    facts: dict = field(default_factory=dict)
    reliability: pd.DataFrame = field(default_factory=pd.DataFrame)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    bands: pd.DataFrame = field(default_factory=pd.DataFrame)
    refused: pd.DataFrame = field(default_factory=pd.DataFrame)
    why_not: str = ""


def slices(table: pd.DataFrame, window_days: float) -> tuple[pd.Series, pd.Timestamp, pd.Timestamp]:
    """Which slice each row belongs to ("" for none), and the instants at which calibration and check begin.

    In: snapshot, began. Rows are settled where the window of every intent open at that date is over by the last date; a slice ends one
    window before the next begins.

    >>> rows = pd.DataFrame({"snapshot": pd.date_range("2026-01-01", periods=100), "began": pd.date_range("2025-12-31", periods=100)})
    >>> slices(rows, 10)[0].value_counts().reindex(["train", "calibrate", "check", ""]).tolist()
    [27, 13, 32, 28]
    """
    window = pd.Timedelta(days=window_days)
    dates = table["snapshot"]
    settled = dates + window <= dates.max()
    out = pd.Series("", index=table.index)
    if not settled.any():
        return out, pd.NaT, pd.NaT
    order = np.sort(dates[settled].to_numpy())
    second, third = (pd.Timestamp(order[min(int(len(order) * share), len(order) - 1)]) for share in UP_TO)
    out[settled & (dates + window <= second)] = "train"
    out[settled & (dates >= second) & (dates + window <= third)] = "calibrate"
    out[settled & (dates >= third)] = "check"
    return out, second, third


def too_few(table: pd.DataFrame, slice_: pd.Series, min_n: int, min_cell: int = 1) -> str:
    """Why there is no score: which slice has too few intents of which ending; empty where all have enough."""
    words = {"train": "to learn from", "calibrate": "to calibrate on", "check": "to check it on"}
    told = []
    for name in SLICES:
        part = table[slice_ == name].drop_duplicates(["customer_id", "number"])
        counts = [int((part["bought"] == ending).sum()) for ending in (1, 0)]
        need = max(LEAST[name], min_n)
        if min(counts) < need:
            shown = [f"{n:,}" if n >= min_cell or not n else f"fewer than {min_cell}" for n in counts]
            told.append(f"{words[name]} it takes {need} intents with and {need} without a purchase, and here are {shown[0]} and {shown[1]}")
    return "; ".join(told)


def score(table: pd.DataFrame, declared: pd.DataFrame, *, window_days: float, min_n: int = MIN_N, min_cell: int = 1, guarded: bool = True) -> Score:
    """Fit, calibrate, check, and read the intents open at the last date.

    In: `measure.intent_score.scored_rows`. `guarded=False` uses refused features too: for a test of what the guard is worth.
    Intervals are clustered on customers; the same rows give the same figures.
    """
    slice_, second, third = slices(table, window_days)
    if told := too_few(table, slice_, min_n, min_cell):
        return Score(why_not=told)
    settled = table[(slice_ != "") | (table["snapshot"] + pd.Timedelta(days=window_days) <= table["snapshot"].max())]
    refused = guard.refused(settled, declared, min_n=min_n)
    used = declared[~declared["feature"].isin(refused["feature"])] if guarded else declared
    kinds = dict(zip(used["feature"], used["kind"], strict=True))
    if not kinds:
        return Score(refused=refused, why_not="every feature is refused")
    parts = {name: table[slice_ == name] for name in SLICES}
    check = parts["check"]
    model, by_age = (_fitted(parts["train"], parts["calibrate"], chosen) for chosen in (kinds, {k: v for k, v in kinds.items() if k == AGE}))
    facts, promised = _checked(model, by_age, parts, check)
    facts |= {"train_until": parts["train"]["snapshot"].max(), "check_from": check["snapshot"].min(), "check_to": check["snapshot"].max(), "features": len(kinds)}
    before = table[(table["snapshot"] + pd.Timedelta(days=window_days) <= third)]
    newest = _fitted(before, check, kinds)
    effects = _effects(newest, check, used, min_cell)
    bands, more = _open_now(newest, table, min_n, min_cell) if facts["better"] and facts["word"] != "broken" else (pd.DataFrame(), {})
    return Score(facts | more, promised, effects, bands, refused)


def _fitted(train: pd.DataFrame, later: pd.DataFrame, kinds: dict[str, str]) -> chance.Model:
    model = chance.fit(train, kinds, train["bought"], train["customer_id"])
    return chance.calibrated(model, later, later["bought"], later["customer_id"])


def _checked(model: chance.Model, by_age: chance.Model, parts: dict[str, pd.DataFrame], check: pd.DataFrame) -> tuple[dict, pd.DataFrame]:
    """AUC, Brier score beside two references, calibration line and groups, on the slice that came last."""
    y, who = check["bought"].to_numpy(dtype=float), check["customer_id"].to_numpy()
    p = model.predict(check)
    known = pd.concat([parts["train"]["bought"], parts["calibrate"]["bought"]])
    base = float(known.mean())
    rank, plain, aged, line = forecast.auc(y, p, who), forecast.brier(y, p, base, who), forecast.brier(y, p, by_age.predict(check), who), forecast.line(y, p, who)
    intents = check.drop_duplicates(["customer_id", "number"])
    facts = {
        "auc": rank["value"], "auc_low": rank["low"], "auc_high": rank["high"], "brier": plain["brier"], "base_brier": plain["reference"], "base": base,
        "skill": plain["skill"], "skill_low": plain["low"], "skill_high": plain["high"], "age_brier": aged["reference"], "age_skill": aged["skill"],
        "age_skill_low": aged["low"], "age_skill_high": aged["high"], **line, "rows": len(check), "intents": len(intents), "people": int(check["customer_id"].nunique()),
        "bought": int(intents["bought"].sum()), "promised": float(p.sum()), "came": float(y.sum()), "observed": float(y.mean()),
        "word": _word(line, float(p.sum()), float(y.sum())), "better": bool(rank["low"] > 0.5 and plain["low"] > 0), "better_than_age": bool(aged["low"] > 0),
    }
    return facts, forecast.reliability(y, p, who)


def _word(line: dict[str, float], promised: float, came: float) -> str:
    """How the promises hold: "kept" where slope 1 and intercept 0 lie in their intervals; "nearly" where the slope is
    within a fifth and the total within a sixth; else "broken"."""
    if line["slope_low"] <= 1 <= line["slope_high"] and line["intercept_low"] <= 0 <= line["intercept_high"]:
        return "kept"
    return "nearly" if 0.8 <= line["slope"] <= 1.25 and abs(promised - came) <= came / 6 else "broken"


def _effects(model: chance.Model, table: pd.DataFrame, used: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """What goes with buying, others as they are: feature, label, value, kind, usual, low_at, high_at, difference, low, high, q_value.

    A value that fewer than `min_cell` customers have is left out.
    """
    found = chance.contrasts(model, table)
    found = found[[_holders(table, one) >= min_cell for one in found.itertuples()]].reset_index(drop=True)
    found["q_value"] = false_discovery(found.pop("p_value"))
    usual = {one.name: one.usual for one in model.columns}
    found = found.merge(used[["feature", "label", "kind"]], on="feature", how="left").assign(usual=lambda t: t["feature"].map(usual))
    order = found["difference"].abs().round(12)
    return found.assign(size=order).sort_values(["size", "feature", "value"], ascending=[False, True, True], kind="stable", ignore_index=True).drop(columns="size")


def _holders(table: pd.DataFrame, one) -> int:
    """How many customers have the value that an effect speaks of."""
    values = table[one.feature]
    mine = chance.words(values) == one.value if one.value else values >= one.high_at if one.high_at == one.high_at else values > 0
    return int(table.loc[mine, "customer_id"].nunique())


def _open_now(model: chance.Model, table: pd.DataFrame, min_n: int, min_cell: int) -> tuple[pd.DataFrame, dict]:
    """The intents open at the last date by band of probability: how many purchases can be expected of each."""
    now = table[table["snapshot"] == table["snapshot"].max()]
    now = now[now["bought"].isna()]
    if len(now) < max(min_n, 5 * min_cell):  # a fifth of them is told apart
        return pd.DataFrame(), {}
    p = model.predict(now)
    cells = []
    for low, high in _bands(now["customer_id"], p, min_cell):
        part = now[(p >= low) & (p < high)]
        told = chance.expected(model, part)
        cells.append({"from_": low, "to": high, "intents": float(len(part)), "people": float(part["customer_id"].nunique()), "expected": told["value"], "low": told["low"], "high": told["high"]})
    bands = pd.DataFrame(cells)
    whole = chance.expected(model, now)
    ranked = np.sort(p)[::-1]
    top = int(np.ceil(len(ranked) / 5))
    return bands, {
        "open": len(now), "open_people": int(now["customer_id"].nunique()), "expected": whole["value"], "expected_low": whole["low"], "expected_high": whole["high"],
        "top": top, "top_share": float(ranked[:top].sum() / ranked.sum())}


def _bands(people: pd.Series, p: np.ndarray, min_cell: int) -> list[tuple[float, float]]:
    """Bands of probability that hold at least `min_cell` people each: of BANDS, those that hold fewer are joined to the one below."""
    edges = [BANDS[0]]
    for edge in BANDS[1:-1]:
        below, above = (people[(p >= low) & (p < high)].nunique() for low, high in ((edges[-1], edge), (edge, np.inf)))
        if min(below, above) >= max(min_cell, 1):
            edges.append(edge)
    return list(zip(edges, [*edges[1:], np.inf], strict=True))


def scored(journey: Journey) -> Score:
    """The score of a journey, worked out once."""
    return journey.once("intent score", lambda: _scored(journey))


def rows(journey: Journey) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that the score is made of, see `measure.intent_score.scored_rows`, worked out once."""
    return journey.once("intent score rows", lambda: scored_rows(journey, sources(journey)))


def _scored(journey: Journey) -> Score:
    table, declared = rows(journey)
    window, end = journey.company.windows.intent_days, snapshot_end(journey)
    if not len(table):
        return Score(why_not="no intent was open at any prediction date")
    found = score(table, declared, window_days=float(window), min_n=journey.min_n, min_cell=journey.min_cell)
    promised = hide_small(found.reliability, "people", journey.min_cell, total=False, blank=["predicted", "observed", "low", "high", "n"]) if len(found.reliability) else found.reliability
    shared = {"window": window, "step": step_days(journey), "end": end - timedelta(seconds=1), "sampled": len(table) < row_count(journey)}
    return Score(found.facts | shared, promised.drop(columns=["hidden", "from_", "to"], errors="ignore"), found.effects, found.bands, found.refused, found.why_not)
