"""The ways customers take: top paths as chains of coloured steps, and the flow between stages."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.scale import reach
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy
from helpers.names import STAGES

_MOST_ARCS = 40
_CHIP, _TIP = 0.235, 0.07     # height of a chip and length of its point, inches


def _colour(step: str, stages: Mapping[str, str]) -> str:
    return style.STAGE.get(stages.get(step, step), style.RULE)


def _label(step: str, labels: Mapping[str, str]) -> str:
    return text.clean(labels.get(step, STAGES.get(step, step)))


def _steps(path: object) -> list[tuple[str, int]]:
    """A path as steps with how often each is repeated in a row."""
    parts = [str(p) for p in path] if isinstance(path, (list, tuple)) else [p.strip() for p in str(path).split(">")]
    found: list[tuple[str, int]] = []
    for part in parts:
        if found and found[-1][0] == part:
            found[-1] = (part, found[-1][1] + 1)
        elif part:
            found.append((part, 1))
    return found


@drawn
def paths(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "paths", alt: str = "", stages: Mapping[str, str] | None = None,
          labels: Mapping[str, str] | None = None, outcome: str = "Bought", noun: str = "Customers") -> Chart:
    """Draw the most frequent paths as chains of steps, with how many took each and what came of it.

    Shows: the most frequent paths, step by step, how many customers took each, and the share of them who went on to the outcome.
    Read it so: a chip is a step, its colour the stage; "×3" is the same step three times in a row; the dot is the share with the outcome on its 95% interval.
    Act on it so: make the paths with a high share easier to find; where a frequent path has a low share, look at its last step.

    table: path (steps joined by ">", or a list), customers (count), share (of all, 0-1), outcome_share, optional outcome_low, outcome_high.
    `stages` says which stage a step belongs to, `labels` how it is called; a step named like a stage needs neither.
    """
    frame = tidy(table, ["path", "customers", "share", "outcome_share"], ["customers", "share", "outcome_share", "outcome_low", "outcome_high"],
                 ["outcome_low", "outcome_high"])
    stages, labels = stages or {}, labels or {}
    if frame.empty:
        return blank("No path was taken by enough customers.", title, who, caption, stem, alt, table)
    step, top = 0.34, 0.56
    sheet = Sheet(title, who, caption, body=top + step * len(frame) + 0.08)
    _stage_key(sheet, frame, stages, labels)
    right = style.WIDTH - style.MARGIN
    dots = (right - 1.5, right - 0.5)
    for x, words in ((right, outcome), (dots[0] - 0.2, noun)):
        sheet.text(x, top - 0.14, words, size=style.SMALL, colour=style.SOFT, across="right", within=1.5)
    low, high = reach([*frame["outcome_share"], *frame["outcome_high"]], zero=True, pad=0.02)
    for i, row in enumerate(frame.itertuples()):
        y = top + (i + 0.5) * step
        if i % 2 == 0 and len(frame) > 5:
            sheet.boxes([(style.MARGIN, y - step / 2, right - style.MARGIN, step)], style.PALE, above=0.1)
        _chain(sheet, style.MARGIN + 0.04, y, dots[0] - 1.2, _steps(row.path), stages, labels)
        counted = f"{text.people(row.customers)} · {text.say(row.share, 'share')}"
        sheet.text(dots[0] - 0.2, y, counted if not text.is_missing(row.share) else text.people(row.customers), size=style.SMALL, across="right")
        sheet.text(right, y, text.say(row.outcome_share, "share"), size=style.SMALL, across="right",
                   colour=style.SOFT if text.is_missing(row.outcome_share) else style.INK)
        _outcome(sheet, y, dots, low, high, row)
    first = frame.iloc[0]
    return sheet.chart(stem, alt or f"{title} The {len(frame)} most frequent paths; the first, {' then '.join(_label(s, labels) for s, _ in _steps(first['path']))}, "
                       f"was taken by {text.people(first['customers'], noun.lower())}.", table)


def _outcome(sheet: Sheet, y: float, room: tuple[float, float], low: float, high: float, row) -> None:
    from helpers.draw.intervals import dot
    from helpers.draw.scale import Scale

    sheet.line(room, (y, y), style.GRID, 1.0, above=0.5)
    if not text.is_missing(row.outcome_share):
        dot(sheet, Scale(low, high, *room), y, row.outcome_share, row.outcome_low, row.outcome_high, size=6)


def _stage_key(sheet: Sheet, frame: pd.DataFrame, stages: Mapping[str, str], labels: Mapping[str, str]) -> None:
    seen = {stages.get(s, s) for path in frame["path"] for s, _ in _steps(path)}
    rows.key(sheet, style.MARGIN, 0.1, [(_label(s, labels), style.STAGE[s], "s", True) for s in STAGES if s in seen])


def _chain(sheet: Sheet, left: float, y: float, right: float, steps: Sequence[tuple[str, int]], stages: Mapping[str, str], labels: Mapping[str, str]) -> None:
    """Chips from left to right; names are cut evenly, and steps left out in the middle, until the chain fits."""
    room = right - left
    words = [_label(step, labels) + (f" ×{times}" if times > 1 else "") for step, times in steps]
    most = max(3, int(room // 0.75))
    if len(words) > most:
        kept = (most - 1) // 2 + (most - 1) % 2, (most - 1) // 2
        words = [*words[:kept[0]], f"+{len(words) - sum(kept)}", *words[len(words) - kept[1]:]]
        steps = [*steps[:kept[0]], ("", 1), *steps[len(steps) - kept[1]:]]
    sizes = [text.width(w, style.TINY) + 0.16 + _TIP for w in words]
    widest = max(sizes)
    while sum(min(s, widest) for s in sizes) > room and widest > 0.4:
        widest -= 0.02
    x = left
    for i, (word, size, (step, _)) in enumerate(zip(words, sizes, steps)):
        wide, colour = min(size, widest), _colour(step, stages) if step else style.GRID
        _chip(sheet, x, y, wide, colour, first=i == 0)
        sheet.text(x + wide / 2 + (0 if i == 0 else _TIP / 3), y, word, size=style.TINY, colour=style.ink_on(colour), across="center", within=wide - _TIP - 0.07)
        x += wide


def _chip(sheet: Sheet, x: float, y: float, wide: float, colour: str, *, first: bool) -> None:
    """A box with a point to the right; the next one's notch takes it up."""
    top, bottom, gap = y - _CHIP / 2, y + _CHIP / 2, 0.03
    notch = [] if first else [(x + _TIP, y)]
    end = x + wide - gap
    sheet.areas([[(x, top), (end, top), (end + _TIP, y), (end, bottom), (x, bottom), *notch]], colour, above=2)


