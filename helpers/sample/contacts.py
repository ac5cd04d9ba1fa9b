"""Every contact of a customer with a touchpoint, from intents, episodes, use of the app and the rest.

Each function returns rows of customer, day, touchpoint, device and outcome. Visits (`session_id`) are cut where a
customer rests for half an hour, so a chat that ends in a call is one visit with a hand-over.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.sample.company import CHANNELS, DAYS, NOT_LISTED, ONLINE, any_hour, bad_month, shop_hours, stamp
from helpers.sample.episodes import RATED
from helpers.sample.intents import ASKED_AFTER, DEVICE, REACH

OPTIONS = {"product_search": 0.36, "product_page": 0.25, "product_comparison": 0.20, "shop_browse": 0.11, "shop_demo": 0.08}
MINUTE = 1 / 1440
SUCCESS_BY_RATING = np.array([0.0, 0.30, 0.55, 0.82, 0.94, 0.97])
HANDOVER_SUCCESS = 0.56  # a call that comes from the chat succeeds this much less often than its rating would say
CHECKOUTS = ("web_checkout", "shop_checkout", "phone_order")
GIVES_UP = (
    "web_checkout", "setup_guide", "machine_finder", "product_search", "product_comparison", "support_phone", "presales_phone",
)
USED_FOR = ("machine_app", "recipe_library", "care_programme")


def rows(customer, day, touchpoint, device, outcome) -> pd.DataFrame:
    """Contacts as one table; a device only where the touchpoint is online."""
    table = pd.DataFrame({"customer": np.asarray(customer), "day": np.asarray(day, dtype=float)})
    table["touchpoint"] = touchpoint
    table["device"] = np.where(table["touchpoint"].isin(list(ONLINE)), device, None)
    table["outcome"] = outcome
    return table


def ending(success: np.ndarray, touchpoint, rng: np.random.Generator) -> np.ndarray:
    """Outcome words from the probability of success; people walk away from some touchpoints, others fail them."""
    draw, fails = rng.random((2, len(success)))
    word = np.asarray(touchpoint, dtype=str)
    leaves = np.select([np.isin(word, GIVES_UP), word == "delivery"], [0.62, 0.0], 0.2)
    return np.select([draw < success, fails < leaves], ["success", "abandoned"], "failed")


def devices(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(list(DEVICE), n, p=[0.42, 0.47, 0.11])


def of_intents(intents: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The visits of each intent: its options, the supporting touchpoints, and a checkout that some give up."""
    parts = [option_rows(intents, rng)]
    for name in REACH:
        some = intents[intents[name]]
        met = {"buying_guide": np.where(some["informed"], 0.97, 0.04), "machine_finder": np.where(some["needs_met"], 0.97, 0.04)}
        after_chat = some["presales_chat"].to_numpy() & (name == "presales_phone")
        success = met.get(name, np.where(after_chat, 0.5, 0.9))
        day = visit_times(some, rng) + (4 + rng.random(len(some))) * MINUTE
        if name in ASKED_AFTER:
            day = some["last"].to_numpy() + ASKED_AFTER[name]
        parts.append(rows(some["customer"], day, name, same_device(some, rng), ending(success, [name] * len(some), rng)))
    left = intents[~intents["buys"] & (rng.random(len(intents)) < 0.13)]
    gave_up = ending(np.zeros(len(left)), ["web_checkout"] * len(left), rng)
    parts.append(rows(left["customer"], left["last"] + 13 * MINUTE, "web_checkout", left["device"], gave_up))
    return pd.concat(parts, ignore_index=True)


