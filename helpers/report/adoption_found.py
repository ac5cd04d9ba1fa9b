"""What page 3 found: how many take up the product, who is late, what stands in the way, who stays, which KPI moves which."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.draw.text import month, people, say, span
from helpers.infer.adoption_parts import older_than_the_data
from helpers.infer.section import Result
from helpers.journey import Journey
from helpers.measure import adoption
from helpers.report import who_stays
from helpers.report.links import of as links_of
from helpers.report.finding import Finding
from helpers.report.words import listed, points, quoted

sure = 0.05
STEPS = {"met": "Began onboarding", "onboarded": "Onboarding that worked", "used": "First use", "again": "Use on another day"}
START = {"relation": "Start", "purchase": "First order", "onboarding": "First onboarding contact", "acquired": "Became a customer", "contact": "First contact"}
LEVELS = {"on_target": "good", "below_target": "watch", "red_flag": "bad", "not_yet_known": "watch", "no_information": "watch"}
WEIGHTS = {"bad": 70, "watch": 45, "good": 30, "unknown": 35}
OBSTACLE = {"unused": "are onboarded and never try", "failed": "try without success", "technical": "open a technical ticket", "rival": "speak of a rival"}


def find(journey: Journey, results: Mapping[str, Result], card=None) -> list[Finding]:
    """The findings of the page; see `finding.Finding`."""
    found = []
    for name, read in (("time_to_adopt", _adoption), ("adoption_by_segment", _late), ("obstacles_by_segment", _worse), ("onboarding_touchpoints", _experience), ("onboarding_funnel", _funnel),
                       ("adoption_obstacles", _obstacles), ("cohort_triangle", _cohorts), ("adoption_pays", _pays)):
        if results[name].ok:
            found += read(results[name], results, card)
    found += [one for kind in ("leading", "lagging") if results[f"adoption_{kind}"].ok for one in _signals(results[f"adoption_{kind}"], journey, card)]
    if results["who_stays"].ok:
        found += who_stays.find(results["who_stays"])
    if card is not None:
        found += _links(journey, card)
    if not results["time_to_adopt"].ok:
        found.append(_cannot(journey, results["time_to_adopt"]))
    return found


def funnel_words(kind: str) -> dict[str, str]:
    """The name of each step of the onboarding funnel."""
    return {"started": START[kind], **STEPS}


def group(column: str, value: str) -> str:
    """A group as a sentence names it: `region “ost”`."""
    return f"{column.replace('_', ' ')} {quoted(value)}"


def used(result: Result) -> str:
    """Using the product, as a verb phrase after "who"."""
    return "use the product"


def alive_words(result: Result) -> str:
    """What a sign of life is here, after "who"."""
    words = {("usage", "purchase"): "use the product or order again", ("usage",): "use the product", ("purchase",): "buy again"}
    return words.get(tuple(result.facts["signs"]), "are seen again")


def earlier_words(result: Result) -> str:
    """A sentence where the first start in the data is hardly the first one; else nothing."""
    f = result.facts
    start = {"purchase": "order", "onboarding": "onboarding contact", "contact": "contact"}.get(f["kind"], "contact")
    return {
        "known": f"{say(f['known'] / max(f['started'], 1), 'share')} of these customers were customers before the data begin: the first {start} seen here is not their first.",
        "early": f"{say(f['early'] / max(f['started'], 1), 'share')} of these customers have their first {start} in the data's first 30 days. Most of them will have been customers before: they are older "
                 "than they look here, and the first months are not months of new customers.",
    }.get(older_than_the_data(f, result.journey), "")


def settled(q: float) -> str:
    """Whether a comparison shows a difference."""
    return "–" if q != q else "differs" if q < sure else "not shown"


def late_words(f: Mapping) -> str:
    """The group that adopts late, beside the fastest of its column, in one line."""
    one, fast = f["late"], f["fastest"]
    where = group(one["column"], one["value"])
    if one["median"] != one["median"]:
        return f"In {where} fewer than half have used the product so far; among the others half have by day {one['rest_median']:.0f}"
    if fast is None:
        return f"In {where} half have used the product by day {one['median']:.0f}, among the others by day {one['rest_median']:.0f}"
    return (f"In {where} the first use comes {one['median'] - fast['median']:.0f} days later than in {quoted(fast['value'])}: half have used the product by day {one['median']:.0f}, there by day "
            f"{fast['median']:.0f}")


def _adoption(result: Result, results, card) -> list[Finding]:
    f, row = result.facts, _kpi(card, "adoption_rate")
    if f["share"] != f["share"]:
        return [Finding(headline="How many new customers take up the product is not known yet.", observed=f"{people(f['n'], 'customers')} started; nobody has been followed for {f['window']:g} days.",
                        how_sure="Not at all: wait until more windows are over.", level="unknown", weight=WEIGHTS["unknown"])]
    level = LEVELS[row["status"]] if row is not None else "watch"
    aim = f", and {say(row['target'], 'share')} are wanted" if row is not None and row["target"] == row["target"] else ""
    half = f" Half of all new customers have by day {f['median']:.0f} ({f['median_low']:.0f} to {f['median_high']:.0f})." if f["median"] == f["median"] and f["median_high"] == f["median_high"] else ""
    return [Finding(
        headline=f"{say(f['share'], 'share')} of new customers use the product within {f['window']:g} days of the {adoption.STARTS[f['kind']]}{aim}.",
        observed=f"95 % interval {span(f['low'], f['high'], 'share')}, over {people(f['n'], 'customers')}.{half}",
        how_sure="The interval covers chance; customers whose time is not up are censored, not counted as lost.",
        otherwise="Use that leaves no trace in the data (offline, under another account) counts as none.", level=level, weight=WEIGHTS[level] + 10,
        next_step="Work on the groups and obstacles below, and follow this share by starting month" if level != "good" else "Keep the way it is done, and watch the months below",
        owner=_owner(row),
    )]


def _late(result: Result, results, card) -> list[Finding]:
    f = result.facts
    if "late" not in f:
        return []
    one, fast = f["late"], f["fastest"]
    told = [f"{group(one['column'], one['value'])}: {_half(one)}, {say(one['share'], 'share')} within {f['window']:g} days, n {people(one['n'])}"]
    told += [f"{group(fast['column'], fast['value'])}: {_half(fast)}, {say(fast['share'], 'share')} within {f['window']:g} days, n {people(fast['n'])}"] if fast else []
    others = result.table[(result.table["q_value"] < sure) & (result.table["median"] > result.table["rest_median"]) & (result.table["value"] != one["value"])]
    also = f" Later than the rest of their kind as well: {listed([group(r.column, r.value) + f' (day {r.median:.0f})' for r in others.itertuples()])}." if len(others) else ""
    return [Finding(
        headline=late_words(f) + ".", observed="; ".join(told) + "." + also,
        how_sure=f"Log-rank test against all others of the column: q {_q(one['q_value'])}. Nothing else is held equal.",
        otherwise="A group may start later for a reason of its own: delivery, installation, or work that has to be planned.",
        next_step=f"Ask ten customers of {group(one['column'], one['value'])} what they waited for, and give them a start of their own", owner=_owner(_kpi(card, "time_to_first_value")) or _role_owner(result, "onboarding"),
        level="bad", weight=66,
    )]


def _half(row: Mapping) -> str:
    if row["median"] != row["median"]:
        return "fewer than half have used it"
    ends = f" ({row['median_low']:.0f} to {row['median_high']:.0f})" if row["median_high"] == row["median_high"] else ""
    return f"half by day {row['median']:.0f}{ends}"


def _worse(result: Result, results, card) -> list[Finding]:
    """A finding a group in which an obstacle is shown to be worse than elsewhere; the late group's own is told above."""
    worse = result.facts["worse"]
    late = results["adoption_by_segment"].facts.get("late", {})
    if len(worse):
        worse = worse[~((worse["column"] == late.get("column")) & (worse["value"] == late.get("value")) & worse["obstacle"].isin(["unused", "failed"]))]
    found = []
    for (column, value), part in worse.groupby(["column", "value"], sort=False) if len(worse) else ():
        part = part.assign(first=part["obstacle"] != "technical").sort_values(["first", "difference"], ascending=[True, False], kind="stable")
        one, where = part.iloc[0], group(column, value)
        fewer = one["not_adopted_low"] > 0
        also = f", and {points(one['not_adopted'])} fewer use the product" if fewer else ""
        found.append(Finding(
            headline=f"In {where} {say(one['new_share'], 'share')} of new customers {OBSTACLE[one['obstacle']]}, elsewhere {say(one['rest_share'], 'share')}{also}.",
            observed="; ".join(f"{OBSTACLE[r.obstacle]}: {say(r.difference, 'change')} ({span(r.difference_low, r.difference_high, 'change')}), n {people(r.new)}" for r in part.itertuples())
            + (f"; do not use it within {result.facts['window']:g} days: {say(one['not_adopted'], 'change')} ({span(one['not_adopted_low'], one['not_adopted_high'], 'change')})" if fewer else "") + ".",
            how_sure=f"Over all new customers of the group against all others; q {_q(part['q_value'].max())} over all groups and obstacles. Nothing else is held equal.",
            otherwise="Another mix of products or channels in this group; a service desk that writes more tickets.",
            next_step=f"Go through the tickets and failed first uses of {where} one by one, and remove the most frequent cause", owner=_owner(_kpi(card, "technical_issue_rate")) or _role_owner(result, "usage"),
            level="bad" if fewer else "watch", weight=68 if fewer else 40,
        ))
    return found


