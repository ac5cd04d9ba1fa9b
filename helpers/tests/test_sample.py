"""The sample company: the same bytes from the same seed, all tables filled, and every planted story there to be found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers import contract, load, names, sample, validate
from helpers.infer import xmr
from helpers.infer.effects import poor_experience
from helpers.load import ROOT
from helpers.sample import STORIES, stories

HOME = ROOT / "data" / "sample"
USAGE = ("machine_app", "recipe_library", "care_programme")


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return sample.make()


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return sample.truth().set_index("touchpoint")


@pytest.fixture(scope="module")
def roles(tables) -> pd.Series:
    return tables["touchpoints"].set_index("touchpoint")["role"]


def months(stamps: pd.Series) -> pd.Series:
    return stamps.dt.strftime("%Y-%m")


# The files ---------------------------------------------------------------------------------------------


def test_the_committed_files_are_what_the_seed_gives(tmp_path):
    rows = sample.write(tmp_path)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert len(written) == len(rows) == len(contract.TABLES)
    different = [name for name in written if (tmp_path / name).read_bytes() != (HOME / name).read_bytes()]
    assert not different, f"{', '.join(different)}: type python -m helpers.sample, and commit what it writes"


def test_small_enough_and_large_enough(tables):
    assert sum(path.stat().st_size for path in HOME.glob("*.parquet")) < 6_000_000
    assert len(tables["customers"]) >= 8_000
    assert len(set(months(tables["interactions"]["at"]))) == 24
    known = tables["touchpoints"]
    assert set(known["stage"]) == set(names.STAGES) and set(known["role"]) == set(names.ROLES) and set(known["setting"]) == set(names.SETTINGS)
    assert known["touchpoint"].isin(tables["interactions"]["touchpoint"]).sum() >= 25
    assert set(tables["surveys"]["instrument"]) == set(names.INSTRUMENTS)
    assert set(tables["activities"]["kind"]) == set(names.ACTIVITY_KINDS)


NOT_THEIRS = {"customers": ["person_id"], "touchpoints": ["relation"]}
"""Columns the coffee company has no use for: a customer is one person, and nobody cancels anything; they just stop buying."""


def test_every_column_of_the_contract_is_filled_and_every_row_right():
    prepared = validate.prepare(load.read_company(HOME))
    assert set(prepared.tables) == set(contract.TABLES)
    for name, info in prepared.tables.items():
        assert info.rows_quarantined == 0, name
        assert [column for column in contract.TABLES[name].column_names if not info.columns.get(column)] == NOT_THEIRS.get(name, []), name
    assert prepared.warnings == ()


def test_shares_of_an_activity_sum_to_one_and_name_known_touchpoints(tables):
    serves = tables["activity_touchpoints"]
    assert np.allclose(serves.groupby("activity")["share"].sum(), 1)
    assert serves["touchpoint"].isin(tables["touchpoints"]["touchpoint"]).all()
    assert set(tables["touchpoints"]["owner"]) <= set(tables["team"]["department"])


def test_another_seed_is_another_company_and_any_size_works():
    one, two = sample.make(customers=200, seed=1), sample.make(customers=200, seed=2)
    assert not one["orders"].equals(two["orders"])
    assert one["orders"].equals(sample.make(customers=200, seed=1)["orders"])


def test_the_command_refuses_too_few_customers(capsys):
    from helpers.sample.__main__ import main

    with pytest.raises(SystemExit) as stop:
        main(["--customers", "5"])
    assert stop.value.code == 2
    assert "--customers is 5; give 100 or more" in capsys.readouterr().err


# Believable --------------------------------------------------------------------------------------------


def test_comments_sound_as_the_score_says(tables):
    said = tables["surveys"].dropna(subset=["comment"])
    said = said[said["instrument"] == "csat"]
    cheerful = said["comment"].str.contains("happy|pleased|Thank you|Perfect|Recommended|Keep it up", regex=True)
    cross = said["comment"].str.contains("Not good|Sadly|Disappointing|Sorry to say|sort this out|Not what I paid for", regex=True)
    assert said.loc[cheerful, "score"].min() >= 4 and said.loc[cross, "score"].max() <= 2
    assert said["comment"].nunique() > 1_000


def test_figures_are_those_of_a_real_company(tables):
    surveys, orders, interactions = tables["surveys"], tables["orders"], tables["interactions"]
    nps = surveys.loc[surveys["instrument"] == "nps", "score"]
    assert 20 < 100 * ((nps >= 9).mean() - (nps <= 6).mean()) < 45
    assert 3.7 < surveys.loc[surveys["instrument"] == "csat", "score"].mean() < 4.1
    first = first_orders(tables)
    days = days_to_use(interactions, first)
    assert 0.6 < (days <= 30).mean() < 0.8
    assert 0.3 < 1 - orders["cost"].sum() / orders["revenue"].sum() < 0.6
    started = tables["customers"].groupby(months(tables["customers"]["acquired_at"])).size()
    assert started.iloc[12:].sum() > started.iloc[:12].sum()


def first_orders(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    first = tables["orders"].sort_values("at").drop_duplicates("customer_id")
    return first[["customer_id", "at"]].merge(tables["customers"], on="customer_id")


def days_to_use(interactions: pd.DataFrame, first: pd.DataFrame) -> pd.Series:
    """Days from the first order to the first use that worked, by customer; NaN where none; orders of the last 30 days left out."""
    used = interactions[interactions["touchpoint"].isin(USAGE) & (interactions["outcome"] == "success")]
    begun = first.set_index("customer_id")["at"]
    begun = begun[begun < pd.Timestamp("2026-09-01")]
    return (used.groupby("customer_id")["at"].min().reindex(begun.index) - begun).dt.total_seconds() / 86_400


# Moments of truth --------------------------------------------------------------------------------------


def occasions(tables: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders with a closed 90-day window (with prior, repeat and traits), and the ratings that followed each of them."""
    orders = tables["orders"].sort_values(["customer_id", "at"])
    later = orders.groupby("customer_id")["at"].shift(-1)
    orders = orders.assign(later=later, repeat=((later - orders["at"]) <= pd.Timedelta(days=90)).astype(float))
    orders["prior"] = np.log1p(orders.groupby("customer_id").cumcount())
    orders = orders[orders["at"] < pd.Timestamp("2026-07-02")].merge(tables["customers"], on="customer_id")
    rated = tables["surveys"].query("instrument == 'csat' and touchpoint.notna()").rename(columns={"at": "rated_at"})
    rated = pd.merge_asof(
        rated.sort_values("rated_at"), orders[["customer_id", "order_id", "at", "later"]].sort_values("at"),
        left_on="rated_at", right_on="at", by="customer_id",
    )
    before = ~(rated["rated_at"] > rated["later"]) & ((rated["rated_at"] - rated["at"]) <= pd.Timedelta(days=90))
    wide = rated[before].groupby(["order_id", "touchpoint"])["score"].last().unstack().reindex(orders["order_id"])
    answered = wide.notna().any(axis=1).to_numpy()
    return orders[answered].reset_index(drop=True), wide[answered].reset_index(drop=True)


