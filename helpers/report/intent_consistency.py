"""Page 1, consistency: how far channels and devices lie apart in buying and satisfaction, and which one lies off."""

from __future__ import annotations

import pandas as pd

from helpers import draw
from helpers.draw.text import people, say, signed, span
from helpers.infer.section import Result
from helpers.report.show import Item, Table, reads
from helpers.report.words import points, quoted, source

SURE = 0.05


@reads("intent_consistency")
def intent_consistency(result: Result) -> list[Item]:
    table = result.table.assign(name=[str(v).replace("_", " ").capitalize() for v in result.table["label"]])
    items: list[Item] = ["\n".join(f"- {apart(row)}" for row in result.extra["spread"].itertuples())] if len(result.extra["spread"]) else []
    for measure, unit, more in (("buying", "change", "points more or fewer who buy"), ("satisfaction", "score", "how much more or less satisfied")):
        part = table[(table["measure"] == measure) & table["difference"].notna()]
        if not len(part):
            continue
        marks = pd.DataFrame({"label": part["name"], "group": part["kind"].map({"channel": "Channel", "device": "Device"}), "value": part["difference"],
                              "low": part["difference_low"], "high": part["difference_high"], "n": part["n"], "mean": part["mean"], "q_value": part["q_value"]})
        buys = measure == "buying"
        items.append(draw.bars(marks, title=_consistent(part, measure, result.facts["scale"]), stem=f"intent_consistency_{measure}", unit=unit, noun="intents" if buys else "answers", value="difference",
                               who=f"Against all others, {more}, adjusted for the mix; {result.who if buys else 'satisfaction answers of the period'}", caption=source(result, "contacts and purchases" if buys else "surveys")))
    if len(items) > 1:
        items.append("A channel that answers questions meets those who have doubts: its figure says who comes there, not how well they are served.")
    shown = pd.DataFrame({
        "Measure": table["measure"].str.capitalize(), "Channel or device": table["name"], "n": [f"{v:,.0f}" if v == v else "too few" for v in table["n"]],
        "As it is": [_level(r) for r in table.itertuples()], "95% interval": [span(r.low, r.high, "share" if r.measure == "buying" else "score") or "–" for r in table.itertuples()],
        "Against all others": [_gap(r) for r in table.itertuples()], "Shown?": [("differs" if q < SURE else "not shown") if q == q else (r or "–") for q, r in zip(table["q_value"], table["reason"], strict=True)],
    })
    return [*items, Table(shown, "intent_consistency", "Buying and satisfaction by channel and device", result.table)]


def apart(row) -> str:
    """How far the channels or devices of one measure lie apart, in a sentence (a row of `extra["spread"]`)."""
    buys = row.measure == "buying"
    size, unit = (lambda v: f"{100 * v:.1f}", "points") if buys else (lambda v: f"{v:.2f}", "points of the scale")
    based = people(row.n, "answers" if not buys else "intents" if row.kind == "device" else "intents, each counted in every channel it used")
    if row.value != row.value:
        return f"{row.measure.capitalize()} cannot be compared by {row.kind}: fewer than two {row.kind}s have enough cases."
    if not (row.q_value < SURE and row.low > 0):
        return (f"{row.measure.capitalize()} is not shown to differ between the {people(row.groups)} {row.kind}s, the mix held equal; if it does, they lie no more than {size(row.high)} {unit} off "
                f"their average ({based}).")
    return (f"{row.measure.capitalize()} differs between the {people(row.groups)} {row.kind}s: with the mix held equal they typically lie {size(row.value)} {unit} off their average "
            f"(95% interval {size(row.low)} to {size(row.high)}; {based}).")


def _consistent(part: pd.DataFrame, measure: str, scale: tuple[float, float]) -> str:
    sure = part[part["q_value"] < SURE]
    if not len(sure):
        return f"{'Buying' if measure == 'buying' else 'Satisfaction'} is not shown to differ between channels or devices"
    worst = sure.loc[sure["difference"].idxmin()] if (sure["difference"] < 0).any() else sure.loc[sure["difference"].idxmax()]
    side = "fewer" if worst["difference"] < 0 else "more"
    if measure == "buying":
        told = f"With {quoted(worst['name'])} {points(worst['difference'])} {side} buy than without"
        other = sure[(sure["kind"] != worst["kind"]) & (sure["difference"] < 0)]
        if len(other):
            next_ = other.loc[other["difference"].idxmin()]
            told += f", with {quoted(next_['name'])} {points(next_['difference'])} fewer"
        return f"{told}, the mix held equal"
    low, high = scale
    return (f"Satisfaction with {quoted(worst['name'])} is {abs(worst['difference']):.1f} {'lower' if worst['difference'] < 0 else 'higher'} than with the rest (scale {low:g} to {high:g}), "
            "the mix held equal")


def _level(row) -> str:
    if row.mean != row.mean:
        return "too few"
    return say(row.mean, "share") if row.measure == "buying" else f"{row.mean:.2f}"


def _gap(row) -> str:
    if row.difference != row.difference:
        return "–"
    size = signed(row.difference) if row.measure == "satisfaction" else say(row.difference, "change")
    return f"{size} ({span(row.difference_low, row.difference_high, 'change' if row.measure == 'buying' else 'score')})"
