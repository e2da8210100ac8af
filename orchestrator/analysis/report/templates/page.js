"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const charts = Object.keys(figures).map((id) => document.getElementById(id));
// Where nothing hovers, the bar would always stand in front of the titles; a double tap resets a view.
const bar = matchMedia("(hover: hover)").matches ? "hover" : false;
const config = {
  responsive: true, displaylogo: false, displayModeBar: bar,
  // Nothing of a report is sent anywhere.
  showSendToCloud: false, plotlyServerURL: "",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "sendChartToCloud"],
};
const NARROW = 480;  // pixels
const buttons = [...document.querySelectorAll(".legend button")];
const known = new Set(buttons.map((button) => button.dataset.method));
const boxes = Object.fromEntries(["log", "seeds"].map((id) => [id, document.getElementById(id)]));
const hidden = new Set();

/* How charts look */

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function mixed(one, other) {
  const parts = (text) => [1, 3, 5].map((place) => parseInt(text.slice(place, place + 2), 16));
  const [a, b] = [parts(one), parts(other)];
  return `rgb(${a.map((part, place) => Math.round(0.6 * part + 0.4 * b[place]))})`;
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

/* What charts show */

function isOn(name) {
  return Boolean(boxes[name]?.checked);
}

// A step function from a place on, where it holds what it had reached: 0 has no logarithm.
function from(trace, start) {
  const first = Math.max(trace.x.findLastIndex((place) => place <= start), 0);
  const cut = (values) => (Array.isArray(values) ? values.slice(first) : values);
  const x = cut(trace.x).map((place) => Math.max(place, start));
  const size = trace.marker && cut(trace.marker.size);
  return {
    ...trace, x, y: cut(trace.y), customdata: cut(trace.customdata),
    ...(size && { marker: { ...trace.marker, size } }),
  };
}

function logarithmic(layout, { start, end, ticks }) {
  const axis = {
    type: "log", range: [Math.log10(start), Math.log10(end)],
    tickvals: ticks, ticktext: ticks.map((tick) => tick.toLocaleString("en", { maximumSignificantDigits: 6 })),
  };
  return { ...layout, xaxis: { ...layout.xaxis, ...axis } };
}

function seen({ data, layout, seeds = [], log }, width) {
  const single = isOn("seeds") && seeds.length;
  let traces = single ? [...data, ...seeds] : data;
  // What all lines say at once needs room beside the pointer.
  let around = single || width < NARROW ? { ...layout, hovermode: "closest" } : layout;
  if (log && isOn("log")) {
    traces = traces.map((trace) => (trace.error_y ? trace : from(trace, log.start)));
    around = logarithmic(around, log);
  }
  const annotations = (layout.annotations ?? []).map((one) => ({
    ...one,
    visible: !hidden.has(one.name),
    font: one.name ? { ...one.font, color: mixed(one.font.color, colour("--ink")) } : one.font,
  }));
  return [
    traces.map((trace) => ({ ...trace, visible: !hidden.has(trace.meta) })),
    themed({ ...around, annotations, autosize: true }),
  ];
}

function draw() {
  for (const chart of charts) {
    const figure = figures[chart.id];
    if (figure.layout.height) chart.style.minHeight = `${figure.layout.height}px`;
    Plotly.react(chart, ...seen(figure, chart.clientWidth), config);
  }
}

/* What tables show */

function showRows() {
  for (const part of document.querySelectorAll("tr[data-method], th[data-method], td[data-method]")) {
    part.hidden = hidden.has(part.dataset.method);
  }
  for (const group of document.querySelectorAll("tr.group")) {
    let row = group.nextElementSibling, any = false;
    for (; row && !row.matches(".group"); row = row.nextElementSibling) any ||= !row.hidden;
    group.hidden = !any;
  }
  for (const groups of document.querySelectorAll("tr.groups")) showGroups(groups);
}

// What stands above columns is as wide as those that are seen.
function showGroups(groups) {
  const titles = [...groups.nextElementSibling.cells];
  for (const group of groups.cells) {
    group.dataset.span ??= group.colSpan;
    const left = titles.splice(0, Number(group.dataset.span)).filter((title) => !title.hidden).length;
    group.hidden = !left;
    group.colSpan = left || 1;
  }
}

/* Switches, kept in the address after the section: #cost&hide=zip&log=1 */

function show() {
  for (const button of buttons) button.setAttribute("aria-pressed", String(!hidden.has(button.dataset.method)));
  const told = document.querySelector(".hidden-now");
  told.hidden = !hidden.size;
  told.querySelector("p").textContent = hidden.size ? `Hidden everywhere: ${[...hidden].join(", ")}` : "";
  showRows();
  draw();
}

function place() {
  const [first] = location.hash.slice(1).split("&");
  return first.includes("=") ? "" : first;
}

function remember() {
  const state = new URLSearchParams([...hidden].map((name) => ["hide", name]));
  for (const [name, box] of Object.entries(boxes)) {
    if (box && box.checked !== box.defaultChecked) state.set(name, box.checked ? "1" : "0");
  }
  const hash = [place(), state.toString()].filter(Boolean).join("&");
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  hidden.clear();
  for (const name of state.getAll("hide")) if (known.has(name)) hidden.add(name);
  for (const [name, box] of Object.entries(boxes)) {
    if (box) box.checked = state.has(name) ? state.get(name) === "1" : box.defaultChecked;
  }
}

function changed() {
  remember();
  show();
}

function toggle(method) {
  if (!hidden.delete(method)) hidden.add(method);
  changed();
}

for (const button of buttons) button.addEventListener("click", () => toggle(button.dataset.method));
for (const box of Object.values(boxes)) box?.addEventListener("change", changed);
document.querySelector(".hidden-now button").addEventListener("click", () => {
  hidden.clear();
  changed();
  document.getElementById("results").focus({ preventScroll: true });
});
addEventListener("hashchange", () => {
  if (location.hash.includes("=")) {
    recall();
    show();
    document.getElementById(place())?.scrollIntoView();
  } else remember();
});

/* Copying, also where a page has no right to the clipboard */

function copied(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

async function copy(button) {
  const code = button.closest(".code").querySelector("pre");
  let done = false;
  try {
    await navigator.clipboard.writeText(code.textContent);
    done = true;
  } catch {
    done = copied(code.textContent);
  }
  if (!done) getSelection().selectAllChildren(code);
  button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
  button.focus();
  setTimeout(() => { button.textContent = "Copy"; }, 2500);
}

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

recall();
show();
if (place() && location.hash.includes("=")) document.getElementById(place())?.scrollIntoView({ behavior: "instant" });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
function resize() {
  for (const chart of charts) Plotly.Plots.resize(chart);
}
addEventListener("beforeprint", () => { draw(); resize(); });
addEventListener("afterprint", () => { draw(); resize(); });