def _experience(result: Result, results, card) -> list[Finding]:
    table = result.table
    bad = table[(table["q_value"] < sure) & (table["difference"] < 0)]
    return [Finding(
        headline=f"After a poor experience with {quoted(r.label)} {points(r.difference)} fewer new customers use the product.",
        observed=f"{say(r.poor_adopted, 'share')} after a poor one (n {people(r.poor)}), {say(r.better_adopted, 'share')} otherwise: {say(r.difference, 'change')} ({span(r.low, r.high, 'change')}). "
        f"{say(r.poor_share, 'share')} of its ratings are poor.",
        how_sure=f"q {_q(r.q_value)}; plain shares among those who answered, nothing held equal.", otherwise="Who is less at home with such products may rate the help lower and use the product less, whatever the help is like.",
        next_step=f"Watch five new customers go through {quoted(r.label)}, and mend the step at which they stop", owner=r.owner if isinstance(r.owner, str) else "", level="bad", weight=60,
    ) for r in bad.itertuples()]


def _funnel(result: Result, results, card) -> list[Finding]:
    f = result.facts
    if "worst" not in f:
        return []
    words, w = funnel_words(f["kind"]), f["worst"]
    if w["of_previous"] > 0.9:
        return []
    role = "usage" if w["step"] in ("used", "again") else "onboarding"
    return [Finding(
        headline=f"On the way into use, most new customers stop between {quoted(words[w['before']])} and {quoted(words[w['step']])}: {say(w['of_previous'], 'share')} go on.",
        observed=f"{people(w['lost'], 'customers')} stop there ({span(w['of_previous_low'], w['of_previous_high'], 'share')} go on), of {people(result.table['users'].iloc[0])} whose {f['window']:g} days are over.",
        how_sure="The interval covers chance. The steps are counted in this order; other ways into use are not.",
        otherwise="Some need no help and skip a step; they are lost to the funnel, not to the company.",
        next_step=f"Remind customers who have reached {quoted(words[w['before']])} within the week, half of them by lot, and compare", owner=_role_owner(result, role), level="watch", weight=42,
    )]


