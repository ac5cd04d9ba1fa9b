"""Scorecard files: every key read, every slip an error with file, line and what to type instead."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from helpers import score
from helpers.load import ConfigError
from helpers.score import quantity
from helpers.tests.scoring import KPIS, write

FULL = """\
name: Intent scorecard
phase: intent
owner: Head of Marketing
weights: {customer: 2}
objectives:
  - id: decide
    name: Customers decide with confidence
    perspective: customer
    weight: 2
    owner: Head of Sales
    kpis:
      - {kpi: intent_conversion, target: 25 %, red_flag: 15 %, weight: 2, kind: leading}
      - {kpi: time_to_decide, target: 7 d, red_flag: 2w, owner: Desk}
      - intent_csat
    initiatives:
      - {name: Guide, owner: Content, due: 2026-12-15, budget: "20,000", kpi: intent_conversion, promise: +5 points, baseline: 20 %}
  - id: train
    perspective: learning_and_growth
    kpis:
      - {kpi: presales_training_hours, target: 120 h a quarter, red_flag: 10 h}
links:
  - {from: train, to: decide, lag_months: 2, why: Because.}
  - {from: presales_training_hours, to: touchpoints.serve}
"""
TOUCHPOINTS = """\
objectives:
  - {id: serve, perspective: internal_processes, kpis: [{kpi: resolution_time, target: 24h, red_flag: 2d}]}
"""
BASE = """\
objectives:
  - id: decide
    perspective: customer
    kpis:
      - {kpi: intent_conversion, target: 25 %, red_flag: 15 %}
