"""The contract: what it declares, and the texts that are written from it."""

from __future__ import annotations

import re

import pytest

from helpers import contract, names
from helpers.load import ROOT, dictionary
from helpers.validate.typing import TYPES

COLUMNS = [(table, column) for table in contract.TABLES.values() for column in table.columns]

# The columns of each table, * for required: those of the design, labels, and what relations that end need.
DESIGN = {
    "customers": "customer_id* acquired_at person_id",
    "interactions": "customer_id* at* touchpoint* session_id channel device outcome",
    "orders": "order_id* customer_id* at* revenue* cost touchpoint refunded",
    "surveys": "customer_id at* instrument* score* scale_min scale_max touchpoint comment weight",
    "tickets": "ticket_id* opened_at* customer_id first_response_at resolved_at touchpoint topic reopened sla_met",
    "campaigns": "campaign_id* starts_at* ends_at touchpoint channel cost",
    "mentions": "at* channel text* customer_id sentiment",
    "team": "month* department training_hours employee_satisfaction knowledge_articles ideas_shipped headcount",
    "touchpoints": "touchpoint* stage channel setting role owner label relation",
    "activities": "activity* kind cost owner elapsed_hours waiting_hours label",
    "activity_touchpoints": "activity* touchpoint* share",
}


def test_tables_and_required_columns_are_those_of_the_design():
    declared = {
        name: " ".join(f"{column.name}{'*' if column.required else ''}" for column in table.columns)
        for name, table in contract.TABLES.items()
    }
    assert declared == DESIGN


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{t.name}.{c.name}" for t, c in COLUMNS])
def test_every_column_says_what_it_is(table, column):
    assert column.kind in contract.KINDS and column.kind in TYPES
    assert column.meaning.endswith(".") and column.example
    assert (column.kind == "category") == bool(column.words or column.from_stages)
    assert column.example in (contract.words(column, names.STAGES) or (column.example,))


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{t.name}.{c.name}" for t, c in COLUMNS])
def test_every_fault_says_why_and_what_to_do(table, column):
    possible = {
        "missing": column.required, "low": column.low is not None, "high": column.high is not None,
        "kind": column.kind not in ("text", "category"), "word": column.kind == "category", "reference": bool(column.refers_to),
    }
    for fault in (name for name, yes in possible.items() if yes):
        why, _, remedy = contract.reason(table, column, fault, names.STAGES).partition("; ")
        assert why and remedy and "None" not in why + remedy, fault


def test_a_wrong_word_names_the_companys_own_stages():
    stage = contract.TABLES["touchpoints"].column("stage")
    text = contract.reason(contract.TABLES["touchpoints"], stage, "word", {"decision": "Choice", "loyalty": "Loyalty"})
    assert text.startswith("not one of decision, loyalty;")


def test_keys_rules_and_references_name_columns_that_are_there():
    for table in contract.TABLES.values():
        assert set(table.key) <= set(table.column_names)
        for rule in table.rules:
            assert {rule.column, *rule.needs} <= set(table.column_names)
            assert set(re.findall(r"[a-z_]+_(?:at|hours|min|max)|score", rule.broken)) <= set(rule.needs)
        for column in table.columns:
            if column.refers_to:
                other, name = column.refers_to.split(".")
                assert name in contract.TABLES[other].column_names
                assert list(contract.TABLES).index(other) < list(contract.TABLES).index(table.name)


def test_the_default_scales_are_the_columns_defaults():
    surveys = contract.TABLES["surveys"]
    assert dict(surveys.column("scale_min").defaults) == {"csat": 1, "ces": 1, "nps": 0, "expectation": 1, "emotion": -2}
    assert dict(surveys.column("scale_max").defaults) == {"csat": 5, "ces": 7, "nps": 10, "expectation": 5, "emotion": 2}


def test_an_unknown_column_is_named_with_what_there_is():
    with pytest.raises(KeyError, match="orders has no column price; it has order_id"):
        contract.TABLES["orders"].column("price")


def test_the_data_dictionary_is_current():
    written = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert written == dictionary.markdown(), "run: python -m helpers.load.dictionary"
