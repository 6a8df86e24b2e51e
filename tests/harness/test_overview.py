import re
from html import unescape

import numpy as np
import pandas as pd
import pytest

from harness.errors import HarnessError
from harness.overview import agreement, costs, critical_differences, heat_map, sample_sizes

HOSTILE = r'<b>"$\frac{x}$ & ../é'


def words(path):
    return [unescape(word) for word in re.findall("<!-- (.*?) -->", path.read_text(encoding="utf-8"))]


def cells(proxies=("swap", HOSTILE, "params", "zen"), tasks=("a", "b", "c")):
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"space": space, "task": task, "target": "test", "proxy": proxy, "spearman": 0.9 - 0.2 * i}
            for i, proxy in enumerate(proxies)
            for space in ("nb101", "nb201")
            for task in tasks
        ]
    ).assign(
        spearman_low=lambda t: t["spearman"] - 0.1, spearman_high=1, seconds_per_arch=lambda t: draw.random(len(t))
    )


def test_the_heat_map_is_ordered_by_average_rank_and_leaves_missing_cells_empty(tmp_path):
    table = cells().drop(index=0)  # swap lacks a task
    heat_map(table, tmp_path / "heat.svg")
    text = words(tmp_path / "heat.svg")
    assert [word for word in text if word in {"swap", HOSTILE, "params", "zen"}] == [HOSTILE, "params", "zen", "swap"]
    assert [word for word in text if re.fullmatch(r"\d\.0|–", word)] == ["1.0", "2.0", "3.0", "–"]
    assert text.count(".90") == 5
    assert {"nb101", "nb201", "a (test)", "rank in", "6 tasks"} <= set(text)


def test_the_heat_map_says_which_tasks_do_not_count(tmp_path):
    table = cells()
    few = (table["space"] == "nb201") & (table["task"] == "a") & table["proxy"].isin(["swap", "zen"])
    heat_map(table[~few], tmp_path / "heat.svg")
    text = words(tmp_path / "heat.svg")
    assert {"5 tasks"} <= set(text)
    assert any("in italics" in word for word in text)


def test_agreement_puts_proxies_that_say_the_same_side_by_side(tmp_path):
    draw = np.random.default_rng(0)
    first, second = draw.normal(size=(2, 50))
    scores = pd.DataFrame({"a": first, "b": second, "c": first + 0.1 * second, "d": second, HOSTILE: -first})
    scores.loc[:5, "d"] = np.nan
    scores["failed"] = np.nan
    agreement(scores, tmp_path / "agreement.svg")
    order = "".join(word for word in words(tmp_path / "agreement.svg") if word in "abcd")[:4]
    assert "ac" in order or "ca" in order
    assert "bd" in order or "db" in order


@pytest.mark.parametrize("count", [1, 2])
def test_agreement_of_one_or_two_proxies_can_be_drawn(tmp_path, count):
    agreement(pd.DataFrame(np.random.default_rng(0).normal(size=(9, count))), tmp_path / "agreement.png")


@pytest.mark.parametrize("count", [1, 5])
def test_each_proxy_has_a_panel_of_its_own(tmp_path, count):
    names = [f"proxy{i}" for i in range(count)]
    rows = [
        {"proxy": name, "n": n, "spearman": 0.5, "spearman_low": 0.5 - 1 / n, "spearman_high": 0.5 + 1 / n}
        for name in names
        for n in (10, 100)
    ]
    sample_sizes(pd.DataFrame(rows), tmp_path / "sizes.svg")
    assert [word for word in words(tmp_path / "sizes.svg") if word.startswith("proxy")] == names


def test_costs_name_every_proxy_even_where_all_lie_on_one_spot(tmp_path):
    table = cells(proxies=[f"proxy{i}" for i in range(12)], tasks=["a"])
    table = table[table["space"] == "nb201"].assign(spearman=0.5, seconds_per_arch=0.1)
    costs(table, tmp_path / "costs.svg")
    named = {word for word in words(tmp_path / "costs.svg") if word.startswith("proxy")}
    assert len(named) == 12


def test_a_critical_difference_diagram_leaves_out_incomplete_proxies(tmp_path):
    critical_differences(cells().drop(index=0), tmp_path / "ranks.svg")
    text = " ".join(words(tmp_path / "ranks.svg"))
    assert "over 6 tasks" in text
    assert HOSTILE in text
    assert "swap" not in text


def test_too_few_results_for_a_critical_difference_diagram_are_refused(tmp_path):
    with pytest.raises(HarnessError, match="at least three proxies"):
        critical_differences(cells(proxies=("swap", "params")), tmp_path / "ranks.svg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("draw", [heat_map, costs, critical_differences])
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_results_give_the_same_bytes(tmp_path, draw, kind):
    for name in ("first", "second"):
        draw(cells(), tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"first.{kind}").read_bytes() == (tmp_path / f"second.{kind}").read_bytes()
