"""`journey export`: what was rendered as one Excel workbook and as tidy, typed Parquet files for BI tools.

It reads the files of rendered reports, so whatever they hide stays hidden. Each table has `report_period` and `report_segment` first, so that
exports of several reports are one table.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import names
from helpers.load import write_whole
from helpers.measure import all_kpis
from helpers.render import bundles, manifest, places, stored
from helpers.render.workbook import Sheet, workbook
from helpers.report.explain import STATISTIC

FOLDER = "export"
LEAD = ("report_period", "report_segment")
FINDING = ("level", "headline", "observed", "sure", "how_sure", "otherwise", "next_step", "owner")
Chosen = list[tuple[str, str]]  # period and segment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `journey export`."""
    parser.add_argument("folder", help="the company's folder, e.g. data/sample, or its rendered folder")
    parser.add_argument("--period", nargs="+", action="extend", metavar="PERIOD", help="rendered periods (default: all, or the only one)")
    parser.add_argument("--segment", nargs="+", action="extend", metavar="SEGMENT", help="rendered segments (default: all, or the only one)")
    parser.add_argument("--every", action="store_true", help="every period and segment that was rendered")
    parser.add_argument("--reports", metavar="DIR", help="where the company's reports are (default: reports)")
    parser.add_argument("--out", metavar="DIR", help="where the files go (default: the folder export beside the reports)")


def run(options: argparse.Namespace) -> int:
    """Write the files; exit code 0, or 2 where what was asked for is not there."""
    try:
        company = stored.find_company(options.folder, options.reports)
        record = manifest.read(company)
        chosen = choose(record, options.period, options.segment, options.every)
        out = Path(options.out).resolve() if options.out else company / FOLDER / _place(record, chosen)
        written = export(company, record, chosen, out)
    except (ValueError, OSError) as error:
        print(f"journey export: {error}", file=sys.stderr)
        return 2
    shown = written[0].relative_to(Path.cwd()) if written[0].is_relative_to(Path.cwd()) else written[0]
    print(f"Wrote {shown} and {len(written) - 1:,} Parquet files beside it.")
    return 0


def choose(record: dict[str, Any], periods: list[str] | None, segments: list[str] | None, every: bool) -> Chosen:
    """The reports to export, all of the last run's data, settings and code. Raises StoredError where one is not there."""
    there = list(dict.fromkeys((one["period"], one["segment"]) for one in record["reports"] if one["status"] == "done" and one["fingerprint"] == record["fingerprint"]))
    if every:
        chosen = [one for one in there if one[0] in (periods or [one[0]]) and one[1] in (segments or [one[1]])]
    else:
        wanted = [asked or _usual([one[place] for one in there]) for place, asked in enumerate((periods, segments))]
        chosen = [(period, segment) for period in dict.fromkeys(wanted[0]) for segment in dict.fromkeys(wanted[1])]
    for one in chosen:
        stored.need(record, *one)
    if not chosen:
        raise stored.StoredError("no report that was asked for is there; type journey render first")
    return chosen


def _usual(labels: list[str]) -> list[str]:
    """`all` where it was rendered, else the only one there is; where there are several, `all`, which is then refused by name."""
    only = list(dict.fromkeys(labels))
    return only if len(only) == 1 else ["all"]


def export(company: Path, record: dict[str, Any], chosen: Chosen, out: Path) -> list[Path]:
    """Write the workbook and the Parquet files; gives their paths, the workbook first."""
    sheets = tables(company, record, chosen)
    stamp = datetime.fromisoformat(record["data"]["as_of"])
    shown = [Sheet(one.name, one.title, _short(one.frame, len(chosen) == 1)) for one in _for_readers(sheets)]
    parquet = {f"{one.name}.parquet": to_parquet(one.frame, record) for one in sheets}
    paths = [out / f"{company.name}.xlsx", *(places.inside(out, name) for name in parquet)]
    write_whole(paths[0], workbook(shown, _about(record, chosen), stamp))
    for path, content in zip(paths[1:], parquet.values(), strict=True):
        write_whole(path, content)
    return paths


def tables(company: Path, record: dict[str, Any], chosen: Chosen) -> list[Sheet]:
    """Every table of the chosen reports: kpis, moments, findings, definitions, then those of the pages as `tables/<name>`."""
    kpis, moments = (_shared(company, record, chosen, kind) for kind in ("kpis", "moments"))
    first = [
        Sheet("kpis", "Every KPI: one row a month, and one for the whole period", kpis), Sheet("moments", "Every touchpoint: is it a moment of truth?", moments),
        Sheet("findings", "What was found, how sure, what to do next and who", _findings(company, record, chosen)),
        Sheet("definitions", "What each KPI is", definitions(kpis)),
    ]
    titles: dict[str, str] = {}
    parts: dict[str, list] = {}
    for period, segment in chosen:
        for one in stored.done(record, period, segment):
            told = _titles(company, one)
            for name in sorted(name for name in one["files"] if name.startswith("figures/") and name.endswith(".csv")):
                stem = Path(name).stem
                titles.setdefault(stem, f"{one['title']}: {told.get(stem, stem)}")
                parts.setdefault(stem, []).append((dict(zip(LEAD, (period, segment), strict=True)), places.inside(company, one["folder"], name)))
    return first + [Sheet(f"tables/{stem}", titles[stem], stored.typed(files)) for stem, files in sorted(parts.items())]


