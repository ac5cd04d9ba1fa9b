"""What customers answer: satisfaction, effort, recommendation, expectation, emotion.

Who answers a survey hangs on segment and plan, never on the score. Ratings of an episode come within two days of
the experience and before the next order can; only the coffee club is asked about on day 95, when the window of the
repeat purchase has closed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.sample.company import DAYS, any_hour, stamp
from helpers.sample.episodes import CUTS, RATED
from helpers.sample.words import comments

SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10), "expectation": (1, 5), "emotion": (-2, 2)}
ANSWERS = {"segment": {"household": 0.0, "office": -0.04, "trade": -0.14}, "plan": {"guest": -0.08, "account": 0.0, "club": 0.1}}
ANSWER_RATE = 0.74
EFFORT_ASKED = ("web_checkout", "setup_guide", "help_centre", "support_chat", "support_phone")
EXPECTED = {"delivery": 4.35, "setup_guide": 4.1, "barista_class": 3.9, "support_phone": 4.4}
# Asked on the spot, whoever it is: touchpoint, share of contacts, mean of the latent experience.
ON_THE_SPOT = {
    "search_ad": (0.02, -0.5), "social_post": (0.04, -0.2), "coffee_fair": (0.15, 0.6), "product_search": (0.03, -0.05),
    "shop_browse": (0.06, 0.25), "buying_guide": (0.09, 0.1), "machine_finder": (0.12, 0.05), "newsletter": (0.02, -0.1),
    "product_comparison": (0.04, 0.0), "product_page": (0.03, 0.1), "shop_demo": (0.1, 0.5), "customer_reviews": (0.06, 0.2),
    "guarantee_page": (0.06, 0.15), "presales_chat": (0.3, 0.0), "presales_phone": (0.3, 0.15), "machine_app": (0.04, 0.2),
    "recipe_library": (0.04, 0.3), "bean_subscription": (0.15, 0.15), "reorder_mail": (0.03, -0.2), "shop_tasting": (0.3, 0.6),
    "write_review": (0.1, 0.1), "friend_referral": (0.15, 0.3), "coffee_evening": (0.4, 0.8),
}


def answers(customer, day, instrument: str, score, touchpoint) -> pd.DataFrame:
    """Answers as one table."""
    table = pd.DataFrame({"customer": np.asarray(customer), "day": np.asarray(day, dtype=float)})
    return table.assign(instrument=instrument, score=np.asarray(score, dtype=np.int64), touchpoint=touchpoint)


def rating(latent: np.ndarray) -> np.ndarray:
    """Latent experience to a rating of 1 to 5."""
    return 1 + np.searchsorted(CUTS, latent)


def soon(day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When somebody answers who is asked at `day`: within a day and a half."""
    return day + 0.03 + 1.4 * rng.beta(1, 2.2, len(day))


