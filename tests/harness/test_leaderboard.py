import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from synthetic_run import write_run

from harness.board import gather
from harness.errors import HarnessError
from harness.leaderboard import csv, write
from harness.publication import file_name
from harness.publish import publish
from harness.schema import COLUMNS, read

ROOT = Path(__file__).parents[2]
HOSTILE = '../../x/<script>alert("1")</script>|a_b {c} $d$ \\e & f%\ng'


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_command(module, *arguments):
    return subprocess.run(
        [sys.executable, "-m", f"harness.{module}", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture
def runs(tmp_path):
    cells = [("nb201", "cifar10"), ("nb201", "cifar100"), ("nb101", "cifar10")]
    return [write_run(tmp_path / "runs" / f"{space} {task}", space, task) for space, task in cells]


def test_the_same_runs_give_the_same_bytes_in_any_order(tmp_path, runs):
    write(gather(runs), tmp_path / "one")
    write(gather(reversed(runs)), tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")
    write(gather([tmp_path / "one" / "leaderboard.csv"]), tmp_path / "three")
    assert files(tmp_path / "one") == files(tmp_path / "three")


def test_the_files_of_the_spaces_are_the_leaderboard_and_none_is_left_of_a_space_that_is_gone(tmp_path, runs):
    write(gather(runs), tmp_path / "out")
    spaces = [read(path) for path in sorted((tmp_path / "out" / "spaces").iterdir())]
    pd.testing.assert_frame_equal(pd.concat(spaces, ignore_index=True), read(tmp_path / "out" / "leaderboard.csv"))
    write(gather(runs[:2]), tmp_path / "out")
    assert [path.name for path in (tmp_path / "out" / "spaces").iterdir()] == ["nb201.csv"]


def test_every_column_is_explained(tmp_path, runs):
    write(gather(runs), tmp_path)
    explained = re.findall(r"^\| (\w+) \| [\w ]+ \| .{5,} \|$", (tmp_path / "columns.md").read_text(), re.M)
    assert explained[1:] == list(COLUMNS)


def test_the_tables_show_each_cell_once_and_leave_out_what_was_not_run(tmp_path):
    few, some = ("swap", "params"), ("swap", "params", "flops")
    runs = [
        write_run(tmp_path / "a"),
        write_run(tmp_path / "b", task="cifar100", proxies=some, failed=0),
        write_run(tmp_path / "c", "nb101", proxies=few, failed=0),
    ]
    board = gather(runs)
    write(board, tmp_path / "out")
    markdown = (tmp_path / "out" / "leaderboard.md").read_text()
    overview = {line.split(" | ")[0].strip("| "): line for line in markdown.split("\n\n")[3].splitlines()[2:]}
    rho = board.query("space == 'nb201'").set_index(["proxy", "task"])["spearman"]
    swap = [f"{rho['swap', task]:.2f}" for task in ("cifar10", "cifar100")]
    assert overview["swap"].endswith(f" | {swap[0]} | {swap[1]} | 1.00 |")
    assert overview["zen"].endswith(" | – | – |")
    assert overview["flops"].startswith("| flops | – | ")
    assert overview["flops"].endswith(" | 3.00 |")
    assert "| proxy | (nb101 / cifar10 / valid) | nb201 / cifar10 / valid |" in markdown
    latex = (tmp_path / "out" / "leaderboard.tex").read_text()
    assert f" & {swap[0]} & {swap[1]} \\\\" in latex
    assert re.search(r"^zen & .* & -- \\\\$", latex, re.M)


def test_a_hostile_name_changes_nothing_but_text(tmp_path):
    board = gather([write_run(tmp_path / "run", HOSTILE, HOSTILE, HOSTILE, (HOSTILE, "params", "flops"))])
    out = tmp_path / "a" / "b" / "c"
    write(board, out)
    assert {path.name for path in tmp_path.iterdir()} == {"run", "a"}
    assert {path.name for path in out.parent.iterdir()} == {"c"}
    assert [path.name for path in (out / "spaces").iterdir()] == [f"{file_name(HOSTILE)}.csv"]
    pd.testing.assert_frame_equal(read(out / "leaderboard.csv"), board, check_exact=False, rtol=1e-5)
    assert HOSTILE in set(read(out / "leaderboard.csv")["proxy"])

    markdown = (out / "leaderboard.md").read_text()
    assert "<script>" not in markdown
    for block in markdown.split("\n\n"):
        if block.startswith("|"):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    latex = (out / "leaderboard.tex").read_text().splitlines()
    rows = latex[latex.index(r"\midrule") + 1 : latex.index(r"\bottomrule")]
    assert len(rows) == 3
    assert all(len(re.findall(r"(?<!\\)&", row)) == 1 and row.endswith(r"\\") for row in rows)
    assert not re.search(r"(?<!\\)[_#%]", "".join(rows))


def test_file_names_are_different_for_different_names_and_are_never_paths():
    names = ["a", "A", "a/b", "a%2Fb", "..", ".", "a.b", "ä", "", " ", "a b", "a+b"]
    written = [file_name(name) for name in names]
    assert len(set(written)) == len(names)
    assert not any("/" in name or "." in name for name in written)


def test_of_a_run_only_three_files_are_published_and_the_leaderboard_is_the_same(tmp_path):
    run = write_run(tmp_path / "run")
    (run / "scores").mkdir()
    (run / "report.md").touch()
    place = publish(run, tmp_path / "published")
    assert place.is_relative_to(tmp_path / "published" / "nb201" / "cifar10" / "valid")
    assert {path.name for path in place.iterdir()} == {"protocol.json", "correlations.csv", "values.csv"}
    pd.testing.assert_frame_equal(gather([tmp_path / "published"]), gather([run]))


def test_a_run_published_again_takes_the_place_of_the_former(tmp_path):
    place = publish(write_run(tmp_path / "a"), tmp_path / "published")
    again = write_run(tmp_path / "b")
    table = pd.read_csv(again / "correlations.csv")
    table.assign(kendall=0.5).to_csv(again / "correlations.csv", index=False)
    assert publish(again, tmp_path / "published") == place
    assert set(gather([tmp_path / "published"])["kendall"]) == {0.5}


def test_what_contradicts_the_published_is_refused_and_leaves_nothing(tmp_path):
    publish(write_run(tmp_path / "a"), tmp_path / "published")
    before = files(tmp_path / "published")
    theirs = tmp_path / "theirs.csv"
    board = gather([tmp_path / "a"])
    theirs.write_text(csv(board.assign(spearman_top10=0.5)))
    with pytest.raises(HarnessError, match=r"spearman_top10 .*theirs\.csv"):
        publish(theirs, tmp_path / "published")
    theirs.write_text(csv(board).replace(",nb201,", ",nb301,"))
    with pytest.raises(HarnessError, match="is not the hash"):
        publish(theirs, tmp_path / "published")
    assert files(tmp_path / "published") == before


def test_a_third_party_leaderboard_joins_the_others(tmp_path):
    publish(write_run(tmp_path / "a"), tmp_path / "published")
    theirs = tmp_path / "their results.csv"
    theirs.write_text(csv(gather([write_run(tmp_path / "b", task="cifar100")])))
    publish(theirs, tmp_path / "published")
    assert set(gather([tmp_path / "published"])["task"]) == {"cifar10", "cifar100"}


def test_leaderboards_of_one_name_do_not_replace_each_other(tmp_path):
    for task in ("cifar10", "cifar100"):
        path = tmp_path / task / "results.CSV"
        path.parent.mkdir()
        path.write_text(csv(gather([write_run(tmp_path / f"run {task}", task=task)])))
        publish(path, tmp_path / "published")
    assert set(gather([tmp_path / "published"])["task"]) == {"cifar10", "cifar100"}


def test_a_name_of_any_length_can_be_published(tmp_path):
    for space in ("long" * 100, "long" * 101, "長い" * 90):
        publish(write_run(tmp_path / str(len(space)), space), tmp_path / "published")
    board = gather([tmp_path / "published"])
    write(board, tmp_path / "out")
    assert len(list((tmp_path / "out" / "spaces").iterdir())) == board["space"].nunique() == 3


def test_the_command_writes_the_leaderboard_and_tells_a_mistake_in_one_line(tmp_path, runs):
    done = run_command("leaderboard", f"runs=[{tmp_path}/runs]", f"results={tmp_path}/out")
    assert done.returncode == 0, done.stderr
    assert "12 rows, 4 proxies" in done.stdout
    write(gather(runs), tmp_path / "same")
    assert files(tmp_path / "out") == files(tmp_path / "same")
    (runs[0] / "values.csv").unlink()
    refused = run_command("publish", f"add='{runs[0]}'", f"results={tmp_path}/out")
    assert refused.returncode == 2
    assert refused.stderr.count(os.linesep) == 1
    assert "values.csv" in refused.stderr
