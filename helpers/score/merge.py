"""Cascading: a scorecard file laid over the one it extends, before anything is read into values.

What a part states replaces what the whole states, key by key: objectives meet by `id`, their KPIs by `kpi`. Objectives and KPIs that the
whole does not have are added at the end. `only` keeps the objectives and KPIs it names. Initiatives are never
inherited (they would be counted twice), links are, as long as both ends are there. Each piece keeps its file and line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from helpers import names
from helpers.score.lines import Item, read_yaml, suggest

CARD_KEYS = (
    "name", "phase", "owner", "extends", "segment", "team", "only", "weight", "weights", "objectives", "links",
)
OBJECTIVE_KEYS = ("id", "name", "perspective", "weight", "owner", "kpis", "initiatives")
KPI_KEYS = ("kpi", "target", "red_flag", "weight", "owner", "kind")
INITIATIVE_KEYS = ("name", "owner", "due", "budget", "kpi", "promise", "baseline")
LINK_KEYS = ("from", "to", "lag_months", "why")
_OWN = ("name", "owner", "segment", "team", "extends", "only")


@dataclass(frozen=True)
class Raw:
    """One file with what it extends merged in; `covers` gives the segment that each file of the chain speaks of."""

    item: Item
    file: Path
    covers: dict[Path, str]
    base: str = ""


def files_in(folder: Path) -> list[Path]:
    """The scorecard files of a company's folder, in order of their names."""
    where = folder / "scorecards"
    return sorted(path for path in where.glob("*") if path.suffix in (".yml", ".yaml")) if where.is_dir() else []


def read_merged(path: Path, trail: tuple[Path, ...] = ()) -> Raw:
    """Read a scorecard file and everything it extends. Raises ScoreError on a wrong key, a missing file or a circle."""
    path = path.resolve()
    own = read_yaml(path)
    check_keys(own)
    if own.get("phase") is None and path.stem in names.PHASES:
        own.value["phase"] = Item(path.stem, path, own.line)
    segment = own.get("segment").text("segment") if own.get("segment") else "all"
    extends = own.get("extends")
    if extends is None:
        return Raw(_kept(own), path, {path: segment})
    other = _find(extends, path)
    if other in (*trail, path):
        way = " -> ".join(each.name for each in (*trail, path, other))
        raise extends.error(f"scorecards extend each other in a circle: {way}; take one 'extends' out")
    base = read_merged(other, (*trail, path))
    merged = _kept(_lay_over(base.item, own))
    return Raw(merged, path, base.covers | {path: segment}, base.file.stem)


def check_keys(card: Item) -> None:
    """Raise ScoreError at the first key that the grammar does not have, and at pieces of the wrong shape."""
    card.mapping("a scorecard", CARD_KEYS)
    for objective in _list(card, "objectives"):
        _identified(objective.mapping("an objective", OBJECTIVE_KEYS), "id", "objective", "decide_with_confidence")
        for entry in _list(objective, "kpis"):
            if not isinstance(entry.value, str):
                _identified(entry.mapping("a KPI", KPI_KEYS), "kpi", "KPI", "intent_conversion")
        for initiative in _list(objective, "initiatives"):
            _identified(initiative.mapping("an initiative", INITIATIVE_KEYS), "name", "initiative", "Comparison guide")
    for link in _list(card, "links"):
        link.mapping("a link", LINK_KEYS)


def _list(parent: Item, key: str) -> list[Item]:
    found = parent.get(key)
    return found.items(key) if found else []


def _identified(item: Item, key: str, what: str, example: str) -> None:
    if item.get(key) is None:
        raise item.error(f"this {what} has no {key}; type {key}: {example}")
    item.value[key].text(key)


def _find(extends: Item, path: Path) -> Path:
    word = extends.text("extends")
    if "/" in word or word.endswith((".yml", ".yaml")):
        found = (path.parent / word).resolve()
        if found.is_file():
            return found
        raise extends.error(f"there is no file '{word}' seen from the folder {path.parent.name}; type a path from this file's folder")
    for suffix in (".yml", ".yaml"):
        if (path.parent / f"{word}{suffix}").is_file():
            return (path.parent / f"{word}{suffix}").resolve()
    others = [each.stem for each in files_in(path.parent.parent) if each.resolve() != path]
    hint = suggest(word, others) if others else "there is no other scorecard in this folder"
    raise extends.error(f"there is no scorecard '{word}' to extend; {hint}")


