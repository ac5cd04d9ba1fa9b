"""`journey kpis`: every KPI with definition, numerator, denominator, unit and the tables it needs."""

from __future__ import annotations

import argparse
import sys

import pandas as pd

from helpers import names
from helpers.measure import Kpi, all_kpis

COLUMNS = ("phase", "kpi", "label", "perspective", "kind", "unit", "better", "definition", "numerator", "denominator", "needs")


def table(phase: str | None = None) -> pd.DataFrame:
    """One row a KPI, in the order of the pages; all text.

    >>> "nps" in set(table("touchpoints")["kpi"])
    True
    """
    rows = [
        (k.phase, k.id, k.label, k.perspective, k.kind, k.unit, k.better, _definition(k), k.numerator, k.denominator, ", ".join(k.needs).replace("|", " or "))
        for k in all_kpis().values() if phase in (None, k.phase)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def _definition(kpi: Kpi) -> str:
    """The definition with the KPI's own days in it, or the name of the company's window."""
    return kpi.definition.replace("{window}", f"{kpi.days} days" if kpi.days else f"the {kpi.window} window")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--phase", choices=list(names.PHASES), help="only one phase")
    parser.add_argument("--csv", action="store_true", help="as CSV, for other tools")


def run(options: argparse.Namespace) -> int:
    listed = table(options.phase)
    if options.csv:
        listed.to_csv(sys.stdout, index=False, lineterminator="\n")
        return 0
    for phase, part in listed.groupby("phase", sort=False):
        print(f"\n{names.PHASES[phase]}: {len(part)} KPIs\n")
        for row in part.itertuples():
            print(f"  {row.kpi}: {row.label} ({row.unit}, {row.better} is better, {row.kind}; {names.PERSPECTIVES[row.perspective]})")
            print(f"      {row.definition}")
            print(f"      {row.numerator} / {row.denominator}. Needs {row.needs}.")
    return 0
