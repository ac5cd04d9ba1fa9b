"""A phase's scorecard with the numbers in it: what each KPI is against its target, and the roll-ups above it."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import contract, names
from helpers.score import strategy
from helpers.score.card import Objective, Scorecard, Target
from helpers.score.library import Scorecards, read_scorecards
from helpers.score.rollup import mean_of, roll_up
from helpers.score.goals import Goal, best_known, score, score_span, status

if TYPE_CHECKING:
    from helpers.journey import Journey

AMOUNTS = ("total", "level")  # sums over people, during a span or at its end: a part of the people has a part of the sum
_FIGURES = ("value", "low", "high", "n")
NO_TARGET, NO_ROWS = "no target", "no rows"


@dataclass(frozen=True)
class ScoredCard:
    """A scorecard and what the data say about it, for one journey (company, period, segment).

    `rows` holds one row a KPI and label: names.KPI_COLUMNS, then `weight`, `objective_id`, `goal` (the Goal that
    judged the row), `months` (that a total's goal was multiplied by, else 1), `people` and `reason` (why there is no
    information, else empty); grain is month, period or previous. `journey` is the one that was judged.
    """

    card: Scorecard
    rows: pd.DataFrame
    as_of: datetime
    scorecards: Scorecards = field(repr=False)
    currency: str = ""
    journey: Journey | None = field(default=None, repr=False, compare=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row a KPI for the whole period: exactly names.KPI_COLUMNS. Scorecard's order, then the phase's other KPIs."""
        return self._grain("period")

    def to_pandas(self) -> pd.DataFrame:
        """A copy of the table, to work on; `kpi_rows` has the months as well."""
        return self.table

    @property
    def previous(self) -> pd.DataFrame:
        """The same for the like period before; empty where there is none."""
        return self._grain("previous")

    def kpi_rows(self) -> pd.DataFrame:
        """The rows of kpis.csv: each KPI's months in order, then its whole period."""
        shown = self.rows[self.rows["grain"].isin(names.GRAINS)]
        return shown[list(names.KPI_COLUMNS)].reset_index(drop=True)

    def _grain(self, grain: str) -> pd.DataFrame:
        return self.rows.loc[self.rows["grain"] == grain, list(names.KPI_COLUMNS)].reset_index(drop=True)

    @property
    def reasons(self) -> pd.DataFrame:
        """Why KPIs have no information in the period: kpi, label, reason ("no target", "too few", "needs orders.cost")."""
        period = self.rows[self.rows["grain"] == "period"]
        return period.loc[period["reason"] != "", ["kpi", "label", "reason"]].reset_index(drop=True)

    @property
    def bullets(self) -> pd.DataFrame:
        """The KPIs that have a goal, for a drawing on one scale: table's columns, `group`, `score_low` and `score_high`."""
        shown = self.rows[(self.rows["grain"] == "period") & self.rows["goal"].notna()]
        spans = [score_span(row.goal, row.low, row.high) for row in shown.itertuples()]
        ends = pd.DataFrame(spans, columns=["score_low", "score_high"], index=shown.index, dtype="float64")
        shown = pd.concat([shown[list(names.KPI_COLUMNS)].assign(group=shown["perspective"].map(names.PERSPECTIVES)), ends], axis=1)
        place = shown["perspective"].map(list(names.PERSPECTIVES).index)
        return shown.iloc[place.argsort(kind="stable")].reset_index(drop=True)

    # Roll-ups -----------------------------------------------------------------------------------------

    @property
    def objectives(self) -> pd.DataFrame:
        """One row an objective: objective (id), name, perspective, weight, owner and the roll-up of its KPIs."""
        return self._objectives.copy()

    @cached_property
    def _objectives(self) -> pd.DataFrame:
        shape = ["objective", "name", "perspective", "weight", "owner"]
        parents = pd.DataFrame(
            [(each.id, each.name, each.perspective, each.weight, each.owner or self.card.owner) for each in self.card.objectives],
            columns=shape,
        )
        period = self.rows[(self.rows["grain"] == "period") & (self.rows["objective_id"] != "")]
        return roll_up(period.drop(columns="objective").rename(columns={"objective_id": "objective"}), parents, "objective")

    @property
    def perspectives(self) -> pd.DataFrame:
        """One row a perspective, always all four: perspective, name, weight and the roll-up of its objectives."""
        return self._perspectives.copy()

    @cached_property
    def _perspectives(self) -> pd.DataFrame:
        weights = dict(self.card.perspective_weights)
        parents = pd.DataFrame({
            "perspective": list(names.PERSPECTIVES), "name": list(names.PERSPECTIVES.values()),
            "weight": [weights.get(each, 1.0) for each in names.PERSPECTIVES],
        })
        return roll_up(self._objectives, parents, "perspective")

    @property
    def phase(self) -> pd.DataFrame:
        """One row: phase, name, weight, owner and the roll-up of the perspectives."""
        return self._phase.copy()

    @cached_property
    def _phase(self) -> pd.DataFrame:
        used = self._perspectives[self._perspectives["children"] > 0]
        head = {"phase": self.card.phase, "name": names.PHASES[self.card.phase], "weight": self.card.weight, "owner": self.card.owner}
        return pd.DataFrame([{**head, **mean_of(used)}]).astype({"score": "float64"})

    @property
    def status(self) -> str:
        """The phase's status."""
        return str(self._phase["status"].iloc[0])

    @property
    def score(self) -> float:
        """The phase's score, 0-10; NaN where nothing has information."""
        return float(self._phase["score"].iloc[0])

    @property
    def by_perspective(self) -> dict[str, dict[str, Any]]:
        """Status and score a perspective (score None where there is none)."""
        return {
            row.perspective: {"status": row.status, "score": None if math.isnan(row.score) else row.score}
            for row in self._perspectives.itertuples()
        }

    # Strategy -----------------------------------------------------------------------------------------

    @property
    def initiatives(self) -> pd.DataFrame:
        """One row an initiative, see `strategy.initiatives`."""
        return strategy.initiatives(self)

    @property
    def links(self) -> pd.DataFrame:
        """The arrows of the strategy map, see `strategy.links`."""
        return strategy.links(self)

    @property
    def link_pairs(self) -> pd.DataFrame:
        """The pairs of KPIs that test the arrows, see `strategy.pairs`."""
        return strategy.pairs(self.scorecards, self.card)


