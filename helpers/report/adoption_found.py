"""What page 3 found: how many take up the product, who is late, what stands in the way, who stays, which KPI moves which."""

from __future__ import annotations

from collections.abc import Mapping

from helpers.draw.text import month, people, say, say_q, span
from helpers.infer.adoption_parts import SURE
from helpers.infer.section import Result
from helpers.journey import Journey
from helpers.measure import adoption
from helpers.report import adoption_value, who_stays
from helpers.report.adoption_adjusted import sure_words
from helpers.report.adoption_months import arrows
from helpers.report.adoption_words import LEVELS, alive_words, earlier_words, funnel_words, group, kpi_row, late_words, owner_of
from helpers.report.finding import Finding
from helpers.report.words import listed, points, quoted

WEIGHTS = {"bad": 70, "watch": 45, "good": 30, "unknown": 35}
OBSTACLE = {"unused": "are onboarded and never try", "failed": "try without success", "technical": "open a technical ticket", "rival": "speak of a rival"}


def find(journey: Journey, results: Mapping[str, Result], card=None) -> list[Finding]:
    """The findings of the page; see `finding.Finding`."""
    found = []
    for name, read in (("time_to_adopt", _adoption), ("adoption_by_segment", _late), ("obstacles_by_segment", _worse), ("onboarding_touchpoints", _experience), ("onboarding_funnel", _funnel),
                       ("adoption_obstacles", _obstacles), ("cohort_triangle", _cohorts), ("adoption_pays", _pays)):
        if results[name].ok:
            found += read(results[name], results, card)
    if results["who_stays"].ok:
        found += who_stays.find(results["who_stays"])
    if results["lifetime_value"].ok:
        found += adoption_value.find(results["lifetime_value"], card)
    if card is not None:
        found += arrows(journey, card)
    if not results["time_to_adopt"].ok:
        found.append(_cannot(journey, results["time_to_adopt"]))
    return found


def _adoption(result: Result, results, card) -> list[Finding]:
    f, row = result.facts, kpi_row(card, "adoption_rate")
    if f["share"] != f["share"]:
        return [Finding(headline="How many new customers take up the product is not known yet.", observed=f"{people(f['n'], 'customers')} started; nobody has been followed for {f['window']:g} days.",
                        how_sure="Wait until more windows are over.", level="unknown", weight=WEIGHTS["unknown"])]
    level = LEVELS[row["status"]] if row is not None else "watch"
    aim = f", and {say(row['target'], 'share')} are wanted" if row is not None and row["target"] == row["target"] else ""
    half = f" Half of all new customers have by day {f['median']:.0f} ({f['median_low']:.0f} to {f['median_high']:.0f})." if f["median"] == f["median"] and f["median_high"] == f["median_high"] else ""
    return [Finding(
        headline=f"{say(f['share'], 'share')} of new customers use the product within {f['window']:g} days of the {adoption.STARTS[f['kind']]}{aim}.",
        observed=f"95% interval {span(f['low'], f['high'], 'share')}, over {people(f['n'], 'customers')}.{half}",
        how_sure="The interval covers chance; customers whose time is not up are censored, not counted as lost.",
        otherwise="Use that leaves no trace in the data (offline, under another account) counts as none.", level=level, weight=WEIGHTS[level] + 10,
        next_step="Work on the groups and obstacles below, and follow this share by starting month" if level != "good" else "Keep the way it is done, and watch the months below",
        owner=owner_of(row),
    )]


