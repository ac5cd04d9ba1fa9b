"""What a page shows carries what the renderer needs, and escapes what comes from data."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers.report import display, tabular
from helpers.tests import hello


@pytest.fixture
def shown(monkeypatch):
    """The bundles that a cell would show."""
    bundles = []
    monkeypatch.setattr(InteractiveShell, "initialized", classmethod(lambda cls: True))
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw, metadata: bundles.append((bundle, metadata)))
    return bundles


def test_figure_bundle(shown):
    display.show_figure(hello.chart())
    bundle, metadata = shown[0]
    payload = bundle[display.MIME]
    assert bundle["image/png"].startswith("iVBORw0KGgo")  # PNG's first bytes in base 64
    assert (payload["kind"], payload["stem"], payload["title"]) == ("figure", "orders", "Orders grew each month")
    assert payload["csv"].splitlines()[:2] == ["month,orders,label", "2026-07,1,a"]
    assert metadata["image/png"]["alt"] == payload["alt"] and bundle["text/plain"].startswith("Orders grew each month")


def test_same_chart_same_bytes(shown):
    display.show_figure(hello.chart())
    display.show_figure(hello.chart())
    assert shown[0] == shown[1]


def test_table_escapes_and_names_its_parts(shown):
    frame = pd.DataFrame({"KPI <i>": ["NPS", hello.HOSTILE], "Now": ["34", "too few"], "Status": ["On target", "Red flag"]})
    display.show_table(frame, stem="scorecard", caption="Two <KPIs>", data=pd.DataFrame({"kpi": ["nps"], "value": [1 / 3]}))
    bundle, _ = shown[0]
    html = bundle["text/html"]
    assert "<script" not in html and "&lt;script&gt;" in html and "KPI &lt;i&gt;" in html
    assert "<caption>Two &lt;KPIs&gt;</caption>" in html and html.count('scope="col"') == 3 and html.count('scope="row"') == 2
    assert '<td class="num">34</td>' in html  # too few stands in a column of numbers
    assert 'class="status red_flag"><span aria-hidden="true">✖</span> Red flag' in html
    assert bundle[display.MIME]["csv"] == "kpi,value\nnps,0.3333333333\n"
    assert bundle["text/plain"] == "Two <KPIs> (2 rows)"


def test_emit_refuses_an_unknown_kind(shown):
    with pytest.raises(ValueError, match="kind is 'kpi'; allowed are figure, table, kpis"):
        display.emit("kpi", {})


def test_emit_makes_plain_numbers(shown):
    rows = pd.DataFrame({"kpi": ["nps"], "value": [np.float64("nan")], "n": np.array([3], dtype="int64"), "at": [pd.Timestamp("2026-07-01")]})
    display.emit("kpis", {"rows": rows})
    bundle, _ = shown[0]
    assert bundle[display.MIME] == {"kind": "kpis", "rows": [{"kpi": "nps", "value": None, "n": 3, "at": "2026-07-01"}]}
    assert type(bundle[display.MIME]["rows"][0]["n"]) is int and "text/html" not in bundle


def test_without_a_notebook_the_words_are_printed(capsys):
    if InteractiveShell.initialized():
        pytest.skip("this process has a notebook shell already")
    display.show_markdown("12 orders")
    assert capsys.readouterr().out == "12 orders\n"


@pytest.mark.parametrize(("value", "written"), [
    (1 / 3, "0.3333333333"), (2 / 3 * 1e9, "666666666.7"), (1.5e12, "1500000000000"), (1e-9, "0.000000001"), (-0.0, "0"), (7.0, "7"),
    (np.float64(0.1) + 0.2, "0.3"), (np.int64(12), "12"), (True, "true"), (np.bool_(False), "false"), (None, ""), (float("nan"), ""), (pd.NA, ""),
    (pd.NaT, ""), (float("inf"), "inf"), (pd.Timestamp("2026-07-01"), "2026-07-01"), (datetime(2026, 7, 1, 9, 30), "2026-07-01 09:30:00"),
    ("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("@sum", "'@sum"), ("-2", "-2"), ("- none", "'- none"), ("\tx", "'\tx"), ("a=b", "a=b"),
])
def test_one_formatter(value, written):
    assert tabular.cell(value) == written


def test_csv_quotes_and_orders():
    frame = pd.DataFrame({"b": ['say "x"', "two\nlines"], "a": [1, 2]})
    assert tabular.to_csv(frame, ["a", "b"]) == 'a,b\n1,"say ""x"""\n2,"two\nlines"\n'
    assert tabular.to_csv([], ["a", "b"]) == "a,b\n"
    with pytest.raises(ValueError, match="a row has c, which this file does not"):
        tabular.to_csv([{"c": 1}], ["a"])
