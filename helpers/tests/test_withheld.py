"""Where nearly everything has to be withheld, a page says so and draws nothing of it."""

from __future__ import annotations

import pytest

from helpers import infer, names
from helpers.journey import open_journey


@pytest.mark.parametrize("page", [page for page in names.PAGES if page != "0_data"])
def test_no_row_is_left_without_its_name(page):
    journey = open_journey("data/toy", min_cell=3)
    for name, result in infer.results(page, journey).items():
        for column in ("touchpoint", "label", "stage", "kpi"):
            if column in result.table and name not in ("touchpoint_listing",) and column != "stage":
                assert result.table[column].notna().all(), (name, column)
