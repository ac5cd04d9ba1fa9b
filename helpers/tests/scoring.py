"""What the tests of scorecards share: a few KPIs, a journey that needs no data, estimates by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from helpers import names
from helpers.journey import parse_segment


def kpi(id: str, phase: str, perspective: str, unit: str, better: str, statistic: str = "mean", kind: str = "lagging", needs=("orders",)):
    return SimpleNamespace(
        id=id, label=id.replace("_", " ").capitalize(), phase=phase, perspective=perspective, kind=kind, unit=unit, better=better,
        statistic=statistic, definition=f"What {id} is.", numerator="", denominator="customers", needs=tuple(needs),
    )


KPIS = {
    each.id: each
    for each in (
        kpi("intent_conversion", "intent", "financial", "share", "higher", "survival_share"),
        kpi("time_to_decide", "intent", "customer", "days", "lower", "survival_median"),
        kpi("intent_csat", "intent", "customer", "score", "higher", needs=("surveys.score",)),
        kpi("open_intent_value", "intent", "financial", "currency", "higher", "total"),
        kpi("channel_consistency", "intent", "internal_processes", "score", "range"),
        kpi("presales_training_hours", "intent", "learning_and_growth", "hours", "higher", "total", "leading", ("team.training_hours",)),
        kpi("resolution_time", "touchpoints", "internal_processes", "hours", "lower", "survival_median", needs=("tickets",)),
        kpi("training_hours", "touchpoints", "learning_and_growth", "hours", "higher", "mean", "leading", ("team.training_hours",)),
        kpi("nps", "touchpoints", "customer", "points", "higher", "nps", needs=("surveys.score",)),
        kpi("csat", "touchpoints", "customer", "score", "higher", needs=("surveys.score",)),
    )
}


@dataclass(frozen=True)
class FakeJourney:
    """Stands for a Journey: 2026-Q3, data from March 2025 to the end of September 2026."""

    folder: Path
    segment: object = parse_segment("all")
    as_of: datetime = datetime(2026, 9, 30, 18)
    first_at: datetime = datetime(2025, 3, 10)
    min_cell: int = 10
    gone: tuple[str, ...] = ()
    stages = names.STAGES
    outcome = "repeat_purchase"

    @property
    def company(self):
        return SimpleNamespace(folder=self.folder, currency="EUR")

    @property
    def labels(self) -> pd.DataFrame:
        month = [(f"2026-{m:02d}", "month", datetime(2026, m, 1), datetime(2026, m + 1, 1)) for m in (7, 8, 9)]
        rows = [*month, ("2026-Q3", "period", datetime(2026, 7, 1), datetime(2026, 10, 1)), ("2026-Q2", "previous", datetime(2026, 4, 1), datetime(2026, 7, 1))]
        return pd.DataFrame(rows, columns=["period", "grain", "start", "end"])

    def missing(self, needs: tuple[str, ...]) -> list[str]:
        return [need for need in needs if need in self.gone]


def estimates(**values: tuple[float, float, float, float]) -> pd.DataFrame:
    """Every label of the fake journey with the same (value, low, high, n) a KPI."""
    labels = FakeJourney(Path()).labels[["period", "grain"]]
    parts = [
        labels.assign(kpi=id, value=value, low=low, high=high, n=n, people=n, base="customers", reason="")
        for id, (value, low, high, n) in values.items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["kpi", "period", "grain", "value", "low", "high", "n", "base"])


def write(folder: Path, **files: str) -> Path:
    """Scorecard files: `intent="..."` becomes scorecards/intent.yml, `intent__north` becomes scorecards/intent.north.yml."""
    (folder / "scorecards").mkdir(exist_ok=True)
    for stem, text in files.items():
        (folder / "scorecards" / f"{stem.replace('__', '.')}.yml").write_text(text)
    return folder
