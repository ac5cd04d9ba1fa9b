"""Can the findings be trusted? `python -m helpers.benchmarks.validity --seeds 101 ... --out helpers/benchmarks/validity.md`

Prints a table of every kind of claim the workbook makes, tried where the truth is known: intervals over 2,000 draws
(`coverage`, `validity_fits`), companies in which nothing is going on (`validity_null`), planted truths (`validity_recovery`)
and the sample company under other seeds and sizes (`validity_company`). The same arguments give the same table, byte for
byte; the seconds of each part are printed, and not stored, because they are the machine's.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.benchmarks import coverage, validity_company as made_up, validity_fits, validity_null as null, validity_recovery as recovery
from helpers.benchmarks.validity_rows import FALSE, VERDICTS, Row, covers, mean, rate, table

SEEDS = tuple(range(101, 121))
SIZES = (2_000, 8_000, 30_000)
MIDDLE = 8_000
"""Companies of this size are tried for all that is not a matter of size."""
SURE = 0.9
"""METHODS section 6: recall and precision of moments of truth."""


@dataclass(frozen=True)
class Plan:
    """How much is tried: draws of intervals, seeds and sizes of companies, processes."""

    draws: int = coverage.DRAWS
    seeds: tuple[int, ...] = SEEDS
    sizes: tuple[int, ...] = SIZES
    processes: int = 2

    @property
    def middle(self) -> int:
        """The size at which stories other than moments of truth are looked for."""
        return MIDDLE if MIDDLE in self.sizes else self.sizes[-1]

    def share(self, of_full: int) -> int:
        """So many draws of a part that is tried `of_full` times when 2,000 are asked for."""
        return max(round(of_full * self.draws / coverage.DRAWS), 5)


@dataclass(frozen=True)
class Job:
    """A piece of work for one process: `function(*arguments)`, under a name that says where its result goes."""

    name: str
    function: Callable[..., Any]
    arguments: tuple


def jobs(plan: Plan) -> list[Job]:
    """All pieces of work, the long ones first."""
    first, few = plan.seeds[0], plan.share
    companies = [Job("judged", made_up.judged, (seed, size)) for size in sorted(plan.sizes, reverse=True) for seed in plan.seeds]
    for name, function, size in (
        ("outcome", made_up.shuffled_outcome, plan.middle), ("segments", made_up.shuffled_segments, min(plan.sizes)), ("planted", made_up.planted, plan.middle), ("foretold", made_up.foretold, plan.middle),
    ):
        companies += [Job(name, function, (seed, size)) for seed in plan.seeds]
    cases = {**validity_fits.CASES, **coverage.CASES}
    draws = [Job("covers", _covers, (name, plan.draws, first)) for name in cases]
    rows = [
        Job("null", null.steady_months, (first, few(2000))), Job("null", null.unlinked, (first, few(1500))), Job("null", null.unlinked, (first, few(1500), 0.5)),
        Job("null", null.no_turn, (first, few(2000), 0.0)), Job("null", null.no_turn, (first, few(2000), 0.15)), Job("null", null.no_moment, (first, few(60))),
        Job("recovery", recovery.removal, (first, few(1000))), Job("recovery", recovery.turn, (first, few(1000), 1500)), Job("recovery", recovery.turn, (first, few(1000), 4500)),
        Job("recovery", recovery.link, (first, few(1000), 0.7)), Job("recovery", recovery.link, (first, few(1000), 1.5)), Job("recovery", recovery.value, (first, few(400))),
    ]
    return [*companies, *draws, *rows]


def _covers(name: str, draws: int, seed: int) -> Row:
    """The row of one kind of interval."""
    case = {**validity_fits.CASES, **coverage.CASES}[name]
    found, truth = case(np.random.default_rng([seed, zlib.crc32(name.encode())]), draws, coverage.CUSTOMERS)
    found = found[["low", "high"]].astype(float).dropna(how="all")
    return covers("Intervals", name, found["low"], found["high"], truth, whole=name in validity_fits.WHOLE)


def timed(job: Job) -> tuple[Any, float]:
    """A job's result and its seconds."""
    began = time.perf_counter()
    return job.function(*job.arguments), time.perf_counter() - began


def worked(work: Sequence[Job], processes: int) -> Iterator[tuple[Any, float]]:
    """What each job gives, and its seconds, in their order. Whoever stops it ends its processes with it."""
    if processes <= 1:
        yield from map(timed, work)
        return
    pool, before = ProcessPoolExecutor(processes, mp_context=get_context("spawn")), signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield from pool.map(timed, work)
    except BaseException:
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        signal.signal(signal.SIGTERM, before)


