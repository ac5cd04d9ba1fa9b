"""The company's index: every report by period, segment and page with its status and headline, and what failed."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from helpers import __version__, names
from helpers.render.html import index_html

LEVEL = {"good": "Going well", "bad": "Needs attention", "watch": "Watch", "unknown": "Not known yet"}


def overview(manifest: dict[str, Any]) -> str:
    """The index as HTML, from the manifest alone: nothing in it changes between two runs on the same data."""
    reports = manifest["reports"]
    titles = {one["page"]: names.PAGES.get(one["page"], one["title"]) for one in reports}
    pages = sorted(titles)
    failed = [one for one in reports if one["status"] == "failed"]
    stale = sum(one["status"] == "done" and not one["current"] for one in reports)
    return index_html(
        company=manifest["company"]["name"], pages=[(page, titles[page]) for page in pages], periods=_periods(reports, pages),
        failed=[{**one, "link": link(one, "ipynb")} for one in failed], counts=_counts(reports), stale=stale,
        cancelled=manifest["run"]["status"] == "cancelled", refused=manifest["refused"], conflicts=manifest["conflicts"],
        facts=_facts(manifest), version=__version__,
    )


def link(one: dict[str, Any], ending: str = "html") -> str:
    """Where a report's file lies, from the index, as an address.

    >>> link({"folder": "all/region=a&b", "page": "1_intent"})
    'all/region%3Da%26b/1_intent.html'
    """
    return quote(f"{one['folder']}/{one['page']}.{ending}")


def _periods(reports: list[dict], pages: list[str]) -> list[dict]:
    found: dict[str, dict] = {}
    for one in reports:
        period = found.setdefault(one["period"], {"label": one["period"], "segments": {}})
        row = period["segments"].setdefault(one["segment"], {"label": one["segment"], "people": one.get("people"), "folder": quote(one["folder"]), "cells": {}})
        row["cells"][one["page"]] = {**one, "link": link(one, "ipynb" if one["status"] == "failed" else "html"), "finding": LEVEL.get(one["level"], "")}
    for period in found.values():
        rows = sorted(period["segments"].values(), key=lambda row: (row["label"] != "all", row["label"]))
        period["segments"] = [{**row, "cells": [row["cells"].get(page) for page in pages]} for row in rows]
    return sorted(found.values(), key=lambda period: (period["label"] != "all", _newest_first(period["label"])))


def _newest_first(label: str) -> tuple:
    return tuple(-ord(letter) for letter in label)


def _counts(reports: list[dict]) -> list[tuple[str, int]]:
    """How many pages have each status on their scorecard."""
    told = [one["verdict"] for one in reports if one["status"] == "done" and one["verdict"]]
    return [(word, told.count(word)) for word in ("red_flag", "below_target", "not_yet_known", "on_target", "no_information") if word in told]


def _facts(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    data, parameters = manifest["data"], manifest["run"]["parameters"]
    facts = [
        ("Data end", data["as_of"][:10]), ("Fewest people shown", f"{data['min_cell']:,}"), ("Data fingerprint", data["fingerprint"]),
        ("Run fingerprint", manifest["fingerprint"]), ("Random seed", str(manifest["seed"])),
    ]
    facts += [(name.replace("_", " ").capitalize(), str(value)) for name, value in parameters.get("given", {}).items()]
    return facts + [("Versions", ", ".join(f"{name} {number}" for name, number in manifest["versions"].items()))]
