"""One visual language: sizes, fonts and colours. Colours are fixed per word, so that a reader learns them once.

The base is Okabe and Ito's palette for all kinds of colour vision (https://jfly.uni-koeln.de/color/); a test simulates
three kinds of colour blindness and asserts that no two colours of one family meet.
"""
from __future__ import annotations

WIDTH = 9.0        # inches: the report's column
DPI = 150
MARGIN = 0.12      # inches of white on each side

TITLE, WHO, BODY, SMALL, TINY = 13.0, 9.5, 9.0, 8.0, 7.0    # points

INK = "#1d2329"          # text that matters
SOFT = "#58616b"         # text that helps (6:1 on white)
RULE = "#c3c9cf"         # axes, frames
GRID = "#e6e9ec"         # grid lines
PALE = "#f3f5f6"         # panels behind text
WHITE = "#ffffff"

BLUE, SKY, GREEN, ORANGE, VERMILLION, PURPLE, YELLOW = (
    "#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#f0e442")
GREY = "#9aa3ab"

MAIN = BLUE              # the series a chart is about
AGAINST = VERMILLION     # what pulls down, a red flag, a signal

CATEGORIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, "#4b4453", "#7f0000")

STAGE = {
    "awareness": "#7cc6ee",
    "consideration": "#2f7fc1",
    "decision": "#27407a",
    "purchase": "#c8501e",
    "post_purchase": "#eda53a",
    "loyalty": "#1f8f6b",
    "advocacy": "#c880b1",
}
PHASE = {"intent": BLUE, "touchpoints": GREEN, "adoption": ORANGE, "moments_of_truth": PURPLE}
PERSPECTIVE = {
    "financial": BLUE,
    "customer": PURPLE,
    "internal_processes": ORANGE,
    "learning_and_growth": GREEN,
}
STATUS = {
    "on_target": "#00805d",
    "below_target": "#e69f00",
    "red_flag": "#c2410c",
    "not_yet_known": "#6f7c88",
    "no_information": "#9aa3ab",
}
# A status reads by shape as well: matplotlib marker and whether it is filled.
STATUS_MARK = {
    "on_target": ("o", True),
    "below_target": ("v", True),
    "red_flag": ("X", True),
    "not_yet_known": ("D", False),
    "no_information": ("_", False),
}
VERDICT = {
    "moment_of_truth": VERMILLION,
    "watch": ORANGE,
    "not_shown": GREY,
    "too_few": GREY,
}
VERDICT_MARK = {
    "moment_of_truth": ("D", True),
    "watch": ("^", True),
    "not_shown": ("o", True),
    "too_few": ("o", False),
}
LINK = {   # strategy map: colour, width in points, dashes, word
    "supported": (INK, 1.8, None, "supported by the data"),
    "contradicted": (AGAINST, 1.8, (5, 2), "contradicted"),
    "inconclusive": (SOFT, 1.2, (2.5, 2), "inconclusive"),
    "untested": (GREY, 1.0, (1, 2), "untested"),
}

RC = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "text.parse_math": False,      # names come from data: "$x$" and "a_b^c" are printed as they are
    "text.usetex": False,
    "text.hinting": "none",
    "hatch.linewidth": 0.6,
    "hatch.color": RULE,
    "lines.solid_capstyle": "butt",
    "path.simplify": True,
    "axes.unicode_minus": True,
    "figure.constrained_layout.use": False,
}


def rgb(colour: str) -> tuple[float, float, float]:
    """A hex colour as three numbers from 0 to 1.

    >>> rgb("#ff0000")
    (1.0, 0.0, 0.0)
    """
    return tuple(int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))


def mix(colour: str, other: str, weight: float) -> str:
    """`colour` blended with `weight` parts (0-1) of `other`: tints for bands and panels.

    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    parts = (a * (1 - weight) + b * weight for a, b in zip(rgb(colour), rgb(other)))
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def tint(colour: str, weight: float = 0.82) -> str:
    """A light version of a colour, for areas behind text and marks."""
    return mix(colour, WHITE, weight)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    def light(colour: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """Dark or white text, whichever reads better on a colour."""
    return INK if contrast(INK, colour) >= contrast(WHITE, colour) else WHITE


def readable(colour: str) -> str:
    """The colour, darkened until text in it reads at 4.5:1 on white."""
    weight = 0.0
    while contrast(mix(colour, "#000000", weight), WHITE) < 4.5:
        weight += 0.05
    return mix(colour, "#000000", weight)


def series(names: list[str]) -> dict[str, str]:
    """A colour for each of up to eight groups, in the order given; any further one is grey."""
    spare = [GREY] * max(0, len(names) - len(CATEGORIES))
    return dict(zip(names, [*CATEGORIES, *spare]))
