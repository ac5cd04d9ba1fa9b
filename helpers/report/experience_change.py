"""Page 2, one section in words: touchpoints that are rated otherwise than before."""

from __future__ import annotations

import pandas as pd

from helpers import draw
from helpers.draw.text import people, say_q, signed
from helpers.infer.experience_change import SURE
from helpers.infer.section import Result
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, quoted, source


@reads("experience_change")
def experience_change(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    fallen = _fallen(table)
    title = f"{listed([quoted(label) for label in fallen['label']], 4)} {'is' if len(fallen) == 1 else 'are'} rated worse than before" if len(fallen) else "No touchpoint is shown to be rated worse than before"
    if not len(fallen) and f["up"]:
        title = f"{people(f['up'], 'touchpoints')} {'is' if f['up'] == 1 else 'are'} rated better than before, none is shown to be rated worse"
    one_scale = table[["scale_min", "scale_max"]].drop_duplicates()
    size = 1.0 if len(one_scale) == 1 else (table["scale_max"] - table["scale_min"]) / 100.0
    marks = table.assign(value=table["difference"] / size, low=table["low"] / size, high=table["high"] / size, n=table["now_n"])[["label", "value", "low", "high", "n"]]
    unit = "steps of the scale" if len(one_scale) == 1 else "hundredths of the scale"
    chart = draw.bars(marks, title=title, who=f"Mean rating now less before, in {unit}; {result.who}", caption=f"{source(result, 'surveys')} Before: {f['spans']['before']}. Now: {f['spans']['now']}.",
                      stem="experience_change", unit="score", noun="ratings now", sort=False, zero=True, value="Change")
    shown = pd.DataFrame({
        "Touchpoint": table["label"], "Before": [_rating(r.before, r.before_low, r.before_high, r.before_n) for r in table.itertuples()], "Now": [_rating(r.now, r.now_low, r.now_high, r.now_n) for r in table.itertuples()],
        "Change": [_change(r) for r in table.itertuples()], "q": [say_q(q) for q in table["q_value"]],
    })
    return [chart, Table(shown, "experience_before_and_now", "Ratings before and now", table)]


def find(result: Result) -> list[Finding]:
    """The touchpoints rated worse than before, beyond chance, and those rated better."""
    table, f, found = result.table, result.facts, []
    when = f" Before: {f['spans']['before']}; now: {f['spans']['now']}."
    fallen, risen = _fallen(table), table[(table["q_value"] < SURE) & (table["difference"] > 0)].sort_values("difference", ascending=False, kind="stable")
    for part, word, level, weight in ((fallen, "worse", "bad", 57), (risen, "better", "good", 12)):
        if not len(part):
            continue
        one = part.iloc[0]
        more = f", and so {'is' if len(part) == 2 else 'are'} {listed([quoted(label) for label in part['label'].iloc[1:]], 3)}" if len(part) > 1 else ""
        found.append(Finding(
            headline=f"{quoted(one['label'])} is rated {word} than before: {one['now']:.2f}, once {one['before']:.2f}{more}.",
            observed="; ".join(f"{r.label} {r.before:.2f} of {people(r.before_n, 'ratings')}, then {r.now:.2f} of {people(r.now_n, 'ratings')}: {_change(r)}" for r in part.head(6).itertuples()) + "." + when,
            how_sure=f"Chance alone would hardly bring it, even with {len(table)} touchpoints compared.", otherwise="Other people may have answered than before; compare the segments.",
            next_step=f"Find out what changed at {quoted(one['label'])} between the two spans" if word == "worse" else f"Keep what was changed at {quoted(one['label'])}",
            owner=one["owner"] if isinstance(one["owner"], str) else "", level=level, weight=weight,
        ))
    return found


def _fallen(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["q_value"] < SURE) & (table["difference"] < 0)]


def _rating(value: float, low: float, high: float, n: float) -> str:
    return f"{value:.2f} ({low:.2f}–{high:.2f}), n {n:,.0f}"


def _change(row) -> str:
    return f"{signed(row.difference)} ({signed(row.low)} to {signed(row.high)})"
