"""Page 4, its last sections, in words, charts and tables: cost against impact, the next unit of budget, what to do first."""

from __future__ import annotations

import pandas as pd

from helpers import draw, names
from helpers.draw.text import people, say, short
from helpers.infer.section import Result
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import quoted, source

WAYS = {
    "hygiene": "make it reliably good enough; excellence pays little here",
    "attractor": "make good excellent; a poor experience costs little here",
    "linear": "fewer poor experiences first, then better ones",
    "neutral": "fewer poor experiences",
}


@reads("cost_impact")
def cost_impact(result: Result) -> list[Item]:
    table = result.table.rename(columns={"activity": "id", "label": "activity"})
    above = table[table["impact_low"] > table["cost_share"]]
    if len(above):
        one = above.iloc[0]
        title = f"{quoted(one['activity'])} takes {say(one['cost_share'], 'share')} of the cost and carries {say(one['impact_share'], 'share')} of what poor experiences cost"
    else:
        title = "No activity carries clearly more of the impact than it takes of the cost"
    chart = draw.cost_impact(table, title=title, who=f"Impact of poor experiences at {people(result.facts['touchpoints'], 'touchpoints')}; {result.who}",
                             caption=source(result, "activities, surveys and orders"))
    silent = table[table["impact_share"] == 0]
    text = (f"{people(len(silent), 'activities') if len(silent) != 1 else '1 activity'} with {say(silent['cost_share'].sum(), 'share')} of the cost "
            f"carr{'ies' if len(silent) == 1 else 'y'} none of this impact: their touchpoints show no effect, are not rated after a purchase, or they serve none. That is no reason to cut them, it is a reason to "
            "ask how their worth would show.") if len(silent) else ""
    return [chart, text] if text else [chart]


