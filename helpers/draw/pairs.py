"""Two or more figures a row: penalty and reward, four ways of giving credit, the part against the whole."""
from __future__ import annotations

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.intervals import dot
from helpers.draw.scale import Scale, across, reach
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy


@drawn
def penalty_reward(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "penalty_reward", alt: str = "", sort: bool = True,
                   unit: str = "score", outcome: str = "the outcome") -> Chart:
    """Draw what a poor and what an excellent experience at each touchpoint do, side by side.

    Shows: how far a poor experience pulls the outcome down and an excellent one lifts it, against an ordinary one, with 95% intervals.
    Read it so: long to the left only is hygiene: it punishes when poor and earns nothing when excellent; long to the right only is an attractor; even bars pay both ways.
    Act on it so: bring hygiene touchpoints to a reliable "good enough" and stop there; spend on excellence where the right-hand bar is long.

    table: touchpoint, penalty, penalty_low, penalty_high (negative where a poor experience hurts), reward, reward_low, reward_high (in `unit`),
    asymmetry (-1 only punishes, +1 only rewards); optionally asymmetry_low, asymmetry_high.
    """
    numbers = ["penalty", "penalty_low", "penalty_high", "reward", "reward_low", "reward_high", "asymmetry"]
    numbers += [name for name in ("asymmetry_low", "asymmetry_high") if name in table]
    frame = tidy(table, ["touchpoint", *numbers], numbers)
    if frame.empty:
        return blank("No touchpoint has enough answers.", title, who, caption, stem, alt, table)
    if sort:
        frame = frame.sort_values("asymmetry", kind="stable", na_position="last").reset_index(drop=True)
    columns = [("asymmetry", [text.TOO_FEW if text.is_missing(v) else text.signed(v) for v in frame["asymmetry"]])]
    if "asymmetry_low" in frame:
        columns.append(("95% interval", ["" if text.is_missing(low) or text.is_missing(high) else f"{text.signed(low)} to {text.signed(high)}" for low, high in zip(frame["asymmetry_low"], frame["asymmetry_high"])]))
    place = rows.frame(frame["touchpoint"], columns, top=0.3)
    sheet = Sheet(title, who, caption, body=place.bottom + 0.2)
    rows.write(sheet, place, frame["touchpoint"], columns)
    ends = reach([0, *(v for name in numbers[:6] for v in frame[name])])
    scale = Scale(*ends, place.left + 0.05, place.right - 0.05)
    across(sheet, scale, place.top, place.bottom, unit=unit, strong_zero=True)
    _heads(sheet, scale, place.top, f"poor experience pulls {outcome} down", "excellent lifts it")
    for i, row in enumerate(frame.itertuples()):
        if text.is_missing(row.penalty) and text.is_missing(row.reward):
            sheet.text(scale(0) + 0.08, place.y(i), text.TOO_FEW, size=style.SMALL, colour=style.SOFT, italic=True)
        _pair(sheet, scale, place, i, row.penalty, row.penalty_low, row.penalty_high, style.AGAINST)
        _pair(sheet, scale, place, i, row.reward, row.reward_low, row.reward_high, style.MAIN)
    known = frame.dropna(subset=["asymmetry"])
    extremes = "" if known.empty else f" {known['touchpoint'].iloc[0]} punishes most one-sidedly, {known['touchpoint'].iloc[-1]} rewards most."
    return sheet.chart(stem, alt or f"{title} Penalty and reward of {len(frame)} touchpoints.{extremes}", table)


def _heads(sheet: Sheet, scale: Scale, top: float, left: str, right: str) -> None:
    sheet.text(scale(0) - 0.08, top - 0.13, f"\u2190 {left}", size=style.SMALL, colour=style.readable(style.AGAINST), across="right",
               within=scale(0) - style.MARGIN - 0.1)
    sheet.text(scale(0) + 0.08, top - 0.13, f"{right} \u2192", size=style.SMALL, colour=style.readable(style.MAIN), within=scale.end - scale(0) + 0.05)


def _pair(sheet: Sheet, scale: Scale, place: rows.Frame, i: int, value, low, high, colour: str) -> None:
    """A bar from nought with its interval as a line."""
    if text.is_missing(value):
        return
    tall = min(0.2, place.step * 0.58)
    start, end = sorted((scale(0), scale(value)))
    sheet.boxes([(start, place.y(i) - tall / 2, end - start, tall)], style.mix(colour, style.WHITE, 0.25))
    if not (text.is_missing(low) or text.is_missing(high)):
        sheet.line((scale.cut(low), scale.cut(high)), (place.y(i), place.y(i)), style.INK, 1.1, above=4)


_WAYS = (("first", "first touch", "<", style.GREY, False), ("last", "last touch", ">", style.GREY, False),
         ("linear", "even split", "s", style.GREY, False), ("markov", "what is lost without it (Markov), 95% interval", "o", style.MAIN, True))


