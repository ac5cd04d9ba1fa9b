"""What a run is asked for, whom it may show, where it writes, and how a page becomes HTML."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from helpers import draw
from helpers.journey import PeriodError, SegmentError
from helpers.render import batch, bundles, manifest, page, people, places, prose, publish, request, tidy
from helpers.render.command import add_arguments, plan
from helpers.render.html import About, to_html
from helpers.render import overview as overview_module
from helpers.render.known import Known
from helpers.render.overview import overview
from helpers.report import display
from helpers.tests.hello import HOSTILE, write_pages


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The request of a command line on two small pages."""
    pages = write_pages(tmp_path_factory.mktemp("pages"))
    return lambda *words: read(pages, *words)


def read(pages: Path, *words: str) -> request.Request:
    from argparse import ArgumentParser

    parser = ArgumentParser()
    add_arguments(parser)
    return request.read_request(parser.parse_args(["data/toy", "--notebooks", str(pages), *words]))


# The request -----------------------------------------------------------------------------------------------


def test_defaults(asked):
    made = asked()
    assert [one.name for one in made.pages] == ["1_hello", "2_broken"]
    assert (made.periods, made.segments, made.by, made.data) == (("all",), ("all",), (), "data/toy")
    assert made.parameters(made.pages[0], "2026-Q3", "all") == {"data": "data/toy", "period": "2026-Q3", "segment": "all"}


def test_pages_by_name_number_and_word(asked):
    for words in (["1_hello"], ["1"], ["hello"], ["notebooks/1_hello.ipynb"], ["hello,1"]):
        assert [one.name for one in asked("--page", *words).pages] == ["1_hello"]


def test_types_of_further_parameters(asked):
    made = asked("-p", "weight", "2.5", "-p", "wish", "12")
    assert made.given == {"weight": 2.5, "wish": "12"}


def test_by_and_segment(asked):
    assert asked("--by", "region,plan").by == ("region", "plan") and asked("--by", "region").segments == ()
    assert asked("--segment", "b=2&a=1").segments == ("a=1&b=2",)


@pytest.mark.parametrize(("words", "error", "told"), [
    (["--page", "helo"], request.RequestError, "there is no page 'helo'; pages are 1_hello, 2_broken. Type --page hello"),
    (["--period", "2026-Q7"], PeriodError, "type one of: all, 2026"),
    (["--segment", "north"], SegmentError, "type one of: all, segment=trade"),
    (["-p", "wsh", "x"], request.RequestError, "no page asked for has a parameter 'wsh'; they take wish, weight. Type wish"),
    (["-p", "weight", "much"], request.RequestError, "parameter weight is a number, not 'much'; type e.g. -p weight 0.5"),
    (["-p", "min_cell", "5"], request.RequestError, "type --min-cell 5"),
    (["--jobs", "0"], request.RequestError, "--jobs is 0"),
    (["--min-cell", "0"], request.RequestError, "--min-cell is 0"),
])
def test_refused_with_the_right_word(asked, words, error, told):
    with pytest.raises(error) as refused:
        asked(*words)
    assert told in str(refused.value)


def test_a_page_needs_its_parameters_cell(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), tmp_path / "1_x.ipynb")
    with pytest.raises(request.RequestError, match="no cell tagged `parameters`"):
        request.find_pages(tmp_path)


def test_a_page_knows_its_neighbours(asked):
    """Those of this run, and those that lie there already."""
    known = Known("x", "X", "2026-09-30 00:00:00", 10, "f", {"all": ("2026-01-01", "2026-09-30")}, {"all": None})
    there = {("3_old", "all", "all"): {"status": "done", "title": "Old"}, ("4_bad", "all", "all"): {"status": "failed", "title": "Bad"}, ("5_far", "2026", "all"): {"status": "done", "title": "Far"}}
    (job,) = plan(asked("--page", "hello"), known, there)
    assert [(one["file"], one["current"]) for one in job.about.pages] == [("1_hello.html", True), ("3_old.html", False)]
    assert job.about.facts[2] == ("Period", "All the data, 1 January 2026 to 30 September 2026") and job.place == "all/all"


# Whom, and where --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sizes", "unnamed", "shown"), [
    ({"a": 500, "b": 300}, 0, {"a", "b"}),
    ({"a": 500, "b": 300, "c": 9}, 0, {"a"}),               # b hides c
    ({"a": 500, "b": 300, "c": 4, "d": 9}, 0, {"a", "b"}),  # c and d hide one another: 13 people
    ({"a": 500, "b": 300, "c": 4, "d": 3}, 0, {"a"}),       # 7 people in two values could still be had
    ({"a": 500, "b": 300}, 3, {"a"}),                       # three people without a value
    ({"a": 500, "b": 300, "c": 9}, 50, {"a", "b"}),         # many people without a value hide c
    ({"a": 500, "b": 5}, 0, set()),
    ({}, 0, set()),
])
def test_small_segments_cannot_be_had_by_subtraction(sizes, unnamed, shown):
    found = people.cut(sizes, 10, unnamed)
    assert set(found.shown) == shown and set(found.hidden) == set(sizes) - shown


