"""Page 0, data: the five pitfalls of journey work, each pass, warn or fail with its number; coverage of stages; ages."""

from __future__ import annotations

import pandas as pd

from helpers import validate
from helpers.infer.multiplicity import hide_small
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import all_kpis, data
from helpers.names import day_words

PASS, WARN, FAIL, UNKNOWN = "pass", "warn", "fail", "cannot be judged"
STALE_DAYS = (45, 120)  # older than these at as_of: warn, fail


@section("sources", page="0_data", needs=(), would_show="which sources were read and how many rows each gave")
def sources(journey: Journey) -> Result:
    """One row a source of a table: table, source, read, used, quarantined, first_at, last_at."""
    rows = [(one.table, one.source, one.rows_read, one.rows_used, one.rows_quarantined, one.first_at, one.last_at) for one in journey.prepared.sources]
    table = pd.DataFrame(rows, columns=["table", "source", "read", "used", "quarantined", "first_at", "last_at"])
    return Result("sources", table, who=journey.company.name, facts={
        "read": int(table["read"].sum()), "used": int(table["used"].sum()), "quarantined": int(table["quarantined"].sum()),
    })


@section("quarantine", page="0_data", needs=(), would_show="which rows were refused, and why")
def quarantine(journey: Journey) -> Result:
    """One row a table, column and reason: table, column, reason, faults. No value is shown: it may name a person."""
    faults = _check(journey).faults.groupby(["table", "column", "reason"], as_index=False)["faults"].sum()
    return Result("quarantine", faults.sort_values(["faults", "table", "column"], ascending=[False, True, True], ignore_index=True),
                  nothing="Every row is right: none was refused.")


@section("identities", page="0_data", needs=(), would_show="whether the tables know the same customers")
def identities(journey: Journey) -> Result:
    """One row a pair of tables: table, customers, other, known, share of the first's customers whom the other knows."""
    table = hide_small(_check(journey).identities, "customers", journey.min_cell, total=False, blank=("known", "share"))
    table = table[~table["hidden"]].drop(columns="hidden").reset_index(drop=True)
    known = table[table["other"] == "customers"]
    worst = known.loc[known["share"].idxmin()].to_dict() if len(known) else {}
    return Result("identities", table, facts={"worst": worst, **data.persons(journey)}, nothing="No two tables name customers, so nothing can be joined.")


@section("dictionary", page="0_data", needs=(), would_show="which touchpoints the data and the dictionary name differently")
def dictionary(journey: Journey) -> Result:
    """One row a touchpoint on one side only: touchpoint, in_dictionary, rows, tables, near (the nearest name)."""
    every = _check(journey).touchpoints
    table = every[~every["in_dictionary"].astype(bool) | (every["rows"] == 0)].reset_index(drop=True)
    return Result("dictionary", table, facts={"touchpoints": len(every)},
                  nothing="The data and the dictionary name the same touchpoints.")


def _check(journey: Journey) -> validate.Check:
    return journey.once("check", lambda: validate.check(journey.prepared))


@section("stage_cover", page="0_data", needs=("touchpoints.stage",), would_show="which stages of the journey have data")
def stage_cover(journey: Journey) -> Result:
    """One row a stage: stage, label, after_purchase, contacts, ratings."""
    table = data.stage_cover(journey)
    after = table[table["after_purchase"]]
    return Result("stage_cover", table, facts={
        "stages": len(table), "covered": int((table["contacts"] + table["ratings"] > 0).sum()),
        "after": len(after), "after_covered": int((after["contacts"] + after["ratings"] > 0).sum()),
    })


@section("pitfalls", page="0_data", needs=(), would_show="the five pitfalls of journey work, each with its number")
def pitfalls(journey: Journey) -> Result:
    """One row a pitfall: pitfall, question, number (share 0-1, or days), verdict, meaning."""
    rows = [_only_the_sale(journey), _assumed(journey), _stale(journey), _siloed(journey), _no_emotion(journey)]
    table = pd.DataFrame(rows, columns=["pitfall", "question", "number", "unit", "verdict", "meaning"])
    return Result("pitfalls", table, facts={"failed": int((table["verdict"] == FAIL).sum()), "warned": int((table["verdict"] == WARN).sum())},
                  method="Pitfalls: a share is judged good from two thirds and bad under one third; a table is stale from "
                         f"{STALE_DAYS[0]} days and out of date from {STALE_DAYS[1]}.")


def _judge(share: float, *, good: float = 2 / 3, bad: float = 1 / 3) -> str:
    if pd.isna(share):
        return UNKNOWN
    return PASS if share >= good else FAIL if share < bad else WARN


def _only_the_sale(journey: Journey) -> tuple:
    question = "How many of the stages after the purchase have data?"
    table = data.stage_cover(journey) if journey.has("touchpoints", "stage") else pd.DataFrame()
    after = table[table["after_purchase"]] if len(table) else table
    if not len(after):
        return ("Only the sale is covered", question, float("nan"), "share", UNKNOWN, "no stage after the purchase is in the dictionary")
    share = float((after["contacts"] + after["ratings"] > 0).mean())
    silent = after.loc[after["contacts"] + after["ratings"] == 0, "label"].tolist()
    return ("Only the sale is covered", question, share, "share", _judge(share), f"no data: {', '.join(silent)}" if silent else "each has data")


def _assumed(journey: Journey) -> tuple:
    kpis = all_kpis().values()
    open_ = sum(not journey.missing(kpi.needs) for kpi in kpis)
    share = open_ / len(kpis)
    return ("Assumed, not gathered", "How many of the workbook's KPIs can be computed from the tables?", share, "share",
            _judge(share), f"{open_} of {len(kpis)} KPIs")


def _stale(journey: Journey) -> tuple:
    ages = data.ages(journey)
    oldest = ages.loc[ages["days"].idxmax()]
    verdict = PASS if oldest["days"] < STALE_DAYS[0] else FAIL if oldest["days"] >= STALE_DAYS[1] else WARN
    return ("Stale", "How many days before the data's last day does the oldest table end?", float(oldest["days"]), "days", verdict,
            f"{oldest['table']} end on {day_words(oldest['last_at'])}")


def _siloed(journey: Journey) -> tuple:
    question = "How many customers are seen in more than one table?"
    seen = data.seen_in(journey)
    total = int(seen["customers"].sum()) if len(seen) else 0
    if total < journey.min_n:
        return ("Siloed", question, float("nan"), "share", UNKNOWN, "too few customers are named")
    share = float(seen.loc[seen["tables"] > 1, "customers"].sum() / total)
    named = [name for name in data.NAMED if journey.has(name, "customer_id")]
    if len(named) == 1:
        return ("Siloed", question, share, "share", _judge(share), f"{named[0]} alone name customers, {total:,} of them")
    return ("Siloed", question, share, "share", _judge(share), f"of {total:,} customers named in any table")


def _no_emotion(journey: Journey) -> tuple:
    question = "How many touchpoints have a measure of experience?"
    table = data.experience_cover(journey)
    if not len(table):
        return ("No emotion", question, float("nan"), "share", UNKNOWN, "no row names a touchpoint")
    share = float((table["ratings"] >= journey.min_n).mean())
    return ("No emotion", question, share, "share", _judge(share), f"of {len(table)} touchpoints with data; {journey.min_n} ratings or more count")
