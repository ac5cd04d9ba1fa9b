"""What a scorecard says: objectives, KPIs with target and red flag, initiatives, links of the strategy map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from helpers import names
from helpers.score.quantity import Promise
from helpers.score.goals import Goal


@dataclass(frozen=True)
class Target:
    """A KPI on a scorecard. `goal` is None where it is only watched; a total's goal is for one month.

    `covers` is the segment that the goal was stated for: a total's goal holds for no other.
    """

    kpi: str
    goal: Goal | None = None
    weight: float = 1.0
    owner: str = ""
    kind: str = ""
    covers: str = "all"


@dataclass(frozen=True)
class Initiative:
    """What somebody does about an objective: by when, for how much, and by how much it should move which KPI."""

    name: str
    kpi: str
    owner: str = ""
    due: date | None = None
    budget: float | None = None
    promise: Promise | None = None
    promise_text: str = ""
    baseline: float | None = None


@dataclass(frozen=True)
class Objective:
    """What the company wants from one perspective, the KPIs that tell, the initiatives that should get it there."""

    id: str
    name: str
    perspective: str
    weight: float = 1.0
    owner: str = ""
    kpis: tuple[Target, ...] = ()
    initiatives: tuple[Initiative, ...] = ()


@dataclass(frozen=True)
class Link:
    """An arrow of the strategy map: moving `start` should move `end`, `lag_months` later (None: not said).

    Each end is an objective of the same scorecard, `phase.objective` of another, or a KPI.
    """

    start: str
    end: str
    lag_months: int | None = None
    why: str = ""
    file: Path = field(default=Path(), compare=False)
    line: int = 0


@dataclass(frozen=True)
class Scorecard:
    """One scorecard: the whole company's for a phase, or a part's, with `segment` or `team` and what it `extends`."""

    name: str
    phase: str
    objectives: tuple[Objective, ...]
    owner: str = ""
    segment: str = "all"
    team: str = ""
    extends: str = ""
    weight: float = 1.0
    perspective_weights: tuple[tuple[str, float], ...] = ()
    links: tuple[Link, ...] = ()
    file: str = ""

    @property
    def is_part(self) -> bool:
        """Whether it covers a segment or a team, not the whole company."""
        return self.segment != "all" or bool(self.team)

    def entries(self) -> Iterator[tuple[Objective, Target]]:
        """Every KPI with its objective, in the order of the file."""
        for objective in self.objectives:
            for target in objective.kpis:
                yield objective, target

    def objective(self, id: str) -> Objective | None:
        """The objective of that id, or None."""
        return next((each for each in self.objectives if each.id == id), None)


def default(phase: str, kpis: Mapping[str, Any]) -> Scorecard:
    """The scorecard of a company that has none: one objective a perspective, its KPIs from the registry, no targets.

    >>> from types import SimpleNamespace
    >>> kpis = {"nps": SimpleNamespace(id="nps", phase="touchpoints", perspective="customer")}
    >>> [(o.name, [t.kpi for t in o.kpis]) for o in default("touchpoints", kpis).objectives]
    [('Customer', ['nps'])]
    """
    objectives = []
    for perspective, label in names.PERSPECTIVES.items():
        ids = [id for id, kpi in kpis.items() if kpi.phase == phase and kpi.perspective == perspective]
        if ids:
            objectives.append(Objective(perspective, label, perspective, kpis=tuple(Target(id) for id in ids)))
    return Scorecard(f"{names.PHASES[phase]}: no scorecard yet", phase, tuple(objectives))
