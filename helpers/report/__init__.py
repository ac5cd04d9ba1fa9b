"""Stage `report`: results become what a reader sees: sentences, charts with their finding, tables, next steps."""

from helpers.report.combined import combined, parts, strategy
from helpers.report.explain import explain
from helpers.report.links import links
from helpers.report.page import asked, can_answer, coverage, findings, next_steps, sure
from helpers.report.scorecard import scorecard
from helpers.report.show import show
from helpers.report.view import view

__all__ = ["asked", "can_answer", "combined", "coverage", "explain", "findings", "links", "next_steps", "parts", "scorecard", "show", "strategy", "sure", "view"]