RATED_AFTER_ORDERS = [*stories.MOMENTS, *stories.DECOYS, "shop_checkout", "phone_order", "setup_call", "support_chat", "repair_workshop"]


def naive(orders: pd.DataFrame, rating: pd.Series) -> float:
    return orders["repeat"][rating <= 2].mean() - orders["repeat"][rating > 2].mean()


def test_the_told_sizes_are_the_true_ones(truth):
    for name in stories.MOMENTS:
        assert truth.loc[name, "effect"] == pytest.approx(STORIES[f"moment_{name}"]["size"], abs=0.01)
    others = truth.drop(index=list(stories.MOMENTS))
    assert (others["effect"].abs() < 1e-9).all()
    for story, name in (("hygiene", stories.HYGIENE), ("attractor", stories.ATTRACTOR)):
        assert truth.loc[name, ["penalty", "reward"]].astype(float).to_dict() == pytest.approx(STORIES[story]["size"], abs=0.01)


def test_moments_are_found_and_decoys_are_not(tables, truth):
    orders, wide = occasions(tables)
    poor = (wide[RATED_AFTER_ORDERS] <= 2).astype(float).where(wide[RATED_AFTER_ORDERS].notna())
    traits = orders[["segment", "region", "plan", "source", "prior"]].assign(year=(orders["at"] - orders["at"].min()).dt.days / 365)
    found = poor_experience(poor, orders["repeat"], traits, cluster=orders["customer_id"]).set_index("touchpoint")
    assert set(found.index[found["q_value"] < 0.05]) == set(stories.MOMENTS)
    for name in stories.MOMENTS:
        assert found.loc[name, "effect_low"] < truth.loc[name, "effect"] < found.loc[name, "effect_high"]
    for name in stories.DECOYS:
        assert naive(orders, wide[name]) < -0.08, f"{name} should look guilty at first sight"


