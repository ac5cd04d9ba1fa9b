"""The combined scorecard on a page: phases and perspectives, what pulls the score down, parts beside the whole, the strategy map."""

from __future__ import annotations

from html import escape

import pandas as pd

from helpers import draw, names
from helpers.draw.text import is_missing, people, say, say_q, signed, span
from helpers.infer.journey import segment_name
from helpers.infer.lag import MIN_MONTHS
from helpers.journey import Journey, parse_segment
from helpers.report import display
from helpers.report.cards import ORDER, frame_html, judged, kpi_lines
from helpers.report.display import SHAPES
from helpers.report.links import VERDICTS
from helpers.report.scorecard import status_counts
from helpers.report.words import listed, quoted
from helpers.score import Combined

MOST_RED = 12
TOLD = {"red_flag": "are past their red flag", "below_target": "below target", "not_yet_known": "not yet known", "on_target": "on target"}
NO_CARDS = (
    "The company has written no scorecard, so no KPI has a target and nothing can be scored. A file `scorecards/touchpoints.yml` in its folder with one objective, "
    "one KPI, a target and a red flag is a beginning."
)


def combined(card: Combined) -> None:
    """Show the combined scorecard: a sentence, the phases by perspective, and the KPIs that pull the score down most."""
    if not card.has_scorecards:
        display.show_markdown(NO_CARDS)
        return
    display.show_markdown(verdict(card))
    caption, shown = "Score from 0 to 10 by phase and perspective; 6.67 is the target, 3.33 the red flag", _by_perspective(card)
    display.show_table(shown, stem="combined_scorecard", caption=caption, data=card.perspectives, html=_coloured(shown, caption))
    red = short_of_target(card)
    if len(red):
        more = f" (the lowest {MOST_RED} of {len(red)})" if len(red) > MOST_RED else ""
        caption = f"KPIs that are short of their target beyond doubt, lowest score first{more}"
        display.show_table(_kpis(red.head(MOST_RED), card), stem="below_target", caption=caption, data=red, html=_lines(red.head(MOST_RED), card, caption))


def verdict(card: Combined) -> str:
    """The combined scorecard in a sentence or two."""
    phases, counts = card.phases, status_counts(card)
    whole = phases.iloc[-1]
    score = "cannot be scored yet" if is_missing(whole["score"]) else f"scores {whole['score']:.1f} of 10: {names.STATUSES[whole['status']].lower()}"
    told = [f"{r.name} {SHAPES[r.status]} {names.STATUSES[r.status].lower()}" + ("" if is_missing(r.score) else f" ({r.score:.1f})")
            for r in phases.iloc[:-1][["name", "status", "score"]].itertuples(index=False)]
    kpis = [f"{counts[word]} {TOLD[word]}" for word in ORDER if counts[word] and word in TOLD]
    judged = f" Of the KPIs that have a target, {listed(kpis)}." if kpis else ""
    return f"The journey as a whole {score}. By phase: {'; '.join(told)}.{judged}"


def short_of_target(card: Combined) -> pd.DataFrame:
    """The KPIs whose whole interval is short of the target, lowest score first; a KPI on two scorecards once."""
    table = card.table
    short = table[table["status"].isin(["red_flag", "below_target"])]
    return short.sort_values(["score", "kpi"], kind="stable").drop_duplicates("kpi").reset_index(drop=True)


def _by_perspective(card: Combined) -> pd.DataFrame:
    table, phases = card.perspectives, card.phases
    table = table.assign(text=[_cell(r) for r in table.itertuples()])
    wide = table.pivot(index="phase", columns="perspective", values="text").reindex(index=phases["phase"], columns=list(names.PERSPECTIVES)).fillna("–")
    shown = pd.DataFrame({"Phase": [*phases["name"].iloc[:-1], "All phases"]})
    for word, label in names.PERSPECTIVES.items():
        shown[label] = wide[word].to_numpy()
    shown["Together"] = [_cell(r) for r in phases.itertuples()]
    shown["Without information"] = [f"{r.without_information} of {r.children}" if r.children else "–" for r in phases.itertuples()]
    return shown


def _cell(row) -> str:
    return names.STATUSES["no_information"] if is_missing(row.score) else f"{names.STATUSES[row.status]} {row.score:.1f}"


