"""The made-up company: its calendar, its touchpoints and its value chain.

Lindhagen Coffee sells coffee machines, beans and servicing to households, offices and the trade, through
its web shop, shops in four regions and by phone. Every customer number was issued on or after 1 October 2024,
the day it opened, so nobody has a history from before the data.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

START = np.datetime64("2024-10-01T00:00:00")
DAYS = 730  # 1 October 2024 up to and including 30 September 2026
MONTHS = pd.period_range("2024-10", "2026-09", freq="M")
MONTH_STARTS = np.array([(m.start_time.to_datetime64() - START) / np.timedelta64(1, "D") for m in MONTHS])
BAD_MONTH = "2026-03"

SEGMENTS = ("household", "office", "trade")
REGIONS = ("nord", "ost", "sued", "west")
PLANS = ("guest", "account", "club")
SOURCES = ("search", "social", "shop", "friend", "fair")

TOUCHPOINT_COLUMNS = ("touchpoint", "label", "stage", "channel", "setting", "role", "owner")
TOUCHPOINTS = (
    ("search_ad", "Search advertisement", "awareness", "search", "online", "engagement", "Marketing"),
    ("social_post", "Post on social media", "awareness", "social", "online", "engagement", "Marketing"),
    ("coffee_fair", "Stand at a coffee fair", "awareness", "event", "offline", "engagement", "Marketing"),
    ("magazine_advert", "Advertisement in a magazine", "awareness", "print", "offline", "engagement", "Marketing"),
    ("product_search", "Search in the web shop", "consideration", "web", "online", "research", "Online shop"),
    ("shop_browse", "Looking round a shop", "consideration", "shop", "offline", "research", "Shops"),
    ("buying_guide", "Buying guide", "consideration", "web", "online", "information", "Online shop"),
    ("machine_finder", "Machine finder", "consideration", "web", "online", "needs", "Online shop"),
    ("newsletter", "Newsletter", "consideration", "email", "online", "engagement", "Marketing"),
    ("product_comparison", "Comparison of machines", "decision", "web", "online", "comparison", "Online shop"),
    ("product_page", "Product page", "decision", "web", "online", "evaluation", "Online shop"),
    ("shop_demo", "Tasting at the machine", "decision", "shop", "offline", "evaluation", "Shops"),
    ("customer_reviews", "Customer reviews", "decision", "web", "online", "trust", "Online shop"),
    ("guarantee_page", "Guarantee and returns page", "decision", "web", "online", "trust", "Online shop"),
    ("presales_chat", "Chat before buying", "decision", "chat", "online", "concerns", "Customer service"),
    ("presales_phone", "Advice by phone", "decision", "phone", "offline", "needs", "Sales"),
    ("web_checkout", "Checkout in the web shop", "purchase", "web", "online", "purchase", "Online shop"),
    ("shop_checkout", "Till in the shop", "purchase", "shop", "offline", "purchase", "Shops"),
    ("phone_order", "Order by phone", "purchase", "phone", "offline", "purchase", "Sales"),
    ("delivery", "Delivery", "post_purchase", "courier", "offline", "engagement", "Logistics"),
    ("order_tracking", "Order tracking", "post_purchase", "web", "online", "information", "Logistics"),
    ("setup_guide", "Set-up guide in the app", "post_purchase", "app", "online", "onboarding", "Product"),
    ("setup_call", "Set-up call", "post_purchase", "phone", "offline", "onboarding", "Customer service"),
    ("barista_class", "Barista class", "post_purchase", "shop", "offline", "onboarding", "Shops"),
    ("machine_app", "Brewing with the app", "post_purchase", "app", "online", "usage", "Product"),
    ("recipe_library", "Recipe library", "post_purchase", "app", "online", "usage", "Product"),
    ("care_programme", "Descaling programme", "post_purchase", "app", "online", "usage", "Product"),
    ("help_centre", "Help centre", "post_purchase", "web", "online", "support", "Customer service"),
    ("support_chat", "Service chat", "post_purchase", "chat", "online", "support", "Customer service"),
    ("support_phone", "Service line", "post_purchase", "phone", "offline", "support", "Customer service"),
    ("repair_workshop", "Repair workshop", "post_purchase", "workshop", "offline", "support", "Workshop"),
    ("bean_subscription", "Bean subscription", "loyalty", "web", "online", "loyalty", "Online shop"),
    ("coffee_club", "Coffee club", "loyalty", "app", "online", "loyalty", "Marketing"),
    ("reorder_mail", "Reorder reminder", "loyalty", "email", "online", "engagement", "Marketing"),
    ("shop_tasting", "Tasting evening", "loyalty", "shop", "offline", "loyalty", "Shops"),
    ("write_review", "Writing a review", "advocacy", "web", "online", "advocacy", "Online shop"),
    ("friend_referral", "Recommending to a friend", "advocacy", "app", "online", "advocacy", "Marketing"),
    ("coffee_evening", "Customers' coffee evening", "advocacy", "event", "offline", "advocacy", "Shops"),
)
NO_DATA = "magazine_advert"  # in the dictionary, never in the data
NOT_LISTED = "shop_kiosk"  # in the data, not in the dictionary
CHANNELS = {t[0]: t[3] for t in TOUCHPOINTS} | {NOT_LISTED: "shop"}
ONLINE = {t[0] for t in TOUCHPOINTS if t[4] == "online"}

# activity, label, kind, cost (EUR a month), owner, elapsed hours and waiting hours of one run through it
ACTIVITY_COLUMNS = ("activity", "label", "kind", "cost", "owner", "elapsed_hours", "waiting_hours")
ACTIVITIES = (
    ("goods_receipt", "Receiving goods", "inbound_logistics", 4_800, "Logistics", 20.0, 7.0),
    ("quality_check", "Checking machines", "operations", 3_600, "Product", 10.0, 3.0),
    ("roasting", "Roasting beans", "operations", 8_900, "Product", 30.0, 9.0),
    ("pick_and_pack", "Picking and packing", "outbound_logistics", 6_300, "Logistics", 9.0, 3.5),
    ("shipping", "Shipping", "outbound_logistics", 8_200, "Logistics", 52.0, 21.0),
    ("advertising", "Advertising", "marketing_and_sales", 7_400, "Marketing", 60.0, 20.0),
    ("content", "Guides, reviews and comparison", "marketing_and_sales", 4_600, "Online shop", 40.0, 12.0),
    ("web_shop", "Running the web shop", "marketing_and_sales", 6_100, "Online shop", 6.0, 1.0),
    ("shop_sales", "Selling in the shops", "marketing_and_sales", 13_800, "Shops", 1.5, 0.4),
    ("phone_sales", "Selling by phone", "marketing_and_sales", 4_200, "Sales", 4.0, 1.5),
    ("customer_magazine", "Printed customer magazine", "marketing_and_sales", 11_500, "Marketing", 320.0, 120.0),
    ("customer_service", "Answering customers", "service", 10_900, "Customer service", 26.0, 11.0),
    ("onboarding_service", "Set-up calls and classes", "service", 3_900, "Customer service", 8.0, 2.0),
    ("repair", "Repairing machines", "service", 5_700, "Workshop", 130.0, 104.0),
    ("club_care", "Looking after regular customers", "service", 2_800, "Marketing", 24.0, 8.0),
    ("app_development", "Building the app", "technology", 6_900, "Product", 240.0, 70.0),
    ("staff_training", "Training staff", "human_resources", 2_100, "Customer service", 16.0, 4.0),
    ("machine_purchasing", "Buying machines and parts", "procurement", 2_600, "Product", 190.0, 95.0),
    ("management", "Running the company", "infrastructure", 7_400, "Management", 80.0, 20.0),
)
UNUSED_ACTIVITY = "customer_magazine"
BOTTLENECK = "repair"
UNSERVED_TOUCHPOINT = "friend_referral"

# share: the part of the activity's cost that serves the touchpoint; the parts of one activity sum to 1.
SERVES = {
    "goods_receipt": {"delivery": 0.7, "shop_checkout": 0.3},
    "quality_check": {"delivery": 0.6, "setup_guide": 0.2, "repair_workshop": 0.2},
    "roasting": {"bean_subscription": 0.6, "shop_tasting": 0.15, "delivery": 0.25},
    "pick_and_pack": {"delivery": 0.9, "order_tracking": 0.1},
    "shipping": {"delivery": 0.92, "order_tracking": 0.08},
    "advertising": {"search_ad": 0.5, "social_post": 0.25, "coffee_fair": 0.15, "magazine_advert": 0.1},
    "content": {
        "buying_guide": 0.25, "product_comparison": 0.2, "customer_reviews": 0.15, "guarantee_page": 0.05,
        "machine_finder": 0.2, "newsletter": 0.15,
    },
    "web_shop": {"product_search": 0.25, "product_page": 0.25, "web_checkout": 0.4, "bean_subscription": 0.1},
    "shop_sales": {"shop_browse": 0.3, "shop_demo": 0.3, "shop_checkout": 0.3, "shop_tasting": 0.1},
    "phone_sales": {"phone_order": 0.6, "presales_phone": 0.4},
    "customer_service": {"support_phone": 0.5, "support_chat": 0.25, "help_centre": 0.1, "presales_chat": 0.15},
    "onboarding_service": {"setup_call": 0.4, "barista_class": 0.6},
    "repair": {"repair_workshop": 1.0},
    "club_care": {"coffee_club": 0.4, "reorder_mail": 0.3, "write_review": 0.1, "coffee_evening": 0.2},
    "app_development": {
        "machine_app": 0.4, "setup_guide": 0.3, "recipe_library": 0.15, "care_programme": 0.1, "coffee_club": 0.05,
    },
    "staff_training": {"support_phone": 0.5, "support_chat": 0.3, "setup_call": 0.2},
    "machine_purchasing": {"delivery": 0.5, "repair_workshop": 0.5},
    "management": {"delivery": 0.25, "support_phone": 0.25, "web_checkout": 0.25, "shop_checkout": 0.25},
}


def dictionaries() -> dict[str, pd.DataFrame]:
    """The touchpoint dictionary and the value chain as tables.

    >>> {name: len(table) for name, table in dictionaries().items()}
    {'touchpoints': 38, 'activities': 19, 'activity_touchpoints': 57}
    """
    rows = [(activity, touchpoint, share) for activity, parts in SERVES.items() for touchpoint, share in parts.items()]
    return {
        "touchpoints": pd.DataFrame(TOUCHPOINTS, columns=list(TOUCHPOINT_COLUMNS)),
        "activities": pd.DataFrame(ACTIVITIES, columns=list(ACTIVITY_COLUMNS)),
        "activity_touchpoints": pd.DataFrame(rows, columns=["activity", "touchpoint", "share"]),
    }


def month_of(day: np.ndarray) -> np.ndarray:
    """Index of the month (0 = October 2024, 23 = September 2026) that holds each day number."""
    return np.clip(np.searchsorted(MONTH_STARTS, day, side="right") - 1, 0, len(MONTHS) - 1)


def bad_month(day: np.ndarray) -> np.ndarray:
    """True where the day lies in the month of the warehouse move."""
    return month_of(day) == list(MONTHS.astype(str)).index(BAD_MONTH)


def shop_hours(day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same day at an opening hour of a shop or desk (9 to 19 h); Sundays move to Monday."""
    date = np.floor(day)
    sunday = date % 7 == 5  # 1 October 2024 was a Tuesday
    return date + sunday + (9 + 10 * rng.beta(2, 2, len(date))) / 24


def any_hour(day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same day at an hour when people are awake (6 to 24 h), most of them in the evening."""
    return np.floor(day) + (6 + 17.9 * rng.beta(3.2, 2.0, len(day))) / 24


def stamp(day: np.ndarray) -> np.ndarray:
    """Day numbers as time stamps to the second."""
    return START + np.round(np.asarray(day, dtype=float) * 86_400).astype("timedelta64[s]")
