"""Every page in a real browser: on a screen, on a phone and on paper. Screenshots are kept in reports/browser to look at.

The pages: those stored in notebooks/ (the sample), a toy company rendered here by the command itself, with its index, and two
small pages full of hostile words.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from helpers import names
from helpers.load import ROOT
from helpers.render.html import About, to_html
from helpers.tests import browser
from helpers.tests.hello import write_pages
from helpers.tests.pages import stored_pages

pytestmark = pytest.mark.browser
LARGEST, SLOWEST = 2_000_000, 400  # bytes of a page; milliseconds to its first words from disk


@pytest.fixture(scope="module")
def chrome():
    with browser.browser() as started:
        yield started


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """The stored pages as HTML, with the neighbours that a run would name."""
    folder = tmp_path_factory.mktemp("sample")
    shown = stored_pages()
    for name in shown:
        neighbours = tuple({"file": f"{one}.html", "title": names.PAGES.get(one, one.split("_", 1)[1].capitalize()), "current": one == name} for one in shown)
        facts = (("Company", "Lindhagen Coffee"), ("Customers", "All customers"), ("Period", "All the data, 1 October 2024 to 30 September 2026"))
        notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)
        (folder / f"{name}.html").write_text(to_html(notebook, About(company="Lindhagen Coffee", facts=facts, pages=neighbours)), encoding="utf-8")
    return folder


def render(out: Path, *words: str) -> subprocess.CompletedProcess:
    """Run the command as users do."""
    return subprocess.run([sys.executable, "-m", "helpers.cli", "render", *words, "--out", str(out)], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Path:
    """The toy company's reports with PDFs."""
    out = tmp_path_factory.mktemp("toy")
    done = render(out, "data/toy", "--pdf", "Letter")
    assert done.returncode == 0, done.stderr
    return out / "toy"


@pytest.fixture(scope="module")
def hello(tmp_path_factory) -> Path:
    """Two pages full of hostile words, one of which fails, and their index."""
    pages = write_pages(tmp_path_factory.mktemp("pages"))
    out = tmp_path_factory.mktemp("hello")
    assert render(out, "data/toy", "--notebooks", str(pages)).returncode == 1  # the broken page
    return out / "toy"


@pytest.mark.parametrize("size", browser.SIZES)
@pytest.mark.parametrize("page", stored_pages())
def test_sample(chrome, sample, page, size):
    assert browser.look(chrome, sample / f"{page}.html", size, picture=f"sample-{page}") == []


@pytest.mark.parametrize("size", browser.SIZES)
@pytest.mark.parametrize("page", [*stored_pages(), "index"])
def test_toy(chrome, toy, page, size):
    path = toy / "index.html" if page == "index" else toy / "all" / "all" / f"{page}.html"
    assert browser.look(chrome, path, size, picture=f"toy-{page}") == []


@pytest.mark.parametrize("size", browser.SIZES)
@pytest.mark.parametrize("page", ["index", "1_hello"])
def test_hostile_words_are_only_words(chrome, hello, page, size):
    path = hello / "index.html" if page == "index" else hello / "all" / "all" / f"{page}.html"
    assert browser.look(chrome, path, size) == []


@pytest.mark.parametrize("page", stored_pages())
def test_the_first_screen_answers(chrome, sample, page):
    """What is bad, good, how sure, what next and by whom, without scrolling on a small laptop."""
    with browser.opened(chrome, sample / f"{page}.html", "desk") as (view, _):
        ends = view.evaluate("() => [...document.querySelectorAll('.said div, .next li .owner')].map(one => one.getBoundingClientRect().bottom)")
        labels = view.evaluate("() => [...document.querySelectorAll('.said dt')].map(one => one.textContent)")
    assert {"Going well", "How sure"} <= set(labels) and len(labels) >= 3
    assert max(ends) <= 800


def test_on_a_phone_a_figure_says_its_words_once(chrome, sample):
    """The caption has them; the picture is moved up under it by as much as its own words take, and not on a desk."""
    moved = "() => [...document.querySelectorAll('figure img')].map(one => [parseFloat(getComputedStyle(one).marginTop), one.parentElement.scrollTop])"
    for size, above in (("phone", True), ("desk", False)):
        with browser.opened(chrome, sample / "1_intent.html", size) as (view, _):
            margins = view.evaluate(moved)
        assert margins and all((margin < -15) == above and top == 0 for margin, top in margins)


def test_pages_are_small_and_quick(chrome, sample, toy):
    """Under 2 MB with all figures, under 400 ms to the first words from disk; the table is kept beside the screenshots."""
    rows = {}
    for path in [*sorted(sample.glob("*.html")), *sorted(toy.glob("all/all/*.html")), toy / "index.html"]:
        rows[f"{path.parent.name}/{path.name}"] = (path.stat().st_size, round(browser.first_paint(chrome, path)))
    text = "".join(f"{name:40} {size:>9,} bytes {paint:>5} ms\n" for name, (size, paint) in rows.items())
    print(f"\n{text}")
    browser.PICTURES.mkdir(parents=True, exist_ok=True)
    (browser.PICTURES / "paint.txt").write_text(text, encoding="utf-8")
    assert max(size for size, _ in rows.values()) < LARGEST
    late = {name: paint for name, (_, paint) in rows.items() if paint >= SLOWEST}
    busy = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    assert not late or busy, late


def test_the_contents_follow_the_reader(chrome, sample):
    """The section being read is marked, without a script, also where the page comes in two parts and the first is drawn alone."""
    text = (sample / "1_intent.html").read_text(encoding="utf-8")
    middle = text.index('id="do-customers-see-too-much"')
    written = "async ([first, rest]) => { document.open(); document.write(first); await new Promise(done => setTimeout(done, 300)); document.write(rest); document.close(); }"
    with browser.opened(chrome, sample / "1_intent.html", "desk") as (view, _):
        if not view.evaluate("() => CSS.supports('selector(:target-current)')"):
            pytest.skip("this Chromium does not mark the section that is read")
        for parts in (None, [text[:middle], text[middle:]]):
            if parts:
                view.evaluate(written, parts)
            view.evaluate("() => document.getElementById('how-far-from-target').scrollIntoView()")
            view.wait_for_function("() => document.querySelector('.contents a:target-current')?.hash === '#how-far-from-target'", timeout=5000)


def test_the_keyboard_opens_what_folds(chrome, sample):
    with browser.opened(chrome, sample / "1_intent.html", "desk") as (view, _):
        view.focus(".finding summary")
        view.keyboard.press("Enter")
        assert view.evaluate("() => document.querySelector('.finding details').open")


def test_pdf_lies_beside_the_page_and_in_the_manifest(toy):
    reports = {one["page"]: one for one in json.loads((toy / "manifest.json").read_text(encoding="utf-8"))["reports"]}
    for name, one in reports.items():
        pdf = (toy / one["folder"] / f"{name}.pdf").read_bytes()
        assert f"{name}.pdf" in one["files"] and pdf.startswith(b"%PDF") and b"/StructTreeRoot" in pdf and b"/Outlines" in pdf
        assert f'href="{name}.pdf"' in (toy / one["folder"] / f"{name}.html").read_text(encoding="utf-8")
    assert not list(toy.rglob(".*.pdf*"))


def test_a_page_without_pdf_takes_the_old_one_away(toy, tmp_path):
    import shutil

    shutil.copytree(toy, tmp_path / "toy")
    assert render(tmp_path, "data/toy", "--page", "0").returncode == 0
    left = {path.stem for path in (tmp_path / "toy").rglob("*.pdf")}
    assert "0_data" not in left and "1_intent" in left
