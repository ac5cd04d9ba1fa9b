"""Every rate that the toy's README counts by hand, held against the figures that its pages show."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from helpers.infer.estimate import estimates
from helpers.infer.section import sections
from helpers.journey import open_journey
from helpers.load import ROOT
from helpers.measure import all_kpis
from helpers.report.words import base

pytestmark = pytest.mark.usefixtures("kept_results")

README = (ROOT / "data" / "toy" / "README.md").read_text(encoding="utf-8")
FIGURES = {"inventory": ("inventory", ""), "hand_overs": ("hand_overs", ""), "intent_funnel": ("intent_funnel", ""), "waiting": ("activity_gaps", "waiting")}
"""Stem of a figure's csv: the section behind it, and the companion table where it is not the section's own."""


def counted() -> list[dict[str, str]]:
    """The rows of the table that says what a reader can count."""
    lines = README.split("## What a reader can count")[1].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


ROWS = counted()


@pytest.fixture(scope="module")
def toy():
    return open_journey("data/toy")


@pytest.fixture(scope="module")
def kpis(toy) -> pd.DataFrame:
    counted_here = [row["where"].split()[1] for row in ROWS if stem_is_kpi(row)]
    found = estimates(toy, list(dict.fromkeys([*counted_here, *(kpi.id for kpi in all_kpis().values() if kpi.unit == "share")])))
    return found[found["grain"] == "period"].set_index("kpi")


@pytest.fixture(scope="module")
def figures(toy) -> dict[str, pd.DataFrame]:
    known = {name: one for page in ("1_intent", "2_touchpoints", "4_moments_of_truth") for name, one in sections(page).items()}
    found = {stem: known[name].function(toy) for stem, (name, _) in FIGURES.items()}
    return {stem: result.extra[FIGURES[stem][1]] if FIGURES[stem][1] else result.table for stem, result in found.items()}


def shown(row: dict[str, str], kpis: pd.DataFrame, figures: dict[str, pd.DataFrame]) -> tuple[float, float]:
    """What the page says: value, and n where the figure has one (else NaN)."""
    stem, *place = row["where"].split()
    if stem == "kpi":
        return float(kpis.loc[place[0], "value"]), float(kpis.loc[place[0], "n"])
    table, (name, column) = figures[stem], place
    if ">" in name:
        mine = table[(table["from_channel"] == name.split(">")[0]) & (table["channel"] == name.split(">")[1])].iloc[0]
    else:
        mine = table[table.iloc[:, 0].eq(name)].iloc[0]
    n = mine.get(f"{column}_n", mine.get("n", float("nan")) if column == "value" else float("nan"))
    return float(mine[column]), float(n)


@pytest.mark.parametrize("row", ROWS, ids=[row["where"] for row in ROWS])
def test_the_page_shows_what_a_pencil_counts(row, kpis, figures):
    value, n = shown(row, kpis, figures)
    if part := re.search(r"(\d+) of (\d+)$", row["counted"]):
        hits, of = (int(x) for x in part.groups())
        assert value == pytest.approx(hits / of)
        if n == n and stem_is_kpi(row):
            assert n == of and base(value, n, "share") == f"{hits} of {of}"  # what stands beside it on the scorecard
    told, unit = row["value"].removesuffix(" %"), 100 if row["value"].endswith("%") else 1
    assert value == pytest.approx(float(told) / unit, abs=0.51 * 10.0 ** -len(told.partition(".")[2]) / unit)


def stem_is_kpi(row: dict[str, str]) -> bool:
    return row["where"].startswith("kpi ")


def test_every_row_names_a_page_and_the_toy_says_how_to_check():
    pages = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {row["page"] for row in ROWS} <= pages and len(ROWS) >= 30
    for row in ROWS:
        if stem_is_kpi(row):
            assert all_kpis()[row["where"].split()[1]].phase == row["page"].split("_", 1)[1]
    assert "To check a rate" in (ROOT / "data" / "toy" / "journey.yml").read_text(encoding="utf-8")


def test_every_kpi_that_is_a_plain_share_is_counted_by_hand(kpis):
    """A rate with few cases that README does not count is one no reader could check."""
    found = kpis[kpis.index.map(lambda id: all_kpis()[id].unit == "share") & kpis["value"].notna() & (kpis["n"] > 0)]
    plain = {row.Index for row in found.itertuples() if " of " in base(row.value, row.n, "share")}
    missing = plain - {row["where"].split()[1] for row in ROWS if stem_is_kpi(row)}
    assert not missing, f"README of the toy does not count {sorted(missing)}"
