"""For people who are new to scorecards: how to read each step, something to try with this company's numbers, and the right reading of it."""

from __future__ import annotations

from html import escape

from helpers import names
from helpers.draw.text import column, people, say, span
from helpers.measure import outcome
from helpers.measure.value_chain import activities
from helpers.report.journey_words import feeling
from helpers.workshop import both, followed
from helpers.workshop.record import MOST_MARKS
from helpers.workshop.room import Room

READING = {
    "last_time": "A KPI has moved only where the change is larger than its ordinary ups and downs. “Within its ordinary ups and downs” is not failure: it says that nobody can tell yet.",
    "before": "Do not discuss yet. Three minutes alone, then one entry a department. An empty answer is an answer: we do not know.",
    "beside": "The thick line is what the data bear, with its uncertainty. A mark on the line agrees with it. A mark off the line is a gap; the further off, the more worth a talk. Where there is no line, nobody has asked customers.",
    "moments": "An effect is how many customers in a hundred fewer come back after a poor experience, all else in the data held equal. Its interval says how sure that is. It goes with coming back; it need not bring it about.",
    "targets": "A status is earned by the whole interval, not by the value. A target that every past month has met asks for nothing; one that no month has met asks for a new way of working, not for more effort.",
    "allocation": "Each further coin in one place brings less than the one before. A recommendation is made only where it wins in four out of five draws of the data.",
    "decisions": "Value times confidence over effort puts opportunities in order; the dots say what people would stand up for. Where the two disagree, talk.",
}


def exercise(room: Room, step: str) -> tuple[str, str]:
    """What to try at a step, and what a good reader would say then, both about this company. Raises KeyError for an unknown step."""
    return {
        "last_time": _last_time, "before": _before, "beside": _beside, "moments": _moments, "targets": _targets, "allocation": _allocation, "decisions": _decisions,
    }[step](room)


def to_html(room: Room, step: str) -> str:
    """The exercise of a step, its answer one click away."""
    task, answer = exercise(room, step)
    return f'<div class="lesson"><p><strong>Try it.</strong> {escape(task)}</p>{both.fold("The right reading", f"<p>{escape(answer)}</p>")}</div>'


def _last_time(room: Room) -> tuple[str, str]:
    table = followed.initiatives(room.earlier, room.cards)
    if not len(table):
        return ("No decision is on record yet. Think of one of last year: which figure would have told you whether it worked?",
                "One that is counted each month in the same way, with at least a year of months before the decision. Then its ordinary ups and downs are known, and a month outside them means something.")
    clear = table[table["state"] == "moved"]
    others = table[table["state"] != "moved"]
    told = "; ".join(f"“{row.initiative}” ({row.label}) got {'better' if row.better else 'worse'}" for row in clear.itertuples()) or "none"
    rest = f" For the others ({len(others)}) nobody can tell yet, whatever the two figures look like." if len(others) else ""
    return (f"{people(len(table), 'initiatives')} of earlier workshops {'stands' if len(table) == 1 else 'stand'} below with a figure before and after. Which would you call a success or a failure by these two figures alone?",
            f"Beyond the KPI's ordinary ups and downs: {told}.{rest} Two figures always differ; what counts is whether months before could have given the second one by chance.")


def _before(room: Room) -> tuple[str, str]:
    return ("Name a department of your own and enter, alone and in three minutes, the touchpoints that matter most and how each stage feels.",
            "No answer is right or wrong here. What counts is that it was written down before anybody saw a figure: only then can the next step show where the company has been steering by a guess.")


def _beside(room: Room) -> tuple[str, str]:
    felt = room.known[(room.known["kind"] == "emotion") & room.known["value"].notna()].sort_values("value")
    task = "Find the stage that feels worst in the evidence. Can you be sure that it is this one, and not the next?"
    if len(felt) < 2:
        return task, "Fewer than two stages have been rated by enough customers, so no order of stages can be read from these data: ask customers first."
    worst, following = (row for _, row in felt.head(2).iterrows())
    apart = worst["high"] < following["low"]
    return task, (
        f"“{worst['label']}” is at {feeling(worst['value'])} ({feeling(worst['low'])} to {feeling(worst['high'])}), the next, “{following['label']}”, at {feeling(following['value'])} ({feeling(following['low'])} to {feeling(following['high'])}). "
        + ("Their intervals do not touch: yes, it is the worst." if apart else "Their intervals overlap: either may be the worst, and a plan should not hang on which."))


