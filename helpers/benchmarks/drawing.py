"""CPU milliseconds that a figure takes, drawn and made a PNG, at 6 and at 20 rows: `python -m helpers.benchmarks.drawing [--runs 5]`.

Figures of one machine are read as ratios: the last column says how much dearer twenty rows are than six.
"""

from __future__ import annotations

import argparse
import time

from helpers.tests import draw_frames


def cost(name: str, rows: int, runs: int) -> float:
    """The least CPU milliseconds of `runs` drawings, after one that warms up."""
    draw_frames.make(name, rows).png()
    seconds = []
    for _ in range(runs):
        started = time.process_time()
        draw_frames.make(name, rows).png()
        seconds.append(time.process_time() - started)
    return 1000 * min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    for name in draw_frames.MAKERS:
        few, many = (cost(name, rows, options.runs) for rows in (6, 20))
        print(f"{name:24} {few:6.0f} ms {many:6.0f} ms  x{many / few:.1f}", flush=True)


if __name__ == "__main__":
    main()
