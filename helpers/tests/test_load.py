"""journey.yml and files: what is read, and what each mistake is answered with."""

from __future__ import annotations

import pickle
from datetime import datetime

import pytest

from helpers import load, names
from helpers.load import csvfile, starter
from helpers.load.csvfile import header, sniff_delimiter
from helpers.load.query import local_files
from helpers.tests.folders import ORDERS, write


def company(folder, text="", **files):
    files.setdefault("orders_csv", ORDERS)
    return load.read_company(write(folder, journey=text, **files))


def error(folder, text, **files) -> load.ConfigError:
    with pytest.raises(load.ConfigError) as caught:
        company(folder, text, **files)
    return caught.value


# Settings ----------------------------------------------------------------------------------------------


def test_a_folder_without_journey_yml_has_defaults_for_everything(tmp_path):
    found = load.read_company(write(tmp_path / "shop", orders_csv=ORDERS))
    assert (found.id, found.name, found.timezone, found.currency, found.outcome) == ("shop", "shop", "UTC", "", None)
    assert found.stages == names.STAGES
    assert found.windows == load.Windows(30, 30, 90, 30)
    assert (found.min_cell, found.min_n, found.engine, found.as_of, found.segments, found.notes) == (10, 30, "duckdb", None, (), ())
    assert [item.label for item in found.tables["orders"].sources] == ["orders.csv"]


def test_every_setting_is_read(tmp_path):
    found = company(tmp_path, """
        name: Example Ltd
        currency: EUR
        timezone: Europe/Berlin
        stages: {decision: Choice, awareness: }
        windows: {intent: 14d, adoption: 2w, retention: 36h, session_gap: 1h 30m}
        segments: [region, plan]
        outcome: satisfaction
        min_cell: 5
        min_n: 20
        practical_margin: 3.5 points
        as_of: 2026-09-30
        notes: ["One.", "Two."]
    """)
    assert (found.name, found.currency, found.timezone, found.outcome) == ("Example Ltd", "EUR", "Europe/Berlin", "satisfaction")
    assert found.stages == {"awareness": "Awareness", "decision": "Choice"}
    assert found.windows == load.Windows(14, 14, 1.5, 90)
    assert (found.segments, found.min_cell, found.min_n, found.notes) == (("region", "plan"), 5, 20, ("One.", "Two."))
    assert found.practical_margin == 0.035
    assert found.as_of == datetime(2026, 9, 30, 23, 59, 59)


def test_stages_may_be_a_list_and_keep_the_journeys_order(tmp_path):
    assert company(tmp_path, "stages: [loyalty, decision]").stages == {"decision": "Decision", "loyalty": "Loyalty"}


@pytest.mark.parametrize(("text", "line", "says"), [
    ("name: A\ncurency: EUR", 2, "unknown key 'curency' in the file. Type currency instead"),
    ("name: A\nname: B", 2, "'name' stands twice"),
    ("currency: euro", 1, "type its three letters, e.g. currency: EUR"),
    ("timezone: Europe/Berln", 1, "Type Europe/Berlin instead."),
    ("stages: {decison: Choice}", 1, "unknown stage 'decison' in stages. Type decision instead"),
    ("stages: [purchase, buying]", 1, "stages[2] is 'buying'. Allowed are awareness"),
    ("stages: {decision: Choice, purchase: Choice}", 1, "two stages have one label"),
    ("windows:\n  intent: 30", 2, "a number without a unit; type intent: 30d"),
    ("windows: {intent: 30 days}", 1, "is not a duration; type one such as intent: 30d"),
    ("windows: {retension: 90d}", 1, "Type retention instead"),
    ("windows: 30d", 1, "windows must be a mapping"),
    ("segments: [region, region]", 1, "stands twice in segments"),
    ("segments: [customer_id]", 1, "does not name a group of customers"),
    ("outcome: repeat", 1, "Type repeat_purchase instead"),
    ("min_cell: ten", 1, "must be a whole number of 1 or more, e.g. min_cell: 10"),
    ("practical_margin: 2", 1, "type it in percentage points, e.g. 2 points"),
    ("practical_margin: 70 points", 1, "between 0 and 50 points"),
    ("min_cell: 0", 1, "must be a whole number of 1 or more"),
    ("as_of: 30.09.2026", 1, "is not a day; type one such as 2026-09-30"),
    ("as_of: 2026-09-30T10:00:00+02:00", 1, "leave out the offset"),
    ("engine: dukdb", 1, "Type duckdb instead"),
    ("notes:\n  - {a: b}", 2, "must be one value, not a mapping"),
    ("name: A\n  b: c", 2, "this is not YAML"),
    ("tables: [orders]", 1, "tables must be a mapping"),
])
def test_a_wrong_setting_is_named_with_its_line_and_what_to_type(tmp_path, text, line, says):
    caught = error(tmp_path, text)
    assert caught.line == line and says in str(caught)
    assert str(caught).startswith(f"{tmp_path.name}/journey.yml, line {line}: ")


