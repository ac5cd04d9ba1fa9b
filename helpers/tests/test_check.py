"""`journey check`: what it finds, prints and hides, and its exit codes."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from helpers import validate
from helpers.tests.folders import ORDERS, prepare, write
from helpers.validate.report import text_table

DICTIONARY = "touchpoint,stage\nweb_shop,decision\nfair,awareness\n"
LOG = "customer_id,at,touchpoint\nann,2026-03-01,web_shop\nbob,2026-03-02,webshop\ncid,2026-03-02,webshop\n"
PEOPLE = "customer_id,region\nann,n\nbob,s\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNEY_CACHE", str(tmp_path / "cache"))


def printed(folder, source=None, **more):
    out = io.StringIO()
    return validate.print_check(folder, source, out=out, **more), out.getvalue()


def test_a_clean_company_is_in_order(tmp_path):
    folder = write(tmp_path / "shop", orders_csv=ORDERS, customers_csv=PEOPLE, touchpoints_csv="touchpoint\nweb\n",
                   interactions_csv="customer_id,at,touchpoint\nann,2026-03-01,web\n")
    code, text = printed(folder)
    assert code == 0 and text.endswith("Everything is in order.\n\n")
    assert "shop: 6 rows read = 6 used + 0 quarantined, in 4 tables. The data end 2026-03-02 11:00 (UTC)." in text
    assert "Every row is right." in text


def test_sources_and_faults_are_tables_with_one_example_each(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS + "o3,,2026-03-01,5\no4,cid,2026-03-01,-5\no5,cid,2026-03-01,-7\n")
    found = validate.check(prepare(folder))
    assert found.sources[["table", "source", "read", "used", "quarantined"]].values.tolist() == [["orders", "orders.csv", 5, 2, 3]]
    assert found.faults[["source", "column", "faults", "row", "value"]].values.tolist() == [
        ["orders.csv", "revenue", 2, 5, "-5"], ["orders.csv", "customer_id", 1, 4, ""]]
    assert found.exit_code == 1


def test_values_that_name_or_quote_a_person_are_hidden_unless_asked_for(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS + "o3,ann,2026-03-01,1,too many\no4,ann,soon,1\n", customers_csv=PEOPLE + "ann,n\n")
    hidden = validate.check(prepare(folder)).faults
    assert dict(zip(hidden["column"], hidden["value"])) == {"customer_id": "(hidden)", "": "(hidden)", "at": "soon"}
    shown = validate.check(prepare(folder), show_personal=True).faults
    assert dict(zip(shown["column"], shown["value"])) == {"customer_id": "ann", "": "o3,ann,2026-03-01,1,too many", "at": "soon"}
    assert "o3,ann,2026-03-01,1,too…" in printed(folder)[1]
    assert "ann" not in printed(folder, show_personal=False)[1].replace("channel", "")


def test_identities_say_who_is_known_where(tmp_path):
    found = validate.check(prepare(write(tmp_path, orders_csv=ORDERS, customers_csv=PEOPLE, interactions_csv=LOG, touchpoints_csv=DICTIONARY)))
    shares = found.identities.set_index(["table", "other"])["share"]
    assert shares["orders", "customers"] == 1 and shares["interactions", "customers"] == pytest.approx(2 / 3)
    assert found.identities.set_index(["table", "other"])["known"]["customers", "interactions"] == 2
    assert any("interactions: 1 of its 3 customers (33%) are not in customers" in warning for warning in found.warnings)


def test_without_customers_tables_that_share_nobody_are_named(tmp_path):
    found = validate.check(prepare(write(tmp_path, orders_csv=ORDERS, surveys_csv="at,instrument,score,customer_id\n2026-01-01,nps,9,7\n")))
    assert any("orders and surveys have no customer in common" in warning for warning in found.warnings)


def test_touchpoints_seen_but_not_in_the_dictionary_and_the_reverse(tmp_path):
    folder = write(tmp_path, interactions_csv=LOG, touchpoints_csv=DICTIONARY)
    found = validate.check(prepare(folder))
    assert found.touchpoints.values.tolist() == [
        ["fair", True, 0, "", ""], ["web_shop", True, 1, "interactions", ""], ["webshop", False, 2, "interactions", "web_shop"]]
    assert any("Not in the touchpoint dictionary: 1 touchpoint (webshop)" in warning for warning in found.warnings)
    assert any("never seen in the data: 1 touchpoint (fair)" in warning for warning in found.warnings)
    assert found.exit_code == 1 and "seen, not in the dictionary" in printed(folder)[1]


def test_what_an_activity_or_a_campaign_is_meant_for_was_not_yet_seen(tmp_path):
    folder = write(tmp_path, interactions_csv=LOG, touchpoints_csv=DICTIONARY, activities_csv="activity\nshow\n", activity_touchpoints_csv="activity,touchpoint,share\nshow,fair,0.5\nshow,fare,0.5\n",
                   campaigns_csv="campaign_id,starts_at,ends_at,touchpoint\n1,2026-01-01,2026-01-02,fair\n")
    rows = validate.check(prepare(folder)).touchpoints.set_index("touchpoint")
    assert rows.loc["fair"].tolist() == [True, 0, "activity_touchpoints, campaigns", ""] and rows.loc["fare"].tolist() == [False, 0, "activity_touchpoints", "fair"]


def test_a_year_typed_wrong_at_the_end_is_noticed_unless_the_end_is_declared(tmp_path):
    log = "customer_id,at,touchpoint\n" + "".join(f"a,2026-01-{1 + i % 28:02d},web\n" for i in range(40)) + "a,2062-01-01,web\n"
    folder = write(tmp_path, interactions_csv=log, touchpoints_csv="touchpoint\nweb\n")
    (warning,) = validate.check(prepare(folder)).warnings
    assert "interactions: the last rows reach 2062-01-01" in warning and "type as_of: 2026-01-28" in warning
    write(folder, journey="as_of: 2026-01-28")
    found = validate.check(prepare(folder))
    assert found.warnings == () and len(found.faults) == 1


def test_shares_of_an_activity_cannot_pass_the_whole(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS, activities_csv="activity\nbuild\n", activity_touchpoints_csv="activity,touchpoint,share\nbuild,a,0.7\nbuild,b,0.7\n")
    assert any("the shares of build add up to 1.40" in warning for warning in validate.check(prepare(folder)).warnings)


PAGES = {
    "1_intent": [("Intent conversion", ("interactions", "orders.revenue")), ("NPS", ("surveys.score",)), ("CSAT", ("surveys.score",))],
    "2_touchpoints": [("Sessions", ("interactions.session_id",)), ("Support", ("tickets|interactions.touchpoint=webshop",)),
                      ("Onboarding", ("touchpoints|interactions.touchpoint=manual",))],
}


def test_each_page_says_what_it_can_measure_and_what_would_unlock_the_rest(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS, interactions_csv=LOG)
    pages = validate.check(prepare(folder), pages=PAGES).pages
    assert pages.values.tolist() == [
        ["1_intent", "Intent conversion", True, ""], ["1_intent", "NPS", False, "surveys.score"], ["1_intent", "CSAT", False, "surveys.score"],
        ["2_touchpoints", "Sessions", True, ""], ["2_touchpoints", "Support", True, ""],
        ["2_touchpoints", "Onboarding", False, "touchpoints|interactions.touchpoint=manual"]]
    text = printed(folder, pages=PAGES)[1]
    assert "1_intent Intent: 1 of 3 can be measured\n  needs surveys.score: NPS, CSAT" in text
    assert "2_touchpoints Touchpoints: 2 of 3 can be measured\n  needs touchpoints or interactions.touchpoint = manual: Onboarding" in text


def test_an_unusable_company_prints_one_error_and_exits_with_2(tmp_path, capsys):
    assert printed(write(tmp_path / "a", orders_csv=ORDERS, journey="tabels: {}")) == (2, "")
    assert capsys.readouterr().err == (
        "journey check: a/journey.yml, line 1: unknown key 'tabels' in the file. Type tables instead; allowed are name, currency, "
        "timezone, stages, windows, segments, outcome, randomised, min_cell, min_n, practical_margin, as_of, engine, notes, tables.\n")
    assert printed(tmp_path / "nowhere")[0] == 2
    assert printed(write(tmp_path / "b", orders_csv="order_id,customer_id,at,revenue\n1,a,x,1\n"))[0] == 2
    assert "row 2: at is 'x': not a time stamp" in capsys.readouterr().err


def test_an_odd_value_cannot_break_the_table(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS + 'o3,a,"2026\n\x1b[31m-01\t01",5\n')
    text = printed(folder)[1]
    assert "\x1b" not in text and all(line == line.rstrip() for line in text.splitlines())


def test_text_tables_align_numbers_to_the_right():
    assert text_table(pd.DataFrame({"name": ["a", "bbb"], "rows": [1, 1234567], "at": [pd.NaT, pd.Timestamp("2026-01-02")]})) == (
        "name       rows  at\n----  ---------  ----------\na             1\nbbb   1,234,567  2026-01-02")


@pytest.mark.parametrize(("name", "code", "says"), [
    ("toy", 0, "Everything is in order."), ("toy_broken", 1, "194 rows read = 125 used + 69 quarantined"), ("sample", 1, "used + 0 quarantined"),
])
def test_the_embedded_companies(root, name, code, says):
    found, text = printed(root / "data" / name)
    assert (found, says in text) == (code, True)


@pytest.mark.case("sfo_survey")
def test_a_real_survey_mapped_in_journey_yml(tmp_path, cases):
    """Known answers of ../shared/cases/README.md: overall 2015 4.048 of 2,810 and 2016 4.038 of 2,919; food 2016 3.631 of 2,680."""
    entry = """
    - file: {year}.csv
      unpivot: {{id: [RESPNUM, INTDATE], columns: {{Q7ALL: , Q7FOOD: food}}}}
      rename: {{RESPNUM: customer_id, INTDATE: at}}
      prefix: {{customer_id: "{year}-"{day}}}
      missing: {{score: ["6", "0"]}}
      constants: {{instrument: csat}}
      timestamp_format: {{at: "%Y-%m-%d"}}"""
    first = entry.format(year=2015, day=', at: "2015-05-"')
    second = entry.format(year=2016, day="").replace('"%Y-%m-%d"', '"%m/%d/%Y %I:%M:%S %p"')
    prepared = prepare(write(tmp_path, journey=f"tables:\n  surveys:{first}{second}\n"), cases("sfo_survey"))
    answers = pd.read_parquet(prepared.path / "surveys.parquet")
    means = answers.groupby([answers["at"].dt.year, answers["touchpoint"].fillna("overall")])["score"].agg(["mean", "size"]).round(3)
    assert means.loc[(2015, "overall")].tolist() == [4.048, 2810] and means.loc[(2016, "overall")].tolist() == [4.038, 2919]
    assert means.loc[(2016, "food")].tolist() == [3.631, 2680] and not len(prepared.quarantine())
