"""Attribution by the exact first-order absorbing Markov chain, beside first, last and linear touch.

A path goes from START over touchpoints to CONVERSION or NULL. Removing a touchpoint sends its
traffic to NULL; the removal effect is the share of conversions then lost, and credit is shared out in
proportion to it. The chain is solved, not simulated: with N = (I - Q)^-1, the chance to convert
without c is x(start) - P(ever at c) * x(c), where P(ever at c) = N(start, c) / N(c, c).
Sources: Anderl et al. (2016), International Journal of Research in Marketing 33, for the model;
Kemeny and Snell, Finite Markov Chains (1960), for the solution.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.infer import blocks
from helpers.infer.blocks import DRAWS, SEED
from helpers.infer.intervals import LEVEL

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
ARROW = " > "
FIGURES = {"markov": "markov", "credit_share": "credit", "removal_effect": "removal"}
"""The chain's figures a touchpoint, and what the columns of their intervals begin with (markov_low, credit_low, removal_low)."""


@dataclass(frozen=True)
class Chain:
    """A solved chain: base conversion, and by touchpoint the removal effect and the share of credit."""

    base: float
    observed: float
    table: pd.DataFrame


def transitions(paths: pd.DataFrame) -> pd.DataFrame:
    """Transition counts from paths.

    In: `path` (touchpoints joined by " > "), `conversions` and `nulls` (how often it ended so; either
    may be absent). Out: source, target, count, START, CONVERSION and NULL among them, sorted.

    >>> transitions(pd.DataFrame({"path": ["a > b"], "conversions": [2], "nulls": [1]})).values.tolist()
    [['(start)', 'a', 3.0], ['a', 'b', 3.0], ['b', '(conversion)', 2.0], ['b', '(null)', 1.0]]
    """
    steps = _steps(paths)
    won, lost = steps["conversions"], steps["nulls"]
    steps["count"] = np.select([steps["target"] == CONVERSION, steps["target"] == NULL], [won, lost], won + lost)
    counted = steps.groupby(["source", "target"], as_index=False, sort=True)["count"].sum()
    return counted[counted["count"] > 0].reset_index(drop=True)


def _steps(paths: pd.DataFrame) -> pd.DataFrame:
    """One row a step of each path: row (of paths), source, target, conversions, nulls."""
    if "path" not in paths.columns:
        raise ValueError(f"markov: the table needs a column 'path'; it has {', '.join(map(str, paths.columns))}")
    counts = pd.DataFrame({name: _ends(paths, name) for name in ("conversions", "nulls")})
    touches = paths["path"].reset_index(drop=True).str.split(ARROW)
    empty = touches.isna() | (touches.str.len() == 0)
    if empty.any():
        raise ValueError(f"markov: {int(empty.sum()):,} paths are empty; a path needs at least one touchpoint")
    length = touches.str.len().to_numpy()
    flat = np.array([touch for path in touches for touch in path], dtype=object)
    row = np.repeat(np.arange(len(touches)), length)
    last = np.cumsum(length) - 1
    source = np.insert(flat, np.cumsum(length) - length, START)
    rows = np.insert(row, np.cumsum(length) - length, np.arange(len(touches)))
    target = np.insert(flat, last + 1, CONVERSION)
    steps = pd.DataFrame({"row": rows, "source": source, "target": target})
    lost = steps[steps["target"] == CONVERSION].assign(target=NULL)
    return pd.concat([steps, lost], ignore_index=True).join(counts, on="row")


def _ends(paths: pd.DataFrame, name: str) -> np.ndarray:
    return paths[name].fillna(0).to_numpy(dtype=float) if name in paths.columns else np.zeros(len(paths))


