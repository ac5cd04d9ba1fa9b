"""`journey workshop open | forms | collect | minutes`: the room's page, forms for those who are not at its screen, their way back, and the hand-out after."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from html import escape
from pathlib import Path

from helpers import workshop
from helpers.journey import open_journey
from helpers.load import ROOT, project_path, write_whole
from helpers.render import places
from helpers.render.html import About, page_html
from helpers.render.page import Page, Section
from helpers.render.prose import Headings
from helpers.workshop import Room, forms, minutes, open_room

SHARE = Path(workshop.__file__).parent / "share"
SETTINGS = Path(__file__).parent / "jupyter"  # JupyterLab's: a kernel answers its controls where it runs its cells, one after the other


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `journey workshop`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="open | forms | collect | minutes")
    texts = {
        "open": "open the workshop as a page on this machine only (Voila), or in JupyterLab",
        "forms": "write a form a department, as a page and as a CSV",
        "collect": "read the forms that came back into the workshop's record",
        "minutes": "write the hand-out of a workshop",
    }
    for name, text in texts.items():
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        action.add_argument("folder", help="the company's folder, e.g. data/sample")
        action.add_argument("--date", default="", help="day of the workshop, year-month-day (default: the company's latest, else the last day of its data)")
        action.add_argument("--period", default="all", help="the period that the numbers cover (default: all)")
        action.add_argument("--segment", default="all", help="the segment that the numbers cover (default: all)")
        action.add_argument("--source", default="", help="where the tables lie, if not in the company's folder")
        if name == "open":
            action.add_argument("--teaching", action="store_true", help="a walkthrough in a copy of the company: how to read each step stands open, with something to try and its right reading one click away; what is entered stays in the copy")
            action.add_argument("--lab", action="store_true", help="open the notebook in JupyterLab instead of the page")
            action.add_argument("--port", type=int, default=8866, help="port of the page (default: 8866)")
            action.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
        if name == "forms":
            action.add_argument("--department", action="append", default=[], metavar="NAME", help="a department that takes part; once for each")
        if name in ("forms", "collect"):
            action.add_argument("--forms", default="", metavar="DIR", help="where the forms lie (default: workshops/<date>-forms in the company's folder)")
        if name == "minutes":
            action.add_argument("--out", default="", metavar="FILE", help="where to write it (default: reports/<company>/workshops/<date>.html)")


def run(options: argparse.Namespace) -> int:
    """Exit 0; 1 where forms have problems or are missing; 2 where nothing could be done."""
    if options.action == "open":
        return _open(options)
    try:
        journey = open_journey(options.folder, period=options.period, segment=options.segment, source=options.source or None)
        room = open_room(journey, options.date)
        return {"forms": _forms, "collect": _collect, "minutes": _minutes}[options.action](room, options)
    except (ValueError, OSError) as error:
        print(f"journey workshop {options.action}: {error}", file=sys.stderr)
        return 2


def notebook(options: argparse.Namespace) -> Path:
    """The workshop's notebook with this company's parameters, without outputs, in the cache."""
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    given = {"data": str(project_path(options.folder)), "period": options.period, "segment": options.segment, "source": options.source, "day": options.date, "teaching": options.teaching}
    page = parameterize_notebook(load_notebook_node(str(ROOT / "notebooks" / "6_workshop.ipynb")), given)
    for cell in page["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    folder = project_path(options.folder).resolve()
    page["metadata"]["title"] = f"Workshop of {options.date}" if options.date else "Workshop"
    path = _cache(folder) / f"{places.slug(folder.name)}.ipynb"
    write_whole(path, nbformat.writes(page))
    return path


def serve(options: argparse.Namespace) -> list[str]:
    """The command that serves the page: this machine only, with a token, nothing fetched from elsewhere.

    No kernel is warmed up ahead: it would have read the record before it was written to, and show an old one. A page that was closed gives its kernel
    back after ten minutes.
    """
    quiet = ["--no-browser"] if options.no_browser else []
    page = notebook(options)
    if options.lab:
        return [
            sys.executable, "-m", "jupyterlab", f"--LabApp.default_url=/lab/tree/{page.name}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={options.port}", f"--ServerApp.root_dir={page.parent}",
            "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly", *quiet,
        ]
    return [
        sys.executable, "-m", "voila", str(page), "--template=workshop", "--Voila.ip=127.0.0.1", "--Voila.mathjax_url=", "--Voila.auto_token=True", f"--port={options.port}",
        "--VoilaConfiguration.show_tracebacks=True", "--MappingKernelManager.cull_interval=60", "--MappingKernelManager.cull_idle_timeout=600", *quiet,
    ]


def _open(options: argparse.Namespace) -> int:
    """Serve until stopped; the company is opened once first, so that what is wrong with it is said here."""
    try:
        if options.teaching:
            options.folder = str(practice(project_path(options.folder)))
            print(f"This is practice in a copy of the company, {options.folder}, made anew at each start: nothing that is entered reaches the company.")
        room = open_room(open_journey(options.folder, period=options.period, segment=options.segment, source=options.source or None), options.date)
        if not options.date and room.store.path.exists():
            print(f"This is the workshop of {room.record['date']}, the latest on record; for a new one give its day: --date year-month-day")
        options.date = room.record["date"]
        command = serve(options)
    except (ValueError, OSError) as error:
        print(f"journey workshop open: {error}", file=sys.stderr)
        return 2
    environment = {**os.environ, **{name: os.pathsep.join(filter(None, [str(ours), os.environ.get(name, "")])) for name, ours in {"JUPYTER_PATH": SHARE, "JUPYTER_CONFIG_PATH": SETTINGS}.items()}}
    if os.name == "posix":
        sys.stdout.flush()
        os.execve(command[0], command, environment)  # whoever ends this command ends the server, and its kernels with it
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0


def practice(folder: Path) -> Path:
    """A fresh copy of a company's folder to learn in; the one before goes."""
    copy = _cache(folder) / "practice" / folder.name
    shutil.rmtree(copy, ignore_errors=True)
    return Path(shutil.copytree(folder, copy))


