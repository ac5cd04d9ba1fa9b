"""Page 5, trade-offs: KPIs of which one gains when another loses, month by month and beyond noise.

Monthly differences are compared in ranks, each turned so that more is better, so that "against each other" is a negative correlation whatever the KPIs count. Two families
are tested, each paid for on its own (Benjamini-Hochberg): a short-term (leading) KPI against a long-term (lagging) one 0 to 3 months later, and two KPIs of
one kind in the same month. The p value is one-sided, by shuffling the months of the first KPI before differences are taken, as in `lag`, and pays for
the choice of the lag; where months resemble the ones before, it is at least that of Fisher's z on the effective number of months (Bartlett 1946). From two
years on, the yearly wave (a sine and a cosine of twelve months) is taken out first. A pair is shown only if it also stands without any one month: a
single bad month that sends many KPIs down and up again is no trade-off. A sharper season or a project may still move both.
"""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
from scipy.special import ndtr

from helpers.infer.blocks import SEED
from helpers.infer.lag import MIN_MONTHS, MIN_PAIRS
from helpers.infer.lag import effective, fisher
from helpers.infer.links import monthly_values
from helpers.infer.monthly import settled
from helpers.infer.multiplicity import false_discovery
from helpers.infer.section import Result, section, whom
from helpers.journey import Journey
from helpers.measure import Kpi, all_kpis
from helpers.measure.registry import own_label

PAGE = "5_journey"
LAGS = 3
ALPHA = 0.025
"""For each of the two families, so that both together stay at one company in twenty where nothing is traded."""
FIRST, MORE, MOST = 1000, 50_000, 40
"""Shuffles for every pair; for those that might matter; and how many pairs of a family may get so many."""
MIRROR = 0.95
"""Two KPIs whose changes go together or against each other this closely in the same month are one thing counted twice."""
SEASONED = 23
"""Months from which on a yearly wave can be told: two years, of which the last may not have settled."""
TRAFFIC = ("contact", "visit")
COLUMNS = ["family", "first", "second", "first_label", "second_label", "lag", "correlation", "low", "high", "months", "p_value", "q_value", "stands", "shown"]
FAMILIES = {"leading": "short-term against long-term", "same": "two of one kind"}


@section("trade_offs", page=PAGE, needs=("orders|interactions|surveys|tickets",), would_show="KPIs of which one gains when the other loses, the short-term ones at the cost of long-term ones first")
def trade_offs(journey: Journey) -> Result:
    """One row a pair of KPIs that may be compared: COLUMNS, what counts as a trade-off first; extra months: one row a pair shown, KPI and month.

    months: first, second, role (first, second), kpi, label, unit, period, value, place (the value in standard deviations from its mean, more is better).
    """
    few = f"Trade-offs cannot be tested here: fewer than two KPIs have {MIN_MONTHS} settled months without a gap."
    if len(settled(journey, 0.0)) < MIN_MONTHS:
        return Result("", who=whom(journey), nothing=few)
    kpis = {id: kpi for id, kpi in all_kpis().items() if kpi.better != "range" and kpi.statistic != "growth" and not journey.missing(kpi.needs)}
    series = whole_months(monthly_values(journey, list(kpis)))
    facts = {"kpis": series.shape[1], "months": int(series.notna().any(axis=1).sum()), "needed": MIN_MONTHS}
    if series.shape[1] < 2:
        return Result("", who=whom(journey), facts=facts, nothing=few)
    table, left = tested(series, kpis)
    labels = {id: own_label(kpi, journey) for id, kpi in kpis.items()}
    table["first_label"], table["second_label"] = table["first"].map(labels), table["second"].map(labels)
    facts |= {"pairs": {family: int((table["family"] == family).sum()) for family in FAMILIES}, "left_out": left, "shown": int(table["shown"].sum())}
    table = table.sort_values(["shown", "family", "q_value", "p_value", "first", "second"], ascending=[False, True, True, True, True, True], ignore_index=True)
    months = _months(table[table["shown"]], series, kpis, labels)
    return Result("", table[COLUMNS], who=whom(journey), facts=facts, extra={"months": months}, method=(
        f"Trade-offs: rank correlations of monthly differences of {series.shape[1]} KPIs with {MIN_MONTHS} settled months or more and no gap, each turned so that more is better and, from two years on, less its yearly wave. "
        f"Short-term (leading) KPIs against long-term (lagging) ones 0 to {LAGS} months later, and two of one kind in the same month; one-sided p by shuffled months that pays for the choice of the lag (never under that of "
        "Fisher's z on the effective number of months), "
        f"Benjamini-Hochberg q within each family, under {ALPHA:.3f} as there are two; shown only if the relation stands without any one month. Left out are pairs that count the same thing: "
        f"a common numerator or denominator, contacts or visits below the line of both, or changes that mirror each other (correlation of {MIRROR} or more either way)."
    ))


