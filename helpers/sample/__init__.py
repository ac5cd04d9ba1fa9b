"""The sample company, made up from a seed: tables to work with, and the truth behind them.

`make` gives the tables of DESIGN section 3 as pandas, `truth` the planted effect of every rated touchpoint, `write`
the files of data/sample. The same seed gives the same bytes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.sample import company, contacts, desk, firm, stories, voices
from helpers.sample.episodes import episodes as run_episodes
from helpers.sample.episodes import true_effects
from helpers.sample.files import write_tables
from helpers.sample.intents import first_purchases, later_intents
from helpers.sample.people import customers_table, people
from helpers.sample.stories import STORIES

__all__ = ["STORIES", "CUSTOMERS", "SEED", "make", "truth", "write"]

SEED = 7
CUSTOMERS = 9_000
EDITION = 4  # another edition is another company under every seed


@dataclass(frozen=True)
class World:
    """What happened, before anybody recorded it: people, their intents and their orders with experiences."""

    people: pd.DataFrame
    intents: pd.DataFrame
    episodes: pd.DataFrame
    seed: int

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that a change in one table leaves the others as they are."""
        return stream(self.seed, purpose)


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The random numbers of one purpose under one seed."""
    return np.random.default_rng([seed, zlib.crc32(f"{purpose} {EDITION}".encode())])


@lru_cache(maxsize=2)
def world(customers: int, seed: int, confounding: bool) -> World:
    """Everything that happened to `customers` people."""
    who = people(customers, rng=stream(seed, "people"), confounding=confounding)
    searched, first = first_purchases(who, stream(seed, "intents"))
    bought = run_episodes(who, first, rng=stream(seed, "episodes"), confounding=confounding)
    intents = pd.concat([searched, later_intents(bought, stream(seed, "later intents"))], ignore_index=True)
    return World(who, intents[intents["start"] < company.DAYS].reset_index(drop=True), bought, seed)


def make(*, customers: int = CUSTOMERS, seed: int = SEED, confounding: bool = True) -> dict[str, pd.DataFrame]:
    """The company's tables, name -> table, columns as in the contract.

    `confounding=False` lets experience hang on nothing but the touchpoint and chance, as in a company that assigned it by
    lot; the effects on the repeat purchase stay.

    >>> tables = make(customers=300, seed=1)
    >>> sorted(tables)[:3], len(tables["customers"])
    (['activities', 'activity_touchpoints', 'campaigns'], 300)
    """
    w = world(customers, seed, confounding)
    ids = w.people["customer_id"].to_numpy()
    training = firm.service_training(w.rng("training"))
    case = desk.cases(w.episodes, w.intents, w.rng("cases"))
    parts = contact_parts(w, case)
    return {
        "customers": customers_table(w.people, company.stamp),
        "interactions": contacts.interactions(parts, ids),
        "orders": desk.orders(w.episodes, ids, w.rng("orders")),
        "surveys": voices.surveys(survey_parts(w, pd.concat(parts, ignore_index=True)), ids, w.rng("comments")),
        "tickets": desk.tickets(case, training, ids, w.rng("tickets")),
        "campaigns": firm.campaigns(w.rng("campaigns")),
        "mentions": firm.mentions(w.episodes, ids, w.rng("mentions")),
        "team": firm.team(training, w.rng("team")),
        **company.dictionaries(),
    }


def contact_parts(w: World, case: pd.DataFrame) -> list[pd.DataFrame]:
    """Contacts by where they come from."""
    last_order = w.episodes.groupby("customer")["day"].max()
    return [
        contacts.of_intents(w.intents, w.rng("contacts of intents")),
        contacts.of_episodes(w.episodes, w.rng("contacts of episodes")),
        contacts.of_use(w.episodes[w.episodes["prior"] == 0], last_order, w.rng("use")),
        contacts.of_marketing(w.people, w.intents, w.rng("marketing")),
        contacts.of_loyalty(w.episodes, w.rng("loyalty")),
        desk.contacts(case),
    ]


def survey_parts(w: World, met: pd.DataFrame) -> list[pd.DataFrame]:
    """Answers by what was asked."""
    overloaded = w.intents.loc[w.intents["options"] > stories.TURNING_POINT, "customer"]
    return [
        *voices.of_episodes(w.episodes, w.rng("surveys")),
        *voices.on_the_spot(met, overloaded, w.rng("surveys on the spot")),
        *voices.after_the_outcome(w.episodes, w.rng("club review")),
    ]


def truth(*, customers: int = CUSTOMERS, seed: int = SEED, confounding: bool = True) -> pd.DataFrame:
    """The planted effect of every touchpoint that orders lead to, on the chance of another order within 90 days.

    Returns touchpoint, effect, penalty, reward (shares: -0.18 is 18 points), n, kind ('moment', 'decoy', 'none', and
    'after_outcome' for the coffee club). Each is what the same orders would have done under a poor (1-2) and a good
    (3-5) experience, all else equal: a counterfactual that only a made-up company can show.

    >>> table = truth(customers=300, seed=1).set_index("touchpoint")
    >>> bool(table.loc["delivery", "effect"] < -0.1), float(round(table.loc["help_centre", "effect"], 6) + 0)
    (True, 0.0)
    """
    table = true_effects(world(customers, seed, confounding).episodes)
    words = {**dict.fromkeys(stories.MOMENTS, "moment"), **dict.fromkeys(stories.DECOYS, "decoy")}
    table["kind"] = table["touchpoint"].map(words).fillna("none")
    late = pd.DataFrame([(stories.AFTER_OUTCOME, 0.0, 0.0, 0.0, 0, "after_outcome")], columns=list(table.columns))
    return pd.concat([table, late], ignore_index=True)


def write(folder: str | Path, *, customers: int = CUSTOMERS, seed: int = SEED) -> dict[str, int]:
    """Write the tables into `folder` (Parquet, dictionaries as CSV) and return rows by table."""
    return write_tables(make(customers=customers, seed=seed), Path(folder))
