"""The page in a real browser: what it shows, what it does, and that it needs nothing but itself."""

import json
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from synthetic_run import write_run

from harness.board import load_run, main_rows, run_folders
from harness.matrix import average_ranks, common_part, score_matrix
from harness.site import SCRIPTS, asset, content, page

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "build" / "screenshots"
HOSTILE = '<img src=x onerror="window.pwned=1">\'"</script><script>window.pwned=1</script>&amp;../..//'
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for task in ("cifar10", "cifar100"):
        write_run(folder / task, task=task)
    write_run(folder / "smaller", n=30)
    write_run(folder / "nb101", "nb101", proxies=("swap", "params", "grasp"))
    write_run(folder / "hostile", HOSTILE, HOSTILE, HOSTILE, (HOSTILE, "params", "flops"))
    return [load_run(run) for run in run_folders(folder)]


@pytest.fixture(scope="module")
def board(runs):
    table = gather_runs(runs)
    return table.assign(seconds_per_arch=table["seconds_per_arch"].where(table["space"] != "nb101", 0))


def gather_runs(runs):
    return pd.concat([run.rows for run in runs], ignore_index=True)


@pytest.fixture(scope="module")
def address(board, runs, tmp_path_factory):
    path = tmp_path_factory.mktemp("site") / "index.html"
    path.write_text(page(content(board, runs)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed: .ci/run must see to it")
        pytest.skip("needs the program chromium (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser, address):
    """Open the page as a visitor with the given settings would; whatever it complains about fails the test."""
    contexts, complaints, requests = [], [], []

    def open_page(**settings):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(address)
        return tab

    yield open_page
    for context in contexts:
        for tab in context.pages:
            assert tab.evaluate("window.pwned") is None
            assert tab.locator("img").count() == 0
        context.close()
    assert complaints == []
    assert set(requests) == {address}


def column(tab, table, number):
    """Texts of a column of a table, from the left, without the intervals."""
    cells = tab.locator(f"#{table} tbody tr td:nth-child({number})")
    return [re.sub(r"\[.*", "", text).strip() for text in cells.all_inner_texts()]


def numbers(texts):
    return [float(text.replace("−", "-")) for text in texts if text != "–"]


def choose(tab, space, cell=""):
    tab.select_option("select[name=space]", label=space)
    if cell:
        tab.select_option("select[name=cell]", label=cell)


def test_every_result_is_shown_and_a_hostile_name_is_nothing_but_text(opened, board):
    tab = opened()
    assert f"of {len(board)}" in tab.locator("#results_info").inner_text()
    assert tab.locator("#overview td:not(:empty)").count() > 10
    tab.select_option("select[name=space]", f"={HOSTILE}")
    tab.select_option("select[name=cell]", index=1)
    assert HOSTILE in tab.text_content("#overview-title")
    assert tab.locator("#overview svg").count() == 1
    choose(tab, "all")
    tab.fill("section:has(#results) input[type=search]", "onerror")
    assert set(column(tab, "results", 2)) == {HOSTILE}
    assert HOSTILE in column(tab, "results", 1)
    tab.locator(f"#results button.name[title={json.dumps(HOSTILE)}]").click()
    assert tab.inner_text("#details-title") == HOSTILE
    assert tab.locator("#details-body svg").count() == 1


def test_a_click_or_enter_on_a_header_sorts_by_it(opened):
    expect = pytest.importorskip("playwright.sync_api").expect
    tab = opened()
    rho = numbers(column(tab, "results", 5))
    assert rho == sorted(rho, reverse=True)
    header = tab.locator("#results th", has_text=re.compile("^ρ$"))
    header.click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    rho = numbers(column(tab, "results", 5))
    assert rho == sorted(rho)
    header = tab.locator("#results th:has-text('failed')")
    header.get_by_role("button").focus()
    tab.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    failed = numbers(column(tab, "results", 12))
    assert failed == sorted(failed, reverse=True)
    assert failed[0] == 2


def test_search_keeps_the_rows_with_the_word(opened):
    tab = opened()
    tab.fill("section:has(#results) input[type=search]", "grasp")
    assert column(tab, "results", 1) == ["grasp"]
    tab.fill("section:has(#results) input[type=search]", "no such proxy")
    assert "Nothing here" in tab.inner_text("#results tbody")


def test_space_and_task_choose_the_rows_of_both_tables_and_the_overview(opened, board):
    tab = opened()
    choose(tab, "nb101")
    assert column(tab, "results", 2) == ["nb101"] * 3
    assert set(column(tab, "literature", 2)) == {"nb101"}
    choose(tab, "nb201", "cifar100 / valid")
    ours = board.query("space == 'nb201' and task == 'cifar100'").sort_values("spearman", ascending=False)
    assert column(tab, "results", 1) == ours["proxy"].tolist()
    assert numbers(column(tab, "results", 2)) == pytest.approx(ours["spearman"].tolist(), abs=6e-4)
    assert "nb201 / cifar100 / valid" in tab.inner_text("#overview-title")
    assert tab.locator("#overview svg").count() == 1
    choose(tab, "all")
    assert f"of {len(board)}" in tab.locator("#results_info").inner_text()


def test_results_under_other_conditions_stay_apart(opened, board):
    tab = opened()
    choose(tab, "nb201")
    labels = tab.locator("select[name=cell] option").all_inner_texts()
    several = [label for label in labels if label.startswith("cifar10 / valid (n ")]
    assert len(several) == 2
    tab.select_option("select[name=cell]", label=next(label for label in several if "n 30," in label))
    assert tab.inner_text("#overview-note").startswith("30 architectures")
    rho = numbers(column(tab, "results", 2))
    assert rho == pytest.approx(sorted(board.query("n == 30")["spearman"], reverse=True), abs=6e-4)


def test_the_overview_shows_the_chosen_statistic_and_no_average_over_empty_cells(opened, board):
    tab = opened()
    choose(tab, "nb201")
    tab.select_option("select[name=statistic]", "regret_at_10")
    assert tab.inner_text("#overview-title") == "regret@10 (lower is better)"
    main = board.query("space == 'nb201' and n == 40").pivot(index="proxy", columns="task", values="regret_at_10")
    rows = [line.split("\t") for line in tab.locator("#overview tbody tr").all_inner_texts()]
    shown = {name.strip(): numbers(cells) for name, *cells in rows}
    ranks = main.rank().mean(axis=1)
    for proxy, (*cells, rank) in shown.items():
        assert cells == pytest.approx(main.loc[proxy].tolist(), abs=6e-3)
        assert rank == pytest.approx(ranks[proxy], abs=0.06)
    choose(tab, "all")
    tab.select_option("select[name=statistic]", "spearman")
    matrix = score_matrix(main_rows(board))
    wanted = [f"{rank:.1f}" for rank in average_ranks(matrix).dropna()]
    assert wanted
    assert column_of(tab, "td:last-child") == wanted + ["–"] * (len(matrix) - len(wanted))
    uncounted = tab.locator("#overview .uncounted").all_inner_texts()
    assert len(uncounted) == matrix.shape[1] - common_part(matrix).shape[1] > 0


def test_scores_that_cost_no_time_are_shown_too(opened):
    tab = opened()
    choose(tab, "nb101")
    tab.select_option("select[name=statistic]", "seconds_per_arch")
    assert column_of(tab, "td:nth-child(2)") == ["0.00"] * 3
    choose(tab, "nb101", "cifar10 / valid")
    assert tab.inner_text("#overview-title").startswith("seconds")


def test_the_details_of_a_row_begin_with_that_row(opened):
    tab = opened()
    choose(tab, "nb201")
    smaller = tab.locator("#results tbody tr", has=tab.locator("td", has_text=re.compile("^30$"))).first
    smaller.locator("button").click()
    assert "n 30," in tab.locator("#details-body article").first.inner_text()


def column_of(tab, cell):
    return [text.strip() for text in tab.locator(f"#overview tbody tr > {cell}").all_inner_texts()]


def test_the_interval_shows_when_the_pointer_is_near(opened, board):
    tab = opened()
    choose(tab, "nb201", "cifar100 / valid")
    best = board.query("space == 'nb201' and task == 'cifar100'").sort_values("spearman").iloc[-2]
    dot = tab.locator("#overview svg g[aria-label=dot] >> nth=0").locator("circle, path").nth(1)
    dot.hover()
    told = " ".join(tab.locator("#overview svg g[aria-label=tip]").all_text_contents())
    assert best["proxy"] in told
    assert f"[{best['spearman_low']:.3f}, {best['spearman_high']:.3f}]".replace("-", "−") in told


def test_a_proxy_shows_its_scatter_plots_and_its_whole_protocol_and_escape_closes_them(opened, board):
    tab = opened()
    choose(tab, "nb201", "cifar100 / valid")
    button = tab.locator("#results button.name", has_text="zen")
    button.focus()
    button.press("Enter")
    assert tab.inner_text("#details-title") == "zen"
    assert "2 failed: 2 × degenerate: all outputs are equal" in tab.inner_text("#details-body")
    assert tab.locator("#details-body svg g[aria-label=dot]").locator("circle, path").count() == 38
    tab.click("#details-body summary")
    protocol = tab.inner_text("#details-body dl")
    row = board.query("space == 'nb201' and task == 'cifar100' and proxy == 'zen'").iloc[0]
    for name in ("protocol", "git_commit", "truth_sha256", "inputs_sha256", "init", "n", "network", "torch", "caveats"):
        assert f"{name}\n{row[name]}" in protocol
    tab.check("#as-scores")
    assert "score →" in tab.text_content("#details-body svg")
    tab.keyboard.press("Escape")
    assert not tab.locator("#details").is_visible()


def test_published_values_stand_beside_ours(opened, board):
    tab = opened()
    choose(tab, "nb101")
    tab.fill("section:has(#literature) input[type=search]", "grasp")
    ours = board.query("space == 'nb101' and proxy == 'grasp'")["spearman"].item()
    assert numbers(column(tab, "literature", 7)) == [0.27, 0.29]
    assert numbers(column(tab, "literature", 8)) == pytest.approx([ours - 0.27, ours - 0.29], abs=6e-4)
    assert "arXiv 2210.03230" in tab.inner_text("#literature")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_the_reader(opened, scheme):
    tab = opened(color_scheme=scheme)
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) > 384) == (scheme == "light")
    keep(tab, scheme)


def test_a_phone_shows_it_without_scrolling_sideways(opened):
    tab = opened(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    for cell in ("", "cifar100 / valid"):
        choose(tab, "nb201", cell)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.click("#results button.name >> nth=0")
    assert tab.locator("#details-body svg").bounding_box()["width"] <= 390
    tab.keyboard.press("Escape")
    keep(tab, "phone")


def keep(tab, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


def test_everything_can_be_reached_by_keyboard(opened):
    tab = opened()
    reached = set()
    for _ in range(60):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.name || document.activeElement.className || ''"))
    assert {"space", "cell", "statistic", "name"} <= reached


def test_the_page_is_the_same_bytes_again_and_no_name_adds_markup_to_it(board, runs):
    html = page(content(board, runs))
    assert html == page(content(board, list(reversed(runs))))
    benign = page(content(board[board["space"] != HOSTILE], []))
    assert html.count("<") == benign.count("<")


def test_no_script_but_the_pages_own_may_run(opened):
    tab = opened()
    policy = tab.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert "script-src 'sha256-" in policy
    assert policy.count("'sha256-") == len(SCRIPTS)
    assert "connect-src" not in policy  # so that default-src 'none' holds for it
    assert "default-src 'none'" in policy
    assert not any("</script" in asset(name) for name in SCRIPTS)


def test_the_bundled_libraries_are_those_of_the_lock_file_which_names_no_address():
    lock = (ROOT / "harness" / "assets" / "vendor" / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "://" not in lock
    versions = {path.removeprefix("node_modules/"): entry for path, entry in json.loads(lock)["packages"].items()}
    header = asset("vendor.js").split("*/")[0]
    for name in versions[""]["dependencies"]:
        assert f"{name} {versions[name]['version']}" in header
    assert "Permission is hereby granted" in header


def test_the_page_shows_a_leaderboard_whose_scores_are_not_published(board):
    data = content(board, [])
    assert data["scores"] == {}
    assert len(data["rows"]) == len(board)
