"""`journey compare`: two rendered periods or two rendered segments side by side, as a page and a csv beside it.

It reads what `journey render` wrote and nothing else, so it can say no more than the two reports; `render` itself makes the comparisons that most people
want: each period against the like one before and the same a year before, each segment against the largest of its column.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from helpers.infer import side_by_side as sbs
from helpers.infer.multiplicity import MIN_N
from helpers.journey import parse_period, parse_segment
from helpers.load import write_whole
from helpers.names import day_words
from helpers.render import bundles, manifest, places, stored
from helpers.render.html import About, page_html
from helpers.render.overview import overview
from helpers.render.page import Page, Section
from helpers.report import comparison
from helpers.report.tabular import to_csv

FOLDER = "compare"
ALIKE = 0.12  # a month of 28 days and one of 31 are like spans
Pair = tuple[str, str, str, str]  # kind (period or segment), first, second, within (the segment or period that both share)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `journey compare`."""
    parser.add_argument("folder", help="the company's folder, e.g. data/sample, or its rendered folder")
    parser.add_argument("--period", nargs="+", metavar="PERIOD", help="two periods to compare, the earlier first; or the one that both segments share (default: all)")
    parser.add_argument("--segment", nargs="+", metavar="SEGMENT", help="two segments to compare; or the one that both periods share (default: all)")
    parser.add_argument("--reports", metavar="DIR", help="where the company's reports are (default: reports)")


def run(options: argparse.Namespace) -> int:
    """Make one comparison and list it in the index; exit code 0, or 2 where it cannot be made."""
    from helpers.render.command import alone

    try:
        pair = asked(options)
        company = stored.find_company(options.folder, options.reports)
        with alone(company) as free:
            if not free:
                raise stored.StoredError(f"another run is writing to {company}; wait for it")
            record = manifest.read(company)
            made = make(company, record, pair)
            kept = [one for one in record.get("comparisons", ()) if one["file"] != made["file"]]
            record["comparisons"] = [*kept, made]
            manifest.write(company, record)
            write_whole(company / "index.html", overview(record))
    except (ValueError, OSError) as error:
        print(f"journey compare: {error}", file=sys.stderr)
        return 2
    print(f"{made['headline']} Open {_near(company / made['file'])}")
    return 0


def asked(options: argparse.Namespace) -> Pair:
    """The pair that the command line asks for. Raises ValueError where it is not one pair."""
    periods = [parse_period(text).label for text in options.period or ["all"]]
    segments = [parse_segment(text).label for text in options.segment or ["all"]]
    if sorted((len(periods), len(segments))) != [1, 2]:
        raise stored.StoredError("give two periods and one segment, or two segments and one period, e.g. --period 2026-Q2 2026-Q3")
    kind, two, one = ("period", periods, segments[0]) if len(periods) == 2 else ("segment", segments, periods[0])
    if two[0] == two[1]:
        raise stored.StoredError(f"both are {two[0]}; give two different ones")
    return kind, two[0], two[1], one


def places_of(pair: Pair) -> tuple[tuple[str, str], tuple[str, str]]:
    """Period and segment of both sides."""
    kind, first, second, within = pair
    return ((first, within), (second, within)) if kind == "period" else ((within, first), (within, second))


def make(company: Path, record: dict[str, Any], pair: Pair) -> dict[str, Any]:
    """Write the page and csv of one comparison; its entry for the manifest. Raises StoredError where a side is not there."""
    kind, first, second, within = pair
    sides = places_of(pair)
    for side in sides:
        stored.need(record, *side)
    floor = max(MIN_N, int(record["data"]["min_cell"]))
    table = sbs.side_by_side(*(stored.kpis(company, record, *side) for side in sides), sums=_sums(pair, record), nested=nested(pair, record), floor=floor)
    named = comparison.Sides(
        *_named(kind, first, second), " ".join(_overlap(pair, record)), record["data"].get("currency", ""), int(record["data"]["min_cell"]),
    )
    name = places.folder_names([f"{second} against {first}, {within}"])
    stem = f"{FOLDER}/{next(iter(name.values()))}"
    write_whole(company / f"{stem}.csv", to_csv(table))
    write_whole(company / f"{stem}.html", page_html(_page(table, pair, named), _about(record, pair, named, stem)))
    counts = {word: int((table["verdict"] == word).sum()) for word in sbs.VERDICTS}
    title = _title(pair, named) + (f", {_label('segment' if kind == 'period' else 'period', within)}" if within != "all" else "")
    return {
        "kind": kind, "first": first, "second": second, "within": within, "title": title, "file": f"{stem}.html", "csv": f"{stem}.csv",
        "headline": comparison.headline(table, named), "counts": counts, "fingerprint": record["fingerprint"], "current": True,
    }


