"""How texts feel, from -1 (very bad) to +1 (very good), by a lexicon and rules; and whether they are in the lexicon's language.

The rules are VADER's (Hutto and Gilbert 2014) as NLTK keeps them up, with the lexicon that vaderSentiment ships: English words that ten people rated, with
negation, emphasis, "but" and emoticons. Nothing is downloaded. How right it is was measured against texts that people rated by hand
(`helpers.benchmarks.sentiment`); the result lies beside this file and is printed wherever the sentiment is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.journey import Journey

ACCURACY = Path(__file__).with_name("sentiment_accuracy.json")
SILENT = 0.05
"""Under this, either way, a text takes no side (the bound its authors give)."""
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
JUDGED, LONG = 4, 6
ENGLISH, FOREIGN = 0.35, 0.2
"""Comments are English where the median share of known words is 0.35 or more; in such, a text of 6 words with under 0.2 is set aside. Sentences that people
wrote in English have a median of .54 to .64; in the other languages tried it was 0 to .2."""
COMMON = frozenset(
    "a about after again all also always am an and any are as at away back be because been before being both but by came can come could day did do does done down each "
    "even ever every few first for found from gave get give go good got had has have he her here him his how i if in into is it its just know last least less like "
    "little long made make many may me more most much must my need never new next no nobody none nor not nothing now of off on once one only or other our out over own people "
    "put said same say see she should since so some something still such take than that the their them then there these they thing this those though time to too took "
    "two under until up us use used very want was way we well went were what when where which while who why will with without work would yes yet you your "
    "i'm i've i'd it's don't didn't doesn't can't couldn't wasn't weren't isn't won't wouldn't that's they're we've you're".split()
)
"""Common English words, to tell the language by and to leave out of lists of telling terms."""


def words(text: str) -> list[str]:
    """The words of a text in small letters.

    >>> words("Didn't work: 3 tries!")
    ["didn't", 'work', 'tries']
    """
    return [word.replace("’", "'") for word in WORD.findall(text.lower())]


@cache
def lexicon() -> dict[str, float]:
    """The words and emoticons of vaderSentiment's lexicon with their mean rating, -4 to +4."""
    lines = files("vaderSentiment").joinpath("vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    return {word: float(rating) for word, rating, *_ in (line.split("\t") for line in lines if line.strip())}


@cache
def _reader():
    from nltk.sentiment import vader

    class Reader(vader.SentimentIntensityAnalyzer):
        """NLTK's rules on the lexicon of a package, which NLTK itself would want downloaded."""

        def __init__(self) -> None:
            self.lexicon, self.constants = lexicon(), vader.VaderConstants()

    return Reader()


def score(texts: Iterable[str]) -> pd.DataFrame:
    """One row a text: sentiment (-1 to +1), known (share of its words that are common English or in the lexicon), words (how many).

    >>> score(["The driver was very friendly", "The driver was not friendly", "Le colis est en retard"]).round(2).values.tolist()
    [[0.54, 0.8, 5.0], [-0.39, 0.8, 5.0], [-0.53, 0.2, 5.0]]
    """
    read, known = _reader().polarity_scores, COMMON | lexicon().keys()
    rows = []
    for text in texts:
        own = words(text)
        rows.append((read(text)["compound"], sum(word in known for word in own) / len(own) if own else np.nan, float(len(own))))
    return pd.DataFrame(rows, columns=["sentiment", "known", "words"], dtype=float)


def is_english(scored: pd.DataFrame) -> bool:
    """Whether texts (see `score`) are, on the whole, in the lexicon's language; those of under four words do not count.

    >>> is_english(score(["Die Lieferung kam vier Tage zu spät", "Alles hat sofort funktioniert"]))
    False
    """
    judged = scored[scored["words"] >= JUDGED]
    return bool(len(judged) and judged["known"].median() >= ENGLISH)


def foreign(scored: pd.DataFrame) -> pd.Series:
    """Which texts are set aside where the rest is English: six words or more, hardly one of them known; and texts without a word."""
    return scored["known"].isna() | ((scored["words"] >= LONG) & (scored["known"] < FOREIGN))


def of(journey: Journey, texts: pd.Series) -> pd.DataFrame:
    """`score` of each text, on the texts' own index; each distinct text is read once, and kept beside the company's prepared tables."""
    distinct = pd.Index(texts.dropna().unique())
    keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in distinct]
    path = journey.prepared.path / f"sentiment_{_version()}.kept"
    kept = _kept(path)
    new = [i for i, key in enumerate(keys) if key not in kept.index]
    if new:
        found = score(distinct[new]).set_axis(pd.Index([keys[i] for i in new], name="key"))
        kept = pd.concat([kept, found])
        _keep(path, kept)
    return kept.reindex(texts.map(dict(zip(distinct, keys, strict=True)))).set_axis(texts.index)


def _kept(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError):
        return pd.DataFrame({"sentiment": [], "known": [], "words": []}, index=pd.Index([], name="key", dtype="str"), dtype=float)


def _keep(path: Path, table: pd.DataFrame) -> None:
    """Write at one stroke; where the folder takes no file, the texts are read again next time."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        table.to_parquet(draft)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)


@cache
def _version() -> str:
    """What a kept score rests on: the rules' version, the lexicon, this file."""
    from importlib.metadata import version

    digest = hashlib.sha256(version("nltk").encode())
    digest.update(files("vaderSentiment").joinpath("vader_lexicon.txt").read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]


@cache
def accuracy() -> dict:
    """What `helpers.benchmarks.sentiment` measured: nltk, lexicon (hash), texts (a list of one dict a kind of text)."""
    return json.loads(ACCURACY.read_text(encoding="utf-8"))


def accuracy_of(kind: str) -> dict:
    """The measured accuracy on one kind of text, e.g. "product reviews"."""
    return next(one for one in accuracy()["texts"] if one["kind"] == kind)
