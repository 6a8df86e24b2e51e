"""What holds for every proxy in the registry, whoever wrote it."""

import math
import random
from contextlib import suppress
from dataclasses import replace

import pytest
import torch
from reference.problems import PROBLEMS, RANDOM
from torch import nn

from proxies import PROXIES
from proxies.errors import ProxyError
from proxies.evaluation import measured_proxies, shared_probe
from proxies.probe import Probe
from proxies.proxy import Measured

MEASURED = sorted(name for name, proxy in PROXIES.items() if isinstance(proxy, Measured))
ALL_PROBLEMS = [*PROBLEMS, RANDOM]
BY_NAME = {problem.name: problem for problem in ALL_PROBLEMS}

# Each in its way a trap for what proxies share.
VARIED = [
    "residual",
    "in-place activations",
    "batch norm without running statistics",
    "GELU and SiLU",
    "shared weights",
    "disconnected branch and unused layer",
    "dropout",
    "nothing reaches the output",
]

# What is known of a network without its last layer; whoever reads anything else must notice if that is infinite.
WITHOUT_THE_LAST_LAYER = {
    "trainable_parameters",
    "multiply_accumulates",
    "sample_wise_patterns",
    "standard_patterns",
    "pattern_agreement",
    "block_statistics",
}

each_proxy = pytest.mark.parametrize("name", MEASURED)
each_problem = pytest.mark.parametrize("problem", ALL_PROBLEMS, ids=lambda problem: problem.name)


def probe_of(problem, names, network=None, loss=None):
    network = network or problem.network()
    proxies = measured_proxies(names)
    return shared_probe(network, problem.images, problem.labels, proxies, loss=loss or problem.loss, seed=5)


def outcome(score):
    """What a score says, without the time that it took; nan equals nan."""
    return repr(score.value), score.status, score.reason, score.details


def own_outcomes(problem, names=MEASURED):
    return {name: outcome(PROXIES[name].measure(probe_of(problem, [name]))) for name in names}


def everything_about(network):
    """All state that a proxy could spoil, as something that compares by value."""
    tensors = {
        name: (value.detach().clone(), value.requires_grad, None if value.grad is None else value.grad.clone())
        for name, value in [*network.named_parameters(), *network.named_buffers()]
    }
    modules = [
        (
            name,
            module.training,
            {key: (type(value), len(value)) for key, value in vars(module).items() if "hook" in key and value},
            sorted(vars(module)),
            [id(value) for value in [*module._parameters.values(), *module._buffers.values()]],
        )
        for name, module in network.named_modules()
    ]
    return tensors, modules


def assert_same(before, after):
    assert before[1] == after[1]
    assert before[0].keys() == after[0].keys()
    for name, (value, requires_grad, gradient) in before[0].items():
        other, other_requires_grad, other_gradient = after[0][name]
        assert torch.equal(value, other), name
        assert requires_grad == other_requires_grad
        assert (gradient is None) == (other_gradient is None)
        assert gradient is None or torch.equal(gradient, other_gradient)


def lived_in(network):
    """A network with mixed modes, a hook, gradients, and batch statistics that are not those of the start."""
    parameters = list(network.parameters())
    parameters[0].grad = torch.full_like(parameters[0], 0.5)
    for number, module in enumerate(network.modules()):
        module.training = number % 3 == 0
    network.register_forward_hook(lambda module, inputs, output: None)
    for buffer in network.buffers():
        buffer.add_(1)
    return network


@each_problem
def test_a_score_is_finite_or_has_a_status_and_a_reason(problem):
    probe = probe_of(problem, MEASURED)
    for name in MEASURED:
        score = PROXIES[name].measure(probe)
        if score.status == "ok":
            assert math.isfinite(score.value)
            assert not score.reason
        else:
            assert math.isnan(score.value)
            assert score.status in ("degenerate", "not_applicable", "non_finite")
            assert score.reason


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIED)
def test_a_proxy_says_the_same_alone_and_among_all_others(name):
    """In any order, and whether or not the probe knows beforehand what it will be asked."""
    problem = BY_NAME[name]
    alone = own_outcomes(problem)
    shuffled = random.Random(1).sample(MEASURED, len(MEASURED))
    for order in (MEASURED, MEASURED[::-1], shuffled):
        for known in (order, []):
            probe = probe_of(problem, known)
            assert {name: outcome(PROXIES[name].measure(probe)) for name in order} == alone


@each_proxy
def test_a_proxy_is_deterministic_and_can_be_asked_again(name):
    problem = BY_NAME["residual"]
    probe = probe_of(problem, [name])
    first, again = (outcome(PROXIES[name].measure(probe)) for _ in range(2))
    assert first == again == own_outcomes(problem, [name])[name]


@each_proxy
@pytest.mark.parametrize("condition", [torch.no_grad, torch.inference_mode], ids=lambda each: each.__name__)
def test_a_proxy_takes_gradients_also_where_the_caller_does_not(name, condition):
    problem = BY_NAME["residual"]
    expected = own_outcomes(problem, [name])[name]
    network = problem.network()
    with condition():
        assert outcome(PROXIES[name].measure(probe_of(problem, [name], network))) == expected


