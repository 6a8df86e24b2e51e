import numpy as np
import pytest

from harness.bootstrap import Resampling
from harness.statistics import compare, failed_last, holm, summarise

TRUTH = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
FEW = {"how": Resampling(resamples=50)}


def test_a_proxy_for_which_lower_is_better_is_negated_never_made_absolute():
    falling = summarise(-TRUTH, TRUTH, higher_is_better=False, **FEW)
    assert falling["spearman"] == pytest.approx(1)
    assert falling["kendall"] == pytest.approx(1)
    wrong = summarise(TRUTH, TRUTH, higher_is_better=False, **FEW)
    assert wrong["spearman"] == pytest.approx(-1)
    assert wrong["spearman_low"] == pytest.approx(-1)


def test_failed_scores_are_reported_dropped_and_ranked_last():
    values = np.array([np.nan, np.nan, 3.0, 4.0, 2.0])
    report = summarise(values, TRUTH, higher_is_better=True, **FEW)
    assert (report["n"], report["n_failed"], report["coverage"]) == (5, 2, 0.6)
    assert report["spearman"] == pytest.approx(-0.5)
    # ranks 1.5 1.5 4 5 3 against 1 2 3 4 5
    assert report["spearman_failed_last"] == pytest.approx(6.5 / np.sqrt(9.5 * 10))
    assert report["kendall_failed_last"] == pytest.approx(5 / np.sqrt(9 * 10))


def test_without_any_score_no_statistic_of_the_ranking_exists():
    report = summarise(np.full(20, np.nan), np.arange(20.0), higher_is_better=True, **FEW)
    assert (report.pop("n"), report.pop("n_failed"), report.pop("coverage")) == (20, 20, 0)
    assert all(np.isnan(value) for value in report.values())


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_failed_scores_are_last_whichever_direction_is_better(higher_is_better):
    values = np.array([np.nan, 2.0, 3.0, 4.0, 5.0]) * (1 if higher_is_better else -1)
    assert summarise(values, TRUTH, higher_is_better=higher_is_better, **FEW)["spearman_failed_last"] == pytest.approx(
        1
    )


def test_failed_last_keeps_the_order_of_the_others_and_lies_below_minus_infinity():
    ranked = failed_last(np.array([np.nan, -np.inf, 3.0, -1e300, np.nan]))
    assert list(np.argsort(ranked, kind="stable")) == [0, 4, 1, 3, 2]
    assert ranked[0] == ranked[4]


def test_the_best_architecture_counts_even_if_its_score_failed():
    truth = np.arange(30.0)
    values = np.where(truth == 29, np.nan, truth)
    assert summarise(values, truth, higher_is_better=True, **FEW)["regret_at_10"] == 1


@pytest.mark.parametrize("values", [[np.nan] * 5, [7.0] * 5, [1.0, 2.0] + [np.nan] * 3])
def test_nothing_to_rank_gives_nan_not_a_number(values):
    report = summarise(np.array(values), TRUTH, higher_is_better=True, **FEW)
    for name in ("spearman", "spearman_low", "spearman_high", "kendall", "kendall_low", "kendall_high"):
        assert np.isnan(report[name]), name


def test_no_architecture_at_all_is_no_crash():
    report = summarise(np.empty(0), np.empty(0), higher_is_better=True, **FEW)
    assert report["n"] == 0
    assert np.isnan(report["coverage"])


def test_the_same_seed_gives_the_same_report_and_the_interval_holds_the_estimate():
    draw = np.random.default_rng(0)
    truth = draw.normal(size=100)
    values = truth + draw.normal(size=100)
    report = summarise(values, truth, higher_is_better=True, how=Resampling())
    assert report == summarise(values, truth, higher_is_better=True, how=Resampling())
    assert report != summarise(values, truth, higher_is_better=True, how=Resampling(seed=1))
    assert report["spearman_low"] < report["spearman"] < report["spearman_high"]
    assert report["kendall_low"] < report["kendall"] < report["kendall_high"]


def test_a_proxy_beats_a_baseline_only_if_the_whole_interval_says_so():
    draw = np.random.default_rng(0)
    truth = draw.normal(size=200)
    good, same, poor = (truth + noise * draw.normal(size=200) for noise in (0.3, 0.3, 2.0))
    report = compare(
        good, truth, {"params": poor, "flops": same, "good": good}, higher_is_better=True, how=Resampling()
    )
    assert report["beats_params"] is True
    assert report["beats_flops"] is False
    assert report["beats_good"] is False
    assert report["gain_over_params_low"] > 0
    assert report["gain_over_params_p"] < 0.05 < report["gain_over_flops_p"]
    assert report["spearman_given_params"] > 0.8
    assert np.isnan(report["spearman_given_good"])


def test_a_comparison_leaves_out_what_either_failed_on():
    values, baseline = np.array([np.nan, 2.0, 3.0, 4.0, 5.0]), np.array([5.0, 4.0, 3.0, 2.0, np.nan])
    report = compare(values, TRUTH, {"params": baseline}, higher_is_better=True, **FEW)
    assert report["gain_over_params"] == pytest.approx(2)


def test_holm_equals_a_hand_calculation_and_passes_over_nan():
    np.testing.assert_allclose(holm(np.array([0.01, np.nan, 0.04, 0.03])), [0.03, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.6, 0.7])), [1, 1])
    assert len(holm(np.empty(0))) == 0