def whole_months(series: pd.DataFrame) -> pd.DataFrame:
    """The KPIs (columns) with enough months, none missing between the first and the last, and a value that changes."""
    kept = []
    for name, values in series.items():
        known = values.loc[values.first_valid_index():values.last_valid_index()] if values.notna().any() else values.iloc[:0]
        if len(known) >= MIN_MONTHS and known.notna().all() and known.nunique() > 2:
            kept.append(name)
    return series[kept]


def same_thing(one: Kpi, other: Kpi) -> bool:
    """Whether two KPIs share a numerator or denominator, by the words of the registry, or both divide by contacts or visits.

    The last because more browsing alone then moves both: it adds visits that end without a purchase and contacts that cost little.

    >>> kpis = all_kpis()
    >>> same_thing(kpis["revenue"], kpis["order_value"]), same_thing(kpis["csat"], kpis["revenue"])
    (True, False)
    """
    if {one.numerator, one.denominator} & {other.numerator, other.denominator}:
        return True
    return all(any(word in kpi.denominator for word in TRAFFIC) for kpi in (one, other))


def tested(series: pd.DataFrame, kpis: dict[str, Kpi], seed: int = SEED) -> tuple[pd.DataFrame, int]:
    """Every pair of KPIs that may be compared (see the module) and how many were left out as the same thing.

    series: one row a month, one column a KPI, missing only before the first and after the last; kpis: its words by id, better and kind among them.
    """
    better = {name: (1.0 if kpis[name].better == "higher" else -1.0) * without_season(series[name].to_numpy(dtype=float)) for name in series}
    changes = {name: _ranks(np.diff(values)[None])[0] for name, values in better.items()}
    rows, left = [], 0
    for i, first in enumerate(series):
        firsts = [second for j, second in enumerate(series) if _family(kpis[first], kpis[second]) == "leading" or (j > i and kpis[first].kind == kpis[second].kind)]
        fine = [second for second in firsts if not same_thing(kpis[first], kpis[second]) and not abs(_at(changes[first], changes[second], 0)[0]) >= MIRROR]
        left += len(firsts) - len(fine)
        shuffled = _shuffled(better[first], FIRST, _seed(seed, first))
        for second in fine:
            family = _family(kpis[first], kpis[second])
            rows.append((family, first, second, *_pair(shuffled, changes[first], changes[second], LAGS if family == "leading" else 0)))
    table = pd.DataFrame(rows, columns=["family", "first", "second", "lag", "correlation", "months", "p_value"]).dropna(subset=["p_value"]).reset_index(drop=True)
    table = _sharpened(table, better, changes, seed)
    table["p_value"] = [max(row.p_value, _resembling(changes[row.first], changes[row.second], row)) for row in table.itertuples()]
    return _judged(table, changes), left


def without_season(values: np.ndarray) -> np.ndarray:
    """Monthly values less their yearly wave, by least squares; as they are where fewer than two years are known.

    >>> wave = 3 + np.sin(2 * np.pi * np.arange(24) / 12)
    >>> np.ptp(without_season(wave)).round(6) + 0
    np.float64(0.0)
    """
    known = np.isfinite(values)
    if known.sum() < SEASONED:
        return values
    turn = 2 * np.pi * np.arange(values.size) / 12
    wave = np.column_stack([np.ones(values.size), np.sin(turn), np.cos(turn)])
    fit = np.linalg.lstsq(wave[known], values[known], rcond=None)[0]
    return np.where(known, values - wave[:, 1:] @ fit[1:], np.nan)


def _resembling(first: np.ndarray, second: np.ndarray, row) -> float:
    """The p value of the correlation on the effective number of months, times the lags tried."""
    months = min(effective(first, second, row.months), row.months)
    z = -np.arctanh(np.clip(row.correlation, -0.999999, 0.999999)) * np.sqrt(max(months - 3, 0.0))
    return min(float(ndtr(-z)) * (LAGS + 1 if row.family == "leading" else 1), 1.0)


def _family(one: Kpi, other: Kpi) -> str:
    return "leading" if (one.kind, other.kind) == ("leading", "lagging") else "same"


def _seed(seed: int, name: str) -> int:
    return (seed + zlib.crc32(name.encode())) % 2**32


def _ranks(differences: np.ndarray) -> np.ndarray:
    """Ranks of each row's known values, missing where they are."""
    from scipy.stats import rankdata  # slow to import, and most commands infer nothing

    return rankdata(differences, axis=1, nan_policy="omit")