def test_folder_names_are_safe_and_distinct():
    labels = ["all", "r=north", "r=North", "r=..", "r=.", "r=a/b", "r=a\\b", "r=ä", "r=a", "r=日本", "r=中国", "r=" + "x" * 300, "r=" + "x" * 299, "r=a b", "r=a-b", "r=\x00", "r= "]
    found = places.folder_names(labels)
    assert len({name.lower() for name in found.values()}) == len(labels)
    for name in found.values():
        assert re.fullmatch(r"[A-Za-z0-9=&_.-]{1,80}", name) and ".." not in name and name.strip(".") == name
    assert found["all"] == "all" and found["r=a-b"] == "r=a-b"


def test_folder_names_stay_when_asked_for_alone():
    known = ["r=north", "r=North"]
    assert places.folder_names(["r=north"], known) == {"r=north": places.folder_names(known)["r=north"]}


def test_nothing_lies_outside(tmp_path):
    with pytest.raises(ValueError, match="would lie outside"):
        places.inside(tmp_path, "../x")


def test_what_a_killed_run_left_is_removed(tmp_path):
    (tmp_path / ".unfinished-old/0").mkdir(parents=True)
    fresh = batch.scratch(tmp_path)
    assert list(tmp_path.iterdir()) == [fresh]


# Rows -------------------------------------------------------------------------------------------------------


def test_rows_have_one_order_and_a_quarrel_is_told():
    rows = [
        {"phase": "adoption", "perspective": "customer", "kpi": "a", "grain": "period", "period": "all", "value": 1},
        {"phase": "intent", "perspective": "customer", "kpi": "b", "grain": "period", "period": "all", "value": 1},
        {"phase": "intent", "perspective": "financial", "kpi": "c", "grain": "period", "period": "all", "value": 1},
        {"phase": "intent", "perspective": "financial", "kpi": "c", "grain": "month", "period": "2026-07", "value": 1},
        {"phase": "intent", "perspective": "customer", "kpi": "b", "grain": "period", "period": "all", "value": 2},
    ]
    found, quarrels = publish.merged(rows, "kpis")
    assert [(row["kpi"], row["grain"]) for row in found] == [("c", "month"), ("c", "period"), ("b", "period"), ("a", "period")]
    assert quarrels == ["kpis.csv: b differs between two pages in value; the first page counts"]


def test_noise_below_ten_digits_is_no_quarrel():
    assert publish.merged([{"kpi": "a", "value": 0.1 + 0.2}, {"kpi": "a", "value": 0.3}], "kpis")[1] == []


# HTML -------------------------------------------------------------------------------------------------------