def _moments(room: Room) -> tuple[str, str]:
    task = "Which touchpoint has the lowest ratings? Would you put your money there?"
    table = room.verdicts
    rated = table[table["performance"].notna()] if "performance" in table else table
    if not len(rated):
        return task, "No touchpoint is rated by enough customers. Nothing can be said of moments of truth before customers are asked."
    lowest = rated.sort_values("performance").iloc[0]
    shown = rated[rated["verdict"] == "moment_of_truth"]
    told = f"“{lowest['label']}” is rated lowest ({lowest['performance']:.1f}); its verdict is “{names.VERDICTS[lowest['verdict']].lower()}”. "
    if not len(shown):
        return task, told + "No touchpoint is shown to change what customers do next: a low rating says that they are annoyed, not that they leave."
    top = shown.iloc[0]
    if top["touchpoint"] == lowest["touchpoint"]:
        return task, told + f"Here both go together: after a poor experience {abs(top['effect']) * 100:.0f} customers in a hundred fewer {outcome.phrase(room.journey)}. It is this figure, not the rating, that makes it worth the money."
    return task, told + (
        f"The largest effect is at “{top['label']}”, rated {top['performance']:.1f}: after a poor experience {abs(top['effect']) * 100:.0f} customers in a hundred fewer {outcome.phrase(room.journey)}. "
        "A low rating says that customers are annoyed; an effect says that they leave.")


def _targets(room: Room) -> tuple[str, str]:
    for phase, card in room.cards.items():
        rows = card.table
        rows = rows[rows["target"].notna() & rows["low"].notna() & rows["high"].notna() & rows["better"].isin(["higher", "lower"]) & (rows["low"] < rows["high"])]
        for row in rows.sort_values("status", key=lambda one: one != "not_yet_known", kind="stable").head(1).itertuples():
            low, high = column([row.low, row.high], row.unit, currency=card.currency)
            easy, hard = (low, high) if row.better == "higher" else (high, low)
            return (f"Choose “{row.label}” on the scorecard of “{names.PHASES[phase]}”. It stands at {say(row.value, row.unit, currency=card.currency)} ({span(row.low, row.high, row.unit)}). "
                    "Where must the target lie for its status to read “on target”, “not yet known” and “below target”?",
                    f"Here {row.better} is better. A target no harder than {easy} is met by the whole interval: on target. One between {easy} and {hard} lies inside the interval: not yet known, for more customers would have to be asked. "
                    f"One harder than {hard} is missed by the whole interval: below target. The value alone decides nothing.")
    return ("No KPI has both a target and an interval yet. Choose one that this room would answer for, and think of the value that you would call good.",
            "A target belongs to a KPI that is counted from the company's own tables; without a figure and its interval nobody can say whether it is met.")


def _allocation(room: Room) -> tuple[str, str]:
    if not room.journey.has("activities", "cost"):
        return ("What activities cost is not among the tables. Which three activities would you ask the price of first?",
                "Those that serve the moments of truth of the step before: there a better experience changes what customers do.")
    cost = activities(room.journey).sort_values(["cost", "activity"], ascending=[False, True])
    dearest = cost.iloc[0]
    return (f"“{dearest['label']}” costs most, {say(dearest['cost'], 'currency', currency=room.journey.company.currency)} a month. Take half of it away and give it to an activity behind a moment of truth. What happens to the band?",
            "If the whole band lies above zero, the data bear that the move pays; if it holds zero, they cannot tell. A wide band is no mistake of the tool: it says how little is known of what money does there, and that a small trial is worth more than an argument.")


def _decisions(room: Room) -> tuple[str, str]:
    return (f"Put two opportunities on the list with the same value (4) and effort (2): one of which the room is sure (confidence {MOST_MARKS}), one of which it is not (confidence 1). Which comes first?",
            f"The sure one: 4 × {MOST_MARKS}/{MOST_MARKS} ÷ 2 = 2, the other 4 × 1/{MOST_MARKS} ÷ 2 = {4 / MOST_MARKS / 2:g}. The second is no bad idea; it asks for a small trial first, and its initiative should promise what the trial will show.")
