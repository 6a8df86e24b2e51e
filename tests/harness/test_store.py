import math

import pytest

from harness.store import FAILED, LOST, ScoreStore

ROW = {
    **dict.fromkeys(("space", "network", "task", "architecture", "proxy", "init", "batch", "dtype", "device"), "a"),
    **dict.fromkeys(("version", "seed", "repeat"), 0),
    **{"seconds": 0.1, "details": "{}", "reason": ""},
}


@pytest.mark.parametrize(
    ("scores", "counts"),
    [
        ([("ok", 1.0), ("ok", 2.0)], ("ok", 2.0)),
        ([("ok", 1.0), (FAILED, math.nan)], ("ok", 1.0)),
        ([("degenerate", math.nan), (LOST, math.nan)], ("degenerate", math.nan)),
        ([(LOST, math.nan), ("ok", 1.0)], ("ok", 1.0)),
        ([(LOST, math.nan), (FAILED, math.nan)], (FAILED, math.nan)),
    ],
)
def test_the_newest_row_counts_but_none_that_another_try_may_mend_hides_a_settled_one(tmp_path, scores, counts):
    store = ScoreStore(tmp_path)
    for status, value in scores:
        store.append([{**ROW, "status": status, "value": value}])
    rows = store.read(space="a")
    assert list(zip(rows["status"], rows["value"], strict=True)) == [(counts[0], pytest.approx(counts[1], nan_ok=True))]
