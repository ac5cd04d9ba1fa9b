"""Decisions: opportunities scored and voted on, turned into initiatives, and written into the scorecards after a look at the diff."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import pandas as pd

from helpers import names
from helpers.draw.text import day, people, say
from helpers.score.quantity import spoken
from helpers.workshop import apply, both, priorities
from helpers.workshop.aims import stated
from helpers.workshop.record import MOST_MARKS, WorkshopError
from helpers.workshop.room import Room

WIDE = "34rem"


def screen(room: Room) -> Any:
    """Three parts: the list, the dots, the initiatives; then the diff and its confirmation."""
    import ipywidgets as widgets

    return widgets.VBox([_list(room), _dots(room), _initiatives(room), _writing(room)])


def _list(room: Room) -> Any:
    import ipywidgets as widgets

    wide = widgets.Layout(width=WIDE)
    name = widgets.Text(description="Opportunity", layout=wide)
    point = widgets.Dropdown(options=[("–", ""), *[(label, id) for id, label in room.labels.items()]], description="Touchpoint", layout=wide)
    marks = {key: widgets.IntSlider(value=3, min=1, max=MOST_MARKS, description=key.capitalize(), layout=wide) for key in ("value", "effort", "confidence")}
    add, listed = widgets.Button(description="Put on the list"), widgets.HTML(ranked(room))

    def added(_: Any) -> None:
        words = " ".join(name.value.split())
        if words:
            one = {"name": words, **({"touchpoint": point.value} if point.value else {}), **{key: mark.value for key, mark in marks.items()}}
            room.record["opportunities"][_key(words)] = one
            room.save()
            name.value = ""

    add.on_click(room.in_turn(added))
    room.heard.append(lambda saved: setattr(listed, "value", ranked(room)))
    return widgets.VBox([widgets.HTML("<h4>Opportunities</h4>"), name, point, *marks.values(), add, listed])


def _dots(room: Room) -> Any:
    import ipywidgets as widgets

    voter = widgets.Text(description="Voter", placeholder="kept only where the vote is open", layout=widgets.Layout(width=WIDE))
    open_ = widgets.Checkbox(value=not room.record["anonymous"], description="Open vote: names are kept", indent=False)
    rows, cast, said = widgets.VBox(), widgets.Button(description="Cast"), widgets.HTML()
    fields: dict[str, Any] = {}

    def filled() -> None:
        """A field for every opportunity; a field that is there already stays, with what was typed into it."""
        held = room.record["opportunities"]
        for key, one in held.items():
            if key not in fields or fields[key].description != one["name"]:
                fields[key] = widgets.BoundedIntText(min=0, max=room.record["votes"]["dots"], description=one["name"], style={"description_width": "15rem"}, layout=widgets.Layout(width="24rem"))
        if [*rows.children] != (shown := [fields[key] for key in held]):
            rows.children = shown

    def casting(_: Any) -> None:
        ballot = {key: fields[key].value for key in room.record["opportunities"] if key in fields}
        if not any(ballot.values()):
            said.value = '<p role="alert">Give at least one dot; nothing was cast.</p>'
            return
        try:
            priorities.cast(room.record, ballot, voter.value.strip())
        except WorkshopError as problem:
            said.value = f'<p role="alert">{escape(problem.message)}</p>'
            return
        room.save()
        said.value, voter.value = f"<p>{people(len(room.record['votes']['ballots']), 'ballots')} cast.</p>", ""
        for field in rows.children:
            field.value = 0

    def opened(change: dict) -> None:
        priorities.set_anonymous(room.record, not change["new"])
        room.save()

    cast.on_click(room.in_turn(casting))
    open_.observe(room.in_turn(opened), "value")
    room.heard.append(lambda saved: filled())
    filled()
    return widgets.VBox([widgets.HTML(f"<h4>Dots: {room.record['votes']['dots']} a person</h4>"), open_, voter, rows, cast, said])


def _initiatives(room: Room) -> Any:
    import ipywidgets as widgets

    wide = widgets.Layout(width=WIDE)
    source = widgets.Dropdown(options=_sources(room), description="From", layout=wide)
    fields = {key: widgets.Text(description=label, placeholder=hint, layout=wide) for key, label, hint in (
        ("name", "Initiative", ""), ("owner", "Owner", "who answers for it"), ("due", "Due", "2027-01-31"), ("budget", "Budget", "12000"),
        ("promise", "Promise", "+5 points, -1 d, +10 %"), ("baseline", "Stands at", "left empty: the months before the workshop"))}
    kpi = widgets.Dropdown(options=kpis(room), description="Moves", layout=wide)
    add, listed, said = widgets.Button(description="Decide"), widgets.HTML(decided(room)), widgets.HTML()

    def chosen(_: Any) -> None:
        held = room.record["opportunities"].get(source.value, {})
        fields["name"].value = held.get("name", fields["name"].value)

    def added(_: Any) -> None:
        one = {key: field.value.strip() for key, field in fields.items() if field.value.strip()} | {"kpi": kpi.value}
        said.value = f'<p role="alert">{escape(message)}</p>' if (message := decide(room, one, source.value or "")) else ""
        if not message:
            for field in fields.values():
                field.value = ""

    def heard(_: Any) -> None:
        listed.value = decided(room)
        if len(source.options) != len(_sources(room)):
            source.options = _sources(room)

    source.observe(room.in_turn(chosen), "value")
    add.on_click(room.in_turn(added))
    room.heard.append(heard)
    return widgets.VBox([widgets.HTML("<h4>Initiatives</h4>"), source, *fields.values(), kpi, add, said, listed])


def decide(room: Room, one: dict[str, str], key: str = "") -> str:
    """Put an initiative into the record and keep it; a sentence instead where the scorecard could not hold it."""
    if not one.get("name") or not one.get("kpi"):
        return "An initiative needs a name and the KPI that it should move."
    key = key or _key(one["name"])
    held = room.record["initiatives"].get(key)
    room.record["initiatives"][key] = one
    try:
        apply.plan(room.journey.company.folder, room.record, currency=room.journey.company.currency)
    except WorkshopError as problem:
        room.record["initiatives"].pop(key)
        if held:
            room.record["initiatives"][key] = held
        return problem.message
    room.save()
    return ""


def _writing(room: Room) -> Any:
    """The diff that the decisions make to the scorecards; written only on confirmation, and only if it is still the one that was shown."""
    import ipywidgets as widgets

    look, confirm = widgets.Button(description="Show what this changes", layout=widgets.Layout(width="14rem")), widgets.Button(description="Write it", button_style="warning", disabled=True)
    shown, held = widgets.HTML(), {"changes": []}

    def looked(_: Any) -> None:
        try:
            held["changes"] = apply.plan(room.journey.company.folder, room.record, currency=room.journey.company.currency)
        except WorkshopError as problem:
            held["changes"], shown.value = [], f'<p role="alert">{escape(str(problem))}</p>'
        else:
            shown.value = diffs(held["changes"])
        confirm.disabled = not held["changes"]

    def written(_: Any) -> None:
        confirm.disabled = True
        try:
            kept = apply.apply(room.journey.company.folder, room.record, held["changes"])
        except WorkshopError as problem:
            shown.value = f'<p role="alert">{escape(str(problem))}</p>'
            return
        room.record["applied"] |= {f"scorecards/{name}": where for name, where in kept.items()}
        room.save()
        told = ", ".join(f"{name} (before: scorecards/{where})" if where != "new" else f"{name} (new)" for name, where in kept.items())
        shown.value = f'<p role="status">Written: {escape(told)}. The next <code>journey render</code> judges by it.</p>'

    look.on_click(room.in_turn(looked))
    confirm.on_click(room.in_turn(written))
    room.heard.append(lambda saved: setattr(confirm, "disabled", True))
    return widgets.VBox([widgets.HTML("<h4>Into the scorecards</h4>"), widgets.HBox([look, confirm]), shown])


def diffs(changes: list[apply.Change]) -> str:
    """The changes as sentences and as a diff, escaped."""
    if not changes:
        return "<p>The scorecards say all of this already.</p>"
    return "".join(f"<p><b>{escape(one.file.name)}</b></p><ul>{''.join(f'<li>{escape(what)}</li>' for what in one.what)}</ul><pre>{escape(one.diff())}</pre>" for one in changes)


def kpis(room: Room) -> list[tuple[str, str]]:
    """(words, phase.kpi): the KPIs that initiatives may move, phase by phase, those with a target first."""
    found = []
    for phase, card in room.cards.items():
        aimed, known = stated(card.card), card.scorecards.kpis
        listed = [t.kpi for _, t in card.card.entries()]
        found += [(f"{names.PHASES[phase]}: {known[name].label}", f"{phase}.{name}") for name in sorted(listed, key=lambda one: one not in aimed)]
    return found


def _key(words: str) -> str:
    return re.sub(r"\W+", "_", words.lower()).strip("_")[:40] or "opportunity"


def _sources(room: Room) -> list[tuple[str, str]]:
    return [("a new one", ""), *[(one["name"], key) for key, one in room.record["opportunities"].items()]]


def ranked(room: Room) -> str:
    table = priorities.ranked(room.record)
    shown = pd.DataFrame({
        "Place": [f"{v}" for v in table["place"]], "Opportunity": table["name"], "Touchpoint": table["touchpoint"].map(room.labels).fillna("–"),
        **{name.capitalize(): ["–" if v != v else f"{v:g}" for v in table[name]] for name in ("value", "effort", "confidence")},
        "Value × confidence ÷ effort": ["–" if v != v else f"{v:.1f}" for v in table["priority"]], "Dots": [f"{v}" for v in table["dots"]], "Place by dots": [f"{v}" for v in table["place_by_dots"]],
    })
    return both.table(shown, "Opportunities, by what they are worth for the effort")


def decided(room: Room) -> str:
    told = dict((key, words) for words, key in kpis(room))
    rows = [(one["name"], one.get("owner", "nobody named"), day(one.get("due", "no day")), _money(room, one.get("budget", "")), told.get(one["kpi"], one["kpi"]), spoken(one.get("promise", "nothing promised")))
            for one in room.record["initiatives"].values()]
    return both.table(pd.DataFrame(rows, columns=["Initiative", "Owner", "Due", "Budget", "Should move", "Promise"]), "Initiatives decided")


def _money(room: Room, budget: str) -> str:
    """A budget as it is read elsewhere, `22k EUR`; what is no number stays as it was entered."""
    try:
        return say(float(budget), "currency", currency=room.journey.company.currency)
    except ValueError:
        return budget or "–"


def twin(room: Room) -> tuple[str, pd.DataFrame]:
    """The list with its places and dots, the initiatives, and where the scorecards were written."""
    written = "".join(f"<li>{escape(name)}, before: {escape(where)}</li>" for name, where in room.record["applied"].items())
    return ranked(room) + decided(room) + (f"<p>Written into the scorecards:</p><ul>{written}</ul>" if written else ""), priorities.ranked(room.record)
