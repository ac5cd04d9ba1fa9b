"""Stage `measure`: lazy tables in, small tables out. No statistic beyond counts and sums; intervals are `infer`'s."""

from helpers.measure.registry import KPIS, Kpi, all_kpis, durations, kpi, person, sums, tagged

__all__ = ["KPIS", "Kpi", "all_kpis", "durations", "kpi", "person", "sums", "tagged"]
