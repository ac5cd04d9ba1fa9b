"""Where prepared tables lie, under which name, and for how long."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from helpers import engine
from helpers.load.company import Company
from helpers.load.query import filled, local_files
from helpers.load.read import databases
from helpers.plans import root

KEPT = 3
PACKAGE = Path(__file__).resolve().parents[1]
# A folder opened within this time may still be read by a page.
_IN_USE_SECONDS = 24 * 3600
_MEMO = "hashes.json"
_BIG = 1 << 23
_CODE = ("contract.py", "names.py", "load", "validate")
# What journey.yml says that changes the prepared tables; the rest is read anew each time.
_SETTINGS = ("stages", "timezone", "segments", "randomised", "as_of")


def folder(company: Company, fingerprint: str) -> Path:
    """Where the prepared tables of a company lie."""
    return root() / f"{slug(company.id)}-{fingerprint}"


def slug(name: str) -> str:
    """A name that every file system takes.

    >>> slug("Grün & Söhne")
    'Gr-n-S-hne'
    """
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "company"


def fingerprint(company: Company) -> str:
    """16 hex digits over the files' contents, the settings that shape the tables, and the code that reads them."""
    digest = hashlib.sha256()
    memo = _Memo()
    for part in _described(company):
        digest.update(part.encode())
        digest.update(b"\0")
    for path in files_of(company):
        digest.update(f"{path.name}\0{memo.hash_of(path)}\0".encode())
    memo.save()
    return digest.hexdigest()[:16]


def files_of(company: Company) -> list[Path]:
    """Every data file the company's tables are read from, once."""
    found: dict[Path, None] = {}
    queries = False
    for table in company.tables.values():
        for item in table.sources:
            if item.kind == "sql":
                queries = True
                found |= dict.fromkeys(local_files(filled(item, company)))
            else:
                found[item.path.resolve()] = None
    if queries:  # a query may name the tables of any database beside it
        found |= dict.fromkeys(path.resolve() for path in databases(company).values())
    return list(found)


def _described(company: Company) -> Iterable[str]:
    yield engine.VERSION
    yield repr([(name, getattr(company, name)) for name in _SETTINGS])
    yield str(company.windows.session_gap_minutes)
    for table in company.tables.values():
        for item in table.sources:
            options = {key: value for key, value in asdict(item.options).items() if key != "lines"}
            yield repr((item.table, item.kind, item.label, item.member, item.sql, options))
    for path in code_files(_CODE):
        yield hashlib.sha256(path.read_bytes()).hexdigest()


def code_files(names: Iterable[str]) -> Iterable[Path]:
    """The Python files behind these modules and packages of the project, in a fixed order."""
    for name in names:
        place = PACKAGE / name
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


class _Memo:
    """Hashes of big files, remembered while size and times stay the same, so that a page opens at once."""

    def __init__(self) -> None:
        self.path, self.changed = root() / _MEMO, False
        try:
            self.known = json.loads(self.path.read_text())
        except (OSError, ValueError):
            self.known = {}

    def hash_of(self, path: Path) -> str:
        stat = path.stat()
        key, state = str(path), [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        settled = time.time_ns() - stat.st_mtime_ns > 2 * 10**9  # a write may still share this time stamp
        if stat.st_size >= _BIG and settled and self.known.get(key, [None])[:-1] == state:
            return self.known[key][-1]
        with path.open("rb") as file:
            value = hashlib.file_digest(file, "sha256").hexdigest()
        if stat.st_size >= _BIG and settled:
            self.known[key], self.changed = [*state, value], True
        return value

    def save(self) -> None:
        if self.changed:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(self.known))
            draft.replace(self.path)


def publish(work: Path, final: Path) -> None:
    """Give a finished folder its name at one stroke; where another process was first, its folder stands."""
    try:
        work.rename(final)
    except OSError:
        if not (final / "summary.json").is_file():
            raise
        shutil.rmtree(work, ignore_errors=True)


def touch(final: Path) -> None:
    """Note that a prepared folder is in use."""
    os.utime(final)


def prune(company: Company) -> None:
    """Drop a company's older folders: the newest three stay, and every one used in the last day; so do strays' leftovers."""
    prefix = re.compile(re.escape(slug(company.id)) + r"-[0-9a-f]{16}")
    ages = sorted(((path.stat().st_mtime, path) for path in root().iterdir() if prefix.fullmatch(path.name)), reverse=True)
    strays = [(path.stat().st_mtime, path) for path in root().glob("work-*")]
    for used, path in [*ages[KEPT:], *strays]:
        if time.time() - used > _IN_USE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
