"""`python -m helpers.sample`: write the sample company again."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from helpers.sample import CUSTOMERS, SEED, write

HOME = Path(__file__).resolve().parents[2] / "data" / "sample"


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, write the files, say how many rows each holds."""
    parser = argparse.ArgumentParser(prog="python -m helpers.sample", description="Write the made-up sample company.")
    parser.add_argument("--seed", type=int, default=SEED, help=f"whole number; the same one gives the same files (default {SEED})")
    people = f"people known to the company, at least 100 (default {CUSTOMERS:,})"
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help=people)
    parser.add_argument("--out", type=Path, default=HOME, help="folder to write into (default data/sample)")
    chosen = parser.parse_args(arguments)
    if chosen.customers < 100:
        parser.error(f"--customers is {chosen.customers}; give 100 or more")
    began = time.perf_counter()
    rows = write(chosen.out, customers=chosen.customers, seed=chosen.seed)
    for name, count in rows.items():
        print(f"{name:<22}{count:>10,} rows")
    print(f"written to {chosen.out} in {time.perf_counter() - began:.1f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
