"""What page 5 found: the score, the weakest stage, the segment that needs something next, the path, the strategy's arrows, the parts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import names
from helpers.draw.text import is_missing, people, say, say_q, signed_span, span
from helpers.infer import map as mapped
from helpers.infer.section import Result
from helpers.journey import Journey
from helpers.report.combined import claim, finding, months, short_of_target, start, whose
from helpers.report.finding import Finding
from helpers.report.journey_voices import find_apart, find_terms
from helpers.report.journey_words import against, feeling, gap, need
from helpers.report.trade_offs import find as find_trade_offs
from helpers.report.words import listed, quoted
from helpers.score import Combined

MOST_NEEDS = 3
LEVELS = {"red_flag": "bad", "below_target": "watch", "not_yet_known": "unknown", "on_target": "good", "no_information": "unknown"}


def find(journey: Journey, results: Mapping[str, Result], card: Combined | None = None) -> list[Finding]:
    """The findings of the page; see `finding.Finding`."""
    found: list[Finding] = []
    if card is not None:
        found += [*_score(card), *_links(card), *_parts(card)]
    for name, read in (("journey_map", _stage), ("segment_needs", _needs), ("observed_path", _path)):
        if results[name].ok:
            found += read(results[name], card)
    for name, tell in (("feelings", find_apart), ("detractor_terms", find_terms), ("trade_offs", find_trade_offs)):
        if name in results and results[name].ok:
            found += tell(results[name], journey)
    return found


def _score(card: Combined) -> list[Finding]:
    phases = card.phases
    whole, parts = phases.iloc[-1], phases.iloc[:-1].dropna(subset=["score"]).sort_values(["score", "phase"])
    if is_missing(whole["score"]):
        why = "no scorecard states a target" if not card.has_scorecards else "no KPI with a target has enough data in this period and segment"
        return [Finding(
            headline=f"How far the journey is from its targets cannot be said: {why}.", level="unknown", weight=25,
            observed="The figures stand on the pages of the phases; what is missing is what they should be." if not card.has_scorecards else "Every KPI with a target reads “no information”.",
            how_sure="Nothing is claimed.", next_step="Agree on a target and a red flag for one KPI of each phase and write them into a scorecard",
        )]
    low, red = parts.iloc[0], short_of_target(card)
    told = "; ".join(f"{r.name} {r.score:.1f}, {names.STATUSES[r.status].lower()}" for r in parts[["name", "score", "status"]].itertuples(index=False))
    worst = f" Lowest: {listed([quoted(one) for one in red['label'].head(3)])}." if len(red) else ""
    state = "so far: half of its weight or more rests on KPIs not yet known" if whole["status"] == "not_yet_known" else f"({names.STATUSES[whole['status']].lower()})"
    missing = int(phases["without_information"].iloc[:-1].sum())
    return [Finding(
        headline=f"The journey scores {whole['score']:.1f} of 10 {state}; the weakest phase is {names.PHASES[low['phase']].lower()} with {low['score']:.1f}.",
        observed=f"{told}. {people(len(red), 'KPIs')} {'is' if len(red) == 1 else 'are'} short of target with the whole interval.{worst}",
        how_sure="A score is a weighted mean of KPIs: it says where to look first; how large a gap is stands beside each KPI." + (f" {missing} of the {int(phases['children'].iloc[:-1].sum())} perspectives on the phases' scorecards have no information." if missing else ""),
        otherwise="A target that was set too high or too low moves the score as much as the work does.",
        next_step=f"Take {quoted(red['label'].iloc[0])}, furthest from its target, to the next review" if len(red) else "Keep the targets and look again next period",
        owner=str(red["owner"].iloc[0]) if len(red) else str(low["owner"]), level=LEVELS[whole["status"]], weight=60,
    )]


def _stage(result: Result, card: Combined | None) -> list[Finding]:
    f, stages, points = result.facts, result.table, result.extra["touchpoints"].set_index("touchpoint")
    found, weak = [], result.facts["weakest"]
    if weak:
        pain = weak["pain_failed"] or weak["pain"]
        hurts = _hurts(points, weak)
        alike = [quoted(one) for one in weak["alike"]]
        head = f"The journey is weakest at {alike[0]}: customers feel {feeling(weak['emotion'])} there on a scale from −2 to +2." if weak["shown"] else (
            f"The journey feels poorest at {listed(alike)}, which cannot be told apart." if len(alike) < len(stages) else "No stage feels clearly worse than the others.")
        read = {mapped.ASKED: "ratings", mapped.COMMENTS: "comments", mapped.SAID: "public mentions", mapped.DONE: "occasions"}[weak["source"]]
        found.append(Finding(
            headline=head + (f" {hurts[0]}" if hurts else ""),
            observed=f"{weak['label']}: {feeling(weak['emotion'])} ({feeling(weak['emotion_low'])} to {feeling(weak['emotion_high'])}, {people(weak['n'], read)}); best is "
            f"{quoted(weak['best'])} with {feeling(weak['best_emotion'])}." + (f" {hurts[1]}" if hurts else ""),
            how_sure="The intervals of these stages overlap: their order may be chance." if not weak["shown"] else "Its whole interval lies below the next stage's.",
            otherwise="Those who answer are not all who came; a stage that few are asked about may only look better or worse.",
            next_step=_remedy(points, weak) or f"Ask at {alike[0]} what was missing",
            owner=_owner(points, pain) or weak["owner"].split(",")[0].split(" and ")[0], level="bad" if weak["emotion_high"] < 0 else "watch", weight=58 if weak["shown"] else 42,
        ))
    silent = stages.loc[stages["evidence"] == "assumed", "label"].tolist()
    if silent:
        found.append(Finding(
            headline=f"Nothing is known of {listed([quoted(one) for one in silent])}: no contact and no rating in this period.", level="unknown", weight=30,
            observed="The dictionary names the stage, the data do not show it; the map leaves a gap there.", sure="certain", how_sure="As far as the tables at hand go.",
            next_step=f"Record one contact or ask one question at {quoted(silent[0])}",
        ))
    unseen = points[(points["evidence"] == "assumed") & ~points["stage"].isin(stages.loc[stages["evidence"] == "assumed", "stage"])]
    if len(unseen):
        one = len(unseen) == 1
        found.append(Finding(
            headline=f"{listed([quoted(v) for v in unseen['label']], most=4)} {'is' if one else 'are'} on the map, and no table shows {'it' if one else 'them'}.", level="watch", weight=14,
            observed=f"Of {people(f['touchpoints'], 'touchpoints')} {people(f['grades'].get('measured', 0))} are measured.", sure="certain", how_sure="As far as the tables at hand go.",
            otherwise="It may be used and not recorded.", next_step=f"Record what happens at {quoted(unseen['label'].iloc[0])}, or take it off the map", owner=_owner(points, unseen.index[0]),
        ))
    return found


def _remedy(points: pd.DataFrame, weak: Mapping) -> str:
    if weak["pain_failed"]:
        return f"Follow five customers through {quoted(points.at[weak['pain_failed'], 'label'])} and remove what stops them"
    return f"Ask customers what they miss at {quoted(points.at[weak['pain'], 'label'])}" if weak["pain"] else ""


def _hurts(points: pd.DataFrame, weak: Mapping) -> tuple[str, str] | None:
    """The pain of the weakest stage: a clause for the headline, the figures behind it."""
    told, figures = [], []
    if weak["pain"]:
        one = points.loc[weak["pain"]]
        told.append(f"{quoted(one['label'])} is rated lowest ({feeling(one['feeling'])})")
        figures.append(f"{one['label']}: {feeling(one['feeling'])} ({feeling(one['feeling_low'])} to {feeling(one['feeling_high'])}, {people(one['ratings'], 'ratings')}).")
    if weak["pain_failed"]:
        one = points.loc[weak["pain_failed"]]
        told.append(f"at {quoted(one['label'])} {say(one['failed'], 'share')} of contacts fail")
        figures.append(f"{one['label']}: {say(one['failed'], 'share')} fail ({span(one['failed_low'], one['failed_high'], 'share')}, {people(one['contacts'], 'contacts')}).")
    return (f"In {weak['label'].lower()}, {' and '.join(told)}.", " ".join(figures)) if told else None


def _needs(result: Result, card: Combined | None) -> list[Finding]:
    needs, f = result.extra["needs"], result.facts
    short = needs[needs["theme"] != ""].sort_values("z").drop_duplicates(["column", "value"]).drop_duplicates("column").head(MOST_NEEDS)
    if not len(short):
        return [Finding(
            headline="No segment falls short of the others beyond chance.", level="unknown", weight=8,
            observed=f"{people(f['comparisons'], 'comparisons')} of {people(f['segments'], 'segments')} on {people(f['kpis'], 'KPIs')}.",
            how_sure="Small differences may be there that these numbers cannot show.",
        )]
    found = []
    for place, r in enumerate(short.itertuples()):
        rest = needs[(needs["segment"] == r.segment) & (needs["kpi"] != r.kpi)]
        also = f" Also: {'; '.join(f'{quoted(o.label)} {say(o.figure, o.unit)} against {say(o.others, o.unit)}' for o in rest.itertuples())}." if len(rest) else ""
        stands = f"Of the segment's customers {say(r.stage_share, 'share')} were last seen at {quoted(r.stage)}. " if isinstance(r.stage, str) else ""
        found.append(Finding(
            headline=f"Customers of {r.segment} need {need(r.kpi, r.label, result.journey.stages)} next: {quoted(r.label)} is {say(r.figure, r.unit)} there and {say(r.others, r.unit)} elsewhere.",
            observed=f"Difference {gap(r)} ({against(r)}; n {people(r.n)} against {people(r.others_n)}). {stands}{people(r.customers, 'customers')} belong to the segment.{also}",
            how_sure=f"Chance alone would hardly bring it, even with {people(f['comparisons'], 'comparisons')} (q {say_q(r.q_value, aloud=True)}). Nothing else is held equal.",
            otherwise="Segments overlap: the gap may belong to another trait that goes with this one.",
            next_step=f"Ask ten customers of {r.segment} what is missing, and try one remedy with half of them",
            owner=_kpi_owner(card, r.kpi), level="bad" if _large(r) else "watch", weight=(56 if _large(r) else 32) - 4 * place,
        ))
    return found


def _large(row) -> bool:
    """Whether a gap is large enough to matter whatever its q: 5 points of a share, a quarter of a step of a scale, else a tenth of the others' figure."""
    least = {"share": 0.05, "score": 0.25}.get(row.unit, 0.1 * abs(row.others))
    return abs(row.difference) >= least


