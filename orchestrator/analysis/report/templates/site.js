"use strict";
// A click on a column's title sorts its table by it, a second one the other way round.

function valueOf(row, place) {
  const value = row.cells[place].dataset.value;
  return value !== "" && !Number.isNaN(Number(value)) ? Number(value) : value;
}

function compared(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other));
}

function sort(head) {
  const body = head.closest("table").tBodies[0];
  // Numbers start with the most, words and ranks with the first.
  const most = head.classList.contains("number");
  const before = head.getAttribute("aria-sort");
  const falls = before ? before === "ascending" : most;
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", falls ? "descending" : "ascending");
  const rows = [...body.rows].sort((one, other) => {
    const found = compared(valueOf(one, head.cellIndex), valueOf(other, head.cellIndex));
    return falls ? -found : found;
  });
  body.append(...rows);
}

for (const head of document.querySelectorAll(".board thead th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sort";
  button.append(...head.childNodes);
  button.addEventListener("click", () => sort(head));
  head.append(button);
}
