"""Queries written down: the same steps have one plan, other steps another, and a plan kept on disk gives the same rows."""

from __future__ import annotations

import os
from itertools import combinations

import pytest

from helpers import engine, plans
from helpers.engine import F, Window

SHOES = [("a", 1, 2.5), ("a", 3, 1.0), ("b", 2, None)]
SOCKS = [("a", 7, 0.5), ("c", 9, 4.0)]
SCHEMA = "who string, n long, paid double"


@pytest.fixture(autouse=True)
def duck():
    engine.start("duckdb")


@pytest.fixture
def shoes():
    return engine.keep(engine.frame(SHOES, SCHEMA))


@pytest.fixture
def socks():
    return engine.keep(engine.frame(SOCKS, SCHEMA))


def totals(rows):
    return rows.groupBy("who").agg(F.sum("n").alias("n"), F.max(F.col("paid") * F.lit(2.0)).alias("most"))


def test_the_same_steps_over_another_table_are_planned_once(shoes, socks, monkeypatch):
    assert engine.collect(totals(shoes)).values.tolist()[0] == ["a", 4, 5.0]
    monkeypatch.setattr(plans.Planner, "_play", lambda *_: pytest.fail("planned again"))
    assert engine.collect(totals(socks)).values.tolist() == [["a", 7, 1.0], ["c", 9, 8.0]]
    assert totals(socks).columns == ["who", "n", "most"]


def test_a_step_is_planned_once_whatever_comes_before_it(shoes, socks, monkeypatch):
    cheap = shoes.filter(F.col("n") > 1)
    assert cheap.join(totals(cheap).withColumnRenamed("n", "sum"), "who").columns == ["who", "n", "paid", "sum", "most"]
    monkeypatch.setattr(plans.Planner, "_play", lambda *_: pytest.fail("planned again"))
    rows = totals(socks.filter(F.col("n") > 1).filter(F.col("n") > 1))  # other steps before the same one
    assert engine.collect(rows)["n"].tolist() == [7, 9]


def test_a_frame_that_two_steps_start_from_is_said_once(shoes):
    firsts = shoes.withColumn("turn", F.row_number().over(Window.partitionBy("who").orderBy("n")))
    both = firsts.select("who", "n").unionByName(firsts.select("who", "turn").withColumnRenamed("turn", "n"))
    query = engine.sql(both)
    assert query.count("ROW_NUMBER") == 1 and "NOT MATERIALIZED" not in query.partition("ROW_NUMBER")[0].rpartition("AS (")[0][-40:]
    assert len(engine.collect(both)) == 6
    again = shoes.filter(F.col("n") > 1).select("who").unionByName(shoes.filter(F.col("n") > 1).select("who"))  # written down twice
    assert engine.sql(again).count('"n" > 1') == 1 and engine.sql(again).count("NOT MATERIALIZED") >= 1


def test_other_words_are_other_plans(shoes, socks):
    written = [
        shoes.filter(F.col("n") > value) for value in (1, 1.0, True, "1", None, [1], (1,))
    ] + [
        shoes.filter(F.col("n") >= 1), shoes.filter(F.lit(1) > F.col("n")), shoes.filter(1 - F.col("n") > 0), shoes.filter(F.col("n") - 1 > 0),
        shoes.join(socks, "who"), shoes.join(shoes, "who"), shoes.join(socks, on="who"), shoes.join(socks, "who", "left"),
        shoes.select("who", "n"), shoes.select("n", "who"), shoes.select(["who", "n"]), shoes.select("who, n"), totals(shoes),
        shoes.withColumn("n", F.row_number().over(Window.partitionBy("who").orderBy("n"))), shoes.withColumn("n", F.row_number().over(Window.orderBy("n"))),
    ]
    assert all(one.digest != other.digest for one, other in combinations(written, 2))


def test_which_table_stands_on_which_side_is_kept(shoes, socks):
    def only(ours, theirs):
        return engine.collect(ours.join(theirs.select("who"), "who", "left_anti"))["who"].tolist()

    assert only(shoes, socks) == ["b"] and only(socks, shoes) == ["c"] and only(shoes, shoes) == []
    both = engine.stack([shoes, socks, shoes])
    assert len(engine.collect(both)) == 8


def test_names_with_capitals_and_spaces_go_through(tmp_path):
    path = tmp_path / "odd.parquet"
    engine.connect().execute(f"""COPY (SELECT 1 AS "House Type", 2 AS "größe") TO '{path}' (FORMAT parquet)""")
    rows = engine.read(path)
    assert rows.columns == ["House Type", "größe"]
    assert engine.collect(rows.select("`House Type`", F.col("größe").alias("n"))).values.tolist() == [[1, 2]]


def test_what_cannot_be_written_down_is_refused():
    with pytest.raises(TypeError, match="cannot be given function"):
        F.transform("n", lambda x: x)
    with pytest.raises(TypeError, match="write & for and"):
        bool(F.col("n") > 1)
    with pytest.raises(AttributeError):
        F.no_such_function  # noqa: B018


@pytest.fixture
def planner(tmp_path, monkeypatch):
    """Makes a planner like the engine's whose plans lie in a folder of the test's."""
    monkeypatch.setenv("JOURNEY_CACHE", str(tmp_path / "cache"))
    first = plans.running()
    yield lambda version="1": plans.Planner(first.calls, first.table, first.query, version)
    plans._running[:] = [first]


def test_a_kept_plan_is_read_by_the_next_process(planner, shoes, monkeypatch):
    made = planner().plan(totals(shoes))
    with monkeypatch.context() as patch:
        patch.setattr(plans.Planner, "_play", lambda *_: pytest.fail("planned again"))
        assert planner().plan(totals(shoes)) == made
    assert "source_0" in made.query and "kept_" not in made.query
    monkeypatch.setattr(plans.Planner, "_play", lambda *_: pytest.fail("planned anew"))
    with pytest.raises(pytest.fail.Exception, match="planned anew"):
        planner("2").plan(totals(shoes))  # another version of the libraries


@pytest.mark.parametrize("harm", ["rubbish", "a folder in its place", "no folder to write to"])
def test_a_broken_file_of_plans_costs_time_and_nothing_else(planner, shoes, harm):
    one = planner()
    if harm == "no folder to write to":
        one.store.path.parent.write_text("a file")
    else:
        one.store.path.parent.mkdir()
        one.store.path.mkdir() if harm.startswith("a folder") else one.store.path.write_bytes(os.urandom(4096))
    assert one.plan(totals(shoes)).columns == ["who", "n", "most"]
    assert planner().plan(totals(shoes)) == one.plan(totals(shoes))
    if harm == "rubbish":  # which is thrown away
        planner().plan(totals(shoes))
        assert planner().store.read(totals(shoes).digest) == one.plan(totals(shoes))
