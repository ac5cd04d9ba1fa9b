"""Two KPIs against each other, month by month: a small panel for each pair."""
from __future__ import annotations

import math

import pandas as pd

from helpers.draw import style, text
from helpers.draw.scale import Scale, reach
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

_TALL, _ACROSS = 1.95, 2
_ROLES = (("first", style.MAIN, "o", None), ("second", style.AGAINST, "D", (4, 2)))


@drawn
def against(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "against", alt: str = "") -> Chart:
    """Draw pairs of KPIs that move against each other, two lines a panel.

    Shows: both KPIs of a pair by month, each on its own scale and turned so that up is better.
    Read it so: where one line rises as the other falls, what one gains the other loses; the months' size is in standard deviations and says nothing of money.
    Act on it so: before pushing the first KPI further, decide what loss of the second it is worth, and watch both.

    table: pair (a key), role (first, second), label (the KPI), period (month), place (up is better); optional note: a few words a pair.
    """
    frame = tidy(table, ["pair", "role", "label", "period", "place"], ["place"], ["note"])
    pairs = list(dict.fromkeys(frame["pair"]))
    if not pairs:
        return blank("No pair of KPIs to show.", title, who, caption, stem, alt, table)
    sheet = Sheet(title, who, caption, body=math.ceil(len(pairs) / _ACROSS) * _TALL)
    wide = (style.WIDTH - 2 * style.MARGIN + 0.3) / _ACROSS
    told = []
    for i, pair in enumerate(pairs):
        part = frame[frame["pair"] == pair]
        told.append(" against ".join(dict.fromkeys(text.clean(label) for label in part["label"])))
        _panel(sheet, part, style.MARGIN + i % _ACROSS * wide, i // _ACROSS * _TALL, wide - 0.3)
    return sheet.chart(stem, alt or f"{title} {text.people(len(pairs), 'pairs')} of KPIs by month: {'; '.join(told)}.", table)


def _panel(sheet: Sheet, part: pd.DataFrame, left: float, top: float, wide: float) -> None:
    periods = sorted(part["period"].dropna().astype(str).unique())
    x = Scale(-0.4, max(len(periods) - 0.6, 0.6), left, left + wide)
    y = Scale(*reach(part["place"]), top + 1.5, top + 0.58)
    sheet.line((left, left + wide), (y.cut(0), y.cut(0)), style.GRID, 0.9, above=0.5)
    for i, (role, colour, shape, dashes) in enumerate(_ROLES):
        mine = part[part["role"] == role].sort_values("period", kind="stable")
        if mine.empty:
            continue
        sheet.marks([left + 0.06], [top + 0.12 + 0.17 * i], colour, shape=shape, size=5)
        sheet.text(left + 0.17, top + 0.12 + 0.17 * i, mine["label"].iloc[0], size=style.SMALL, bold=True, colour=style.readable(colour), within=wide - 0.2)
        known = mine.dropna(subset=["place"])
        places = [(x(periods.index(str(p))), y.cut(v)) for p, v in zip(known["period"], known["place"])]
        if len(places) > 1:
            sheet.line([p[0] for p in places], [p[1] for p in places], colour, 1.5, dashes=dashes, above=3)
        sheet.marks([p[0] for p in places], [p[1] for p in places], colour, shape=shape, size=3, above=3.5)
    note = part["note"].dropna()
    if len(note):
        sheet.text(left, top + 0.46, note.iloc[0], size=style.TINY, colour=style.SOFT, within=wide)
    if periods:
        sheet.text(left, top + 1.6, text.month(periods[0]), size=style.TINY, colour=style.SOFT)
        if len(periods) > 1:
            sheet.text(left + wide, top + 1.6, text.month(periods[-1]), size=style.TINY, colour=style.SOFT, across="right")
