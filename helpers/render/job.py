"""One report: a page run for one period and segment, and its files written into a folder of its own."""

from __future__ import annotations

import time
from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from helpers.render import bundles, places, tidy
from helpers.render.html import About, to_html


@dataclass(frozen=True, eq=False)
class Job:
    """What one report is made of. `place` is its folder below the company's, `<period>/<segment>`."""

    page: str
    notebook: str
    period: str
    segment: str
    place: str
    parameters: dict[str, Any]
    about: About
    fingerprint: str


@dataclass
class Outcome:
    """What became of a report: done, failed or cancelled. `files` maps a path below its place to its sha256."""

    status: str
    seconds: float = 0.0
    error: str = ""
    heading: str = ""
    headline: str = ""
    level: str = ""
    verdict: str = ""
    score: float | None = None
    warnings: int = 0
    files: dict[str, str] = field(default_factory=dict)
    kpis: list[dict] = field(default_factory=list)
    moments: list[dict] = field(default_factory=list)


def make(job: Job, folder: Path) -> Outcome:
    """Run a page and write its files into `folder`. A page that fails leaves its notebook only."""
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    notebook, error = execute(job, folder / f"{job.page}.ipynb")
    told = bundles.first_error(notebook) if error else None
    metadata = {"journey": {"fingerprint": job.fingerprint, "parameters": job.parameters}}
    outcome = Outcome("failed" if error else "done", error=told[1] if told else error, heading=told[0] if told else "")
    _put(folder, f"{job.page}.ipynb", tidy.to_text(tidy.tidy(notebook, metadata=metadata)), outcome)
    if not error:
        try:
            _read(job, notebook, folder, outcome)
        except Exception as broken:  # a page that ran but cannot be written is a failed page; the rest go on
            outcome = Outcome("failed", error=bundles.one_line(f"{type(broken).__name__}: {broken}"), heading="while its HTML was written")
            _put(folder, f"{job.page}.ipynb", tidy.to_text(tidy.tidy(notebook, metadata=metadata)), outcome)
    outcome.seconds = time.perf_counter() - began
    return outcome


def execute(job: Job, path: Path) -> tuple[Any, str]:
    """The executed notebook and the error that stopped it, empty where none did."""
    import nbformat
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    from helpers.render import warm

    try:
        notebook = execute_notebook(
            job.notebook, str(path), job.parameters, engine_name=warm.NAME, kernel_name="python3", language="python",
            request_save_on_cell_execute=False, progress_bar=False, report_mode=True,
        )
    except PapermillExecutionError as error:
        return nbformat.read(path, as_version=4), bundles.one_line(f"{error.ename}: {error.evalue}")
    return notebook, ""


def _read(job: Job, notebook: Any, folder: Path, outcome: Outcome) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            outcome.warnings += output.output_type == "stream" and output.name == "stderr"
            for payload in bundles.of_output(output):
                _payload(job.page, payload, output, folder, outcome)
    _put(folder, f"{job.page}.html", to_html(notebook, job.about), outcome)


def _payload(page: str, payload: dict, output: Any, folder: Path, outcome: Outcome) -> None:
    kind = payload["kind"]
    if kind in ("figure", "table"):
        payload["file"] = name = _free(places.stem(page, payload["stem"]), outcome)
        _put(folder, f"figures/{name}.csv", payload["csv"], outcome)
        if kind == "figure":
            _put(folder, f"figures/{name}.png", b64decode(bundles.text(output["data"]["image/png"])), outcome)
    elif kind in ("kpis", "moments"):
        getattr(outcome, kind).extend(payload["rows"])
    elif kind == "findings" and payload["findings"] and not outcome.headline:
        outcome.headline, outcome.level = payload["findings"][0]["headline"], payload["findings"][0].get("level", "")
    elif kind == "status":
        outcome.verdict, outcome.score = payload.get("status") or "no_information", payload.get("score")


def _free(name: str, outcome: Outcome) -> str:
    """A name that this page has not used yet: a second chart with one stem gets -2."""
    number, free = 1, name
    while f"figures/{free}.csv" in outcome.files:
        number += 1
        free = f"{name}-{number}"
    return free


def _put(folder: Path, name: str, content: str | bytes, outcome: Outcome) -> None:
    data = content.encode("utf-8") if isinstance(content, str) else content
    path = places.inside(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    outcome.files[name] = sha256(data).hexdigest()
