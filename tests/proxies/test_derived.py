"""Proxies that are made of other proxies' values over a set of networks."""

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from torch import nn

from proxies import PROXIES, score
from proxies.errors import ProxyError, UnknownNameError
from proxies.evaluation import combine, measured_proxies
from proxies.expression import derive_expression
from proxies.proxy import Derived

NAN = math.nan


def arrays(**values):
    return {name.replace("__", "."): np.array(value, dtype=float) for name, value in values.items()}


def test_te_nas_adds_the_ranks_of_both_components():
    values = arrays(ntk_condition=[10, 5, 20, 5], linear_regions=[7, 9, 1, 8])
    # rank of -κ: 2 3.5 1 3.5; rank of R: 2 4 1 3
    assert combine("te_nas", values, {}).tolist() == [4, 7.5, 2, 6.5]


def test_a_network_on_which_a_component_failed_takes_no_part():
    values = arrays(ntk_condition=[10, 5, 20, NAN, 5], linear_regions=[7, 9, 1, 99, NAN])
    assert combine("te_nas", values, {}).tolist()[:3] == [4, 6, 2]
    assert np.isnan(combine("te_nas", values, {})[3:]).all()


def test_az_nas_adds_the_logarithms_of_relative_ranks():
    values = arrays(
        az_nas__expressivity=[1, 2, 3],
        az_nas__progressivity=[3, 2, 1],
        az_nas__trainability=[1, 3, 2],
        flops=[1, 2, 3],
    )
    expected = [sum(math.log(rank / 3) for rank in ranks) for ranks in [(1, 3, 1, 1), (2, 2, 3, 2), (3, 1, 2, 3)]]
    assert combine("az_nas", values, {}) == pytest.approx(expected)


def naive_vote(*scores):
    """Every duel by itself."""
    n = len(scores[0])
    result = []
    for i in range(n):
        won = 0
        for j in range(n):
            ballots = [(s[i] > s[j]) - (s[i] < s[j]) for s in scores]
            won += (sum(ballots) > 0) - (sum(ballots) < 0)
        result.append(won / max(1, n - 1))
    return result


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=12))
def test_vote_counts_duels_won_by_the_majority(scores):
    synflow, jacov, snip = (list(each) for each in zip(*scores, strict=True))
    found = combine("vote", arrays(synflow=synflow, jacov=jacov, snip=snip), {})
    assert found == pytest.approx(naive_vote(synflow, jacov, snip))


def test_a_vote_leaves_out_who_has_no_score():
    values = arrays(synflow=[1, 2, NAN, 3], jacov=[1, 2, 5, 3], snip=[1, 2, 5, 3])
    assert combine("vote", values, {})[[0, 1, 3]].tolist() == [-1, 0, 1]
    assert np.isnan(combine("vote", values, {})[2])


@pytest.mark.parametrize("name", [name for name, proxy in PROXIES.items() if isinstance(proxy, Derived)])
@given(st.integers(0, 1000), st.permutations(range(9)))
def test_a_derived_value_does_not_depend_on_the_order_of_the_set(name, seed, order):
    draw = np.random.default_rng(seed)
    values = {part.name: draw.random(9).round(1) + 0.1 for part in measured_proxies([name])}
    values[next(iter(values))][3] = NAN
    shuffled = {part: each[list(order)] for part, each in values.items()}
    assert combine(name, values, {})[list(order)] == pytest.approx(combine(name, shuffled, {}), nan_ok=True)


@pytest.mark.parametrize("name", ["te_nas", "az_nas", "vote"])
def test_a_ranking_of_a_set_has_no_value_for_a_single_network(name):
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    with pytest.raises(ProxyError, match=f"'{name}' ranks a set of networks"):
        score(network, torch.randn(6, 3, 6, 6), torch.arange(6) % 3, (name,))


# --- formulas ------------------------------------------------------------------------------------------------

