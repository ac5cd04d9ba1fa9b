"""The scorecard on a page: where each KPI stands against target and red flag, its trend, owner and initiatives."""

from __future__ import annotations

import math

import pandas as pd

from helpers import names
from helpers.draw.text import people, say
from helpers.report import display
from helpers.report.cards import ORDER, cards_html, unscored_html
from helpers.report.display import SHAPES
from helpers.report.words import listed, moved, quoted
from helpers.score import Combined, ScoredCard
from helpers.score.quantity import spoken

MOST_NAMED = 3


def scorecard(card: ScoredCard) -> None:
    """Show a scorecard: the verdict by perspective, every KPI that can be judged, those that cannot by reason, the initiatives.

    Its rows travel along for kpis.csv.
    """
    display.show_markdown(verdict(card))
    display.emit("kpis", {"rows": card.kpi_rows()}, html=cards_html(card) + unscored_html(card), text=f"{card.card.name}: {len(card.table)} KPIs")
    started = card.initiatives
    if len(started):
        caption = "What is being done: each initiative and the KPI it should move"
        display.show_table(_initiatives(started, card.currency), stem=f"{card.card.phase}_initiatives", caption=caption, data=started.astype("str"))


def verdict(card: ScoredCard) -> str:
    """The scorecard in a sentence or two: how many KPIs stand where, and each perspective's score."""
    counts = status_counts(card)
    told = [f"{count} {names.STATUSES[word].lower()}" for word, count in counts.items() if count and word != "no_information"]
    aimless = untargeted(card)
    silent = counts["no_information"] - aimless
    whole = f"Of {people(len(card.table), 'KPIs')}, " + (", ".join(told) if told else "none can be judged")
    whole += f"; {silent} {'has' if silent == 1 else 'have'} no information" if silent else ""
    whole += f"; {aimless} {'has' if aimless == 1 else 'have'} no target." if aimless else "."
    parts = [
        f"{names.PERSPECTIVES[word]} {SHAPES[one['status']]} {names.STATUSES[one['status']].lower()}"
        + ("" if one["score"] is None else f" ({one['score']:.1f} of 10)")
        for word, one in card.by_perspective.items() if one["status"] != "no_information"
    ]
    return f"{whole} By perspective: {'; '.join(parts)}." if parts else whole


def status_counts(card: ScoredCard | Combined) -> dict[str, int]:
    """How many KPIs have each status in the period, worst first."""
    counts = card.table["status"].value_counts()
    return {word: int(counts.get(word, 0)) for word in ORDER}


def untargeted(card: ScoredCard | Combined) -> int:
    """How many of the KPIs that have no status do have a value, and only lack a target; none of the whole journey's, for hardly any of these is worked out (see `silence`)."""
    return 0 if isinstance(card, Combined) else int(((card.table["status"] == "no_information") & card.table["value"].notna()).sum())


def silence(card: ScoredCard | Combined) -> str:
    """What the KPIs that are neither judged nor `untargeted` lack, in words."""
    return "no information or no target" if isinstance(card, Combined) else "no information"


def status_payload(card: ScoredCard | Combined) -> dict:
    """What the index and the top of a page show of a scorecard: its status and score, the perspectives', how many KPIs stand where, and in words which."""
    score = None if math.isnan(card.score) else card.score
    counts = status_counts(card)
    return {
        "phase": card.card.phase, "status": card.status, "score": score, "by_perspective": card.by_perspective, "counts": counts, "untargeted": untargeted(card), "silent": silence(card),
        "on_target": _standing(card, ("on_target",)), "short": _standing(card, ("red_flag", "below_target")),
    }


def _standing(card: ScoredCard | Combined, wanted: tuple[str, ...]) -> str:
    """The KPIs of a status in words, the most telling first: the lowest scores of those that are short, the highest of those on target."""
    table = card.table[card.table["status"].isin(wanted)].drop_duplicates("kpi")
    table = table.sort_values(["score", "label"], ascending=["on_target" not in wanted, True], kind="stable")
    currency = card.currency
    aim = "" if "on_target" in wanted else ", target "
    told = [f"{quoted(row.label)} ({amount(row.value, row.unit, currency)}{aim and aim + amount(row.target, row.unit, currency)})" for row in table.itertuples()]
    return listed(told, MOST_NAMED + 1)


def amount(value: float, unit: str, currency: str = "") -> str:
    """A KPI's number for a table; an en dash where there is none."""
    return "–" if value is None or pd.isna(value) else say(value, unit, currency=currency)


def _initiatives(table: pd.DataFrame, currency: str) -> pd.DataFrame:
    kept = {"yes": "Kept", "no": "Not kept", "not_yet_known": "Not yet known", "not_due": "Not due yet"}
    return pd.DataFrame({
        "Initiative": table["initiative"], "Should move": table["label"], "Promised": [spoken(promise) or "–" for promise in table["promise"]],
        "Moved so far": [moved(row.moved, row.unit, currency) for row in table.itertuples()], "Kept?": table["kept"].map(kept).fillna("–"),
        "Owner": table["owner"].replace("", "to be named"), "Due": ["–" if pd.isna(day) else f"{day.day} {day:%b %Y}" for day in table["due"]],
        "Budget": [amount(value, "currency", currency) for value in table["budget"]],
    })
