"""What the inventory of page 2 shows: touchpoints that fail, disappoint, cost, are served by nobody, or stand on one side only."""

from __future__ import annotations

from collections.abc import Mapping

from helpers.draw.text import people, say, span
from helpers.infer.section import Result
from helpers.report.finding import Finding
from helpers.report.words import listed, owners_of, quoted

FAILING = 0.2
"""A touchpoint where more than one contact in five fails, for certain, is named."""


def failing(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table = result.table
    bad = table[table["failed_low"] > FAILING].sort_values("failed", ascending=False, kind="stable")
    if not len(bad):
        return None
    told = [f"{r.label} {say(r.failed, 'share')} ({span(r.failed_low, r.failed_high, 'share')}, {people(r.failed_n, 'contacts')})" for r in bad.head(5).itertuples()]
    one = bad.iloc[0]
    return Finding(
        headline=f"At {people(len(bad), 'touchpoints')} more than one contact in five fails or is abandoned; most at {quoted(one['label'])}, {say(one['failed'], 'share')}.",
        observed="; ".join(told) + ".", how_sure="The whole interval lies above one in five at each of them.",
        otherwise="What counts as failed is each system's own rule; a guide that leaves a question open and a till that breaks down are not the same.",
        next_step=f"Read a sample of failed contacts at {listed([quoted(r.label) for r in bad.head(3).itertuples()])} and name the commonest reason", owner=owners_of(bad.head(3)["owner"]),
        level="bad", weight=40,
    )


def blind(result: Result, results: Mapping[str, Result]) -> Finding | None:
    """Contacts are counted, but nothing says how they went."""
    table = result.table
    if (table["failed_n"].fillna(0) > 0).any() or (table["experience_n"].fillna(0) > 0).any():
        return None
    return Finding(
        headline=f"How customers fare at the {people(len(table), 'touchpoints')} is not known: no contact says how it ended, and nobody was asked.", level="unknown", weight=44,
        observed=f"{people(table['contacts'].sum(), 'contacts')} are counted, none with an outcome; no survey names a touchpoint." if table["contacts"].sum() else "No survey names a touchpoint, and there are no contacts.",
        how_sure="What was not recorded cannot be shown.", otherwise="It may be recorded in a system that is not among these tables.",
        next_step="Record with each contact whether it succeeded, and ask one question at the touchpoint with most contacts",
    )


def rated(result: Result, results: Mapping[str, Result]) -> Finding | None:
    """The touchpoints rated lowest for certain; more to the fore where nothing says which of them matter."""
    table, (low, high) = result.table.dropna(subset=["experience"]), result.facts["scale"]
    if len(table) < 3:
        return None
    place = lambda name: low + (high - low) * (table[name] - table["scale_min"]) / (table["scale_max"] - table["scale_min"])  # noqa: E731
    table = table.assign(now=place("experience"), least=place("experience_low"), most=place("experience_high"))
    middle = (table["now"] * table["experience_n"]).sum() / table["experience_n"].sum()
    bad = table[table["most"] < middle].sort_values("now", kind="stable").head(3)
    if not len(bad):
        return None
    best = table.loc[table["now"].idxmax()]
    told = "; ".join(f"{r.label} {r.now:.2f} ({r.least:.2f}–{r.most:.2f}, {people(r.experience_n, 'ratings')})" for r in bad.itertuples())
    return Finding(
        headline=f"Rated lowest: {listed([f'{quoted(r.label)} with {r.now:.2f}' for r in bad.itertuples()])}, on a scale from {low:g} to {high:g}.",
        observed=f"{told}. The mean of all {people(table['experience_n'].sum(), 'ratings')} is {middle:.2f}; rated best is {quoted(best['label'])}, {best['now']:.2f}.",
        how_sure="Their whole intervals lie below the mean of all ratings. Those who answer need not feel as the others do.", otherwise="Some touchpoints meet people when things have gone wrong already.",
        next_step=f"Ask those who rated {listed([quoted(r.label) for r in bad.itertuples()])} poorly what was missing", owner=owners_of(bad["owner"]),
        level="watch", weight=26 if results["importance_performance"].ok else 46,
    )


def unserved(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table = result.table
    if not table["served"].any():
        return None
    alone = table[~table["served"].astype(bool) & (table["contacts"] > 0)].sort_values("contacts", ascending=False, kind="stable")
    if not len(alone):
        return None
    one = len(alone) == 1
    return Finding(
        headline=f"No activity serves {listed([quoted(label) for label in alone['label']], 4)}, though customers use {'it' if one else 'them'}.",
        observed="; ".join(f"{r.label}: {people(r.contacts, 'contacts')} of {people(r.customers, 'customers')}" for r in alone.head(5).itertuples()) + ".",
        sure="certain", how_sure="As far as the list of activities is complete.", otherwise="The work may be done under another activity's name.",
        next_step=f"Name the activity behind {listed(alone['label'].tolist(), 4)}, or give {'it' if one else 'them'} an owner and a budget", owner=owners_of(alone["owner"]), weight=24,
    )


def dear(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table, f = result.table, result.facts
    known = table.dropna(subset=["cost_contact"]).sort_values("cost_contact", ascending=False, kind="stable")
    if len(known) < 5:
        return None
    top, usual = known.iloc[0], known["cost_contact"].median()
    if top["cost_contact"] < 3 * usual:
        return None
    money = lambda value: say(value, "currency", currency=f["currency"])  # noqa: E731
    second = known.iloc[1]
    return Finding(
        headline=f"A contact with {quoted(top['label'])} costs {money(top['cost_contact'])}, {top['cost_contact'] / usual:.0f} times as much as one with the median touchpoint.",
        observed=f"Activities worth {money(top['cost_month'])} a month stand behind it. Next comes {quoted(second['label'])} with {money(second['cost_contact'])} a contact; the median is {money(usual)}.",
        sure="certain", how_sure="An exact division of stated costs; how an activity's cost is shared among its touchpoints is the company's own statement.",
        otherwise="Rare and costly may be right: a repair is not a page view. The question is what spares it.",
        next_step=f"Ask what would make {top['label']} unnecessary, and what that is worth at {money(top['cost_contact'])} a contact", owner=top["owner"] if isinstance(top["owner"], str) else "", weight=18,
    )


def unlisted(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table = result.table[result.table["side"] == "data"]
    if not len(table):
        return None
    one = len(table) == 1
    known = table.dropna(subset=["rows"])
    return Finding(
        headline=f"The data know {listed([quoted(label) for label in table['label']], 4)}, which the touchpoint dictionary does not list.",
        observed="; ".join(f"{r.label}: {people(r.rows, 'rows')} of {people(r.people, 'customers')}" for r in known.head(6).itertuples()) + "." if len(known) else "Too few rows to say more.",
        sure="certain", how_sure="It is a matter of names.", otherwise="It may be a second spelling of a touchpoint that is listed.",
        next_step=f"Enter {listed(table['touchpoint'].tolist(), 4)} in the dictionary with stage, channel, role and owner: until then {'it counts' if one else 'they count'} for no stage", weight=30,
    )


def silent(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table, f = result.table[result.table["side"] == "dictionary"], result.facts
    if not len(table):
        return None
    cost = table["cost_month"].sum()
    money = f" Activities spend {say(cost, 'currency', currency=f['currency'])} a month on {'it' if len(table) == 1 else 'them'}." if cost > 0 else ""
    when = "" if f["whole"] else " in this period and segment"
    return Finding(
        headline=f"{listed([quoted(label) for label in table['label']], 4)} {'stands' if len(table) == 1 else 'stand'} in the dictionary without a single row of data{when}.",
        observed=f"No contact, ticket, order or survey answer names {'it' if len(table) == 1 else 'them'}.{money}", sure="certain", how_sure="It is a matter of names.",
        otherwise="It may be in use and not measured, as print and word of mouth often are.",
        next_step=f"Find a way to count what {listed(table['label'].tolist(), 4)} {'brings' if len(table) == 1 else 'bring'} (a code, a question at the first contact), or strike {'it' if len(table) == 1 else 'them'} out",
        owner=owners_of(table["owner"]), level="unknown", weight=28 if cost > 0 else 14,
    )
