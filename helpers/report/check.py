"""`journey check FOLDER`: what a company's data hold, what was refused, and what each page can measure from them."""

from __future__ import annotations

import argparse

from helpers import names, validate
from helpers.report.page import wants


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="the company's folder, e.g. data/sample")
    parser.add_argument("--source", help="where the files lie, if not in the company's folder")


def run(options: argparse.Namespace) -> int:
    """Exit code 0, 1 (usable, with warnings) or 2 (unusable)."""
    return validate.print_check(options.folder, options.source, pages={page: wants(page) for page in names.PAGES})
