"""Seconds and peak memory of rendering every page of the sample: `python -m helpers.benchmarks.render_sample [--jobs 2] [--runs 3]`.

The first run is cold (it prepares the tables), the others are warm; figures of one machine are read as ratios.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time


def once(jobs: int, cache: str, out: str) -> float:
    """Seconds of one whole `journey render data/sample`; raises where it fails."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "helpers.cli", "render", "data/sample", "--jobs", str(jobs), "--out", out]
    subprocess.run(command, check=True, env={**os.environ, "JOURNEY_CACHE": cache}, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds = [once(options.jobs, f"{folder}/cache", f"{folder}/out") for _ in range(options.runs)]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"cold {seconds[0]:.1f} s, warm {min(seconds[1:], default=float('nan')):.1f} s with {options.jobs} jobs")
    print(f"CPU {(used.ru_utime + used.ru_stime) / options.runs:.1f} s a run, largest process {used.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
