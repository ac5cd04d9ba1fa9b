"""What several test modules share: where things lie, and when a test is skipped.

`case` marks a test on the real cases or reference files that lie beside the project and that it does not carry;
`spark` and `browser` mark tests that need an optional part. Each is skipped, saying what is missing, where it is.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.render import pdf

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def beside(folder: str, name: str = "") -> Path:
    """Path of `../shared/<folder>/<name>`; skips the test, naming what is missing, where it does not lie there."""
    path = SHARED / folder / name
    if not path.exists():
        pytest.skip(f"../shared/{folder}/{name}".rstrip("/") + " is not here: the real cases and reference files lie beside the project")
    return path


def need(package: str, extra: str, program: str | None, system: str) -> None:
    """Skip the test where the extra's package or the program it drives is not installed."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: make {extra}")
    if program is None:
        pytest.skip(f"{system} is not installed")


def chromium_path() -> str | None:
    """The browser that the tests drive: $CHROMIUM, else the first one on the path."""
    return pdf.browser_path()


def pytest_runtest_setup(item: pytest.Item) -> None:
    marker = item.get_closest_marker("case")
    if marker and not {"cases", "reference"} & set(item.fixturenames):
        for name in marker.args or ("",):
            beside("cases", name)
    if item.get_closest_marker("spark"):
        java = os.environ.get("JAVA_HOME") or shutil.which("java")
        need("pyspark", "spark", java, "Java (17 or newer)")
    if item.get_closest_marker("browser"):
        for package in ("playwright", "axe_playwright_python"):
            need(package, "browser", chromium_path(), "Chromium")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


def _kept(word: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_KEPT", word)
        yield


@pytest.fixture(scope="module", autouse=True)
def worked_out():
    """A test works out what it asserts."""
    yield from _kept("off")


@pytest.fixture(scope="module")
def kept_results(worked_out):
    """Results kept on disk are read, as a run of `journey render` does: for tests of whole pages, which ask for the same things again and again."""
    yield from _kept("on")


@pytest.fixture
def cases() -> Callable[[str], Path]:
    """`cases(name)`: folder of a real case beside the project; skips where there is none."""
    return lambda name: beside("cases", name)


@pytest.fixture
def reference() -> Callable[[str], Path]:
    """`reference(name)`: a public reference file beside the project; skips where there is none."""
    return lambda name: beside("reference", name)


@pytest.fixture(scope="session")
def chromium() -> str | None:
    """Path of the browser for tests marked `browser`."""
    return chromium_path()