def test_yaml_keeps_words_as_they_are_written(tmp_path):
    found = company(tmp_path, "tables: {orders: {file: orders.csv, values: {refunded: {N: false, 01: yes, on: no}}, missing: [NO, 007]}}")
    options = found.tables["orders"].sources[0].options
    assert options.values == {"refunded": {"N": "false", "01": "yes", "on": "no"}}
    assert options.missing == {"*": ("NO", "007")}


# Tables ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "line", "says"), [
    ("tables:\n  ordrs: {file: orders.csv}", 2, "unknown table 'ordrs' in tables. Type orders instead"),
    ("tables:\n  orders: {fil: orders.csv}", 2, "unknown key 'fil' in tables.orders. Type file instead"),
    ("tables:\n  orders:\n    rename: {a: b}", 3, "needs either file: or sql:"),
    ("tables:\n  orders: {file: orders.csv, sql: SELECT 1}", 2, "needs either file: or sql:"),
    ("tables:\n  orders: {file: order.csv}", 2, "has no file 'order.csv'. Type orders.csv instead"),
    ("tables:\n  orders: {file: 's3://bucket/orders.csv'}", 2, "lies on another machine"),
    ("tables:\n  orders: {file: journey.yml}", 2, "is not a kind of file that can be read"),
    ("tables:\n  orders:\n    file: orders.csv\n    rename: {id: order}", 4, "orders has no column 'order'. Type order_id instead"),
    ("tables:\n  orders: {file: orders.csv, rename: {a: at, b: at}}", 2, "two columns are renamed to at"),
    ("tables:\n  orders: {file: orders.csv, values: {refundet: {J: yes}}}", 2, "Type refunded instead"),
    ("tables:\n  orders: {file: orders.csv, missing: {cots: [x]}}", 2, "Type cost instead"),
    ("tables:\n  orders: {file: orders.csv, timestamp_format: {revenue: '%d'}}", 2, "orders has no time column 'revenue'"),
    ("tables:\n  orders: {file: orders.csv, timestamp_format: dd/mm/yyyy}", 2, "is not a time stamp format"),
    ("tables:\n  orders: {file: orders.csv, timestamp_format: {at: [excel, '%d']}}", 2, "excel stands alone"),
    ("tables:\n  orders: {file: orders.csv, encoding: latin1}", 2, "Type latin-1 instead"),
    ("tables:\n  orders: {file: orders.csv, delimiter: ';;'}", 2, "must be one character"),
    ("tables:\n  orders: {file: orders.csv, decimal: x}", 2, "tables.orders.decimal is 'x'"),
    ("tables:\n  orders: {file: orders.csv, sheet: A}", 2, "sheet: belongs to .xlsx"),
    ("tables:\n  orders: {sql: SELECT 1, encoding: latin-1}", 2, "encoding: belongs to file:"),
    ("tables:\n  surveys: {file: orders.csv, unpivot: {id: [a]}}", 2, "unpivot needs columns"),
    ("tables:\n  surveys: {file: orders.csv, unpivot: {columns: [a], values_to: scores}}", 2, "Type score instead"),
])
def test_a_wrong_table_entry_is_named_with_its_line_and_what_to_type(tmp_path, text, line, says):
    caught = error(tmp_path, text)
    assert caught.line == line and says in str(caught)


