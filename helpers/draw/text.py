"""Text on a chart: cleaned, measured, wrapped and shortened before it is drawn, so that nothing is clipped or overlaps."""
from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

TOO_FEW = "too few"
NO_DATA = "no data"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=2)
def _face(bold: bool):
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FT2Font(f"{get_data_path()}/fonts/ttf/{name}")


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    return frozenset(_face(False).get_charmap())


@lru_cache(maxsize=20_000)
def clean(text: object) -> str:
    """Any value as one line of printable text: no control characters, no line breaks, no glyph the font lacks.

    >>> clean("two\\nlines\\x00")
    'two lines'
    """
    if text is None or (isinstance(text, float) and math.isnan(text)):
        return ""
    kept = (" " if c.isspace() else c for c in str(text) if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(c if ord(c) in _glyphs() else "\u25a1" for c in kept).split())


@lru_cache(maxsize=50_000)
def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line of text is, in inches, at `size` points."""
    if not text:
        return 0.0
    from matplotlib.ft2font import LoadFlags

    face = _face(bold)
    face.set_size(size * 10, 72)      # ten times too big: widths come in whole pixels
    face.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return face.get_width_height()[0] / 64 / 10 / 72 * 1.01


def height(size: float) -> float:
    """The height of one line in inches, with the space to the next."""
    return size * 1.28 / 72


def shorten(text: object, inches: float, size: float, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `inches`.

    >>> shorten("Showroom", 5, 9)
    'Showroom'
    """
    text = clean(text)
    if width(text, size, bold) <= inches:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + "…", size, bold) <= inches:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else "…"


def wrap(text: object, inches: float, size: float, bold: bool = False, lines: int = 2) -> list[str]:
    """The text in at most `lines` lines no wider than `inches`; the last is shortened if words are left.

    >>> wrap("", 3, 9)
    ['']
    """
    words, rows = clean(text).split(" "), [""]
    for position, word in enumerate(words):
        longer = f"{rows[-1]} {word}".strip()
        if width(longer, size, bold) <= inches:
            rows[-1] = longer
        elif len(rows) == lines:
            rows[-1] = shorten(" ".join([rows[-1], *words[position:]]).strip(), inches, size, bold)
            return rows
        elif not rows[-1]:
            rows[-1] = shorten(word, inches, size, bold)
        else:
            rows.append(shorten(word, inches, size, bold))
    return rows


def balance(text: object, inches: float, size: float, bold: bool = False, lines: int = 5) -> list[str]:
    """As `wrap`, with lines of about one length, so that no word is left alone on the last."""
    rows = wrap(text, inches, size, bold, lines)
    low, high = inches * 0.62, inches
    while len(rows) > 1 and high - low > 0.05:
        middle = (low + high) / 2
        tried = wrap(text, middle, size, bold, lines)
        if len(tried) == len(rows) and not tried[-1].endswith("…"):
            high, rows = middle, tried
        else:
            low = middle
    return rows


def is_missing(value: object) -> bool:
    """True for None, NaN, NA and infinities: whatever a chart cannot place."""
    try:
        return value is None or not math.isfinite(value)
    except TypeError:
        return True


def _plain(value: float, digits: int) -> str:
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and any(c in text for c in "123456789")
    return ("\u2212" if negative else "") + text


def say(value: object, unit: str = "count", *, currency: str = "", digits: int | None = None) -> str:
    """A number as a reader wants it: thousands separated, unit attached, "too few" where there is none.

    `unit` is a word of `names.UNITS`, or "change" for a difference of shares, given in percentage points. `digits`: decimals, where
    numbers stand under one another; by default as many as the number needs.

    >>> say(0.623, "share"), say(12345), say(None), say(-0.04, "change"), say(2.5, "days")
    ('62%', '12,345', 'too few', '−4.0 pts', '2.5 days')
    """
    if is_missing(value):
        return TOO_FEW
    value = float(value)
    places = _places(value, unit) if digits is None else digits
    if unit == "share":
        return "<0.1%" if 0 < value < 0.0005 else _plain(value * 100, places) + "%"
    if unit == "change":
        return ("+" if value > 0.0005 else "") + _plain(value * 100, places) + " pts"
    if unit in ("days", "hours"):
        text = _plain(value, places)
        return f"{text} {unit[:-1] if text == '1' else unit}"
    if unit == "currency":
        return f"{short(value)} {currency}".strip()
    return _plain(value, places)


def _places(value: float, unit: str) -> int:
    """How many decimals a number needs on its own."""
    size = abs(value)
    if unit == "share":
        return 0 if size >= 0.0995 or value == 0 else 1
    if unit == "change":
        return 1
    if unit == "points":
        return 0
    if unit == "score":
        return 1 if size >= 10 or round(value, 1) == round(value, 2) else 2
    return 0 if size >= 100 or value == round(value) else 1 if size >= 1 else 2


def short(value: float) -> str:
    """A large number in four or five characters.

    >>> short(1_234_000), short(45_600), short(312)
    ('1.23m', '45.6k', '312')
    """
    for limit, letter in ((1e9, "bn"), (1e6, "m"), (1e4, "k")):
        if abs(value) >= limit:
            scaled = value / min(limit, 1e3 if letter == "k" else limit)
            digits = _plain(scaled, 0 if abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2)
            return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + letter
    return _plain(value, _places(value, "count"))


