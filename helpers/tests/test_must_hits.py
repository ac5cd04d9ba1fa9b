"""Every published figure that METHODS.md says must be hit: the test that hits it, and its hand-made twin that runs on any machine.

The published figures need files that the project does not carry (../shared/reference); without them their tests are skipped and
say so. The twins are never skipped. Hillstrom's trial has no file here: its twin is made up from its three arms.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MUST_HIT = {  # section and figure of METHODS.md: (test on the published data, or "" where the figure needs none; twins)
    "1 NPS variance 5/9 of a half, a third and a sixth": ("", ["test_intervals.py::test_nps_toy"]),
    "3 funnel 600, 511, 431, 327, 218, 115 on ecom": (
        "test_intent_funnel.py::test_the_published_funnel_of_a_shop",
        ["test_intent_funnel.py::test_the_six_steps_of_the_published_funnel_by_hand", "test_intent_funnel.py::test_each_step_follows_the_one_before_and_one_instant_keeps_the_logs_order"],
    ),
    "4 Markov c1 > c2 > c3: base 1/3, removal .5 1 1, credit .2 .4 .4": ("", ["test_markov.py::test_toy"]),
    "4 Markov on PathData: base, removal effects, credit of alpha": (
        "test_markov.py::test_path_data", ["test_markov.py::test_toy", "test_markov.py::test_transitions_by_hand", "test_markov.py::test_removal_equals_solving_the_chain_without_the_touchpoint"],
    ),
    "4 the gate: absorption from start equals observed conversion": ("", ["test_markov.py::test_the_gate"]),
    "5 Kaplan-Meier on Waltons: medians 58 and 26": ("test_survival.py::test_waltons", ["test_survival.py::test_kaplan_meier_by_hand", "test_survival.py::test_median"]),
    "5 log-rank on Waltons: 122.25": ("test_survival.py::test_waltons", ["test_survival.py::test_log_rank_by_hand"]),
    "5 Cox on Rossi: seven coefficients, LL -658.75": ("test_survival.py::test_rossi", ["test_survival.py::test_cox_by_hand"]),
    "5 BG/NBD on CDNOW: r, alpha, a, b, LL -9582.43": ("test_lifetime.py::test_cdnow", ["test_lifetime.py::test_parameters_come_back", "test_lifetime.py::test_likelihood_by_adding_up"]),
    "5 E[X(39)] = 1.226": ("test_lifetime.py::test_cdnow", ["test_lifetime.py::test_expected_purchases_by_adding_up"]),
    "5 Gamma-Gamma p 6.25, q 3.74, v 15.44 on 946 repeaters": ("test_lifetime.py::test_cdnow", ["test_lifetime.py::test_the_value_density_adds_up_to_one", "test_lifetime.py::test_parameters_come_back"]),
    "5 holdout by frequency 0..7+": ("test_lifetime.py::test_cdnow_holdout", ["test_lifetime.py::test_the_holdout_is_met"]),
    "6 LMG on swiss: R2 .7067 and five shares": ("test_drivers.py::test_swiss", ["test_drivers.py::test_exact_lmg_equals_all_orders"]),
    "6 Hillstrom, randomised: +7.66 and +4.52 points": ("", ["test_effects.py::test_randomised_effect_equals_the_difference_in_means"]),
}


def functions(module: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((HERE / module).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def is_case(test: ast.FunctionDef) -> bool:
    """Whether a test asks for files that the project does not carry."""
    return any("case" in ast.unparse(mark) for mark in test.decorator_list) or "reference" in [a.arg for a in test.args.args]


@pytest.mark.parametrize("figure", MUST_HIT)
def test_each_figure_has_its_test_and_a_twin_that_runs_anywhere(figure):
    published, twins = MUST_HIT[figure]
    if published:
        module, name = published.split("::")
        assert is_case(functions(module)[name]), f"{published} reads no published data"
    assert twins
    for twin in twins:
        module, name = twin.split("::")
        assert not is_case(functions(module)[name]), f"{twin} does not run everywhere"