def update(company: Path, record: dict[str, Any], before: list[dict], by: tuple[str, ...], touched: set[tuple[str, str]]) -> list[dict]:
    """The comparisons after a run: those that most people want, and earlier ones, made again where both sides are of this run's data, settings and code.

    touched: period and segment of what the run made; only comparisons with one of these are made. Earlier ones whose sides changed stay as they are, marked.
    """
    known = {(one["kind"], one["first"], one["second"], one["within"]): one for one in before if (company / one["file"]).is_file()}
    made = []
    for pair in dict.fromkeys([*usual(record, by), *known]):
        sides = places_of(pair)
        current = all(stored.done(record, *side) for side in sides)
        if current and (pair not in known or known[pair]["fingerprint"] != record["fingerprint"] or touched & set(sides)):
            made += _tried(company, record, pair)
        elif pair in known:
            made.append({**known[pair], "current": current and known[pair]["fingerprint"] == record["fingerprint"]})
    return made


def _tried(company: Path, record: dict[str, Any], pair: Pair) -> list[dict[str, Any]]:
    """One comparison; one that fails is told in print and in the index, and stops neither the others nor the run."""
    try:
        return [make(company, record, pair)]
    except Exception as error:  # noqa: BLE001  whatever two files can hold
        line = f"{pair[2]} against {pair[1]} ({pair[3]}) was not compared: {bundles.one_line(f'{type(error).__name__}: {error}')}"
        print(line, file=sys.stderr)
        record["conflicts"].append(f"{line}.")
        return []


def usual(record: dict[str, Any], by: tuple[str, ...] = ()) -> list[Pair]:
    """The pairs that are compared without being asked for, among the reports of the last run's data, settings and code."""
    there = {(one["period"], one["segment"]): one.get("people") or 0 for one in record["reports"] if one["status"] == "done" and one["fingerprint"] == record["fingerprint"]}
    pairs: list[Pair] = []
    for period, segment in sorted(there):
        for before in _before(period):
            if (before, segment) in there:
                pairs.append(("period", before, period, segment))
    columns: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for (period, segment), people in there.items():
        parts = parse_segment(segment).pairs
        if len(parts) == 1 and (not by or parts[0][0] in by):
            columns.setdefault((period, parts[0][0]), []).append((-people, segment))
    for (period, _), found in sorted(columns.items()):
        (_, largest), *others = sorted(found)
        pairs += [("segment", largest, segment, period) for _, segment in sorted(others, key=lambda one: one[1])]
    return pairs


def _before(period: str) -> list[str]:
    """The like period just before, and the same a year before.

    >>> _before("2026-Q3"), _before("2026"), _before("all")
    (['2026-Q2', '2025-Q3'], ['2025'], [])
    """
    previous = parse_period(period).previous()
    if previous is None:
        return []
    year = f"{int(period[:4]) - 1}{period[4:]}" if ".." not in period else ""
    return list(dict.fromkeys(one for one in (previous.label, year) if one))


def nested(pair: Pair, record: dict[str, Any]) -> bool:
    """Whether one side lies inside the other, so that the rest is a group of its own."""
    kind, first, second, _ = pair
    if kind == "segment":
        a, b = (set(parse_segment(one).pairs) for one in (first, second))
        return a <= b or b <= a
    (start, end), (begin, stop) = (_days(one, record) for one in (first, second))
    return (start <= begin and stop <= end) or (begin <= start and end <= stop)


def _days(period: str, record: dict[str, Any]) -> tuple[datetime, datetime]:
    """First instant and end of what a period can cover; `all` has no beginning that is known here."""
    told = parse_period(period)
    last = datetime.fromisoformat(record["data"]["as_of"])
    after = datetime(last.year, last.month, last.day) + timedelta(days=1)
    return told.start or datetime.min, min(told.end or after, after)


