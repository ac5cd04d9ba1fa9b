"""The index and a comparison in Chromium: a thousand reports open and filter quickly, by keyboard; nothing cut off, nothing that axe finds grave."""

from __future__ import annotations

import pytest

from helpers import names
from helpers.render import compare
from helpers.report.tabular import to_csv
from helpers.tests import browser as looks
from helpers.tests.hello import HOSTILE
from helpers.tests.test_compare import kpi, record
from helpers.tests.test_render import entry, made_index

pytestmark = pytest.mark.browser
PAGES = ("1_intent", "2_touchpoints", "3_adoption", "4_moments_of_truth")


def index_of(count: int) -> str:
    """The index of so many reports: 4 pages, 5 periods, 20 a segment; some failed, with hostile words."""
    reports = []
    for number in range(count):
        page, period, segment = PAGES[number % 4], f"2026-0{1 + number // 4 % 5}", f"r={number // 20}"
        failed = {"status": "failed", "error": f"ValueError: {HOSTILE}"} if number % 100 == 7 else {}
        reports.append(entry(number, page=page, title=names.PAGES[page], period=period, segment=segment, folder=f"{period}/{segment}", verdict="red_flag" if number % 3 else "on_target", **failed))
    return made_index(*reports)


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("index") / "index.html"
    path.write_text(index_of(1000), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_thousand_reports_open_and_filter(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else noise.append(request.url))
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for _ in range(3):  # the skip link, then the box
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "find":
            break
    page.keyboard.type("touchpoints 2026-02 R=7 red flag")
    assert page.inner_text("#found") == "1 of 1,000 reports"
    assert page.locator(".cell:visible a").all_inner_texts() == ["Touchpoints"]
    page.fill("#find", "nothing like this")
    assert page.inner_text("#found") == "0 of 1,000 reports" and page.locator(".cell:visible").count() == 0
    page.fill("#find", "")
    assert page.inner_text("#found") == "" and page.locator(".period:visible").count() == 5
    assert noise == []
    page.close()


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """An index with failures and comparisons, and a comparison with every verdict; names from data are long and hostile."""
    company = tmp_path_factory.mktemp("shown")
    told = record(("2026-Q2", "all"), ("2026-Q3", "all"))
    values = {"worse": (0.4, 0.2), "better": (0.2, 0.4), "maybe": (0.20, 0.259), "same": (0.3, 0.3), "gone": (0.3, None)}
    for side, period in enumerate(("2026-Q2", "2026-Q3")):
        (company / period / "all").mkdir(parents=True)
        rows = [kpi(id, both[side], n=None if both[side] is None else 12345, label=f"{id} {HOSTILE} Zufriedenheitsbefragungsteilnahmequote") for id, both in values.items()]
        (company / period / "all" / "kpis.csv").write_text(to_csv(rows, names.KPI_COLUMNS))
    told["comparisons"] = [compare.make(company, told, ("period", "2026-Q2", "2026-Q3", "all"))]
    told["reports"] += [entry(number, page=PAGES[number % 4], title=names.PAGES[PAGES[number % 4]], segment=f"region=Nordrhein-Westfalen {number // 4}", folder="x", current=number % 7 > 0) for number in range(20)]
    told["reports"].append(entry(99, status="failed", error=f"ValueError: {HOSTILE}", heading="Where do people stop?"))
    from helpers.render.overview import overview

    (company / "index.html").write_text(overview(told))
    return {"index": company / "index.html", "compared": company / told["comparisons"][0]["file"]}


@pytest.mark.parametrize("size", looks.SIZES)
@pytest.mark.parametrize("page", ["index", "compared"])
def test_nothing_is_cut_off_or_out_of_reach(browser, shown, page, size):
    assert looks.look(browser, shown[page], size, picture=f"shown-{page}") == []
