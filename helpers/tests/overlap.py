"""Look for text that is clipped or lies on other text, in the boxes that matplotlib would draw."""
from __future__ import annotations

from matplotlib.text import Text

_SHRINK = 0.1      # a text's box has air above and below its letters; letters may come closer than boxes


def boxes(chart) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Each visible text of a chart and its box in pixels: left, bottom, right, top."""
    figure = chart.figure
    figure.canvas.draw()
    renderer, found = figure.canvas.get_renderer(), []
    for artist in figure.findobj(Text):
        if artist.get_visible() and artist.get_text().strip():
            box = artist.get_window_extent(renderer)
            across, down = (_SHRINK * box.width, 0) if artist.get_rotation() == 90 else (0, _SHRINK * box.height)
            found.append((artist.get_text(), (box.x0 + across, box.y0 + down, box.x1 - across, box.y1 - down)))
    return found


def faults(chart, slack: float = 1.0) -> list[str]:
    """Every text that leaves the figure and every pair of texts that overlap by more than `slack` pixels, in words."""
    wide, tall = chart.figure.canvas.get_width_height()
    placed, found = boxes(chart), []
    for words, (left, bottom, right, top) in placed:
        if left < -slack or bottom < -slack or right > wide + slack or top > tall + slack:
            found.append(f"clipped: {words!r} at {left:.0f}, {bottom:.0f}, {right:.0f}, {top:.0f} of {wide} x {tall}")
    for i, (one, a) in enumerate(placed):
        for other, b in placed[i + 1:]:
            if min(a[2], b[2]) - max(a[0], b[0]) > slack and min(a[3], b[3]) - max(a[1], b[1]) > slack:
                found.append(f"overlap: {one!r} and {other!r}")
    return found
