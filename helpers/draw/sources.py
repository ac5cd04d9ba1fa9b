"""How it feels by stage, as each source reads it: a column of its own for each, on the same scale."""
from __future__ import annotations

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.intervals import dot
from helpers.draw.scale import Scale, across
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

_BETWEEN = 0.34


@drawn
def feelings(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "feelings", alt: str = "") -> Chart:
    """Draw how each stage feels as several sources read it, side by side from -2 to +2.

    Shows: for every stage, what customers answered, what they wrote and how often it was hard, each with its 95% interval.
    Read it so: go down one column to compare stages; across columns compare the order of the stages and not the dots, for each source has its own zero. A gap is no or too little data.
    Act on it so: where all columns dip, act; where only one does, ask why the others do not see it; where a column has gaps, ask there.

    table: label (the stage), source (heads a column), value, low, high (-2 to +2), n (cases). Stages and sources stand in order of appearance.
    """
    frame = tidy(table, ["label", "source", "value", "low", "high"], ["value", "low", "high", "n"], ["n"])
    labels = list(dict.fromkeys(text.clean(label) for label in frame["label"]))
    sources = list(dict.fromkeys(text.clean(one) for one in frame["source"] if text.clean(one)))
    if not labels or not sources:
        return blank("No stage has data.", title, who, caption, stem, alt, table)
    place = rows.frame(labels, [], top=0.3, step=0.3)
    sheet = Sheet(title, who, caption, body=place.bottom + 0.25)
    rows.write(sheet, place, labels, [])
    wide = (place.right - place.left - _BETWEEN * (len(sources) - 1) - 0.1) / len(sources)
    colours = style.series(sources)
    known = 0
    for k, one in enumerate(sources):
        left = place.left + 0.1 + k * (wide + _BETWEEN)
        scale = Scale(-2, 2, left, left + wide)
        sheet.text(left, 0.12, one, size=style.SMALL, bold=True, colour=style.readable(colours[one]), within=wide + _BETWEEN * 0.6)
        across(sheet, scale, place.top, place.bottom, unit="score", most=5, words=_ends)
        sheet.line((scale(0), scale(0)), (place.top, place.bottom), style.RULE, 1.0, above=0.8)
        mine = frame[[text.clean(s) == one for s in frame["source"]]].drop_duplicates("label")
        there = {text.clean(row.label): row for row in mine.itertuples()}
        known += int(mine["value"].notna().sum())
        for i, label in enumerate(labels):
            row = there.get(label)
            if row is None or text.is_missing(row.value):
                sheet.text(scale(0), place.y(i), text.NO_DATA if row is None else text.TOO_FEW, size=style.TINY, colour=style.SOFT, italic=True, across="center")
            else:
                dot(sheet, scale, place.y(i), row.value, row.low, row.high, colours[one], shape="osDv^P"[k % 6], size=5.5)
    return sheet.chart(stem, alt or f"{title} {len(labels)} stages as {text.people(len(sources), 'sources')} read them ({', '.join(sources)}), from -2 to +2; {known} values.", table)


def _ends(ticks: list[float]) -> list[str]:
    """Words at nought and at both ends alone: the columns stand close."""
    return [text.signed(tick, 0) if abs(tick) in (0, 2) else "" for tick in ticks]
