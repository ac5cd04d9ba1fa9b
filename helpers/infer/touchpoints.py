"""Page 2, touchpoints: what there is, what it costs and brings, what matters, which ways customers take; `touchpoint_service` holds the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import coming_back as back
from helpers.infer import hand_overs as pairs
from helpers.infer import intervals, markov, touchpoint_parts as parts
from helpers.infer.experience_change import experience_change  # noqa: F401  (a section of this page)
from helpers.infer.moments import moments
from helpers.infer.multiplicity import MIN_OUTCOMES, hide_small
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import attribution as way, inventory as counted, outcome, visit_paths
from helpers.measure.base import can_purchase, has_instrument
from helpers.measure.intents import BUYS, LOOKS
from helpers.measure.spans import spans
from helpers.measure.touchpoints import scale_of
from helpers.names import days_words

PAGE = "2_touchpoints"
NAMED = "interactions|surveys.touchpoint|tickets.touchpoint|orders.touchpoint"
TOP_PATHS = 12
MIN_RATED = 3
"""Fewer touchpoints with an importance cannot be set against one another."""
CHANNELS = ("interactions", "interactions.outcome", "interactions.channel|touchpoints.channel")


@section("inventory", page=PAGE, needs=(NAMED,), would_show="which touchpoints customers use, how they fare there, what that costs, and who owns them")
def inventory(journey: Journey) -> Result:
    """One row a touchpoint with data in the period: label, stage, setting, owner, contacts, customers, reach, failed ..., experience ..., ease ..., cost_month, cost_contact.

    Companion `settings`: contacts, failures and experience online and offline.
    """
    table = parts.rows(journey)
    table = table[table[list(counted.SOURCES.values())].sum(axis=1) > 0].reset_index(drop=True)
    whole = journey.collect(journey.inside("interactions").select("customer_id").distinct()) if journey.has("interactions") else []
    table.insert(3, "reach", table["customers"] / max(len(whole), 1))
    figures = [f"{name}{end}" for name in ("failed", "experience", "ease") for end in ("", "_low", "_high")]
    for name in ("failed", "experience", "ease"):
        table.loc[~(table[f"{name}_n"] >= journey.min_n), [f"{name}{end}" for end in ("", "_low", "_high")]] = np.nan
    totals = {name: int(table[name].sum()) for name in counted.SOURCES.values() if table[name].sum() > 0}
    blank = ["reach", "customers", *counted.SOURCES.values(), *figures, "failed_n", "experience_n", "ease_n"]
    table = hide_small(table, "people", journey.min_cell, blank=blank).drop(columns="hidden")
    facts = {
        "touchpoints": len(table), "customers": len(whole), "months": counted.months(journey), "currency": journey.company.currency,
        "counts": totals, "scale": _scale(journey), "ease_scale": scale_of(journey, "ces"),
    }
    return Result("", table, who=journey.segment.people, facts=facts, extra={"settings": _settings(journey)}, nothing="No row of this period and segment names a touchpoint.", method=(
        "Inventory: a contact is a row of interactions; it failed where its outcome is failed or abandoned (Wilson's interval, clustered on customers). Experience is the mean of the "
        "question asked most at the touchpoint, on its own scale. The cost of a contact is what the activities behind a touchpoint cost in the period, over everybody's contacts there."))


def _settings(journey: Journey) -> pd.DataFrame:
    """Online and offline side by side: setting, touchpoints, contacts, customers, failed ..., experience (0-1) ..."""
    if not (journey.has("touchpoints", "setting") and journey.has("interactions")):
        return pd.DataFrame()
    table = counted.by_setting(journey)
    reads = {"failed": counted.failures if journey.has("interactions", "outcome") else None, "experience": counted.rated if journey.has("surveys", "touchpoint") else None}
    for name, read in reads.items():
        if read is None:
            continue
        sums = read(journey, "setting").dropna(subset=["setting"])
        interval = intervals.share if name == "failed" else intervals.from_sums
        found = interval(*[sums[c] for c in parts.SUMS]).rename(columns={"value": name, "low": f"{name}_low", "high": f"{name}_high"}).drop(columns="reason")
        few = (sums["n"] < journey.min_n).to_numpy()
        found[few] = np.nan
        table = table.merge(pd.concat([sums[["setting"]].reset_index(drop=True), found, sums["n"].rename(f"{name}_n").reset_index(drop=True)], axis=1), on="setting", how="left")
    return hide_small(table, "customers", journey.min_cell, total=False, blank=[c for c in table if c not in ("setting", "customers", "touchpoints")]).drop(columns="hidden")


@section("touchpoint_listing", page=PAGE, needs=("touchpoints", NAMED), would_show="touchpoints that the data name and the dictionary does not, and the reverse")
def touchpoint_listing(journey: Journey) -> Result:
    """One row a touchpoint on one side only: label, side (data, dictionary), stage, owner, rows, customers, cost_month."""
    table = parts.rows(journey)
    table["rows"] = table[list(counted.SOURCES.values())].sum(axis=1)
    table["side"] = np.select([~table["listed"], table["rows"] == 0], ["data", "dictionary"], "")
    facts = {"listed": int(table["listed"].sum()), "both": int((table["side"] == "").sum()), "whole": journey.period.label == "all" and journey.segment.label == "all",
             "currency": journey.company.currency}
    table = table.loc[table["side"] != "", ["touchpoint", "label", "side", "stage", "owner", "rows", "people", "cost_month"]].sort_values(["side", "rows", "touchpoint"], ascending=[True, False, True])
    table = hide_small(table.reset_index(drop=True), "people", journey.min_cell, total=False, blank=["rows"]).drop(columns="hidden")
    return Result("", table, who=journey.segment.people, facts=facts, nothing="The data and the dictionary name the same touchpoints.")


@section("stage_spend", page=PAGE, needs=("touchpoints.stage", "interactions", "activities.cost|campaigns.cost", "activity_touchpoints|campaigns.touchpoint"),
         would_show="what each stage of the journey costs beside how many customers it brings on")
def stage_spend(journey: Journey) -> Result:
    """One row a stage: see `touchpoint_parts.stage_money`."""
    table = parts.stage_money(journey)
    table = table[table["spend"].notna() | (table["reached"] > 0)].reset_index(drop=True)
    table = hide_small(table, "reached", journey.min_cell, total=False, blank=["converted", "share", "low", "high", "cost_per", "cost_low", "cost_high"]).drop(columns="hidden")
    by_activity = journey.has("activities", "cost") and journey.has("activity_touchpoints")
    facts = {"currency": journey.company.currency, "months": counted.months(journey), "by_activity": by_activity, "total": float(table["spend"].sum())}
    return Result("", table, who=journey.segment.people, facts=facts, method=(
        f"Spend by stage: {'the monthly cost of the activities behind each touchpoint, times the months covered' if by_activity else 'the cost of the campaigns that started in the period'}"
        f"{', by the segment’s share of the contacts there' if journey.segment.pairs and by_activity else ''}. Customers are counted when they come to a stage for the first time; the share who "
        "go on is Kaplan-Meier's, open windows censored. The money of a stage also serves those who came there before."))


@section("campaign_spend", page=PAGE, needs=("campaigns.touchpoint", "interactions"), would_show="what each campaign cost, whom it met and how many of them bought")
def campaign_spend(journey: Journey) -> Result:
    """One row a campaign, or a touchpoint of campaigns: see `touchpoint_parts.campaign_money`."""
    table, facts = parts.campaign_money(journey)
    window = journey.company.windows.intent_days
    return Result("", table, who=journey.segment.people, facts={**facts, "currency": journey.company.currency, "window": window, "orders": journey.has("orders", "customer_id")},
                  nothing=f"The {facts['open']} campaigns of this period are still running, or their window is still open." if facts["open"] else "No campaign started in this period.", method=(
        f"Campaigns: whom they met are customers with a contact at the campaign's touchpoint while it ran; they count as buyers where they ordered within {window:g} days of the first such contact "
        "(refunded orders left out). An order after several campaigns is divided evenly among them where money is counted; as a buyer the customer counts with each."
        + (" The cost of a campaign is divided by the people it met in this segment and outside it." if journey.segment.pairs else "")))


@section("coming_back", page=PAGE, needs=(BUYS,), would_show="whether customers come back as often as before, and which segments do not")
def coming_back(journey: Journey) -> Result:
    """One row a group of customers: see `coming_back.changes`. Extra: split of everybody's change into who came and how they fared."""
    table, split = back.changes(journey)
    window = journey.company.windows.retention_days
    both = spans(journey, float(window))
    if not len(table) or both is None:
        return Result("", nothing="Not measured: there are too few purchases whose retention window is over in one of the two spans of time to be compared.")
    words = {name: days_words(start, end) for name, (start, end) in both.items()}
    return Result("", table, who=journey.segment.people, facts={"window": window, "spans": words}, extra={"split": split}, method=(
        f"Coming back: the share of purchases that the same customer follows by another within {window:g} days, in two spans ({words['before']}; {words['now']}), over purchases whose {window:g} days are over; "
        "Wilson's intervals clustered on customers, Newcombe's for their difference, q over all groups."))


