"""Orders, what each one puts a customer through, and whether another order follows within 90 days.

An episode is one order with the experiences of the two weeks after it, all of them over before the next order can
come. Experience is a latent number cut into a rating of 1 to 5. It hangs on the customer's traits, on a service
quality that all touchpoints of the episode share (month and region, and the day's crew), on the touchpoint itself
and on chance. Only the touchpoints in stories.EFFECTS move the repeat purchase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.sample.company import DAYS, MONTHS, ONLINE, REGIONS, any_hour, bad_month, month_of, shop_hours
from helpers.sample.intents import sigmoid
from helpers.sample.people import ATTITUDE
from helpers.sample.stories import EFFECTS

CUTS = (-1.48, -0.915, -0.524, 0.20)  # latent experience to ratings: 7, 11, 12, 28 and 42 % at a mean of zero
BASE = -0.46
OFFICE_START, OFFICE_FALL = 1.1, 2.4  # log-odds: offices begin above and lose loyalty over the two years
HANDOVER_LOSS = 1.0  # latent experience lost on the service line after a hand-over from the chat


@dataclass(frozen=True)
class Touch:
    """How one touchpoint is experienced: mean, weight of shared quality, of traits, loss in the bad month, days after."""

    mean: float
    quality: float
    traits: float
    bad: float
    first_day: float
    last_day: float


TOUCH = {
    "web_checkout": Touch(0.05, 0.45, 0.9, 0.35, 0.0, 0.0),
    "shop_checkout": Touch(0.3, 0.30, 0.4, 0.2, 0.0, 0.0),
    "phone_order": Touch(0.1, 0.30, 0.4, 0.3, 0.0, 0.0),
    "delivery": Touch(0.0, 0.40, 0.5, 1.5, 1.0, 5.0),
    "order_tracking": Touch(-0.05, 0.45, 0.9, 1.1, 0.4, 3.5),
    "setup_guide": Touch(-0.05, 0.40, 0.6, 0.5, 1.5, 8.0),
    "setup_call": Touch(0.2, 0.40, 0.4, 0.5, 2.5, 9.0),
    "barista_class": Touch(0.0, 0.35, 0.5, 0.3, 5.0, 13.0),
    "help_centre": Touch(-0.20, 0.45, 0.9, 0.5, 2.0, 11.0),
    "support_chat": Touch(-0.1, 0.40, 0.5, 1.0, 2.0, 11.5),
    "support_phone": Touch(0.05, 0.40, 0.6, 1.0, 2.0, 12.5),
    "repair_workshop": Touch(-0.20, 0.40, 0.3, 0.6, 6.0, 13.0),
}
RATED = tuple(TOUCH)
FIRST_CHANNEL = {"direct": (0.0, 0.62, 0.38), "household": (0.84, 0.13, 0.03), "office": (0.66, 0.10, 0.24), "trade": (0.5, 0.05, 0.45)}


def episodes(people: pd.DataFrame, first: pd.DataFrame, *, rng: np.random.Generator, confounding: bool) -> pd.DataFrame:
    """Every order of every customer, in rounds: all first orders, all second orders, and so on.

    Columns: customer, day, prior (orders before), machine, channel, one `score_<touchpoint>` (0 = was not there) and
    `at_<touchpoint>` (day) for each rated touchpoint, handover, probability, repeat, next_day (NaN = never).
    """
    quality = rng.normal(0, 0.15, (len(MONTHS), len(REGIONS)))
    traits = people.set_index("customer")
    current = first.assign(prior=0)
    rounds = []
    while len(current):
        episode = current.join(traits.drop(columns="day"), on="customer").reset_index(drop=True)
        episode = what_next(experience(visits(episode, rng), quality, rng, confounding), rng)
        rounds.append(episode)
        back = episode[episode["next_day"] < DAYS]
        current = pd.DataFrame({"customer": back["customer"], "day": back["next_day"], "prior": back["prior"] + 1, "direct": False})
    return pd.concat(rounds, ignore_index=True)


def visits(episode: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Which touchpoints the order leads to (`score_` 1 = there, 0 = not) and on which day (`at_`)."""
    n = len(episode)
    draw = {name: rng.random(n) for name in RATED}
    machine = (episode["prior"].to_numpy() == 0) | (rng.random(n) < 0.18)
    kind = np.where(episode["direct"], "direct", episode["segment"])
    bounds = np.array([np.cumsum(FIRST_CHANNEL[k]) for k in FIRST_CHANNEL])[pd.Index(FIRST_CHANNEL).get_indexer(kind)]
    channel = np.array(["web_checkout", "shop_checkout", "phone_order"])[(rng.random(n)[:, None] > bounds[:, :2]).sum(axis=1)]
    in_shop = channel == "shop_checkout"
    household = (episode["segment"] == "household").to_numpy()
    there = {name: channel == name for name in ("web_checkout", "shop_checkout", "phone_order")}
    there["delivery"] = draw["delivery"] < np.where(in_shop, 0.22, 0.97)
    there["order_tracking"] = there["delivery"] & (draw["order_tracking"] < np.where(channel == "web_checkout", 0.62, 0.3))
    there["setup_guide"] = draw["setup_guide"] < np.where(machine, 0.72, 0.36)
    there["setup_call"] = machine & (draw["setup_call"] < np.where(household, 0.12, 0.5))
    there["barista_class"] = draw["barista_class"] < np.where(machine, 0.58, 0.32)
    there["help_centre"] = draw["help_centre"] < 0.40
    there["support_chat"] = draw["support_chat"] < np.where(household, 0.27, 0.2)
    there["support_phone"] = draw["support_phone"] < np.where(there["support_chat"], 0.42, 0.27)
    there["repair_workshop"] = draw["repair_workshop"] < np.where(machine, 0.07, 0.05)
    columns = {f"score_{name}": there[name].astype(np.int8) for name in RATED}
    columns |= when(episode["day"].to_numpy(), there, rng)
    handover = there["support_chat"] & there["support_phone"]
    return episode.assign(machine=machine, channel=channel, handover=handover, **columns)


