"""A workshop from the first belief to the next report, by label, button and arrow key, on Voila's page and in JupyterLab.

The pictures are kept in reports/browser to look at.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from helpers.journey import open_journey
from helpers.load import ROOT
from helpers.tests import browser
from helpers.tests.browser import PICTURES
from helpers.tests.workshop_screen import LAST, READY, Screen, served
from helpers.workshop import forms, record, store

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("kept_results")]
DAY = "2026-03-10"  # before the last months of the toy's data, so that the report can say what became of it
WHY = "Nobody of us has seen <this> & believes it"


@pytest.fixture(scope="module")
def chrome():
    with browser.browser() as started:
        yield started


def toy(folder: Path) -> Path:
    """The toy company where it may be written to."""
    return Path(shutil.copytree(ROOT / "data/toy", folder / "toy"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A company whose workshop Voila serves, and the address."""
    company = toy(tmp_path_factory.mktemp("voila"))
    with served(company, "--date", DAY) as address:
        yield company, address


def picture(screen: Screen, name: str) -> None:
    """The whole workshop as it stands, as a screenshot."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    height = screen.page.evaluate("() => Math.max(900, ...[...document.querySelectorAll('#rendered_cells, .jp-WindowedPanel-outer')].map(one => one.scrollHeight + 120))")
    screen.page.set_viewport_size({"width": 1280, "height": height})
    screen.page.wait_for_timeout(500)
    screen.page.screenshot(path=PICTURES / f"workshop-{name}.png")
    screen.page.set_viewport_size({"width": 1280, "height": 900})


def beyond_a_phone(screen: Screen) -> list[str]:
    """The controls and readings that a phone's screen cuts off."""
    screen.page.set_viewport_size({"width": 390, "height": 844})
    return screen.page.evaluate("""() => [...document.querySelectorAll(".workshop :is(select, input, textarea, button, .slider-container, .widget-readout)")]
      .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > 390).map(one => `${one.tagName} ${one.className} ${one.getAttribute("aria-label") || one.textContent}`)""")


def believe(screen: Screen) -> None:
    """Three departments say what they believe."""
    for number, name in enumerate(("Sales", "Service", "Marketing")):
        screen.write("before", "another department", name)
        screen.says("before", f"What {name} believes")
        screen.tag("before", "What matters most", "Checkout", "Chat")
        screen.tag("before", "Where customers suffer", "Hotline")
        screen.slide("before", "Purchase: How each stage feels", 3 + 2 * number)
        screen.slide("before", "Decision: What share", 5 * (number + 1))
        felt, share = number - 1.0, [0.2, 0.45, 0.7][number]
        told = {"matter": ["checkout", "chat"], "suffer": ["hotline"], "emotion": {"purchase": felt}, "conversion": {"decision": share}}
        screen.kept(lambda held: held["beliefs"].get(name) == told)
    assert "Where beliefs and data part" not in screen.text("beside") and "sealed" in screen.text("beside")


def reveal_and_contest(screen: Screen) -> None:
    """The seals are opened; a moment is contested, which needs its reason."""
    screen.press("beside", "Lay them beside the data")
    screen.says("beside", "Where departments part most")
    assert "How “Purchase” feels: Sales says -1.00, Marketing +1.00" in screen.text("beside").replace("−", "-")
    screen.choose("moments", "Touchpoint", "Checkout: too few")
    screen.says("moments", "Checkout")
    screen.press("moments", "Contested")
    screen.says("moments", "Write down why")
    assert "checkout" not in record.read(screen.path)["moments"]
    screen.write("moments", "Why? A contest needs its reason.", WHY)
    assert screen.kept(lambda held: held["moments"])["moments"] == {"checkout": {"room": "contested", "reason": WHY}}


