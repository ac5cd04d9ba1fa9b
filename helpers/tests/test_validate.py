"""Typing, quarantine, layout and cache, on tables small enough to check by eye."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from datetime import datetime

import duckdb
import pandas as pd
import pytest

from helpers import contract, load, validate
from helpers.tests.folders import ORDERS, faults, prepare, rows, write
from helpers.validate import cache


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNEY_CACHE", str(tmp_path / "cache"))


def adds_up(prepared):
    """Rows read = rows used + rows quarantined, table by table and source by source."""
    for info in [*prepared.tables.values(), *prepared.sources]:
        assert info.rows_read == info.rows_used + info.rows_quarantined
    for name, info in prepared.tables.items():
        assert info.rows_used == len(rows(prepared, name))
        assert info.rows_read == sum(source.rows_read for source in prepared.sources if source.table == name)
    return True


# Typing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "read"), [
    ("2026-07-01", "2026-07-01 00:00:00"),
    ("2026-07-01 12:30", "2026-07-01 12:30:00"),
    ("2026-07-01T12:30:15", "2026-07-01 12:30:15"),
    ("2026-07-01 12:30:15.250", "2026-07-01 12:30:15.250"),
    ("2026-7-1 2:03", "2026-07-01 02:03:00"),
    ("2026/07/01 12:30:00", "2026-07-01 12:30:00"),
    # A zone moves the stamp to the company's own (Berlin: +2 in July, +1 in January).
    ("2026-07-01T12:30:00Z", "2026-07-01 14:30:00"),
    ("2026-01-01T12:30Z", "2026-01-01 13:30:00"),
    ("2026-07-01 12:30:00+00", "2026-07-01 14:30:00"),
    ("2026-07-01 12:30:00-05:00", "2026-07-01 19:30:00"),
    ("2026-07-01 12:30:00+0200", "2026-07-01 12:30:00"),
    ("2026-07-01 12:30:00 UTC", "2026-07-01 14:30:00"),
    ("2026-07-01T12:30:00.000Z", "2026-07-01 14:30:00"),
    # An hour that the clock change skips stays as it was written.
    ("2026-03-29 02:30:00", "2026-03-29 02:30:00"),
    ("2026-02-30", None), ("01.07.2026", None), ("7/1/2026", None), ("2026", None), ("20260701", None), ("45231.5", None),
    ("2026-07-01 25:00", None), ("2026-07-01 12:30:00 PM", None), ("infinity", None), ("epoch", None), ("1899-12-30", None), ("0", None),
])
def test_time_stamps(tmp_path, text, read):
    folder = write(tmp_path, journey="timezone: Europe/Berlin", orders_csv=f"order_id,customer_id,at,revenue\n1,a,{text},5\n2,b,2026-07-02,5\n")
    prepared = prepare(folder)
    found = rows(prepared, "orders")
    if read is None:
        assert faults(prepared) == [(2, "at", text)] and list(found["order_id"]) == ["2"]
    else:
        assert found["at"].iloc[0] == pd.Timestamp(read) and found["at"].dt.tz is None


@pytest.mark.parametrize(("setting", "text", "read"), [
    ('"%d/%m/%Y %H:%M"', "29/2/2016 01:16", "2016-02-29 01:16:00"),
    ('["%d/%m/%Y %H:%M", "%d/%m/%Y"]', "1/3/2016", "2016-03-01 00:00:00"),
    ('"%m/%d/%Y %I:%M:%S %p"', "05/11/2016 12:00:00 AM", "2016-05-11 00:00:00"),
    ('"%Y-%m-%dT%H:%M:%S%z"', "2026-07-01T10:00:00+0000", "2026-07-01 12:00:00"),
    ("excel", "45231.5", "2023-11-01 12:00:00"),
    ("unix", "1782900000", "2026-07-01 12:00:00"),
    ("unix_ms", "1782900000000", "2026-07-01 12:00:00"),
])
def test_time_stamps_written_another_way(tmp_path, setting, text, read):
    folder = write(
        tmp_path, journey=f"timezone: Europe/Berlin\ntables: {{orders: {{file: o.csv, timestamp_format: {{at: {setting}}}}}}}",
        o_csv=f'order_id,customer_id,at,revenue\n1,a,"{text}",5\n2,b,what,5\n')
    prepared = prepare(folder)
    assert list(rows(prepared, "orders")["at"]) == [pd.Timestamp(read)]
    assert faults(prepared) == [(3, "at", "what")]


@pytest.mark.parametrize(("decimal", "text", "read"), [
    ("", "12.50", 12.5), ("", "1e3", 1000.0), ("", " 7 ", 7.0), ("", "12,50", None), ("", "inf", None), ("", "1_000", None), ("", "€5", None),
    (",", "1.234,50", 1234.5), (",", "12,5", 12.5), (".", "1,234.50", 1234.5), (",", "abc", None),
])
def test_numbers(tmp_path, decimal, text, read):
    setting = f", decimal: '{decimal}'" if decimal else ""
    folder = write(tmp_path, journey=f"tables: {{orders: {{file: o.csv{setting}}}}}",
                   o_csv=f'order_id;customer_id;at;revenue\n1;a;2026-07-02;"{text}"\n2;b;2026-07-02;5\n')
    prepared = prepare(folder)
    if read is None:
        assert faults(prepared) == [(2, "revenue", text)]
    else:
        assert rows(prepared, "orders")["revenue"].iloc[0] == read


def test_flags_words_months_and_missing_words(tmp_path):
    folder = write(
        tmp_path,
        orders_csv="order_id,customer_id,at,revenue,refunded\n1,a,2026-01-01,1,YES\n2,a,2026-01-01,1,0\n3,a,2026-01-01,1,N/A\n4,a,2026-01-01,1,ja\n",
        interactions_csv="customer_id,at,touchpoint,outcome\nnull,2026-01-01,web,\na,2026-01-01,web,Success\na,2026-01-01,web,\na,2026-01-01,web,ok\n",
        team_csv="month,department,headcount\n2026-01,NA,3\n2026-02-28,sales,3\n2026-13,sales,3\n",
        mentions_csv="at,text\n2026-01-01,None\n")
    prepared = prepare(folder)
    assert rows(prepared, "orders")["refunded"].tolist() == [True, False, None]
    assert rows(prepared, "interactions")["outcome"].astype(object).where(lambda s: s.notna(), None).tolist() == ["success", None]
    assert rows(prepared, "team")["month"].tolist() == [pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")]
    assert prepared.tables["team"].columns["department"] == 1  # NA is a missing word
    assert rows(prepared, "mentions")["text"].tolist() == ["None"]  # free text keeps it
    assert faults(prepared) == [(2, "customer_id", None), (5, "outcome", "ok"), (5, "refunded", "ja"), (4, "month", "2026-13")]
    assert adds_up(prepared)


def test_scales_are_filled_in_by_instrument_and_scores_must_lie_on_them(tmp_path):
    folder = write(tmp_path, surveys_csv=(
        "at,instrument,score,scale_min,scale_max\n"
        "2026-01-01,csat,5,,\n2026-01-01,csat,6,,\n2026-01-01,csat,6,,10\n2026-01-01,nps,0,,\n2026-01-01,emotion,-2,,\n2026-01-01,ces,8,,\n"
        "2026-01-01,csat,3,5,1\n2026-01-01,csat,3,low,5\n"))
    prepared = prepare(folder)
    found = rows(prepared, "surveys")
    assert list(zip(found["instrument"], found["score"], found["scale_min"], found["scale_max"])) == [
        ("csat", 5, 1, 5), ("csat", 6, 1, 10), ("nps", 0, 0, 10), ("emotion", -2, -2, 2)]
    assert faults(prepared) == [(3, "score", "6"), (7, "score", "8"), (8, "scale_max", "1"), (9, "scale_min", "low")]
    assert prepared.tables["surveys"].columns["scale_max"] == 4


def test_stages_may_be_given_by_label_and_only_the_companys_own_count(tmp_path):
    folder = write(tmp_path, journey="stages: {decision: Choice, purchase: Purchase}", orders_csv=ORDERS,
                   touchpoints_csv="touchpoint,stage\nweb,decision\nshop,CHOICE\nfair,awareness\nmail,\n")
    prepared = prepare(folder)
    assert rows(prepared, "touchpoints")["stage"].tolist()[:2] == ["decision", "decision"]
    assert faults(prepared) == [(4, "stage", "awareness")]


# Rows --------------------------------------------------------------------------------------------------


def test_a_row_with_several_faults_stands_once_a_fault_and_counts_once(tmp_path):
    folder = write(tmp_path, orders_csv="order_id,customer_id,at,revenue,cost\n,a,never,-1,x\n2,b,2026-01-01,1,1\n")
    prepared = prepare(folder)
    assert faults(prepared) == [(2, "at", "never"), (2, "cost", "x"), (2, "order_id", None), (2, "revenue", "-1")]
    assert prepared.tables["orders"].rows_quarantined == 1 and adds_up(prepared)


def test_the_first_right_row_of_a_key_is_kept(tmp_path):
    folder = write(tmp_path, orders_csv=(
        "order_id,customer_id,at,revenue\n1,a,2026-01-01,-5\n1,a,2026-01-01,6\n2,b,2026-01-01,1\n1,c,2026-01-02,7\n1,d,2026-01-02,8\n"))
    prepared = prepare(folder)
    assert rows(prepared, "orders")[["row_id", "order_id", "revenue"]].values.tolist() == [[2, "1", 6.0], [3, "2", 1.0]]
    assert faults(prepared) == [(2, "revenue", "-5"), (5, "order_id", "1"), (6, "order_id", "1")]
    assert adds_up(prepared)


def test_a_key_of_two_columns_counts_an_empty_part_as_a_value(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS, team_csv="month,department,headcount\n2026-01,,9\n2026-01,sales,3\n2026-01-15,,9\n")
    assert faults(prepare(folder)) == [(4, "month, department", "2026-01-01, ")]


def test_two_equal_interactions_are_two_interactions(tmp_path):
    folder = write(tmp_path, interactions_csv="customer_id,at,touchpoint\na,2026-01-01,web\na,2026-01-01,web\n")
    assert prepare(folder).tables["interactions"].rows_used == 2


def test_what_ends_before_it_starts(tmp_path):
    folder = write(
        tmp_path,
        tickets_csv="ticket_id,opened_at,first_response_at,resolved_at\n1,2026-01-02,2026-01-01,2026-01-01\n2,2026-01-02,,\n3,2026-01-02,2026-01-02,2026-01-02\n",
        campaigns_csv="campaign_id,starts_at,ends_at\n1,2026-01-02,2026-01-01\n",
        activities_csv="activity,elapsed_hours,waiting_hours\nbuild,3,4\nship,4,4\n")
    prepared = prepare(folder)
    assert faults(prepared) == [(2, "waiting_hours", "4"), (2, "ends_at", "2026-01-01"), (2, "first_response_at", "2026-01-01"), (2, "resolved_at", "2026-01-01")]
    assert adds_up(prepared)


def test_an_activity_that_is_not_in_the_value_chain_is_wrong_and_a_touchpoint_is_not(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS, activities_csv="activity,cost\nbuild,3\nwrong,-3\n",
                   activity_touchpoints_csv="activity,touchpoint,share\nbuild,web,1\nsell,web,0.5\nwrong,web,0.5\nbuild,app,30\n")
    prepared = prepare(folder)
    assert faults(prepared, "activity_touchpoints") == [(3, "activity", "sell"), (4, "activity", "wrong"), (5, "share", "30")]


def test_without_a_value_chain_activities_are_not_looked_up(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS, activity_touchpoints_csv="activity,touchpoint\nbuild,web\n")
    assert faults(prepare(folder)) == []


def test_a_required_column_that_is_not_there_sets_the_table_aside_and_says_so(tmp_path):
    folder = write(tmp_path, orders_csv=ORDERS, tickets_csv="ticket_nr,opened_at\n1,2026-01-01\n2,2026-01-01\n")
    prepared = prepare(folder)
    assert prepared.tables["tickets"].rows_used == 0 and faults(prepared) == [(2, "ticket_id", None), (3, "ticket_id", None)]
    assert any("If it is ticket_id, type rename: {ticket_nr: ticket_id}" in warning for warning in prepared.warnings)


# as_of -------------------------------------------------------------------------------------------------


def test_the_data_end_with_the_last_instant_of_any_table_but_plans(tmp_path):
    folder = write(
        tmp_path, orders_csv=ORDERS, tickets_csv="ticket_id,opened_at,resolved_at\n1,2026-03-01,2026-04-05 10:00:00\n",
        campaigns_csv="campaign_id,starts_at,ends_at\n1,2026-05-01,2027-01-01\n", team_csv="month,headcount\n2026-12,3\n")
    assert prepare(folder).as_of == datetime(2026, 4, 5, 10)


def test_rows_after_a_declared_end_are_wrong_and_its_last_day_counts(tmp_path):
    folder = write(
        tmp_path, journey="as_of: 2026-03-02",
        orders_csv="order_id,customer_id,at,revenue\n1,a,2026-03-02 23:59:59.9,5\n2,a,2026-03-03,5\n",
        tickets_csv="ticket_id,opened_at,resolved_at\n1,2026-03-01,2026-04-05\n", campaigns_csv="campaign_id,starts_at,ends_at\n1,2026-05-01,\n")
    prepared = prepare(folder)
    assert faults(prepared) == [(3, "at", "2026-03-03")]
    assert prepared.as_of == datetime(2026, 3, 2, 23, 59, 59)
    assert prepared.tables["tickets"].rows_used == prepared.tables["campaigns"].rows_used == 1


# Files as they come ------------------------------------------------------------------------------------


def test_lines_that_cannot_be_cut_into_columns_and_the_lines_after_them(tmp_path):
    text = ("order_id,customer_id,at,revenue\n1,a,2026-01-01,1\n2,b,2026-01-01\n3,c,2026-01-01,1,extra\n"
            '4,"d ""the"" d",2026-01-01,1\n5,e,2026-01-01,oops\n6,"f"x,2026-01-01,1\n7,g,2026-01-01,-7\n')
    prepared = prepare(write(tmp_path, orders_csv=text))
    assert rows(prepared, "orders")["customer_id"].tolist() == ["a", 'd "the" d']
    assert faults(prepared) == [
        (3, "", "2,b,2026-01-01"), (4, "", "3,c,2026-01-01,1,extra"), (6, "revenue", "oops"), (7, "", '6,"f"x,2026-01-01,1'), (8, "revenue", "-7")]
    assert "the line has 3 values where the header names 4; complete the line" in set(prepared.quarantine()["reason"])
    assert prepared.tables["orders"].rows_read == 7 and adds_up(prepared)


def test_a_quotation_mark_that_is_never_closed_names_every_line_it_swallows(tmp_path):
    prepared = prepare(write(tmp_path, orders_csv='order_id,customer_id,at,revenue\n1,a,2026-01-01,1\n2,"b,2026-01-01,1\n3,c,2026-01-01,1\n'))
    assert faults(prepared) == [(3, "", '2,"b,2026-01-01,1'), (4, "", "3,c,2026-01-01,1")]
    assert prepared.tables["orders"].rows_read == 3 and adds_up(prepared)


def test_no_row_is_lost_where_many_lines_are_broken(tmp_path):
    """DuckDB 2.0 loses the rows of whole blocks of 8 MB where a broken line meets a block's edge."""
    folder = write(tmp_path)
    with (folder / "interactions.csv").open("w") as file:
        file.write("customer_id,at,touchpoint\n")
        file.writelines(f"c{i:06d},2026-01-01 10:00:00,{'x' * 84}{',too many' if i % 2 else ''}\n" for i in range(100_000))
    prepared = prepare(folder)
    info = prepared.tables["interactions"]
    assert (info.rows_read, info.rows_used, info.rows_quarantined) == (100_000, 50_000, 50_000)
    wrong = prepared.quarantine()
    assert (wrong["row"] == [i + 2 for i in range(1, 100_000, 2)]).all() and prepared.warnings == ()


