"""Before the data: each department enters what it believes; sealed until it is laid beside the data."""

from __future__ import annotations

from copy import deepcopy
from html import escape
from typing import Any

import pandas as pd

from helpers.draw.text import people
from helpers.workshop import both
from helpers.workshop.record import FEELINGS, MOST_NAMED
from helpers.workshop.room import Room

NO_VIEW = "no view"
SHARES = {f"{value} %": value / 100 for value in range(0, 101, 5)}
WIDE = {"description_width": "9rem"}


def screen(room: Room) -> Any:
    """A department to choose or add, and its four beliefs; who else has answered is seen, what they answered is not."""
    import ipywidgets as widgets

    fields = _Fields(room)
    who = widgets.Dropdown(options=room.record["departments"], value=None, description="Department")
    fresh = widgets.Text(placeholder="another department", continuous_update=False, layout=widgets.Layout(width="14rem"))
    add = widgets.Button(description="Add", layout=widgets.Layout(width="5rem"))
    sealed = widgets.HTML(_sealed(room))

    def added(_: Any) -> None:
        name = " ".join(fresh.value.split())
        if name and name not in room.record["departments"]:
            room.record["departments"] = [*room.record["departments"], name]
            room.save()
        who.options, fresh.value = room.record["departments"], ""
        who.value = name or who.value

    def entered() -> None:
        if who.value:
            beliefs = fields.read()
            if beliefs != room.record["beliefs"].get(who.value, {}):
                room.record["beliefs"][who.value] = beliefs
                room.save()

    add.on_click(room.in_turn(added))
    fresh.observe(room.in_turn(lambda change: added(change) if change["new"].strip() else None), "value")
    who.observe(room.in_turn(lambda change: fields.fill(room, change["new"])), "value")
    fields.listen(room, entered)

    def heard(saved: Any) -> None:
        sealed.value = _sealed(room)
        if saved.others:  # somebody else's entries are shown before the next one here is read, so that it cannot undo them
            chosen = who.value
            who.options = room.record["departments"]
            who.value = chosen if chosen in who.options else None
            fields.fill(room, who.value)

    room.heard.append(heard)
    return widgets.VBox([widgets.HBox([who, fresh, add]), fields.box, sealed])


def _ask(question: str, *fields: Any) -> Any:
    """A question with its fields, which a screen reader hears as one group."""
    import ipywidgets as widgets

    box = widgets.VBox([widgets.HTML(question), *fields], layout=widgets.Layout(width="28rem"))
    box.add_class("ask")
    return box


def _columns(*boxes: Any) -> Any:
    """Boxes side by side where there is room."""
    import ipywidgets as widgets

    row = widgets.HBox(list(boxes))
    row.add_class("columns")
    return row


