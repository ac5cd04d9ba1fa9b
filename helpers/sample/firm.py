"""The company's own side: the team, what it spends on campaigns, and what the public says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.sample.company import BAD_MONTH, CHANNELS, DAYS, MONTH_STARTS, MONTHS, any_hour, bad_month, stamp
from helpers.sample.desk import TRAINING_LAG
from helpers.sample.words import mention_texts

# department: people at the start and end, training hours a head, satisfaction (1 to 5), articles and ideas a month
DEPARTMENTS = {
    "Customer service": (9, 14, None, 3.7, 7.0, 1.0), "Logistics": (8, 11, 2.0, 3.6, 1.0, 0.8), "Marketing": (6, 8, 3.0, 4.0, 3.0, 1.4),
    "Online shop": (5, 8, 3.5, 4.1, 4.0, 2.2), "Product": (7, 10, 4.0, 4.1, 3.0, 2.4), "Sales": (4, 6, 2.5, 3.8, 1.5, 0.6),
    "Shops": (16, 20, 2.5, 3.9, 1.0, 0.9), "Workshop": (4, 5, 2.5, 3.7, 1.5, 0.4),
}
CAMPAIGNS = {"search_ad": 5_600, "social_post": 2_100, "coffee_fair": 1_900, "newsletter": 450}
MENTION_CHANNELS = ("social", "review site", "forum", "press")


def service_training(rng: np.random.Generator) -> np.ndarray:
    """Hours of training a head in the service, month by month, from two months before the data begin.

    In January 2026 everybody prepared the warehouse move, and hardly anybody was trained.
    """
    hours = np.round(rng.uniform(1.8, 8.2, len(MONTHS) + TRAINING_LAG), 1)
    hours[MONTHS.astype(str).get_loc(BAD_MONTH)] = 1.5  # shifted by the lag of two: this is January
    return hours


def team(training: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """The team table: one row a month and department."""
    parts = []
    steps = np.arange(len(MONTHS))
    bad = bad_month(MONTH_STARTS)
    for name, (start, end, hours, mood, articles, ideas) in DEPARTMENTS.items():
        people = np.round(start + (end - start) * steps / steps[-1]).astype(np.int64)
        a_head = training[TRAINING_LAG:] if hours is None else np.maximum(hours + rng.normal(0, 0.15, len(steps)), 0.5)
        strain = 0.35 * bad * (name in ("Customer service", "Logistics"))
        parts.append(pd.DataFrame({
            "month": MONTHS.astype(str), "department": name, "training_hours": np.round(people * a_head, 1),
            "employee_satisfaction": np.round(mood + rng.normal(0, 0.07, len(steps)) - strain, 2),
            "knowledge_articles": rng.poisson(articles, len(steps)), "ideas_shipped": rng.poisson(ideas, len(steps)), "headcount": people,
        }))
    return pd.concat(parts).sort_values(["month", "department"], kind="stable", ignore_index=True)


def campaigns(rng: np.random.Generator) -> pd.DataFrame:
    """The campaigns table: search, social, fairs and newsletter every month, reorder reminders every quarter."""
    ends = np.append(MONTH_STARTS[1:], DAYS) - 1 / 1440
    rows = [(MONTH_STARTS[m], ends[m], name, cost) for m in range(len(MONTHS)) for name, cost in CAMPAIGNS.items()]
    rows += [(MONTH_STARTS[m], ends[m + 2], "reorder_mail", 380) for m in range(0, len(MONTHS), 3)]
    table = pd.DataFrame(rows, columns=["start", "end", "touchpoint", "cost"])
    table = table.sort_values(["start", "touchpoint"], kind="stable", ignore_index=True)
    month = table["start"].map(dict(zip(MONTH_STARTS, MONTHS, strict=True)))
    season = np.where(month.dt.month.isin([11, 12]), 1.35, 1.0)
    return pd.DataFrame({
        "campaign_id": table["touchpoint"] + "_" + month.astype(str),
        "starts_at": stamp(table["start"].to_numpy()), "ends_at": stamp(table["end"].to_numpy()),
        "touchpoint": table["touchpoint"], "channel": table["touchpoint"].map(CHANNELS),
        "cost": np.round(table["cost"].to_numpy() * season * np.exp(rng.normal(0, 0.12, len(table))), 2),
    })


def mentions(episodes: pd.DataFrame, customer_id: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """The mentions table: public words about the company, few of them by known customers."""
    n = 1_500
    day = np.sort(any_hour(DAYS * rng.beta(1.25, 1.0, n), rng))
    sentiment = np.clip(np.round(0.22 + rng.normal(0, 0.45, n) - 0.5 * bad_month(day), 2), -1, 1)
    who = customer_id[rng.choice(episodes["customer"].to_numpy(), n)].astype(object)
    who[rng.random(n) < 0.7] = None
    stranger = rng.random(n) < 0.03
    who[stranger] = [f"@guest{number}" for number in range(1, int(stranger.sum()) + 1)]
    return pd.DataFrame({
        "at": stamp(day), "channel": rng.choice(MENTION_CHANNELS, n, p=[0.55, 0.25, 0.15, 0.05]),
        "text": mention_texts((sentiment + 1) / 2, rng), "customer_id": who, "sentiment": sentiment,
    })