@drawn
def attribution(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "attribution", alt: str = "", unit: str = "share",
                currency: str = "") -> Chart:
    """Draw the credit each touchpoint gets under four rules.

    Shows: the share of conversions credited to each touchpoint by first touch, last touch, even split and the Markov removal effect, the last with its 95% interval.
    Read it so: where the marks lie together the rule does not matter; where they lie apart, the credit is a matter of the rule, not of the data.
    Act on it so: move budget only towards touchpoints whose Markov interval lies clear of what they get today; judge none by last touch alone.

    table: touchpoint, first, last, linear, markov, markov_low, markov_high (in `unit`; shares 0-1 by default).
    """
    numbers = ["first", "last", "linear", "markov", "markov_low", "markov_high"]
    frame = tidy(table, ["touchpoint", *numbers], numbers)
    if frame.empty:
        return blank("No path ends in a conversion.", title, who, caption, stem, alt, table)
    frame = frame.sort_values("markov", ascending=False, kind="stable", na_position="last").reset_index(drop=True)
    columns = [("Markov", text.column(frame["markov"], unit, currency=currency)),
               ("95% interval", text.spans(frame["markov_low"], frame["markov_high"], unit)),
               ("last touch", [w if w != text.TOO_FEW else "–" for w in text.column(frame["last"], unit, currency=currency)])]
    place = rows.frame(frame["touchpoint"], columns, top=0.52)
    sheet = Sheet(title, who, caption, body=place.bottom + 0.2)
    rows.write(sheet, place, frame["touchpoint"], columns)
    rows.key(sheet, style.MARGIN, 0.1, [(word, colour, shape, filled) for _, word, shape, colour, filled in reversed(_WAYS)])
    scale = Scale(*reach([v for name in numbers for v in frame[name]], zero=True), place.left + 0.08, place.right - 0.05)
    across(sheet, scale, place.top, place.bottom, unit=unit)
    for i, row in enumerate(frame.itertuples()):
        dot(sheet, scale, place.y(i), row.markov, row.markov_low, row.markov_high, size=6.5)
    for name, _, shape, colour, filled in _WAYS[:3]:
        known = frame[frame[name].notna()]
        sheet.marks([scale(v) for v in known[name]], [place.y(i) for i in known.index], style.SOFT, shape=shape, filled=filled, size=5, above=4.5)
    top = frame.iloc[0]
    return sheet.chart(stem, alt or f"{title} Credit of {len(frame)} touchpoints under four rules; by removal effect {top['touchpoint']} gets most, "
                       f"{text.say(top['markov'], unit, currency=currency)}.", table)


@drawn
def part_whole(table: pd.DataFrame, *, title: str, who: str, caption: str, part: str = "part", whole: str = "whole", stem: str = "part_whole",
               alt: str = "", currency: str = "") -> Chart:
    """Draw how far a part pulls each KPI away from the whole, in points of the 0 to 10 score.

    Shows: for each KPI the part's score less the whole's, with its 95% interval, and both values in their own unit.
    Read it so: a bar to the right pulls the whole up, one to the left pulls it down; a line that crosses nought may be chance.
    Act on it so: take the longest left-hand bar whose line stays clear of nought to the owner of that part; copy what the right-hand ones do.

    table: label, pull, pull_low, pull_high (score points, part less whole), part, whole (values in the row's `unit`), optional unit, n (people in the part).
    """
    numbers = ["pull", "pull_low", "pull_high", "part", "whole", "n"]
    frame = tidy(table, ["label", "pull", "pull_low", "pull_high", "part", "whole"], numbers, ["unit", "n"])
    if frame.empty:
        return blank("No KPI is known for both.", title, who, caption, stem, alt, table)
    frame = frame.sort_values("pull", kind="stable", na_position="last").reset_index(drop=True)
    units = ["count" if text.is_missing(u) and not isinstance(u, str) else u for u in frame["unit"]]
    columns = [(name, [text.say(v, u, currency=currency) for v, u in zip(frame[column], units)]) for name, column in ((part, "part"), (whole, "whole"))]
    columns = [(text.shorten(name, 1.2, style.SMALL), words) for name, words in columns]
    place = rows.frame(frame["label"], columns, top=0.3)
    sheet = Sheet(title, who, caption, body=place.bottom + 0.2)
    rows.write(sheet, place, frame["label"], columns)
    scale = Scale(*reach([0, *frame["pull"], *frame["pull_low"], *frame["pull_high"], -0.5, 0.5]), place.left + 0.05, place.right - 0.05)
    across(sheet, scale, place.top, place.bottom, unit="score", strong_zero=True)
    _heads(sheet, scale, place.top, "pulls down", "pulls up")
    for i, row in enumerate(frame.itertuples()):
        if text.is_missing(row.pull):
            sheet.text(scale(0) + 0.08, place.y(i), text.TOO_FEW, size=style.SMALL, colour=style.SOFT, italic=True)
        else:
            _pair(sheet, scale, place, i, row.pull, row.pull_low, row.pull_high, style.AGAINST if row.pull < 0 else style.MAIN)
    known = frame.dropna(subset=["pull"])
    most = "" if known.empty else f" The strongest pull down is on {known['label'].iloc[0]}, the strongest pull up on {known['label'].iloc[-1]}."
    return sheet.chart(stem, alt or f"{title} Pull of {part} on {len(frame)} KPIs.{most}", table)