def when(day: np.ndarray, there: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Day of each experience: days after the order, later for parcels of the bad month; NaN where not there."""
    at = {}
    for name, touch in TOUCH.items():
        moment = day + touch.first_day + (touch.last_day - touch.first_day) * rng.beta(1.6, 2.6, len(day))
        moment = moment + (1.8 * bad_month(day) if name in ("delivery", "order_tracking") else 0.0)
        if touch.last_day > 0:
            moment = any_hour(moment, rng) if name in ONLINE else shop_hours(moment, rng)
        at[name] = np.maximum(moment, day + (0.3 if touch.last_day > 0 else 0.0))
    both = there["support_chat"] & there["support_phone"]
    at["support_chat"] = np.where(both, at["support_phone"] - 0.012, at["support_chat"])
    return {f"at_{name}": np.where(there[name], at[name], np.nan) for name in RATED}


def experience(episode: pd.DataFrame, quality: np.ndarray, rng: np.random.Generator, confounding: bool) -> pd.DataFrame:
    """Ratings of 1 to 5 in place of the 1 that marked a visit; without confounding no quality is shared."""
    n = len(episode)
    region = pd.Index(REGIONS).get_indexer(episode["region"])
    shared = quality[month_of(episode["day"].to_numpy()), region] + rng.normal(0, 0.99, n)
    shared = shared * confounding
    columns = {}
    for name, touch in TOUCH.items():
        there = episode[f"score_{name}"].to_numpy() > 0
        noise = np.sqrt(1 - touch.quality**2 - (0.4 * touch.traits) ** 2)
        latent = (
            touch.mean + touch.quality * shared + touch.traits * episode["experience"].to_numpy()
            + ATTITUDE * episode["attitude"].to_numpy() + noise * rng.normal(size=n)
            - touch.bad * bad_month(np.nan_to_num(episode[f"at_{name}"].to_numpy()))
        )
        if name == "support_phone":
            latent = latent - HANDOVER_LOSS * episode["handover"].to_numpy()
        columns[f"score_{name}"] = ((1 + np.searchsorted(CUTS, latent)) * there).astype(np.int8)
    return episode.assign(**columns)


def what_next(episode: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Probability of an order within 90 days, whether it comes, and the day of the next order."""
    n = len(episode)
    probability = sigmoid(leaning_to_repeat(episode) + sum(moved(episode, name) for name in EFFECTS))
    repeat = rng.random(n) < probability
    late = rng.random(n) < 0.45
    soon = 18 + 69 * rng.beta(1.3, 1.5, n)
    gap = np.where(repeat, soon, np.where(late, 95 + rng.exponential(60, n), np.nan))
    return episode.assign(probability=probability, repeat=repeat, next_day=any_hour(episode["day"].to_numpy() + gap, rng))


def leaning_to_repeat(episode: pd.DataFrame) -> np.ndarray:
    """Log-odds of ordering again that the customer brings along, whatever was experienced."""
    office = (episode["segment"] == "office").to_numpy()
    change = OFFICE_START - OFFICE_FALL * episode["day"].to_numpy() / DAYS
    return (
        BASE + episode["loyalty"].to_numpy() + ATTITUDE * episode["attitude"].to_numpy()
        + 0.22 * np.log1p(episode["prior"].to_numpy()) + office * change
    )


def moved(episode: pd.DataFrame, touchpoint: str) -> np.ndarray:
    """Log-odds that the rating of one touchpoint adds (zero where the customer was not there)."""
    return np.array((0.0, *EFFECTS[touchpoint]))[episode[f"score_{touchpoint}"].to_numpy()]


def true_effects(table: pd.DataFrame) -> pd.DataFrame:
    """What each rating truly does to the repeat purchase, by setting it and leaving all else as it was.

    Columns: touchpoint, effect (poor 1-2 against 3-5), penalty (1-2 against 3-4), reward (5 against 3-4), n (customers'
    orders that were there); differences in probability, ratings within a band in the shares in which they occur.
    """
    without = {name: leaning_to_repeat(table) + sum(moved(table, other) for other in EFFECTS if other != name) for name in RATED}
    rows = []
    for name in RATED:
        score = table[f"score_{name}"].to_numpy()
        there = score > 0
        at = [sigmoid(without[name][there] + EFFECTS.get(name, (0.0,) * 5)[r]).mean() for r in range(5)]
        share = np.bincount(score[there], minlength=6)[1:].astype(float)
        band = lambda low, high: np.average(at[low - 1 : high], weights=share[low - 1 : high])  # noqa: E731
        rows.append((name, band(1, 2) - band(3, 5), band(1, 2) - band(3, 4), band(5, 5) - band(3, 4), int(there.sum())))
    return pd.DataFrame(rows, columns=["touchpoint", "effect", "penalty", "reward", "n"])
