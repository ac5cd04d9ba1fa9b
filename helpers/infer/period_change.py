"""What changed, KPI by KPI: against the like period before, split into who came and how they fared, and month by month: signal or noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import bdtrc

from helpers import names
from helpers.infer import adoption_parts, change
from helpers.infer.estimate import estimates
from helpers.infer.intervals import LEVEL
from helpers.infer.monthly import MIN_MONTHS, drifts, monthly
from helpers.infer.multiplicity import false_discovery
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import Kpi, adoption, all_kpis, spans
from helpers.measure.registry import own_label
from helpers.names import days_words

WOULD_SHOW = "which KPIs changed beyond chance, by how much, and whether other customers came or the same fared otherwise"
ALPHA = 1 - LEVEL
LATEST = 3
"""The last settled months that a review looks at first."""
BY_CHANCE = {"month": 0.01, "latest": 0.03}
"""How often noise passes for a signal, at most: a month outside its limits on the bad side; a KPI with any signal in its last three months.
Simulated for 8 to 36 months of normal noise (0.3 % and 2.6 %), and rounded up."""
STRANGERS = 0.2
"""A split leaves out KPIs of which more than this part belongs to nobody whose segment is known."""
KPI = ["kpi", "label", "phase", "kind", "unit", "better"]
SIX = ["clusters", *change.SUMS[1:]]
SIDES = [f"{name}{end}" for name in (spans.BEFORE, spans.NOW) for end in ("", "_low", "_high", "_n")]
SPLIT = ["column", *[f"{part}{end}" for part in ("mix", "rate") for end in ("", "_low", "_high")]]
COLUMNS = [*KPI, *SIDES, "difference", "low", "high", "p_value", "q_value", "way", *SPLIT, "months", "state", "signal_month", "signal_way"]


def changed(journey: Journey, phases: Sequence[str]) -> Result:
    """The KPIs of some phases that these data can show, one row each.

    Table: COLUMNS. before and now are the estimates of the two spans of `spans.compared_labels` (a total before is put on as many days as now),
    difference has its interval, p_value and q_value (Benjamini-Hochberg over the rows), way is better, worse or moved (best within a range) where
    q is under 0.05. mix and rate split the difference by the segment column named in `column`. months counts the settled months, state is
    signal, drift (on the move all along), noise or few (under 8 months); signal_month the last month with a signal.
    Extra: months (see `monthly.monthly`) and standing (see `standing_out`) and latest (see `latest`). Facts: see `_facts`.
    """
    kpis = [kpi for kpi in all_kpis().values() if kpi.phase in phases and not journey.missing(kpi.needs)]
    if not kpis:
        return Result("", nothing="These data allow no KPI of this page, so there is nothing to compare.")
    found = estimates(journey, [kpi.id for kpi in kpis])
    table = pd.DataFrame([(k.id, own_label(k, journey), k.phase, k.kind, k.unit, k.better) for k in kpis], columns=KPI)
    table = _differences(journey, kpis, found, table)
    # Of many phases only what changed is shown, so only that is split.
    split = kpis if len(phases) == 1 else [kpi for kpi, way in zip(kpis, table["way"], strict=True) if way]
    table = table.merge(_splits(journey, split), on="kpi", how="left")
    unknown = table["difference"].isna()
    table.loc[unknown, SPLIT] = np.nan
    series = monthly(journey, found)
    moving, inside = set(drifts(series)["kpi"]), months_inside(journey)
    table = table.merge(_states(table[["kpi"]], series, found, moving, inside), on="kpi")[COLUMNS]
    still = series[~series["kpi"].isin(moving)]
    facts = {**_facts(journey, table), "older": "adoption" in phases and old_for_new(journey)}
    return Result("", table, who=journey.segment.people, facts=facts,
                  extra={"months": series, "standing": standing_out(still, inside), "latest": latest(still, inside)}, method=_method(facts))


# Against the span before --------------------------------------------------------------------------------


def _differences(journey: Journey, kpis: Sequence[Kpi], found: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    labels, ends = spans.compared_labels(journey), ("value", "low", "high", "n")
    if labels is None:
        return table.assign(**dict.fromkeys([*SIDES, "difference", "low", "high", "p_value", "q_value"], np.nan), way="")
    sides = {}
    for name, label in labels.items():
        mine = found[(found["grain"] == label.grain) & (found["period"] == label.period)].set_index("kpi").reindex(table["kpi"])
        sides[name] = mine[list(ends)].astype(float).reset_index(drop=True)
    both = spans.spans(journey)
    days = {name: (end - start).total_seconds() for name, (start, end) in both.items()} if both else {}
    totals = np.array([kpi.statistic == "total" for kpi in kpis])
    if days:
        sides[spans.BEFORE].loc[totals, list(ends[:3])] *= days[spans.NOW] / days[spans.BEFORE]
    moved = change.difference(sides[spans.NOW], sides[spans.BEFORE])
    for name, side in sides.items():
        table[[f"{name}{end}" for end in ("", "_low", "_high", "_n")]] = side.to_numpy()
    table[["difference", "low", "high", "p_value"]] = moved[["value", "low", "high", "p_value"]].to_numpy(dtype=float)
    table.loc[moved["low"].isna() | moved["high"].isna(), ["difference", "low", "high", "p_value"]] = np.nan
    table["q_value"] = false_discovery(table["p_value"])
    good = (table["difference"] > 0) == (table["better"] == "higher")
    way = np.where(table["better"] == "range", "moved", np.where(good, "better", "worse"))
    return table.assign(way=np.where(table["q_value"] < ALPHA, way, ""))


def _splits(journey: Journey, kpis: Sequence[Kpi]) -> pd.DataFrame:
    """The split of each KPI by the segment column in which who came weighs most beside its own interval: kpi and SPLIT."""
    sums, out = spans.by_segment(journey, kpis), []
    statistic = {kpi.id: kpi.statistic for kpi in kpis}
    for kpi, part in sums.groupby("kpi", sort=False):
        whole = part[part["column"] == ""].set_index("span")
        tried = [_split(whole, one, column) for column, one in part[part["column"] != ""].groupby("column", sort=False)]
        tried = [one for one in tried if one is not None]
        if tried:
            size = 100.0 if statistic[kpi] == "nps" else 1.0
            best = max(tried, key=lambda one: abs(one[1]) / max(one[3] - one[1], 1e-12))
            out.append((kpi, best[0], *[size * figure for figure in best[1:]]))
    return pd.DataFrame(out, columns=["kpi", *SPLIT])


def _split(whole: pd.DataFrame, rows: pd.DataFrame, column: str) -> tuple | None:
    """One KPI by one column: column, mix, low, high, rate, low, high; who is in no segment is a group of its own, None where that is too many."""
    if set(whole.index) != {spans.BEFORE, spans.NOW}:
        return None
    values, sides = sorted(set(rows["value"])), []
    for name in (spans.NOW, spans.BEFORE):
        mine = rows[rows["span"] == name]
        groups = np.zeros((len(values) + 1, len(SIX)))
        groups[[values.index(value) for value in mine["value"]]] = mine[SIX].to_numpy(dtype=float)
        total = whole.loc[name, SIX].to_numpy(dtype=float)
        rest = total - groups.sum(axis=0)
        if groups[:, 2].sum() <= 0 or abs(rest[2]) > STRANGERS * total[2]:
            return None
        groups[-1] = rest if rest[0] > 0 else 0.0
        sides.append(groups)
    parts, _ = change.split_sums(*sides)
    return (column, *parts[1], *parts[2])


def old_for_new(journey: Journey) -> bool:
    """Whether many who seem to start in the data's first month were customers before, so that early months hold other people than later ones."""
    kind = adoption.start_kind(journey)
    if kind is None:
        return False
    facts = {"kind": kind, "days": (journey.as_of - journey.first_at).days, **adoption.before_the_data(journey)}
    return bool(adoption_parts.older_than_the_data(facts, journey))


