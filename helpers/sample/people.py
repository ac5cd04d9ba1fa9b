"""Who the customers are, and what each brings along before the first contact."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.sample.company import DAYS, MONTH_STARTS, MONTHS, PLANS, REGIONS, SEGMENTS, SOURCES, any_hour

SEASON = {1: 0.97, 2: 0.95, 3: 1.0, 4: 1.0, 5: 0.98, 6: 0.95, 7: 0.9, 8: 0.92, 9: 1.0, 10: 1.04, 11: 1.16, 12: 1.2}
GROWTH_A_MONTH = 0.012

# What a trait does to experience (in standard deviations) and to buying again (in log-odds). Where both have the
# same sign the trait confounds: it makes any rating look as if it moved the repeat purchase.
EXPERIENCE = {
    "segment": {"household": 0.08, "office": -0.05, "trade": -0.35},
    "region": {"nord": 0.12, "ost": -0.28, "sued": 0.15, "west": 0.0},
    "plan": {"guest": -0.3, "account": 0.05, "club": 0.45},
    "source": {"search": -0.08, "social": -0.15, "shop": 0.1, "friend": 0.35, "fair": 0.0},
}
LOYALTY = {
    "segment": {"household": -0.15, "office": 0.2, "trade": -0.1},
    "region": {"nord": 0.15, "ost": -0.35, "sued": 0.2, "west": 0.0},
    "plan": {"guest": -0.45, "account": 0.0, "club": 0.65},
    "source": {"search": -0.1, "social": -0.25, "shop": 0.15, "friend": 0.45, "fair": 0.0},
}
OFFICE_WEST = {"experience": -0.5, "loyalty": -0.55}  # the product term a linear adjustment misses
ATTITUDE = 0.1  # an unseen liking of the company moves ratings and repeat purchases by this much


def people(customers: int, *, rng: np.random.Generator, confounding: bool) -> pd.DataFrame:
    """One row a customer: customer (0-based), customer_id, day (first known), traits, and three hidden leanings.

    Hidden: attitude (normal), experience and loyalty (sums of EXPERIENCE and LOYALTY over the traits). Without
    confounding, experience and attitude are zero for everyone: traits move the outcome only.
    """
    month = rng.choice(len(MONTHS), customers, p=month_weights())
    length = np.diff(np.append(MONTH_STARTS, DAYS))[month]
    day = np.sort(any_hour(MONTH_STARTS[month] + rng.random(customers) * length, rng))
    segment = rng.choice(SEGMENTS, customers, p=[0.68, 0.20, 0.12])
    table = pd.DataFrame({
        "customer": np.arange(customers),
        "customer_id": [f"C{number:06d}" for number in range(1, customers + 1)],
        "day": day,
        "segment": segment,
        "region": rng.choice(REGIONS, customers, p=[0.28, 0.20, 0.27, 0.25]),
        "plan": plans(segment, rng),
        "source": rng.choice(SOURCES, customers, p=[0.34, 0.20, 0.20, 0.16, 0.10]),
    })
    special = ((table["segment"] == "office") & (table["region"] == "west")).to_numpy()
    table["attitude"] = rng.normal(size=customers) * confounding
    table["experience"] = (leaning(table, EXPERIENCE) + OFFICE_WEST["experience"] * special) * confounding
    table["loyalty"] = leaning(table, LOYALTY) + OFFICE_WEST["loyalty"] * special
    return table


def month_weights() -> np.ndarray:
    """Share of all customers who are first seen in each month: mild growth times a mild season."""
    weights = np.array([(1 + GROWTH_A_MONTH) ** i * SEASON[month.month] for i, month in enumerate(MONTHS)])
    return weights / weights.sum()


def plans(segment: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The account a customer opens at the first contact: guests are mostly households."""
    draw = rng.random(len(segment))
    guest = np.where(segment == "household", 0.42, 0.25)
    return np.select([draw < guest, draw < guest + 0.37], [PLANS[0], PLANS[1]], PLANS[2])


def leaning(table: pd.DataFrame, weights: dict[str, dict[str, float]]) -> np.ndarray:
    """Sum over the traits of each customer's weight."""
    return sum(table[trait].map(by_value).to_numpy(dtype=float) for trait, by_value in weights.items())


def customers_table(table: pd.DataFrame, stamp) -> pd.DataFrame:
    """The customers table as the company keeps it."""
    kept = table[["customer_id", "segment", "region", "plan", "source"]].copy()
    kept.insert(1, "acquired_at", stamp(table["day"].to_numpy()))
    return kept