def aim(screen: Screen) -> str:
    """The target of CSAT is moved; gives the score of the customers' perspective with it, as the screen says it."""
    screen.choose("targets", "Scorecard", "Touchpoints")
    screen.choose("targets", "KPI", "Satisfaction (CSAT): not yet known")
    screen.says("targets", "Satisfaction (CSAT): ")
    screen.slide("targets", "Target", 2)
    screen.says("targets", "Targets moved, and what becomes of the status")
    aimed = screen.kept(lambda held: held["targets"]["touchpoints.csat"]["target"] == "4.2")["targets"]["touchpoints.csat"]
    assert aimed == {"target": "4.2", "red_flag": "3", "was_target": "4", "was_red_flag": "3"}
    screen.says("targets", "Satisfaction (CSAT)\t4.0\t4.2\t3.0")
    row = screen.step("targets").locator("tr", has_text="Customer").first.locator("td")
    was, now = row.nth(1).inner_text(), row.nth(3).inner_text()
    assert was == "6.0" and now == "5.5", (was, now)
    return now


def give_and_take(screen: Screen) -> None:
    """Money goes from the shop window to advice."""
    screen.slide("allocation", "Shop window", -2)
    screen.slide("allocation", "Advice", 1)
    held = screen.kept(lambda held: len(held["allocation"]["moves"]) == 2)
    assert held["allocation"]["moves"]["shop_window"] < 0 < held["allocation"]["moves"]["advice"]
    screen.says("allocation", "What each move can be expected to bring")


def list_and_vote(screen: Screen) -> None:
    """Two opportunities, two ballots; a third gives too many dots and is refused in words."""
    listed = ("Answer sooner", "A calmer checkout")
    for name, effort in zip(listed, (-1, 2), strict=True):
        screen.write("decisions", "Opportunity", name)
        screen.slide("decisions", "Effort", effort)
        screen.press("decisions", "Put on the list")
        screen.kept(lambda held: name in {one["name"] for one in held["opportunities"].values()})
    for dots in ((3, 2), (1, 4), (5, 5)):
        for name, given in zip(listed, dots, strict=True):
            screen.write("decisions", name, str(given))
        screen.press("decisions", "Cast")
        if sum(dots) <= 5:
            screen.kept(lambda held: {"answer_sooner": dots[0], "a_calmer_checkout": dots[1]} in held["votes"]["ballots"].values())
    screen.says("decisions", "gives 10 dots, and there are 5; take 5 back")
    assert len(record.read(screen.path)["votes"]["ballots"]) == 2


def decide(screen: Screen) -> None:
    """An opportunity becomes an initiative, once its promise is one that a scorecard can hold."""
    screen.choose("decisions", "From", "Answer sooner")
    screen.choose("decisions", "Moves", "Touchpoints: Satisfaction (CSAT)")
    for label, words in (("Owner", "Head of Service"), ("Due", "2026-12-31"), ("Budget", "500"), ("Promise", "much better")):
        screen.write("decisions", label, words)
    screen.press("decisions", "Decide")
    screen.says("decisions", "much better")
    assert not record.read(screen.path)["initiatives"], "a promise that no scorecard can hold was taken"
    screen.write("decisions", "Promise", "+0.2")
    screen.press("decisions", "Decide")
    screen.kept(lambda held: held["initiatives"]["answer_sooner"]["promise"] == "+0.2")


def write_down(screen: Screen) -> None:
    """The diff to the scorecards is shown, then written."""
    card = screen.path.parents[1] / "scorecards/touchpoints.yml"
    before = card.read_text()
    screen.press("decisions", "Show what this changes")
    screen.says("decisions", "touchpoints.yml, after")
    assert card.read_text() == before, "looking wrote something"
    screen.press("decisions", "Write it")
    screen.says("decisions", "Written: touchpoints.yml")
    assert "name: Answer sooner" in card.read_text()
    assert (card.parent / screen.kept(lambda held: held["applied"])["applied"]["scorecards/touchpoints.yml"]).read_text() == before


def again(screen: Screen) -> None:
    """After a restart everything that was entered stands on the screen."""
    screen.restart()
    screen.says("beside", "Where departments part most")
    screen.says("moments", WHY)
    screen.says("before", "answers, opened")
    screen.choose("before", "Department", "Service")
    screen.says("before", "What Service believes")
    screen.says("before", "45 %")
    assert screen.step("before").locator(".jupyter-widget-tag").all_inner_texts()[:2] == ["Checkout", "Chat"]