def test_a_pattern_reads_every_file_and_a_list_every_entry(tmp_path):
    found = company(tmp_path / "a", "tables: {orders: [{file: 'sales_*.csv'}, {file: rest.tsv}]}", sales_1_csv=ORDERS, sales_2_csv=ORDERS, rest_tsv=ORDERS)
    assert [item.label for item in found.tables["orders"].sources] == ["sales_1.csv", "sales_2.csv", "rest.tsv"]


def test_a_source_may_be_called_by_another_name_in_reports(tmp_path):
    found = company(tmp_path, """
        tables:
          orders:
            - {file: orders.csv, label: till}
            - {file: 'sales_*.csv', label: web shop}
            - {sql: "SELECT 1 AS order_id", label: letters}
    """, sales_1_csv=ORDERS, sales_2_csv=ORDERS)
    assert [item.label for item in found.tables["orders"].sources] == ["till", "web shop: sales_1.csv", "web shop: sales_2.csv", "letters"]


def test_sources_are_named_by_their_file_their_label_or_a_number(tmp_path):
    entry = "{{sql: SELECT {n}}}"
    found = company(tmp_path, f"tables: {{orders: [{entry.format(n=1)}, {entry.format(n=2)}, {{file: orders.csv, label: the shop's log}}, {{file: orders.csv}}]}}")
    assert [item.label for item in found.tables["orders"].sources] == ["orders (sql) 1", "orders (sql) 2", "the shop's log", "orders.csv"]


def test_a_table_left_empty_is_not_read(tmp_path):
    found = company(tmp_path, "tables:\n  mentions:\n", mentions_csv="at,text\n2026-01-01,x\n")
    assert list(found.tables) == ["orders"]


def test_the_source_folder_is_searched_first_and_then_the_companys(tmp_path):
    raw = write(tmp_path / "raw", sales_csv=ORDERS)
    folder = write(tmp_path / "shop", journey="tables: {orders: {file: sales.csv}}", touchpoints_csv="touchpoint\nweb\n")
    found = load.read_company(folder, source=raw)
    assert {name: table.sources[0].path.parent.name for name, table in found.tables.items()} == {"orders": "raw", "touchpoints": "shop"}


@pytest.mark.parametrize(("files", "says"), [
    ({"orders_csv": ORDERS, "orders_tsv": ORDERS}, "the table orders is also in orders.csv; keep one"),
    ({"customers_csv": "customer_id\na\n"}, "a company has at least one of interactions, orders, surveys, tickets"),
])
def test_two_files_of_one_table_and_none_at_all_are_errors(tmp_path, files, says):
    with pytest.raises(load.ConfigError, match=says):
        load.read_company(write(tmp_path, **files))


def test_a_folder_that_is_not_there_and_a_misnamed_journey_yml(tmp_path):
    with pytest.raises(load.ConfigError, match="there is no such company folder"):
        load.read_company(tmp_path / "nowhere")
    write(tmp_path / "a", orders_csv=ORDERS)
    (tmp_path / "a" / "journey.yaml").write_text("name: A")
    with pytest.raises(load.ConfigError, match="must be called journey.yml; rename this file"):
        load.read_company(tmp_path / "a")


# Text files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("head", "delimiter"), [
    ("a,b\n1,2\n", ","), ("a;b\n1,5;2\n", ";"), ("a\tb\n1\t2\n", "\t"), ("a|b\n1|2\n", "|"), ("a\n1\n", ","),
    ('"a,x";b\n"1,2,3";2\n"1";2\n', ";"),
])
def test_the_delimiter_is_found(head, delimiter):
    assert sniff_delimiter(head) == delimiter


