"""What feeling is read from, source by source, each on -2 to +2 with its band and n. The sources mean different things and are never averaged.

- asked: the ratings, each answer at its place on its own scale.
- comments: the mean sentiment of what people wrote beside their answers, doubled; +2 would be a text of nothing but praise. Who writes is not who answers.
- said in public: the mean sentiment of mentions, doubled; the company's own reading where it has one. They belong to no touchpoint and stand at advocacy.
- friction: +1 where nothing was hard, -1 where everything was (see `measure.friction`). That it was not hard does not yet delight: friction never reaches 2.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import intervals, sentiment
from helpers.infer.blocks import SEED
from helpers.journey import Journey
from helpers.measure import friction as frictions
from helpers.measure import inventory, voices

ASKED, COMMENTS, SAID, DONE = "asked", "comments", "said in public", "friction"
SOURCES = (ASKED, COMMENTS, SAID, DONE)
COLUMNS = ["source", "value", "low", "high", "n"]
SUMS = ("clusters", "s", "w", "ss", "sw", "ww")
PUBLIC = "advocacy"
DRAWS = 500


def feelings(journey: Journey, key: str) -> pd.DataFrame:
    """One row a touchpoint or stage (`key`) and source: the key and COLUMNS, value from -2 to +2; missing under min_n cases or min_cell people, and so is n
    under min_cell. Only sources that have a case there."""
    return journey.once(f"feelings by {key}", lambda: _feelings(journey, key)).copy()


def _feelings(journey: Journey, key: str) -> pd.DataFrame:
    parts = [pd.DataFrame(columns=[key, *COLUMNS])]
    if journey.has("surveys", "touchpoint"):
        parts.append(_banded(journey, inventory.rated(journey, key), key, ASKED, (0.0, 1.0), lambda v: 4 * v - 2))
    if len(written := comments(journey).dropna(subset=[key])):
        parts.append(_banded(journey, six(written, key), key, COMMENTS, (-1.0, 1.0), lambda v: 2 * v))
    if key == "stage" and PUBLIC in journey.stages and len(said := mentions(journey)):
        parts.append(_banded(journey, six(said.assign(stage=PUBLIC), key), key, SAID, (-1.0, 1.0), lambda v: 2 * v))
    hard = frictions.friction(journey, key)
    parts.append(_banded(journey, hard[hard["kind"] == frictions.ALL], key, DONE, None, lambda v: 1 - 2 * v))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return table.dropna(subset=[key])


def _banded(journey: Journey, sums: pd.DataFrame, key: str, source: str, bounds, place) -> pd.DataFrame:
    sums = sums.reset_index(drop=True)
    found = intervals.share(*[sums[c] for c in SUMS]) if bounds is None else intervals.from_sums(*[sums[c] for c in SUMS], bounds=bounds)
    known = (sums["people"] >= journey.min_cell) & (sums["n"] >= journey.min_n)
    ends = pd.concat([place(found["low"]), place(found["high"])], axis=1)
    table = sums[[key]].assign(source=source, value=place(found["value"]).where(known), low=ends.min(axis=1).where(known), high=ends.max(axis=1).where(known))
    return table.assign(n=sums["n"].where(sums["people"] >= journey.min_cell))


def six(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """The six sums of `sentiment` over `cluster` by `key`, as `measure.registry.six_sums` gives them.

    >>> six(pd.DataFrame({"place": ["a", "a"], "cluster": ["x", "x"], "sentiment": [0.5, -0.1]}), "place").round(2).values.tolist()
    [['a', 1.0, 1.0, 2.0, 0.4, 2.0, 0.16, 0.8, 4.0]]
    """
    each = rows.groupby([key, "cluster"], as_index=False).agg(s=("sentiment", "sum"), w=("sentiment", "size")).astype({"w": float})
    each = each.assign(ss=each["s"] ** 2, sw=each["s"] * each["w"], ww=each["w"] ** 2)
    table = each.groupby(key, as_index=False)[["s", "w", "ss", "sw", "ww"]].sum()
    many = each.groupby(key).size().to_numpy().astype(float)
    return table.assign(clusters=many, people=many, n=table["w"])[[key, "clusters", "people", "n", *SUMS[1:]]]


def comments(journey: Journey) -> pd.DataFrame:
    """The period's comments (see `voices.comments`) with sentiment; none where they are not in English, see `language`."""
    return journey.once("comments read", lambda: _read(journey, voices.comments(journey)))


def mentions(journey: Journey) -> pd.DataFrame:
    """The period's mentions with a sentiment: the company's own, else read from the text where the texts are in English."""
    return journey.once("mentions read", lambda: _read(journey, voices.mentions(journey)))


def _read(journey: Journey, rows: pd.DataFrame) -> pd.DataFrame:
    own = rows["sentiment"] if "sentiment" in rows else pd.Series(np.nan, rows.index)
    open_ = rows[own.isna()]
    told = {"rows": rows.attrs.get("rows", 0), "sampled": rows.attrs.get("sampled", False), "own": int(own.notna().sum()), "texts": len(open_), "english": True, "foreign": 0}
    if len(open_):
        scored = sentiment.of(journey, open_["text"])
        told["english"] = sentiment.is_english(scored)
        aside = sentiment.foreign(scored)
        told["foreign"] = int(aside.sum())
        own = own.fillna(scored["sentiment"].where(~aside)) if told["english"] else own
    table = rows.assign(sentiment=own.astype(float)).dropna(subset=["sentiment"])
    table.attrs.update(told)
    return table


def agreement(journey: Journey) -> dict[str, float]:
    """How comments agree with the rating beside them, in these data: correlation with low and high (customers drawn anew), n; empty where too few."""
    rows = comments(journey).dropna(subset=["quality"])
    codes = pd.factorize(rows["cluster"])[0]
    if len(rows) < journey.min_n or rows["quality"].nunique() < 2 or rows["sentiment"].nunique() < 2 or codes.max() + 1 < journey.min_cell:
        return {}
    a, b, many = rows["sentiment"].to_numpy(), rows["quality"].to_numpy(), codes.max() + 1
    rng = np.random.default_rng(SEED)
    drawn = [_correlation(a, b, np.bincount(rng.integers(0, many, many), minlength=many)[codes]) for _ in range(DRAWS)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return {"correlation": _correlation(a, b, np.ones(len(a))), "low": float(low), "high": float(high), "n": len(rows)}


def _correlation(a: np.ndarray, b: np.ndarray, weight: np.ndarray) -> float:
    whole = weight.sum()
    a, b = a - (weight * a).sum() / whole, b - (weight * b).sum() / whole
    scale = np.sqrt((weight * a * a).sum() * (weight * b * b).sum())
    return float((weight * a * b).sum() / scale) if scale > 0 else np.nan


def components(journey: Journey, key: str) -> pd.DataFrame:
    """What friction is made of: the key, kind (of `measure.friction.KINDS`), share with low and high, n; hidden as in `feelings`."""
    hard = frictions.friction(journey, key)
    hard = hard[hard["kind"] != frictions.ALL].reset_index(drop=True)
    found = intervals.share(*[hard[c] for c in SUMS])
    known = (hard["people"] >= journey.min_cell) & (hard["n"] >= journey.min_n)
    return hard[[key, "kind"]].assign(share=found["value"].where(known), low=found["low"].where(known), high=found["high"].where(known), n=hard["n"].where(hard["people"] >= journey.min_cell))
