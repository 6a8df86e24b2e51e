// The page: an overview of what is chosen, the sortable tables, and the details of one proxy.
// Names come from anywhere, so they are only ever written as text nodes.
"use strict";
{
  const { DataTable } = vendor;
  const data = JSON.parse(document.getElementById("data").textContent);

  const STATISTICS = {
    spearman: "Spearman’s ρ",
    kendall: "Kendall’s τ-b",
    weighted_kendall: "weighted τ",
    spearman_top20: "ρ in the best 20 %",
    spearman_top10: "ρ in the best 10 %",
    spearman_given_params: "ρ given params",
    gain_over_params: "gain over params",
    gain_over_flops: "gain over FLOPs",
    precision_at_10: "precision@10",
    ndcg_at_10: "nDCG@10",
    regret_at_10: "regret@10 (lower is better)",
    seconds_per_arch: "seconds an architecture",
  };
  const LOWER_IS_BETTER = new Set(["regret_at_10", "seconds_per_arch"]);
  const BLUE = "var(--accent)", ORANGE = "var(--second)";

  // --- small helpers -------------------------------------------------------------------------------------------

  const number = (value, digits = 3) => value === null ? "–"
    : value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  const interval = (low, high) => low === null ? "" : `[${number(low)}, ${number(high)}]`;
  const groupBy = (rows, key) => Map.groupBy(rows, key);
  const cellName = (row) => `${row.task} / ${row.target}`;

  function element(tag, properties = {}, ...children) {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  }

  /** Text of the proxy in a row; with formula, parameters and version where its conditions hold it more than once. */
  const alike = groupBy(data.rows, (row) => JSON.stringify([row.conditions, row.proxy]));
  function label(row) {
    const several = alike.get(JSON.stringify([row.conditions, row.proxy])).length > 1;
    return several ? `${row.proxy} ${row.formula} ${row.parameters} v${row.proxy_version}` : row.proxy;
  }

  /** A button that opens the details of a proxy, those of the row with ``protocol`` first. */
  function nameButton(text, proxy, protocol = null) {
    return element("button", { type: "button", className: "name", textContent: text, title: text,
      onclick: () => showDetails(proxy, protocol) });
  }

  // --- the choice ----------------------------------------------------------------------------------------------

  const choice = document.getElementById("choice").elements;

  function fill(select, entries) {
    const before = select.value;
    select.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
    select.value = entries.some(([value]) => value === before) ? before : entries[0][0];
  }

  function fillCells() {
    const rows = data.rows.filter((row) => choice.space.value === "" || row.space === choice.space.value.slice(1));
    const byCell = groupBy(rows, (row) => JSON.stringify([row.space, row.task, row.target]));
    const entries = [];
    for (const group of byCell.values()) {
      const conditions = groupBy(group, (row) => row.conditions);
      for (const [hash, [row]] of conditions) {
        const space = choice.space.value === "" ? `${row.space} / ` : "";
        const which = conditions.size > 1 ? ` (n ${row.n}, conditions ${hash})` : "";
        entries.push([hash, `${space}${cellName(row)}${which}`]);
      }
    }
    fill(choice.cell, [["", `all ${entries.length}`], ...entries]);
  }

  /** Whether a row belongs to what is chosen. */
  const chosen = (row) => choice.cell.value !== "" ? row.conditions === choice.cell.value
    : choice.space.value === "" || row.space === choice.space.value.slice(1);

  // --- the overview: proxies x tasks, or one task with intervals --------------------------------------------------

  function showOverview() {
    const statistic = choice.statistic.value;
    const single = choice.cell.value !== "";
    const rows = data.rows.filter((row) => chosen(row) && (single || row.main));
    document.getElementById("overview-title").textContent = STATISTICS[statistic] +
      (single ? `: ${rows[0].space} / ${cellName(rows[0])}` : "");
    document.getElementById("overview-note").textContent = single
      ? `${rows[0].n} architectures. Whiskers are bootstrap intervals; diamonds are published values.` +
        (rows[0].caveats && ` Note: ${rows[0].caveats}.`)
      : "Best average rank first. It is taken over the tasks that at least two thirds of the proxies have; the others " +
        "are in italics, and a proxy with an empty cell has none. Each column shows the largest sample on which more " +
        "than half as many proxies were run as on any.";
    document.getElementById("overview").replaceChildren(single ? intervals(rows, statistic) : heatMap(rows, statistic));
  }

  /**
   * Which columns count for the average rank, and that of each proxy without an empty cell there; 1 is best.
   * It is common_part of harness/matrix.py, for any statistic.
   */
  function averageRanks(matrix, columns, statistic) {
    const sign = LOWER_IS_BETTER.has(statistic) ? 1 : -1;
    const has = (cells) => (column) => (cells.get(column)?.[statistic] ?? null) !== null;
    const asked = [...matrix.values()].filter((cells) => 3 * columns.filter(has(cells)).length >= columns.length);
    const filled = (column) => asked.filter((cells) => has(cells)(column)).length;
    const counted = columns.filter((column) => 3 * filled(column) >= 2 * asked.length);
    const complete = counted.length ? [...matrix].filter(([, cells]) => counted.every(has(cells))) : [];
    const ranks = new Map(complete.map(([proxy]) => [proxy, 0]));
    for (const column of counted) {
      const byColumn = ranked(complete.map(([, cells]) => sign * cells.get(column)[statistic]));
      complete.forEach(([proxy], i) => ranks.set(proxy, ranks.get(proxy) + byColumn[i] / counted.length));
    }
    return { ranks, counted: new Set(counted) };
  }

  function heatMap(rows, statistic) {
    const columns = [...groupBy(rows, (row) => row.conditions)].map(([hash, [row]]) => ({ hash, ...row }));
    const matrix = new Map([...groupBy(rows, (row) => row.proxy)].map(
      ([proxy, cells]) => [proxy, new Map(cells.map((row) => [row.conditions, row]))]));
    const { ranks, counted } = averageRanks(matrix, columns.map((column) => column.hash), statistic);
    const order = [...matrix.keys()].sort((a, b) => (ranks.get(a) ?? Infinity) - (ranks.get(b) ?? Infinity) || (a < b ? -1 : 1));

    const log = statistic === "seconds_per_arch";
    const values = rows.map((row) => row[statistic]).filter((value) => value !== null && (value > 0 || !log));
    if (values.length === 0) values.push(1);
    const domain = statistic in { regret_at_10: 0, seconds_per_arch: 0 } || /gain/.test(statistic)
      ? [Math.min(...values), Math.max(...values)] : [-1, 1];
    const color = vendor.scale({ color: { type: log ? "log" : "linear", scheme: "viridis", domain,
      reverse: LOWER_IS_BETTER.has(statistic) } });

    const spaces = element("tr", {}, element("th"));
    for (const [space, group] of groupBy(columns, (column) => column.space)) {
      spaces.append(element("th", { colSpan: group.length, className: "space", scope: "colgroup",
        textContent: space, title: space }));
    }
    spaces.append(element("th"));
    const tasks = element("tr", {}, element("th", { className: "text", textContent: "proxy", scope: "col" }),
      ...columns.map((column) => element("th", { scope: "col", title: cellName(column),
        className: counted.has(column.hash) ? "task" : "task uncounted" },
        element("span", { textContent: cellName(column) }))),
      element("th", { textContent: `average rank in ${counted.size} tasks`, scope: "col" }));

    const body = element("tbody");
    for (const proxy of order) {
      const line = element("tr", {}, element("th", { scope: "row" }, nameButton(proxy, proxy)));
      for (const { hash } of columns) {
        const row = matrix.get(proxy).get(hash);
        const value = row?.[statistic] ?? null;
        const cell = element("td", { textContent: value === null ? "" : number(value, 2) });
        if (value !== null) {
          cell.style.background = color.apply(log ? Math.max(value, domain[0]) : value);
          cell.style.color = isDark(cell.style.background) ? "#fff" : "#000";
          cell.title = `${proxy}, ${row.space} / ${cellName(row)}: ${number(value)} ` +
            interval(row[`${statistic}_low`] ?? null, row[`${statistic}_high`] ?? null);
        }
        line.append(cell);
      }
      line.append(element("td", { textContent: ranks.has(proxy) ? number(ranks.get(proxy), 1) : "–" }));
      body.append(line);
    }
    return element("table", { className: "heat" }, element("thead", {}, spaces, tasks), body);
  }

  function isDark(color) {
    const [red, green, blue] = color.match(/\d+/g).map(Number);
    return 0.299 * red + 0.587 * green + 0.114 * blue < 120;
  }

  function intervals(rows, statistic) {
    const sign = LOWER_IS_BETTER.has(statistic) ? 1 : -1;
    const points = rows.filter((row) => row[statistic] !== null && (row[statistic] > 0 || statistic !== "seconds_per_arch"))
      .map((row) => ({ label: label(row), row, value: row[statistic],
        low: row[`${statistic}_low`] ?? null, high: row[`${statistic}_high`] ?? null }))
      .sort((a, b) => sign * (a.value - b.value));
    if (points.length === 0) {
      return element("p", { className: "note", textContent: "No proxy has this statistic here." });
    }
    const labels = new Map(points.map((point) => [point.row.protocol, point.label]));
    const published = data.literature.filter(
      (pair) => labels.has(pair.protocol) && pair.published_statistic === statistic);
    const told = (point) => `${point.label}\n${STATISTICS[statistic]} ${number(point.value)} ` +
      `${interval(point.low, point.high)}\n${point.row.n - point.row.n_failed} of ${point.row.n} architectures scored`;
    return vendor.plot({
      width: Math.max(320, Math.min(1000, document.getElementById("overview").clientWidth)),
      height: 60 + 26 * points.length, marginLeft: 130, marginBottom: 40,
      x: { label: STATISTICS[statistic], grid: true, inset: 8, type: statistic === "seconds_per_arch" ? "log" : "linear" },
      y: { label: null, domain: points.map((point) => point.label),
        tickFormat: (text) => text.length > 20 ? `${text.slice(0, 19)}…` : text },
      ariaLabel: `${STATISTICS[statistic]} of ${points.length} proxies with intervals`,
      marks: [
        statistic === "seconds_per_arch" ? null : vendor.ruleX([0], { strokeOpacity: 0.4 }),
        vendor.ruleY(points.filter((point) => point.low !== null),
          { x1: "low", x2: "high", y: "label", stroke: BLUE, strokeWidth: 2, strokeOpacity: 0.55 }),
        vendor.dot(points, { x: "value", y: "label", r: 4.5, fill: BLUE }),
        vendor.dot(published, { x: "published_value", y: (pair) => labels.get(pair.protocol), r: 4, symbol: "diamond",
          stroke: ORANGE, title: (pair) => `${pair.published_source}: ${pair.published_value}` }),
        vendor.tip(points, vendor.pointerY({ x: "value", y: "label", title: told, fontSize: 12 })),
      ],
    });
  }

  // --- the tables ------------------------------------------------------------------------------------------------

  // DataTables takes strings for HTML: what is shown is a node, what is searched is escaped, and the type is named, as
  // it would be guessed from the content otherwise.
  const escaped = (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const words = (title, value, node) => ({ title, className: "text", data: null, type: "string",
    render: (row, kind) => kind === "display" ? node(row) : kind === "filter" ? escaped(value(row)) : value(row) });
  const text = (title, value) => words(title, value, (row) => element("span", { textContent: value(row) }));
  const figure = (title, value, digits = 3, low = null, high = null) => ({ title, data: null, type: "num",
    orderSequence: ["desc", "asc"],
    render: (row, kind) => {
      if (kind !== "display") return value(row) ?? -Infinity;
      const node = element("span", { textContent: number(value(row), digits) });
      if (low) node.append(element("span", { className: "interval", textContent: interval(low(row), high(row)) }));
      return node;
    } });
  const name = words("proxy", label, (row) => nameButton(label(row), row.proxy, row.protocol));
  const cellColumns = [name, text("space", (row) => row.space), text("task", (row) => row.task),
    text("target", (row) => row.target)];

  function table(id, rows, columns, order) {
    const made = new DataTable(`#${id}`, {
      data: rows, columns, order, pageLength: 25, autoWidth: false, deferRender: true,
      layout: { topStart: "search", topEnd: "info", bottomStart: "paging", bottomEnd: null },
      language: { search: "Search", info: "_START_–_END_ of _TOTAL_", infoEmpty: "none", infoFiltered: "",
        zeroRecords: "Nothing here.", emptyTable: "Nothing here." },
    });
    made.search.fixed("chosen", (_, row) => chosen(row));
    return made;
  }

  const byProtocol = new Map(data.rows.map((row) => [row.protocol, row]));
  const results = table("results", data.rows, [
    ...cellColumns,
    figure("ρ", (row) => row.spearman, 3, (row) => row.spearman_low, (row) => row.spearman_high),
    figure("τ-b", (row) => row.kendall, 3, (row) => row.kendall_low, (row) => row.kendall_high),
    figure("ρ, best 20 %", (row) => row.spearman_top20),
    figure("ρ given params", (row) => row.spearman_given_params),
    figure("gain over params", (row) => row.gain_over_params, 3, (row) => row.gain_over_params_low,
      (row) => row.gain_over_params_high),
    figure("regret@10", (row) => row.regret_at_10),
    figure("n", (row) => row.n, 0),
    figure("failed", (row) => row.n_failed, 0),
    figure("s/arch.", (row) => row.seconds_per_arch),
    text("conditions", (row) => row.conditions),
  ], [[4, "desc"]]);

  const literature = table("literature", data.literature.map((pair) => ({ ...byProtocol.get(pair.protocol), ...pair })), [
    ...cellColumns,
    text("statistic", (row) => row.published_statistic),
    figure("ours", (row) => row.ours, 3, (row) => row.low, (row) => row.high),
    figure("published", (row) => row.published_value),
    figure("difference", (row) => row.difference),
    text("in our interval", (row) => row.covered === null ? "–" : row.covered ? "yes" : "no"),
    text("their target", (row) => row.published_target || "not stated"),
    text("their n", (row) => row.published_n === null ? "not stated" : String(row.published_n)),
    text("source", (row) => [row.published_source, row.published_place, row.published_arxiv && `arXiv ${row.published_arxiv}`]
      .filter(Boolean).join(", ")),
    text("note", (row) => row.published_note),
  ], [[1, "asc"], [2, "asc"], [0, "asc"]]);

  // --- the details of a proxy --------------------------------------------------------------------------------------

  const details = document.getElementById("details");
  const asScores = document.getElementById("as-scores");
  let shown = [];

  function showDetails(proxy, protocol) {
    shown = [proxy, protocol];
    document.getElementById("details-title").textContent = proxy;
    const asked = data.rows.filter((row) => row.protocol === protocol);
    const others = data.rows.filter((row) => row.proxy === proxy && row.protocol !== protocol &&
      chosen(row) && (row.main || choice.cell.value !== ""));
    const rows = [...asked, ...others];
    document.getElementById("details-body").replaceChildren(...rows.map(article));
    if (!details.open) details.showModal();
  }

  function article(row) {
    const failed = row.n_failed ? `${row.n_failed} failed: ${row.failure_reasons}` : "none failed";
    return element("article", {},
      element("h3", { textContent: `${row.space} / ${cellName(row)}` }),
      element("p", { className: "note",
        textContent: `ρ ${number(row.spearman)} ${interval(row.spearman_low, row.spearman_high)}, n ${row.n}, ${failed}` }),
      scatter(row), protocol(row));
  }

  /** Average ranks of values, 1 is the lowest. */
  function ranked(values) {
    const sorted = [...values].sort((a, b) => a - b);
    return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
  }

  function scatter(row) {
    const run = data.scores[row.conditions];
    const values = run?.scores[row.protocol];
    if (!values) return element("p", { className: "note", textContent: "The scores of this run are not published." });
    let points = values.map((score, i) => ({ score, truth: run.truth[i], architecture: run.architectures[i] }))
      .filter((point) => point.score !== null);
    if (points.length === 0) return element("p", { className: "note", textContent: "No architecture has a score." });
    if (!asScores.checked) {
      const sign = row.higher_is_better === "True" ? 1 : -1;
      const scores = ranked(points.map((point) => sign * point.score)), truths = ranked(points.map((point) => point.truth));
      points = points.map((point, i) => ({ ...point, score: scores[i], truth: truths[i] }));
    }
    const unit = asScores.checked ? ["score →", "↑ trained result"] : ["rank by score (best right) →", "↑ rank by trained result"];
    return vendor.plot({
      width: 300, height: 260, marginLeft: 45, marginRight: 16, marginBottom: 42, nice: true, grid: true,
      x: { label: unit[0], ticks: 4, tickFormat: asScores.checked ? ".3~g" : "d" }, y: { label: unit[1], ticks: 4 },
      ariaLabel: `${row.proxy} against the trained result, ${points.length} architectures`,
      marks: [
        vendor.dot(points, { x: "score", y: "truth", r: 2.2, fill: BLUE, fillOpacity: 0.55 }),
        vendor.tip(points, vendor.pointer({ x: "score", y: "truth", lineWidth: 24,
          title: (point) => `${point.architecture}\n${point.score} → ${point.truth}` })),
      ],
    });
  }

  function protocol(row) {
    const settings = { ...data.conditions[row.conditions], proxy: row.proxy, proxy_version: row.proxy_version,
      formula: row.formula, parts: row.parts, parameters: row.parameters, higher_is_better: row.higher_is_better, seconds_per_arch: row.seconds_per_arch,
      python: row.python, torch: row.torch, zcbench: row.zcbench, git_commit: row.git_commit, caveats: row.caveats,
      conditions: row.conditions, protocol: row.protocol };
    const list = element("dl");
    for (const [key, value] of Object.entries(settings)) {
      list.append(element("dt", { textContent: key }), element("dd", { textContent: String(value) }));
    }
    return element("details", {}, element("summary", { textContent: "Protocol" }), list);
  }

  // --- what happens when --------------------------------------------------------------------------------------------

  function show() {
    showOverview();
    for (const made of [results, literature]) {
      made.columns([1, 2, 3]).visible(choice.cell.value === "");  // space, task, target: the same in all rows of one task
      made.draw();
    }
  }

  // The first character keeps "all" apart from a space whose name is empty or anything else.
  fill(choice.space, [["", "all"], ...[...new Set(data.rows.map((row) => row.space))].map((space) => [`=${space}`, space])]);
  fill(choice.statistic, Object.entries(STATISTICS));
  fillCells();
  choice.space.onchange = () => { choice.cell.value = ""; fillCells(); show(); };
  choice.cell.onchange = choice.statistic.onchange = show;
  asScores.onchange = () => showDetails(...shown);
  window.addEventListener("resize", showOverview);
  show();
}
