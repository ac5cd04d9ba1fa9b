"""The run's own record: what was rendered with which data, settings and versions, what failed, and every file's sum."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from helpers import __version__
from helpers.load import ROOT, project_path, write_whole
from helpers.render.request import Request

NAME = "manifest.json"
PACKAGES = (
    "duckdb", "great-tables", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pyarrow", "scikit-learn", "scipy", "sqlframe", "statsmodels",
)


def fingerprint(request: Request, data: str, min_cell: int, as_of: str) -> str:
    """One word for everything that decides a report's numbers: data, scorecards, settings, code. Pages may differ in it
    only where one of these has changed between two runs.
    """
    parts = [data, as_of, str(min_cell), json.dumps(request.given, sort_keys=True)]
    folder = project_path(request.data)
    texts = [*folder.glob("scorecards/*.y*ml"), *folder.glob("workshops/*.y*ml"), *(ROOT / "helpers").rglob("*.py")]
    parts += [sha256(path.read_bytes()).hexdigest() for path in sorted(texts) if "tests" not in path.parts and "benchmarks" not in path.parts]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def versions() -> dict[str, str]:
    """Python and the packages that numbers and pictures come from."""
    found = {"python": sys.version.split()[0], "customer-journey-workbook": __version__}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def read(folder: Path) -> dict[str, Any]:
    """The manifest of the run before; empty where there is none or it cannot be read."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) and isinstance(found.get("reports"), list) else {}
    except (OSError, ValueError):
        return {}


def still_there(folder: Path, manifest: dict[str, Any]) -> dict[tuple[str, str, str], dict]:
    """The reports of an earlier manifest whose files still lie in the folder, by page, period and segment."""
    found = {}
    for one in manifest.get("reports", ()):
        place = folder / one["folder"]
        if (place / f"{one['page']}.html").exists() or (one["status"] == "failed" and (place / f"{one['page']}.ipynb").exists()):
            found[one["page"], one["period"], one["segment"]] = one
    return found


def write(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest whole or not at all."""
    write_whole(folder / NAME, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
