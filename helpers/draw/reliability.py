"""Predicted against observed: whether a probability keeps its word."""
from __future__ import annotations

import pandas as pd

from helpers.draw import style, text
from helpers.draw.scale import Scale, across, reach, tick_words, up
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

_TALL = 3.1


@drawn
def calibration(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "calibration", alt: str = "", event: str = "bought",
                noun: str = "Customers") -> Chart:
    """Draw what a score promised against what happened.

    Shows: cases in groups of like predicted probability, and the share of each group who did it, with 95% intervals.
    Read it so: on the slanted line the score keeps its word; above it more did it than predicted, below it fewer.
    Act on it so: use the score to rank and to plan where the dots follow the line; where they leave it, use it to rank only.

    table: predicted, observed, low, high (shares 0-1), n (of `noun`); a row a group.
    """
    frame = tidy(table, ["predicted", "observed", "low", "high", "n"], ["predicted", "observed", "low", "high", "n"]).sort_values("predicted", kind="stable")
    known = frame.dropna(subset=["predicted", "observed"])
    if known.empty:
        return blank("Too few cases to check the score.", title, who, caption, stem, alt, table)
    sheet = Sheet(title, who, caption, body=0.25 + _TALL + 1.16)
    left, right = style.MARGIN + 0.75, sheet.width - style.MARGIN - 0.2
    ends = reach([*known["predicted"], *known["observed"], *known["high"]], zero=True, ceiling=1.0)
    x, y = Scale(*ends, left, right), Scale(*ends, 0.25 + _TALL, 0.25)
    sheet.text(style.MARGIN, 0.05, f"Share who {event}", size=style.SMALL, colour=style.SOFT)
    up(sheet, y, left, right, unit="share")
    across(sheet, x, 0.25, 0.25 + _TALL, unit="share", title="Predicted probability")
    sheet.line((left, right), (y(ends[0]), y(ends[1])), style.SOFT, 1.0, dashes=(3, 2))
    middle = (ends[0] + ends[1]) / 2
    sheet.text(x(middle) - 0.35, y(ends[1]) + 0.15, "more than predicted", size=style.SMALL, colour=style.SOFT, across="right", italic=True)
    sheet.text(right - 0.1, 0.25 + _TALL - 0.15, "fewer than predicted", size=style.SMALL, colour=style.SOFT, across="right", italic=True)
    spans = [((x(p), y.cut(a)), (x(p), y.cut(b))) for p, a, b in zip(known["predicted"], known["low"], known["high"]) if not (text.is_missing(a) or text.is_missing(b))]
    sheet.segments(spans, style.mix(style.MAIN, style.WHITE, 0.35), 2.2, above=3)
    sheet.marks([x(v) for v in known["predicted"]], [y(v) for v in known["observed"]], style.MAIN, size=7)
    _counts_below(sheet, x, known, noun)
    return sheet.chart(stem, alt or f"{title} Calibration over {len(known)} groups of {noun.lower()}; predicted from {tick_words([round(known['predicted'].iloc[0], 3)], 'share')[0]} "
                       f"to {tick_words([round(known['predicted'].iloc[-1], 3)], 'share')[0]}.", table)


def _counts_below(sheet: Sheet, x: Scale, known: pd.DataFrame, noun: str) -> None:
    base, tall, most = 0.25 + _TALL + 0.98, 0.3, known["n"].max()
    if text.is_missing(most) or most <= 0:
        return
    sheet.boxes([(x(p) - 0.05, base - tall * n / most, 0.1, tall * n / most) for p, n in zip(known["predicted"], known["n"].fillna(0))], style.RULE)
    sheet.text(style.MARGIN, base - tall / 2, noun, size=style.SMALL, colour=style.SOFT, within=x.start - style.MARGIN)
    end = -9.0
    for row in known.dropna(subset=["n"]).itertuples():
        words = text.people(row.n)
        half = text.width(words, style.TINY) / 2
        if x(row.predicted) - half > end:
            sheet.text(x(row.predicted), base + 0.09, words, size=style.TINY, colour=style.SOFT, across="center")
            end = x(row.predicted) + half + 0.05