def _coloured(shown: pd.DataFrame, caption: str) -> str:
    """The table with the shape and colour of each status over its score."""
    words = {label: word for word, label in names.STATUSES.items()}
    html = display.table_html(shown, caption)
    for text in sorted(set(shown.to_numpy().ravel()), key=len, reverse=True):
        label, _, score = str(text).rpartition(" ")
        if label in words and text not in words:
            html = html.replace(f">{escape(text)}<", f">{display.status_html(words[label], label)}<small>{score} of 10</small><")
    return html


def _lines(table: pd.DataFrame, card: Combined, caption: str) -> str:
    """The same with the interval drawn against target and red flag, as on the phase's own page."""
    drawn = {}
    for phase, each in card.cards.items():
        lines, rows = kpi_lines(each, note=f"{names.PHASES[phase]}, "), judged(each)
        drawn |= {(phase, row.kpi): lines[row.Index] for row in rows.itertuples()}
    return frame_html(caption, f"<tbody>{''.join(drawn[row.phase, row.kpi] for row in table.itertuples())}</tbody>")


def _kpis(table: pd.DataFrame, card: Combined) -> pd.DataFrame:
    currency = next(iter(card.cards.values())).currency
    return pd.DataFrame({
        "KPI": table["label"], "Phase": table["phase"].map(names.PHASES), "Value": [say(r.value, r.unit, currency=currency) for r in table.itertuples()],
        "95% interval": [span(r.low, r.high, r.unit) or "–" for r in table.itertuples()], "Target": [say(r.target, r.unit, currency=currency) for r in table.itertuples()],
        "Score": [f"{v:.1f}" for v in table["score"]], "Status": table["status"].map(names.STATUSES), "Owner": table["owner"],
    })


def parts(journey: Journey, card: Combined) -> None:
    """Show where the scorecard of a segment or team pulls the whole, one picture a part."""
    table = card.parts
    if not len(table):
        display.show_markdown(
            "No scorecard of a segment or team lies inside this segment. A file with `extends:` and `segment:` or `team:` in the company's folder `scorecards` would stand here.")
        return
    for (phase, name), part in table.groupby(["phase", "card"], sort=False):
        display.show_figure(_pull(journey, card, names.PHASES[phase], name, part.reset_index(drop=True)))
        display.show_table(_targets(part, card), stem=f"part_{_stem(part)}", caption=f"{name}: its own targets", data=part)


def _pull(journey: Journey, card: Combined, phase: str, name: str, part: pd.DataFrame) -> draw.Chart:
    whom = whose(part.iloc[0])
    drags, lifts = (part.loc[part["direction"] == word, "label"].tolist() for word in ("drags", "lifts"))
    told = []
    if drags:
        told.append(f"pulls down {listed([quoted(one) for one in drags])}")
    if lifts:
        told.append(f"lifts {listed([quoted(one) for one in lifts])}")
    title = f"{start(whom)} {' and '.join(told)}" if told else f"{start(whom)} does not pull the whole either way beyond chance"
    cases = "" if part["n_share"].isna().all() else f", {say(part['n_share'].max(), 'share')} of the cases at most"
    who = f"{journey.company.name}; {whom}{cases}; points of score on the whole company's KPI"
    return draw.part_whole(part, title=title, who=who, caption=f"{phase} scorecard. A rate is pulled by the part's distance times its share of the cases; a total by its distance from its own target.",
                           part="part", whole="whole", stem=f"pull_{_stem(part)}", currency=next(iter(card.cards.values())).currency)


def whose(part) -> str:
    """Whom a part is about: its team, else its segment as it reads, region “ost” and plan “club”."""
    if part["team"]:
        return part["team"]
    return " and ".join(segment_name(column, value) for column, value in parse_segment(part["segment"]).pairs)


