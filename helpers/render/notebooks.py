"""`python -m helpers.render.notebooks [--check] [PAGE ...]`: store the pages executed, top to bottom, with their default parameters.

A stored page shows what it shows, so that it reads well where no kernel runs, and holds nothing that differs between two runs.
`--check` runs the pages and says which stored outputs are stale. Words and tables are compared, pictures are not: letters are
drawn a little differently from machine to machine, and a picture's title and alternative text say what it shows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from helpers.load import ROOT, write_whole
from helpers.render import batch, bundles, tidy
from helpers.render.html import About
from helpers.render.job import Job, execute
from helpers.render.request import PageFile, RequestError, choose_pages, find_pages

BULK = ("csv", "rows")  # parts of a payload that are not stored: they are files of a rendered report


def run_page(page: PageFile) -> dict:
    """A page run with its default parameters, as it is stored. Raises RuntimeError where a cell fails."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job(page.name, str(page.path), "all", "all", "", {}, About(), "")
        notebook, error = execute(job, Path(folder) / "page.ipynb")
    if error:
        heading, last = bundles.first_error(notebook) or ("", error)
        raise RuntimeError(f"{page.name} fails under “{heading}”: {last}")
    return stored(notebook)


def stored(notebook: Any) -> dict:
    """An executed notebook as it is stored: tidy, code shown, without the rows that a rendered report has in its files."""
    plain = tidy.tidy(notebook)
    for cell in plain["cells"]:
        cell["metadata"].pop("jupyter", None)
        for output in cell.get("outputs", ()):
            for payload in bundles.of_output(output):
                for part in BULK:
                    payload.pop(part, None)
    return plain


def differences(old: dict, new: dict) -> list[str]:
    """The headings under which a stored page no longer shows what it would show now; pictures are not compared."""
    if [cell["source"] for cell in old["cells"]] != [cell["source"] for cell in new["cells"]]:
        return ["its cells"]
    found, heading = [], "its beginning"
    for before, now in zip(old["cells"], new["cells"]):
        if before["cell_type"] == "markdown" and (headings := bundles.headings(bundles.text(before["source"]))):
            heading = headings[-1]
        if _without_pictures(before) != _without_pictures(now):
            found.append(heading)
    return list(dict.fromkeys(found))


def _without_pictures(cell: dict) -> dict:
    outputs = [
        {**output, "data": {mime: data for mime, data in output["data"].items() if not mime.startswith("image/")}} if "data" in output else output
        for output in cell.get("outputs", ())
    ]
    return {**cell, "outputs": outputs}


def main(arguments: list[str] | None = None) -> int:
    """Exit 0: stored, or nothing stale; 1: a page fails or is stale; 2: there is no such page."""
    parser = argparse.ArgumentParser(prog="python -m helpers.render.notebooks", description=__doc__.split("\n\n")[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="pages by name, number or word (default: all)")
    parser.add_argument("--check", action="store_true", help="change nothing; say which stored pages are stale")
    parser.add_argument("--notebooks", metavar="DIR", default=str(ROOT / "notebooks"), help="where the pages are")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="pages at once (default: 2)")
    options = parser.parse_args(arguments)
    try:
        pages = choose_pages(find_pages(Path(options.notebooks)), options.pages)
    except RequestError as error:
        print(error, file=sys.stderr)
        return 2
    wrong: list[str] = []
    batch.run([(page, run_page, (page,)) for page in pages], options.jobs, lambda page, made: wrong.extend(_take(page, made, options.check)))
    return 1 if wrong else 0


def _take(page: PageFile, made: Any, check: bool) -> list[str]:
    """Store or compare one page; the words for what is wrong with it."""
    if isinstance(made, BaseException):
        lines = [str(made)]
    elif not check:
        write_whole(page.path, tidy.to_text(made))
        lines = []
    else:
        stale = differences(json.loads(page.path.read_text(encoding="utf-8")), json.loads(tidy.to_text(made)))
        lines = [f"{page.name} is stale under: {'; '.join(stale)}. Type `python -m helpers.render.notebooks {page.name}`"] if stale else []
    for line in lines:
        print(line, file=sys.stderr)
    return lines


if __name__ == "__main__":
    sys.exit(main())
