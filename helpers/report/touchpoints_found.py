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
from helpers.report.words import capital, listed, owner_of, owners_of, points, quoted
from helpers.score import ScoredCard


def find(journey: Journey, results: Mapping[str, Result], card: ScoredCard | None = None) -> list[Finding]:
    """The findings of the page; see `finding.Finding`."""
    found: list[Finding] = []
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
    told = [f"{capital(r.label)}: {say(r.before, 'share')} of {people(r.before_n, 'purchases')}, then {say(r.now, 'share')} of {people(r.now_n, 'purchases')}; {say(r.difference, 'change')} ({span(r.low, r.high, 'change')})"
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
        next_step=f"Mend {listed([quoted(label) for label in mend['label']], 4)} before anything that customers care less about", owner=owners_of(mend["owner"]), level="bad", weight=58 if len(mend) > 1 else 56,
    )
