"""A form a department, for those who are not at the facilitator's screen: a page or a CSV to fill in, and the way back.

Both forms end in the same CSV: what, item, label, answer. Rows `matter` and `suffer` take places (1 for the first), `emotion` -2 to +2,
`conversion` a share such as 40 %, `vote` dots. Reading a form changes nothing where anything in it is wrong.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from pathlib import Path

import pandas as pd

from helpers.journey import Journey
from helpers.score.lines import suggest
from helpers.workshop import priorities
from helpers.workshop.beside import evidence
from helpers.workshop.record import FEELINGS, MOST_NAMED, Record, WorkshopError

COLUMNS = ("what", "item", "label", "answer")
ASKED = {
    "matter": ("Which touchpoints matter most to what customers do next?", "The first first; leave what you do not need", "1, 2, 3"),
    "suffer": ("Where do customers suffer most?", "The worst first; leave what you do not need", "1, 2, 3"),
    "emotion": ("How does each stage feel to customers?", "From -2 (very poor) to +2 (very good)", "-2 to 2"),
    "conversion": ("What share of customers go on to this stage from the one before?", "A share, such as 40 %", "0 % to 100 %"),
    "vote": ("Which opportunities are worth most?", "Dots, as many as there are to give", "whole numbers"),
}
_RISKY = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Form:
    """One form that came back: whose, from which file, its beliefs and its ballot."""

    department: str
    file: Path
    beliefs: dict = field(default_factory=dict)
    ballot: dict = field(default_factory=dict)
    voter: str = ""
    digest: str = ""

    @property
    def empty(self) -> bool:
        """Whether nobody filled it in."""
        return not any(self.beliefs.values()) and not self.ballot


@dataclass(frozen=True)
class Collected:
    """What came back: forms taken, departments still missing, and problems in sentences (a form with a problem is left out whole)."""

    taken: tuple[Form, ...]
    missing: tuple[str, ...]
    problems: tuple[str, ...]


def questions(journey: Journey, record: Record) -> list[dict[str, str]]:
    """The rows of a form: what, item, label."""
    known, stages = evidence(journey), list(journey.stages.items())
    points = known[known["kind"] == "matter"].sort_values("label")
    rows = [{"what": kind, "item": row.id, "label": str(row.label)} for kind in ("matter", "suffer") for row in points.itertuples()]
    rows += [{"what": "emotion", "item": name, "label": label} for name, label in stages]
    rows += [{"what": "conversion", "item": name, "label": label} for name, label in stages[1:]]
    return rows + [{"what": "vote", "item": name, "label": one["name"]} for name, one in record["opportunities"].items()]


def to_csv(rows: list[dict[str, str]], department: str) -> str:
    """The CSV template of a department. A label that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerow(("department", "", "Your department", _safe(department)))
    table.writerow(("voter", "", "Your name; leave it empty to stay unnamed", ""))
    for row in rows:
        table.writerow((row["what"], row["item"], _safe(row["label"]), ""))
    return out.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_RISKY) else text


def to_html(rows: list[dict[str, str]], department: str, *, title: str, company: str, dots: int) -> str:
    """A page to fill in without a network; its button saves the same CSV."""
    parts = []
    for kind, (question, hint, _) in ASKED.items():
        asked = [row for row in rows if row["what"] == kind]
        if asked:
            note = f"{hint}: {dots} in all." if kind == "vote" else f"{hint}."
            lines = _places(kind, asked) if kind in ("matter", "suffer") else map(_line, asked)
            parts.append(f"<fieldset><legend>{escape(question)}</legend><p>{escape(note)}</p>{''.join(lines)}</fieldset>")
    script = (Path(__file__).parent / "form.js").read_text(encoding="utf-8")
    style = (Path(__file__).parent / "form.css").read_text(encoding="utf-8")
    head = f"{title}: {department}"
    about = json.dumps({"department": department, "dots": dots}).replace("<", "\\u003c")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">"
        f"<title>{escape(head)}</title><style>{style}</style></head><body><main><h1>{escape(head)}</h1>"
        f"<p>{escape(company)}. Fill in what you believe, before you see the data. Leave empty what you have no view on.</p>"
        f'<form id="form"><label class="line">Your name, if you like <input name="voter" data-what="voter" data-item=""></label>{"".join(parts)}'
        f'<p id="said" role="status"></p><button type="submit">Save as a file</button></form>'
        f'<p>Hand the saved file to the facilitator. Nothing is sent from this page.</p></main><script id="about" type="application/json">{about}</script>'
        f"<script>{script}</script></body></html>"
    )


def _places(kind: str, rows: list[dict[str, str]]) -> list[str]:
    """A list to choose from for each place; what it gives is the touchpoint, its answer the place."""
    options = '<option value=""></option>' + "".join(f'<option value="{escape(row["item"])}">{escape(row["label"])}</option>' for row in rows)
    return [f'<label class="line">{place}. <select data-what="{kind}" data-place="{place}">{options}</select></label>' for place in range(1, min(MOST_NAMED, len(rows)) + 1)]


def _line(row: dict[str, str]) -> str:
    """One thing with its answer: a feeling from a list, a share or dots as a number."""
    asked = f'name="{escape(row["what"])}.{escape(row["item"])}" data-what="{escape(row["what"])}" data-item="{escape(row["item"])}" data-label="{escape(row["label"])}"'
    if row["what"] == "emotion":
        options = '<option value=""></option>' + "".join(f'<option value="{value:g}">{escape(words)}</option>' for words, value in FEELINGS.items())
        return f'<label class="line">{escape(row["label"])} <select {asked}>{options}</select></label>'
    unit = " %" if row["what"] == "conversion" else ""
    return f'<label class="line">{escape(row["label"])} <span><input type="number" {asked} min="0" max="100" step="1">{unit}</span></label>'