def _shuffled(values: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Ranks of the differences of shuffled months, one row a shuffle."""
    known = np.flatnonzero(np.isfinite(values))
    drawn = np.tile(values, (count, 1))
    drawn[:, known] = np.random.default_rng(seed).permuted(drawn[:, known], axis=1)
    differences = np.diff(drawn, axis=1)
    inner = np.isfinite(differences[0])
    ranks = np.full(differences.shape, np.nan)
    ranks[:, inner] = np.argsort(np.argsort(differences[:, inner], axis=1), axis=1) + 1.0
    return ranks


def _at(first: np.ndarray, second: np.ndarray, lag: int) -> tuple[float, int]:
    """Correlation of the first's ranks with the second's `lag` months later, and over how many pairs of months."""
    found = _all_at(first[None], second, lag)
    return float(found[0][0]), found[1]


def _all_at(firsts: np.ndarray, second: np.ndarray, lag: int) -> tuple[np.ndarray, int]:
    a, b = firsts[:, : firsts.shape[1] - lag], second[lag:]
    both = np.isfinite(a[0]) & np.isfinite(b)
    if both.sum() < MIN_PAIRS:
        return np.full(len(firsts), np.nan), int(both.sum())
    a, b = a[:, both], b[both]
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean()
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum())
    return np.where(scale > 0, (a @ b) / np.where(scale > 0, scale, 1), np.nan), int(both.sum())


def _strength(correlation, pairs: int):
    """How strongly two move against each other, on one scale whatever the number of months."""
    return -np.arctanh(np.clip(correlation, -0.999999, 0.999999)) * np.sqrt(max(pairs - 3, 1))


def _pair(shuffled: np.ndarray, first: np.ndarray, second: np.ndarray, lags: int) -> tuple:
    """lag, correlation, months, p_value of the lag at which the two go most against each other."""
    seen = [_at(first, second, lag) for lag in range(lags + 1)]
    strengths = [_strength(*one) for one in seen]
    if not np.isfinite(strengths).any():
        return 0, np.nan, 0, np.nan
    best = int(np.nanargmax(strengths))
    chance = np.nanmax([np.nan_to_num(_strength(*_all_at(shuffled, second, lag)), nan=-np.inf) for lag in range(lags + 1)], axis=0)
    return best, seen[best][0], seen[best][1], float((1 + (chance >= strengths[best] - 1e-12).sum()) / (1 + len(chance)))


def _sharpened(table: pd.DataFrame, better: dict, changes: dict, seed: int) -> pd.DataFrame:
    """The smallest p values worked out from many more shuffles: a thousand cannot tell one in a hundred thousand."""
    for _, part in table.groupby("family"):
        few = part[part["p_value"] <= 5 / FIRST].sort_values(["p_value", "correlation"]).head(MOST)
        for row in few.itertuples():
            lags = LAGS if row.family == "leading" else 0
            shuffled = _shuffled(better[row.first], MORE, _seed(seed, row.first + row.second))
            table.loc[row.Index, "p_value"] = _pair(shuffled, changes[row.first], changes[row.second], lags)[-1]
    return table


def _judged(table: pd.DataFrame, changes: dict) -> pd.DataFrame:
    table["q_value"] = table.groupby("family")["p_value"].transform(lambda p: false_discovery(p))
    ends = [fisher(r, n) for r, n in zip(table["correlation"], table["months"], strict=True)]
    table["low"], table["high"] = [e[0] for e in ends], [e[1] for e in ends]
    sure = table["q_value"] < ALPHA
    table["stands"] = [bool(s) and stands(changes[r.first], changes[r.second], r.lag) for s, r in zip(sure, table.itertuples(), strict=True)]
    return table.assign(shown=sure & table["stands"])


def stands(first: np.ndarray, second: np.ndarray, lag: int) -> bool:
    """Whether the two still go against each other, beyond chance, whichever month is left out: a month is in two differences of each series."""
    worst = -1.0
    for month in range(second.size + 1):
        a, b = first.copy(), second.copy()
        for series in (a, b):
            series[[i for i in (month - 1, month) if 0 <= i < series.size]] = np.nan
        found, pairs = _at(a, b, lag)
        if not np.isfinite(found):
            return False
        worst = max(worst, fisher(found, pairs)[1])
    return worst < 0


def _months(shown: pd.DataFrame, series: pd.DataFrame, kpis: dict[str, Kpi], labels: dict[str, str]) -> pd.DataFrame:
    parts = []
    for row in shown.itertuples():
        for role, id in (("first", row.first), ("second", row.second)):
            values = series[id]
            turned = (1 if kpis[id].better == "higher" else -1) * (values - values.mean()) / values.std()
            parts.append(pd.DataFrame({"first": row.first, "second": row.second, "role": role, "kpi": id, "label": labels[id], "unit": kpis[id].unit,
                                       "period": series.index, "value": values.to_numpy(), "place": turned.to_numpy()}))
    columns = ["first", "second", "role", "kpi", "label", "unit", "period", "value", "place"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