def test_rows_that_the_reader_loses_are_noticed(tmp_path, monkeypatch):
    from helpers.load import csvfile

    monkeypatch.setattr(csvfile, "count_records", lambda path: 4)
    assert prepare(write(tmp_path, orders_csv=ORDERS)).warnings == (
        "orders.csv: 3 lines hold rows, but only 2 could be read. Look for quotation marks that are not closed.",)


def test_a_text_over_several_lines_is_one_row(tmp_path):
    prepared = prepare(write(tmp_path, surveys_csv='at,instrument,score,comment\n2026-01-01,csat,4,"two\nlines"\n2026-01-01,csat,9,x\n'))
    assert rows(prepared, "surveys")["comment"].tolist() == ["two\nlines"] and prepared.tables["surveys"].rows_quarantined == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_and_line_ends_are_found_out(tmp_path, encoding, newline):
    text = newline.join(["order_id;customer_id;at;revenue", "1;Zoë Müller;2026-01-01;5", "2;bob;2026-01-01;6", ""])
    prepared = prepare(write(tmp_path, orders_csv=text.encode(encoding)))
    assert rows(prepared, "orders")["customer_id"].tolist() == ["Zoë Müller", "bob"]


def test_a_wrong_declared_encoding_is_an_error_with_its_line(tmp_path):
    folder = write(tmp_path, journey="tables:\n  orders:\n    file: o.csv\n    encoding: utf-16", o_csv=ORDERS + "x")
    with pytest.raises(load.ConfigError, match="line 4: 'o.csv' is not utf-16"):
        prepare(folder)


