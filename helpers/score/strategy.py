"""The strategy behind a scorecard: what is being done about its KPIs, and which KPI should move which."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import names
from helpers.score.card import Initiative, Objective, Scorecard
from helpers.score.library import Scorecards
from helpers.score.goals import promise_kept

if TYPE_CHECKING:
    from helpers.score.scored import ScoredCard

INITIATIVE_COLUMNS = [
    "initiative", "objective", "perspective", "owner", "due", "days_left", "budget", "kpi", "label", "unit", "better", "promise",
    "baseline", "promised", "value", "low", "high", "target", "status", "moved", "kept",
]
LINK_COLUMNS = [
    "start", "start_name", "start_phase", "start_status", "end", "end_name", "end_phase", "end_status", "level", "lag_months", "why",
]
PAIR_COLUMNS = ["start", "end", "from_kpi", "from_label", "to_kpi", "to_label", "expected", "lag_months", "why"]


def initiatives(scored: ScoredCard) -> pd.DataFrame:
    """One row an initiative of the scorecard, with the KPI that it should move as it stands in the period.

    Returns INITIATIVE_COLUMNS: `days_left` from the data's last day to the due day (negative: overdue), `promised` the
    value that the promise leads to and `moved` the KPI's way since (both need a baseline), `kept` yes, no or not_yet_known
    as the KPI's interval lies past, short of or across the promised value (`not_due` where it is short and there is
    time left); empty where nothing can be said. A total's
    baseline and promise are for one month, `value` for the period, so promised and moved are for the period too.
    """
    period = scored.rows[scored.rows["grain"] == "period"].set_index("kpi")
    rows = [_initiative(scored, period, o, i) for o in scored.card.objectives for i in o.initiatives]
    table = pd.DataFrame(rows, columns=INITIATIVE_COLUMNS)
    numbers = ("budget", "baseline", "promised", "value", "low", "high", "target", "moved")
    return table.astype({**dict.fromkeys(numbers, "float64"), "days_left": "Int64"})


def _initiative(scored: ScoredCard, period: pd.DataFrame, objective: Objective, item: Initiative) -> dict[str, Any]:
    kpi = scored.scorecards.kpis[item.kpi]
    known = period.loc[item.kpi].to_dict() if item.kpi in period.index else {}
    value, low, high = (known.get(key, math.nan) for key in ("value", "low", "high"))
    baseline = math.nan if item.baseline is None else item.baseline * known.get("months", 1.0)
    promised = math.nan
    if item.promise is not None and not math.isnan(baseline):
        months = known.get("months", 1.0)
        promised = baseline * (1 + item.promise.amount) if item.promise.relative else baseline + item.promise.amount * months
    kept = promise_kept(promised, low, high, higher=item.promise.amount > 0) if item.promise else ""
    if kept == "no" and item.due and item.due >= scored.as_of.date():
        kept = "not_due"
    return {
        "initiative": item.name, "objective": objective.name, "perspective": objective.perspective,
        "owner": item.owner or objective.owner or scored.card.owner, "due": item.due,
        "days_left": (item.due - scored.as_of.date()).days if item.due else pd.NA, "budget": item.budget, "kpi": kpi.id,
        "label": kpi.label, "unit": kpi.unit, "better": kpi.better, "promise": item.promise_text, "baseline": baseline,
        "promised": promised, "value": value, "low": low, "high": high, "target": known.get("target", math.nan),
        "status": known.get("status", "no_information"), "moved": value - baseline,
        "kept": kept,
    }


def links(scored: ScoredCard) -> pd.DataFrame:
    """One row an arrow: start and end (objective or KPI id), names, phases, status where it lies on this scorecard, lag, why.

    `level` is objective or kpi, as written; a status is empty where that end belongs to another phase.
    """
    objectives = scored.objectives.set_index("objective")["status"]
    kpis = scored.table.set_index("kpi")["status"]
    rows = []
    for link in scored.card.links:
        row: dict[str, Any] = {"lag_months": pd.NA if link.lag_months is None else link.lag_months, "why": link.why}
        for side, word in (("start", link.start), ("end", link.end)):
            phase, objective, id = scored.scorecards.end(scored.card, word)
            here = objectives if objective else kpis
            row |= {side: id, f"{side}_phase": phase, f"{side}_name": objective.name if objective else scored.scorecards.kpis[id].label}
            row[f"{side}_status"] = here.get(id, "") if phase == scored.card.phase else ""
            row["level"] = "kpi" if objective is None or row.get("level") == "kpi" else "objective"
        rows.append(row)
    return pd.DataFrame(rows, columns=LINK_COLUMNS).astype({"lag_months": "Int64"})


def pairs(scorecards: Scorecards, card: Scorecard | None = None) -> pd.DataFrame:
    """The pair of KPIs by which data can test each arrow of one scorecard, or of all whole-company ones.

    An objective is stood for by one KPI: at the start of an arrow the heaviest leading one, at its end the heaviest lagging one (the
    first of equals; any kind where none is of that kind). An arrow between KPIs is tested as drawn. Returns PAIR_COLUMNS:
    `expected` is the sign that the two KPIs' changes should share, 1 where both are better higher or both lower, -1 where they
    differ, 0 where one has a range. `lag_months` is missing where the scorecard does not say it.
    """
    cards = [card] if card else [scorecards.of(phase) for phase in names.PHASES]
    rows = []
    for each in cards:
        for link in each.links:
            first = _stands_for(scorecards, each, link.start, "leading")
            second = _stands_for(scorecards, each, link.end, "lagging", but=first)
            if first and second:
                rows.append(_pair(scorecards, link, first, second))
    table = pd.DataFrame(rows, columns=PAIR_COLUMNS).astype({"lag_months": "Int64", "expected": "int64"})
    return table.drop_duplicates(["from_kpi", "to_kpi", "lag_months"], ignore_index=True)


def strategy_map(cards: list[ScoredCard], tested: pd.DataFrame | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The strategy map of one or more scored cards: its objectives and its arrows, one an ordered pair of objectives.

    `tested` gives what the data say of the pairs: from_kpi, to_kpi, verdict (supported, contradicted, inconclusive, untested). Returns
    objectives (id `phase.objective`, name, phase, perspective, score, status, owner) and links (source, target, verdict, from_kpi,
    from_label, to_kpi, to_label, expected, lag_months, why). An arrow between KPIs joins the objectives that hold them; one whose
    end is on none of these cards is left out.
    """
    parts = [each.objectives.assign(phase=each.card.phase, id=each.card.phase + "." + each.objectives["objective"]) for each in cards]
    shape = ["id", "name", "phase", "perspective", "score", "status", "owner"]
    objectives = pd.concat(parts, ignore_index=True)[shape] if parts else pd.DataFrame(columns=shape)
    arrows = [each.link_pairs.assign(phase=each.card.phase) for each in cards]
    links = pd.concat(arrows, ignore_index=True) if arrows else pd.DataFrame(columns=[*PAIR_COLUMNS, "phase"])
    holders = {target.kpi: f"{each.card.phase}.{objective.id}" for each in cards for objective, target in each.card.entries()}
    ends = {"source": "start", "target": "end"}
    for side, column in ends.items():
        links[side] = [_holder(word, phase, holders, set(objectives["id"])) for word, phase in zip(links[column], links["phase"], strict=True)]
    verdicts = {} if tested is None else dict(zip(zip(tested["from_kpi"], tested["to_kpi"], strict=True), tested["verdict"], strict=True))
    links["verdict"] = [verdicts.get(pair, "untested") for pair in zip(links["from_kpi"], links["to_kpi"], strict=True)]
    links = links[(links["source"] != "") & (links["target"] != "") & (links["source"] != links["target"])]
    told = ["source", "target", "verdict", *PAIR_COLUMNS[2:]]
    return objectives, links.drop_duplicates(["source", "target"])[told].reset_index(drop=True)