def run(plan: Plan) -> tuple[list[Row], dict[str, float]]:
    """The rows of the table in their order, and the seconds by kind of work. How far it is goes to the error stream."""
    work, began = jobs(plan), time.monotonic()
    found: dict[str, list] = {}
    seconds: dict[str, float] = {}
    for number, (job, (result, spent)) in enumerate(zip(work, worked(work, plan.processes), strict=True), 1):
        print(f"{number} of {len(work)} after {time.monotonic() - began:.0f} s: {job.name} {' '.join(map(str, job.arguments))}, {spent:.0f} s", file=sys.stderr, flush=True)
        found.setdefault(job.name, []).extend(result if isinstance(result, list) else [result])
        seconds[job.name] = seconds.get(job.name, 0.0) + spent
    return [*_covered(found["covers"]), *_nothing(found, plan), *_moments(pd.concat(found["judged"], ignore_index=True)), *_recovered(found, plan)], seconds


def _covered(rows: list[Row]) -> list[Row]:
    order = {name: place for place, name in enumerate([*coverage.CASES, *validity_fits.CASES])}
    return sorted(rows, key=lambda row: order[row.what])


def _nothing(found: dict[str, list], plan: Plan) -> list[Row]:
    """False discoveries."""
    named, short = np.array(found["outcome"]), np.array(found["segments"]).reshape(len(plan.seeds), -1, 4)
    companies = {"noun": "companies", "claim": "at most 1 of 20", "most": FALSE}
    dealt, dealings = np.full(len(short), short.shape[1]), {**companies, "noun": "companies, dealt out anew"}
    return [
        rate(null.PART, f"companies of {plan.middle:,} with any moment of truth, outcomes dealt out anew", named > 0, **companies),
        rate(null.PART, f"companies of {min(plan.sizes):,} with any segment that falls short, segments dealt out anew", (short[:, :, 0] > 0).sum(axis=1), of=dealt, **dealings),
        rate(null.PART, "… with any segment that differs, for better or worse", (short[:, :, 1] > 0).sum(axis=1), of=dealt, **dealings),
        rate(null.PART, "… comparisons of a segment with the others that have a p under .05", short[:, :, 2].sum(axis=1), of=short[:, :, 3].sum(axis=1), noun="companies", claim="4 to 6 %", least=0.04, most=0.06),
        *found["null"],
    ]


def _moments(judged: pd.DataFrame) -> list[Row]:
    """Moments of truth: recall and precision by size, recall by touchpoint, and what size of effect is found."""
    rows, part = [], "Moments of truth, confounded"
    for size, here in judged.groupby("customers"):
        true, named = here["kind"] == "moment", here["verdict"] == "moment_of_truth"
        by_seed = here.assign(true=true, named=named, both=true & named).groupby("seed")[["true", "named", "both"]].sum()
        some = by_seed[by_seed["named"] > 0]
        claimed = {"claim": "at least 90 %", "least": SURE} if size >= MIDDLE else {}
        rows.append(rate(part, f"recall, {size:,} customers", by_seed["both"], of=by_seed["true"].to_numpy(), noun="companies", **claimed))
        rows.append(rate(part, f"precision, {size:,} customers", some["both"], of=some["named"].to_numpy(), noun="companies", claim="at least 90 %", least=SURE))
        for touchpoint, mine in here[true].groupby("touchpoint"):
            what = f"… {touchpoint}, {-100 * mine['truth'].mean():.0f} points, rated on {mine['n'].median():,.0f} occasions: found, {size:,} customers"
            rows.append(rate(part, what, mine["verdict"] == "moment_of_truth", noun="companies"))
        rows.append(mean(part, f"… standard error of an effect, in points, {size:,} customers", 100 * here.loc[true, "error"], noun="estimates", form=".1f"))
    return rows


def _recovered(found: dict[str, list], plan: Plan) -> list[Row]:
    """Planted truths, in simulation and in the sample company."""
    table, part = pd.DataFrame(found["planted"]), recovery.PART
    held = table[table["found"] == 1]
    companies = {"noun": f"companies of {plan.middle:,}"}
    told = [
        rate(part, "sample company: turning point found", table["found"], claim="at least 90 %", least=SURE, **companies),
        mean(part, "… options too many (planted: 9)", held["point"] - 9, claim="within half an option", least=-0.5, most=0.5, form="+.2f", **companies),
        rate(part, "… its interval holds 9", (held["low"] <= 9) & (held["high"] >= 9), **companies),
        rate(part, "sample company: training before faster solutions found, with the right sign", table["supported"], **companies),
        rate(part, "… the lag of two months", table["lag"] == 2, claim="at least 90 %", least=SURE, **companies),
    ]
    return [*found["recovery"], *told, *_foretold(pd.DataFrame(found["foretold"]), companies)]


