"""Results kept on disk beside the prepared tables, so that the pages of a run, and the next run, work each out only once.

What is kept is named by all that it depends on: the data's fingerprint (the folder it lies in), the company's settings, period, segment, as_of,
min_cell, and the code that works it out. Anything else, and a file that cannot be read, means working it out again.
$JOURNEY_KEPT=off turns it off. A kept file is a pickle of this project's own making, in its own cache; nothing else is ever read.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helpers.load import write_whole
from helpers.validate.cache import PACKAGE, code_files

_LIBRARIES = ("duckdb", "numpy", "pandas", "scikit-learn", "scipy", "sqlframe", "statsmodels")
_CODE = ("contract.py", "names.py", "plans.py", "engine.py", "load", "validate", "journey", "measure", "infer")
_IN_USE_SECONDS = 24 * 3600


def kept(folder: Path, about: tuple[Any, ...], name: str, build: Callable[[], Any]) -> Any:
    """What `build` gives: read from `folder` if it was worked out before for the same `about` and code, else worked out and written there."""
    if os.environ.get("JOURNEY_KEPT") == "off":
        return build()
    digest = hashlib.sha256(repr((name, about)).encode()).hexdigest()[:24]
    path = folder / "kept" / code() / f"{digest}.pickle"
    try:
        with path.open("rb") as file:
            return pickle.load(file)
    except FileNotFoundError:
        pass
    except Exception:  # a half file of another machine, or of another version of a library: work it out again
        path.unlink(missing_ok=True)
    made = build()
    _write(path, made)
    return made


@cache
def code() -> str:
    """16 hex digits over the code that results depend on, the libraries' versions included."""
    digest = hashlib.sha256(repr([(name, version(name)) for name in _LIBRARIES]).encode())
    for path in code_files(_CODE):
        digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _write(path: Path, made: Any) -> None:
    """Write whole or not at all; a cache that cannot be written (a full or read-only disk) is no reason to fail."""
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _prune(path.parent)
        write_whole(path, pickle.dumps(made, protocol=pickle.HIGHEST_PROTOCOL))
    except (OSError, pickle.PicklingError, AttributeError, TypeError):
        return


def _prune(current: Path) -> None:
    """Drop what other code kept here and nobody used in the last day."""
    for other in current.parent.iterdir():
        if other != current and time.time() - other.stat().st_mtime > _IN_USE_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
