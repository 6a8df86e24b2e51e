import numpy as np
import pytest

from harness.ranking import spearman
from harness.spread import repeat_spread


def simulate(seed, *, shared, noise=0.7, n=200, repeats=5):
    """Scores of which the noise is drawn anew in each repeat, for each architecture or for all together."""
    draw = np.random.default_rng(seed)
    quality = draw.normal(size=n)
    truth = quality + 0.5 * draw.normal(size=n)
    if shared:
        return quality[:, None] + noise * np.outer(draw.normal(size=n), draw.normal(size=repeats)), truth
    return quality[:, None] + noise * draw.normal(size=(n, repeats)), truth


@pytest.mark.parametrize(("shared", "tolerance"), [(False, 0.1), (True, 0.25)])
def test_the_parts_add_up_to_the_spread_that_whole_new_experiments_have(shared, tolerance):
    experiments = [simulate(seed, shared=shared) for seed in range(200)]
    truly = np.std([spearman(scores[:, 0], truth) for scores, truth in experiments], ddof=1)
    total = [repeat_spread(*e, shared=shared, resamples=100)["sd_total"] for e in experiments]
    assert np.sqrt(np.mean(np.square(total))) == pytest.approx(truly, rel=tolerance)


def test_scores_without_noise_have_no_spread_over_repeats():
    scores, truth = simulate(0, shared=False, noise=0)
    report = repeat_spread(scores, truth, shared=False)
    assert report["sd_repeats"] == 0
    assert report["repeatability"] == pytest.approx(1)
    assert report["sd_architectures"] == report["sd_total"] > 0
    assert report["spearman"] == pytest.approx(spearman(scores[:, 0], truth))


def test_what_repeats_add_is_taken_out_of_the_spread_over_architectures_unless_it_is_shared():
    scores, truth = simulate(0, shared=False)
    own, common = (repeat_spread(scores, truth, shared=shared) for shared in (False, True))
    assert own["sd_repeats"] == common["sd_repeats"]
    variance = own["sd_architectures"] ** 2 + own["sd_repeats"] ** 2
    assert variance == pytest.approx(common["sd_architectures"] ** 2)