class _Fields:
    """The controls of one department's beliefs."""

    def __init__(self, room: Room) -> None:
        import ipywidgets as widgets

        ids = {label: name for name, label in room.labels.items()}
        self.ids, self.labels, self.filling = ids, room.labels, False
        self.held: dict[str, Any] = {}
        self.filled: dict[tuple[str, str], Any] = {}
        tags = {"allowed_tags": list(ids), "allow_duplicates": False}
        self.matter, self.suffer = widgets.TagsInput(value=[], placeholder="touchpoint", **tags), widgets.TagsInput(value=[], placeholder="touchpoint", **tags)
        stages = room.journey.stages
        self.emotion = {stage: widgets.SelectionSlider(options=[(NO_VIEW, NO_VIEW), *FEELINGS.items()], value=NO_VIEW, description=label, style=WIDE,
                                                       layout=widgets.Layout(width="28rem")) for stage, label in stages.items()}
        self.conversion = {stage: widgets.SelectionSlider(options=[(NO_VIEW, NO_VIEW), *SHARES.items()], value=NO_VIEW, description=label, style=WIDE,
                                                          layout=widgets.Layout(width="28rem")) for stage, label in list(stages.items())[1:]}
        lists = _columns(_ask(f"<b>What matters most to what customers do next</b> (up to {MOST_NAMED}, the first first)", self.matter),
                         _ask(f"<b>Where customers suffer most</b> (up to {MOST_NAMED}, the worst first)", self.suffer))
        scales = _columns(_ask("<b>How each stage feels to customers</b>", *self.emotion.values()),
                          _ask("<b>What share goes on to each stage from the one before</b>", *self.conversion.values()))
        self.whose = widgets.HTML()
        self.box = widgets.VBox([self.whose, lists, scales], layout=widgets.Layout(display="none"))

    def every(self) -> list[Any]:
        return [self.matter, self.suffer, *self.emotion.values(), *self.conversion.values()]

    def listen(self, room: Room, entered: Any) -> None:
        for one in self.every():
            one.observe(room.in_turn(lambda change: None if self.filling else entered()), "value")

    def fill(self, room: Room, department: str | None) -> None:
        """Show what a department entered so far; nothing where none is chosen. Its name comes last, when all its fields are there."""
        beliefs, self.filling = room.record["beliefs"].get(department, {}), True
        for name, field in (("matter", self.matter), ("suffer", self.suffer)):
            field.value = [self.labels[one] for one in beliefs.get(name, []) if one in self.labels]
        for name, sliders, steps in (("emotion", self.emotion, FEELINGS), ("conversion", self.conversion, SHARES)):
            for stage, slider in sliders.items():
                held = beliefs.get(name, {}).get(stage)
                slider.value = NO_VIEW if held is None else min(steps.values(), key=lambda one: abs(one - held))
        self.held, self.filled = deepcopy(beliefs), self.raw()
        self.box.layout.display = "" if department else "none"
        self.whose.value = f"<h4>What {escape(department or 'nobody yet')} believes</h4>"
        self.filling = False

    def raw(self) -> dict[tuple[str, str], Any]:
        """What stands in every field now."""
        lists = {(name, ""): list(field.value) for name, field in (("matter", self.matter), ("suffer", self.suffer))}
        return lists | {(name, stage): one.value for name, sliders in (("emotion", self.emotion), ("conversion", self.conversion)) for stage, one in sliders.items()}

    def read(self) -> dict:
        """The beliefs as they were filled in, and over them what was changed here since: a field that was not touched changes nothing."""
        now, beliefs = self.raw(), deepcopy(self.held)
        for (name, stage), value in now.items():
            if value == self.filled[name, stage]:
                continue
            if not stage:
                beliefs[name] = [*[self.ids[one] for one in value][:MOST_NAMED], *[one for one in beliefs.get(name, []) if one not in self.labels]]
            elif value == NO_VIEW:
                beliefs.get(name, {}).pop(stage, None)
            else:
                beliefs.setdefault(name, {})[stage] = value
        self.held, self.filled = {name: value for name, value in beliefs.items() if value}, now
        return deepcopy(self.held)


def answers(room: Room) -> pd.DataFrame:
    """Who has answered, and how much: department, answers."""
    held = room.record["beliefs"]
    names = dict.fromkeys([*room.record["departments"], *held])
    return pd.DataFrame([(name, sum(len(one) for one in held.get(name, {}).values() if not isinstance(one, str))) for name in names], columns=["department", "answers"])


def _sealed(room: Room) -> str:
    table = answers(room)
    if not len(table):
        return "<p>No department has been added yet.</p>"
    words = "opened" if room.record["revealed"] else "sealed"
    shown = pd.DataFrame({"Department": table["department"], "Answers": [f"{people(n, 'answers')}, {words}" if n else "none yet" for n in table["answers"]]})
    return both.table(shown, "Who has answered")


def twin(room: Room) -> tuple[str, pd.DataFrame]:
    """Who has answered; what they answered stays sealed until the next step."""
    return _sealed(room), answers(room)
