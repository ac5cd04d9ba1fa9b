"""What customers write: short texts put together from phrases that agree with the score."""

from __future__ import annotations

import numpy as np

GOOD = {
    "delivery": (
        "the parcel came a day early", "it arrived on the morning they promised", "well packed and on time",
        "the driver carried it up to the kitchen",
    ),
    "order_tracking": ("I always knew where the parcel was", "the tracking page told me the hour", "clear updates all the way"),
    "setup_guide": (
        "the guide had me brewing in ten minutes", "every step came with a picture", "set-up was easier than I feared",
        "the grinder settings were explained so well",
    ),
    "setup_call": (
        "the call took five minutes and everything ran", "they adjusted the grind with me on the phone",
        "a patient, cheerful voice",
    ),
    "barista_class": (
        "I never knew my milk could look like that", "the class was the best hour of my week", "our teacher was wonderful",
        "I finally understand extraction",
    ),
    "help_centre": ("found the answer at once", "the article on descaling was exactly right", "good search and short articles"),
    "support_chat": ("a real person answered within a minute", "the chat sorted it while I waited", "friendly and to the point"),
    "support_phone": (
        "she knew my order before I said a word", "solved in one call", "he stayed on the line until it worked",
        "they sent the part the same day",
    ),
    "repair_workshop": ("came back like new", "repaired within three days", "they told me what it would cost beforehand"),
    "web_checkout": ("paid in two clicks", "quick and painless checkout", "all costs were shown before I paid"),
    "shop_checkout": ("the shop gave me a coffee while they packed", "no queue and good advice at the till", "lovely shop"),
    "phone_order": (
        "ordering for the office took one call", "they knew what our team needs", "invoice in the inbox an hour later",
    ),
    "machine_app": ("the app remembers how I like it", "I start the machine from bed", "the app just works"),
    "coffee_club": ("the points pay for my beans", "club beans are excellent", "nice extras for regulars"),
    "": ("great coffee and good people", "I would buy here again", "everything just worked", "exactly what I hoped for"),
}
BAD = {
    "delivery": (
        "the parcel came four days late", "the box was dented and wet", "nobody rang, it was left at a neighbour's",
        "two delivery dates and nobody came",
    ),
    "order_tracking": ("the page said 'on its way' for a week", "the tracking link led nowhere", "no word about the delay"),
    "setup_guide": (
        "the guide stops at step four", "the pictures show another machine", "it would not connect to the wifi",
        "three tries and still an error code",
    ),
    "setup_call": ("nobody called at the agreed time", "he read from a script", "the line was cut and nobody rang back"),
    "barista_class": (
        "twelve people round one machine", "the class was cancelled that morning", "I could hardly hear the teacher",
    ),
    "help_centre": ("none of the articles fit my model", "I searched for half an hour", "the answers are out of date"),
    "support_chat": (
        "the chat sent me to the phone in the end", "the same canned sentence three times",
        "waited twenty minutes for a reply",
    ),
    "support_phone": (
        "I had to tell the whole story again", "passed from one desk to the next", "half an hour of music, then cut off",
        "they promised to ring back and did not",
    ),
    "repair_workshop": (
        "three weeks without coffee", "it came back with the same fault", "nobody could say when it would be ready",
    ),
    "web_checkout": (
        "the payment failed twice", "shipping costs only showed up at the end", "my voucher was refused without a reason",
    ),
    "shop_checkout": ("long queue and one till open", "the machine I came for was not in stock", "nobody had time for me"),
    "phone_order": ("they got the address wrong", "on hold for ages just to order beans", "the offer by mail had another price"),
    "machine_app": (
        "the app loses the machine every morning", "update after update and it still crashes", "I was logged out again",
    ),
    "coffee_club": ("my points ran out unnoticed", "the club offers nothing for people like me", "too many mails"),
    "": (
        "I expected more for this price", "too many things went wrong", "next time I will look elsewhere",
        "this took far too much effort",
    ),
}
FAIR = (
    "it was all right", "could be quicker", "fine, nothing special", "in the end it worked", "some of it good, some of it not",
    "okay, but I had to ask twice", "neither good nor bad", "does what it should",
)
OPEN = {
    "good": ("", "", "Really happy: ", "Honestly, ", "Very pleased, ", "Perfect: ", "Thank you, ", "Top: "),
    "fair": ("", "", "Well, ", "All in all ", "Hm, ", "To be fair, "),
    "bad": ("", "", "Not good: ", "Sadly, ", "Disappointing: ", "Honestly, ", "Sorry to say, ", "Again: "),
}
CLOSE = {
    "good": ("", "", "!", ". Keep it up!", ". Will order again.", ". My colleagues noticed too.", ". Recommended.", " :)"),
    "fair": ("", "", ".", ". Let's see next time.", ". Three stars for now."),
    "bad": (
        "", "", ".", ". Please sort this out.", ". I had hoped for better.", ". That cost me a morning.",
        ". Not what I paid for.", "!",
    ),
}
RIVALS = ("Bohnenpost", "Cremado", "Espressano")  # made up, like the company
MENTIONS = {
    "good": (
        "Lindhagen beans again this month, love them", "my Lindhagen machine turns two and still shines",
        "the Lindhagen class was great fun", "came from {rival}, stayed with Lindhagen",
    ),
    "fair": (
        "thinking about a Lindhagen machine, any experience?", "Lindhagen or {rival} for a small office?",
        "waiting for my Lindhagen order",
    ),
    "bad": (
        "Lindhagen service line, second try today", "{rival} delivers in two days, Lindhagen needs a week",
        "Lindhagen got dearer again, {rival} is cheaper", "my Lindhagen parcel is lost",
    ),
}


def moods(place: np.ndarray) -> np.ndarray:
    """'bad', 'fair' or 'good' from the place of a score on its scale (0 worst, 1 best)."""
    return np.select([place < 0.45, place < 0.7], ["bad", "fair"], "good")


def comments(touchpoint: np.ndarray, place: np.ndarray, rng: np.random.Generator) -> list[str]:
    """One comment a row: an opening, a phrase that fits touchpoint and score, an ending."""
    picks = rng.integers(0, 1 << 30, (len(touchpoint), 3))
    texts = []
    for name, mood, (a, b, c) in zip(touchpoint, moods(place), picks.tolist(), strict=True):
        own = {"good": GOOD, "bad": BAD}.get(mood)
        phrases = FAIR if own is None else own.get(name, own[""])
        start, end = OPEN[mood][a % len(OPEN[mood])], CLOSE[mood][c % len(CLOSE[mood])]
        text = start + phrases[b % len(phrases)] + end
        texts.append(text[0].upper() + text[1:])
    return texts


def mention_texts(place: np.ndarray, rng: np.random.Generator) -> list[str]:
    """One public mention a row; some name a rival."""
    picks = rng.integers(0, 1 << 30, (len(place), 3))
    return [
        (MENTIONS[mood][a % len(MENTIONS[mood])].format(rival=RIVALS[b % 3]) + CLOSE[mood][c % len(CLOSE[mood])])
        for mood, (a, b, c) in zip(moods(place), picks.tolist(), strict=True)
    ]
