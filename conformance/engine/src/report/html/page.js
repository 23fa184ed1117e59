"use strict";
(() => {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  // What packets and scripts say is only ever text here.
  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  // A case is drawn when it is first opened, and what it is drawn from has come: most never are.
  const draw = (details) => {
    if (details.querySelector(".body")) return;
    const evidence = document.getElementById(`evidence-${details.dataset.case}`);
    if (!evidence) return;
    const body = make("div", undefined, "body");
    // Markup of the page's own making, in which everything else is escaped.
    body.innerHTML = evidence.textContent;
    details.append(body);
    const packets = JSON.parse(document.getElementById(`packets-${details.dataset.case}`).textContent);
    const choose = (number) => packets[number - 1] && show(body, number, packets[number - 1]);
    body.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-packet]");
      if (!chosen) return;
      choose(Number(chosen.dataset.packet));
      const row = body.querySelector("g.chosen");
      if (chosen.matches("button") && row) row.scrollIntoView({ block: "nearest" });
    });
    body.addEventListener("keydown", (event) => {
      const chosen = event.target.closest("g[data-packet]");
      if (!chosen || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      choose(Number(chosen.dataset.packet));
    });
    const reason = body.querySelector(".finding.reason [data-packet]") || body.querySelector(".finding [data-packet]");
    if (!reason) return;
    choose(Number(reason.dataset.packet));
    const [row, ladder] = [body.querySelector("g.chosen"), body.querySelector(".scroll")];
    if (row) ladder.scrollTop = row.getBoundingClientRect().top - ladder.getBoundingClientRect().top - ladder.clientHeight / 2;
  };

  let shapes;
  const show = (body, number, packet) => {
    shapes ??= JSON.parse(document.getElementById("shapes").textContent);
    for (const row of all("g[data-packet]", body)) row.classList.toggle("chosen", Number(row.dataset.packet) === number);
    const place = body.querySelector(".packet-shown");
    place.replaceChildren(make("h3", `Packet ${number}: ${packet.summary}`), make("p", `${packet.way}, ${packet.at} after the case began`, "hint"));
    const list = (items, className) => {
      if (!items.length) return;
      const ul = make("ul", undefined, className);
      ul.append(...items.map((item) => make("li", item)));
      place.append(ul);
    };
    list(packet.faults, "remarks faults");
    list(packet.comments, "remarks");
    const grid = make("div", undefined, "packet-grid");
    const tree = make("div");
    const octets = make("div", undefined, "octets");
    const cells = [];
    const count = packet.octets.length / 2;
    for (let row = 0; row < count; row += 16) {
      octets.append(make("span", row.toString(16).padStart(4, "0") + "  ", "offset"));
      for (let at = row; at < Math.min(row + 16, count); at += 1) {
        const cell = make("span", packet.octets.slice(2 * at, 2 * at + 2));
        cells.push(cell);
        octets.append(cell, at % 16 === 7 ? "  " : " ");
      }
      octets.append("\n");
    }
    const light = (at, length) => cells.forEach((cell, i) => cell.classList.toggle("lit", i >= at && i < at + length));
    const lights = (element, at, length) => {
      element.addEventListener("mouseenter", () => light(at, length));
      element.addEventListener("mouseleave", () => light(0, 0));
      element.addEventListener("click", () => light(at, length));
    };
    const values = packet.values.values();
    for (const [name, at, length, fields] of shapes[packet.shape]) {
      const block = make("div", undefined, "part");
      const title = make("b", name);
      lights(title, at, length);
      const table = make("table");
      for (const [name, at, length] of fields) {
        const row = table.insertRow();
        row.append(make("td", name), make("td", values.next().value));
        lights(row, at, length);
      }
      block.append(title, table);
      tree.append(block);
    }
    grid.append(tree, octets);
    place.append(grid);
  };

  const cases = all("details.case");
  const requirements = all("details.requirement");
  for (const details of cases) details.addEventListener("toggle", () => details.open && draw(details));
  document.addEventListener("DOMContentLoaded", () => cases.filter((details) => details.open).forEach(draw));

  const search = document.getElementById("search");
  const buttons = all("button.filter");
  const texts = new Map();
  const text = (details) => {
    if (!texts.has(details)) texts.set(details, `${details.querySelector("summary").textContent} ${details.dataset.words || ""}`.toLowerCase());
    return texts.get(details);
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = buttons.filter((button) => button.getAttribute("aria-pressed") === "true").map((button) => button.dataset.verdict);
    const sift = (list, keep) => {
      let shown = 0;
      for (const details of list) {
        const fits = keep(details) && words.every((word) => text(details).includes(word));
        details.hidden = !fits;
        shown += fits;
      }
      return shown;
    };
    const nothing = (section, shown) => { document.querySelector(`${section} > .unmatched`).hidden = shown > 0; };
    nothing("#cases", sift(cases, (details) => !pressed.length || pressed.includes(details.dataset.verdict)) || (cases.length ? 0 : 1));
    nothing("#requirements", sift(requirements, () => true));
  };
  search.addEventListener("input", filter);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }

  // A link to a case or a requirement opens it, whatever the filter hides.
  const go = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || target.tagName !== "DETAILS") return;
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", go);
  go();
  performance.mark("ready");
})();