def chain(counts: pd.DataFrame) -> Chain:
    """The exact chain of a table of transition counts (source, target, count), see `transitions`.

    Out: base (chance to convert from START), observed (conversions over all ends) and a table with
    touchpoint, removal_effect, credit_share (adds to 1), credit (credit_share x conversions).
    Raises ValueError where base and observed differ: the counts are then no set of whole paths.

    >>> paths = pd.DataFrame({"path": ["c1 > c2 > c3", "c1", "c2 > c3"], "conversions": [1, 0, 0], "nulls": [0, 1, 1]})
    >>> solved = chain(transitions(paths))
    >>> round(solved.base, 4), solved.table.removal_effect.round(4).tolist()
    (0.3333, [0.5, 1.0, 1.0])
    """
    names = sorted((set(counts["source"]) | set(counts["target"])) - {START, CONVERSION, NULL})
    matrix = _matrix(counts, names)
    base, removal = solve(matrix)
    observed, ends = gate(float(base[0]), matrix[0]), matrix[0, :, -2:].sum(axis=0)
    share = _shares(removal)[0]
    table = pd.DataFrame({"touchpoint": names, "removal_effect": removal[0], "credit_share": share})
    return Chain(float(base[0]), float(observed), table.assign(credit=share * ends[0]))


def _matrix(counts: pd.DataFrame, names: list, part: np.ndarray | None = None) -> np.ndarray:
    """Counts as (parts, START + touchpoints, touchpoints + CONVERSION + NULL); `part` the number of each row's part, one part when left out."""
    part = np.zeros(len(counts), dtype=int) if part is None else part
    source = pd.Index([START, *names]).get_indexer(counts["source"])
    target = pd.Index([*names, CONVERSION, NULL]).get_indexer(counts["target"])
    matrix = np.zeros((part.max(initial=0) + 1, len(names) + 1, len(names) + 2))
    np.add.at(matrix, (part, source, target), counts["count"].to_numpy(dtype=float))
    return matrix


def gate(base: float, matrix: np.ndarray) -> float:
    """The share of paths that convert, by their ends; ValueError where the chain's `base` is another. matrix: counts, the last two columns being the ends.

    >>> gate(0.25, np.array([[1.0, 3.0]]))
    0.25
    """
    ends = matrix[:, -2:].sum(axis=0)
    observed = float(ends[0] / ends.sum()) if ends.sum() > 0 else np.nan
    if np.isfinite(observed) and abs(base - observed) > 1e-6:
        raise ValueError(
            f"markov: absorption from the start is {base:.6f}, but {observed:.6f} of the paths convert; "
            "the transition counts are not those of whole paths (each must run from the start to an end)"
        )
    return observed


