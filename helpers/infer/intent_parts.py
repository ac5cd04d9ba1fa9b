"""The comparisons behind page 1: small tables with intervals from one row an intent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers import names
from helpers.infer import intervals, survival
from helpers.infer.linear import differences
from helpers.infer.multiplicity import false_discovery, hide_small, too_few
from helpers.journey import Journey
from helpers.measure import intent_rows
from helpers.measure.intents import can_convert, phase_touchpoints
from helpers.measure.touchpoints import scale_of

MINUTES = 1440.0
_EFFECT = ["difference", "low", "high", "q_value"]


def rows(journey: Journey) -> pd.DataFrame:
    """The intents that start in the period, as `intent_rows.rows`, days to the minute."""
    table = intent_rows.rows(journey)
    return table.assign(days=(table["days"] * MINUTES).round() / MINUTES)


def finished(journey: Journey) -> pd.DataFrame:
    """Those of them whose window is over."""
    table = rows(journey)
    return table[table["closed"] == 1].reset_index(drop=True)


def covariates(table: pd.DataFrame, *without: str) -> pd.DataFrame:
    """What comparisons hold equal: number of options, device, segments."""
    columns = ["options", "device", *[c for c in table.columns if c.startswith("segment_")]]
    return table[[c for c in columns if c not in without and table[c].notna().any()]]


# Time to decide -----------------------------------------------------------------------------------------


def curve(table: pd.DataFrame, window: float, group: str) -> pd.DataFrame:
    """The share who have bought by each day up to the window: group, days, share, low, high, at_risk."""
    km = survival.kaplan_meier(_by_customer(table, window))
    days = np.arange(0.0, window + 1)
    place = np.searchsorted(km["time"].to_numpy(), days, side="right") - 1
    later = np.searchsorted(km["time"].to_numpy(), days, side="left")
    known = place >= 0
    at_risk = np.append(km["at_risk"].to_numpy(), 0.0)[later]
    known &= (at_risk > 0) | (km["survival"].to_numpy()[place] == 0)
    share, low, high = (np.where(known, 1 - km[c].to_numpy()[place], np.nan) for c in ("survival", "high", "low"))
    share, low, high = (np.where(place < 0, 0.0, values) for values in (share, low, high))
    return pd.DataFrame({"group": group, "days": days, "share": share, "low": low, "high": high, "at_risk": at_risk})


def _by_customer(rows: pd.DataFrame, window: float) -> pd.DataFrame:
    """Days, event and followed of intents, with the design effect of several intents a customer, as the scorecard counts it."""
    inside = (rows["event"] == 1) & (rows["days"] <= window)
    known = inside | (rows["followed"] >= window)
    each = pd.DataFrame({"s": inside.astype(float), "w": known.astype(float)}).groupby(rows["customer_id"]).sum()
    sums = {"s": each["s"].sum(), "w": each["w"].sum(), "ss": (each["s"] ** 2).sum(), "sw": (each["s"] * each["w"]).sum(), "ww": (each["w"] ** 2).sum(), "square": each["s"].sum()}
    return rows[["days", "event", "followed"]].assign(design_effect=survival.design_effect(pd.DataFrame([sums])).iloc[0])


def by_group(journey: Journey, table: pd.DataFrame, window: float) -> pd.DataFrame:
    """One row for all and for each value of each segment column: column, value, people, n, share with its interval (Kaplan-Meier
    at the window), mature_n, mature_share (plain ratio), median_days (of those who bought), q_value (against all others)."""
    found = [_share(table, window, "", "All")]
    tests = [pd.DataFrame(columns=["column", "value", "p_value"])]
    done = table[table["closed"] == 1]
    for name in (c for c in table.columns if c.startswith("segment_")):
        part = table.dropna(subset=[name])
        cells = [_share(rows_, window, name.removeprefix("segment_"), str(value)) for value, rows_ in part.groupby(name, sort=True)]
        found += hide_small(pd.DataFrame(cells), "people", journey.min_cell, blank=["n", "share", "low", "high", "mature_n", "mature_share", "median_days"]).to_dict("records")
        if len(done):
            known = done.dropna(subset=[name])
            compared = differences(known["converted"], groups(known[name]), cluster=known["customer_id"], joint=False, min_n=journey.min_n)
            tests.append(compared[["exposure", "p_value"]].set_axis(["value", "p_value"], axis=1).assign(column=name.removeprefix("segment_")))
    out = pd.DataFrame(found).drop(columns="hidden", errors="ignore")
    few = pd.Series(too_few(out["n"], out.pop("events"), min_n=journey.min_n), index=out.index)
    figures = ["share", "low", "high", "mature_share", "median_days"]
    out[figures] = out[figures].mask(few)
    tested = pd.concat(tests, ignore_index=True).astype({"p_value": float, "value": "str", "column": "str"})
    tested["q_value"] = false_discovery(tested.pop("p_value"))
    out = out.merge(tested, on=["column", "value"], how="left")
    return out.assign(q_value=out["q_value"].mask(out["share"].isna()))


def _share(part: pd.DataFrame, window: float, column: str, value: str) -> dict:
    one = survival.share_by(_by_customer(part, window), window).iloc[0]
    decided = part.loc[part["converted"] == 1, "days"]
    return {
        "column": column, "value": value, "people": float(part["customer_id"].nunique()), "n": float(len(part)), "events": one["events"], "share": one["value"], "low": one["low"],
        "high": one["high"], "mature_n": one["mature_n"], "mature_share": one["mature_value"], "median_days": float(decided.median()) if len(decided) else np.nan,
    }


# Components ---------------------------------------------------------------------------------------------


def components(journey: Journey, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exposure, success (NaN where no outcome is recorded) and satisfaction a component, and what goes with meeting it."""
    there = [role for role in names.INTENT_COMPONENTS if phase_touchpoints(journey, role)]
    if not there:
        return pd.DataFrame(), pd.DataFrame()
    rated = intent_rows.ratings(journey)
    recorded, out = journey.has("interactions", "outcome"), []
    for role in there:
        share = share_of(table["customer_id"], (table[role] > 0).astype(float), journey)
        worked = table.loc[table[role] > 0]
        out.append({"component": role, "touchpoints": len(phase_touchpoints(journey, role)), **{f"met{k}": v for k, v in share.items()},
                    **{f"worked{k}": v if recorded else np.nan for k, v in share_of(worked["customer_id"], (worked[f"{role}_worked"] > 0).astype(float), journey).items()},
                    **{f"satisfaction{k}": v for k, v in satisfaction(rated[rated["role"] == role], journey).items()}})
    return pd.DataFrame(out), _effects(journey, table, there)