"""


def read(tmp_path: Path, **files: str) -> score.Scorecards:
    return score.read_scorecards(write(tmp_path, **files), KPIS, currency="EUR")


def test_a_full_scorecard(tmp_path):
    cards = read(tmp_path, intent=FULL, touchpoints=TOUCHPOINTS)
    card = cards.of("intent")
    decide, train = card.objectives
    assert (card.name, card.owner, card.file, card.perspective_weights) == ("Intent scorecard", "Head of Marketing", "intent.yml", (("customer", 2.0),))
    assert (decide.name, decide.weight, train.name) == ("Customers decide with confidence", 2.0, "Train")
    first, second, third = decide.kpis
    assert (first.goal, first.weight, first.kind) == (score.Goal("higher", 0.25, 0.15), 2.0, "leading")
    assert (second.goal, second.owner) == (score.Goal("lower", 7.0, 14.0), "Desk")
    assert third.goal is None
    assert train.kpis[0].goal == score.Goal("higher", 40.0, 10.0)  # a quarter's 120 h is 40 h a month
    guide = decide.initiatives[0]
    assert (guide.due, guide.budget, guide.promise, guide.baseline) == (date(2026, 12, 15), 20000.0, quantity.Promise(0.05), 0.2)
    assert [(link.start, link.end, link.lag_months) for link in card.links] == [
        ("train", "decide", 2), ("presales_training_hours", "touchpoints.serve", None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("owner: Head of Marketing", "ownr: Head of Marketing", 3, "'ownr' is not a key of a scorecard; type 'owner'"),
        ("    owner: Head of Sales", "    onwer: Head of Sales", 10, "'onwer' is not a key of an objective; type 'owner'"),
        ("weight: 2, kind", "wieght: 2, kind", 12, "'wieght' is not a key of a KPI; type 'weight'"),
        ("budget:", "buget:", 16, "'buget' is not a key of an initiative; type 'budget'"),
        ("lag_months", "lag_month", 22, "'lag_month' is not a key of a link; type 'lag_months'"),
        ("phase: intent", "phase: intend", 2, "phase 'intend' is not known; type 'intent'"),
        ("perspective: customer", "perspective: costumer", 8, "perspective 'costumer' is not known; type 'customer'"),
        ("    perspective: customer\n", "", 6, "objective decide has no perspective"),
        ("kind: leading", "kind: leadin", 12, "kind 'leadin' is not known; type 'leading'"),
        ("kpi: intent_conversion, target", "kpi: intent_conversoin, target", 12, "KPI 'intent_conversoin' is not known; type 'intent_conversion'"),
        ("      - intent_csat", "      - Intent CSAT score", 14, "type 'intent_csat'"),
        ("      - intent_csat", "      - nps", 14, "KPI nps belongs to the touchpoints scorecard"),
        ("      - intent_csat", "      - time_to_decide", 14, "'time_to_decide' stands on this scorecard twice"),
        ("- id: train", "- id: decide", 17, "'decide' stands on this scorecard twice"),
        ("- id: train", "- id: nps", 17, "objective id 'nps' is a KPI's"),
        ("target: 25 %", "target: 10 %", 12, "target 10 % of intent_conversion is on the wrong side of its red flag 15 %: higher is better"),
        ("red_flag: 2w", "red_flag: 5 d", 13, "lower is better, so type a red flag above 7 d, or swap the two"),
        ("target: 25 %", "target: 15 %", 12, "on the wrong side"),
        ("target: 25 %, ", "", 12, "KPI intent_conversion has no target"),
        (", red_flag: 15 %", "", 12, "KPI intent_conversion has no red_flag"),
        ("target: 25 %", "target: 25", 12, "'25' is not a share between 0 and 1; type 25 %"),
        ("target: 25 %", "target: [20 %, 30 %]", 12, "higher is better; type one value"),
        ("target: 25 %", "target: 0,25", 12, "inside { } a comma ends an entry; type 0.25"),
        ("target: 25 %", "target: '0,25'", 12, "'0,25' is not a number; type 0.25"),
        ("target: 7 d", "target: 7", 13, "'7' has no unit of time; type 7 d or 7 h"),
        ("target: 7 d", "target: 7 moons", 13, "'moons' is not a unit of time"),
        ("weight: 2, kind", "weight: 0, kind", 12, "weight '0' is not a number above 0"),
        ("weight: 2, kind", "weight: heavy, kind", 12, "weight 'heavy' is not a number above 0"),
        ("weights: {customer: 2}", "weights: {costumer: 2}", 4, "'costumer' is not a key of weights; type 'customer'"),
        ("due: 2026-12-15", "due: 15.12.2026", 16, "due '15.12.2026' is not a date; type 2026-12-15"),
        ("due: 2026-12-15", "due: 2026-13-15", 16, "is not a date; type year-month-day"),
        ("kpi: intent_conversion, promise", "kpi: intent_conversions, promise", 16, "KPI 'intent_conversions' is not known; type 'intent_conversion'"),
        ("kpi: intent_conversion, promise: +5 points,", "", 16, "initiative 'Guide' does not say which KPI"),
        ("promise: +5 points", "promise: 5 points", 16, "does not say which way"),
        ("promise: +5 points", "promise: +5 %", 16, "type +5 points for percentage points"),
        ("promise: +5 points", "promise: -5 points", 16, "does not improve intent_conversion: higher is better"),
        ('"20,000"', "20.000", 16, "'20.000' reads as 20 or as 20000"),
        ('"20,000"', "-20", 16, "budget '-20' is below zero"),
        ("from: train, to: decide", "from: train, to: decode", 22, "a link names 'decode', which is neither an objective nor a KPI; type 'decide'"),
        ("touchpoints.serve", "touchpoints.serv", 23, "type 'touchpoints.serve'"),
        ("why: Because.", "why: Sooner, and better.", 22, "put text that holds one in quotes"),
        ("from: train, to: decide", "from: train, to: train", 22, "'train' is linked to itself"),
        ("from: train, to: decide", "from: train", 22, "this link has no 'to'"),
        ("lag_months: 2", "lag_months: two", 22, "lag_months 'two' is not a whole number"),
        ("120 h a quarter", "120 h a decade", 20, "'decade' in '120 h a decade'"),
        ("2w,", "2w a month,", 13, "is stated per month, but this KPI is no total; type 7 d or 36h"),
        ("links:\n", "links: none\nlinks2:\n", 22, "'links2' is not a key"),
        ("objectives:\n", "objectives: decide\nx:\n", 6, "'x' is not a key"),
        ("owner: Head of Marketing", "owner: [A, B]", 3, "owner should be one value, not a list of 2"),
        ("owner: Head of Marketing", "owner: A\nowner: B", 4, "stands twice"),
        ("owner: Head of Marketing", "owner: A: B", 3, "not YAML"),
        ("owner: Head of Marketing", "segment: region", 3, "segment 'region' cannot be read"),
    ],
)
def test_a_slip_names_its_file_its_line_and_the_right_word(tmp_path, old, new, line, words):
    assert old in FULL
    with pytest.raises(score.ScoreError) as caught:
        read(tmp_path, intent=FULL.replace(old, new, 1), touchpoints=TOUCHPOINTS)
    assert str(caught.value).startswith(f"scorecards/intent.yml, line {line}: "), str(caught.value)
    assert words in str(caught.value)
    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize("text", ["", "# nothing\n", "phase: intent\n", "- a\n- b\n", "intent\n", "objectives: {}\n", "objectives: [3]\n", "objectives: []\n"])
def test_what_is_no_scorecard_is_refused(tmp_path, text):
    with pytest.raises(score.ScoreError, match=r"scorecards/intent.yml, line \d"):
        read(tmp_path, intent=text)


def test_ranges(tmp_path):
    entry = "{kpi: channel_consistency, target: [2, 4], red_flag: [1, 6]}"
    text = BASE.replace("{kpi: intent_conversion, target: 25 %, red_flag: 15 %}", entry)
    assert next(iter(read(tmp_path, intent=text).of("intent").entries()))[1].goal == score.Goal("range", (2.0, 4.0), (1.0, 6.0))
    for wrong, words in (("[2, 4]", "[5, 7]"), ("[2, 4]", "3"), ("[2, 4]", "[1, 2, 3]"), ("[2, 4]", "[4, 2]")):
        with pytest.raises(score.ScoreError, match="line 5.*type target: "):
            read(tmp_path, intent=text.replace(wrong, words, 1))


def test_no_scorecards_gives_the_registry_without_targets(tmp_path):
    card = score.read_scorecards(tmp_path, KPIS).of("intent")
    assert [o.perspective for o in card.objectives] == ["financial", "customer", "internal_processes", "learning_and_growth"]
    assert sorted(t.kpi for _, t in card.entries()) == sorted(k for k, v in KPIS.items() if v.phase == "intent")
    assert all(t.goal is None for _, t in card.entries())


# Cascading ------------------------------------------------------------------------------------------------


def test_a_part_states_only_what_differs(tmp_path):
    part = """\