def test_utf8_declared_and_not_kept_sets_the_line_aside(tmp_path):
    folder = write(tmp_path, journey="tables: {orders: {file: o.csv, encoding: utf-8}}", o_csv=ORDERS.encode() + "o3,Zoë,2026-01-01,1\n".encode("latin-1"))
    prepared = prepare(folder)
    assert prepared.tables["orders"].rows_quarantined == 1 and "type encoding: latin-1" in prepared.quarantine()["reason"].iloc[0]


def test_gzip_tsv_and_a_header_in_other_spelling(tmp_path):
    text = "*Order ID\t Customer-Id\tAT\tRevenue \n1\ta\t2026-01-01\t5\n"
    folder = write(tmp_path)
    (folder / "orders.tsv.gz").write_bytes(gzip.compress(text.encode()))
    assert rows(prepare(folder), "orders").iloc[0].tolist() == [1, "1", "a", pd.Timestamp("2026-01-01"), 5.0]


def test_two_headers_that_would_become_one_keep_their_own_spelling(tmp_path):
    folder = write(tmp_path, orders_csv="order_id,customer_id,at,revenue,*revenue\n1,a,2026-01-01,5,6\n")
    assert rows(prepare(folder), "orders")["revenue"].tolist() == [5.0]


def test_odd_names_of_folders_files_columns_and_values(tmp_path):
    folder = tmp_path / "it's a \"shop\"; drop table"
    write(folder, journey=(
        "name: \"It's\"\nsegments: [\"re'gi\\\"on\"]\ntables:\n  orders: {file: \"my 'sales'.csv\", rename: {\"o'r d\\\"er\": order_id, \"select\": revenue}}\n"
        "  surveys: {sql: \"SELECT '2026-01-01' AS at, 'nps' AS instrument, count(*) AS score FROM '{folder}/customers.csv'\"}\n"),
        customers_csv="customer_id,\"re'gi\"\"on\"\na,x'y\nb,x'y\nc,z\nd,z\n")
    (folder / "my 'sales'.csv").write_text("\"o'r d\"\"er\",customer_id,at,select\n'1',a;--,2026-01-01,5\n")
    prepared = prepare(folder)
    assert rows(prepared, "orders")["order_id"].tolist() == ["'1'"] and prepared.company.segments == ("re'gi\"on",)
    assert rows(prepared, "customers")["re'gi\"on"].tolist() == ["x'y", "x'y", "z", "z"]
    assert rows(prepared, "surveys")["score"].tolist() == [4.0]


