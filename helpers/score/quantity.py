"""Quantities as people write them in a scorecard: "25 %", "7 d", "36h", "+5 points", "120,000 a month".

Reading is strict where a slip would change the target by a factor: a bare duration, a share above 1, a comma for a
decimal point and "120.000" are refused with what to type instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DAYS_IN = {
    "m": 1 / 1440, "min": 1 / 1440, "minute": 1 / 1440, "h": 1 / 24, "hour": 1 / 24, "d": 1.0, "day": 1.0, "w": 7.0, "week": 7.0,
}
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
_NUMBER = re.compile(r"(?P<digits>[+-]?\s*(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+))(?P<rest>.*)", re.DOTALL)
_RATE = re.compile(r"\s*(?:/|\bper\b|\ba\b|\beach\b)\s*(?P<word>\w+)\s*$", re.IGNORECASE)
_EXAMPLES = {
    "share": "25 % or 0.25", "points": "40", "score": "4.2", "days": "7 d or 36h", "hours": "4 h or 2d",
    "currency": "120000", "count": "500",
}


@dataclass(frozen=True)
class Promise:
    """By how much an initiative moves its KPI: in the KPI's own unit, or as a share of where it stands."""

    amount: float
    relative: bool = False


def amount(text: str, unit: str, *, total: bool = False, currency: str = "") -> float:
    """The number in `text`, in the KPI's own unit: shares 0-1, days or hours, currency units, for a total per month.

    Raises ValueError saying what is wrong and what to type instead.

    >>> amount("25 %", "share"), amount("36h", "days"), amount("7 d", "hours"), amount("1,200", "currency")
    (0.25, 1.5, 168.0, 1200.0)
    >>> amount("360,000 a quarter", "currency", total=True)
    120000.0
    >>> amount("7", "days")
    Traceback (most recent call last):
    ...
    ValueError: '7' has no unit of time; type 7 d or 7 h
    """
    body, months = _per(text, total, unit)
    number, digits, suffix = _split(body, text, unit)
    if unit in ("currency", "count") and re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", digits):
        raise ValueError(f"'{digits}' reads as {float(digits):g} or as {digits.replace('.', '')}; type the one you mean")
    return _in_unit(number, suffix, unit, digits, currency) / months


def promise(text: str, unit: str, *, currency: str = "") -> Promise:
    """What an initiative promises: "+5 points" of a share or of NPS, "-1 d", "-4,000", or "+10 %" of where the KPI stands.

    For a share, "%" alone could mean either, so it is refused. Raises ValueError with what to type instead.

    >>> promise("+5 points", "share"), promise("-12 h", "days"), promise("+10 %", "currency")
    (Promise(amount=0.05, relative=False), Promise(amount=-0.5, relative=False), Promise(amount=0.1, relative=True))
    """
    number, digits, suffix = _split(_plain(text), text, unit)
    if digits[0] not in "+-":
        raise ValueError(f"'{text}' does not say which way; type +{_plain(text)} or -{_plain(text)}")
    if suffix in ("%", "percent"):
        if unit == "share":
            raise ValueError(f"'{text}' of a share can be read two ways; type {digits} points for percentage points")
        return Promise(number / 100, relative=True)
    if unit == "share":
        if suffix not in ("points", "point", "pts", "pt"):
            raise ValueError(f"'{text}' does not say percentage points; type {digits} points")
        return Promise(number / 100)
    return Promise(_in_unit(number, suffix, unit, digits, currency))


_SPOKEN = {"points": "pts", "point": "pts", "pt": "pts", "%": "%", "percent": "%", "h": "hours", "d": "days", "w": "weeks"}


def spoken(text: str) -> str:
    """A promise as it is read: with a minus sign, its unit as it stands in tables.

    >>> spoken("-1 points"), spoken("+0.2"), spoken("-3 h"), spoken("+10 %"), spoken("")
    ('−1 pts', '+0.2', '−3 hours', '+10%', '')
    """
    words = _plain(text)
    words = words.replace("-", "−", 1) if words.startswith("-") else words
    number, _, unit = words.partition(" ")
    unit = _SPOKEN.get(unit, unit)
    return f"{number}{'' if unit == '%' else ' '}{unit}".strip()


