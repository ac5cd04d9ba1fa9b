"""How quickly the index opens and finds reports in Chromium: python -m helpers.benchmarks.index [--reports 100 1000] [--times 7]

Prints for each size the median milliseconds to open the page from disk and to follow a word in its search box, and both as multiples of the first size.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

from helpers.tests.browser import browser
from helpers.tests.test_index_browser import index_of

OPENED = "() => { const one = performance.getEntriesByType('navigation')[0]; return one.loadEventEnd - one.startTime; }"
FOUND = """word => { const box = document.getElementById("find"), began = performance.now();
  box.value = word; box.dispatchEvent(new Event("input")); document.body.offsetHeight; return performance.now() - began; }"""


def measured(started, reports: int, times: int) -> tuple[float, float]:
    """Median milliseconds to open an index of so many reports, and to find some of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.html"
        path.write_text(index_of(reports), encoding="utf-8")
        page, opened, found = started.new_page(), [], []
        for _ in range(times):
            page.goto(path.as_uri(), wait_until="load")
            page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
            opened.append(page.evaluate(OPENED))
            found += [page.evaluate(FOUND, word) for word in ("on target", "")]
        page.close()
    return median(opened), median(found)


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, measure each size, print."""
    parser = argparse.ArgumentParser(prog="python -m helpers.benchmarks.index", description="Time the index of many reports in Chromium.")
    parser.add_argument("--reports", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args(arguments)
    first: tuple[float, float] | None = None
    with browser() as started:
        for reports in options.reports:
            opened, found = measured(started, reports, options.times)
            first = first or (opened, found)
            print(f"{reports:>6,} reports: opens in {opened:.0f} ms ({opened / first[0]:.1f} times), finds in {found:.1f} ms ({found / first[1]:.1f} times)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