def test_parquet_keeps_types_and_whole_numbers_lose_their_point(tmp_path):
    write(tmp_path)
    frame = pd.DataFrame({
        "order_id": [1, 2], "customer_id": [7.0, 8.0], "at": pd.to_datetime(["2026-07-01 10:00", "2026-07-01 11:00"]).tz_localize("UTC"),
        "revenue": [5.5, float("nan")], "refunded": [True, False],
    })
    frame.to_parquet(tmp_path / "orders.parquet")
    (tmp_path / "journey.yml").write_text("timezone: Europe/Berlin")
    prepared = prepare(tmp_path)
    assert rows(prepared, "orders").iloc[0].tolist() == [1, "1", "7", pd.Timestamp("2026-07-01 12:00"), 5.5, True]
    assert faults(prepared) == [(2, "revenue", None)]


def test_excel_sheets_by_name_with_dates_numbers_and_the_sheets_row_numbers(tmp_path):
    write(tmp_path)
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "About"
    sheet = book.create_sheet("orders")
    for row in ([], ["order_id", "customer_id", "at", "revenue", "refunded", None], [1, "a", datetime(2026, 7, 1, 10), 5, True],
                [], [2, "b", "2026-07-02", "x", None], [3.0, "c", datetime(2026, 7, 3), 7.25, False]):
        sheet.append(row)
    book.save(tmp_path / "company.xlsx")
    prepared = prepare(tmp_path)
    assert rows(prepared, "orders")[["order_id", "revenue"]].values.tolist() == [["1", 5.0], ["3", 7.25]]
    assert faults(prepared) == [(5, "revenue", "x")] and prepared.sources[0].source == "company.xlsx:orders"


