"""What changed, by hand: a change that is all mix, one that is all rate, a planted month, and a company in which nothing happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from helpers import engine
from helpers.engine import F
from helpers.infer import estimates, xmr
from helpers.infer.monthly import COLUMNS as MONTHLY
from helpers.infer.period_change import _splits, changed, latest, standing_out
from helpers.journey import open_journey
from helpers.measure import all_kpis, registry, spans
from helpers.measure.registry import tagged
from helpers.report.finding import FIRST, Finding, to_html
from helpers.report.period_change import find, moved, payload, sentence
from helpers.tests.folders import write

SETTINGS = "min_cell: 5\nmin_n: 10\nsegments: [kind, town]\n"


def company(folder, before: dict[tuple[str, int], int], now: dict[tuple[str, int], int]):
    """A shop with satisfaction answers only: (kind, score) -> how many customers gave it, one answer each, in two quarters."""
    people, answers = ["customer_id,kind,town"], ["customer_id,at,instrument,score"]
    for quarter, start, counts in (("b", "2025-04", before), ("n", "2025-07", now)):
        for (kind, score), many in counts.items():
            for i in range(many):
                who = f"{quarter}{kind}{score}{i}"
                people.append(f"{who},{kind},{'east' if i % 2 else 'west'}")
                answers.append(f"{who},{start}-{i % 28 + 1:02d},csat,{score}")
    return write(folder, journey=SETTINGS, customers_csv="\n".join(people) + "\n", surveys_csv="\n".join(answers) + "\n")


def csat(folder, period: str = "2025-Q3") -> pd.Series:
    return changed(open_journey(folder, period=period), ("touchpoints",)).table.set_index("kpi").loc["csat"]


def followed(cases: list[tuple]):
    """A share of cases with an event within ten days: (customer, start, days, event) each."""
    rows = [(who, at, row, days, event) for row, (who, at, days, event) in enumerate(cases)]
    schema = "customer_id string, at timestamp, row_id long, days double, event int"
    return replace(all_kpis()["retention"], id="followed", days=10.0, function=lambda journey: tagged(journey, engine.frame(rows, schema), days=F.col("days"), event=F.col("event")))


def test_an_open_case_hands_its_weight_to_those_followed_longer(tmp_path):
    # Kaplan-Meier by hand: 1 of 4 after a day, one is open on day 2, 1 of the 2 left on day 3: 1 - 3/4 x 1/2 = 5/8; one of 3 open: the later event counts 3/2.
    at, folder = datetime(2025, 7, 1), company(tmp_path / "hand", {("home", 4): 5}, {("home", 4): 5})
    journey = open_journey(folder, period="2025-Q3")
    found = engine.collect(registry.parts_by_label(journey, followed([("ann", at, 1.0, 1), ("bob", at, 2.0, 0), ("cem", at, 3.0, 1), ("dan", at, 30.0, 1)]), "p:2025-Q3"), ["cluster"])
    assert found["s"].tolist() == pytest.approx([1, 0, 1.5, 0]) and found["s"].sum() / found["w"].sum() == pytest.approx(5 / 8)


def test_a_change_that_is_all_mix_while_windows_are_open(tmp_path):
    # Of homes 80 % come back on day 2, of firms 20 %, in both quarters; from half homes to a quarter: 50 % -> 35 %. Lately a fifth of either is open after a day.
    folder = company(tmp_path / "open", {("home", 4): 100, ("firm", 4): 100}, {("home", 4): 50, ("firm", 4): 150})
    cases = []
    for quarter, at, (homes, firms), open_ in (("b", datetime(2025, 5, 1), (100, 100), 0.0), ("n", datetime(2025, 8, 1), (50, 150), 0.2)):
        for kind, many, share in (("home", homes, 0.8), ("firm", firms, 0.2)):
            left, back = round(open_ * many), round(share * (1 - open_) * many)
            ends = [(1.0, 0)] * left + [(2.0, 1)] * back + [(40.0, 0)] * (many - left - back)
            cases += [(f"{quarter}{kind}4{i}", at, days, event) for i, (days, event) in enumerate(ends)]
    split = _splits(open_journey(folder, period="2025-Q3"), [followed(cases)]).iloc[0]
    assert split["column"] == "kind" and split["mix"] == pytest.approx(-0.15) and split["rate"] == pytest.approx(0.0, abs=1e-12)
    assert split["mix_low"] < -0.15 < split["mix_high"] < 0


def test_a_change_that_is_all_mix(tmp_path):
    # Homes always rate 4 and 5 evenly (4.5), firms 2 and 3 (2.5); from half homes to a quarter: 3.5 -> 3.0.
    row = csat(company(tmp_path / "mix", {("home", 4): 50, ("home", 5): 50, ("firm", 2): 50, ("firm", 3): 50}, {("home", 4): 25, ("home", 5): 25, ("firm", 2): 75, ("firm", 3): 75}))
    assert (row["before"], row["now"], row["difference"]) == (3.5, 3.0, -0.5)
    assert row["column"] == "kind" and row["mix"] == pytest.approx(-0.5) and row["rate"] == pytest.approx(0.0)
    assert row["mix_high"] < 0 < row["rate_high"] and row["q_value"] < 0.001 and row["way"] == "worse"


def test_a_change_that_is_all_rate(tmp_path):
    # The same people come; homes fall from 4.5 to 3.5: half of the answers by 1, so 0.5 of all.
    row = csat(company(tmp_path / "rate", {("home", 4): 50, ("home", 5): 50, ("firm", 2): 50, ("firm", 3): 50}, {("home", 3): 50, ("home", 4): 50, ("firm", 2): 50, ("firm", 3): 50}))
    assert row["difference"] == -0.5 and row["mix"] == pytest.approx(0.0) and row["rate"] == pytest.approx(-0.5)
    assert row["mix"] + row["rate"] == pytest.approx(row["difference"])


def test_strangers_are_a_group_of_their_own_and_many_forbid_a_split(tmp_path):
    folder = company(tmp_path / "few", {("home", 4): 60, ("firm", 2): 60}, {("home", 4): 60, ("firm", 2): 60})
    known = (folder / "customers.csv").read_text().splitlines()
    lost = [line for line in known if not line.startswith(("bhome40", "bhome41,", "nfirm20"))]  # a handful nobody knows
    (folder / "customers.csv").write_text("\n".join(lost) + "\n")
    row = csat(folder)
    assert row["mix"] + row["rate"] == pytest.approx(row["difference"], abs=1e-9)
    (folder / "customers.csv").write_text("\n".join([known[0], *[line for line in known[1:] if "home" in line]]) + "\n")
    assert np.isnan(csat(folder)["mix"])


def test_what_is_compared_with_what(tmp_path):
    folder = company(tmp_path / "spans", {("home", 4): 60}, {("home", 4): 60})
    day = lambda one: (one[0].strftime("%m-%d"), one[1].strftime("%m-%d"))  # noqa: E731
    quarter = spans.spans(open_journey(folder, period="2025-Q3"))
    # The data begin on 1 April and end with 28 July.
    assert day(quarter["before"]) == ("04-01", "07-01") and day(quarter["now"]) == ("07-01", "07-29")
    everything = open_journey(folder)
    assert [row.grain for row in everything.labels.itertuples()][-3:] == ["period", "recent", "earlier"]
    halves = spans.spans(everything)  # 119 days: 60 and 59
    assert day(halves["before"]) == ("04-01", "05-31") and day(halves["now"]) == ("05-31", "07-29")
    assert spans.spans(everything, days=20)["now"][1].strftime("%m-%d") == "07-08"
    assert spans.spans(open_journey(folder, period="2025-Q2")) is None  # nothing before the first quarter


def test_labels_are_made_of_pieces_that_do_not_overlap(tmp_path):
    """Months, the period and its halves cut one another; each label is the whole of its pieces, and no piece is cut by a label."""
    journey = open_journey(company(tmp_path / "pieces", {("home", 4): 60}, {("home", 4): 60}))
    pieces = journey.pieces
    assert all(end <= start for (_, end), (start, _) in zip(pieces, pieces[1:], strict=False))
    for label in journey.labels.itertuples():
        mine = [(start, end) for start, end in pieces if start < label.end and end > label.start]
        assert (mine[0][0], mine[-1][1]) == (label.start, label.end)
        assert sum(((end - start) for start, end in mine), pd.Timedelta(0)) == label.end - label.start


def test_two_years_are_compared_year_with_year(tmp_path):
    orders = "order_id,customer_id,at,revenue\n" + "".join(f"o{i},c{i},{at:%Y-%m-%d},{20 + i % 3}\n" for i, at in enumerate(pd.date_range(end="2026-01-31", periods=330, freq="3D")))
    journey = open_journey(write(tmp_path / "years", journey=SETTINGS, orders_csv=orders))
    both = spans.compared_labels(journey)
    assert (both["before"].period, both["now"].period) == ("2024-02-01..2025-01-31", "2025-02-01..2026-01-31")
    found = changed(journey, ("touchpoints",))
    table = found.table.set_index("kpi")
    before = estimates(journey, ["revenue"]).query("grain == 'earlier'")["value"].iloc[0]
    assert table.at["revenue", "before"] == pytest.approx(before * 365 / 366)  # a leap year has a day more to sell on
    assert sentence(found).startswith("In the last twelve months, against the twelve before, ")


# Months -------------------------------------------------------------------------------------------------


def months(values: dict[str, list[float]]) -> pd.DataFrame:
    parts = []
    for kpi, series in values.items():
        table = pd.DataFrame({"period": [f"{2024 + i // 12}-{i % 12 + 1:02d}" for i in range(len(series))], "value": series})
        chart = xmr.chart(table)
        way = np.where(chart["signal"] == "", "", np.where(chart["value"] > chart["centre"], "better", "worse"))
        parts.append(chart.assign(kpi=kpi, label=kpi, kind="leading", unit="score", better="higher", low=np.nan, high=np.nan, way=way))
    return pd.concat(parts, ignore_index=True)[MONTHLY]


def noise(seed: int, kpis: int = 20, length: int = 24) -> dict[str, list[float]]:
    rng = np.random.default_rng(seed)
    return {f"k{i}": list(rng.normal(5, 1, length)) for i in range(kpis)}


def test_a_planted_month_stands_out():
    values = noise(3)
    for kpi in ("k1", "k4", "k7", "k9"):
        values[kpi][20] = -3.0
    series = months(values)
    found = standing_out(series, sorted(series["period"].unique()))
    assert set(found["period"]) == {"2025-09"} and {"k1", "k4", "k7", "k9"} <= set(found["kpi"])
    assert not len(standing_out(series, ["2025-10", "2025-11"]))  # not of these months


def test_the_latest_signals_are_told_where_they_are_more_than_noise():
    values = noise(4)
    for kpi in ("k2", "k5", "k8"):
        values[kpi][-1] = 12.0
    series = months(values)
    found = latest(series, sorted(series["period"].unique()))
    assert {"k2", "k5", "k8"} <= set(found["kpi"]) and set(found["way"]) >= {"better"}
    assert not len(latest(series, ["2024-03"]))


def test_noise_hardly_ever_stands_out():
    told = [[len(one) > 0 for one in (standing_out(s, sorted(s["period"].unique())), latest(s, sorted(s["period"].unique())))] for s in (months(noise(seed)) for seed in range(40))]
    assert np.mean(told, axis=0)[0] <= 0.05 and np.mean(told, axis=0)[1] <= 0.1


def test_a_company_in_which_nothing_happens_has_few_changes(tmp_path):
    """Answers of 900 customers drawn alike over two years: changes beyond noise are false, and there are next to none."""
    false = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        at = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 730, 2500), unit="D")
        frame = pd.DataFrame({"customer_id": rng.integers(0, 900, 2500), "at": at.strftime("%Y-%m-%d %H:%M:%S"), "instrument": rng.choice(["csat", "ces", "nps"], 2500)})
        frame["score"] = np.where(frame["instrument"] == "nps", rng.integers(0, 11, 2500), rng.integers(1, 6, 2500))
        folder = write(tmp_path / f"calm{seed}", journey=SETTINGS, surveys_csv=frame.to_csv(index=False))
        found = changed(open_journey(folder), ("touchpoints",))
        false += (found.table["way"] != "").sum() > 0
        assert found.facts["compared"] >= 3
    assert false <= 1


# Words --------------------------------------------------------------------------------------------------


def test_the_first_sentence_in_every_case(tmp_path):
    fell = company(tmp_path / "fell", {("home", 4): 60, ("home", 5): 60}, {("home", 2): 60, ("home", 3): 60})
    told = changed(open_journey(fell, period="2025-Q3"), ("touchpoints",))
    assert sentence(told).startswith("Against 2025-Q2, both KPIs that can be compared changed beyond noise: ")
    assert "got worse" in sentence(told) and "No KPI has figures of 8 finished months" in sentence(told)
    assert payload(told)["worse"] >= 1 and payload(told)["before"] == "2025-Q2"
    nothing_before = changed(open_journey(fell, period="2025-Q2"), ("touchpoints",))
    assert sentence(nothing_before).startswith("The data hold too little of 2025-Q1 to compare with.") and not find(nothing_before, None)
    calm = company(tmp_path / "calm", {("home", 4): 60, ("home", 5): 60}, {("home", 4): 60, ("home", 5): 60})
    told = changed(open_journey(calm, period="2025-Q3"), ("touchpoints",))
    assert "changed beyond noise: what moved, moved no more than chance would move it." in sentence(told) and not find(told, None)
    few = company(tmp_path / "tiny", {("home", 4): 4}, {("home", 5): 4})
    assert "nothing can be said" in sentence(changed(open_journey(few, period="2025-Q3"), ("touchpoints",)))
    short = write(tmp_path / "short", journey=SETTINGS, surveys_csv="customer_id,at,instrument,score\na,2025-01-01,csat,4\nb,2025-01-03,csat,5\n")
    assert sentence(changed(open_journey(short), ("touchpoints",))).startswith("The data are too short")


def test_a_finding_says_how_much_is_who_came(tmp_path):
    folder = company(tmp_path / "mix", {("home", 4): 50, ("home", 5): 50, ("firm", 2): 50, ("firm", 3): 50}, {("home", 4): 25, ("home", 5): 25, ("firm", 2): 75, ("firm", 3): 75})
    one = find(changed(open_journey(folder, period="2025-Q3"), ("touchpoints",)), None)[0]
    assert "got worse beyond noise" in one.headline and "3.50 before, 3.00 now" in one.headline
    assert one.otherwise.startswith("Other customers: the mix by kind accounts for −0.50 of the −0.50.")
    assert moved(0.0, "score") == "0.00"


def test_findings_beyond_the_first_fold_away_under_the_first_sentence():
    many = [Finding(f"Finding {i} <b>.", "", "") for i in range(FIRST + 2)]
    html = to_html(many, "A & B changed.")
    assert html.startswith('<p class="signal">A &amp; B changed.</p>') and "Also seen: 2 more findings" in html
    assert html.count('<li class="finding') == FIRST + 2 and "<b>" not in html
    assert "Also seen" not in to_html(many[:FIRST])


def test_every_page_has_its_section():
    from helpers.infer.section import sections

    for page in ("1_intent", "2_touchpoints", "3_adoption", "4_moments_of_truth", "5_journey"):
        assert f"{page.split('_', 1)[1]}_change" in sections(page)
    assert {kpi.statistic for kpi in all_kpis().values()} >= set(spans.SPLIT)
