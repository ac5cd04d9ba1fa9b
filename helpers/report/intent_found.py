"""What page 1 found: how many decide, where they stop, what is too much, what goes with buying, what holds people back."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import names
from helpers.draw.text import people, say, span
from helpers.infer.section import Result
from helpers.journey import Journey
from helpers.measure.intents import AFTER, LOOKS
from helpers.names import day_words
from helpers.report.finding import Finding
from helpers.report.intent_consistency import apart
from helpers.report.intent_score import finding as score_finding
from helpers.report.words import listed, points, quoted, spelled

SURE = 0.05
ASSOCIATION = "It goes with buying; whether it brings it about, only a trial with some customers can show."


def find(journey: Journey, results: Mapping[str, Result], card=None) -> list[Finding]:
    """The findings of the page; see `finding.Finding`."""
    found = [_conversion(results["intent_time"], card)] if results["intent_time"].ok else []
    for name, read in (("intent_funnel", _funnel), ("intent_overload", _overload), ("intent_components", _components), ("intent_concerns", _concerns),
                       ("intent_consistency", _consistency), ("intent_score", _score), ("intent_open", _open)):
        if results[name].ok:
            found += read(results[name])
    if lacks := results["intent_time"].missing:
        found.append(_cannot(journey, lacks, weight=15 if found else 60))
    return found


def _cannot(journey: Journey, lacks: tuple[str, ...], weight: float) -> Finding:
    looks = any(need in ("interactions", LOOKS) for need in lacks)
    return Finding(
        headline="How customers look and compare before they buy cannot be seen in these data." if looks else "How intents end cannot be seen: no purchase is recorded.",
        observed="No contact with a touchpoint whose role is research, comparison or evaluation is recorded." if looks else "There are looks, and neither orders nor purchase touchpoints.",
        how_sure="The data that would tell are missing, and nothing is guessed.", level="unknown", weight=weight,
        next_step=(
            "Record searches, comparisons and advice before the purchase as contacts, and give their touchpoints the role research, comparison or evaluation"
            if journey.has("touchpoints", "role") else "Write the role of each touchpoint (research, comparison or evaluation) into the touchpoint dictionary"
        ) if looks else "Bring orders with customer numbers, or mark the purchase touchpoints with the role purchase",
    )


def _conversion(result: Result, card) -> Finding:
    f = result.facts
    row = _kpi(card, "intent_conversion")
    if f["share"] != f["share"]:
        return Finding(headline="How many intents end in a purchase is not known yet.", observed=f"{people(f['n'], 'intents')} started; too few have been followed long enough.",
                       how_sure="Wait until more windows are over.", level="unknown", weight=30)
    level, target = _level(row)
    median = f"; half of these purchases come by day {f['median']:.0f}" if f["median"] == f["median"] else ""
    return Finding(
        headline=f"{say(f['share'], 'share')} of intents end in a purchase within {f['window']:g} days{target}{median}.",
        observed=f"95% interval {span(f['low'], f['high'], 'share')}, over {people(f['n'], 'intents')}; the plain ratio over the {people(f['mature_n'], 'intents')} whose window is over is {say(f['mature'], 'share')}.",
        how_sure="The interval covers chance; open windows are censored, not counted as lost.",
        otherwise="Purchases that cannot be tied to a customer's looks (in a shop, by another person) count as none.",
        next_step="Begin where most are lost, and with the doubts named on this page, and follow this figure month by month", owner=row["owner"] if row is not None else "", level=level,
        weight={"bad": 70, "watch": 40, "good": 30, "unknown": 35}[level],
    )


def narrowest(f: Mapping) -> str:
    """The step at which the smallest share goes on, without a full stop."""
    if f["passages"] == 1:
        return f"{say(f['worst_share'], 'share')} of customers go on from {quoted(f['worst_from'])} to {quoted(f['worst_label'])}"
    return f"Most are lost between {quoted(f['worst_from'])} and {quoted(f['worst_label'])}: {say(f['worst_share'], 'share')} go on"


def _funnel(result: Result) -> list[Finding]:
    f = result.facts
    if "worst" not in f:
        return []
    owner = _owners(result.journey, "stage", f["worst"])
    return [Finding(
        headline=f"{narrowest(f)} within {f['window']:g} days.",
        observed=f"95% interval {span(f['worst_low'], f['worst_high'], 'share')}; {people(f['worst_lost'], 'customers')} got as far as {quoted(f['worst_from'])} and no further.",
        how_sure="Each customer is followed from the first contact in the period; who has had less time than the window is left out.",
        otherwise="Some go on where nobody records it; and many may only look.",
        next_step=f"Ask ten customers who stopped at {quoted(f['worst_from'])} what they lacked, and look at this share again after each change", owner=owner, level="watch" if f["worst_share"] < 0.7 else "good", weight=45 if f["worst_share"] < 0.7 else 22,
    )]


def _overload(result: Result) -> list[Finding]:
    f = result.facts
    if not f["found"]:
        return []
    return [Finding(
        headline=f"Customers who look at more than {f['point']:g} options buy less often: {say(f['beyond_value'], 'share')} of them, and {say(f['at_point'], 'share')} of those who look at about {f['point']:g}.",
        observed=f"Turning point {f['point']:g}{_ends(f)}; of all finished intents in the data, not only this period's, {say(f['beyond_share'], 'share')} ({f['beyond']:,.0f}) lie past it.",
        how_sure=f"Chance alone would hardly bring the rise up to {f['point']:g}, nor the fall past it, even with every turning point tried.",
        otherwise="Who finds nothing that fits goes on looking: many options may be the mark of a hard case and not its cause.",
        next_step=f"Show at most {f['point']:g} options at a time to half of the visitors and compare", owner=_owners(result.journey, "role", *names.INTENT_ROLES), level="bad", weight=65,
    )]


def _ends(f: Mapping) -> str:
    """The interval of the turning point; a whole number may be the only one that fits."""
    return ", and no other number fits nearly as well" if f["low"] == f["high"] else f" (95% interval {f['low']:g} to {f['high']:g})"


def _components(result: Result) -> list[Finding]:
    effects, spots = result.extra["effects"], result.extra["touchpoints"]
    sure = effects[effects["q_value"] < SURE]
    found = []
    missed = sure[(sure["component"] == "information") & (sure["group"] == "failed") & (sure["difference"] < 0)]
    got = effects[(effects["component"] == "information") & (effects["group"] == "worked")]
    if len(missed) and len(got):
        bad, good = missed.iloc[0], got.iloc[0]
        found.append(Finding(
            headline=f"Customers who look for information and do not find it buy {points(bad['difference'])} less often; those who find it {_more(good['difference'])}.",
            observed=f"Not found: {_interval(bad)}, {people(bad['n'], 'intents')}. Found: {_interval(good)}, {people(good['n'], 'intents')}. Against intents that did not look for any, other things equal.",
            how_sure=ASSOCIATION, otherwise="Those with unusual questions find less, and may also find no product.",
            next_step=f"List what was looked for and not found at {_where(spots, 'information')}, and write the ten most wanted answers", owner=_owners(result.journey, "role", "information"),
            level="bad", weight=55,
        ))
    up = sure[(sure["group"] != "failed") & (sure["difference"] > 0) & sure["component"].isin(["trust", "needs"])]
    for row in up.itertuples():
        table = result.table.set_index("component")
        met = table.at[row.component, "met"]
        what = {"trust": "meet a sign of trust", "needs": "are helped to what they need"}[row.component]
        found.append(Finding(
            headline=f"Customers who {what} buy {points(row.difference)} more often; {say(1 - met, 'share')} of intents meet none." if row.component == "trust"
            else f"Customers who {what} buy {points(row.difference)} more often.",
            observed=f"{_interval(row._asdict())} over {people(row.n, 'intents')}, other things equal; most at {_best(spots, row.component)}.",
            how_sure=ASSOCIATION, otherwise="Those who mean to buy read more on the way.",
            next_step=f"Show {_best(spots, row.component)} to half of the customers who do not come upon it, and compare", owner=_owners(result.journey, "role", row.component), level="watch", weight=42 if row.component == "trust" else 38,
        ))
    return found


def _concerns(result: Result) -> list[Finding]:
    sure = result.table[(result.table["q_value"] < SURE) & (result.table["difference"] > 0)]
    if not len(sure):
        return []
    told = [f"{spelled(r.label)}: {say(r.not_bought, 'share')} against {say(r.bought, 'share')} ({people(r.n, 'intents')})" for r in sure.head(4).itertuples()]
    return [Finding(
        headline=f"Those who do not buy ask more often about {listed([spelled(v) for v in sure['label']], most=4)}.",
        observed="Of intents without and with a purchase, asked about " + "; ".join(told) + ".",
        how_sure="Chance alone would hardly bring any of these differences, even with all topics compared. " + ASSOCIATION, otherwise="Only those who ask are seen; others leave with the same doubt in silence.",
        next_step=f"Answer questions about {spelled(sure['label'].iloc[0])} before they are asked: in one sentence, where customers decide", owner=_owners(result.journey, "role", "concerns"), level="bad", weight=52,
    )]


def _consistency(result: Result) -> list[Finding]:
    table, far = result.table, result.extra["spread"]
    together = {(row.measure, row.kind): apart(row) for row in far.itertuples()}
    found = []
    devices = table[(table["measure"] == "buying") & (table["kind"] == "device") & (table["q_value"] < SURE) & (table["difference"] < 0)]
    if len(devices):
        one = devices.loc[devices["difference"].idxmin()]
        found.append(Finding(
            headline=f"With {quoted(spelled(one['label']))} as the first device {points(one['difference'])} fewer intents end in a purchase, the mix of customers held equal.",
            observed=f"{say(one['mean'], 'share')} ({span(one['low'], one['high'], 'share')}) of {people(one['n'], 'intents')} buy; adjusted against all others {say(one['difference'], 'change')} "
            f"({span(one['difference_low'], one['difference_high'], 'change')}). {together['buying', 'device']}",
            how_sure="A simple mix adjustment for segments and number of options; other differences between the customers remain.", otherwise="Customers may look on the move and buy elsewhere unseen.",
            next_step=f"Go the whole way to a purchase with {quoted(spelled(one['label']))}, and mend the first thing that is harder there", owner=_owners(result.journey, "role", *names.INTENT_ROLES), level="watch", weight=35,
        ))
    rated = table[(table["measure"] == "satisfaction") & (table["kind"] == "channel") & (table["q_value"] < SURE)]
    if len(rated) > 1 and rated["difference"].min() < 0 < rated["difference"].max():
        low, high = rated.loc[rated["difference"].idxmin()], rated.loc[rated["difference"].idxmax()]
        found.append(Finding(
            headline=f"Satisfaction before the purchase depends on the channel: {high['mean']:.1f} of {result.facts['scale'][1]:g} for {quoted(spelled(high['label']))}, {low['mean']:.1f} for {quoted(spelled(low['label']))}.",
            observed="; ".join(f"{spelled(r['label'])} {r['mean']:.2f} ({r['low']:.2f}–{r['high']:.2f}, {people(r['n'], 'answers')})" for r in (high, low)) + f". {together['satisfaction', 'channel']}",
            how_sure="Chance alone would hardly bring either difference from the other channels, even with all that were compared.", otherwise="Different customers and questions come to different channels.",
            next_step=f"Ask customers what they like about {quoted(spelled(high['label']))}, and try one such thing at {quoted(spelled(low['label']))}", owner=_owners(result.journey, "channel", low["label"]), weight=25,
        ))
    return found


def _score(result: Result) -> list[Finding]:
    return score_finding(result, _owners(result.journey, "role", "needs", "concerns"))


def _open(result: Result) -> list[Finding]:
    f, table, currency = result.facts, result.table, result.journey.company.currency
    if f["expected"] != f["expected"]:
        return []
    best = table.dropna(subset=["expected"]).sort_values("expected", ascending=False)
    fresh = f"; {say(best['expected'].iloc[0], 'currency', currency=currency)} of it hangs on those who last looked {best['band'].iloc[0]}" if len(best) else ""
    return [Finding(
        headline=f"{people(f['people'], 'customers')} were deciding on {day_words(f['end'])}; their intents can be expected to bring {say(f['expected'], 'currency', currency=currency)}.",
        observed=f"95% interval {say(f['low'], 'currency')} to {say(f['high'], 'currency', currency=currency)}{fresh}.",
        sure="fair", how_sure="A simple estimate: each intent's chance is that of finished intents of the same age, its value the mean revenue of past ones.",
        next_step="Offer help this week to those who looked within the last days, before their chance falls", owner=_owners(result.journey, "role", "needs", "concerns"), level="watch", weight=20,
    )]


def _kpi(card, kpi: str) -> pd.Series | None:
    if card is None:
        return None
    rows = card.table[card.table["kpi"] == kpi]
    return rows.iloc[0] if len(rows) else None


def _level(row: pd.Series | None) -> tuple[str, str]:
    """The level of a finding and how the target stands, from a KPI's row."""
    if row is None or row["status"] in ("no_information", "not_yet_known") or pd.isna(row["target"]):
        return ("watch", "")
    if row["status"] == "on_target":
        return "good", f", past the target of {say(row['target'], row['unit'])}"
    return "bad" if row["status"] == "red_flag" else "watch", f", short of the target of {say(row['target'], row['unit'])}"


def _owners(journey: Journey, column: str, *words: str) -> str:
    """Who owns the touchpoints with one of the words in a column of the dictionary: the one who owns most."""
    table = journey.dictionary
    mine = table.loc[table[column].isin(words) & (~table["stage"].isin(AFTER) | (column == "stage")), "owner"].dropna()
    return str(mine.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[0]) if len(mine) else ""


def _best(spots: pd.DataFrame, role: str) -> str:
    """The touchpoint of a component with which buying goes most."""
    mine = spots[spots["role"] == role].sort_values("difference", ascending=False) if len(spots) else spots
    return quoted(mine["label"].iloc[0]) if len(mine) else "its touchpoints"


def _where(spots: pd.DataFrame, role: str) -> str:
    mine = spots[spots["role"] == role] if len(spots) else spots
    return listed([quoted(v) for v in mine["label"]], most=3) if len(mine) else "its touchpoints"


def _interval(row) -> str:
    return f"{say(row['difference'], 'change')} ({span(row['low'], row['high'], 'change')})"


def _more(difference: float) -> str:
    return f"{points(difference)} {'more' if difference > 0 else 'less'}"
