"""What a run is asked for, checked before anything runs: pages, periods, segments and parameters, each with the nearest right word."""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from helpers import names
from helpers.journey import parse_period, parse_segment
from helpers.load import ROOT, project_path
from helpers.render import pdf

OWN = ("data", "period", "segment", "as_of", "min_cell", "source")  # parameters that have an option of their own
TYPES = {"str": str, "int": int, "float": float, "bool": bool}


class RequestError(ValueError):
    """A run that cannot be done as asked; the message says what to type instead."""


@dataclass(frozen=True)
class PageFile:
    """A page that can be rendered: its name, notebook, title and parameters (name -> type)."""

    name: str
    path: Path
    title: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class Request:
    """A checked run. `given` are further parameters by name; a page gets those it knows."""

    data: str
    source: str
    pages: tuple[PageFile, ...]
    periods: tuple[str, ...]
    segments: tuple[str, ...]
    by: tuple[str, ...]
    as_of: str
    min_cell: int
    jobs: int
    out: Path
    given: dict[str, Any] = field(default_factory=dict)
    paper: str = ""  # A4 or Letter where PDFs are asked for

    def parameters(self, page: PageFile, period: str, segment: str) -> dict[str, Any]:
        """What a page is run with: only what differs from its defaults is left out."""
        values = {"data": self.data, "period": period, "segment": segment, "as_of": self.as_of, "min_cell": self.min_cell, "source": self.source}
        kept = {name: value for name, value in values.items() if value not in ("", 0)}
        return {name: value for name, value in {**kept, **self.given}.items() if name in page.parameters}


def read_request(options: argparse.Namespace) -> Request:
    """The run that the command line asks for. Raises RequestError, PeriodError or SegmentError."""
    pages = choose_pages(find_pages(Path(options.notebooks) if options.notebooks else ROOT / "notebooks"), options.page)
    periods = tuple(dict.fromkeys(parse_period(text).label for text in options.period or ["all"]))
    segments = tuple(dict.fromkeys(parse_segment(text).label for text in options.segment or []))
    by = tuple(dict.fromkeys(column.strip() for text in options.by or [] for column in text.split(",") if column.strip()))
    if options.min_cell is not None and options.min_cell < 1:
        raise RequestError(f"--min-cell is {options.min_cell}; type a number of people from 1, e.g. --min-cell 10")
    if options.jobs is not None and options.jobs < 1:
        raise RequestError(f"--jobs is {options.jobs}; type how many pages run at once, from 1, e.g. --jobs 2")
    return Request(
        data=_short(options.folder), source=_short(options.source) if options.source else "", pages=pages, periods=periods,
        segments=segments or ("all",) * (not by) or (), by=by, as_of=options.as_of or "", min_cell=options.min_cell or 0,
        jobs=options.jobs or os.cpu_count() or 2, out=Path(options.out).resolve() if options.out else ROOT / "reports",
        given=read_given(options.parameter or [], pages), paper=_paper(getattr(options, "pdf", None)),
    )


def find_pages(folder: Path) -> dict[str, PageFile]:
    """The pages of a folder: notebooks whose name starts with a digit, in order. Raises RequestError where there is none."""
    found = {path.stem: path for path in sorted(folder.glob("[0-9]*_*.ipynb"))}
    if not found:
        raise RequestError(f"{folder} holds no page; a page is a notebook like 1_intent.ipynb. Type --notebooks with their folder")
    return {name: _page(name, path) for name, path in found.items()}


def _page(name: str, path: Path) -> PageFile:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tagged = next((cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])), None)
    if tagged is None:
        raise RequestError(f"{path} has no cell tagged `parameters`; tag the cell that assigns data, period, segment, ...")
    title = names.PAGES.get(name) or name.split("_", 1)[1].replace("_", " ").capitalize()
    return PageFile(name, path, title, read_parameters("".join(tagged["source"])))


def read_parameters(source: str) -> dict[str, str]:
    """Name and type of each parameter, from the assignments of a parameters cell.

    >>> read_parameters('period: str = "all"  # which\\nmin_cell: int = 0')
    {'period': 'str', 'min_cell': 'int'}
    """
    found = {}
    for line in ast.parse(source).body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            found[line.target.id] = ast.unparse(line.annotation)
        elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            found[line.targets[0].id] = type(ast.literal_eval(line.value)).__name__
    return found


def choose_pages(there: dict[str, PageFile], asked: Sequence[str] | None) -> tuple[PageFile, ...]:
    """The pages asked for, by full name, number or word (`1_intent`, `1`, `intent`); all where none is."""
    if not asked:
        return tuple(there.values())
    words = {alias: name for name in there for alias in (name, name.split("_", 1)[0], name.split("_", 1)[1], f"{name}.ipynb")}
    chosen = []
    for text in (part.strip() for one in asked for part in one.split(",")):
        if (word := text.lower().rsplit("/", 1)[-1]) not in words:
            raise RequestError(f"there is no page '{text}'; pages are {', '.join(there)}{near(text, words, '--page ')}")
        chosen.append(words[word])
    return tuple(page for name, page in there.items() if name in chosen)


def read_given(given: Sequence[Sequence[str]], pages: Sequence[PageFile]) -> dict[str, Any]:
    """The parameters of `-p NAME VALUE` with the type that the pages say. Raises RequestError for a wrong name or value."""
    known: dict[str, str] = {}
    for page in pages:
        known |= page.parameters
    values = {}
    for name, text in given:
        if name in OWN and name != "data":
            raise RequestError(f"{name} has an option of its own; type --{name.replace('_', '-')} {text}")
        if name == "data":
            raise RequestError(f"data is the folder that stands right after `render`; type journey render {text}")
        if name not in known:
            allowed = [one for one in known if one not in OWN]
            also = f"they take {', '.join(allowed)}" if allowed else f"they take none beside {', '.join(OWN)}"
            raise RequestError(f"no page asked for has a parameter '{name}'; {also}{near(name, known)}")
        values[name] = _typed(name, text, known[name])
    return values


def _typed(name: str, text: str, kind: str) -> Any:
    wanted = {"int": r"[-+]?\d+", "float": r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", "bool": r"(?i:true|false)"}.get(kind)
    if wanted is None:
        return text
    if not re.fullmatch(wanted, text.strip()):
        example = {"int": "12", "float": "0.5", "bool": "true"}[kind]
        article = {"int": "a whole number", "float": "a number", "bool": "true or false"}[kind]
        raise RequestError(f"parameter {name} is {article}, not '{text}'; type e.g. -p {name} {example}")
    return text.strip().lower() == "true" if kind == "bool" else TYPES[kind](text)


def near(word: str, words: Any, before: str = "") -> str:
    """The nearest right word as the end of an error.

    >>> near("intnet", ["intent", "adoption"], "--page ")
    '. Type --page intent'
    """
    found = get_close_matches(word.lower(), list(words), n=1)
    return f". Type {before}{found[0]}" if found else ""


def _paper(asked: str | None) -> str:
    """What PDFs are printed on, where they are asked for and can be made. Raises PdfError."""
    if asked is None:
        return ""
    size = pdf.paper(asked)
    pdf.check()
    return size


def _short(folder: str) -> str:
    """A folder as pages get it: from the project's root where it lies there, else absolute."""
    path = project_path(folder).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
