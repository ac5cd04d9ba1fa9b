"""Page 3, what a customer will bring: the models of lifetime value, shown only where they held on days they had not seen."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from helpers.infer import lifetime
from helpers.infer import lifetime_check as check
from helpers.infer.lifetime import MIN_REPEATERS, Fit
from helpers.infer.multiplicity import hide_small
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import adoption
from helpers.measure import lifetime as bought
from helpers.measure.segments import MOST_VALUES
from helpers.names import day_words

HORIZONS = {12: 365, 6: 182, 3: 91}
"""Months -> days. A value is told over the longest of these over which the model held: as far ahead as it was checked, never further."""
LEARNT = 1.95
"""The orders span so many times the days ahead: one part to learn from, one to be checked on; two years of months are a little under 730 days."""
LEFT_OUT = 0.05
"""Gamma-Gamma needs values above 0; where more of the repeat customers than this bring none on average it is not used."""
FIGURES = ["value", "low", "high", "total"]
CHECKS = [prefix + name for prefix in ("", "worth_") for name in ("expected", "actual", "actual_low", "actual_high", "error")]


@section("lifetime_value", page="3_adoption", needs=("orders.customer_id", "orders.revenue"), would_show="what a customer is expected to bring in the next months, beside how well such forecasts held so far")
def lifetime_value(journey: Journey) -> Result:
    """One row a number of repeat purchases: frequency, n, expected, actual, low, high in the days held out (see `lifetime_check.holdout`).

    extra: value (one row for all, column and group "": column, group, n, value, low, high, total, and CHECKS), tried (one row a horizon). Value columns are NaN where the
    model does not hold (held False) or people are too few (held missing).
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # many small fits: threads only get in each other's way
        return _lifetime_value(journey)


def _lifetime_value(journey: Journey) -> Result:
    columns = adoption.cutting(journey)
    rows = bought.histories(journey, list(HORIZONS.values()), columns)
    if len(rows) < max(journey.min_n, journey.min_cell) or not len(rows):
        return Result("")
    span, tried = float(rows["age_0"].max()), []
    for months, days in HORIZONS.items():
        if span < LEARNT * days:
            continue
        tried.append({"months": months, "days": days, **_checked(_known(rows, days), days)})
        if tried[-1]["held"]:
            break
    told = [one for one in tried if "fits" in one]
    if not told:
        return Result("", nothing=_nothing(tried, span))
    return _result(journey, rows, columns, told[-1], tried)


def _known(rows: pd.DataFrame, days: int) -> pd.DataFrame:
    """The customers known so many days before the end, as the models read them."""
    names = {"x": "x", "t": "t_x", "age": "T", "z": "z", "later": "actual", "brought": "brought"}
    known = rows[rows[f"x_{days}"].notna()]
    frame = known[[f"{name}_{days}" for name in names]].set_axis(list(names.values()), axis=1)
    others = [name for name in rows.columns if not name.rpartition("_")[2].isdigit() or name.rpartition("_")[0] not in names]
    return pd.concat([frame.assign(z=frame["z"].clip(lower=0.0)), known[others]], axis=1)


def _fitted(customers: pd.DataFrame, near: Fit | None = None) -> tuple[Fit, Fit] | str:
    """Both models, or in words why they cannot be had."""
    repeat = customers[customers["x"] > 0]
    paid = repeat[repeat["z"] > 0]
    if len(paid) < MIN_REPEATERS:
        return f"{len(paid):,} customers have bought again, and the models need {MIN_REPEATERS}"
    if len(paid) < (1 - LEFT_OUT) * len(repeat):
        return "too many repeat purchases bring nothing, or less than they cost"
    often = check.choose_purchases(customers) if near is None else lifetime.fit_purchases(customers, early=near.early, near=near)
    brings = lifetime.fit_values(paid)
    if brings.parameters["q"] <= 1:
        return "the values of purchases are so uneven that their mean cannot be forecast"
    return often, brings


def _checked(known: pd.DataFrame, days: int, near: Fit | None = None) -> dict:
    """Fit what was known, forecast the days after it, and hold that against what came: held, fits, purchases and money (`lifetime_check.total`), or why not."""
    found = _fitted(known, near) if len(known) else "nobody had bought by then"
    if isinstance(found, str) or known["actual"].sum() < MIN_REPEATERS:
        return {"held": False, "why": found if isinstance(found, str) else f"{known['actual'].sum():,.0f} purchases came in these days, and the check needs {MIN_REPEATERS}"}
    often, brings = found
    guess = check.naive(known, days)
    mean = float((known["x"] * known["z"]).sum() / known["x"].sum())
    expected = lifetime.expected_purchases(often.parameters, known, days, early=often.early)
    purchases = check.total(expected.sum(), guess, known["actual"])
    money = check.total(expected @ lifetime.expected_value(brings.parameters, known), guess * mean, known["brought"])
    return {"held": check.holds(purchases) and check.holds(money), "purchases": purchases, "money": money, "fits": found, "known": known}