def _obstacles(result: Result, results, card) -> list[Finding]:
    f, table = result.facts, result.table
    known = table[(table["obstacle"] != "none") & table["share"].notna()].sort_values("share", ascending=False)
    if not len(known):
        return []
    top = known.iloc[0]
    said = {"unused": "were onboarded and never tried", "failed": "tried without success", "technical": "opened a technical ticket", "rival": "spoke of a rival or of switching"}
    step = {"unused": "Call twenty customers who were onboarded and have not begun, and ask what holds them back", "failed": "Replay the failed first uses and mend the most frequent fault",
            "technical": "Sort the technical tickets of new customers by cause, and remove the first", "rival": "Ask those who speak of a rival what it offers"}[top["obstacle"]]
    return [Finding(
        headline=f"Of the {people(f['n'], 'customers')} who did not take up the product, {say(top['share'], 'share')} {said[top['obstacle']]}.",
        observed="; ".join(f"{r.label}: {say(r.share, 'share')} ({span(r.low, r.high, 'share')})" for r in table.dropna(subset=["share"]).itertuples()) + ".",
        how_sure="Plain shares with their interval; one customer can have several obstacles, and reasons that leave no trace are under none of them.",
        otherwise="Some of them only need longer: the window is the company's own.", next_step=step, owner=_role_owner(result, "onboarding" if top["obstacle"] == "unused" else "usage"), level="watch", weight=44,
    )]


