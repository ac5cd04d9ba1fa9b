"""The paper a chart is drawn on: headline, who and n, body, source. Everything is placed in inches, from the top left.

One set of axes covers the body, with an inch as its unit and y growing downwards. A label is measured before it is placed
(see `text.py`), so a chart knows where it ends and never overlaps or clips.
"""
from __future__ import annotations

import functools
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from helpers.draw import style, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Chart:
    """A drawn figure with the words that go with it and the numbers behind it.

    figure: the matplotlib figure; stem: file name without ending; title: the finding; who: who and how many;
    caption: source and date; alt: the finding for those who cannot see it; data: the tidy table that becomes the csv;
    head: height of the words above the drawing as a part of the figure's width, for a page that says them itself;
    kind: what it was drawn by, one of `draw.CHARTS`.
    """

    figure: Figure
    stem: str
    title: str
    who: str
    caption: str
    alt: str
    data: pd.DataFrame = field(repr=False)
    head: float = 0.0
    kind: str = ""

    def png(self) -> bytes:
        """The picture as PNG: same chart, same bytes; nothing in it says when, where or by what it was made."""
        from matplotlib import rc_context

        with rc_context(style.RC):
            self.figure.canvas.draw()
        return _indexed_png(self.figure.canvas.buffer_rgba())

    def to_pandas(self) -> pd.DataFrame:
        """A copy of the numbers behind the picture, to work on."""
        return self.data.copy()

    def _repr_png_(self) -> bytes:
        return self.png()


def _indexed_png(pixels) -> bytes:
    """Pixels as a PNG with a palette of 48 colours: a third of the bytes, and no difference to the eye."""
    import numpy as np
    from PIL import Image

    rgb = np.asarray(pixels)[:, :, :3].astype(np.uint32)
    packed = (rgb[:, :, 0] << 16) | (rgb[:, :, 1] << 8) | rgb[:, :, 2]
    coloured = packed != 0xFFFFFF
    found, place, counts = np.unique(packed[coloured], return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, (found >> 8) & 255, found & 255], axis=1).astype(np.float64)
    palette, nearest = _palette(colours, counts)
    index = np.zeros(packed.shape, np.uint8)
    index[coloured] = nearest[place]
    image = Image.fromarray(index, mode="P")
    image.putpalette(palette.astype(np.uint8).tobytes())
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6, dpi=(style.DPI, style.DPI))
    return out.getvalue()


def _palette(colours, counts, most: int = 48):
    """White, then each time the colour that is furthest off and most often seen; and for every colour the nearest of them."""
    import numpy as np

    chosen = [np.array([255.0, 255.0, 255.0])]
    nearest = np.zeros(len(colours), np.uint8)
    away = ((colours - chosen[0]) ** 2).sum(axis=1)
    while len(chosen) < most and len(colours) and away.max() > 0:
        chosen.append(colours[int((away * counts).argmax())])
        closer = ((colours - chosen[-1]) ** 2).sum(axis=1)
        nearest[closer < away] = len(chosen) - 1
        away = np.minimum(away, closer)
    return np.array(chosen), nearest


def drawn(function: Callable[..., Chart]) -> Callable[..., Chart]:
    """Draw under the house settings, whatever an analyst has set in matplotlib."""

    @functools.wraps(function)
    def inside(*args, **options):
        import matplotlib as mpl

        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(style.RC)
            return function(*args, **options)

    return inside