def test_a_header_with_a_name_twice_and_an_empty_one():
    assert header('id,"a, b",id,,id\n', ",") == ["id", "a, b", "id_1", "column_4", "id_2"]


@pytest.mark.parametrize(("text", "records"), [
    ("a\n1\n2\n", 3), ("a\n1\n2", 3), ("a\r\n1\r\n\r\n2\r\n", 3), ('a,b\n"x\ny",1\n2,3\n', 3), ("\n\na\n\n\n1\n\n", 2), ('a\n"",""\n"q""q\n"\n', 3),
])
@pytest.mark.parametrize("chunk", [1, 2, 3, 1 << 22])
def test_rows_of_a_text_file_are_counted_beside_duckdb(tmp_path, monkeypatch, text, records, chunk):
    monkeypatch.setattr(csvfile, "_CHUNK", chunk)
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert csvfile.count_records(tmp_path / "a.csv") == records


def test_only_the_local_files_of_a_query_are_found(tmp_path):
    write(tmp_path / "it's", a_csv="x\n1\n", b_csv="x\n1\n")
    folder = str(tmp_path / "it's")
    quoted = folder.replace("'", "''")
    names_found = lambda sql: [path.name for path in local_files(sql)]
    assert names_found(f"FROM '{quoted}/a.csv' WHERE x = 'b.csv'") == ["a.csv"]
    assert names_found(f'FROM "{folder}/b.csv"') == ["b.csv"]
    assert names_found(f"FROM read_csv(['{quoted}/*.csv'])") == ["a.csv", "b.csv"]


# Starter -----------------------------------------------------------------------------------------------


def test_the_starter_guesses_a_mapping_that_works_once_the_comments_are_off(tmp_path):
    folder = write(tmp_path, sales_csv="Order Number;client;date;amount\n1;ann;28/02/2026 10:00;9\n2;bob;01/03/2026 11:00;8\n")
    assert load.init(folder) == 0
    text = (folder / "journey.yml").read_text()
    (folder / "journey.yml").write_text(text.replace("\n# tables", "\ntables").replace("\n#   ", "\n  "))
    found = load.read_company(folder).tables["orders"].sources[0].options
    assert found.rename == {"Order Number": "order_id", "client": "customer_id", "date": "at", "amount": "revenue"}
    assert found.timestamp_format == {"at": ("%d/%m/%Y %H:%M",)}


def test_the_starter_is_valid_as_it_stands_and_never_overwrites(tmp_path, capsys):
    folder = write(tmp_path, orders_csv=ORDERS)
    assert load.init(folder) == 0
    assert load.read_company(folder).name
    assert load.init(folder) == 2
    assert "there is a journey.yml already" in capsys.readouterr().err
    assert load.init(tmp_path / "nowhere") == 2


@pytest.mark.parametrize(("texts", "pattern"), [
    (["2026-03-01", None, ""], ""), (["1/3/2026", "13/3/2026"], "%d/%m/%Y"), (["3/13/2026"], "%m/%d/%Y"), (["soon"], ""), ([], ""),
])
def test_the_starter_guesses_time_formats(texts, pattern):
    from helpers.load.starter import guess_format

    assert guess_format(texts) == pattern


def test_the_starter_names_every_table_that_is_read_by_its_name(tmp_path):
    write(tmp_path, orders_csv=ORDERS, odd_csv="x,y\n1,2\n")
    text = starter(tmp_path, tmp_path)
    assert "# orders.csv is read as the table orders." in text and "no table fits" in text


def test_an_error_survives_the_way_between_processes():
    told = pickle.loads(pickle.dumps(load.ConfigError("data/toy/journey.yml", 3, "no such table")))
    assert str(told) == "toy/journey.yml, line 3: no such table" and (told.line, told.message) == (3, "no such table")
