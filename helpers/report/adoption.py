"""Page 3, adoption, in words, charts and tables."""

from __future__ import annotations

import pandas as pd

from helpers import draw
from helpers.draw.text import month, people, say, span, spans
from helpers.infer.adoption_parts import SURE
from helpers.infer.section import Result
from helpers.measure import obstacles
from helpers.report import adoption_adjusted, adoption_months, adoption_value, who_stays  # noqa: F401  (they read sections of this page)
from helpers.report.adoption_found import find
from helpers.report.adoption_words import USE, alive_words, earlier_words, funnel_words, group, late_words, settled
from helpers.report.display import literal
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, points, quoted, source, spelled

__all__ = ["find"]


@reads("onboarding_funnel")
def onboarding_funnel(result: Result) -> list[Item]:
    f, words = result.facts, funnel_words(result.facts["kind"])
    table = result.table.assign(label=result.table["step"].map(words))
    last = table.iloc[-1]
    title = f"{say(last['of_start'], 'share')} of new customers come through to the last step" if last["of_start"] == last["of_start"] else "How many new customers reach each step"
    if "worst" in f:
        title = f"The largest loss lies between {quoted(words[f['worst']['before']])} and {quoted(words[f['worst']['step']])}: {say(f['worst']['of_previous'], 'share')} go on"
    columns = ["step", "label", *[name for name in table.columns if name not in ("step", "label")]]
    chart = draw.funnel(table[columns], title=title, who=result.who, caption=source(result, _tables(result)), stem="onboarding_funnel", weakest=f["worst"]["step"] if "worst" in f else None)
    told = [f"{_few(f['open'], result)} whose {f['window']:g} days are not over are left out: their time is not up."] if f["open"] else []
    if f["late"]:
        told.append(f"Half of the customers come to {quoted(words[f['late']])} so late in the {f['window']:g} days that little time is left for another step; the steps after it are not shown.")
    if {"onboarded", "used"} <= set(table["step"]):
        told.append("A customer who uses the product before onboarding and not after it has no place in this order; the next figure counts every first use.")
    return [chart, *([" ".join(told)] if told else []), *_earlier(result)]


@reads("time_to_adopt")
def time_to_adopt(result: Result) -> list[Item]:
    f = result.facts
    title = f"{say(f['share'], 'share')} of new customers {USE} within {f['window']:g} days" if f["share"] == f["share"] else f"How many new customers {USE}, by day"
    if f["median"] == f["median"]:
        title += f"; half have by day {f['median']:.0f}"
    chart = draw.survival(result.table, title=title, who=result.who, caption=source(result, _tables(result)), stem="time_to_adopt", event="used it", window=f["window"])
    told = ""
    if f["later"] == f["later"] and f["share"] < 1:
        told = (f"By day {f['later_days']:g} it is {say(f['later'], 'share')}: of those who have not begun by day {f['window']:g}, {say((f['later'] - f['share']) / (1 - f['share']), 'share')} begin in the "
                "time after.")
    if f["median"] != f["median"]:
        told += f" The median is {literal(f['reason'])}."
    return [chart, told.strip() or "Nobody has been followed longer yet."]


@reads("adoption_by_segment")
def adoption_by_segment(result: Result) -> list[Item]:
    f, table, curves = result.facts, result.table, result.extra["curves"]
    title = late_words(f) if "late" in f else f"No group is shown to {USE} later than the others"
    test = f"log-rank over all groups of {f['column'].replace('_', ' ')}: chi-square {f['chi_square']:,.1f}, {f['df']} df, {_p(f['p_value'])}"
    chart = draw.survival(curves, title=title, who=f"{result.who}; {test}", caption=source(result, _tables(result)), stem="adoption_by_segment", event="used it", window=f["window"])
    shown = pd.DataFrame({
        "Customers": [group(c, v) for c, v in zip(table["column"], table["value"], strict=True)], "n": [_n(v) for v in table["n"]],
        "Half have by day": [_median(r) for r in table.itertuples()], "95% interval": [_days(r.median_low, r.median_high) for r in table.itertuples()],
        f"Used it in {f['window']:g} days": [say(v, "share") if v == v else _n(n, "–") for v, n in zip(table["share"], table["n"], strict=True)],
        "Interval": spans(table["low"], table["high"], "share"), "Against the others": [settled(q) for q in table["q_value"]],
    })
    return [chart, Table(shown, "adoption_by_group", "Time to the first use in every group", table)]