def _cohorts(result: Result, results, card) -> list[Finding]:
    f = result.facts
    if f.get("direction") not in ("up", "down"):
        return _staying(result, card)
    less = f["direction"] == "down"
    return [*_staying(result, card), Finding(
        headline=f"Newer customers stay {'less' if less else 'more'}: {say(f['newer'], 'share')} are active from day 30 to 59, against {say(f['older'], 'share')} before.",
        observed=f"Customers from {month(f['split'])} on (n {people(f['newer_n'])}) against those before (n {people(f['older_n'])}): {say(f['gap'], 'change')} ({span(f['gap_low'], f['gap_high'], 'change')}).",
        how_sure="Only months that are over for all their customers are compared.", otherwise="Another mix of customers: compare the segments.",
        next_step="Look at what changed in the offer, the onboarding or the customers at that time", owner=_owner(_kpi(card, "retention_30d")), level="watch" if less else "good", weight=43 if less else 25,
    )]


def _staying(result: Result, card) -> list[Finding]:
    """How many are there later, from the scorecard's own figures."""
    rows = [row for day in (30, 90) if (row := _kpi(card, f"retention_{day}d")) is not None and row["value"] == row["value"]]
    if not rows:
        return []
    first, earlier = rows[0], earlier_words(result)
    more = f", {say(rows[1]['value'], 'share')} from day 90 to 119" if len(rows) > 1 else ""
    level = LEVELS[first["status"]] if first["status"] != "no_information" else "watch"
    return [Finding(
        headline=f"{say(first['value'], 'share')} of {'' if earlier else 'new '}customers {alive_words(result)} from day 30 to 59{more}.",
        observed="; ".join(f"{row['label']}: {say(row['value'], 'share')} ({span(row['low'], row['high'], 'share')}), n {people(row['n'])}" for row in rows) + ".",
        how_sure=earlier or "Only customers for whom these days are over are counted; the interval covers chance.",
        otherwise="Signs of life that leave no trace in the data count as none.", next_step="Bring data from before, or the day on which each customer became one, so that new customers can be told from old"
        if earlier else "Follow this share by starting month, and ask those who fall silent after the first month", owner=_owner(first), level="unknown" if earlier else level, weight=26,
    )]


def _pays(result: Result, results, card) -> list[Finding]:
    f = result.facts
    if f["direction"] != "up":
        return []
    yes, no = result.table.iloc[0], result.table.iloc[1]
    return [Finding(
        headline=f"Customers who use the product early order again {points(f['gap'])} more often.",
        observed=f"From day {f['first']:g} to {f['last']:g} after the first order: {say(yes['value'], 'share')} of {people(yes['n'])} who used it by day {f['first']:g}, {say(no['value'], 'share')} of {people(no['n'])} who "
        f"did not; a difference of {say(f['gap'], 'change')} ({span(f['gap_low'], f['gap_high'], 'change')}).",
        how_sure="The interval covers chance; nobody counts as a user for having stayed long. It goes with use; whether use brings it about, only a trial can show.",
        otherwise="Who likes the product uses it and buys again.", next_step="Draw lots among the next new customers, help half of them to the first use, and compare their orders",
        owner=_owner(_kpi(card, "revenue_per_adopter")), level="good", weight=32,
    )]


