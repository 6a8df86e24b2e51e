import re
from html import unescape

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from harness.bootstrap import Resampling
from harness.plots import bars, scatter
from harness.statistics import summarise

HOSTILE = r'<b>"$\frac{x}$ & ../é'


@pytest.fixture
def truth():
    return np.random.default_rng(0).normal(90, 3, size=40)


def draw(values, truth, path, proxy="swap", **options):
    summary = summarise(values, truth, higher_is_better=options.get("higher_is_better", True), how=Resampling(20))
    scatter(values, truth, summary, path, proxy=proxy, truth_label="cifar10 test accuracy (%)", **options)
    return words(path)


def words(path):
    """Text of an SVG: matplotlib draws it as outlines and notes it in a comment."""
    return [unescape(word) for word in re.findall("<!-- (.*?) -->", path.read_text(encoding="utf-8"))]


def correlations(**spearman):
    rows = [
        {"proxy": name, "n": 50, "n_failed": 3, "spearman": rho, "spearman_low": rho - 0.1, "spearman_high": rho + 0.1}
        for name, rho in spearman.items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(**{f"kendall{end}": table[f"spearman{end}"] for end in ("", "_low", "_high")})


def test_a_scatter_states_correlation_interval_and_number_of_architectures(tmp_path, truth):
    values = truth + np.random.default_rng(1).normal(size=40)
    values[:2] = np.nan
    text = draw(values, truth, tmp_path / "swap.svg", footnote="nb201 · 16 images")
    title = text[[word.startswith("swap:") for word in text].index(True)]
    assert re.fullmatch(r"swap:  ρ = 0\.\d\d \[0\.\d\d, 0\.\d\d\],  τ = 0\.\d\d \[0\.\d\d, 0\.\d\d\],  n = 38", title)
    assert "2 failed (no score)" in text
    assert "cifar10 test accuracy (%)" in text
    assert "nb201 · 16 images" in text


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.full(40, np.nan), id="all failed"),
        pytest.param(np.r_[1.0, np.full(39, np.nan)], id="one score"),
        pytest.param(np.zeros(40), id="all zero"),
        pytest.param(10.0 ** np.arange(40), id="forty decades"),
        pytest.param(np.r_[-(10.0 ** np.arange(20)), 10.0 ** np.arange(20)], id="forty decades of both signs"),
    ],
)
def test_scores_of_any_kind_can_be_drawn(tmp_path, truth, values):
    draw(values, truth, tmp_path / "swap.svg")


def test_where_lower_is_better_the_axis_says_so(tmp_path, truth):
    assert "swap score (lower is better)" in draw(-truth, truth, tmp_path / "s.svg", higher_is_better=False)


def test_bars_stand_in_order_and_undefined_ones_say_so(tmp_path):
    bars(correlations(params=0.5, swap=0.8, broken=np.nan, plain=-0.3), tmp_path / "bars.svg")
    text = words(tmp_path / "bars.svg")
    names = [word for word in text if word in ("params", "swap", "broken", "plain")]
    assert names == ["broken", "plain", "params", "swap"]  # from the bottom up
    assert [word for word in text if "failed" in word] == [
        "undefined  (3 failed)",
        "−0.30  (3 failed)",
        "0.50  (3 failed)",
        "0.80  (3 failed)",
    ]


def test_names_are_text_and_nothing_else(tmp_path, truth):
    assert f"{HOSTILE} score" in draw(truth, truth, tmp_path / "a.svg", proxy=HOSTILE)
    bars(correlations(**{HOSTILE: 0.5}), tmp_path / "bars.svg")
    assert HOSTILE in words(tmp_path / "bars.svg")


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_data_give_the_same_bytes(tmp_path, kind):
    for name in ("first", "second"):
        bars(correlations(params=0.5, swap=0.8), tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"first.{kind}").read_bytes() == (tmp_path / f"second.{kind}").read_bytes()


def test_drawing_leaves_no_state_and_no_half_file_behind(tmp_path, monkeypatch):
    before = dict(mpl.rcParams)
    bars(correlations(swap=0.8), tmp_path / "figures" / "bars.png")
    assert dict(mpl.rcParams) == before
    monkeypatch.setattr("harness.plots._whiskers", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bars(correlations(swap=0.8), tmp_path / "figures" / "broken.png")
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["bars.png"]