def test_a_sheet_that_is_not_there(tmp_path):
    from openpyxl import Workbook

    write(tmp_path, journey="tables: {orders: {file: o.xlsx, sheet: Orderz}}")
    book = Workbook()
    book.active.title = "Orders"
    book.save(tmp_path / "o.xlsx")
    with pytest.raises(load.ConfigError, match="has no sheet 'Orderz'. Type Orders instead"):
        prepare(tmp_path)


def test_duckdb_files_give_their_tables_by_name_and_to_sql(tmp_path):
    write(tmp_path, journey="tables: {tickets: {sql: 'SELECT id AS ticket_id, opened AS opened_at FROM shop.cases'}}")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS order_id, 'a' AS customer_id, DATE '2026-01-01' AS at, 5 AS revenue")
        connection.execute("CREATE TABLE cases AS SELECT 7 AS id, TIMESTAMP '2026-01-01 10:00:00' AS opened")
    prepared = prepare(tmp_path)
    assert rows(prepared, "orders")["revenue"].tolist() == [5.0] and rows(prepared, "tickets")["ticket_id"].tolist() == ["7"]


@pytest.mark.parametrize("content", ["", "\n", "order_id,customer_id,at,revenue\n"])
def test_an_empty_file_is_named(tmp_path, content):
    with pytest.raises(load.ConfigError, match="the file is empty|there is not one row in orders"):
        prepare(write(tmp_path, orders_csv=content))


def test_a_file_that_is_not_what_its_name_says(tmp_path):
    with pytest.raises(load.ConfigError, match="orders.parquet: this file cannot be read"):
        prepare(write(tmp_path, orders_parquet="no parquet"))
    with pytest.raises(load.ConfigError, match="workbook cannot be opened"):
        prepare(write(tmp_path / "b", orders_xlsx="no workbook"))


def test_without_one_right_row_the_most_common_fault_is_named(tmp_path):
    with pytest.raises(load.ConfigError, match=r"no row can be used. orders.csv, row 2: at is '1.2.2026': not a time stamp .* \(2 rows alike\)"):
        prepare(write(tmp_path, orders_csv="order_id,customer_id,at,revenue\n1,a,1.2.2026,5\n2,a,2.2.2026,5\n"))


# Mapping -----------------------------------------------------------------------------------------------


def test_rename_values_missing_constants_and_prefix(tmp_path):
    folder = write(tmp_path, journey="""
tables:
  orders:
    - file: a.csv
      rename: {Nr.: order_id, who: customer_id}
      values: {refunded: {J: yes, "2": no}}
      missing: {cost: ["-1", "?"]}
      constants: {at: 2026-05-01, revenue: 9}
      prefix: {order_id: "a-"}
    - {file: b.csv, missing: ["?"], prefix: {order_id: b-}}
""", a_csv="Nr.,who,refunded,cost\n1,ann,J,-1\n2,bob,2,3\n", b_csv="order_id,customer_id,at,revenue,cost\n1,cid,2026-05-02,8,?\n?,dan,2026-05-02,8,1\n")
    prepared = prepare(folder)
    found = rows(prepared, "orders")
    assert found["order_id"].tolist() == ["a-1", "a-2", "b-1"] and found["row_id"].tolist() == [1, 2, 3]
    assert found["refunded"].tolist() == [True, False, None] and found["cost"].fillna(0).tolist() == [0, 3, 0]
    assert found["revenue"].tolist() == [9, 9, 8]
    assert [(s.source, s.rows_read, s.rows_used) for s in prepared.sources] == [("a.csv", 2, 2), ("b.csv", 2, 1)]
    assert faults(prepared) == [(3, "order_id", None)] and prepared.quarantine()["source"].tolist() == ["b.csv"]


def test_a_wide_survey_becomes_one_row_an_answer(tmp_path):
    folder = write(tmp_path, journey="""
tables:
  surveys:
    file: s.csv
    unpivot: {id: [nr, day], columns: {Q FOOD: food, QSHOP: shops, QALL: }}
    rename: {nr: customer_id, day: at}
    missing: {score: ["6", "0"]}
    values: {touchpoint: {shops: stores}}
    constants: {instrument: csat}
""", s_csv="*nr,day,Q FOOD ,QSHOP,QALL,zip\n1,2026-05-01,5,6,4,x\n2,2026-05-02,0,,3,x\n3,2026-05-03,9,2,good,x\n")
    prepared = prepare(folder)
    found = rows(prepared, "surveys")
    found["touchpoint"] = found["touchpoint"].astype(object).where(found["touchpoint"].notna(), None)
    assert found[["row_id", "customer_id", "touchpoint", "score"]].values.tolist() == [
        [1, "1", "food", 5], [2, "1", None, 4], [3, "2", None, 3], [5, "3", "stores", 2]]
    assert faults(prepared) == [(4, "score", "9"), (4, "score", "good")]
    source = prepared.sources[0]
    assert (source.rows_read, source.rows_used, source.blank, source.unused) == (6, 4, 3, ("zip",)) and adds_up(prepared)


def test_lines_of_a_wide_survey_after_a_broken_one(tmp_path):
    folder = write(tmp_path, journey="tables: {surveys: {file: s.csv, unpivot: {id: [at], columns: {food: food, shop: shop}}, constants: {instrument: csat}}}",
                   s_csv="at,food,shop\n2026-05-01,5,4\n2026-05-01,5\n2026-05-02,,9\n")
    prepared = prepare(folder)
    assert faults(prepared) == [(3, "", "2026-05-01,5"), (4, "score", "9")] and adds_up(prepared)