@drawn
def flow(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "flow", alt: str = "", order: Sequence[str] | None = None,
         stages: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None, noun: str = "customers", least: float = 0.0) -> Chart:
    """Draw who moves between stages: onwards on the right, back on the left.

    Shows: how many customers move from one stage to the next, onwards to the right and back to the left.
    Read it so: an arc is as thick as the number of customers; on the right it runs downwards, on the left upwards; its number stands where it is widest.
    Act on it so: a thick arc that skips a stage asks whether that stage is needed; a thick arc on the left asks what sends customers back.

    table: source, target, customers (count). Stages stand in `order`, by default the order of names.STAGES, others as they appear.
    Moves from a stage to itself are not drawn. `least`: moves of fewer customers, and
    any beyond the 40 largest, are left out of the picture (it says so), not of the csv.
    """
    frame = tidy(table, ["source", "target", "customers"], ["customers"])
    every = frame[(frame["source"] != frame["target"]) & (frame["customers"] > 0)]
    moves = every[every["customers"] >= least].nlargest(_MOST_ARCS, "customers", keep="first")
    nodes = _nodes(frame, order)
    if moves.empty:
        return blank("Nobody moves from one stage to another.", title, who, caption, stem, alt, table)
    step = 0.62 if len(nodes) <= 8 else 0.42 if len(nodes) <= 16 else 0.26
    left_out = len(every) - len(moves)
    note = f"The {len(moves)} largest of {len(every)} moves are drawn; all are in the table beside this figure. " if left_out else ""
    sheet = Sheet(title, who, note + text.clean(caption), body=0.3 + step * len(nodes))
    size = style.BODY if step > 0.3 else style.TINY
    names = [_label(n, labels or {}) for n in nodes]
    wide = min(2.4, max(text.width(n, size, True) for n in names) + 0.3)
    middle = style.WIDTH / 2 - (0.6 if (moves["source"].map(nodes.index) < moves["target"].map(nodes.index)).mean() > 0.5 else 0)
    left, right = middle - wide / 2, middle + wide / 2
    ys = {node: 0.3 + (i + 0.5) * step for i, node in enumerate(nodes)}
    for node, name in zip(nodes, names):
        colour = _colour(node, stages or {})
        sheet.rounded(left, ys[node] - min(0.17, step * 0.4), wide, 2 * min(0.17, step * 0.4), colour, above=4)
        sheet.text(middle, ys[node], name, size=size, bold=True, colour=style.ink_on(colour), across="center", within=wide - 0.1)
    sheet.text(left - 0.15, 0.08, "↑ back", size=style.SMALL, colour=style.readable(style.AGAINST), bold=True, across="right")
    sheet.text(right + 0.15, 0.08, "onwards ↓", size=style.SMALL, colour=style.readable(style.MAIN), bold=True)
    _arcs(sheet, moves, nodes, ys, left, right)
    most = moves.loc[moves["customers"].idxmax()]
    return sheet.chart(stem, alt or f"{title} Flow between {len(nodes)} stages; most move from {_label(most['source'], labels or {})} "
                       f"to {_label(most['target'], labels or {})}: {text.people(most['customers'], noun)}.", table)