@section("importance_performance", page=PAGE, needs=("surveys.touchpoint", "surveys.customer_id"), would_show="which touchpoints matter most for what customers do next, beside how well they do")
def importance_performance(journey: Journey) -> Result:
    """One row a touchpoint with an importance: label, performance and importance with _low, _high, n, verdict, place (mend, keep, ...)."""
    found = moments(journey)
    table = found.table.merge(parts.rows(journey)[["touchpoint", "experience_low", "experience_high"]], on="touchpoint", how="left")
    table = table.rename(columns={"experience_low": "performance_low", "experience_high": "performance_high"}).dropna(subset=["importance", "performance"])
    scales = table[["scale_min", "scale_max"]].drop_duplicates()
    if len(scales) > 1:
        for name in ("performance", "performance_low", "performance_high"):
            table[name] = 100 * (table[name] - table["scale_min"]) / (table["scale_max"] - table["scale_min"])
    kept = ["touchpoint", "label", "owner", "performance", "performance_low", "performance_high", "importance", "importance_low", "importance_high", "n", "verdict"]
    table = table[kept].sort_values(["importance", "touchpoint"], ascending=[False, True], ignore_index=True)
    if len(table) < MIN_RATED:
        few = f"{len(table)} touchpoint{' has' if len(table) == 1 else 's have'} enough ratings before a settled outcome, and it takes {MIN_RATED} to compare"
        return Result("", nothing=f"Not measured: {found.reason or few}.")
    even, middle = 1 / len(table), float(np.average(table["performance"], weights=table["n"]))
    matters, poor = table["importance_low"] > even, table["performance_high"] < middle
    table["place"] = np.select([matters & poor, matters & (table["performance_low"] > middle), matters], ["mend", "keep", "matters"], "")
    facts = {"even": even, "middle": middle, "reason": found.reason, "r_squared": found.r_squared, "same": found.same, "rows": found.rows, "customers": found.customers,
             "unit": "0 to 100" if len(scales) > 1 else " ".join(f"{a:g} to {b:g}" for a, b in scales[["scale_min", "scale_max"]].itertuples(index=False))}
    return Result("", table, who=journey.segment.people, facts=facts, method=(
        "Importance and performance: importance is each touchpoint's part of the variance of the outcome that all ratings explain (LMG; Johnson's weights beyond twelve touchpoints), with a "
        "bootstrap interval over customers; performance is the mean rating, with an interval clustered on customers. Assumed: those who rate are like those who do not, and what goes with the "
        "outcome is where to look first, not what moves it."))


