"""The scorecard as a table: what comes first, how it is drawn, what cannot be judged."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace

import pytest

from helpers import score
from helpers.journey import open_journey
from helpers.report import against_target, cards, marks
from helpers.report.scorecard import status_payload, verdict

pytestmark = pytest.mark.usefixtures("kept_results")


@pytest.fixture(scope="module")
def card():
    return score.scorecard(open_journey("data/sample", period="2026-Q3"), "intent")


def test_perspectives_hold_their_objectives_worst_and_heaviest_first(card):
    html = cards.cards_html(card)
    order = [html.index(f">{name}<") for name in ("All perspectives", "Financial", "Customer", "Internal processes", "Learning and growth")]
    assert order == sorted(order)
    rows = cards.judged(card).set_index("kpi")
    for _, mine in rows.groupby("objective_id"):
        shown = mine.assign(at=[html.index(f">{label}</span><small>") for label in mine["label"]]).sort_values("at")
        told = shown["status"].map(cards.ORDER.index).tolist()
        assert told == sorted(told)
    assert len(re.findall("<svg class=\"bullet\"", html)) == len(rows)


def test_every_level_says_on_how_many_kpis_it_rests(card):
    html, counts = cards.cards_html(card), status_payload(card)["counts"]
    assert f"{sum(counts.values())} KPIs, {counts['not_yet_known']} not yet known, {counts['no_information']} without information" in html
    assert html.count('class="rollup objective"') == len(card.card.objectives)


def test_owner_initiative_and_score_stand_in_the_row(card):
    row = re.search(r"Intents with more options than help.*?</tr>", cards.cards_html(card), re.DOTALL).group()
    for words in ("Head of the Online Shop", "Show at most nine machines at a time (due 30 Nov 2026)", "score", "Below target", 'role="img"', "was 25%"):
        assert words in row


def test_hostile_words_are_only_words(card):
    rows = card.rows.assign(label="<script>x</script>", owner="<b>Ann</b>")
    html = cards.cards_html(type(card)(card.card, rows, card.as_of, card.scorecards, card.currency, card.journey)) + cards.unscored_html(
        type(card)(card.card, rows, card.as_of, card.scorecards, card.currency, card.journey))
    assert "<script" not in html and "<b>Ann" not in html and "&lt;script&gt;" in html


def test_without_any_target_the_values_stand_there_unfolded(card):
    rows = card.rows.assign(status="no_information", reason="no target", goal=None, score=math.nan)
    bare = type(card)(card.card, rows, card.as_of, card.scorecards, card.currency, card.journey)
    assert cards.cards_html(bare) == "" and cards.unscored_html(bare).startswith('<div class="scroll"')


def test_what_is_missing_is_said_once_for_all_kpis_that_lack_it():
    reasons = {"A": "needs interactions, orders.cost", "B": "needs interactions", "C": "needs team", "D": "too few", "E": "needs orders.cost"}
    told = cards.lacks(reasons, lambda table: table == "orders")
    assert told == {"need the table interactions": ["A", "B"], "need the table team": ["C"], "have too few cases": ["D"], "need the column cost in orders": ["E"]}


def test_the_bullet_has_one_direction_and_one_place_for_the_target():
    marked = [marks.bullet(4.0, 6.0, 5.0, status="below_target", red_flag=a, target=b, label="x & y") for a, b in (("25%", "35%"), ("14 days", "8 days"))]
    ticks = [re.findall(r'M([\d.]+) 3V21', one) for one in marked]
    assert ticks[0] == ticks[1] and float(ticks[0][0]) < float(ticks[0][1])
    assert 'aria-label="x &amp; y"' in marked[0]


def test_an_interval_beyond_the_scale_ends_in_an_arrow():
    inside, beyond = (marks.bullet(4.0, high, 5.0, status="on_target", red_flag="", target="", label="") for high in (9.0, 10.0))
    assert beyond.count("<path") == inside.count("<path") + 1


def test_a_sparkline_keeps_its_gaps_and_marks_its_signals():
    drawn = marks.sparkline([1.0, 2.0, math.nan, 3.0, 9.0], "a line", limits=(2.0, 0.0, 4.0), signals=[False, False, False, False, True])
    assert drawn.count("<polyline") == 2 and drawn.count("l3.6 3.6") == 1 and 'fill="#e6e9ec"' in drawn
    assert marks.months_in_words("NPS", ["2026-07", "2026-08"], "31", "34", ["2026-08"]).endswith("from 31 to 34; stands out: Aug 2026")


def test_the_verdict_leaves_out_perspectives_that_nobody_knows(card):
    unknown = card.rows.assign(status="no_information", score=math.nan)
    silent, aimless = (verdict(type(card)(card.card, rows, card.as_of, card.scorecards, card.currency, card.journey)) for rows in (unknown.assign(value=math.nan), unknown))
    assert silent == "Of 16 KPIs, none can be judged; 16 have no information."
    assert aimless == "Of 16 KPIs, none can be judged; 16 have no target."


def test_what_a_scorecard_found(card):
    """One finding a status, with every KPI of it; the lowest score is named first, and one alone is told with its figures."""
    counts, found = status_payload(card)["counts"], {one.level: one for one in against_target.find(card)}
    for status, level in (("red_flag", "bad"), ("below_target", "watch"), ("on_target", "good")):
        mine = card.table[card.table["status"] == status].sort_values("score", kind="stable")
        assert (level in found) == (counts[status] > 0)
        if level in found:
            assert all(f"{label} " in found[level].observed for label in mine["label"]) and f"“{mine['label'].iloc[0]}”" in found[level].headline
    one = card.table[card.table["status"] == "below_target"].head(1)
    alone = SimpleNamespace(table=one.assign(status="red_flag"), currency=card.currency)
    (told,) = against_target.find(alone)
    assert told.level == "bad" and told.headline.startswith(f"“{one['label'].iloc[0]}” stands at ") and "past the red flag of" in told.headline and told.owner == one["owner"].iloc[0]
    assert not against_target.find(SimpleNamespace(table=one.assign(status="not_yet_known"), currency=""))


def test_every_page_of_a_phase_says_what_is_past_its_red_flag(card, monkeypatch):
    from helpers.report import page

    monkeypatch.setattr(page, "import_module", lambda name: SimpleNamespace(find=lambda *told: []))
    red = SimpleNamespace(table=card.table.head(1).assign(status="red_flag"), currency="EUR")
    for name in ("1_intent", "2_touchpoints", "3_adoption", "4_moments_of_truth"):
        assert [one.level for one in page.gathered(name, None, {}, red)] == ["bad"]
