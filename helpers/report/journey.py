"""Page 5, the journey, in words, charts and tables: the map, the path, where each segment stands and what it needs next."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import draw
from helpers.draw.text import is_missing, people, say, say_q, span
from helpers.infer import map as mapped
from helpers.infer.section import Result
from helpers.report.display import literal
from helpers.report.journey_found import designed, find
from helpers.report import journey_voices, trade_offs  # their readers
from helpers.report.journey_words import SHORT, against, feeling, gap, gap_in_cell, need
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, quoted, source

__all__ = ["find", "journey_voices", "trade_offs"]

SOURCES = {mapped.ASKED: "ratings", mapped.COMMENTS: "comments", mapped.SAID: "what is said in public", mapped.DONE: "friction", "": "not known"}
GRADES = {"measured": "measured", "partly": "partly measured", "assumed": "assumed"}
STRONGEST = 6.0  # standard errors at which a cell's colour is full
MOST_SHORT = 12


@reads("journey_map")
def journey_map(result: Result) -> list[Item]:
    f, points = result.facts, result.extra["touchpoints"]
    labels = points.set_index("touchpoint")["label"]
    stages = result.table.assign(pain=[_pain(row, points.set_index("touchpoint")) for row in result.table.itertuples()])
    drawn = points.rename(columns={"touchpoint": "id", "feeling": "emotion"}).rename(columns={"label": "touchpoint"})
    proxies = [f"{quoted(r.label)} from {SOURCES[r.source]}" for r in result.table.itertuples() if r.source in mapped.STAND_INS]
    note = f"Too few were asked at some stages: feeling is read at {listed(proxies)}. " if proxies else ""
    ratings = int(result.table["ratings"].fillna(0).sum())
    asked = f"feeling from {people(ratings, 'ratings')}" if ratings else "nobody was asked how it felt"
    chart = draw.journey_map(stages, drawn, title=_map_title(f), who=f"{result.who}; {asked}", caption=note + source(result, "contacts, orders, tickets and surveys"), noun=f["noun"])
    items: list[Item] = [chart, _evidence(points, labels), Table(_curve(result), "feeling_by_stage", "What the feeling of each stage rests on", result.table)]
    pains = _pains(result.table, points)
    if len(pains):
        items.append(Table(pains, "pain_points", "Where it hurts: touchpoints that are worse than the journey as a whole, beyond chance"))
    return items


def _map_title(f: Mapping) -> str:
    weakest = f["weakest"]
    if not weakest:
        return "The journey on one page; how it feels is not known at enough stages to compare them"
    best = f"best at {quoted(weakest['best'])} ({feeling(weakest['best_emotion'])})"
    if weakest["shown"]:
        return f"The journey feels poorest at {quoted(weakest['label'])} ({feeling(weakest['emotion'])} on −2 to +2) and {best}"
    if len(weakest["alike"]) < 2 or weakest["best"] in weakest["alike"]:
        return "No stage feels better or worse than the others beyond chance"
    return f"The journey feels poorest at {listed([quoted(one) for one in weakest['alike']])}, which cannot be told apart, and {best}"


def _pain(row, points: pd.DataFrame) -> str:
    """The pain of a stage in a few words for the map: a name, its feeling, the share that fails."""
    told = []
    if row.pain:
        also = f", {say(points.at[row.pain, 'failed'], 'share')} fail" if row.pain == row.pain_failed else ""
        told.append(f"{points.at[row.pain, 'label']}: {feeling(points.at[row.pain, 'feeling'])}{also}")
    if row.pain_failed and row.pain_failed != row.pain:
        told.append(f"{points.at[row.pain_failed, 'label']}: {say(points.at[row.pain_failed, 'failed'], 'share')} fail")
    return "; ".join(told)


def _evidence(points: pd.DataFrame, labels: pd.Series) -> str:
    counts = points["evidence"].value_counts()
    told = [f"{counts[word]} {'is' if counts[word] == 1 else 'are'} {GRADES[word]}" for word in GRADES if word in counts]
    text = f"Of {people(len(points), 'touchpoints')}, {listed(told)}." if len(told) > 1 else f"All {people(len(points), 'touchpoints')} are {GRADES[counts.index[0]]}."
    for word, why in (("assumed", "in the dictionary alone"), ("partly", "seen and not asked about, or the reverse")):
        names = points.loc[points["evidence"] == word, "label"].tolist()
        if names:
            text += f" {GRADES[word].capitalize()} ({why}): {literal(listed(names, most=8))}."
    unknown = points.loc[points["stage"].isna(), "label"].tolist()
    return text + (f" In no stage, because the dictionary does not name it: {literal(listed(unknown))}." if unknown else "")


def _curve(result: Result) -> pd.DataFrame:
    table = result.table
    return pd.DataFrame({
        "Stage": table["label"], result.facts["noun"]: [_count(n) for n in table["customers"]],
        "Feeling": [feeling(v) if not is_missing(v) else "no data" for v in table["emotion"]],
        "95% interval": [f"{feeling(a)} to {feeling(b)}" if not is_missing(a) else "–" for a, b in zip(table["emotion_low"], table["emotion_high"], strict=True)],
        "Read from": [SOURCES[one] for one in table["source"]], "n": [_count(n) for n in table["n"]],
        "Contacts that failed": [say(v, "share") if not is_missing(v) else "–" for v in table["failed"]],
        "Evidence": table["evidence"].map(GRADES), "Owner": [owner or "to be named" for owner in table["owner"]],
    })


def _pains(stages: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    known, rows = points.set_index("touchpoint"), []
    for row in stages.itertuples():
        for name in dict.fromkeys(filter(None, (row.pain, row.pain_failed))):
            one = known.loc[name]
            poor = f"{feeling(one['feeling'])} ({feeling(one['feeling_low'])} to {feeling(one['feeling_high'])}; {people(one['ratings'], 'ratings')})" if name == row.pain else "–"
            fails = f"{say(one['failed'], 'share')} ({span(one['failed_low'], one['failed_high'], 'share')}; {people(one['contacts'], 'contacts')})" if name == row.pain_failed else "–"
            rows.append((row.label, one["label"], poor, fails, one["owner"] if isinstance(one["owner"], str) else "to be named"))
    return pd.DataFrame(rows, columns=["Stage", "Touchpoint", "Feels poor", "Fails often", "Owner"])


def _count(value: float) -> str:
    return "–" if is_missing(value) else people(value)


@reads("observed_path")
def observed_path(result: Result) -> list[Item]:
    f, stages = result.facts, result.journey.stages
    back = f["most_back"]
    most = f", most of them from {quoted(stages[back['source']])} to {quoted(stages[back['target']])}" if back else ""
    title = f"{say(f['as_designed'], 'share')} of the steps between stages lead to the next one, {say(f['skip'], 'share')} skip ahead and {say(f['back'], 'share')} go back{most}"
    drawn = result.table.dropna(subset=["steps"])
    chart = draw.flow(drawn, title=title, who=f"{result.who}; {people(f['steps'], 'steps')}, {designed(f)} of them as designed",
                      caption=source(result, "contacts and orders"), order=list(stages), labels=stages, least=0.002 * drawn["customers"].sum(), stem="observed_path")
    table = result.extra["designed"]
    shown = pd.DataFrame({
        "From": table["label"], "Designed next": table["designed"], "Go there": [say(v, "share") for v in table["share"]],
        "95% interval": [span(a, b, "share") or "–" for a, b in zip(table["low"], table["high"], strict=True)], "Steps": [_count(n) for n in table["steps"]],
        "Most go to": [f"{to} ({say(v, 'share')})" if isinstance(to, str) else "–" for to, v in zip(table["most"], table["most_share"], strict=True)],
    })
    return [chart, Table(shown, "designed_path", "The designed path and the observed one, stage by stage", table)]


@reads("standing")
def standing(result: Result) -> list[Item]:
    table = result.table
    whole = table[table["column"] == ""].dropna(subset=["share"]).sort_values("share", ascending=False, kind="stable")
    told = [f"{say(r.share, 'share')} at {quoted(r.label)}" for r in whole.head(2).itertuples()]
    title = f"Where customers were last seen: {listed(told)}" if told else "Where customers were last seen"
    cells = table.rename(columns={"segment": "row", "label": "column", "share": "value", "column": "attribute", "value": "group"})
    cells = cells.assign(row=[f"{name}, {people(n)}" for name, n in zip(cells["row"], cells["n"], strict=True)])
    order = {label: i for i, label in enumerate(result.journey.stages.values())}
    # The chart takes columns in order of appearance.
    first = cells.assign(_at=cells["column"].map(order)).sort_values(["_at"], kind="stable").drop(columns="_at")
    rows = list(dict.fromkeys(cells["row"]))
    first = pd.concat([first[first["row"] == rows[0]], first[first["row"] != rows[0]].assign(_r=lambda t: t["row"].map({r: i for i, r in enumerate(rows)})).sort_values("_r", kind="stable").drop(columns="_r")])
    chart = draw.matrix(first.reset_index(drop=True), title=title, who=f"{result.who}; share of each segment's customers", caption=source(result, "contacts and orders"), stem="standing",
                        rows="segment, customers", columns="stage of the last contact")
    return [chart]


@reads("segment_needs")
def segment_needs(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    needs = result.extra["needs"]
    short = needs[needs["theme"] != ""]
    items: list[Item] = [_heat(result)]
    lines = [_sentence(name, part, result.journey.stages) for name, part in short.groupby("segment", sort=False)]
    level = [literal(name) for name in dict.fromkeys(needs.loc[needs["theme"] == "", "segment"])]
    lines += [f"Beyond chance, nothing falls short for {listed(level, most=20)}."] if level else []
    items.append("\n".join(f"- {line}" for line in lines))
    if len(short):
        every = table[table["falls_short"]].sort_values(["z", "kpi"]).head(MOST_SHORT)
        shown = pd.DataFrame({
            "Segment": every["segment"], "KPI": every["label"], "There": [say(v, u) for v, u in zip(every["figure"], every["unit"], strict=True)],
            "Others": [say(v, u) for v, u in zip(every["others"], every["unit"], strict=True)], "Difference": [gap(r) for r in every.itertuples()],
            "95% interval": [against(r) for r in every.itertuples()], "q": [say_q(q) for q in every["q_value"]], "n": [_count(n) for n in every["n"]],
        })
        more = f" (the clearest {MOST_SHORT} of {f['short']})" if f["short"] > MOST_SHORT else ""
        items.append(Table(shown, "shortfalls", f"Where segments fall short of all others{more}", table))
    return items


def _heat(result: Result):
    f, table = result.facts, result.table
    sure = table["q_value"] < 0.05
    cells = table.assign(
        row=table["segment"], column_=[SHORT.get(kpi, label) for kpi, label in zip(table["kpi"], table["label"], strict=True)], shade=table["z"].clip(-STRONGEST, STRONGEST).where(sure, 0.0).where(table["z"].notna()),
        text=[gap_in_cell(r) if r.z == r.z else "" for r in table.itertuples()],
    )
    order = {name: i for i, name in enumerate(result.extra["needs"]["segment"].drop_duplicates())}
    cells = cells.assign(_a=cells["row"].map(order), _b=pd.factorize(cells["column_"])[0]).sort_values(["_a", "_b"], kind="stable")
    cells = cells[["row", "column_", "shade", "n", "text", "figure", "others", "difference", "difference_low", "difference_high", "q_value"]].rename(columns={"column_": "column", "shade": "value"})
    top = table.loc[table["z"].idxmin()]
    title = (f"{_first(top['segment'])} falls short most clearly: {quoted(top['label'])} is {say(top['figure'], top['unit'])} there and {say(top['others'], top['unit'])} elsewhere"
             if f["short"] else "No segment falls short of the others beyond chance")
    alt = f"{title}. {f['short']} of {f['comparisons']} comparisons of {f['segments']} segments fall short beyond chance."
    return draw.matrix(cells.reset_index(drop=True), title=title, who=f"{result.who}; each segment less all others; points for shares, else the KPI's own unit",
                       caption="Coloured where the difference is beyond chance (q under 0.05): red falls short, blue is ahead. " + source(result, "all tables"), stem="segment_needs",
                       alt=alt, centre=0.0, unit="score")


def _first(text: str) -> str:
    """The text as a sentence begins; the rest keeps its capitals."""
    return text[:1].upper() + text[1:]


def _sentence(name: str, part: pd.DataFrame, stages) -> str:
    """What one segment needs next."""
    first = part.iloc[0]
    stands = f", {say(first['stage_share'], 'share')} of them last seen at {quoted(literal(first['stage']))}" if isinstance(first["stage"], str) else ""
    head = f"**{literal(_first(name))}** ({people(first['customers'], 'customers')}{stands}):"
    told = [f"{need(r.kpi, r.label, stages)} ({literal(r.label)}: {say(r.figure, r.unit)} against {say(r.others, r.unit)}, {gap(r)}, n {people(r.n)})" for r in part.itertuples()]
    return f"{head} needs {told[0]}" + (f"; then {listed(told[1:])}." if told[1:] else ".")
