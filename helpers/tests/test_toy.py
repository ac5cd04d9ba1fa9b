"""data/toy holds what its README counts; its broken twin loses exactly its faulty rows."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from helpers import contract, load, validate
from helpers.load import ROOT

TOY, TWIN = ROOT / "data" / "toy", ROOT / "data" / "toy_broken"


def read(name: str, folder=TOY) -> pd.DataFrame:
    times = {"interactions": ["at"], "orders": ["at"], "tickets": ["opened_at", "first_response_at", "resolved_at"], "surveys": ["at"]}
    return pd.read_csv(folder / f"{name}.csv", parse_dates=times.get(name, False))


# The toy -----------------------------------------------------------------------------------------------


# Columns for companies whose customers are relations that end; nobody has two here, and none ends.
RELATIONS = {"customers": {"person_id"}, "touchpoints": {"relation"}}


def test_every_table_of_the_contract_has_rows():
    company = load.read_company(TOY)
    tables = validate.prepare(company).tables
    assert set(tables) == set(contract.TABLES)
    assert all(info.rows_used == info.rows_read > 0 for info in tables.values())
    for name, info in tables.items():
        missing = {c for c in contract.TABLES[name].column_names if not info.columns.get(c)}
        assert missing <= RELATIONS.get(name, set()), name


def test_the_stages_count_6_6_5_4_4_2_1():
    stage = read("touchpoints").set_index("touchpoint")["stage"]
    rows = read("interactions")
    rows = rows[(rows["touchpoint"] != "checkout") | (rows["outcome"] == "success")]
    assert rows.groupby(rows["touchpoint"].map(stage))["customer_id"].nunique().to_dict() == {
        "awareness": 6, "consideration": 6, "decision": 5, "purchase": 4, "post_purchase": 4, "loyalty": 2, "advocacy": 1,
    }


def test_scores_count_as_the_readme_says():
    surveys = read("surveys")
    nps = surveys.loc[surveys["instrument"] == "nps", "score"]
    assert sorted(nps) == [3, 7, 8, 9, 9, 10]
    assert 100 * ((nps >= 9).mean() - (nps <= 6).mean()) == pytest.approx(100 / 3)
    csat = surveys[surveys["instrument"] == "csat"]
    means = csat.groupby("touchpoint")["score"].mean().to_dict()
    assert means == {"checkout": 4.0, "first_flight_guide": 3.75, "hotline": 3.0}
    assert csat.loc[csat["touchpoint"].notna(), "score"].sum() == 37
    assert csat.loc[csat["touchpoint"].isna(), "score"].mean() == 4.0


def test_orders_count_as_the_readme_says():
    orders = read("orders").sort_values(["customer_id", "at"])
    assert (orders["revenue"].sum(), orders["cost"].sum(), orders["refunded"].sum()) == (700, 400, 1)
    days = (orders.groupby("customer_id")["at"].shift(-1) - orders["at"]).dt.days
    assert dict(zip(orders["order_id"], days))["o1"] == 40
    assert dict(zip(orders["order_id"], days))["o5"] == 100
    settled = orders["at"] + pd.Timedelta(days=90) <= pd.Timestamp("2026-07-01")
    assert ((days <= 90)[settled].sum(), settled.sum()) == (1, 5)


def test_adoption_and_tickets_count_as_the_readme_says():
    first = read("orders").groupby("customer_id")["at"].min()
    rows = read("interactions")
    used = rows[rows["touchpoint"] == "flight_app"].groupby("customer_id")["at"].min()
    assert (used - first).dt.days.dropna().to_dict() == {"ann": 3, "dia": 7, "fay": 18}
    tickets = read("tickets")
    hours = (tickets["resolved_at"] - tickets["opened_at"]).dt.total_seconds() / 3600
    assert hours.dropna().tolist() == [1, 3, 48, 6]


# Its broken twin ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair() -> tuple[validate.Prepared, validate.Prepared]:
    return validate.prepare(load.read_company(TOY)), validate.prepare(load.read_company(TWIN))


@pytest.fixture(scope="module")
def faults() -> pd.DataFrame:
    return pd.read_csv(TWIN / "faults.csv", keep_default_na=False)


def expected_reason(table: contract.Table, fault: str, column: str, stages: dict[str, str]) -> str:
    """The reason the contract gives for a fault of faults.csv."""
    if fault == "duplicate":
        return contract.duplicate_reason(table)
    if fault == "after":
        return contract.AFTER_AS_OF
    if fault.startswith("rule "):
        rule = next(rule for rule in table.rules if rule.column == column)
        return f"{rule.reason}; {rule.remedy}"
    return contract.reason(table, table.column(column), fault, stages)


def same_value(written: str, kept: str) -> bool:
    """Whether the quarantine shows the value as it was written; a number or day may be shown as it was read."""
    if kept == written:
        return True
    try:
        return float(kept) == float(written)
    except ValueError:
        return kept.replace(" 00:00:00", "") == written


def test_the_twin_begins_with_the_toy():
    for path in sorted(TOY.glob("*.csv")):
        assert (TWIN / path.name).read_text().startswith(path.read_text()), path.name


def test_each_faulty_row_is_set_aside_with_its_reason(pair, faults):
    _, twin = pair
    found = twin.quarantine().fillna("").set_index(["table", "row"])
    stages = twin.company.stages
    assert len(found) == len(faults)
    for fault in faults.itertuples():
        kept = found.loc[(fault.table, fault.line)]
        # A word that stands for nothing, such as NaN, is shown as the nothing it stands for.
        assert same_value("" if fault.fault == "missing" else fault.value, kept["value"]), fault
        if fault.fault == "line":
            assert re.match(r"the line has \d+ values where the header names \d+", kept["reason"]), fault
            continue
        assert kept["column"] == fault.column, fault
        assert kept["reason"] == expected_reason(contract.TABLES[fault.table], fault.fault, fault.column, stages), fault


def test_rows_add_up_and_nothing_else_changes(pair, faults):
    toy, twin = pair
    per_table = faults["table"].value_counts()
    for name, info in toy.tables.items():
        broken = twin.tables[name]
        assert (broken.rows_used, broken.rows_quarantined) == (info.rows_used, per_table[name]), name
        assert broken.rows_read == broken.rows_used + broken.rows_quarantined
        left, right = (pd.read_parquet(p.path / f"{name}.parquet") for p in pair)
        pd.testing.assert_frame_equal(left, right)
    assert toy.as_of == twin.as_of


def test_the_faults_cover_every_kind_the_contract_knows(faults):
    kinds = set(faults["fault"].str.split().str[0])
    assert kinds == {"missing", "kind", "low", "high", "after", "word", "reference", "duplicate", "rule", "line"}
    rules = {(t.name, rule.column) for t in contract.TABLES.values() for rule in t.rules}
    planted = faults[faults["fault"].str.startswith("rule")]
    assert set(zip(planted["table"], planted["column"])) == rules
