"""The arrows of a scorecard in words: which lagging KPI a leading one should move, and whether the months bear it out."""

from __future__ import annotations

import pandas as pd

from helpers.draw.text import say_q, signed_span
from helpers.infer.lag import MIN_MONTHS, STATUSES
from helpers.infer.links import tested
from helpers.journey import Journey
from helpers.report import display
from helpers.report.words import listed
from helpers.score import ScoredCard

VERDICTS = {"supported": "supported", "contradicted": "contradicted", "inconclusive": "inconclusive", "untested": "untested"}
NONE = "No arrow joins a leading KPI of this scorecard to a lagging one. Write one under `links:` in its file, from an objective or KPI to another."


def links(journey: Journey, card: ScoredCard) -> None:
    """Show which lagging KPI each leading KPI of the scorecard should move, and what the months say of each arrow."""
    table = of(journey, card)
    if len(table):
        display.show_table(_tested(table), stem=f"{card.card.phase}_links", caption="The arrows of the scorecard, tested by month", data=table)
        display.show_markdown(reading(table))
    leading = named(card)
    if len(leading):
        shown = leading.rename(columns={"label": "Leading KPI", "objective": "Objective", "moves": "Should move", "why": "Why"})[["Leading KPI", "Objective", "Should move", "Why"]]
        display.show_table(shown, stem=f"{card.card.phase}_leading", caption="The lagging KPI that each leading KPI should move", data=leading)
    if not len(table):
        display.show_markdown(NONE)


def of(journey: Journey, card: ScoredCard) -> pd.DataFrame:
    """The scorecard's arrows with what the months say of them: see `infer.links.tested`; worked out once."""
    return journey.once(f"links of {card.card.file or card.card.name}", lambda: tested(journey, card.link_pairs))


def named(card: ScoredCard) -> pd.DataFrame:
    """One row a leading KPI of the scorecard: kpi, label, objective, moves (the KPI at the end of its objective's arrows, or "none named"), why."""
    period = card.rows[(card.rows["grain"] == "period") & (card.rows["kind"] == "leading") & (card.rows["objective_id"] != "")]
    pairs, rows = card.link_pairs, []
    for row in period.itertuples():
        mine = pairs[(pairs["start"] == row.objective_id) | (pairs["from_kpi"] == row.kpi)]
        mine = mine[mine["to_kpi"] != row.kpi]
        rows.append((row.kpi, row.label, row.objective, "; ".join(dict.fromkeys(mine["to_label"])) or "none named", " ".join(dict.fromkeys(mine["why"])) or "–"))
    return pd.DataFrame(rows, columns=["kpi", "label", "objective", "moves", "why"])


def reading(table: pd.DataFrame) -> str:
    """What the tests add up to, in a sentence or two."""
    counts = table["verdict"].value_counts()
    told = [f"{counts[word]} {VERDICTS[word]}" for word in STATUSES if word in counts]
    text = f"Of {len(table)} arrow{'' if len(table) == 1 else 's'}, {listed(told)}."
    if counts.get("untested"):
        text += f" Untested: fewer than {MIN_MONTHS} settled months in which both KPIs have a value."
    return text + " Monthly changes are compared, so that two KPIs that merely grow together do not pass for cause and effect; what goes before need not bring about."


def _tested(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "When this KPI changes": table["from_label"], "this one should follow": table["to_label"],
        "Expected": [_way(e) for e in table["expected"]], "Lag drawn": [_months(v) for v in table["lag_months"]], "Lag found": [_months(v) for v in table["lag"]],
        "Correlation of changes": [signed_span(r.correlation, r.low, r.high) for r in table.itertuples()],
        "q": [say_q(q) for q in table["q_value"]], "Verdict": table["verdict"].map(VERDICTS),
    })


def _way(expected: int) -> str:
    return {1: "same way", -1: "opposite"}.get(expected, "–")


def _months(value: object) -> str:
    return "–" if pd.isna(value) else "none" if value == 0 else f"{value} mo."