def test_without_confounding_decoys_look_innocent():
    # What is left of a decoy's guilt is chance, and the month in which everything went wrong at once.
    orders, wide = occasions(sample.make(confounding=False))
    for name in stories.DECOYS:
        assert abs(naive(orders, wide[name])) < 0.05, name
    assert naive(orders, wide[stories.HYGIENE]) < -0.12


def test_delivery_only_punishes_and_the_class_only_delights(tables):
    orders, wide = occasions(tables)
    delivery, lesson = (
        orders["repeat"].groupby(pd.cut(wide[name], [0, 2, 4, 5], labels=["poor", "fair", "best"]), observed=True).mean()
        for name in (stories.HYGIENE, stories.ATTRACTOR)
    )
    assert delivery["fair"] - delivery["poor"] > 2 * abs(delivery["best"] - delivery["fair"])
    assert lesson["best"] - lesson["fair"] > 3 * abs(lesson["fair"] - lesson["poor"])


def test_the_club_is_rated_when_the_outcome_is_settled(tables):
    first = first_orders(tables).set_index("customer_id")["at"]
    rated = tables["surveys"].query("touchpoint == @stories.AFTER_OUTCOME and instrument == 'csat'")
    after = (rated["at"] - rated["customer_id"].map(first)).dt.days
    assert after.min() > 90
    second = tables["orders"].sort_values("at").groupby("customer_id")["at"].nth(1)
    came_back = rated["customer_id"].isin(tables["orders"].loc[second.index, "customer_id"])
    assert rated.loc[came_back, "score"].mean() - rated.loc[~came_back, "score"].mean() > 0.5


# Before buying -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def intents(tables, roles) -> pd.DataFrame:
    """Intents of 30 days: customer_id, prev (the purchase before), at, options, bought, and what was met on the way."""
    rows = tables["interactions"].assign(role=tables["interactions"]["touchpoint"].map(roles)).sort_values("at")
    bought = tables["orders"][["customer_id", "at"]].rename(columns={"at": "bought_at"}).sort_values("bought_at")
    rows = pd.merge_asof(rows, bought.rename(columns={"bought_at": "prev"}), left_on="at", right_on="prev", by="customer_id")
    rows["prev"] = rows["prev"].fillna(pd.Timestamp("2024-01-01"))
    looks = rows[rows["role"].isin(names.INTENT_ROLES)]
    found = looks.groupby(["customer_id", "prev"])["at"].min().rename("start").reset_index().sort_values("start")
    found = pd.merge_asof(found, bought, left_on="start", right_on="bought_at", by="customer_id", direction="forward")
    found["bought"] = ((found["bought_at"] - found["start"]) <= pd.Timedelta(days=30)).astype(float)
    inside = rows.merge(found[["customer_id", "prev", "start"]], on=["customer_id", "prev"])
    inside = inside[(inside["at"] >= inside["start"]) & ((inside["at"] - inside["start"]) <= pd.Timedelta(days=30))]
    worked = inside["outcome"] == "success"
    marks = inside[["customer_id", "prev"]].assign(
        options=inside["role"].isin(names.INTENT_ROLES), trust=inside["role"] == "trust", guide=inside["touchpoint"] == "buying_guide",
        informed=(inside["touchpoint"] == "buying_guide") & worked, finder=(inside["touchpoint"] == "machine_finder") & worked,
        asked=inside["touchpoint"].isin(["presales_chat", "presales_phone"]),
    )
    counted = marks.groupby(["customer_id", "prev"]).sum().reset_index()
    return found[found["start"] < pd.Timestamp("2026-08-31")].merge(counted, on=["customer_id", "prev"])


