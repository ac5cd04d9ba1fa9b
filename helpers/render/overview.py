"""The company's index: every report by period, segment and page with its status, the worst first, and what failed."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

from helpers import __version__, names
from helpers.names import day_words
from helpers.render.html import index_html

LEVEL = {"good": ("on_target", "Going well"), "bad": ("below_target", "Needs attention"), "watch": ("watch", "Watch"), "unknown": ("not_yet_known", "Not known yet")}
SEVERITY = ("red_flag", "below_target", "not_yet_known", "on_target", "no_information", "")
OPEN_ROWS, OPEN_REPORTS = 12, 60  # beyond, what pages say folds away, and all periods but the first
MOST_URGENT = 10
MANY = 12  # reports from which the worst are listed on their own: fewer are seen at a glance


def overview(manifest: dict[str, Any]) -> str:
    """The index as HTML, from the manifest alone: nothing in it changes between two runs on the same data."""
    reports = manifest["reports"]
    titles = {one["page"]: names.PAGES.get(one["page"], one["title"]) for one in reports}
    pages = sorted(titles)
    failed = [one for one in reports if one["status"] == "failed"]
    stale = sum(one["status"] == "done" and not one["current"] for one in reports)
    return index_html(
        company=manifest["company"]["name"], pages=[(page, titles[page]) for page in pages], periods=_periods(reports, pages),
        failed=[{**one, "link": link(one, "ipynb")} for one in failed], counts=_counts(reports), stale=stale, urgent=urgent(reports), total=len(reports),
        cancelled=manifest["run"]["status"] == "cancelled", refused=manifest["refused"], conflicts=manifest["conflicts"], run=_run(manifest),
        comparisons=_comparisons(manifest), facts=_facts(manifest), version=__version__, open_rows=len(reports) <= OPEN_ROWS,
    )


def link(one: dict[str, Any], ending: str = "html") -> str:
    """Where a report's file lies, from the index, as an address.

    >>> link({"folder": "all/region=a&b", "page": "1_intent"})
    'all/region%3Da%26b/1_intent.html'
    """
    return quote(f"{one['folder']}/{one['page']}.{ending}")


def _periods(reports: list[dict], pages: list[str]) -> list[dict]:
    """Periods, all the data first, then the newest; in each its segments, all customers first, then the worst."""
    found: dict[str, dict] = {}
    for one in reports:
        period = found.setdefault(one["period"], {"label": one["period"], "segments": {}})
        row = period["segments"].setdefault(one["segment"], {"label": one["segment"], "people": one.get("people"), "folder": quote(one["folder"]), "cells": {}})
        row["cells"][one["page"]] = {**one, "link": link(one, "ipynb" if one["status"] == "failed" else "html"), "finding": LEVEL.get(one["level"])}
    ordered = sorted(found.values(), key=lambda period: (period["label"] != "all", _newest_first(period["label"])))
    for place, period in enumerate(ordered):
        rows = sorted(period["segments"].values(), key=lambda row: (row["label"] != "all", *_worst_first(row["cells"].values()), row["label"]))
        period["segments"] = [{**row, "cells": [row["cells"].get(page) for page in pages]} for row in rows]
        period["reports"] = sum(cell is not None for row in period["segments"] for cell in row["cells"])
        period["counts"] = _counts([cell for row in period["segments"] for cell in row["cells"] if cell])
        period["open"] = place == 0 or len(reports) <= OPEN_REPORTS
    return ordered


def _newest_first(label: str) -> tuple:
    return tuple(-ord(letter) for letter in label)


def _worst_first(cells: Any) -> tuple:
    """How bad a segment's pages are: failures, then each status from the worst, then the lowest score."""
    cells = list(cells)
    done = [cell for cell in cells if cell["status"] == "done"]
    scores = [cell["score"] for cell in done if cell["score"] is not None]
    counts = [-sum(cell["verdict"] == word for cell in done) for word in SEVERITY[:3]]
    return (-sum(cell["status"] == "failed" for cell in cells), *counts, min(scores, default=10.0))


def urgent(reports: list[dict]) -> list[dict]:
    """The reports to open first: the worst status, then the lowest score; none where all are seen at a glance."""
    told = [one for one in reports if one["status"] == "done" and one["verdict"] in SEVERITY[:2]]
    if len(reports) <= MANY:
        return []
    order = sorted(told, key=lambda one: (SEVERITY.index(one["verdict"]), 10.0 if one["score"] is None else one["score"], one["period"], one["segment"], one["page"]))
    return [{**one, "link": link(one)} for one in order[:MOST_URGENT]]


def _counts(reports: list[dict]) -> list[tuple[str, int]]:
    """How many pages have each status on their scorecard, the worst first."""
    told = [one["verdict"] for one in reports if one["status"] == "done" and one["verdict"]]
    return [(word, told.count(word)) for word in SEVERITY if word and word in told]


def _run(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    """The last run in words: what it was asked, made and failed at, and the day its data end."""
    run, reports = manifest["run"], manifest["reports"]
    asked, finished, failed = run.get("asked", 0), run.get("finished", 0), len(manifest.get("failures", ()))
    day = date.fromisoformat(manifest["data"]["as_of"][:10])
    return [
        ("Data end", day_words(day)),
        ("Reports", f"{len(reports):,}: {_some(reports, 'page')}, {_some(reports, 'period')}, {_some(reports, 'segment')}"),
        ("Last run", f"{finished - failed:,} of {asked:,} made" + (f", {failed:,} failed" if failed else "") + (", then stopped" if run["status"] == "cancelled" else "")),
    ]


def _some(reports: list[dict], what: str) -> str:
    count = len({one[what] for one in reports})
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _comparisons(manifest: dict[str, Any]) -> list[dict]:
    """The comparisons that were made: period against period, then segment against segment, the newest first."""
    made = [{**one, "link": quote(one["file"])} for one in manifest.get("comparisons", ())]
    return sorted(made, key=lambda one: (one["kind"], _newest_first(one["second"] if one["kind"] == "period" else one["within"]), one["within"] != "all", one["first"], one["second"]))


def _facts(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    data, parameters = manifest["data"], manifest["run"]["parameters"]
    facts = [("Fewest people shown", f"{data['min_cell']:,}"), ("Data fingerprint", data["fingerprint"]), ("Run fingerprint", manifest["fingerprint"]), ("Random seed", str(manifest["seed"]))]
    for name, words in (("pages", "Pages of the last run"), ("periods", "Its periods"), ("segments", "Its segments")):
        if listed := parameters.get(name):
            facts.append((words, ", ".join(listed[:30]) + (f" and {len(listed) - 30:,} more" if len(listed) > 30 else "")))
    facts += [(name.replace("_", " ").capitalize(), str(value)) for name, value in parameters.get("given", {}).items()]
    return facts + [("Versions", ", ".join(f"{name} {number}" for name, number in manifest["versions"].items()))]
