"""Patterns of activations: exact counts for any batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from proxies.patterns import PatternAgreement, SampleWisePatterns, StandardPatterns

CPU = torch.device("cpu")
BATCHES = [1, 2, 16, 23, 24, 25, 48, 63, 64, 65, 128]


def random_layers(samples, seed=0):
    """On/off patterns of three layers in which strings repeat, also from one layer to another."""
    generator = torch.Generator().manual_seed(seed)
    few = (torch.rand(samples, 40, generator=generator) > 0.5).float()
    picks = [torch.randint(40, (neurons,), generator=generator) for neurons in (100, 1, 57)]
    return [few[:, pick] for pick in picks]


@pytest.mark.parametrize("samples", BATCHES)
def test_sample_wise_patterns_are_the_distinct_strings_of_the_neurons(samples):
    counter = SampleWisePatterns(samples, CPU)
    for layer in random_layers(samples):
        counter.add(layer)
    strings = torch.cat(random_layers(samples), dim=1).T
    assert counter.count() == torch.unique(strings, dim=0).shape[0]
    assert counter.neurons == len(strings)


@pytest.mark.parametrize("samples", BATCHES)
def test_strings_that_differ_in_one_sample_are_told_apart(samples):
    """One neuron for each sample, on for that sample alone, and one that is never on: S + 1 strings."""
    counter = SampleWisePatterns(samples, CPU)
    counter.add(torch.eye(samples))
    counter.add(torch.cat([torch.zeros(samples, 1), torch.eye(samples)], dim=1))
    assert counter.count() == samples + 1


@pytest.mark.parametrize("samples", BATCHES)
def test_standard_patterns_are_the_distinct_strings_of_the_samples(samples):
    layers = [layer[torch.arange(samples) % 20] for layer in random_layers(samples)]
    counter = StandardPatterns(samples, CPU)
    for layer in layers:
        counter.add(layer)
    assert counter.count() == torch.unique(torch.cat(layers, dim=1), dim=0).shape[0]


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 40), st.integers(0, 10), st.randoms(use_true_random=False))
def test_patterns_do_not_depend_on_the_order_of_samples(samples, seed, random):
    order = random.sample(range(samples), samples)
    layers = random_layers(samples, seed)
    counts = []
    for rows in (list(range(samples)), order):
        counters = [SampleWisePatterns(samples, CPU), StandardPatterns(samples, CPU), PatternAgreement(samples, CPU)]
        for counter in counters:
            for layer in layers:
                counter.add(layer[rows])
        counts.append((counters[0].count(), counters[1].count(), counters[2].kernel()))
    assert counts[0][:2] == counts[1][:2]
    assert torch.equal(counts[0][2][order][:, order], counts[1][2])


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 40), st.integers(0, 10))
def test_more_samples_never_make_fewer_sample_wise_patterns(samples, seed):
    def count(rows):
        counter = SampleWisePatterns(len(rows), CPU)
        counter.add(rows)
        return counter.count()

    layer = torch.cat(random_layers(samples + 1, seed), dim=1)
    assert count(layer[:-1]) <= count(layer) <= min(2 ** (samples + 1), layer.shape[1])


def test_agreement_counts_neurons_in_the_same_state():
    agreement = PatternAgreement(2, CPU)
    agreement.add(torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]))
    agreement.add(torch.tensor([[0.0], [0.0]]))
    assert agreement.kernel().tolist() == [[4, 2], [2, 4]]
