"""The KPI registry: what each KPI is, and the rows it is made of.

A KPI is one function of a Journey, giving a lazy frame of rows, tagged with the piece of time that they belong to
(`journey.tag`), from which follow the labels that they count under. Its `statistic` says how rows become a value with an interval:

| statistic | rows | value |
|---|---|---|
| share | piece, cluster, s (0/1), w (1) | sum s / sum w |
| mean | piece, cluster, s, w | sum s / sum w: a mean where w is 1, else a ratio of sums |
| nps | piece, cluster, s (-1, 0, 1), w (1) | 100 x sum s / sum w, in points |
| total | piece, cluster, s | sum s |
| level | key, cluster, s | sum s: what stands at the label's end (a stock, where `total` is a flow), so its target is not multiplied by months |
| growth | piece, cluster, s | sum s over that of the label before, less 1 |
| survival_share | piece, cluster, days, event (0/1) | share with the event within `window_days`, open windows censored |
| survival_median | piece, cluster, days, event (0/1) | median time to the event, open cases censored |

`cluster` is the customer (see `person`): the unit of every interval. A row that stands for several people (a
department's month, a campaign) says how many in a column `people`; the floors then count these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pandas as pd

from helpers import engine, names
from helpers.engine import F, Window
from helpers.journey import Journey

OUTCOMES = {
    "repeat_purchase": "Purchases followed by another", "recommendation": "Recommendation of 9 or 10", "satisfaction": "Overall satisfaction in the top two boxes",
}
"""What the KPI of the outcome is called, by the company's outcome."""
STATISTICS = ("share", "mean", "nps", "total", "level", "growth", "survival_share", "survival_median")
DURATIONS = ("survival_share", "survival_median")
MODULES = tuple(f"helpers.measure.kpis_{phase}" for phase in names.PHASES)


@dataclass(frozen=True)
class Kpi:
    """One KPI: its words, what it needs, and the function that gives its rows."""

    id: str
    label: str
    phase: str
    perspective: str
    kind: str
    unit: str
    better: str
    statistic: str
    definition: str
    numerator: str
    denominator: str
    needs: tuple[str, ...]
    function: Callable[[Journey], Any]
    window: str | None = None  # the company window it uses: intent, adoption, retention
    days: int | None = None  # or its own number of days

    def window_days(self, journey: Journey) -> float | None:
        """The window in days: the KPI's own, or the company's."""
        if self.days is not None:
            return float(self.days)
        return float(getattr(journey.company.windows, f"{self.window}_days")) if self.window else None

    def horizon(self, journey: Journey) -> float | None:
        """Of a share within a window the window, beyond which it does not matter when the event comes; else None."""
        return self.window_days(journey) if self.statistic == "survival_share" else None

    def describe(self, journey: Journey) -> str:
        """The definition with the company's own window in it."""
        days = self.window_days(journey)
        return self.definition.replace("{window}", f"{days:g} days" if days else "")


KPIS: dict[str, Kpi] = {}


def own_label(kpi: Kpi, journey: Journey) -> str:
    """A KPI's label in the company's own words: its name of the stage, its outcome."""
    _, about, stage = kpi.id.partition("stage_conversion_")
    own = journey.stages.get(stage, "") if about else ""
    if own and own != names.STAGES[stage]:
        return f"Going on to {own}"
    return OUTCOMES.get(journey.outcome or "", kpi.label) if kpi.id == "outcome_rate" else kpi.label


def kpi(
    *, id: str, label: str, phase: str, perspective: str, kind: str, unit: str, better: str, statistic: str,
    definition: str, numerator: str, denominator: str, needs: tuple[str, ...], window: str | None = None,
    days: int | None = None,
) -> Callable[[Callable[[Journey], Any]], Callable[[Journey], Any]]:
    """Register the decorated function as a KPI. Raises ValueError on a word that is not one of `names`."""
    allowed = {
        "phase": (phase, tuple(names.PHASES)), "perspective": (perspective, tuple(names.PERSPECTIVES)),
        "kind": (kind, names.KINDS), "unit": (unit, names.UNITS), "better": (better, names.BETTER),
        "statistic": (statistic, STATISTICS),
    }
    for what, (word, words) in allowed.items():
        if word not in words:
            raise ValueError(f"KPI {id}: {what} is '{word}'; allowed are {', '.join(words)}")
    if id in KPIS and KPIS[id].function.__module__ != "__main__":
        raise ValueError(f"KPI {id} is registered twice")
    if statistic == "survival_share" and window is None and days is None:
        raise ValueError(f"KPI {id}: a survival_share needs window= or days=")

    def register(function: Callable[[Journey], Any]) -> Callable[[Journey], Any]:
        KPIS[id] = Kpi(
            id, label, phase, perspective, kind, unit, better, statistic, definition, numerator, denominator,
            tuple(needs), function, window, days,
        )
        return function

    return register