def _lay_over(base: Item, own: Item) -> Item:
    """The merged card: own keys over the base's, objectives met by id, links of both."""
    merged = {key: item for key, item in base.value.items() if key not in _OWN} | dict(own.value)
    if own.get("owner") is None and base.get("owner"):
        merged["owner"] = base.value["owner"]
    if own.get("phase") and base.get("phase") and own.value["phase"].value != base.value["phase"].value:
        raise own.value["phase"].error(
            f"phase '{own.value['phase'].value}' differs from '{base.value['phase'].value}' of the scorecard it extends; leave phase out"
        )
    if own.get("weights") and base.get("weights"):
        weights = {**base.value["weights"].mapping("weights", base.value["weights"].value).value, **own.value["weights"].value}
        merged["weights"] = Item(weights, own.file, own.value["weights"].line)
    bare = [Item({k: v for k, v in each.value.items() if k != "initiatives"}, each.file, each.line) for each in _list(base, "objectives")]
    merged["objectives"] = Item(_meet(bare, _list(own, "objectives"), "id", _objective), own.file, own.line)
    merged["links"] = Item([*_list(base, "links"), *_list(own, "links")], own.file, own.line)
    return Item(merged, own.file, own.line)


def _meet(base: list[Item], own: list[Item], key: str, join) -> list[Item]:
    """Base entries with the own entry of the same id joined in, then the own entries that are new."""
    stated: dict[str, Item] = {}
    for each in own:
        if _id(each, key) in stated:
            raise each.error(f"'{_id(each, key)}' is given twice, here and on line {stated[_id(each, key)].line}; keep one")
        stated[_id(each, key)] = each
    known = {_id(each, key) for each in base}
    joined = [join(each, stated[_id(each, key)]) if _id(each, key) in stated else each for each in base]
    return joined + [each for id, each in stated.items() if id not in known]


def _id(item: Item, key: str) -> str:
    return (item if isinstance(item.value, str) else item.value[key]).value.strip()


def _objective(base: Item, own: Item) -> Item:
    kpis = _meet(_list(base, "kpis"), _list(own, "kpis"), "kpi", _entry)
    return Item({**base.value, **own.value, "kpis": Item(kpis, own.file, own.line)}, own.file, own.line)


def _entry(base: Item, own: Item) -> Item:
    pieces = [each.value if isinstance(each.value, dict) else {"kpi": each} for each in (base, own)]
    return Item({**pieces[0], **pieces[1]}, own.file, own.line)


def _kept(card: Item) -> Item:
    """The card with the objectives and KPIs that `only` names; all of them where it says nothing."""
    if (only := card.get("only")) is None:
        return card
    objectives = _list(card, "objectives")
    ids = [_id(each, "id") for each in objectives]
    kpis = [_id(entry, "kpi") for each in objectives for entry in _list(each, "kpis")]
    chosen = {item.word("'only' names", ids + kpis) for item in only.items("only")}
    kept = [piece for each in objectives if (piece := _part_of(each, chosen))]
    gone = set(ids) - {_id(each, "id") for each in kept} | set(kpis) - {_id(e, "kpi") for each in kept for e in _list(each, "kpis")}
    links = [link for link in _list(card, "links") if not _touches(link, gone) or link.file == card.file]
    pieces = {"objectives": Item(kept, only.file, only.line), "links": Item(links, only.file, only.line)}
    return Item({**card.value, **pieces}, card.file, card.line)


def _part_of(objective: Item, chosen: set[str]) -> Item | None:
    entries = [entry for entry in _list(objective, "kpis") if _id(entry, "kpi") in chosen]
    if _id(objective, "id") in chosen and not entries:
        return objective
    if not entries:
        return None
    return Item({**objective.value, "kpis": Item(entries, objective.file, objective.line)}, objective.file, objective.line)


def _touches(link: Item, gone: set[str]) -> bool:
    return any(link.get(end) is not None and link.value[end].value in gone for end in ("from", "to"))