def start(words: str) -> str:
    """Words at the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def _stem(part: pd.DataFrame) -> str:
    first = part.iloc[0]
    words = f"{first['phase']}_{first['segment'] if first['segment'] != 'all' else ''}_{first['team']}"
    return "".join(c if c.isalnum() else "_" for c in words.lower()).strip("_")


def _targets(part: pd.DataFrame, card: Combined) -> pd.DataFrame:
    currency = next(iter(card.cards.values())).currency
    return pd.DataFrame({
        "KPI": part["label"], "Part": [say(r.part, r.unit, currency=currency) for r in part.itertuples()],
        "95% interval": [span(r.low, r.high, r.unit) or "–" for r in part.itertuples()], "n": [people(n) for n in part["n"]],
        "Its target": [_or_none(r.target, r.unit, currency) for r in part.itertuples()], "Status": part["status"].map(names.STATUSES),
        "Whole": [say(r.whole, r.unit, currency=currency) for r in part.itertuples()], "Owner": [owner or "to be named" for owner in part["owner"]],
    })


def _or_none(value: float, unit: str, currency: str) -> str:
    return "none" if is_missing(value) else say(value, unit, currency=currency)


def strategy(journey: Journey, card: Combined) -> None:
    """Show the strategy map: objectives with their score, arrows by what the months say of them, and the sentence behind each."""
    objectives, links = card.strategy
    tested = card.tested
    if not len(tested):
        display.show_markdown("No scorecard draws an arrow between objectives yet. Write one under `links:` in its file, from an objective or KPI to another.")
        return
    display.show_figure(draw.strategy_map(objectives, links, title=_strategy_title(tested), who=f"{journey.company.name}; {people(len(objectives), 'objectives')} of "
                                          f"{people(len(card.cards), 'scorecards')}, {people(len(tested), 'arrows')} tested month by month",
                                          caption="An arrow is tested by one KPI at each end. What goes before need not bring about: read a supported arrow as “goes with, later”."))
    order = {word: i for i, word in enumerate(("contradicted", "supported", "inconclusive", "untested"))}
    table = tested.assign(_order=tested["verdict"].map(order)).sort_values(["_order", "q_value"], kind="stable").drop(columns="_order")
    shown = pd.DataFrame({
        "Verdict": table["verdict"].map(VERDICTS).str.capitalize(), "Phase": table["phase"].map(names.PHASES),
        "What the scorecard says": [claim(r) for r in table.itertuples()], "What the months say": [finding(r) for r in table.itertuples()], "Why it was drawn": table["why"],
    })
    display.show_table(shown, stem="strategy_links", caption="Every arrow with the sentence behind its verdict", data=tested)


def _strategy_title(tested: pd.DataFrame) -> str:
    counts = tested["verdict"].value_counts()
    told = [f"{counts[word]} {VERDICTS[word]}" for word in ("supported", "contradicted", "inconclusive", "untested") if word in counts]
    if len(counts) == 1:
        one = VERDICTS[counts.index[0]]
        return f"The one arrow of the strategy is {one}" if len(tested) == 1 else f"All {len(tested)} arrows of the strategy are {one}"
    first, _, word = told[0].partition(" ")
    return f"Of {people(len(tested), 'arrows')} of the strategy, {listed([' '.join([first, 'is' if first == '1' else 'are', word]), *told[1:]])}"


def claim(row) -> str:
    """What an arrow says, in a sentence.

    >>> from types import SimpleNamespace as Row
    >>> claim(Row(from_label="Training", to_label="Time to resolution", expected=-1, lag_months=2))
    'Higher “Training”, lower “Time to resolution”, 2 months later.'
    """
    if not row.expected:
        return f"{quoted(row.from_label)} and {quoted(row.to_label)} go together."
    later = "" if pd.isna(row.lag_months) else f", {months(row.lag_months)} later" if row.lag_months else ", in the same month"
    return f"Higher {quoted(row.from_label)}, {'higher' if row.expected > 0 else 'lower'} {quoted(row.to_label)}{later}."


def finding(row) -> str:
    """What the settled months say of an arrow, in a sentence with its numbers."""
    if row.verdict == "untested":
        return f"Cannot be tested: {row.why_untested or f'under {MIN_MONTHS} settled months'}."
    numbers = f"r {signed(row.correlation)}, {signed(row.low)} to {signed(row.high)}; q {say_q(row.q_value)}; {row.months} months"
    when = "in the same month" if row.lag == 0 else f"{months(row.lag)} later"
    if row.verdict == "inconclusive":
        return f"No association beyond chance at any lag up to 6 months (strongest {when}: {numbers})."
    way = "rises" if row.correlation > 0 else "falls"
    drawn = "" if pd.isna(row.lag_months) or row.lag_months == row.lag else f" The arrow says {months(row.lag_months) if row.lag_months else 'the same month'}."
    return f"When the first rises, the second {way} {when} ({numbers}).{drawn}"


def months(count: int) -> str:
    """A number of months.

    >>> months(1), months(3)
    ('1 month', '3 months')
    """
    return f"{count} month{'' if count == 1 else 's'}"