def _shared(company: Path, record: dict[str, Any], chosen: Chosen, kind: str) -> pd.DataFrame:
    """kpis.csv or moments.csv of every chosen report."""
    parts = []
    for period, segment in chosen:
        place = stored.need(record, period, segment)[0]["folder"]
        parts.append((dict(zip(LEAD, (period, segment), strict=True)), places.inside(company, place, f"{kind}.csv")))
    return stored.typed(parts, kind)


def _findings(company: Path, record: dict[str, Any], chosen: Chosen) -> pd.DataFrame:
    rows = [
        {"report_period": period, "report_segment": segment, "page": one["page"], **{name: str(found.get(name) or "") for name in FINDING}}
        for period, segment in chosen for one in stored.done(record, period, segment)
        for payload in _payloads(company, one, "findings") for found in payload["findings"]
    ]
    return pd.DataFrame(rows, columns=[*LEAD, "page", *FINDING], dtype="str")


def _titles(company: Path, one: dict[str, Any]) -> dict[str, str]:
    """The titles of a page's figures and tables by the stem of their files: a second one with the same stem has -2."""
    titles: dict[str, str] = {}
    for payload in _payloads(company, one):
        if payload["kind"] in ("figure", "table"):
            stem, number = places.stem(one["page"], payload["stem"]), 1
            free = stem
            while free in titles:
                number += 1
                free = f"{stem}-{number}"
            titles[free] = payload.get("title", "") or stem
    return titles


def _payloads(company: Path, one: dict[str, Any], kind: str | None = None) -> list[dict]:
    path = places.inside(company, one["folder"], f"{one['page']}.ipynb")
    return list(bundles.payloads(json.loads(path.read_text(encoding="utf-8")), kind)) if path.is_file() else []


def definitions(kpis: pd.DataFrame) -> pd.DataFrame:
    """One row a KPI that was reported: its words, formula and unit."""
    shown = ("kpi", "label", "phase", "perspective", "kind", "unit", "better", "definition", "base")
    kept = kpis.drop_duplicates("kpi")[list(shown)].reset_index(drop=True)
    known = all_kpis()
    for name, words in {"numerator": lambda one: one.numerator, "denominator": lambda one: one.denominator, "formula": lambda one: STATISTIC[one.statistic]}.items():
        kept[name] = pd.Series([words(known[id]) if id in known else "" for id in kept["kpi"]], dtype="str")
    return kept


def _for_readers(sheets: list[Sheet]) -> list[Sheet]:
    """The workbook's sheets: the KPIs' periods and months apart, the pages' tables under their own names."""
    found = []
    for one in sheets:
        if one.name == "kpis":
            whole = one.frame["grain"] == "period"
            found += [Sheet("KPIs", "Every KPI for the whole period", one.frame[whole]), Sheet("KPI months", "Every KPI month by month", one.frame[~whole])]
        else:
            page, _, stem = one.name.removeprefix("tables/").partition("-")
            found.append(Sheet(f"{page[:1]} {stem}" if stem else one.name.capitalize(), one.title, one.frame))
    return found


def _short(frame: pd.DataFrame, one: bool) -> pd.DataFrame:
    """A frame without the columns that say the same in every row of a workbook of one report."""
    return frame.drop(columns=[name for name in LEAD if one and name in frame.columns])


def _about(record: dict[str, Any], chosen: Chosen) -> list[tuple[str, str]]:
    data = record["data"]
    periods, segments = (list(dict.fromkeys(one[place] for one in chosen)) for place in (0, 1))
    statuses = {"on_target": "the whole interval is at or past the target", "below_target": "the whole interval is short of it", "red_flag": "the whole interval is past the red flag",
                "not_yet_known": "the interval holds the target", "no_information": "no table, too few cases or no target"}
    return [
        ("Company", record["company"]["name"]), ("Period", ", ".join(periods)), ("Segment", ", ".join(segments)), ("Data end", data["as_of"][:10]),
        ("Fewest people shown", f"{data['min_cell']}: what rests on fewer, and what would give it away, is empty"),
        ("Units", f"shares are fractions shown as percentages; currency is {data.get('currency') or 'the company’s own'}; intervals (low, high) are 95%"),
        ("Statuses", "; ".join(f"{names.STATUSES[word]}: {what}" for word, what in statuses.items())),
        ("Data fingerprint", data["fingerprint"]), ("Run fingerprint", record["fingerprint"]), ("Made by", f"Customer Journey Workbook {record['versions'].get('customer-journey-workbook', '')}".strip()),
    ]


def to_parquet(frame: pd.DataFrame, record: dict[str, Any]) -> bytes:
    """A table as a Parquet file with types; company and day of the data in its metadata, and no time of writing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    told = {"company": record["company"]["name"], "as_of": record["data"]["as_of"], "data_fingerprint": record["data"]["fingerprint"]}
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(told)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _place(record: dict[str, Any], chosen: Chosen) -> str:
    """The folder of an export: that of its report, or `several`."""
    return stored.need(record, *chosen[0])[0]["folder"] if len(chosen) == 1 else "several"
