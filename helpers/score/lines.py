"""YAML as plain Items with file and line, so that scorecards can be laid over one another and errors still say where.

Scalars stay the text that was typed: whether "25 %", "0.25" or "7" is meant is for the reader of that key to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.load.grammar import ConfigError, Node, nearest, parse_yaml


class ScoreError(ConfigError):
    """A scorecard that cannot be used: file, line, and what to type instead."""

    def __init__(self, file: Path | str, line: int | None, message: str) -> None:
        super().__init__(file, line, message)


@dataclass(frozen=True)
class Item:
    """A piece of YAML: text, a list of Items, a dict of Items, or None for nothing; with its file and line."""

    value: Any
    file: Path
    line: int

    def error(self, message: str) -> ScoreError:
        """The error to raise about this piece."""
        return ScoreError(self.file, self.line, message)

    def get(self, key: str) -> Item | None:
        """The Item under a key, or None where the key is missing or holds nothing."""
        found = self.value.get(key)
        return None if found is None or found.value is None else found

    def mapping(self, what: str, allowed: Iterable[str]) -> Item:
        """This piece, known to be a mapping with allowed keys only; raises ScoreError otherwise."""
        allowed = tuple(allowed)
        if not isinstance(self.value, dict):
            raise self.error(f"{what} should be keys and values ({', '.join(allowed)}), not {self.say()}")
        for key, item in self.value.items():
            if key not in allowed and key[:1].isdigit():
                raise item.error(f"'{key}' stands where a key of {what} should: inside {{ }} a comma ends an entry; type 0.25, or 1000 without comma")
            if key not in allowed and " " in key:
                raise item.error(f"'{key}' stands where a key of {what} should: inside {{ }} a comma ends an entry; put text that holds one in quotes")
            if key not in allowed:
                raise item.error(f"'{key}' is not a key of {what}; {suggest(key, allowed)}")
        return self

    def items(self, what: str) -> list[Item]:
        """This piece as a list; raises ScoreError where it is none."""
        if not isinstance(self.value, list):
            raise self.error(f"{what} should be a list, each entry on a line that starts with '- ', not {self.say()}")
        return self.value

    def text(self, what: str) -> str:
        """This piece as text; raises ScoreError where it is a list, keys, or nothing."""
        if not isinstance(self.value, str):
            raise self.error(f"{what} should be one value, not {self.say()}")
        return self.value.strip()

    def word(self, what: str, allowed: Iterable[str]) -> str:
        """This piece as one of the allowed words; raises ScoreError naming the nearest."""
        text, allowed = self.text(what), tuple(allowed)
        if text not in allowed:
            raise self.error(f"{what} '{text}' is not known; {suggest(text, allowed)}")
        return text

    def say(self) -> str:
        """What this piece is, for an error."""
        if self.value is None:
            return "nothing"
        if isinstance(self.value, str):
            return f"'{self.value}'"
        return f"a list of {len(self.value)}" if isinstance(self.value, list) else "keys and values"


def suggest(word: str, allowed: Iterable[str], labels: dict[str, str] | None = None, most: int = 12) -> str:
    """What to type instead of a wrong word: the nearest right one, else what is allowed. `labels` are matched too.

    >>> suggest("ownr", ["name", "owner"])
    "type 'owner'"
    >>> suggest("Net promoter score", ["csat", "nps"], {"nps": "Net promoter score"})
    "type 'nps'"
    >>> suggest("zzz", ["name", "owner"])
    'type one of: name, owner'
    """
    allowed = list(allowed)
    known = {_fold(text): id for id, text in (labels or {}).items()} | {_fold(id): id for id in allowed}
    if (near := nearest(_fold(word), known)) is not None:
        return f"type '{known[near]}'"
    rest = f" and {len(allowed) - most} more" if len(allowed) > most else ""
    return f"type one of: {', '.join(allowed[:most])}{rest}"


def _fold(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def read_yaml(file: Path) -> Item:
    """A YAML file as an Item. Raises ScoreError on what is no YAML and on a key given twice."""
    try:
        root = parse_yaml(file)
        if root is None:
            raise ScoreError(file, 1, "the file is empty; type at least objectives: with one objective, or take the file away")
        return _item(root, set())
    except ScoreError:
        raise
    except ConfigError as problem:
        raise ScoreError(problem.file, problem.line, problem.message) from None


def _item(node: Node, seen: set[int], line: int | None = None) -> Item:
    line = line or node.line
    if id(node.node) in seen:
        raise ScoreError(node.file, line, "anchors (&) and aliases (*) are not read here; write the values out")
    seen.add(id(node.node))
    if node.is_empty:
        return Item(None, node.file, line)
    if node.is_list:
        return Item([_item(each, seen) for each in node.elements()], node.file, line)
    if node.is_mapping:
        pieces = {key: _item(value, seen, value.key_line) for key, value in node.items().items()}
        return Item(pieces, node.file, line)
    return Item(node.text(), node.file, line)
