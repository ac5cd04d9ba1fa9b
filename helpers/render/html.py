"""A page as one HTML file: nbconvert with the project's own template. No code, nothing fetched; a script on the index only."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from nbconvert.exporters.templateexporter import TemplateExporter

from helpers import __version__, names
from helpers.journey import parse_segment
from helpers.render.page import Page, read_page
from helpers.report.display import SHAPES
from helpers.report.finding import NOBODY

TEMPLATES = Path(__file__).resolve().parent / "template"
WORDS = {**names.STATUSES, **names.VERDICTS}


@dataclass(frozen=True)
class About:
    """What stands around a page: whose it is, what it covers, where its neighbours are."""

    company: str = ""
    period: str = ""
    who: str = ""
    facts: tuple[tuple[str, str], ...] = ()  # shown under the title: name, value
    pages: tuple[dict, ...] = ()             # neighbours: file, title, current
    index: str = "../../index.html"
    pdf: str = ""                            # the same page as PDF, beside it
    foot: tuple[str, ...] = field(default=(f"Customer Journey Workbook {__version__}",))


class PageExporter(TemplateExporter):
    """nbconvert's template exporter, reading a notebook as a `Page`."""

    export_from_notebook = "Customer Journey Workbook page"
    output_mimetype = "text/html"

    def __init__(self, **options: Any) -> None:
        super().__init__(extra_template_basedirs=[str(TEMPLATES)], template_name="journey", file_extension=".html", **options)

    def from_notebook_node(self, nb, resources=None, **options):
        """Convert a notebook; `resources["journey"]["about"]` may hold an `About`."""
        resources = self._init_resources(resources or {})
        given = resources.get("journey", {})
        page = read_page(nb)
        resources["journey"] = _shown(page, **given)
        return self.template.render(nb=nb, resources=resources), resources


def _shown(page: Page, **given: Any) -> dict[str, Any]:
    """What the template reads of a page."""
    return {"about": About(), "shapes": SHAPES, "words": WORDS, "nobody": NOBODY, **given, "page": page, "verdicts": verdicts(page)}


@cache
def exporter() -> PageExporter:
    """The exporter, made once a process."""
    return PageExporter()


def to_html(notebook: Any, about: About) -> str:
    """The page that an executed notebook is, as one self-contained HTML file."""
    return exporter().from_notebook_node(notebook, {"journey": {"about": about}})[0]


def page_html(page: Page, about: About) -> str:
    """A page that is not a notebook as the same kind of HTML file; its parts are trusted, so escape them where they are made."""
    return exporter().template.render(nb=None, resources={"journey": _shown(page, about=about)})


def index_html(**shown: Any) -> str:
    """The company's index from its template. Its one script filters the list; the page allows no other, by the script's sum."""
    script = (TEMPLATES / "journey" / "filter.js").read_text(encoding="utf-8").strip()
    allowed = "sha256-" + b64encode(sha256(script.encode("utf-8")).digest()).decode("ascii")
    return exporter().environment.get_template("overview.html.j2").render(whom=lambda label: parse_segment(label).title, shapes=SHAPES, words=WORDS, script=script, allowed=allowed, **shown)


def verdicts(page: Page) -> list[dict]:
    """The scorecards' verdicts as the template shows them: name, status, score and the perspectives' statuses, none where all are unknown."""
    shown = []
    for one in page.statuses:
        by = one.get("by_perspective") or {}
        parts = [
            {"name": names.PERSPECTIVES.get(word, word), "status": part.get("status", "") if isinstance(part, dict) else part or "no_information"}
            for word, part in sorted(by.items(), key=lambda item: (*names.PERSPECTIVES, item[0]).index(item[0]))
        ]
        if all(part["status"] == "no_information" for part in parts):
            parts = []
        name = names.PHASES.get(one.get("phase", ""), "Combined")
        shown.append({"name": f"{name} scorecard", "status": one.get("status") or "no_information", "score": one.get("score"), "parts": parts, "short": one.get("short", "")})
    return shown