# Month by month -----------------------------------------------------------------------------------------


def months_inside(journey: Journey) -> list[str]:
    """The months of the period; of all the data those of the last twelve months (the span `now`)."""
    labels = spans.compared_labels(journey)
    start, end = (labels[spans.NOW].start, labels[spans.NOW].end) if labels else (journey.period.start, journey.period.end)
    months = journey.labels[journey.labels["grain"] == "month"]
    return months.loc[(months["end"] > start) & (months["start"] < end), "period"].tolist()


def _states(kpis: pd.DataFrame, series: pd.DataFrame, found: pd.DataFrame, moving: set[str], inside: Sequence[str]) -> pd.DataFrame:
    """What the months of each KPI say: kpi, months, state, signal_month, signal_way."""
    known, out = dict(list(series.groupby("kpi", sort=False))), []
    counted = found[(found["grain"] == "month") & found["value"].notna()].groupby("kpi").size()
    for kpi in kpis["kpi"]:
        part = known.get(kpi)
        if part is None:
            out.append((kpi, int(counted.get(kpi, 0)), "few", "", ""))
            continue
        hits = part[(part["signal"] != "") & part["period"].isin(inside)]
        state = "drift" if kpi in moving and len(hits) else "signal" if len(hits) else "noise"
        last = hits.iloc[-1] if len(hits) else {"period": "", "way": ""}
        out.append((kpi, int(part["value"].notna().sum()), state, last["period"], last["way"]))
    return pd.DataFrame(out, columns=["kpi", "months", "state", "signal_month", "signal_way"])


