"""How right the sentiment of texts is, against sentences that twenty people or more rated by hand, -4 to +4.

`python -m helpers.benchmarks.sentiment ARCHIVE [--seed 7] [--write]`, where ARCHIVE is the source distribution of vaderSentiment 3.3.2, which ships the four
rated texts of Hutto and Gilbert (2014) and which pip fetches by `pip download --no-deps --no-binary :all: vaderSentiment==3.3.2`. The
texts themselves (tweets, reviews, editorials of others) are not part of this project; `--write` keeps the figures, which the pages print.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import tarfile
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.infer import sentiment

KINDS = {"amazonReviewSnippets": "product reviews", "tweets": "tweets", "movieReviewSnippets": "film reviews", "nytEditorialSnippets": "newspaper editorials"}
INNER = "hutto_ICWSM_2014.tar.gz"
CLEAR = 0.5
"""A text whose mean rating is further from 0 than this is clearly good or bad."""
DRAWS = 1000


def rated(archive: Path) -> dict[str, pd.DataFrame]:
    """The rated texts in the archive, kind -> document, rating (-4 to +4), text. Sentences of one review or article share a document."""
    with tarfile.open(archive) as outer:
        inner = next(member for member in outer.getmembers() if member.name.endswith(INNER))
        with tarfile.open(fileobj=io.BytesIO(outer.extractfile(inner).read())) as tar:
            found = {}
            for name, kind in KINDS.items():
                lines = tar.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt").read().decode("utf-8", errors="replace").splitlines()
                rows = [line.split("\t", 2) for line in lines if line.count("\t") >= 2]
                found[kind] = pd.DataFrame([(id.split("_")[0], float(rating), text) for id, rating, text in rows], columns=["document", "rating", "text"])
    return found


def measured(texts: pd.DataFrame, seed: int = 7, draws: int = DRAWS) -> dict:
    """Accuracy on rated texts (document, rating, text): n, documents, correlation, right (of the clear ones on which it takes a side), silent, each with its
    95 % interval by drawing documents anew."""
    table = texts.assign(sentiment=sentiment.score(texts["text"])["sentiment"].to_numpy())
    rng, codes = np.random.default_rng(seed), pd.factorize(table["document"])[0]
    rating, felt = table["rating"].to_numpy(), table["sentiment"].to_numpy()
    found = [_figures(rating, felt, np.bincount(rng.integers(0, codes.max() + 1, codes.max() + 1), minlength=codes.max() + 1)[codes]) for _ in range(draws)]
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    told = {"n": len(table), "documents": int(codes.max() + 1)}
    for i, name in enumerate(("correlation", "right", "silent")):
        value = _figures(rating, felt, np.ones(len(table)))[i]
        told |= {name: round(float(value), 4), f"{name}_low": round(float(low[i]), 4), f"{name}_high": round(float(high[i]), 4)}
    return told


def _figures(rating: np.ndarray, felt: np.ndarray, weight: np.ndarray) -> tuple[float, float, float]:
    spread = np.cov(rating, felt, aweights=weight)
    silent = np.abs(felt) < sentiment.SILENT
    clear = weight * ((np.abs(rating) > CLEAR) & ~silent)
    right = (clear * (np.sign(felt) == np.sign(rating))).sum() / max(clear.sum(), 1)
    return spread[0, 1] / np.sqrt(spread[0, 0] * spread[1, 1]), right, (weight * silent).sum() / weight.sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="keep the figures for the pages")
    asked = parser.parse_args()
    told = [{"kind": kind, **measured(texts, asked.seed)} for kind, texts in rated(asked.archive).items()]
    print(pd.DataFrame(told).to_string(index=False))
    if asked.write:
        lexicon = hashlib.sha256(files("vaderSentiment").joinpath("vader_lexicon.txt").read_bytes()).hexdigest()[:16]
        kept = {"seed": asked.seed, "nltk": version("nltk"), "lexicon": lexicon, "texts": told}
        sentiment.ACCURACY.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
