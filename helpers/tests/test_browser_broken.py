"""The browser's checks find what they are there for: each page here is broken on purpose, and what is wrong must be told."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.render.html import About, to_html
from helpers.report.display import MIME
from helpers.tests import browser
from helpers.tests.hello import chart

pytestmark = pytest.mark.browser
EVIL = "Shop</td><script>document.title = 'owned'; alert(1)</script><td>"
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


@pytest.fixture(scope="module")
def chrome():
    with browser.browser() as started:
        yield started


def page(drawn, touchpoint: str = "Shop") -> str:
    """A small page with a figure and a table, made as every page is."""
    from base64 import b64encode

    from helpers.report.display import table_html
    from helpers.report.tabular import to_csv
    import pandas as pd

    table = pd.DataFrame({"Touchpoint": [touchpoint], "Contacts": ["120"]})
    shown = [
        ({"image/png": b64encode(drawn.png()).decode()}, {"kind": "figure", "stem": "orders", "title": drawn.title, "alt": drawn.alt, "csv": to_csv(drawn.data)}),
        ({"text/html": table_html(table, "Contacts by touchpoint")}, {"kind": "table", "stem": "contacts", "title": "Contacts", "csv": to_csv(table)}),
    ]
    outputs = [new_output("display_data", data={**data, MIME: payload}) for data, payload in shown]
    cells = [new_markdown_cell("# Shops\n\nWho comes?"), new_markdown_cell("## What did we find?"), new_code_cell("x", outputs=outputs)]
    return to_html(nbformat.from_dict(new_notebook(cells=cells)), About(company="Toy"))


@pytest.fixture(scope="module")
def drawn():
    return dataclasses.replace(chart(), alt="Orders: 1, 4, 9")


@pytest.fixture
def look(chrome, tmp_path):
    def looked(html: str, size: str = "desk", *, axe: bool = False) -> list[str]:
        path = Path(tmp_path / "page.html")
        path.write_text(html, encoding="utf-8")
        return browser.look(chrome, path, size, axe=axe)

    return looked


def test_the_page_is_sound_before_it_is_broken(look, drawn):
    for size in browser.SIZES:
        assert look(page(drawn), size, axe=True) == []


def test_a_figure_without_alternative_text(look, drawn):
    assert "a picture has no alternative text" in look(page(dataclasses.replace(drawn, alt="")))
    found = look(re.sub(r' alt="[^"]*"', "", page(drawn)), axe=True)
    assert any(one.startswith("axe, critical") and "alternative text" in one for one in found)


def test_a_touchpoint_cannot_bring_a_script(look, drawn):
    """The name is shown as it is; where it were not escaped, the check would say so."""
    sound = page(drawn, EVIL)
    assert look(sound) == [] and "&lt;script&gt;" in sound
    broken = page(drawn, "NAME").replace("NAME", EVIL)
    found = look(broken)
    assert "the page holds a script" in found and any(one.startswith("the console says") for one in found)
    assert "a dialog opened: 1" in look(POLICY.sub("", broken))


def test_code_in_an_attribute(look, drawn):
    found = look(page(drawn, "NAME").replace("NAME", "<a href='javascript:alert(1)' onclick='x()'>shop</a>"))
    assert any("runs code: onclick" in one for one in found) and any("a link runs code" in one for one in found)


@pytest.mark.parametrize("asks", [
    '<img src="https://example.org/count.png" alt="count">', '<link rel="stylesheet" href="https://example.org/a.css">',
    '<script src="https://example.org/a.js"></script>', "<style>body { background: url(https://example.org/b.png) }</style>",
])
def test_a_page_that_asks_the_network(look, drawn, asks):
    """With the page's policy the browser refuses and says so; without it the request itself is seen."""
    html = page(drawn).replace("</main>", f"{asks}</main>")
    assert any(one.startswith(("the console says", "the page asks for")) for one in look(html))
    assert any(one.startswith("the network was asked for https://example.org") for one in look(POLICY.sub("", html)))


def test_a_picture_that_does_not_load(look, drawn):
    assert any(one.startswith("a picture did not load") for one in look(re.sub(r"data:image/png;base64,[^\"]{40}", "data:image/png;base64,AAAA", page(drawn))))


@pytest.mark.parametrize(("style", "told"), [
    ("position: relative; margin-bottom: -1.2em", "text lies over text"), ("height: .6em; overflow: hidden", "text is cut off"),
    ("width: 2000px; white-space: nowrap; text-align: right", "the page is"),
])
def test_text_that_cannot_be_read(look, drawn, style, told):
    html = page(drawn).replace("</main>", f'<p style="{style}">A sentence that stands here alone</p><p>And one that follows it</p></main>')
    assert any(one.startswith(told) for one in look(html, "phone"))


def test_pale_words_and_a_table_without_head(look, drawn):
    found = look(page(drawn).replace("</main>", '<p style="color: #bbb">pale words</p><table><tr><td>1</td></tr></table></main>'), axe=True)
    assert any("contrast" in one for one in found)


def test_paper_that_cuts_a_figure(look, drawn):
    found = look(page(drawn).replace("</style>", "figure { break-inside: auto !important } thead { display: none !important }</style>"), "paper")
    assert {"a page break may cut <figure>", "a table does not repeat its head"} <= set(found)
