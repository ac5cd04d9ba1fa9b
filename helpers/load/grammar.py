"""YAML read with line numbers: a wrong key, type or word is an error that says where and what to type instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
_UNITS = {"m": 1, "min": 1, "h": 60, "d": 1440, "w": 10080}


class ConfigError(ValueError):
    """What a company's settings or files say that cannot be read: where, what, and what to type instead."""

    def __init__(self, file: Path | str, line: int | None, message: str) -> None:
        self.file, self.line, self.message = Path(file), line, message
        place = f"{_short(self.file)}, line {line}" if line else _short(self.file)
        super().__init__(f"{place}: {message}")

    def __reduce__(self) -> tuple:
        """Its parts, so that it can be handed from one process to another."""
        return type(self), (self.file, self.line, self.message)


def _short(file: Path) -> str:
    """The company folder and the file: enough to find it, and the same on every machine."""
    return str(Path(file.parent.name) / file.name) if file.parent.name else file.name


def nearest(word: str, allowed: Iterable[str], cutoff: float = 0.55) -> str | None:
    """The allowed word closest to what was typed, if any is close.

    >>> nearest("renam", ["rename", "values"])
    'rename'
    """
    by_lower = {str(option).lower(): str(option) for option in allowed}
    close = difflib.get_close_matches(str(word).lower(), list(by_lower), n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def hint(word: str, allowed: Iterable[str]) -> str:
    """`Type rename instead; allowed are ...`, as far as it helps.

    >>> hint("ordrs", ["orders", "tickets"])
    'Type orders instead; allowed are orders, tickets.'
    """
    options = [str(option) for option in allowed]
    close = nearest(word, options)
    listing = f"allowed are {', '.join(options)}" if options else "nothing is allowed here"
    return f"Type {close} instead; {listing}." if close else f"{listing[0].upper()}{listing[1:]}."


class Node:
    """One place of a YAML file: a mapping, a list or a word, with its file and line."""

    def __init__(self, file: Path, node: yaml.Node, path: str = "") -> None:
        self.file, self.node, self.path = file, node, path
        self.line = node.start_mark.line + 1

    def error(self, message: str) -> ConfigError:
        return ConfigError(self.file, self.line, message)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_empty(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag.endswith(":null")

    def items(self, allowed: Iterable[str] | None = None, what: str = "key") -> dict[str, Node]:
        """The mapping's entries; a key that is not allowed or stands twice is an error. An empty value is no entry."""
        if self.is_empty:
            return {}
        if not self.is_mapping:
            raise self.error(f"{self.name} must be a mapping such as {{key: value}}, not {self.kind}.")
        options = None if allowed is None else list(allowed)
        found: dict[str, Node] = {}
        for key_node, value_node in self.node.value:
            key = Node(self.file, key_node, self.path)
            word = key.text()
            if options is not None and word not in options:
                raise key.error(f"unknown {what} '{word}' in {self.name}. {hint(word, options)}")
            if word in found:
                raise key.error(f"'{word}' stands twice in {self.name}; keep one of them.")
            found[word] = Node(self.file, value_node, f"{self.path}.{word}".lstrip("."))
            found[word].key_line = key.line
        return found

    def elements(self) -> list[Node]:
        """The list's entries; a single value counts as a list of one."""
        if self.is_empty:
            return []
        if self.is_list:
            return [Node(self.file, child, f"{self.path}[{i + 1}]") for i, child in enumerate(self.node.value)]
        return [self]

    def text(self) -> str:
        """The word exactly as written: `N` and `01` stay what they are."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error(f"{self.name} must be one value, not {self.kind}.")
        return "" if self.is_empty else self.node.value

    def texts(self) -> tuple[str, ...]:
        return tuple(element.text() for element in self.elements())

    def choice(self, allowed: Iterable[str]) -> str:
        """One of the allowed words."""
        options = list(allowed)
        word = self.text()
        if word not in options:
            raise self.error(f"{self.name} is '{word}'. {hint(word, options)}")
        return word

    def integer(self, low: int) -> int:
        word = self.text()
        if not re.fullmatch(r"[+-]?\d+", word) or int(word) < low:
            raise self.error(f"{self.name} is '{word}'; it must be a whole number of {low} or more, e.g. {self.path}: {max(low, 10)}")
        return int(word)

    def number(self) -> float:
        word = self.text()
        try:
            return float(word)
        except ValueError:
            raise self.error(f"{self.name} is '{word}'; it must be a number, e.g. 12.5") from None

    def minutes(self, example: str) -> int:
        """A duration with its unit, in minutes; a bare number is refused."""
        return self.parse(lambda word: duration_minutes(word, example))

    def parse(self, function: Callable[[str], Any]) -> Any:
        """Read the word with `function`; its ValueError becomes an error with file and line."""
        try:
            return function(self.text())
        except ValueError as error:
            raise self.error(f"{self.name} {error}") from None

    @property
    def name(self) -> str:
        return self.path or "the file"

    @property
    def kind(self) -> str:
        if self.is_list:
            return "a list"
        return "a mapping" if self.is_mapping else f"the word '{self.node.value}'"


def duration_minutes(word: str, example: str = "30d") -> int:
    """Minutes of a duration with its unit: m, h, d or w.

    >>> duration_minutes("30d"), duration_minutes("1h 30m")
    (43200, 90)
    """
    compact = word.strip().lower()
    parts = _PARTS.findall(compact)
    if re.fullmatch(r"\d+(\.\d+)?", compact):
        raise ValueError(f"is '{word}', a number without a unit; type {example} (m, h, d or w)")
    if not parts or _PARTS.sub("", compact).strip() or any(unit not in _UNITS for _, unit in parts):
        raise ValueError(f"is '{word}', which is not a duration; type one such as {example} (m, h, d or w)")
    minutes = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if minutes < 1:
        raise ValueError(f"is '{word}', shorter than a minute; type one such as {example}")
    return round(minutes)


def parse_yaml(file: Path) -> Node | None:
    """The root of a YAML file, or None where the file holds nothing.

    Raises ConfigError with the line where the YAML itself is broken.
    """
    try:
        root = yaml.compose(file.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(file, mark.line + 1 if mark else None,
                          f"this is not YAML: {error.problem}. Check the indentation and quote texts that hold ': ' or start with "
                          "%, @ or *.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(file, None, f"this is not a UTF-8 YAML file: {error}. Save it again as UTF-8.") from None
    return None if root is None else Node(file, root)