@reads("allocation")
def allocation(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    amount = _money(f["budget"], f)
    best, sure = table[table["recommended"]], table[table["holds"]]
    if len(sure):
        one = sure.iloc[0]
        title = f"The next {amount} a month would go furthest with {quoted(one['label'])}: it wins in {say(one['wins'], 'share')} of draws"
    elif len(best):
        title = f"Where the next {amount} a month goes furthest hangs on how fast returns fall: no activity wins often enough under every assumption"
    else:
        title = f"No activity wins the next {amount} a month often enough to be recommended"
    shown = table[table["extra_high"] > 0]
    drawn = shown.rename(columns={"extra": "value", "extra_low": "low", "extra_high": "high"}).assign(n=(100 * shown["wins"]).round())
    items: list[Item] = []
    if len(drawn):
        items.append(draw.bars(
            drawn[["label", "value", "low", "high", "n", "activity", "wins", "recommended", "holds", "gain"]], title=title, who=f"Extra money a month out of {amount}; {result.who}", caption=source(result, "activities, surveys and orders"),
            stem="allocation", unit="currency", currency=f["currency"], value="extra a month", noun="wins, % of draws", zero=True, sort=False))
    gain, even = f["gain"], f["even"]
    items.append(
        f"Spent so, month by month over a period as long as this one, the money would win about {_band(gain)} customers who would {f['bare']} and do not now{_each(f)}; spread over all activities by their cost, "
        f"{_band(even)}. Both hold if the association is cause and returns fall as assumed.")
    varied = result.extra["elasticity"]
    varied = varied[varied.groupby("activity")["wins"].transform("max") >= 0.05]
    if len(varied):
        told = f"Does it hold? Extra money a month, and how often it wins, as returns fall faster or slower ({say(f['wins'], 'share')} of draws are needed)"
        items.append(Table(_by_elasticity(result, varied), "allocation_elasticity", told, varied))
    return items


def _each(f) -> str:
    """What each customer won would cost, where any is won."""
    return f", at {_won(f)} each" if f["gain"]["gain"] >= 1 else ""


def _won(f) -> str:
    return _money(f["budget"] * f["months"] / f["gain"]["gain"], f)


def _by_elasticity(result: Result, varied: pd.DataFrame) -> pd.DataFrame:
    """One row an activity, a column an elasticity, and the verdict."""
    cells = [f"{_money(v, result.facts)}, wins {say(w, 'share')}" for v, w in zip(varied["extra"], varied["wins"], strict=True)]
    wide = varied.assign(cell=cells).pivot(index="label", columns="elasticity", values="cell")
    order = [label for label in result.table["label"] if label in wide.index]
    wide = wide.loc[order].rename(columns=lambda e: f"Twice the cost, {100 * (2**e - 1):.0f}% more")
    rows = result.table.set_index("label").loc[order]
    count = varied.groupby("label")["recommended"].sum()
    wide["Recommended"] = ["yes" if holds else f"{_some(count[label])}" for label, holds in zip(order, rows["holds"], strict=True)]
    return wide.reset_index().rename(columns={"label": "Activity"}).rename_axis(columns=None)


def _some(count: int) -> str:
    return "no" if not count else "not under every assumption"


def find_allocation(result: Result) -> list[Finding]:
    """The activity that the next unit of budget should go to, where one wins often enough under every assumption."""
    f, sure = result.facts, result.table[result.table["holds"]]
    if not len(sure):
        return []
    one, amount = sure.iloc[0], _money(f["budget"], f)
    least = result.extra["elasticity"].loc[lambda t: t["activity"] == one["activity"], "wins"].min()
    give = f"give {quoted(one['label'])} {_money(one['extra'], f)} a month more for a quarter, for half of its customers drawn by lot, and compare"
    worth = f"Weigh {_won(f)} a customer won against what one is worth; if it pays, {give}" if _each(f) else f"{give[0].upper()}{give[1:]}"
    return [Finding(
        headline=f"The next {amount} a month would go furthest with {quoted(one['label'])}.",
        observed=f"It gets {_money(one['extra'], f)} of it ({_money(one['extra_low'], f)} to {_money(one['extra_high'], f)}) and wins in {say(one['wins'], 'share')} of the draws, in {say(least, 'share')} at the least favourable assumption. "
        f"The whole would win about {_band(f['gain'])} customers over a period as long as this one{_each(f)}.",
        sure="fair", how_sure=f"Of the order, not of the size: it holds whether twice the cost brings {_grown(result)} more, and which of these is true is not measured. Only what hangs on {_places(f['touchpoints'])} counts; "
        "what is not shown counts as nothing.",
        otherwise="A touchpoint's impact is divided over its activities as their cost is; another division would move the money.",
        next_step=worth, owner=one["owner"] if isinstance(one["owner"], str) else "", weight=38,
    )]


def _places(count: int) -> str:
    return "the one touchpoint whose effect is shown" if count == 1 else f"the {people(count)} touchpoints whose effect is shown"


def _grown(result: Result) -> str:
    each = sorted(result.extra["elasticity"]["elasticity"].unique())
    return f"{100 * (2 ** each[0] - 1):.0f} or {100 * (2 ** each[-1] - 1):.0f}%"


def _money(value: float, facts) -> str:
    return say(value, "currency", currency=facts["currency"])


def _band(gain) -> str:
    return f"{people(round(gain['gain']))} ({people(round(gain['gain_low']))} to {people(round(gain['gain_high']))})"


@reads("do_first")
def do_first(result: Result) -> list[Item]:
    table = result.table
    rating = {"fewer_poor": "poor", "more_delight": "excellent"}
    shown = pd.DataFrame({
        "#": [str(i + 1) for i in range(len(table))], "Touchpoint": table["label"], "Verdict": table["verdict"].map(names.VERDICTS),
        "Now": [f"{say(v, 'share')} {rating[w]}" for v, w in zip(table["now"], table["way"], strict=True)],
        "Best quarter": [f"{say(v, 'share')} {rating[w]}" for v, w in zip(table["aim"], table["way"], strict=True)],
        "Customers that could be won": [f"{short(round(g))} ({short(round(a))} to {short(round(b))})" if g > 0 else "none: already there" for g, a, b in
                                        zip(table["gain"], table["gain_low"].clip(lower=0), table["gain_high"], strict=True)],
        "How": table["kind"].map(WAYS).fillna("fewer poor experiences"), "Owner": owners(table["owner"]),
    })
    return [Table(shown, "do_first", "What to do first", table),
            f"Won means: they would {result.facts['bare']} and do not now, in the period as a whole, if the association is cause. A trial that starts at half of the customers would tell."]


def owners(column: pd.Series) -> list[str]:
    return [owner if isinstance(owner, str) and owner else "to be named" for owner in column]
