"""Results kept on disk: read again only where nothing they depend on has changed, never half written, never in the way."""

from __future__ import annotations

import dataclasses
import shutil

import pandas as pd
import pytest

from helpers.infer import estimate
from helpers.infer.section import sections
from helpers.journey import kept as store
from helpers.journey import open_journey
from helpers.measure import all_kpis


@pytest.fixture
def journey(tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNEY_CACHE", str(tmp_path))
    monkeypatch.setenv("JOURNEY_KEPT", "on")
    return open_journey("data/toy")


def again(journey, **changes):
    """The same journey opened anew, with nothing in its memory."""
    return dataclasses.replace(journey, **changes)


def test_what_was_worked_out_is_read_again(journey):
    calls = []
    build = lambda: calls.append(1) or pd.DataFrame({"a": [1.5, None]})  # noqa: E731
    first = journey.kept("one", build)
    assert again(journey).kept("one", build).equals(first) and len(calls) == 1
    again(journey).kept("two", build)
    assert len(calls) == 2


def test_another_cut_another_result(journey):
    values = iter(range(9))
    build = lambda: next(values)  # noqa: E731
    assert journey.kept("one", build) == 0
    assert again(journey, min_cell=3).kept("one", build) == 1
    assert again(open_journey("data/toy", period="2026-Q1")).kept("one", build) == 2
    assert again(open_journey("data/toy", segment="region=north")).kept("one", build) == 3
    other = dataclasses.replace(journey.company, windows=dataclasses.replace(journey.company.windows, intent_days=14))
    assert again(journey, company=other).kept("one", build) == 4
    assert again(journey).kept("one", build) == 0


def test_a_page_is_read_again_and_the_page_of_the_files_is_not(journey):
    files = lambda: sorted((journey.prepared.path / "kept").rglob("*.pickle"))  # noqa: E731
    section = sections("3_adoption")["time_to_adopt"]
    first, there = section.function(journey), files()
    second = section.function(again(journey))
    assert there and files() == there
    pd.testing.assert_frame_equal(first.table, second.table)
    assert repr(first.facts) == repr(second.facts) and second.journey is not journey
    first.table.iloc[0, 0] = "scribbled over"
    assert section.function(journey).table.iloc[0, 0] != "scribbled over"
    sections("0_data")["sources"].function(journey)
    assert files() == there


def test_a_copy_of_the_folder_has_the_same_results(journey, tmp_path):
    shutil.copytree(journey.company.folder, tmp_path / "toy")
    assert journey.kept("one", lambda: 1) == open_journey(tmp_path / "toy").kept("one", lambda: 2) == 1


def test_other_code_works_it_out_again(journey, monkeypatch):
    values = iter(range(9))
    assert journey.kept("one", lambda: next(values)) == 0
    monkeypatch.setattr(store, "code", lambda: "0123456789abcdef")
    assert again(journey).kept("one", lambda: next(values)) == 1


def test_a_broken_file_is_worked_out_again(journey):
    journey.kept("one", lambda: 1)
    files = list((journey.prepared.path / "kept").rglob("*.pickle"))
    files[0].write_bytes(b"\x80half")
    assert again(journey).kept("one", lambda: 2) == 2
    assert again(journey).kept("one", lambda: 3) == 2


def test_off_means_off_and_a_failure_leaves_nothing(journey, monkeypatch):
    with pytest.raises(ZeroDivisionError):
        journey.kept("one", lambda: 1 / 0)
    journey.kept("two", lambda: (lambda: 1))  # cannot be pickled: given, not kept
    assert not [path for path in (journey.prepared.path / "kept").rglob("*") if path.is_file()]
    monkeypatch.setenv("JOURNEY_KEPT", "off")
    again(journey).kept("three", lambda: 1)
    assert not [path for path in (journey.prepared.path / "kept").rglob("*") if path.is_file()]


def test_a_kpi_of_ones_own_is_never_mistaken_for_the_registrys(journey):
    kpi = all_kpis()["csat"]
    known = estimate(journey, kpi)
    own = dataclasses.replace(kpi, function=lambda j: kpi.function(j).limit(0))
    assert not estimate(again(journey), own).equals(known)
    assert estimate(again(journey), kpi).equals(known)