def _nodes(frame: pd.DataFrame, order: Sequence[str] | None) -> list[str]:
    seen = list(dict.fromkeys(v for pair in zip(frame["source"], frame["target"]) for v in pair))
    wanted = [n for n in (order or STAGES) if n in seen]
    return [*wanted, *(n for n in seen if n not in wanted)]


def _arcs(sheet: Sheet, moves: pd.DataFrame, nodes: list[str], ys: dict[str, float], left: float, right: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    most, taken = moves["customers"].max(), []
    room = left - 0.75, style.WIDTH - right - 0.75
    for row in moves.sort_values("customers", ascending=False, kind="stable").itertuples():
        jump = nodes.index(row.target) - nodes.index(row.source)
        onwards, far = jump > 0, abs(jump) / max(len(nodes) - 1, 1)
        start, side = (right, 1) if onwards else (left, -1)
        out = (0.25 + (far ** 0.7) * (room[1] if onwards else room[0])) * 4 / 3
        apart = side * min(0.07, (ys[nodes[-1]] - ys[nodes[0]]) / max(len(nodes) - 1, 1) * 0.17)
        a, b = ys[row.source] + apart, ys[row.target] - apart      # leave below and arrive above, so that arrows stay apart
        colour = style.MAIN if onwards else style.AGAINST
        curve = Path([(start, a), (start + side * out, a), (start + side * out, b), (start, b)], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        sheet.ax.add_patch(PathPatch(curve, facecolor="none", edgecolor=colour, linewidth=0.6 + 8 * row.customers / most, alpha=0.45, zorder=2, capstyle="butt"))
        sheet.marks([start + side * 0.05], [b], colour, shape="<" if onwards else ">", size=5, above=4.5)
        words = text.people(row.customers)
        wide = text.width(words, style.TINY)
        x, y = start + side * out * 3 / 4, (a + b) / 2
        box = (x - wide / 2, y - 0.065, x + wide / 2, y + 0.065)
        if all(box[0] > t[2] + 0.02 or box[2] < t[0] - 0.02 or box[1] > t[3] + 0.01 or box[3] < t[1] - 0.01 for t in taken):
            taken.append(box)
            sheet.text(x, y, words, size=style.TINY, across="center", halo=True)