def _signals(result: Result, journey: Journey, card) -> list[Finding]:
    """A KPI whose last settled months hold a signal to the worse."""
    table, found = result.table, []
    for kpi, part in table.groupby("kpi", sort=False):
        tail = part.tail(3)
        hit = tail[(tail["signal"] != "") & (tail["way"] == "worse")]
        if not len(hit):
            continue
        last, first = hit.iloc[-1], part.iloc[0]
        value, mean = (say(last[name], first["unit"], currency=journey.company.currency) for name in ("value", "centre"))
        found.append(Finding(
            headline=f"{first['label']}: {month(last['period'])} is a signal to the worse, {value} against a mean of {mean}.",
            observed=f"XmR chart over {part['value'].notna().sum()} settled months.", how_sure="A signal is rare by chance, about once in a hundred months and KPIs; it says that something changed, not what.",
            otherwise="A change in how the figure is recorded.", next_step=f"Ask what happened in {month(last['period'])}, and write it beside the chart", owner=_owner(_kpi(card, kpi)), level="watch", weight=36,
        ))
    return found


def _links(journey: Journey, card) -> list[Finding]:
    table, found = links_of(journey, card), []
    for r in table[table["verdict"].isin(["supported", "contradicted"])].itertuples():
        bad = r.verdict == "contradicted"
        when = "in the same month" if r.lag == 0 else f"{_months(r.lag)} later"
        drawn = "" if pd.isna(r.lag_months) or r.lag_months == r.lag else f" The scorecard draws a lag of {_months(r.lag_months)}."
        found.append(Finding(
            headline=f"When {quoted(r.from_label)} changes, {quoted(r.to_label)} {'goes the other way than planned' if bad else 'follows as planned'}, {when}.",
            observed=f"Correlation of monthly changes {r.correlation:+.2f} ({span(r.low, r.high, 'score')}), over {r.months} months; q {_q(r.q_value)}.".replace("-", "−") + drawn,
            how_sure="Seven lags were tried and paid for. A common season can still make two KPIs move together.", otherwise="A third thing that moves both.",
            next_step="Talk over why, before more is spent on this arrow" if bad else f"Keep the arrow, and plan with a lag of {_months(r.lag)}", owner=_owner(_kpi(card, r.from_kpi)),
            level="bad" if bad else "good", weight=48 if bad else 20,
        ))
    return found


def _months(lag: int) -> str:
    return f"{lag} month{'' if lag == 1 else 's'}"


def _cannot(journey: Journey, result: Result) -> Finding:
    if adoption.start_kind(journey) is None:
        return Finding(
            headline="When customers start cannot be seen in these data, so nothing after it can be timed.", observed="There are no orders of named customers, no contacts, and no date on which a customer became one.",
            how_sure="Nothing on this page is estimated from what is missing.", level="unknown", weight=60, next_step="Bring the date on which each customer became one (acquired_at in customers), or their orders",
        )
    if result.missing or not adoption.can_adopt(journey):
        return Finding(
            headline="Whether customers use what they bought cannot be seen in these data.", observed="No contact is marked as use: no touchpoint with the role usage has contacts. What follows rests on " + _alive(journey) + ".",
            how_sure="Nothing on this page is estimated from what is missing.", level="unknown", weight=60,
            next_step="Record use (log-ins, service calls, consumption) as interactions, and give their touchpoints the role usage in the touchpoint dictionary",
        )
    return Finding(
        headline="Too few customers start in this period to say how many take up the product.", observed="Under the floor below which no share is shown.", how_sure="Not at all.",
        level="unknown", weight=40, next_step="Render a longer period, or all customers",
    )


def _alive(journey: Journey) -> str:
    return {"purchase": "orders", "contact": "contacts of any kind", "usage": "use"}.get(next(iter(adoption.signs(journey)), ""), "very little")


def _kpi(card, kpi: str) -> pd.Series | None:
    if card is None:
        return None
    rows = card.table[card.table["kpi"] == kpi]
    return rows.iloc[0] if len(rows) else None


def _owner(row: pd.Series | None) -> str:
    return row["owner"] if row is not None and isinstance(row["owner"], str) else ""


def _role_owner(result: Result, role: str) -> str:
    """Who owns most touchpoints of a role, as the dictionary names them."""
    words = result.journey.dictionary
    owners = words.loc[words["role"] == role, "owner"].dropna()
    return owners.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[0] if len(owners) else ""


def _q(q: float) -> str:
    return "under 0.001" if q < 0.001 else f"{q:.3f}"
