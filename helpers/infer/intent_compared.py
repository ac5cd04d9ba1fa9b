"""Groups set against one another on page 1: buyers and the rest, channels, devices; and what open intents are worth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import intervals
from helpers.infer.intent_parts import covariates, groups, marked, satisfaction, share_of
from helpers.infer.linear import between, differences
from helpers.infer.multiplicity import false_discovery, hide_small
from helpers.journey import Journey
from helpers.measure import intent_rows
from helpers.measure.intent import last_looks, valued
from helpers.measure.intents import can_convert

BANDS = ((0, 2, "0 to 1 day ago"), (2, 7, "2 to 6 days ago"), (7, 14, "7 to 13 days ago"), (14, np.inf, "14 days ago or more"))


# Concerns -----------------------------------------------------------------------------------------------


def concerns(journey: Journey, table: pd.DataFrame) -> pd.DataFrame:
    """Topics and words that come more often without a purchase: kind, label, n, not_bought, bought, difference, low, high, q_value, reason."""
    shape = ["kind", "label", "people", "n", "not_bought", "bought", "difference", "low", "high", "p_value", "reason"]
    out = [pd.DataFrame(columns=shape)]
    for kind, pairs in (("topic", intent_rows.topics(journey)), ("word", intent_rows.words(journey))):
        flags = marked(journey, pairs, kind, table)
        if not flags.shape[1]:
            continue
        one = between(flags, 1.0 - table["converted"], cluster=table["customer_id"])
        one = one.rename(columns={"outcome": "label", "mean": "not_bought", "mean_without": "bought"}).assign(kind=kind, n=flags.sum().to_numpy())
        one["people"] = [float(table.loc[flags[name] > 0, "customer_id"].nunique()) for name in flags.columns]
        few = (one["people"] < journey.min_cell) | (one["n"] < journey.min_n)
        one["reason"] = np.where(few, "too few", "")
        hidden = ["difference", "low", "high", "p_value", "n", "people", "not_bought", "bought"]
        one[hidden] = one[hidden].mask(few)
        out.append(one[shape])
    found = pd.concat([one for one in out if len(one)] or out, ignore_index=True)
    found["q_value"] = found.groupby("kind")["p_value"].transform(false_discovery) if len(found) else []
    return found.sort_values(["kind", "difference", "label"], ascending=[True, False, True], kind="stable", ignore_index=True)


# Consistency --------------------------------------------------------------------------------------------


def consistency(journey: Journey, table: pd.DataFrame) -> pd.DataFrame:
    """Buying and satisfaction by channel and device, each against all others: measure, kind, label, n, mean, low, high (as they
    are), difference, difference_low, difference_high (adjusted), q_value, reason."""
    found = []
    rated = intent_rows.ratings(journey)
    if can_convert(journey) and len(table):
        channels = marked(journey, intent_rows.met(journey, "channel"), "channel", table)
        found.append(_compared(table["converted"], channels, covariates(table), table["customer_id"], journey, "buying", "channel"))
        devices = groups(table["device"])
        found.append(_compared(table["converted"], devices, covariates(table, "device"), table["customer_id"], journey, "buying", "device"))
    if len(rated):
        for kind in ("channel", "device"):
            part = rated.dropna(subset=[kind]).reset_index(drop=True)
            held = covariates(part, "device") if len(part) else None
            found.append(_compared(part["score"], groups(part[kind]), held, part["customer_id"], journey, "satisfaction", kind))
    found = [one for one in found if len(one)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _compared(outcome: pd.Series, flags: pd.DataFrame, held: pd.DataFrame | None, customers: pd.Series, journey: Journey, measure: str, kind: str) -> pd.DataFrame:
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
            own.append(satisfaction(pd.DataFrame({"customer_id": customers[inside], "score": outcome[inside], "weight": 1.0}), journey))
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