def _path(result: Result, card: Combined | None) -> list[Finding]:
    f, stages = result.facts, result.journey.stages
    back = f["most_back"]
    if not back or is_missing(f["as_designed"]) or not f["back"] > 0.25 or back["target"] == "awareness":
        return []  # awareness comes to the customer: a mailing after a purchase is no step back
    source, target = quoted(stages[back["source"]]), quoted(stages[back["target"]])
    return [Finding(
        headline=f"Customers go back as often as on: {say(f['back'], 'share')} of the steps between stages lead back, most of them from {source} to {target}." if f["back"] > 0.8 * f["as_designed"]
        else f"{say(f['back'], 'share')} of the steps between stages lead back, most of them from {source} to {target}.",
        observed=f"{designed(f)} lead to the next stage, {say(f['skip'], 'share')} skip ahead; {people(f['steps'], 'steps')}. "
        f"{people(back['customers'], 'customers')} went from {source} back to {target}, {people(back['steps'], 'times')} in all: {say(back['share'], 'share')} of the steps that leave {source}.",
        sure="certain", how_sure="Counted over every contact whose stage is known.", level="watch", weight=26,
        otherwise="Looking again is part of choosing; and who begins a new purchase goes back to an early stage.",
        next_step=f"Ask customers who return to {target} what they could not settle at {source}",
    )]