@pytest.mark.parametrize(("entry", "says"), [
    ("{file: orders.csv, rename: {nr: order_id}}", "rename: orders.csv has no column 'nr'"),
    ("{file: orders.csv, rename: {order: order_id}}", "Type order_id instead"),
    ("{file: orders.csv, values: {refunded: {J: yes}}}", "values: speaks of the column 'refunded', which orders.csv does not have"),
    ("{file: orders.csv, constants: {revenue: 5}}", "constants: orders.csv has a column revenue of its own"),
])
def test_a_mapping_of_columns_that_the_file_does_not_have(tmp_path, entry, says):
    folder = write(tmp_path, journey=f"tables:\n  orders: {entry}", orders_csv=ORDERS)
    with pytest.raises(load.ConfigError, match=says) as caught:
        prepare(folder)
    assert caught.value.line == 2


# sql ---------------------------------------------------------------------------------------------------


def query(folder, sql, **files):
    indented = "\n".join(f"      {line}" for line in sql.splitlines())
    return write(folder, journey=f"tables:\n  orders:\n    sql: |\n{indented}\n", **files)


def test_one_select_over_the_folders_files(tmp_path):
    source = write(tmp_path / "raw", lines_csv="basket,who,day,paid\n1,a,2026-01-01,5\n2,b,2026-01-02,4\n1,a,2026-01-01,2.5\n")
    folder = query(tmp_path / "shop", "WITH l AS (FROM '{source}/lines.csv')\nSELECT basket AS order_id, who AS customer_id, day AS at, sum(paid) AS revenue\nFROM l GROUP BY ALL;")
    found = rows(prepare(folder, source), "orders")
    assert found[["order_id", "customer_id", "revenue"]].values.tolist() == [["1", "a", 7.5], ["2", "b", 4.0]]


@pytest.mark.parametrize(("sql", "line", "says"), [
    ("SELECT 1; SELECT 2", 4, "must be one SELECT, not SELECT and SELECT"),
    ("COPY (SELECT 1) TO '{folder}/x.csv'", 4, "must be one SELECT, not COPY"),
    ("SET threads = 1", 4, "must be one SELECT, not SET"),
    ("SELECT *\nFROM '{folder}/a.csv'\nWHERE nothing = 1", 6, "nothing"),
    ("SELEC 1", 4, "syntax error"),
    ("SELECT * FROM '{folder}/nowhere.csv'", 4, "nowhere.csv"),
    ("SELECT * FROM 'https://example.com/a.csv'", 4, "reads from another machine"),
    ("SELECT * FROM read_text('/etc/host' || 'name')", 4, "ermission"),
    ("SELECT * FROM a", 4, "does not exist"),
])
def test_a_query_that_is_wrong_or_reaches_too_far(tmp_path, sql, line, says):
    with pytest.raises(load.ConfigError, match=says) as caught:
        prepare(query(tmp_path, sql, a_csv="x\n1\n"))
    assert caught.value.line == line and str(caught.value).startswith(f"{tmp_path.name}/journey.yml, line {line}: sql: of orders: ")


def test_two_queries_of_one_table_stay_two(tmp_path):
    one = """{sql: "SELECT 'o%d' AS order_id, 'a' AS customer_id, DATE '2026-01-0%d' AS at, %d AS revenue"}"""
    prepared = prepare(write(tmp_path, journey=f"tables: {{orders: [{one % (1, 1, 1)}, {one % (2, 2, -2)}, {one % (3, 3, 3)}]}}"))
    assert rows(prepared, "orders")["order_id"].tolist() == ["o1", "o3"]
    assert prepared.quarantine()[["source", "row", "value"]].values.tolist() == [["orders (sql) 2", 1, "-2"]]


def test_a_query_leaves_nothing_on_disk_and_installs_nothing(tmp_path):
    for sql in ("INSTALL httpfs", "LOAD httpfs", "ATTACH '{folder}/x.duckdb'", "EXPORT DATABASE '{folder}'", "PRAGMA version", "CALL pragma_version()"):
        with pytest.raises(load.ConfigError, match="must be one SELECT"):
            prepare(query(tmp_path, sql))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "journey.yml"]


def test_a_query_keeps_the_files_order_unless_it_loses_it(tmp_path):
    log = "who,day,page\n" + "".join(f"a,2026-01-01,p{9 - i}\n" for i in range(9))
    write(tmp_path, log_csv=log)
    head = "tables:\n  interactions:\n    sql: SELECT who AS customer_id, day AS at, page AS touchpoint FROM '{folder}/log.csv'"
    (tmp_path / "journey.yml").write_text(head)
    assert rows(prepare(tmp_path), "interactions")["touchpoint"].tolist() == [f"p{9 - i}" for i in range(9)]
    (tmp_path / "journey.yml").write_text(head + " GROUP BY ALL")
    assert rows(prepare(tmp_path), "interactions")["touchpoint"].tolist() == [f"p{i + 1}" for i in range(9)]
    (tmp_path / "journey.yml").write_text(head + " GROUP BY ALL ORDER BY page DESC")
    assert rows(prepare(tmp_path), "interactions")["touchpoint"].tolist() == [f"p{9 - i}" for i in range(9)]


# Layout ------------------------------------------------------------------------------------------------


LOG = """customer_id,at,touchpoint
b,2026-01-01 09:00:00,web
a,2026-01-01 10:00:00,one
a,2026-01-01 10:30:00,two
a,2026-01-01 11:00:01,three
a,2026-01-01 10:30:00,tie
b,2026-01-01 09:10:00,shop
"""


