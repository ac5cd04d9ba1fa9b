"""What page 2 found about tickets, credit for purchases, and campaigns."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.draw.text import people, say, span
from helpers.infer.section import Result
from helpers.report.finding import Finding
from helpers.report.words import listed, owner_of, quoted

SLOW = 1.5
"""A topic is slow where half of its tickets take this many times as long as half of all tickets."""


def hours(value: float) -> str:
    """A time in hours as a reader says it.

    >>> hours(0.2), hours(14.8), hours(1.0), hours(100.0)
    ('12 minutes', '14.8 hours', '1 hour', '4.2 days')
    """
    if value >= 72:
        return say(value / 24.0, "days")
    if value < 0.995:
        minutes = round(60 * value)
        return "at once" if minutes == 0 else f"{minutes} minute{'' if minutes == 1 else 's'}"
    return say(value, "hours")


def topics(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table = result.table
    whole = results["resolution"].extra["figures"] if results["resolution"].ok else pd.DataFrame(columns=["group", "median"])
    usual = whole.loc[whole["group"] == "Solution", "median"]
    if not len(usual) or usual.iloc[0] != usual.iloc[0]:
        return None
    slow = table[(table["hours_q"] < 0.05) & (table["hours_low"] > SLOW * usual.iloc[0])].sort_values("hours", ascending=False, kind="stable")
    if not len(slow):
        return None
    one = slow.iloc[0]
    sla = f" {say(one['sla'], 'share')} of them meet the service level ({span(one['sla_low'], one['sla_high'], 'share')})." if one["sla"] == one["sla"] else ""
    more = f" The next are {listed([quoted(label) for label in slow['label'].iloc[1:4]])}." if len(slow) > 1 else ""
    return Finding(
        headline=f"Tickets on {quoted(one['label'])} wait longest: half of them take {hours(one['hours'])} or more, against {hours(usual.iloc[0])} of all tickets.",
        observed=f"{people(one['tickets'], 'tickets')}, median {hours(one['hours'])} ({hours(one['hours_low'])} to {hours(one['hours_high'])}).{sla}{more}",
        how_sure="Chance alone would hardly bring it, even with all topics compared; tickets still open count for the time seen.",
        otherwise="Some topics are harder; the same desk may be as fast as it can be.", next_step=f"Split the waiting for {quoted(one['label'])} into work and idle time, and start with the idle time",
        owner=owner_of(result.journey, one["place"]), level="bad", weight=34,
    )


def promise(result: Result, results: Mapping[str, Result]) -> Finding | None:
    """Topics that keep the service level less than half as often as all tickets together."""
    known = result.table.dropna(subset=["sla"])
    if len(known) < 2:
        return None
    whole = float((known["sla"] * known["sla_n"]).sum() / known["sla_n"].sum())
    bad = known[known["sla_high"] < whole / 2].sort_values(["sla", "topic"], kind="stable")
    if not len(bad):
        return None
    shares = [say(v, "share") for v in bad["sla"].head(4)]
    return Finding(
        headline=f"The service level is hardly ever met for {listed([quoted(label) for label in bad['label']], 4)}: {listed(shares)} of these tickets, against {say(whole, 'share')} of all.",
        observed="; ".join(f"{r.label}: {say(r.sla, 'share')} ({span(r.sla_low, r.sla_high, 'share')}) of {people(r.sla_n, 'tickets')}" for r in known.sort_values("sla", kind="stable").itertuples()) + ".",
        how_sure="The whole interval lies under half the share of all tickets.", otherwise="What is promised for these tickets may be shorter than for others; a promise that is never kept may be the fault.",
        next_step=f"Decide for {quoted(bad['label'].iloc[0])} whether the promise or the way of working is to change", owner=owner_of(result.journey, bad["place"].iloc[0]), level="bad", weight=56,
    )


def waiting(result: Result, results: Mapping[str, Result]) -> Finding | None:
    figures = result.extra["figures"].set_index("group")
    if "Solution" not in figures.index or (results["topics"].ok and topics(results["topics"], results)):
        return None  # the slowest topic says more
    one = figures.loc["Solution"]
    if one["median"] != one["median"] or one["most"] != one["most"] or one["most"] < 4 * one["median"]:
        return None
    return Finding(
        headline=f"Half of the tickets are solved within {hours(one['median'])}, but one in ten takes longer than {hours(one['most'])}.",
        observed=f"{people(one['tickets'], 'tickets')}, {people(one['open'], 'of them')} still open; {say(one['day'], 'share')} are solved within a day ({span(one['day_low'], one['day_high'], 'share')}).",
        sure="certain", how_sure="Counted over all tickets of the period; open ones count for the time seen, never as solved.",
        otherwise="The longest may be waiting for the customer or for a spare part, and not for the desk.",
        next_step="Put a limit on the longest waits, not only a target on the typical one", weight=16,
    )


def credit(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table, f = result.table, result.facts
    gap = table["markov"] - table["last"]
    under, over = table.loc[gap.idxmax()], table.loc[gap.idxmin()]
    clear = under["markov_low"] > under["last"] and gap.max() >= 0.01
    if not clear:
        return None
    other = f" {quoted(over['label'])}, on the other hand, gets {say(over['last'], 'share')} by last touch and {say(over['markov'], 'share')} by the chain." if over["markov_high"] < over["last"] else ""
    return Finding(
        headline=f"Last touch hides {quoted(under['label'])}: it credits it with {say(under['last'], 'share')} of the purchases, the chain of all ways with {say(under['markov'], 'share')}.",
        observed=f"{say(under['removal_effect'], 'share')} of the {people(f['won'], 'purchases')} run through it ({span(under['removal_low'], under['removal_high'], 'share')}); its first touches get "
        f"{say(under['first'], 'share')} of the credit.{other}",
        how_sure="The interval of the chain lies clear of last touch. All four rules divide credit for what was met; none of them shows what caused a purchase.",
        otherwise="Customers set on buying may meet everything on the way.", next_step=f"Judge {under['label']} by a trial with and without it before its budget is moved", owner=owner_of(result.journey, under["touchpoint"]), weight=22,
    )


def campaigns(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table, f = result.table.dropna(subset=["cost_per"]), result.facts
    if len(table) < 2:
        return None
    money = lambda value: say(value, "currency", currency=f["currency"])  # noqa: E731
    dear, cheap = table.loc[table["cost_per"].idxmax()], table.loc[table["cost_per"].idxmin()]
    if dear["cost_low"] <= cheap["cost_high"]:
        return None
    return Finding(
        headline=f"Per customer who then bought, {quoted(dear['label'])} costs {money(dear['cost_per'])} and {quoted(cheap['label'])} {money(cheap['cost_per'])}.",
        observed="; ".join(f"{r.label}: {money(r.spend)} met {people(r.reached, 'customers')}, of whom {say(r.share, 'share')} bought within {f['window']:g} days" for r in table.head(5).itertuples()) + ".",
        how_sure="The difference is beyond chance; each campaign meets other people.",
        otherwise="Reminders go to those who have bought before and would often have come back; advertisements find people who are looking already.",
        next_step=f"Leave a tenth of the customers out of {cheap['label']} by lot, and see how many buy all the same", owner=owner_of(result.journey, cheap["touchpoint"]), weight=20,
    )


def answered(result: Result, results: Mapping[str, Result]) -> Finding | None:
    """Campaigns of which one is answered more often than another, beyond chance."""
    table = result.table.dropna(subset=["answered"])
    if len(table) < 2 or not (table["answered"] >= 0.05).any():
        return None
    most, least = table.loc[table["answered"].idxmax()], table.loc[table["answered"].idxmin()]
    if most["answered_low"] <= least["answered_high"]:
        return None
    order = table.sort_values("answered", ascending=False, kind="stable")
    return Finding(
        headline=f"{quoted(most['label'])} is answered most, by {say(most['answered'], 'share')} of the visits that meet it; {quoted(least['label'])} least, by {say(least['answered'], 'share')}.",
        observed="; ".join(f"{r.label}: {say(r.answered, 'share')} ({span(r.answered_low, r.answered_high, 'share')}) of {people(r.answered_n, 'visits')}" for r in order.head(8).itertuples()) + ".",
        how_sure="The two intervals lie apart. An answer is a contact of engagement or purchase later in the same visit.",
        otherwise="Campaigns go to other people and offer other things: an offer to those who use it anyway is answered most.",
        next_step=f"Pick at random who gets an offer like that of {most['label']} next time, and compare", owner=owner_of(result.journey, most["touchpoint"]), weight=21,
    )