def all_again(screen: Screen, score: str) -> None:
    """After a restart before anything is written, target, money, dots and initiative stand in the file and on the screen too."""
    before = screen.path.read_text()
    again(screen)
    assert screen.path.read_text() == before, "a restart changed the file"
    held = record.read(screen.path)
    assert len(held["votes"]["ballots"]) == 2 and held["initiatives"]["answer_sooner"]["owner"] == "Head of Service"
    screen.choose("targets", "Scorecard", "Touchpoints")
    screen.choose("targets", "KPI", "Satisfaction (CSAT): not yet known")
    screen.says("targets", "Satisfaction (CSAT)\t4.0\t4.2\t3.0")
    assert screen.step("targets").locator("tr", has_text="Customer").first.locator("td").nth(3).inner_text() == score
    for label, way in (("Shop window", -1), ("Advice", 1)):
        assert way * float(screen.step("allocation").get_by_role("slider", name=label).first.get_attribute("aria-valuenow")) > 0
    row = screen.step("decisions").locator("tr", has_text="A calmer checkout").locator("td")
    assert row.nth(6).inner_text() == "6", row.all_inner_texts()  # two ballots gave 2 and 4
    assert "Head of Service" in screen.text("decisions") and "+0.2" in screen.text("decisions")


@pytest.mark.parametrize("surface", ["voila", "lab"])
def test_from_the_first_belief_to_the_next_report(chrome, tmp_path, surface):
    company = toy(tmp_path)
    lab = surface == "lab"
    with served(company, "--date", DAY, *(["--lab"] if lab else [])) as address:
        screen = Screen(chrome, address, company / "workshops" / f"{DAY}.yml", lab=lab)
        believe(screen)
        reveal_and_contest(screen)
        again(screen)
        score = aim(screen)
        give_and_take(screen)
        list_and_vote(screen)
        decide(screen)
        all_again(screen, score)
        write_down(screen)
        picture(screen, surface)
        if not lab:
            assert browser.broken_rules(screen.page) == []
            assert beyond_a_phone(screen) == []
        assert screen.heard.asked == [] and not screen.talk.aside
        screen.page.context.close()
    done = subprocess.run([sys.executable, "-m", "helpers.cli", "render", str(company), "--page", "2", "--page", "6", "--out", str(tmp_path / "out")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {path.stem: unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8"))) for path in (tmp_path / "out").rglob("*.html")}
    held = record.read(screen.path)
    card = " ".join(pages["2_touchpoints"].split())
    assert f"◇ Not yet known score {score} of 10" in card and f" 3.0 {held['targets']['touchpoints.csat']['target']} " in card and "Answer sooner (due 31 Dec 2026)" in card
    became = pages["6_workshop"].partition("What became of what we decided?")[2]
    assert "Answer sooner" in became and "Head of Service" in became and WHY in became


def test_a_form_filled_in_on_a_phone_comes_back(chrome, tmp_path):
    """The page of a department, without a network: what it saves is what `collect` takes."""
    journey, one = open_journey("data/toy"), record.new(DAY, departments=["Service"]) | {"opportunities": {"faster": {"name": "Faster <b>"}}}
    (tmp_path / "form.html").write_text(forms.to_html(forms.questions(journey, one), "Service", title="Workshop", company="Toy", dots=5), encoding="utf-8")
    page = chrome.new_context(viewport={"width": 390, "height": 844}, offline=True, accept_downloads=True).new_page()
    page.goto((tmp_path / "form.html").as_uri())
    assert browser.broken_rules(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= 390
    matter = page.get_by_role("group", name="Which touchpoints matter most")
    matter.get_by_label("1.").select_option(label="Checkout")
    matter.get_by_label("2.").select_option(label="Checkout")
    page.get_by_role("button", name="Save as a file").press("Enter")
    assert page.get_by_role("status").inner_text() == "A touchpoint has two places; give it one."
    matter.get_by_label("2.").select_option(label="Chat")
    page.get_by_role("group", name="How does each stage feel").get_by_role("combobox", name="Purchase", exact=True).select_option(label="−0.5")
    page.get_by_role("group", name="What share").get_by_role("spinbutton", name="Decision").fill("40")
    page.get_by_role("group", name="Which opportunities").get_by_role("spinbutton", name="Faster <b>").fill("3")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").press("Enter")
    saved.value.save_as(tmp_path / "Service.csv")
    found = forms.collect(tmp_path, journey, one)
    assert found.problems == () and found.missing == ()
    assert found.taken[0].beliefs == {"matter": ["checkout", "chat"], "emotion": {"purchase": -0.5}, "conversion": {"decision": 0.4}} and found.taken[0].ballot == {"faster": 3}
    page.screenshot(path=PICTURES / "workshop-form.png", full_page=True)
    page.context.close()


def test_what_goes_wrong_is_said_on_the_screen_and_nothing_is_lost(chrome, page):
    """Two screens that change the same entry, a name the company does not have, and a file that somebody broke."""
    company, address = page
    path = company / "workshops" / f"{DAY}.yml"
    start = record.new(DAY, departments=["Sales"])
    start["beliefs"]["Sales"] = {"matter": ["chekout"], "emotion": {"purchase": 0.3}, "by": "Ann"}
    store.write(path, start)
    mine, theirs = Screen(chrome, address, path), Screen(chrome, address, path)
    assert "'chekout' is not known here; type 'checkout'" in mine.page.locator("body").inner_text()

    for screen, word in ((mine, "Agreed"), (theirs, "Marked by the room")):
        screen.choose("moments", "Touchpoint", "Checkout: too few")
        screen.press("moments", word)
    theirs.says("moments", "Somebody else changed “moments.checkout” at the same time. Theirs stands; what was entered here is kept in")
    assert record.read(path)["moments"]["checkout"]["room"] == "agreed"
    assert record.read(path.with_suffix(".mine-1.yml"))["moments"]["checkout"]["room"] == "marked"

    mine.choose("before", "Department", "Sales")
    mine.says("before", "What Sales believes")
    mine.slide("before", "Loyalty: How each stage feels", 2)
    kept = mine.kept(lambda held: held["beliefs"]["Sales"]["emotion"].get("loyalty") == -1.5)["beliefs"]["Sales"]
    assert kept == {"matter": ["chekout"], "emotion": {"purchase": 0.3, "loyalty": -1.5}, "by": "Ann"}, "what was not touched has changed"

    path.write_text("date: 2026-03-10\nmoments: {checkout: {room: hardly}}\n")
    mine.press("moments", "Contested")
    mine.write("moments", "Why? A contest needs its reason.", WHY)
    mine.says("moments", "The workshop's file cannot be read any more")
    assert "hardly" in path.read_text() and WHY in path.with_suffix(".rescued-1.yml").read_text()
    mine.page.reload()
    said = mine.page.locator("body")
    said.get_by_text("room of moments of checkout 'hardly' is not known").first.wait_for(timeout=READY)
    assert "Traceback" not in said.inner_text() and "Mend the file" in said.inner_text()
    for screen in (mine, theirs):
        assert screen.heard.asked == []
        screen.page.context.close()


def test_a_learner_tries_each_step_and_opens_its_right_reading(chrome, tmp_path):
    """The walkthrough on Voila's page: seven exercises, each reading one click away, and nothing of it reaches the company."""
    company = toy(tmp_path)
    before = {path: path.read_bytes() for path in company.rglob("*") if path.is_file()}
    with served(company, "--teaching", "--date", DAY) as address:
        page = chrome.new_page()
        page.goto(address, timeout=READY)
        page.wait_for_selector(f"{LAST} .lesson", timeout=READY)
        lessons = page.locator(".workshop .lesson")
        assert lessons.count() == len(record.STEPS)
        for lesson in lessons.all():
            assert "Try it." in lesson.inner_text() and not lesson.locator("details p").is_visible()
            lesson.locator("summary").click()
            assert lesson.locator("details p").is_visible()
        page.locator("button", has_text="Lay them beside the data").click()
        page.locator(".step-beside summary", has_text="How to read this chart").first.wait_for(timeout=READY)
        page.close()
    assert {path: path.read_bytes() for path in company.rglob("*") if path.is_file()} == before
