"""What the first screen of a page says, what folds, and what stands between a run and its PDFs."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.render import pdf
from helpers.render.answer import NOTHING_GOOD, answer, doubts
from helpers.render.html import About, to_html
from helpers.report.display import MIME


def finding(headline: str, level: str, step: str = "", owner: str = "", sure: str = "Sure.") -> dict:
    return {"headline": headline, "level": level, "next_step": step, "owner": owner, "how_sure": sure}


STATUS = {
    "phase": "intent", "status": "below_target", "score": 5.0, "by_perspective": {"customer": {"status": "below_target", "score": 5.0}},
    "counts": {"below_target": 3, "not_yet_known": 1, "on_target": 2, "no_information": 2}, "on_target": "“NPS” (34)",
}


def test_bad_good_and_sure_in_three_sentences():
    found = [finding("Half stop.", "bad", "Ask ten", "Ann"), finding("Some wait.", "bad", "Ask ten", "Ann"), finding("Nine come back.", "good")]
    told = answer({"findings": found}, [STATUS])
    assert [(level, words) for level, _, words in told.said] == [
        ("bad", "Half stop."), ("good", "Nine come back."), ("sure", "Sure. Of 8 KPIs, 1 is not yet known and 2 have no information."),
    ]
    assert told.steps == (("Ask ten", "Ann"),)  # the same step once


def test_what_needs_attention_comes_first_and_then_what_matters_most():
    found = [finding("Four are moments of truth.", "watch"), finding("One costs most.", "bad"), finding("One rewards.", "good")]
    assert [level for level, *_ in answer({"findings": found}).said] == ["bad", "watch", "good", "sure"]


def test_where_nothing_is_found_to_go_well_the_scorecard_says_it_or_nobody_does():
    bad = {"findings": [finding("Half stop.", "bad")]}
    assert ("good", "Going well", "On target: “NPS” (34).") in answer(bad, [STATUS]).said
    assert ("none", "Going well", NOTHING_GOOD) in answer(bad).said
    assert not answer({"findings": []}) and not answer(None)


def test_three_steps_at_most_and_each_has_somebody():
    found = [finding(f"{i}.", "bad", f"Step {i}", "" if i else "Ann") for i in range(5)]
    assert answer({"findings": found}).steps == (("Step 0", "Ann"), ("Step 1", "Owner to be named"), ("Step 2", "Owner to be named"))


def test_long_doubt_is_cut_after_a_sentence():
    assert doubts({"how_sure": "One. " * 60}).endswith("One.") and len(doubts({"how_sure": "One. " * 60})) < 200
    assert doubts({"how_sure": "It costs 3.5 EUR. Yes."}) == "It costs 3.5 EUR. Yes."


def page(*outputs: dict, before: str = "For those who run it.") -> str:
    shown = [new_output("display_data", data=one) for one in outputs]
    cells = [new_markdown_cell("# Intent\n\nWho?"), new_markdown_cell(before), new_markdown_cell("## What did we find?"), new_code_cell("x", outputs=shown)]
    return to_html(nbformat.from_dict(new_notebook(cells=cells)), About())


def test_the_page_says_it_at_the_top_and_escapes_it():
    payload = {"kind": "findings", "findings": [finding("<b>Half</b> stop.", "bad", "Ask <i>ten</i>", "Ann")], "signal": {"sentence": "Two of nine moved."}}
    html = page({"text/html": "<ol></ol>", MIME: payload}, {"text/plain": "", MIME: {"kind": "status", **STATUS}})
    top = html[html.index("<header>"):html.index("What did we find?</h2>")]
    for words in ("&lt;b&gt;Half&lt;/b&gt; stop.", "Ask &lt;i&gt;ten&lt;/i&gt;. ", ">Ann</span>", "Two of nine moved.", "Below target", "5.0 of 10"):
        assert words in top
    assert "For those who run it." not in html


def test_a_scorecard_without_any_information_says_so_once():
    silent = {"kind": "status", "phase": "intent", "status": "no_information", "score": None, "by_perspective": {"customer": {"status": "no_information", "score": None}}}
    assert page({"text/plain": "", MIME: silent}).count("No information") == 1


@pytest.mark.parametrize(("rows", "beside", "folds"), [(6, True, False), (7, True, True), (15, False, False), (16, False, True)])
def test_long_tables_fold_and_sooner_beside_a_figure(rows, beside, folds):
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    figure = {"image/png": png, MIME: {"kind": "figure", "title": "F", "alt": "a", "csv": ""}}
    body = "<tr><td>1</td></tr>" * rows
    table = {"text/html": f"<table><thead><tr></tr></thead><tbody>{body}</tbody></table>", MIME: {"kind": "table", "title": "Long <one>", "csv": "a\n1\n"}}
    html = page(*([figure] if beside else []), table)
    assert (f"<summary>Long &lt;one&gt; ({rows} rows)</summary>" in html) == folds


# PDF --------------------------------------------------------------------------------------------------------


def test_what_is_missing_for_a_pdf_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(pdf.PdfError, match=r"Playwright \(type: make browser\) and Chromium \(on Debian and Ubuntu: apt-get install chromium"):
        pdf.check()
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(pdf.PdfError, match="there is no /nowhere/chromium"):
        pdf.check()


def test_paper():
    assert pdf.paper("a4") == "A4"
    with pytest.raises(pdf.PdfError, match="prints on A4 or Letter, not on 'legal'"):
        pdf.paper("legal")
