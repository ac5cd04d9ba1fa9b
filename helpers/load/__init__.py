"""The way in: a company's folder becomes settings and table sources; data are read by `validate`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from helpers import contract, names
from helpers.load.company import ROOT, Company, Options, Source, TableSource, Unpivot, Windows
from helpers.load.grammar import ConfigError, Node, duration_minutes, hint, nearest, parse_yaml
from helpers.load.settings import instant, read_settings
from helpers.load.starter import init, starter
from helpers.load.tables import read_tables
from helpers.load.whole import write_whole

CONFIG = "journey.yml"


def project_path(path: str | Path) -> Path:
    """A path as people type it: absolute, from the project's root, or else from where the command runs."""
    given = Path(path).expanduser()
    if given.is_absolute():
        return given
    from_root = ROOT / given
    return from_root if from_root.exists() or not given.exists() else given.resolve()


def read_company(folder: str | Path, *, source: str | Path | None = None) -> Company:
    """A company's settings and table sources. No data are read.

    `source` is where the data files lie when they are not beside journey.yml. Raises ConfigError with file, line and
    what to type instead.

    >>> company = read_company("data/toy")
    >>> company.id, company.windows.session_gap_minutes
    ('toy', 30)
    """
    folder = project_path(folder).resolve()
    source = project_path(source).resolve() if source else folder
    for place, what in ((folder, "company folder"), (source, "source folder")):
        if not place.is_dir():
            raise ConfigError(place, None, f"there is no such {what}; type the path of a folder, e.g. data/sample.")
    config = _config(folder)
    root = parse_yaml(config) if config else None
    settings = read_settings(root)
    tables = read_tables(root, folder, source)
    if not any(name in tables for name in contract.CORE_TABLES):
        raise ConfigError(config or folder / CONFIG, None,
                          f"nothing to read: a company has at least one of {', '.join(contract.CORE_TABLES)}. Name a file after "
                          f"its table, e.g. orders.csv, or say in {CONFIG} where it is, e.g. tables: {{orders: {{file: sales.csv}}}}. "
                          f"`journey init {folder.name}` writes a first one.")
    default = Company(folder.name, folder.name, folder, source, tables, dict(names.STAGES), config=config)
    return replace(default, **settings)


def _config(folder: Path) -> Path | None:
    """journey.yml, if there; another spelling is an error, because it would be passed over in silence."""
    if (folder / CONFIG).is_file():
        return folder / CONFIG
    for other in sorted(folder.iterdir()):
        if other.name.lower() in ("journey.yaml", "journey.yml", "journey.json"):
            raise ConfigError(other, None, f"the settings must be called {CONFIG}; rename this file.")
    return None


__all__ = [
    "CONFIG", "ROOT", "Company", "ConfigError", "Node", "Options", "Source", "TableSource", "Unpivot", "Windows",
    "duration_minutes", "hint", "init", "instant", "nearest", "parse_yaml", "project_path", "read_company", "starter",
    "write_whole",
]