def solve(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Base conversion (draws,) and removal effects (draws, touchpoints) from matrices of counts, see `_matrix`."""
    size = matrix.shape[1]
    out = matrix.sum(axis=2, keepdims=True)
    p = np.divide(matrix, out, out=np.zeros_like(matrix), where=out > 0)
    inner = np.zeros((len(p), size, size))
    inner[:, :, 1:] = p[:, :, :-2]
    visits = np.linalg.inv(np.eye(size) - inner)
    convert = (visits @ p[:, :, -2:-1])[:, :, 0]
    ever = visits[:, 0, 1:] / np.diagonal(visits, axis1=1, axis2=2)[:, 1:]
    base = convert[:, 0]
    lost = np.divide(ever * convert[:, 1:], base[:, None], out=np.full(ever.shape, np.nan), where=base[:, None] > 0)
    return base, np.clip(lost, 0.0, 1.0)


def _shares(removal: np.ndarray) -> np.ndarray:
    whole = removal.sum(axis=1, keepdims=True)
    return np.divide(removal, whole, out=np.full_like(removal, np.nan), where=whole > 0)


def touch_credits(paths: pd.DataFrame) -> pd.DataFrame:
    """Conversions credited to the first touch, the last, and each touch alike: touchpoint, first, last, linear.

    >>> touch_credits(pd.DataFrame({"path": ["a > b > b"], "conversions": [3]})).values.tolist()
    [['a', 3.0, 0.0, 1.0], ['b', 0.0, 3.0, 2.0]]
    """
    steps = _steps(paths)
    steps = steps[steps["target"] != NULL]
    touches = steps[steps["target"] != CONVERSION]
    each = touches["conversions"] / touches.groupby("row")["target"].transform("size")
    credit = pd.DataFrame({
        "first": touches[touches["source"] == START].groupby("target")["conversions"].sum(),
        "last": steps[steps["target"] == CONVERSION].groupby("source")["conversions"].sum(),
        "linear": each.groupby(touches["target"]).sum(),
    }).fillna(0.0)
    return credit.rename_axis("touchpoint").sort_index().reset_index()


def attribute(
    paths: pd.DataFrame, *, draws: int = DRAWS, seed: int = SEED, level: float = LEVEL
) -> tuple[pd.DataFrame, Chain]:
    """First, last, linear and Markov credit side by side, with intervals for the Markov figures.

    In: `path`, `conversions`, `nulls`, and `customer_id` where rows are single customers' paths; the
    bootstrap then draws customers, else every counted path is taken for one customer's.
    Out: (table, chain). The table: touchpoint, first, last, linear, and FIGURES, each with _low and _high: markov
    (conversions credited), credit_share (its part of all credit) and removal_effect, largest removal effect first.
    """
    solved = chain(transitions(paths))
    names = solved.table["touchpoint"].tolist()
    table = _with_intervals(solved, _draw_paths(paths, names, draws, seed), level)
    touched = touch_credits(paths)
    ordered = [*touched.columns, *table.columns[1:]]
    return table.merge(touched, on="touchpoint", how="left", validate="one_to_one")[ordered], solved


def attribute_counts(
    counts: pd.DataFrame, *, draws: int = DRAWS, seed: int = SEED, level: float = LEVEL
) -> tuple[pd.DataFrame, Chain]:
    """Markov credit from transition counts alone, for logs too large to bring their paths.

    In: source, target, count and `bucket`: customers dealt into a hundred or more buckets (say by a
    hash of their id), which the bootstrap draws. Out: as `attribute`, without the touch credits.
    """
    solved = chain(counts.groupby(["source", "target"], as_index=False)["count"].sum())
    parts = _matrix(counts, solved.table["touchpoint"].tolist(), np.unique(counts["bucket"], return_inverse=True)[1])
    return _with_intervals(solved, [blocks.draw(parts, draws, seed=seed)[1:]], level), solved


def _with_intervals(solved: Chain, matrices: Iterable[np.ndarray], level: float) -> pd.DataFrame:
    drawn: dict[str, list] = {name: [] for name in FIGURES}
    for matrix in matrices:
        _, effects = solve(matrix)
        drawn["removal_effect"].append(effects)
        drawn["credit_share"].append(_shares(effects))
        # The number of conversions is drawn too; a share of them is not a count over what was seen.
        drawn["markov"].append(drawn["credit_share"][-1] * matrix[:, :, -2].sum(axis=1, keepdims=True))
    table = solved.table.rename(columns={"credit": "markov"})
    for name, stem in FIGURES.items():
        table[f"{stem}_low"], table[f"{stem}_high"] = blocks.percentiles(np.concatenate(drawn[name]), level)
    order = ["touchpoint", *(column for name, stem in FIGURES.items() for column in (name, f"{stem}_low", f"{stem}_high"))]
    return table[order].sort_values(["removal_effect", "touchpoint"], ascending=[False, True], ignore_index=True)


def _draw_paths(paths: pd.DataFrame, names: list, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Matrices of counts of `draws` resamples of customers, 25 at a time, which keeps memory small."""
    from scipy.sparse import csr_matrix

    steps = _steps(paths)
    width = len(names) + 2
    cell = pd.Index([START, *names]).get_indexer(steps["source"]) * width
    cell = cell + pd.Index([*names, CONVERSION, NULL]).get_indexer(steps["target"])
    shape, ways = (len(paths), (len(names) + 1) * width), []
    for other_end in (NULL, CONVERSION):
        own = (steps["target"] != other_end).to_numpy()
        ways.append(csr_matrix((np.ones(own.sum()), (steps["row"][own], cell[own])), shape=shape).T)
    rng = np.random.default_rng(seed)
    for part in np.array_split(np.arange(draws), max(draws // 25, 1)):
        won, lost = _weights(paths, len(part), rng)
        yield (ways[0] @ won.T + ways[1] @ lost.T).T.reshape(len(part), len(names) + 1, width)


def _weights(paths: pd.DataFrame, draws: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """Poisson bootstrap weights of each path's conversions and nulls: (draws, paths) each."""
    won, lost = _ends(paths, "conversions"), _ends(paths, "nulls")
    if "customer_id" in paths.columns:
        codes, people = pd.factorize(paths["customer_id"])
        times = rng.poisson(1.0, (draws, len(people)))[:, codes].astype(float)
        return times * won, times * lost
    shape = (draws, len(paths))
    return rng.poisson(won, shape).astype(float), rng.poisson(lost, shape).astype(float)
