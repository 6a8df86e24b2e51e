"""The public function `score`: what it promises to somebody with a network of their own."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from proxies import score
from proxies.errors import NonFiniteError, NotApplicableError, ProxyError, UndefinedError, UnknownNameError
from proxies.initialisation import SCHEMES, draw_parameters, initialise


def small_network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)
        )


IMAGES = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(16) % 4


def test_score_returns_one_float_for_each_name_in_order():
    scores = score(small_network(), IMAGES, LABELS, ("snip", "params", "swap_reg"))
    assert list(scores) == ["snip", "params", "swap_reg"]
    assert scores["params"] == 3 * 8 * 9 + 8 + 16 + 8 * 4 + 4
    assert all(type(value) is float for value in scores.values())


def test_swap_is_the_default():
    assert score(small_network(), IMAGES) == score(small_network(), IMAGES, names=("swap",))


def test_score_uses_the_weights_as_they_are_unless_asked():
    network = small_network()
    with torch.no_grad():
        network[0].weight.mul_(2)
    doubled = score(network, IMAGES, names=("l2_norm",))["l2_norm"]
    assert doubled == pytest.approx(network[0].weight.norm().item() + network[5].weight.norm().item())
    drawn = score(network, IMAGES, names=("l2_norm",), init="gaussian", seed=3)
    assert drawn == score(small_network(), IMAGES, names=("l2_norm",), init="gaussian", seed=3)
    assert drawn != score(network, IMAGES, names=("l2_norm",), init="gaussian", seed=4)
    assert score(network, IMAGES, names=("l2_norm",))["l2_norm"] == doubled


def test_regularised_swap_follows_its_formula_in_the_log_domain():
    """Equations 5 and 6: Ψ · exp(−(Θ − μ)² / σ), Θ in thousands; the logarithm of it."""
    network = small_network()
    plain = score(network, IMAGES, names=("swap", "params"))
    given = {"swap_reg": {"mu": 0.5, "sigma": 1.5}}
    value = score(network, IMAGES, names=("swap_reg",), parameters=given)["swap_reg"]
    factor = torch.exp(torch.tensor(-((plain["params"] / 1000 - 0.5) ** 2) / 1.5, dtype=torch.float64))
    assert value == pytest.approx(torch.log(plain["swap"] * factor).item())


def test_regularised_swap_does_not_underflow():
    given = {"swap_reg": {"mu": 1000.0, "sigma": 1.0}}
    assert score(small_network(), IMAGES, names=("swap_reg",), parameters=given)["swap_reg"] < -900_000


@pytest.mark.parametrize(("names", "given"), [(("swap_reg",), "swop_reg"), (("swap", "params"), "swap_reg")])
def test_parameters_of_a_proxy_that_is_not_asked_for_are_refused(names, given):
    with pytest.raises(UnknownNameError, match=f"unknown proxy in parameters '{given}'; .*known: {sorted(names)[0]}"):
        score(small_network(), IMAGES, names=names, parameters={given: {"mu": 1.0}})


def test_parameters_of_a_measured_proxy_are_refused():
    with pytest.raises(ProxyError, match="'swap' has no parameter mu; it has: none"):
        score(small_network(), IMAGES, names=("swap",), parameters={"swap": {"mu": 1.0}})


def test_a_derived_value_that_is_not_finite_is_no_score():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NonFiniteError, match="swap_reg is -inf"):
            score(small_network(), IMAGES, names=("swap_reg",), parameters={"swap_reg": {"sigma": 0.0}})


def test_a_score_that_overflows_says_so():
    network = small_network()
    nn.init.constant_(network[5].weight, torch.inf)
    with pytest.raises(NonFiniteError, match="l2_norm: l2_norm is inf"):
        score(network, IMAGES, names=("l2_norm",))


def test_unknown_names_come_with_a_suggestion():
    with pytest.raises(UnknownNameError, match="unknown proxy 'swapp'; did you mean 'swap'"):
        score(small_network(), IMAGES, names=("swapp",))
    with pytest.raises(UnknownNameError, match="unknown init scheme 'gausian'; did you mean 'gaussian'"):
        score(small_network(), IMAGES, init="gausian")
    with pytest.raises(ProxyError, match="'swap_reg' has no parameter tau; it has: mu, sigma"):
        score(small_network(), IMAGES, names=("swap_reg",), parameters={"swap_reg": {"tau": 1.0}})


def test_an_undefined_score_says_which_and_why():
    with pytest.raises(NotApplicableError, match="snip: the loss needs labels"):
        score(small_network(), IMAGES, names=("snip",))
    network = small_network()
    with torch.no_grad():
        network[5].weight.zero_()
        network[2] = nn.Threshold(1e9, 0.0)
    with pytest.raises(UndefinedError, match="grad_norm: the gradient is zero in every layer"):
        score(network, IMAGES, LABELS, names=("grad_norm",))


@pytest.mark.parametrize("name", ["synflow", "synflow_bn"])
def test_a_last_layer_of_zeros_has_no_synaptic_flow(name):
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4))
    nn.init.zeros_(network[3].weight)
    with pytest.raises(UndefinedError, match=f"{name}: the synaptic flow is zero in every layer"):
        score(network, IMAGES, names=(name,))


def test_a_network_that_returns_several_tensors_is_scored_where_its_outputs_do_not_matter():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = small_network()

        def forward(self, inputs):
            return self.network(inputs), inputs

    assert score(Pair(), IMAGES, LABELS, ("swap",)) == score(small_network(), IMAGES)
    with pytest.raises(NotApplicableError, match="the network returns a tuple, not one tensor"):
        score(Pair(), IMAGES, LABELS, ("snip",))


def test_the_loss_is_the_callers():
    """snip is linear in the loss."""
    once = score(small_network(), IMAGES, LABELS, ("snip",))["snip"]
    twice = score(small_network(), IMAGES, LABELS, ("snip",), loss=lambda o, y: 2 * F.cross_entropy(o, y))["snip"]
    assert twice == pytest.approx(2 * once, rel=1e-5)


def test_snip_of_zero_weights_is_zero():
    network = small_network()
    with torch.no_grad():
        network[5].weight.zero_()
        network[0].weight.zero_()
    # The head still has a gradient, as features are not needed to be wrong.
    network[1].bias.data.fill_(1.0)
    assert score(network, IMAGES, LABELS, ("snip",)) == {"snip": 0.0}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_init_scheme_draws_by_seed_and_leaves_random_state_alone(scheme):
    network, again, other = small_network(), small_network(), small_network()
    state = torch.get_rng_state()
    for each, seed in ((network, 1), (again, 1), (other, 2)):
        with torch.no_grad():
            each[1].bias.fill_(3.0)
        initialise(each, scheme, seed)
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in network.named_parameters():
        assert torch.equal(value, again.get_parameter(name))
        if value.ndim > 1:
            assert not torch.equal(value, other.get_parameter(name))
    assert network[1].weight.tolist() == [1.0] * 8
    assert network[1].bias.tolist() == network[0].bias.tolist() == [0.0] * 8


@pytest.mark.parametrize(
    ("scheme", "variance"), [("gaussian", 1), ("kaiming_fan_in", 2 / 288), ("kaiming_fan_out", 2 / 576)]
)
def test_init_schemes_have_the_variance_that_their_name_promises(scheme, variance):
    layer = nn.Conv2d(32, 64, 3)
    weight = draw_parameters(layer, scheme, torch.Generator().manual_seed(0))["weight"]
    assert weight.var().item() == pytest.approx(variance, rel=0.03)
    assert abs(weight.mean().item()) < 0.03 * variance**0.5
