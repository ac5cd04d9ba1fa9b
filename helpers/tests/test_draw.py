"""Every chart, with few rows and many, with holes and with hostile names: it draws, nothing is clipped, nothing overlaps."""
from __future__ import annotations

import itertools
import struct
import subprocess
import sys
import warnings
from base64 import b64encode

import numpy as np
import pandas as pd
import pytest

from helpers import draw
from helpers.draw import intervals, labels, style, text
from helpers.draw.scale import Scale, reach, tick_words
from helpers.draw.sheet import Sheet
from helpers.names import PERSPECTIVES, PHASES, STAGES, STATUSES, VERDICTS
from helpers.tests import draw_frames, overlap

SHAPES = [(0, False, False), (1, False, False), (1, False, True), (6, False, False), (20, False, True), (40, False, False), (10, True, False)]


@pytest.mark.parametrize("name", draw_frames.MAKERS)
@pytest.mark.parametrize("n, hostile, holes", SHAPES)
def test_nothing_is_clipped_or_overlaps(name, n, hostile, holes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")     # a missing glyph or a layout that fails would only warn
        chart = draw_frames.make(name, n, hostile=hostile, holes=holes)
        assert overlap.faults(chart) == []
    assert isinstance(chart, draw.Chart)
    assert chart.alt.startswith(chart.title) and len(chart.alt) > len(chart.title)
    assert chart.figure.axes and chart.figure.axes[0].get_children()
    assert (chart.who, chart.caption[-46:]) == (draw_frames.WORDS["who"], draw_frames.WORDS["caption"][-46:])


@pytest.mark.parametrize("name", draw_frames.MAKERS)
def test_same_table_same_bytes_and_no_traces(name):
    one, two = draw_frames.make(name, 6).png(), draw_frames.make(name, 6).png()
    assert one == two
    assert len(one) < 125_000
    assert set(_chunks(one)) == {b"IHDR", b"PLTE", b"pHYs", b"IDAT", b"IEND"}      # no text, no time


def _chunks(png: bytes) -> list[bytes]:
    kinds, at = [], 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        kinds.append(kind)
        at += 12 + size
    return kinds


def test_a_chart_leaves_its_table_and_the_analysts_settings_alone():
    import matplotlib as mpl

    before = mpl.rcParams["font.size"]
    table = pd.DataFrame({"label": ["b", "a"], "value": [0.2, 0.4], "low": [0.1, 0.3], "high": [0.3, 0.5], "n": [10, 20]})
    copy = table.copy()
    chart = draw.bars(table, **draw_frames.WORDS)
    pd.testing.assert_frame_equal(table, copy)
    pd.testing.assert_frame_equal(chart.data, copy)
    mpl.rcParams["text.parse_math"] = True
    assert draw.bars(table, **draw_frames.WORDS).png() == chart.png()
    assert mpl.rcParams["font.size"] == before


@pytest.mark.parametrize("name", ["bars", "funnel", "effects", "matrix", "strategy_map", "journey_map"])
def test_names_from_data_are_drawn_as_they_are(name):
    words = [t for t, _ in overlap.boxes(draw_frames.make(name, 10, hostile=True))]
    told = " ".join(words)
    assert "a_b^c" in told
    assert any("$x_1$" in w for w in words)
    assert not any("\x00" in w or "\n" in w for w in words)


@pytest.mark.parametrize("name, words", [
    ("bars", "too few"), ("funnel", "too few"), ("effects", "too few"), ("penalty_reward", "too few"), ("attribution", "too few"), ("part_whole", "too few"),
    ("survival", "too few"), ("cohort_triangle", "few"), ("xmr", "few"), ("turning_point", "few"), ("scorecard_bullets", "no data"), ("journey_map", "no data"),
    ("paths", "too few")])
def test_missing_values_are_told_in_words(name, words):
    assert words in [t for t, _ in overlap.boxes(draw_frames.make(name, 6, holes=True))]


def test_touchpoints_without_a_place_are_named_below():
    told = " ".join(t for t, _ in overlap.boxes(draw_frames.make("importance_performance", 6, holes=True)))
    assert "Not placed, too few answers: Website search, Call to sales." in told


def test_a_missing_column_is_named_with_what_is_there():
    with pytest.raises(ValueError, match=r"needs the column low; the table has label, value, high\. Expected: label, value, low, high"):
        draw.bars(pd.DataFrame({"label": [], "value": [], "high": []}), **draw_frames.WORDS)
    with pytest.raises(ValueError, match='"have" or "not_yet", not \'done\''):
        draw.survival(pd.DataFrame(), share_is="done", **draw_frames.WORDS)


def test_bars_stand_against_the_target():
    """Whole interval short: red. Past: blue. The target inside: hollow. The other way round where lower is better."""
    row = pd.DataFrame({"low": [0.1, 0.8, 0.6], "high": [0.2, 0.9, 0.8]})
    higher = [intervals._standing(r, 0.7, "higher") for r in row.itertuples()]
    lower = [intervals._standing(r, 0.7, "lower") for r in row.itertuples()]
    assert higher == [(style.AGAINST, True), (style.MAIN, True), (style.MAIN, False)]
    assert lower == [(style.MAIN, True), (style.AGAINST, True), (style.MAIN, False)]


def test_an_unfinished_curve_ends_where_its_group_was_last_seen():
    table = pd.DataFrame({"group": ["short"] * 2 + ["long"] * 2, "days": [0, 30, 0, 90], "share": [0, 0.3, 0, 0.5], "low": [0, 0.2, 0, 0.4], "high": [0, 0.4, 0, 0.6],
                          "at_risk": [90, 9, 90, 9]})
    chart = draw.survival(table, **draw_frames.WORDS)
    ends = [max(line.get_xdata()) for line in chart.figure.axes[0].lines if line.get_linewidth() == 2.0]
    assert ends[0] < ends[1]


def test_bullets_put_every_kpi_on_one_scale():
    """Red flag 3.33, target 6.67 and a straight line through both (DESIGN section 6), also where lower is better."""
    from helpers.draw.bullets import _score

    table = pd.DataFrame({"value": [0.6, 8.0, 5.0], "target": [0.7, 4.0, 5.0], "red_flag": [0.5, 8.0, 5.0], "better": ["higher", "lower", "range"], "score": np.nan,
                          "score_low": np.nan, "score_high": np.nan})
    scores = [_score(row, "value") for row in table.itertuples()]
    assert scores[0] == pytest.approx(5.0)
    assert scores[1] == pytest.approx(10 / 3)
    assert scores[2] is None


def test_the_checker_sees_an_overlap_and_a_clipped_text():
    sheet = Sheet("Title", "who", "caption", body=1.0)
    sheet.text(1.0, 0.5, "one on")
    sheet.text(1.1, 0.52, "another")
    sheet.text(8.9, 0.2, "cut off at the edge")
    found = overlap.faults(sheet.chart("x", "alt", pd.DataFrame()))
    assert [f.split(":")[0] for f in found] == ["clipped", "overlap"]


@pytest.mark.parametrize("words", ["Showroom visit", "WWWWWW", "iiii", "ÄÖÜ ß Ελλ Ж", "12,345 · 62%"])
@pytest.mark.parametrize("bold", [False, True])
def test_measured_width_is_drawn_width(words, bold):
    sheet = Sheet("", "", "", body=1.0)
    sheet.text(1.0, 0.5, words, size=9, bold=bold)
    (_, (left, _, right, _)), = overlap.boxes(sheet.chart("x", "alt", pd.DataFrame()))
    assert text.width(words, 9, bold) * style.DPI == pytest.approx(right - left, rel=0.04, abs=3)


def test_long_titles_are_wrapped_and_kept_whole():
    title = "Customers who wait more than four days for a quote go elsewhere, and the few who stay order less, return less and complain more often than all others"
    chart = draw_frames.bars(6, np.random.default_rng(0), False, False)
    sheet = Sheet(title, "who", "caption", body=1.0)
    told = [t for t, _ in overlap.boxes(sheet.chart("x", "alt", chart.data))]
    assert " ".join(told[:-2]) == title
    assert overlap.faults(sheet.chart("x", "alt", chart.data)) == []


def test_how_to_read_every_chart():
    for name in draw.CHARTS:
        lines = draw.how_to_read(name)
        assert set(lines) == {"shows", "read", "act"}, name
        assert all(line.endswith(".") and len(line) > 40 for line in lines.values()), name
        assert "table" not in lines["act"], name
    with pytest.raises(ValueError, match="there is no chart 'pie'"):
        draw.how_to_read("pie")


def test_a_chart_says_of_what_kind_it_is_and_a_page_how_to_read_it():
    from helpers.report import display

    table = pd.DataFrame({"label": ["a", "b"], "value": [0.2, 0.4], "low": [0.1, 0.3], "high": [0.3, 0.5], "n": [90, 80]})
    chart = draw.bars(table, title="T", who="w", caption="c")
    told = display.reading(chart)
    assert chart.kind == "bars" and told[0].startswith("It shows one figure") and told[1].startswith("To read it: ") and told[2].startswith("To act on it: ")
    html = display.figure_html({"title": "T", "how": told}, b64encode(chart.png()).decode())
    assert html.count("<details") == 1 and html.index("How to read this chart") < html.index("To act on it: ")


def test_every_word_has_a_colour_and_a_shape():
    assert list(style.STAGE) == list(STAGES) and list(style.PHASE) == list(PHASES) and list(style.PERSPECTIVE) == list(PERSPECTIVES)
    assert set(style.STATUS) == set(style.STATUS_MARK) == set(STATUSES)
    assert set(style.VERDICT) == set(style.VERDICT_MARK) == set(VERDICTS)
    assert len(set(style.STATUS_MARK.values())) == len(STATUSES)
    assert len(set(style.VERDICT_MARK.values())) == len(VERDICTS)


# Machado, Oliveira and Fernandes (2009), full severity; rows act on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]])}


def _lab(colour: str, seen: np.ndarray) -> np.ndarray:
    encoded = np.array(style.rgb(colour))
    linear = np.clip(seen @ np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("family", ["STAGE", "PHASE", "PERSPECTIVE", "STATUS", "CATEGORIES"])
def test_no_two_colours_meet_under_colour_blindness(family, vision):
    colours = getattr(style, family)
    seen = [_lab(c, VISION[vision]) for c in (colours.values() if isinstance(colours, dict) else colours)]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 10      # 2 is just noticeable


def test_text_reads_at_four_and_a_half_to_one():
    for colour in (style.INK, style.SOFT, *(style.readable(c) for c in (*style.CATEGORIES, *style.STATUS.values(), *style.VERDICT.values()))):
        assert style.contrast(colour, style.WHITE) >= 4.5
    for colour in style.STAGE.values():
        assert style.contrast(style.ink_on(colour), colour) >= 4


def test_labels_never_touch():
    rng = np.random.default_rng(3)
    points = [tuple(p) for p in rng.normal([4, 2.5], 0.5, (60, 2))]
    spots = labels.place(points, draw_frames.names(40) + draw_frames.names(20), (0, 0, 8, 5))
    placed = [s.box for s in spots if s]
    for a, b in itertools.combinations(placed, 2):
        assert not (a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])
    ready = labels.plan(points, draw_frames.names(40) + draw_frames.names(20), (0, 0, 8, 5), bold=[False] * 60)
    assert len(ready.numbered) == spots.count(None)


def test_spread_keeps_order_and_gaps():
    spots = intervals.spread([1.0, 1.05, 1.1, 5.0], [0.4] * 4, 0, 9, gap=0.1)
    assert all(b - a >= 0.5 - 1e-6 for a, b in itertools.pairwise(spots))
    assert spots[-1] == pytest.approx(5.0)


def test_scales():
    assert reach([None, np.nan, np.inf]) == (0.0, 1.0)
    assert reach([0.5, 0.5])[0] < 0.5 < reach([0.5, 0.5])[1]
    assert reach([0.98, 1.0], ceiling=1.0)[1] == 1.0
    assert Scale(0, 1, 0, 10).cut(7) == 10
    assert tick_words([0.0, 0.2, 0.4], "share") == ["0%", "20%", "40%"]
    assert tick_words([0.0, 0.005], "share") == ["0.0%", "0.5%"]
    assert tick_words([0.0, 20000.0], "currency") == ["0", "20k"]


@pytest.mark.parametrize("value, unit, words", [
    (0.0, "share", "0%"), (1.0, "share", "100%"), (0.0412, "share", "4.1%"), (0.00001, "share", "<0.1%"), (-12.4, "points", "−12"), (4.127, "score", "4.13"),
    (1, "days", "1 day"), (1234.5, "hours", "1,234 hours"), (1234567, "currency", "1.23m"), (float("nan"), "share", "too few"), (-0.0001, "change", "0.0 pts")])
def test_numbers_in_words(value, unit, words):
    assert text.say(value, unit) == words


def test_drawing_is_not_imported_before_it_is_used():
    code = "import sys; from helpers import draw; draw.Chart; sys.exit(any(m in sys.modules for m in ('matplotlib', 'seaborn', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    code = "import sys; from helpers.tests import draw_frames; draw_frames.make('bars').png(); sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
