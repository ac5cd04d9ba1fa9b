"""Page 3, what a customer will bring: the value with its interval, the check beside it, and what both say."""

from __future__ import annotations

import pandas as pd

from helpers import draw
from helpers.draw.text import people, say, signed, span, spans
from helpers.infer.section import Result
from helpers.report.adoption_words import earlier_words, group, kpi_row, owner_of
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, quoted, source

OFF = 0.2
"""A group whose purchases were expected further off than this, and beyond chance, is told of."""


@reads("lifetime_value")
def lifetime_value(result: Result) -> list[Item]:
    f, items = result.facts, []
    if f["held"]:
        items += [_values(result), *([_longer(result)] if len(result.extra["tried"]) > 1 else [])]
    else:
        items.append(f"**No value is shown.** {_failed(result)}")
    items += [_check(result), f"{_money(f)} {_assumption(f)}"]
    if f["held"] and len(result.extra["value"]) > 1:
        items.append(_groups(result))
    return [*items, *([text] if (text := earlier_words(result)) else [])]


def _values(result: Result) -> draw.Chart:
    f, table = result.facts, result.extra["value"]
    known = table[table["value"].notna() & (table["column"] != "")]
    marks = pd.concat([table.head(1).assign(label="All customers", heading="All"), known.assign(label=known["group"], heading=known["column"].str.replace("_", " ").str.capitalize())])
    marks = marks[["heading", "label", "value", "low", "high", "n"]].rename(columns={"heading": "group"}).reset_index(drop=True)
    who = f"{people(f['bought'], 'customers')} who have bought; {_worth(f)} in {f['months']} months a customer, forecast"
    return draw.bars(marks, title=headline(result), who=who, caption=source(result, "orders"), stem="lifetime_value", unit="currency", currency=f["currency"], noun="customers", zero=True, value="Value")


def headline(result: Result) -> str:
    """The value to expect in one line, with the groups that bring most and least where their intervals lie apart."""
    f = result.facts
    told = f"In the {f['months']} months after {f['after']}" if f["after"] else f"In the next {f['months']} months"
    told += f" a customer is expected to bring {_money_of(f['value'], f)} of {f['basis']}"
    if (ends := _apart(result.extra["value"])) is not None:
        most, least = ends
        told += f": {group(most['column'], most['group'])} {_money_of(most['value'], f)}, {quoted(least['group'])} {_money_of(least['value'], f)}"
    return told


def _apart(table: pd.DataFrame) -> tuple[pd.Series, pd.Series] | None:
    """The groups of one column that bring most and least, where that column sets customers furthest apart and their intervals do not meet."""
    best = None
    for _, part in table[table["value"].notna() & (table["column"] != "")].groupby("column", sort=False):
        most, least = part.loc[part["value"].idxmax()], part.loc[part["value"].idxmin()]
        if most["low"] > least["high"] and (best is None or most["value"] / least["value"] > best[0]["value"] / best[1]["value"]):
            best = (most, least)
    return best


def _check(result: Result) -> draw.Chart:
    f, table = result.facts, result.table
    p = f["purchases"]
    title = f"Held against the {_last(f)}: {say(p['expected'])} purchases were expected, {say(p['actual'])} came{_many(p['error'])}"
    labels = [f"{row.frequency} so far (n {people(row.n)})" for row in table.itertuples()]
    parts = [table.assign(label=labels, group="expected", value=table["expected"], low=float("nan"), high=float("nan")), table.assign(label=labels, group="came, with 95% interval", value=table["actual"])]
    marks = pd.concat(parts)[["label", "group", "value", "low", "high", "n"]].dropna(subset=["value"]).reset_index(drop=True)
    return draw.bars(marks, title=title, who=f"Purchases a customer in these {f['days']} days, by repeat purchases before them; {result.who}", caption=source(result, "orders"), stem="lifetime_holdout", unit="score",
                     sort=False, zero=True)


def _money(f: dict) -> str:
    m, p = f["money"], f["purchases"]
    return (f"In money {_money_of(m['expected'], f)} were expected and {_money_of(m['actual'], f)} came ({_money_span(m['low'], m['high'], f)}): {_off(m['error'])}. The naive guess, everybody going on at the rate so far, "
            f"is {_off(p['guess_error'])} in purchases and {_off(m['guess_error'])} in money.")


def _assumption(f: dict) -> str:
    c = f["correlation"]
    if c["value"] != c["value"]:
        return ""
    words = f"The model takes what a purchase brings to have nothing to do with how often a customer comes: the correlation is {signed(c['value'])} ({signed(c['low'])} to {signed(c['high'])}), over {people(c['n'], 'customers')} who came again"
    if c["low"] <= 0 <= c["high"]:
        return words + ", so nothing speaks against it."
    if max(abs(c["low"]), abs(c["high"])) < 0.3:
        return words + ": weak enough to go on."
    return words + f", which it is not. Customers who come often bring {'more' if c['value'] > 0 else 'less'} at a time than the model says."


def _failed(result: Result) -> str:
    tried = result.extra["tried"].dropna(subset=["money_error"])
    told = [f"{_off(row.purchases_error)} in purchases and {_off(row.money_error)} in money over {row.months:g} months" for row in tried.itertuples()]
    return f"Held against days it had not seen, the forecast was {listed(told)}; it does not hold for these customers, and a number from it would mislead."