def _sums(pair: Pair, record: dict[str, Any]) -> str:
    """Why totals are not compared; empty where they are."""
    kind, first, second, _ = pair
    if kind == "segment":
        return sbs.BY_SIZE
    (start, end), (begin, stop) = (_days(one, record) for one in (first, second))
    if datetime.min in (start, begin):
        return sbs.BY_LENGTH
    lengths = sorted((end - start, stop - begin))
    return "" if lengths[0] >= (1 - ALIKE) * lengths[1] else sbs.BY_LENGTH


def _overlap(pair: Pair, record: dict[str, Any]) -> list[str]:
    """What the reader must know of people on both sides."""
    kind, first, second, _ = pair
    if kind == "period":
        told = ["Customers who are in both spans make the intervals a little too wide, never too narrow, as long as a customer's two figures go together."]
        ends = [parse_period(one).end for one in (first, second)]
        after = _days("all", record)[1]
        told += [f"{one} was not over when the data ended." for one, end in zip((first, second), ends, strict=True) if end and end > after]
    else:
        apart = {column: value for column, value in parse_segment(first).pairs}
        if any(column in apart and apart[column] != value for column, value in parse_segment(second).pairs):
            told = ["Nobody is in both segments. Groups also differ in size, so the smaller has the wider interval."]
        else:
            told = ["Some people may be in both segments: their figures go together, which makes the intervals a little too wide, never too narrow."]
    if nested(pair, record):
        told.append("One side is part of the other, so the difference is smaller than that between the part and the rest.")
    return told


def _label(kind: str, label: str) -> str:
    """A side's name for a reader."""
    if kind == "segment":
        return parse_segment(label).name
    return "all the data" if label == "all" else label


def _named(kind: str, first: str, second: str) -> tuple[str, str]:
    """Both sides' names for a reader: of two values of one column, the values."""
    parts = [parse_segment(one).pairs for one in (first, second)] if kind == "segment" else []
    if parts and all(len(one) == 1 for one in parts) and parts[0][0][0] == parts[1][0][0]:
        return parts[0][0][1], parts[1][0][1]
    return _label(kind, first), _label(kind, second)


def _title(pair: Pair, named: comparison.Sides) -> str:
    """The page's title: "2026-Q3 against 2026-Q2", "Region “north” against “south”"."""
    if named.second != _label(pair[0], pair[2]):
        return f"{parse_segment(pair[2]).title} against “{named.first}”"
    return _start(f"{named.second} against {named.first}")


def _page(table: Any, pair: Pair, named: comparison.Sides) -> Page:
    page = Page(title=_title(pair, named), lead="<p>The same KPIs side by side: what is better, what is worse, and what the data do not settle.</p>")
    for title, parts in comparison.sections(table, named):
        _, anchor = page.headings.add(2, escape(title))
        page.sections.append(Section(title, anchor, parts))
    return page


def _about(record: dict[str, Any], pair: Pair, named: comparison.Sides, stem: str) -> About:
    kind, first, second, within = pair
    links = [{"file": f"{Path(stem).name}.html", "title": "Side by side", "current": True}]
    for (period, segment), name in zip(places_of(pair), (named.first, named.second), strict=True):
        one = max(stored.done(record, period, segment), key=lambda report: report["page"])
        links.append({"file": f"../{one['folder']}/{one['page']}.html", "title": f"{name}: {one['title']}", "current": False})
    day = datetime.fromisoformat(record["data"]["as_of"])
    facts = [("Company", record["company"]["name"]), *([("Customers", _start(_label("segment", within)))] if kind == "period" else [("Period", _start(_label("period", within)))])]
    return About(
        company=record["company"]["name"], period="" if kind == "period" or within == "all" else within, who=parse_segment(within).title if kind == "period" and within != "all" else "",
        facts=(*facts, ("Data end", day_words(day))), pages=tuple(links), index="../index.html",
        foot=(f"Customer Journey Workbook. The numbers of this page: {Path(stem).name}.csv beside it.", f"Data {record['data']['fingerprint']}, run {record['fingerprint']}."),
    )


def _start(words: str) -> str:
    return words[:1].upper() + words[1:]


def _near(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
