"""Page 0, data: what was read and refused, what the data cover, and the five pitfalls, in words."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.draw.text import day, people, say
from helpers.infer.data import FAIL, PASS, UNKNOWN, WARN
from helpers.infer.section import Result
from helpers.journey import Journey
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import capital, listed, quoted

STEPS = {
    "Only the sale is covered": "Record one contact or one survey for each silent stage after the purchase",
    "Assumed, not gathered": "Bring the tables that most KPIs wait for, in the order listed under “Can the data answer it?”",
    "Stale": "Refresh the oldest table before the next review",
    "Siloed": "Use one customer number in every system",
    "No emotion": "Ask one satisfaction or effort question at the busiest touchpoint that has none",
}
SAID = {
    "Only the sale is covered": "{} of the stages after the purchase have data",
    "Assumed, not gathered": "{} of the workbook's KPIs can be computed from these tables",
    "Stale": "the oldest table ends {} before the others",
    "Siloed": "{} of the customers are seen in more than one table",
    "No emotion": "{} of the touchpoints have a measure of experience",
}
LEVELS = {PASS: "good", WARN: "watch", FAIL: "bad", UNKNOWN: "unknown"}


@reads("sources")
def sources(result: Result) -> list[Item]:
    shown = result.table.assign(first_at=_days(result.table["first_at"]), last_at=_days(result.table["last_at"]))
    for name in ("read", "used", "quarantined"):
        shown[name] = [f"{n:,}" for n in shown[name]]
    shown.columns = ["Table", "Source", "Rows read", "Used", "Quarantined", "First", "Last"]
    f = result.facts
    return [
        f"{people(f['read'], 'rows')} were read: {f['used']:,} are used and {f['quarantined']:,} are in quarantine. "
        "Read is always used plus quarantined; nothing is dropped.",
        Table(shown, "sources", "What was read", result.table),
    ]


@reads("quarantine")
def quarantine(result: Result) -> list[Item]:
    shown = result.table.assign(faults=[f"{n:,}" for n in result.table["faults"]])
    shown.columns = ["Table", "Column", "Why it was refused, and what to do", "Faults"]
    return [
        Table(shown, "quarantine", "Rows refused, by reason", result.table),
        "A row with two faults stands under both. `journey check` shows an example of each, on the analyst's own screen only.",
    ]


@reads("identities")
def identities(result: Result) -> list[Item]:
    table = result.table
    order = list(dict.fromkeys(table["table"]))
    wide = table.assign(text=[say(share, "share") for share in table["share"]]).pivot(index="table", columns="other", values="text")
    wide = wide.reindex(index=order, columns=[name for name in order if name in set(table["other"])]).fillna("–")
    sizes = table.drop_duplicates("table").set_index("table")["customers"]
    shown = pd.DataFrame({"Customers of": order, "How many": [f"{sizes[name]:,.0f}" for name in order]})
    for name in wide.columns:
        shown[f"in {name}"] = wide[name].to_numpy()
    return [*_persons(result.facts), Table(shown, "identities", "Share of each table's customers whom the other tables know", table)]


def _persons(facts: Mapping) -> list[Item]:
    """The people behind the customers, where one can be several."""
    if "persons" not in facts:
        return []
    counts = pd.DataFrame({"customers": [facts["customers"]], "people": [facts["persons"]]})
    shown = pd.DataFrame({"Customers": [f"{facts['customers']:,}"], "People behind them": [f"{facts['persons']:,}"]})
    return ["A person can be several customers here. Intervals count every customer for itself, so they are a little too narrow where one person's customers are alike.",
            Table(shown, "persons", "Customers and the people behind them", counts)]


@reads("dictionary")
def dictionary(result: Result) -> list[Item]:
    table = result.table
    shown = pd.DataFrame({
        "Touchpoint": table["touchpoint"], "Named in": ["the dictionary, without data" if known else "the data, not the dictionary" for known in table["in_dictionary"]],
        "Rows": [f"{n:,}" for n in table["rows"]], "Perhaps meant": table["near"].replace("", "–"),
    })
    text = f"{people(len(table), 'touchpoints')} of {result.facts['touchpoints']:,} {'stands' if len(table) == 1 else 'stand'} on one side only."
    return [text, Table(shown, "dictionary", "Touchpoints that the data and the dictionary do not share", table)]


@reads("stage_cover")
def stage_cover(result: Result) -> list[Item]:
    table = result.table
    shown = pd.DataFrame({
        "Stage": table["label"], "Contacts": [f"{n:,}" if n else "none" for n in table["contacts"]],
        "Survey answers": [f"{n:,}" if n else "none" for n in table["ratings"]],
    })
    f = result.facts
    return [f"{f['covered']} of {f['stages']} stages have data in this period.", Table(shown, "stage_cover", "Data by stage", table)]


@reads("pitfalls")
def pitfalls(result: Result) -> list[Item]:
    table = result.table
    shown = pd.DataFrame({
        "Pitfall": table["pitfall"], "Question": table["question"],
        "Number": [_number(row) for row in table.itertuples()], "Verdict": table["verdict"], "What lies behind it": table["meaning"],
    })
    return [Table(shown, "pitfalls", "The five pitfalls of journey work", table)]


def find(journey: Journey, results: Mapping[str, Result], card=None) -> list[Finding]:
    """The pitfalls that are not passed, the quarantine, and what is sound."""
    found = [_pitfall(row) for row in results["pitfalls"].table.itertuples() if row.verdict != PASS]
    f = results["sources"].facts
    if f["quarantined"]:
        share = f["quarantined"] / f["read"]
        top = results["quarantine"].table.iloc[0]
        found.append(Finding(
            headline=f"{people(f['quarantined'], 'rows')} of {f['read']:,} ({say(share, 'share')}) were refused and are in no figure.",
            observed=f"The most frequent reason, in {top['table']}.{top['column']}: {top['reason']} ({people(top['faults'], 'rows')}).",
            sure="certain", how_sure="Every row read is either used or in quarantine.",
            otherwise="A wrong format in journey.yml refuses sound rows; look at the examples before blaming the source.",
            next_step="Correct the rows at their source, or their format in journey.yml", level="bad" if share > 0.01 else "watch",
            weight=60 if share > 0.01 else 15,
        ))
    found += [_strangers(results["identities"].table), _unnamed(results["dictionary"].table)]
    sound = results["pitfalls"].table
    passed = sound.loc[sound["verdict"] == PASS, "pitfall"].tolist()
    if passed:
        whole = len(passed) == len(sound)
        found.append(Finding(
            headline=f"{_many(len(passed))}{'' if whole else ' of the five'} pitfalls of journey work {'is' if len(passed) == 1 else 'are'} avoided{'' if whole else ': ' + listed([quoted(one.lower()) for one in passed])}.",
            level="good" if 2 * len(passed) > len(sound) else "watch", weight=5,
            observed=capital("; ".join(f"{_said(row)} ({row.meaning})" for row in sound.itertuples() if row.verdict == PASS)) + ".",
            sure="certain", how_sure="Counted over every row in use, not estimated.",
        ))
    return [one for one in found if one]


def _strangers(table: pd.DataFrame) -> Finding | None:
    """Customers whom the customers table does not know; nothing under one in a hundred."""
    unknown = table[(table["other"] == "customers") & (table["share"] < 0.99)] if len(table) else table
    if not len(unknown):
        return None
    told = [f"{row.customers - row.known:,.0f} of {row.customers:,.0f} in {row.table} ({say(1 - row.share, 'share')})" for row in unknown.itertuples()]
    return Finding(
        headline=f"Not every customer is known: {listed(told, 3)} are not in the customers table.",
        observed="What they did counts; who they are, and so their segment, is not known.", sure="certain", how_sure="Counted, not estimated.", level="watch", weight=18,
        otherwise="They may be people who never became customers, or the same people under another number.",
        next_step=f"Match the customer numbers in {listed(unknown['table'].tolist(), 3)} to the customers table", owner="Whoever runs the customer register",
    )


def _unnamed(table: pd.DataFrame) -> Finding | None:
    """Touchpoints that stand in the data or in the dictionary only."""
    if not len(table):
        return None
    known = table["in_dictionary"].astype(bool)
    sides = [("seen in the data and in no dictionary", table[~known]), ("in the dictionary and never seen", table[known])]
    told = "; ".join(f"{', '.join(part['touchpoint'].head(6))} {'is' if len(part) == 1 else 'are'} {how}" for how, part in sides if len(part))
    return Finding(
        headline=f"Data and dictionary name different touchpoints: {told}.", level="watch", weight=16,
        observed=f"{people(len(table), 'touchpoints')} {'stands' if len(table) == 1 else 'stand'} on one side only.", sure="certain", how_sure="Counted, not estimated.",
        otherwise="A spelling that differs makes two touchpoints out of one.",
        next_step=_entered(table, known), owner="Owner of the dictionary",
    )


def _entered(table: pd.DataFrame, known: pd.Series) -> str:
    """What to do about touchpoints that stand on one side only; what to write is an error's first answer."""
    missing, silent = table.loc[~known, "touchpoint"].tolist(), table.loc[known, "touchpoint"].tolist()
    parts = [f"add {listed(missing, 4)} to the touchpoint dictionary, or correct the spelling"] if missing else []
    parts += [f"find out whether {listed(silent, 4)} {'is' if len(silent) == 1 else 'are'} still in use"] if silent else []
    return capital("; ".join(parts))


def _pitfall(row) -> Finding:
    word = {WARN: "near the pitfall", FAIL: "the pitfall", UNKNOWN: "whether that is the pitfall cannot be said:"}[row.verdict]
    pitfall = f"{word} “{row.pitfall.lower()}”"
    return Finding(
        headline=(f"The pitfall “{row.pitfall.lower()}” cannot be judged" if pd.isna(row.number) else capital(f"{_said(row)}: {pitfall}")) + ".",
        observed=f"{capital(row.meaning)}.", sure="certain", how_sure="Counted over every row in use, not estimated.",
        otherwise="The data may exist elsewhere in the company and not have been brought here.",
        next_step=STEPS[row.pitfall], level=LEVELS[row.verdict], weight={FAIL: 50, WARN: 30, UNKNOWN: 20}[row.verdict],
    )


def _many(count: int) -> str:
    return ("None", "One", "Two", "Three", "Four", "All five")[count]


def _said(row) -> str:
    return SAID[row.pitfall].format(_number(row))


def _number(row) -> str:
    return "not known" if pd.isna(row.number) else say(row.number, row.unit)


def _days(column: pd.Series) -> list[str]:
    return ["–" if pd.isna(stamp) else day(stamp.date()) for stamp in pd.to_datetime(column)]
