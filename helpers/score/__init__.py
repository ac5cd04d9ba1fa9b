"""Stage `score`: how far from target. Scorecards as YAML, status and score of every KPI, roll-ups, cascading.

A scorecard is a file `<company>/scorecards/<anything>.yml`; `starter.yml` beside this module is one to copy. Every key:

    name: Intent scorecard        # optional
    phase: intent                 # intent, touchpoints, adoption, moments_of_truth; the file's name will do
    owner: Head of Marketing      # owns what names no other owner
    weight: 1                     # optional: the phase's weight in the combined scorecard
    weights: {customer: 2}        # optional: the perspectives' weights in the phase
    extends: intent               # optional: another scorecard of this folder (its file name), or a path from this file
    segment: region=north         # optional: whom this part covers, written as the segment parameter
    team: Service desk            # optional: whose part it is
    only: [decide_with_confidence, open_intent_value]   # optional, with extends: the objectives and KPIs it keeps
    objectives:
      - id: decide_with_confidence
        name: Customers decide with confidence
        perspective: customer     # financial, customer, internal_processes, learning_and_growth
        weight: 2                 # optional: its weight in the perspective
        owner: Head of Sales      # optional
        kpis:                     # a bare id is shown and not scored
          - {kpi: intent_conversion, target: 25 %, red_flag: 15 %, weight: 2, owner: Head of Sales, kind: lagging}
          - {kpi: time_to_decide, target: 7 d, red_flag: 14 d}
          - concern_rate
        initiatives:
          - {name: Comparison guide, owner: Head of Content, due: 2026-12-15, budget: 20000, kpi: information_found_rate,
             promise: +5 points, baseline: 61 %}
    links:                        # the strategy map: moving `from` should move `to`
      - {from: train_advisers, to: decide_with_confidence, lag_months: 2, why: Trained advisers answer at once.}

Values are written in the KPI's unit: shares as `25 %` or 0.25, durations as `7 d` or `36h` (never bare), points, scores, currency and
counts as plain numbers. A KPI is scored where it has a target and a red flag, on the better side of one another; where a range is
best, both are ranges: `target: [2, 4]`, `red_flag: [1, 6]`. A **total** (revenue, campaign reach) has its target for one
month (`120000`, or said: `120000 a month`, `360000 a quarter`, `1440000 a year`): a period is judged by the months that the
data cover, and a part-covered month by its days. A **level** (the value of open intents) is what stands at the end of a period, so its
target is taken as it is. On a segment, totals and levels are judged only by a target that a scorecard for that segment
states, because the whole company's sum is no aim for a part of it.

A promise says which way and how far: `+5 points` of a share (percentage points) or of NPS, `-1 d`, `+10 %` of any other unit.
`baseline`, the KPI's value when the initiative began, lets the page say whether the promise was kept. The end of a link is an objective of the
same scorecard, `phase.objective` of another, or a KPI; a leading KPI names its lagging one by a link.

A part that `extends` a whole states only what differs: objectives meet by `id`, KPIs by `kpi`, key by key; initiatives are not
inherited. A page about that segment is judged by the part; `cascade` shows where the parts pull the whole.

Anything else (a wrong key, an unknown KPI, a target on the wrong side of its red flag, a bare duration, a circle of `extends`,
a link to nowhere) is a ScoreError: file, line, and what to type instead. Status and score: `score.goals`. Roll-up: `score.rollup`.
A company without a scorecard for a phase gets one objective a perspective with the phase's KPIs and no targets.
"""

from helpers.score.card import Initiative, Link, Objective, Scorecard, Target, default
from helpers.score.combined import Combined, combined
from helpers.score.library import Scorecards, read_scorecards
from helpers.score.lines import ScoreError
from helpers.score.parts import PULL_COLUMNS, cascade, pull
from helpers.score.scored import ScoredCard, combine, months_covered, scorecard
from helpers.score.goals import GOAL_SCORE, RED_FLAG_SCORE, Goal, band, score, status
from helpers.score.strategy import pairs, strategy_map

__all__ = [
    "Combined", "GOAL_SCORE", "PULL_COLUMNS", "RED_FLAG_SCORE", "Goal", "Initiative", "Link", "Objective", "ScoreError", "ScoredCard", "Scorecard",
    "Scorecards", "Target", "band", "cascade", "combine", "combined", "default", "months_covered", "pairs", "pull", "read_scorecards",
    "score", "scorecard", "status", "strategy_map",
]
