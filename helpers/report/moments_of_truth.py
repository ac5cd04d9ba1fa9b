"""Page 4, moments of truth, in words, charts and tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from helpers import draw, names
from helpers.draw.text import people, say, say_q, signed, span
from helpers.infer.section import Result
from helpers.report import display, trial  # noqa: F401  (trial reads a section of this page)
from helpers.report.display import literal
from helpers.report.moments_found import find
from helpers.report.moments_work import owners
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, points, quoted, source

__all__ = ["find"]


@reads("stage_conversion")
def stage_conversion(result: Result) -> list[Item]:
    weakest = result.facts["weakest"]
    title = f"The narrowest step is {weakest['label']}: {say(weakest['value'], 'share')} go on within {weakest['days']:g} days"
    if weakest["value"] >= 0.95:
        title = "Nearly every customer goes on from each stage to the next"
    table = result.table.assign(label=[f"{label} ({days:g} days)" for label, days in zip(result.table["label"], result.table["days"], strict=True)])
    chart = draw.bars(table, title=title, who=f"Customers who reached the stage before for the first time; {result.who}", caption=source(result, "contacts and orders"),
                      stem="stage_conversion", value="go on", noun="customers", sort=False)
    return [chart, "A stage counts as left behind when the customer reaches the next one or any later one, so nobody is lost by skipping a stage."]


@reads("value_chain")
def value_chain(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    by = table.groupby("label")["cost"].sum().sort_values(ascending=False, kind="stable")
    top = f"; “{by.index[0]}” takes {say(by.iloc[0] / f['cost'], 'share')} of it" if f["cost"] > 0 else ""
    title = f"{people(f['activities'], 'activities')} cost {say(f['cost'], 'currency', currency=f['currency'])} a month{top}"
    stages = {stage: i for i, stage in enumerate(result.journey.stages)}
    wide = table.assign(_row=-table["label"].map(by), _column=table["stage"].map(stages).fillna(len(stages)), _cost=-table["cost"].fillna(0))
    wide = wide.sort_values(["_row", "label", "_column", "_cost"], kind="stable")
    order = wide.sort_values(["_column", "touchpoint_label"], kind="stable")["touchpoint_label"].drop_duplicates()
    # The chart takes columns in order of appearance: put one row of each in front, in the order of the stages.
    chart = draw.matrix(_in_order(wide, order), title=title, who=f"Cost a month by activity and the touchpoint it serves; {result.who}", caption=source(result, "activities"),
                        stem="value_chain", unit="currency", rows="activity", columns="touchpoint, in the order of the journey")
    return [chart, f"The activities serve {people(f['touchpoints'], 'touchpoints')}."]


def _in_order(table: pd.DataFrame, columns: pd.Series) -> pd.DataFrame:
    """row, column, value, with the columns appearing in the order given as far as the rows' own order allows."""
    tidy = table.rename(columns={"label": "row", "touchpoint_label": "column", "cost": "value"})[["row", "column", "value", "activity", "touchpoint", "part"]]
    place = {name: i for i, name in enumerate(columns)}
    return tidy.assign(_c=tidy["column"].map(place)).sort_values("_c", kind="stable").drop(columns="_c").reset_index(drop=True)


@reads("activity_gaps")
def activity_gaps(result: Result) -> list[Item]:
    f = result.facts
    words = {"serves_nothing": "Serves no touchpoint", "nobody_serves": "No activity serves it", "bottleneck": "Waits for most of its time"}
    size = [
        f"{say(r.number, 'currency', currency=f['currency'])} a month" if r.gap == "serves_nothing" else
        f"{people(r.number, 'contacts')} of {people(r.customers, 'customers')}" if r.gap == "nobody_serves" else f"{say(r.number, 'share')} of its hours"
        for r in result.table.itertuples()
    ]
    shown = pd.DataFrame({"Gap": result.table["gap"].map(words), "Where": result.table["label"], "How much": size, "Owner": owners(result.table["owner"])})
    items: list[Item] = [Table(shown, "activity_gaps", "Where activities and touchpoints miss each other", result.table)]
    waits = result.extra["waiting"]
    if len(waits):
        top = waits.head(8)
        hours = [f"{w:,.4g} of {e:,.4g} hours" for w, e in zip(top["waiting_hours"], top["elapsed_hours"], strict=True)]
        shown = pd.DataFrame({"Activity": top["label"], "Waiting": hours, "Waiting share": [say(v, "share") for v in top["waiting_share"]], "Owner": owners(top["owner"])})
        items.append(Table(shown, "waiting", "Where time is lost: the activities that wait most", waits))
    return items


