"use strict";
// Sorts and filters the table of students. Reads what stands in the page and writes no markup.
{
  const map = document.getElementById("map");
  const body = map && map.tBodies[0];
  const rows = body ? [...body.rows] : [];
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;

  const sort = (column, head, up) => {
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    const numeric = head.classList.contains("n");
    const key = new Map(rows.map((row) => [row, numeric ? Number.parseFloat(value(row)) : value(row)]));
    rows.sort((a, b) => {
      const [x, y] = [key.get(a), key.get(b)];
      if (numeric && (Number.isNaN(x) || Number.isNaN(y))) return Number.isNaN(x) - Number.isNaN(y); // none: last
      return (up ? 1 : -1) * (numeric ? x - y : compare(x, y));
    });
    for (const other of map.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows);
  };

  for (const head of map ? map.tHead.rows[0].cells : []) {
    if (!("sort" in head.dataset)) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head.cellIndex, head, head.getAttribute("aria-sort") !== "ascending"));
  }

  const input = document.getElementById("filter");
  const said = document.getElementById("filtered");
  if (map && input) {
    document.getElementById("tools").hidden = false;
    input.addEventListener("input", () => {
      const wanted = plain(input.value);
      let shown = 0;
      for (const row of rows) {
        row.hidden = !plain(row.cells[0].textContent).includes(wanted);
        shown += !row.hidden;
      }
      said.textContent = `${shown} of ${rows.length} shown`;
    });
  }
}
