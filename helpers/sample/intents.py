"""Looking for a machine: what customers see before they buy, and whether they then buy.

The number of options a customer looked at is the number of interactions with research, comparison and evaluation
touchpoints in one intent. Conversion rises with it up to TURNING_POINT and falls beyond.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.sample.company import DAYS, any_hour, shop_hours
from helpers.sample.stories import TURNING_POINT

DIRECT_SHARE = 0.32  # walk-ins and callers whose search nobody saw
DIRECT_CONVERSION = 0.72
RISE, FALL = 0.17, 0.24  # log-odds an option adds up to the turning point, and takes beyond it
TRUST, NEEDS_MET, INFORMED, WORRIED = 0.32, 0.45, 0.35, -0.7
DEVICE = {"desktop": 0.1, "mobile": -0.15, "tablet": 0.05}
TOPIC = {"price": 0.32, "delivery_time": 0.2, "compatibility": 0.26, "competitor_offer": 0.12, "advice": 0.1}
ASKED_AFTER = {"presales_chat": 5 / 1440, "presales_phone": 8 / 1440}  # days from the start of the last visit
SAME_VISIT = 0.02  # days from the start of the last visit to the purchase, when both are one visit
REACH = {  # share of intents that touch each supporting touchpoint
    "buying_guide": 0.46, "machine_finder": 0.34, "customer_reviews": 0.40, "guarantee_page": 0.22,
    "newsletter": 0.12, "presales_chat": 0.13, "presales_phone": 0.09,
}


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Probability that belongs to log-odds."""
    return 1 / (1 + np.exp(-np.asarray(x, dtype=float)))


def draw_intents(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """What n intents look like and whether they end in a purchase, before anyone is attached to them.

    Columns: options, one boolean a touchpoint of REACH, informed, needs_met, device, topic ('' = no worry voiced),
    span (days from the first to the last visit), lag (whole days from there to the purchase, 0 = same visit), buys.
    """
    spread = rng.gamma(2.1, 3.0, n)
    table = pd.DataFrame({name: rng.random(n) < share for name, share in REACH.items()})
    table.insert(0, "options", np.minimum(1 + rng.poisson(spread), 22))
    table["informed"] = table["buying_guide"] & (rng.random(n) < 0.74)
    table["needs_met"] = table["machine_finder"] & (rng.random(n) < 0.7)
    table["device"] = rng.choice(list(DEVICE), n, p=[0.42, 0.47, 0.11])
    asked = table["presales_chat"] | table["presales_phone"]
    table["topic"] = np.where(asked, rng.choice(list(TOPIC), n, p=list(TOPIC.values())), "")
    table["span"] = np.where(table["options"] > 2, 17 * rng.beta(1.2, 2.2, n), 2.0 * rng.random(n))
    table["lag"] = np.minimum(np.floor(rng.gamma(1.0, 2.9, n)), 11)
    table["buys"] = rng.random(n) < sigmoid(log_odds(table))
    return table


def log_odds(table: pd.DataFrame) -> np.ndarray:
    """Log-odds of buying within the window, from what the customer met on the way."""
    options = table["options"].to_numpy()
    overload = RISE * (np.minimum(options, TURNING_POINT) - 5) - FALL * np.maximum(options - TURNING_POINT, 0)
    trust = (table["customer_reviews"] | table["guarantee_page"]).to_numpy()
    missed = (table["buying_guide"] & ~table["informed"]).to_numpy()
    worried = (table["topic"].ne("") & table["topic"].ne("advice")).to_numpy()
    return (
        -0.95 + overload + TRUST * trust + NEEDS_MET * table["needs_met"].to_numpy()
        + INFORMED * (table["informed"].to_numpy() - 1.0 * missed) + WORRIED * worried
        + table["device"].map(DEVICE).to_numpy(dtype=float)
    )


def first_purchases(people: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Intents up to the first purchase, and the first purchases.

    Intents gain customer, start (first visit), last (last visit) and day (purchase, NaN where none); purchases have
    customer, day and direct (no search was seen).
    """
    draw = rng.random(len(people))
    direct = draw < DIRECT_SHARE
    walked_in = people.loc[draw < DIRECT_SHARE * DIRECT_CONVERSION, ["customer", "day"]].assign(direct=True)
    walked_in["day"] = shop_hours(walked_in["day"].to_numpy() + 0.5, rng)
    waiting = people.loc[~direct, ["customer", "day"]]
    rounds = []
    for _ in range(3):
        intents = draw_intents(len(waiting), rng).assign(customer=waiting["customer"].to_numpy())
        intents = forward(intents, waiting["day"].to_numpy() + rng.exponential(0.8, len(waiting)), rng)
        rounds.append(intents)
        again = intents[~intents["buys"] & (rng.random(len(intents)) < 0.3)]
        waiting = pd.DataFrame({"customer": again["customer"], "day": again["last"] + 45 + 90 * rng.random(len(again))})
    searched = pd.concat(rounds, ignore_index=True)
    first = pd.concat([walked_in, searched.loc[searched["buys"], ["customer", "day"]].assign(direct=False)], ignore_index=True)
    return searched, first[first["day"] < DAYS].reset_index(drop=True)


def forward(intents: pd.DataFrame, day: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Dates for intents that begin about `day`: start, last and, where they end in one, the day of purchase."""
    start = np.maximum(any_hour(day, rng), day + 0.001)
    last = np.maximum(any_hour(start + intents["span"].to_numpy(), rng), start)
    lag = intents["lag"].to_numpy()
    bought = np.where(lag == 0, last + SAME_VISIT, any_hour(last + lag, rng))
    return intents.assign(start=start, last=last, day=np.where(intents["buys"], bought, np.nan))


def backward(intents: pd.DataFrame, day: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Dates for intents that end in the purchase at `day`."""
    lag = intents["lag"].to_numpy()
    last = np.where(lag == 0, day - SAME_VISIT, any_hour(day - lag, rng))
    start = np.minimum(any_hour(last - intents["span"].to_numpy(), rng), last)
    return intents.assign(start=start, last=last, day=day)


def later_intents(episodes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Intents after a first purchase, drawn so that they end as the episode did.

    A quarter of the repeat orders are prepared by an intent; most customers who do not order again look round once
    and leave. Intents are taken from one large draw, so conversion depends on what was met as everywhere else.
    """
    pool = draw_intents(4 * len(episodes) + 200, rng)
    chosen = rng.random(len(episodes))
    prepared = episodes[episodes["next_day"].notna().to_numpy() & (chosen < 0.27)]
    looking = episodes[~episodes["repeat"].to_numpy() & (chosen < 0.62)]
    good = pool[pool["buys"]].iloc[: len(prepared)].assign(customer=prepared["customer"].to_numpy())
    good = backward(good, prepared["next_day"].to_numpy(), rng)
    idle = pool[~pool["buys"]].iloc[: len(looking)].assign(customer=looking["customer"].to_numpy())
    idle = forward(idle, looking["day"].to_numpy() + 20 + 45 * rng.random(len(looking)), rng)
    too_early = good["start"].to_numpy() < prepared["day"].to_numpy() + 0.5
    return pd.concat([good[~too_early], idle], ignore_index=True)
