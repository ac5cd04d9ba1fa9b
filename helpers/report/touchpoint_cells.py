"""The tables of page 2: numbers as a reader wants them, with base and interval."""

from __future__ import annotations

import pandas as pd

from helpers.draw.text import column, say, say_q, signed, spans
from helpers.infer.section import Result
from helpers.report.touchpoint_service import hours

COUNTS = {"contacts": "Contacts", "tickets": "Tickets", "answers": "Survey answers", "orders": "Orders"}  # as they name a touchpoint


def inventory(result: Result) -> pd.DataFrame:
    table, f = result.table, result.facts
    shown = _named(result, table)
    if f["customers"]:
        shown["Customers"] = [_of(n, reach) for n, reach in zip(table["customers"], table["reach"], strict=True)]
    there = [name for name in ("contacts", "tickets", "orders") if name in f["counts"]]
    # One count says enough, unless it leaves a touchpoint with nothing that another count has seen.
    silent = [name for name in there[1:] if ((table[there[0]] == 0) & (table[name] > 0)).any()]
    for name in [*there[:1], *silent]:
        shown[COUNTS[name]] = [count(n) for n in table[name]]
    if table["failed_n"].fillna(0).sum() > 0:
        shown["Failed"] = rate(table, "failed", count="contacts")
    if table["experience_n"].notna().any():
        shown["Experience"] = [_rating(r) for r in table.itertuples()]
        shown["Ratings"] = ["–" if not n > 0 else count(n) for n in table["experience_n"]]
    return shown


def _named(result: Result, table: pd.DataFrame) -> pd.DataFrame:
    """Touchpoints with stage and setting, as far as the dictionary knows them."""
    shown = pd.DataFrame({"Touchpoint": table["label"]})
    if table["stage"].notna().any():
        listed = table["touchpoint"].isin(result.journey.dictionary["touchpoint"])
        shown["Stage"] = table["stage"].map(result.journey.stages).fillna(listed.map({True: "of no stage", False: "not in the dictionary"}))
    if table["setting"].notna().any():
        shown["Setting"] = table["setting"].fillna("–")
    return shown


def costs(table: pd.DataFrame, f: dict) -> pd.DataFrame:
    """What each touchpoint takes, of customers (how often they come, how easy it is) and of the company (money), and who answers for it."""
    shown = pd.DataFrame({"Touchpoint": table["label"]})
    if table["customers"].notna().any():
        shown["Contacts a customer"] = ["–" if not n > 0 else say(c / n, "score") for c, n in zip(table["contacts"], table["customers"], strict=True)]
    if table["ease_n"].notna().any():
        low, high = f["ease_scale"]
        ends = table[["ease", "ease_low", "ease_high"]] * (high - low) + low
        shown[f"Ease ({low:g} to {high:g})"] = ["–" if not n > 0 else _with_span(*row, n) for row, n in zip(ends.itertuples(index=False, name=None), table["ease_n"], strict=True)]
    if table["cost_month"].notna().any():
        shown["Cost a contact"] = [say(v, "currency", currency=f["currency"]) if v == v else "–" for v in table["cost_contact"]]
        shown["Cost a month"] = money(table["cost_month"], f["currency"])
    return shown.assign(Owner=table["owner"].fillna("nobody named"))


def settings(table: pd.DataFrame, f: dict) -> pd.DataFrame:
    low, high = f["scale"]
    shown = pd.DataFrame({"Setting": table["setting"].str.capitalize(), "Touchpoints": [count(n) for n in table["touchpoints"]],
                          "Customers": [count(n) for n in table["customers"]], "Contacts": [count(n) for n in table["contacts"]]})
    if "failed" in table:
        shown["Failed"] = rate(table, "failed")
    if "experience" in table:
        shown[f"Experience ({low:g} to {high:g})"] = [
            _with_span(*(low + (high - low) * v for v in (r.experience, r.experience_low, r.experience_high)), r.experience_n) for r in table.itertuples()
        ]
    return shown


