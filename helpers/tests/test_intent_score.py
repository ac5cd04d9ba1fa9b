"""The intent score: features before the date only, the truth found again, and every kind of leaking feature refused by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.engine import F
from helpers.infer import forecast, intent_score
from helpers.infer.intent import intent_score as section
from helpers.infer.intent_guard import refused
from helpers.infer.logit import expit
from helpers.journey import open_journey
from helpers.measure.base import interactions
from helpers.measure.intent import last_looks
from helpers.measure.intent_features import before, sources
from helpers.measure.intent_score import KEYS, Feature, Source, prediction_rows, scored_rows
from helpers.report.intent_score import finding
from helpers.report.intent_score import intent_score as read
from helpers.tests.folders import write

WORDS = "touchpoint,stage,role\nshelf,consideration,research\nreviews,consideration,trust\nask,consideration,concerns\nbasket,purchase,purchase\nhelp,post_purchase,support\n"
SETTINGS = "name: Stall\nmin_cell: 5\nmin_n: 5\nwindows: {intent: 30d}\n"


# A company small enough to check by eye -----------------------------------------------------------------

# Dates a week apart, back from the end, 1 March: 22, 15, 8 and 1 February, 25 January ... ann looks on 26 January and again on 5 and 9 February, reads
# a review that fails on the 5th, and buys on the 12th. bob looks on 20 February: his window is open at the end. cat bought on 1 January, asks a
# question on 3 February and never buys again. dan begins on 28 January and does not buy.
LOG = """customer_id,at,touchpoint,device,outcome,channel
ann,2026-01-26 10:00:00,shelf,desktop,success,web
ann,2026-02-05 10:00:00,shelf,phone,success,shop
ann,2026-02-05 10:05:00,reviews,phone,failed,web
ann,2026-02-09 10:00:00,shelf,phone,success,web
ann,2026-02-12 09:59:00,basket,phone,success,web
bob,2026-02-20 10:00:00,shelf,phone,success,web
cat,2026-02-02 10:00:00,shelf,desktop,success,web
dan,2026-01-28 10:00:00,shelf,phone,success,web
"""
ORDERS = "order_id,customer_id,at,revenue\n1,cat,2026-01-01 12:00:00,9\n2,ann,2026-02-12 10:00:00,9\n"
TICKETS = "ticket_id,customer_id,opened_at,touchpoint,topic\n1,cat,2026-02-03 09:00:00,ask,price\n2,cat,2026-01-05 09:00:00,help,leak\n3,cat,2026-02-04 09:00:00,help,leak\n"
PEOPLE = "customer_id,acquired_at,town\nann,2026-02-03 00:00:00,Ulm\nbob,2026-01-01 00:00:00,Ulm\ncat,2026-01-01 00:00:00,Kiel\ndan,2026-01-01 00:00:00,Kiel\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("score") / "small", journey=SETTINGS + "as_of: 2026-02-28\n", interactions_csv=LOG, orders_csv=ORDERS, tickets_csv=TICKETS,
                   customers_csv=PEOPLE, touchpoints_csv=WORDS)
    journey = open_journey(folder)
    table, declared = scored_rows(journey, sources(journey))
    declared.attrs["folder"] = folder
    return table.assign(day=table["snapshot"].dt.strftime("%m-%d")).set_index(["customer_id", "day"]), declared


def test_an_open_intent_stands_at_each_date_before_its_purchase_or_its_windows_end(small):
    table, _ = small
    days = {name: list(part.index.get_level_values("day")) for name, part in table.groupby(level=0)}
    assert days == {"ann": ["02-01", "02-08"], "bob": ["02-22", "03-01"], "cat": ["02-08", "02-15", "02-22", "03-01"], "dan": ["02-01", "02-08", "02-15", "02-22"]}


def test_open_windows_have_no_ending_and_are_never_lost(small):
    table, _ = small
    assert table.loc["ann", "bought"].tolist() == [1, 1]
    assert table.loc["dan", "bought"].tolist() == [0] * 4            # his window is over on 27 February
    assert table.loc[["bob", "cat"], "bought"].isna().all()


def test_features_hold_what_lay_before_the_date(small):
    table, _ = small
    first, second = table.loc[("ann", "02-01")], table.loc[("ann", "02-08")]
    assert [first["options"], second["options"]] == [1, 2]           # the look of the 9th comes after both dates
    assert second["days_since_first_look"] == pytest.approx(12 + 14 / 24) and second["days_since_last_look"] == pytest.approx(2 + 14 / 24)
    assert [first["channels_used"], second["channels_used"]] == [1, 2] and second["visits"] == 2
    assert [second["failed_contacts"], second["trust_failed"], second["trust_worked"]] == [1, 1, 0]
    assert [first["first_device"], second["first_device"]] == ["desktop"] * 2
    assert [second["earlier_orders"], table.loc[("cat", "02-08"), "earlier_orders"]] == [0, 1]
    assert table.loc[("cat", "02-08"), "days_since_last_order"] == pytest.approx(37.5) and np.isnan(second["days_since_last_order"])


def test_tickets_count_before_the_purchase_and_traits_from_the_first_day(small):
    table, _ = small
    cat = table.loc[("cat", "02-08")]
    assert cat["topic_asked"] == "price" and cat["earlier_tickets"] == 1      # the ticket of 4 February is about the earlier purchase
    assert table.loc["ann", "town"].isna().tolist() == [True, False]          # a customer since the third


def test_each_feature_names_its_time_column_and_nothing_speaks_against_it(small):
    table, declared = small
    assert declared.set_index("feature")["time"][["options", "earlier_orders", "topic_asked", "town"]].tolist() == [
        "interactions.at", "orders.at", "tickets.opened_at", "customers.acquired_at"]
    assert not table[[f"why_{name}" for name in declared["feature"]]].to_numpy().any()


def test_the_last_look_of_an_open_intent_is_the_last_before_the_end(small):
    journey = open_journey(small[1].attrs["folder"], period="2026-01-01..2026-02-07")
    known = journey.collect(last_looks(journey, journey.period.end), ["customer_id"]).set_index("customer_id")["last_look"]
    assert known["ann"] == pd.Timestamp("2026-02-05 10:00:00")                # not the look of the ninth, which nobody knew of on the seventh


# A company whose truth is known -------------------------------------------------------------------------

START, LENGTH = pd.Timestamp("2025-01-01"), 420


def company(seed: int, *, people: int = 2200, signal: float = 1.0, base: float = -0.9) -> dict[str, str]:
    """Files of a stall. Who buys does so 29.5 days after the first look, so at each date before it the true probability is the same: `p`."""
    rng = np.random.default_rng(seed)
    who = np.array([f"p{i:05d}" for i in range(people)])
    began = START + pd.to_timedelta(np.sort(rng.uniform(0, LENGTH, people)), unit="D").floor("s")
    phone, trust, looks = rng.random(people) < 0.5, rng.random(people) < 0.4, rng.integers(1, 7, people)
    p = expit(base + signal * (0.8 * trust - 0.9 * phone + 0.45 * (looks - 3.5)))
    bought = rng.random(people) < p
    device = np.where(phone, "phone", "desktop")
    parts = [pd.DataFrame({"customer_id": np.repeat(who, looks), "at": np.repeat(began, looks) + pd.to_timedelta(20 * np.concatenate([np.arange(n) for n in looks]), unit="min"),
                           "touchpoint": "shelf", "device": np.repeat(device, looks)})]
    parts.append(pd.DataFrame({"customer_id": who[trust], "at": began[trust] + pd.Timedelta(minutes=3), "touchpoint": "reviews", "device": device[trust]}))
    last = pd.DataFrame({"customer_id": who[bought], "at": began[bought] + pd.Timedelta(days=28), "touchpoint": "shelf", "device": device[bought]})   # one more look, late
    basket = bought & (rng.random(people) < 0.7)
    parts += [last, pd.DataFrame({"customer_id": who[basket], "at": began[basket] + pd.to_timedelta(rng.uniform(1, 20, basket.sum()), unit="D").floor("s"), "touchpoint": "basket", "device": device[basket]})]
    end = START + pd.Timedelta(days=LENGTH)
    log = pd.concat(parts).query("at < @end").sort_values(["at", "customer_id"], kind="stable")
    at = began[bought] + pd.Timedelta(days=29, hours=12)
    orders = pd.DataFrame({"order_id": [f"o{i}" for i in range(bought.sum())], "customer_id": who[bought], "at": at, "revenue": 10}).query("at < @end")
    has = np.isin(who, orders["customer_id"])
    card = np.where(has & (rng.random(people) < 0.4), "gold", "plain")
    traits = pd.DataFrame({"customer_id": who, "acquired_at": began, "town": rng.choice(["Ulm", "Kiel"], people), "has_bought": np.where(has, "yes", "no"), "card": card})
    asked = pd.DataFrame({"ticket_id": [f"t{i}" for i in range(people)], "customer_id": who, "opened_at": began + pd.Timedelta(minutes=5), "touchpoint": "ask",
                          "topic": np.where(bought, "confirmation", "advice")})
    truth = pd.DataFrame({"customer_id": who, "p": p, "began": began})
    text = {f"{name}_csv": frame.to_csv(index=False) for name, frame in (("interactions", log), ("orders", orders), ("customers", traits), ("tickets", asked))}
    return {"truth": truth, "traits": traits, "journey": SETTINGS + f"as_of: {end - pd.Timedelta(days=1):%Y-%m-%d}\n", "touchpoints_csv": WORDS, **text}


def opened(folder, files: dict, *, honest: bool = True, **more: str):
    """The stall; an honest one keeps no traits and no tickets that know the end."""
    files = {k: v for k, v in files.items() if k not in ("truth", "traits") and not (honest and k == "tickets_csv")}
    if honest:
        files["customers_csv"] = pd.read_csv(pd.io.common.StringIO(files["customers_csv"]))[["customer_id", "acquired_at", "town"]].to_csv(index=False)
    return open_journey(write(folder, **(files | more)))


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    files = company(1)
    return opened(tmp_path_factory.mktemp("planted") / "stall", files), files["truth"]


def test_the_planted_probability_is_found_again_out_of_time(planted):
    journey, truth = planted
    result = section(journey)
    f = result.facts
    table, _ = intent_score.rows(journey)
    check = table[intent_score.slices(table, 30)[0] == "check"].merge(truth[["customer_id", "p"]], on="customer_id")
    best = forecast.auc(check["bought"], check["p"], check["customer_id"])["value"]
    assert f["auc_low"] < best < f["auc_high"] and best - f["auc"] < 0.03
    assert f["better"] and f["word"] != "broken" and f["slope_low"] < 1.15 and f["slope_high"] > 0.85
    assert f["brier"] == pytest.approx(((check["p"] - check["bought"]) ** 2).mean(), abs=0.008) and f["brier"] < f["base_brier"]
    now = truth[truth["began"] > journey.as_of - pd.Timedelta(days=29)]
    assert f["expected_low"] < now["p"].sum() < f["expected_high"]
    bands = result.extra["bands"]
    assert bands["intents"].sum() == f["open"] == f["same_open"] and bands["expected"].sum() == pytest.approx(f["expected"])
    assert (result.table["observed"].between(result.table["predicted"] - 0.12, result.table["predicted"] + 0.12)).all()


def test_what_goes_with_buying_has_the_planted_sign(planted):
    effects = section(planted[0]).extra["effects"].set_index("feature")
    for name, sign in (("trust_worked", 1), ("first_device", -1), ("options", 1)):
        assert np.sign(effects.loc[name, "difference"]) == (sign if name != "first_device" or effects.loc[name, "value"] == "phone" else -sign)
        assert effects.loc[name, "q_value"] < 0.05
    assert effects.loc["town", "q_value"] > 0.05


def test_no_case_of_one_slice_is_settled_after_the_next_begins(planted):
    table, _ = intent_score.rows(planted[0])
    slice_, second, third = intent_score.slices(table, 30)
    ends = table["began"] + pd.Timedelta(days=30)
    assert ends[slice_ == "train"].max() <= second <= table.loc[slice_ == "calibrate", "snapshot"].min()
    assert ends[slice_ == "calibrate"].max() <= third <= table.loc[slice_ == "check", "snapshot"].min()
    sets = [set(table.loc[slice_ == name, "customer_id"]) for name in intent_score.SLICES]      # one intent each here
    assert not (sets[0] & sets[1] or sets[1] & sets[2] or sets[0] & sets[2])
    assert table.loc[slice_ != "", "bought"].notna().all()


def test_what_is_known_at_the_end_of_a_period_is_what_data_that_end_there_know(tmp_path, planted):
    folder = planted[0].company.folder
    early, cut = open_journey(folder, period="2025-01-01..2025-08-31"), open_journey(folder, as_of="2025-08-31")
    one, two = (intent_score.rows(j)[0] for j in (early, cut))
    pd.testing.assert_frame_equal(one, two)


def test_the_same_rows_give_the_same_bytes(planted):
    table, declared = intent_score.rows(planted[0])
    one, two = (intent_score.score(table, declared, window_days=30) for _ in range(2))
    for name in ("reliability", "effects", "bands"):
        assert getattr(one, name).to_csv() == getattr(two, name).to_csv()


def test_the_page_says_it_and_has_a_finding_whose_step_is_a_trial(planted):
    result = section(planted[0])
    shown = read(result)
    assert "of 100 pairs; where it promised" in shown[0].title
    assert any("No feature was refused" in item for item in shown if isinstance(item, str))
    one = next(one for one in finding(result, "Advice") if one.headline.startswith("One intent in five"))
    assert "chosen by lot" in one.next_step and "needs no help" in one.otherwise
    assert "left out, never counted as lost" in result.method


# Leaks --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    files = company(2)
    return opened(tmp_path_factory.mktemp("leaky") / "stall", files, honest=False)


def _count(only):
    return F.count(only(F.lit(1)))


def whole_search(journey, asked):
    """All looks of the search, with no eye on the date."""
    looks = interactions(journey).filter(F.col("role") == "research").select("customer_id", F.col("at").alias("fed_at"), "stage")
    return looks.join(asked.select(*KEYS, F.col("began")), "customer_id")


def baskets(journey, asked):
    rows = interactions(journey).filter(F.col("touchpoint") == "basket").select("customer_id", "at", "stage")
    return before(rows, asked, at="at").filter(F.col("fed_at") >= F.col("began"))


def looks_before(journey, asked):
    return before(interactions(journey).filter(F.col("role") == "research").select("customer_id", "at", "stage"), asked, at="at")


LEAKS = {
    "looks_in_all": (Source("leak", "interactions.at", whole_search, lambda j: [Feature("looks_in_all", "looks in all", _count)]), r"rests on interactions.at at or after the prediction date in [\d,]+ of"),
    "baskets_filled": (Source("leak", "interactions.at", baskets, lambda j: [Feature("baskets_filled", "baskets filled", _count)]), "rests on touchpoints of the purchase or later within the same search"),
    "without_time": (Source("leak", "", looks_before, lambda j: [Feature("without_time", "looks", _count)]), "declares no time stamp"),
    "wrong_time": (Source("leak", "orders.revenue", looks_before, lambda j: [Feature("wrong_time", "looks", _count)]), "declares “orders.revenue”, which is no time stamp"),
    "has_bought": (None, "carries no time stamp and tells who buys after the date almost perfectly"),
    "card": (None, "value “gold” stands only with customers who bought afterwards"),
    "topic_asked": (None, "alone tells almost every ending"),
}


@pytest.fixture(scope="module")
def rows(leaky):
    """The rows with every leak beside the honest features, worked out once."""
    planted = [replace(source, name=name) for name, (source, _) in LEAKS.items() if source]
    return scored_rows(leaky, (*sources(leaky), *planted))


def test_every_kind_of_leak_is_refused_by_name_and_nothing_else(rows):
    table, declared = rows
    told = refused(table, declared, min_n=30).set_index("feature")["reason"]
    assert sorted(told.index) == sorted(LEAKS)
    for name, (_, words) in LEAKS.items():
        assert pd.Series([told[name]]).str.contains(words).all(), told[name]


@pytest.mark.parametrize("name", ["looks_in_all", "baskets_filled", "has_bought", "card", "topic_asked"])
def test_without_the_guard_each_leak_would_flatter_the_score(rows, name):
    table, declared = rows
    honest = declared[~declared["feature"].isin(LEAKS)]
    with_leak = declared[declared["feature"].isin([*honest["feature"], name])]
    clean, flattered = (intent_score.score(table, part, window_days=30, guarded=False).facts for part in (honest, with_leak))
    assert flattered["auc"] > clean["auc"] + 0.02 and flattered["brier"] < clean["brier"] - 0.005
    guarded = intent_score.score(table, with_leak, window_days=30)
    assert guarded.facts["auc"] == pytest.approx(clean["auc"], abs=1e-9) and guarded.refused["feature"].tolist() == [name]


def test_the_page_lists_what_was_refused(leaky):
    result = section(leaky)
    shown = read(result)
    table = next(item for item in shown if getattr(item, "stem", "") == "intent_score_refused")
    assert table.frame["Refused"].tolist() == ["topic asked", "has bought", "card"]
    assert any("3 features know what comes after" in one.headline for one in finding(result, ""))


def test_an_honest_trait_is_not_refused_in_any_draw():
    rng = np.random.default_rng(3)
    for _ in range(20):
        n = 400
        table = pd.DataFrame({"customer_id": np.arange(n), "snapshot": START, "fresh": 1, "later": (rng.random(n) < 0.2).astype(int), "town": rng.choice(list("abcdefgh"), n), "why_town": 0})
        table["bought"] = table["later"].astype(float)
        declared = pd.DataFrame({"feature": ["town"], "label": ["town"], "kind": ["text"], "source": ["traits"], "time": ["customers.acquired_at"], "own_time": [False]})
        assert not len(refused(table, declared))


# Where there is little ----------------------------------------------------------------------------------


def test_nothing_to_go_by_is_said_and_no_intent_is_foretold(tmp_path):
    result = section(opened(tmp_path / "stall", company(4, people=1400, signal=0.0)))
    assert not result.facts["better"] and not len(result.extra["bands"])
    shown = read(result)
    assert shown[0].title.startswith("Who will buy cannot be told") and any("nothing is said here of the intents open today" in i for i in shown if isinstance(i, str))


def test_too_few_rows_say_how_many_are_needed(planted):
    result = section(open_journey(planted[0].company.folder, period="2025-01-01..2025-04-15"))
    assert not result.ok and "to learn from it takes 60 intents with and 60 without a purchase" in result.nothing and "Not scored" in result.nothing


def test_counts_of_a_few_people_are_not_told():
    table = pd.DataFrame({"customer_id": range(8), "number": 1, "bought": [1.0] * 3 + [0.0] * 5})
    told = intent_score.too_few(table, pd.Series(["train"] * 8), 30, min_cell=4)
    assert "here are fewer than 4 and 5;" in told and told.endswith("here are 0 and 0")


def test_without_a_single_purchase_nothing_is_scored(tmp_path):
    files = company(6, people=600, base=-60.0)
    result = section(opened(tmp_path / "stall", files, orders_csv="order_id,customer_id,at,revenue\n1,stranger,2025-02-01 10:00:00,9\n"))
    assert "and here are 0 and" in result.nothing


def test_the_toy_company_is_too_small_to_score():
    result = section(open_journey("data/toy"))
    assert result.nothing.startswith("Not scored") or result.missing


def test_very_many_rows_are_cut_to_some_customers_and_the_page_says_so(tmp_path, monkeypatch):
    from helpers.measure import intent_score as measured

    monkeypatch.setattr(measured, "MOST_ROWS", 5000)
    journey = opened(tmp_path / "stall", company(7))
    table = journey.collect(prediction_rows(journey), KEYS)
    past = table[table["snapshot"] < table["snapshot"].max()]
    assert 4000 < len(past) < 5600 and len(table[table["snapshot"] == table["snapshot"].max()]) > 100
    result = section(journey)
    assert "chosen by their id's checksum" in result.method