def test_conversion_turns_near_nine_options(intents):
    assert 0.1 < intents["bought"].mean() < 0.35
    by_options = intents.groupby("options")["bought"].mean().loc[2:18]
    smooth = by_options.rolling(3, center=True).mean()
    assert abs(smooth.idxmax() - STORIES["overload"]["size"]) <= 1
    assert by_options.loc[9] - by_options.loc[2] > 0.15 and by_options.loc[9] - by_options.loc[16] > 0.15


def lift(intents: pd.DataFrame, met: pd.Series) -> float:
    return intents["bought"][met].mean() - intents["bought"][~met].mean()


def test_trust_information_needs_and_concerns_move_conversion(intents):
    assert lift(intents, intents["trust"] > 0) > 0.02
    read = intents[intents["guide"] > 0]
    assert lift(read, read["informed"] > 0) > 0.08
    assert lift(intents, intents["finder"] > 0) > 0.02
    assert lift(intents, intents["asked"] > 0) < -0.04


# Between touchpoints -----------------------------------------------------------------------------------


def hand_overs(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = tables["interactions"]
    before = rows.groupby("session_id")["channel"].shift()
    return rows.assign(before=before)[before.notna() & (before != rows["channel"])]


def test_hand_overs_from_chat_to_phone_fail(tables):
    rows, told = hand_overs(tables), STORIES["handover"]["size"]
    success = (rows["outcome"] == "success").groupby([rows["before"], rows["channel"]]).mean()
    assert success["chat", "phone"] == pytest.approx(told["success"], abs=0.04)
    assert success["web", "phone"] == pytest.approx(told["success_web_to_phone"], abs=0.04)
    often = rows.groupby(["before", "channel"]).size() > 100
    assert success[often].idxmin() == ("chat", "phone")


def monthly(values: pd.Series, stamps: pd.Series) -> pd.DataFrame:
    return values.groupby(months(stamps)).mean().rename("value").rename_axis("period").reset_index()


def test_the_bad_month_is_a_signal_everywhere_it_should_be(tables):
    month = STORIES["bad_month"]["where"]["month"]
    csat = tables["surveys"].query("instrument == 'csat'")
    tickets = tables["tickets"]
    hours = np.log((tickets["resolved_at"] - tickets["opened_at"]).dt.total_seconds() / 3_600)
    desk = hand_overs(tables).query("channel in ('chat', 'phone')")
    figures = {
        "satisfaction": monthly(csat["score"], csat["at"]), "hours": monthly(hours, tickets["opened_at"]),
        "hand-overs": monthly((desk["outcome"] == "success").astype(float), desk["at"]),
    }
    for name, frame in figures.items():
        seen = xmr.chart(frame).set_index("period")["signal"]
        assert seen[month] == "outside", name
        assert (seen == "outside").sum() == 1, f"{name}: only {month} stands out"


def test_training_moves_solution_time_two_months_later(tables):
    team, tickets = tables["team"], tables["tickets"]
    whole = team.groupby("month")[["training_hours", "headcount"]].sum()
    service = team[team["department"] == STORIES["training_lever"]["where"]["department"]].set_index("month")
    hours = ((tickets["resolved_at"] - tickets["opened_at"]).dt.total_seconds() / 3_600).groupby(months(tickets["opened_at"])).median()
    for trained in (service, whole):
        a_head = trained["training_hours"] / trained["headcount"]
        lagged = [a_head.diff().shift(lag).corr(hours.diff()) for lag in range(5)]
        assert lagged[2] < -0.6
        assert int(np.argmin(lagged)) == STORIES["training_lever"]["size"]["lag_months"]


# After buying, the value chain, the data ---------------------------------------------------------------


def test_trade_adopts_late_and_the_east_has_trouble(tables):
    first = first_orders(tables).set_index("customer_id")
    days = days_to_use(tables["interactions"], first.reset_index())
    about = first.loc[days.index]
    median = days.fillna(np.inf).groupby(about["segment"]).median()
    assert median["trade"] - median["household"] == pytest.approx(STORIES["late_segment"]["size"], abs=4)
    east = about["region"] == "ost"
    assert (days[east] <= 30).mean() - (days[~east] <= 30).mean() == pytest.approx(STORIES["technical_trouble"]["size"]["adoption"], abs=0.04)
    technical = tables["tickets"].query("topic == 'technical'").merge(first[["at", "region"]], left_on="customer_id", right_index=True)
    early = technical[(technical["opened_at"] >= technical["at"]) & (technical["opened_at"] < technical["at"] + pd.Timedelta(days=30))]
    share = early.groupby("region")["customer_id"].nunique() / first.groupby("region").size()
    assert share["ost"] - share.drop("ost").mean() == pytest.approx(STORIES["technical_trouble"]["size"]["tickets"], abs=0.04)


def test_offices_fade(tables):
    orders, _ = occasions(tables)
    year = np.where(orders["at"] < pd.Timestamp("2025-08-15"), "early", "late")
    share = orders.groupby(["segment", year])["repeat"].mean().unstack()
    fell = share["early"] - share["late"]
    assert fell["office"] > 0.08 and fell["office"] > 2 * abs(fell["household"])


def test_the_value_chain_has_its_gaps(tables):
    activities, serves = tables["activities"].set_index("activity"), tables["activity_touchpoints"]
    idle = set(activities.index) - set(serves["activity"])
    assert idle == {STORIES["idle_activity"]["where"]["activity"]}
    assert activities.loc[list(idle), "cost"].item() == STORIES["idle_activity"]["size"]
    assert set(tables["touchpoints"]["touchpoint"]) - set(serves["touchpoint"]) == {STORIES["unserved_touchpoint"]["where"]["touchpoint"]}
    waiting = activities["waiting_hours"] / activities["elapsed_hours"]
    assert waiting.idxmax() == STORIES["bottleneck"]["where"]["activity"] and waiting.max() == pytest.approx(STORIES["bottleneck"]["size"])


def test_the_data_have_their_gaps(tables):
    listed, seen = set(tables["touchpoints"]["touchpoint"]), set(tables["interactions"]["touchpoint"])
    where = STORIES["gaps_in_the_dictionary"]["where"]
    rated = set(tables["surveys"]["touchpoint"].dropna()) | set(tables["tickets"]["touchpoint"])
    assert listed - seen - rated == {where["no_data"]} and (seen | rated) - listed == {where["not_listed"]}
    for name, share in STORIES["strangers"]["size"].items():
        named = tables[name]["customer_id"].dropna()
        assert (~named.isin(tables["customers"]["customer_id"])).sum() / len(tables[name]) == pytest.approx(share, abs=0.008)
    assert tables["tickets"]["resolved_at"].isna().any() and tables["tickets"]["customer_id"].isna().any()
