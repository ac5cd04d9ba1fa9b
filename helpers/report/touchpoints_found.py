"""What page 2 found: hand-overs that break, who comes back less, what to mend, where credit and money go; `touchpoint_gaps` finds the rest."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.draw.text import people, say, say_q, span
from helpers.infer.section import Result
from helpers.journey import Journey
from helpers.report import experience_change
from helpers.report import touchpoint_gaps as gaps
from helpers.report import touchpoint_service as service
from helpers.report.finding import Finding
from helpers.report.words import listed, owner_of, points, quoted
from helpers.score import ScoredCard


def find(journey: Journey, results: Mapping[str, Result], card: ScoredCard | None = None) -> list[Finding]:
    """The findings of the page; see `finding.Finding`."""
    found = _card(card) if card is not None else []
    if results["experience_change"].ok:
        found += experience_change.find(results["experience_change"])
    if results["coming_back"].ok:
        found += _coming_back(results["coming_back"], card)
    reads = (
        ("hand_overs", _hand_overs), ("importance_performance", _mend), ("inventory", gaps.failing), ("inventory", gaps.blind), ("inventory", gaps.rated), ("inventory", gaps.unserved), ("inventory", gaps.dear),
        ("topics", service.topics), ("topics", service.promise), ("resolution", service.waiting), ("attribution", service.credit), ("touchpoint_listing", gaps.unlisted), ("touchpoint_listing", gaps.silent), ("campaign_spend", service.campaigns), ("campaign_spend", service.answered),
    )
    for name, read in reads:
        if results[name].ok and (one := read(results[name], results)) is not None:
            found.append(one)
    return found


def _hand_overs(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table, f = result.extra["pairs"], result.facts
    bad = table[(table["q_value"] < 0.05) & (table["difference"] < 0)].sort_values("difference", kind="stable")
    if not len(bad):
        return None
    one = bad.iloc[0]
    low, high = f["scale"]
    lost = one["n"] * (one["other"] - one["value"])
    rated = ""
    if "rated_difference" in one and one["rated_q_value"] < 0.05:
        size = (high - low) * one["rated_difference"]
        ends = sorted((high - low) * abs(one[end]) for end in ("rated_low", "rated_high"))
        rated = (f" Ratings afterwards lie {abs(size):.1f} {'lower' if size < 0 else 'higher'} on the scale from {low:g} to {high:g} than after other contacts with the same touchpoints "
                 f"({ends[0]:.1f} to {ends[1]:.1f}, {people(one['rated_n'], 'ratings')}).")
    others = f" {people(len(bad) - 1, 'more pairs')} fare worse than the others, by less." if len(bad) > 2 else " One more pair fares worse, by less." if len(bad) == 2 else ""
    owner = owner_of(result.journey, one["touchpoint"])
    return Finding(
        headline=f"The hand-over from {one['from_channel']} to {one['channel']} breaks: {say(one['value'], 'share')} succeed, against {say(one['other'], 'share')} of other hand-overs to the same touchpoints.",
        observed=f"{people(one['n'], 'hand-overs')} of {people(one['people'], 'customers')}; the difference is {points(one['difference'])} ({span(one['low'], one['high'], 'change')}). "
        f"As good as the others, about {people(lost, 'contacts')} more would have succeeded.{rated}{others}",
        how_sure=f"Chance alone would hardly bring it, even with {len(table)} pairs compared (q {say_q(one['q_value'], aloud=True)}).",
        otherwise=f"Customers who have to go on from {one['from_channel']} may bring the harder cases; the comparison holds only the touchpoint equal.",
        next_step=f"Let {one['from_channel']} pass on what the customer has said before {one['channel']} answers, and follow this pair by month", owner=owner, level="bad", weight=80,
    )


def _coming_back(result: Result, card: ScoredCard | None) -> list[Finding]:
    table, f = result.table, result.facts
    less = table[(table["q_value"] < 0.05) & (table["difference"] < 0)].sort_values("difference", kind="stable")
    if not len(less):
        return []
    one, whole = less.iloc[0], table[table["column"] == ""]
    if len(whole) and whole["high"].iloc[0] < 0 and whole["difference"].iloc[0] <= one["difference"] / 2:
        one = whole.iloc[0]  # everybody, not one group
    told = [f"{r.label}: {say(r.before, 'share')} of {people(r.before_n, 'purchases')}, then {say(r.now, 'share')} of {people(r.now_n, 'purchases')}; {say(r.difference, 'change')} ({span(r.low, r.high, 'change')})"
            for r in less.head(4).itertuples()]
    together = f" All together: {say(whole['before'].iloc[0], 'share')}, then {say(whole['now'].iloc[0], 'share')}." if len(whole) else ""
    owners = card.table.set_index("kpi")["owner"] if card is not None else {}
    return [Finding(
        headline=f"{_those(one)} come back less often than before: {say(one['now'], 'share')} of purchases are followed by another within {f['window']:g} days, once {say(one['before'], 'share')}.",
        observed="; ".join(told) + f".{together} Before: {f['spans']['before']}; now: {f['spans']['now']}.",
        how_sure=f"Chance alone would hardly bring it, even with {int(table['q_value'].notna().sum())} groups compared. Purchases whose window is open are in neither span.",
        otherwise="Each group may hold other people than before: those who came first are often the keenest.",
        next_step=f"Ask {_those(one, start='c')} who did not come back where they buy now, and why", owner=owners.get("retention") or "", level="bad", weight=68,
    )]


def _those(row: pd.Series, start: str = "C") -> str:
    """A group of customers, or all of them."""
    return f"{start}ustomers" + (f" of {row['label']}" if row["column"] else "")


def _mend(result: Result, results: Mapping[str, Result]) -> Finding | None:
    table, f = result.table, result.facts
    mend = table[table["place"] == "mend"]
    if not len(mend):
        return None
    told = [f"{r.label}: mean {r.performance:.2f} ({r.performance_low:.2f}–{r.performance_high:.2f}, {people(r.n, 'ratings')}), importance {say(r.importance, 'share')} "
            f"({span(r.importance_low, r.importance_high, 'share')})" for r in mend.itertuples()]
    return Finding(
        headline=f"{listed([quoted(label) for label in mend['label']], 4)} {'matters' if len(mend) == 1 else 'matter'} more than most and {'is' if len(mend) == 1 else 'are'} rated below the mean of all compared.",
        observed="; ".join(told) + f". An even share would be {say(f['even'], 'share')}, the mean of all compared is {f['middle']:.2f}.",
        how_sure=f"{'It matters' if len(mend) == 1 else 'They matter'} more than an even share and {'is' if len(mend) == 1 else 'are'} rated below the mean, both clear of chance. " + ("Touchpoints and the outcome were rated in the same survey, so neither is shown to come first." if f["same"]
                 else "Importance goes with the outcome and need not move it; “Moments of truth” tests that."),
        otherwise="Customers who are hard to please rate poorly and leave, whatever a touchpoint does.",
        next_step=f"Mend {listed([quoted(label) for label in mend['label']], 4)} before anything that customers care less about", owner=listed(list(dict.fromkeys(mend["owner"].dropna()))), level="bad", weight=58 if len(mend) > 1 else 56,
    )


def _card(card: ScoredCard) -> list[Finding]:
    """What the scorecard says: the KPIs past their red flag, those short of their target, and those on it."""
    table, found = card.table, []
    red, short, good = (table[table["status"] == status] for status in ("red_flag", "below_target", "on_target"))
    if len(red):
        told = [f"{r.label} {say(r.value, r.unit, currency=card.currency)} (red flag {say(r.red_flag, r.unit, currency=card.currency)}, target {say(r.target, r.unit, currency=card.currency)}, n {people(r.n)})" for r in red.itertuples()]
        found.append(Finding(
            headline=f"{people(len(red), 'KPIs')} of the scorecard {'is' if len(red) == 1 else 'are'} past the red flag: {listed([_inline(label) for label in red['label']], 4)}.",
            observed="; ".join(told) + ".", how_sure="The whole 95% interval lies past the red flag.", otherwise="A target may have been set for another time or another mix of customers.",
            next_step=f"Decide what is done about {listed([_inline(label) for label in red['label']], 4)}, or correct the target in the open", owner=listed(list(dict.fromkeys(one for one in red["owner"] if one))), level="bad", weight=52,
        ))
    if len(short):
        told = [f"{r.label} {_exact(r.value, r.unit, card.currency)} ({_range(r)}; target {say(r.target, r.unit, currency=card.currency)}, n {people(r.n)})" for r in short.itertuples()]
        first = short.sort_values("score", kind="stable").iloc[0]
        rest = f" {people(len(short) - 1, 'more KPIs')} {'misses' if len(short) == 2 else 'miss'} the target as well." if len(short) > 1 else ""
        found.append(Finding(
            headline=f"{first['label']}: {_exact(first['value'], first['unit'], card.currency)}; the target is {say(first['target'], first['unit'], currency=card.currency)}.{rest}",
            observed="; ".join(told) + ".", how_sure="The whole 95% interval lies short of the target, though not past the red flag.",
            otherwise="A target may have been set for another time or another mix of customers.",
            next_step=f"Ask why {quoted(first['label'])} misses its target, and what its initiative has done so far", owner=first["owner"] or "", level="watch", weight=30,
        ))
    if len(good):
        told = [f"{r.label} {say(r.value, r.unit, currency=card.currency)} (target {say(r.target, r.unit, currency=card.currency)})" for r in good.itertuples()]
        found.append(Finding(
            headline=f"{people(len(good), 'KPIs')} {'is' if len(good) == 1 else 'are'} on target: {listed([_inline(label) for label in good['label']], 4)}.", level="good", weight=10,
            observed="; ".join(told) + ".", how_sure="The whole 95% interval lies at or past the target.", otherwise="A target that is met with ease may have been set too low.",
            next_step="Ask which of these targets should now be set higher", owner=listed(list(dict.fromkeys(one for one in good["owner"] if one)), 3),
        ))
    return found


def _exact(value: float, unit: str, currency: str) -> str:
    """A KPI's value with the decimals that a target asks for: a share with one."""
    return say(value, unit, currency=currency, digits=1 if unit == "share" else None)


def _range(row) -> str:
    return f"95% interval {span(row.low, row.high, row.unit)}"


def _inline(label: str) -> str:
    """A KPI's or topic's name inside a sentence: "Time to resolution" as "time to resolution", "NPS (…)" and the like as they are."""
    return label if len(label) > 1 and label[1].isupper() else label[:1].lower() + label[1:]
