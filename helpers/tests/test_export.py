"""What was rendered as a workbook and as Parquet: the same numbers, with types and formats; text never runs; the same bytes each time."""

from __future__ import annotations

import json
import math
from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from openpyxl import load_workbook

from helpers import names
from helpers.cli import main
from helpers.render import export, stored
from helpers.render.workbook import Sheet, workbook
from helpers.report.display import MIME
from helpers.report.tabular import to_csv
from helpers.tests.hello import HOSTILE
from helpers.tests.test_compare import kpi, record

EVIL = ["=1+1", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "#REF!", "'tis", HOSTILE]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Two periods as if rendered; a figure whose words are formulas, a table with days, truths and numbers that are names."""
    company = tmp_path_factory.mktemp("reports") / "x"
    told = record(("2026-Q2", "all"), ("2026-Q3", "all"))
    evil = pd.DataFrame({"touchpoint": EVIL, "share": [0.25, *[None] * 7], "n": range(1000, 1008)})
    mixed = pd.DataFrame({"code": ["007", "12"], "day": [pd.Timestamp("2026-07-01"), None], "kept": [True, None], "q_value": [0.01, float("inf")], "unit": ["share", "count"], "value": [0.5, 1234.0]})
    for one in told["reports"]:
        folder = company / one["folder"]
        (folder / "figures").mkdir(parents=True)
        rows = [
            kpi("csat", 0.2, label="=1+1", period=one["period"], segment="all"), kpi("revenue", 1234.5, 20, unit="currency", period=one["period"]),
            kpi("csat", None, n=None, grain="month", period="2026-07"),
        ]
        (folder / "kpis.csv").write_text(to_csv(rows, names.KPI_COLUMNS))
        (folder / "moments.csv").write_text(to_csv([{"touchpoint": "@shop", "n": 12, "verdict": "watch"}], names.MOMENT_COLUMNS))
        payloads = [
            {"kind": "figure", "stem": "evil", "title": "=Title"}, {"kind": "table", "stem": "mixed", "title": "Mixed"}, {"kind": "table", "stem": "mixed", "title": "Mixed again"},
            {"kind": "findings", "findings": [{"headline": "=HYPERLINK(1)", "level": "bad", "owner": "Ann"}]},
        ]
        for stem, frame in (("evil", evil), ("mixed", mixed), ("mixed-2", mixed)):
            (folder / f"figures/1_intent-{stem}.csv").write_text(to_csv(frame))
            one.setdefault("files", {})[f"figures/1_intent-{stem}.csv"] = ""
        cells = [new_code_cell("", outputs=[new_output("display_data", data={MIME: payload})]) for payload in payloads]
        (folder / "1_intent.ipynb").write_text(json.dumps(new_notebook(cells=cells)))
    (company / "manifest.json").write_text(json.dumps(told))
    return company


@pytest.fixture(scope="module")
def exported(rendered, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    assert main(["export", str(rendered), "--period", "2026-Q3", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def book(exported):
    return load_workbook(exported / "x.xlsx")


def test_a_sheet_a_table(book):
    assert book.sheetnames == ["About", "KPIs", "KPI months", "Moments", "Findings", "Definitions", "1 evil", "1 mixed", "1 mixed-2"]
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == sheet.dimensions
        assert all(9 <= one.width <= 60 for one in sheet.column_dimensions.values())
    listed = {row[0].value: (row[1].value, row[0].hyperlink.location if row[0].hyperlink else "") for row in book["About"].iter_rows(min_row=13, max_col=3)}
    assert listed["1 evil"] == ("Intent: =Title", "'1 evil'!A1") and listed["1 mixed-2"][0] == "Intent: Mixed again"


def column(sheet, name: str) -> list:
    place = next(cell.column for cell in sheet[1] if cell.value == name)
    return [sheet.cell(row, place) for row in range(2, sheet.max_row + 1)]


def test_nothing_from_data_is_a_formula(book):
    for sheet in book.worksheets:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"n", "s", "inlineStr", "b", "d"}
    told = column(book["1 evil"], "touchpoint")
    assert [cell.value for cell in told] == EVIL
    assert [bool(cell.quotePrefix) for cell in told] == [True, True, True, True, True, False, False, False]
    assert column(book["KPIs"], "label")[0].value == "=1+1" and column(book["Findings"], "headline")[0].value == "=HYPERLINK(1)"


def test_formats_follow_the_unit(book):
    formats = {cell.value: (value.value, value.number_format) for cell, value in zip(column(book["KPIs"], "kpi"), column(book["KPIs"], "value"), strict=True)}
    assert formats == {"csat": (0.2, "0.0%"), "revenue": (1234.5, "#,##0.00")}
    assert [cell.number_format for cell in column(book["1 mixed"], "value")] == ["0.0%", "#,##0"]
    assert column(book["1 evil"], "share")[0].number_format == "0.0%" and column(book["1 evil"], "n")[0].number_format == "#,##0"
    assert [cell.value for cell in column(book["1 mixed"], "code")] == ["007", "12"] and column(book["1 mixed"], "day")[0].value == datetime(2026, 7, 1)
    assert [cell.value for cell in column(book["1 mixed"], "q_value")] == [0.01, "inf"] and column(book["1 mixed"], "q_value")[0].number_format == "0.000"
    assert [cell.value for cell in column(book["KPI months"], "value")] == [None]


def test_parquet_has_types(exported):
    kpis = pd.read_parquet(exported / "kpis.parquet")
    assert kpis.columns.tolist() == ["report_period", "report_segment", *names.KPI_COLUMNS]
    assert {str(kpis[name].dtype) for name in ("value", "low", "high", "n", "target", "score")} == {"float64"} and kpis["label"].tolist()[0] == "=1+1"
    mixed = pd.read_parquet(exported / "tables/1_intent-mixed.parquet")
    assert [str(mixed[name].dtype) for name in ("code", "day", "kept")] == ["str", "datetime64[us]", "object"] and mixed["kept"].tolist()[0] is True
    assert mixed["q_value"].tolist() == [0.01, math.inf]
    assert pd.read_parquet(exported / "definitions.parquet")["numerator"].str.len().min() > 0
    assert sorted(path.name for path in exported.glob("*.parquet")) == ["definitions.parquet", "findings.parquet", "kpis.parquet", "moments.parquet"]


def test_two_exports_are_the_same_bytes(rendered, exported, tmp_path):
    assert main(["export", str(rendered), "--period", "2026-Q3", "--out", str(tmp_path)]) == 0
    old, new = ({path.relative_to(at): path.read_bytes() for path in at.rglob("*") if path.is_file()} for at in (exported, tmp_path))
    assert old == new
    with ZipFile(exported / "x.xlsx") as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 9, 30, 0, 0, 0)}
        assert archive.read("docProps/core.xml").count(b"2026-09-30T12:00:00Z") == 2


def test_several_reports_are_one_table(rendered, tmp_path):
    assert main(["export", str(rendered), "--every", "--out", str(tmp_path)]) == 0
    kpis = pd.read_parquet(tmp_path / "kpis.parquet")
    assert kpis.groupby("report_period").size().to_dict() == {"2026-Q2": 3, "2026-Q3": 3}
    assert pd.read_parquet(tmp_path / "tables/1_intent-evil.parquet")["touchpoint"].tolist() == EVIL * 2
    assert [cell.value for cell in load_workbook(tmp_path / "x.xlsx")["KPIs"][1]][:2] == ["report_period", "report_segment"]


def test_what_is_not_rendered_is_refused(rendered, capsys, tmp_path):
    assert main(["export", str(rendered), "--out", str(tmp_path)]) == 2
    assert "period all, segment all has not been rendered; there are --period 2026-Q2" in capsys.readouterr().err
    assert main(["export", "data/toy", "--reports", str(tmp_path)]) == 2
    assert "Type journey render data/toy" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_an_empty_table_and_a_long_text_are_kept():
    sheets = [Sheet("a", "A", pd.DataFrame({"x": pd.Series([], dtype="str")})), Sheet("a", "B", pd.DataFrame({"x": ["long " * 40, "bad\x07bell"]}))]
    read = load_workbook(BytesIO(workbook(sheets, [("Company", "=x")], datetime(2026, 9, 30))))
    assert read.sheetnames == ["About", "a", "a 2"] and read["a 2"]["A3"].value == "badbell" and read["a 2"]["A2"].alignment.wrap_text
    assert read["About"]["B1"].value == "=x" and read["About"]["B1"].data_type == "s"


def test_missing_columns_and_files_of_one_name(tmp_path):
    for name, text in {"one.csv": "a,b\n1,x\n", "two.csv": "b,c\ny,2.5\n"}.items():
        (tmp_path / name).write_text(text)
    frame = stored.typed([({"w": "1"}, tmp_path / "one.csv"), ({"w": "2"}, tmp_path / "two.csv")])
    assert frame.astype(object).where(frame.notna(), "").values.tolist() == [[1, 1, "x", ""], [2, "", "y", 2.5]]
    assert export.to_parquet(frame, record()) == export.to_parquet(frame, record())
