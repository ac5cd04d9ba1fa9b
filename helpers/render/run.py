"""A run: every report made, each folder published when its last page is done, then the manifest and the index."""

from __future__ import annotations

import shutil
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from helpers.infer.blocks import SEED
from helpers.load import write_whole
from helpers.render import batch, compare, manifest, pdf
from helpers.render.job import Job, Outcome, make
from helpers.render.known import Known
from helpers.render.overview import overview
from helpers.render.publish import publish
from helpers.render.request import Request


class Run:
    """One run of `journey render` into a company's folder: `go`, then `record`."""

    def __init__(self, request: Request, known: Known, jobs: list[Job], before: dict[tuple[str, str, str], dict], company: Path) -> None:
        self.request, self.known, self.jobs, self.before, self.company = request, known, jobs, before, company
        self.reports = dict(self.before)
        self.waiting = {job.place: sum(one.place == job.place for one in jobs) for job in jobs}
        self.results: dict[str, dict[Job, Outcome]] = {}
        self.failed: list[tuple[Job, Outcome]] = []
        self.conflicts: dict[str, None] = {}
        self.finished, self.cancelled = 0, False
        self.printer: pdf.Printer | None = None
        self.unprinted: list[str] = []

    def go(self) -> None:
        """Make the reports; a run that is stopped publishes what it had finished."""
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # its thread would be forked along
        self.scratch = batch.scratch(self.company)
        self.printer = pdf.Printer(self.request.paper) if self.request.paper else None
        self.made = {job: self.scratch / str(number) for number, job in enumerate(self.jobs)}
        tasks = [(job, make, (job, self.made[job])) for job in self._ordered()]
        try:
            with tqdm(total=len(tasks), unit="report", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar:
                try:
                    batch.run(tasks, self.request.jobs, lambda job, outcome: self._done(job, outcome, bar))
                except batch.Cancelled:
                    self.cancelled = True
            for place in list(self.results):
                self._publish(place)
        finally:
            if self.printer:
                self.printer.close()
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _ordered(self) -> list[Job]:
        """Folder by folder; in one, the pages that took longest last time first, so that none is waited for at the end."""
        took = {one["page"]: one["seconds"] for one in self.before.values()}
        folders = {place: number for number, place in enumerate(self.waiting)}
        return sorted(self.jobs, key=lambda job: (folders[job.place], -took.get(job.page, 0)))

    def _done(self, job: Job, outcome: Any, bar: Any) -> None:
        """Take in one result; publish its folder when it was the last there."""
        if isinstance(outcome, BaseException):
            outcome = self._lost(job, outcome)
        if outcome.status == "failed":
            self.failed.append((job, outcome))
            where = f" (under “{outcome.heading}”)" if outcome.heading else ""
            bar.write(f"{job.page}, period {job.period}, segment {job.segment} failed{where}: {outcome.error}", file=sys.stderr)
        self.finished += 1
        self.results.setdefault(job.place, {})[job] = outcome
        self.waiting[job.place] -= 1
        bar.update()
        if not self.waiting[job.place]:
            self._publish(job.place)

    def _lost(self, job: Job, error: BaseException) -> Outcome:
        """A page whose process died: its notebook is kept as it was before it ran."""
        name = f"{job.page}.ipynb"
        write_whole(self.made[job] / name, Path(job.notebook).read_bytes())
        return Outcome("failed", error=str(error) or type(error).__name__, files={name: ""})

    def _publish(self, place: str) -> None:
        results = self.results.pop(place)
        first = next(iter(results))
        if self.printer:
            self._print(results)
        same = [
            one["page"] for one in self.before.values()
            if (one["folder"], one["status"], one["fingerprint"]) == (place, "done", first.fingerprint)
        ]
        shared, quarrels = publish(self.made, self.company / place, results, same)
        for line in quarrels:
            print(f"period {first.period}, segment {first.segment}: {line}", file=sys.stderr)
            self.conflicts[f"Period {first.period}, segment {first.segment}: {line}."] = None
        for job, outcome in results.items():
            self.reports[job.page, job.period, job.segment] = self._entry(job, outcome, shared)

    def _print(self, results: dict[Job, Outcome]) -> None:
        """A PDF beside the HTML of every page that is done; one that cannot be printed is told and stops nothing."""
        for job, outcome in results.items():
            if outcome.status != "done":
                continue
            made = self.made[job] / f"{job.page}.pdf"
            if error := self.printer.print(made.with_suffix(".html"), made):
                line = f"{job.page}, period {job.period}, segment {job.segment} has no PDF: {error}"
                print(line, file=sys.stderr)
                self.unprinted.append(line)
                self.conflicts[f"{line}."] = None
            else:
                outcome.files[made.name] = sha256(made.read_bytes()).hexdigest()

    def _entry(self, job: Job, outcome: Outcome, shared: dict[str, str]) -> dict[str, Any]:
        title = next(page.title for page in self.request.pages if page.name == job.page)
        return {
            "page": job.page, "title": title, "period": job.period, "segment": job.segment, "people": self.known.segments[job.segment],
            "folder": job.place, "status": outcome.status, "headline": outcome.headline, "level": outcome.level, "verdict": outcome.verdict,
            "score": outcome.score, "error": outcome.error, "heading": outcome.heading, "warnings": outcome.warnings,
            "seconds": round(outcome.seconds, 2), "fingerprint": job.fingerprint, "files": {**outcome.files, **shared},
        }

    def record(self, seconds: float) -> None:
        """Write the manifest and the index: this run, and every report that is there."""
        mark = self.jobs[0].fingerprint
        reports = [{**one, "current": one["fingerprint"] == mark} for _, one in sorted(self.reports.items())]
        asked = self.request
        record = {
            "company": {"id": self.known.company, "name": self.known.name},
            "data": {"fingerprint": self.known.fingerprint, "as_of": self.known.as_of, "min_cell": self.known.min_cell, "currency": self.known.currency},
            "fingerprint": mark, "seed": SEED, "versions": manifest.versions(), "refused": self.known.refused, "conflicts": list(self.conflicts),
            "run": {
                "status": "cancelled" if self.cancelled else "failed" if self.failed else "done", "seconds": round(seconds, 2), "jobs": asked.jobs,
                "asked": len(self.jobs), "finished": self.finished,
                "parameters": {
                    "data": asked.data, "source": asked.source, "pages": [page.name for page in asked.pages], "periods": list(asked.periods),
                    "segments": list(self.known.segments), "by": list(asked.by), "as_of": asked.as_of, "min_cell": asked.min_cell, "given": asked.given,
                },
            },
            "failures": [
                {"page": job.page, "period": job.period, "segment": job.segment, "heading": outcome.heading, "error": outcome.error}
                for job, outcome in self.failed
            ],
            "reports": reports,
        }
        touched = {(job.period, job.segment) for job in self.jobs}
        record["comparisons"] = compare.update(self.company, record, manifest.read(self.company).get("comparisons", []), asked.by, touched)
        manifest.write(self.company, record)
        write_whole(self.company / "index.html", overview(record))