@each_proxy
def test_a_proxy_does_not_depend_on_the_default_dtype(name):
    problem = replace(BY_NAME["residual"], images=BY_NAME["residual"].images.float())
    expected = own_outcomes(problem, [name])[name]
    network, before = problem.network(), torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        found = outcome(PROXIES[name].measure(probe_of(problem, [name], network)))
    finally:
        torch.set_default_dtype(before)
    assert found == expected


@each_problem
def test_network_batch_and_random_state_are_left_as_they_were(problem):
    network = lived_in(problem.network())
    before, state = everything_about(network), torch.get_rng_state()
    images, labels = problem.images.clone(), problem.labels.clone()
    probe = probe_of(problem, MEASURED, network)
    for name in MEASURED:
        PROXIES[name].measure(probe)
        assert_same(before, everything_about(network))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(problem.images, images)
    assert torch.equal(problem.labels, labels)
    assert problem.images.grad is None
    assert not problem.images.requires_grad


class Stumbled(Exception):
    pass


class Stumble(nn.Module):
    """Fails after most of the network has run."""

    def forward(self, inputs):
        raise Stumbled


def stumbling(problem):
    network = problem.network()
    network.append(Stumble())
    return network


@each_proxy
def test_network_is_left_as_it_was_when_it_fails(name):
    problem = BY_NAME["batch norm"]
    network = lived_in(stumbling(problem))
    before, state = everything_about(network), torch.get_rng_state()
    with suppress(Stumbled):
        PROXIES[name].measure(probe_of(problem, [name], network))
    assert_same(before, everything_about(network))
    assert torch.equal(torch.get_rng_state(), state)


def broken_loss(outputs, labels):
    raise IndexError("no such label")


def test_a_proxy_that_fails_does_not_take_others_with_it():
    problem = BY_NAME["batch norm"]
    alone = own_outcomes(problem)
    need_loss = [name for name in MEASURED if "labels" in PROXIES[name].needs]
    probe = probe_of(problem, MEASURED, loss=broken_loss)
    for name in MEASURED:
        if name not in need_loss:
            assert outcome(PROXIES[name].measure(probe)) == alone[name]
        elif name != "epe_nas":  # reads the labels, but no loss
            with pytest.raises(IndexError, match="no such label"):
                PROXIES[name].measure(probe)


def test_without_labels_only_proxies_that_need_them_are_missing():
    problem = BY_NAME["batch norm"]
    proxies = measured_proxies(MEASURED)
    probe = shared_probe(problem.network(), problem.images, None, proxies, seed=5)
    alone = own_outcomes(problem)
    for proxy in proxies:
        score = proxy.measure(probe)
        if "labels" in proxy.needs:
            assert score.status == "not_applicable"
            assert "labels" in score.reason
        else:
            assert outcome(score) == alone[proxy.name]


@each_proxy
def test_what_a_proxy_reads_is_what_it_declares(name):
    problem = BY_NAME["residual"]
    proxy = PROXIES[name]
    probe = probe_of(problem, [name])
    proxy.measure(probe)
    assert probe.reads(proxy.work) == set(proxy.reads)
    assert all(hasattr(Probe, quantity) for quantity in proxy.reads)


@pytest.mark.parametrize("name", [name for name in MEASURED if PROXIES[name].min_batch > 1])
def test_a_batch_below_the_minimum_is_not_applicable(name):
    proxy, problem = PROXIES[name], BY_NAME["residual"]
    few = proxy.min_batch - 1
    score = proxy.measure(Probe(problem.network(), problem.images[:few], problem.labels[:few]))
    assert score.status == "not_applicable"
    assert str(proxy.min_batch) in score.reason


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_images_that_are_not_finite_are_refused(bad):
    problem = BY_NAME["batch norm"]
    images = problem.images.clone()
    images[1, 0, 2, 2] = bad
    with pytest.raises(ProxyError, match="image 1"):
        Probe(problem.network(), images, problem.labels)


@pytest.mark.parametrize("name", [name for name in MEASURED if {*PROXIES[name].reads} - WITHOUT_THE_LAST_LAYER])
def test_a_network_whose_output_overflows_has_no_score(name):
    problem = BY_NAME["batch norm"]
    network = problem.network()
    with torch.no_grad():
        network[8].weight.fill_(math.inf)
    score = PROXIES[name].measure(Probe(network, problem.images, problem.labels))
    assert score.status == "non_finite"


@pytest.mark.parametrize("name", ["grad_norm", "zico"])
def test_a_gradient_that_overflows_in_one_layer_is_told(name):
    """With weights of 1e-20, 1e20 and 1e20 only the gradient of the first layer leaves the range of float32."""
    problem = BY_NAME["MLP"]
    network = problem.network().float()
    with torch.no_grad():
        for layer, scale in ((1, 1e-20), (3, 1e20), (5, 1e20)):
            network[layer].weight.mul_(scale)
    score = PROXIES[name].measure(Probe(network, problem.images.float(), problem.labels))
    assert score.status == "non_finite"


@each_proxy
def test_a_proxy_names_its_source(name):
    assert PROXIES[name].paper
    assert PROXIES[name].function.__doc__


def test_seconds_of_a_proxy_include_passes_that_another_has_paid_for():
    problem = BY_NAME["residual"]
    probe = probe_of(problem, ["snip", "grad_norm"])
    first, second = (PROXIES[name].measure(probe) for name in ("snip", "grad_norm"))
    passes = probe.seconds("weight_gradients")
    assert first.seconds > passes > 0
    assert second.seconds > passes
