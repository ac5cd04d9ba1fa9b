"""How long inference takes on a large company: python -m helpers.benchmarks.infer_scale [--customers 1000000] [--touchpoints 40]

Writes a made-up company as Parquet (a search before the first purchase and for some another, one first purchase a customer, four in ten
touchpoints met and rated after it, six of them moments of truth, region and plan behind both ratings and return), reads it in, and runs
the heavy parts of `infer` and then every page, one after the other, each in a process of its own that starts from the tables read in.
Prints for each part: seconds, CPU seconds, the largest memory and the longest sections of a page, and at the end how much of the limits
(three minutes, 8 GB) the longest part takes. Figures of one machine are read as ratios.

Measured on two quiet cores, each page alone with nothing kept from another (1,000,000 customers, 20.3 million contacts, 16.4 million
ratings, 200,000 cases drawn; queries planned before): intent 40 s, touchpoints 149 s, adoption 43 s, moments of truth 114 s, journey, which
has the KPIs of all four, 210 s; at most 5.4 GiB. In one run, from the files to all seven reports, two at a time, what pages share is worked out
once: 389 s, 5.5 GiB each. A purchase that follows is found by a range within the customer: against sorting all rows
(same machine, company without searches) touchpoints 121 s instead of 131, journey 164 instead of 183.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import names

CUSTOMERS, TOUCHPOINTS, SEED = 1_000_000, 40, 4
VISITED = 0.41
HARM = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
"""Log-odds that a poor experience at each of the first touchpoints takes from the next purchase."""
CHUNK = 50_000
FIRST, SPREAD_DAYS, LAST_DAYS = pd.Timestamp("2024-01-01"), 365, 560
SEARCHED = np.array([f"search_{j}" for j in range(6)])
DEVICES = np.array(["phone", "desktop"])
VAIN = 0.4
"""The share of customers who search once more, at any time, and look at more."""
REGIONS, PLANS = np.array(["north", "south", "east", "west"]), np.array(["guest", "account", "club"])
LIMIT_SECONDS, LIMIT_BYTES = 180, 8 * 10**9


def generate(folder: Path, customers: int = CUSTOMERS, touchpoints: int = TOUCHPOINTS, seed: int = SEED) -> dict[str, int]:
    """Write the company's folder, tables as Parquet; rows by table. The same seed gives the same tables."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    places = [f"place_{j:02d}" for j in range(touchpoints)]
    _dictionaries(folder, places)
    counts: dict[str, int] = {}
    writers: dict[str, pq.ParquetWriter] = {}
    for start in range(0, customers, CHUNK):
        parts = _chunk(start, min(CHUNK, customers - start), np.array(places), np.random.default_rng([seed, start]))
        for name, columns in parts.items():
            table = pa.table(columns)
            if name not in writers:
                writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
            writers[name].write_table(table)
            counts[name] = counts.get(name, 0) + table.num_rows
    for writer in writers.values():
        writer.close()
    return counts


def _dictionaries(folder: Path, places: list[str]) -> None:
    """Settings, the touchpoints and one activity for every two of those after the purchase."""
    (folder / "journey.yml").write_text(f"name: Large company\nsegments: [region, plan]\nas_of: {(FIRST + pd.Timedelta(days=LAST_DAYS)).date()}\n")
    after = pd.DataFrame({"touchpoint": places, "stage": "post_purchase", "role": np.resize(["onboarding", "support", "usage", "engagement"], len(places)), "owner": "Service"})
    before = pd.DataFrame({"touchpoint": SEARCHED, "stage": "consideration", "role": np.resize(["research", "comparison", "evaluation"], len(SEARCHED)), "owner": "Shop"})
    pd.concat([before, after]).to_csv(folder / "touchpoints.csv", index=False)
    work = [f"work_{j // 2:02d}" for j in range(len(places))]
    kinds = pd.DataFrame({"activity": sorted(set(work)), "kind": "service", "cost": 1000.0})
    kinds.to_csv(folder / "activities.csv", index=False)
    pd.DataFrame({"activity": work, "touchpoint": places}).to_csv(folder / "activity_touchpoints.csv", index=False)


def _chunk(start: int, size: int, places: np.ndarray, rng: np.random.Generator) -> dict[str, dict]:
    """The tables of `size` customers, as columns for Arrow."""
    import pyarrow as pa

    region, plan = rng.integers(0, 4, size), rng.integers(0, 3, size)
    trait = 0.5 * (region == 0) - 0.4 * (region == 3) * (plan == 2) + 0.3 * (plan == 1)
    quality = rng.normal(size=size)
    met = rng.random((size, len(places))) < VISITED
    feel = -trait[:, None] - 0.5 * quality[:, None] + rng.normal(size=met.shape)
    score = np.digitize(feel, [-1.8, -0.8, 0.2, 1.2]) + 1.0
    harm = np.zeros(len(places))
    harm[: len(HARM)] = HARM[: len(places)]
    log_odds = 0.3 - trait - (met & (score <= 2)) @ harm
    again = rng.random(size) < 1 / (1 + np.exp(-log_odds))
    bought = rng.uniform(0, SPREAD_DAYS, size)
    who, place = np.nonzero(met)
    days = bought[who] + rng.uniform(0.1, 40, who.size)
    ids = pa.array([f"C{start + i:07d}" for i in range(size)])

    def named(rows: np.ndarray, words: pa.Array = ids) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(rows.astype(np.int32)), words).cast(pa.string())

    def at(when: np.ndarray) -> pa.Array:
        return pa.array(FIRST.to_datetime64().astype("datetime64[s]") + (when * 86_400).astype("timedelta64[s]"))

    buyers = np.concatenate([np.arange(size), np.flatnonzero(again)])
    when = np.concatenate([bought, bought[again] + rng.uniform(45, 89, int(again.sum()))])
    looker, looked = _looks(bought, rng)
    seen = named(rng.integers(0, len(SEARCHED), looker.size), pa.array(SEARCHED))
    device = pa.array(DEVICES[rng.integers(0, len(DEVICES), looker.size)])
    touched = named(place, pa.array(places))
    return {
        "customers": {"customer_id": ids, "acquired_at": at(np.maximum(bought - rng.uniform(0, 30, size), 0)), "region": pa.array(REGIONS[region]), "plan": pa.array(PLANS[plan])},
        "interactions": {
            "customer_id": pa.concat_arrays([named(looker), named(who)]), "at": pa.concat_arrays([at(looked), at(days)]),
            "touchpoint": pa.concat_arrays([seen, touched]), "device": pa.concat_arrays([device, pa.nulls(who.size, pa.string())]),
        },
        "orders": {
            "order_id": pa.array([f"O{start}-{i}" for i in range(len(buyers))]), "customer_id": named(buyers), "at": at(when),
            "revenue": pa.array(np.round(rng.gamma(2, 20, len(buyers)), 2)),
        },
        "surveys": {
            "customer_id": named(who), "at": at(days + 0.2), "instrument": pa.array(np.full(who.size, "csat")), "score": pa.array(score[who, place]), "touchpoint": touched,
        },
    }


