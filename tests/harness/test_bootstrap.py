import warnings

import numpy as np
import pytest
from scipy import stats

from harness.bootstrap import (
    Resampling,
    interval,
    paired_difference,
    percentile_interval,
    resample_counts,
    resampled_kendall,
    resampled_spearman,
)

STATISTICS = [
    pytest.param(resampled_spearman, stats.spearmanr, id="spearman"),
    pytest.param(resampled_kendall, stats.kendalltau, id="kendall"),
]


def correlated(seed, n, rho):
    x, noise = np.random.default_rng(seed).normal(size=(2, n))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


def written_out(statistic, counts, x, y):
    """The definition: repeat each architecture as often as it was drawn, and ask scipy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        return [statistic(np.repeat(x, row), np.repeat(y, row)).statistic for row in counts.astype(int)]


@pytest.mark.parametrize(("fast", "scipys"), STATISTICS)
@pytest.mark.parametrize("n", [3, 4, 7, 40])
@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_each_resample_equals_scipy_on_the_written_out_resample(fast, scipys, n, levels):
    draw = np.random.default_rng(levels)
    x, y = draw.integers(levels, size=(2, n)).astype(float)
    counts = resample_counts(n, 200, seed=0)
    np.testing.assert_allclose(fast(counts, x, y), written_out(scipys, counts, x, y), atol=1e-12)


@pytest.mark.parametrize(("fast", "scipys"), STATISTICS)
def test_cutting_the_work_into_blocks_changes_nothing(monkeypatch, fast, scipys):
    x, y = np.round(correlated(0, 60, 0.7), 1)
    counts = resample_counts(60, 50, seed=0)
    monkeypatch.setattr("harness.bootstrap.BLOCK_ELEMENTS", 7 * 60 // 4)
    np.testing.assert_allclose(fast(counts, x, y), written_out(scipys, counts, x, y), atol=1e-12)


def test_the_draws_depend_on_the_seed_alone_and_are_shared():
    counts = resample_counts(50, 20, seed=3)
    assert resample_counts(50, 20, seed=3) is counts
    assert (counts.sum(axis=1) == 50).all()
    assert (counts != resample_counts(50, 20, seed=4)).any()
    with pytest.raises(ValueError, match="read-only"):
        counts[0, 0] = 1


def test_resamples_that_are_undefined_are_left_out_of_the_interval():
    assert percentile_interval(np.array([np.nan, 1.0, 2.0, 3.0]), 1.0) == (1.0, 3.0)
    assert np.isnan(percentile_interval(np.array([np.nan]), 0.95)).all()
    assert np.isnan(interval(resampled_spearman, np.arange(2.0), np.arange(2.0), Resampling())).all()


def test_a_perfect_ranking_has_an_interval_of_no_width():
    x = np.arange(30.0)
    assert interval(resampled_kendall, x, np.exp(x), Resampling()) == pytest.approx((1, 1))


@pytest.mark.parametrize(
    ("statistic", "rho", "population"),
    [
        # of a normal pair with Pearson's ρ (Kruskal, 1958)
        pytest.param(resampled_spearman, 0.7, 6 / np.pi * np.arcsin(0.7 / 2), id="spearman"),
        pytest.param(resampled_kendall, 0.7, 2 / np.pi * np.arcsin(0.7), id="kendall"),
        pytest.param(resampled_spearman, -0.3, 6 / np.pi * np.arcsin(-0.3 / 2), id="spearman, negative"),
    ],
)
def test_95_percent_intervals_cover_the_population_value_in_92_to_98_percent_of_samples(statistic, rho, population):
    limits = [interval(statistic, *correlated(seed, 100, rho), Resampling()) for seed in range(300)]
    covered = np.mean([low <= population <= high for low, high in limits])
    assert 0.92 <= covered <= 0.98


def test_intervals_of_a_difference_cover_in_92_to_98_percent_of_samples_and_p_values_are_uniform_if_there_is_none():
    draw, differences = np.random.default_rng(0), []
    for _ in range(300):
        truth, noise_a, noise_b = draw.normal(size=(3, 100))
        differences.append(paired_difference(truth + noise_a, truth + noise_b, truth, Resampling()))
    assert 0.92 <= np.mean([d.low <= 0 <= d.high for d in differences]) <= 0.98
    assert stats.kstest([d.p_value for d in differences], "uniform").pvalue > 0.01


def test_a_difference_is_paired():
    truth, scores = correlated(0, 300, 0.7)
    almost_the_same = scores + 0.05 * np.random.default_rng(1).normal(size=300)
    difference = paired_difference(scores, almost_the_same, truth, Resampling())
    low, high = interval(resampled_spearman, scores, truth, Resampling())
    assert difference.high - difference.low < (high - low) / 10


def test_a_proxy_does_not_differ_from_itself():
    x, y = correlated(0, 50, 0.7)
    difference = paired_difference(x, x, y, Resampling())
    assert (difference.estimate, difference.low, difference.high, difference.p_value) == (0, 0, 0, 1)


def test_p_lies_below_5_percent_where_the_95_percent_interval_excludes_0():
    verdicts = []
    for seed in range(40):
        x, y = correlated(seed, 60, 0.7)
        worse = x + np.random.default_rng(seed + 100).normal(size=60)
        difference = paired_difference(x, worse, y, Resampling())
        if abs(difference.p_value - 0.05) > 0.005:
            verdicts.append((difference.p_value < 0.05, not difference.low <= 0 <= difference.high))
    assert {(True, True), (False, False)} == set(verdicts)


def test_a_difference_from_a_constant_is_undefined():
    x, y = correlated(0, 20, 0.7)
    assert np.isnan(paired_difference(x, np.ones(20), y, Resampling()).p_value)
