"""What departments believe, laid beside what the data say: gaps past the evidence's uncertainty, agreement in order, and what no data settle.

Four beliefs, each with its evidence: which touchpoints matter most (importance for what customers do next), where customers suffer most
(mean experience, the poorest first), how each stage feels (-2 to +2), and what share goes on to each stage.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from helpers.infer.ranks import agreement
from helpers.journey import Journey
from helpers.workshop.record import Record

KINDS = {
    "matter": "what matters most to what customers do next",
    "suffer": "where customers suffer most",
    "emotion": "how a stage feels",
    "conversion": "how many go on to a stage",
}
SPAN = {"emotion": 4.0, "conversion": 1.0}
EVIDENCE = ["kind", "id", "label", "value", "low", "high", "n"]
GAPS = ["kind", "id", "label", "department", "belief", "value", "low", "high", "n", "gap", "size"]


def evidence(journey: Journey) -> pd.DataFrame:
    """What the data say of every touchpoint and stage that a belief may be about: EVIDENCE; value is missing where nothing is known.

    matter: share of importance; suffer: mean experience on -2..+2; emotion: feeling -2..+2; conversion: share 0-1.
    """
    return journey.once("workshop evidence", lambda: pd.concat([_touchpoints(journey), _emotion(journey), _conversion(journey)], ignore_index=True)[EVIDENCE])


def _touchpoints(journey: Journey) -> pd.DataFrame:
    from helpers.infer import map as found
    from helpers.infer.moments import moments

    points = found.touchpoints(journey)
    rated = not journey.missing(found.RATED)
    table = moments(journey).table if rated else pd.DataFrame(columns=["touchpoint", "importance", "importance_low", "importance_high", "n"])
    matter = points[["touchpoint", "label"]].merge(table[["touchpoint", "importance", "importance_low", "importance_high", "n"]], on="touchpoint", how="left")
    matter = matter.set_axis(["id", "label", "value", "low", "high", "n"], axis=1).assign(kind="matter")
    suffer = points[["touchpoint", "label", "feeling", "feeling_low", "feeling_high", "ratings"]].set_axis(["id", "label", "value", "low", "high", "n"], axis=1)
    return pd.concat([matter, suffer.assign(kind="suffer")], ignore_index=True)


def _emotion(journey: Journey) -> pd.DataFrame:
    from helpers.infer import map as found

    table = found.stages(journey)
    return table[["stage", "label", "feeling", "feeling_low", "feeling_high", "ratings"]].set_axis(["id", "label", "value", "low", "high", "n"], axis=1).assign(kind="emotion")


def _conversion(journey: Journey) -> pd.DataFrame:
    from helpers.infer.moments_of_truth import stage_conversion

    table = stage_conversion(journey).table
    if not len(table):
        return pd.DataFrame(columns=EVIDENCE)
    stages = journey.stages
    return table.assign(id=table["stage"], label=table["stage"].map(stages), kind="conversion")[EVIDENCE]


def gaps(record: Record, known: pd.DataFrame) -> pd.DataFrame:
    """One row a belief that a figure can be laid beside: GAPS, the widest gap first.

    gap: how far the belief lies past the nearer end of the evidence's interval, in its own unit (0 inside it); for an order, how many places
    the touchpoint stands off its place in the data. size: the gap on a common scale, 0 to 1.
    """
    rows = []
    for department, beliefs in record["beliefs"].items():
        for kind in ("emotion", "conversion"):
            for row in _of(known, kind).itertuples():
                if row.id in beliefs.get(kind, {}) and not pd.isna(row.value):
                    belief = float(beliefs[kind][row.id])
                    gap = belief - float(np.clip(belief, _or(row.low, row.value), _or(row.high, row.value)))
                    rows.append((kind, row.id, row.label, department, belief, row.value, row.low, row.high, row.n, gap, abs(gap) / SPAN[kind]))
        for kind in ("matter", "suffer"):
            rows += _places(beliefs.get(kind, []), kind, department, _of(known, kind))
    table = pd.DataFrame(rows, columns=GAPS)
    return table.sort_values(["size", "kind", "id", "department"], ascending=[False, True, True, True], ignore_index=True)


def _places(listed: list[str], kind: str, department: str, known: pd.DataFrame) -> list[tuple]:
    """Gaps of an order: a touchpoint's place on the department's list against its place in the data; places whose intervals overlap are shared."""
    ranked = known.dropna(subset=["value"])
    rows = []
    for place, name in enumerate(listed, start=1):
        row = ranked[ranked["id"] == name]
        if not len(row):
            continue
        row = row.iloc[0]
        ahead = ranked["low"] > row["high"] if kind == "matter" else ranked["high"] < row["low"]
        behind = ranked["high"] < row["low"] if kind == "matter" else ranked["low"] > row["high"]
        first, last = int(ahead.sum()) + 1, len(ranked) - int(behind.sum())
        gap = float(np.clip(place, first, last) - place)
        rows.append((kind, name, row["label"], department, float(place), float(first), float(first), float(last), row["n"], -gap, abs(gap) / max(len(ranked) - 1, 1)))
    return rows


def with_data(record: Record, known: pd.DataFrame) -> pd.DataFrame:
    """How far each department's orders agree with the data's: kind, department, tau, low, high, n (touchpoints), reason."""
    rows = []
    for department, beliefs in record["beliefs"].items():
        for kind in ("matter", "suffer"):
            ranked = _of(known, kind).dropna(subset=["value"])
            if beliefs.get(kind):
                weight = ranked["value"] if kind == "matter" else -ranked["value"]
                rows.append({"kind": kind, "department": department, **agreement(_score(beliefs[kind], ranked["id"]), weight)})
    return pd.DataFrame(rows, columns=["kind", "department", "tau", "low", "high", "n", "reason"])


def with_each_other(record: Record, known: pd.DataFrame) -> pd.DataFrame:
    """How far each two departments' orders agree: kind, department, other, tau, low, high, n, reason; the least agreeing first."""
    rows = []
    for (one, a), (other, b) in combinations(record["beliefs"].items(), 2):
        for kind in ("matter", "suffer"):
            if a.get(kind) and b.get(kind):
                ids = _of(known, kind)["id"]
                rows.append({"kind": kind, "department": one, "other": other, **agreement(_score(a[kind], ids), _score(b[kind], ids))})
    table = pd.DataFrame(rows, columns=["kind", "department", "other", "tau", "low", "high", "n", "reason"])
    return table.sort_values("tau", kind="stable", ignore_index=True)