def scorecard(
    journey: Journey, phase: str, estimates: pd.DataFrame | None = None, *, team: str = "", kpis: Mapping[str, Any] | None = None,
) -> ScoredCard:
    """Judge a phase's KPIs by the company's scorecard for it.

    `estimates` is `infer.estimates(journey, ...)` (kpi, period, grain, value, low, high, n, base, reason); worked out here
    where it is not given. On a segment, the segment's own scorecard judges, else the whole company's; a total (revenue)
    is judged only by a target that was stated for that very segment. `team` picks a team's scorecard.
    Raises ScoreError where a scorecard cannot be used.
    """
    library = read_scorecards(journey.company.folder, kpis, currency=journey.company.currency)
    card = library.of(phase, journey.segment.label, team)
    if estimates is None:
        from helpers import infer

        estimates = infer.estimates(journey, [id for id, kpi in library.kpis.items() if kpi.phase == phase])
    return judge(journey, library, card, estimates)


def judge(journey: Journey, library: Scorecards, card: Scorecard, estimates: pd.DataFrame) -> ScoredCard:
    """Judge the estimates by one given scorecard: its KPIs in its order, then (a team's apart) the phase's others."""
    entries: list[tuple[Objective | None, Target]] = list(card.entries())
    if not card.team:
        listed = {target.kpi for _, target in entries}
        entries += [(None, Target(id)) for id, kpi in library.kpis.items() if kpi.phase == card.phase and id not in listed]
    return ScoredCard(card, _rows(journey, library, card, entries, estimates), journey.as_of, library, journey.company.currency, journey)


def judge_again(scored: ScoredCard, card: Scorecard, kpis: Container[str], estimates: pd.DataFrame) -> ScoredCard:
    """The same numbers by a scorecard that differs from the one that judged them in the goals of `kpis` alone; `estimates` need hold no others."""
    entries = [(objective, target) for objective, target in card.entries() if target.kpi in kpis]
    rows, changed = scored.rows, scored.rows["kpi"].isin({target.kpi for _, target in entries})
    fresh = _rows(scored.journey, scored.scorecards, card, entries, estimates)
    return replace(scored, card=card, rows=pd.concat([rows[~changed], fresh.set_axis(rows.index[changed])]).sort_index())


def _rows(journey: Journey, library: Scorecards, card: Scorecard, entries: Sequence[tuple[Objective | None, Target]], estimates: pd.DataFrame) -> pd.DataFrame:
    """`ScoredCard.rows` of some KPIs: each under every label."""
    found = {(one["kpi"], one["period"], one["grain"]): one for one in reversed(estimates.to_dict("records"))}
    rows = [
        _row(journey, card, objective, target, library.kpis[target.kpi], label, found.get((target.kpi, label.period, label.grain), {}))
        for objective, target in entries for label in journey.labels.itertuples()
    ]
    columns = [*names.KPI_COLUMNS, "weight", "objective_id", "goal", "months", "people", "reason"]
    numbers = dict.fromkeys((*_FIGURES, "target", "red_flag", "score", "months", "people"), "float64")
    return pd.DataFrame(rows, columns=columns).astype(numbers)


