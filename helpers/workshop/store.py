"""Workshop files kept as they are entered: saved whole or not at all, and never over somebody else's entry.

A `Store` remembers the record as it last stood on disk. Saving lays only what changed here over what stands there
now, so two people at two screens keep both their entries. Where both changed the same entry differently, theirs stays
(it was first) and mine is kept beside it, in `<date>.mine-1.yml`: nothing is lost and somebody has to choose. A file
that can no longer be read is never written over: what is entered goes to `<date>.rescued-1.yml`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from helpers.load import write_whole
from helpers.workshop.priorities import numbered
from helpers.workshop.record import Record, WorkshopError, new, read

_GONE = object()
_ENTRIES = ("moments", "targets", "opportunities", "initiatives")  # what two people may not mix: each of these is one entry
_BALLOTS = ("votes", "ballots")  # and so is each ballot


@dataclass(frozen=True)
class Saved:
    """What saving did: `path` it was written to, `conflicts` (names of entries that both changed), `others` (changed elsewhere since), `message`."""

    path: Path
    conflicts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    message: str = ""


@dataclass
class Store:
    """One workshop's file, open at one screen: `record` as it stands here, `known` as it was when last read or saved."""

    path: Path
    record: Record
    known: Record

    def save(self) -> Saved:
        """Write what changed here since the last save, laid over what stands on disk now."""
        with locked(self.path):
            try:
                there = read(self.path) if self.path.exists() else None
            except WorkshopError as problem:
                return self._beside("rescued", (), f"The workshop's file cannot be read any more ({problem}). It was left as it is; ")
            merged, conflicts = (self.record, ()) if there is None else merge(self.known, self.record, there)
            others = () if there is None else changed(self.known, there)
            kept = Saved(self.path, others=others)
            if conflicts:
                kept = self._beside("mine", conflicts, f"Somebody else changed {_listed(conflicts)} at the same time. Theirs stands; ")
            if merged != there:
                merged["revision"] = merged["revision"] + 1
                write(self.path, merged)
            self.record, self.known = merged, deepcopy(merged)
            return kept

    def _beside(self, word: str, conflicts: tuple[str, ...], message: str) -> Saved:
        """Keep this screen's record in a file of its own beside the workshop's."""
        number = 1
        while (path := self.path.with_suffix(f".{word}-{number}.yml")).exists():
            number += 1
        write(path, self.record)
        return Saved(path, conflicts, message=f"{message}what was entered here is kept in {path.name}.")


def open_store(company: Path, day: str, **start: Any) -> Store:
    """The store of a company's workshop of that day (year-month-day): what was saved, else a new record (see `record.new`).

    Raises WorkshopError where the file is broken: mend it, or move it away.
    """
    fresh = new(day, **start)
    path = Path(company) / "workshops" / f"{fresh['date']}.yml"
    record = read(path) if path.exists() else fresh
    return Store(path, record, deepcopy(record))


def days(company: Path) -> list[str]:
    """The days of a company's workshops, the earliest first."""
    return sorted(path.stem for path in (Path(company) / "workshops").glob("????-??-??.yml"))


def merge(base: Record, mine: Record, theirs: Record) -> tuple[Record, tuple[str, ...]]:
    """My changes since `base` laid over `theirs`; and the names of entries that both changed differently (theirs stay).

    >>> merge({"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}, {"a": {"x": 3}})
    ({'a': {'x': 3, 'y': 2}}, ())
    >>> merge({"a": {"x": 1}}, {"a": {"x": 2}}, {"a": {"x": 3}})
    ({'a': {'x': 3}}, ('a.x',))
    """
    out, conflicts = deepcopy(theirs), []
    for path in dict.fromkeys([*leaves(mine), *leaves(base)]):
        was, here, there = (found(one, path) for one in (base, mine, theirs))
        if path == ("revision",) or here == was or here == there or out.get("anonymous") and path[:2] == _BALLOTS:
            continue
        if there != was:
            conflicts.append(".".join(map(str, path)))
        else:
            _put(out, path, here)
    if out.get("anonymous"):
        out["votes"]["ballots"] = _piled(*(one["votes"]["ballots"] for one in (base, mine, theirs)))
    return out, tuple(conflicts)


def _piled(base: Record, mine: Record, theirs: Record) -> Record:
    """Ballots without names: what was cast at either screen counts. Their numbers say nothing, so they are told apart by content alone.

    >>> _piled({"1": {"b": 5}}, {"1": {"a": 5}, "2": {"b": 5}}, {"1": {"b": 5}, "2": {"c": 5}})
    {'1': {'a': 5}, '2': {'b': 5}, '3': {'c': 5}}
    """
    was, here, there = (Counter(tuple(sorted(ballot.items())) for ballot in one.values()) for one in (base, mine, theirs))
    return numbered(map(dict, (there + (here - was) - (was - here)).elements()))


def changed(before: Record, after: Record) -> tuple[str, ...]:
    """The names of the entries that differ between two records.

    >>> changed({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "z": 2}})
    ('a.y', 'a.z')
    """
    paths = dict.fromkeys([*leaves(before), *leaves(after)])
    return tuple(".".join(map(str, path)) for path in paths if path != ("revision",) and found(before, path) != found(after, path))


def leaves(record: Record, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every single entry of a record; a list is one entry, and so is a moment, a target, an opportunity, a ballot and an initiative."""
    for key, value in record.items():
        if isinstance(value, dict) and path[:1] not in {(name,) for name in _ENTRIES} and path != _BALLOTS:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def found(record: Any, path: tuple[Any, ...]) -> Any:
    """The entry at a path, or a mark that there is none."""
    for key in path:
        if not isinstance(record, dict) or key not in record:
            return _GONE
        record = record[key]
    return record


def write(path: Path, record: Record) -> None:
    """Write a record as YAML, whole or not at all."""
    write_whole(path, to_yaml(record))


def to_yaml(record: Record) -> str:
    """The text of a workshop's file.

    >>> print(to_yaml({"moments": {"call": {"room": "agreed"}}, "departments": ["A", "B"], "votes": {}}), end="")
    moments:
      call: {room: agreed}
    departments: [A, B]
    votes: {}
    """
    return yaml.dump(record, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)


class _Dumper(yaml.SafeDumper):
    """Entries a line each: what holds no further mapping is written on one line."""

    def represent_dict(self, data):
        node = self.represent_mapping("tag:yaml.org,2002:map", data.items())
        node.flow_style = not any(isinstance(value, dict | list) and value for value in data.values()) or len(data) == 0
        return node

    def represent_list(self, data):
        node = self.represent_sequence("tag:yaml.org,2002:seq", data)
        node.flow_style = not any(isinstance(value, dict) for value in data)
        return node

    def represent_number(self, data):
        return self.represent_int(int(data)) if data == int(data) else self.represent_float(data)

    def ignore_aliases(self, data) -> bool:
        return True


_Dumper.add_representer(dict, _Dumper.represent_dict)
_Dumper.add_representer(list, _Dumper.represent_list)
_Dumper.add_representer(float, _Dumper.represent_number)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One writer at a time, on one machine or a shared folder: a lock file beside the workshop's."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock"), timeout=10):
        yield


def _put(record: Record, path: tuple[Any, ...], value: Any) -> None:
    *way, last = path
    for key in way:
        record = record.setdefault(key, {})
    if value is _GONE:
        record.pop(last, None)
    else:
        record[last] = deepcopy(value)


def _listed(names: tuple[str, ...], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"“{name}”" for name in names[:most]) + more
