"""Orders as the till books them, and tickets as the service desk keeps them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.sample.company import DAYS, bad_month, month_of, shop_hours, stamp
from helpers.sample.intents import ASKED_AFTER

MACHINE = {"household": 590.0, "office": 1_640.0, "trade": 3_300.0}
REFILL = {"household": 64.0, "office": 210.0, "trade": 520.0}
# Hours to a first answer and to the solution (medians), and the hours the service promises.
DESK = {
    "support_chat": (0.15, 13.0, 24.0), "support_phone": (0.1, 17.0, 36.0), "repair_workshop": (9.0, 118.0, 168.0),
    "presales_chat": (0.3, 5.0, 12.0), "presales_phone": (3.2, 9.0, 24.0),
}
TOPICS = {"technical": 0.14, "delivery": 0.32, "usage": 0.24, "billing": 0.16, "returns": 0.14}
TRAINING_LEVER = -0.115  # log of hours to the solution, for each hour of training a head two months before
TRAINING_LAG = 2
BAD_MONTH_DELAY = 0.75  # log of hours, in the month of the warehouse move
TECHNICAL_SHARE = {"nord": 0.05, "ost": 0.25, "sued": 0.05, "west": 0.06}  # first orders with a technical ticket in 30 days


def orders(episodes: pd.DataFrame, customer_id: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """The orders table: one row an episode, with revenue, cost, touchpoint and whether it was refunded."""
    table = episodes.sort_values(["day", "customer"], kind="stable", ignore_index=True)
    n, first, machine = len(table), (table["prior"] == 0).to_numpy(), table["machine"].to_numpy()
    price = table["segment"].map(MACHINE).to_numpy(dtype=float) * np.where(first, 1.0, 0.42)
    price = np.where(machine, price, table["segment"].map(REFILL).to_numpy(dtype=float))
    revenue = np.round(price * np.exp(rng.normal(0, np.where(machine, 0.32, 0.42))), 1) - 0.1
    share = np.where(machine, 0.55, 0.44) + rng.normal(0, 0.035, n)
    refunded = rng.random(n) < 0.025 + 0.07 * table["score_delivery"].isin([1, 2]).to_numpy()
    return pd.DataFrame({
        "order_id": [f"O{number:06d}" for number in range(1, n + 1)],
        "customer_id": customer_id[table["customer"].to_numpy()],
        "at": stamp(table["day"].to_numpy()),
        "revenue": np.round(revenue, 2),
        "cost": np.round(revenue * share + 5.9 * (table["score_delivery"] > 0).to_numpy(), 2),
        "touchpoint": table["channel"],
        "refunded": refunded,
    })


def cases(episodes: pd.DataFrame, intents: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Who opened a ticket where and when: customer, day, touchpoint, topic, handover, extra (in no episode)."""
    columns = ["customer", "day", "touchpoint", "topic", "handover", "extra"]
    parts = []
    for name in ("support_chat", "support_phone", "repair_workshop"):
        there = episodes[(episodes[f"score_{name}"] > 0).to_numpy() & (rng.random(len(episodes)) < 0.85)]
        if name == "support_chat":
            there = there[~there["handover"]]
        topic = rng.choice(list(TOPICS), len(there), p=list(TOPICS.values()))
        if name == "repair_workshop":
            topic = "technical"
        else:
            topic = np.where(bad_month(there["day"].to_numpy()) & (rng.random(len(there)) < 0.5), "delivery", topic)
        handed = there["handover"] if name == "support_phone" else False
        case = pd.DataFrame({"customer": there["customer"], "day": there[f"at_{name}"]})
        parts.append(case.assign(touchpoint=name, topic=topic, handover=handed, extra=False)[columns])
    for name in ("presales_chat", "presales_phone"):
        asked = intents[intents[name]]
        case = pd.DataFrame({"customer": asked["customer"], "day": asked["last"] + ASKED_AFTER[name], "topic": asked["topic"]})
        parts.append(case.assign(touchpoint=name, handover=False, extra=False)[columns])
    trouble_share = episodes["region"].map(TECHNICAL_SHARE).to_numpy(dtype=float)
    first = episodes[(episodes["prior"] == 0).to_numpy() & (rng.random(len(episodes)) < trouble_share)]
    day = shop_hours(first["day"].to_numpy() + 3 + 20 * rng.random(len(first)), rng)
    trouble = pd.DataFrame({"customer": first["customer"], "day": day})
    parts.append(trouble.assign(touchpoint="support_phone", topic="technical", handover=False, extra=True))
    table = pd.concat(parts, ignore_index=True)
    return table[table["day"] < DAYS].sort_values(["day", "customer"], kind="stable", ignore_index=True)


def tickets(case: pd.DataFrame, training: np.ndarray, customer_id: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """The tickets table. `training`: hours of training a head in the service, from two months before the first month."""
    n, month = len(case), month_of(case["day"].to_numpy())
    answer, solve, promised = (case["touchpoint"].map({k: v[i] for k, v in DESK.items()}).to_numpy(dtype=float) for i in range(3))
    bad = bad_month(case["day"].to_numpy())
    pace = TRAINING_LEVER * (training[month] - training.mean()) + BAD_MONTH_DELAY * bad + rng.normal(0, 0.03, 24)[month]
    waited = answer * np.exp(rng.normal(0, 0.8, n) + 0.3 * bad)
    hours = waited + solve * np.exp(rng.normal(0, 0.8, n) + pace + 0.35 * case["handover"].to_numpy())
    now = (DAYS - case["day"].to_numpy()) * 24
    open_still = (hours > now) | (rng.random(n) < 0.012)
    named = customer_id[case["customer"].to_numpy()].astype(object)
    named[rng.random(n) < 0.015] = None
    stranger = rng.random(n) < 0.015
    named[stranger] = [f"L{number:05d}" for number in range(70_001, 70_001 + int(stranger.sum()))]
    day = case["day"].to_numpy()
    return pd.DataFrame({
        "ticket_id": [f"T{number:05d}" for number in range(1, n + 1)],
        "opened_at": stamp(day), "customer_id": named,
        "first_response_at": np.where(waited > now, np.datetime64("NaT"), stamp(day + np.minimum(waited, now) / 24)),
        "resolved_at": np.where(open_still, np.datetime64("NaT"), stamp(day + np.minimum(hours, now) / 24)),
        "touchpoint": case["touchpoint"], "topic": case["topic"],
        "reopened": ~open_still & (rng.random(n) < 0.045 + 0.08 * case["handover"].to_numpy() + 0.06 * bad),
        "sla_met": pd.array(np.where(open_still & (now < promised), None, ~open_still & (hours <= promised)), dtype="boolean"),
    })


def contacts(case: pd.DataFrame) -> pd.DataFrame:
    """The contacts behind technical tickets that belong to no rated episode."""
    extra = case[case["extra"]]
    return extra[["customer", "day", "touchpoint"]].assign(device=None, outcome="success")