def campaigns(table: pd.DataFrame, f: dict) -> pd.DataFrame:
    money = lambda values: [say(v, "currency", currency=f["currency"]) if v == v else "–" for v in values]  # noqa: E731
    shown = pd.DataFrame({
        "Campaigns at" if f["grouped"] else "Campaign": table["label"], "Spent": money(table["spend"]), "Customers met": [count(n) for n in table["reached"]],
        "Of these bought": [share(r.share, r.low, r.high) for r in table.itertuples()], "Revenue after it": money(table["revenue"]),
        "Revenue per unit spent": [say(v, "score") if v == v else "–" for v in table["returned"]],
    })
    if (table["answered"] >= 0.01).any():
        shown.insert(3, "Visits that go on", [share(r.answered, r.answered_low, r.answered_high) for r in table.itertuples()])
    return shown if table["spend"].notna().any() else shown.drop(columns=["Spent", "Revenue per unit spent"])


def coming_back(table: pd.DataFrame) -> pd.DataFrame:
    """Both spans with interval and n, the change, and its q."""
    return pd.DataFrame({
        "Customers": table["label"], **{name: [f"{share(v, low, high)}, n {n:,.0f}" for v, low, high, n in table[[span, f"{span}_low", f"{span}_high", f"{span}_n"]].itertuples(index=False)]
                                        for span, name in (("before", "Before"), ("now", "Now"))},
        "Change": [change(r.difference, r.low, r.high) for r in table.itertuples()], "q": [say_q(q) for q in table["q_value"]],
    })


def pairs(table: pd.DataFrame, f: dict) -> pd.DataFrame:
    shown = pd.DataFrame({
        "From": table["from_channel"], "To": table["channel"], "Hand-overs": [count(n) for n in table["n"]], "Succeed": column(table["value"], "share"), "Others": column(table["other"], "share"),
        "Difference": [change(r.difference, r.low, r.high) for r in table.itertuples()], "q": [say_q(q) for q in table["q_value"]],
    })
    if "rated_difference" in table and table["rated_difference"].notna().any():
        low, high = f["scale"]
        shown[f"Rating against others ({low:g} to {high:g})"] = [_rated(r, high - low) for r in table.itertuples()]
    return shown


def _rated(row, size: float) -> str:
    if row.rated_difference != row.rated_difference:
        return "too few"
    return f"{signed(size * row.rated_difference)} ({signed(size * row.rated_low)} to {signed(size * row.rated_high)}), n {row.rated_n:,.0f}"


def months(count: float) -> str:
    text = f"{count:.3g}"
    return f"{text} month{'' if text == '1' else 's'}"


def count(n: float) -> str:
    return "too few" if n != n else f"{n:,.0f}"


def _of(n: float, share: float) -> str:
    return "too few" if n != n else f"{n:,.0f} ({say(share, 'share')})"


def share(value: float, low: float, high: float) -> str:
    if value != value:
        return "too few"
    told = spans([low], [high], "share")[0]
    if "–" in told or low == high:
        return f"{say(value, 'share')} ({told})"
    return f"{say(value, 'share', digits=1)} ({say(low, 'share', digits=1).removesuffix('%')}–{say(high, 'share', digits=1)})"


def rate(table: pd.DataFrame, name: str, *, count: str = "") -> list[str]:
    """Shares with interval and n (left out where it stands in the column `count` already); a dash where nothing was recorded."""
    beside = table[count] if count else pd.Series(-1, index=table.index)
    return [
        "–" if not n > 0 else share(v, low, high) + ("" if n == other else f", n {n:,.0f}") if v == v else "too few"
        for (v, low, high, n), other in zip(table[[name, f"{name}_low", f"{name}_high", f"{name}_n"]].itertuples(index=False), beside, strict=True)
    ]


def _rating(row) -> str:
    if not row.experience_n > 0:
        return "–"
    return f"{row.experience:.2f} ({row.experience_low:.2f}–{row.experience_high:.2f})" if row.experience == row.experience else "too few"


def _with_span(value: float, low: float, high: float, n: float) -> str:
    return f"{value:.2f} ({low:.2f}–{high:.2f}), n {n:,.0f}" if value == value else "too few"


def money(values: pd.Series, currency: str) -> list[str]:
    return [say(v, "currency", currency=currency) if v == v else "none stated" for v in values]


def change(value: float, low: float, high: float) -> str:
    return f"{say(value, 'change')} ({spans([low], [high], 'change')[0]})"


def time(value: float, low: float, high: float) -> str:
    """A time with its interval, all in the unit that suits the time."""
    if value != value:
        return "not reached"
    if low != low or high != high:
        return hours(value)
    size, digits = (1 / 24.0, 1) if value >= 72 else (1.0, 1) if value >= 0.995 else (60.0, 0)
    return f"{hours(value)} ({low * size:,.{digits}f}–{high * size:,.{digits}f})"