def _late(result: Result, results, card) -> list[Finding]:
    f = result.facts
    if "late" not in f:
        return []
    one, fast = f["late"], f["fastest"]
    told = [f"{group(one['column'], one['value'])}: {_half(one)}, {say(one['share'], 'share')} within {f['window']:g} days, n {people(one['n'])}"]
    told += [f"{group(fast['column'], fast['value'])}: {_half(fast)}, {say(fast['share'], 'share')} within {f['window']:g} days, n {people(fast['n'])}"] if fast else []
    others = result.table[(result.table["q_value"] < SURE) & (result.table["median"] > result.table["rest_median"]) & (result.table["value"] != one["value"])]
    also = f" Later than the rest of their kind as well: {listed([group(r.column, r.value) + f' (day {r.median:.0f})' for r in others.itertuples()])}." if len(others) else ""
    return [Finding(
        headline=late_words(f) + ".", observed="; ".join(told) + "." + also,
        how_sure=f"Chance alone would hardly bring it (log-rank test against all others of the column, q {say_q(one['q_value'], aloud=True)}). {sure_words(results, one['column'], one['value']) or 'Nothing else is held equal.'}",
        otherwise="A group may start later for a reason of its own: delivery, installation, or work that has to be planned.",
        next_step=f"Ask ten customers of {group(one['column'], one['value'])} what they waited for, and give them a start of their own", owner=owner_of(kpi_row(card, "time_to_first_value")) or _role_owner(result, "onboarding"),
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
        also = f"; use of the product lies {points(one['not_adopted'])} lower" if fewer else ""
        found.append(Finding(
            headline=f"In {where} {say(one['new_share'], 'share')} of new customers {OBSTACLE[one['obstacle']]}, elsewhere {say(one['rest_share'], 'share')}{also}.",
            observed="; ".join(f"{OBSTACLE[r.obstacle]}: {say(r.difference, 'change')} ({span(r.difference_low, r.difference_high, 'change')}), n {people(r.new)}" for r in part.itertuples())
            + (f"; do not use it within {result.facts['window']:g} days: {say(one['not_adopted'], 'change')} ({span(one['not_adopted_low'], one['not_adopted_high'], 'change')})" if fewer else "") + ".",
            how_sure=f"Chance alone would hardly bring it, even with all groups and obstacles compared (q {say_q(part['q_value'].max(), aloud=True)}). Nothing else is held equal.",
            otherwise="Another mix of products or channels in this group; a service desk that writes more tickets.",
            next_step=f"Go through the tickets and failed first uses of {where} one by one, and remove the most frequent cause", owner=owner_of(kpi_row(card, "technical_issue_rate")) or _role_owner(result, "usage"),
            level="bad" if fewer else "watch", weight=68 if fewer else 40,
        ))
    told = {(late.get("column"), late.get("value"))} | {(row.column, row.value) for row in worse.itertuples()}
    return found + _fewest(result, told)


def _fewest(result: Result, told: set[tuple]) -> list[Finding]:
    """The group that takes up the product least, where nothing has been said of it yet."""
    one = result.facts["fewest"]
    if not one or (one["column"], one["value"]) in told or one["difference"] < 0.05:
        return []
    where = group(one["column"], one["value"])
    return [Finding(
        headline=f"In {where} {say(one['new_share'], 'share')} of new customers do not use the product, elsewhere {say(one['rest_share'], 'share')}.",
        observed=f"Within {result.facts['window']:g} days; a difference of {say(one['difference'], 'change')} ({span(one['difference_low'], one['difference_high'], 'change')}), n {people(one['new'])}.",
        how_sure=f"Chance alone would hardly bring it, even with all groups and obstacles compared (q {say_q(one['q_value'], aloud=True)}). Nothing else is held equal.", otherwise="The group may differ in other ways that matter more.",
        next_step=f"Ask ten customers of {where} who have not begun what holds them back", owner=_role_owner(result, "usage"), level="watch", weight=46,
    )]


def _experience(result: Result, results, card) -> list[Finding]:
    table = result.table
    bad = table[(table["q_value"] < SURE) & (table["difference"] < 0)]
    return [Finding(
        headline=f"After a poor experience with {quoted(r.label)} {points(r.difference)} fewer new customers use the product.",
        observed=f"{say(r.poor_adopted, 'share')} after a poor one (n {people(r.poor)}), {say(r.better_adopted, 'share')} otherwise: {say(r.difference, 'change')} ({span(r.low, r.high, 'change')}). "
        f"{say(r.poor_share, 'share')} of its ratings are poor.",
        how_sure=f"Chance alone would hardly bring it (q {say_q(r.q_value, aloud=True)}); plain shares among those who answered, nothing held equal.", otherwise="Who is less at home with such products may rate the help lower and use the product less, whatever the help is like.",
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
        headline=f"On the way into use, the largest loss lies between {quoted(words[w['before']])} and {quoted(words[w['step']])}: {say(w['of_previous'], 'share')} go on.",
        observed=f"{people(w['lost'], 'customers')} stop there ({span(w['of_previous_low'], w['of_previous_high'], 'share')} go on), of {people(result.table['users'].iloc[0])} whose {f['window']:g} days are over.",
        how_sure="The interval covers chance. The steps are counted in this order; other ways into use are not.",
        otherwise="Some need no help and skip a step; they are lost to the funnel, not to the company.",
        next_step=f"Remind {'new customers' if w['before'] == 'started' else 'customers who have reached ' + quoted(words[w['before']])} within the week, half of them by lot, and compare", owner=_role_owner(result, role), level="watch", weight=42,
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
        next_step="Look at what changed in the offer, the onboarding or the customers at that time", owner=owner_of(kpi_row(card, "retention_30d")), level="watch" if less else "good", weight=43 if less else 25,
    )]


def _staying(result: Result, card) -> list[Finding]:
    """How many are there later, from the scorecard's own figures."""
    rows = [row for day in (30, 90) if (row := kpi_row(card, f"retention_{day}d")) is not None and row["value"] == row["value"]]
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
        if earlier else "Follow this share by starting month, and ask those who fall silent after the first month", owner=owner_of(first), level="unknown" if earlier else level, weight=26,
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
        otherwise="Who likes the product uses it and buys again.", next_step="Pick half of the next new customers at random, help these to the first use, and compare what both order",
        owner=owner_of(kpi_row(card, "revenue_per_adopter")), level="good", weight=32,
    )]


def _cannot(journey: Journey, result: Result) -> Finding:
    if adoption.start_kind(journey) is None:
        return Finding(
            headline="When customers start cannot be seen in these data, so nothing after it can be timed.", observed="There are no orders of named customers, no contacts, and no date on which a customer became one.",
            how_sure="The data that would tell are missing, and nothing is guessed.", level="unknown", weight=60, next_step="Bring the date on which each customer became one (acquired_at in customers), or their orders",
        )
    if result.missing or not adoption.can_adopt(journey):
        return Finding(
            headline="Whether customers use what they bought cannot be seen in these data.", observed="No contact is marked as use: no touchpoint with the role usage has contacts. What follows rests on " + _alive(journey) + ".",
            how_sure="The data that would tell are missing, and nothing is guessed.", level="unknown", weight=60,
            next_step="Record use (log-ins, service calls, consumption) as interactions, and give their touchpoints the role usage in the touchpoint dictionary",
        )
    return Finding(
        headline="Too few customers start in this period to say how many take up the product.", observed="Under the floor below which no share is shown.", how_sure="It takes more customers.",
        level="unknown", weight=40, next_step="Render a longer period, or all customers",
    )


def _alive(journey: Journey) -> str:
    return {"purchase": "orders", "contact": "contacts of any kind", "usage": "use"}.get(next(iter(adoption.signs(journey)), ""), "very little")


def _role_owner(result: Result, role: str) -> str:
    """Who owns most touchpoints of a role, as the dictionary names them."""
    words = result.journey.dictionary
    owners = words.loc[words["role"] == role, "owner"].dropna()
    return owners.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[0] if len(owners) else ""