extends: intent
segment: region=north
owner: Head of North
objectives:
  - id: decide
    kpis:
      - {kpi: intent_conversion, target: 30 %, owner: Desk North}
  - {id: value, perspective: financial, kpis: [{kpi: open_intent_value, target: 5000, red_flag: 2000}]}
"""
    cards = read(tmp_path, intent=FULL, touchpoints=TOUCHPOINTS, intent__north=part)
    north = cards.of("intent", "region=north")
    assert [o.id for o in north.objectives] == ["decide", "train", "value"]
    decide = north.objectives[0]
    assert (decide.name, decide.weight, decide.owner) == ("Customers decide with confidence", 2.0, "Head of Sales")
    assert decide.kpis[0].goal == score.Goal("higher", 0.30, 0.15) and decide.kpis[0].owner == "Desk North"
    assert (decide.kpis[0].weight, decide.kpis[0].kind) == (2.0, "leading")  # inherited
    assert [t.kpi for t in decide.kpis] == ["intent_conversion", "time_to_decide", "intent_csat"]
    assert decide.initiatives == ()  # never inherited
    assert (north.owner, north.phase, north.extends, len(north.links)) == ("Head of North", "intent", "intent", 2)
    assert north.name == "Intent scorecard, region=north"
    # A total's target speaks for the segment whose file stated it.
    assert [(t.kpi, t.covers) for _, t in north.entries() if t.kpi in ("presales_training_hours", "open_intent_value")] == [
        ("presales_training_hours", "all"), ("open_intent_value", "region=north"),
    ]
    assert cards.of("intent") is not north and cards.of("intent", "region=south").name == "Intent scorecard"
    assert cards.parts("intent") == [north]


def test_parts_of_parts_by_path_and_only(tmp_path):
    part = "extends: intent\nsegment: region=north\n"
    team = "extends: ./intent.north.yml\nteam: Desk\nsegment: region=north\nonly: [time_to_decide]\n"
    cards = read(tmp_path, intent=FULL, touchpoints=TOUCHPOINTS, intent__north=part, intent__desk=team)
    desk = cards.of("intent", "region=north", "Desk")
    assert [(o.id, t.kpi) for o, t in desk.entries()] == [("decide", "time_to_decide")]
    assert desk.links == ()  # the objective and KPI they start from are gone


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"intent": "extends: intent_b\n", "intent__b": "phase: intent\n" + BASE}, "there is no scorecard 'intent_b' to extend; type 'intent.b'"),
        ({"intent": "extends: intent.b\n", "intent__b": "extends: intent\n"}, "in a circle: intent.b.yml -> intent.yml -> intent.b.yml"),
        ({"intent": "extends: intent\n"}, "in a circle: intent.yml -> intent.yml"),
        ({"intent": "extends: ../other/intent.yml\n"}, "there is no file '../other/intent.yml'"),
        ({"intent": BASE, "b": "extends: intent\nphase: adoption\nsegment: a=b\n"}, "phase 'adoption' differs from 'intent'"),
        ({"intent": BASE, "b": "extends: intent\n"}, "this is a second intent scorecard for the whole company, beside b.yml"),
        ({"intent": BASE, "b": "extends: intent\nteam: X\nonly: [decid]\n"}, "'only' names 'decid' is not known; type 'decide'"),
        (
            {"intent": BASE, "b": "extends: intent\nteam: X\nobjectives: [{id: decide, kpis: [{kpi: intent_conversion, target: 12 %}]}]\n"},
            "line 3: target 12 % of intent_conversion is on the wrong side of its red flag 15 % (red flag from intent.yml, line 5)",
        ),
    ],
)
def test_cascading_slips(tmp_path, files, words):
    with pytest.raises(score.ScoreError, match=re.escape(words)):
        read(tmp_path, **files)


# Quantities -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["share", "points", "score", "days", "hours", "currency", "count"])
def test_what_is_said_reads_back(unit):
    for value in (0.25, 0.5, 1.0, 0.123, 0.01):
        value = value if unit == "share" else round(value * 60, 2)
        assert quantity.amount(quantity.say(value, unit, currency="EUR"), unit, currency="EUR") == pytest.approx(value)
    total = quantity.say(1250.0, "currency", total=True, currency="EUR")
    assert quantity.amount(total, "currency", total=True, currency="EUR") == 1250.0


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("25%", "share", 0.25), ("0.25", "share", 0.25), ("120 %", "share", 1.2), ("-3 %", "share", -0.03), ("40", "points", 40), ("\u22125 points", "points", -5),
        ("90 min", "hours", 1.5), ("1w", "days", 7), ("2 days", "hours", 48), ("1,234,567", "count", 1234567), ("4.125", "score", 4.125), ("1200 EUR", "currency", 1200),
    ],
)
def test_quantities(text, unit, expected):
    assert quantity.amount(text, unit, currency="EUR") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("1,23", "score"), ("1200 USD", "currency"), ("1.234", "count"), ("101", "points"), ("x", "score"), ("", "count"), ("1,2,3", "count"), ("3 4", "score"), ("nan", "score"), ("1e5", "count")],
)
def test_quantities_refused(text, unit):
    with pytest.raises(ValueError, match="type"):
        quantity.amount(text, unit, currency="EUR")
