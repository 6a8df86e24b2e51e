import numpy as np
import pandas as pd
import pytest

from harness.matrix import average_ranks, common_part, pareto_front, score_matrix


def cell(proxy, task, rho, space="nb201"):
    return {"space": space, "task": task, "target": "test", "proxy": proxy, "spearman": rho}


def test_a_cell_that_was_not_run_stays_empty_and_gives_no_average_rank():
    matrix = score_matrix(
        pd.DataFrame(
            [cell(proxy, "a", rho) for proxy, rho in (("swap", 0.9), ("params", 0.5), ("zen", 0.1))]
            + [cell("params", "b", 0.6), cell("zen", "b", 0.7)]
        )
    )
    assert np.isnan(matrix.loc["swap", ("nb201", "b", "test")])
    ranks = average_ranks(matrix)
    assert list(ranks.index) == ["params", "zen", "swap"]
    np.testing.assert_equal(ranks.to_numpy(), [1.5, 1.5, np.nan])


def test_a_task_that_less_than_two_thirds_of_the_proxies_have_does_not_count():
    nan = np.nan
    matrix = pd.DataFrame({"all": [0.1, 0.2, 0.3], "one": [nan, nan, 0.9], "two": [0.2, 0.1, nan]}, index=list("xyz"))
    assert list(common_part(matrix).columns) == ["all", "two"]
    assert dict(average_ranks(matrix).dropna()) == {"x": 1.5, "y": 1.5}


def test_many_proxies_on_one_task_alone_do_not_decide_which_tasks_count():
    everywhere = pd.DataFrame(np.arange(20.0).reshape(5, 4), index=list("abcde"), columns=list("wxyz"))
    visitors = pd.DataFrame({"w": np.arange(9.0)}, index=[f"visitor {i}" for i in range(9)])
    ranks = average_ranks(pd.concat([everywhere, visitors]))
    assert dict(ranks.dropna()) == {"e": 1, "d": 2, "c": 3, "b": 4, "a": 5}


def test_without_a_task_that_counts_nobody_has_an_average_rank():
    matrix = pd.DataFrame({"a": [0.1, np.nan], "b": [np.nan, 0.1]}, index=["x", "y"])
    assert average_ranks(matrix).isna().all()


def test_average_ranks_equal_a_hand_calculation_with_ties():
    matrix = pd.DataFrame({"a": [0.9, 0.5, 0.5], "b": [0.1, 0.2, 0.3]}, index=["x", "y", "z"])
    ranks = average_ranks(matrix)
    assert dict(ranks) == {"x": 2, "y": 2.25, "z": 1.75}
    assert list(ranks.index) == ["z", "x", "y"]


def test_two_results_for_one_cell_are_refused():
    with pytest.raises(ValueError, match="duplicate"):
        score_matrix(pd.DataFrame([cell("swap", "a", 0.9), cell("swap", "a", 0.8)]))


def test_the_pareto_front_holds_what_no_other_beats():
    cost = np.array([1.0, 2.0, 2.0, 3.0, 4.0, np.nan, 1.0])
    value = np.array([0.5, 0.7, 0.6, 0.7, 0.9, 1.0, 0.5])
    assert list(pareto_front(cost, value)) == [True, True, False, False, True, False, True]
