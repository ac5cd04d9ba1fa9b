"""The whole journey on one scorecard: the four phases side by side, the parts that pull them, the strategy's links tested."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import names
from helpers.score.card import Scorecard
from helpers.score.library import Scorecards, read_scorecards
from helpers.score.parts import PULL_COLUMNS, cascade
from helpers.score.rollup import MEASURES, mean_of
from helpers.score.scored import ScoredCard, combine, judge
from helpers.score.strategy import pairs, strategy_map

if TYPE_CHECKING:
    from helpers.journey import Journey

ALL = "combined"
TESTED_COLUMNS = ["phase", "from_kpi", "from_label", "to_kpi", "to_label", "expected", "lag_months", "why", "verdict", "lag", "correlation", "low", "high", "p_value",
                  "q_value", "months", "why_untested"]


@dataclass(frozen=True)
class Combined:
    """The scored cards of all phases for one journey, with what lies between them.

    cards: phase -> ScoredCard; a KPI without a target was not worked out, for it scores nothing. parts: the scorecards of segments and teams beside their
    whole, phase and score.PULL_COLUMNS. tested: the pairs of KPIs behind the strategy's links with the data's verdict, TESTED_COLUMNS.
    Has the card, table, status, score and by_perspective of a ScoredCard, for the journey as a whole.
    """

    cards: Mapping[str, ScoredCard]
    parts: pd.DataFrame
    tested: pd.DataFrame
    scorecards: Scorecards = field(repr=False)

    @property
    def card(self) -> Scorecard:
        """The combined scorecard's own words; it has no KPIs of its own."""
        return Scorecard("Customer journey", ALL, ())

    @property
    def currency(self) -> str:
        """The company's currency."""
        return next((each.currency for each in self.cards.values()), "")

    @property
    def has_scorecards(self) -> bool:
        """Whether the company has written a scorecard for any phase."""
        return bool(self.scorecards.cards)

    @property
    def table(self) -> pd.DataFrame:
        """One row a KPI and phase for the whole period: names.KPI_COLUMNS."""
        return pd.concat([each.table for each in self.cards.values()], ignore_index=True)

    def to_pandas(self) -> pd.DataFrame:
        """A copy of the table, to work on."""
        return self.table

    @property
    def phases(self) -> pd.DataFrame:
        """One row a phase, then the row `combined`: see `score.combine`."""
        return combine(self.cards)

    @property
    def perspectives(self) -> pd.DataFrame:
        """One row a phase (and `combined`) and perspective: phase, perspective, weight (the phase's), score, status, children ..."""
        parts = []
        for phase, each in self.cards.items():
            parts.append(each.perspectives.assign(phase=phase, weight=each.card.weight))
        every = pd.concat(parts, ignore_index=True)
        every = every[every["children"] > 0]
        rows = [{"phase": ALL, "perspective": word, "weight": 1.0, **mean_of(every[every["perspective"] == word])} for word in names.PERSPECTIVES]
        whole = pd.DataFrame(rows).astype({"score": "float64"})
        return pd.concat([every, whole], ignore_index=True)[["phase", "perspective", "weight", *MEASURES]]

    @property
    def status(self) -> str:
        """The journey's status."""
        return str(self.phases["status"].iloc[-1])

    @property
    def score(self) -> float:
        """The journey's score, 0-10; NaN where nothing has information."""
        return float(self.phases["score"].iloc[-1])

    @property
    def by_perspective(self) -> dict[str, dict[str, Any]]:
        """Status and score a perspective over all phases (score None where there is none)."""
        mine = self.perspectives[self.perspectives["phase"] == ALL]
        return {row.perspective: {"status": row.status, "score": None if math.isnan(row.score) else row.score} for row in mine.itertuples()}

    @property
    def strategy(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The strategy map over all phases: objectives and links, see `score.strategy_map`."""
        return strategy_map(list(self.cards.values()), self.tested)


def combined(journey: Journey) -> Combined:
    """Score all phases of a journey, their parts and their links. Raises ScoreError where a scorecard cannot be used.

    Only KPIs that have a target or stand for an end of a link are worked out; what a phase's own page worked out for this journey is used again.
    """
    from helpers import infer
    from helpers.infer.links import tested

    library = read_scorecards(journey.company.folder, currency=journey.company.currency)
    used = {phase: library.of(phase, journey.segment.label) for phase in names.PHASES}
    linked = {phase: pairs(library, card) for phase, card in used.items()}
    wanted = dict.fromkeys(id for card in used.values() for id in with_goal(card))
    wanted |= dict.fromkeys(id for table in linked.values() for id in [*table["from_kpi"], *table["to_kpi"]])
    found = infer.estimates(journey, wanted)
    cards = {phase: judge(journey, library, card, found) for phase, card in used.items()}
    told = [tested(journey, table).assign(phase=phase) for phase, table in linked.items() if len(table)]
    links = pd.concat(told, ignore_index=True)[TESTED_COLUMNS] if told else pd.DataFrame(columns=TESTED_COLUMNS)
    return Combined(cards, _parts(journey, cards, library), links, library)


def with_goal(card: Scorecard) -> Iterable[str]:
    """The KPIs of a scorecard that have a target."""
    return (target.kpi for _, target in card.entries() if target.goal is not None)


def _parts(journey: Journey, cards: Mapping[str, ScoredCard], library: Scorecards) -> pd.DataFrame:
    """Every part of every phase beside its whole: the KPIs for which a part states a target of its own.

    What a segment's part inherits stands on that segment's own pages; a team's part is about the same customers, so all its KPIs stand here.
    """
    from helpers import infer

    tables = []
    for phase, whole in cards.items():
        own = {(part.segment, target.kpi) for part in library.parts(phase) for _, target in part.entries() if target.goal and (part.team or target.covers == part.segment)}

        def numbers(inside: Journey, ids: list[str], own: set = own) -> pd.DataFrame:
            return infer.estimates(inside, [id for id in ids if (inside.segment.label, id) in own or inside is journey])

        found = cascade(journey, phase, whole, estimates=numbers)
        kept = [pair in own or pair[0] == journey.segment.label for pair in zip(found["segment"], found["kpi"], strict=True)]
        tables += [found[kept].assign(phase=phase)] if any(kept) else []
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*PULL_COLUMNS, "phase"])
