"""Reading what a page showed: its outputs with the words, pictures and payloads that `helpers.report.display` left there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from helpers.report.display import MIME

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$", re.MULTILINE)


def payloads(notebook: Any, kind: str | None = None) -> Iterator[dict]:
    """The payloads of an executed notebook in order, all or of one kind."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            for payload in of_output(output):
                if kind is None or payload.get("kind") == kind:
                    yield payload


def of_output(output: Any) -> list[dict]:
    """The payloads of one output: none, one, or several."""
    found = output.get("data", {}).get(MIME)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def text(value: Any) -> str:
    """A notebook's text, which may be stored as a list of lines.

    >>> text(["a\\n", "b"])
    'a\\nb'
    """
    return "".join(value) if isinstance(value, list) else str(value)


def bare(value: Any) -> str:
    """Text without the codes that colour it in a terminal."""
    return _ANSI.sub("", text(value))


def headings(source: str) -> list[str]:
    """The headings of a Markdown text, in order.

    >>> headings("# One\\nwords\\n## Two")
    ['One', 'Two']
    """
    return [words for _, words in _HEADING.findall(source)]


def first_error(notebook: Any) -> tuple[str, str] | None:
    """Where and how a notebook failed: the heading above the failing cell, and the error's last line."""
    heading = ""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and "papermill-error-cell-tag" not in cell.get("metadata", {}).get("tags", []):
            if found := headings(text(cell["source"])):
                heading = found[-1]
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                return heading, one_line(f"{output['ename']}: {bare(output['evalue'])}")
    return None


def one_line(message: str, longest: int = 400) -> str:
    """A message on one line, cut where it runs on.

    >>> one_line("a\\n  b" + "c" * 9, longest=5)
    'a bcc…'
    """
    words = " ".join(message.split())
    return words if len(words) <= longest else words[:longest] + "…"