@reads("cohort_triangle")
def cohort_triangle(result: Result) -> list[Item]:
    f, alive = result.facts, alive_words(result)
    title = f"Who is still there: new customers who {alive}, by 30 days since the start"
    if "gap" in f:
        both = (f["older"] * f["older_n"] + f["newer"] * f["newer_n"]) / (f["older_n"] + f["newer_n"])
        title = {"up": f"Newer customers stay more: {say(f['newer'], 'share')} are active from day 30 to 59, {say(f['older'], 'share')} of those before",
                 "down": f"Newer customers stay less: {say(f['newer'], 'share')} are active from day 30 to 59, {say(f['older'], 'share')} of those before",
                 }.get(f["direction"], f"{say(both, 'share')} of new customers are active from day 30 to 59, the newer no more and no less than the older")
    table = result.table.rename(columns={"n": "followed", "size": "n"})
    kind = {"relation": "Started in", "purchase": "First order in", "onboarding": "Onboarded in", "acquired": "Customer since", "contact": "First seen in"}[f["kind"]]
    chart = draw.cohort_triangle(table, title=title, who=f"{result.who}; active: they {alive}", caption=source(result, _tables(result)), stem="cohort_triangle",
                                 ages="30-day steps since the start (0: days 0 to 29)", cohorts=kind)
    told = []
    if "gap" in f:
        told = [f"Days 30 to 59, customers from {month(f['split'])} on against those before: {say(f['newer'], 'share')} of {people(f['newer_n'])} and {say(f['older'], 'share')} of "
                f"{people(f['older_n'])}, a difference of {say(f['gap'], 'change')} ({span(f['gap_low'], f['gap_high'], 'change')})."]
    return [chart, *told, *_earlier(result)]


def _earlier(result: Result) -> list[str]:
    """A warning where the first start in the data is hardly the first."""
    text = earlier_words(result)
    return [text] if text else []