def standing_out(series: pd.DataFrame, inside: Sequence[str]) -> pd.DataFrame:
    """The KPIs outside their limits for the worse in the month of `inside` in which most are: period, kpi, label, unit, value, centre, lower, upper, size.

    No rows where noise alone would now and then bring as many: the month's count must be one that noise brings in fewer than one of twenty
    such spans of months. In: `monthly.monthly` without the KPIs that are on the move all along. size: distance from the centre, in reaches of the limits.
    """
    columns = ["period", "kpi", "label", "unit", "value", "centre", "lower", "upper", "size"]
    still = series[series["period"].isin(list(inside)) & series["value"].notna()]
    bad = still[(still["signal"] == "outside") & (still["way"] == "worse")]
    if not len(bad):
        return pd.DataFrame(columns=columns)
    counts, tried = bad.groupby("period").size(), still.groupby("period").size()
    worst = counts.idxmax()
    if counts[worst] < 2 or bdtrc(counts[worst] - 1, tried[worst], BY_CHANCE["month"]) * len(tried) > ALPHA:
        return pd.DataFrame(columns=columns)
    bad = bad[bad["period"] == worst]
    size = (bad["value"] - bad["centre"]).abs() / np.maximum(bad["upper"] - bad["centre"], bad["centre"] - bad["lower"])
    return bad.assign(size=size)[columns].sort_values(["size", "kpi"], ascending=[False, True], ignore_index=True)


def latest(series: pd.DataFrame, inside: Sequence[str]) -> pd.DataFrame:
    """The KPIs with a signal in their last settled months, as far as these lie in `inside`: kpi, label, period, value, centre, unit, way, signal.

    No rows where noise would now and then bring as many. In: as for `standing_out`.
    """
    columns = ["kpi", "label", "period", "value", "centre", "unit", "way", "signal"]
    tails = [part.tail(LATEST) for _, part in series.groupby("kpi", sort=False)]
    tails = [tail[tail["period"].isin(list(inside))] for tail in tails]
    hits = [one.tail(1) for tail in tails if len(one := tail[tail["signal"] != ""])]
    if not hits or bdtrc(len(hits) - 1, sum(len(tail) > 0 for tail in tails), BY_CHANCE["latest"]) > ALPHA:
        return pd.DataFrame(columns=columns)
    return pd.concat(hits, ignore_index=True)[columns]


# Words --------------------------------------------------------------------------------------------------


def _facts(journey: Journey, table: pd.DataFrame) -> dict[str, object]:
    """kpis, compared, worse, better, moved and charts (counts), kind (of comparison: previous, recent, halves or none), before (the label compared with), previous
    (the like period before, there or not), spans (their days in words), min_months, currency. `changed` adds older (see `old_for_new`)."""
    labels, both = spans.compared_labels(journey), spans.spans(journey)
    kind, words = "none", {}
    if labels is not None and both is not None:
        year = labels[spans.NOW].end - labels[spans.NOW].start > pd.Timedelta(days=364)
        kind = "previous" if labels[spans.NOW].grain == "period" else "recent" if year else "halves"
        words = {name: days_words(start, end) for name, (start, end) in both.items()}
    return {
        "kpis": len(table), "compared": int(table["difference"].notna().sum()), **{way: int((table["way"] == way).sum()) for way in ("worse", "better", "moved")},
        "charts": int((table["state"] != "few").sum()), "kind": kind, "before": labels[spans.BEFORE].period if labels else "", "previous": before.label if (before := journey.period.previous()) else "",
        "spans": words, "min_months": MIN_MONTHS, "currency": journey.company.currency,
    }


def _method(facts: dict[str, object]) -> str:
    told = f"Change: {facts['spans']['before']} against {facts['spans']['now']}, d" if facts["spans"] else "Change: d"
    return (
        f"{told}ifferences with intervals from both sides' own (Newcombe; Zou and Donner), q by Benjamini-Hochberg over the KPIs of the page; a total before is put on as many days as now. "
        "The split (Kitagawa) holds segments against each other and shows the segment column in which who came weighs most; within a segment customers may have changed all the same. A share within a window is split as the mean that it is: "
        "of the cases with the event, each weighed by one over the share of cases followed so long (Satten and Datta), the weights taken as known. "
        f"Months: XmR charts of KPIs with {MIN_MONTHS} settled months, limits at 2.66 mean moving ranges; a month is settled when it and the KPI's own window are over.")


# The sections of the pages ------------------------------------------------------------------------------


def register(page: str, phases: Sequence[str]) -> None:
    """Add the section `<phase>_change` to a page."""

    @section(f"{page.split('_', 1)[1]}_change", page=page, needs=(), would_show=WOULD_SHOW)
    def what_changed(journey: Journey) -> Result:
        """See `changed`."""
        return changed(journey, phases)


for _phase in ("intent", "adoption", "moments_of_truth"):
    register(next(page for page in names.PAGES if page.endswith(f"_{_phase}")), (_phase,))
register("5_journey", tuple(names.PHASES))
