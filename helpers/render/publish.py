"""Finished reports moved into place, folder by folder, and the two files that all pages of a folder share."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from helpers import names
from helpers.load import write_whole
from helpers.render import bundles, places
from helpers.render.job import Job, Outcome
from helpers.report.tabular import to_csv

SHARED = {"kpis": names.KPI_COLUMNS, "moments": names.MOMENT_COLUMNS}
_KPI_KEY = ("phase", "perspective", "objective", "kpi", "grain", "period", "segment")
_ORDER = {
    "phase": {word: i for i, word in enumerate(names.PHASES)},
    "perspective": {word: i for i, word in enumerate(names.PERSPECTIVES)},
    "grain": {word: i for i, word in enumerate(names.GRAINS)},
    "stage": {word: i for i, word in enumerate(names.STAGES)},
}


def publish(made: Mapping[Job, Path], place: Path, results: Mapping[Job, Outcome], kept: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Move the pages of one folder from where they were made to `place` and write kpis.csv and moments.csv beside them.

    kept: pages of an earlier run with the same data, settings and code, whose rows belong in the two files too. Pages
    from other data keep their own files but lend no rows. Gives the sha256 of the two files, and a sentence for every
    row that two pages tell differently.
    """
    for job, outcome in results.items():
        _replace(made[job], place, job.page, outcome.files)
    rerun = {job.page: outcome for job, outcome in results.items()}
    told = {page: {kind: getattr(outcome, kind) for kind in SHARED} for page, outcome in rerun.items() if outcome.status == "done"}
    for page in kept:
        if page not in rerun and (path := place / f"{page}.ipynb").exists():
            told[page] = stored(path)
    hashes, quarrels = {}, []
    for kind, columns in SHARED.items():
        rows, differing = merged([row for page in sorted(told) for row in told[page][kind]], kind)
        text = to_csv(rows, columns)
        write_whole(place / f"{kind}.csv", text)
        hashes[f"{kind}.csv"] = sha256(text.encode("utf-8")).hexdigest()
        quarrels += differing
    return hashes, quarrels


def stored(path: Path) -> dict[str, list[dict]]:
    """The rows for kpis.csv and moments.csv that an executed notebook holds."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return {kind: [row for one in bundles.payloads(notebook, kind) for row in one["rows"]] for kind in SHARED}


def merged(rows: list[dict], kind: str) -> tuple[list[dict], list[str]]:
    """Rows in their fixed order, each once; and a sentence for those told twice with different values (the first stays).

    >>> merged([{"kpi": "nps", "value": 1.0}, {"kpi": "nps", "value": 1.0}, {"kpi": "nps", "value": 2.0}], "kpis")
    ([{'kpi': 'nps', 'value': 1.0}], ['kpis.csv: nps differs between two pages in value; the first page counts'])
    """
    keys = _KPI_KEY if kind == "kpis" else ("touchpoint", "channel", "stage")
    first: dict[tuple, dict] = {}
    quarrels: dict[str, None] = {}
    for row in rows:
        key = tuple(str(row.get(name) or "") for name in keys)
        known = first.setdefault(key, row)
        if known is not row and (differs := [name for name in row if to_csv([{"x": row[name]}]) != to_csv([{"x": known.get(name)}])]):
            who = row.get("kpi") or row.get("touchpoint")
            quarrels[f"{kind}.csv: {who} differs between two pages in {', '.join(differs)}; the first page counts"] = None
    order = ("phase", "perspective", "kpi", "objective", "grain", "period", "segment") if kind == "kpis" else ("stage", "touchpoint", "channel")
    ordered = sorted(first.values(), key=lambda row: tuple(_rank(name, row.get(name)) for name in order))
    return ordered, list(quarrels)


def _rank(name: str, value: object) -> tuple[int, str]:
    known = _ORDER.get(name, {})
    return known.get(value, len(known)), str(value or "")


def _replace(made: Path, place: Path, page: str, files: Mapping[str, str]) -> None:
    """Put a page's new files where its old ones were; what the page no longer writes goes."""
    place.mkdir(parents=True, exist_ok=True)
    if not files:
        return
    for name in files:
        target = places.inside(place, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(made / name, target)
    old = [place / f"{page}.html", place / f"{page}.pdf", *place.glob(f"figures/{page}-*")]
    for path in old:
        if path.relative_to(place).as_posix() not in files:
            path.unlink(missing_ok=True)