@section("stage_moves", page=PAGE, needs=("interactions", "touchpoints.stage"), would_show="from which stage to which customers go within a visit")
def stage_moves(journey: Journey) -> Result:
    """One row a pair of stages (start and end of the visit among them): source, target, row, column, moves, customers, value (share of the source's moves)."""
    table = visit_paths.moves(journey)
    if not len(table):
        return Result("")
    opening = float(table.loc[table["source"] == visit_paths.START, "moves"].sum())
    # Rare moves leave the base as well, so that no share gives them away.
    table = table[table["customers"] >= journey.min_cell]
    table = table.assign(value=table["moves"] / table.groupby("source")["moves"].transform("sum"))
    order = {visit_paths.START: -1, **{stage: i for i, stage in enumerate(journey.stages)}, visit_paths.END: len(journey.stages)}
    words = {visit_paths.START: "Visit starts", visit_paths.END: "Visit ends", **journey.stages}
    table["row"], table["column"] = table["source"].map(words), table["target"].map(words)
    table = table.sort_values(["source", "target"], key=lambda names: names.map(order), ignore_index=True)
    back = table[(table["source"] == "decision") & (table["target"] == "consideration")]["value"]
    return Result("", table, who=journey.segment.people, facts={"visits": opening, "back": float(back.iloc[0]) if len(back) else np.nan}, method=(
        "Moves: one a step within a visit from a stage to the next contact's stage; several contacts in a row at one stage count as one. Moves of "
        f"fewer than {journey.min_cell} customers are left out, of the base too."))


