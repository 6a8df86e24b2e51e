import numpy as np
import pytest

from harness.ranking import spearman
from harness.sample_size import spearman_by_size


@pytest.fixture
def sample():
    draw = np.random.default_rng(0)
    truth = draw.normal(size=100)
    return truth + draw.normal(size=100), truth


def test_all_architectures_give_the_correlation_of_all_and_fewer_spread_around_it(sample):
    curve = spearman_by_size(*sample, sizes=[10, 50, 100])
    assert list(curve["n"]) == [10, 50, 100]
    whole = curve.iloc[2]
    assert whole["spearman"] == whole["spearman_low"] == whole["spearman_high"] == pytest.approx(spearman(*sample))
    width = curve["spearman_high"] - curve["spearman_low"]
    assert width[0] > width[1] > 0.05


def test_a_subset_holds_no_architecture_twice(sample):
    scores, truth = np.arange(6.0), np.array([0.0, 1, 2, 3, 5, 4])
    curve = spearman_by_size(scores, truth, sizes=[3], draws=500, confidence=1)
    assert {curve["spearman_low"][0], curve["spearman_high"][0]} == {0.5, 1.0}