def who_answers(episodes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The episodes whose customer answers at all."""
    shift = sum(episodes[trait].map(by).to_numpy(dtype=float) for trait, by in ANSWERS.items())
    return episodes[rng.random(len(episodes)) < ANSWER_RATE + shift]


def of_episodes(episodes: pd.DataFrame, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Satisfaction with every touchpoint of an order, with some effort, expectation and emotion beside it."""
    asked, parts = who_answers(episodes, rng), []
    for name in RATED:
        there = asked[(asked[f"score_{name}"] > 0).to_numpy() & (rng.random(len(asked)) < 0.985)]
        score, at = there[f"score_{name}"].to_numpy(), there[f"at_{name}"].to_numpy()
        parts.append(answers(there["customer"], soon(at, rng), "csat", score, name))
        felt = rng.random(len(there)) < 0.12
        emotion = np.clip(np.round(score[felt] - 3.05 + rng.normal(0, 0.6, int(felt.sum()))), -2, 2)
        parts.append(answers(there["customer"][felt], soon(at[felt], rng), "emotion", emotion, name))
        if name in EFFORT_ASKED:
            some = rng.random(len(there)) < 0.35
            effort = np.clip(np.round(1.2 + 1.25 * (score[some] - 1) + rng.normal(0, 0.9, int(some.sum()))), 1, 7)
            parts.append(answers(there["customer"][some], soon(at[some], rng), "ces", effort, name))
        if name in EXPECTED:
            some = rng.random(len(there)) < 0.2
            hoped = np.clip(np.round(EXPECTED[name] + rng.normal(0, 0.7, int(some.sum()))), 1, 5)
            parts.append(answers(there["customer"][some], there["day"].to_numpy()[some] + 0.02, "expectation", hoped, name))
    return [*parts, *of_the_whole(asked, rng)]


def of_the_whole(asked: pd.DataFrame, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Overall satisfaction and recommendation about two weeks after an order; these rows name no touchpoint."""
    scores = asked[[f"score_{name}" for name in RATED]].to_numpy(dtype=float)
    mean = np.nanmean(np.where(scores > 0, scores, np.nan), axis=1)
    some = rng.random(len(asked)) < 0.45
    latent = 0.95 * (mean[some] - 3.75) + 0.25 * asked["loyalty"].to_numpy()[some] + rng.normal(0, 0.55, int(some.sum()))
    at = asked["day"].to_numpy() + 16.2
    overall = answers(asked["customer"][some], at[some] + rng.random(int(some.sum())), "csat", rating(latent), None)
    some = rng.random(len(asked)) < 0.42
    leaning = 8.35 + 1.25 * (mean - 3.9) + 0.6 * asked["loyalty"].to_numpy() + 0.3 * asked["attitude"].to_numpy()
    points = np.clip(np.round(leaning[some] + rng.normal(0, 1.6, int(some.sum()))), 0, 10)
    recommend = answers(asked["customer"][some], at[some] + rng.random(int(some.sum())), "nps", points, None)
    recommend["weight"] = np.round(asked["segment"].map({"household": 0.95, "office": 1.05, "trade": 1.25}).to_numpy()[some], 2)
    return [overall, recommend]


def on_the_spot(contacts: pd.DataFrame, intents_over: pd.Series, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Ratings and feelings asked for right after a contact; a contact that failed is rated lower.

    `intents_over` holds the customers who looked at more options than they could weigh.
    """
    parts = []
    for name, (share, mean) in ON_THE_SPOT.items():
        there = contacts[(contacts["touchpoint"] == name).to_numpy() & (rng.random(len(contacts)) < share)]
        latent = mean + rng.normal(0, 0.95, len(there)) - 1.1 * (there["outcome"] != "success").to_numpy()
        if name == "product_comparison":
            latent = latent - 0.5 * there["customer"].isin(intents_over).to_numpy()
        score, day = rating(latent), there["day"].to_numpy() + 0.002
        feeling = rng.random(len(there)) < 0.3
        emotion = np.clip(np.round(score[feeling] - 3.0 + rng.normal(0, 0.6, int(feeling.sum()))), -2, 2)
        parts.append(answers(there["customer"][~feeling], day[~feeling], "csat", score[~feeling], name))
        parts.append(answers(there["customer"][feeling], day[feeling], "emotion", emotion, name))
    return parts


def after_the_outcome(episodes: pd.DataFrame, rng: np.random.Generator) -> list[pd.DataFrame]:
    """The coffee club's review, 95 days after a first order: it follows the repeat purchase and cannot have moved it."""
    first = episodes[(episodes["prior"] == 0).to_numpy() & (rng.random(len(episodes)) < 0.5)]
    latent = np.where(first["repeat"], 0.55, -0.55) + rng.normal(0, 0.85, len(first))
    return [answers(first["customer"], any_hour(first["day"].to_numpy() + 95, rng), "csat", rating(latent), "coffee_club")]


def surveys(parts: list[pd.DataFrame], customer_id: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """The surveys table: all answers up to the last day, in time order, some with a comment."""
    table = pd.concat([part.assign(weight=part["weight"] if "weight" in part else np.nan) for part in parts], ignore_index=True)
    table = table[(table["day"] >= 0) & (table["day"] < DAYS)].sort_values(["day", "customer", "instrument"], kind="stable", ignore_index=True)
    scale = table["instrument"].map(SCALES)
    low, high = (np.array([ends[i] for ends in scale], dtype=np.int64) for i in (0, 1))
    place = (table["score"].to_numpy() - low) / (high - low)
    talks = table["instrument"].isin(["csat", "nps"]).to_numpy() & (rng.random(len(table)) < np.where(place < 0.5, 0.26, 0.1))
    comment = np.full(len(table), None, dtype=object)
    comment[talks] = comments(table["touchpoint"].fillna("").to_numpy()[talks], place[talks], rng)
    return pd.DataFrame({
        "customer_id": customer_id[table["customer"].to_numpy()], "at": stamp(table["day"].to_numpy()),
        "instrument": table["instrument"], "score": table["score"].to_numpy(), "scale_min": low, "scale_max": high,
        "touchpoint": table["touchpoint"], "comment": comment, "weight": table["weight"].to_numpy(),
    })