def _effects(journey: Journey, table: pd.DataFrame, there: list[str]) -> pd.DataFrame:
    """Rows component, group (worked, failed), n, mean, difference, low, high, q_value, reason; empty without purchases."""
    if not can_convert(journey) or not len(table):
        return pd.DataFrame(columns=["component", "group", "n", "mean", *_EFFECT, "reason"])
    recorded = journey.has("interactions", "outcome")
    flags = {}
    for role in there:
        ended_well = table[f"{role}_worked"] > 0
        flags[role, "worked" if recorded else "met"] = (table[role] > 0) & ended_well
        if recorded:
            flags[role, "failed"] = (table[role] > 0) & ~ended_well
    found = differences(table["converted"], pd.DataFrame(flags).astype(float), covariates(table), cluster=table["customer_id"], min_n=journey.min_n)
    found[["component", "group"]] = found.pop("exposure").tolist()
    return found[["component", "group", "n", "mean", *_EFFECT, "reason"]]


def touchpoints(journey: Journey, table: pd.DataFrame) -> pd.DataFrame:
    """One row a touchpoint of the components: touchpoint, label, component, owner, n (intents that met it), met (share), satisfaction with
    interval, difference in buying with interval, q_value."""
    words = journey.dictionary.set_index("touchpoint")
    wanted = phase_touchpoints(journey, *names.INTENT_COMPONENTS)
    pairs = intent_rows.met(journey, "touchpoint")
    flags = marked(journey, pairs, "touchpoint", table)
    flags = flags[[name for name in flags.columns if name in wanted]]
    if not flags.shape[1]:
        return pd.DataFrame()
    if can_convert(journey):
        found = differences(table["converted"], flags, covariates(table), cluster=table["customer_id"], min_n=journey.min_n)
    else:
        found = pd.DataFrame({"exposure": flags.columns, "n": flags.sum().to_numpy()}).assign(**dict.fromkeys(_EFFECT, np.nan), reason="no purchase can be seen")
    rated = intent_rows.ratings(journey)
    felt = pd.DataFrame([satisfaction(rated[rated["touchpoint"] == name], journey) for name in found["exposure"]]).add_prefix("satisfaction")
    out = pd.concat([found.rename(columns={"exposure": "touchpoint"}), felt], axis=1)
    for name in ("label", "role", "owner"):
        out[name] = out["touchpoint"].map(words[name])
    few = out["n"] < journey.min_cell
    out["met"] = (out["n"] / len(table)).mask(few)
    out["n"] = out["n"].mask(few)
    return out[["touchpoint", "label", "role", "owner", "n", "met", *[c for c in out if c.startswith("satisfaction")], *_EFFECT, "reason"]]


def marked(journey: Journey, pairs: pd.DataFrame, column: str, table: pd.DataFrame) -> pd.DataFrame:
    """0/1 columns of the pairs for the finished intents of `table`."""
    flags = intent_rows.marked(journey, pairs, column)
    return flags[(intent_rows.rows(journey)["closed"] == 1).to_numpy()].reset_index(drop=True)


def share_of(customers: pd.Series, flag: pd.Series, journey: Journey) -> dict[str, float]:
    """Share with interval over customers: "", _low, _high; NaN under the floor."""
    each = flag.groupby(customers.to_numpy()).agg(["sum", "size"])
    if len(flag) < journey.min_n or len(each) < journey.min_cell:
        return {"": np.nan, "_low": np.nan, "_high": np.nan}
    one = intervals.share(*intervals.sums_of(each["sum"], each["size"])).iloc[0]
    return {"": one["value"], "_low": one["low"], "_high": one["high"]}


def satisfaction(rated: pd.DataFrame, journey: Journey) -> dict[str, float]:
    """Mean satisfaction with interval over customers, and the number of answers."""
    customers = rated["customer_id"].nunique()
    if len(rated) < journey.min_n or customers < journey.min_cell:
        return {"": np.nan, "_low": np.nan, "_high": np.nan, "_n": np.nan if 0 < customers < journey.min_cell else float(len(rated))}
    each = pd.DataFrame({"s": rated["score"] * rated["weight"], "w": rated["weight"]}).groupby(rated["customer_id"].to_numpy()).sum()
    one = intervals.from_sums(*intervals.sums_of(each["s"], each["w"]), bounds=scale_of(journey, "csat")).iloc[0]
    return {"": one["value"], "_low": one["low"], "_high": one["high"], "_n": float(len(rated))}


def groups(values: pd.Series) -> pd.DataFrame:
    order = values.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[: intent_rows.MOST]
    return pd.DataFrame({name: (values == name).astype(float) for name in order}, index=values.index)
