"""The strategy map: objectives by perspective, and the links between them drawn by what the data say."""
from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy
from helpers.names import PERSPECTIVES, STATUSES

_TALL, _BETWEEN, _BAND = 0.62, 0.34, 0.3      # a box; the space between rows of boxes; air above and below in a band
_LEFT = 1.2                                    # the column of perspective names


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    wide: float

    @property
    def middle(self) -> float:
        return self.x + self.wide / 2


@drawn
def strategy_map(objectives: pd.DataFrame, links: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "strategy_map", alt: str = "") -> Chart:
    """Draw objectives as boxes in four bands, and between them the links a scorecard claims, each by its verdict.

    Shows: every objective with its score from 0 to 10 and its status, and which of the links between them the data bear out.
    Read it so: links run upwards from what is done to what it should bring; solid is supported by the data, dashed red contradicted, dashed inconclusive, dotted untested.
    Act on it so: drop or rethink a contradicted link before spending on it; where a red box feeds supported links, start there.

    objectives: id, name, perspective (a word of names.PERSPECTIVES), score (0-10), status (a word of names.STATUSES).
    links: source, target (ids), verdict (supported, contradicted, inconclusive, untested). The csv holds the objectives, then the links.
    """
    boxes = tidy(objectives, ["id", "name", "perspective", "score", "status"], ["score"])
    arrows = tidy(links, ["source", "target", "verdict"])
    data = pd.concat([objectives.assign(kind="objective"), links.assign(kind="link")], ignore_index=True)
    if boxes.empty:
        return blank("No objective has been set.", title, who, caption, stem, alt, data)
    arrows = arrows[arrows["source"].isin(boxes["id"]) & arrows["target"].isin(boxes["id"])]
    places, bands, end = _layout(boxes, arrows)
    sheet = Sheet(title, who, caption, body=end + 0.32)
    for name, top, bottom in bands:
        colour = style.PERSPECTIVE.get(name, style.GREY)
        sheet.boxes([(style.MARGIN, top, style.WIDTH - 2 * style.MARGIN, bottom - top)], style.tint(colour, 0.9), above=0.1)
        sheet.boxes([(style.MARGIN, top, 0.05, bottom - top)], colour, above=0.2)
        sheet.lines(style.MARGIN + 0.13, (top + bottom) / 2, PERSPECTIVES.get(name, name), size=style.SMALL, bold=True, within=_LEFT - 0.2, rows=3)
    _links(sheet, arrows, places)
    for row in boxes.itertuples():
        _objective(sheet, row, places[row.id])
    _key(sheet, arrows, end + 0.18)
    counts = arrows["verdict"].value_counts()
    told = ", ".join(f"{counts[v]} {style.LINK[v][3]}" for v in style.LINK if v in counts)
    red = [text.clean(n) for n, s in zip(boxes["name"], boxes["status"]) if s == "red_flag"]
    return sheet.chart(stem, alt or f"{title} Strategy map of {len(boxes)} objectives and {len(arrows)} links{': ' + told if told else ''}. "
                       f"{'Red flags: ' + ', '.join(red) if red else 'No red flag'}.", data)


