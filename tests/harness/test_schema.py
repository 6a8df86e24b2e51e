import re
from pathlib import Path

import pandas as pd
import pytest
from synthetic_run import write_run

from harness.board import gather, rows_of_run
from harness.errors import HarnessError
from harness.leaderboard import csv
from harness.schema import COLUMNS, SCHEMAS, read

BOARDS = Path(__file__).parent / "boards"  # one file of each schema version that was ever published


@pytest.fixture
def board(tmp_path):
    return rows_of_run(write_run(tmp_path / "run"))


@pytest.fixture
def told(tmp_path, board):
    """Write the board with changed cells and return what is told about it."""

    def problems(change) -> list[str]:
        path = tmp_path / "mine.csv"
        table = pd.read_csv(write_csv(tmp_path / "good.csv", board), dtype=str, keep_default_na=False)
        changed = change(table)
        (table if changed is None else changed).to_csv(path, index=False)
        with pytest.raises(HarnessError) as error:
            read(path)
        headline, *lines = str(error.value).splitlines()
        assert headline.startswith(str(path))
        return [line.strip() for line in lines]

    return problems


def write_csv(path, board):
    path.write_text(csv(board), encoding="utf-8")
    return path


def put(row, column, cell):
    def change(table):
        table.loc[row, column] = cell

    return change


def test_a_leaderboard_that_is_written_read_and_written_again_has_the_same_bytes(tmp_path, board):
    first = write_csv(tmp_path / "first.csv", board)
    second = write_csv(tmp_path / "second.csv", read(first))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("version", SCHEMAS)
def test_a_file_of_every_schema_version_still_loads(version):
    board = read(BOARDS / f"v{version}.csv")
    assert list(board.columns) == list(COLUMNS)
    assert len(board) == 3
    assert board.loc[board["proxy"] == "swap", "spearman"].item() == pytest.approx(0.771301)


@pytest.mark.parametrize(
    ("row", "column", "cell", "problem"),
    [
        (0, "spearman", "1.7", "row 2, column spearman: '1.7' is not within -1..1"),
        (1, "kendall_low", "much", "row 3, column kendall_low: 'much' is not a number"),
        (2, "n", "12.5", "row 4, column n: '12.5' is not a whole number"),
        (3, "n", "", "row 5, column n: is empty"),
        (0, "proxy", "", "row 2, column proxy: is empty"),
        (1, "spearman", "inf", "row 3, column spearman: 'inf' is not within -1..1"),
        (0, "beats_params", "yes", "row 2, column beats_params: 'yes' is not 'True' or 'False' or ''"),
        (0, "git_commit", "", "row 2, column git_commit: is empty"),
        (1, "seconds_per_arch", "-1", "row 3, column seconds_per_arch: '-1.0' is not within 0..inf"),
        (2, "n_failed", "41", "row 4, column n_failed: '41' is more than n"),
        (1, "coverage", "0.5", "row 3, column coverage: '0.5' is not the share of n that did not fail"),
        (1, "beats_params", "True", "row 3, column beats_params: 'True' contradicts the interval of the gain"),
        (0, "parameters", "[1]", "row 2, column parameters: '[1]' is no JSON object"),
        (2, "kendall_low", "0.99", "row 4, column kendall_low: '0.99' is above kendall_high"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(told, row, column, cell, problem):
    assert told(put(row, column, cell)) == [problem]


def test_all_problems_are_named_at_once(told):
    def change(table):
        table.loc[2, "spearman"] = "x"
        table.loc[0, "n"] = "-1"
        return table.drop(columns="dtype").assign(mine=1)

    assert told(change) == [
        "column mine is unknown",
        "column dtype is missing",
        "row 2, column n: '-1' is below 0",
        "row 4, column spearman: 'x' is not a number",
    ]


def test_a_changed_setting_does_not_pass_under_the_old_hash(told):
    problems = told(put(1, "batch_size", "64"))
    assert [re.match(r"row 3, column (\w+): '\w{12}' is not the hash", line)[1] for line in problems] == [
        "conditions",
        "protocol",
    ]


def test_hashes_that_were_left_empty_are_filled_in(tmp_path, board):
    path = write_csv(tmp_path / "mine.csv", board.assign(conditions="", protocol=""))
    pd.testing.assert_frame_equal(read(path)[["conditions", "protocol"]], board[["conditions", "protocol"]])


def test_a_confidence_of_many_digits_is_hashed_as_it_is_written(tmp_path):
    interval = {"method": "percentile bootstrap", "confidence": 0.9973002039, "resamples": 20}
    board = rows_of_run(write_run(tmp_path / "run", interval=interval))
    assert read(write_csv(tmp_path / "board.csv", board))["protocol"].tolist() == board["protocol"].tolist()


def test_a_row_that_occurs_twice_is_named(told):
    [problem] = told(lambda table: pd.concat([table, table.iloc[:1]]))
    assert problem.startswith("row 6, column protocol: ")
    assert problem.endswith("occurs in more than one row")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no CSV file"),
        (b"\xff\xfe\x00", "no CSV file"),
        (b"a,b\n1,2\n4,5,6,7\n", "Expected 2 fields in line 3, saw 4"),
        (b"schema_version,space\n1,nb201,too,many\n", "the first row has more cells than the header"),
        (b"schema_version\n999\n", "column schema_version holds '999'; known: 1"),
        (b"schema_version\n", "no row has a schema_version"),
        (b"proxy,spearman\nswap,0.8\n", "no row has a schema_version"),
    ],
)
def test_a_file_that_is_no_leaderboard_is_refused_in_words(tmp_path, content, problem):
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=problem):
        read(path)


def test_names_that_look_like_missing_values_stay_names(tmp_path):
    proxies = ("NA", "None", "nan", "1")
    board = gather([write_run(tmp_path / "run", space="null", proxies=proxies)])
    again = read(write_csv(tmp_path / "board.csv", board))
    assert again["proxy"].tolist() == sorted(proxies)
    assert set(again["space"]) == {"null"}
