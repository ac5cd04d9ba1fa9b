"""The stories planted in the sample company, each with its true size.

Tests and benchmarks read STORIES; data/sample/README.md tells the same in plain words. `where` says which page and
which part of the data hold the story, `size` how large it is, in the unit named beside it. Effects on the repeat
purchase are differences in the share who order again within 90 days, poor experience (1 or 2 stars) against the rest.
"""

from __future__ import annotations

# Log-odds that a rating of 1, 2, 3, 4, 5 adds to "orders again within 90 days". Touchpoints not listed add nothing.
EFFECTS = {
    "delivery": (-0.95, -0.90, 0.0, 0.0, 0.0),
    "setup_guide": (-0.85, -0.75, -0.25, 0.0, 0.25),
    "support_phone": (-1.00, -0.90, -0.30, 0.0, 0.15),
    "barista_class": (0.0, 0.0, 0.0, 0.0, 1.30),
}
MOMENTS = tuple(EFFECTS)
HYGIENE = "delivery"
ATTRACTOR = "barista_class"
DECOYS = ("order_tracking", "help_centre", "web_checkout")
AFTER_OUTCOME = "coffee_club"
TURNING_POINT = 9


def _moment(touchpoint: str, effect: float) -> dict:
    return {
        "title": f"A poor experience with {touchpoint} keeps customers from ordering again",
        "where": {"page": "4_moments_of_truth", "touchpoint": touchpoint}, "size": effect, "unit": "share who order again within 90 days",
    }


STORIES: dict[str, dict] = {
    "moment_delivery": _moment("delivery", -0.18),
    "moment_setup_guide": _moment("setup_guide", -0.17),
    "moment_support_phone": _moment("support_phone", -0.185),
    "moment_barista_class": _moment("barista_class", -0.145),
    "decoys": {
        "title": "Three touchpoints are rated worst by those who do not come back, and have no part in it",
        "where": {"page": "4_moments_of_truth", "touchpoints": DECOYS}, "size": 0.0, "unit": "share who order again within 90 days",
    },
    "after_outcome": {
        "title": "The coffee club is rated after the repeat purchase, which its rating reflects and cannot have moved",
        "where": {"page": "4_moments_of_truth", "touchpoint": AFTER_OUTCOME}, "size": 0.0, "unit": "share who order again within 90 days",
    },
    "hygiene": {
        "title": "Delivery only punishes",
        "where": {"page": "4_moments_of_truth", "touchpoint": HYGIENE}, "size": {"penalty": -0.18, "reward": 0.0},
        "unit": "share who order again within 90 days, against 3 or 4 stars",
    },
    "attractor": {
        "title": "The barista class only delights",
        "where": {"page": "4_moments_of_truth", "touchpoint": ATTRACTOR}, "size": {"penalty": 0.0, "reward": 0.27},
        "unit": "share who order again within 90 days, against 3 or 4 stars",
    },
    "overload": {
        "title": "More options help a customer decide up to nine, and stop more than that from deciding",
        "where": {"page": "1_intent", "options": "research, comparison and evaluation contacts of an intent"},
        "size": TURNING_POINT, "unit": "options",
    },
    "trust": {
        "title": "Who reads reviews or the guarantee buys more often",
        "where": {"page": "1_intent", "role": "trust"}, "size": 0.32, "unit": "log-odds of buying",
    },
    "information": {
        "title": "Who looks for information and does not find it buys less often",
        "where": {"page": "1_intent", "role": "information"}, "size": {"found": 0.35, "not_found": -0.35}, "unit": "log-odds of buying",
    },
    "needs": {
        "title": "Who has the machine finder name a machine buys more often",
        "where": {"page": "1_intent", "touchpoint": "machine_finder"}, "size": 0.45, "unit": "log-odds of buying",
    },
    "concerns": {
        "title": "Who voices a doubt about price, delivery time, compatibility or a rival's offer buys less often",
        "where": {"page": "1_intent", "topics": ("price", "compatibility", "delivery_time", "competitor_offer")},
        "size": -0.7, "unit": "log-odds of buying",
    },
    "handover": {
        "title": "From the chat to the phone, hand-overs fail",
        "where": {"page": "2_touchpoints", "from": "chat", "to": "phone"},
        "size": {"success": 0.37, "success_web_to_phone": 0.88, "rating_lost": 1.3}, "unit": "share of hand-overs; stars",
    },
    "training_lever": {
        "title": "An hour of training a head in the service makes solutions 11 % faster two months later",
        "where": {"page": "5_journey", "from": "training_hours", "to": "resolution_time", "department": "Customer service"},
        "size": {"lag_months": 2, "log_hours": -0.115}, "unit": "log of hours to the solution, an hour of training a head",
    },
    "idle_activity": {
        "title": "The printed customer magazine costs 11,500 EUR a month and serves no touchpoint",
        "where": {"page": "4_moments_of_truth", "activity": "customer_magazine"}, "size": 11_500, "unit": "EUR a month",
    },
    "unserved_touchpoint": {
        "title": "Nobody looks after recommending to a friend",
        "where": {"page": "4_moments_of_truth", "touchpoint": "friend_referral"}, "size": 0, "unit": "activities",
    },
    "bottleneck": {
        "title": "Repairs wait four fifths of their time",
        "where": {"page": "4_moments_of_truth", "activity": "repair"}, "size": 0.8, "unit": "share of elapsed hours",
    },
    "bad_month": {
        "title": "In March 2026 the warehouse moved: deliveries, satisfaction, solutions and hand-overs suffered",
        "where": {"page": "2_touchpoints", "month": "2026-03"},
        "size": {"csat": -0.6, "delivery_csat": -1.8, "resolution_factor": 2.1}, "unit": "stars; times as long",
    },
    "late_segment": {
        "title": "Trade customers brew their first cup three weeks later than households",
        "where": {"page": "3_adoption", "segment": "trade", "against": "household"}, "size": 23, "unit": "days at the median",
    },
    "technical_trouble": {
        "title": "In region ost machines are harder to set up",
        "where": {"page": "3_adoption", "region": "ost"}, "size": {"tickets": 0.15, "adoption": -0.15},
        "unit": "share of new customers: with a technical ticket in 30 days, more; adopting in 30 days, fewer",
    },
    "fading_loyalty": {
        "title": "Offices order again less and less",
        "where": {"page": "2_touchpoints", "segment": "office"}, "size": -2.4, "unit": "log-odds of ordering again, over the two years",
    },
    "gaps_in_the_dictionary": {
        "title": "One touchpoint of the dictionary has no data, one in the data is not in the dictionary",
        "where": {"page": "2_touchpoints", "no_data": "magazine_advert", "not_listed": "shop_kiosk"}, "size": 1, "unit": "touchpoint each",
    },
    "strangers": {
        "title": "Some tickets and mentions name people whom the customer table does not know",
        "where": {"page": "0_data", "tables": ("tickets", "mentions")}, "size": {"tickets": 0.015, "mentions": 0.03}, "unit": "share of rows",
    },
}
