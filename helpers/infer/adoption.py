"""Page 3, adoption: where new customers stop, how long they take, who stays, what stands in the way, which KPI moves which."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.engine import F
from helpers.infer import adoption_parts as parts
from helpers.infer import change, survival
from helpers.infer.adoption_adjusted import adoption_adjusted  # noqa: F401  (a section of this page)
from helpers.infer.adoption_value import lifetime_value  # noqa: F401  (a section of this page)
from helpers.infer.funnel_shares import with_intervals
from helpers.infer.multiplicity import hide_small
from helpers.infer.section import Result, section
from helpers.infer.who_stays import who_stays  # noqa: F401  (a section of this page)
from helpers.journey import Journey
from helpers.measure import adoption, obstacles, staying
from helpers.measure.adoption import ALIVE, ONBOARDING, USAGE, USE
from helpers.measure.registry import six_sums

PAGE = "3_adoption"
NEWER = ("older", "newer", "older_n", "newer_n", "split", "first", "last", "gap", "gap_low", "gap_high", "direction")
TOO_LATE = 0.75
"""A step that half of the customers take later than this part of the window leaves no time for the next."""
CURVE_WINDOWS = 3
"""Curves run over so many adoption windows."""


@section("onboarding_funnel", page=PAGE, needs=("interactions", f"{ONBOARDING}|{USAGE}"), would_show="where new customers stop between their start and regular use")
def onboarding_funnel(journey: Journey) -> Result:
    """One row a step: step, users, of_start, of_previous with _low and _high, median_days, open."""
    window, table = journey.company.windows.adoption_days, adoption.steps(journey)
    if len(table) < 2 or not table["users"].iloc[0]:
        return Result("", nothing="No customer who starts in this period has an adoption window that is over." if len(table) > 1 else "")
    came = table["median_days"].cumsum().shift()  # about when half of them have taken the step before
    late = came[came > TOO_LATE * window].index
    late_step = table["step"].iloc[late[0] - 1] if len(late) else ""
    table = table.iloc[: late[0]] if len(late) else table
    if len(table) < 2:
        return Result("")
    start, before, open_ = float(table["users"].iloc[0]), table["users"].shift(), int(table["open"].iloc[0])
    table = with_intervals(table.drop(columns="open"), journey)
    table.loc[table["median_days"] < 1 / 24, "median_days"] = np.nan  # the same contact
    known = table["of_previous"].iloc[1:].dropna()
    facts = {"window": window, "open": open_, "late": late_step, "kind": adoption.start_kind(journey), "days": (journey.as_of - journey.first_at).days, **adoption.before_the_data(journey)}
    if len(known):
        facts["worst"] = table.loc[known.idxmin()].to_dict() | {"before": table["step"].iloc[int(known.idxmin()) - 1], "lost": float((before - table["users"])[known.idxmin()])}
    return Result("", table, who=_who(journey, start), facts=facts, method=(
        f"Onboarding funnel: each step is the first contact of its kind from the step before on, all within {window:g} days of the {adoption.STARTS[facts['kind']]}; Wilson "
        "intervals. Customers whose window is still open are left out."))


@section("time_to_adopt", page=PAGE, needs=USE, would_show="how many days new customers take to use the product for the first time")
def time_to_adopt(journey: Journey) -> Result:
    """One row a day: group (""), days, share who have used it by then, low, high, at_risk (still followed and without a use)."""
    rows, window = adoption.times(journey), float(journey.company.windows.adoption_days)
    n = int(rows["count"].sum())
    if n < max(journey.min_n, journey.min_cell):
        return Result("")
    median, share = survival.median_time(rows).iloc[0], survival.share_by(rows, window).iloc[0]
    later = survival.share_by(rows, CURVE_WINDOWS * window).iloc[0]
    return Result("", parts.curve(rows, int(CURVE_WINDOWS * window), "", journey.min_cell), who=_who(journey, n, open_too=True), facts={
        "n": n, "window": window, "share": share["value"], "low": share["low"], "high": share["high"], "median": median["value"], "median_low": median["low"],
        "median_high": median["high"], "reason": median["reason"], "later_days": CURVE_WINDOWS * window, "later": later["value"], "kind": adoption.start_kind(journey),
    }, method="Time to adopt: Kaplan-Meier with Greenwood's interval on the log-log scale; customers without a use are censored at the end of the data, never counted as lost. Time to first value is the same here: the first use that worked.")


@section("adoption_by_segment", page=PAGE, needs=(*USE, "customers"), would_show="which segments take up the product later or less often")
def adoption_by_segment(journey: Journey) -> Result:
    """One row a group of a segment column: see `adoption_parts.by_group`; extra: tests (one row a column), curves of the column that differs most."""
    window = float(journey.company.windows.adoption_days)
    groups, tests, counted = parts.by_group(journey, window)
    if not len(groups):
        return Result("", nothing="No segment column of customers has two groups with enough new customers to compare.")
    strongest = tests.sort_values(["p_value", "chi_square"], ascending=[True, False], kind="stable").iloc[0]
    found = parts.late(groups)
    column = found["late"]["column"] if found else strongest["column"]
    rows = counted[column]
    curves = [parts.curve(part, int(CURVE_WINDOWS * window), str(value), journey.min_cell) for value, part in rows.groupby("group", sort=True)]
    test = tests.set_index("column").loc[column]
    return Result("", groups, who=_who(journey, int(rows["count"].sum()), open_too=True), facts={
        "window": window, "column": column, "chi_square": test["chi_square"], "df": int(test["degrees_of_freedom"]), "p_value": test["p_value"], "q_value": test["q_value"], **found,
    }, extra={"tests": tests, "curves": pd.concat(curves, ignore_index=True)}, method=(
        "Time to adopt by segment: Kaplan-Meier medians; log-rank tests of each group against all others of its column, Benjamini-Hochberg q over all groups. One column at a time: "
        "nothing else is held equal here."))


@section("cohort_triangle", page=PAGE, needs=(ALIVE,), would_show="what share of each month's new customers is still active one, two, three months on")
def cohort_triangle(journey: Journey) -> Result:
    """One row a starting month and age (30-day steps): cohort, age, share, n (for whom the age is over), size, complete."""
    table = staying.cohorts(journey)
    if not len(table):
        return Result("", nothing="No customer who starts in this period has been followed for 30 days.")
    facts = {"signs": adoption.signs(journey), "kind": adoption.start_kind(journey), **adoption.before_the_data(journey)}
    facts |= {"days": (journey.as_of - journey.first_at).days, **_newer(table, journey)}
    if parts.older_than_the_data(facts, journey):
        facts = {name: value for name, value in facts.items() if name not in NEWER}  # months of old customers are no cohorts
    table = table.assign(share=table["active"] / table["n"])
    table.loc[table["n"] < journey.min_n, "share"] = np.nan
    table = hide_small(table, "n", journey.min_cell, by="age", blank=["share", "active"]).drop(columns="hidden")
    table["size"] = table["size"].where(table["size"] >= journey.min_cell)
    who = f"{facts['started']:,} customers by the month of their {adoption.STARTS[facts['kind']]}, {journey.segment.people}"
    return Result("", table if table["share"].notna().any() else table.iloc[:0], who=who, facts=facts, method=(
        "Cohort triangle: share with a sign of life in each step of 30 days since the start, over the customers for whom these days are over; a hatched cell is not over for all of them, "
        f"and cells of fewer than {journey.min_n:,} read “few”."))


def _newer(table: pd.DataFrame, journey: Journey) -> dict:
    """Age 1 (days 30 to 59) of the later half of the finished cohorts against the earlier half."""
    done = table[(table["age"] == 1) & table["complete"]].sort_values("cohort")
    if len(done) < 4:
        return {}
    half = len(done) // 2
    sums = pd.DataFrame([part[["active", "n"]].sum() for part in (done.iloc[:half], done.iloc[half:])])
    if (sums["n"] < journey.min_n).any():
        return {}
    both = pd.DataFrame(parts.shares(sums["active"], sums["n"])).rename(columns={"share": "value"})
    gap = change.difference(both.iloc[[1]], both.iloc[[0]]).iloc[0]
    return {"older": both["value"].iloc[0], "newer": both["value"].iloc[1], "older_n": int(sums["n"].iloc[0]), "newer_n": int(sums["n"].iloc[1]), "split": done["cohort"].iloc[half],
            "first": done["cohort"].iloc[0], "last": done["cohort"].iloc[-1], "gap": gap["value"], "gap_low": gap["low"], "gap_high": gap["high"], "direction": gap["direction"]}


@section("adoption_obstacles", page=PAGE, needs=USE, would_show="what stands in the way of those who do not take up the product: no try, failed tries, technical trouble, a rival")
def adoption_obstacles(journey: Journey) -> Result:
    """One row an obstacle: see `adoption_parts.obstacle_table`; extra: onboarding (adoption with and without it)."""
    counts = obstacles.counts(journey)
    n = float(counts.loc[counts["adopted"] == 0, "n"].sum())
    everyone = float(counts["n"].sum())
    window = journey.company.windows.adoption_days
    if n < max(journey.min_n, journey.min_cell):
        few = f"{_few(n, journey)} customers did not take up the product within {window:g} days, of {_few(everyone, journey)} whose window is over: too few to say why." if everyone else ""
        return Result("", nothing=few)
    missing = [name for name in obstacles.OBSTACLES if name not in obstacles.available(journey)]
    if len(missing) == len(obstacles.OBSTACLES):
        return Result("", nothing=f"{n:,.0f} of {everyone:,.0f} customers did not use the product within {window:g} days. These data cannot show why: they do not tell "
                      f"{'; '.join(obstacles.HIDDEN.values())}.")
    table = parts.obstacle_table(journey, counts)
    learnt = counts.groupby("adopted")["learnt"].sum().reindex([0, 1]).fillna(0)
    size = counts.groupby("adopted")["n"].sum().reindex([0, 1]).fillna(0)
    facts = {"n": n, "everyone": everyone, "window": window, "missing": missing, "topics": obstacles.topics(journey, obstacles.TECHNICAL), "rival_topics": obstacles.topics(journey, obstacles.RIVAL),
             "learnt": _adopted(learnt, journey), "unlearnt": _adopted(size - learnt, journey), "onboarding": adoption.has_onboarding(journey), "early": obstacles.EARLY_DAYS,
             "windows": journey.company.windows}
    who = f"{_many(n, 'customers')} who did not use the product within {window:g} days, of {everyone:,.0f} whose window is over, {journey.segment.people}"
    return Result("", table, who=who, facts=facts, method=(
        f"Obstacles: within {window:g} days of the start (technical tickets: {obstacles.EARLY_DAYS}), shares of those who did not adopt with Wilson intervals; one customer can have several. "
        "What stands beside a failure is not thereby its cause."))


def _adopted(counts: pd.Series, journey: Journey) -> dict:
    """Share who adopted with its interval, from counts by adopted (0, 1); empty under the floor."""
    n = float(counts.sum())
    if n < max(journey.min_n, journey.min_cell):
        return {}
    return {"n": n} | {name: float(values[0]) for name, values in parts.shares([counts.loc[1]], [n]).items()}


@section("onboarding_touchpoints", page=PAGE, needs=(*USE, ONBOARDING), would_show="which onboarding touchpoints new customers meet, and whether a poor experience there goes with not using the product")
def onboarding_touchpoints(journey: Journey) -> Result:
    """One row an onboarding touchpoint: see `adoption_parts.onboarding_table`."""
    table, everyone = parts.onboarding_table(journey)
    window = journey.company.windows.adoption_days
    return Result("", table, who=f"{everyone:,.0f} new customers whose {window:g} days are over, {journey.segment.people}", facts={"window": window, "everyone": everyone}, method=(
        f"Onboarding touchpoints: contacts and first answers within {window:g} days of the start; share who use the product within that time, a poor experience (under the middle of the scale) "
        "against any other; Newcombe intervals, Benjamini-Hochberg q. Nothing else is held equal, and who answers is not drawn by lot."))


@section("obstacles_by_segment", page=PAGE, needs=(*USE, "customers"), would_show="in which segment or region each obstacle is worse")
def obstacles_by_segment(journey: Journey) -> Result:
    """One row a group and obstacle: see `adoption_parts.obstacles_by_group`."""
    table = parts.obstacles_by_group(journey)
    if not len(table) or table["difference"].notna().sum() == 0:
        return Result("", nothing="No segment column of customers has two groups with enough new customers to compare.")
    facts = {"labels": obstacles.LABELS | {"not_adopted": "Do not use it"}, "window": journey.company.windows.adoption_days, "early": obstacles.EARLY_DAYS}
    facts["worse"] = parts.worse(table)
    gaps = table[(table["obstacle"] == "not_adopted") & (table["q_value"] < parts.SURE) & (table["difference"] > 0)]
    facts["fewest"] = gaps.loc[gaps["difference"].idxmax()].to_dict() if len(gaps) else {}
    new = table.drop_duplicates(["column", "value"]).groupby("column")["new"].sum().max()
    return Result("", table, who=f"{_many(new, 'new customers')} whose window is over, {journey.segment.people}", facts=facts, method=(
        "Obstacles by segment: each group against all others of its column, over all new customers and not only those who did not adopt; Newcombe intervals of the difference, "
        "Benjamini-Hochberg q over all groups and obstacles. Nothing else is held equal."))


@section("adoption_pays", page=PAGE, needs=("orders.customer_id", *USE), would_show="whether customers who take up the product order again more often")
def adoption_pays(journey: Journey) -> Result:
    """One row adopted (1, 0): adopted, value (share who order again), low, high, n; over customers whose retention window after the adoption window is over."""
    rows = obstacles.after_the_window(journey)
    marked = rows.select("adopted", F.col("customer_id").alias("cluster"), F.col("again").alias("s"))
    table = journey.collect(six_sums(marked, "adopted"), ["adopted"]).sort_values("adopted", ascending=False, ignore_index=True)
    if len(table) < 2 or (table["n"] < max(journey.min_n, journey.min_cell)).any():
        return Result("")
    hits = table["s"]
    table = pd.concat([table[["adopted", "n"]], pd.DataFrame(parts.shares(hits, table["n"])).rename(columns={"share": "value"})], axis=1)
    gap = change.difference(table.iloc[[0]], table.iloc[[1]]).iloc[0]
    windows = journey.company.windows
    return Result("", table, who=f"{table['n'].sum():,.0f} customers whose {windows.adoption_days + windows.retention_days:g} days are over, {journey.segment.people}", facts={
        "gap": gap["value"], "gap_low": gap["low"], "gap_high": gap["high"], "direction": gap["direction"], "first": windows.adoption_days, "last": windows.adoption_days + windows.retention_days,
    }, method=(f"Adoption and what follows: orders from day {windows.adoption_days:g} to {windows.adoption_days + windows.retention_days:g} after the first order, adopters by day {windows.adoption_days:g} "
               "against the rest, so that nobody counts as an adopter for having stayed long; nothing else is held equal."))


def _who(journey: Journey, n: float, *, open_too: bool = False) -> str:
    start, window = adoption.STARTS[adoption.start_kind(journey)], journey.company.windows.adoption_days
    rest = "" if open_too else f" and whose {window:g} days are over"
    return f"{_many(n, 'customers')} whose {start} lies in the period{rest}, {journey.segment.people}"


def _many(n: float, noun: str) -> str:
    return f"1 {noun[:-1]}" if n == 1 else f"{n:,.0f} {noun}"


def _few(n: float, journey: Journey) -> str:
    return "too few" if 0 < n < journey.min_cell else f"{n:,.0f}"
