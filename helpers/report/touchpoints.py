"""Page 2, touchpoints, in words, charts and tables."""

from __future__ import annotations

import pandas as pd

from helpers import draw
from helpers.draw.text import people, say, say_q, spans
from helpers.infer.section import Result
from helpers.report.display import literal
from helpers.report.show import Item, Table, reads
from helpers.report import experience_change  # noqa: F401  (reads a section of this page)
from helpers.report import touchpoint_cells as cells
from helpers.report.touchpoint_service import hours
from helpers.report.touchpoints_found import find
from helpers.report.words import listed, quoted, source

MOST_PAIRS, MOST_TOPICS = 8, 15
__all__ = ["find"]


@reads("inventory")
def inventory(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    items: list[Item] = [_inventory_words(table, f), Table(cells.inventory(result), "inventory", "Every touchpoint with data, in the order of the journey", table)]
    known = table[table["cost_month"].notna() | (table["ease_n"] > 0) | table["owner"].notna()].sort_values("cost_contact", ascending=False, kind="stable")
    if len(known):
        items.append(Table(cells.costs(known, f), "contact_costs", "What each touchpoint takes: effort, cost and who answers for it, the costliest contact first", known))
    settings = result.extra["settings"]
    if len(settings) > 1:
        items.append(Table(cells.settings(settings, f), "settings", "Online and offline", settings))
    return items


def _inventory_words(table: pd.DataFrame, f: dict) -> str:
    text = f"{people(f['touchpoints'], 'touchpoints')} {'has' if f['touchpoints'] == 1 else 'have'} data in this period and segment: "
    text += listed([people(count, cells.COUNTS[name].lower()) for name, count in f["counts"].items()])
    if f["customers"]:
        top = table.dropna(subset=["reach"]).sort_values("reach", ascending=False, kind="stable").head(1)
        text += "".join(f". {literal(quoted(r.label))} reaches most of the {people(f['customers'], 'customers')} with a contact, {say(r.reach, 'share')}" for r in top.itertuples())
    if table["experience_n"].notna().any() and (silent := int((~(table["experience_n"] > 0)).sum())):
        text += f". At {people(silent, 'touchpoints')} nobody was asked (–)"
    return f"{text}."


@reads("touchpoint_listing")
def touchpoint_listing(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    words = {"data": "in the data, not in the dictionary", "dictionary": "in the dictionary, without data" + ("" if f["whole"] else " in this period and segment")}
    shown = pd.DataFrame({"Touchpoint": table["label"], "Stands": table["side"].map(words), "Rows": [cells.count(n) for n in table["rows"]]})
    if table["cost_month"].notna().any():
        shown["Costs a month"] = cells.money(table["cost_month"], f["currency"])
    if table["owner"].notna().any():
        shown["Owner"] = table["owner"].fillna("nobody named")
    text = f"{f['both']:,} of the dictionary's {people(f['listed'], 'touchpoints')} have data. What stands on one side only is blind or silent:"
    return [text, Table(shown, "touchpoint_listing", "Touchpoints that the data and the dictionary do not share", table)]


@reads("stage_spend")
def stage_spend(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    top = table.loc[table["spend"].idxmax()] if table["spend"].notna().any() else None
    what = "activities" if f["by_activity"] else "campaigns"
    title = "No money is stated for any stage" if top is None or not f["total"] else (
        f"{say(top['spend'] / f['total'], 'share')} of the {say(f['total'], 'currency', currency=f['currency'])} for {what} at touchpoints serves the stage {quoted(top['label'])}")
    chart = draw.spend_progress(table, title=title, who=f"{result.who[:1].upper()}{result.who[1:]} who come to a stage for the first time in the period, {cells.months(f['months'])}",
                                caption=source(result, f"{what}, contacts and orders"), stem="stage_spend", currency=f["currency"],
                                headings={"spend": "Spent", "reached": "Came there", "converted": "Go on", "cost_per": "Spent on each who goes on"})
    return [chart, "The money of a stage serves every contact there, not only those who come for the first time: a costly stage after the purchase may be keeping customers rather than moving them on."]


@reads("campaign_spend")
def campaign_spend(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    known = table.dropna(subset=["cost_per"])
    unit = "touchpoint" if f["grouped"] else "campaign"
    if len(known) > 1:
        dear, cheap = known.loc[known["cost_per"].idxmax()], known.loc[known["cost_per"].idxmin()]
        title = (f"A buyer costs {say(dear['cost_per'], 'currency', currency=f['currency'])} by {quoted(dear['label'])} and "
                 f"{say(cheap['cost_per'], 'currency', currency=f['currency'])} by {quoted(cheap['label'])}")
    else:
        most = table.loc[table["reached"].idxmax()] if table["reached"].notna().any() else None
        title = f"{people(f['campaigns'], 'campaigns')} met too few customers to tell" if most is None else f"Of {people(f['campaigns'], 'campaigns')}, most customers were met by {quoted(most['label'])}: {most['reached']:,.0f}"
    chart = draw.spend_progress(table.head(20), title=title, who=f"{people(f['campaigns'], 'campaigns')} whose window of {f['window']:g} days is over; {result.who}",
                                caption=source(result, "campaigns, contacts and orders"), stem="campaign_spend", currency=f["currency"],
                                headings={"converted": "Bought", "cost_per": "Spent on each buyer", "reached": "Customers met"})
    items: list[Item] = [chart]
    if f["orders"]:
        items += [Table(cells.campaigns(table.head(20), f), "campaign_return", f"What came after each {unit} of campaigns" if f["grouped"] else "What came after each campaign", table)]
        items.append("Nobody drew lots about who meets a campaign: reminders reach those who have bought before, advertisements those who are looking already. Much of this would have come anyway.")
    if f["open"]:
        items.append(f"{people(f['open'], 'campaigns')} {'is' if f['open'] == 1 else 'are'} left out because {'it' if f['open'] == 1 else 'they'} or the window after {'it' if f['open'] == 1 else 'them'} still run.")
    return items


@reads("coming_back")
def coming_back(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    less = table[(table["q_value"] < 0.05) & (table["difference"] < 0)].sort_values("difference", kind="stable")
    whole = table[table["column"] == ""]
    if len(less):
        one = less.iloc[0]
        title = f"Customers of {one['label']} come back less often: {say(one['before'], 'share')} of purchases before, {say(one['now'], 'share')} now"
    elif len(whole):
        title = f"{say(whole['now'].iloc[0], 'share')} of purchases are followed by another, {say(whole['before'].iloc[0], 'share')} before; no group is shown to have changed"
    else:
        title = "No group is shown to come back more or less often than before"
    long = pd.concat([table.assign(group=name, value=table[span], low=table[f"{span}_low"], high=table[f"{span}_high"], n=table[f"{span}_n"]) for span, name in (("before", "before"), ("now", "now"))])
    chart = draw.bars(long.sort_index(kind="stable")[["label", "group", "value", "low", "high", "n"]], title=title, who=f"Purchases followed by another within {f['window']:g} days; {result.who}",
                      caption=f"{source(result, 'orders and customers')} Before: {f['spans']['before']}. Now: {f['spans']['now']}.", stem="coming_back", unit="share", sort=False)
    items: list[Item] = [chart, Table(cells.coming_back(table), "coming_back_change", "Share of purchases followed by another, before and now", table)]
    split = result.extra["split"]
    if len(split):
        column = less["column"].iloc[0] if len(less) else split["column"].iloc[0]
        part = split[split["column"] == column].set_index("part")
        items.append(f"Of the change for all together, {cells.change(*part.loc['mix', ['value', 'low', 'high']])} goes with who came (by {literal(column.replace('_', ' '))}) "
                     f"and {cells.change(*part.loc['rate', ['value', 'low', 'high']])} with how the same groups fared.")
    return items


@reads("importance_performance")
def importance_performance(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    mend = table.loc[table["place"] == "mend", "label"].tolist()
    title = (f"{listed([quoted(one) for one in mend], 4)} {'matters' if len(mend) == 1 else 'matter'} more than most and {'is' if len(mend) == 1 else 'are'} rated below the mean" if mend
             else "No touchpoint is shown both to matter more than most and to be rated below the mean")
    chart = draw.importance_performance(
        table.drop(columns="touchpoint").rename(columns={"label": "touchpoint"}), title=title, who=f"{people(len(table), 'touchpoints')} rated {'together with' if f['same'] else 'before'} the outcome by {people(f['customers'], 'customers')}; {result.who}",
        caption=source(result, "surveys and what customers did next"), performance=f"Mean experience ({f['unit']})", cut_performance=f["middle"], cut_importance=f["even"], stem="importance_performance")
    asked = "the outcome and the touchpoint were rated in the same survey, so this shows what goes together" if f["same"] else "ratings came before what they are held against"
    return [chart, f"Importance is each touchpoint's part of what all ratings together explain of the outcome, which is {say(f['r_squared'], 'share')} of its differences; {asked}. "
            f"The lines stand at an even share ({say(f['even'], 'share')}) and at the mean of all compared ({f['middle']:.2f}). “Moments of truth” tests the same touchpoints more strictly."]


@reads("stage_moves")
def stage_moves(result: Result) -> list[Item]:
    f = result.facts
    title = (f"From decision, {say(f['back'], 'share')} of the next moves lead back to consideration" if f["back"] == f["back"] and f["back"] >= 0.2
             else f"Where {people(f['visits'], 'visits')} go from stage to stage")
    chart = draw.matrix(result.table, title=title, who=f"Share of the moves from each row, {people(f['visits'], 'visits')}; {result.who}", caption=source(result, "contacts"), stem="stage_moves",
                        rows="from", columns="to", unit="share")
    return [chart]


@reads("paths")
def paths(result: Result) -> list[Item]:
    table, f, words = result.table, result.facts, result.journey.dictionary
    labels = dict(words[["touchpoint", "label"]].itertuples(index=False, name=None))
    steps = {step.strip() for path in table["path"] for step in path.split(">")}
    labels |= {step: step.replace("_", " ").capitalize() for step in steps - set(labels)}
    labels = {**result.journey.stages, **labels}  # the key names the stages as the company does
    stages = dict(words.dropna(subset=["stage"])[["touchpoint", "stage"]].itertuples(index=False, name=None))
    single = f["single"] / f["visits"]
    title = f"{say(single, 'share', digits=1 if 0.995 < single < 1 else None)} of the visits use one touchpoint; the others take {people(f['kinds'], 'different ways')}"
    chart = draw.paths(table.drop(columns="customers").rename(columns={"visits": "customers"}), title=title,
                       who=f"The most frequent ways of {people(f['several'], 'visits')} with two touchpoints or more; {result.who}", caption=source(result, "contacts" + (" and purchases" if f["bought"] else "")),
                       stages=stages, labels=labels, outcome="Bought within a day" if f["bought"] else "", noun="Visits", stem="paths")
    return [chart, f"The ways shown are {say(f['shown'] / f['several'], 'share')} of these visits: there is no one journey, only frequent stretches of it."]


@reads("hand_overs")
def hand_overs(result: Result) -> list[Item]:
    f, told = result.facts, result.extra["pairs"]
    bad = worse(told)
    if len(bad):
        one = bad.iloc[0]
        title = (f"From {one['from_channel']} to {one['channel']} {say(one['value'], 'share')} of hand-overs succeed; "
                 f"others into {one['channel']} do so in {say(one['other'], 'share')}")
    else:
        title = f"{say(f['whole'], 'share')} of hand-overs between channels succeed, and no pair is shown to fare worse than the others"
    chart = draw.matrix(result.table, title=title, who=result.who, caption=source(result, "contacts"), stem="hand_overs", rows="from", columns="to", unit="share", centre=f["whole"])
    items: list[Item] = [chart]
    if len(bad):
        items += [Table(cells.pairs(bad.head(MOST_PAIRS), f), "hand_over_pairs", "Pairs of channels that fare worse than others into the same channel", told)]
        items.append("“Others” are hand-overs from elsewhere to the same touchpoints. Who is handed over may have had the harder case before anybody handed anything over.")
    return items


def worse(table: pd.DataFrame) -> pd.DataFrame:
    """The pairs whose hand-overs succeed less often than the others beyond chance, the worst first."""
    return table[(table["q_value"] < 0.05) & (table["difference"] < 0)].sort_values("difference", kind="stable")


@reads("attribution")
def attribution(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    table = table.assign(gap=table["markov"] - table["last"])
    most = table.loc[table["gap"].idxmax()]
    title = (f"{quoted(most['label'])} gets {say(most['last'], 'share')} of the credit by last touch and {say(most['markov'], 'share')} by what would be lost without it" if most["gap"] > 0.005
             else "The rules of giving credit hardly disagree")
    chart = draw.attribution(table.drop(columns="touchpoint").rename(columns={"label": "touchpoint"}), title=title, who=result.who, caption=source(result, "contacts and purchases"), stem="attribution")
    first = table.iloc[0]
    return [chart, f"{say(f['won'] / f['ways'], 'share')} of the searches end in a purchase within {f['window']:g} days. {say(first['removal_effect'], 'share')} of the purchases run through {literal(quoted(first['label']))} "
            f"in the chain ({spans([first['removal_low']], [first['removal_high']], 'share')[0]}); what everybody passes gets much of the credit whatever it does."
            + (f" {people(f['hidden'], 'touchpoints')} that hardly anybody met on the way {'is' if f['hidden'] == 1 else 'are'} left out." if f["hidden"] else "")]


@reads("resolution")
def resolution(result: Result) -> list[Item]:
    figures = result.extra["figures"]
    told = {"First answer": "answered", "Solution": "solved"}
    known = figures.dropna(subset=["median"])
    parts = [f"{told[r.group]} within {hours(r.median)}" for r in known.itertuples()]
    title = f"Half of the tickets are {listed(parts)}" if parts else "Not half of the tickets are answered or solved yet"
    most = max([v for v in figures["most"] if v == v] + [24.0])
    unit, size = ("hour", 1.0) if most <= 240 else ("day", 24.0)
    table = result.table.assign(days=result.table["days"] / size)
    chart = draw.survival(table, title=title, who=result.who, caption=source(result, "tickets"), stem="resolution", time=unit, noun="Tickets", heading="Share of the tickets that have it",
                          most_days=max(round(most / size), 1))
    shown = pd.DataFrame({
        "Waiting for": figures["group"].str.lower(), "Tickets": [cells.count(n) for n in figures["tickets"]], "Still open": [cells.count(n) for n in figures["open"]],
        "Half have it within": [cells.time(r.median, r.low, r.high) for r in figures.itertuples()], "Nine of ten within": [cells.time(r.most, r.most_low, r.most_high) for r in figures.itertuples()],
        "Within a day": [cells.share(r.day, r.day_low, r.day_high) for r in figures.itertuples()],
        "Half of those who have it": [f"{hours(r.had_median)} (of {cells.count(r.had)})" if r.had_median == r.had_median else "–" for r in figures.itertuples()],
    })
    waiting = figures[figures["open"] > 0]
    told = ["The last column leaves out who is still waiting, and so flatters: it is there to be held against reports that count finished tickets only."] if len(waiting) else []
    return [chart, Table(shown, "resolution_figures", "How long customers wait", figures), *told]


@reads("topics")
def topics(result: Result) -> list[Item]:
    table = result.table
    shown = table.head(MOST_TOPICS)
    told = pd.DataFrame({"Topic": shown["label"], "Tickets": [cells.count(n) for n in shown["tickets"]]})
    if table["hours"].notna().any():
        told["Half solved within"] = [cells.time(r.hours, r.hours_low, r.hours_high) for r in shown.itertuples()]
        told["q against the others"] = [say_q(q) for q in shown["hours_q"]]
    for name, heading in (("reopened", "Reopened"), ("sla", "Service level met")):
        if table[f"{name}_n"].fillna(0).sum() > 0:
            told[heading] = cells.rate(shown, name, count="tickets")
    more = f" The {len(table) - len(shown)} smaller topics are in the csv." if len(table) > len(shown) else ""
    return [Table(told, "topics", "Tickets by topic", table), *([more.strip()] if more else [])]
