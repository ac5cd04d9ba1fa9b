"""The way through the code goes one way: each stage imports only from its left."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ORDER = (
    "names", "contract", "plans", "engine", "load", "validate", "journey", "measure", "infer", "score", "draw", "report", "workshop", "render", "cli",
)  # fmt: skip
ALLOWED = {stage: set(ORDER[:place]) for place, stage in enumerate(ORDER)} | {"sample": {"names", "contract"}}
FREE = {"tests", "benchmarks"}
ENGINES = {"duckdb", "sqlframe", "pyspark"}
# Copyleft, unmaintained, or (lifelines) drags pandas below 3: oracles elsewhere, never a dependency.
UNWANTED = {"pm4py", "ChannelAttribution", "lifelines", "lifetimes"}


def modules(package: Path) -> list[tuple[str, Path]]:
    """Every module as (stage, file); the package's own __init__ is the stage ''."""
    files = sorted(package.rglob("*.py"))
    return [((file.relative_to(package).with_suffix("").parts[0]), file) for file in files]


def imported(tree: ast.AST, inside: tuple[str, ...]) -> list[tuple[int, str]]:
    """(line, dotted name) of every import anywhere in a module, relative ones resolved against its package `inside`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = inside[: len(inside) - node.level + 1] if node.level else ()
            found += [(node.lineno, ".".join((*start, *filter(None, [node.module]), alias.name))) for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("import_module", "__import__"):
            found += [(node.lineno, arg.value) for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return found


def wrong(stage: str, name: str) -> str | None:
    """Why a module of `stage` may not import the dotted `name`, or None."""
    top, _, rest = name.partition(".")
    if top in UNWANTED:
        return f"imports {top}, which the project does not use"
    if stage in FREE:
        return None
    if top in ENGINES and stage != "engine":
        return f"imports {top}; only helpers/engine.py names an engine"
    target = rest.partition(".")[0]
    if top != "helpers" or target == stage or target.startswith("__"):
        return None
    if stage not in ALLOWED:
        return f"is a stage '{stage}' that the order does not know"
    if target not in ALLOWED[stage]:
        return f"imports helpers.{target}; allowed: {', '.join(sorted(ALLOWED[stage])) or 'no other stage'}"
    return None


def faults(package: Path) -> list[str]:
    """One sentence for each import that goes the wrong way."""
    found = []
    for stage, file in modules(package):
        inside = ("helpers", *file.relative_to(package).parent.parts)
        for line, name in imported(ast.parse(file.read_text(encoding="utf-8")), inside):
            if reason := wrong(stage, name):
                found.append(f"{package.name}/{file.relative_to(package)}:{line} {reason}")
    return found


def test_imports_go_one_way(root):
    assert faults(root / "helpers") == []


@pytest.mark.parametrize(
    ("file", "line", "fault"),
    [
        ("load/files.py", "from helpers import report", "imports helpers.report"),
        ("load/files.py", "from helpers.measure.registry import KPIS", "imports helpers.measure"),
        ("load/files.py", "from .. import cli", "imports helpers.cli"),
        ("load/deep/files.py", "from ...score import card", "imports helpers.score"),
        ("measure/paths.py", "def f():\n    import helpers.infer.markov", "imports helpers.infer"),
        ("measure/paths.py", "import importlib\nimportlib.import_module('helpers.draw')", "imports helpers.draw"),
        ("names.py", "from helpers import contract", "imports helpers.contract"),
        ("sample.py", "from helpers.load import read_company", "imports helpers.load"),
        ("validate/rows.py", "import duckdb", "only helpers/engine.py names an engine"),
        ("measure/paths.py", "from pyspark.sql import functions", "only helpers/engine.py names an engine"),
        ("infer/curves.py", "from lifelines import KaplanMeierFitter", "does not use"),
        ("tests/test_x.py", "import pm4py", "does not use"),
        ("extras.py", "from helpers import names", "that the order does not know"),
        ("__init__.py", "from helpers import render", "that the order does not know"),
    ],
)
def test_a_planted_import_is_found(tmp_path, file, line, fault):
    path = tmp_path / "helpers" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line)
    assert len(found := faults(tmp_path / "helpers")) == 1
    assert fault in found[0] and found[0].startswith(f"helpers/{file}:")


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("engine.py", "import duckdb, sqlframe, pyspark"),
        ("measure/paths.py", "from helpers import engine, names\nfrom helpers.journey import Journey\nfrom .registry import kpi"),
        ("cli.py", "from helpers import load, render, measure"),
        ("sample/company.py", "from helpers import contract\nfrom helpers.sample import stories"),
        ("tests/test_x.py", "import duckdb\nfrom helpers import cli"),
        ("render/page.py", "from helpers import __version__"),
    ],
)
def test_the_right_way_passes(tmp_path, file, line):
    path = tmp_path / "helpers" / file
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert faults(tmp_path / "helpers") == []
