import re

import numpy as np
import pandas as pd
import pytest

from harness.bootstrap import Resampling
from harness.report import escape, flatten, headline, print_table, write_report
from harness.statistics import compare, summarise

HOSTILE = '<script>alert("1")</script>|a_b_ *c* [bold]d[/bold]\n# e `f`'
PROTOCOL = {
    "space": "nb201",
    "task": "cifar10",
    "target": "test",
    "truth": {"source": "nb201.csv", "sha256": "ab12", "licence": "MIT", "note": "mean over seeds"},
    "inputs": {"source": "first images", "batch_size": 16},
    "failed": "left out",
    "interval": {"confidence": 0.9, "resamples": 50},
    "parameters": {"swap_reg": {"mu": 900.0}},
    "git_commit": None,
    "caveats": ["the images are <b>not</b> real"],
}


@pytest.fixture(scope="module")
def correlations():
    draw = np.random.default_rng(0)
    truth = draw.normal(size=100)
    scores = {"swap": truth + 0.3 * draw.normal(size=100), "params": truth + 2 * draw.normal(size=100)}
    scores[HOSTILE] = np.where(truth > 1, np.nan, -truth)
    rows = [
        {
            "proxy": name,
            **summarise(values, truth, higher_is_better=True, how=Resampling(200)),
            **compare(values, truth, {"params": scores["params"]}, higher_is_better=True, how=Resampling(200)),
            "seconds_per_arch": 0.125,
            "failure_reasons": "20 × degenerate: all | zero",
        }
        for name, values in scores.items()
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def report(tmp_path, correlations):
    write_report(tmp_path / "report.md", PROTOCOL, correlations)
    return (tmp_path / "report.md").read_text(encoding="utf-8")


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_first_sentence_names_the_best_proxy_its_correlation_and_its_interval(report, correlations):
    best = correlations.iloc[0]
    interval = f"{best['spearman']:.3f} [{best['spearman_low']:.3f}, {best['spearman_high']:.3f}]"
    first = report.split("\n\n")[1]
    assert first.startswith("**swap ranks best of 3**: over 100 architectures of nb201")
    assert f"{interval} (90 % interval)" in first
    assert "Better than params beyond chance: swap." in first


def test_a_caveat_stands_above_the_numbers(report, capsys, correlations):
    before, _, _ = report.partition("## Correlation")
    assert "> **Note:** the images are &lt;b&gt;not&lt;/b&gt; real" in before
    print_table(correlations, PROTOCOL)
    assert "note: the images are <b>not</b> real" in capsys.readouterr().out


def test_a_proxy_worse_than_a_baseline_beyond_chance_is_not_called_better(correlations):
    assert "beyond chance: none." in headline(PROTOCOL, correlations[correlations["proxy"] != "swap"])


def test_a_run_without_any_ranking_says_so(correlations):
    assert "No proxy gave a ranking" in headline(PROTOCOL, correlations.assign(spearman=np.nan))


def test_every_setting_of_the_protocol_is_in_the_report(report):
    for name, value in flatten(PROTOCOL):
        assert f"| {name} | {escape(value)} |" in report
    assert "| parameters.swap_reg.mu | 900.0 |" in report
    assert "- Trained results: nb201.csv; MIT; mean over seeds" in report


def test_failed_scores_are_told_both_ways(report, correlations):
    failed = correlations.iloc[2]
    line = next(line for line in report.splitlines() if line.startswith(f"- {escape(HOSTILE)}: "))
    assert f"{failed['n_failed']} of 100 failed" in line
    assert line.endswith("Why: 20 × degenerate: all \\| zero.")
    assert f"ρ −1.000 without them, −{-failed['spearman_failed_last']:.3f} with them ranked last" in line


def test_a_name_changes_nothing_but_text(report):
    assert "<script>" not in report
    tables = [block.splitlines() for block in report.split("\n\n") if block.startswith("| proxy")]
    assert len(tables) == 3
    for table in tables:
        assert len({len(cells(line)) for line in table}) == 1
    assert [len(table) for table in tables[:2]] == [5, 5]


def test_published_values_stand_beside_ours_with_the_difference(report, correlations):
    _, _, section = report.partition("## Beside the literature")
    line = next(line for line in section.splitlines() if line.startswith("| params | spearman"))
    ours = correlations.set_index("proxy").loc["params", "spearman"]
    assert cells(line)[3:5] == ["0.720", f"{ours - 0.72:.3f}".replace("-", "−")]
    assert cells(line)[5] == "no"
    assert cells(line)[6:8] == ["valid", "1000"]
    assert "NAS-Bench-Suite-Zero" in cells(line)[8]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("grad_norm", "grad_norm"),
        ("_x_", r"\_x\_"),
        ("a|b\nc", r"a\|b c"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("[a](b) *c* `d`", r"\[a\](b) \*c\* \`d\`"),
    ],
)
def test_markdown_and_html_are_escaped(text, escaped):
    assert escape(text) == escaped


def test_only_figures_of_this_run_that_exist_are_linked(tmp_path, correlations):
    (tmp_path / "figures").mkdir()
    for name in ("correlations", "scatter_swap", "scatter_of_an_earlier_run"):
        (tmp_path / "figures" / f"{name}.png").touch()
    write_report(tmp_path / "report.md", PROTOCOL, correlations)
    links = re.findall(r"\]\((.*?)\)", (tmp_path / "report.md").read_text(encoding="utf-8"))
    assert links == ["figures/correlations.png", "figures/scatter_swap.png"]


def test_the_screen_shows_a_line_for_each_proxy_and_no_escape_codes_where_there_is_no_terminal(correlations, capsys):
    print_table(correlations, PROTOCOL)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "[bold]d[/bold]" in printed
    lines = [line.split() for line in printed.splitlines() if line.startswith("  swap")]
    assert len(lines) == 1
    assert lines[0][-3:] == ["100", "0", "0.125"]