class Seen(HTMLParser):
    """Tags and attributes of a page, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def notebook(*cells) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=list(cells))


def code(*outputs, source="1", **metadata):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def data(**mimes):
    return nbformat.v4.new_output("display_data", data={name.replace("__", "/"): value for name, value in mimes.items()})


md = nbformat.v4.new_markdown_cell


def test_a_page_has_one_title_and_no_level_is_skipped():
    html = to_html(notebook(md("# Intent\n\nWho wants to buy?"), md("## What did we find?"), md("#### Deep"), code(data(text__markdown="# Loud")), md("## What next?")), About())
    levels = [int(tag[1]) for tag, _ in Seen(html).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels == [1, 2, 3, 4 if levels[3] == 4 else 3, 2] and html.count("<h1") == 1
    assert '<a href="#what-did-we-find">What did we find?</a>' in html and "<title>Intent</title>" in html


def test_code_prompts_warnings_and_widgets_are_gone():
    stderr = nbformat.v4.new_output("stream", name="stderr", text="UserWarning: nothing")
    widget = nbformat.v4.new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "interactive(children=())"})
    html = to_html(notebook(md("# T"), code(stderr, widget, source="secret_call(1)")), About())
    assert "secret_call" not in html and "UserWarning" not in html and "interactive" not in html and "In [" not in html


def test_words_from_data_are_never_obeyed():
    printed = nbformat.v4.new_output("stream", name="stdout", text=HOSTILE)
    result = nbformat.v4.new_output("execute_result", data={"text/plain": HOSTILE}, execution_count=1)
    alien = data(text__html=f"<style>p{{}}</style><p onclick='x()'>{HOSTILE}</p><iframe src='http://x'></iframe><img src='http://x'>")
    said = data(text__markdown=f"{HOSTILE} [go](javascript:x) ![p](http://x/y.png) <img src=http://x onerror=x()>")
    about = About(company=HOSTILE, period=HOSTILE, who=HOSTILE, facts=(("Company", HOSTILE),), foot=(HOSTILE,))
    html = to_html(notebook(md("# T"), code(printed, result, alien, said)), about)
    seen = Seen(html)
    assert not seen.all("script") and not seen.all("iframe") and not seen.all("img")
    assert not [tag for tag, attributes in seen.tags if any(name.startswith("on") for name in attributes)]
    assert not [link for link in seen.all("a") if link.get("href", "").lower().startswith("javascript")]


def test_nothing_is_fetched():
    html = to_html(notebook(md("# T"), code(data(image__png="iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="))), About())
    seen = Seen(html)
    policy = [one["content"] for one in seen.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]
    sources = [value for _, attributes in seen.tags for name, value in attributes.items() if name == "src"]
    assert all(source.startswith("data:") for source in sources) and not re.search(r"url\(|@import", html)
    assert seen.all("img")[0]["alt"] == "" and (seen.all("img")[0]["width"], seen.all("img")[0]["height"]) == ("1", "1")


def test_the_numbers_behind_a_figure():
    short = page.behind({"title": "Up", "csv": "year,orders,share\n2026,12345,0.123456\n", "file": "1_x-up"})
    assert "<td class=\"num\">2026</td>" in short and "12,345" in short and "0.1235" in short and "figures/1_x-up.csv" in short
    long = page.behind({"csv": "a\n" + "1\n" * 41, "file": "1_x-long"})
    assert long == '<p class="behind">The 41 rows behind this figure are in figures/1_x-long.csv.</p>'
    assert page.behind({"csv": "a\n"}) == ""


def test_a_detail_folds():
    html = to_html(notebook(md("# T"), code(data(text__markdown="long"), tags=["detail"], summary="All <rows>")), About())
    assert '<details class="detail"><summary>All &lt;rows&gt;</summary><p>long</p>' in html


def test_a_method_folds():
    said = nbformat.v4.new_output("display_data", data={"text/markdown": "*How:* by <b>"}, metadata={"text/markdown": {"summary": "How", "text": "by <b>"}})
    assert '<details class="detail"><summary>How</summary><p>by &lt;b&gt;</p>' in to_html(notebook(md("# T"), code(said)), About())


def test_foreign_html_keeps_its_structure():
    html = prose.foreign('<table class="dataframe"><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>')
    assert html == '<table class="dataframe"><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>'


# Index and notebooks ----------------------------------------------------------------------------------------


def entry(number: int, **other) -> dict:
    fixed = {
        "page": "1_intent", "title": "Intent", "period": "all", "segment": f"r={number}", "people": 12, "folder": f"all/r={number}", "status": "done",
        "headline": f"Finding {number} {HOSTILE}", "level": "good", "verdict": "red_flag", "score": 3.0, "error": "", "heading": "", "current": True,
    }
    return {**fixed, **other}


def made_index(*reports: dict) -> str:
    return overview({
        "company": {"id": "x", "name": HOSTILE}, "data": {"fingerprint": "f", "as_of": "2026-09-30 00:00:00", "min_cell": 10}, "fingerprint": "g", "seed": 1,
        "versions": manifest.versions(), "refused": {HOSTILE: "it is small"}, "conflicts": [HOSTILE],
        "run": {"status": "done", "parameters": {"given": {}}}, "reports": list(reports),
    })


def only_filter(html: str) -> bool:
    """Whether the page's one script is its own, and the only one that the page allows."""
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    sums = [b64encode(sha256(one.encode()).digest()).decode() for one in scripts]
    return len(Seen(html).all("script")) == 1 and re.findall(r"script-src 'sha256-([^']+)';", html) == sums


def test_index_of_a_thousand_reports():
    html = made_index(*(entry(number) for number in range(1000)))
    assert len(html) < 1_500_000 and html.count('class="cell"') == 1000 and only_filter(html)
    assert html.count("<details open") <= 2  # the one period; nothing of its thousand rows


def test_index_says_what_failed_and_what_is_old():
    html = made_index(entry(1), entry(2, status="failed", error=HOSTILE, heading="Paths"), entry(3, current=False))
    assert "1 page failed" in html and "Paths" in html and "1 report is from an earlier run" in html
    assert 'href="all/r%3D2/1_intent.ipynb"' in html and 'href="all/r%3D1/1_intent.html"' in html
    assert only_filter(html)


