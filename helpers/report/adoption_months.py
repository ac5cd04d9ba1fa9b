"""Page 3: what the months say of the scorecard's arrows."""

from __future__ import annotations

import pandas as pd

from helpers.draw.text import say_q, signed_span
from helpers.journey import Journey
from helpers.report.adoption_words import kpi_row, owner_of
from helpers.report.finding import Finding
from helpers.report.links import of as links_of
from helpers.report.words import quoted


def arrows(journey: Journey, card) -> list[Finding]:
    """The arrows of the scorecard that the months bear out, or contradict."""
    table, found = links_of(journey, card), []
    for r in table[table["verdict"].isin(["supported", "contradicted"])].itertuples():
        bad = r.verdict == "contradicted"
        when = "in the same month" if r.lag == 0 else f"{_months(r.lag)} later"
        drawn = "" if pd.isna(r.lag_months) or r.lag_months == r.lag else f" The scorecard draws a lag of {_months(r.lag_months)}."
        found.append(Finding(
            headline=f"When {quoted(r.from_label)} changes, {quoted(r.to_label)} {'goes the other way than planned' if bad else 'follows as planned'}, {when}.",
            observed=f"Correlation of monthly changes {signed_span(r.correlation, r.low, r.high)}, over {r.months} months; q {say_q(r.q_value, aloud=True)}." + drawn,
            how_sure="Seven lags were tried and paid for. A common season can still make two KPIs move together.", otherwise="A third thing that moves both.",
            next_step="Talk over why, before more is spent on this arrow" if bad else f"Keep the arrow, and plan with a lag of {_months(r.lag)}", owner=owner_of(kpi_row(card, r.from_kpi)),
            level="bad" if bad else "good", weight=48 if bad else 20,
        ))
    return found


def _months(lag: int) -> str:
    return f"{lag} month{'' if lag == 1 else 's'}"
