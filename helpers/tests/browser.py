"""Looks at a report in a real browser as a reader meets it: on a screen, on a phone, on paper; gives what is wrong as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.load import ROOT
from helpers.render.pdf import FLAGS, browser_path

BOXES = (Path(__file__).parent / "boxes.js").read_text(encoding="utf-8")
PICTURES = ROOT / "reports" / "browser"
SIZES = {"desk": (1280, 800), "phone": (390, 844), "paper": (680, 980)}  # paper: an A4 page inside its margins
GRAVE = ("serious", "critical")
PAPER = """() => [...document.querySelectorAll("main figure, main tr, .finding")].filter(e => e.checkVisibility()).flatMap(e => {
  const found = [];
  if (getComputedStyle(e).breakInside !== "avoid") found.push(`a page break may cut <${e.tagName.toLowerCase()}>`);
  if (e.tagName === "FIGURE" && e.getBoundingClientRect().height > 960) found.push(`a figure is higher than a page: ${e.getBoundingClientRect().height}`);
  return found;
}).concat([...document.querySelectorAll("h2, h3, caption")].filter(e => getComputedStyle(e).breakAfter !== "avoid").map(e => `a page break may follow “${e.textContent}”`))
  .concat([...document.querySelectorAll("thead")].filter(e => getComputedStyle(e).display !== "table-header-group").map(() => "a table does not repeat its head"))
  .filter((words, i, all) => all.indexOf(words) === i)"""
KEYS = """() => [...document.querySelectorAll("summary, a[href], .scroll, input, button")].filter(e => e.checkVisibility() && e.tabIndex < 0)
  .map(e => `the keyboard does not reach ${e.tagName.toLowerCase()} “${e.textContent.trim().slice(0, 40)}”`)"""


@dataclass
class Heard:
    """What a page said and asked for while it was open."""

    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def listen(self, page: Any) -> None:
        """Note errors, dialogs and requests that leave the file."""
        page.on("console", lambda one: self.errors.append(f"the console says: {one.text[:200]}") if one.type in ("error", "warning") else None)
        page.on("pageerror", lambda one: self.errors.append(f"a script failed: {str(one)[:200]}"))
        page.on("dialog", lambda one: (self.errors.append(f"a dialog opened: {one.message}"), one.dismiss()))
        page.on("request", lambda one: self.asked.append(f"the network was asked for {one.url[:120]}") if not one.url.startswith(("file:", "data:")) else None)


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium that works without a screen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as drive:
        started = drive.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        yield started
        started.close()


@contextmanager
def opened(browser: Any, path: Path, size: str) -> Iterator[tuple[Any, Heard]]:
    """A page of its own on a file, at one of SIZES."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page, heard = context.new_page(), Heard()
    heard.listen(page)
    if size == "paper":
        page.emulate_media(media="print")
    page.goto(path.resolve().as_uri(), wait_until="load")
    yield page, heard
    context.close()


def look(browser: Any, path: Path, size: str, *, picture: str = "", axe: bool = True) -> list[str]:
    """What is wrong with a page at a size, first as it opens, then with everything unfolded; `picture` names its screenshot."""
    with opened(browser, path, size) as (page, heard):
        if picture:
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"{picture}-{size}.png", full_page=True)
        found = list(page.evaluate(BOXES))
        if size == "paper":
            found += page.evaluate(PAPER)
        else:
            found += page.evaluate(KEYS)
            page.evaluate("() => document.querySelectorAll('main details').forEach(one => { one.open = true; })")
            found += page.evaluate(BOXES)
        if axe:
            found += broken_rules(page)
        return list(dict.fromkeys([*found, *heard.errors, *heard.asked]))


def broken_rules(page: Any) -> list[str]:
    """What axe finds serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"axe, {one['impact']}: {one['help']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in GRAVE]


def first_paint(browser: Any, path: Path, tries: int = 3) -> float:
    """Milliseconds from asking for a file on disk to its first words on the screen, the best of some tries in fresh windows."""
    taken = []
    for _ in range(tries):
        with opened(browser, path, "desk") as (page, _heard):
            page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0", timeout=5000)
            taken.append(page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    return min(taken)
