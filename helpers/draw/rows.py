"""The frame that row charts share: a label on the left, a plot, columns of figures on the right."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.draw import style, text
from helpers.draw.sheet import Sheet

LABEL_MOST = 3.0     # inches a label column may take
_KEY_MOST = 3.4      # inches a word in a key may take


@dataclass(frozen=True)
class Frame:
    """Where a row chart's plot lies, in inches of the body."""

    left: float
    right: float
    top: float
    bottom: float
    step: float
    columns: tuple[float, ...]    # right edges of the columns of figures

    def y(self, row: float) -> float:
        """The middle of a row."""
        return self.top + (row + 0.5) * self.step


def step_for(rows: int, *, roomy: float = 0.37, tight: float = 0.235) -> float:
    """The height of a row in inches: roomy for a few, tight for forty."""
    return roomy if rows <= 8 else max(tight, roomy - (rows - 8) * 0.012)


def label_room(labels: Sequence[str], *, size: float = style.BODY, most: float = LABEL_MOST, bold: bool = False) -> float:
    """The inches a column of labels needs, within `most`."""
    return min(most, max((text.width(text.clean(label), size, bold) for label in labels), default=0.3)) + 0.04


def frame(labels: Sequence[str], columns: Sequence[tuple[str, Sequence[str]]], *, top: float = 0.1, step: float | None = None,
          gap: float = 0.16, width: float = style.WIDTH, size: float = style.BODY, most: float = LABEL_MOST, bold: Sequence[bool] = ()) -> Frame:
    """Room for labels on the left (those marked `bold` are wider) and (heading, texts) columns on the right; what is left is the plot."""
    right, edges = width - style.MARGIN, []
    for heading, texts in reversed(list(columns)):
        edges.append(right)
        right -= max([text.width(heading, style.SMALL), *(text.width(t, style.SMALL) for t in texts)]) + gap
    step = step or step_for(len(labels))
    heavy = [label for label, one in zip(labels, bold) if one]
    left = style.MARGIN + max(label_room(labels, size=size, most=most), label_room(heavy, size=size, most=most, bold=True) if heavy else 0.0) + 0.12
    return Frame(left, right, top, top + step * max(len(labels), 1), step, tuple(reversed(edges)))


def write(sheet: Sheet, place: Frame, labels: Sequence[str], columns: Sequence[tuple[str, Sequence[str]]], *, size: float = style.BODY,
          bold: Sequence[bool] = (), stripes: bool = True) -> None:
    """Labels, figures and column headings; every other row lightly shaded, so that the eye keeps its line."""
    if stripes and len(labels) > 5:
        sheet.boxes([(style.MARGIN, place.top + i * place.step, sheet.width - 2 * style.MARGIN, place.step) for i in range(0, len(labels), 2)],
                    style.PALE, above=0.1)
    for i, label in enumerate(labels):
        sheet.lines(style.MARGIN + 0.04, place.y(i), label, size=size, within=place.left - style.MARGIN - 0.12, bold=bool(bold and bold[i]),
                    rows=2 if place.step > 2.2 * text.height(size) else 1)
    for edge, (heading, texts) in zip(place.columns, columns):
        sheet.text(edge, place.top - 0.13, heading, size=style.SMALL, colour=style.SOFT, across="right")
        for i, words in enumerate(texts):
            sheet.text(edge - 0.03, place.y(i), words, size=style.SMALL, colour=style.SOFT if words == text.TOO_FEW else style.INK, across="right")


def key(sheet: Sheet, x: float, y: float, entries: Sequence[tuple[str, str, str, bool]], *, gap: float = 0.22, right: float | None = None) -> float:
    """Marks with their words on one line, wrapping at `right`: (word, colour, shape, filled). Returns the last line's y."""
    start, right = x, right or sheet.width - style.MARGIN
    for word, colour, shape, filled in entries:
        word = text.shorten(word, _KEY_MOST, style.SMALL)
        need = 0.14 + text.width(word, style.SMALL) + gap
        if x + need - gap > right and x > start:
            x, y = start, y + 0.19
        sheet.marks([x + 0.05], [y], colour, shape=shape, filled=filled, size=5.5)
        sheet.text(x + 0.14, y, word, size=style.SMALL, colour=style.INK)
        x += need
    return y


def key_lines(words: Sequence[str], x: float, *, gap: float = 0.22) -> int:
    """How many lines `key` will take for these words."""
    start, lines = x, 1
    for word in words:
        need = 0.14 + text.width(text.shorten(word, _KEY_MOST, style.SMALL), style.SMALL) + gap
        if x + need - gap > style.WIDTH - style.MARGIN and x > start:
            x, lines = start, lines + 1
        x += need
    return lines