def combine(cards: Mapping[str, ScoredCard] | list[ScoredCard]) -> pd.DataFrame:
    """The combined scorecard: one row a phase, then the row `combined`. Columns phase, name, weight, owner and the roll-up."""
    scored = list(cards.values()) if isinstance(cards, Mapping) else list(cards)
    phases = pd.concat([each.phase for each in scored], ignore_index=True)
    top = {"phase": "combined", "name": "Customer journey", "weight": 1.0, "owner": "", **mean_of(phases)}
    return pd.concat([phases, pd.DataFrame([top]).astype({"score": "float64"})], ignore_index=True)


def months_covered(start: datetime, end: datetime, first: datetime, as_of: datetime) -> float:
    """How many months of a span the data cover: by days, from the first day with data to the day of `as_of`.

    >>> months_covered(datetime(2026, 7, 1), datetime(2026, 10, 1), datetime(2025, 1, 9), datetime(2026, 8, 31, 17))
    2.0
    """
    day = timedelta(days=1)
    start = max(start, datetime(first.year, first.month, first.day))
    end = min(end, datetime(as_of.year, as_of.month, as_of.day) + day)
    months = 0.0
    while start < end:
        month = datetime(start.year, start.month, 1)
        following = (month + 31 * day).replace(day=1)
        stop = min(following, end)
        months += 1.0 if (start, stop) == (month, following) else (stop - start) / (following - month)
        start = stop
    return months


def _row(
    journey: Journey, card: Scorecard, objective: Objective | None, target: Target, kpi: Any, label: Any, found: dict[str, Any],
) -> dict[str, Any]:
    """One row of ScoredCard.rows: a KPI under one label."""
    from helpers.measure.registry import own_label

    figures = {key: _number(found.get(key)) for key in _FIGURES}
    months = months_covered(label.start, label.end, journey.first_at, journey.as_of) if kpi.statistic == "total" else 1.0
    goal, reason = _goal(journey, target, kpi, months)
    value, low, high = (figures[key] for key in _FIGURES[:3])
    settled = status(goal, low, high)
    known = settled != "no_information"
    wanted, flag = goal.nearest(value) if goal else (math.nan, math.nan)
    owner = (target.owner or objective.owner or card.owner) if objective else ""
    return {
        "phase": card.phase, "perspective": objective.perspective if objective else kpi.perspective,
        "objective": objective.name if objective else "", "kpi": kpi.id, "label": own_label(kpi, journey), "unit": kpi.unit,
        "better": kpi.better, "kind": target.kind or kpi.kind, "period": label.period, "grain": label.grain,
        "segment": journey.segment.label, **figures, "base": found.get("base") or kpi.denominator, "target": wanted,
        "red_flag": flag, "score": score(goal, best_known(goal, value, low, high)) if known else math.nan, "status": settled,
        "owner": owner, "definition": _definition(kpi, journey), "weight": target.weight,
        "objective_id": objective.id if objective else "", "goal": goal, "months": months,
        "people": _number(found.get("people", found.get("n"))),
        "reason": "" if known else _why(journey, kpi, figures, found, reason),
    }


def cut_to_people(kpi: Any) -> bool:
    """Whether a segment changes the KPI: not where it rests on the company's own tables alone (team, campaigns, activities)."""
    tables = {one.split(".", 1)[0] for need in kpi.needs for one in need.split("|")}
    return any("customer_id" in {each.name for each in contract.TABLES[name].columns} for name in tables)


def _goal(journey: Journey, target: Target, kpi: Any, months: float) -> tuple[Goal | None, str]:
    """The goal that judges a label, and why there is none. A total's goal is for one month: times the months covered."""
    if target.goal is None:
        return None, NO_TARGET
    if kpi.statistic in AMOUNTS and target.covers != journey.segment.label and cut_to_people(kpi):
        whom = "the whole company" if target.covers == "all" else target.covers
        return None, f"no target: the one on the scorecard is a total for {whom}"
    if kpi.statistic != "total":
        return target.goal, ""
    return (target.goal.times(months), "") if months > 0 else (None, NO_ROWS)


def _why(journey: Journey, kpi: Any, figures: dict[str, float], found: dict[str, Any], no_goal: str) -> str:
    """Why a KPI has no information: what is missing in the data comes before a missing target."""
    if reason := found.get("reason"):
        return str(reason)
    if missing := journey.missing(kpi.needs):
        return "needs " + ", ".join(missing)
    if all(math.isnan(figures[key]) for key in ("value", "low", "high")):
        return NO_ROWS if not figures["n"] > 0 else "too few"
    return no_goal or "no interval"


def _definition(kpi: Any, journey: Journey) -> str:
    describe = getattr(kpi, "describe", None)
    return describe(journey) if describe else kpi.definition


def _number(value: Any) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)