def _together(values: list, unit: str) -> int:
    """The decimals that suit numbers under one another: as many as any of them needs; none for shares where one passes 20%."""
    known = [float(v) for v in values if not is_missing(v)]
    if unit == "share" and max(map(abs, known), default=1) >= 0.2:
        return 0
    return max((_places(v, unit) for v in known), default=0)


def column(values: Iterable, unit: str = "count", *, currency: str = "", like: Iterable = ()) -> list[str]:
    """Numbers that stand under one another: as `say`, all with the same decimals. `like`: other numbers to agree with.

    >>> column([0.62, 0.081, 0.004], "share"), column([4.5, 4.123], "score")
    (['62%', '8%', '0.4%'], ['4.50', '4.12'])
    """
    values = list(values)
    digits = _together([*values, *like], unit)
    return [say(v, unit, currency=currency, digits=1 if unit == "share" and not is_missing(v) and 0 < abs(v) < 0.01 else digits) for v in values]


def spans(lows: Iterable, highs: Iterable, unit: str = "count", *, like: Iterable = ()) -> list[str]:
    """Intervals that stand under one another: as `span`, all with the same decimals."""
    lows, highs = list(lows), list(highs)
    words = column([*lows, *highs], unit, like=like)
    return ["" if is_missing(a) or is_missing(b) else _joined(words[i], words[i + len(lows)], a, unit) for i, (a, b) in enumerate(zip(lows, highs))]


def _joined(first: str, last: str, low: float, unit: str) -> str:
    if first == last:
        return first
    for tail in ("%", " pts", " days", " hours"):
        if first.endswith(tail) and last.endswith(tail):
            first = first[: -len(tail)]
    return f"{first} to {last}" if float(low) < 0 or unit == "change" else f"{first}–{last}"


def span(low: object, high: object, unit: str = "count", digits: int | None = None) -> str:
    """An interval in words: "58–66%", with "to" where a minus sign could be misread; empty where there is none.

    >>> span(0.58, 0.66, "share"), span(-3, 4, "points"), span(0.454, 0.461, "share", digits=1)
    ('58–66%', '−3 to 4', '45.4–46.1%')
    """
    if is_missing(low) or is_missing(high):
        return ""
    if digits is None and unit != "share":
        digits = max(_places(float(low), unit), _places(float(high), unit))
    return _joined(say(low, unit, digits=digits), say(high, unit, digits=digits), low, unit)


def say_q(value: object, *, aloud: bool = False) -> str:
    """A p or q value in three places, in a table or `aloud` in a sentence.

    >>> say_q(0.0001), say_q(0.0001, aloud=True), say_q(0.0412), say_q(None)
    ('<0.001', 'under 0.001', '0.041', '–')
    """
    if is_missing(value):
        return "–"
    return f"{'under ' if aloud else '<'}0.001" if float(value) < 0.001 else f"{float(value):.3f}"


def signed(value: float, digits: int = 2) -> str:
    """A figure with its sign; what is nought as written has none.

    >>> signed(0.4), signed(-0.25), signed(-0.001), signed(-38.9, digits=0)
    ('+0.40', '−0.25', '0.00', '−39')
    """
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if text.strip("+-0.") else text[1:]


def signed_span(value: float, low: float, high: float, digits: int = 2) -> str:
    """A figure with its sign and its interval; an en dash where there is no figure.

    >>> signed_span(-0.77, -0.93, 0.35), signed_span(float("nan"), 0.0, 0.0)
    ('−0.77 (−0.93 to +0.35)', '–')
    """
    return "–" if is_missing(value) else f"{signed(value, digits)} ({signed(low, digits)} to {signed(high, digits)})"


def day(when: object) -> str:
    """A day as a reader says it; what is no day stays as it is.

    >>> day("2026-07-31"), day("next spring"), day("")
    ('31 Jul 2026', 'next spring', '')
    """
    try:
        one = when if isinstance(when, date) else date.fromisoformat(str(when))
    except ValueError:
        return str(when)
    return f"{one.day} {_MONTHS[one.month - 1]} {one.year}"


def month(period: object) -> str:
    """'2026-07' as "Jul 2026"; any other label as it is.

    >>> month("2026-07"), month("2026-Q3")
    ('Jul 2026', '2026-Q3')
    """
    label = clean(period)
    if len(label) == 7 and label[4] == "-" and label[:4].isdigit() and label[5:].isdigit() and 1 <= int(label[5:]) <= 12:
        return f"{_MONTHS[int(label[5:]) - 1]} {label[:4]}"
    return label


def people(count: object, noun: str = "") -> str:
    """A count with its noun: "1,203 customers", "1 customer"; an em dash where nobody counted."""
    if is_missing(count):
        return "–"
    number = _plain(float(count), 0)
    singular = noun[:-1] if number == "1" and noun.endswith("s") else noun
    return f"{number} {singular}".strip()
