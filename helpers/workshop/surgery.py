"""Scorecard files changed at one place, every other letter left as it was: comments, order and layout stay their author's.

Each function takes the text of a file and gives the new text. The places come from the YAML parser's own marks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import yaml

_PLAIN = re.compile(r"[A-Za-z0-9+.-][\w .%+/()€$£-]*")
_KEYS = ("objectives", "kpis", "initiatives")


def set_goal(text: str, kpi: str, target: str, red_flag: str, *, objective: str = "") -> str:
    """The text with a KPI's target and red flag as given; where the KPI has no entry, one is added to `objective`.

    Raises KeyError where the KPI has no entry and no objective is named.

    >>> print(set_goal("objectives:\\n  - id: glad\\n    kpis:\\n      - csat  # asked weekly\\n", "csat", "4.2", "3.8"), end="")
    objectives:
      - id: glad
        kpis:
          - {kpi: csat, target: 4.2, red_flag: 3.8}  # asked weekly
    """
    fields = {"kpi": kpi, "target": target, "red_flag": red_flag}
    entry = next((each for one in _objectives(text) for each in _entries(_value(one, "kpis")) if _word(each, "kpi") == kpi), None)
    if entry is None:
        if not objective:
            raise KeyError(kpi)
        return _add(text, objective, "kpis", fields)
    if isinstance(entry, yaml.ScalarNode):
        return _cut(text, entry.start_mark.index, entry.end_mark.index, flow(fields))
    for key in ("red_flag", "target"):  # from the end of the entry to its start, so that marks stay true
        text = _set(text, kpi, key, fields[key])
    return text


def _set(text: str, kpi: str, key: str, value: str) -> str:
    entry = next(each for one in _objectives(text) for each in _entries(_value(one, "kpis")) if _word(each, "kpi") == kpi)
    if (old := _value(entry, key)) is not None:
        return _cut(text, old.start_mark.index, old.end_mark.index, scalar(value))
    named = _value(entry, "kpi")
    lead = ", " if entry.flow_style else "\n" + " " * entry.start_mark.column
    at = named.end_mark.index if entry.flow_style else _line_end(text, named.end_mark.index)
    return _cut(text, at, at, f"{lead}{key}: {scalar(value)}")


def set_initiative(text: str, objective: str, fields: Mapping[str, str]) -> str:
    """The text with an initiative under an objective; one of the same name is replaced.

    >>> print(set_initiative("objectives:\\n- id: glad\\n  perspective: customer\\n", "glad", {"name": "Call back", "kpi": "csat"}), end="")
    objectives:
    - id: glad
      perspective: customer
      initiatives:
        - {name: Call back, kpi: csat}
    """
    for one in _objectives(text):
        for each in _entries(_value(one, "initiatives")):
            if _word(each, "name") == fields["name"]:
                return _cut(text, each.start_mark.index, _tail(each), flow(fields))
    return _add(text, objective, "initiatives", fields)


def _add(text: str, objective: str, key: str, fields: Mapping[str, str]) -> str:
    """An entry at the end of an objective's list; the list and the objective are made where they are missing."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    place = next((one for one in _objectives(text) if _word(one, "id") == objective), None)
    if place is None:
        piece = f"{{id: {scalar(objective)}, {key}: [{flow(fields)}]}}"
        listed = _value(root, "objectives")
        return _append(text, listed, piece) if listed is not None else f"{text.rstrip()}\n\nobjectives:\n  - {piece}\n"
    if (listed := _value(place, key)) is not None and isinstance(listed, yaml.SequenceNode):
        return _append(text, listed, flow(fields))
    if place.flow_style:
        return _cut(text, place.end_mark.index - 1, place.end_mark.index - 1, f", {key}: [{flow(fields)}]")
    pad = " " * place.start_mark.column
    at = _line_end(text, _tail(place))
    return _cut(text, at, at, f"\n{pad}{key}:\n{pad}  - {flow(fields)}")


def _append(text: str, listed: yaml.SequenceNode, piece: str) -> str:
    if listed.flow_style:
        at = listed.end_mark.index - 1
        return _cut(text, at, at, (", " if listed.value else "") + piece)
    at = _line_end(text, _tail(listed))
    return _cut(text, at, at, f"\n{' ' * listed.start_mark.column}- {piece}")


def flow(fields: Mapping[str, str]) -> str:
    """Keys and values on one line; empty values are left out."""
    return "{" + ", ".join(f"{key}: {scalar(value)}" for key, value in fields.items() if str(value).strip()) + "}"


def scalar(value: str) -> str:
    """A value as YAML reads it back, in quotes only where it needs them.

    >>> scalar("+5 points"), scalar("Calls: both desks")
    ('+5 points', '"Calls: both desks"')
    """
    value = str(value).strip()
    return value if _PLAIN.fullmatch(value) and not value.startswith("- ") else json.dumps(value, ensure_ascii=False)


def _objectives(text: str) -> list[yaml.Node]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return _entries(_value(root, "objectives"))


def _entries(node: yaml.Node | None) -> list[yaml.Node]:
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key and not (key in _KEYS and value.tag.endswith(":null"))), None)


def _word(node: yaml.Node, key: str) -> str:
    found = node if isinstance(node, yaml.ScalarNode) else _value(node, key)
    return found.value.strip() if isinstance(found, yaml.ScalarNode) else ""


def _tail(node: yaml.Node) -> int:
    """Where a node's last letter ends: a block's own end mark lies past the comments and blank lines that follow it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return node.end_mark.index
    last = node.value[-1]
    return _tail(last[1] if isinstance(last, tuple) else last)


def _line_end(text: str, at: int) -> int:
    """The end of the line on which a node ends, past a comment on that line."""
    if at and text[at - 1] == "\n":
        return at - 1  # a block scalar's mark lies at the start of the next line
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _cut(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]
