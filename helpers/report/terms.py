"""Terms that set one side's texts apart from the other's, in words and a table; pages 1 and 5."""

from __future__ import annotations

import pandas as pd

from helpers.draw.text import is_missing, people, say, say_q, signed_span
from helpers.report.display import literal
from helpers.report.show import Item, Table
from helpers.report.words import listed, quoted

MOST = 12


def tell(table: pd.DataFrame, sides: tuple[str, str], counts: tuple[int, int], *, stem: str, sample: tuple[int, int] | None = None) -> list[Item]:
    """A sentence and a table from `terms.apart`: `sides` in words with how many customers each has; `sample` how many texts were read of how many, where not all."""
    ours, others = table[table["side"] == "ours"].head(MOST), table[table["side"] == "others"].iloc[::-1].head(MOST)
    part = f" A sample: {people(sample[0], 'texts')} of {people(sample[1])}." if sample else ""
    if not len(ours):
        return [f"Of {people(len(table), 'terms')} that enough customers used, none is shown to come more often from {sides[0]} ({people(counts[0])}) than from {sides[1]} ({people(counts[1])}).{part}"]
    text = f"What {sides[0]} write about more than {sides[1]}: {literal(listed([quoted(one) for one in ours['term']], most=MOST))}."
    if len(others):
        text += f" What they write less: {literal(listed([quoted(one) for one in others['term']], most=MOST))}."
    text += " A term names where to listen, not yet what went wrong." + part
    both = pd.concat([ours, others])
    shown = pd.DataFrame({
        "Term": both["term"], "More often from": [sides[0] if side == "ours" else sides[1] for side in both["side"]],
        f"Of {sides[0]}": [share(v) for v in both["share"]], f"Of {sides[1]}": [share(v) for v in both["others_share"]],
        "Log-odds": [signed_span(*one) for one in both[["log_odds", "low", "high"]].itertuples(index=False)],
        "q": [say_q(q) for q in both["q_value"]],
    })
    caption = f"Terms that set {sides[0]} ({people(counts[0], 'customers')}) apart from {sides[1]} ({people(counts[1], 'customers')}), by how many customers use them"
    return [text, Table(shown, stem, caption, table)]


def share(value: float) -> str:
    """A share of customers, or "few" where it is withheld."""
    return "few" if is_missing(value) else say(value, "share")
