"""The steps of a workshop on the page: what the facilitator reads out, the control, and its static twin."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from helpers.workshop import beside, both, lessons
from helpers.workshop.prompts import Prompt, prompt
from helpers.workshop.record import STEPS
from helpers.workshop.room import Room
from helpers.workshop.store import Saved

SCREENS = {step: f"helpers.workshop.screen_{step}" for step in STEPS}
FROM_RECORD = ("beside", "decisions")  # what these ask of the room follows what it has entered
HERE = Path(__file__).parent


def step(room: Room, name: str) -> None:
    """Show a step: purpose, prompt and control where somebody is at the screen, its static twin everywhere else.

    A screen is a module with `screen(room) -> widget` and `twin(room) -> (html, numbers behind it)`. Raises KeyError for an unknown step.
    """
    import ipywidgets as widgets

    script, module = prompt(room, name), import_module(SCREENS[name])
    html, data = module.twin(room)
    lesson = lessons.to_html(room, name) if room.teaching else ""  # once: it is about the company, and an entry must not close what a learner has opened
    asked, said = widgets.HTML(head(script, room.teaching)), widgets.HTML(_said(room))

    def heard(saved: Saved) -> None:
        said.value = _said(room, saved.message)
        now = prompt(room, name) if name in FROM_RECORD else replace(script, minutes=room.minutes(name))
        asked.value = head(now, room.teaching)

    room.heard.append(heard)
    shown = widgets.VBox([_looks(), asked, *([widgets.HTML(lesson)] if lesson else []), _clock(room, name), module.screen(room), said])
    shown.add_class("workshop")
    shown.add_class(f"step-{name}")
    both.show(shown, stem=f"workshop_{name}", title=script.title, html=f'<div class="twin">{head(script, room.teaching)}{lesson}{html}</div>', data=data)


def agenda(room: Room) -> None:
    """Show the agenda with its minutes and when each step begins."""
    import ipywidgets as widgets
    import pandas as pd

    def table() -> pd.DataFrame:
        start, rows = 0.0, []
        for one in room.record["agenda"]:
            rows.append((f"{start:.0f}", STEPS[one["step"]], f"{one['minutes']:g}"))
            start += one["minutes"]
        return pd.DataFrame(rows, columns=["Minute", "Step", "Minutes"])

    def words() -> str:
        total = sum(one["minutes"] for one in room.record["agenda"])
        odd = "".join(f"<li>{escape(one)}</li>" for one in beside.unknown(room.record, room.journey))
        trouble = f'<div role="alert"><p>The workshop\'s file names what this company does not have; it is kept, and left out of what follows:</p><ul>{odd}</ul></div>' if odd else ""
        return trouble + both.table(table(), f"Agenda: {total:g} minutes")

    shown = widgets.HTML(words())
    shown.add_class("workshop")
    room.heard.append(lambda saved: setattr(shown, "value", words()))
    both.show(shown, stem="workshop_agenda", title="Agenda", html=words(), data=table())


def head(script: Prompt, teaching: bool = False) -> str:
    """Purpose and prompt; how to read what follows one click away, open from the start where people are learning."""
    how = f'<details{" open" if teaching else ""}><summary>How to read it</summary><p>{escape(script.lesson)}</p></details>'
    time = f"<p><strong>{script.minutes:g} minutes.</strong> {escape(script.purpose)}</p>" if script.minutes else f"<p>{escape(script.purpose)}</p>"
    return f"{time}<p><em>{escape(script.ask)}</em></p>{how}"


def _looks() -> Any:
    """The style of the steps and the names of their controls, in one element that works wherever a widget does: a page of ours cannot be relied on in JupyterLab."""
    import ipywidgets as widgets

    css, js = ((HERE / f"screen.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return widgets.HTML(f'<style onload="{escape(js)}">{css}</style>', layout=widgets.Layout(height="0", margin="0"))


def _clock(room: Room, name: str) -> Any:
    """The minutes of a step, to be changed on the spot."""
    import ipywidgets as widgets

    minutes = widgets.BoundedFloatText(value=room.minutes(name), min=0, max=240, step=5, description="Minutes", layout=widgets.Layout(width="10rem"))

    def changed(change: dict) -> None:
        if change["new"] != room.minutes(name):
            room.set_minutes(name, change["new"])
            room.save()

    minutes.observe(room.in_turn(changed), "value")
    room.heard.append(lambda saved: setattr(minutes, "value", room.minutes(name)) if saved.others else None)
    return minutes


def _said(room: Room, message: str = "") -> str:
    """Whether what was entered is kept, in words that a screen reader hears."""
    number = room.record["revision"]
    words = message or (f"Kept in workshops/{room.store.path.name} (change {number})." if number else "Nothing has been entered yet; every entry is kept at once.")
    return f'<p role="{"alert" if message else "status"}" class="kept{" trouble" if message else ""}">{escape(words)}</p>'


def sure(room: Room) -> None:
    """Show what the evidence of this workshop bears, and what it does not show."""
    from helpers.report import display

    journey = room.journey
    lines = [
        f"Every interval is a 95% interval with the customer as its unit. Fewer than {journey.min_n:,} cases read “too few”, and nothing is shown of fewer than {journey.min_cell:,} people.",
        "A belief counts as off the data only where it lies outside the evidence's interval; an order only by the places that the intervals leave open.",
        "Agreement of two orders is Kendall's tau with the interval of Fieller, Hartley and Pearson; a list names a few touchpoints, and all that it does not name share the last place.",
        "Whether an initiative moved its KPI is read from whole months before and after the day of the workshop: a change counts where its interval is off zero and a month lies outside the limits of the "
        "months before. What else happened in these months is in it too.",
        "What an allocation would bring takes the effect of a poor experience as its cause, and the impact of an activity as growing with the square root of its money.",
        "Dots and marks say what this room thinks, not what customers do.",
    ]
    display.show_markdown("\n".join(f"- {line}" for line in lines))