def read_form(path: Path, journey: Journey, record: Record) -> Form:
    """A form that came back. Raises WorkshopError: file, line, and what to type instead."""
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise WorkshopError(path, None, f"this is not a CSV in UTF-8: {problem}; save it again as CSV UTF-8") from None
    if len(lines) > 1 and len(lines[0]) == 1 and ";" in lines[0][0]:  # a spreadsheet of a country where a comma is decimal
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))
    if not lines or tuple(word.strip().lower() for word in lines[0][:4]) != COLUMNS:
        raise WorkshopError(path, 1, f"the first line should name the columns {', '.join(COLUMNS)}")
    allowed = {kind: {row["item"]: row["label"] for row in questions(journey, record) if row["what"] == kind} for kind in ASKED}
    found: dict = {"department": "", "voter": "", "beliefs": {}, "ballot": {}}
    for number, line in enumerate(lines[1:], start=2):
        what, item, _, answer = ([*line, "", "", "", ""])[:4]
        if answer.strip():
            _take(found, path, number, what.strip(), item.strip(), answer.strip().lstrip("'"), allowed)
    if not found["department"]:
        raise WorkshopError(path, None, "no department is given; fill in the answer of the row department")
    beliefs = {kind: _in_order(path, kind, said) if kind in ("matter", "suffer") else said for kind, said in found["beliefs"].items()}
    form = Form(found["department"], path, beliefs, found["ballot"], found["voter"], sha256(path.read_bytes()).hexdigest()[:16])
    priorities.check_ballot(record, form.ballot, form.voter or form.department)
    return form


def _take(found: dict, path: Path, number: int, what: str, item: str, answer: str, allowed: dict) -> None:
    if what in ("department", "voter"):
        found[what] = answer
        return
    if what not in allowed:
        raise WorkshopError(path, number, f"'{what}' is not something that is asked; {suggest(what, [*allowed, 'department', 'voter'])}")
    if item not in allowed[what]:
        raise WorkshopError(path, number, f"'{item}' is not known here; {suggest(item, allowed[what], allowed[what])}")
    place = found["ballot"] if what == "vote" else found["beliefs"].setdefault(what, {})
    if item in place:
        raise WorkshopError(path, number, f"{what} of '{item}' is answered twice; keep one")
    place[item] = _number(path, number, what, answer)


def _number(path: Path, line: int, what: str, answer: str) -> float:
    share = what == "conversion"
    text = answer.rstrip("%").strip().replace("−", "-").replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        raise WorkshopError(path, line, f"'{answer}' is not a number; type {ASKED[what][2]}") from None
    if share and (answer.endswith("%") or value > 1):
        value /= 100
    low, high = {"emotion": (-2, 2), "conversion": (0, 1), "vote": (0, 100)}.get(what, (1, 999))
    if not low <= value <= high or (what in ("vote", "matter", "suffer") and value != int(value)):
        raise WorkshopError(path, line, f"'{answer}' is out of range; type {ASKED[what][2]}")
    return int(value) if what in ("vote", "matter", "suffer") else round(value, 4)


def _in_order(path: Path, kind: str, places: dict[str, float]) -> list[str]:
    taken: dict[float, str] = {}
    for name, place in places.items():
        if place in taken:
            raise WorkshopError(path, None, f"{kind}: '{taken[place]}' and '{name}' both have place {place}; give each its own")
        taken[place] = name
    return [taken[place] for place in sorted(taken)]


def collect(folder: Path, journey: Journey, record: Record) -> Collected:
    """Every CSV of a folder read as a form. Two of one department (without voters' names) are refused, both; what is refused stays where it lies."""
    forms, problems = [], []
    for path in sorted(folder.glob("*.csv")):
        try:
            form = read_form(path, journey, record)
        except WorkshopError as problem:
            problems.append(str(problem))
            continue
        if not form.empty:
            forms.append(form)
    said = [form for form in forms if form.beliefs]
    twice = {name for name in {form.department for form in said} if sum(one.department == name for one in said) > 1}
    for name in sorted(twice):
        files = ", ".join(form.file.name for form in said if form.department == name)
        problems.append(f"{name} answered twice ({files}); agree on one and take the other out of the folder")
    strange = sorted({form.department for form in forms} - set(record["departments"])) if record["departments"] else []
    for name in strange:
        problems.append(f"{name} is not a department of this workshop; {suggest(name, record['departments'])}")
    taken = tuple(form for form in forms if form.department not in twice and form.department not in strange)
    came = {form.department for form in taken if form.beliefs}
    missing = tuple(name for name in record["departments"] if name not in came and name not in record["beliefs"])
    return Collected(taken, missing, tuple(problems))


def take(record: Record, collected: Collected) -> None:
    """Put the forms that were taken into the record; ballots by `priorities.cast`, each form's once however often it is collected."""
    for form in collected.taken:
        if form.beliefs:
            record["beliefs"][form.department] = form.beliefs
        if form.department not in record["departments"]:
            record["departments"].append(form.department)
        if form.ballot and form.digest not in record["votes"]["taken"]:
            priorities.cast(record, form.ballot, form.voter)
            record["votes"]["taken"] = sorted([*record["votes"]["taken"], form.digest])


def told(collected: Collected) -> pd.DataFrame:
    """What came back as a table: department, file, answers, dots."""
    rows = [(form.department, form.file.name, sum(len(one) for one in form.beliefs.values()), sum(form.ballot.values())) for form in collected.taken]
    return pd.DataFrame(rows, columns=["department", "file", "answers", "dots"])
