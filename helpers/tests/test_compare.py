"""Two rendered periods or segments side by side: the numbers by hand, what is hidden, what is called better, and the page."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from helpers import names
from helpers.cli import main
from helpers.infer import side_by_side as sbs
from helpers.render import compare
from helpers.report import comparison
from helpers.report.tabular import to_csv
from helpers.tests.hello import HOSTILE
from helpers.tests.test_render import Seen, entry


def kpi(id: str, value: float | None, half: float = 0.02, n: float | None = 400, **other) -> dict:
    """A row of kpis.csv for the whole period with a symmetric interval."""
    known = value is not None
    fixed = dict.fromkeys(names.KPI_COLUMNS, "") | {"phase": "touchpoints", "perspective": "customer", "kpi": id, "label": id, "unit": "share", "better": "higher", "grain": "period"}
    return {**fixed, "value": value if known else math.nan, "low": value - half if known else math.nan, "high": value + half if known else math.nan, "n": math.nan if n is None else n, **other}


def beside(first: list[dict], second: list[dict], **options) -> pd.DataFrame:
    return sbs.side_by_side(pd.DataFrame(first), pd.DataFrame(second), **options).set_index("kpi")


def test_the_difference_by_hand():
    """0.30 +- 0.03 less 0.20 +- 0.04: half-width sqrt(0.03^2 + 0.04^2) = 0.05; z = 0.10 / (0.05 / 1.96) = 3.92, p = 0.0000886."""
    table = beside([kpi("csat", 0.20, 0.04), kpi("ces", 0.5, 0.02)], [kpi("csat", 0.30, 0.03), kpi("ces", 0.5, 0.02)])
    row = table.loc["csat"]
    assert [round(row[one], 6) for one in ("difference", "difference_low", "difference_high")] == [0.1, 0.05, 0.15]
    assert row["p_value"] == pytest.approx(0.0000886, abs=5e-7) and row["q_value"] == pytest.approx(2 * row["p_value"])
    assert table["verdict"].tolist() == ["better", "no_difference"] and table.loc["ces", "p_value"] == pytest.approx(1.0)


def test_better_and_worse_follow_the_kpi():
    up = {better: beside([kpi("x", 0.2)], [kpi("x", 0.4, better=better)]).loc["x", "verdict"] for better in names.BETTER}
    assert up == {"higher": "better", "lower": "worse", "range": "higher"}


def test_many_comparisons_make_one_doubtful():
    """An interval just off zero (p 0.04) stands alone, not among twenty."""
    one, rest = kpi("x", 0.2), [kpi(f"y{i}", 0.5) for i in range(19)]
    other = kpi("x", 0.2 + 0.02 * math.sqrt(2) * 2.05 / 1.96)
    assert beside([one], [other]).loc["x", "verdict"] == "better"
    assert beside([one, *rest], [other, *rest]).loc["x", "verdict"] == "maybe"


def test_what_one_side_hides_the_page_does_not_show():
    table = beside([kpi("few", 0.2), kpi("hidden", 0.3), kpi("gone", 0.1), kpi("none", None, n=0)], [kpi("few", None, n=12), kpi("hidden", None, n=None), kpi("none", None, n=0)])
    assert table["why"].to_dict() == {"few": sbs.TOO_FEW, "hidden": sbs.TOO_FEW, "none": sbs.NEITHER, "gone": sbs.TOO_FEW}
    assert table[[f"{side}_{one}" for side in ("first", "second") for one in sbs.SIDES]].isna().all(axis=None)
    assert (table["verdict"] == "not_compared").all()


@pytest.mark.parametrize(("nested", "n", "shown"), [(True, 380, False), (True, 370, True), (True, 400, True), (False, 380, True)])
def test_the_rest_cannot_be_had_by_subtraction(nested, n, shown):
    """400 cases in all and 380 in the part: the 20 others could be worked out."""
    table = beside([kpi("x", 0.2)], [kpi("x", 0.25, n=n)], nested=nested)
    assert bool(table["first_value"].notna().all()) is shown and (table.loc["x", "why"] == sbs.THE_REST) is not shown


def test_sums_need_like_spans():
    first, second = [kpi("revenue", 900, 20, unit="currency"), kpi("csat", 0.2)], [kpi("revenue", 300, 20, unit="currency"), kpi("csat", 0.2)]
    table = beside(first, second, sums=sbs.BY_SIZE)
    assert table.loc["revenue", "why"] == sbs.BY_SIZE and math.isnan(table.loc["revenue", "difference"]) and table.loc["csat", "why"] == ""
    assert beside(first, second).loc["revenue", "verdict"] == "worse"


def test_with_nothing_to_compare_it_is_said():
    """A run of pages without KPIs still has an index."""
    empty = pd.DataFrame(columns=list(names.KPI_COLUMNS))
    table = sbs.side_by_side(empty, empty, sums=sbs.BY_SIZE, nested=True)
    assert not len(table) and comparison.headline(table, comparison.Sides("a", "b")).startswith("Nothing can be compared")
    assert len(comparison.sections(table, comparison.Sides("a", "b"))) == 3


def test_an_open_end_is_told():
    words = comparison.sections(
        beside([kpi("x", 40, 10, unit="days", better="lower")], [kpi("x", 110, 10, unit="days", better="lower", high=math.nan)]).reset_index(), comparison.Sides("a", "b"),
    )
    html = "".join(part for _, parts in words for part in parts)
    assert "at least 100 days" in html and "at least +" not in html and "nan" not in html


# Which pairs ----------------------------------------------------------------------------------------------------


def record(*reports: tuple[str, str], **other) -> dict:
    made = [entry(0, period=period, segment=segment, folder=f"{period}/{segment}", fingerprint="g", people=people) for period, segment, people in ((*one, 50 + 10 * i) for i, one in enumerate(reports))]
    return {
        "company": {"id": "x", "name": HOSTILE}, "data": {"fingerprint": "f", "as_of": "2026-09-30 12:00:00", "min_cell": 10, "currency": "EUR"}, "fingerprint": "g", "seed": 1, "versions": {},
        "refused": {}, "conflicts": [], "run": {"status": "done", "parameters": {"data": "data/x", "given": {}}}, "failures": [], "reports": made, **other,
    }


def test_the_usual_pairs():
    told = record(("2026-Q3", "all"), ("2026-Q2", "all"), ("2025-Q3", "all"), ("2026-Q3", "r=a"), ("2026-Q3", "r=b"), ("2026-Q3", "r=c"), ("2026-Q3", "p=1&r=a"))
    assert compare.usual(told) == [
        ("period", "2026-Q2", "2026-Q3", "all"), ("period", "2025-Q3", "2026-Q3", "all"), ("segment", "r=c", "r=a", "2026-Q3"), ("segment", "r=c", "r=b", "2026-Q3"),
    ]
    assert compare.usual(record(("all", "all"), ("2026-Q3", "all"))) == []


@pytest.mark.parametrize(
    ("pair", "inside", "sums"),
    [
        (("period", "2026-Q2", "2026-Q3", "all"), False, ""), (("period", "2026", "2026-Q3", "all"), True, sbs.BY_LENGTH), (("period", "all", "2026-Q3", "all"), True, sbs.BY_LENGTH),
        (("period", "2026-02", "2026-03", "all"), False, ""), (("period", "2026-H1", "2026-H2", "all"), False, sbs.BY_LENGTH),
        (("segment", "r=a", "r=b", "all"), False, sbs.BY_SIZE), (("segment", "all", "r=b", "all"), True, sbs.BY_SIZE), (("segment", "r=a", "p=1&r=a", "all"), True, sbs.BY_SIZE),
    ],
)
def test_what_lies_inside_and_what_is_alike(pair, inside, sums):
    told = record()
    assert compare.nested(pair, told) is inside and compare._sums(pair, told) == sums


# The page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def rendered(tmp_path):
    """A company with two periods for everybody, as if rendered; words from data are hostile."""
    told = record(("2026-Q2", "all"), ("2026-Q3", "all"))
    tables = {"2026-Q2": [kpi("csat", 0.2, label=HOSTILE), kpi("nps", 30, 4, unit="points")], "2026-Q3": [kpi("csat", 0.4, label=HOSTILE), kpi("nps", None, n=12, unit="points")]}
    for period, rows in tables.items():
        folder = tmp_path / "x" / period / "all"
        folder.mkdir(parents=True)
        (folder / "kpis.csv").write_text(to_csv(rows, names.KPI_COLUMNS))
    (tmp_path / "x" / "manifest.json").write_text(json.dumps(told))
    return tmp_path / "x"


def test_compare_as_a_person_types_it(rendered, capsys):
    assert main(["compare", str(rendered), "--period", "2026-Q2", "2026-Q3"]) == 0
    assert "Of 1 KPI compared, 1 is better in 2026-Q3." in capsys.readouterr().out
    made = json.loads((rendered / "manifest.json").read_text())["comparisons"]
    assert [(one["title"], one["counts"]["better"]) for one in made] == [("2026-Q3 against 2026-Q2", 1)]
    html = (rendered / made[0]["file"]).read_text()
    assert not Seen(html).all("script") and "&lt;script&gt;" in html and "30" not in "".join(part for part in html.split("What could not be compared?")[-1:])[:800]
    assert "compare/2026-Q3-against-2026-Q2" in (rendered / "index.html").read_text()
    table = pd.read_csv(rendered / made[0]["csv"])
    assert list(table.columns) == list(sbs.COLUMNS) and table["verdict"].tolist() == ["better", "not_compared"] and table["first_value"].isna().tolist() == [False, True]
    first = {path.name: path.read_bytes() for path in rendered.rglob("*.*") if path.suffix in (".html", ".csv")}
    assert main(["compare", str(rendered), "--period", "2026-Q2", "2026-Q3"]) == 0
    assert first == {path.name: path.read_bytes() for path in rendered.rglob("*.*") if path.suffix in (".html", ".csv")}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--period", "2026-Q1", "2026-Q2"], "has not been rendered; there are --period 2026-Q2"), (["--period", "2026-Q2"], "two periods and one segment"),
        (["--segment", "r=a", "r=b", "--period", "2026-Q2", "2026-Q3"], "two periods and one segment"), (["--period", "2026-Q2", "2026-q2"], "both are 2026-Q2"),
    ],
)
def test_what_cannot_be_compared_is_refused(rendered, capsys, words, told):
    assert main(["compare", str(rendered), *words]) == 2
    assert told in capsys.readouterr().err


def test_a_side_of_other_data_is_refused_and_marked(rendered, capsys):
    told = json.loads((rendered / "manifest.json").read_text())
    told["comparisons"] = [compare.make(rendered, told, ("period", "2026-Q2", "2026-Q3", "all"))]
    told["reports"][0]["fingerprint"] = "older"
    (rendered / "manifest.json").write_text(json.dumps(told))
    assert main(["compare", str(rendered), "--period", "2026-Q2", "2026-Q3"]) == 2 and "with other data, settings or code" in capsys.readouterr().err
    kept = compare.update(rendered, told, told["comparisons"], (), {("2026-Q3", "all")})
    assert [one["current"] for one in kept] == [False]


def test_a_run_makes_the_usual_ones_and_no_more(rendered):
    told = json.loads((rendered / "manifest.json").read_text())
    made = compare.update(rendered, told, [], (), {("2026-Q3", "all")})
    assert len(made) == 1 and compare.update(rendered, told, made, (), set()) == made


def test_a_comparison_that_fails_stops_no_run(rendered, capsys):
    told = json.loads((rendered / "manifest.json").read_text())
    (rendered / "2026-Q2/all/kpis.csv").write_text("kpi\n")
    assert compare.update(rendered, told, [], (), {("2026-Q3", "all")}) == []
    assert "2026-Q3 against 2026-Q2 (all) was not compared: KeyError" in capsys.readouterr().err and len(told["conflicts"]) == 1