def _foretold(table: pd.DataFrame, companies: dict[str, str]) -> list[Row]:
    """Lifetime value of the sample company, whose customers do not buy as the models assume: shown only where its holdout check holds."""
    part, shown = recovery.PART, table[table["held"] == 1]
    return [
        rate(part, "sample company: page 3 shows a lifetime value (its holdout check holds)", table["held"], **companies),
        mean(part, "… where it does, spend in the days held out: how far off the model is", shown["money_model"], claim="at most 20 %", least=0, most=0.2, form=".1%", **companies),
        mean(part, "… and the guess that all go on as so far", shown["money_guess"], form=".1%", **companies),
        mean(part, "… where it is withheld: how far off the model was", table.loc[table["held"] == 0, "money_model"], form=".1%", **companies),
    ]


def page(rows: Sequence[Row], plan: Plan) -> str:
    """The table as Markdown, with how it was made."""
    frame = table(rows)
    lines = [
        "# Validity", "",
        f"Made by `python -m helpers.benchmarks.validity` with {plan.draws:,} draws, seeds {_spoken(plan.seeds)} and companies of "
        f"{', '.join(f'{n:,}' for n in plan.sizes)} customers. The same arguments give the same table.", "",
        *(f"- **{word}**: {said}." for word, said in VERDICTS.items()), "",
        f"{sum(r.verdict == 'holds' for r in rows)} claims hold, {sum(r.verdict == 'fails' for r in rows)} fail, "
        f"{sum(r.verdict == 'not settled' for r in rows)} are not settled.", "", power(rows), "",
    ]
    for part, mine in frame.groupby("Part", sort=False):
        columns = [c for c in frame.columns if c != "Part"]
        lines += [f"## {part}", "", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
        lines += [f"| {' | '.join(row)} |" for row in mine[columns].itertuples(index=False, name=None)]
        lines.append("")
    return "\n".join(lines)


def power(rows: Sequence[Row]) -> str:
    """One sentence on where power runs out, from the rows on moments of truth."""
    recall = [(r.what.removeprefix("recall, "), r.value) for r in rows if r.what.startswith("recall, ")]
    enough = [f"{size} ({value:.0%})" for size, value in recall if value >= SURE]
    short = [f"{size} ({value:.0%})" for size, value in recall if value < SURE]
    errors = [r.what.split(", ")[-1] + f" {r.value:.1f}" for r in rows if "standard error of an effect" in r.what]
    text = f"Where power runs out: nine of ten moments of truth of 14 to 18 points are named with {' and '.join(enough) or 'none of these sizes'}"
    text += f", not with {' and '.join(short)}" if short else ""
    return f"{text}. The standard error of an effect is, in points, {'; '.join(errors)}: an effect is named where it lies beyond the margin of 2 points by more than about 2.5 of these."


def _spoken(seeds: tuple[int, ...]) -> str:
    whole = len(seeds) > 2 and seeds == tuple(range(seeds[0], seeds[-1] + 1))
    return f"{seeds[0]} to {seeds[-1]}" if whole else ", ".join(map(str, seeds))


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, try everything, print and write the table; 1 where a claim fails."""
    parser = argparse.ArgumentParser(prog="python -m helpers.benchmarks.validity", description="Try the workbook's claims where the truth is known.")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="seeds of the made-up companies; the first also seeds the draws (default 101 to 120)")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="customers of the made-up companies (default 2000 8000 30000)")
    parser.add_argument("--draws", type=int, default=coverage.DRAWS, help="draws of each interval (default 2000)")
    parser.add_argument("--processes", type=int, default=2, help="processes at a time (default 2)")
    parser.add_argument("--out", type=Path, help="file to write the table to, in Markdown")
    chosen = parser.parse_args(arguments)
    os.environ["JOURNEY_KEPT"] = "off"  # a company is measured again with its segments dealt out anew
    plan = Plan(chosen.draws, tuple(chosen.seeds), tuple(sorted(chosen.sizes)), chosen.processes)
    rows, seconds = run(plan)
    with pd.option_context("display.width", 250, "display.max_colwidth", 110, "display.max_rows", 500):
        print(table(rows).to_string(index=False))
    print("CPU seconds: " + ", ".join(f"{name} {spent:.0f}" for name, spent in seconds.items()))
    if chosen.out:
        chosen.out.write_text(page(rows, plan), encoding="utf-8")
    return 1 if any(row.verdict == "fails" for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
