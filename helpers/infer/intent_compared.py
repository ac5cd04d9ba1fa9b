"""Groups set against one another on page 1: buyers and the rest, channels, devices; and what open intents are worth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import intervals, sentiment, terms
from helpers.infer.intent_parts import covariates, groups, marked, satisfaction, share_of
from helpers.infer.linear import between, differences, spread
from helpers.infer.multiplicity import false_discovery, hide_small
from helpers.journey import Journey
from helpers.measure import intent_rows
from helpers.measure.intent import last_looks, valued
from helpers.measure.intents import can_convert

BANDS = ((0, 2, "0 to 1 day ago"), (2, 7, "2 to 6 days ago"), (7, 14, "7 to 13 days ago"), (14, np.inf, "14 days ago or more"))


# Concerns -----------------------------------------------------------------------------------------------


def topics(journey: Journey, table: pd.DataFrame) -> pd.DataFrame:
    """Topics of tickets by how the intent ends: label, people, n, not_bought, bought (shares who raise it), difference, low, high, q_value, reason."""
    flags = marked(journey, intent_rows.topics(journey), "topic", table)
    one = between(flags, 1.0 - table["converted"], cluster=table["customer_id"])
    one = one.rename(columns={"outcome": "label", "mean": "not_bought", "mean_without": "bought"}).assign(n=flags.sum().to_numpy(dtype=float))
    one["people"] = [float(table.loc[flags[name] > 0, "customer_id"].nunique()) for name in flags.columns]
    few = (one["people"] < journey.min_cell) | (one["n"] < journey.min_n)
    one["reason"] = np.where(few, "too few", "")
    hidden = ["difference", "low", "high", "p_value", "n", "people", "not_bought", "bought"]
    one[hidden] = one[hidden].mask(few)
    one["q_value"] = false_discovery(one.pop("p_value"))
    return one.sort_values(["difference", "label"], ascending=[False, True], kind="stable", ignore_index=True)


def said(journey: Journey) -> tuple[pd.DataFrame, dict]:
    """Terms of comments and mentions in finished intents without a purchase against those with one, see `terms.told_apart`; and how much was read."""
    rows = intent_rows.texts(journey)
    sided = rows.rename(columns={"customer_id": "cluster"}).assign(side=rows["converted"] == 0)[["cluster", "text", "side"]]
    table, people = terms.told_apart(sided, sentiment.words, sentiment.COMMON, min_cell=journey.min_cell, min_n=journey.min_n)
    return table, {"people": people[True], "others": people[False], "tested": len(table), "texts": len(rows), "rows": rows.attrs.get("rows", 0), "sampled": rows.attrs.get("sampled", False)}


# Consistency --------------------------------------------------------------------------------------------


def consistency(journey: Journey, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Buying and satisfaction by channel and device: each against all others, and how far apart they lie.

    First table: measure, kind, label, n, mean, low, high (as they are), difference, difference_low, difference_high (adjusted), q_value, reason.
    Second, one row a measure and kind: measure, kind, n (intents, one for each channel used, or answers), groups, value, low, high (see `linear.spread`), q_value.
    """
    found, apart = [], []
    for measure, kind, rows, flags, held, weight in _grouped(journey, table):
        one = _compared(rows["outcome"], flags, held, rows["customer_id"], weight, journey, measure, kind)
        if len(one):
            found.append(one)
            apart.append({"measure": measure, "kind": kind, **_apart(journey, rows, flags, held)})
    if not found:
        return pd.DataFrame(), pd.DataFrame()
    far = pd.DataFrame(apart)
    return pd.concat(found, ignore_index=True), far.assign(q_value=false_discovery(far.pop("p_value")))


def _grouped(journey: Journey, table: pd.DataFrame):
    """What is compared: measure, kind, rows (outcome, customer_id), 0/1 columns of the groups, what is held equal, weights."""
    if can_convert(journey) and len(table):
        rows, once = table.rename(columns={"converted": "outcome"}), pd.Series(1.0, index=table.index)
        yield "buying", "channel", rows, marked(journey, intent_rows.met(journey, "channel"), "channel", table), covariates(table), once
        yield "buying", "device", rows, groups(table["device"]), covariates(table, "device"), once
    rated = intent_rows.ratings(journey)
    for kind in ("channel", "device"):
        part = rated.dropna(subset=[kind]).reset_index(drop=True)
        if len(part):
            yield "satisfaction", kind, part.rename(columns={"score": "outcome"}), groups(part[kind]), covariates(part, "device"), part["weight"]