def all_kpis() -> dict[str, Kpi]:
    """Every KPI, id -> Kpi, by phase in the order of the pages."""
    for module in MODULES:
        import_module(module)
    order = list(names.PHASES)
    return dict(sorted(KPIS.items(), key=lambda item: order.index(item[1].phase)))


def person(frame: Any) -> Any:
    """The cluster column of a frame with `customer_id` and `row_id`: the customer, or the row where nobody is named."""
    return F.coalesce(F.col("customer_id").cast("string"), F.concat(F.lit("row "), F.col("row_id").cast("string")))


def tagged(journey: Journey, frame: Any, *, at: str = "at", **columns: Any) -> Any:
    """Rows as a KPI function returns them: `journey.tag`, then `cluster` and the given columns.

    `tagged(j, orders, s=F.col("revenue"))` gives piece, cluster and s.
    """
    row = [F.col(at).alias("tag_at"), person(frame).alias("cluster"), *[column.alias(name) for name, column in columns.items()]]
    return journey.tag(frame.select(*row), "tag_at").drop("tag_at")


def rows_of(journey: Journey, kpi: Kpi) -> Any:
    """The rows that a KPI is made of, planned once a journey."""
    return journey.once(f"rows of {kpi.id} {hash(kpi)}", lambda: kpi.function(journey))


def sums(journey: Journey, kpi: Kpi) -> pd.DataFrame:
    """The sums that an interval over customers needs, one row a label.

    Returns key, clusters (customers), people (the same, or those whom the rows stand for), n (rows, or people where rows
    stand for several), s, w, ss, sw, ww: sums and sums of products over customers of each customer's s and w.
    """
    return engine.collect(summed(journey, rows_of(journey, kpi)), ["key"])


def summed(journey: Journey, rows: Any) -> Any:
    """`six_sums` of a KPI's rows by label: key, clusters, people, n, s, w, ss, sw, ww. By piece first, which are fewer rows than labels times rows."""
    return over_customers(by_label(journey, rows), "key", many="people" in rows.columns)


def by_label(journey: Journey, rows: Any, *keys: str) -> Any:
    """One row a label (of `keys`) and cluster of a KPI's rows: key, cluster, s, w, n."""
    each = journey.labelled(by_customer(rows, "key" if "key" in rows.columns else "piece"), *keys)
    return each.groupBy("key", "cluster").agg(*[F.sum(name).alias(name) for name in ("s", "w", "n")])


def six_sums(rows: Any, *keys: str) -> Any:
    """The sums that an interval over customers needs, one row a combination of `keys`: clusters, people, n, s, w, ss, sw, ww.

    Rows hold the keys, cluster, s, (1 where absent) w and, where rows stand for several, people; those without s or w
    are left out.
    """
    return over_customers(by_customer(rows, *keys), *keys, many="people" in rows.columns)


def by_customer(rows: Any, *keys: str) -> Any:
    """The first half of `six_sums`: one row a combination of `keys` and cluster, with its s, w and n."""
    if "w" not in rows.columns:
        rows = rows.withColumn("w", F.lit(1.0))
    rows = rows.filter(F.col("s").isNotNull() & F.col("w").isNotNull())
    s, w = F.col("s").cast("double"), F.col("w").cast("double")
    cases = F.sum(F.col("people")) if "people" in rows.columns else F.count(F.lit(1))
    return rows.groupBy(*keys, "cluster").agg(F.sum(s).alias("s"), F.sum(w).alias("w"), cases.alias("n"))


def over_customers(each: Any, *keys: str, many: bool = False) -> Any:
    """The second half of `six_sums`; `many`: a row's n are people."""
    return each.groupBy(*keys).agg(
        F.count(F.lit(1)).alias("clusters"), (F.sum("n") if many else F.count(F.lit(1))).cast("double").alias("people"), F.sum("n").cast("double").alias("n"),
        F.sum("s").alias("s"), F.sum("w").alias("w"), *_products(),
    )


def _products() -> list[Any]:
    products = {"ss": ("s", "s"), "sw": ("s", "w"), "ww": ("w", "w")}
    return [F.sum(F.col(a) * F.col(b)).alias(name) for name, (a, b) in products.items()]


def durations(journey: Journey, kpi: Kpi) -> pd.DataFrame:
    """Times to an event, counted: columns key, days (to the minute), event (0/1), count, see `timed`; and what a key's rows have in common (see `alike`)."""
    window = kpi.horizon(journey)
    with engine.held(timed(rows_of(journey, kpi), "piece", window=window)) as each:
        table = engine.collect(counted(journey, each), ["key", "minutes", "event"])
        common = engine.collect(_alike_by_label(journey, each, window), ["key"])
    table.insert(1, "days", table.pop("minutes") / 1440.0)
    return table.merge(common, on="key")


