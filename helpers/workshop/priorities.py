"""Opportunities in order: what they are worth against what they ask, and what the room's dots say."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from helpers.workshop.record import MOST_MARKS, Record, WorkshopError

COLUMNS = ["id", "name", "touchpoint", "value", "effort", "confidence", "priority", "dots", "voters", "place", "place_by_dots", "by"]


def ranked(record: Record) -> pd.DataFrame:
    """One row an opportunity: COLUMNS, by priority, dots settling ties.

    priority = value x confidence / effort, with confidence as a share of the highest mark: what it is worth, discounted by how sure the room
    is, for each unit of effort. Ties share a place. Source: the weighted shortest job first of Reinertsen (2009), without its cost of delay.

    >>> record = {"opportunities": {"a": {"name": "A", "value": 4, "effort": 2, "confidence": 5}, "b": {"name": "B", "value": 5, "effort": 5}},
    ...     "votes": {"ballots": {"1": {"a": 3, "b": 2}, "2": {"b": 5}}}}
    >>> ranked(record)[["id", "priority", "dots", "place", "place_by_dots"]].values.tolist()
    [['a', 2.0, 3, 1, 2], ['b', nan, 7, 2, 1]]
    """
    rows = []
    for name, one in record["opportunities"].items():
        given = [ballot[name] for ballot in record["votes"]["ballots"].values() if ballot.get(name)]
        marks = [float(one.get(key, float("nan"))) for key in ("value", "effort", "confidence")]
        rows.append((name, one["name"], one.get("touchpoint", ""), *marks, marks[0] * marks[2] / MOST_MARKS / marks[1], int(sum(given)), len(given), one.get("by", "")))
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if not c.startswith("place")])
    table["place"] = table["priority"].rank(ascending=False, method="min", na_option="bottom").astype(int)
    table["place_by_dots"] = table["dots"].rank(ascending=False, method="min").astype(int)
    return table.sort_values(["place", "place_by_dots", "name"], kind="stable", ignore_index=True)[COLUMNS]


def check_ballot(record: Record, ballot: dict[str, int], voter: str = "") -> None:
    """Raise WorkshopError where a ballot gives more dots than there are, or names an opportunity that is not there."""
    from helpers.score.lines import suggest

    for name in ballot:
        if name not in record["opportunities"]:
            raise WorkshopError("workshops", None, f"the ballot of {voter or 'one person'} names '{name}'; {suggest(name, record['opportunities'])}")
    if (given := sum(ballot.values())) > record["votes"]["dots"]:
        raise WorkshopError("workshops", None, f"the ballot of {voter or 'one person'} gives {given} dots, and there are {record['votes']['dots']}; take {given - record['votes']['dots']} back")


def cast(record: Record, ballot: dict[str, int], voter: str = "") -> str:
    """Put a ballot into the record and give its key: the voter's name, or a bare number where the workshop is anonymous. Replaces that voter's earlier one.

    In an anonymous workshop the order of the ballots says nothing of who cast them: a new one is put in by its content, not at the end.
    """
    kept = {name: int(dots) for name, dots in ballot.items() if dots}
    check_ballot(record, kept, voter)
    ballots = record["votes"]["ballots"]
    if not record["anonymous"]:
        ballots[voter or f"voter {len(ballots) + 1}"] = kept
        return voter
    record["votes"]["ballots"] = numbered([*ballots.values(), kept])
    return next(key for key, one in record["votes"]["ballots"].items() if one is kept)


def numbered(ballots: Iterable[dict[str, int]]) -> dict[str, dict[str, int]]:
    """Ballots without names, in an order that says nothing of who cast them.

    >>> numbered([{"b": 5}, {"a": 1}])
    {'1': {'a': 1}, '2': {'b': 5}}
    """
    return {str(number): one for number, one in enumerate(sorted(ballots, key=lambda one: sorted(one.items())), start=1)}


def set_anonymous(record: Record, anonymous: bool) -> None:
    """Keep ballots with or without names from now on; names that stand there go at once, where there are to be none."""
    record["anonymous"] = anonymous
    if anonymous:
        record["votes"]["ballots"] = numbered(record["votes"]["ballots"].values())
