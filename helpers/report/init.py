"""`journey init FOLDER`: a first journey.yml beside a company's tables, to be corrected by hand."""

from __future__ import annotations

import argparse

from helpers.load.starter import init


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="the company's folder, with its files in it")
    parser.add_argument("--source", help="where the files lie, if not in the company's folder")


def run(options: argparse.Namespace) -> int:
    """Exit code 0, or 2 where there is a journey.yml already or no such folder."""
    return init(options.folder, options.source)
