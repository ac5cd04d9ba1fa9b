"""`journey render`: one report a page, period and segment, with an index. Exit 0 all done, 1 a page failed, 2 refused, 130 stopped."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from helpers.journey import parse_segment
from helpers.names import day_words
from helpers.render import batch, manifest, places
from helpers.render.html import About
from helpers.render.job import Job
from helpers.render.known import Known, look
from helpers.render.request import Request, read_request
from helpers.render.run import Run

# Imported once, before pages are forked; a page pays only for what is not here.
STAGES = ("measure", "infer", "score", "draw", "report")
LIBRARIES = (
    "sqlframe.duckdb", "papermill", "matplotlib.backends.backend_agg", "matplotlib.patheffects", "PIL.Image", "scipy.stats", "statsmodels.api",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `journey render`."""
    parser.add_argument("folder", help="the company's folder, e.g. data/sample")
    parser.add_argument("--page", nargs="+", action="extend", metavar="PAGE", help="pages by name, number or word, e.g. 1_intent 3 (default: all)")
    parser.add_argument("--period", nargs="+", action="extend", metavar="PERIOD", help="all, 2026, 2026-H1, 2026-Q3, 2026-07, first..last day (default: all)")
    parser.add_argument("--by", nargs="+", action="extend", metavar="COLUMN", help="a report for all customers and one for each value of these customer columns")
    parser.add_argument("--segment", nargs="+", action="extend", metavar="SEGMENT", help="all, column=value, or several joined by & (default: all)")
    parser.add_argument("--as-of", metavar="DAY", help="the day the data end (default: their last time stamp)")
    parser.add_argument("--min-cell", type=int, metavar="N", help="fewest people shown (default: the company's)")
    parser.add_argument("--source", metavar="DIR", help="where the data files lie, if not beside journey.yml")
    parser.add_argument("-p", "--parameter", nargs=2, action="append", metavar=("NAME", "VALUE"), help="a further parameter of the pages")
    parser.add_argument("--jobs", type=int, metavar="N", help="pages at once (default: one a processor)")
    parser.add_argument("--out", metavar="DIR", help="where the company's reports go (default: reports)")
    parser.add_argument("--pdf", nargs="?", const="A4", metavar="PAPER", help="also a PDF of each page, on A4 or Letter (needs Chromium: make browser)")
    parser.add_argument("--notebooks", metavar="DIR", help="where the pages are (default: notebooks)")


def run(options: argparse.Namespace) -> int:
    """Check everything, render, write the manifest and the index; gives the exit code."""
    began = time.perf_counter()
    try:
        request = read_request(options)
        finish = batch.start_call(look, request)
        if request.by or len(request.pages) * len(request.periods) * len(request.segments) > request.jobs:
            _warm_up()  # fewer reports begin side by side at once, and each imports only what it needs
        known = finish()
    except (batch.Cancelled, KeyboardInterrupt):
        return 130
    except (ValueError, OSError, ImportError) as error:
        print(f"journey render: {error}", file=sys.stderr)
        return 2
    for label, why in known.refused.items():
        print(f"{label} gets no report of its own: {why}.", file=sys.stderr)
    company = request.out / places.folder_names([known.company])[known.company]
    company.mkdir(parents=True, exist_ok=True)
    with alone(company) as free:
        if not free:
            print(f"journey render: another run is writing to {company}; wait for it, or type --out with another folder", file=sys.stderr)
            return 2
        before = manifest.still_there(company, manifest.read(company))
        done = Run(request, known, plan(request, known, before), before, company)
        done.go()
        done.record(time.perf_counter() - began)
    return _tell(done, time.perf_counter() - began)


def plan(request: Request, known: Known, before: Mapping[tuple[str, str, str], dict]) -> list[Job]:
    """The reports to make, folder by folder. `before` are the reports that are there, by page, period and segment."""
    folders = places.folder_names(known.segments, known.labels)
    mark = manifest.fingerprint(request, known.fingerprint, known.min_cell, known.as_of)
    return [
        Job(
            page.name, str(page.path), period, segment, f"{places.slug(period)}/{folders[segment]}",
            request.parameters(page, period, segment), _about(known, page.name, _neighbours(request, period, segment, before), period, segment, mark, request.paper), mark,
        )
        for period in request.periods for segment in known.segments for page in request.pages
    ]


def _neighbours(request: Request, period: str, segment: str, before: Mapping[tuple[str, str, str], dict]) -> dict[str, str]:
    """Name and title of the pages that lie in one folder after this run."""
    there = {page: one["title"] for (page, *place), one in before.items() if place == [period, segment] and one["status"] == "done"}
    return dict(sorted((there | {page.name: page.title for page in request.pages}).items()))


def _about(known: Known, page: str, pages: Mapping[str, str], period: str, segment: str, mark: str, paper: str = "") -> About:
    first, last = (_day(day) for day in known.periods[period])
    people, when = known.segments[segment], "All the data" if period == "all" else period
    cut = parse_segment(segment)
    who = cut.title + (f" ({people:,} customers)" if cut.pairs and people else "")
    return About(
        company=known.name, period="" if period == "all" else period, who=cut.title if cut.pairs else "",
        facts=(
            ("Company", known.name), ("Customers", who), ("Period", f"{when}, {first} to {last}"),
            *((("Data end", _day(known.as_of[:10])),) if _day(known.as_of[:10]) != last else ()),
        ),
        pdf=f"{page}.pdf" if paper else "",
        pages=tuple({"file": f"{name}.html", "title": title, "current": name == page} for name, title in pages.items()),
        foot=(
            f"Customer Journey Workbook. Nothing on this page left the machine it was made on. "
            f"Groups of fewer than {known.min_cell:,} people are not shown.",
            f"Data {known.fingerprint}, run {mark}. The numbers of this page: kpis.csv, moments.csv and the folder figures beside it.",
        ),
    )


def _tell(done: Run, seconds: float) -> int:
    """Say on one line what was made and where; gives the exit code."""
    failed = len(done.failed)
    made = done.finished - failed
    words = [f"{made:,} {'report' if made == 1 else 'reports'} done", *([f"{failed:,} failed"] if failed else [])]
    if done.unprinted:
        words.append(f"{len(done.unprinted):,} without a PDF")
    if done.cancelled:
        words.append(f"stopped with {len(done.jobs) - done.finished:,} to go")
    index = done.company / "index.html"
    with suppress(ValueError):
        index = index.relative_to(Path.cwd())
    print(f"{', '.join(words)} in {seconds:,.0f} s. Open {index}")
    return 130 if done.cancelled else 1 if failed or done.unprinted else 0


def _warm_up() -> None:
    """Import what the pages need, once."""
    stages = [import_module(f"helpers.{stage}") for stage in STAGES]
    modules = [f"{stage.__name__}.{one.name}" for stage in stages for one in iter_modules(stage.__path__)]
    for name in (*LIBRARIES, *modules):
        with suppress(ImportError):  # a page that needs it says so where it fails
            import_module(name)


@contextmanager
def alone(company: Path) -> Iterator[bool]:
    """Whether no other command writes to the company's reports; while inside, none can start to."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield True
        return
    with (company / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _day(text: str) -> str:
    return day_words(date.fromisoformat(text))