def _layout(boxes: pd.DataFrame, arrows: pd.DataFrame) -> tuple[dict, list, float]:
    """A place for each objective, the bands, and where they end. Boxes stand near what they are linked to."""
    order = [*PERSPECTIVES, *dict.fromkeys(p for p in boxes["perspective"] if p not in PERSPECTIVES)]
    ranks = {p: list(boxes.loc[boxes["perspective"] == p, "id"]) for p in order if (boxes["perspective"] == p).any()}
    ranks = _untangled(ranks, arrows)
    room = style.WIDTH - style.MARGIN - _LEFT - 0.1
    places, bands, top = {}, [], 0.0
    for name, ids in ranks.items():
        deep = -(-len(ids) // 4)
        most = -(-len(ids) // deep)
        bottom = top + 2 * _BAND * 0.6 + deep * _TALL + (deep - 1) * _BETWEEN
        for k, node in enumerate(ids):
            level, place = divmod(k, most)
            count = min(most, len(ids) - level * most)
            wide = min(2.1, room / most - 0.22)
            step = room / count
            places[node] = _Box(_LEFT + step * (place + 0.5) - wide / 2, top + _BAND * 0.6 + level * (_TALL + _BETWEEN), wide)
        bands.append((name, top, bottom))
        top = bottom + 0.3
    return places, bands, top - 0.3


def _untangled(ranks: dict[str, list], arrows: pd.DataFrame) -> dict[str, list]:
    """Each band reordered by the mean place of what its boxes are linked to, a few times over (Sugiyama's barycentre)."""
    pairs = list(zip(arrows["source"], arrows["target"]))
    for _ in range(6):
        for name, ids in ranks.items():
            spot = {n: (k + 0.5) / len(other) for p, other in ranks.items() if p != name for k, n in enumerate(other)}
            own = {n: (k + 0.5) / len(ids) for k, n in enumerate(ids)}
            pull = {n: [spot[b if a == n else a] for a, b in pairs if n in (a, b) and (b if a == n else a) in spot] for n in ids}
            ranks[name] = sorted(ids, key=lambda n: sum(pull[n]) / len(pull[n]) if pull[n] else own[n])
    return ranks


def _objective(sheet: Sheet, row, box: _Box) -> None:
    colour = style.STATUS.get(row.status, style.GREY)
    shape, filled = style.STATUS_MARK.get(row.status, ("_", False))
    sheet.rounded(box.x, box.y, box.wide, _TALL, style.WHITE, edge=colour, weight=1.4, above=3)
    sheet.lines(box.x + 0.09, box.y + 0.2, row.name, size=style.SMALL, bold=True, within=box.wide - 0.16)
    sheet.marks([box.x + 0.14], [box.y + _TALL - 0.13], colour, shape=shape, filled=filled, size=6)
    score = "" if text.is_missing(row.score) else f"{row.score:.1f} of 10"
    space = box.wide - 0.3 - text.width(score, style.TINY)
    sheet.text(box.x + 0.24, box.y + _TALL - 0.13, STATUSES.get(row.status, text.clean(row.status)), size=style.TINY, colour=style.readable(colour), within=space - 0.06)
    sheet.text(box.x + box.wide - 0.08, box.y + _TALL - 0.13, score, size=style.TINY, colour=style.SOFT, across="right")


def _links(sheet: Sheet, arrows: pd.DataFrame, places: dict) -> None:
    """Curves from the top of one box to the foot of another; each takes its own place along the edge."""
    leaving, arriving = arrows.groupby("source")["target"].apply(list), arrows.groupby("target")["source"].apply(list)
    for row in arrows.itertuples():
        a, b = places[row.source], places[row.target]
        outs = sorted(leaving[row.source], key=lambda n: places[n].middle)
        ins = sorted(arriving[row.target], key=lambda n: places[n].middle)
        x1 = a.x + a.wide * (outs.index(row.target) + 1) / (len(outs) + 1)
        x2 = b.x + b.wide * (ins.index(row.source) + 1) / (len(ins) + 1)
        colour, weight, dashes, _ = style.LINK.get(row.verdict, style.LINK["untested"])
        _curve(sheet, x1, a, x2, b, colour, weight, dashes)


def _curve(sheet: Sheet, x1: float, a: _Box, x2: float, b: _Box, colour: str, weight: float, dashes: tuple | None) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if abs(a.y - b.y) < 0.01:            # side by side: over the top
        start, end, lift = a.y, b.y, -0.3
        points = [(x1, start), (x1, start + lift), (x2, end + lift), (x2, end)]
        down = True
    elif a.y > b.y:                      # upwards
        start, end = a.y, b.y + _TALL
        bend = max(0.3, (start - end) * 0.5)
        points, down = [(x1, start), (x1, start - bend), (x2, end + bend), (x2, end)], False
    else:                                # downwards
        start, end = a.y + _TALL, b.y
        bend = max(0.3, (end - start) * 0.5)
        points, down = [(x1, start), (x1, start + bend), (x2, end - bend), (x2, end)], True
    path = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    style_of = (0, tuple(d * max(weight, 0.8) for d in dashes)) if dashes else "-"
    sheet.ax.add_patch(PathPatch(path, facecolor="none", edgecolor=colour, linewidth=weight, linestyle=style_of, zorder=2))
    sheet.marks([x2], [points[-1][1] + (-0.03 if down else 0.03)], colour, shape="v" if down else "^", size=5.5, above=3.5, edge=colour)


def _key(sheet: Sheet, arrows: pd.DataFrame, y: float) -> None:
    x = style.MARGIN
    for verdict, (colour, weight, dashes, words) in style.LINK.items():
        count = int((arrows["verdict"] == verdict).sum())
        if count:
            sheet.line((x, x + 0.4), (y, y), colour, weight, dashes=dashes)
            told = f"{text.people(count, 'links')} {words}"
            sheet.text(x + 0.47, y, told, size=style.SMALL)
            x += 0.47 + text.width(told, style.SMALL) + 0.25