def _nothing(tried: list[dict], span: float) -> str:
    if not tried:
        return (f"No value is shown: the orders span {span:,.0f} days, and the check needs twice {min(HORIZONS.values())}, one half to learn from and one to be checked on.")
    return f"No value is shown: {tried[-1]['why']}."


def _result(journey: Journey, rows: pd.DataFrame, columns: list[str], last: dict, tried: list[dict]) -> Result:
    days, now = last["days"], _known(rows, 0)
    known, often = last["known"], last["fits"][0]
    table = check.holdout(often.parameters, known, days, early=often.early)
    facts = {name: last[name] for name in ("months", "days", "purchases", "money")}
    facts |= {"n": len(known), "correlation": check.value_by_frequency(known[known["z"] > 0])}
    facts |= {"basis": bought.basis(journey), "currency": journey.company.currency, "modified": often.early, "kind": adoption.start_kind(journey), **adoption.before_the_data(journey)}
    facts |= {"days_of_data": (journey.as_of - journey.first_at).days, "bought": len(now), "after": _after(journey)}
    value = pd.DataFrame()
    if last["held"] and not isinstance(fits := _fitted(now), str):
        value = _values(journey, now, known, columns, last, fits)
        facts |= {name: float(value.iloc[0][name]) for name in FIGURES}
    facts["held"] = bool(len(value))
    table = hide_small(table, "n", journey.min_cell, blank=["expected", "actual", "low", "high"]).drop(columns="hidden")
    words = pd.DataFrame([{name: one.get(name) for name in ("months", "days", "held")} | {"why": one.get("why", "")} | {
        f"{kind}_{name}": one[kind][name] for kind in ("purchases", "money") if kind in one for name in ("error", "guess_error")} for one in tried])
    who = f"{facts['n']:,} customers known {days} days before the end, {journey.segment.people}"
    return Result("", table, who=who, facts=facts, extra={"value": value, "tried": words}, method=_method(facts))


def _after(journey: Journey) -> str:
    """The day that the forecast begins after, where the period ends before the data do; else nothing: it begins now."""
    until = journey.period.end - timedelta(seconds=1)
    return day_words(until) if until.date() < journey.as_of.date() else ""


def _values(journey: Journey, now: pd.DataFrame, then: pd.DataFrame, columns: list[str], last: dict, fits: tuple[Fit, Fit]) -> pd.DataFrame:
    """What a customer is expected to bring: first all, then each group with models and a check of its own."""
    everybody = check.lifetime_value(*fits, now, last["days"]).iloc[0].to_dict()
    table = [{"column": "", "group": "", "held": True, **everybody, **_errors(last)}]
    for column in columns:
        sizes = now.groupby(column).size().rename("n").rename_axis("group").reset_index()
        if not 2 <= len(sizes) <= MOST_VALUES:
            continue
        sizes = hide_small(sizes, "n", journey.min_cell)
        for one in sizes.itertuples():
            row = {"column": column, "group": one.group, "n": one.n, "held": None}
            if not one.hidden and one.n >= journey.min_n:
                row |= _group(now[now[column] == one.group], then[then[column] == one.group], last, fits[0])
            table.append(row)
    table = pd.DataFrame(table).reindex(columns=["column", "group", "n", "held", "value", "low", "high", *CHECKS])
    return table.assign(total=table["value"] * table["n"])


def _group(now: pd.DataFrame, then: pd.DataFrame, last: dict, near: Fit) -> dict:
    found = _checked(then, last["days"], last["fits"][0])
    if "fits" not in found:
        return {}
    row = {"held": found["held"], **_errors(found)}
    if found["held"] and not isinstance(fits := _fitted(now, near), str):
        row |= check.lifetime_value(*fits, now, last["days"]).iloc[0][["value", "low", "high"]].to_dict()
    return row


def _errors(found: dict) -> dict[str, float]:
    names = {"expected": "expected", "actual": "actual", "actual_low": "low", "actual_high": "high", "error": "error"}
    return {prefix + name: found[kind][key] for kind, prefix in (("purchases", ""), ("money", "worth_")) for name, key in names.items()}


def _method(facts: dict) -> str:
    model = "the modified BG/NBD, in which customers may leave after their first purchase (here clearly likelier than the plain BG/NBD)" if facts["modified"] else "the BG/NBD"
    worth = "revenue less cost" if facts["basis"] == "margin" else "revenue"
    return (f"Value to come: {model} for how often and the Gamma-Gamma for how much, both by maximum likelihood on days with an order that was not refunded; value is {worth}, not discounted. Each group has "
            "models of its own. Intervals: delta method over customers; they hold the doubt about the mean, not a change in how customers behave. Check: the models are fitted to what was known "
            f"{facts['days']} days before the end and forecast these days; a value is shown where purchases and money are both within {100 * check.MOST_OFF:.0f}% of what came and the naive guess "
            f"(everybody goes on at the rate so far) is not nearer by more than {100 * check.BEATEN:.0f} points. Longer horizons are tried first.")
