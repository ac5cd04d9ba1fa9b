"""What a KPI is, said on demand: the definition, the query that gives the same sums elsewhere, the rows, the value."""

from __future__ import annotations

import re

import duckdb
import pytest

from helpers import engine
from helpers.cli import main
from helpers.infer.estimate import estimate
from helpers.journey import open_journey
from helpers.measure import all_kpis, sums
from helpers.measure.query import query
from helpers.report import explain
from helpers.tests import folders

ORDERS = "order_id,customer_id,at,revenue\n" + "".join(f"o{i},c{i % 25},2026-0{1 + i % 6}-{1 + i % 28:02d} 10:00:00,{10 + i % 7}\n" for i in range(90))


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    """90 right orders of 25 customers, and one with a day that does not exist."""
    folder = folders.write(tmp_path_factory.mktemp("explained"), orders_csv=ORDERS + "x1,c1,2026-02-31 10:00:00,5\n")
    return open_journey(folder, period="2026-Q2")


@pytest.mark.parametrize("kpi", ["revenue", "order_value", "repeat_rate", "retention"])
def test_the_query_gives_the_same_rows_elsewhere(journey, kpi):
    one = all_kpis().get(kpi)
    if one is None or journey.missing(one.needs):
        pytest.skip(f"{kpi} is not measured here")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    there = connection.execute(query(journey, one)).df()
    if "s" in there.columns:
        here = sums(journey, one)
        there = there.rename(columns={"period": "key"}).sort_values("key", ignore_index=True)
        assert there["key"].tolist() == here["key"].tolist()
        assert there["s"].tolist() == pytest.approx(here["s"].tolist()) and there["n"].tolist() == here["n"].tolist()
    else:
        assert {"key", "minutes", "event", "count"} == set(there.columns) and len(there)


def test_a_trace_names_its_steps_by_their_own_order():
    traces = [engine.trace(engine.stack([engine.keep(engine.frame([("a", 1)], "key string, n long"))])) for _ in range(2)]
    assert all(re.findall(r'CREATE TEMP (\w+ "\w+")', one) == ['TABLE "step_1"', 'VIEW "step_2"'] and "kept_" not in one for one in traces)


def test_explained_with_rows_and_value(journey):
    told = explain("revenue", journey)
    assert told.facts["Numerator"] == all_kpis()["revenue"].numerator and told.facts["Unit"] == "currency, higher is better"
    assert told.rows.set_index("table").loc["orders"].tolist() == [91, 90, 1]
    value = estimate(journey, all_kpis()["revenue"]).query("grain == 'period'")["value"].iloc[0]
    assert f"{value:,.0f}" in told.facts["Value"] and "2026-Q2" in told.facts["Value"]
    assert 'read_parquet(' in told.sql and "SELECT" in str(told) and "<details>" in told._repr_markdown_()


def test_what_is_missing_is_said(journey):
    told = explain("nps", journey)
    assert told.sql == "" and told.facts["Value"].startswith("none: needs")


def test_without_a_journey_the_definition_stands():
    told = explain("intent_conversion")
    assert told.sql == "" and "Value" not in told.facts and "intent window" in told.facts["What"]


def test_the_notebooks_own_journey_is_found(journey, monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    class Shell:
        user_ns = {"mine": journey, "_": journey}

    monkeypatch.setattr(InteractiveShell, "initialized", staticmethod(lambda: True))
    monkeypatch.setattr(InteractiveShell, "instance", staticmethod(Shell))
    assert "Value" in explain("revenue").facts


def test_the_nearest_kpi_is_named(capsys):
    with pytest.raises(KeyError, match="Type intent_conversion"):
        explain("intnt_conversion")
    assert main(["explain", "intnt_conversion"]) == 2 and "Type intent_conversion" in capsys.readouterr().err
    assert main(["explain", "nps"]) == 0 and "promoters" in capsys.readouterr().out
