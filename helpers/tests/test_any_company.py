"""Any folder of contract-named files renders every page: what cannot be known is said, and nothing is invented."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.tests.pages import run_page, stored_pages

pytestmark = pytest.mark.usefixtures("kept_results")
RNG = np.random.default_rng(11)
PEOPLE, DAYS = 260, 300
PLACES = ("fair", "brochure", "site_visit", "quote", "contract", "installation", "hotline", "yearly_check")


def company() -> dict[str, pd.DataFrame]:
    """An installer of heat pumps: other touchpoints, three stages only, made by hand."""
    who = [f"H{i}" for i in range(PEOPLE)]
    start = pd.Timestamp("2025-02-01")
    rows = []
    for person in who:
        at = start + pd.Timedelta(days=float(RNG.uniform(0, DAYS - 60)))
        for place in PLACES[: int(RNG.integers(1, len(PLACES) + 1))]:
            rows.append((person, at, place, RNG.choice(["success", "failed", None], p=[0.7, 0.2, 0.1])))
            at += pd.Timedelta(days=float(RNG.exponential(6)))
    contacts = pd.DataFrame(rows, columns=["customer_id", "at", "touchpoint", "outcome"])
    bought = contacts[contacts["touchpoint"] == "contract"]
    orders = pd.DataFrame({
        "order_id": [f"O{i}" for i in range(len(bought))], "customer_id": bought["customer_id"], "at": bought["at"],
        "revenue": RNG.normal(14_000, 2_000, len(bought)).round(2),
    })
    answers = contacts.sample(240, random_state=3)
    surveys = pd.DataFrame({
        "customer_id": answers["customer_id"], "at": answers["at"] + pd.Timedelta(hours=5), "instrument": "csat",
        "score": RNG.integers(1, 6, len(answers)), "touchpoint": answers["touchpoint"],
    })
    calls = contacts[contacts["touchpoint"] == "hotline"]
    tickets = pd.DataFrame({
        "ticket_id": [f"T{i}" for i in range(len(calls))], "customer_id": calls["customer_id"], "opened_at": calls["at"],
        "resolved_at": (calls["at"] + pd.Timedelta(hours=30)).where(RNG.random(len(calls)) < 0.8), "topic": "noise",
    })
    stages = ("consideration", "consideration", "decision", "decision", "decision", "post_purchase", "post_purchase", "post_purchase")
    roles = ("research", "information", "evaluation", "comparison", "purchase", "onboarding", "support", "usage")
    dictionary = pd.DataFrame({"touchpoint": PLACES, "stage": stages, "role": roles, "owner": "Installer"})
    customers = pd.DataFrame({"customer_id": who, "house": RNG.choice(["old", "new"], PEOPLE)})
    return {
        "customers": customers, "interactions": contacts, "orders": orders, "surveys": surveys, "tickets": tickets, "touchpoints": dictionary,
    }


VARIANTS = {
    "all of it": (),
    "no surveys": ("surveys",),
    "no orders": ("orders",),
    "no dictionary": ("touchpoints",),
    "no customers table": ("customers",),
    "no interactions": ("interactions",),
    "only tickets": ("surveys", "orders", "interactions", "customers", "touchpoints"),
    "only surveys": ("tickets", "orders", "interactions", "customers", "touchpoints"),
    "only orders": ("tickets", "surveys", "interactions", "customers", "touchpoints"),
    "only interactions": ("tickets", "surveys", "orders", "customers", "touchpoints"),
}


@pytest.fixture(scope="module", params=list(VARIANTS))
def variant(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("heat pumps & co")
    for name, table in company().items():
        if name not in VARIANTS[request.param]:
            table.to_csv(folder / f"{name}.csv", index=False)
    return request.param, folder


@pytest.mark.parametrize("page", stored_pages())
def test_every_page_renders(variant, page, capsys):
    name, folder = variant
    space = run_page(page, data=str(folder))
    shown = capsys.readouterr().out
    assert "nan" not in shown.lower().split(), f"{page} of “{name}” shows a missing number as a number"
    assert space["findings"], f"{page} of “{name}” says nothing"
    card = space.get("card")
    if card is not None:
        gone = [row.kpi for row in card.table.itertuples() if row.status != "no_information" and np.isnan(row.value)]
        assert not gone, f"{page} of “{name}” judges KPIs without a value: {gone}"


def test_a_kpi_whose_table_is_missing_has_no_value(tmp_path):
    from helpers.infer import estimates
    from helpers.journey import open_journey
    from helpers.measure import all_kpis

    for name in ("interactions", "touchpoints"):
        company()[name].to_csv(tmp_path / f"{name}.csv", index=False)
    journey = open_journey(tmp_path)
    for row in estimates(journey).query("grain == 'period'").itertuples():
        if journey.missing(all_kpis()[row.kpi].needs):
            assert np.isnan(row.value) and row.reason.startswith("needs "), row.kpi


def test_one_row_is_enough_to_say_that_it_is_too_few(tmp_path):
    pd.DataFrame({"order_id": ["1"], "customer_id": ["a"], "at": ["2026-01-05"], "revenue": [10]}).to_csv(tmp_path / "orders.csv", index=False)
    for page in stored_pages():
        run_page(page, data=str(tmp_path))