SWAP, ZICO = np.array([4.0, 1.0, 3.0]), np.array([0.5, 2.0, -1.0])
FORMULAS = {
    "rank(swap) + rank(zico)": rankdata(SWAP) + rankdata(ZICO),
    "swap - zico / 2": SWAP - ZICO / 2,
    "-swap ** 2 * 3e-1": -(SWAP**2) * 0.3,
    "log(swap) + exp(zico) - abs(zico)": np.log(SWAP) + np.exp(ZICO) - np.abs(ZICO),
    "minimum(swap, 2) + maximum(zico, swap)": np.minimum(SWAP, 2) + np.maximum(ZICO, SWAP),
    "grad_norm.global * zen.zen_nas": ZICO * SWAP,
    " ( swap )\n": SWAP,
}
VALUES = {"swap": SWAP, "zico": ZICO, "grad_norm.global": ZICO, "zen.zen_nas": SWAP}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_means_what_it_says(text):
    mine = derive_expression("mine", text)
    assert combine("mine", VALUES, {}, {**PROXIES, "mine": mine}) == pytest.approx(FORMULAS[text])
    assert set(mine.of) <= set(VALUES)
    assert not mine.pointwise
    assert "mine" not in PROXIES


def test_a_formula_ranks_among_those_that_have_all_scores():
    mine = derive_expression("mine", "rank(swap) + rank(zico)")
    values = {"swap": np.array([1.0, 2.0, NAN, 3.0]), "zico": np.array([NAN, 1.0, 5.0, 2.0])}
    found = combine("mine", values, {}, {**PROXIES, "mine": mine})
    assert found[[1, 3]].tolist() == [2, 4]
    assert np.isnan(found[[0, 2]]).all()


def test_a_formula_may_use_another_ones_name_and_lists_what_must_be_measured():
    first = derive_expression("first", "rank(te_nas) + swap_reg")
    both = {**PROXIES, "first": first}
    both["second"] = derive_expression("second", "first - zico", both)
    needed = [proxy.name for proxy in measured_proxies(["second"], both)]
    assert needed == ["ntk_condition", "linear_regions", "swap", "params", "zico"]


def test_values_out_of_range_are_no_warning():
    mine = derive_expression("mine", "log(zico) / (swap - swap)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        combine("mine", VALUES, {}, {**PROXIES, "mine": mine})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rank(swap", r"derived proxy 'mine': 'rank\(swap' is no formula; one is made of names of proxies"),
        ("", "'' is no formula"),
        ("1 + 2", r"'1 \+ 2' names no proxy"),
        ("sin(swap)", r"'sin\(swap\)' is not understood; .* functions rank, log, exp, abs, minimum, maximum"),
        ("rank(swap, zico)", r"rank takes 1 argument\(s\), not 2"),
        ("minimum(swap)", r"minimum takes 2 argument\(s\), not 1"),
        ("swap if zico else 1", "is not understood"),
        ("swap[0]", r"'swap\[0\]' is not understood"),
        ("swap + 'x'", "is not understood"),
        ("rank(swap).real", "is not understood"),
        ("(lambda: swap)()", "is not understood"),
        ("__import__('os')", "is not understood"),
        ("no.such:function", "does not load: No module named 'no'"),
        ("math:no_such_function", "does not load"),
    ],
)
def test_a_formula_that_cannot_be_read_is_told_with_what_can(text, message):
    with pytest.raises(ProxyError, match=message):
        derive_expression("mine", text)


def test_unknown_proxies_in_a_formula_come_with_a_suggestion():
    with pytest.raises(UnknownNameError, match="unknown proxy 'swop'; did you mean 'swap'"):
        derive_expression("mine", "rank(swop)")


def test_the_name_of_a_formula_must_be_free():
    with pytest.raises(ProxyError, match="derived proxy 'swap': there is a proxy of that name"):
        derive_expression("swap", "zico")


def weighted(swap, zico, *, weight=2.0):
    return swap + weight * zico


def test_a_function_is_named_by_its_path_and_its_arguments_name_proxies():
    mine = derive_expression("mine", f"{__name__}:weighted")
    proxies = {**PROXIES, "mine": mine}
    assert mine.of == ("swap", "zico")
    assert combine("mine", VALUES, {}, proxies) == pytest.approx(SWAP + 2 * ZICO)
    assert combine("mine", VALUES, {"mine": {"weight": 5.0}}, proxies) == pytest.approx(SWAP + 5 * ZICO)