def among(record: Record) -> pd.DataFrame:
    """Where departments differ from each other: kind, id, lowest, highest, low_by, high_by, spread, size; the widest first."""
    rows = []
    for kind in ("emotion", "conversion"):
        told: dict[str, list[tuple[float, str]]] = {}
        for department, beliefs in record["beliefs"].items():
            for name, value in beliefs.get(kind, {}).items():
                told.setdefault(name, []).append((float(value), department))
        for name, values in told.items():
            (low, low_by), (high, high_by) = min(values), max(values)
            if len(values) > 1 and high > low:
                rows.append((kind, name, low, high, low_by, high_by, high - low, (high - low) / SPAN[kind]))
    table = pd.DataFrame(rows, columns=["kind", "id", "lowest", "highest", "low_by", "high_by", "spread", "size"])
    return table.sort_values(["size", "kind", "id"], ascending=[False, True, True], ignore_index=True)


def unsettled(record: Record, known: pd.DataFrame) -> pd.DataFrame:
    """Beliefs that no data can settle yet: kind, id, label, departments; what is asked next begins here."""
    labels = dict(zip(known["id"], known["label"], strict=True))
    settled = {(row.kind, row.id) for row in known.dropna(subset=["value"]).itertuples()}
    held: dict[tuple[str, str], list[str]] = {}
    for department, beliefs in record["beliefs"].items():
        for kind in KINDS:
            for name in beliefs.get(kind, ()):
                if (kind, name) not in settled:
                    held.setdefault((kind, name), []).append(department)
    return pd.DataFrame([(kind, name, labels.get(name, name), ", ".join(who)) for (kind, name), who in held.items()], columns=["kind", "id", "label", "departments"])


def unknown(record: Record, journey: Journey) -> list[str]:
    """Names in beliefs and moments that this company does not have, in sentences that say what to type instead."""
    from helpers.score.lines import suggest

    touchpoints, stages = list(evidence(journey).query("kind == 'matter'")["id"]), list(journey.stages)
    said = [(f"{kind} of {who}", name, touchpoints) for who, beliefs in record["beliefs"].items() for kind in ("matter", "suffer") for name in beliefs.get(kind, ())]
    said += [(f"{kind} of {who}", name, stages) for who, beliefs in record["beliefs"].items() for kind in ("emotion", "conversion") for name in beliefs.get(kind, ())]
    said += [("moments", name, touchpoints) for name in record["moments"]]
    labels = dict(zip(evidence(journey)["id"], evidence(journey)["label"], strict=True))
    return [f"{where}: '{name}' is not known here; {suggest(name, allowed, {k: v for k, v in labels.items() if k in allowed})}" for where, name, allowed in said if name not in allowed]


def _of(known: pd.DataFrame, kind: str) -> pd.DataFrame:
    return known[known["kind"] == kind]


def _score(listed: list[str], ids: pd.Series) -> np.ndarray:
    """An order as numbers: the first highest, what is not listed all alike at the end."""
    return np.array([len(listed) - listed.index(name) if name in listed else 0 for name in ids], dtype=float)


def _or(bound: Any, value: float) -> float:
    return value if pd.isna(bound) else float(bound)