@reads("moments")
def moments(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    rows = table[list(names.MOMENT_COLUMNS)].assign(n=table["n"].astype("Int64").astype("object").where(table["n"].notna(), None))
    kept = table[table["analysed"].notna()] if table["analysed"].notna().any() else table
    emit = partial(display.emit, "moments", {"rows": rows}, html=display.table_html(_for_readers(kept), "Every touchpoint with all methods side by side"),
                   text=f"{people(len(table), 'touchpoints')} with verdicts")
    items: list[Item] = []
    if f["reason"]:
        items.append(f"Moments of truth cannot be found here: {f['reason']}. What is left is how each touchpoint was rated.")
    else:
        explained = f" Together the ratings explain {say(f['r_squared'], 'share')} of the differences: the rest hangs on things that no survey asks." if f["r_squared"] > 0 else ""
        items.append(f"{f['rate_words']}{explained}")
    items.append(emit)
    if why := _reasons(table[table["analysed"].notna()]):
        items.append(why)
    if left := _left_out(table[table["analysed"].isna()]):
        items.append(left)
    return items


def _for_readers(table: pd.DataFrame) -> pd.DataFrame:
    """The table in words; a column that says nothing is left out."""
    scale = _scale(table)
    frame = pd.DataFrame({
        "Touchpoint": table["label"], "Verdict": table["verdict"].map(names.VERDICTS), "Ratings": [people(n) if n == n else "too few" for n in table["n"]],
        f"Mean rating{scale}": [_score(v, low, high, short=bool(scale)) for v, low, high in zip(table["performance"], table["scale_min"], table["scale_max"], strict=True)],
        "Importance": _with_span(table, "importance", lambda v: say(v, "share")), "Effect of a poor experience, points": _with_span(table, "effect", _signed),
        "Penalty and reward": [f"{_signed(a)} and {_signed(b)}" if a == a and b == b else "–" for a, b in zip(table["penalty"], table["reward"], strict=True)],
        "Removal effect": _with_span(table, "removal_effect", lambda v: say(v, "share"), ends="removal"),
        "Methods agreeing": [f"{a:.0f} of {b:.0f}" if b else "–" for a, b in zip(table["methods_agreeing"], table["methods_asked"], strict=True)],
    })
    return frame[[name for name in frame.columns if not (frame[name] == "–").all()]]


def _reasons(table: pd.DataFrame) -> str:
    """The reason behind each verdict, said once with the touchpoints that share it."""
    reasons = table[table["why"] != ""].groupby("why", sort=False)["label"].agg(list)
    if reasons.empty:
        return ""
    if len(table) > 1 and len(reasons) == 1:
        return f"The same holds for all of them: {reasons.index[0].replace(': ', '; ', 1)}."
    return "Why:\n\n" + "\n".join(f"- {literal(listed(labels))}: {why.replace(': ', '; ', 1)}." for why, labels in reasons.items())


def _scale(table: pd.DataFrame) -> str:
    """The scale of every rating, for the head of their column; empty where touchpoints were rated on several."""
    scales = table[["scale_min", "scale_max"]].dropna().drop_duplicates()
    return f" ({scales['scale_min'].iloc[0]:g}–{scales['scale_max'].iloc[0]:g})" if len(scales) == 1 else ""


def _left_out(table: pd.DataFrame) -> str:
    """Touchpoints that were rated and could not be analysed, by reason."""
    parts = []
    for why, part in table[table["why"] != ""].groupby("why", sort=True):
        parts.append(f"- {literal(listed(part['label'].tolist()))}: {why}.")
    return "Rated and not analysed:\n\n" + "\n".join(parts) if parts else ""


@reads("effects")
def effects(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    known = table[table["verdict"] == "moment_of_truth"]
    if len(known):
        first = known.iloc[0]
        title = f"A poor experience with {quoted(first['touchpoint'])} goes with {points(first['effect'])} fewer customers who {f['phrase']}"
    else:
        title = "No touchpoint is shown to matter by more than the margin"
    chart = draw.effects(table, title=title, who=f"{result.who}; poor (the lower half of the scale) against better", caption=source(result, "surveys and orders"), margin=f["margin"],
                         stem="effects", left="a poor experience goes with fewer", right="with more")
    items: list[Item] = [chart, Table(_checks(table), "effects_checks", "The checks behind each verdict: two methods side by side, and what could fool them", table)]
    guilty = table[(table["verdict"] == "not_shown") & (table["naive"] < -0.05)]
    if len(guilty):
        one = guilty.sort_values("naive").iloc[0]
        items.append(
            f"A plain comparison would accuse {people(len(guilty), 'more touchpoints') if len(guilty) > 1 else 'one more touchpoint'}: {literal(quoted(one['touchpoint']))}, for one, by {points(one['naive'])}, of which "
            f"{points(one['effect'])} are left once customers and their other experiences are held equal."
        )
    return items


def _checks(table: pd.DataFrame) -> pd.DataFrame:
    """One row a touchpoint: both methods with interval and q, overlap, E-value and stability as a reader takes them in."""
    return pd.DataFrame({
        "Touchpoint": table["touchpoint"], "Doubly robust, points": _with_span(table, "effect", _signed), "q": [say_q(q) for q in table["q_value"]], "One regression, points": _with_span(table, "joint", _signed), "q of it": [say_q(q) for q in table["joint_q"]],
        "Could have fared either way": [say(v, "share") if v == v else "–" for v in table["overlap"]],
        "E-value (of the weaker end)": [f"{a:.1f} ({b:.1f})" if a == a else "–" for a, b in zip(table["e_value"], table["e_value_low"], strict=True)],
        "Halves in which it holds": [say(v, "share") if v == v else "not asked" for v in table["stability"]], "Why": table["why"],
    })


@reads("penalty_reward")
def penalty_reward(result: Result) -> list[Item]:
    table = result.table
    only = {kind: table.loc[(table["kind"] == kind) & table["verdict"].isin(["moment_of_truth", "watch"]), "touchpoint"].tolist() for kind in ("hygiene", "attractor", "linear")}
    told = []
    if only["hygiene"]:
        told.append(f"{listed(only['hygiene'])} mostly punish{'es' if len(only['hygiene']) == 1 else ''}")
    if only["attractor"]:
        told.append(f"{listed(only['attractor'])} only reward{'s' if len(only['attractor']) == 1 else ''}")
    if only["linear"]:
        told.append(f"{listed(only['linear'])} do{'es' if len(only['linear']) == 1 else ''} both")
    title = "; ".join(told) or "No touchpoint that matters punishes or rewards one-sidedly"
    chart = draw.penalty_reward(table, title=title, who=f"{result.who}; against a middling experience", caption=source(result, "surveys and orders"), unit="change",
                                outcome="the share")
    return [chart, "These bars are not adjusted for who the customer is: read them for the shape, and the effects above for the size."]


@reads("experience_outcome")
def experience_outcome(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    wide = table.pivot(index="label", columns="group", values="value")
    both = wide.dropna(subset=[c for c in ("Poor", "Delightful") if c in wide])
    title = f"What customers do next by how it went: share who {f['phrase']}"
    if len(both) and {"Poor", "Delightful"} <= set(wide.columns):
        far = (both["Delightful"] - both["Poor"]).idxmax()
        title = f"After a delightful experience with {quoted(far)} {say(both.at[far, 'Delightful'], 'share')} {f['phrase']}, after a poor one {say(both.at[far, 'Poor'], 'share')}"
    drawn = list(dict.fromkeys(table["label"]))[:12]
    chart = draw.bars(table[table["label"].isin(drawn)].reset_index(drop=True), title=title, who=result.who, caption=source(result, "surveys and orders"),
                      stem="experience_outcome", average=f["rate"], sort=False)
    text = "Nothing is held equal here: the same customers tend to be content everywhere and to come back anyway."
    if len(drawn) == table["label"].nunique():
        return [chart, text]
    return [chart, text, Table(_by_touchpoint(table), "experience_outcome_all", f"Share who {f['phrase']}, every touchpoint", table)]


def _by_touchpoint(table: pd.DataFrame) -> pd.DataFrame:
    """One row a touchpoint, one column an experience: share, interval and n."""
    cells = [f"{say(v, 'share')} ({span(a, b, 'share')}), n {people(n)}" if v == v else "too few" for v, a, b, n in
             zip(table["value"], table["low"], table["high"], table["n"], strict=True)]
    order = list(dict.fromkeys(table["label"]))
    wide = table.assign(cell=cells).pivot(index="label", columns="group", values="cell").reindex(order)
    wide = wide.reindex(columns=[c for c in ("Poor", "Middling", "Delightful") if c in wide]).fillna("–")
    return wide.reset_index().rename(columns={"label": "Touchpoint"}).rename_axis(columns=None)


@reads("recovery")
def recovery(result: Result) -> list[Item]:
    f = result.facts
    told = recovery_sentence(f)
    chart = draw.bars(result.table, title=told or "What customers do after a poor experience", who=f"Poor ratings of touchpoints; {result.who}",
                      caption=source(result, "surveys, tickets and orders"), stem="recovery", sort=False)
    return [chart, "Who gets help is not drawn by lot: those who complain may be those who care most, or those worst hit."]


def recovery_sentence(facts: dict) -> str:
    """What goes with putting a poor experience right, in a sentence without its full stop; "" where too few."""
    if "difference" not in facts:
        return ""
    d, low, high = facts["difference"], facts["difference_low"], facts["difference_high"]
    if low > 0:
        return f"A poor experience put right goes with {points(d)} more customers who {facts['phrase']}"
    if high < 0:
        return f"A poor experience put right goes with {points(d)} fewer customers who {facts['phrase']}: help may reach the worst hit"
    return f"Putting a poor experience right is not shown to make a difference (between {_signed(low)} and {_signed(high)} points)"


def _score(value: float, low: float, high: float, *, short: bool) -> str:
    return "too few" if value != value else f"{value:.2f}" if short else f"{value:.2f} ({low:g}–{high:g})"


def _with_span(table: pd.DataFrame, name: str, write: Callable[[float], str], *, ends: str = "") -> list[str]:
    """Each value with its interval (columns `ends`_low and _high; by itself those of the name), as `write` writes numbers."""
    rows = zip(table[name], table[f"{ends or name}_low"], table[f"{ends or name}_high"], strict=True)
    return [f"{write(v)} ({write(a)} to {write(b)})" if v == v else "–" for v, a, b in rows]


def _signed(share: float) -> str:
    """A difference of shares in whole points."""
    return signed(100 * share, 0)
