"""Page 1, intent, in words, charts and tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import draw
from helpers.draw.text import column, people, say, span, spans
from helpers.infer.section import Result
from helpers.names import day_words
from helpers.report import intent_consistency as _consistency, intent_score as _score, terms  # noqa: F401  (two read sections of their own)
from helpers.report.adoption_words import group
from helpers.report.intent_found import find, narrowest
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, points, quoted, spelled

COMPONENTS = {"needs": "Needs", "information": "Information", "concerns": "Concerns", "trust": "Trust"}
ENDS = {"worked": "the contact succeeded", "failed": "it failed or was given up", "met": "met it"}
SURE = 0.05
__all__ = ["find"]


@reads("intent_funnel")
def intent_funnel(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    first, last = table["label"].iloc[0], table["label"].iloc[-1]
    title = f"From {quoted(first)} to {quoted(last)}: {people(table['users'].iloc[-1], 'customers')} of {people(table['users'].iloc[0])} come through"
    if "worst" in f:
        title = narrowest(f)
    chart = draw.funnel(table, title=title, who=result.who, caption=_source(result, "contacts and purchases"), stem="intent_funnel", weakest=f.get("worst"))
    left = f"{people(f['open'], 'customers')} whose first contact is younger than {f['window']:g} days are left out: their time is not up." if f["open"] else ""
    bought = ""
    if f.get("buyers") and f["through"] == f["through"]:
        bought = (f" In the period {people(f['buyers'], 'customers')} bought. Those who do not stand at the end of the funnel had no contact at every stage before, or needed longer "
                  f"than {f['window']:g} days: the funnel follows a way, it does not count buyers.")
    return [chart, (left + bought).strip() or "Every customer's window is over."]


@reads("intent_time")
def intent_time(result: Result) -> list[Item]:
    f = result.facts
    title = f"{say(f['share'], 'share')} of intents end in a purchase within {f['window']:g} days" if f["share"] == f["share"] else "How many intents end in a purchase, by day"
    if f["median"] == f["median"]:
        title += f"; half of these purchases come by day {f['median']:.0f}"
    chart = draw.survival(result.table, title=title, who=result.who + (f", by {f['column']}" if f["column"] else ""), caption=_source(result, "contacts and purchases"), stem="intent_time", event="bought",
                          window=f["window"], most_days=f["window"])
    told = (f"The plain ratio, over the {people(f['mature_n'], 'intents')} whose window is over, is {say(f['mature'], 'share')}; the curve also uses the "
            f"{people(f['open'], 'intents')} that are still open, for the days they have been seen.") if f["mature"] == f["mature"] else "No intent's window is over yet."
    items: list[Item] = [chart, told]
    table = result.extra["by_group"]
    if len(table) > 1:
        shown = pd.DataFrame({
            "Customers": [group(c, v) if c else v for c, v in zip(table["column"], table["value"], strict=True)], "Intents": [_n(v) for v in table["n"]],
            f"Bought in {f['window']:g} days": column(table["share"], "share"), "95% interval": spans(table["low"], table["high"], "share"),
            "Plain ratio": column(table["mature_share"], "share"), "Days to the purchase": [f"{v:.1f}" if v == v else "–" for v in table["median_days"]],
            "Against all others": [_verdict(q) for q in table["q_value"]],
        })
        items.append(Table(shown, "intent_time_by_group", "Who decides, and how fast", table))
    return items


@reads("intent_components")
def intent_components(result: Result) -> list[Item]:
    table, effects, spots, f = result.table, result.extra["effects"], result.extra["touchpoints"], result.facts
    shown = pd.DataFrame({
        "Component": table["component"].map(COMPONENTS), "Intents that meet it": column(table["met"], "share"), "95% interval": spans(table["met_low"], table["met_high"], "share"),
        "Contact succeeded": [f"{say(r.worked, 'share')} ({span(r.worked_low, r.worked_high, 'share')})" if r.worked == r.worked else "too few" for r in table.itertuples()], f"Satisfaction{_scale(f)}": [_felt(r) for r in table.itertuples()], "Answers": [_n(v) for v in table["satisfaction_n"]],
    })
    if not table["worked"].notna().any():
        shown = shown.drop(columns="Contact succeeded")
    items: list[Item] = [Table(shown, "intent_components", "The four components of intent: how many meet them, and how it went", table)]
    known = effects.dropna(subset=["difference"])
    if len(known):
        marks = known.assign(label=known["component"].map(COMPONENTS), group=known["group"].map(ENDS), value=known["difference"])
        marks = marks[["label", "group", "value", "low", "high", "n", "mean", "q_value"]]
        items += [draw.bars(marks, title=component_title(known), who=f"Points more or fewer who buy than without that contact; {result.who}", caption=_source(result, "contacts and purchases"),
                            stem="intent_component_effects", unit="change", sort=False),
                  "Who comes with a doubt or a need is not drawn by lot: a chat that goes with fewer purchases may meet those who were unsure already."]
    if len(spots):
        items.append(_spots(spots, f))
    return items


def component_title(effects: pd.DataFrame) -> str:
    """The strongest association that the data settle, upwards and downwards, in one line."""
    sure = effects[effects["q_value"] < SURE]
    up, down = sure[(sure["difference"] > 0) & (sure["group"] != "failed")], sure[sure["difference"] < 0]
    if (down["component"] != "concerns").any():  # who voices a doubt has one; what fails to inform is the plainer news
        down = down[down["component"] != "concerns"]
    told = []
    for part, word in ((up.sort_values("difference", ascending=False), "more"), (down.sort_values("difference"), "fewer")):
        if len(part):
            told.append(f"{_met(part.iloc[0])} goes with {points(part['difference'].iloc[0])} {word}")
    return f"{told[0]} who buy" + (f", {told[1][:1].lower()}{told[1][1:]}" if len(told) > 1 else "") if told else "No component is shown to go with buying more or less"


def _met(row: pd.Series) -> str:
    words = {
        ("needs", "worked"): "Help that names what fits", ("needs", "failed"): "Help that fits nothing", ("information", "worked"): "Information found",
        ("information", "failed"): "Information not found", ("concerns", "worked"): "A doubt voiced and answered", ("concerns", "failed"): "A doubt left open",
        ("trust", "worked"): "A sign of trust", ("trust", "failed"): "A sign of trust that fails",
    }
    return words.get((row["component"], row["group"]), f"Contact with {COMPONENTS[row['component']].lower()}")


def _spots(table: pd.DataFrame, f: Mapping) -> Table:
    shown = pd.DataFrame({
        "Touchpoint": table["label"], "Component": table["role"].map(COMPONENTS), "Intents that meet it": [say(v, "share") for v in table["met"]],
        f"Satisfaction{_scale(f)}": [_felt(r) for r in table.itertuples()], "Goes with": [_signed(v) for v in table["difference"]],
        "95% interval": [span(a, b, "change") or "–" for a, b in zip(table["low"], table["high"], strict=True)], "Shown?": [_verdict(q) for q in table["q_value"]],
        "Owner": [v if isinstance(v, str) else "–" for v in table["owner"]],
    })
    return Table(shown, "intent_touchpoints", "The touchpoints behind the components: points more or fewer who buy, other things equal", table)


@reads("intent_concerns")
def intent_concerns(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    if not table["difference"].notna().any():
        return [f"Too few questions were asked in these intents to compare {f['without']:,} without a purchase and {f['with']:,} with one."]
    sure = table[(table["q_value"] < SURE) & (table["difference"] > 0)]
    title = (f"Those who do not buy ask more often about {listed([spelled(v) for v in sure['label']], most=4)}" if len(sure)
             else "No topic is shown to come more often from those who do not buy")
    marks = pd.DataFrame({"label": [spelled(v).capitalize() for v in table["label"]], "value": table["difference"], "low": table["low"], "high": table["high"], "n": table["n"]})
    chart = draw.bars(marks, title=title, who=f"Points more often asked without a purchase; {result.who}", caption=_source(result, "tickets and purchases"), stem="intent_concerns",
                      unit="change", noun="intents", value="more often")
    shown = pd.DataFrame({
        "Topic": [spelled(v).capitalize() for v in table["label"]], "Of those who did not buy": [say(v, "share") for v in table["not_bought"]],
        "Of those who bought": [say(v, "share") for v in table["bought"]], "More often by": [_signed(v) for v in table["difference"]],
        "95% interval": [span(a, b, "change") or "–" for a, b in zip(table["low"], table["high"], strict=True)], "Shown?": [_verdict(q) for q in table["q_value"]],
    })
    return [chart, Table(shown, "intent_topics", "What is asked before a purchase, by how the intent ends", table)]


@reads("intent_terms")
def intent_terms(result: Result) -> list[Item]:
    f = result.facts
    return terms.tell(result.table, ("those who did not buy", "those who did"), (f["people"], f["others"]), stem="intent_terms", sample=(f["texts"], f["rows"]) if f["sampled"] else None)


@reads("intent_overload")
def intent_overload(result: Result) -> list[Item]:
    f = result.facts
    if f["found"]:
        title = f"Buying rises up to {f['point']:g} options and falls beyond: {say(f['at_point'], 'share')} there, {say(f['beyond_value'], 'share')} past it"
    else:
        title = f"No number of options is shown from which on customers buy less: {f['reason'].removeprefix('none found: ')}"
    point = {"point": f["point"], "point_low": f["low"], "point_high": f["high"]} if f["found"] else {}
    chart = draw.turning_point(result.table, title=title, who=result.who, caption=_source(result, "contacts and purchases"), stem="intent_overload", options="options looked at",
                               noun="Intents", **point)
    told = "An option is a contact with a research, comparison or evaluation touchpoint. Who buys stops looking, so many options can also be the mark of somebody who finds nothing that fits."
    if f["found"]:
        told = f"{say(f['beyond_share'], 'share')} of finished intents ({f['beyond']:,.0f}) lie past the turning point. " + told
    return [chart, told]


@reads("intent_open")
def intent_open(result: Result) -> list[Item]:
    table, f, currency = result.table, result.facts, result.journey.company.currency
    shown = pd.DataFrame({
        "Last look": table["band"], "Open intents": [_n(v) for v in table["intents"]], "Expected to buy": [say(v, "share") if v == v else "–" for v in table["chance"]],
        "Expected value": [say(v, "currency", currency=currency) if v == v else "–" for v in table["expected"]],
    })
    told = f"On {day_words(f['end'])} {people(f['people'], 'customers')} were deciding; about {say(f['chance'], 'share')} of their intents can be expected to end in a purchase."
    if f["expected"] == f["expected"]:
        told += f" Together that is worth {say(f['expected'], 'currency', currency=currency)} ({say(f['low'], 'currency')} to {say(f['high'], 'currency')})."
    return [told, Table(shown, "intent_open", "Who is deciding now, by when they last looked", table)]


def _source(result: Result, what: str) -> str:
    j = result.journey
    return f"Source: {j.company.name}, {what}, {j.period.label if j.period.label != 'all' else 'all data'} up to {day_words(j.as_of)}."


def _scale(facts: Mapping) -> str:
    low, high = facts["scale"]
    return f" ({low:g} to {high:g})" if low == low else ""


def _n(value: float) -> str:
    return f"{value:,.0f}" if value == value else "too few"


def _felt(row) -> str:
    return (f"{row.satisfaction:.2f} ({row.satisfaction_low:.2f}–{row.satisfaction_high:.2f})" if row.satisfaction == row.satisfaction
            else "no answers" if row.satisfaction_n == 0 else "too few")


def _signed(value: float) -> str:
    return say(value, "change") if value == value else "too few"


def _verdict(q: float) -> str:
    return "–" if q != q else "differs" if q < SURE else "not shown"
