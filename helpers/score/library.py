"""The scorecards of one company: found, read, checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers import names
from helpers.score.card import Link, Objective, Scorecard, default
from helpers.score.lines import ScoreError, suggest
from helpers.score.merge import files_in, read_merged
from helpers.score.read import Reader


@dataclass(frozen=True)
class Scorecards:
    """All scorecards of a company, in order of their file names."""

    cards: tuple[Scorecard, ...]
    kpis: Mapping[str, Any]

    def of(self, phase: str, segment: str = "all", team: str = "") -> Scorecard:
        """The scorecard that judges a phase and segment: the segment's own, else the whole company's, else the default."""
        if phase not in names.PHASES:
            raise ValueError(f"phase '{phase}' is not known; {suggest(phase, names.PHASES)}")
        for wanted in ((segment, team), ("all", "")):
            for card in self.cards:
                if card.phase == phase and (card.segment, card.team) == wanted:
                    return card
        return default(phase, self.kpis)

    def parts(self, phase: str) -> list[Scorecard]:
        """The scorecards of segments and teams for a phase."""
        return [card for card in self.cards if card.phase == phase and card.is_part]

    def end(self, card: Scorecard, word: str) -> tuple[str, Objective | None, str]:
        """What one end of a link is: its phase, the objective (None for a KPI) and its id. Raises KeyError where it is nothing."""
        if (objective := card.objective(word)) is not None:
            return card.phase, objective, objective.id
        if word in self.kpis:
            return self.kpis[word].phase, None, word
        phase, _, id = word.partition(".")
        if phase in names.PHASES and (objective := self.of(phase).objective(id)) is not None:
            return phase, objective, id
        raise KeyError(word)


def read_scorecards(folder: str | Path, kpis: Mapping[str, Any] | None = None, *, currency: str = "") -> Scorecards:
    """Every scorecard under `<folder>/scorecards`, checked; none is fine.

    `kpis` is the registry (id -> Kpi), by default the workbook's own. Raises ScoreError: file, line, what to type instead.
    """
    if kpis is None:
        from helpers.measure import all_kpis

        kpis = all_kpis()
    reader = Reader(kpis, currency)
    cards = tuple(reader.card(read_merged(path)) for path in files_in(Path(folder)))
    scorecards = Scorecards(cards, kpis)
    _check_one_each(Path(folder), cards)
    for card in cards:
        for link in card.links:
            _check_link(scorecards, card, link)
    return scorecards


def _check_one_each(folder: Path, cards: tuple[Scorecard, ...]) -> None:
    seen: dict[tuple[str, str, str], str] = {}
    for card in cards:
        key = (card.phase, card.segment, card.team)
        if key in seen:
            whom = card.team or (card.segment if card.segment != "all" else "the whole company")
            raise ScoreError(
                folder / "scorecards" / card.file, None,
                f"this is a second {card.phase} scorecard for {whom}, beside {seen[key]}; give it its own segment: or team:, "
                "or take one away",
            )
        seen[key] = card.file


def _check_link(scorecards: Scorecards, card: Scorecard, link: Link) -> None:
    for word in (link.start, link.end):
        try:
            scorecards.end(card, word)
        except KeyError:
            own = [each.id for each in card.objectives]
            others = [f"{phase}.{o.id}" for phase in names.PHASES if phase != card.phase for o in scorecards.of(phase).objectives]
            hint = suggest(word, [*own, *others, *scorecards.kpis])
            message = f"a link names '{word}', which is neither an objective nor a KPI; {hint}"
            raise ScoreError(link.file, link.line, message) from None