@section("paths", page=PAGE, needs=("interactions",), would_show="which ways customers take most in a visit, and what comes of them")
def paths(journey: Journey) -> Result:
    """One row a path of two touchpoints or more, the most frequent: path, visits, customers, share (of such visits), outcome_share, outcome_low, outcome_high."""
    table = visit_paths.visit_paths(journey)
    every, single = int(table["visits"].sum()), int(table.loc[table["steps"] == 1, "visits"].sum())
    several = table[table["steps"] > 1]
    facts = {"visits": every, "single": single, "several": every - single, "kinds": len(several), "bought": can_purchase(journey)}
    shown = several[several["customers"] >= max(journey.min_cell, 1)].head(TOP_PATHS).reset_index(drop=True)
    shown = shown.assign(share=shown["visits"] / max(every - single, 1), outcome_share=np.nan, outcome_low=np.nan, outcome_high=np.nan)
    if can_purchase(journey):
        enough = shown["visits"] >= journey.min_n
        shown["outcome_share"] = (shown["bought"] / shown["visits"]).where(enough)
        # A customer's visits on one path are not independent: as many cases as customers.
        shown["outcome_low"], shown["outcome_high"] = intervals.wilson(shown["outcome_share"], shown["customers"], intervals.NORMAL)
    facts["shown"] = int(shown["visits"].sum())
    shown = shown.drop(columns=["bought", "buyers"])
    return Result("", shown, who=journey.segment.people, facts=facts, nothing="No way through two touchpoints or more was taken by enough customers." if every else "", method=(
        "Paths: the touchpoints of a visit in order, one used several times in a row once. A purchase counts within a day of the visit's start; Wilson intervals on customers."))


@section("hand_overs", page=PAGE, needs=CHANNELS, would_show="which hand-overs between channels fail, and what that costs in satisfaction")
def hand_overs(journey: Journey) -> Result:
    """One row a pair of channels: row (from), column (to), n, value (share that succeed), low, high. Extra: pairs, each against the others
    into the same channel, with the difference in success and in satisfaction (0-1)."""
    sums = visit_paths.hand_over_success(journey)
    if not len(sums):
        return Result("", nothing="No customer came from one channel to another within a day in this period and segment.")
    found = intervals.share(*[sums[c] for c in parts.SUMS])
    table = pd.concat([sums[["from_channel", "channel", "n", "people"]], found[["value", "low", "high"]]], axis=1)
    few = table["n"] < journey.min_n
    table.loc[few, ["value", "low", "high"]] = np.nan
    table = hide_small(table, "people", journey.min_cell, total=False, blank=["value", "low", "high", "n"]).drop(columns="hidden")
    order = sums.groupby("from_channel")["n"].sum().add(sums.groupby("channel")["n"].sum(), fill_value=0).sort_values(ascending=False, kind="stable").index
    rank = {name: i for i, name in enumerate(order)}
    table = table.sort_values(["from_channel", "channel"], key=lambda names: names.map(rank), ignore_index=True).assign(row=lambda t: t["from_channel"], column=lambda t: t["channel"])
    whole = float(sums["s"].sum() / sums["w"].sum())
    contacts = int(sums["n"].sum())
    return Result("", table, who=f"{contacts:,} contacts that follow one on another channel within a day; {journey.segment.people}", facts={"whole": whole, "contacts": contacts, "scale": _scale(journey)}, extra={"pairs": _pairs(journey)}, method=(
        "Hand-overs: a contact whose customer had the last contact before it on another channel, in the same visit or within a day. A pair of channels is compared with all others into the same "
        "channel, touchpoint by touchpoint, so that a channel that leads to hard cases is not blamed for them; q values are Benjamini and Hochberg's over all pairs. Ratings belong to the last contact "
        f"with the touchpoint in the {visit_paths.RATED_DAYS:g} days before them."))


