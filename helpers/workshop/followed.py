"""What we decided, what happened: every initiative, target and contested moment of earlier workshops against the months since."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.infer.monthly import BOUNDS, settled
from helpers.infer.since import since
from helpers.score import quantity
from helpers.score.goals import promise_kept
from helpers.score.scored import ScoredCard
from helpers.workshop import store
from helpers.workshop.aims import goal, months_met
from helpers.workshop.record import Record, read

INITIATIVES = [
    "workshop", "initiative", "owner", "due", "phase", "kpi", "label", "unit", "promise", "promised", "before", "after", "change", "low", "high",
    "months_before", "months_after", "signal", "state", "better", "kept", "status",
]
TARGETS = ["workshop", "phase", "kpi", "label", "unit", "was_target", "target", "value", "low", "high", "status", "months_since", "months_met"]
MOMENTS = ["workshop", "touchpoint", "label", "room", "reason", "verdict"]
KEPT = {"yes": "the promise is kept", "no": "the promise is not kept", "not_yet_known": "not yet known", "": "nothing was promised"}


def records(company: Path, until: str = "") -> list[Record]:
    """The company's workshops up to a day (default: all), the latest first. A broken file raises WorkshopError."""
    found = [read(company / "workshops" / f"{day}.yml") for day in store.days(company) if not until or day <= until]
    return found[::-1]


def initiatives(held: list[Record], cards: Mapping[str, ScoredCard]) -> pd.DataFrame:
    """One row an initiative that a workshop decided: INITIATIVES.

    before, after: means of the months before and after the workshop's day; change with its interval and state as `infer.since`; promised: the
    change that was promised; kept: yes, no or not_yet_known by the same rule as a target, "" where nothing was promised.
    """
    rows = [_initiative(record, item, cards) for record in held for item in record["initiatives"].values()]
    return pd.DataFrame([row for row in rows if row], columns=INITIATIVES)


def _initiative(record: Record, item: Mapping[str, Any], cards: Mapping[str, ScoredCard]) -> dict[str, Any] | None:
    card, kpi = _find(cards, item["kpi"])
    if card is None:
        return None
    higher = kpi.better != "lower"
    moved = since(_months(card, kpi), pd.Timestamp(record["date"]), higher=higher, bounds=BOUNDS.get(kpi.unit))
    promised = _promised(item.get("promise", ""), kpi, card.currency, float(moved["before"]))
    kept = promise_kept(promised, moved["low"], moved["high"], higher=promised > 0) if np.isfinite(promised) else ""
    now = card.table[card.table["kpi"] == kpi.id]
    return {
        "workshop": record["date"], "initiative": item["name"], "owner": item.get("owner", ""), "due": item.get("due", ""), "phase": kpi.phase, "kpi": kpi.id,
        "label": kpi.label, "unit": kpi.unit, "promise": item.get("promise", ""), "promised": promised, **moved, "kept": kept,
        "status": now["status"].iloc[0] if len(now) else "no_information",
    }


def _promised(text: str, kpi: Any, currency: str, before: float) -> float:
    if not text or not np.isfinite(before):
        return np.nan
    try:
        promise = quantity.promise(text, kpi.unit, currency=currency)
    except ValueError:
        return np.nan
    return promise.amount * before if promise.relative else promise.amount


def targets(held: list[Record], cards: Mapping[str, ScoredCard]) -> pd.DataFrame:
    """One row a target that a workshop set: TARGETS; months_met of months_since met it with their whole interval."""
    rows = []
    for record in held:
        for name, set_ in record["targets"].items():
            card, kpi = _find(cards, name)
            if card is None:
                continue
            table = card.table[card.table["kpi"] == kpi.id]
            one = table.iloc[0] if len(table) else pd.Series(dtype="object")
            later = card.rows[(card.rows["grain"] != "month") | (card.rows["period"] >= record["date"][:7])]
            met = months_met(_only(card, later), kpi.id, goal(card, kpi.id, set_["target"], set_["red_flag"]))
            rows.append((record["date"], kpi.phase, kpi.id, kpi.label, kpi.unit, set_.get("was_target", ""), set_["target"], *(one.get(key, np.nan) for key in ("value", "low", "high")),
                         one.get("status", "no_information"), int(met.sum()), int(met.get("on_target", 0))))
    return pd.DataFrame(rows, columns=TARGETS)


def moments(held: list[Record], verdicts: pd.DataFrame) -> pd.DataFrame:
    """One row a moment that a room marked, agreed to or contested, with what the data say of it now: MOMENTS; `verdicts`: touchpoint, label, verdict."""
    now = verdicts.set_index("touchpoint") if len(verdicts) else pd.DataFrame(columns=["label", "verdict"])
    rows = [
        (record["date"], name, now["label"].get(name, name), said["room"], said.get("reason", ""), now["verdict"].get(name, ""))
        for record in held for name, said in record["moments"].items()
    ]
    return pd.DataFrame(rows, columns=MOMENTS)


def _find(cards: Mapping[str, ScoredCard], name: str) -> tuple[ScoredCard | None, Any]:
    for card in cards.values():
        if (kpi := card.scorecards.kpis.get(name.rpartition(".")[2])) is not None and kpi.phase in cards:
            return cards[kpi.phase], kpi
    return None, None


def _months(card: ScoredCard, kpi: Any) -> pd.DataFrame:
    """The KPI's months that are over and whose windows have closed: period, value."""
    rows = card.rows[(card.rows["kpi"] == kpi.id) & (card.rows["grain"] == "month")]
    return rows.loc[rows["period"].isin(settled(card.journey, kpi.window_days(card.journey) or 0.0)), ["period", "value"]]


def _only(card: ScoredCard, rows: pd.DataFrame) -> ScoredCard:
    from dataclasses import replace

    return replace(card, rows=rows)