def _holder(word: str, phase: str, holders: dict[str, str], known: set[str]) -> str:
    """The objective that one end of an arrow stands for; empty where it is on no card."""
    return next((id for id in (f"{phase}.{word}", word, holders.get(word, "")) if id in known), "")


def _stands_for(scorecards: Scorecards, card: Scorecard, word: str, kind: str, but: str = "") -> str:
    """The KPI that stands for one end of an arrow; empty where an objective has none."""
    _, objective, id = scorecards.end(card, word)
    if objective is None:
        return id if id != but else ""
    entries = [target for target in objective.kpis if target.kpi != but]
    of_kind = [target for target in entries if (target.kind or scorecards.kpis[target.kpi].kind) == kind]
    return max(of_kind or entries, key=lambda target: target.weight).kpi if entries else ""


def _pair(scorecards: Scorecards, link: Any, first: str, second: str) -> dict[str, Any]:
    one, other = scorecards.kpis[first], scorecards.kpis[second]
    expected = 0 if "range" in (one.better, other.better) else 1 if one.better == other.better else -1
    lag = pd.NA if link.lag_months is None else link.lag_months
    return {
        "start": link.start, "end": link.end, "from_kpi": first, "from_label": one.label, "to_kpi": second,
        "to_label": other.label, "expected": expected, "lag_months": lag, "why": link.why,
    }