def _longer(result: Result) -> str:
    tried = result.extra["tried"]
    failed = tried[(tried["held"] == False) & tried["money_error"].notna()]  # noqa: E712  (a column of objects)
    if not len(failed):
        return f"A longer forecast cannot be checked yet: {tried.iloc[0]['why']}."
    told = listed([f"over {r.months:g} months {_off(r.purchases_error)} in purchases and {_off(r.money_error)} in money" for r in failed.itertuples()])
    return f"No value is shown for longer than that, since the same check fails: {told}."


def _groups(result: Result) -> Table:
    f, table = result.facts, result.extra["value"].iloc[1:]
    table = table[table["n"].notna()]
    shown = pd.DataFrame({
        "Customers": [group(c, g) for c, g in zip(table["column"], table["group"], strict=True)], "n": [people(n) for n in table["n"]],
        f"Value in {f['months']} months": [_money_of(v, f) if v == v else "not shown" if h is False else "too few" for v, h in zip(table["value"], table["held"], strict=True)],
        "95% interval": [s or "–" for s in spans(table["low"], table["high"], "currency")],
        "Purchases expected": [say(v) if v == v else "–" for v in table["expected"]], "Came": [say(v) if v == v else "–" for v in table["actual"]],
        "Purchases": [_off(v) if v == v else "–" for v in table["error"]], "Money": [_off(v) if v == v else "–" for v in table["worth_error"]],
    })
    return Table(shown, "lifetime_by_group", f"Every group with a model and a check of its own, over the {_last(f)}; where the check fails no value is shown", table)


def find(result: Result, card) -> list[Finding]:
    """What a customer is expected to bring, and the groups that no longer do what their past suggests; or that it cannot be forecast."""
    f = result.facts
    owner = owner_of(kpi_row(card, "first_year_margin")) or owner_of(kpi_row(card, "revenue_per_adopter"))
    if not f["held"]:
        return [Finding(
            headline="What a customer will bring cannot be forecast from these orders.", observed=_failed(result), how_sure="The check is on days the model had not seen; see the figure.",
            otherwise="Buying that follows a contract, a season or a campaign is not what the model takes for granted; nor is a change in the last months.",
            next_step="Look at what has changed in how often customers buy, before a budget rests on their future value", owner=owner, level="unknown", weight=27)]
    tried = result.extra["tried"]
    longer = f" Over {listed([f'{m:g}' for m in tried['months'].iloc[:-1]])} months the forecast fails this check." if len(tried) > 1 else ""
    found = [Finding(
        headline=headline(result) + ".", observed=f"95% interval {_money_span(f['low'], f['high'], f)}, over {people(f['bought'], 'customers')}; all of them together {_money_of(f['total'], f)}.",
        sure="fair", how_sure=f"Held against the {_last(f)}, such a forecast was {_off(f['purchases']['error'])} in purchases and {_off(f['money']['error'])} in money.{longer}",
        otherwise="The model knows when and for how much customers bought, nothing else: a new price, offer or rival is not in it.",
        next_step=f"Weigh what it costs to win or keep a customer of each group against the values of the groups, and hold these against what comes in {f['months']} months", owner=owner, level="watch", weight=28)]
    return found + _changed(result, owner)


def _changed(result: Result, owner: str) -> list[Finding]:
    """The group furthest from what its past suggests, where chance does not explain it."""
    f, table = result.facts, result.extra["value"].iloc[1:]
    beyond = (table["error"].abs() > OFF) & ((table["expected"] > table["actual_high"]) | (table["expected"] < table["actual_low"]))
    if not beyond.any():
        return []
    one = table[beyond].loc[table.loc[beyond, "error"].abs().idxmax()]
    fewer, where = one["error"] > 0, group(one["column"], one["group"])
    return [Finding(
        headline=f"Customers of {where} buy {'less' if fewer else 'more'} often than their past suggests: in the {_last(f)} {say(one['expected'])} purchases were to be expected, {say(one['actual'])} came.",
        observed=f"{people(one['n'], 'customers')}; what came, with its interval: {span(one['actual_low'], one['actual_high'])}. No value is shown for them.",
        sure="fair", how_sure="A model of their own, fitted to what was known before; the interval covers chance.", otherwise="A season that falls into these months.",
        next_step=f"Ask customers of {where} who have fallen silent what has changed" if fewer else f"Find out what brings customers of {where} back, and offer it to others", owner=owner, level="watch" if fewer else "good",
        weight=41 if fewer else 24)]


def _last(f: dict) -> str:
    return f"{f['months']} months up to {f['after']}" if f["after"] else f"last {f['months']} months"


def _worth(f: dict) -> str:
    return "revenue less cost" if f["basis"] == "margin" else "revenue"


def _money_of(value: float, f: dict) -> str:
    return say(value, "currency", currency=f["currency"])


def _money_span(low: float, high: float, f: dict) -> str:
    return f"{span(low, high, 'currency')} {f['currency']}".strip()


def _off(error: float) -> str:
    """How far a forecast is off, in words: "8% too high"."""
    if error != error:
        return "not known how far off"
    size = say(abs(error), "share")
    return "right" if abs(error) < 0.005 else f"{size} too {'high' if error > 0 else 'low'}"


def _many(error: float) -> str:
    """How far a count is off, after the two counts: ", 8% too many"."""
    return "" if error != error or abs(error) < 0.005 else f", {say(abs(error), 'share')} too {'many' if error > 0 else 'few'}"