def tidy(table: pd.DataFrame, columns: Sequence[str], numbers: Sequence[str] = (), optional: Sequence[str] = ()) -> pd.DataFrame:
    """A copy of `table` with `columns` there, `optional` ones added empty, and `numbers` as floats without infinities.

    Raises ValueError naming the columns that are missing and those that are there.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ValueError(
            f"the chart needs the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"the table has {', '.join(map(str, table.columns)) or 'none'}. Expected: {', '.join(columns)}.")
    frame = table.reset_index(drop=True).copy()
    for name in optional:
        if name not in frame.columns:
            frame[name] = None
    for name in numbers:
        values = pd.to_numeric(frame[name], errors="coerce").astype(float)
        frame[name] = values.where(values.abs() != math.inf)
    return frame


class Sheet:
    """A figure with its words in place, and pens that draw on its body in inches."""

    def __init__(self, title: str, who: str, caption: str, *, body: float, width: float = style.WIDTH):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.title, self.who, self.caption = text.clean(title), text.clean(who), text.clean(caption)
        self.width, self.body = width, body
        room = width - 2 * style.MARGIN
        head = text.balance(self.title, room, style.TITLE, bold=True, lines=5) if self.title else []
        under = text.balance(self.who, room, style.WHO, lines=3) if self.who else []
        foot = text.wrap(self.caption, room, style.SMALL, lines=4) if self.caption else []
        top = 0.1 + len(head) * text.height(style.TITLE) + 0.03 + len(under) * text.height(style.WHO) + 0.14
        bottom = 0.14 + len(foot) * text.height(style.SMALL) + 0.06
        self.top, self.height = top, top + body + bottom
        self.figure = Figure((width, self.height), dpi=style.DPI, facecolor=style.WHITE)
        FigureCanvasAgg(self.figure)
        self.ax = self.figure.add_axes((0, 0, 1, 1))
        self.ax.set(xlim=(0, width), ylim=(body + bottom, -top))
        self.ax.set_axis_off()
        y = 0.1 - top
        y = self._block(head, y, style.TITLE, style.INK, bold=True) + 0.03
        self._block(under, y, style.WHO, style.SOFT)
        self._block(foot, body + 0.14, style.SMALL, style.SOFT)

    def _block(self, rows: list[str], y: float, size: float, colour: str, bold: bool = False) -> float:
        for row in rows:
            self.text(style.MARGIN, y + text.height(size) / 2, row, size=size, colour=colour, bold=bold)
            y += text.height(size)
        return y

    def text(self, x: float, y: float, words: object, *, size: float = style.BODY, colour: str = style.INK, across: str = "left",
             down: str = "center", bold: bool = False, italic: bool = False, turned: float = 0, halo: bool = False, within: float | None = None,
             above: int = 5) -> None:
        """One line of text; `within` shortens it to so many inches, `halo` sets it off from what it lies on."""
        words = text.shorten(words, within, size, bold) if within is not None else text.clean(words)
        if not words:
            return
        artist = self.ax.text(
            x, y, words, fontsize=size, color=colour, ha=across, va=_DOWN.get(down, down), rotation=turned, zorder=above, parse_math=False,
            fontweight="bold" if bold else "normal", fontstyle="italic" if italic else "normal", rotation_mode="anchor" if turned not in (0, 90) else None)
        if halo:
            from matplotlib.patheffects import withStroke

            artist.set_path_effects([withStroke(linewidth=2.2, foreground=style.WHITE)])

    def lines(self, x: float, y: float, words: object, *, within: float, rows: int = 2, size: float = style.BODY, **options) -> int:
        """Text wrapped to `within` inches and centred on `y`; returns how many lines it took."""
        parts = text.wrap(words, within, size, options.get("bold", False), rows)
        step = text.height(size)
        for i, part in enumerate(parts):
            self.text(x, y + (i - (len(parts) - 1) / 2) * step, part, size=size, **options)
        return len(parts)

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: str = style.RULE, weight: float = 0.8, *, dashes: tuple | None = None,
             above: float = 2, alpha: float = 1.0) -> None:
        """A line through points."""
        from matplotlib.lines import Line2D

        pattern = (0, tuple(d * max(weight, 0.8) for d in dashes)) if dashes else "-"
        self.ax.add_line(Line2D(list(xs), list(ys), color=colour, linewidth=weight, linestyle=pattern, zorder=above, alpha=alpha,
                                solid_joinstyle="round"))

    def segments(self, pieces: Iterable, colour: str | Sequence[str] = style.RULE, weight: float | Sequence[float] = 0.8, *, above: float = 2, alpha: float = 1.0) -> None:
        """Many separate lines at once: [((x, y), (x, y)), ...]."""
        from matplotlib.collections import LineCollection

        pieces = list(pieces)
        if pieces:
            self.ax.add_collection(LineCollection(pieces, colors=colour, linewidths=weight, zorder=above, alpha=alpha), autolim=False)

    def boxes(self, boxes: Iterable[tuple[float, float, float, float]], colours: str | Sequence[str], *, edge: str = "none", weight: float = 0.0,
              hatch: str | None = None, above: float = 1, alpha: float | None = None) -> None:
        """Filled rectangles: (left, top, width, height) in inches."""
        self.areas(([(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in boxes), colours, edge=edge, weight=weight,
                   hatch=hatch, above=above, alpha=alpha)

    def areas(self, shapes: Iterable, colours: str | Sequence[str], *, edge: str = "none", weight: float = 0.0, hatch: str | None = None,
              above: float = 1, alpha: float | None = None) -> None:
        """Filled polygons, each a list of points."""
        from matplotlib.collections import PolyCollection

        shapes = list(shapes)
        if shapes:
            self.ax.add_collection(PolyCollection(shapes, facecolors=colours, edgecolors=edge, linewidths=weight, hatch=hatch, zorder=above,
                                                  alpha=alpha), autolim=False)

    def rounded(self, x: float, y: float, w: float, h: float, colour: str, *, edge: str = "none", weight: float = 0.8, radius: float = 0.05,
                above: float = 3) -> None:
        """A box with round corners."""
        from matplotlib.patches import FancyBboxPatch

        self.ax.add_patch(FancyBboxPatch((x + radius, y + radius), w - 2 * radius, h - 2 * radius, boxstyle=f"round,pad={radius},rounding_size={radius}",
                                         facecolor=colour, edgecolor=edge, linewidth=weight, zorder=above))

    def marks(self, xs: Sequence[float], ys: Sequence[float], colour: str = style.MAIN, *, shape: str = "o", size: float = 6.0, filled: bool = True,
              above: float = 4, edge: str | None = None) -> None:
        """Marks of one shape; hollow ones are white inside."""
        from matplotlib.lines import Line2D

        line = Line2D(list(xs), list(ys), linestyle="none", marker=shape, markersize=size, markerfacecolor=colour if filled else style.WHITE,
                      markeredgecolor=edge or (style.WHITE if filled else colour), markeredgewidth=0.7 if filled else 1.3, zorder=above)
        if shape in "_|+x":
            line.set_markeredgecolor(colour)
            line.set_markeredgewidth(1.8)
        self.ax.add_line(line)

    def chart(self, stem: str, alt: str, data: pd.DataFrame) -> Chart:
        """The finished chart."""
        return Chart(self.figure, stem, self.title, self.who, self.caption, text.clean(alt), data.reset_index(drop=True), round((self.top - 0.1) / self.width, 4))


def blank(why: str, title: str, who: str, caption: str, stem: str, alt: str, data: pd.DataFrame) -> Chart:
    """A chart that says why there is nothing to show."""
    sheet = Sheet(title, who, caption, body=0.6)
    sheet.text(sheet.width / 2, sheet.body / 2, why, colour=style.SOFT, across="center", within=sheet.width - 0.5)
    return sheet.chart(stem, alt or f"{title} {why}", data)


_DOWN = {"center": "center_baseline", "top": "top", "bottom": "bottom"}