def designed(f: Mapping) -> str:
    """The share of steps as designed with its interval, to a tenth of a point."""
    value, low, high = (say(f[name], "share", digits=1) for name in ("as_designed", "low", "high"))
    return f"{value} ({low.removesuffix('%')}–{high})"


def _links(card: Combined) -> list[Finding]:
    found, tested = [], card.tested
    for row in tested[tested["verdict"] == "contradicted"].itertuples():
        found.append(Finding(
            headline=f"The months contradict an arrow of the strategy: {claim(row)}", observed=finding(row), level="bad", weight=54,
            sure="fair", how_sure=f"A test by permutation that pays for the choice of the lag; q over the arrows of the {names.PHASES[row.phase].lower()} scorecard.",
            otherwise="Something else may have moved both, or the KPIs stand poorly for their objectives.", next_step=f"Rethink the arrow from {quoted(row.from_label)} to {quoted(row.to_label)} before more is spent on it",
            owner=_kpi_owner(card, row.from_kpi),
        ))
    held = tested[tested["verdict"] == "supported"].sort_values("q_value")
    if len(held):
        row = held.iloc[0]
        when = "in the same month" if row["lag"] == 0 else f"{months(row['lag'])} later"
        found.append(Finding(
            headline=f"{len(held)} of {people(len(tested), 'links')} in the strategy {'shows' if len(held) == 1 else 'show'} in the data and {_none(len(tested[tested['verdict'] == 'contradicted']))} contradicted, "
            f"most clearly {quoted(row['from_label'])} with {quoted(row['to_label'])} {when}.",
            observed=" ".join(f"{claim(r)} {finding(r)}" for r in held.itertuples()),
            sure="fair", how_sure="Monthly changes go together beyond chance; what goes before need not bring about.", otherwise="A season or an event may move both.",
            next_step=f"Keep up {quoted(row['from_label'])} and look at {quoted(row['to_label'])} {when}", owner=_kpi_owner(card, row["from_kpi"]), level="good", weight=34,
        ))
    return found