def _looks(bought: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Who looks at what is on offer, and when: every customer in the twenty days before the first purchase, some once more at any time, and longer."""
    size = len(bought)
    vain = np.flatnonzero(rng.random(size) < VAIN)
    options = np.concatenate([1 + rng.poisson(1.5, size), 1 + rng.poisson(2.5, vain.size)])
    began = np.concatenate([bought - rng.uniform(0, 20, size), rng.uniform(0, LAST_DAYS - 20, vain.size)])
    length = np.concatenate([bought - began[:size], rng.uniform(0, 20, vain.size)])
    rows = np.repeat(np.arange(len(options)), options)
    at = began[rows] + rng.random(rows.size) * length[rows]
    return np.concatenate([np.arange(size), vain])[rows], np.maximum(at, 0)


def read_in(journey) -> int:
    """Nothing but opening the journey: the tables are read in and checked where they were not yet."""
    return len(journey.prepared.tables)


def tables(journey) -> int:
    """The occasions with their ratings, outcome and covariates, as inference takes them."""
    from helpers.measure.moments_of_truth import analysis, performance

    return len(analysis(journey)) + len(performance(journey))


def moments(journey) -> int:
    """Importance, penalty and reward, effects, halves, removal and the verdicts, from the tables on."""
    from helpers.infer.moments import moments as found

    return len(found(journey).table)


def chain(journey) -> int:
    """The exact Markov chain from a purchase to the next one with its bootstrap."""
    from helpers.infer.moments import removal

    return len(removal(journey))


def _page(name: str) -> Callable:
    """Every section of a page, one after the other, and the seconds of each; what several need is worked out in the first of them."""

    def whole(journey) -> dict[str, float]:
        from helpers.infer.section import sections

        seconds = {}
        for section, one in sections(name).items():
            started = time.perf_counter()
            one.function(journey)
            seconds[section] = time.perf_counter() - started
        return seconds

    return whole


PARTS: dict[str, Callable] = {one.__name__: one for one in (read_in, tables, moments, chain)} | {name: _page(name) for name in names.PAGES}


def run(folder: str, part: str) -> dict:
    """One part in this process: seconds, CPU seconds and the largest memory, opening the journey apart."""
    from helpers.journey import open_journey

    started, cpu = time.perf_counter(), time.process_time()
    journey = open_journey(folder)
    opened = time.perf_counter() - started
    if part != "read_in":
        started, cpu = time.perf_counter(), time.process_time()
    gave = PARTS[part](journey)
    return {
        "part": part, "seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu, "opened": opened,
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "sections": gave if part in names.PAGES else {},
    }


def measure(folder: Path, parts: list[str]) -> pd.DataFrame:
    """Each part in a process of its own: part, seconds, cpu, bytes."""
    rows = []
    for part in parts:
        command = [sys.executable, "-m", "helpers.benchmarks.infer_scale", "--folder", str(folder), "--one", part]
        environment = {**os.environ, "JOURNEY_CACHE": str(folder.parent / "cache"), "JOURNEY_KEPT": "off", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        one = rows[-1]
        longest = sorted(one["sections"].items(), key=lambda item: -item[1])[:5]
        told = "".join(f"  {name} {seconds:.0f}" for name, seconds in longest)
        print(f"{part:18} {one['seconds']:7.1f} s  CPU {one['cpu']:7.1f} s  {one['bytes'] / 2**30:5.2f} GiB{told}", flush=True)
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--touchpoints", type=int, default=TOUCHPOINTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where the company lies; made where it is not there, and kept")
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--one", choices=list(PARTS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run(str(options.folder), options.one)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary) / "large"
        if not (folder / "journey.yml").exists():
            started = time.perf_counter()
            counts = generate(folder, options.customers, options.touchpoints, options.seed)
            print(f"made in {time.perf_counter() - started:.0f} s: " + ", ".join(f"{n:,} {name}" for name, n in counts.items()), flush=True)
        found = measure(folder, options.parts).drop_duplicates("part", keep="last").set_index("part")
    print(f"limits: {found['seconds'].max() / LIMIT_SECONDS:.2f} of {LIMIT_SECONDS} s, {found['bytes'].max() / LIMIT_BYTES:.2f} of {LIMIT_BYTES / 1e9:.0f} GB")


if __name__ == "__main__":
    main()
