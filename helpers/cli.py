"""The command `journey`: check a company's data, list the KPIs, render reports."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

COMMANDS = {
    "check": ("helpers.report.check", "say what a company's data hold, what was refused, what can be measured"),
    "init": ("helpers.report.init", "write a starter journey.yml beside a company's tables"),
    "kpis": ("helpers.report.kpis", "list every KPI with its definition"),
    "explain": ("helpers.report.explain", "say what a KPI is, the query behind it, the rows it rests on, its value"),
    "render": ("helpers.render.command", "render a company's reports"),
    "compare": ("helpers.render.compare", "put two rendered periods or segments side by side"),
    "workshop": ("helpers.render.workshop", "forms for a workshop, what came back, and its hand-out"),
    "export": ("helpers.render.export", "write rendered reports as an Excel workbook and Parquet files"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives its exit code. A command is a module with `add_arguments(parser)` and `run(args)`."""
    parser = argparse.ArgumentParser(prog="journey", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (module, text) in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        if arguments is None and name not in sys.argv[1:2] or arguments is not None and name not in arguments[:1]:
            continue  # only the command asked for pays its imports
        import_module(module).add_arguments(sub)
    options = parser.parse_args(arguments)
    return import_module(COMMANDS[options.command][0]).run(options)


if __name__ == "__main__":
    sys.exit(main())
