"""The validity benchmark in short: it runs, it is byte-stable, and it would notice a broken method. The long run: python -m helpers.benchmarks.validity"""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from helpers.load import ROOT
from helpers.benchmarks import coverage, validity, validity_company, validity_fits, validity_null, validity_recovery
from helpers.benchmarks.validity_rows import Row, covers, mean, rate, verdict


FAST = [name for name in coverage.CASES if not name.startswith(("change", "hand-over"))]
"""Kinds of interval whose draws cost next to nothing; the others are tried with few."""


def test_the_command_runs_and_writes_the_table(monkeypatch, tmp_path, capsys):
    # The cases are tried below, or in the long run; here the way from the command line to the file is.
    monkeypatch.setattr(coverage, "CASES", {name: coverage.CASES[name] for name in ("share, one row a customer", "median")})
    monkeypatch.setattr(validity_fits, "CASES", {})
    monkeypatch.setattr(validity_company, "shuffled_segments", lambda seed, customers: [(0.0, 0.0, 12.0, 250.0)] * 2)
    monkeypatch.setattr(validity_company, "shuffled_outcome", lambda seed, customers: 1.0)
    validity.main(["--draws", "5", "--seeds", "201", "--sizes", "300", "--processes", "1", "--out", str(tmp_path / "table.md")])
    written, printed = (tmp_path / "table.md").read_text(), capsys.readouterr().out
    for part in ("Intervals", "False discoveries", "Moments of truth", "Planted truths"):
        assert part in printed and f"## {part}" in written
    assert "outcomes dealt out anew | at most 1 of 20 | 100.0%" in written  # and so it would be noticed
    assert "| median | 93 to 97 % |" in written and "seeds 201" in written and "CPU seconds" in printed
    assert "seconds" not in written  # the machine's, and no part of a table that must be the same byte for byte


def test_the_same_arguments_give_the_same_rows():
    for function, arguments in ((validity._covers, ("median", 30, 5)), (validity_null.unlinked, (5, 2)), (validity_recovery.removal, (5, 3)), (validity_recovery.value, (5, 2))):
        assert function(*arguments) == function(*arguments)


@pytest.mark.parametrize("name", [*coverage.CASES, *validity_fits.CASES])
def test_every_interval_stands_and_half_of_it_would_be_noticed(name, monkeypatch):
    monkeypatch.setattr(validity_fits, "LARGE", 40_000)
    validity_fits.rated_truth.cache_clear()
    table, truth = {**coverage.CASES, **validity_fits.CASES}[name](np.random.default_rng(7), 300 if name in FAST[:9] else 24, coverage.CUSTOMERS)
    validity_fits.rated_truth.cache_clear()
    table = table[["low", "high"]].astype(float).dropna()
    assert covers("", name, table.low, table.high, truth).verdict in ("holds", "not settled")
    middle, part = (table.low + table.high) / 2, (table.high - table.low) / 12
    assert covers("", name, middle - part, middle + part, truth).verdict == "fails"


STOPPED = """
from helpers.benchmarks.validity import Job, worked
import os, time

if __name__ == "__main__":
    list(worked([Job("", os.write, (1, b"at work\\n")), Job("", time.sleep, (100,)), Job("", time.sleep, (100,))], 2))
"""


@pytest.mark.skipif(os.name != "posix", reason="ended by a signal of POSIX")
def test_whoever_stops_it_ends_its_processes(tmp_path):
    (tmp_path / "long.py").write_text(STOPPED)
    at_work = subprocess.Popen([sys.executable, tmp_path / "long.py"], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert at_work.stdout.readline() == "at work\n"
    at_work.terminate()
    assert at_work.wait(20) == 143
    assert at_work.stdout.read() == ""  # the end of what they print: nobody is left who could


def test_verdicts():
    assert rate("", "", [1] * 19 + [0], noun="draws").verdict == "told"
    assert rate("", "", [1, 1] + [0] * 18, noun="companies", claim="at most 1 of 20", most=0.05).verdict == "not settled"
    assert rate("", "", [1] * 10 + [0] * 10, noun="companies", claim="at most 1 of 20", most=0.05).verdict == "fails"
    assert mean("", "", [1.0, 1.1, 0.9, np.nan], noun="draws", claim="near 1", least=0.5, most=1.5).verdict == "holds"
    assert verdict(np.nan, np.nan, np.nan, 0, 1) == "fails"
    assert Row("", "", "", np.nan, 0, 0, ".1f", "", "told").measured == "none"


def test_a_monitor_that_cries_wolf_fails(monkeypatch):
    assert {row.verdict for row in validity_null.steady_months(1, 40)} <= {"holds", "told"}
    monkeypatch.setattr(validity_null.xmr, "LIMIT", 1.0)
    assert validity_null.steady_months(1, 40)[0].verdict == "fails"


def test_shuffled_outcomes_are_what_is_analysed():
    # The same company names moments as it is and none once its outcomes are dealt out anew.
    assert validity_company.shuffled_outcome(101, 1000) == 0
    table = validity_company.judged(101, 1000)
    assert (table.loc[table["kind"] == "moment", "verdict"] == "moment_of_truth").any()


def test_planted_truths_in_short():
    rows = [*validity_recovery.removal(1, 20), *validity_recovery.turn(1, 20, 4500), *validity_recovery.link(1, 30, 1.5), *validity_recovery.value(1, 6)]
    assert {row.verdict for row in rows} <= {"holds", "told", "not settled"}, pd.DataFrame(rows).to_string()


def test_where_power_runs_out_is_said():
    rows = [rate("", "recall, 2,000 customers", [1, 0], noun="companies"), rate("", "recall, 8,000 customers", [1, 1], noun="companies")]
    assert "with 8,000 customers (100%), not with 2,000 customers (50%)" in validity.power(rows)