def test_interactions_lie_by_customer_and_time_and_keep_the_logs_order_within_an_instant(tmp_path):
    found = rows(prepare(write(tmp_path, interactions_csv=LOG)), "interactions")
    assert found[["seq", "row_id", "touchpoint"]].values.tolist() == [
        [1, 2, "one"], [2, 3, "two"], [3, 5, "tie"], [4, 4, "three"], [5, 1, "web"], [6, 6, "shop"]]
    # The gap is longer than 30 minutes between 10:30:00 and 11:00:01, not between 10:00 and 10:30.
    assert found["session_id"].tolist() == ["gap-1", "gap-1", "gap-1", "gap-2", "gap-3", "gap-3"]


def test_the_session_gap_is_a_setting(tmp_path):
    found = rows(prepare(write(tmp_path, journey="windows: {session_gap: 5m}", interactions_csv=LOG)), "interactions")
    assert found["session_id"].tolist() == ["gap-1", "gap-2", "gap-2", "gap-3", "gap-4", "gap-5"]


def test_given_sessions_stay_and_only_empty_ones_are_filled_in(tmp_path):
    text = ("customer_id,at,touchpoint,session_id\na,2026-01-01 10:00:00,one,s1\na,2026-01-01 10:05:00,two,\na,2026-01-01 10:10:00,three,s1\n"
            "a,2026-01-01 10:15:00,four,\na,2026-01-01 12:00:00,five,\nb,2026-01-01 12:05:00,six,\n")
    found = rows(prepare(write(tmp_path, interactions_csv=text)), "interactions")
    assert found["session_id"].tolist() == ["s1", "gap-1", "s1", "gap-1", "gap-2", "gap-3"]


def test_sessions_counted_anew_for_each_customer_are_told_apart(tmp_path):
    text = "customer_id,at,touchpoint,session_id\na,2026-01-01,one,1\nb,2026-01-01,one,1\nb,2026-01-02,one,2\n"
    found = rows(prepare(write(tmp_path, interactions_csv=text)), "interactions")
    assert found["session_id"].tolist() == ["a/1", "b/1", "b/2"]


def test_an_empty_session_column_is_filled_in(tmp_path):
    text = "customer_id,at,touchpoint,session_id\na,2026-01-01,one,\nb,2026-01-01,one,\n"
    assert rows(prepare(write(tmp_path, interactions_csv=text)), "interactions")["session_id"].tolist() == ["gap-1", "gap-2"]


def test_rows_are_numbered_in_file_order_over_many_rows_and_two_files(tmp_path):
    """Both engines of DuckDB's reader (parallel by file, by buffer) must keep the order: rows are numbered by it."""
    folder = write(tmp_path, journey="tables: {interactions: {file: 'log_*.csv'}}")
    for part in (0, 1):
        with (folder / f"log_{part}.csv").open("w") as file:
            file.write("customer_id,at,touchpoint\n")
            file.writelines(f"c{i % 1000},2026-01-{1 + i % 28:02d} 10:00:00,{part}-{i}-{'x' * 40}\n" for i in range(150_000))
    prepared = prepare(folder)
    number = duckdb.sql(f"""SELECT count(*) FROM '{prepared.path}/interactions.parquet'
        WHERE row_id <> 1 + split_part(touchpoint, '-', 1)::INT * 150000 + split_part(touchpoint, '-', 2)::INT""").fetchall()[0][0]
    assert number == 0
    disorder = duckdb.sql(f"""SELECT count(*) FROM (SELECT *, lag((customer_id, "at", row_id)) OVER (ORDER BY seq) AS before
        FROM '{prepared.path}/interactions.parquet') WHERE before > (customer_id, "at", row_id)""").fetchall()[0][0]
    assert disorder == 0
    stored = duckdb.sql(f"SELECT count(*) FROM read_parquet('{prepared.path}/interactions.parquet', file_row_number = true) WHERE seq <> file_row_number + 1")
    assert stored.fetchall()[0][0] == 0


def test_rows_of_parquet_and_of_a_query_over_it_are_numbered_in_file_order(tmp_path):
    frame = pd.DataFrame({"order_id": [f"o{i}" for i in range(300_000)], "customer_id": "a", "at": pd.Timestamp("2026-01-01"), "revenue": 1.0})
    frame.to_parquet(write(tmp_path / "a") / "orders.parquet", row_group_size=20_000)
    kept = "','".join(f"o{i}" for i in range(0, 300_000, 30_000))
    write(tmp_path / "b", journey=f"tables: {{orders: {{sql: \"SELECT * FROM '{tmp_path}/a/orders.parquet' WHERE order_id NOT IN ('{kept}')\"}}}}")
    assert (rows(prepare(tmp_path / "a"), "orders")["order_id"] == frame["order_id"]).all()
    found = rows(prepare(tmp_path / "b"), "orders")
    left = frame[frame.index % 30_000 != 0]
    assert (found["order_id"] == left["order_id"].to_numpy()).all() and found["row_id"].tolist() == list(range(1, len(left) + 1))


# Segments ----------------------------------------------------------------------------------------------


PEOPLE = "customer_id,region,plan,city,acquired_at\n" + "".join(f"c{i},{'ns'[i % 2]},{'ab'[i % 2]},town{i},2026-01-01\n" for i in range(8))


def test_segments_are_every_customers_column_of_few_values_or_those_declared(tmp_path):
    folder = write(tmp_path, customers_csv=PEOPLE, orders_csv=ORDERS)
    prepared = prepare(folder)
    assert prepared.company.segments == ("region", "plan")
    assert list(rows(prepared, "customers").columns) == ["row_id", "customer_id", "acquired_at", "region", "plan"]
    (folder / "journey.yml").write_text("segments: [city, regoin]")
    prepared = prepare(folder)
    assert prepared.company.segments == ("city",)
    assert "segments names regoin, which customers does not have. Type region instead" in prepared.warnings[0]


