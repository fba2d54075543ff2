// @ts-check
// The token editor: closed until it is opened, so that the page stays calm; its modules come then, too.

import { Component } from "../kit/component.js";
import { setAddress } from "../kit/page/address.js";
import { h } from "../kit/widgets/dom.js";

export const SHEET = new URL("view.css", import.meta.url).href; // which whoever mounts it adds to the page

const NOT_LOADED = "The editor could not be loaded. Close it and open it again.";

class EditFold extends Component {
  constructor(root, request) {
    super();
    this.root = root;
    this.request = request;
    this.key = this.opening = this.panel = null;
    this.linked = "";
    this.body = h("div", { class: "ed-body" });
    this.details = h(
      "details",
      { class: "ed-panel" },
      h(
        "summary",
        {},
        h("span", { class: "ed-title" }, "Edit the tokens"),
        h("span", { class: "ed-hint" }, "paint codes onto tokens and see what the decoder makes of them"),
      ),
      this.body,
    );
    this.listen(this.details, "toggle", () => this.details.open && this.open());
    root.classList.add("dte-edit");
    root.replaceChildren(this.details);
  }

  /** opening: the value of the view, or null. Another picture, tokenizer or size: the edits were made for the one before.
   *  arrives: by a link, whose edits are made, also where the page was there already. */
  show(opening, arrives = false) {
    const linked = this.key === null || arrives ? (new URLSearchParams(window.location.search).get("edits") ?? "") : "";
    this.details.hidden = !opening;
    if (!opening) return;
    this.opening = opening;
    const other = opening.key !== this.key || (arrives && linked !== (this.panel?.edits ?? ""));
    if (other) {
      if (this.key !== null) setAddress({ edits: linked });
      this.key = opening.key;
      this.linked = linked;
      this.root.dataset.ready = "false";
      if (linked) this.details.open = true;
    }
    this.panel?.edit(opening, this.linked, other);
    if (this.details.open) this.open();
  }

  async open() {
    if (!this.opening) return;
    if (!this.panel) {
      const panel = await this.load();
      if (!panel || this.disposed) return;
      this.panel ??= this.part(new panel.EditPanel(this.root, this.body, this.request));
      this.panel.edit(this.opening, this.linked, true);
    }
    if (this.details.open) this.panel.open();
  }

  /** The modules of what is inside; null, and words, where they do not come. */
  async load() {
    const status = h("p", { class: "ed-status", role: "status" }, "Opening…");
    if (!this.body.firstChild) this.body.replaceChildren(status);
    try {
      return await import("./panel.js");
    } catch {
      this.body.replaceChildren(h("p", { class: "ed-wrong", role: "alert" }, NOT_LOADED));
      return null;
    }
  }
}

export function mount({ element, props, watch, server }) {
  const view = new EditFold(element, (request) => server.edit_ask(request));
  const take = () => view.show(props.value ? JSON.parse(props.value) : null, props.linked);
  watch("value", take);
  take();
  return view;
}
