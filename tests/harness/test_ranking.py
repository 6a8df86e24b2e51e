import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness import ranking

CORRELATIONS = [ranking.spearman, ranking.kendall, ranking.weighted_kendall]
TIED_SCORES = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 7.0])
TRUTH = np.array([0.0, 2.0, 1.0, 5.0, 3.0, 5.0, 4.0])


def test_correlations_with_ties_equal_a_hand_calculation():
    x, y = np.array([1.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0, 3.0])
    # ranks 1.5 1.5 3 4 and 1 2.5 2.5 4; of six pairs four agree, one is tied on either side
    assert ranking.spearman(x, y) == pytest.approx(3.75 / 4.5)
    assert ranking.kendall(x, y) == pytest.approx(4 / 5)


def test_pearson_on_average_ranks_is_spearman():
    ranks = stats.rankdata(TIED_SCORES), stats.rankdata(TRUTH)
    assert ranking.spearman(TIED_SCORES, TRUTH) == pytest.approx(np.corrcoef(*ranks)[0, 1])


def test_weighted_kendall_punishes_a_swap_at_the_top_more_than_one_at_the_bottom():
    truth = np.arange(6.0)
    top, bottom = np.array([0.0, 1, 2, 3, 5, 4]), np.array([1.0, 0, 2, 3, 4, 5])
    assert ranking.kendall(top, truth) == ranking.kendall(bottom, truth)
    assert ranking.weighted_kendall(top, truth) < ranking.weighted_kendall(bottom, truth) < 1


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize(
    ("scores", "truth"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([1.0, 2.0], [1.0, 2.0], id="two"),
        pytest.param([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], id="constant scores"),
        pytest.param([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], id="constant truth"),
    ],
)
def test_a_correlation_that_does_not_exist_is_nan(correlation, scores, truth):
    assert np.isnan(correlation(np.array(scores), np.array(truth)))


@pytest.mark.parametrize("correlation", [ranking.spearman, ranking.kendall])
@given(data=st.data())
def test_correlations_keep_their_sign_and_turn_with_the_scores(correlation, data):
    size = data.draw(st.integers(3, 12))
    column = st.lists(st.integers(-3, 3), min_size=size, max_size=size).map(lambda v: np.array(v, dtype=float))
    scores, truth = data.draw(column), data.draw(column)
    np.testing.assert_allclose(correlation(-scores, truth), -correlation(scores, truth), atol=1e-12)
    np.testing.assert_allclose(correlation(np.exp(scores), truth), correlation(scores, truth), atol=1e-12)


def test_partial_spearman_is_the_correlation_of_what_the_ranks_of_the_third_leave_over():
    draw = np.random.default_rng(0)
    given_, scores, truth = draw.normal(size=(3, 200)) @ np.eye(200) + draw.normal(size=200)
    ranks = [stats.rankdata(column) for column in (scores, truth, given_)]
    left = [column - np.polyval(np.polyfit(ranks[2], column, 1), ranks[2]) for column in ranks[:2]]
    assert ranking.partial_spearman(scores, truth, given_) == pytest.approx(np.corrcoef(*left)[0, 1])


def test_partial_spearman_given_the_scores_themselves_is_nan():
    draw = np.random.default_rng(1)
    scores, truth = draw.normal(size=(2, 15_625))
    assert np.isnan(ranking.partial_spearman(scores, truth, np.exp(scores)))
    assert np.isnan(ranking.partial_spearman(scores, truth, -truth))


def test_among_the_best_counts_by_truth_and_lets_ties_at_the_edge_in():
    truth = np.array([9.0, 8.0, 7.0, 7.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    scores = np.array([4.0, 3.0, 1.0, 2.0, 9.0, 8.0, 7.0, 6.0, 5.0, 0.0])
    assert ranking.spearman_among_best(scores, truth, 0.3) == ranking.spearman(scores[:4], truth[:4]) > 0.9
    assert np.isnan(ranking.spearman_among_best(scores, truth, 0.2))
    assert np.isnan(ranking.spearman_among_best(scores[:0], truth[:0], 0.2))


def test_the_best_by_score_by_hand():
    truth = np.array([10.0, 20.0, 30.0, 40.0])
    scores = np.array([4.0, 1.0, 3.0, 2.0])  # best two: 10 and 30
    assert ranking.precision_at(2, scores, truth) == 0.5
    assert ranking.regret_at(2, scores, truth) == 10
    ideal = 1 + (2 / 3) / np.log2(3)
    assert ranking.ndcg_at(2, scores, truth) == pytest.approx((2 / 3) / np.log2(3) / ideal)


@pytest.mark.parametrize("statistic", [ranking.precision_at, ranking.regret_at, ranking.ndcg_at])
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_ties_of_scores_count_as_the_mean_over_random_orders(statistic, k):
    scores, truth = np.array([2.0, 1, 1, 1, 0, 0]), np.array([3.0, 1, 6, 2, 5, 4])
    draw = np.random.default_rng(0)
    broken = [statistic(k, scores + 0.1 * draw.permutation(6) / 6, truth) for _ in range(4000)]
    assert statistic(k, scores, truth) == pytest.approx(np.mean(broken), abs=0.06)


@pytest.mark.parametrize("statistic", [ranking.precision_at, ranking.regret_at, ranking.ndcg_at])
def test_the_k_best_of_fewer_than_k_are_undefined(statistic):
    assert np.isnan(statistic(4, np.arange(3.0), np.arange(3.0)))


def test_a_perfect_ranking_has_no_regret_and_full_gain_whatever_the_unit_of_the_truth():
    truth = -np.arange(20.0)  # a negative loss, as for room layout
    assert ranking.precision_at(10, truth, truth) == 1
    assert ranking.regret_at(10, truth, truth) == 0
    assert ranking.ndcg_at(10, truth, truth) == 1
    assert np.isnan(ranking.ndcg_at(10, truth, np.ones(20)))