def test_segment_columns_of_awkward_names(tmp_path):
    text = "customer_id,Region,region,faults,row_id,t customer_id,select\n" + "".join(f"c{i},a{i % 2},b{i % 2},x{i % 2},{i},t{i % 2},s{i % 2}\n" for i in range(8))
    prepared = prepare(write(tmp_path, customers_csv=text, orders_csv=ORDERS))
    assert prepared.company.segments == ("Region", "t customer_id", "select")
    assert prepared.sources[0].unused == ("region", "faults", "row_id")


def test_segments_without_customers_are_a_warning(tmp_path):
    prepared = prepare(write(tmp_path, journey="segments: [region]", orders_csv=ORDERS))
    assert prepared.company.segments == () and "no customers table" in prepared.warnings[0]


# Cache -------------------------------------------------------------------------------------------------


def test_the_same_files_are_prepared_once_and_changed_ones_again(tmp_path):
    folder = write(tmp_path / "shop", orders_csv=ORDERS)
    first = prepare(folder)
    stamp = (first.path / "orders.parquet").stat().st_mtime_ns
    assert prepare(folder).path == first.path and (first.path / "orders.parquet").stat().st_mtime_ns == stamp
    write(folder, journey="name: Other name\nmin_cell: 3")
    assert prepare(folder).path == first.path and prepare(folder).company.name == "Other name"
    write(folder, orders_csv=ORDERS.replace(",20\n", ",21\n"))
    assert prepare(folder).path != first.path
    write(folder, journey="timezone: Europe/Berlin")
    assert prepare(folder).fingerprint not in {first.fingerprint}


def test_a_query_notices_when_its_files_change(tmp_path):
    folder = query(tmp_path / "shop", "SELECT * FROM '{folder}/lines.csv'", lines_csv=ORDERS)
    first = prepare(folder)
    write(folder, lines_csv=ORDERS.replace(",20\n", ",21\n"))
    assert prepare(folder).fingerprint != first.fingerprint


def test_two_runs_write_the_same_bytes(tmp_path, monkeypatch):
    folder = write(tmp_path / "shop", interactions_csv=LOG, orders_csv=ORDERS + "o1,x,2026-01-01,1\n", customers_csv=PEOPLE)
    contents = []
    for name in ("one", "two"):
        monkeypatch.setenv("JOURNEY_CACHE", str(tmp_path / name))
        path = prepare(folder).path
        contents.append({file.name: file.read_bytes() for file in path.iterdir()})
    assert contents[0] == contents[1] and set(contents[0]) == {
        "interactions.parquet", "orders.parquet", "customers.parquet", "quarantine.parquet", "summary.json"}


def test_two_processes_may_prepare_one_company_at_once(tmp_path):
    folder = write(tmp_path / "shop", interactions_csv=LOG, orders_csv=ORDERS)
    command = [sys.executable, "-c", f"from helpers import load, validate; print(validate.prepare(load.read_company({str(folder)!r})).path)"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    paths = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0] and len(paths) == 1
    assert [path.name for path in cache.root().iterdir() if path.name.startswith("work-")] == []


def test_the_loser_of_a_race_takes_the_winners_folder(tmp_path):
    work, final = tmp_path / "work", tmp_path / "final"
    for place, text in ((work, "mine"), (final, "theirs")):
        place.mkdir()
        (place / "summary.json").write_text(text)
    cache.publish(work, final)
    assert (final / "summary.json").read_text() == "theirs" and not work.exists()


def test_old_folders_go_and_the_newest_three_and_those_in_use_stay(tmp_path):
    folder = write(tmp_path / "shop", orders_csv=ORDERS)
    prepared = prepare(folder)
    root = cache.root()
    days = {"0" * 16: 9, "1" * 16: 8, "2" * 16: 7, "3" * 16: 0.5}
    for digits, age in days.items():
        (root / f"shop-{digits}").mkdir()
        os.utime(root / f"shop-{digits}", (time.time() - age * 86400,) * 2)
    (root / f"shop-two-{'0' * 16}").mkdir()
    os.utime(root / f"shop-two-{'0' * 16}", (0, 0))
    cache.prune(prepared.company)
    left = {path.name for path in root.iterdir() if path.is_dir()}
    assert left == {prepared.path.name, f"shop-{'2' * 16}", f"shop-{'3' * 16}", f"shop-two-{'0' * 16}"}


def test_a_failed_run_leaves_nothing_behind(tmp_path):
    with pytest.raises(load.ConfigError):
        prepare(write(tmp_path / "shop", orders_csv="order_id\n1\n"))
    assert list(cache.root().iterdir()) == []


# The embedded data -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["toy", "toy_broken", "sample"])
def test_the_embedded_companies_add_up(name):
    prepared = prepare(load.ROOT / "data" / name)
    assert adds_up(prepared) and set(prepared.tables) == set(contract.TABLES)
    assert (name == "toy_broken") == bool(len(prepared.quarantine()))


def test_a_warm_start_reads_no_data(monkeypatch):
    folder = load.ROOT / "data" / "sample"
    first = prepare(folder)
    monkeypatch.setattr(sys.modules["helpers.validate.prepare"], "open_source", lambda *_, **__: pytest.fail("a source was opened"))
    monkeypatch.setattr(sys.modules["helpers.validate.prepare"], "connection_for", lambda *_, **__: pytest.fail("an engine was started"))
    assert prepare(folder).path == first.path
