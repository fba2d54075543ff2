// @ts-check
// The nodes of a graph as a table beside its picture: found by name, chosen by a click, with their tuples in words.

import { Component } from "../../kit/component.js";
import { h, say, toggle } from "../../kit/widgets/dom.js";
import { countOf, whole } from "../../kit/wire/format.js";
import { findNodes, relationText, sharersOf, tupleOf } from "../../kit/wire/graph.js";

const nodeOf = (event) => {
  const row = event.target.closest("tr");
  return row ? Number(row.dataset.node) : null;
};
const MOST = 100; // rows at a time: more would be no table that people read

/** choose(node): a row was pressed. point(node or null): the pointer is over one, or over none. */
export class NodeTable extends Component {
  constructor(choose, point) {
    super();
    this.choose = choose;
    this.point = point;
    this.graph = this.levels = this.kinds = this.token = null;
    this.find = h("input", { type: "search", placeholder: "Find a node", "aria-label": "Find a node by its name", class: "dte-graph-find" });
    this.shared = toggle("Of one tuple", "Only nodes that share their tuple with another one, the largest such groups first", false, () => this.fill());
    this.head = h("tr", {});
    this.rows = h("tbody", {});
    this.count = h("p", { class: "dte-player-caption", role: "status" });
    const table = h("table", { class: "dte-graph-table" }, h("thead", {}, this.head), this.rows);
    this.frame = h("div", { class: "dte-graph-rows", tabindex: 0, role: "region", "aria-label": "Nodes and their tuples" }, table);
    this.element = h("div", { class: "dte-graph-list" }, h("div", { class: "dte-player-tools" }, this.find, this.shared), this.frame, this.count);
    this.listen(this.find, "input", () => this.fill());
    this.listen(this.rows, "click", (event) => this.press(event));
    this.listen(this.rows, "keydown", (event) => this.pressKey(event));
    this.listen(this.rows, "pointerover", (event) => this.point(nodeOf(event)));
    this.listen(this.rows, "pointerleave", () => this.point(null));
  }

  press(event) {
    const node = nodeOf(event);
    if (node !== null) this.choose(node);
  }

  /** One row takes part in the order of tabs; arrows go on from it. */
  pressKey(event) {
    const row = event.target.closest("tr");
    const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
    if (event.key === "Enter") this.press(event);
    else if (next) {
      this.reach(next);
      next.focus();
    } else return;
    event.preventDefault();
  }

  reach(row) {
    for (const other of this.rows.children) other.setAttribute("tabindex", other === row ? "0" : "-1");
  }

  load(graph, levels, kinds) {
    const another = graph.key !== this.graph?.key;
    Object.assign(this, { graph, levels, kinds });
    if (another) this.find.value = "";
    this.fill();
  }

  fill() {
    const { graph, levels, kinds } = this;
    if (!graph || !levels?.length) return this.rows.replaceChildren();
    const { nodes, found } = findNodes(graph, { text: this.find.value, shared: this.shared.querySelector("input").checked, most: MOST });
    const many = kinds.filter((kind) => kind.endsWith("anchor")).length;
    const relations = graph.relations.length > 0;
    const titles = [
      "Node",
      ...(graph.groups ? ["Group"] : []),
      ...Array.from({ length: many }, (_, i) => `Anchor ${i + 1}`),
      ...(relations ? ["Relations"] : []),
      "Shared by",
    ];
    this.head.replaceChildren(...titles.map((title) => h("th", { scope: "col" }, title)));
    this.rows.replaceChildren(...nodes.map((node) => this.row(node, many, relations)));
    const unnamed = graph.named ? ` Names are known of the ${whole(graph.names.length)} that are drawn.` : "";
    say(this.count, `${nodes.length < found ? `First ${whole(nodes.length)} of ` : ""}${countOf(found, "node")}. An anchor, and edges to it.${unnamed}`);
    this.reach(this.rows.firstElementChild);
    this.light(this.token);
    return undefined;
  }

  row(node, many, relations) {
    const { graph } = this;
    const tuple = tupleOf(graph, this.levels, this.kinds, node);
    const cells = Array.from({ length: many }, (_, i) => {
      const anchor = tuple.anchors[i];
      return h("td", {}, anchor ? `${anchor.name} · ${anchor.distance}` : "none");
    });
    const others = sharersOf(graph, node).length;
    return h(
      "tr",
      { "data-node": node },
      h("th", { scope: "row" }, graph.nameOf(node)),
      graph.groups ? h("td", {}, graph.groups.names[graph.groupOf(node)] ?? "") : null,
      ...cells,
      relations ? h("td", {}, relationText(tuple)) : null,
      h("td", {}, others ? countOf(others, "other") : "nobody"),
    );
  }

  /** Mark the chosen node, and bring its row into the frame; the page stays where it is. */
  light(token) {
    const another = token !== this.token;
    this.token = token;
    for (const row of this.rows.children) {
      const chosen = Number(row.dataset.node) === token;
      row.setAttribute("aria-selected", String(chosen));
      if (chosen) this.reach(row);
      if (chosen && another) this.frame.scrollTop = row.offsetTop - this.frame.clientHeight / 2;
    }
  }
}
