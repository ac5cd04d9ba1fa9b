"""Sentiment of texts: right on texts rated by hand, silent where it cannot read, and the company's own reading before its own."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from helpers.benchmarks.sentiment import measured
from helpers.infer import feelings, sentiment
from helpers.journey import open_journey
from helpers.report.journey_voices import _read_so, accuracy_sentence
from helpers.tests.folders import write

# Rated by the authors of this project, -4 to +4, two sentences a document.
RATED = pd.DataFrame(
    [
        ("a", 3.0, "The best service I have ever had, thank you!"), ("a", 1.5, "Good coffee and friendly people."),
        ("b", -2.5, "Terrible: the parcel was damaged and nobody helped."), ("b", -1.0, "I was not happy with the answer."),
        ("c", 0.0, "The parcel came on Tuesday."), ("c", -2.0, "The app crashed and I lost everything."),
        ("d", 2.0, "Everything works, I love it."), ("d", -1.5, "It is great that you answer after three weeks."),  # irony is beyond a lexicon
    ],
    columns=["document", "rating", "text"],
)
GERMAN = ("Die Lieferung kam vier Tage zu spät und der Karton war nass", "Alles hat sofort funktioniert, gerne wieder", "Niemand konnte mir sagen, wann es fertig ist")
FRENCH = ("Le colis est arrivé en retard et personne ne répond", "Très bon café et personnel sympathique", "La commande est venue sans la facture")


def test_accuracy_on_texts_rated_by_hand():
    found = measured(RATED, seed=1, draws=200)
    felt = sentiment.score(RATED["text"])["sentiment"]
    assert found["n"] == 8 and found["documents"] == 4
    assert found["correlation"] == pytest.approx(np.corrcoef(felt, RATED["rating"])[0, 1], abs=1e-4)
    assert found["right"] == pytest.approx(6 / 7, abs=1e-4)  # seven are clear and not silent, the ironic one is read the wrong way
    assert found["silent"] == pytest.approx(1 / 8) and found["correlation_low"] < found["correlation"] < found["correlation_high"]
    assert measured(RATED, seed=1, draws=200) == found


def test_the_kept_figures_are_of_the_lexicon_that_is_installed():
    kept = sentiment.accuracy()
    now = hashlib.sha256(files("vaderSentiment").joinpath("vader_lexicon.txt").read_bytes()).hexdigest()[:16]
    assert kept["lexicon"] == now, "run python -m helpers.benchmarks.sentiment ARCHIVE --write"
    for one in kept["texts"]:
        assert one["n"] > 3000 and one["correlation_low"] < one["correlation"] < one["correlation_high"] and 0.6 < one["right"] < 1
    nearest = sentiment.accuracy_of("product reviews")
    assert f"{nearest['correlation']:.2f}" in accuracy_sentence() and f"{nearest['n']:,}" in accuracy_sentence()


@pytest.mark.parametrize("texts", [GERMAN, FRENCH])
def test_other_languages_are_known_by_their_words(texts):
    assert not sentiment.is_english(sentiment.score(texts))
    assert sentiment.is_english(sentiment.score(RATED["text"])) and not sentiment.foreign(sentiment.score(RATED["text"])).any()


def test_single_texts_in_another_language_are_set_aside():
    assert sentiment.foreign(sentiment.score([GERMAN[0], RATED["text"][0], "12/5 !!"])).tolist() == [True, False, True]


def company(tmp_path, texts, mentions="") -> object:
    rows = "".join(f'c{i},2026-01-{i % 28 + 1:02d} 10:00:00,csat,{1 + i % 5},desk,"{texts[i % len(texts)]}"\n' for i in range(60))
    return open_journey(write(
        tmp_path, surveys_csv="customer_id,at,instrument,score,touchpoint,comment\n" + rows, journey="min_n: 5\nmin_cell: 3\n",
        touchpoints_csv="touchpoint,stage,channel,setting,role,owner\ndesk,purchase,shop,offline,purchase,Shop\n", **({"mentions_csv": "at,channel,text,sentiment\n" + mentions} if mentions else {}),
    ))


def test_comments_in_another_language_are_not_measured_and_it_is_said(tmp_path):
    journey = company(tmp_path, GERMAN)
    table = feelings.feelings(journey, "touchpoint")
    assert table["source"].tolist() == [feelings.ASKED]
    told = _read_so({"comments": feelings.comments(journey).attrs, "mentions": feelings.mentions(journey).attrs, "agreement": {}})
    assert "not in English" in told and "not measured" in told and "rated by hand" not in told


def test_the_companys_own_reading_of_a_mention_wins(tmp_path):
    journey = company(tmp_path, list(RATED["text"]), "2026-01-05 10:00:00,forum,I hate it,0.9\n2026-01-06 10:00:00,forum,I love this lovely coffee,\n")
    said = feelings.mentions(journey).set_index("text")["sentiment"]
    assert said["I hate it"] == 0.9 and said["I love this lovely coffee"] > 0.5


def test_each_text_is_read_once_and_kept(tmp_path, monkeypatch):
    read, real = [], sentiment.score
    monkeypatch.setenv("JOURNEY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sentiment, "score", lambda texts: read.extend(texts) or real(texts))
    texts = list(RATED["text"])
    first = feelings.comments(company(tmp_path, texts))
    assert sorted(read) == sorted(set(texts)) and len(first) == 60
    again = feelings.comments(open_journey(tmp_path))
    assert len(read) == len(set(texts))
    pd.testing.assert_frame_equal(first, again)