def option_rows(intents: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One contact an option looked at: the first opens the intent, the second its last visit, the others lie between."""
    spread = intents.loc[intents.index.repeat(intents["options"])].reset_index(drop=True)
    number = within(intents["options"].to_numpy())
    touchpoint = rng.choice(list(OPTIONS), len(spread), p=list(OPTIONS.values()))
    in_shop = np.isin(touchpoint, ("shop_browse", "shop_demo"))
    online = in_shop & ((number < 2) | (spread["last"] - spread["start"] < 2).to_numpy())
    touchpoint = np.where(online, rng.choice(("product_search", "product_page"), len(spread)), touchpoint)
    in_shop &= ~online
    day = visit_times(spread, rng)
    day = np.where(number == 0, spread["start"], np.where(number == 1, spread["last"], day))
    shop_day = np.clip(shop_hours(day, rng), spread["start"] + 0.04, spread["last"] - 0.04)
    day = np.where(in_shop, shop_day, day + np.minimum(number * 0.9 + rng.random(len(spread)), 12) * MINUTE)
    success = np.where(touchpoint == "product_comparison", np.where(spread["options"] > 9, 0.78, 0.92), 0.93)
    return rows(spread["customer"], day, touchpoint, same_device(spread, rng), ending(success, touchpoint, rng))


def within(counts: np.ndarray) -> np.ndarray:
    """0, 1, 2, ... within each of the given counts.

    >>> within(np.array([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)


def visit_times(intents: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """The start of one of the intent's visits: about one every four days, the same ones whoever asks."""
    start, last = intents["start"].to_numpy(), intents["last"].to_numpy()
    visits = 1 + np.ceil((last - start) / 4)
    which = np.floor(rng.random(len(intents)) * visits)
    return start + (last - start) * which / np.maximum(visits - 1, 1)


def same_device(intents: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """The intent's device, now and then another."""
    return np.where(rng.random(len(intents)) < 0.88, intents["device"], devices(len(intents), rng))


def of_episodes(episodes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What follows an order: the purchase itself and each touchpoint it leads to, ending as it was rated."""
    parts = []
    for name in RATED:
        there = episodes[episodes[f"score_{name}"] > 0]
        success = SUCCESS_BY_RATING[there[f"score_{name}"].to_numpy()]
        if name in CHECKOUTS:
            success = np.ones(len(there))
        if name == "support_phone":
            success = success * np.where(there["handover"], HANDOVER_SUCCESS, 1.0)
        if name in ("support_phone", "support_chat"):
            success = success * np.where(bad_month(there[f"at_{name}"].to_numpy()), 0.72, 1.0)
        device, outcome = devices(len(there), rng), ending(success, [name] * len(there), rng)
        parts.append(rows(there["customer"], there[f"at_{name}"], name, device, outcome))
    stuck = episodes[episodes["score_web_checkout"].isin([1, 2])]
    stuck = stuck[rng.random(len(stuck)) < 0.5]
    parts.append(rows(stuck["customer"], stuck["day"] - 4 * MINUTE, "web_checkout", "mobile", "failed"))
    return pd.concat([*parts, *ways_to_service(episodes, rng)], ignore_index=True)


def ways_to_service(episodes: pd.DataFrame, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Where people looked minutes before they called or wrote: ordinary hand-overs, which mostly work."""
    parts = []
    for target, share in (("support_phone", 0.42), ("support_chat", 0.5), ("setup_call", 0.3)):
        there = episodes[(episodes[f"score_{target}"] > 0) & ~(episodes["handover"] & (target == "support_phone"))]
        some = there[rng.random(len(there)) < share]
        before = rng.choice(["help_centre", "order_tracking"], len(some), p=[0.75, 0.25])
        day = some[f"at_{target}"].to_numpy() - (4 + 14 * rng.random(len(some))) * MINUTE
        parts.append(rows(some["customer"], day, before, devices(len(some), rng), ending(np.full(len(some), 0.6), before, rng)))
    return parts


def of_use(first: pd.DataFrame, last_day: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Use of the machine with the app, from the first failed tries to the last cup. `first`: first orders as episodes.

    Trade customers begin weeks later; in the east more try and fail first.
    """
    n, east = len(first), (first["region"] == "ost").to_numpy()
    trade, office = (first["segment"] == "trade").to_numpy(), (first["segment"] == "office").to_numpy()
    poor_guide = first["score_setup_guide"].isin([1, 2]).to_numpy()
    adopts = rng.random(n) < 0.9 - 0.2 * poor_guide - 0.13 * east
    arrives = first["day"].to_numpy() + 2.5
    median = np.select([trade, office], [25.0, 7.0], 4.5) + 3.5 * east
    begins = arrives + median * np.exp(rng.normal(0, 0.8, n))
    until = np.where(adopts, np.minimum(first["customer"].map(last_day).to_numpy() + 45 + rng.exponential(90, n), DAYS), begins)
    count = np.where(adopts, 1 + rng.poisson(rng.gamma(2.2, 2.2, n) * np.maximum(until - begins, 0) / 30.4), 0)
    who, number = np.repeat(np.arange(n), count), within(count)
    day = np.where(number == 0, begins[who], begins[who] + (until - begins)[who] * rng.random(len(who)))
    touchpoint = np.where(number == 0, "machine_app", rng.choice(USED_FOR, len(who), p=[0.66, 0.24, 0.10]))
    success = np.where(number == 0, 1.0, 0.95)
    used = rows(first["customer"].to_numpy()[who], any_hour(day, rng), touchpoint, "mobile", ending(success, touchpoint, rng))
    tries = np.repeat(np.arange(n), rng.poisson(np.where(east, 0.8, 0.22)))
    day = arrives[tries] + (np.minimum(begins, arrives + 20) - arrives)[tries] * rng.random(len(tries)) * 0.9
    return pd.concat([used, rows(first["customer"].to_numpy()[tries], day, "machine_app", "mobile", "failed")], ignore_index=True)


def of_marketing(people: pd.DataFrame, intents: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """How customers first met the company, advertising before an intent, and the monthly newsletter."""
    parts = []
    for source, touchpoint, share in (("search", "search_ad", 0.9), ("social", "social_post", 0.9), ("fair", "coffee_fair", 0.95)):
        met = people[(people["source"] == source) & (rng.random(len(people)) < share)]
        parts.append(rows(met["customer"], met["day"], touchpoint, devices(len(met), rng), "success"))
    draw = rng.random(len(intents))
    for touchpoint, low, high in (("search_ad", 0.0, 0.2), ("social_post", 0.2, 0.29)):
        some = intents[(draw >= low) & (draw < high)]
        parts.append(rows(some["customer"], some["start"] - 2 * MINUTE, touchpoint, devices(len(some), rng), "success"))
    readers = people[(people["plan"] != "guest").to_numpy() & (rng.random(len(people)) < 0.6)]
    months = np.floor((DAYS - readers["day"].to_numpy()) / 30.4).astype(int)
    who, number = np.repeat(np.arange(len(readers)), months), within(months)
    day = any_hour(readers["day"].to_numpy()[who] + 30.4 * (number + 0.5), rng)
    read = rng.random(len(who)) < 0.2
    parts.append(rows(readers["customer"].to_numpy()[who][read], day[read], "newsletter", devices(int(read.sum()), rng), "success"))
    return pd.concat(parts, ignore_index=True)


def of_loyalty(episodes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Subscription, club, reminders, tastings, reviews and referrals in the two months after an order."""
    scores = episodes[[f"score_{name}" for name in RATED]].to_numpy(dtype=float)
    liking = np.nanmean(np.where(scores > 0, scores, np.nan), axis=1) - 4
    club = (episodes["plan"] == "club").to_numpy()
    shares = {
        "bean_subscription": 0.2 + 0.1 * club, "reorder_mail": 0.3 + 0.1 * club, "shop_tasting": 0.05 + 0.03 * club,
        "coffee_club": 0.03 + 0.5 * club, "write_review": 0.09 + 0.02 * liking, "friend_referral": 0.06 + 0.03 * liking,
        "coffee_evening": 0.035 + 0.01 * liking, NOT_LISTED: np.full(len(episodes), 0.04),
    }
    parts = []
    for name, share in shares.items():
        some = episodes[rng.random(len(episodes)) < share]
        spot = any_hour if name in ONLINE else shop_hours
        day = spot(some["day"].to_numpy() + 18 + 40 * rng.random(len(some)), rng)
        parts.append(rows(some["customer"], day, name, devices(len(some), rng), ending(np.full(len(some), 0.92), [name] * len(some), rng)))
    first = episodes[episodes["prior"] == 0]
    review = first[rng.random(len(first)) < 0.5]
    parts.append(rows(review["customer"], any_hour(review["day"].to_numpy() + 92, rng), "coffee_club", "mobile", "success"))
    return pd.concat(parts, ignore_index=True)


def interactions(parts: list[pd.DataFrame], customer_id: np.ndarray) -> pd.DataFrame:
    """The interactions table: all parts by customer and time, up to the last day, visits numbered in that order."""
    table = pd.concat(parts, ignore_index=True)
    table = table[(table["day"] >= 0) & (table["day"] < DAYS)]
    table = table.sort_values(["customer", "day", "touchpoint"], kind="stable", ignore_index=True)
    rest = (table["day"].diff() > 30 * MINUTE) | (table["customer"].diff() != 0)
    return pd.DataFrame({
        "customer_id": customer_id[table["customer"].to_numpy()],
        "at": stamp(table["day"].to_numpy()),
        "touchpoint": table["touchpoint"].astype(str),
        "session_id": "V" + rest.cumsum().astype(str).str.zfill(6),
        "channel": table["touchpoint"].map(CHANNELS),
        "device": table["device"],
        "outcome": table["outcome"],
    })
