"""What changed on a page, in words, tables and charts: the page's first sentence, KPI by KPI before and now, the months that say something, and the findings."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import draw, names
from helpers.draw.text import month, people, say_q
from helpers.infer.section import Result
from helpers.report.display import literal
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import exact, listed, moved, moved_span, quoted, source, spelled

MOST_PANELS = 9
KINDS = {"leading": "Leading KPIs: what can be acted on", "lagging": "Lagging KPIs: what comes of it"}
KNOWN = {"repeat_rate": " Orders from before the data begin are not seen, so that old customers pass for new ones at first."}
"""What else could explain a change of a KPI, whatever the company."""
OLD = " Many who seem to start in the data's first month were customers before: what is said of new customers then is said of other people than now."
"""The same for the KPIs of adoption, where the data begin in the middle of customers' lives."""
THIN = 5
"""With this many times as many cases in one span as in the other, a finding says so."""
NUMBERS = {2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight", 9: "Nine"}


def of(page: str, results: Mapping[str, Result]) -> Result | None:
    """The section of a page that tells what changed, where it has anything to tell."""
    result = results.get(f"{page.split('_', 1)[1]}_change")
    return result if result is not None and result.ok else None


# The first sentence -------------------------------------------------------------------------------------


def sentence(result: Result) -> str:
    """What is signal on the page and what is noise: against the span before, then month by month."""
    return f"{_against(result)} {_by_month(result)}".strip()


def payload(result: Result) -> dict[str, object]:
    """The same for other programs: sentence, compared, worse, better, before (the label compared with; empty where there is none)."""
    f = result.facts
    return {"sentence": sentence(result), "compared": f["compared"], "worse": f["worse"], "better": f["better"], "before": f["before"]}


def _against(result: Result) -> str:
    f, table = result.facts, result.table
    if f["kind"] == "none":
        return f"The data hold too little of {f['previous']} to compare with." if f["previous"] else "The data are too short to compare one part of them with another."
    lead = {"previous": f"Against {f['before']}", "recent": "In the last twelve months, against the twelve before", "halves": "In the second half of the data, against the first"}[f["kind"]]
    lead += ", all phases tested together" if result.name.startswith("journey") else ""
    changed, compared = f["worse"] + f["better"] + f["moved"], f["compared"]
    if not compared:
        return f"{lead}, nothing can be said: no KPI has enough cases in both."
    if not changed:
        return f"{lead}, {f'none of the {people(compared)} KPIs that can be compared' if compared > 1 else 'the one KPI that can be compared has not'} changed beyond noise: what moved, moved no more than chance would move it."
    ways = (("worse", "got worse"), ("better", "got better"), ("moved", "moved"))
    told = [f"{listed([quoted(label) for label in _first(table[table['way'] == way])['label']], 4)} {word}" for way, word in ways if f[way]]
    if compared == 1:
        return f"{lead}, the one KPI that can be compared changed beyond noise: {told[0]}."
    rest = compared - changed
    left = "" if not rest else f" The other {rest} moved no more than chance would move {'them' if rest > 1 else 'it'}." if rest > 1 else " The other one moved no more than chance would move it."
    older = " Early months hold old customers who look like new ones, which alone may bring such changes." if _older(result, table[table["way"] != ""]).any() else ""
    return f"{lead}, {_of(changed, compared)} KPIs that can be compared changed beyond noise: {'; '.join(told)}.{left}{older}"


def _of(some: int, every: int) -> str:
    """Some of all, in words.

    >>> _of(3, 16), _of(6, 6), _of(2, 2)
    ('3 of the 16', 'all 6', 'both')
    """
    return f"{people(some)} of the {people(every)}" if some < every else "both" if every == 2 else f"all {people(every)}"


def _by_month(result: Result) -> str:
    f, standing, late = result.facts, result.extra["standing"], result.extra["latest"]
    if not f["charts"]:
        return f"No KPI has figures of {f['min_months']} finished months, so no month can be told from noise."
    if len(standing):
        return f"Of the months, {month(standing['period'].iloc[0])} stands out: {len(standing)} of {people(f['charts'], 'KPIs')} were worse than their ordinary ups and downs allow."
    if len(late):
        return f"Among the latest months, {people(len(late), 'KPIs')} {'holds' if len(late) == 1 else 'hold'} a signal: {listed([quoted(label) for label in late['label']], 4)}."
    return "No month stands out: in none are more KPIs out of their limits than noise brings."


def _first(table: pd.DataFrame) -> pd.DataFrame:
    """The surest changes first."""
    return table.sort_values(["p_value", "kpi"], kind="stable")


# The section --------------------------------------------------------------------------------------------


def _read(result: Result) -> list[Item]:
    table, items = result.table, []
    for kind, title in KINDS.items():
        part = table[table["kind"] == kind]
        if not len(part):
            continue
        items.append(Table(_cells(result, part), f"{result.name}_{kind}", title, part))
        if (chart := _panels(result, part, kind)) is not None:
            items.append(chart)
    if (told := _caution(result)):
        items.append(told)
    return items


def _compact(result: Result) -> list[Item]:
    """For the page of the whole journey: only what changed, phase by phase."""
    table = _first(result.table[result.table["way"] != ""])
    if not len(table):
        return [sentence(result)]
    shown = _cells(result, table)
    shown.insert(1, "Phase", table["phase"].map(names.PHASES).to_numpy())
    return [Table(shown.drop(columns=["Months"]), result.name, "KPIs that changed beyond noise, the surest first", result.table), *filter(None, [_caution(result)])]


for _page in names.PAGES:
    reads(f"{_page.split('_', 1)[1]}_change")(_compact if _page == "5_journey" else _read)


def _cells(result: Result, part: pd.DataFrame) -> pd.DataFrame:
    f, rows = result.facts, list(part.itertuples())
    shown = pd.DataFrame({"KPI": part["label"].to_numpy()})
    if f["kind"] != "none":
        shown["Before"], shown["Now"] = ([exact(getattr(r, side), r.unit, f["currency"]) for r in rows] for side in ("before", "now"))
        shown["Change"] = [moved_span(r.difference, r.low, r.high, r.unit, f["currency"]) for r in rows]
        shown["Noise?"] = [_verdict(r) for r in rows]
        if part["mix"].notna().any():
            for side, heading in (("mix", "Who came"), ("rate", "How they fared")):
                shown[heading] = [moved_span(*(getattr(r, f"{side}{end}") for end in ("", "_low", "_high")), r.unit, f["currency"]) for r in rows]
    shown["Months"] = [_state(r, f["min_months"]) for r in rows]
    return shown


def _verdict(row) -> str:
    return "too few to tell" if row.difference != row.difference else row.way or "noise"


def _state(row, least: int) -> str:
    if row.state == "few":
        return f"{row.months} of {least} needed"
    if row.state == "noise":
        return "noise"
    return "on the move" if row.state == "drift" else month(row.signal_month)


def _panels(result: Result, part: pd.DataFrame, kind: str) -> draw.Chart | None:
    """Small charts of the KPIs of one kind whose months hold a signal, single signals first."""
    hit = part[part["state"].isin(("signal", "drift"))].assign(_drift=lambda t: t["state"] == "drift")
    if not len(hit):
        return None
    order = hit.sort_values("_drift", kind="stable")["kpi"].head(MOST_PANELS).tolist()
    series = result.extra["months"]
    shown = series[series["kpi"].isin(order)].assign(_order=lambda t: t["kpi"].map(order.index)).sort_values(["_order", "period"], kind="stable")
    charts = int((part["state"] != "few").sum())
    rest = charts - len(hit)
    title = f"{len(hit)} of {people(charts, f'{kind} KPIs')} {'holds' if len(hit) == 1 else 'hold'} a signal in {'the last twelve months' if result.facts['kind'] == 'recent' else 'this period'}"
    title += "" if not rest else "; the other is noise" if rest == 1 else f"; the other {rest} are noise"
    more = f" {people(len(hit) - len(order), 'more')} in the table." if len(hit) > len(order) else ""
    return draw.xmr_small(shown.drop(columns=["_order", "low", "high"]).reset_index(drop=True), title=title, who=f"Settled months; {result.who}.{more}", caption=source(result, "all tables of this page"),
                          stem=f"{result.name}_{kind}_months", currency=result.facts["currency"])


def _caution(result: Result) -> str:
    f = result.facts
    if f["kind"] == "none":
        return ""
    told = f"Before: {f['spans']['before']}. Now: {f['spans']['now']}."
    if f["kind"] == "halves":
        told += " The two hold different seasons, and a season looks like a change."
    told += " “Noise?” is settled after allowing for all KPIs compared; “Months” names the last month with a signal."
    columns = result.table["column"].dropna().value_counts()
    if len(columns):
        by = listed([f"by {literal(name.replace('_', ' '))} for {people(many, 'KPIs')}" for name, many in sorted(columns.items(), key=lambda one: (-one[1], one[0]))])
        told += f" “Who came” is what the change would be had every segment fared alike in both ({by}); it says nothing of who came within a segment. Medians and totals are not split (–)."
    return told


# Findings -----------------------------------------------------------------------------------------------


def find(result: Result, card) -> list[Finding]:
    """What got worse and what got better beyond noise, and the month that stands out, or the latest signals."""
    owners = {} if card is None or "kpi" not in card.table else dict(card.table[["kpi", "owner"]].itertuples(index=False, name=None))
    found = [_moved(result, owners, "worse"), _moved(result, owners, "better"), _standing(result, owners) or _recent(result, owners)]
    return [one for one in found if one is not None]


def _moved(result: Result, owners: Mapping[str, str], way: str) -> Finding | None:
    f, part = result.facts, _first(result.table[result.table["way"] == way])
    if not len(part):
        return None
    one = next(part.itertuples())
    was, now = (exact(value, one.unit, f["currency"]) for value in (one.before, one.now))
    count = f"{NUMBERS.get(len(part), len(part))} KPIs got {way} beyond noise, most clearly {quoted(one.label)}" if len(part) > 1 else f"{quoted(one.label)} got {way} beyond noise"
    told = [f"{r.label} {exact(r.before, r.unit, f['currency'])} (n {people(r.before_n)}), then {exact(r.now, r.unit, f['currency'])} (n {people(r.now_n)}): {moved_span(r.difference, r.low, r.high, r.unit, f['currency'])}" for r in part.head(6).itertuples()]
    more = f"; and {len(part) - 6} more" if len(part) > 6 else ""
    allowed = f", also after allowing for all {f['compared']} KPIs compared" if f["compared"] > 1 else ""
    when = f" Before: {f['spans']['before']}; now: {f['spans']['now']}."
    known, older = part["kpi"].isin(KNOWN), _older(result, part)
    step = f"Find out what was changed that touches {quoted(one.label)}, and since when" if way == "worse" else f"Write down what was done for {quoted(one.label)}, so that it can be kept up"
    if older.iloc[0]:
        step = "Compare two later periods before asking what was changed: there old customers do not pass for new ones"
    return Finding(
        headline=f"{count}: {was} before, {now} now.", observed="; ".join(told) + f"{more}.{when}",
        how_sure=f"Chance alone would hardly bring it{allowed} (q of the first {say_q(one.q_value, aloud=True)}).",
        otherwise=_reading(one, f["currency"]) + "".join(text for kpi, text in KNOWN.items() if kpi in set(part["kpi"])) + (OLD if older.any() else "") + _thin(one) + _season(f),
        next_step=step,
        owner=owners.get(one.kpi) or "", **_weight(one, way, bool((known | older).all())),
    )


def _older(result: Result, part: pd.DataFrame) -> pd.Series:
    """Which KPIs may have changed only because old customers pass for new ones in the data's first month."""
    return part["phase"].eq("adoption") & bool(result.facts.get("older"))


def _weight(row, way: str, doubtful: bool) -> dict[str, object]:
    """How a change stands among the findings: further back where few cases are held against many, or where it may be one of recording."""
    if doubtful or _thin(row):
        return {"level": "watch", "weight": 17 if way == "worse" else 9}
    return {"level": "bad", "weight": 54} if way == "worse" else {"level": "good", "weight": 11}


def _reading(row, currency: str) -> str:
    """What the split says about who came."""
    if row.mix != row.mix:
        return "Other customers may have come than before."
    column, part, whole = spelled(row.column), moved(row.mix, row.unit, currency), moved(row.difference, row.unit, currency)
    sure = row.mix_low > 0 or row.mix_high < 0
    if sure and abs(row.mix) >= abs(row.difference) / 2 and row.mix * row.difference > 0:
        return f"Other customers: the mix by {column} accounts for {part} of the {whole}."
    if sure and row.mix * row.difference > 0:
        return f"In part other customers: the mix by {column} accounts for {part} of the {whole}."
    return f"Hardly other customers, as far as the segments tell: the mix by {column} alone would have brought {part}, and the change is {whole}. Within a segment they may have changed all the same."


def _thin(row) -> str:
    """A warning where one of the two spans holds few cases beside the other."""
    less, more = sorted((row.before_n, row.now_n))
    if not less * THIN < more:
        return ""
    return f" The two hold very different numbers of cases ({people(row.before_n)} and {people(row.now_n)}): the few may be a special lot."


def _season(f: Mapping[str, object]) -> str:
    if f["kind"] == "recent" or f["kind"] == "previous" and len(str(f["before"])) == 4:
        return ""
    return " The two are different times of the year."


def _standing(result: Result, owners: Mapping[str, str]) -> Finding | None:
    f, bad = result.facts, result.extra["standing"]
    if not len(bad):
        return None
    when, c = bad["period"].iloc[0], f["currency"]
    told = [f"{r.label} {exact(r.value, r.unit, c)} (mean of all months {exact(r.centre, r.unit, c)}, ordinarily {exact(r.lower, r.unit, c)} to {exact(r.upper, r.unit, c)})" for r in bad.itertuples()]
    fell = result.extra["fell"].head(3) if "fell" in result.extra else []
    if len(fell):
        told.append("rated lower than in other months: " + ", ".join(f"{r.label} {r.value:.2f} (else {r.usual:.2f}, {people(r.n, 'ratings')})" for r in fell.itertuples()))
    recent = when in sorted(result.extra["months"]["period"].unique())[-3:]
    return Finding(
        headline=f"{month(when)} stands out: {people(len(bad), 'KPIs')} were worse than their ordinary ups and downs allow, first of all {listed([quoted(label) for label in bad['label'].head(3)])}.",
        observed="; ".join(told) + ".",
        how_sure=f"Chance alone brings so many in one month of the period in fewer than one case of twenty. {people(f['charts'], 'KPIs')} were watched; those that hang together count as several here and may have one cause.",
        otherwise="A change in who came, or in how something was recorded that month, would look the same.",
        next_step=f"Write down what happened in {month(when)} and what would warn of it next time", owner=owners.get(bad["kpi"].iloc[0]) or "",
        level="bad" if recent else "watch", weight=75 if recent else 62,
    )


def _recent(result: Result, owners: Mapping[str, str]) -> Finding | None:
    late, c = result.extra["latest"], result.facts["currency"]
    if not len(late):
        return None
    worse = late[late["way"] == "worse"]
    one = next((worse if len(worse) else late).itertuples())
    told = [f"{r.label} {exact(r.value, r.unit, c)} in {month(r.period)}, mean of all months {exact(r.centre, r.unit, c)}" + (f" ({r.way})" if r.way else "") for r in late.itertuples()]
    return Finding(
        headline=f"The latest months hold a signal for {listed([quoted(label) for label in late['label']], 4)}.", observed="; ".join(told) + ".",
        sure="fair", how_sure=f"More than chance brings: of {people(result.facts['charts'], 'KPIs')} that were only noise, hardly one would show a signal in its last three months.",
        otherwise="The last months may not be recorded in full yet.", next_step=f"Ask what happened around {month(one.period)} to {quoted(one.label)}", owner=owners.get(one.kpi) or "",
        level="watch", weight=48 if len(worse) else 15,
    )

