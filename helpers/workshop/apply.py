"""What a workshop decided, written into the company's scorecards: shown as a diff first, applied on confirmation, the old kept."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers import names
from helpers.load import write_whole
from helpers.score.library import Scorecards, read_scorecards
from helpers.score.lines import ScoreError
from helpers.score.merge import files_in, read_merged
from helpers.score.read import Reader
from helpers.workshop import surgery
from helpers.workshop.record import Record, WorkshopError


@dataclass(frozen=True)
class Change:
    """One scorecard file as it is (`old`, "" for a file that is made) and as it will be; `what` changes, in sentences."""

    file: Path
    old: str
    new: str
    what: tuple[str, ...]

    def diff(self) -> str:
        """The change as a unified diff."""
        lines = (self.old.splitlines(keepends=True), self.new.splitlines(keepends=True))
        return "".join(difflib.unified_diff(*lines, f"{self.file.name}, now", f"{self.file.name}, after"))


def plan(company: Path, record: Record, kpis: Mapping[str, Any] | None = None, *, currency: str = "") -> list[Change]:
    """The changes that a record asks of the scorecards, each checked to be a scorecard that can be read.

    Targets and initiatives go to the scorecard that judges the workshop's segment, else to the whole company's. What stands there
    already asks for no change. Raises WorkshopError where a target or initiative cannot stand on a scorecard.
    """
    library = read_scorecards(company, kpis, currency=currency)
    texts: dict[Path, list[str]] = {}
    for name, target in record["targets"].items():
        phase, kpi = _kpi(library, name)
        card = library.of(phase, record["segment"])
        text = _text(texts, company, library, phase, card.file)
        objective = next((o.id for o, t in card.entries() if t.kpi == kpi), "")
        try:
            _edit(text, surgery.set_goal(text[-1], kpi, target["target"], target["red_flag"], objective=objective),
                  f"{library.kpis[kpi].label}: target {target['target']}, red flag {target['red_flag']}")
        except KeyError:
            raise WorkshopError(_file(company, record), None, f"{kpi} stands on no objective of the {names.PHASES[phase]} scorecard; add it to one first") from None
    for item in record["initiatives"].values():
        phase, kpi = _kpi(library, item["kpi"])
        card = library.of(phase, record["segment"])
        place = item.get("objective") or next((o.id for o, t in card.entries() if t.kpi == kpi), "")
        if card.objective(place) is None:
            raise WorkshopError(_file(company, record), None, f"initiative '{item['name']}' names no objective of the {names.PHASES[phase]} scorecard; "
                                f"type objective: with one of {', '.join(o.id for o in card.objectives)}")
        text = _text(texts, company, library, phase, card.file)
        fields = {"name": item["name"], **{key: item.get(key, "") for key in ("owner", "due", "budget")}, "kpi": kpi,
                  **{key: item.get(key, "") for key in ("promise", "baseline")}}
        _edit(text, surgery.set_initiative(text[-1], place, fields), f"Initiative “{item['name']}” for {library.kpis[kpi].label}")
    changes = [Change(file, _old(file), parts[-1], tuple(parts[:-1])) for file, parts in texts.items() if parts[-1] != _old(file)]
    _check(company, record, changes, library, currency)
    return changes


def apply(company: Path, record: Record, changes: list[Change]) -> dict[str, str]:
    """Write the changes; the old files are kept under scorecards/history/<date>/. Gives file -> where its old text is kept.

    Raises WorkshopError, and changes nothing, where a scorecard was changed since the plan was made.
    """
    stale = [change.file.name for change in changes if _old(change.file) != change.old]
    if stale:
        raise WorkshopError(_file(company, record), None, f"{', '.join(stale)} changed since this was shown; look at the difference again, then confirm")
    kept = {}
    for change in changes:
        where = change.file.parent / "history" / record["date"] / change.file.name
        number = 2
        while where.exists():
            where, number = where.with_name(f"{change.file.stem}-{number}{change.file.suffix}"), number + 1
        if change.old:
            where.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(change.file, where)
        write_whole(change.file, change.new)
        kept[change.file.name] = str(where.relative_to(change.file.parent)) if change.old else "new"
    return kept


def _kpi(library: Scorecards, name: str) -> tuple[str, str]:
    """Phase and id of a KPI written `phase.kpi` or `kpi`."""
    kpi = name.rpartition(".")[2]
    if kpi not in library.kpis:
        from helpers.score.lines import suggest

        raise WorkshopError("workshops", None, f"KPI '{kpi}' is not known; {suggest(kpi, library.kpis)}")
    return library.kpis[kpi].phase, kpi


def _text(texts: dict[Path, list[str]], company: Path, library: Scorecards, phase: str, file: str) -> list[str]:
    """What was changed in a file so far, and last its text; a file that the company lacks starts from the default scorecard."""
    path = company / "scorecards" / (file or f"{phase}.yml")
    if path not in texts:
        texts[path] = [_old(path) or _starter(library, phase)]
    return texts[path]


def _starter(library: Scorecards, phase: str) -> str:
    lines = [f"name: {names.PHASES[phase]} scorecard", f"phase: {phase}", "", "objectives:"]
    for objective in library.of(phase).objectives:
        lines += [f"  - id: {objective.id}", f"    name: {objective.name}", f"    perspective: {objective.perspective}", "    kpis:"]
        lines += [f"      - {target.kpi}" for target in objective.kpis]
    return "\n".join(lines) + "\n"


def _edit(text: list[str], new: str, what: str) -> None:
    if new != text[-1]:
        text[-1:] = [what, new]


def _check(company: Path, record: Record, changes: list[Change], library: Scorecards, currency: str) -> None:
    """Raise WorkshopError where a changed scorecard could not be read any more."""
    if not changes:
        return
    with tempfile.TemporaryDirectory(dir=company, prefix=".scorecards-") as folder:  # beside the real ones, so that paths in `extends` hold
        for path in files_in(company):
            shutil.copy2(path, folder)
        for change in changes:
            (Path(folder) / change.file.name).write_text(change.new, encoding="utf-8")
        try:
            for path in sorted(Path(folder).iterdir()):
                Reader(library.kpis, currency).card(read_merged(path))
        except ScoreError as problem:
            raise WorkshopError(_file(company, record), None, f"what was decided cannot stand on {Path(problem.file).name}: {problem.message}") from None


def _old(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _file(company: Path, record: Record) -> Path:
    return company / "workshops" / f"{record['date']}.yml"
