// What a script adds to pages that work without one: charts that can be looked at closely, and figures that stay fresh.
"use strict";

(() => {
  const lines = ["--line-1", "--line-2", "--line-3", "--line-4", "--line-5"];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const blank = "–";

  const decimals = (step) => Math.min(9, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  const moment = (at, step) => {
    const text = new Date(at * 1e3).toISOString();
    return step >= 86400 || text.slice(11, 19) === "00:00:00" ? text.slice(5, 10) : text.slice(11, step < 60 ? 19 : 16);
  };

  // Charts. The picture that the server drew stays when there is nothing to draw with.
  function draw(figure) {
    const data = JSON.parse(figure.dataset.chart);
    const picture = figure.querySelector("svg, .uplot");
    const width = figure.clientWidth - 24;
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--edge"), width: 1 }, ticks: { show: false } };
    const options = {
      width, height: Math.max(200, Math.min(320, width * 0.33)), tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
      cursor: { drag: { x: true, y: false } },
      axes: [
        { ...axis, space: 64, values: (_, ticks, __, ___, step) => ticks.map((at) => moment(at, step)) },
        { ...axis, size: 80, values: (_, ticks, __, ___, step) => ticks.map((value) => value.toFixed(decimals(step)).replace("-", "\u2212")) },
      ],
      series: [
        { label: "Time", value: (_, at) => (at == null ? blank : new Date(at * 1e3).toISOString().slice(0, 19).replace("T", " ")) },
        ...data.lines.map((line, index) => ({
          label: line.name, stroke: colour(lines[index % lines.length]), width: 1.8, spanGaps: false, points: { show: false },
          value: (_, value) => (value == null ? blank : Number(value.toPrecision(5)).toString()),
        })),
      ],
    };
    const holder = document.createElement("div");
    picture.replaceWith(holder);
    const chart = new uPlot(options, [data.times, ...data.lines.map((line) => line.values)], holder);
    holder.replaceWith(chart.root);
    const caption = figure.querySelector("figcaption");
    if (caption) caption.textContent = data.unit + " – drag to look closer, double-click to see all again";
    return chart;
  }

  const figures = [...document.querySelectorAll("[data-chart]")];
  function drawAll() {
    if (typeof uPlot === "undefined") return;
    for (const figure of figures) draw(figure);
  }
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  let width = innerWidth, resized;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(resized);
    resized = setTimeout(drawAll, 150);
  });

  // What happens while somebody looks.
  const source = document.body.dataset.live;
  if (!source || typeof EventSource === "undefined") return;
  const pulse = document.querySelector("[data-pulse]");
  const say = (text, state) => {
    if (!pulse || pulse.textContent === text) return;
    pulse.textContent = text;
    pulse.className = "pulse " + state;
  };
  const count = (value) => (value == null ? blank : String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f"));
  const rate = (value) => (value == null ? blank : (value < 10 ? value.toFixed(1) : value.toFixed(0)) + "/s");
  const span = (value) => value == null ? blank : value < 1 ? Math.round(value * 1e3) + " ms"
    : value < 120 ? (value < 10 ? value.toFixed(1) : value.toFixed(0)) + " s" : (value / 60).toFixed(1) + " min";
  const fill = (name, text) => {
    for (const place of document.querySelectorAll(`[data-figure="${name}"]`)) {
      if (place.textContent !== text) place.textContent = text;
    }
  };

  const events = new EventSource(source);
  events.onopen = () => say("live", "on");
  events.onerror = () => say("connecting…", "off");

  events.addEventListener("streams", (event) => {
    const figures = JSON.parse(event.data);
    fill("backlog", count(figures.backlog));
    fill("delayed", count(figures.delayed));
    fill("dead_letters", count(figures.dead_letters));
    for (const stream of figures.streams) {
      fill(stream.stream + ".lag", count(stream.lag));
      fill(stream.stream + ".pending", count(stream.pending));
      fill(stream.stream + ".in", rate(stream.in_per_second));
      fill(stream.stream + ".out", rate(stream.out_per_second));
      fill(stream.stream + ".unread", stream.lag ? span(stream.oldest_unread_seconds) : blank);
      fill(stream.stream + ".work", stream.pending ? span(stream.oldest_pending_seconds) : blank);
    }
    for (const worker of figures.workers) {
      const row = document.querySelector(`[data-worker="${CSS.escape(worker.name)}"]`);
      if (!row) continue;
      row.querySelector('[data-key="handled"]').textContent = count(worker.handled);
      row.querySelector('[data-key="rate"]').textContent = rate(worker.handled_per_second);
    }
  });

  const board = document.querySelector("[data-board]");
  events.addEventListener("leaderboard", (event) => {
    if (!board) return;
    const news = JSON.parse(event.data);
    for (const row of news.rows) {
      const line = board.querySelector(`tr[data-model="${CSS.escape(row.model_id ?? "")}"]`);
      if (!line) continue;
      const rank = line.querySelector('[data-key="rank"]');
      if (row.previous_rank != null && row.previous_rank !== row.rank) {
        line.classList.remove("moved");
        void line.offsetWidth;
        line.classList.add("moved");
      }
      rank.textContent = row.rank === 999999 ? blank : row.rank;
      for (const [name, value] of Object.entries(row.score_metrics)) {
        const cell = line.querySelector(`[data-key="${CSS.escape(name)}"]`);
        if (!cell || typeof value !== "number") continue;
        const decimals = (cell.textContent.split(".")[1] ?? "").length || 4;
        cell.textContent = value.toFixed(decimals).replace("-", "\u2212");
        cell.classList.toggle("negative", value < 0);
      }
      if (row.rank === 1) for (const place of document.querySelectorAll("[data-leader]")) place.textContent = row.model_name ?? row.model_id;
    }
    if (!("byRank" in board.dataset)) return;
    const body = board.tBodies[0];
    const ordered = [...body.rows].sort((a, b) => Number(a.cells[0].textContent) - Number(b.cells[0].textContent));
    ordered.forEach((row, index) => { if (body.rows[index] !== row) body.insertBefore(row, body.rows[index]); });
  });

  // What is wrong is told in words, and those the server writes.
  const stages = document.querySelector(".pipe");
  if (stages) {
    setInterval(async () => {
      if (document.hidden || document.activeElement?.closest("main .scroll")) return;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.getElementById("main").replaceChildren(...page.getElementById("main").childNodes);
      } catch { /* the pulse says that the node cannot be reached */ }
    }, 5000);
  }
})();