def _cache(folder: Path) -> Path:
    return ROOT / ".cache" / "workshop" / sha256(str(folder.resolve()).encode()).hexdigest()[:8]


def _folder(room: Room, options: argparse.Namespace) -> Path:
    return Path(options.forms) if options.forms else room.journey.company.folder / "workshops" / f"{room.record['date']}-forms"


def _forms(room: Room, options: argparse.Namespace) -> int:
    wanted = list(dict.fromkeys([*room.record["departments"], *options.department]))
    if not wanted:
        raise ValueError("name the departments that take part, e.g. --department Service --department Marketing")
    folder, rows = _folder(room, options), forms.questions(room.journey, room.record)
    stems = places.folder_names(wanted)
    filled = [folder / f"{stems[name]}.csv" for name in wanted if (folder / f"{stems[name]}.csv").exists()]
    for name in wanted:
        title = {"title": room.record["workshop"], "company": room.journey.company.name, "dots": room.record["votes"]["dots"]}
        write_whole(folder / f"{stems[name]}.html", forms.to_html(rows, name, **title))
        if folder / f"{stems[name]}.csv" not in filled:  # somebody may have filled it in
            write_whole(folder / f"{stems[name]}.csv", forms.to_csv(rows, name))
    room.record["departments"] = wanted
    room.save()
    print(f"{len(wanted)} forms are in {folder}, each as a page and as a CSV. Save what comes back there, then: journey workshop collect {options.folder} --date {room.record['date']}")
    if filled:
        print(f"Left as they were, because somebody may have filled them in: {', '.join(path.name for path in filled)}")
    return 0


def _collect(room: Room, options: argparse.Namespace) -> int:
    folder = _folder(room, options)
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}; `journey workshop forms` makes it")
    found = forms.collect(folder, room.journey, room.record)
    forms.take(room.record, found)
    saved = room.save()
    for form in found.taken:
        print(f"{form.department}: {sum(len(one) for one in form.beliefs.values())} answers, {sum(form.ballot.values())} dots ({form.file.name})")
    for problem in found.problems:
        print(f"Not taken: {problem}", file=sys.stderr)
    if found.missing:
        print(f"Still missing: {', '.join(found.missing)}")
    if saved.message:
        print(saved.message, file=sys.stderr)
    print(f"Kept in {room.store.path}")
    return 1 if found.problems or found.missing else 0


def _minutes(room: Room, options: argparse.Namespace) -> int:
    if not room.store.path.exists():
        raise ValueError(f"there is no workshop of {room.record['date']}; its file would be {room.store.path}")
    company = room.journey.company
    out = Path(options.out) if options.out else project_path("reports") / places.folder_names([company.id])[company.id] / "workshops" / f"{room.record['date']}.html"
    write_whole(out, minutes_html(room))
    print(f"The hand-out is {out}")
    return 0


def minutes_html(room: Room) -> str:
    """The hand-out as a page of its own: offline, printable."""
    headings = Headings()
    parts = []
    for title, html in minutes.sections(room):
        words, anchor = headings.add(2, escape(title))
        parts.append(Section(title, anchor, [html]))
    page = Page(title=room.record["workshop"], lead=f"<p>{escape(minutes.lead(room))}</p>", sections=parts, headings=headings)
    facts = (("Company", room.journey.company.name), ("Day", room.record["date"]), ("Departments", ", ".join(room.record["departments"]) or "none on record"))
    return page_html(page, About(room.journey.company.name, room.record["period"], room.record["segment"], facts, index="../index.html"))