def test_index_puts_the_worst_first():
    good, bad = {"verdict": "on_target", "score": 8.0}, {"verdict": "red_flag", "score": 1.0}
    rows = [entry(1, **good), entry(2, **bad), entry(3, verdict="red_flag", score=0.5), entry(4, status="failed"), entry(5, segment="all", **good)]
    html = made_index(*rows)
    assert re.findall(r'class="name">(.*?)</p>', html) == ["All customers", "R “4”", "R “3”", "R “2”", "R “1”"]
    assert overview_module.urgent(rows) == []  # five are seen at a glance
    many = overview_module.urgent([*rows, *(entry(number, **good) for number in range(10, 30))])
    assert [one["segment"] for one in many] == ["r=3", "r=2"]


def test_index_tells_the_last_run():
    told = dict(overview_module._run({
        "run": {"status": "cancelled", "asked": 4, "finished": 3}, "failures": [{}], "data": {"as_of": "2026-09-30 00:00:00"}, "reports": [entry(1), entry(2)],
    }))
    assert told == {"Data end": "30 September 2026", "Reports": "2: 1 page, 1 period, 2 segments", "Last run": "2 of 4 made, 1 failed, then stopped"}


def test_failure_is_told_by_heading_and_last_line():
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="\x1b[31mno\n  cost\x1b[0m", traceback=[])
    assert bundles.first_error(notebook(md("## Paths"), code(error))) == ("Paths", "ValueError: no cost")
    assert bundles.first_error(notebook(md("## Paths"), code())) is None


def test_tidy_takes_away_what_differs():
    cell = code(source="1", tags=["parameters"], papermill={"start_time": "now"}, execution={"iopub": "now"})
    one = notebook(md("# T"), cell)
    one.metadata = {"papermill": {"start_time": "now"}, "language_info": {"version": "3.11.7", "name": "python"}}
    text = tidy.to_text(tidy.tidy(one))
    assert "now" not in text and "3.11" not in text and '"parameters"' in text and text.endswith("}\n") and '\n "cells"' in text
    assert text == tidy.to_text(tidy.tidy(nbformat.reads(text, 4)))


def lack(why="it needs the table orders", would_show="who <buys>"):
    return nbformat.v4.new_output("display_data", data={"text/markdown": f"> Not measured: {why}."}, metadata={"text/markdown": {"why": why, "would_show": would_show}})


def test_what_cannot_be_measured_is_gathered():
    """Questions without any answer leave the text for one table by reason; one that is answered in part stays."""
    cells = [md("# T"), md("## What did we measure?\n\nFirst the way.\n\n### Who buys?\n\nThose who pay."), code(lack()), md("A line that reads the figure."), md("### Who comes?"), code(data(text__markdown="12 come")), code(lack("it needs the table tickets")),
             md("### Who stays?"), code(lack()), md("### Who goes?"), code(lack("all were asked <i>at once</i>")), md("## What next?"), md("### Who helps?"), code(data(text__markdown="Ann"))]
    shown = page.read_page(notebook(*cells))
    assert [title for _, _, title in shown.contents] == ["What did we measure?", "Who comes?", "Not measured: 3 questions", "What next?", "Who helps?"]
    html = to_html(notebook(*cells), About())
    assert "First the way." in html and "Those who pay" not in html and "reads the figure" not in html and html.count("Not measured: it") == 1
    gathered = html[html.index('<table class="lacks">'):]
    told = [">It needs the table orders</th>", '<th scope="row" id="who-buys">Who buys?</th><td>Who &lt;buys&gt;</td>', 'id="who-stays"', ">All were asked &lt;i&gt;at once&lt;/i&gt;</th>", 'id="who-goes"', "What next?"]
    assert [gathered.index(one) for one in told] == sorted(gathered.index(one) for one in told)


def test_a_picture_says_how_much_of_it_its_caption_says_already():
    """On a phone that part is left out; a chart that holds no words above its drawing has none."""
    chart = draw.bars(pd.DataFrame({"label": ["a"], "value": [0.2], "low": [0.1], "high": [0.3], "n": [40]}), title="One bar", who="40 people", caption="Source", stem="one", unit="share")
    png = chart.png()
    assert 0.02 < chart.head < 0.1
    shown = display.figure_html({"title": "One bar", "head": chart.head}, b64encode(png).decode())
    assert f'style="--head: {chart.head:g}"' in shown and "style=" not in display.figure_html({"title": "One bar"}, b64encode(png).decode())