@reads("adoption_obstacles")
def adoption_obstacles(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    marks = table.assign(value=table["share"], people=table["hits"])[["label", "value", "low", "high", "hits", "n"]].rename(columns={"n": "base", "hits": "n"})
    known = table[(table["obstacle"] != "none") & table["share"].notna()]
    title = "What stands beside not using the product"
    if len(known):
        top = known.loc[known["share"].idxmax()]
        title = f"Of those who do not {USE}, {say(top['share'], 'share')} {_said(top['obstacle'])}"
    chart = draw.bars(marks, title=title, who=result.who, caption=source(result, _tables(result, "tickets", "surveys", "mentions")), stem="adoption_obstacles", noun="customers", zero=True, value="Share", sort=False)
    return [chart, *[text for text in (_contrast(table), _onboarded(f, result), _unseen(f)) if text]]


def _said(obstacle: str) -> str:
    return {"unused": "were onboarded and never tried", "failed": "tried without success", "technical": "opened a technical ticket", "rival": "spoke of a rival or of switching"}[obstacle]


def _contrast(table: pd.DataFrame) -> str:
    """Obstacles that adopters meet too: how often they do."""
    told = [f"{say(r.adopters_share, 'share')} {_said(r.obstacle)}, {say(-r.difference, 'change')} against those who do not ({span(-r.difference_high, -r.difference_low, 'change')})"
            for r in table.dropna(subset=["difference"]).itertuples() if r.obstacle != "none"]
    return f"Some of those who {USE} meet the same: " + "; ".join(told) + "." if told else ""


def _onboarded(f: dict, result: Result) -> str:
    a, b = f["learnt"], f["unlearnt"]
    if not (f["onboarding"] and a and b):
        return ""
    apart = a["low"] > b["high"] or b["low"] > a["high"]
    return (f"Of the {people(a['n'])} who finished onboarding {say(a['share'], 'share')} {USE} ({span(a['low'], a['high'], 'share')}), of the {people(b['n'])} who did not "
            f"{say(b['share'], 'share')} ({span(b['low'], b['high'], 'share')})" + ("." if apart else ": finishing it is not shown to go with use; how it went may matter more, see below."))


def _unseen(f: dict) -> str:
    parts = [f"These data cannot show {listed([obstacles.HIDDEN[name] for name in f['missing']])}."] if f["missing"] else []
    if f["topics"]:
        parts.append(f"Technical tickets are those on {listed([quoted(literal(spelled(t).capitalize())) for t in f['topics']])}.")
    if f["rival_topics"]:
        parts.append(f"Talk of a rival is a ticket on {listed([quoted(literal(spelled(t).capitalize())) for t in f['rival_topics']])}, from {f['windows'].intent_days:g} days before the start on.")
    return " ".join(parts)


@reads("onboarding_touchpoints")
def onboarding_touchpoints(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    shown = pd.DataFrame({
        "Touchpoint": table["label"], "Owner": [v if isinstance(v, str) else "–" for v in table["owner"]], "Meet it": [_share(v) for v in table["met_share"]],
        "Answers": [_n(v) for v in table["rated"]], "Poor": [_share(v, "–") for v in table["poor_share"]], "Use after poor": [_share(v, "–") for v in table["poor_adopted"]],
        "Use otherwise": [_share(v, "–") for v in table["better_adopted"]],
        "Difference (95% interval)": [f"{say(r.difference, 'change')} ({span(r.low, r.high, 'change')})" if r.difference == r.difference else "–" for r in table.itertuples()],
        "Shown?": [settled(q) for q in table["q_value"]],
    })
    told = Table(shown, "onboarding_touchpoints", f"Onboarding touchpoints, and the share who {USE} within {f['window']:g} days", table)
    known = table.dropna(subset=["difference"])
    if not len(known):
        return ["Too few answers about onboarding touchpoints to compare poor experiences with others.", told]
    sure_ones = known[(known["q_value"] < SURE) & (known["difference"] < 0)]
    title = "No onboarding touchpoint is shown to keep customers from using the product when it goes badly"
    if len(sure_ones):
        title = f"After a poor {quoted(sure_ones['label'].iloc[0])} {points(sure_ones['difference'].iloc[0])} fewer {USE}"
    marks = known.assign(value=known["difference"], n=known["poor"])[["label", "value", "low", "high", "n", "q_value"]]
    chart = draw.bars(marks, title=title, who=f"Points more or fewer who use it, a poor experience against any other; {result.who}", caption=source(result, "contacts and surveys"),
                      stem="onboarding_experience", unit="change", noun="poor", sort=False, value="Difference")
    return [chart, told]


@reads("obstacles_by_segment")
def obstacles_by_segment(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    worse = f["worse"]
    title = "No obstacle is shown to be worse in one group than in the others"
    if len(worse):
        one = worse[worse["obstacle"] == "technical"].iloc[0] if (worse["obstacle"] == "technical").any() else worse.iloc[0]
        title = f"In {group(one['column'], one['value'])} {say(one['new_share'], 'share')} of new customers {_met(one['obstacle'])}, elsewhere {say(one['rest_share'], 'share')}"
    elif f["fewest"]:
        one = f["fewest"]
        title = f"In {group(one['column'], one['value'])} {say(one['new_share'], 'share')} of new customers do not use the product, elsewhere {say(one['rest_share'], 'share')}"
    differ = table.loc[(table["q_value"] < SURE) & (table["difference"].abs() >= 0.05), "column"].unique()
    drawn = table[table["column"].isin(differ if len(differ) else table["column"].unique()) & ~table["obstacle"].isin(["none", "rival"])]
    order = {"not_adopted": 0, "unused": 1, "failed": 2, "technical": 3}
    place = list(dict.fromkeys(table["column"]))
    drawn = drawn.assign(place=drawn["column"].map(place.index), order=drawn["obstacle"].map(order)).sort_values(["place", "value", "order"], kind="stable")
    marks = pd.DataFrame({"label": [group(c, v) for c, v in zip(drawn["column"], drawn["value"], strict=True)], "group": drawn["obstacle"].map(f["labels"]), "value": drawn["new_share"],
                          "low": drawn["new_low"], "high": drawn["new_high"], "n": drawn["new"]})
    marks = marks[marks["value"].notna()]
    chart = draw.bars(marks.reset_index(drop=True), title=title, who=f"Share of all new customers; {result.who}", caption=source(result, _tables(result, "tickets")), stem="obstacles_by_segment", sort=False, zero=True)
    told = Table(_by_group(table), "obstacles_by_group", "Every group: who does not use the product, and what stands beside it (share of these, with interval)", table)
    return [chart, told, *(["Read across: of the customers of that group who do not use the product, the share with each obstacle. “More often than elsewhere” compares all new customers of the group with all others."] if table["obstacle"].nunique() > 1 else [])]


def _met(obstacle: str) -> str:
    return {"unused": "are onboarded and never try", "failed": "try without success", "technical": "open a technical ticket", "rival": "speak of a rival"}[obstacle]


SHORT = {"not_adopted": "Do not use it", "unused": "Never tried", "failed": "Tried in vain", "technical": "Technical ticket", "rival": "Rival"}


def _by_group(table: pd.DataFrame) -> pd.DataFrame:
    """One row a group: size, adoption gap, and each obstacle among those who do not adopt that has a figure anywhere."""
    names = [name for name, part in table.groupby("obstacle", sort=False) if name != "not_adopted" and (part["share"] > 0).any()]
    rows = []
    for (column_name, value), part in table.groupby(["column", "value"], sort=False):
        by = part.set_index("obstacle")
        missing = by.loc["not_adopted"]
        row = {"New customers": group(column_name, value), "n": _n(missing["new"]), SHORT["not_adopted"]: _with(missing["new_share"], missing["new_low"], missing["new_high"])}
        row |= {SHORT[name]: _with(by.loc[name, "share"], by.loc[name, "low"], by.loc[name, "high"]) for name in names}
        differs = [SHORT[name].lower() for name in by.index if by.loc[name, "q_value"] < SURE and by.loc[name, "difference"] > 0]
        rows.append(row | {"More often than elsewhere": ", ".join(differs) or "–"})
    return pd.DataFrame(rows)


@reads("adoption_pays")
def adoption_pays(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    yes, no = table.iloc[0], table.iloc[1]
    title = f"Customers who {USE} early order again {points(f['gap'])} {'more' if f['gap'] > 0 else 'less'} often"
    if f["direction"] == "none shown":
        title = "Early use is not shown to go with another order"
    marks = table.assign(label=[f"Used it within {f['first']:g} days", f"Did not, within {f['first']:g} days"])[["label", "value", "low", "high", "n"]]
    chart = draw.bars(marks, title=title, who=f"Share who order again from day {f['first']:g} to {f['last']:g}; {result.who}", caption=source(result, _tables(result)), stem="adoption_pays", sort=False, zero=True, noun="customers", value="Share")
    return [chart, f"{say(yes['value'], 'share')} against {say(no['value'], 'share')}: {say(f['gap'], 'change')} ({span(f['gap_low'], f['gap_high'], 'change')}). Who likes the product uses it and buys again: "
            "the difference is what goes with use, not what use brings."]


def _tables(result: Result, *more: str) -> str:
    """The tables behind a figure, as a caption names them: contacts and orders, and of the others those that are there."""
    wanted = {"interactions": "contacts", "orders": "orders"} | {name: name for name in more}
    return listed([word for name, word in wanted.items() if result.journey.has(name)])


def _n(value: float, none: str = "too few") -> str:
    return f"{value:,.0f}" if value == value else none


def _share(value: float, none: str = "too few") -> str:
    return say(value, "share") if value == value else none


def _with(value: float, low: float, high: float) -> str:
    return f"{say(value, 'share')} ({span(low, high, 'share')})" if value == value else "too few"


def _median(row) -> str:
    return f"{row.median:.0f}" if row.median == row.median else "not reached" if row.n == row.n and row.share == row.share else "too few"


def _days(low: float, high: float) -> str:
    return f"{low:.0f} to {high:.0f}" if low == low and high == high else f"from {low:.0f}" if low == low else "–"


def _few(n: float, result: Result) -> str:
    return "Fewer than " + people(result.journey.min_cell, "customers") if n < result.journey.min_cell else people(n, "customers")


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
