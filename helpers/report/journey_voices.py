"""Page 5, what customers feel and say, in words: sources side by side, the terms of detractors; and what of it is worth a finding."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import draw
from helpers.draw.text import is_missing, people, say, span
from helpers.infer import feelings as felt
from helpers.infer.journey_voices import NEAREST, read_at_all
from helpers.infer.section import Result
from helpers.infer.sentiment import accuracy_of
from helpers.journey import Journey
from helpers.report import terms
from helpers.report.display import literal
from helpers.report.finding import Finding
from helpers.report.journey_words import feeling
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, owner_of, quoted, source

READ = {felt.ASKED: "Ratings", felt.COMMENTS: "Comments", felt.SAID: "Said in public", felt.DONE: "Friction"}
LOWEST = {felt.ASKED: "ratings are lowest at", felt.COMMENTS: "comments are poorest at", felt.DONE: "friction is highest at"}
HEADS = {**READ, felt.DONE: "Friction (+1 is none)"}
HARD = {"contact": "of contacts failed or were broken off", "ticket": "of tickets were opened again", "effort": "of effort answers say hard"}
MOST_APART = 5


@reads("feelings")
def feelings(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    stages = table[table["level"] == "stage"]
    order = {word: i for i, word in enumerate(READ)}
    shown = stages.assign(_g=stages["source"].map(order), source=stages["source"].map(HEADS).fillna(""), _s=pd.factorize(stages["label"])[0])
    # The chart takes sources in order of appearance, and so it does stages.
    shown = pd.concat([shown.drop_duplicates("label").assign(source="", value=float("nan"), low=float("nan"), high=float("nan"), n=float("nan")), shown.sort_values(["_g", "_s"], kind="stable")])
    chart = draw.feelings(shown[["label", "source", "value", "low", "high", "n"]].reset_index(drop=True), title=_title(stages), who=f"{result.who}; {_counts(stages)}", stem="feelings_by_stage",
                          caption="Each source has its own zero: compare it with itself from stage to stage. " + source(result, "contacts, tickets and surveys"))
    items: list[Item] = [chart, _read_so(f)]
    points = _points(table[table["level"] == "touchpoint"], result.extra["friction"], list(result.journey.stages.values()))
    items.append(Table(points, "feelings_by_touchpoint", "Each touchpoint as ratings, comments and friction read it, from −2 to +2, with 95% intervals and n", table))
    if len(apart := result.extra["apart"]):
        items.append("Rated better than usual, and yet hard: " + "; ".join(_apart(part) for _, part in list(apart.groupby("key", sort=False))[:MOST_APART]) + ". Friction runs from −1, everything was hard, to +1, nothing was; those who answer a survey have mostly got through.")
    return items


def _title(stages: pd.DataFrame) -> str:
    """What the sources agree on: the poorest stage of each that can compare two."""
    lowest = {}
    for word in (felt.ASKED, felt.COMMENTS, felt.DONE):
        part = stages[stages["source"] == word].dropna(subset=["high"]).sort_values("value", kind="stable")
        if len(part) > 1 and part["high"].iloc[0] < part["low"].iloc[1]:
            lowest[word] = part["label"].iloc[0]
    if not lowest:
        return "No source shows one stage clearly below all others"
    if len(lowest) == 3 and len(set(lowest.values())) == 1:
        return f"Ratings, comments and friction agree: {quoted(lowest[felt.ASKED])} is the poorest stage"
    return _start(listed([f"{LOWEST[word]} {quoted(label)}" for word, label in lowest.items()]))


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]


def _counts(stages: pd.DataFrame) -> str:
    nouns = {felt.ASKED: "ratings", felt.COMMENTS: "comments", felt.SAID: "mentions", felt.DONE: "occasions"}
    counted = stages.groupby("source")["n"].sum()
    return listed([people(counted[word], noun) for word, noun in nouns.items() if counted.get(word, 0) > 0])


def _read_so(f: Mapping) -> str:
    """How far the sentiment of texts can be trusted, from what was measured."""
    told = []
    for word, one in (("comments", f["comments"]), ("mentions", f["mentions"])):
        if not one.get("texts", 0):
            continue
        if not one["english"]:
            told.append(f"The {word} are not in English, the language of the lexicon: their sentiment is not measured.")
            continue
        if one["foreign"]:
            told.append(f"{people(one['foreign'], word)} in another language are left out.")
        if one["sampled"]:
            told.append(f"Of {people(one['rows'], word)}, those of a sample of customers were read ({people(one['texts'])}).")
    if read_at_all(f):
        told.insert(0, accuracy_sentence())
        if own := f["agreement"]:
            told.insert(1, f"Here it goes with the rating beside the comment at r {own['correlation']:.2f} ({own['low']:.2f} to {own['high']:.2f}; {people(own['n'], 'comments')}).")
        told.append("Trust a mean over many texts, never the reading of one; and who writes is not who answers.")
    if f["mentions"].get("own"):
        told.append(f"{people(f['mentions']['own'], 'mentions')} carry the company's own reading, which counts.")
    return " ".join(told).replace("r -", "r −") or "No texts to read: neither comments nor mentions."


def accuracy_sentence() -> str:
    """The measured accuracy of the sentiment on the texts nearest to comments, for every place that shows it."""
    a = accuracy_of(NEAREST)
    return (f"How right the reading of texts is: over {people(a['n'], 'sentences')} of {NEAREST} that people rated by hand it goes with their ratings at r {a['correlation']:.2f} "
            f"({a['correlation_low']:.2f} to {a['correlation_high']:.2f}), takes the right side for {say(a['right'], 'share')} ({span(a['right_low'], a['right_high'], 'share')}) of the "
            f"clear ones on which it takes one, and takes none on {say(a['silent'], 'share')}.")


def _points(table: pd.DataFrame, hard: pd.DataFrame, stages: list[str]) -> pd.DataFrame:
    made = {}
    for row in hard.dropna(subset=["share"]).itertuples():
        made.setdefault(row.touchpoint, []).append(f"{say(row.share, 'share')} {HARD[row.kind]}")
    rows = []
    for (stage, label, key), part in table.assign(stage=table["stage"].fillna("")).groupby(["stage", "label", "key"], sort=False):
        cells = {row.source: _cell(row) for row in part.itertuples()}
        rows.append((stage or "in no stage", label, *[cells.get(word, "–") for word in (felt.ASKED, felt.COMMENTS, felt.DONE)], "; ".join(made.get(key, [])) or "–"))
    shown = pd.DataFrame(rows, columns=["Stage", "Touchpoint", "Ratings", "Comments", HEADS[felt.DONE], "What friction is made of"])
    order = {label: i for i, label in enumerate(stages)}
    empty = [name for name in shown if shown[name].eq("–").all()]
    shown = shown.drop(columns=empty)
    return shown.assign(_o=shown["Stage"].map(order).fillna(len(order))).sort_values(["_o", "Touchpoint"], kind="stable", ignore_index=True).drop(columns="_o")


def _cell(row) -> str:
    if is_missing(row.value):
        return "too few"
    return f"{feeling(row.value)} ({feeling(row.low)} to {feeling(row.high)}; {people(row.n)})"


def _apart(part: pd.DataFrame) -> str:
    """One touchpoint that is rated well, and what reads it otherwise."""
    first = part.iloc[0]
    others = [f"{READ[row.other].lower()} {feeling(row.value_other)} where {feeling(row.usual_other)} is" for row in part.itertuples()]
    return f"{literal(quoted(first['label']))} (ratings {feeling(first['value'])} where {feeling(first['usual'])} is usual, {listed(others)})"


@reads("detractor_terms")
def detractor_terms(result: Result) -> list[Item]:
    f = result.facts
    return terms.tell(result.table, whom(f), (f["people"], f["others"]), stem="detractor_terms", sample=(f["comments"], f["rows"]) if f["sampled"] else None)


def whom(f: Mapping) -> tuple[str, str]:
    """The two sides in words."""
    return ("detractors", "others") if f["by"] == "recommendation" else ("poor experiences", "other experiences")


def find_apart(result: Result, journey: Journey) -> list[Finding]:
    """The touchpoint that is rated well and is hard all the same."""
    apart = result.extra["apart"]
    apart = apart[apart["other"] == felt.DONE]
    if not len(apart):
        return []
    row = apart.iloc[0]
    hard = result.extra["friction"]
    made = [f"{say(one.share, 'share')} {HARD[one.kind]} ({span(one.low, one.high, 'share')}, n {people(one.n)})" for one in hard[hard["touchpoint"] == row["key"]].dropna(subset=["share"]).itertuples()]
    return [Finding(
        headline=f"{quoted(row['label'])} is rated better than most and is hard all the same: {made[0].split(' (')[0] if made else 'friction is above the usual'}.",
        observed=f"Ratings {feeling(row['value'])} ({feeling(row['low'])} to {feeling(row['high'])}, n {people(row['n'])}; usual {feeling(row['usual'])}), friction {feeling(row['value_other'])} "
        f"({feeling(row['low_other'])} to {feeling(row['high_other'])}; usual {feeling(row['usual_other'])}). {'; '.join(made)}.",
        how_sure="Both intervals lie clear of what is usual for their source.", otherwise="Those who answer have mostly got through; or breaking off here does not trouble those who meant only to look.",
        next_step=f"Ask those who broke off at {quoted(row['label'])}, not only those who finished", owner=owner_of(journey, row["key"]), level="watch", weight=24,
    )]


def find_terms(result: Result, journey: Journey) -> list[Finding]:
    """The words of detractors, where any stand out."""
    f, ours = result.facts, result.table[result.table["side"] == "ours"]
    if not len(ours):
        return []
    first, (one, other) = ours.iloc[0], whom(f)
    share = f"{say(first['share'], 'share')} against {terms.share(first['others_share'])}"
    return [Finding(
        headline=f"In comments, more often from {one} than from {other}: {listed([quoted(term) for term in ours['term']], most=4)}.",
        observed=f"{quoted(first['term'])}: {share} of {people(f['people'])} and {people(f['others'])} customers who wrote. {people(len(ours), 'terms')} of {people(f['tested'])} stand out.",
        how_sure="One vote a customer and term, and more than chance brings over all terms (q under 0.05).", otherwise="A term may name what these customers use and not what troubles them.",
        next_step=f"Read the comments with {quoted(first['term'])} and name what is behind them", level="watch", weight=20,
    )]