def _apart(journey: Journey, rows: pd.DataFrame, flags: pd.DataFrame, held: pd.DataFrame) -> dict[str, float]:
    """How far the groups lie apart; an intent counts in every channel it used. Groups of fewer than min_cell customers are left out."""
    place, which = np.nonzero(flags.to_numpy() > 0)
    customers, names = rows["customer_id"].to_numpy()[place], flags.columns.to_numpy()[which]
    people = pd.Series(customers).groupby(names).nunique()
    kept = np.isin(names, people.index[people >= journey.min_cell])
    place = place[kept]
    return spread(rows["outcome"].to_numpy()[place], names[kept], held.iloc[place], cluster=customers[kept], min_n=journey.min_n)


def _compared(outcome: pd.Series, flags: pd.DataFrame, held: pd.DataFrame | None, customers: pd.Series, weight: pd.Series, journey: Journey, measure: str, kind: str) -> pd.DataFrame:
    """Each group's own mean with interval, and its adjusted difference to all the others."""
    if flags.shape[1] < 2:
        return pd.DataFrame()
    table = differences(outcome, flags, held, cluster=customers, joint=False, min_n=journey.min_n)
    own = []
    for name in flags.columns:
        inside = (flags[name] > 0).to_numpy()
        if measure == "buying":
            own.append(share_of(customers[inside], outcome[inside], journey))
        else:
            own.append(satisfaction(pd.DataFrame({"customer_id": customers[inside], "score": outcome[inside], "weight": weight[inside]}), journey))
    means = pd.DataFrame(own)
    hidden = means[""].isna()
    out = pd.DataFrame({
        "measure": measure, "kind": kind, "label": table["exposure"], "n": table["n"].mask(hidden & (table["n"] < journey.min_cell)), "mean": means[""],
        "low": means["_low"], "high": means["_high"], "difference": table["difference"].mask(hidden), "difference_low": table["low"].mask(hidden),
        "difference_high": table["high"].mask(hidden), "q_value": table["q_value"].mask(hidden), "reason": table["reason"].mask(hidden, "too few"),
    })
    return out


# Open intents -------------------------------------------------------------------------------------------


def open_now(journey: Journey, end: pd.Timestamp) -> tuple[pd.DataFrame, dict]:
    """Intents open at the end by days since the last look before it, and the sum with its interval."""
    return journey.once(f"open now {end}", lambda: _open_now(journey, end))


def _open_now(journey: Journey, end: pd.Timestamp) -> tuple[pd.DataFrame, dict]:
    table = journey.collect(valued(journey, pd.DataFrame({"key": ["now"], "end": [end]})), ["customer_id", "number"])
    if table["customer_id"].nunique() < journey.min_cell or len(table) < journey.min_n:
        return pd.DataFrame(), {}
    if end < pd.Timestamp(journey.as_of):
        known = journey.collect(last_looks(journey, end.to_pydatetime()), ["customer_id", "number"])
        table["last_at"] = table[["customer_id", "number"]].merge(known, how="left")["last_look"].to_numpy()
    rest = (end - pd.to_datetime(table["last_at"])).dt.total_seconds().clip(lower=0) / 86_400
    cells = []
    for low, high, label in BANDS:
        part = table[(rest >= low) & (rest < high)]
        cells.append({"band": label, "intents": float(len(part)), "people": float(part["customer_id"].nunique()), "chance": part["chance"].mean(), "expected": part["expected"].sum(min_count=1)})
    bands = hide_small(pd.DataFrame(cells), "people", journey.min_cell, blank=["intents", "chance", "expected"]).drop(columns="hidden")
    each = table.groupby("customer_id")["expected"].sum(min_count=1)
    total = intervals.total(len(each), each.sum(), (each**2).sum(), bounds=(0, None)).iloc[0] if each.notna().any() else {"value": np.nan, "low": np.nan, "high": np.nan}
    return bands, {"intents": len(table), "people": int(table["customer_id"].nunique()), "end": end - pd.Timedelta(microseconds=1), "chance": float(table["chance"].mean()),
                   "expected": total["value"], "low": total["low"], "high": total["high"]}
