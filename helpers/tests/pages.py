"""Runs a page's cells in this process, with other parameters: quicker than a kernel, and errors keep their trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helpers.load import ROOT


def run_page(page: str, **parameters: Any) -> dict[str, Any]:
    """Execute the code cells of notebooks/<page>.ipynb; gives the names they leave behind."""
    notebook = json.loads((ROOT / "notebooks" / f"{page}.ipynb").read_text(encoding="utf-8"))
    space: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        exec(compile("".join(cell["source"]), page, "exec"), space)
        if "parameters" in cell["metadata"].get("tags", []):
            unknown = set(parameters) - set(space)
            assert not unknown, f"{page} has no parameter {unknown}"
            space.update(parameters)
    return space


def stored_pages() -> list[str]:
    """The pages that are there, in order."""
    return sorted(path.stem for path in Path(ROOT / "notebooks").glob("[0-6]_*.ipynb"))