def say(value: float, unit: str, *, total: bool = False, currency: str = "") -> str:
    """A value as it would be typed into a scorecard: reads back to itself.

    >>> say(0.25, "share"), say(1.5, "days"), say(120000, "currency", total=True, currency="EUR")
    ('25 %', '1.5 d', '120,000 EUR a month')
    """
    if unit == "share":
        text = f"{_digits(value * 100)} %"
    elif unit in ("days", "hours"):
        text = f"{_digits(value)} {unit[0]}"
    elif unit == "currency":
        text = f"{_digits(round(value, 2))} {currency}".strip()
    else:
        text = _digits(value)
    return f"{text} a month" if total else text


def _digits(value: float) -> str:
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _plain(text: str) -> str:
    return text.replace("\u2212", "-").replace("\u00a0", " ").replace("\u202f", " ").strip()


def _per(text: str, total: bool, unit: str) -> tuple[str, int]:
    """The text without its "a month", and the months it covers (1 where it says none)."""
    body = _plain(text)
    match = _RATE.search(body)
    if not match:
        return body, 1
    word = match["word"].lower()
    if not total:
        raise ValueError(f"'{text}' is stated per {word}, but this KPI is no total; type {_EXAMPLES[unit]}")
    if word not in _MONTHS_IN:
        raise ValueError(f"'{word}' in '{text}' is not a span that targets are stated for; type a month, a quarter or a year")
    return body[: match.start()].strip(), _MONTHS_IN[word]


def _split(body: str, text: str, unit: str) -> tuple[float, str, str]:
    match = _NUMBER.fullmatch(body)
    if not match or match["rest"].lstrip().startswith((",", ".")):
        hint = body.replace(",", ".") if re.fullmatch(r"[+-]?\d+,\d+\s*\D*", body) else _EXAMPLES[unit]
        raise ValueError(f"'{text}' is not a number; type {hint}")
    digits = match["digits"].replace(" ", "")
    return float(digits.replace(",", "")), digits, match["rest"].strip().lower()


def _in_unit(number: float, suffix: str, unit: str, digits: str, currency: str) -> float:
    if unit == "share":
        return _share(number, suffix, digits)
    if unit in ("days", "hours"):
        return _duration(number, suffix, unit, digits)
    allowed = {"points": ("points", "point", "pts"), "currency": (currency.lower(),)}.get(unit, ())
    if suffix and suffix not in allowed:
        raise ValueError(f"'{digits} {suffix}' is not a {_noun(unit)}; type {digits}")
    if unit == "points" and abs(number) > 100:
        raise ValueError(f"'{digits}' lies outside -100 to 100; type e.g. {_EXAMPLES['points']}")
    return number


def _noun(unit: str) -> str:
    return {"currency": "plain amount of the company's currency", "points": "number of points"}.get(unit, f"plain {unit}")


def _share(number: float, suffix: str, digits: str) -> float:
    if suffix in ("%", "percent"):
        return number / 100
    if suffix:
        raise ValueError(f"'{digits} {suffix}' is not a share; type {digits} %")
    if abs(number) > 1:
        raise ValueError(f"'{digits}' is not a share between 0 and 1; type {digits} %")
    return number


def _duration(number: float, suffix: str, unit: str, digits: str) -> float:
    if not suffix:
        raise ValueError(f"'{digits}' has no unit of time; type {digits} d or {digits} h")
    word = suffix if suffix in _DAYS_IN else suffix.removesuffix("s")
    if word not in _DAYS_IN:
        raise ValueError(f"'{suffix}' is not a unit of time; type {digits} d, {digits} h, {digits} min or {digits} w")
    days = number * _DAYS_IN[word]
    return days if unit == "days" else days * 24
