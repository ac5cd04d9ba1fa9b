"""What page 4 found: moments of truth, what to do first, false suspects, gaps of the value chain, recovery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from helpers.draw.text import people, say, span
from helpers.infer.section import Result
from helpers.journey import Journey
from helpers.measure.value_chain import contacts_by_touchpoint
from helpers.report import trial
from helpers.report.finding import Finding
from helpers.report.moments_work import find_allocation
from helpers.report.show import needs_in_words
from helpers.report.words import listed, points, quoted

if TYPE_CHECKING:
    from helpers.score import ScoredCard


def find(journey: Journey, results: Mapping[str, Result], card: ScoredCard | None = None) -> list[Finding]:
    """The findings of the page; see `finding.Finding`."""
    found = _moments(results["moments"], results["effects"], results["do_first"]) if results["moments"].ok else [_unasked(journey, results["moments"])]
    if results["stage_conversion"].ok:
        found += _narrowest(results["stage_conversion"])
    for name, read in (("do_first", _first), ("penalty_reward", _attractors), ("effects", _suspects), ("activity_gaps", _gaps), ("cost_impact", _cost), ("allocation", find_allocation), ("recovery", _recovery), ("trial", trial.find)):
        if results[name].ok:
            found += read(results[name])
    return found


def _moments(result: Result, effects: Result, first: Result) -> list[Finding]:
    f = result.facts
    found = [_unknown(f)] if f["reason"] else [_same(result)] if f["same"] else [_shown(result, effects, first)]
    if f["refused"]:
        one = len(f["refused"]) == 1
        found.append(Finding(
            headline=f"{listed(f['refused'])} {'is' if one else 'are'} asked about too late to say what moves customers.",
            observed="Nearly every first rating came after the window had closed or the customer had come back already.",
            sure="certain", how_sure="It is a matter of dates. Such ratings reflect the outcome, so they were left out of every figure on this page.",
            next_step=f"Ask about {listed(f['refused'])} within the first weeks of a purchase", owner=_owner(result.table, f["refused"][0]), weight=22,
        ))
    return found


def _unasked(journey: Journey, result: Result) -> Finding:
    """What to ask, and where, when no customer has rated a touchpoint."""
    met = contacts_by_touchpoint(journey)
    busiest = met.loc[met["contacts"].idxmax(), "touchpoint"] if len(met) else ""
    words = journey.dictionary.set_index("touchpoint")["label"]
    where = quoted(words.get(busiest, busiest)) if busiest else "the busiest touchpoint"
    why = "the ratings name no customer" if journey.has("surveys", "touchpoint") else "no customer was asked about one"
    return Finding(
        headline=f"Which touchpoints are moments of truth cannot be known: {why}.", level="unknown", weight=60,
        observed=f"It would take {needs_in_words(result.missing)}.", how_sure="What customers do is seen, how they felt on the way is not.",
        otherwise="Contacts alone say where customers were, not how it went.",
        next_step=f"Ask customers one question about {where} right after the contact, and keep their customer number with the answer",
        owner=_owner_of(result, words.get(busiest, "")) if busiest else "",
    )


def _narrowest(result: Result) -> list[Finding]:
    weak = result.facts["weakest"]
    if weak["value"] >= 0.95:
        return []
    return [Finding(
        headline=f"The narrowest step of the journey is {weak['label']}: {say(weak['value'], 'share')} of customers go on within {weak['days']:g} days.",
        observed=f"95% interval {span(weak['low'], weak['high'], 'share')} of {people(weak['n'], 'customers')} who reached the stage before; open windows are censored.",
        sure="certain", how_sure="Counted over every customer; but a stage that most customers need not reach is narrow by nature.", otherwise="Contacts that nobody recorded look like customers who stopped.",
        next_step=f"Talk to ten customers who stopped at {quoted(weak['label'])}, and to ten who went on", level="watch", weight=25,
    )]


def _unknown(f: Mapping) -> Finding:
    return Finding(
        headline="Moments of truth cannot be found yet.", level="unknown", weight=70, observed=f"{f['reason'][:1].upper()}{f['reason'][1:]}.",
        how_sure="Without enough outcomes, ratings say how customers feel and not what they do.",
        next_step="Bring orders with customer numbers, or ask the recommendation question, beside the ratings",
    )


def _same(result: Result) -> Finding:
    f, table = result.facts, result.table
    top = table.dropna(subset=["importance"]).sort_values("importance", ascending=False).head(3)
    rated = table.dropna(subset=["performance"]).sort_values("performance")
    if not len(top):
        return _unknown({"reason": "no touchpoint has enough answers beside the overall one"})
    worst = rated[rated["analysed"].notna()].iloc[0]
    both = worst["label"] in set(top["label"])
    low = f"“{worst['label']}” is rated lowest, {worst['performance']:.2f} on a scale from {worst['scale_min']:g} to {worst['scale_max']:g} ({people(worst['n'], 'ratings')})"
    what = "recommending the company" if f["outcome"] == "recommendation" else "overall satisfaction"
    return Finding(
        headline=f"{listed([quoted(label) for label in top['label']])} {'is' if len(top) == 1 else 'are'} tied most closely to {what}." + (f" {low}." if both else ""),
        observed="; ".join(f"{r.label}: {say(r.importance, 'share')} of what the ratings explain ({span(r.importance_low, r.importance_high, 'share')})" for r in top.itertuples())
        + ("." if both else f". {low}."),
        sure="fair", how_sure="Touchpoints and the whole were rated in the same survey: this is what goes together, and no effect is claimed.",
        otherwise="A good mood lifts every answer on the sheet.", weight=70, owner=_named(worst["owner"] if both else top["owner"].iloc[0]),
        next_step=f"Start with “{worst['label'] if both else top['label'].iloc[0]}”, and follow what these customers do afterwards instead of asking all at once",
    )


def _shown(result: Result, effects: Result, first: Result) -> Finding:
    f, table = result.facts, effects.table
    moments = table[table["verdict"] == "moment_of_truth"] if len(table) else table
    if not len(moments):
        watch = f" To watch: {listed(f['watch'])}." if f["watch"] else ""
        return Finding(
            headline=f"No touchpoint is shown to be a moment of truth in this period and segment.{watch}", level="unknown", weight=60,
            observed=f"{people(f['rows'], 'rated cases')} of {people(f['customers'], 'customers')}; {f['rate_words']}",
            how_sure="Absence of proof is not proof of absence: with fewer cases only large effects show.",
            next_step="Render a longer period or all customers; ask for ratings where few are given",
        )
    top = _to_win(first) if first.ok else None
    least = moments["e_value_low"].min()
    names = moments["touchpoint"].tolist()
    return Finding(
        headline=f"{_count(len(names))} {'touchpoint is a moment' if len(names) == 1 else 'touchpoints are moments'} of truth: {listed(names)}.",
        observed=f"After a poor experience fewer {f['phrase']}, all else in the data held equal: "
        + "; ".join(f"{r.touchpoint} {say(r.effect, 'change')} ({span(r.effect_low, r.effect_high, 'change')}, n {people(r.n)})" for r in moments.itertuples()) + ".",
        sure="strong", how_sure=f"As far as data without a trial go: the methods agree, the effects are larger than {points(f['margin'])} also after allowing for all {people(len(table), 'touchpoints')}, "
        "and they show again in each half of the customers. Still, the word is “goes with”.",
        otherwise=f"A trait that no table holds would have to go with both the experience and the outcome by a factor of {least:.1f} or more to explain away the weakest of them.",
        next_step="Protect these touchpoints first, whatever else is cut" if top is None else f"Put {quoted(top['label'])} first; the order of all is under “What should come first?”",
        owner=_owner(result.table, names[0]) if top is None else _named(top["owner"]), level="watch", weight=90,
    )


def _to_win(result: Result) -> pd.Series | None:
    """The touchpoint with most to win; None where it is rated as well as the best, to within the practical margin."""
    top = result.table.iloc[0]
    return top if top["gain"] >= 1 and abs(top["now"] - top["aim"]) >= result.facts["margin"] else None


def _first(result: Result) -> list[Finding]:
    top, f = _to_win(result), result.facts
    if top is None:
        return []
    poor = top["way"] == "fewer_poor"
    aim = f"poor ratings from {say(top['now'], 'share')} to {say(top['aim'], 'share')}" if poor else f"excellent ratings from {say(top['now'], 'share')} to {say(top['aim'], 'share')}"
    return [Finding(
        headline=f"{quoted(top['label'])} is where better work could win most: about {people(round(top['gain']), 'customers')} in the period.",
        observed=f"{people(top['met'], 'customers')} met it; {aim}, the level of the best quarter of touchpoints, goes with {round(max(top['gain_low'], 0)):,} to {round(top['gain_high']):,} "
        f"more who {f['phrase']}.",
        sure="fair", how_sure="The interval is that of the effect; reach and ratings are taken as they are, and the association as cause.",
        otherwise="Improving one touchpoint may move effort away from another.",
        next_step=f"Start a trial at {quoted(top['label'])} with half of the customers, and try to bring {aim}", owner=_named(top["owner"]), level="bad", weight=80,
    )]


def _attractors(result: Result) -> list[Finding]:
    table = result.table[(result.table["kind"] == "attractor") & result.table["verdict"].isin(["moment_of_truth", "watch"])]
    return [Finding(
        headline=f"An excellent {quoted(r.touchpoint)} goes with {points(r.reward)} more customers who {result.facts['phrase']}; a poor one shows no loss.",
        observed=f"Reward {say(r.reward, 'change')} ({span(r.reward_low, r.reward_high, 'change')}), penalty {say(r.penalty, 'change')} ({span(r.penalty_low, r.penalty_high, 'change')}), "
        f"against a middling experience; n {people(r.n)}.",
        sure="fair", how_sure="The contrast is not adjusted for who the customer is; its one-sidedness is what counts.",
        next_step=f"Find out what makes an excellent {quoted(r.touchpoint)}, repeat it, and offer it to more customers", owner=_owner_of(result, r.touchpoint), level="good", weight=45,
    ) for r in table.itertuples()]


def _suspects(result: Result) -> list[Finding]:
    """Touchpoints that a plain comparison accuses and the adjusted figures clear."""
    table = result.table
    cleared = table[(table["verdict"] == "not_shown") & (table["naive"] < -0.05)].sort_values("naive")
    if not len(cleared):
        return []
    one, many = cleared.iloc[0], len(cleared)
    return [Finding(
        headline=f"{_count(many)} touchpoint{'' if many == 1 else 's'} look{'s' if many == 1 else ''} guilty and {'is' if many == 1 else 'are'} not shown to be: "
        f"{listed(cleared['touchpoint'].tolist(), most=4)}.",
        observed="; ".join(f"{r.touchpoint}: plainly {say(r.naive, 'change')}, held equal {say(r.effect, 'change')} ({span(r.effect_low, r.effect_high, 'change')})" for r in cleared.head(4).itertuples()) + ".",
        sure="fair", how_sure="An effect smaller than the interval is possible; one as large as the plain comparison is not, unless the adjustment took it away wrongly.",
        otherwise="Customers who fare poorly there are those who fare poorly elsewhere, or who would have left anyway.",
        next_step=f"Do not spend on {quoted(one['touchpoint'])} to win customers back; spend on it for its own sake", owner=_owner_of(result, one["touchpoint"]), level="watch", weight=40,
    )]


def _gaps(result: Result) -> list[Finding]:
    found, currency = [], result.facts["currency"]
    for r in result.table.itertuples():
        if r.gap == "serves_nothing" and r.number > 0:
            found.append(Finding(
                headline=f"{r.label} costs {say(r.number, 'currency', currency=currency)} a month and serves no touchpoint.",
                observed=f"That is {say(r.number / result.facts['total'], 'share')} of the cost of all activities.", sure="fair", how_sure="As sure as the list of what each activity serves.",
                otherwise="It may serve something that nobody wrote down.", next_step=f"Name what {quoted(r.label)} is for, or end it", owner=_named(r.owner), level="bad", weight=65,
            ))
        elif r.gap == "bottleneck":
            found.append(Finding(
                headline=f"{r.label} waits for {say(r.number, 'share')} of its time.", observed="Hours in which nothing happens, of all hours that one run takes.",
                sure="fair", how_sure="As the company states its hours; they were not measured here.", next_step=f"Follow ten runs of {quoted(r.label)} and note what each waits for", owner=_named(r.owner),
                level="bad", weight=50,
            ))
    alone = result.table[result.table["gap"] == "nobody_serves"]
    if len(alone):
        found.append(Finding(
            headline=f"No activity serves {listed(alone['label'].tolist())}.",
            observed="; ".join(f"{r.label}: {people(r.number, 'contacts')} of {people(r.customers, 'customers')}" for r in alone.itertuples()) + ".",
            sure="fair", how_sure="As sure as the list of what each activity serves.", next_step=f"Decide who looks after {quoted(alone['label'].iloc[0])}", owner=_named(alone["owner"].iloc[0]), weight=35,
        ))
    return found


def _cost(result: Result) -> list[Finding]:
    table = result.table
    above = table[table["impact_low"] > table["cost_share"]]
    if not len(above):
        return []
    one = above.assign(far=above["impact_share"] - above["cost_share"]).sort_values("far", ascending=False).iloc[0]
    return [Finding(
        headline=f"{one['label']} takes {say(one['cost_share'], 'share')} of the cost and carries {say(one['impact_share'], 'share')} of what poor experiences cost.",
        observed=f"Impact share {span(one['impact_low'], one['impact_high'], 'share')}; {people(len(above), 'activities')} carr{'ies' if len(above) == 1 else 'y'} more than they take.",
        sure="fair", how_sure="The interval is that of the effects; how cost divides over touchpoints is taken as stated.", otherwise="A touchpoint's impact is shared by cost, which need not be how quality comes about.",
        next_step=f"Ask what {quoted(one['label'])} would do with more money before taking any away", owner=_named(one["owner"]), weight=30,
    )]


def _recovery(result: Result) -> list[Finding]:
    f = result.facts
    if "difference" not in f:
        return []
    whole = result.table[result.table["touchpoint"] == ""].set_index("group")
    right, left = whole.loc["Put right"], whole.loc["Not put right"]
    observed = (f"{say(right['value'], 'share')} of {people(right['n'], 'poor experiences')} put right were followed by the outcome, {say(left['value'], 'share')} of "
                f"{people(left['n'], 'others')}: a difference of {say(f['difference'], 'change')} ({span(f['difference_low'], f['difference_high'], 'change')}).")
    shown = f["difference_low"] > 0 or f["difference_high"] < 0
    better = f["difference_low"] > 0
    mood = "" if f["outcome"] == "repeat_purchase" else " A good mood lifts both answers."
    return [Finding(
        headline=f"A poor experience put right goes with {points(f['difference'])} {'more' if better else 'fewer'} customers who {f['phrase']}." if shown
        else "Putting a poor experience right is not shown to change what customers do next.",
        observed=observed, sure="fair", how_sure="Who is helped was not drawn by lot, and nothing is held equal.", 
        otherwise=f"Help may reach those who were worst hit, or who ask for it because they mean to stay.{mood}",
        next_step="Pick half of the next poor ratings at random, and call these customers back within a day", level="good" if better and not mood else "watch", weight=28,
    )]


def _owner(table: pd.DataFrame, label: str) -> str:
    mine = table.loc[table["label"] == label, "owner"]
    return _named(mine.iloc[0]) if len(mine) else ""


def _owner_of(result: Result, label: str) -> str:
    words = result.journey.dictionary
    mine = words.loc[words["label"] == label, "owner"]
    return _named(mine.iloc[0]) if len(mine) else ""


def _named(owner: object) -> str:
    return owner if isinstance(owner, str) else ""


def _count(number: int) -> str:
    return ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")[number] if number < 10 else f"{number:,}"
