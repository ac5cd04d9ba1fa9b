"""Notebooks as files that do not change from run to run: no times, no machine, steady ids, one space of indent."""

from __future__ import annotations

import json
from typing import Any

_WIDGET = "application/vnd.jupyter.widget-view+json"
_CELL_METADATA = ("tags", "summary", "jupyter", "slideshow")
KERNEL = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}


def tidy(notebook: Any, *, metadata: dict | None = None) -> dict:
    """The notebook as plain data without what differs between two runs; `metadata` is added to the notebook's own."""
    plain = json.loads(json.dumps(notebook))
    for number, cell in enumerate(plain["cells"]):
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key in _CELL_METADATA and value}
        cell["id"] = f"cell-{number:02d}"
        for output in cell.get("outputs", ()):
            output.get("metadata", {}).pop("papermill", None)
            output.get("data", {}).pop(_WIDGET, None)  # a control dies with its kernel; its static twin stands beside it
    plain["metadata"] = {**KERNEL, **(metadata or {})}
    plain["nbformat"], plain["nbformat_minor"] = 4, 5
    return plain


def to_text(notebook: dict) -> str:
    """The notebook as the text of its file: keys sorted, text as lists of lines, as Jupyter writes it."""
    from nbformat import from_dict, v4

    lines = v4.rwbase.split_lines(from_dict(json.loads(json.dumps(notebook))))
    return json.dumps(lines, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
