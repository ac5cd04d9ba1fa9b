"""The pages find every story that is planted in the sample company, and say so among their findings or figures."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from helpers import infer, score
from helpers.journey import open_journey
from helpers.load import ROOT
from helpers.report.page import gathered
from helpers.sample import STORIES
from helpers.sample.stories import MOMENTS

pytestmark = pytest.mark.usefixtures("kept_results")

# Story -> what the page's findings must say (a pattern over headline and evidence).
SAID = {
    "moment_delivery": r"moments of truth: .*Delivery",
    "moment_setup_guide": r"moments of truth: .*Set-up guide",
    "moment_support_phone": r"moments of truth: .*Service line",
    "moment_barista_class": r"moments of truth: .*Barista class",
    "decoys": r"not shown to be: .*(Help centre|Order tracking|Checkout)",
    "after_outcome": r"Coffee club is asked about too late",
    "hygiene": r"Delivery",
    "attractor": r"excellent “Barista class” goes with \d+ points more",
    "overload": r"more than 9 options buy less often",
    "trust": r"sign of trust buy \d+ points more",
    "information": r"look for information and do not find it buy",
    "needs": r"helped to what they need buy",
    "concerns": r"do not buy ask more often about .*price",
    "handover": r"(?i)chat.*phone",
    "training_lever": r"(?i)training.*resolution",
    "idle_activity": r"magazine costs .* serves no",
    "unserved_touchpoint": r"No activity serves .*Recommending to a friend",
    "bottleneck": r"Repairing machines waits for 80",
    "bad_month": r"(Mar 2026|March 2026|2026-03)",
    "late_segment": r"(?i)trade",
    "technical_trouble": r"(?i)\bost\b",
    "fading_loyalty": r"(?i)office",
    "gaps_in_the_dictionary": r"shop_kiosk|Shop kiosk",
    "strangers": r"Not every customer is known: .*(tickets|mentions)",
}


@pytest.fixture(scope="module")
def pages():
    """page -> (its findings as text, its results), each run once on the committed sample."""
    done: dict[str, tuple[str, dict]] = {}

    def run(page: str) -> tuple[str, dict]:
        if page not in done:
            journey = open_journey("data/sample")
            results = infer.results(page, journey)
            card = {"0_data": lambda: None, "5_journey": lambda: score.combined(journey)}.get(page, lambda: score.scorecard(journey, page.split("_", 1)[1]))()
            told = [" ".join((one.headline, one.observed, one.how_sure, one.otherwise)) for one in gathered(page, journey, results, card)]
            done[page] = "\n".join(told), results
        return done[page]

    return run


def test_every_story_is_asked_for():
    assert set(SAID) == set(STORIES)


@pytest.mark.parametrize("story", list(SAID))
def test_the_page_says_it(pages, story):
    told, _ = pages(STORIES[story]["where"]["page"])
    assert re.search(SAID[story], told), f"{STORIES[story]['title']}; the page says:\n{told}"


def test_no_decoy_and_nothing_after_the_outcome_is_a_moment(pages):
    _, results = pages("4_moments_of_truth")
    tables = [one.table for one in results.values() if {"touchpoint", "verdict"} <= set(one.table.columns)]
    found = pd.concat(tables).query("verdict == 'moment_of_truth'")["touchpoint"]
    label = pd.read_csv(ROOT / "data/sample/touchpoints.csv").set_index("touchpoint")["label"]
    assert set(found.replace(dict(zip(label, label.index)))) == set(MOMENTS)