def _none(count: int) -> str:
    return "none is" if not count else "one is" if count == 1 else f"{count} are"


def _parts(card: Combined) -> list[Finding]:
    drags = card.parts[card.parts["direction"] == "drags"].sort_values("pull")
    found = []
    for (phase, name), part in drags.groupby(["phase", "card"], sort=False):
        top, whom = part.iloc[0], whose(part.iloc[0])
        found.append(Finding(
            headline=f"{start(whom)} pulls the {names.PHASES[phase].lower()} scorecard down, most of all on {quoted(top['label'])}: {say(top['part'], top['unit'])} there, {say(top['whole'], top['unit'])} in all.",
            observed="; ".join(f"{r.label}: {signed_span(r.pull, r.pull_low, r.pull_high, 1)} points of score" for r in part.itertuples())
            + f". The part has {say(top['n_share'], 'share')} of the cases.",
            how_sure="The part's whole interval lies on the worse side of the whole.", otherwise="Its customers may be harder to serve: compare it with its own target as well.",
            next_step=f"Agree with the owner of the part what brings {quoted(top['label'])} to its own target", owner=str(top["owner"]), level="bad" if top["status"] == "red_flag" else "watch", weight=44,
        ))
    return found


def _kpi_owner(card: Combined | None, kpi: str) -> str:
    if card is None:
        return ""
    mine = card.table.loc[(card.table["kpi"] == kpi) & (card.table["owner"] != ""), "owner"]
    return str(mine.iloc[0]) if len(mine) else ""


def _owner(points: pd.DataFrame, name: str) -> str:
    owner = points.at[name, "owner"] if name in points.index else ""
    return owner if isinstance(owner, str) else ""
