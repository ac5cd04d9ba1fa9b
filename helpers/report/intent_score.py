"""The intent score in words: how well it tells buyers from others, whether its promises hold, and what it says of today's intents."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from helpers import draw
from helpers.draw.text import is_missing, people, say, signed, span
from helpers.infer.section import Result
from helpers.names import day_words
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import quoted, source

SURE = 0.05
MOST = 12
EQUAL = ("Each line holds the rest of the score equal, among searches that are still open; the sections above look at whole searches, so the same thing can weigh differently there. "
         "It goes with buying; that it brings buying about is not shown.")


@reads("intent_score")
def intent_score(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    chart = draw.calibration(table, title=title(f, table), who=result.who, caption=source(result, "contacts and purchases"), stem="intent_score", event="bought", noun="Cases")
    items: list[Item] = [chart, told(f), _check(f)]
    if f["better"]:
        items += [_effects(result.extra["effects"]), EQUAL]
    if len(result.extra["bands"]):
        items += [_now(f, result.journey.company.windows.intent_days), _bands(result.extra["bands"])]
    elif f["word"] == "broken" and f["better"]:
        items.append("How many of the intents open today will buy is therefore not told here: the section after this one estimates it by their age alone.")
    elif not f["better"]:
        items.append("So nothing is said here of the intents open today: a score that is no better than one share for all would only look like knowledge.")
    else:
        items.append("Too few intents are open at the end of the period to say what they will bring.")
    return [*items, *_refused(result.extra["refused"], f)]


def title(f: Mapping, table: pd.DataFrame) -> str:
    """The finding: how well it tells buyers from others, and what a promise is worth."""
    if not f["better"]:
        return "Who will buy cannot be told from what was seen before: the score does no better than one share for all"
    near = table.dropna(subset=["predicted", "observed"])
    near = near.iloc[(near["predicted"] - 0.3).abs().argsort(kind="stable")[:1]].iloc[0]
    return (f"Of a buyer and a non-buyer, the score puts the buyer first in {100 * f['auc']:.0f} of 100 pairs; where it promised {say(near['predicted'], 'share')}, "
            f"{say(near['observed'], 'share')} bought")


def told(f: Mapping) -> str:
    """Whether it is better than the plain share and than age alone, and whether its promises hold."""
    if not f["better"]:
        return (f"On the latest months the score's error is {f['brier']:.4f}, against {f['base_brier']:.4f} for giving everybody the share of the months before ({say(f['base'], 'share')}). "
                f"That is not shown to be better (95% interval of the gain {span(f['skill_low'], f['skill_high'], 'share')}).")
    aged = (f"and {say(f['age_skill'], 'share')} smaller than that of knowing only for how many days the search has been open" if f["better_than_age"]
            else "but it is not shown to beat knowing only for how many days the search has been open")
    word = {
        "kept": f"Its promises hold: {_off(f)}",
        "nearly": "Its promises nearly hold: " + _off(f),
        "broken": "Rank by it, but do not count on its promises: " + _off(f),
    }[f["word"]]
    return f"On months it had not seen its error is {say(f['skill'], 'share')} smaller than that of giving everybody the same share, {aged}. {word}"


def _off(f: Mapping) -> str:
    spread = f"its high promises are too high and its low ones too low (slope {f['slope']:.2f})" if f["slope_high"] < 1 else (
        f"its promises lie too close together (slope {f['slope']:.2f})" if f["slope_low"] > 1 else "")
    total = f"of {f['rows']:,} cases it promised {f['promised']:,.0f} with a purchase, and {f['came']:,.0f} had one"
    return f"{spread}; {total}." if spread else f"{total}."


def _check(f: Mapping) -> Table:
    def among(name: str, write: Callable[[float], str] = "{:.2f}".format) -> str:
        low, high = f[f"{name}_low"], f[f"{name}_high"]
        return "–" if is_missing(low) else f"{write(low)} to {write(high)}"

    def share(name: str) -> str:
        return span(f[f"{name}_low"], f[f"{name}_high"], "share")

    rows = [
        ("Buyer put before non-buyer (AUC; a coin toss gives 0.50)", f"{f['auc']:.2f}", among("auc")),
        ("Mean squared error of the probability (Brier score; 0 is perfect)", f"{f['brier']:.4f}", "–"),
        (f"Error saved against promising everybody {say(f['base'], 'share')}, the share of the months before ({f['base_brier']:.4f})", say(f["skill"], "share"), share("skill")),
        (f"Error saved against knowing only how long the search has been open ({f['age_brier']:.4f})", say(f["age_skill"], "share"), share("age_skill")),
        ("Spread of the promises (calibration slope; 1 is right)", f"{f['slope']:.2f}", among("slope")),
        ("Level of the promises (calibration intercept, log-odds; 0 is right)", signed(f["intercept"]), among("intercept", signed)),
    ]
    shown = pd.DataFrame(rows, columns=["On the months it had not seen", "Figure", "95% interval"])
    return Table(shown, "intent_score_check", "How good the score is")


def _effects(table: pd.DataFrame) -> Table:
    top = table.dropna(subset=["difference"]).head(MOST)
    shown = pd.DataFrame({
        "Known before the date": [_known(row) for row in top.itertuples()], "Against": [_against(row) for row in top.itertuples()],
        "Goes with": [say(v, "change") for v in top["difference"]], "95% interval": [span(a, b, "change") or "–" for a, b in zip(top["low"], top["high"], strict=True)],
        "Shown?": ["–" if q != q else "differs" if q < SURE else "not shown" for q in top["q_value"]],
    })
    return Table(shown, "intent_score_effects", "What goes with buying: points more or fewer who buy, all else in the score as it is (the largest first)", top)


def _known(row) -> str:
    words = str(row.label)
    if row.kind == "text":
        return f"{words[:1].upper()}{words[1:]}: {_plain(row.value)}"
    if row.kind == "flag":
        return words[:1].upper() + words[1:]
    return f"{words[:1].upper()}{words[1:]}: {_figure(row.high_at)}"


def _against(row) -> str:
    if row.kind == "text":
        return _plain(row.usual)
    return "not so" if row.kind == "flag" else _figure(row.low_at)


def _plain(value: str) -> str:
    return "nothing" if value == "none" else str(value).replace("_", " ")


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def _now(f: Mapping, window: float) -> str:
    words = (f"On {day_words(f['end'])} {people(f['open'], 'intents')} were open, and {f['expected']:.0f} of them ({f['expected_low']:.0f} to {f['expected_high']:.0f}) can be expected to end in a purchase "
             f"within {window:g} days of their first look; the {people(f['top'], 'intents')} with the highest probability hold {say(f['top_share'], 'share')} of these purchases.")
    if f["by_age"] == f["by_age"]:
        words += (f" The section after this one counts {'the same intents' if f['same_open'] == f['open'] else people(f['same_open'], 'intents')} by their age alone and comes to {f['by_age']:.0f}: that is the rule of the scorecard, "
                  "the same in every month and segment. Take that one to follow the value of open intents over time, and this one to see who is likely to buy.")
    return words


def _bands(table: pd.DataFrame) -> Table:
    shown = pd.DataFrame({
        "Probability of a purchase": [_band(row.from_, row.to) for row in table.itertuples()], "Open intents": [f"{v:,.0f}" for v in table["intents"]],
        "Expected purchases": [f"{v:,.0f}" if v >= 10 else f"{v:.1f}" for v in table["expected"]], "95% interval": [f"{a:,.0f} to {b:,.0f}" for a, b in zip(table["low"], table["high"], strict=True)],
    })
    return Table(shown, "intent_score_open", "Who will buy, of the intents open at the end of the period", table.assign(to=table["to"].clip(upper=1.0)))


def _band(low: float, high: float) -> str:
    if low <= 0:
        return "all" if high > 1 else f"under {high:.0%}"
    return f"{low:.0%} and more" if high >= 1 else f"{low:.0%} to {high:.0%}"


def _refused(table: pd.DataFrame, f: Mapping) -> list[Item]:
    if not len(table):
        return [f"No feature was refused: all {f['features']} were checked, row by row, to rest on what lay before the prediction date, and none foretells the purchase too well to be true."]
    shown = pd.DataFrame({"Refused": [_plain(v) for v in table["feature"]], "What it is": table["label"], "Taken from": table["time"].replace("", "–"), "Why": [v[:1].upper() + v[1:] + "." for v in table["reason"]]})
    return [f"{people(len(table), 'features') if len(table) > 1 else 'One feature'} would have told the score what it is to foresee, and {'are' if len(table) > 1 else 'is'} left out.",
            Table(shown, "intent_score_refused", "Refused features", table)]


def finding(result: Result, owner: str) -> list[Finding]:
    """What the score is good for, or what was refused."""
    f, refused = result.facts, result.extra["refused"]
    found = []
    if f["better"] and len(result.extra["bands"]):
        found.append(Finding(
            headline=f"One intent in five holds {say(f['top_share'], 'share')} of the purchases to be expected: what customers do tells who will buy, in {100 * f['auc']:.0f} of 100 pairs.",
            observed=f"{f['expected']:.0f} purchases ({f['expected_low']:.0f} to {f['expected_high']:.0f}) are expected of {people(f['open'], 'open intents')}; on {people(f['intents'], 'later intents')} the score put the buyer first in "
            f"{100 * f['auc']:.0f} of 100 pairs ({100 * f['auc_low']:.0f} to {100 * f['auc_high']:.0f}) and erred {say(f['skill'], 'share')} ({span(f['skill_low'], f['skill_high'], 'share')}) less than one share for all.",
            sure="strong" if f["word"] == "kept" else "fair", how_sure={"kept": "Checked on months it had not seen; its promises held.", "nearly": "Checked on months it had not seen; its promises nearly held.",
                      "broken": "Checked on months it had not seen; it ranks well, but its promises were off."}[f["word"]],
            otherwise="Who is likely to buy anyway needs no help: the score says who buys, not whom help would sway.",
            next_step=f"Offer help to half of the {people(f['top'], 'intents')} with the highest probability, chosen by lot, and see whether more of that half buy", owner=owner, level="watch", weight=28,
        ))
    if len(refused):
        names = [quoted(_plain(v)) for v in refused["feature"]]
        found.append(Finding(
            headline=f"{names[0]} knows what comes after the prediction date and is kept out of the score." if len(names) == 1 else f"{len(names)} features know what comes after the prediction date and are kept out of the score.",
            observed="; ".join(f"{n}: {r}" for n, r in zip(names[:4], refused["reason"], strict=False)) + ".", sure="certain", how_sure="Checked on the rows themselves.",
            otherwise="A trait may be honest and only look so where few customers hold it.", next_step=f"Find out when {names[0]} is written, and store it with the day on which it was known", level="watch", weight=18))
    return found