def _pairs(journey: Journey) -> pd.DataFrame:
    """Pairs of channels against the others, in success and (rated_...) in satisfaction."""
    keys = ("from_channel", "channel", "touchpoint")
    floor = {"min_n": journey.min_n, "min_cell": journey.min_cell}
    sums = visit_paths.hand_over_success(journey, *keys)
    table = pairs.against_others(sums, **floor)
    lost, kept = table["n"] * (1 - table["value"]), table["n"] * table["value"]
    table = table[(lost >= MIN_OUTCOMES) | (kept >= MIN_OUTCOMES)]
    main = sums.sort_values("n", ascending=False, kind="stable").drop_duplicates(["from_channel", "channel"])
    table = table.merge(main[list(keys)], on=["from_channel", "channel"], how="left")
    if journey.has("surveys", "touchpoint", "customer_id") and has_instrument(journey, "csat", "ces", "emotion"):
        rated = pairs.against_others(visit_paths.rated_after(journey), **floor).drop(columns="people")
        table = table.merge(rated.rename(columns={c: f"rated_{c}" for c in rated.columns[2:]}), on=["from_channel", "channel"], how="left")
    return table.sort_values(["difference", "from_channel", "channel"], ignore_index=True)


def _scale(journey: Journey) -> tuple[float, float]:
    """The scale that all ratings of touchpoints share, else 0 to 100."""
    scales = outcome.instruments(journey)[["scale_min", "scale_max"]].drop_duplicates()
    return tuple(scales.iloc[0].astype(float)) if len(scales) == 1 else (0.0, 100.0)


@section("attribution", page=PAGE, needs=("interactions", LOOKS, BUYS), would_show="which touchpoints the credit for a purchase goes to, under four rules")
def attribution(journey: Journey) -> Result:
    """One row a touchpoint on the way to a purchase: label, first, last, linear, markov, each with _low, _high (shares of purchases), removal_effect ..., customers."""
    steps = way.steps(journey)
    won = float(steps.loc[steps["target"] == way.CONVERSION, "count"].sum()) if len(steps) else 0.0
    ways = float(steps.loc[steps["source"] == way.START, "count"].sum()) if len(steps) else 0.0
    if ways < journey.min_n or min(won, ways - won) < MIN_OUTCOMES:
        return Result("", nothing=f"Not measured: {ways:,.0f} finished searches of this period and segment end in {won:,.0f} purchases, too few to divide credit by.")
    table, solved = markov.attribute_counts(steps)
    table = table.merge(way.touch_credits(journey), on="touchpoint", how="left")
    for name in ("first", "last", "linear"):
        table[name] = table[name] / won
        table[f"{name}_low"], table[f"{name}_high"] = intervals.wilson(table[name], won, intervals.NORMAL)
    ends = ("", "_low", "_high")
    table[[f"markov{end}" for end in ends]] = table[["credit_share", "credit_low", "credit_high"]]
    table = table.drop(columns=["credit_share", "credit_low", "credit_high"])
    table.insert(1, "label", parts.labelled(journey, table["touchpoint"]))
    few = (table["customers"] < journey.min_cell) | (table["paths"] < journey.min_n)
    hidden = int(few.sum())
    table = table[~few].reset_index(drop=True)
    window = journey.company.windows.intent_days
    return Result("", table, who=f"{ways:,.0f} finished searches, {won:,.0f} of which end in a purchase; {journey.segment.people}",
                  facts={"ways": ways, "won": won, "base": solved.base, "observed": solved.observed, "window": window, "hidden": hidden}, method=(
        f"Attribution: a way is what a customer met from the start of the visit in which the search began up to the purchase or, without one, for {window:g} days; searches whose window is open are left "
        "out, and so are tills and everything after a purchase. Markov: the exact absorbing chain of the ways; a touchpoint's removal effect is the share of purchases lost when all who come to it are lost, "
        f"its credit the part of all removal effects; bootstrap intervals over {way.BLOCKS} blocks of customers (Wilson's over purchases for the other three rules). Check: from its start the chain "
        f"ends in a purchase in {solved.base:.2%} of the ways, and {solved.observed:.2%} did; where the two differ, nothing is shown. It tells what the ways run through, not what caused the purchase."))


# Sections stand on the page in the order in which they are defined: these come last.
from helpers.infer import touchpoint_service as _service  # noqa: E402, F401
