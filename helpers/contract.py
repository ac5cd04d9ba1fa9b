"""The contract: every table the workbook reads, its columns, and what makes a row wrong.

One declaration drives validation, the data dictionary in `data/README.md`, the starter `journey.yml` and the
error texts. Nothing here computes on data.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpers import names

# The scale of a survey answer where the row does not carry its own.
SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10), "expectation": (1, 5), "emotion": (-2, 2)}

# Words that stand for "nothing here" in exports; free text and segment columns keep them.
MISSING_WORDS = ("null", "nan", "none", "na", "n/a", "#n/a", "nat")
TRUE_WORDS = ("true", "t", "yes", "y", "1")
FALSE_WORDS = ("false", "f", "no", "n", "0")

KINDS = {
    "text": "words",
    "timestamp": "a time stamp like 2026-07-14 09:30:00",
    "month": "a month like 2026-07",
    "number": "a number like 12.50",
    "integer": "a whole number like 3",
    "flag": "true or false",
    "category": "one of a few words",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind, the values it may hold, and what it means."""

    name: str
    kind: str
    meaning: str
    example: str
    required: bool = False
    words: tuple[str, ...] = ()
    low: float | str | None = None
    high: float | str | None = None
    unit: str = ""
    # Names one person or quotes them: hidden in reports.
    personal: bool = False
    # Free text keeps words such as "none".
    free: bool = False
    # The instant of the row: it may not lie after `as_of`, and the last one of all tables is `as_of`.
    instant: bool = False
    # "table.column" that must hold the value, where that table is there.
    refers_to: str = ""
    # Words come from the company's own stages.
    from_stages: bool = False
    # Where it is empty: another column, and the value for each of its words.
    default_by: str = ""
    defaults: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Rule:
    """What must hold between columns of one row. `broken` is SQL over the typed columns, true where it does not hold."""

    column: str
    broken: str
    reason: str
    remedy: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One table: columns, the columns that name a row, and rules between columns."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    # Columns beyond the contract are kept (segments of customers) or left out.
    keeps_extra: bool = False

    def column(self, name: str) -> Column:
        """The column called `name`.

        >>> TABLES["orders"].column("revenue").unit
        'currency'
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}; it has {', '.join(self.column_names)}")

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)

    @property
    def instant(self) -> str | None:
        """The column that says when the row happened, if the table has one."""
        return next((column.name for column in self.columns if column.instant), None)


# Event times before this are the zero of a computer's clock, not a date.
FIRST_INSTANT, FIRST_DATE, LAST_INSTANT = "1970-01-02", "1900-01-02", "2100-01-01"


def _text(name: str, meaning: str, example: str, **more) -> Column:
    return Column(name, "text", meaning, example, **more)


def _number(name: str, meaning: str, example: str, unit: str, **more) -> Column:
    return Column(name, "number", meaning, example, unit=unit, **{"low": 0, **more})


def _instant(name: str, meaning: str, example: str, **more) -> Column:
    return Column(name, "timestamp", meaning, example, **{"low": FIRST_INSTANT, "high": LAST_INSTANT, **more})


def _word(name: str, meaning: str, words: tuple[str, ...], example: str, **more) -> Column:
    return Column(name, "category", meaning, example, words=words, **more)


def _customer(required: bool = False) -> Column:
    meaning = "Who it was, in the same spelling in every table." if required else "Who it was; empty where nobody is named."
    return _text("customer_id", meaning, "C-1042", required=required, personal=True)


def _touchpoint(required: bool = False) -> Column:
    return _text("touchpoint", "Where it happened, a name of the touchpoint dictionary.", "product_page", required=required)


def _channel() -> Column:
    return _text("channel", "The channel it came through.", "web")


_TABLES = (
    Table(
        "customers", "One row a customer.",
        (
            _customer(required=True),
            _instant("acquired_at", "When the customer first became one.", "2025-03-02 10:15:00", low=FIRST_DATE, instant=True),
            _text("person_id", "The person behind it, where one person can be several customers: contracts, enrolments.", "P-77", personal=True),
        ),
        key=("customer_id",), keeps_extra=True,
    ),
    Table(
        "interactions", "One row a contact of a customer with a touchpoint.",
        (
            _customer(required=True),
            _instant("at", "When it happened.", "2026-07-14 09:30:00", required=True, instant=True),
            _touchpoint(required=True),
            _text("session_id", "The visit it belongs to; filled in by the session gap where empty.", "S-88310"),
            _channel(),
            _text("device", "The device it was used on.", "phone"),
            _word("outcome", "How it ended.", names.INTERACTION_OUTCOMES, "success"),
        ),
    ),
    Table(
        "orders", "One row an order.",
        (
            _text("order_id", "The order's own number.", "O-5501", required=True),
            _customer(required=True),
            _instant("at", "When it was placed.", "2026-07-14 09:42:00", required=True, instant=True),
            _number("revenue", "What the customer pays. A return is the order's `refunded`, never a negative order.", "49.90",
                    "currency", required=True),
            _number("cost", "What the order costs the company.", "31.20", "currency"),
            _touchpoint(),
            Column("refunded", "flag", "The money went back.", "false"),
        ),
        key=("order_id",),
    ),
    Table(
        "surveys", "One row an answer to one question.",
        (
            _customer(),
            _instant("at", "When it was answered.", "2026-07-15 18:00:00", required=True, instant=True),
            _word("instrument", "What was asked: satisfaction, effort, recommendation, expectation, emotion.", names.INSTRUMENTS,
                  "csat", required=True),
            _number("score", "The answer, on its scale.", "4", "score", required=True, low=None),
            _number("scale_min", "The lowest answer possible; filled in by instrument where empty.", "1", "score", low=None,
                    default_by="instrument", defaults=tuple((word, low) for word, (low, _) in SCALES.items())),
            _number("scale_max", "The highest answer possible; filled in by instrument where empty.", "5", "score", low=None,
                    default_by="instrument", defaults=tuple((word, high) for word, (_, high) in SCALES.items())),
            _touchpoint(),
            _text("comment", "What the customer wrote. Never shown in a report.", "Took too long", personal=True, free=True),
            _number("weight", "How many people of the population the answer stands for.", "1", "count"),
        ),
        rules=(
            Rule("scale_max", "scale_min >= scale_max", "the scale ends where it starts, or before",
                 "give the lowest answer as scale_min and the highest as scale_max", ("scale_min", "scale_max")),
            Rule("score", "(score < scale_min OR score > scale_max) AND scale_min < scale_max", "the answer lies outside its scale",
                 "give scale_min and scale_max, or name the code under missing: {score: [...]}", ("score", "scale_min", "scale_max")),
        ),
    ),
    Table(
        "tickets", "One row a request, question or complaint.",
        (
            _text("ticket_id", "The ticket's own number.", "T-204", required=True),
            _instant("opened_at", "When it was opened.", "2026-07-16 08:00:00", required=True, instant=True),
            _customer(),
            _instant("first_response_at", "When somebody first answered; empty while nobody has.", "2026-07-16 09:10:00"),
            _instant("resolved_at", "When it was resolved; empty while it is open.", "2026-07-17 15:00:00"),
            _touchpoint(),
            _text("topic", "What it was about.", "delivery"),
            Column("reopened", "flag", "It came back after it was resolved.", "false"),
            Column("sla_met", "flag", "The promised service level was met.", "true"),
        ),
        key=("ticket_id",),
        rules=(
            Rule("first_response_at", "first_response_at < opened_at", "answered before it was opened",
                 "correct one of the two, or check timestamp_format and timezone", ("first_response_at", "opened_at")),
            Rule("resolved_at", "resolved_at < opened_at", "resolved before it was opened",
                 "correct one of the two, or check timestamp_format and timezone", ("resolved_at", "opened_at")),
        ),
    ),
    Table(
        "campaigns", "One row a campaign.",
        (
            _text("campaign_id", "The campaign's own name or number.", "spring_sale", required=True),
            _instant("starts_at", "When it starts.", "2026-03-01", required=True),
            _instant("ends_at", "When it ends; may lie in the future.", "2026-03-31"),
            _touchpoint(),
            _channel(),
            _number("cost", "What it costs in all.", "12000", "currency"),
        ),
        key=("campaign_id",),
        rules=(
            Rule("ends_at", "ends_at < starts_at", "ends before it starts", "swap or correct the two", ("ends_at", "starts_at")),
        ),
    ),
    Table(
        "mentions", "One row a public mention of the company.",
        (
            _instant("at", "When it was published.", "2026-07-18 20:05:00", required=True, instant=True),
            _channel(),
            _text("text", "What was said. Never shown in a report.", "Great service again", required=True, personal=True, free=True),
            _customer(),
            _number("sentiment", "How it sounds, from -1 (bad) to 1 (good).", "0.6", "score", low=-1, high=1),
        ),
    ),
    Table(
        "team", "One row a month, or a month and department.",
        (
            Column("month", "month", "The month, as its first day.", "2026-07", required=True, low=FIRST_INSTANT, high=LAST_INSTANT),
            _text("department", "The department; empty for the whole company.", "support"),
            _number("training_hours", "Hours of training in the month, all people together.", "40", "hours"),
            _number("employee_satisfaction", "Mean satisfaction of the people who work here, on the company's own scale.", "3.9",
                    "score", low=-100, high=100),
            _number("knowledge_articles", "Knowledge articles written or renewed in the month.", "6", "count"),
            _number("ideas_shipped", "Ideas of the team that reached customers in the month.", "2", "count"),
            _number("headcount", "People working in the month.", "18", "count"),
        ),
        key=("month", "department"),
    ),
    Table(
        "touchpoints", "The touchpoint dictionary: one row a touchpoint.",
        (
            _touchpoint(required=True),
            _word("stage", "The stage of the journey it belongs to.", (), "consideration", from_stages=True),
            _channel(),
            _word("setting", "Online or offline.", names.SETTINGS, "online"),
            _word("role", "What it does for the customer.", names.ROLES, "information"),
            _text("owner", "Who answers for it.", "Web team"),
            _text("label", "How reports write it; the name itself where empty.", "Product page"),
            _word("relation", "Where a relation ends some day: what a contact here means for it. It begins, the customer leaves, it comes to "
                  "its proper end.", names.RELATIONS, "lost"),
        ),
        key=("touchpoint",),
    ),
    Table(
        "activities", "The value chain: one row an activity.",
        (
            _text("activity", "The activity's name.", "order_handling", required=True),
            _word("kind", "Its place in the value chain.", tuple(names.ACTIVITY_KINDS), "operations"),
            _number("cost", "What it costs in a month.", "18000", "currency a month"),
            _text("owner", "Who answers for it.", "Operations"),
            _number("elapsed_hours", "Hours one run takes, waiting included.", "48", "hours"),
            _number("waiting_hours", "Hours of these in which nothing happens.", "30", "hours"),
            _text("label", "How reports write it; the name itself where empty.", "Order handling"),
        ),
        key=("activity",),
        rules=(
            Rule("waiting_hours", "waiting_hours > elapsed_hours", "waits longer than it takes in all",
                 "count the waiting into elapsed_hours", ("waiting_hours", "elapsed_hours")),
        ),
    ),
    Table(
        "activity_touchpoints", "Which touchpoints an activity serves.",
        (
            _text("activity", "A name of the activities table.", "order_handling", required=True, refers_to="activities.activity"),
            _touchpoint(required=True),
            _number("share", "The part of the activity's cost that serves the touchpoint; spread evenly where empty.", "0.25",
                    "share", high=1),
        ),
        key=("activity", "touchpoint"),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}

EVENT_TABLES = {"interactions": "at", "orders": "at", "surveys": "at", "tickets": "opened_at", "mentions": "at"}
"""The tables that hold what happened, each with the column that says when."""

# A company has at least one of these.
CORE_TABLES = ("interactions", "orders", "surveys", "tickets")


def words(column: Column, stages: dict[str, str]) -> tuple[str, ...]:
    """The words a category column may hold in this company.

    >>> words(TABLES["touchpoints"].column("stage"), {"decision": "Choice"})
    ('decision',)
    """
    return tuple(stages) if column.from_stages else column.words


def reason(table: Table, column: Column, fault: str, stages: dict[str, str]) -> str:
    """Why a value was refused and what to do about it. `fault`: missing, kind, low, high, word, reference.

    >>> reason(TABLES["orders"], TABLES["orders"].column("revenue"), "low", {})
    'below 0, the lowest revenue possible; correct it, or name the code under missing: {revenue: [...]}'
    """
    name = column.name
    code = f"name the code under missing: {{{name}: [...]}}"
    if fault == "missing":
        return f"empty, and every row of {table.name} needs it; fill it in, or say under rename: which column holds it"
    if fault == "kind":
        return f"not {KINDS[column.kind]}; {_way_out(column)}"
    if fault in ("low", "high") and column.kind in ("timestamp", "month"):
        return f"{'before' if fault == 'low' else 'after'} {column.low if fault == 'low' else column.high}, which cannot be; correct it, or {code}"
    if fault == "low":
        return f"below {column.low}, the lowest {name} possible; correct it, or {code}"
    if fault == "high":
        remedy = "write 0.3 for 30 %" if column.unit == "share" else f"correct it, or {code}"
        return f"above {column.high}, the highest {name} possible; {remedy}"
    if fault == "word":
        allowed = words(column, stages)
        return f"not one of {', '.join(allowed)}; translate it with values: {{{name}: {{<your word>: {allowed[0]}}}}}"
    if fault == "reference":
        other, other_column = column.refers_to.split(".")
        return f"not in the {other} table; add it there as {other_column}, or correct the spelling"
    raise KeyError(fault)


def _way_out(column: Column) -> str:
    """What to type in journey.yml when a value of this kind is written another way."""
    return {
        "timestamp": f'for another way of writing it type timestamp_format: {{{column.name}: "%d/%m/%Y %H:%M"}}',
        "month": f'for another way of writing it type timestamp_format: {{{column.name}: "%m/%Y"}}',
        "number": f'for a decimal comma type decimal: ",", for a code type missing: {{{column.name}: [...]}}',
        "integer": f"correct it, or name the code under missing: {{{column.name}: [...]}}",
        "flag": f"translate it with values: {{{column.name}: {{<your word>: true}}}}",
    }[column.kind]


def duplicate_reason(table: Table) -> str:
    """Why a second row of one key was refused.

    >>> duplicate_reason(TABLES["team"])
    'month and department name a row that was read before; the first one is kept: make them unique, or group the rows with sql:'
    """
    several = len(table.key) > 1
    return (f"{' and '.join(table.key)} name{'' if several else 's'} a row that was read before; the first one is kept: "
            f"make {'them' if several else 'it'} unique, or group the rows with sql:")


AFTER_AS_OF = "after as_of, the instant the data end; move as_of in journey.yml, or correct the time stamp"
