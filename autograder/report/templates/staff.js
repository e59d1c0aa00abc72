"use strict";
(() => {
  const details = JSON.parse(document.getElementById("details").textContent);
  const table = document.getElementById("student-table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const count = document.getElementById("count");
  const search = document.getElementById("search");
  const kind = document.getElementById("kind");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = new Map(rows.map((row) => [row, fold(`${row.cells[0].textContent} ${details.rows[+row.id.slice(1)][0]}`)]));

  // What a name opens: its own page stays one click further away.
  function make(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  function link(address, text) {
    const node = make("a", "", text);
    node.href = address;
    return node;
  }

  function drawing([, title, columns, lines, paths, caption]) {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    picture.setAttribute("viewBox", `0 0 ${columns} ${lines}`);
    picture.setAttribute("class", "heat");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", `${title}: ${caption}`);
    paths.forEach((path, shade) => {
      if (!path) return;
      const node = document.createElementNS(space, "path");
      node.setAttribute("d", path);
      node.setAttribute("class", `h${shade}`);
      picture.append(node);
    });
    return make("figure", "figure", make("h4", "", title), picture, make("figcaption", "", caption));
  }

  function failure([test, text, cause], figures) {
    const [name, title, question, points, hidden] = details.tests[test];
    const facts = make("p", "facts", make("code", "", name), make("span", "", `question ${question}`));
    facts.append(make("span", "", `${points} point${points === "1" ? "" : "s"}`));
    if (hidden) facts.append(make("span", "", "hidden"));
    if (details.texts[cause]) facts.append(make("span", "cause", details.texts[cause]));
    const block = make("pre", "", details.texts[text]);
    block.tabIndex = 0;
    return make("article", "", make("h3", "", title || name), facts, block, ...figures.map(drawing));
  }

  function opened(row) {
    const [slug, failures, notes, problem, figures] = details.rows[+row.id.slice(1)];
    const page = link(`${details.feedback}${slug}.html`, "the student's page");
    const record = link(`${details.results}${slug}.json`, "the whole record");
    const box = make("div", "opened", make("p", "facts", make("span", "", page), make("span", "", record)));
    if (problem) box.append(make("pre", "", problem));
    if (notes.length) box.append(make("ul", "hint", ...notes.map((note) => make("li", "", note))));
    for (const item of failures) box.append(failure(item, figures.filter(([test]) => test === item[0])));
    if (!failures.length && !problem) box.append(make("p", "", "Every test passed."));
    const cell = make("td", "", box);
    // One column more than are shown would make room for itself.
    cell.colSpan = Array.from(table.tHead.rows[0].cells).filter((head) => head.offsetParent).length;
    return make("tr", "detail", cell);
  }

  const isOpen = (row) => row.classList.contains("open");
  const opener = (row) => row.cells[0].querySelector(".who");

  function toggle(row, open) {
    if (open === isOpen(row)) return;
    row.classList.toggle("open", open);
    opener(row).setAttribute("aria-expanded", String(open));
    if (open) row.after(opened(row));
    else row.nextElementSibling.remove();
  }

  function narrow() {
    const wanted = fold(search.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = wanted.every((word) => words.get(row).includes(word));
      const visible = fits && (!kind.value || (row.dataset.k || "").split(" ").includes(kind.value));
      if (!visible) toggle(row, false);
      row.hidden = !visible;
      shown += visible;
    }
    count.textContent = shown === rows.length ? `${shown} submissions` : `${shown} of ${rows.length}`;
  }

  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  // A cell that reaches over several columns has no value in any of them.
  function cellAt(row, column) {
    let at = 0;
    for (const cell of row.cells) {
      if (at === column) return cell.colSpan > 1 ? null : cell;
      at += cell.colSpan;
    }
    return null;
  }

  function valueOf(cell, numeric) {
    if (!cell) return numeric ? -Infinity : "";
    if (!numeric) return cell.textContent;
    const text = cell.dataset.v ?? cell.textContent.replace("−", "-");
    const value = parseFloat(text);
    return Number.isNaN(value) ? -Infinity : value;
  }

  function sortBy(head) {
    const owner = head.closest("table");
    const numeric = head.dataset.kind === "number";
    const before = head.getAttribute("aria-sort");
    const first = numeric ? "descending" : "ascending";
    const order = before === "none" ? first : before === "ascending" ? "descending" : "ascending";
    for (const other of owner.querySelectorAll("th[aria-sort]")) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", order);
    if (owner === table) rows.forEach((row) => toggle(row, false));
    const column = head.cellIndex;
    const keyed = Array.from(owner.tBodies[0].rows, (row) => [valueOf(cellAt(row, column), numeric), row]);
    const sign = order === "ascending" ? 1 : -1;
    keyed.sort(([a], [b]) => sign * (numeric ? (a > b) - (a < b) : collator.compare(a, b)));
    owner.tBodies[0].append(...keyed.map(([, row]) => row));
  }

  function goToStudent() {
    const row = /^#s\d+$/.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null;
    if (!row) return;
    if (row.hidden) {
      search.value = kind.value = "";
      narrow();
    }
    toggle(row, true);
    row.scrollIntoView({ block: "start" });
    opener(row).focus({ preventScroll: true });
  }

  for (const row of rows) {
    const name = opener(row);
    name.setAttribute("role", "button");
    name.setAttribute("aria-expanded", "false");
  }
  body.addEventListener("click", (event) => {
    const name = event.target.closest("tr[id] .who");
    if (!name || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const row = name.closest("tr");
    toggle(row, !isOpen(row));
  });
  body.addEventListener("keydown", (event) => {
    const name = event.target.closest("tr[id] .who");
    if (event.key === " " && name) {
      event.preventDefault();
      name.click();
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".sortable thead button");
    if (button) sortBy(button.closest("th"));
  });
  document.querySelector(".controls").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", narrow);
  kind.addEventListener("change", narrow);
  window.addEventListener("hashchange", goToStudent);
  document.querySelector(".controls").hidden = false;
  narrow();
  goToStudent();
})();
