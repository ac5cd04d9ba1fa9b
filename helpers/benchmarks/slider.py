"""How soon a moved target shows on the screen: milliseconds from the key to the new scorecard, in Chromium, on a copy of a company.

`python -m helpers.benchmarks.slider [FOLDER] [--moves 40]` serves the workshop, moves the target slider by the arrow keys and prints the median and the 95th
percentile beside their limits. Nothing in the company's own folder is written.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from helpers.load import project_path

LIMITS = {50: 300.0, 95: 600.0}  # percentile -> milliseconds
WAIT = """key => new Promise((done, failed) => {
  const shown = document.querySelector(".workshop.step-targets");
  const table = () => [...shown.querySelectorAll(".widget-html-content")].map(one => one.textContent).filter(words => words.includes("Whole scorecard")).join();
  const before = table(), handle = shown.querySelector('[role="slider"][aria-label="Target"]');
  const late = setTimeout(() => { watch.disconnect(); failed(new Error("nothing changed in ten seconds")); }, 10000);
  const watch = new MutationObserver(() => {
    if (table() === before) return;
    watch.disconnect(); clearTimeout(late);
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  });
  watch.observe(shown, { childList: true, characterData: true, subtree: true });
  const start = performance.now();
  handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
})"""


def measured(screen: Any, moves: int) -> np.ndarray:
    """Milliseconds of each move, the target going to and fro."""
    return np.array([screen.page.evaluate(WAIT, "ArrowRight" if number % 4 < 2 else "ArrowLeft") for number in range(moves)])


def told(taken: np.ndarray) -> str:
    """The figures in words, each against its limit.

    >>> print(told(np.array([100.0, 200.0, 300.0])))
    median 200 ms, 0.67 of its limit of 300 ms
    95 % below 290 ms, 0.48 of its limit of 600 ms
    3 moves, the slowest 300 ms
    """
    lines = []
    for place, limit in LIMITS.items():
        value = float(np.percentile(taken, place))
        lines.append(f"{'median' if place == 50 else f'{place} % below'} {value:.0f} ms, {value / limit:.2f} of its limit of {limit:.0f} ms")
    return "\n".join([*lines, f"{len(taken)} moves, the slowest {taken.max():.0f} ms"])


def run(folder: str, moves: int) -> np.ndarray:
    """Serve a copy of a company, move the slider, give the milliseconds."""
    from helpers.tests.browser import browser
    from helpers.tests.workshop_screen import Screen, served

    with tempfile.TemporaryDirectory() as own:
        company = Path(shutil.copytree(project_path(folder), Path(own) / "company"))
        with browser() as started, served(company, "--date", "2030-01-31") as address:
            screen = Screen(started, address, company / "workshops/2030-01-31.yml")
            measured(screen, 4)  # the first ones open what is opened once
            return measured(screen, moves)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="data/sample", help="the company's folder (default: data/sample)")
    parser.add_argument("--moves", type=int, default=40, help="how often the slider is moved (default: 40)")
    options = parser.parse_args()
    print(told(run(options.folder, options.moves)))


if __name__ == "__main__":
    main()
