"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const charts = Object.keys(figures).map((id) => document.getElementById(id));
// Where nothing hovers, the bar would always stand in front of the titles; a double tap resets a view.
const bar = matchMedia("(hover: hover)").matches ? "hover" : false;
const config = { responsive: true, displaylogo: false, displayModeBar: bar, modeBarButtonsToRemove: ["select2d", "lasso2d"] };

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function themed(layout) {
  const ink = colour("--ink"), grid = colour("--grid"), line = colour("--line");
  const axis = (given) => ({ ...given, gridcolor: grid, linecolor: line, tickcolor: line });
  return {
    ...layout,
    font: { color: ink, family: "system-ui, sans-serif", size: 12 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: { ...layout.hoverlabel, bgcolor: colour("--raised"), bordercolor: line, font: { color: ink } },
    xaxis: axis(layout.xaxis),
    yaxis: axis(layout.yaxis),
  };
}

function draw() {
  for (const chart of charts) {
    const { data, layout } = figures[chart.id];
    if (layout.height) chart.style.minHeight = `${layout.height}px`;
    Plotly.react(chart, data, themed({ ...layout, autosize: true }), config);
  }
}

function toggle(button) {
  const shown = button.getAttribute("aria-pressed") !== "true";
  const method = button.dataset.method;
  for (const same of document.querySelectorAll(".legend button")) {
    if (same.dataset.method === method) same.setAttribute("aria-pressed", String(shown));
  }
  for (const { data } of Object.values(figures)) {
    for (const trace of data) if (trace.meta === method) trace.visible = shown;
  }
  draw();
}

draw();
for (const button of document.querySelectorAll(".legend button")) {
  button.addEventListener("click", () => toggle(button));
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
function resize() {
  for (const chart of charts) Plotly.Plots.resize(chart);
}
addEventListener("beforeprint", () => { draw(); resize(); });
addEventListener("afterprint", () => { draw(); resize(); });
