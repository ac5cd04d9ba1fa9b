"""Who stays, in words, a curve and tables: for companies whose relations end."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import draw
from helpers.draw.text import people, say, say_q, span
from helpers.infer.section import Result
from helpers.infer.who_stays import DAYS, SURE
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, quoted, source

ENDS = {"left": "Left", "done": "Came to its proper end", "open": "Still going on when the data end", "never": "Left before it ever began"}


@reads("who_stays")
def who_stays(result: Result) -> list[Item]:
    table, groups, ends = result.table, result.extra["groups"], result.extra["ends"]
    known = _known(result)
    title = f"{say(known[-1][1]['share'], 'share')} are still there on day {known[-1][0]}" if known else "How many are still there, by day"
    if len(known) > 1:
        title += f"; {say(known[0][1]['share'], 'share')} on day {known[0][0]}"
    chart = draw.survival(table, title=title, who=result.who, caption=source(result, "contacts"), stem="who_stays", share_is="not_yet", heading="Share still there")
    marks = pd.DataFrame([{"day": day, **at} for day, at in result.facts["marks"].items()])
    told = pd.DataFrame({"Day": [f"{day:,}" for day in marks["day"]], "Still there": [say(v, "share", digits=1) for v in marks["share"]], "95% interval": [f"{say(a, 'share', digits=1)} to {say(b, 'share', digits=1)}" if a == a else "–" for a, b in zip(marks["low"], marks["high"], strict=True)]})
    how = pd.DataFrame({"The relation": ends["end"].map(ENDS), "Customers": [f"{n:,.0f}" if n == n else "too few" for n in ends["customers"]]})
    items: list[Item] = [chart, Table(told, "who_stays_by_day", "Share still there", marks), Table(how, "relation_ends", "What became of them", ends)]
    return [*items[:1], *([f"{_peak(result)}."] if "peak" in result.facts else []), *items[1:], *_by_group(groups)]


def _peak(result: Result) -> str:
    f = result.facts
    return f"On day {f['peak_day']} alone {people(f['peak'], 'customers')} leave, {say(f['peak'] / f['left'], 'share')} of all who do"


def _by_group(groups: pd.DataFrame) -> list[Item]:
    if not len(groups):
        return []
    shown = {"Customers": [f"{c.replace('_', ' ')} {quoted(v)}" for c, v in zip(groups["column"], groups["value"], strict=True)],
             "n": [f"{n:,.0f}" if n == n else "too few" for n in groups["n"]]}
    for day in DAYS:
        shown[f"Day {day}"] = [say(v, "share") if v == v else "–" for v in groups[f"day_{day}"]]
    way = groups["log_rank_sign"].map({1.0: "leave sooner", -1.0: "stay longer"})
    shown["Against the others"] = ["–" if q != q else way[i] if q < SURE else "no difference shown" for i, q in groups["q_value"].items()]
    return [Table(pd.DataFrame(shown), "who_stays_by_group", "Share still there in every group", groups)]


def _known(result: Result) -> list[tuple[int, Mapping]]:
    return [(day, at) for day, at in result.facts["marks"].items() if at["share"] == at["share"]]


def find(result: Result) -> list[Finding]:
    """How many leave and when most of it happens; the group that leaves soonest."""
    known, f = _known(result), result.facts
    if not known:
        return []
    day, last = known[-1]
    first, early = known[0]
    gone, soon = 1 - last["share"], 1 - early["share"]
    before = f" {people(f['never'], 'customers')} more left before their relation began, and are in none of these shares." if f["never"] >= result.journey.min_cell else ""
    found = [Finding(
        headline=f"{say(gone, 'share')} of customers leave within {day} days of their start" + (f", {say(soon, 'share')} within the first {first}." if len(known) > 1 else "."),
        observed="Still there: " + "; ".join(f"day {d}: {say(at['share'], 'share')} ({span(at['low'], at['high'], 'share')})" for d, at in known) + f"; n {people(f['n'], 'customers')}." + (f" {_peak(result)}." if "peak" in f else "") + before,
        how_sure="Kaplan-Meier; a relation that comes to its proper end, or goes on, is censored there and never counted as lost.",
        otherwise="The date on record may lag behind the decision: who has long stopped may leave on paper much later.",
        next_step=f"Speak to customers in the days before {'day ' + str(f['peak_day']) if 'peak' in f else 'most of them leave'}, half of them by lot, and compare", owner=_owner(result), level="watch", weight=68,
    )]
    one = f["sooner"]
    if one:
        marks = [(d, one[f"day_{d}"], known_at["share"]) for d, known_at in known if one[f"day_{d}"] == one[f"day_{d}"]]
        where = f"{one['column'].replace('_', ' ')} {quoted(one['value'])}"
        far = marks[-1]
        others = result.extra["groups"]
        also = others[(others["q_value"] < SURE) & (others["log_rank_sign"] > 0) & ~((others["column"] == one["column"]) & (others["value"] == one["value"]))]
        more = f" Sooner than the others of their kind as well: {listed([r.column.replace('_', ' ') + ' ' + quoted(r.value) for r in also.itertuples()])}." if len(also) else ""
        found.append(Finding(
            headline=f"Customers of {where} leave soonest: {say(far[1], 'share')} are still there on day {far[0]}, of all {say(far[2], 'share')}.",
            observed=f"n {people(one['n'], 'customers')}; day {marks[0][0]}: {say(marks[0][1], 'share')}, of all {say(marks[0][2], 'share')}.{more}",
            how_sure=f"Chance alone would hardly bring it (log-rank test against all others of the column, q {say_q(one['q_value'], aloud=True)}). Nothing else is held equal.",
            otherwise="Other people may be in this group for reasons that also make them leave.", next_step=f"Ask those of {where} who left what would have kept them", owner=_owner(result), level="bad", weight=60,
        ))
    return found


def _owner(result: Result) -> str:
    """Who answers for the touchpoint at which customers leave."""
    words = result.journey.dictionary
    owners = words.loc[words["relation"] == "lost", "owner"].dropna()
    return owners.iloc[0] if len(owners) else ""