def timed(rows: Any, *keys: str, window: float | None) -> Any:
    """Rows of times to an event as they are counted: the keys, minutes, event, cluster.

    Beyond `window` days all that counts is that nothing had happened in it: these rows have one time, and no event.
    """
    rows = rows.filter(F.col("days").isNotNull() & (F.col("days") >= 0))
    minutes, event = F.round(F.col("days").cast("double") * 1440.0), F.col("event").cast("int")
    if window is not None:
        late = minutes > window * 1440.0
        minutes, event = F.when(late, F.lit((window + 1) * 1440.0)).otherwise(minutes), F.when(late, 0).otherwise(event)
    return rows.select(*keys, minutes.alias("minutes"), event.alias("event"), "cluster")


def parts_by_label(journey: Journey, kpi: Kpi, *keys: str) -> Any:
    """As `by_label`, also for a share within a window: rows that add up to the Kaplan-Meier share of their label.

    That share is the mean of what each case brings: nothing without the event, and with it one over the probability of having been followed up to then
    (by Kaplan-Meier over the cases not followed, events first where both fall on one minute); Satten and Datta (2001).
    """
    rows = rows_of(journey, kpi)
    if kpi.statistic != "survival_share":
        return by_label(journey, rows, *keys)
    each = journey.labelled(timed(rows, "piece", window=kpi.horizon(journey)), *keys)
    counts = each.groupBy("key", "minutes").agg(F.sum("event").alias("events"), F.sum(F.lit(1) - F.col("event")).alias("open"))
    onward = Window.partitionBy("key").orderBy("minutes").rowsBetween(Window.currentRow, Window.unboundedFollowing)
    earlier = Window.partitionBy("key").orderBy("minutes").rowsBetween(Window.unboundedPreceding, -1)
    counts = counts.withColumn("at_risk", F.sum(F.col("events") + F.col("open")).over(onward) - F.col("events"))
    stays = F.when(F.col("at_risk") > F.col("open"), F.log(1 - F.col("open") / F.col("at_risk"))).otherwise(0.0)
    counts = counts.withColumn("stays", stays).withColumn("weight", F.exp(-F.coalesce(F.sum("stays").over(earlier), F.lit(0.0))))
    each = each.join(counts.select("key", "minutes", "weight"), ["key", "minutes"]).select("key", "cluster", (F.col("event") * F.col("weight")).alias("s"))
    return by_customer(each, "key")


def counted(journey: Journey, each: Any) -> Any:
    """How often each time to an event occurs under each label: key, minutes, event, count. In: `timed` rows by piece."""
    counts = each.groupBy("piece", "minutes", "event").agg(F.count(F.lit(1)).alias("count"))
    return journey.labelled(counts).groupBy("key", "minutes", "event").agg(F.sum("count").alias("count"))


LIKENESS = ("s", "w", "square")


def alike(each: Any, *keys: str, window: float | None) -> Any:
    """The sums that tell how alike rows of one customer are, one row a combination of `keys`: people, s, w, ss, sw, ww, square.

    In: `timed` rows. A row's figure is 1 where the event comes within `window` days and 0 where it does not, rows not yet followed
    so long left out; without a window the logarithm of its time. s, w, ss, sw, ww are as in `six_sums`; square sums the squares of rows.
    """
    return _over_customers(_likeness(each, *keys, window=window), *keys)


def _alike_by_label(journey: Journey, each: Any, window: float | None) -> Any:
    """`alike` by label, of rows by piece."""
    mine = journey.labelled(_likeness(each, "piece", window=window))
    return _over_customers(mine.groupBy("key", "cluster").agg(*[F.sum(name).alias(name) for name in LIKENESS]), "key")


def _likeness(each: Any, *keys: str, window: float | None) -> Any:
    """The first half of `alike`: one row a combination of `keys` and cluster, with the sums LIKENESS of its rows."""
    if window is None:
        figure, counts = F.log(F.col("minutes") + F.lit(1.0)), F.lit(1.0)
    else:
        inside = (F.col("event") == 1) & (F.col("minutes") <= window * 1440.0)
        figure = F.when(inside, 1.0).otherwise(0.0)
        counts = F.when(inside | (F.col("minutes") >= window * 1440.0), 1.0).otherwise(0.0)
    rows = each.select(*keys, "cluster", figure.alias("s"), counts.alias("w"))
    square = F.sum(F.col("s") * F.col("s") * F.col("w"))
    return rows.groupBy(*keys, "cluster").agg(F.sum(F.col("s") * F.col("w")).alias("s"), F.sum("w").alias("w"), square.alias("square"))


def _over_customers(mine: Any, *keys: str) -> Any:
    """The second half of `alike`."""
    return mine.groupBy(*keys).agg(F.count(F.lit(1)).alias("people"), *[F.sum(name).alias(name) for name in LIKENESS], *_products())
